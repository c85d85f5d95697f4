//! What a server comes to, value by value, as fixtures write it.

use redvet::finding::ServerView;
use serde_json::Value as Json;

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "absent".to_owned(),
        other => other.to_string(),
    }
}

/// What a server comes to, as a page writes it.
pub(crate) fn shown(server: &ServerView, what: &str) -> Vec<String> {
    let json = serde_json::to_value(server).unwrap();
    let of_value = |value: &Json| match value["state"].as_str() {
        Some("set" | "default") => text(&value["value"]),
        Some(state) => state.to_owned(),
        None => text(value),
    };
    match what {
        "reads" => server
            .links
            .iter()
            .map(|link| {
                let link = serde_json::to_value(link).unwrap();
                format!("{} ({})", text(&link["to"]), text(&link["strength"]))
            })
            .collect(),
        "hidden" => server.not_visible.clone(),
        "limits.memory" => vec![of_value(&json["limits"]["memory"])],
        "limits.cpu" => vec![of_value(&json["limits"]["cpu"])],
        "version" | "flavor" | "kind" | "replicas" => vec![of_value(&json[what])],
        _ => match what.strip_prefix("hidden by ") {
            Some(directive) => {
                let overrides = json["conf"][directive]["overrides"].as_array();
                let overrides = overrides.into_iter().flatten();
                overrides.map(|other| text(&other["value"])).collect()
            }
            None => vec![of_value(&json["conf"][what])],
        },
    }
}
