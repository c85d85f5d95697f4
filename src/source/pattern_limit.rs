//! How long and how deep a glob may be. The library that matches globs compiles each to a regular
//! expression and panics where that grows too large, so a text that somebody else wrote is measured
//! first.

/// Bytes of a pattern: every path fits, and the expression stays far below the library's limit.
pub const MAX_LENGTH: usize = 1000;

/// How deep braces may nest: the library goes down once a level.
pub const MAX_DEPTH: usize = 8;

/// Why a pattern is too large to be used, if so.
pub fn excess(pattern: &str) -> Option<String> {
    if pattern.len() > MAX_LENGTH {
        return Some(format!("longer than {MAX_LENGTH} bytes"));
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in pattern.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    (deepest > MAX_DEPTH).then(|| format!("braces nested more than {MAX_DEPTH} deep"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_at_the_edge() {
        let nested = |depth: usize| "{a,".repeat(depth) + "b" + &"}".repeat(depth);
        assert_eq!(excess(&nested(MAX_DEPTH)), None);
        assert!(excess(&nested(MAX_DEPTH + 1)).unwrap().contains("nested"));
        assert_eq!(excess(&"{a}".repeat(300)), None);
        assert_eq!(excess(&"a*".repeat(MAX_LENGTH / 2)), None);
        assert!(
            excess(&"a".repeat(MAX_LENGTH + 1))
                .unwrap()
                .contains("longer")
        );
    }

    #[test]
    fn the_library_takes_patterns_up_to_the_edge() {
        let nested = "{a*,".repeat(MAX_DEPTH) + &"*?".repeat(480) + &"}".repeat(MAX_DEPTH);
        for pattern in [
            nested,
            "a*".repeat(MAX_LENGTH / 2),
            "[!a]".repeat(MAX_LENGTH / 4),
        ] {
            assert_eq!(excess(&pattern), None, "{pattern}");
            let glob = globset::GlobBuilder::new(&pattern)
                .literal_separator(true)
                .build()
                .unwrap();
            assert!(!glob.compile_matcher().is_match("b/c"));
        }
    }
}
