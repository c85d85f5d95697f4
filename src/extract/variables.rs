//! Fills in variables as compose files and Dockerfiles write them: `$NAME`, `${NAME}`,
//! `${NAME:-default}`, `${NAME-default}`, `${NAME:=default}`, `${NAME:+other}`, `${NAME:?message}`.
//!
//! What is not known stays as it is written and is marked; a default is used where the variable is
//! known to be unset, or where nothing that was seen sets it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::extract::interpolate::{FillBudget, InterpolatedText};
use crate::facts::Cause;
use crate::source::Excerpt;

/// Values by name: known, or why they are not.
pub type VariableValues = BTreeMap<String, Result<String, Cause>>;

/// How a dollar sign is kept from being a variable's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DollarEscape {
    /// `$$`
    Doubled,
    /// `\$`
    Backslash,
}

/// Defaults may hold variables with defaults; real files nest no deeper.
const MAX_DEPTH: usize = 16;

/// Bytes that a default with variables in it may come to.
const MAX_DEFAULT_BYTES: usize = 16 << 10;

/// Fills in the variables of a text.
pub fn fill(
    excerpt: &Excerpt,
    variables: &VariableValues,
    escape: DollarEscape,
    budget: &FillBudget,
) -> InterpolatedText {
    let text = excerpt.text();
    if !text.contains('$') {
        return InterpolatedText::plain(excerpt.clone());
    }
    let mut builder = excerpt.builder();
    let mut length = 0;
    let mut unknown: Vec<(Range<usize>, Cause)> = Vec::new();
    let mut changed = false;
    for piece in pieces(text, escape) {
        match piece {
            ExpansionPiece::Literal(range) => {
                length += range.len();
                builder.push(range);
            }
            ExpansionPiece::Dollar(range) => {
                changed = true;
                length += 1;
                builder.push_as("$", range);
            }
            ExpansionPiece::Variable(range, variable) => {
                match variable.value(variables, escape, budget) {
                    Ok(value) => {
                        changed = true;
                        length += value.len();
                        builder.push_as(&value, range);
                    }
                    Err(reason) => {
                        unknown.push((length..length + range.len(), reason));
                        length += range.len();
                        builder.push(range);
                    }
                }
            }
        }
    }
    InterpolatedText::new(builder.finish_at(0), unknown, changed)
}

/// What one `$NAME` or `${NAME…}` comes to. `None` for what is no variable of these forms.
pub fn value(
    expansion: &str,
    variables: &VariableValues,
    escape: DollarEscape,
    budget: &FillBudget,
) -> Option<Result<String, Cause>> {
    let (variable, length) = variable(expansion)?;
    (length == expansion.len()).then(|| variable.value(variables, escape, budget))
}

/// The text with its variables filled in, or why that is not known.
fn fill_in(
    text: &str,
    variables: &VariableValues,
    escape: DollarEscape,
    depth: usize,
) -> Result<String, Cause> {
    if depth > MAX_DEPTH {
        return Err(Cause::Deployment("its variables are nested too deeply"));
    }
    let mut out = String::new();
    for piece in pieces(text, escape) {
        match piece {
            ExpansionPiece::Literal(range) => out.push_str(&text[range]),
            ExpansionPiece::Dollar(_) => out.push('$'),
            ExpansionPiece::Variable(_, variable) => {
                out.push_str(&variable.resolve_nested(variables, escape, depth + 1)?);
                if out.len() > MAX_DEFAULT_BYTES {
                    return Err(Cause::FilledTooLong);
                }
            }
        }
    }
    Ok(out)
}

enum ExpansionPiece<'t> {
    Literal(Range<usize>),
    /// An escaped dollar sign.
    Dollar(Range<usize>),
    Variable(Range<usize>, VariableReference<'t>),
}

struct VariableReference<'t> {
    name: &'t str,
    operation: Option<ExpansionOperator<'t>>,
}

/// What is done where it is unset; `or_empty` where it is empty, too.
struct ExpansionOperator<'t> {
    sign: char,
    or_empty: bool,
    word: &'t str,
}

impl VariableReference<'_> {
    fn value(
        &self,
        variables: &VariableValues,
        escape: DollarEscape,
        budget: &FillBudget,
    ) -> Result<String, Cause> {
        let value = self.resolve_nested(variables, escape, 0)?;
        budget.admit(value.len())?;
        Ok(value)
    }

    /// A default is a part of the text that it stands in, so that only the values in it are many.
    fn resolve_nested(
        &self,
        variables: &VariableValues,
        escape: DollarEscape,
        depth: usize,
    ) -> Result<String, Cause> {
        let known = variables.get(self.name);
        let Some(operation) = &self.operation else {
            return match known {
                Some(value) => value.clone(),
                None => Err(self.not_set()),
            };
        };
        let is_set = match known {
            Some(Ok(value)) => !(operation.or_empty && value.is_empty()),
            Some(Err(reason)) => return Err(reason.clone()),
            None => false,
        };
        match (operation.sign, is_set, known) {
            ('-' | '?' | '=', true, Some(Ok(value))) => Ok(value.clone()),
            ('-' | '=', _, _) => fill_in(operation.word, variables, escape, depth),
            ('+', true, _) => fill_in(operation.word, variables, escape, depth),
            ('+', false, Some(_)) => Ok(String::new()),
            _ => Err(self.not_set()),
        }
    }

    fn not_set(&self) -> Cause {
        Cause::Variable {
            name: self.name.to_owned(),
            fact: "comes from outside",
        }
    }
}

