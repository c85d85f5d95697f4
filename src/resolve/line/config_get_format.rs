//! Values as `CONFIG GET` shows them, and defaults as values.

use crate::facts::Datum;
use crate::knowledge::servers::{DirectiveSpec, DirectiveType, SpecialParser};

use super::number::figure;
use super::special::percentile;

/// The default of a directive as a datum; `None` where it has none.
pub fn default_of(directive: &DirectiveSpec) -> Option<Datum> {
    use serde_json::Value as Json;
    match (&directive.default, directive.kind) {
        (Json::Null, _) => None,
        (Json::Number(n), DirectiveType::Memory | DirectiveType::PercentOrMemory) => {
            n.as_u64().map(Datum::Size)
        }
        (Json::Number(n), _) => n.as_i64().map(|n| figure(directive, n)),
        (Json::String(text), _) => Some(Datum::Text(text.clone())),
        (Json::Array(items), _) => Some(Datum::List(items.iter().map(default_item).collect())),
        (Json::Object(groups), _) => Some(Datum::List(
            groups
                .iter()
                .map(|(class, words)| Datum::Text(format!("{class} {}", join_item(words))))
                .collect(),
        )),
        (Json::Bool(flag), _) => Some(Datum::Bool(*flag)),
    }
}

fn default_item(item: &serde_json::Value) -> Datum {
    Datum::Text(join_item(item))
}

fn join_item(item: &serde_json::Value) -> String {
    match item {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => {
            let words: Vec<_> = items.iter().map(join_item).collect();
            words.join(" ")
        }
        other => other.to_string(),
    }
}

/// The value as `CONFIG GET` shows it; nothing at all is an empty text.
pub fn format_config_get(directive: &DirectiveSpec, datum: Option<&Datum>) -> String {
    let Some(datum) = datum else {
        return String::new();
    };
    match datum {
        Datum::Int(number) if directive.octal => format!("{number:o}"),
        Datum::Int(number) => number.to_string(),
        Datum::Duration(seconds) => (*seconds as i64).to_string(),
        Datum::Size(bytes) => bytes.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::List(items) => {
            let words: Vec<&str> = items.iter().filter_map(Datum::as_text).collect();
            list(directive, &words)
        }
        Datum::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        other => format!("{other:?}"),
    }
}

fn list(directive: &DirectiveSpec, words: &[&str]) -> String {
    match directive.form {
        Some(SpecialParser::BufferLimits) => buffer_limits(directive, words),
        Some(SpecialParser::Percentiles) => {
            let figures: Vec<_> = words.iter().map(|word| trim_figure(word)).collect();
            figures.join(" ")
        }
        _ => words.join(" "),
    }
}

/// Six places after the point, without the zeros at their end.
fn trim_figure(word: &str) -> String {
    let text = format!("{:.6}", percentile(word).unwrap_or_default());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Every class once, in the order of the defaults, under the name that the server uses.
fn buffer_limits(directive: &DirectiveSpec, groups: &[&str]) -> String {
    let classes: Vec<&String> = directive
        .default
        .as_object()
        .map(|groups| groups.keys().collect())
        .unwrap_or_default();
    let shown = classes.iter().filter_map(|class| {
        let figures = groups.iter().rev().find_map(|group| {
            let (name, figures) = group.split_once(' ')?;
            let is = canonical_class(directive, name).eq_ignore_ascii_case(class);
            is.then_some(figures)
        })?;
        let name = directive
            .enum_synonyms
            .iter()
            .find(|(_, of)| of == class)
            .map_or(class.as_str(), |(old, _)| old.as_str());
        Some(format!("{name} {figures}"))
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The class that a name stands for.
pub fn canonical_class<'a>(directive: &'a DirectiveSpec, name: &'a str) -> &'a str {
    let synonym = directive
        .enum_synonyms
        .iter()
        .find(|(old, _)| old.eq_ignore_ascii_case(name));
    synonym.map_or(name, |(_, of)| of.as_str())
}
