//! Reads the text of `redvet.toml`, and holds the rule ids in it against the rules that there are.
//! Every mistake is an error with its place and what to write instead; settings with a mistake are not used.
//!
//! What the file may hold is defined in `config`.

pub use crate::config::schema;

use crate::config::{self, Settings, Spanned};
use crate::load::LoadError;
use crate::source::{FileId, pattern_limit};

/// Reads the text; the errors are sorted by place.
pub fn read(file: FileId, text: &str) -> Result<Settings, Vec<LoadError>> {
    config::read(file, text).map_err(|mistakes| mistakes.into_iter().map(LoadError::from).collect())
}

/// An error for every rule id in the settings that no rule has.
pub fn check_rule_ids(settings: &Settings, known: &[String]) -> Vec<LoadError> {
    let exact = settings
        .rules
        .values()
        .chain(settings.overrides.iter().flat_map(|o| o.rules.values()))
        .map(|rule| &rule.id)
        .filter(|id| !known.contains(&id.value))
        .filter(|id| !(id.value.contains(WILDCARDS) && matches_any(&id.value, known)));
    let waived = settings.waivers.iter().map(|waiver| &waiver.rule);
    let patterns = waived
        .chain(&settings.select)
        .chain(&settings.ignore)
        .filter(|pattern| !matches_any(&pattern.value, known));
    let mut errors: Vec<LoadError> = exact
        .chain(patterns)
        .map(|id| unknown_rule(id, known))
        .collect();
    errors.sort_by_key(|error| error.span);
    errors
}

fn unknown_rule(id: &Spanned<String>, known: &[String]) -> LoadError {
    let near = crate::nearest::nearest(&id.value, known.iter().map(String::as_str));
    LoadError {
        span: id.span,
        message: format!("unknown rule `{}`", id.value),
        help: Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "run `redvet rules list` to see all rules".to_owned(),
        }),
    }
}

/// What makes an id a pattern.
const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

fn matches_any(pattern: &str, known: &[String]) -> bool {
    if pattern_limit::excess(pattern).is_some() {
        return false;
    }
    globset::Glob::new(pattern)
        .map(|glob| glob.compile_matcher())
        .is_ok_and(|matcher| known.iter().any(|id| matcher.is_match(id)))
}

#[cfg(test)]
mod tests;
