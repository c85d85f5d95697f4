//! `redvet schema`: the JSON Schemas of what redvet reads and writes, and the facts that rules may
//! name with their types.

use serde_json::{Map, Value, json};

use crate::facts::estate::SubjectKind;
use crate::facts::fact_path::FactEntry;
use crate::facts::vocabulary::{FactType, Vocabulary};
use crate::load::rules::{PACK_SCHEMA, RULE_SCHEMA};

use super::args::SchemaName;
use super::console::CommandConsole;
use super::failure::CliError;
use super::{CommandOutcome, project};

const CONFIG_SCHEMA: &str = include_str!("../../schemas/config.schema.json");
const REPORT_SCHEMA: &str = include_str!("../../schemas/report.schema.json");

pub(super) fn run(
    name: SchemaName,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let text = match name {
        SchemaName::Rule => RULE_SCHEMA.to_owned(),
        SchemaName::Pack => PACK_SCHEMA.to_owned(),
        SchemaName::Config => CONFIG_SCHEMA.to_owned(),
        SchemaName::Report => REPORT_SCHEMA.to_owned(),
        SchemaName::Facts => {
            let vocabulary = project::knowledge()?.vocabulary();
            serde_json::to_string_pretty(&facts(&vocabulary))? + "\n"
        }
    };
    console.print(&text);
    Ok(CommandOutcome::Clean)
}

/// All facts as a schema: an object a subject, a property a path. `unit` is the word that expressions
/// are checked with.
fn facts(vocabulary: &Vocabulary) -> Value {
    use SubjectKind::{Client, Connection, Directive, Meta, Server, Service};
    let subjects: Map<String, Value> = [Directive, Server, Client, Service, Connection, Meta]
        .into_iter()
        .map(|kind| (kind.as_str().to_owned(), subject(kind, vocabulary)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "redvet facts",
        "description": "Every fact that a rule may name, by the subject that it is about. \
            In expressions sizes are bytes, durations seconds and CPU cores.",
        "type": "object",
        "properties": subjects,
    })
}

fn subject(kind: SubjectKind, vocabulary: &Vocabulary) -> Value {
    let facts: Map<String, Value> = vocabulary
        .facts(kind)
        .iter()
        .filter_map(|path| {
            let entry = path.entry();
            let about = entry.map(|entry| entry.about);
            let mut fact = fact(vocabulary.type_of(path)?, about, &vocabulary.words(path));
            if let Some(former) = entry.and_then(FactEntry::former_name) {
                fact["formerly"] = json!(former);
            }
            Some((path.to_string(), fact))
        })
        .collect();
    json!({ "type": "object", "properties": facts })
}

/// A fact with the words that it, or an item of it, may be.
fn fact(ty: FactType, about: Option<&str>, words: &[&str]) -> Value {
    let form = match ty {
        FactType::Bool => "boolean",
        FactType::Int | FactType::Size => "integer",
        FactType::Number | FactType::Ratio | FactType::Duration | FactType::Cores => "number",
        FactType::Text => "string",
        FactType::List => "array",
    };
    let mut fact = json!({ "type": form, "unit": ty.as_str() });
    if let Some(about) = about {
        fact["description"] = json!(about);
    }
    match ty {
        _ if words.is_empty() => {}
        FactType::List => fact["items"] = json!({ "enum": words }),
        _ => fact["enum"] = json!(words),
    }
    fact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_are_a_schema_that_holds_listed_and_known_ones() {
        let vocabulary = project::knowledge().unwrap().vocabulary();
        let facts = facts(&vocabulary);
        assert!(jsonschema::validator_for(&facts).is_ok());
        let server = &facts["properties"]["server"]["properties"];
        assert_eq!(server["limits.memory"]["unit"], "size (bytes)");
        assert!(server.get("conf[\"maxmemory\"]").is_some());
        let client = &facts["properties"]["client"]["properties"];
        assert_eq!(client["pool.max_size"]["type"], "integer");
        assert_eq!(client["uses"]["items"]["enum"][0], "streams");
        assert_eq!(server["conf[\"appendonly\"]"]["enum"], json!(["no", "yes"]));
        assert!(facts["properties"].get("service").is_some());
    }
}
