//! What a requirement of Cargo.toml says of a release: between which it lies.

use crate::facts::cause::Cause;
use crate::facts::raw::{VersionBounds, VersionPin};
use crate::source::Span;

/// The releases that a requirement allows: `1.2` is from 1.2.0 below 2.0.0, `0.9.1` below 0.10.0.
pub(super) fn bounds(requirement: &str) -> Option<VersionBounds> {
    let text = requirement.trim();
    if text.contains(',') || text.contains('*') {
        return None;
    }
    let (operator, figures) = match text.find(|c: char| c.is_ascii_digit()) {
        Some(at) => (text[..at].trim(), &text[at..]),
        None => return None,
    };
    let figures = figures.split(['-', '+']).next().unwrap_or(figures);
    let parts: Vec<u32> = figures
        .split('.')
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()?;
    let part = |at: usize| parts.get(at).copied().unwrap_or(0);
    let since = format!("{}.{}.{}", part(0), part(1), part(2));
    let until = match (operator, parts.len()) {
        ("" | "^", _) if part(0) > 0 || parts.len() == 1 => format!("{}.0.0", part(0) + 1),
        ("" | "^", n) if part(1) > 0 || n == 2 => format!("0.{}.0", part(1) + 1),
        ("" | "^", _) => format!("0.0.{}", part(2) + 1),
        ("~", 1) => format!("{}.0.0", part(0) + 1),
        ("~", _) => format!("{}.{}.0", part(0), part(1) + 1),
        ("=", 3) => format!("{}.{}.{}", part(0), part(1), part(2) + 1),
        ("=", 2) => format!("{}.{}.0", part(0), part(1) + 1),
        ("=", 1) => format!("{}.0.0", part(0) + 1),
        _ => return None,
    };
    Some(VersionBounds { since, until })
}

/// Two releases of one crate under two names: which of them the code means is not followed.
pub(super) fn twice(span: Span) -> VersionPin {
    VersionPin {
        version: Err(Cause::Pin(
            "the package is built with two releases of the crate",
        )),
        span,
        bounds: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_as_cargo_does() {
        let read = |text| bounds(text).map(|b| format!("{} {}", b.since, b.until));
        assert_eq!(read("1").as_deref(), Some("1.0.0 2.0.0"));
        assert_eq!(read("^1.2.3").as_deref(), Some("1.2.3 2.0.0"));
        assert_eq!(read("0.32.5").as_deref(), Some("0.32.5 0.33.0"));
        assert_eq!(read("0").as_deref(), Some("0.0.0 1.0.0"));
        assert_eq!(read("~1.2").as_deref(), Some("1.2.0 1.3.0"));
        assert_eq!(read("0.0.3").as_deref(), Some("0.0.3 0.0.4"));
        assert_eq!(read(">=1.0").as_deref(), None);
        assert_eq!(read("*"), None);
    }
}
