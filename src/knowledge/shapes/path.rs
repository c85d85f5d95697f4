//! Paths into a resource or into chart values, as written in shape files.
//!
//! Parts are separated by dots: `spec.redis.resources`. `containers[name=redis]` selects the list
//! item whose field has that value, and `inline["redis.conf"]` a key that contains a dot.

use serde::Deserialize;

/// One part of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    Key(String),
    /// The item of a list whose field `key` has this value.
    Item {
        key: String,
        value: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FieldPath {
    text: String,
    steps: Vec<PathStep>,
}

/// A path that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a valid path: join keys with dots, optionally followed by [key=value] or [\"key\"]"
)]
pub struct PathError(String);

impl FieldPath {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The key that it begins with.
    pub fn first(&self) -> &str {
        let end = self.text.find(['.', '[']).unwrap_or(self.text.len());
        &self.text[..end]
    }

    pub fn steps(&self) -> &[PathStep] {
        &self.steps
    }

    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('[') {
                Some(inside) => parse_bracketed(inside),
                None => key(rest),
            }
            .ok_or_else(|| PathError(text.to_owned()))?;
            steps.push(step);
            rest = match after.strip_prefix('.') {
                Some("") => return Err(PathError(text.to_owned())),
                Some(next) => next,
                None => after,
            };
        }
        if steps.is_empty() {
            return Err(PathError(text.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }
}

fn key(text: &str) -> Option<(PathStep, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    (end > 0).then(|| (PathStep::Key(text[..end].to_owned()), &text[end..]))
}

fn parse_bracketed(inside: &str) -> Option<(PathStep, &str)> {
    let (content, after) = inside.split_once(']')?;
    if let Some(quoted) = content.strip_prefix('"') {
        return Some((PathStep::Key(quoted.strip_suffix('"')?.to_owned()), after));
    }
    let (key, value) = content.split_once('=')?;
    let step = PathStep::Item {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    Some((step, after))
}

impl TryFrom<String> for FieldPath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_items_and_keys_with_dots() {
        let key = |text: &str| PathStep::Key(text.to_owned());
        let path = FieldPath::parse("a.b[name=redis].c[\"redis.conf\"]").unwrap();
        let item = PathStep::Item {
            key: "name".into(),
            value: "redis".into(),
        };
        assert_eq!(
            path.steps(),
            [key("a"), key("b"), item, key("c"), key("redis.conf")]
        );
        for broken in ["", "a.", ".a", "a[b", "a[b]", "a..b"] {
            assert!(FieldPath::parse(broken).is_err(), "{broken}");
        }
    }
}
