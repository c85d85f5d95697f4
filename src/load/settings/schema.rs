//! The JSON Schema of `redvet.toml`, out of the same shape that checks it: for editors that
//! complete and check TOML (`#:schema` line).

use serde_json::{Map, Value, json};

use super::shape::{Form, Key, ROOT};

/// The schema that `schemas/config.schema.json` publishes.
pub fn schema() -> Value {
    let mut schema = table(ROOT);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("redvet.toml");
    schema["description"] = json!("The settings of a project for redvet.");
    schema
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut value = form(key.form);
            value["description"] = json!(key.about);
            (key.name.to_owned(), value)
        })
        .collect();
    let required: Vec<&str> = keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn form(form_: Form) -> Value {
    match form_ {
        Form::Flag => json!({ "type": "boolean" }),
        Form::Text | Form::Glob | Form::Rule => json!({ "type": "string", "minLength": 1 }),
        Form::Count => json!({ "type": "integer", "minimum": 0 }),
        Form::Size => json!({ "type": ["integer", "string"], "exclusiveMinimum": 0 }),
        Form::Cores => json!({ "type": ["number", "string"], "exclusiveMinimum": 0 }),
        Form::Version { flavor: true } => json!({
            "type": "string", "pattern": r"^[a-z]+:\d+(\.\d+){0,2}$"
        }),
        Form::Version { flavor: false } => json!({
            "type": "string", "pattern": r"^([a-z]+:)?\d+(\.\d+){0,2}$"
        }),
        Form::Workload => json!({ "type": "string", "pattern": "^[^/ ]+/[^/ ]+$" }),
        // TOML dates reach validators as text.
        Form::Date => json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$" }),
        Form::Word(words) => json!({ "type": "string", "enum": words }),
        Form::ListOf(item) => json!({ "type": "array", "items": form(*item) }),
        Form::Table(keys) => table(keys),
        Form::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Form::ByRule(keys) => json!({ "type": "object", "additionalProperties": table(keys) }),
        Form::Params => json!({
            "type": "object",
            "additionalProperties": { "type": ["boolean", "number", "string", "array"] }
        }),
    }
}
