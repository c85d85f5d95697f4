//! What the variables of an image that is not known are called: `${REDIS_IMAGE}`, `{{ redis_repo }}:{{ redis_tag }}`.
//! Their words are evidence of what runs; the release and the publisher stay unknown.
//!
//! Which image names are servers is for `knowledge` to say, and what stands beside the image for its readers.

use crate::knowledge::shapes::{DeploymentShapes, ImageReference};

/// How a variable begins and ends where it is written into a text.
const MARKS: [(&str, &str); 4] = [("{{", "}}"), ("${", "}"), ("$(", ")"), ("$", "")];

/// An image by the words of the variables that its name comes from; none where those say nothing.
/// Its repository is the text as it is written, which is nobody's.
pub fn read_named_image(text: &str, shapes: &DeploymentShapes) -> Option<ImageReference> {
    let parts = split_parts(text);
    let written = name_parts(&parts);
    if written.is_empty() {
        return None;
    }
    let mut words = Vec::new();
    for part in &written {
        match part {
            ImagePart::Literal(text) => words.push(text.trim_matches('-').to_ascii_lowercase()),
            ImagePart::Variable(text) => {
                let said = split_words(text).into_iter();
                words.extend(said.filter(|word| !shapes.is_image_word(word)));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words.dedup();
    let name = words.join("-");
    (!name.is_empty()).then(|| ImageReference {
        registry: None,
        repository: text.to_owned(),
        name,
        tag: None,
        digest: false,
    })
}

#[derive(Clone, Copy)]
enum ImagePart<'t> {
    Literal(&'t str),
    Variable(&'t str),
}

/// The text without what its variables stand between.
fn split_parts(text: &str) -> Vec<ImagePart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{']) {
        let opened = MARKS
            .iter()
            .find_map(|(open, close)| Some((rest[at..].strip_prefix(open)?, *close)));
        let Some((inside, close)) = opened else {
            break;
        };
        parts.push(ImagePart::Literal(&rest[..at]));
        let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let end = match close {
            "" => inside.find(is_end),
            close => inside.find(close),
        };
        let end = end.unwrap_or(inside.len());
        parts.push(ImagePart::Variable(&inside[..end]));
        rest = inside[end..].strip_prefix(close).unwrap_or_default();
    }
    parts.push(ImagePart::Literal(rest));
    parts
}

/// The parts behind the last `/` that is written and before the tag.
fn name_parts<'t>(parts: &[ImagePart<'t>]) -> Vec<ImagePart<'t>> {
    let mut name = Vec::new();
    for part in parts {
        let ImagePart::Literal(text) = *part else {
            name.push(*part);
            continue;
        };
        let text = match text.rsplit_once('/') {
            Some((_, behind)) => {
                name.clear();
                behind
            }
            None => text,
        };
        let end = text.find([':', '@']);
        name.push(ImagePart::Literal(&text[..end.unwrap_or(text.len())]));
        if end.is_some() {
            break;
        }
    }
    name
}

/// The words of a name in any of the usual spellings: `REDIS_IMAGE`, `.Values.redis.image`, `redisImage`.
/// What a variable falls back to is no word of its name.
fn split_words(text: &str) -> Vec<String> {
    let name = text.split([':', '|', '?']).next().unwrap_or_default();
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let starts = before.is_ascii_lowercase() && c.is_ascii_uppercase();
        if starts || !c.is_ascii_alphanumeric() {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::read_named_image;
    use crate::knowledge::Knowledge;

    #[test]
    fn images_are_named_by_their_variables() {
        let knowledge = Knowledge::embedded().unwrap();
        for (text, name) in [
            ("${REDIS_IMAGE}", "redis"),
            ("$REDIS_IMAGE", "redis"),
            ("$(VALKEY_IMAGE):$(TAG)", "valkey"),
            ("{{ redis_repo }}:{{ redis_tag }}", "redis"),
            (
                "{{ .Values.redis.image.repository }}:{{ .Values.redis.image.tag }}",
                "redis",
            ),
            ("${REGISTRY}/${VALKEY_IMAGE:-a/b:c}:${TAG}", "valkey"),
            ("{{ registry }}/redis:{{ tag }}", "redis"),
            ("${REDIS_EXPORTER_IMAGE}", "redis-exporter"),
            ("{{ .Values.redisExporterImage }}", "redis-exporter"),
            ("${POSTGRES_IMAGE}", "postgres"),
            ("postgres:${REDIS_VERSION}", "postgres"),
            ("${IMAGE}", ""),
            ("{{", ""),
            ("é${", "é"),
        ] {
            let found = read_named_image(text, &knowledge.shapes);
            assert_eq!(
                found.map(|image| image.name).unwrap_or_default(),
                name,
                "{text}"
            );
        }
    }
}
