//! What a text claims to be, so that it is worth telling where it cannot be read as that: a manifest,
//! a compose file, a kustomization, values. A template is none of them before it is rendered, and a
//! file of another tool is read by that tool.

use crate::extract::{compose, kustomize, values};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::path;

/// Whether the author of the text would expect it to be checked.
pub fn claims(path: &str, text: &str, shapes: &DeploymentShapes) -> bool {
    if is_template(path, text, shapes) {
        return false;
    }
    let begins = |word: &str| text.lines().any(|line| line.starts_with(word));
    let is_compose = || begins("services:") && (text.contains("image:") || text.contains("build:"));
    begins("apiVersion:")
        || begins("\"apiVersion\":")
        || is_json(path) && text.contains("\"apiVersion\"")
        || compose::is_named(path)
        || is_compose()
        || values::is_values_name(path)
        || kustomize::FILE_NAMES
            .iter()
            .any(|name| path::name(path) == *name)
}

pub fn is_json(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".json")
}

/// Marks of languages that fill in a text, at whose sight it is not read as what it will be.
const MARKS: &[&str] = &["{{", "{%", "<%", "[[ ", "{#"];

/// Whether something has to fill in the text first.
pub fn is_template(path: &str, text: &str, shapes: &DeploymentShapes) -> bool {
    shapes.is_template_name(path::name(path))
        || MARKS.iter().any(|mark| text.contains(mark))
        || text.lines().any(is_filled_line)
}

/// A line with `@NAME@` or `%NAME%`, or one that is nothing but a variable.
fn is_filled_line(line: &str) -> bool {
    let named = |mark: char| {
        let mut parts = line.split(mark).skip(1);
        parts.next().is_some_and(|word| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
            !word.is_empty() && word.chars().all(plain) && parts.next().is_some()
        })
    };
    let alone = line.trim();
    let is_variable = alone.starts_with("${") && alone.ends_with('}');
    let is_bare = alone.len() > 1
        && alone.starts_with('$')
        && alone[1..]
            .chars()
            .all(|c| c.is_ascii_uppercase() || c == '_');
    is_variable || is_bare || named('@') || named('%')
}

#[cfg(test)]
mod tests {
    use super::{DeploymentShapes, claims};

    #[test]
    fn manifests_and_compose_files_are_missed_and_templates_are_not() {
        let shapes = DeploymentShapes::embedded().unwrap();
        for (path, text) in [
            ("a.yaml", "apiVersion: v1\nkind: ["),
            ("list.json", "{\"apiVersion\": \"v1\", \"items\": ["),
            ("docker-compose.prod.yml", "services:\n  a: ["),
            (
                "stack.yml",
                "services:\n  a:\n    image: redis:${TAG:-7}\n  b: [",
            ),
            ("values-prod.yaml", "redis: ["),
            ("x/kustomization.yaml", "resources: ["),
        ] {
            assert!(claims(path, text, &shapes), "{path}");
        }
        for (path, text) in [
            ("mkdocs.yml", "plugins: ["),
            ("a.yaml.tpl", "apiVersion: v1\nkind: ["),
            ("a.tpl.yaml", "apiVersion: v1\nkind: ["),
            ("a.yaml.j2", "apiVersion: v1\nkind: ["),
            ("a.yaml", "apiVersion: v1\n{{ include \"x\" . }}"),
            ("a.yaml", "apiVersion: v1\n<% if x %>"),
            ("a.yaml", "apiVersion: v1\n${EXTRA}\nkind: ["),
            ("a.yaml", "apiVersion: v1\nname: @NAME@"),
            ("docker-compose.yml", "services:\n  a: %IMAGE%"),
            ("docker-compose.yml", "services:\n$EXTRA"),
        ] {
            assert!(!claims(path, text, &shapes), "{path} {text}");
        }
    }
}
