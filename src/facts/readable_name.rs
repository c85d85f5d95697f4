//! Names of objects for people: what a template or a variable writes into a name is shown by the word that it is
//! called by. Names are compared as they are written; this is for titles alone.

use crate::facts::raw::ObjectName;

/// How something that is filled in begins and ends.
const MARKS: [(&str, &str); 3] = [("{{", "}}"), ("${", "}"), ("$(", ")")];
/// Calls of named templates, and what templates know of themselves.
const CALLS: [&str; 2] = ["include", "template"];
const OF_ITSELF: [&str; 2] = [".Release.", ".Chart."];
const OF_VALUES: &str = ".Values.";

impl ObjectName {
    /// `Kind/name`, for people.
    pub fn title(&self) -> String {
        format!("{}/{}", self.kind, self.readable_name())
    }

    /// The name, for people.
    pub fn readable_name(&self) -> String {
        readable_name(&self.name)
    }
}

/// The name with what is filled in by its words: `{{ include "shop.fullname" . }}-redis` is `shop-redis`. A name
/// of which nothing would be left stays as it is written.
fn readable_name(name: &str) -> String {
    let mut rest = name;
    let mut shown = String::new();
    while let Some((at, open, close)) = find_mark(rest) {
        shown.push_str(&rest[..at]);
        let inside = &rest[at + open.len()..];
        let Some(end) = inside.find(close) else {
            return name.to_owned();
        };
        shown.push_str(word_of(&inside[..end]));
        rest = &inside[end + close.len()..];
    }
    shown.push_str(rest);
    let shown = shown.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    match shown {
        "" => name.to_owned(),
        shown => shown.to_owned(),
    }
}

fn find_mark(text: &str) -> Option<(usize, &'static str, &'static str)> {
    let found = MARKS
        .iter()
        .filter_map(|(open, close)| Some((text.find(open)?, *open, *close)));
    found.min_by_key(|(at, _, _)| *at)
}

/// The word by which people know what an action writes; nothing for the release's own name, which is any.
fn word_of(action: &str) -> &str {
    let action = action.trim_matches(|c: char| c == '-' || c.is_whitespace());
    let mut words = action.split_whitespace();
    let first = words.next().unwrap_or_default().trim_start_matches('$');
    if CALLS.contains(&first) {
        let called = words.next().unwrap_or_default().trim_matches('"');
        // `shop.fullname` is the chart's own; what stands deeper is a library's.
        return match called.split_once('.') {
            Some((chart, rest)) if !rest.contains('.') => chart,
            _ => "",
        };
    }
    if OF_ITSELF.iter().any(|own| first.starts_with(own)) {
        return "";
    }
    let path = first.strip_prefix(OF_VALUES).unwrap_or(first);
    // The last part says that it is a name.
    let path = path.rsplit_once('.').map_or(path, |(above, _)| above);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let end = path.find(|c| !is_part(c)).unwrap_or(path.len());
    path[..end].trim_matches('.')
}

#[cfg(test)]
mod tests {
    use super::readable_name;

    #[test]
    fn what_is_filled_in_is_shown_by_its_word() {
        for (written, shown) in [
            ("redis", "redis"),
            ("{{ include \"shop.fullname\" . }}-redis", "shop-redis"),
            (
                "{{ template \"redis-ha.fullname\" . }}-server",
                "redis-ha-server",
            ),
            (
                "{{- template \"common.names.fullname\" $ }}-master",
                "master",
            ),
            ("{{ .Release.Name }}-redis", "redis"),
            ("{{ .Values.redis.name }}", "redis"),
            ("{{ redis_name }}", "redis_name"),
            ("${ENVIRONMENT:-dev}-cache", "ENVIRONMENT-cache"),
            ("{{name}}-redis", "name-redis"),
            ("{{ .Release.Name }}", "{{ .Release.Name }}"),
            ("{{ é", "{{ é"),
        ] {
            assert_eq!(readable_name(written), shown, "{written}");
        }
    }
}
