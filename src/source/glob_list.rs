//! Lists of globs that most runs ask about few texts. To compile a glob costs thousands of times what it
//! costs to compare it with a name, so the plain ones are compared as they are written: text, `*`, `**`
//! between slashes, and alternatives of these. A list is compiled as a whole when it holds any other,
//! and when it is asked often. What a glob means is globset's to say: a property holds the two to each
//! other.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use globset::{Error, Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Bytes of the longest text that is compared here: each `*` of a pattern may be tried at every byte.
const MAX_TEXT_BYTES: usize = 256;
/// Wildcards of a pattern that is compared here, for the same reason.
const MAX_WILDCARDS: usize = 4;
/// Texts after which the compiled list is cheaper: it costs about as much as comparing this many.
const MANY_TEXTS: usize = 1000;

/// How the globs of a list are meant.
#[derive(Clone, Copy, Debug, Default)]
pub struct GlobStyle {
    /// Letters fit in either case.
    pub any_case: bool,
    /// `*` stays within a folder.
    pub is_path: bool,
}

/// Globs of which a text may fit any.
#[derive(Debug, Default)]
pub struct GlobList {
    style: GlobStyle,
    plain: Vec<Vec<GlobPart>>,
    globs: Vec<String>,
    asked: AtomicUsize,
    /// All of them, for texts and globs that are not compared here.
    compiled: OnceLock<GlobSet>,
}

/// A part of a plain glob.
#[derive(Debug, PartialEq)]
enum GlobPart {
    Text(Vec<u8>),
    /// `*`
    Run,
    /// `**/` at the start.
    AnyFolder,
    /// `/**/`
    FoldersBetween,
    /// `/**` at the end.
    AllBelow,
    /// `[!_]`: any byte but this one.
    Other(u8),
    /// `{a,b}`
    OneOf(Vec<Vec<GlobPart>>),
}

/// What a text must fit: some parts, and those behind the alternatives that they are one of.
struct PartChain<'p> {
    parts: &'p [GlobPart],
    next: Option<&'p PartChain<'p>>,
}

impl GlobList {
    /// The list, or why one of its globs is none.
    pub fn new<S: AsRef<str>>(globs: &[S], style: GlobStyle) -> Result<Self, Error> {
        let mut list = Self {
            style,
            ..Self::default()
        };
        for glob in globs {
            list.add(glob.as_ref())?;
        }
        Ok(list)
    }

    /// The list of those that are globs.
    pub fn of_valid<'g>(globs: impl Iterator<Item = &'g str>, style: GlobStyle) -> Self {
        let mut list = Self {
            style,
            ..Self::default()
        };
        for glob in globs {
            // One that is none is not in the list.
            let _ = list.add(glob);
        }
        list
    }

    fn add(&mut self, glob: &str) -> Result<(), Error> {
        match read_plain(glob) {
            Some(parts) => self.plain.push(parts),
            None => drop(parse(glob, self.style)?),
        }
        self.globs.push(glob.to_owned());
        Ok(())
    }

    /// Whether a text fits one of them.
    pub fn is_match(&self, text: &str) -> bool {
        match self.compiled_for(text) {
            Some(compiled) => compiled.is_match(text),
            None => self.plain.iter().any(|parts| self.is_fit(parts, text)),
        }
    }

    /// The places in the list of those that a text fits.
    pub fn find_matches(&self, text: &str) -> Vec<usize> {
        if let Some(compiled) = self.compiled_for(text) {
            return compiled.matches(text);
        }
        let plain = self.plain.iter().enumerate();
        let fitting = plain.filter(|(_, parts)| self.is_fit(parts, text));
        fitting.map(|(at, _)| at).collect()
    }

    /// The compiled list, where a text is not to be compared with the plain globs.
    fn compiled_for(&self, text: &str) -> Option<&GlobSet> {
        let is_few = self.asked.fetch_add(1, Ordering::Relaxed) < MANY_TEXTS;
        let are_plain = self.plain.len() == self.globs.len();
        if is_few && are_plain && text.len() <= MAX_TEXT_BYTES {
            return None;
        }
        Some(self.compiled.get_or_init(|| self.compile()))
    }

    fn is_fit(&self, parts: &[GlobPart], text: &str) -> bool {
        self.fits(&PartChain { parts, next: None }, text.as_bytes())
    }

    fn compile(&self) -> GlobSet {
        let mut set = GlobSetBuilder::new();
        for glob in self.globs.iter().filter_map(|g| parse(g, self.style).ok()) {
            set.add(glob);
        }
        set.build().unwrap_or_default()
    }

    fn fits(&self, chain: &PartChain<'_>, text: &[u8]) -> bool {
        let Some((part, parts)) = chain.parts.split_first() else {
            return match chain.next {
                Some(next) => self.fits(next, text),
                None => text.is_empty(),
            };
        };
        let next = chain.next;
        let rest = PartChain { parts, next };
        let mut behind_slashes = memchr::memchr_iter(b'/', text).map(|at| &text[at + 1..]);
        match part {
            GlobPart::Text(wanted) => {
                text.len() >= wanted.len()
                    && self.is_equal(wanted, &text[..wanted.len()])
                    && self.fits(&rest, &text[wanted.len()..])
            }
            GlobPart::Run => {
                let end = match self.style.is_path {
                    true => memchr::memchr(b'/', text).unwrap_or(text.len()),
                    false => text.len(),
                };
                if parts.is_empty() && next.is_none() {
                    return end == text.len();
                }
                (0..=end).any(|at| self.fits(&rest, &text[at..]))
            }
            GlobPart::AnyFolder => {
                self.fits(&rest, text) || behind_slashes.any(|text| self.fits(&rest, text))
            }
            GlobPart::FoldersBetween => {
                text.starts_with(b"/") && behind_slashes.any(|text| self.fits(&rest, text))
            }
            GlobPart::AllBelow => text.starts_with(b"/"),
            GlobPart::Other(byte) => match text.split_first() {
                Some((first, text)) if !self.is_equal(&[*byte], &[*first]) => {
                    self.fits(&rest, text)
                }
                _ => false,
            },
            GlobPart::OneOf(branches) => branches.iter().any(|parts| {
                let next = Some(&rest);
                self.fits(&PartChain { parts, next }, text)
            }),
        }
    }

    fn is_equal(&self, wanted: &[u8], found: &[u8]) -> bool {
        match self.style.any_case {
            true => wanted.eq_ignore_ascii_case(found),
            false => wanted == found,
        }
    }
}

