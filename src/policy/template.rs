//! Message templates: texts with embedded expressions, such as `"maxmemory is {as_percent(share)}
//! of the limit"`. `{{` and `}}` are literal braces.

use std::ops::Range;

use crate::facts::quantity;
use crate::facts::vocabulary::FactType;
use crate::policy::compile;
use crate::policy::kind::ExpressionKind;
use crate::policy::names::RuleNames;
use crate::policy::outcome::{CelValue, KnownResult, MissingOperands};
use crate::policy::rule_source::RuleMistake;
use crate::policy::scope::SubjectScope;
use crate::policy::typed::TypedExpr;
use crate::source::{Excerpt, MASK};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct MessageTemplate {
    pieces: Vec<MessagePiece>,
}

#[derive(Clone, Debug, PartialEq)]
enum MessagePiece {
    Text(String),
    Expr(TypedExpr),
}

impl MessageTemplate {
    pub(super) fn compile(
        text: &Excerpt,
        names: &mut RuleNames<'_>,
    ) -> Result<Self, Vec<RuleMistake>> {
        let mut pieces = Vec::new();
        let mut mistakes = Vec::new();
        for part in split(text.text()) {
            match part {
                TemplatePart::Text(text) => pieces.push(MessagePiece::Text(text)),
                TemplatePart::Expr(range) => {
                    let inner = text.slice(range);
                    match compile::expression(inner.text(), names, None) {
                        Ok(expr) => pieces.push(MessagePiece::Expr(expr)),
                        Err(faults) => {
                            mistakes.extend(faults.into_iter().map(|f| RuleMistake::of(&inner, f)));
                        }
                    }
                }
                TemplatePart::Stray(range, message) => {
                    let mistake = RuleMistake::new(text.span(range), message);
                    mistakes.push(mistake.with_help("write `{{` and `}}` for literal braces"));
                }
            }
        }
        if mistakes.is_empty() {
            Ok(Self { pieces })
        } else {
            Err(mistakes)
        }
    }

    /// The text, or what is missing for it.
    pub(super) fn render(
        &self,
        scope: &SubjectScope<'_>,
        vars: &mut Vec<CelValue>,
    ) -> Result<String, MissingOperands> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                MessagePiece::Text(part) => text.push_str(part),
                MessagePiece::Expr(expr) => {
                    let value = format_result(&expr.eval(scope, vars)?, &expr.kind);
                    text.push_str(&shorten(value));
                }
            }
        }
        Ok(text.trim().to_owned())
    }
}

/// How many bytes of a value a text shows whole: a line of code or configuration that a person wrote fits,
/// what a generator or an attacker wrote does not fill a report.
const MAX_SHOWN_BYTES: usize = 400;

/// How many bytes of a longer value are shown.
const SHORTENED_BYTES: usize = 80;

fn shorten(value: String) -> String {
    if value.len() <= MAX_SHOWN_BYTES {
        return value;
    }
    let mut ends = (0..=SHORTENED_BYTES).rev();
    let end = ends.find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    format!("{}... ({} bytes)", &value[..end], value.len())
}

/// A result as people read it, by its unit.
pub(super) fn format_result(known: &KnownResult, kind: &ExpressionKind) -> String {
    if known.secret {
        return MASK.to_owned();
    }
    match (&known.val, kind.unit()) {
        (CelValue::Number(bytes), Some(FactType::Size)) => quantity::show_size(*bytes),
        (CelValue::Number(seconds), Some(FactType::Duration)) => quantity::show_duration(*seconds),
        (val, _) => val.display_text(),
    }
}

#[derive(Debug, PartialEq)]
enum TemplatePart {
    Text(String),
    Expr(Range<usize>),
    Stray(Range<usize>, &'static str),
}

fn split(text: &str) -> Vec<TemplatePart> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(['{', '}']) {
        literal.push_str(&text[at..at + found]);
        let brace = at + found;
        let rest = &text[brace..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            literal.push_str(&rest[..1]);
            at = brace + 2;
        } else if rest.starts_with('}') {
            parts.push(TemplatePart::Stray(
                brace..brace + 1,
                "unmatched closing brace",
            ));
            at = brace + 1;
        } else if let Some(length) = closing(&rest[1..]) {
            parts.push(TemplatePart::Text(std::mem::take(&mut literal)));
            parts.push(TemplatePart::Expr(brace + 1..brace + 1 + length));
            at = brace + length + 2;
        } else {
            parts.push(TemplatePart::Stray(brace..text.len(), "unclosed brace"));
            at = text.len();
        }
    }
    literal.push_str(&text[at..]);
    parts.push(TemplatePart::Text(literal));
    parts.retain(|p| *p != TemplatePart::Text(String::new()));
    parts
}

/// The length of an expression up to the brace that ends it; braces in its texts do not count.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '}' => return Some(at),
            None => {}
        }
    }
    None
}

/// The words that a text about several findings may hold, and nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListWords {
    count: &'static str,
    items: &'static str,
}

/// The words of a bundle's texts.
pub(super) const OF_BUNDLE: ListWords = ListWords {
    count: "bundle.count",
    items: "bundle.settings",
};

/// The words of what a rule says of a whole file.
pub(super) const OF_FILE: ListWords = ListWords {
    count: "file.count",
    items: "file.items",
};

impl ListWords {
    /// What is wrong with a text that may name nothing but these.
    pub(super) fn mistakes(self, text: &Excerpt) -> Vec<RuleMistake> {
        let help = format!(
            "this text may hold {{{}}} and {{{}}}",
            self.count, self.items
        );
        let parts = split(text.text()).into_iter();
        let mistake = |part| match part {
            TemplatePart::Text(_) => None,
            TemplatePart::Expr(range) => {
                let word = text.slice(range);
                let known = [self.count, self.items].contains(&word.text().trim());
                let message = format!("unknown word `{}`", word.text());
                (!known).then(|| RuleMistake::new(word.span_all(), message))
            }
            TemplatePart::Stray(range, message) => {
                Some(RuleMistake::new(text.span(range), message))
            }
        };
        let mistakes = parts.filter_map(mistake);
        mistakes
            .map(|mistake| mistake.with_help(help.as_str()))
            .collect()
    }

    /// The text with its words filled in.
    pub(super) fn fill(self, text: &str, count: &str, items: &str) -> String {
        let parts = split(text).into_iter();
        let filled = parts.map(|part| match part {
            TemplatePart::Text(text) => text,
            TemplatePart::Expr(range) if text[range.clone()].trim() == self.count => {
                count.to_owned()
            }
            TemplatePart::Expr(_) => items.to_owned(),
            TemplatePart::Stray(..) => String::new(),
        });
        filled.collect::<String>().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_double_to_stand_for_themselves() {
        let parts = split(r#"a {{b}} {x == "}"} c"#);
        assert_eq!(
            parts,
            [
                TemplatePart::Text("a {b} ".to_owned()),
                TemplatePart::Expr(9..17),
                TemplatePart::Text(" c".to_owned()),
            ]
        );
    }

    #[test]
    fn stray_braces_are_mistakes() {
        assert!(
            matches!(split("a } b")[..], [TemplatePart::Stray(..), _]) || split("a } b").len() == 2
        );
        assert!(
            split("a {b")
                .iter()
                .any(|p| matches!(p, TemplatePart::Stray(..)))
        );
    }
}
