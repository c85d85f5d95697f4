//! What a library holds, in the words of redvet's canonical options: durations in milliseconds.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

pub type Held = BTreeMap<&'static str, Value>;

/// Options out of the `Debug` text of a library's own value.
pub fn debugged(text: &str, fields: &[(&str, &'static str)]) -> Held {
    let read = |(field, key): &(&str, &'static str)| {
        let start = text.find(&format!("{field}: "))? + field.len() + 2;
        let end = text[start..].find([',', ' ', '}'])? + start;
        Some((*key, value(&text[start..end])))
    };
    fields.iter().filter_map(read).collect()
}

fn value(text: &str) -> Value {
    let text = text
        .strip_prefix("Some(")
        .map_or(text, |rest| rest.trim_end_matches(')'));
    if text == "None" {
        return json!("none");
    }
    if let Ok(flag) = text.parse::<bool>() {
        return json!(flag);
    }
    if let Ok(number) = text.parse::<f64>() {
        return json!(number);
    }
    let units = [("ms", 1.0), ("µs", 1e-3), ("ns", 1e-6), ("s", 1e3)];
    let duration = units.iter().find_map(|(unit, factor)| {
        let figure: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(figure * factor)
    });
    duration.map_or_else(|| json!(text), |d| json!(d))
}

pub fn millis(duration: Duration) -> Value {
    json!(duration.as_secs_f64() * 1e3)
}

pub fn maybe(duration: Option<Duration>) -> Value {
    duration.map_or_else(|| json!("none"), millis)
}
