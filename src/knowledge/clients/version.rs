//! Versions of client libraries: parsing, ordering and half-open ranges.

use std::fmt;

/// A release of a library. A pre-release orders before its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LibraryVersion {
    parts: [u32; 3],
    released: bool,
}

impl LibraryVersion {
    /// The lowest version there is.
    pub const ZERO: Self = Self {
        parts: [0; 3],
        released: false,
    };

    /// Reads `9.7.0`, `v9.7.0`, `v2.0.0+incompatible` or `9.0.0-rc.1`; missing parts are 0.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split('+').next().unwrap_or(text);
        let (figures, released) = match text.split_once('-') {
            Some((figures, _)) => (figures, false),
            None => (text, true),
        };
        let mut parts = [0; 3];
        let mut given = figures.split('.');
        for (at, part) in given.by_ref().take(3).enumerate() {
            parts[at] = part.parse().ok()?;
        }
        given.next().is_none().then_some(Self { parts, released })
    }

    /// This release, as if it were not a pre-release: what a pre-release is judged by.
    pub fn as_released(self) -> Self {
        Self {
            released: true,
            ..self
        }
    }
}

impl fmt::Display for LibraryVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.parts;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl<'de> serde::Deserialize<'de> for LibraryVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a version")))
    }
}

/// A half-open range of versions: `since <= v < until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionRange {
    pub since: Option<LibraryVersion>,
    pub until: Option<LibraryVersion>,
}

impl VersionRange {
    pub fn contains(&self, version: LibraryVersion) -> bool {
        self.since.is_none_or(|since| since <= version)
            && self.until.is_none_or(|until| version < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered() {
        let read = |text| LibraryVersion::parse(text).unwrap();
        assert!(read("9.9.0") < read("9.10.0"));
        assert!(read("v9.0.0-rc.1") < read("9.0.0"));
        assert_eq!(read("v2.0.0+incompatible"), read("2.0.0"));
        assert_eq!(LibraryVersion::parse("master"), None);
        assert_eq!(LibraryVersion::parse("1.2.3.4"), None);
    }
}
