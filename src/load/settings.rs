//! Reads the text of `redvet.toml`, and holds the rule ids in it against the rules that there are.
//! Every mistake is an error with its place and what to write instead; settings with a mistake are not used.
//!
//! What the file may hold is defined in `config`.

pub use crate::config::schema;

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::config::{self, Settings, Spanned, Waiver};
use crate::load::LoadError;
use crate::source::{FileId, pattern_limit};

/// Reads the text; the errors are sorted by place.
pub fn read(file: FileId, text: &str) -> Result<Settings, Vec<LoadError>> {
    config::read(file, text).map_err(|mistakes| mistakes.into_iter().map(LoadError::from).collect())
}

/// An error for every rule id in the settings that no rule has, and for every waiver of everything.
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
    errors.extend(
        find_waiver_of_all(&settings.waivers, known).map(|waiver| LoadError {
            span: waiver.rule.span,
            message: format!("`{}` waives every finding", waiver.rule.value),
            help: Some("name the rules, the files or the subject that it is for".to_owned()),
        }),
    );
    errors.sort_by_key(|error| error.span);
    errors
}

/// The waiver with which nothing is left to be found, if there is one: alone or with those before it.
/// What is accepted has to be named, since a reviewer reads the waiver and not what it hides.
fn find_waiver_of_all<'a>(waivers: &'a [Waiver], known: &[String]) -> Option<&'a Waiver> {
    let mut left: Vec<&String> = known.iter().collect();
    waivers
        .iter()
        .filter(|waiver| is_everywhere(waiver))
        .find(|waiver| {
            if let Some(matcher) = matcher(&waiver.rule.value) {
                left.retain(|id| !matcher.is_match(id));
            }
            left.is_empty()
        })
}

/// Paths of every kind: a pattern that fits all of them fits any.
const ANY_PATHS: [&str; 6] = [
    "redis.conf",
    "deploy/redis.yaml",
    "a/b/c/d/e.go",
    ".github/workflows/x.yml",
    "Dockerfile",
    "Z/9/_",
];

/// Whether a waiver names neither files nor a subject.
fn is_everywhere(waiver: &Waiver) -> bool {
    let fits_any = |pattern: &Spanned<String>| {
        let short = pattern_limit::excess(&pattern.value).is_none();
        let glob = short.then(|| {
            GlobBuilder::new(&pattern.value)
                .literal_separator(true)
                .build()
        });
        let matcher = glob.and_then(|glob| Some(glob.ok()?.compile_matcher()));
        matcher.is_some_and(|matcher| ANY_PATHS.iter().all(|path| matcher.is_match(path)))
    };
    waiver.subject.is_none() && waiver.path.as_ref().is_none_or(fits_any)
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
    matcher(pattern).is_some_and(|matcher| known.iter().any(|id| matcher.is_match(id)))
}

fn matcher(pattern: &str) -> Option<GlobMatcher> {
    let is_short = pattern_limit::excess(pattern).is_none();
    let glob = is_short.then(|| Glob::new(pattern))?;
    Some(glob.ok()?.compile_matcher())
}

#[cfg(test)]
mod tests;
