//! Patterns of file names, as an `include` of the servers takes them: the C library's `glob` without
//! flags.

use globset::{GlobBuilder, GlobMatcher};

use crate::source::pattern_limit;

/// One pattern. `*`, `?` and brackets stop at `/`, and none of them stands for a dot that a name
/// begins with; braces are braces.
pub struct FilePattern {
    matcher: GlobMatcher,
    /// For each name of the path: whether it is written with a dot in front.
    dotted: Vec<bool>,
}

impl FilePattern {
    /// `None` where the text is no pattern that anything can match.
    pub fn new(text: &str) -> Option<Self> {
        // No path that a server opens is as long as what is refused here (PATH_MAX is the system's
        // bound, of several thousand bytes; names of files stay far below).
        if pattern_limit::excess(text).is_some() {
            return None;
        }
        let literal = text.replace('{', "[{]").replace('}', "[}]");
        let glob = GlobBuilder::new(&literal)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .ok()?;
        Some(Self {
            matcher: glob.compile_matcher(),
            dotted: text.split('/').map(|name| name.starts_with('.')).collect(),
        })
    }

    pub fn matches(&self, path: &str) -> bool {
        let hidden = path.split('/').map(|name| name.starts_with('.'));
        let allowed = hidden
            .zip(&self.dotted)
            .all(|(hidden, dotted)| !hidden || *dotted);
        allowed && self.matcher.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::FilePattern;

    #[test]
    fn names_as_the_c_library_matches_them() {
        for (pattern, path, is) in [
            ("conf.d/*.conf", "conf.d/a.conf", true),
            ("conf.d/*.conf", "conf.d/.a.conf", false),
            ("conf.d/.*.conf", "conf.d/.a.conf", true),
            ("*.conf", "conf.d/a.conf", false),
            ("conf.d/[!a]*", "conf.d/b.conf", true),
            ("conf.d/[!a]*", "conf.d/a.conf", false),
            ("conf.d/{a,b}.conf", "conf.d/a.conf", false),
            ("conf.d/?.conf", "conf.d/a.conf", true),
        ] {
            let matches = FilePattern::new(pattern).is_some_and(|p| p.matches(path));
            assert_eq!(matches, is, "{pattern} {path}");
        }
    }
}