fn parse(glob: &str, style: GlobStyle) -> Result<Glob, Error> {
    GlobBuilder::new(glob)
        .case_insensitive(style.any_case)
        .literal_separator(style.is_path)
        .build()
}

/// The parts of a glob, if it is a plain one.
fn read_plain(glob: &str) -> Option<Vec<GlobPart>> {
    let is_other = |byte: u8| matches!(byte, b'?' | b'!' | b'\\') || !byte.is_ascii();
    let without_classes = glob.replace("[!_]", "");
    let wildcards = glob.split('*').filter(|run| !run.is_empty()).count();
    if glob.is_empty() || without_classes.bytes().any(is_other) || wildcards > MAX_WILDCARDS + 1 {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = glob;
    if let Some(behind) = rest.strip_prefix("**/") {
        parts.push(GlobPart::AnyFolder);
        rest = behind;
    }
    let below = rest.strip_suffix("/**");
    rest = below.unwrap_or(rest);
    for (at, between) in rest.split("/**/").enumerate() {
        if at > 0 {
            parts.push(GlobPart::FoldersBetween);
        }
        if between.is_empty() {
            return None;
        }
        read_braces(between, &mut parts)?;
    }
    if below.is_some() {
        parts.push(GlobPart::AllBelow);
    }
    Some(parts)
}

/// Text with `*` and alternatives.
fn read_braces(text: &str, parts: &mut Vec<GlobPart>) -> Option<()> {
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        read_runs(before, parts)?;
        let (inside, behind) = behind.split_once('}')?;
        let branch = |text: &str| {
            let mut parts = Vec::new();
            let is_plain = !text.is_empty() && !text.contains('{');
            is_plain.then_some(())?;
            read_runs(text, &mut parts)?;
            Some(parts)
        };
        let branches: Option<_> = inside.split(',').map(branch).collect();
        parts.push(GlobPart::OneOf(branches?));
        rest = behind;
    }
    read_runs(rest, parts)
}

/// Text with `*`: neither braces nor two of them side by side.
fn read_runs(text: &str, parts: &mut Vec<GlobPart>) -> Option<()> {
    let is_other = |byte: u8| matches!(byte, b'[' | b']' | b'}');
    if text.contains("**") || text.replace("[!_]", "").bytes().any(is_other) {
        return None;
    }
    for (at, run) in text.split('*').enumerate() {
        if at > 0 {
            parts.push(GlobPart::Run);
        }
        for (at, text) in run.split("[!_]").enumerate() {
            if at > 0 {
                parts.push(GlobPart::Other(b'_'));
            }
            if !text.is_empty() {
                parts.push(GlobPart::Text(text.as_bytes().to_vec()));
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_globs_are_not_compiled() {
        let style = GlobStyle {
            is_path: true,
            any_case: false,
        };
        let globs = ["**/{test,tests}/**", "**/*{-,_}ci*.{yml,yaml}"];
        let list = GlobList::new(&globs, style).unwrap();
        for (text, fits) in [
            ("tests/a", true),
            ("a/b/test/c/d", true),
            ("a/tests", false),
            ("x/a-ci.yml", true),
            ("a_ci.d/x.yml", false),
        ] {
            assert_eq!(list.is_match(text), fits, "{text}");
        }
        assert!(list.compiled.get().is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn globs_mean_what_the_library_says(
            glob in r"(\*\*/)?([ab*./{},_-]|\*\*/|/\*\*/|\{a,b\*\}|A|\[!_\]){0,8}(/\*\*)?",
            text in "[abA./_-]{0,10}",
            any_case: bool,
            is_path: bool,
        ) {
            let style = GlobStyle { any_case, is_path };
            let compiled = parse(&glob, style);
            let list = GlobList::new(&[&glob], style);
            prop_assert_eq!(list.is_ok(), compiled.is_ok(), "{}", glob);
            if let (Ok(list), Ok(compiled)) = (list, compiled) {
                let expected = compiled.compile_matcher().is_match(&text);
                prop_assert_eq!(list.is_match(&text), expected, "{} {}", glob, text);
            }
        }
    }
}
