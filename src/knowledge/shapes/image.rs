//! Parses image references: registry, repository, tag and digest.

/// The parts of an image reference that tell which server it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// The host that the image is pulled from, where one is written.
    pub registry: Option<String>,
    /// The repository without its registry: `library/redis`.
    pub repository: String,
    /// The last part of the repository.
    pub name: String,
    pub tag: Option<String>,
    pub digest: bool,
}

impl ImageReference {
    /// Splits `registry:5000/group/name:tag@sha256:…`.
    pub fn parse(text: &str) -> Self {
        let (without_digest, digest) = match text.split_once('@') {
            Some((before, _)) => (before, true),
            None => (text, false),
        };
        let (registry, path) = match without_digest.split_once('/') {
            Some((registry, rest)) if is_registry(registry) => (Some(registry.to_owned()), rest),
            _ => (None, without_digest),
        };
        let last_part = path.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match path[last_part..].find(':') {
            Some(at) => (
                &path[..last_part + at],
                Some(path[last_part + at + 1..].to_owned()),
            ),
            None => (path, None),
        };
        Self {
            registry,
            repository: repository.to_owned(),
            name: repository[last_part..].to_owned(),
            tag,
            digest,
        }
    }
}

/// A registry is a host: it has a dot or a port, or is this machine.
fn is_registry(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_reference_with_a_port_and_a_digest() {
        let image = ImageReference::parse("host:5000/a/redis:7.2.6-alpine@sha256:00");
        assert_eq!(
            image,
            ImageReference {
                registry: Some("host:5000".into()),
                repository: "a/redis".into(),
                name: "redis".into(),
                tag: Some("7.2.6-alpine".into()),
                digest: true
            }
        );
    }
}
