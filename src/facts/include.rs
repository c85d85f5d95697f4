//! Which texts of the tree a line that includes a file leads to.
//!
//! The path in such a line is one of the machine that the server runs on; the tree holds the file
//! under another one. In come the texts and the path; out come the texts that it may mean, with the
//! strength of that. Whether a server takes patterns at all is asked by the caller.

use std::path::Path;

use crate::facts::pattern::FilePattern;
use crate::facts::raw::{ObjectName, RawText, TextPlace};
use crate::facts::value::Strength;
use crate::source::path;

/// The texts that the path `target` in the text `from` leads to, in the order of their paths.
///
/// A path from the text's own folder is certain. A path of the machine is assumed: the file whose
/// path in the tree ends like it, else the one of that name beside the text, in its folder or in its
/// ConfigMap.
pub fn find_included(
    texts: &[RawText],
    from: usize,
    target: &str,
    takes_patterns: bool,
) -> Vec<(usize, Strength)> {
    let target = IncludeTarget::new(target, takes_patterns);
    let others = || texts.iter().enumerate().filter(|(i, _)| *i != from);
    let (found, strength) = match &texts[from].place {
        TextPlace::File { path } => {
            let folder = path::folder(path);
            let files = || others().filter_map(|(i, text)| Some((path_of(text)?, i)));
            in_files(&target, folder, files)
        }
        TextPlace::Key { object, .. } => (keys(&target, object, others()), Strength::Assumed),
        TextPlace::Field { .. } | TextPlace::Snippet => (Vec::new(), Strength::Assumed),
    };
    found.into_iter().map(|index| (index, strength)).collect()
}

/// The keys of these objects that a path of the machine names by its last part.
pub fn find_included_keys<'a>(
    texts: &[RawText],
    objects: impl Iterator<Item = &'a ObjectName>,
    target: &str,
    takes_patterns: bool,
) -> Vec<(usize, Strength)> {
    let target = IncludeTarget::new(target, takes_patterns);
    let mut found: Vec<usize> = objects
        .flat_map(|object| keys(&target, object, texts.iter().enumerate()))
        .collect();
    found.sort_unstable();
    found.dedup();
    let assumed = |index| (index, Strength::Assumed);
    found.into_iter().map(assumed).collect()
}

/// The texts that only another text's line brings in. Texts that include each other in a circle
/// are read by no server of their own and are not among them.
pub fn only_included(texts: &[RawText], directive: &str) -> Vec<bool> {
    let leads_to: Vec<Vec<usize>> = (0..texts.len())
        .map(|from| targets(texts, from, directive))
        .collect();
    let mut brought = vec![false; texts.len()];
    for (from, reached) in leads_to.iter().enumerate() {
        for to in reached.iter().filter(|to| !reaches(&leads_to, **to, from)) {
            brought[*to] = true;
        }
    }
    brought
}

fn targets(texts: &[RawText], from: usize, directive: &str) -> Vec<usize> {
    let text = &texts[from];
    if !text.recognised || text.foreign {
        return Vec::new();
    }
    let lines = text.lines.iter().filter_map(|line| match &line.words[..] {
        [name, target, ..] if name.text.eq_ignore_ascii_case(directive) => Some(target),
        _ => None,
    });
    lines
        .flat_map(|target| find_included(texts, from, &target.text, true))
        .map(|(index, _)| index)
        .collect()
}

fn reaches(leads_to: &[Vec<usize>], start: usize, wanted: usize) -> bool {
    let mut seen = vec![false; leads_to.len()];
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        if at == wanted {
            return true;
        }
        if !std::mem::replace(&mut seen[at], true) {
            open.extend(&leads_to[at]);
        }
    }
    false
}

/// The path of an `include` line, as it is written.
struct IncludeTarget<'a> {
    path: &'a str,
    name: &'a str,
    is_pattern: bool,
}

impl<'a> IncludeTarget<'a> {
    fn new(path: &'a str, takes_patterns: bool) -> Self {
        Self {
            path,
            name: path::name(path),
            is_pattern: takes_patterns && path.contains(['*', '?', '[']),
        }
    }

    fn fits(&self, wanted: &str, path: &str) -> bool {
        if self.is_pattern {
            return FilePattern::new(wanted).is_some_and(|pattern| pattern.matches(path));
        }
        wanted == path
    }
}

fn in_files<'a, I>(
    target: &IncludeTarget<'_>,
    folder: &str,
    files: impl Fn() -> I,
) -> (Vec<usize>, Strength)
where
    I: Iterator<Item = (&'a str, usize)>,
{
    let fitting = |fits: &dyn Fn(&str) -> bool| {
        let mut found: Vec<(&str, usize)> = files().filter(|(path, _)| fits(path)).collect();
        found.sort_unstable();
        found
            .into_iter()
            .map(|(_, index)| index)
            .collect::<Vec<_>>()
    };
    if !target.path.starts_with('/') {
        let own = Path::new(folder).join(target.path);
        let own = own.to_string_lossy();
        return (fitting(&|path| target.fits(&own, path)), Strength::Certain);
    }
    let ends = fitting(&|path| ends_like(target, path));
    if !ends.is_empty() {
        return (ends, Strength::Assumed);
    }
    let beside = fitting(&|path| {
        let (own, name) = path::split(path);
        own == folder && target.fits(target.name, name)
    });
    (beside, Strength::Assumed)
}

/// Whether the last parts of a path in the tree are the whole path on the machine.
fn ends_like(target: &IncludeTarget<'_>, path: &str) -> bool {
    let wanted = target.path.trim_start_matches('/');
    let parts = wanted.split('/').count();
    let own = path.split('/').count();
    own >= parts && {
        let tail: Vec<&str> = path.split('/').skip(own - parts).collect();
        target.fits(wanted, &tail.join("/"))
    }
}

fn keys<'a>(
    target: &IncludeTarget<'_>,
    object: &ObjectName,
    texts: impl Iterator<Item = (usize, &'a RawText)>,
) -> Vec<usize> {
    let fits = |text: &RawText| {
        matches!(&text.place, TextPlace::Key { object: own, key }
            if own == object && target.fits(target.name, key))
    };
    let mut found: Vec<(&str, usize)> = texts
        .filter(|(_, text)| fits(text))
        .filter_map(|(i, text)| match &text.place {
            TextPlace::Key { key, .. } => Some((key.as_str(), i)),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, index)| index).collect()
}

fn path_of(text: &RawText) -> Option<&str> {
    match &text.place {
        TextPlace::File { path } => Some(path),
        _ => None,
    }
}
