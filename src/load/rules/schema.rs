//! Rule and pack files against their JSON Schemas. The only place of the loader that knows the
//! `jsonschema` crate; its errors become places in the file and words for its author.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::load::LoadError;
use crate::nearest;
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

/// What a rule file may hold.
pub const RULE_SCHEMA: &str = include_str!("../../../schemas/rule.schema.json");
/// What `pack.yaml` may hold.
pub const PACK_SCHEMA: &str = include_str!("../../../schemas/pack.schema.json");

/// Notes every place of the file that its schema does not allow.
pub(super) fn check(root: &YamlNode, schema: &str, errors: &mut Vec<LoadError>) {
    let Ok(schema) = serde_json::from_str::<Value>(schema) else {
        return;
    };
    let Ok(validator) = jsonschema::validator_for(&schema) else {
        return;
    };
    let value = root.to_json();
    for error in validator.iter_errors(&value) {
        errors.extend(explain_violation(root, &schema, &error));
    }
}

fn explain_violation(
    root: &YamlNode,
    schema: &Value,
    error: &ValidationError<'_>,
) -> Vec<LoadError> {
    let node = root.pointer(error.instance_path().as_str()).unwrap_or(root);
    let whole = node.span;
    let error_path = error.schema_path().as_str();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let valid = properties(schema, error.schema_path().as_str());
            let one = |name: &String| unexpected_key_error(node, name, &valid);
            unexpected.iter().map(one).collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let message = format!("missing key `{name}`");
            vec![LoadError::new(first_key(node), message)]
        }
        ValidationErrorKind::Enum { options } => vec![not_one_of(node, options)],
        ValidationErrorKind::Type { kind } => {
            let message = format!("this must be {}, not {}", types(kind), describe_found(node));
            vec![LoadError::new(whole, message)]
        }
        ValidationErrorKind::Pattern { .. } => {
            let text = node.as_str().unwrap_or_default();
            let message = format!("`{text}` does not have the expected form");
            let error = LoadError::new(whole, message);
            vec![match examples(schema, error_path) {
                Some(examples) => error.with_help(format!("for example {examples}")),
                None => error,
            }]
        }
        ValidationErrorKind::PropertyNames { error: inner } => {
            let name = inner.instance().as_str().unwrap_or_default().to_owned();
            let at = node.entry(&name).map_or(whole, |entry| entry.key.span);
            let message = format!("`{name}` is not a valid name");
            let help = "a name begins with a small letter and goes on with small letters, digits \
                        and `_`";
            vec![LoadError::new(at, message).with_help(help)]
        }
        ValidationErrorKind::MinItems { .. } => {
            vec![LoadError::new(whole, "this list must not be empty")]
        }
        ValidationErrorKind::MinLength { .. } => {
            vec![LoadError::new(whole, "this must not be empty")]
        }
        ValidationErrorKind::OneOfNotValid { .. }
        | ValidationErrorKind::OneOfMultipleValid { .. } => {
            let message =
                "a fix must have exactly one of `set`, `rename`, `remove`, `move_above`, `edits`";
            vec![LoadError::new(first_key(node), message)]
        }
        _ => vec![LoadError::new(whole, error.to_string())],
    }
}

/// Where a mapping begins, for what it lacks: its first key, not the whole of it.
fn first_key(node: &YamlNode) -> Span {
    node.entries().first().map_or(node.span, |e| e.key.span)
}

fn unexpected_key_error(node: &YamlNode, name: &str, valid: &[String]) -> LoadError {
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

fn not_one_of(node: &YamlNode, options: &Value) -> LoadError {
    let word = node.as_str().unwrap_or_default();
    let valid: Vec<&str> = options
        .as_array()
        .map(|o| o.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let error = LoadError::new(node.span, format!("unexpected value `{word}`"));
    error.with_help(nearest::help(word, valid))
}

/// The examples that the schema gives beside a pattern.
fn examples(schema: &Value, path: &str) -> Option<String> {
    let (parent, _) = path.rsplit_once('/')?;
    let examples = schema.pointer(parent)?.get("examples")?.as_array()?;
    let shown = examples.iter().filter_map(Value::as_str);
    let shown: Vec<String> = shown.map(|example| format!("`{example}`")).collect();
    Some(shown.join(" or "))
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(ty) => type_words(&ty.to_string()).to_owned(),
        jsonschema::error::TypeKind::Multiple(set) => {
            let names = set.iter().map(|t| t.to_string());
            let names: Vec<&str> = names.map(|name| type_words(&name)).collect();
            names.join(" or ")
        }
    }
}

/// A type of JSON as a person who writes YAML knows it.
fn type_words(name: &str) -> &'static str {
    match name {
        "string" => "a text",
        "array" => "a list",
        "object" => "a mapping of keys to values",
        "boolean" => "true or false",
        "integer" => "an integer",
        "number" => "a number",
        _ => "nothing",
    }
}

fn describe_found(node: &YamlNode) -> &'static str {
    match node.to_json() {
        Value::Object(_) => type_words("object"),
        Value::Array(_) => type_words("array"),
        Value::Bool(_) => "a switch",
        Value::Number(_) => type_words("number"),
        Value::String(_) => type_words("string"),
        Value::Null => type_words("null"),
    }
}
