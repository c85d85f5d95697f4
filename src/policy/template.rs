//! Texts with expressions in them: `"maxmemory is {as_percent(share)} of the limit"`. `{{` and `}}`
//! are literal braces.

use std::ops::Range;

use crate::facts::quantity;
use crate::facts::vocabulary::Type;
use crate::policy::compile;
use crate::policy::draft::Mistake;
use crate::policy::kind::Kind;
use crate::policy::names::Names;
use crate::policy::outcome::{Known, Missing, Val};
use crate::policy::scope::Scope;
use crate::policy::typed::Expr;
use crate::source::{Excerpt, MASK};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Expr(Expr),
}

impl Template {
    pub(super) fn compile(text: &Excerpt, names: &mut Names<'_>) -> Result<Self, Vec<Mistake>> {
        let mut pieces = Vec::new();
        let mut mistakes = Vec::new();
        for part in split(text.text()) {
            match part {
                Part::Text(text) => pieces.push(Piece::Text(text)),
                Part::Expr(range) => {
                    let inner = text.slice(range);
                    match compile::expression(inner.text(), names, None) {
                        Ok(expr) => pieces.push(Piece::Expr(expr)),
                        Err(faults) => {
                            mistakes.extend(faults.into_iter().map(|f| Mistake::of(&inner, f)));
                        }
                    }
                }
                Part::Stray(range, message) => {
                    let mistake = Mistake::new(text.span(range), message);
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
    pub(super) fn render(&self, scope: &Scope<'_>, vars: &mut Vec<Val>) -> Result<String, Missing> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Expr(expr) => text.push_str(&shown(&expr.eval(scope, vars)?, &expr.kind)),
            }
        }
        Ok(text.trim().to_owned())
    }
}

/// A result as people read it, by its unit.
pub(super) fn shown(known: &Known, kind: &Kind) -> String {
    if known.secret {
        return MASK.to_owned();
    }
    match (&known.val, kind.unit()) {
        (Val::Number(bytes), Some(Type::Size)) => quantity::show_size(*bytes),
        (Val::Number(seconds), Some(Type::Duration)) => quantity::show_duration(*seconds),
        (val, _) => val.shown(),
    }
}

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Expr(Range<usize>),
    Stray(Range<usize>, &'static str),
}

fn split(text: &str) -> Vec<Part> {
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
            parts.push(Part::Stray(brace..brace + 1, "unmatched closing brace"));
            at = brace + 1;
        } else if let Some(length) = closing(&rest[1..]) {
            parts.push(Part::Text(std::mem::take(&mut literal)));
            parts.push(Part::Expr(brace + 1..brace + 1 + length));
            at = brace + length + 2;
        } else {
            parts.push(Part::Stray(brace..text.len(), "unclosed brace"));
            at = text.len();
        }
    }
    literal.push_str(&text[at..]);
    parts.push(Part::Text(literal));
    parts.retain(|p| *p != Part::Text(String::new()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_double_to_stand_for_themselves() {
        let parts = split(r#"a {{b}} {x == "}"} c"#);
        assert_eq!(
            parts,
            [
                Part::Text("a {b} ".to_owned()),
                Part::Expr(9..17),
                Part::Text(" c".to_owned()),
            ]
        );
    }

    #[test]
    fn stray_braces_are_mistakes() {
        assert!(matches!(split("a } b")[..], [Part::Stray(..), _]) || split("a } b").len() == 2);
        assert!(split("a {b").iter().any(|p| matches!(p, Part::Stray(..))));
    }
}
