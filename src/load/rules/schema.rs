//! Rule and pack files against their JSON Schemas. The only place of the loader that knows the
//! `jsonschema` crate; its errors become places in the file and words for its author.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::load::LoadError;
use crate::nearest;
use crate::source::Span;
use crate::syntax::yaml::Node;

/// What a rule file may hold.
pub const RULE_SCHEMA: &str = include_str!("../../../schemas/rule.schema.json");
/// What `pack.yaml` may hold.
pub const PACK_SCHEMA: &str = include_str!("../../../schemas/pack.schema.json");

/// Notes every place of the file that its schema does not allow.
pub(super) fn check(root: &Node, schema: &str, errors: &mut Vec<LoadError>) {
    let Ok(schema) = serde_json::from_str::<Value>(schema) else {
        return;
    };
    let Ok(validator) = jsonschema::validator_for(&schema) else {
        return;
    };
    let value = root.to_json();
    for error in validator.iter_errors(&value) {
        errors.extend(told(root, &schema, &error));
    }
}

fn told(root: &Node, schema: &Value, error: &ValidationError<'_>) -> Vec<LoadError> {
    let node = root.pointer(error.instance_path().as_str()).unwrap_or(root);
    let whole = node.span;
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let valid = properties(schema, error.schema_path().as_str());
            let one = |name: &String| unexpected_key(node, name, &valid);
            unexpected.iter().map(one).collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let message = format!("`{name}` is missing");
            vec![LoadError::new(first_key(node), message)]
        }
        ValidationErrorKind::Enum { options } => vec![not_one_of(node, options)],
        ValidationErrorKind::Type { kind } => {
            let message = format!("this must be of another type: {}", types(kind));
            vec![LoadError::new(whole, message)]
        }
        ValidationErrorKind::Pattern { .. } | ValidationErrorKind::PropertyNames { .. } => {
            let text = node.as_str().unwrap_or_default();
            let message = if text.is_empty() {
                "a name here is letters, digits and `_`".to_owned()
            } else {
                format!("`{text}` has not the form that is wanted here")
            };
            vec![LoadError::new(whole, message)]
        }
        ValidationErrorKind::OneOfNotValid { .. }
        | ValidationErrorKind::OneOfMultipleValid { .. } => {
            let message =
                "a fix holds exactly one of `set`, `rename`, `remove`, `move_above`, `edits`";
            vec![LoadError::new(first_key(node), message)]
        }
        _ => vec![LoadError::new(whole, error.to_string())],
    }
}

/// Where a mapping begins, for what it lacks: its first key, not the whole of it.
fn first_key(node: &Node) -> Span {
    node.entries().first().map_or(node.span, |e| e.key.span)
}

fn unexpected_key(node: &Node, name: &str, valid: &[String]) -> LoadError {
    let at = node.entry(name).map_or(node.span, |e| e.key.span);
    let error = LoadError::new(at, format!("unknown key `{name}`"));
    error.with_help(nearest::help(name, valid.iter().map(String::as_str)))
}

/// The keys that the schema allows beside an `additionalProperties` that refused one.
fn properties(schema: &Value, path: &str) -> Vec<String> {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    let object = schema.pointer(parent).and_then(|s| s.get("properties"));
    let keys = object.and_then(Value::as_object);
    keys.map(|o| o.keys().cloned().collect())
        .unwrap_or_default()
}

fn not_one_of(node: &Node, options: &Value) -> LoadError {
    let word = node.as_str().unwrap_or_default();
    let valid: Vec<&str> = options
        .as_array()
        .map(|o| o.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let error = LoadError::new(node.span, format!("`{word}` is not known here"));
    error.with_help(nearest::help(word, valid))
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(ty) => ty.to_string(),
        jsonschema::error::TypeKind::Multiple(set) => {
            let names: Vec<String> = set.iter().map(|t| t.to_string()).collect();
            names.join(" or ")
        }
    }
}