fn pieces(text: &str, escape: DollarEscape) -> Vec<ExpansionPiece<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut literal = 0;
    let bytes = text.as_bytes();
    while at < text.len() {
        let (piece, length) = match (bytes[at], bytes.get(at + 1)) {
            (b'$', Some(b'$')) if escape == DollarEscape::Doubled => {
                (ExpansionPiece::Dollar(at..at + 2), 2)
            }
            (b'\\', Some(b'$')) if escape == DollarEscape::Backslash => {
                (ExpansionPiece::Dollar(at..at + 2), 2)
            }
            (b'$', _) => match variable(&text[at..]) {
                Some((variable, length)) => {
                    (ExpansionPiece::Variable(at..at + length, variable), length)
                }
                None => {
                    at += 1;
                    continue;
                }
            },
            _ => {
                at += 1;
                continue;
            }
        };
        if literal < at {
            found.push(ExpansionPiece::Literal(literal..at));
        }
        found.push(piece);
        at += length;
        literal = at;
    }
    if literal < text.len() {
        found.push(ExpansionPiece::Literal(literal..text.len()));
    }
    found
}

/// The variable at the start of a text, and how long it is there.
fn variable(text: &str) -> Option<(VariableReference<'_>, usize)> {
    let Some(inner) = text.strip_prefix("${") else {
        let name = name_at(&text[1..])?;
        let plain = VariableReference {
            name,
            operation: None,
        };
        return Some((plain, 1 + name.len()));
    };
    let name = name_at(inner)?;
    let rest = &inner[name.len()..];
    let end = closing_brace(rest)?;
    let length = 2 + name.len() + end + 1;
    let rest = &rest[..end];
    if rest.is_empty() {
        let plain = VariableReference {
            name,
            operation: None,
        };
        return Some((plain, length));
    }
    let (or_empty, rest) = match rest.strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let sign = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '-' | '?' | '+' | '='))?;
    let operation = ExpansionOperator {
        sign,
        or_empty,
        word: &rest[1..],
    };
    let variable = VariableReference {
        name,
        operation: Some(operation),
    };
    Some((variable, length))
}

fn name_at(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let name = &text[..end];
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

/// Where the brace closes that was opened before the text.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn variables() -> VariableValues {
        let known = |text: &str| Ok(text.to_owned());
        BTreeMap::from([
            ("A".to_owned(), known("one")),
            ("E".to_owned(), known("")),
            ("X".to_owned(), Err(Cause::Template("elsewhere"))),
        ])
    }

    fn read(text: &str) -> InterpolatedText {
        fill(
            &Excerpt::whole(FileId(0), text.into()),
            &variables(),
            DollarEscape::Doubled,
            &FillBudget::of_process(),
        )
    }

    #[test]
    fn variables_and_defaults_are_filled_in() {
        for (written, text) in [
            ("x $A ${A}y", "x one oney"),
            ("${B:-2gb} ${B-3}", "2gb 3"),
            ("${E:-d}|${E-d}|${E:+d}|${A:+d}|${A+${B:-z}}", "d|||d|z"),
            ("${B:-${A}}", "one"),
            ("${A:?must be set}", "one"),
            ("$$A $${A} 5$", "$A ${A} 5$"),
            ("$1 $(x) ${} ${a b}", "$1 $(x) ${} ${a b}"),
        ] {
            let filled = read(written);
            assert_eq!(filled.known_text(), Ok(text), "{written}");
        }
    }

    #[test]
    fn what_is_not_known_is_marked_where_it_stands() {
        let filled = read("--a $A --b ${B} --c ${X:-1} --d ${B:?no}");
        assert_eq!(filled.text(), "--a one --b ${B} --c ${X:-1} --d ${B:?no}");
        assert!(filled.placeholder(&(4..7)).is_none());
        assert!(filled.placeholder(&(12..16)).is_some());
        assert_eq!(
            filled.placeholder(&(21..28)),
            Some(&Cause::Template("elsewhere"))
        );
        assert!(filled.placeholder(&(33..40)).is_some());
    }

    #[test]
    fn what_was_filled_in_stands_where_the_variable_does() {
        let filled = read("a ${B:-2gb} b");
        let span = filled.excerpt().span(2..5);
        assert_eq!(span.range(), 2..11);
        assert_eq!(filled.excerpt().span(6..7).range(), 12..13);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_filled(text in "[AE${}:?+\\-é ]{0,30}") {
            let filled = read(&text);
            prop_assert!(text.get(filled.excerpt().span_all().range()).is_some());
        }
    }
}
