//! The environment that a process is started with: its variables, and what Kubernetes' `$(NAME)` and
//! the shell's `${NAME}` come to in it. Which variables a deployment gives is read by its own module.

use std::collections::BTreeMap;

use crate::extract::interpolate::{FillBudget, InterpolatedText};
use crate::extract::variables::{self, DollarEscape};
use crate::facts::Cause;
use crate::source::Excerpt;

/// Values of the environment: literal, or why they are not known.
pub type ProcessEnvironment = BTreeMap<String, Result<String, Cause>>;

/// Stands in an environment for every variable that it does not name, where such a one may be set.
pub const ANY_OTHER: &str = "";

/// What the shell makes of one `$NAME` or `${NAME…}`; `None` for other expansions.
pub fn shell_value(
    expansion: &str,
    environment: &ProcessEnvironment,
    budget: &FillBudget,
) -> Option<Result<String, Cause>> {
    let inner = expansion.trim_start_matches(['$', '{']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
    let name = &inner[..end];
    let is_plain = inner[end..].trim_end_matches('}').is_empty();
    match (environment.get(name), environment.get(ANY_OTHER)) {
        (None, Some(Err(reason))) => Some(Err(reason.clone())),
        (None, _) if is_plain && !name.is_empty() => Some(Err(not_visible(name))),
        _ => variables::value(expansion, environment, DollarEscape::Backslash, budget),
    }
}

fn not_visible(name: &str) -> Cause {
    Cause::VariableNotVisible(name.to_owned())
}

/// Fills in Kubernetes' own `$(NAME)`; what has no known value stays and is marked. `$$` is a dollar
/// sign.
pub fn substitute_references(
    excerpt: &Excerpt,
    environment: &ProcessEnvironment,
    budget: &FillBudget,
) -> InterpolatedText {
    let text = excerpt.text();
    let mut builder = excerpt.builder();
    let mut unknown = Vec::new();
    let (mut at, mut length, mut changed) = (0, 0, false);
    while at < text.len() {
        let rest = &text[at..];
        let next = rest.find('$').unwrap_or(rest.len());
        builder.push(at..at + next);
        (at, length) = (at + next, length + next);
        let rest = &text[at..];
        if rest.is_empty() {
            break;
        }
        let found = variable(rest);
        let range = at..at + found.map_or(1, |(_, length)| length);
        let value = found.map(|(name, _)| {
            let value = environment.get(name).or(environment.get(ANY_OTHER));
            match value {
                Some(Ok(value)) => budget.admit(value.len()).map(|()| value.as_str()),
                Some(Err(reason)) => Err(reason.clone()),
                None => Err(not_visible(name)),
            }
        });
        let escaped = rest.starts_with("$$");
        at = if escaped { at + 2 } else { range.end };
        match value {
            Some(Ok(value)) => {
                changed = true;
                length += value.len();
                builder.push_as(value, range);
            }
            other => {
                changed |= escaped;
                if let Some(Err(reason)) = other {
                    unknown.push((length..length + range.len(), reason));
                }
                length += range.len();
                builder.push(range);
            }
        }
    }
    InterpolatedText::new(builder.finish_at(0), unknown, changed)
}

/// The variable at the start of the text: its name and its length there.
fn variable(text: &str) -> Option<(&str, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let inner = text.strip_prefix("$(")?;
    let end = inner.find(')')?;
    let name = &inner[..end];
    (!name.is_empty() && name.chars().all(is_name)).then_some((name, end + 3))
}
