//! One directive as one server series reads it: is it accepted, what is its value, what would the
//! server say.
//!
//! The rules of value parsing (`memtoull`, `string2ll`, enums, arity) are the servers' own, as measured
//! on eleven of them. Whether other versions know a name, and what a rule makes of a problem, is left
//! to the caller.

use crate::facts::Datum;
use crate::knowledge::servers::{Directive, Form, Kind, Series, Status, Unit, UnknownDirective};

/// What is wrong with a line, as its server sees it. The words are the ones that rules name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    None,
    SyntaxError,
    TrailingComment,
    UnknownDirective,
    UnsupportedDirective,
    WrongArity,
    InvalidValue,
    MisreadValue,
    ClampedValue,
    DeprecatedDirective,
    IneffectiveDirective,
}

impl Problem {
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SyntaxError => "syntax-error",
            Self::TrailingComment => "trailing-comment",
            Self::UnknownDirective => "unknown-directive",
            Self::UnsupportedDirective => "unsupported-directive",
            Self::WrongArity => "wrong-arity",
            Self::InvalidValue => "invalid-value",
            Self::MisreadValue => "misread-value",
            Self::ClampedValue => "clamped-value",
            Self::DeprecatedDirective => "deprecated-directive",
            Self::IneffectiveDirective => "ineffective-directive",
        }
    }
}

/// A directive as one series reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub problem: Problem,
    /// What the server prints for it.
    pub error: Option<String>,
    /// The accepted form.
    pub accepted: Option<String>,
    /// The value that takes effect; `None` where the line is refused or has no value.
    pub datum: Option<Datum>,
}

impl Reading {
    fn good(datum: Datum) -> Self {
        Self {
            problem: Problem::None,
            error: None,
            accepted: None,
            datum: Some(datum),
        }
    }

    fn bad(problem: Problem, error: impl Into<String>, accepted: Option<String>) -> Self {
        Self {
            problem,
            error: Some(error.into()),
            accepted,
            datum: None,
        }
    }

    fn invalid(error: impl Into<String>, accepted: impl Into<String>) -> Self {
        Self::bad(Problem::InvalidValue, error, Some(accepted.into()))
    }

    fn with(mut self, problem: Problem) -> Self {
        if self.problem == Problem::None {
            self.problem = problem;
        }
        self
    }
}

/// Reads a name and its arguments.
pub fn read(series: &Series, name: &str, args: &[&str]) -> Reading {
    let Some(directive) = series.directive(name) else {
        return unknown(series, name);
    };
    let reading = match arity_error(directive, args) {
        Some(reading) => reading,
        None => value(directive, args),
    };
    match directive.status {
        Status::Ignored => Reading {
            datum: None,
            ..reading.with(Problem::IneffectiveDirective)
        },
        Status::Active if !directive.name.eq_ignore_ascii_case(name) => {
            reading.with(Problem::DeprecatedDirective)
        }
        Status::Active => reading,
    }
}

fn unknown(series: &Series, name: &str) -> Reading {
    let mode = if name.contains('.') {
        series.dotted_directive
    } else {
        series.unknown_directive
    };
    let error = match mode {
        UnknownDirective::RefusesFile => "Bad directive or wrong number of arguments",
        UnknownDirective::StopsAtStartup => {
            "Module Configuration detected without loadmodule directive or no ApplyConfig call: aborting"
        }
    };
    Reading::bad(Problem::UnknownDirective, error, None)
}

fn arity_error(directive: &Directive, args: &[&str]) -> Option<Reading> {
    let arity = directive.args;
    let count = args.len();
    let within = count >= arity.min
        && arity.max.is_none_or(|max| count <= max)
        && arity.multiple_of.is_none_or(|n| count.is_multiple_of(n))
        && (!arity.even_or_empty
            || count.is_multiple_of(2)
            || args == [""]
            || spread(args).len().is_multiple_of(2));
    if within {
        return None;
    }
    Some(Reading::bad(
        Problem::WrongArity,
        "wrong number of arguments",
        Some(expected_words(directive)),
    ))
}

fn expected_words(directive: &Directive) -> String {
    let arity = directive.args;
    if arity.even_or_empty {
        return "pairs of words, or one empty word \"\"".to_owned();
    }
    if let Some(n) = arity.multiple_of {
        return format!("groups of {n} words");
    }
    match (arity.min, arity.max) {
        (1, Some(1)) => "exactly one word".to_owned(),
        (min, Some(max)) if min == max => format!("exactly {min} words"),
        (min, Some(max)) => format!("{min} to {max} words"),
        (min, None) => format!("at least {min} words"),
    }
}

/// A single quoted word of a directive that takes several is split again (7.0 and newer).
fn spread<'a>(args: &[&'a str]) -> Vec<&'a str> {
    match args {
        [one] => one.split_ascii_whitespace().collect(),
        many => many.to_vec(),
    }
}

fn value(directive: &Directive, args: &[&str]) -> Reading {
    let word = args.first().copied().unwrap_or_default();
    match directive.kind {
        Kind::Bool => boolean(word),
        Kind::Int => integer(directive, word),
        Kind::Memory => memory(directive, word),
        Kind::PercentOrMemory => percent_or_memory(directive, word),
        Kind::Enum => enumeration(directive, args),
        Kind::String => string(directive, word),
        Kind::Ignored | Kind::ModuleConfig => Reading::good(words(args)),
        Kind::Special => special(directive, args),
    }
}

fn words(args: &[&str]) -> Datum {
    Datum::List(
        args.iter()
            .map(|word| Datum::Text((*word).to_owned()))
            .collect(),
    )
}

fn boolean(word: &str) -> Reading {
    match word.to_ascii_lowercase().as_str() {
        known @ ("yes" | "no") => Reading::good(Datum::Text(known.to_owned())),
        _ => Reading::invalid("argument must be 'yes' or 'no'", "`yes` or `no`"),
    }
}

/// Digits with an optional `-`; no leading zero, sign, blank, unit or exponent.
fn plain_integer(word: &str) -> Option<i64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let plain = !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits == "0" && word == "0" || !digits.starts_with('0'));
    if plain { word.parse().ok() } else { None }
}

fn integer(directive: &Directive, word: &str) -> Reading {
    let (min, max) = bounds(directive);
    let form = integer_form(directive, min, max);
    if directive.octal {
        return octal(word, min, max, form);
    }
    let Some(number) = plain_integer(word) else {
        return Reading::invalid("argument couldn't be parsed into an integer", form);
    };
    if i128::from(number) < min || i128::from(number) > max {
        let error = format!("argument must be between {min} and {max} inclusive");
        return Reading::invalid(error, form);
    }
    clamped(directive, number, form)
}

fn clamped(directive: &Directive, number: i64, form: String) -> Reading {
    let low = directive.effective_min.unwrap_or(i64::MIN);
    let high = directive.effective_max.unwrap_or(i64::MAX);
    let effective = number.clamp(low, high);
    let reading = Reading::good(figure(directive, effective));
    if effective == number {
        return reading;
    }
    Reading {
        accepted: Some(form),
        ..reading.with(Problem::ClampedValue)
    }
}

fn octal(word: &str, min: i128, max: i128, form: String) -> Reading {
    match i64::from_str_radix(word, 8) {
        Ok(number) if (min..=max).contains(&i128::from(number)) => {
            Reading::good(Datum::Int(number))
        }
        Ok(_) => Reading::invalid(
            format!("argument must be between {min:o} and {max:o} inclusive"),
            form,
        ),
        Err(_) => Reading::invalid("argument couldn't be parsed as an octal number", form),
    }
}

fn bounds(directive: &Directive) -> (i128, i128) {
    let number = |n: &Option<serde_json::Number>| {
        n.as_ref()
            .and_then(|n| n.as_i128().or_else(|| n.as_u64().map(i128::from)))
    };
    (
        number(&directive.min).unwrap_or(i128::from(i64::MIN)),
        number(&directive.max).unwrap_or(i128::from(i64::MAX)),
    )
}

fn integer_form(directive: &Directive, min: i128, max: i128) -> String {
    let unit = match directive.unit {
        Some(Unit::Seconds) => " of seconds",
        Some(Unit::Milliseconds) => " of milliseconds",
        Some(Unit::Microseconds) => " of microseconds",
        Some(Unit::Minutes) => " of minutes",
        Some(Unit::Percent) => " of percent, without a sign",
        Some(Unit::PerSecond) | None => "",
    };
    let bound = i128::from(i32::MAX);
    match (min, max) {
        (min, max) if max >= bound => {
            format!("a whole number{unit}, at least {min}, without a unit")
        }
        (min, max) => format!("a whole number{unit} from {min} to {max}, without a unit"),
    }
}

fn figure(directive: &Directive, number: i64) -> Datum {
    match directive.unit {
        Some(Unit::Seconds) => Datum::Duration(number as f64),
        _ => Datum::Int(number),
    }
}

const MEMORY_FORM: &str =
    "bytes, or a whole number with `kb`, `mb`, `gb` (binary) or `k`, `m`, `g` (decimal)";

/// What a memory word comes to, as `memtoull` reads it.
enum MemoryWord {
    Bytes(u64),
    /// No digits at all: read as 0.
    Empty,
    /// Beyond 64 bits.
    Overflow,
    Refused,
}

fn memory_word(word: &str) -> MemoryWord {
    let split = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    let (digits, unit) = word.split_at(split);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return MemoryWord::Refused,
    };
    if digits.is_empty() {
        return MemoryWord::Empty;
    }
    match digits
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(factor))
    {
        Some(bytes) => MemoryWord::Bytes(bytes),
        None => MemoryWord::Overflow,
    }
}

fn memory(directive: &Directive, word: &str) -> Reading {
    match memory_word(word) {
        MemoryWord::Refused => {
            Reading::invalid("argument must be a memory value", memory_form(word))
        }
        MemoryWord::Bytes(bytes) => memory_range(directive, bytes),
        MemoryWord::Empty => Reading {
            accepted: Some(memory_form(word)),
            ..memory_range(directive, 0).with(Problem::MisreadValue)
        },
        MemoryWord::Overflow => Reading {
            accepted: Some(memory_form(word)),
            datum: None,
            ..Reading::good(Datum::Size(0)).with(Problem::MisreadValue)
        },
    }
}

fn memory_range(directive: &Directive, bytes: u64) -> Reading {
    let (min, max) = bounds(directive);
    if i128::from(bytes) >= min && (i128::from(bytes) <= max || max == i128::from(i64::MAX)) {
        return Reading::good(Datum::Size(bytes));
    }
    Reading::invalid(
        format!("argument must be between {min} and {max} inclusive"),
        format!("{MEMORY_FORM}, from {min} to {max} bytes"),
    )
}

/// The accepted form, with the word translated where it is written as Kubernetes writes sizes.
fn memory_form(word: &str) -> String {
    let translated = ["Ki", "Mi", "Gi"]
        .into_iter()
        .zip(["kb", "mb", "gb"])
        .find_map(|(theirs, ours)| {
            let number = word
                .strip_suffix(theirs)
                .or_else(|| word.strip_suffix(&format!("{theirs}B")))?;
            number
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| format!("{number}{ours}"))
        });
    match translated {
        Some(text) => format!("{MEMORY_FORM}: `{text}`"),
        None => MEMORY_FORM.to_owned(),
    }
}

fn percent_or_memory(directive: &Directive, word: &str) -> Reading {
    const FORM: &str = "bytes with or without a unit, or a percentage such as `5%`";
    let Some(percent) = word.strip_suffix('%') else {
        return match memory_word(word) {
            MemoryWord::Refused => {
                Reading::invalid("argument must be a memory or percent value", FORM)
            }
            _ => memory(directive, word),
        };
    };
    match plain_integer(percent) {
        Some(n) if n >= 0 && directive.max_percent.is_none_or(|max| n <= max) => Reading {
            datum: Some(Datum::Text(word.to_owned())),
            ..Reading::good(Datum::Int(n))
        },
        Some(n) if n >= 0 => Reading::invalid(
            format!(
                "percentage argument must be less or equal to {}",
                directive.max_percent.unwrap_or(100)
            ),
            FORM,
        ),
        _ => Reading::invalid("argument must be a memory or percent value", FORM),
    }
}

fn enumeration(directive: &Directive, args: &[&str]) -> Reading {
    let given = if directive.enum_combinable {
        spread(args)
    } else {
        args.to_vec()
    };
    let known: Option<Vec<&str>> = given
        .iter()
        .map(|word| {
            directive
                .enum_values
                .iter()
                .find(|value| value.eq_ignore_ascii_case(word))
                .map(String::as_str)
        })
        .collect();
    match known {
        Some(known) if !known.is_empty() => Reading::good(Datum::Text(known.join(" "))),
        _ => Reading::invalid(
            format!(
                "argument(s) must be one of the following: {}",
                directive.enum_values.join(", ")
            ),
            format!("one of {}", quoted_list(&directive.enum_values)),
        ),
    }
}

fn quoted_list(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

fn string(directive: &Directive, word: &str) -> Reading {
    if word.is_empty() && directive.empty_string.is_none() {
        return Reading::invalid("argument must not be empty", "a word that is not empty");
    }
    Reading::good(Datum::Text(word.to_owned()))
}

fn special(directive: &Directive, args: &[&str]) -> Reading {
    match directive.form {
        Some(Form::SavePoints) => save_points(args),
        Some(Form::BufferLimits) => buffer_limits(directive, args),
        Some(Form::HostPort) => host_port(args),
        Some(Form::Integers) => integers(directive, args),
        Some(Form::Percentiles) => percentiles(directive, args),
        Some(Form::EventFlags) => event_flags(args),
        Some(Form::Text) => Reading::good(Datum::Text(
            args.first().copied().unwrap_or_default().to_owned(),
        )),
        Some(Form::Addresses) => Reading::good(words(&spread(args))),
        _ => Reading::good(words(args)),
    }
}

fn save_points(args: &[&str]) -> Reading {
    const FORM: &str = "pairs `seconds changes`, such as `900 1`, or `\"\"` for none";
    let given = spread(args);
    let mut points = Vec::new();
    for pair in given.chunks(2) {
        let (Some(seconds), Some(changes)) = (
            pair.first().and_then(|w| plain_integer(w)),
            pair.get(1).and_then(|w| plain_integer(w)),
        ) else {
            return Reading::invalid("Invalid save parameters", FORM);
        };
        if seconds < 1 || changes < 0 {
            return Reading::invalid("Invalid save parameters", FORM);
        }
        points.push(Datum::Text(format!("{seconds} {changes}")));
    }
    Reading::good(Datum::List(points))
}

fn buffer_limits(directive: &Directive, args: &[&str]) -> Reading {
    const FORM: &str = "groups `class hard-limit soft-limit soft-seconds`";
    let given = spread(args);
    let mut groups = Vec::new();
    for group in given.chunks(4) {
        let [class, hard, soft, seconds] = group else {
            return Reading::invalid(
                "Wrong number of arguments in buffer limit configuration.",
                FORM,
            );
        };
        if !directive
            .enum_values
            .iter()
            .any(|v| v.eq_ignore_ascii_case(class))
        {
            return Reading::invalid(
                "Invalid client class specified in buffer limit configuration.",
                format!("a class of {}", quoted_list(&directive.enum_values)),
            );
        }
        let sizes = [hard, soft].map(|w| matches!(memory_word(w), MemoryWord::Bytes(_)));
        if sizes.contains(&false) || plain_integer(seconds).is_none_or(|n| n < 0) {
            return Reading::invalid(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
                FORM,
            );
        }
        groups.push(Datum::Text(group.join(" ")));
    }
    Reading::good(Datum::List(groups))
}

fn host_port(args: &[&str]) -> Reading {
    let port = args.get(1).copied().unwrap_or_default();
    let fine = port.eq_ignore_ascii_case("one")
        || plain_integer(port).is_some_and(|n| (0..=65535).contains(&n));
    if fine {
        return Reading::good(words(args));
    }
    Reading::invalid("Invalid master port", "a host and a port from 0 to 65535")
}

fn integers(directive: &Directive, args: &[&str]) -> Reading {
    let (min, max) = bounds(directive);
    let given = spread(args);
    let fine = given
        .iter()
        .all(|word| plain_integer(word).is_some_and(|n| (min..=max).contains(&i128::from(n))));
    if fine {
        return Reading::good(words(&given));
    }
    Reading::invalid(
        format!(
            "Invalid {} value, must be between {min} and {max}",
            directive.name
        ),
        format!("whole numbers from {min} to {max}"),
    )
}

fn percentiles(directive: &Directive, args: &[&str]) -> Reading {
    let given = spread(args);
    let fine = given.iter().all(|word| {
        word.parse::<f64>()
            .is_ok_and(|n| (0.0..=100.0).contains(&n))
    });
    if fine || given.is_empty() {
        return Reading::good(words(&given));
    }
    Reading::invalid(
        format!("Invalid {} parameters", directive.name),
        "figures from 0 to 100, such as `50 99 99.9`",
    )
}

/// The letters that name classes of keyspace events (`src/notify.c`).
const EVENT_LETTERS: &str = "AKEg$lshzxetdmnw";

fn event_flags(args: &[&str]) -> Reading {
    let word = args.first().copied().unwrap_or_default();
    if word.chars().all(|c| EVENT_LETTERS.contains(c)) {
        return Reading::good(Datum::Text(word.to_owned()));
    }
    Reading::invalid(
        "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
        format!("letters of `{EVENT_LETTERS}`"),
    )
}

/// The default of a directive as a datum; `None` where it has none.
pub fn default_of(directive: &Directive) -> Option<Datum> {
    use serde_json::Value as Json;
    match (&directive.default, directive.kind) {
        (Json::Null, _) => None,
        (Json::Number(n), Kind::Memory | Kind::PercentOrMemory) => n.as_u64().map(Datum::Size),
        (Json::Number(n), _) => n.as_i64().map(|n| figure(directive, n)),
        (Json::String(text), _) => Some(Datum::Text(text.clone())),
        (Json::Array(items), _) => Some(Datum::List(items.iter().map(default_item).collect())),
        (Json::Object(groups), _) => Some(Datum::List(
            groups
                .iter()
                .map(|(class, words)| Datum::Text(format!("{class} {}", joined(words))))
                .collect(),
        )),
        (Json::Bool(flag), _) => Some(Datum::Bool(*flag)),
    }
}

fn default_item(item: &serde_json::Value) -> Datum {
    Datum::Text(joined(item))
}

fn joined(item: &serde_json::Value) -> String {
    match item {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(items) => {
            let words: Vec<_> = items.iter().map(joined).collect();
            words.join(" ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::servers::Servers;

    fn reading(version: &str, line: &str) -> Reading {
        let servers = Servers::embedded();
        let (flavor, number) = version.split_once(':').unwrap();
        let series = servers.candidates(Some(flavor), Some(number)).series[0];
        let (words, _) = crate::syntax::conf::words(line);
        let words: Vec<_> = words.iter().map(|w| w.text.as_str()).collect();
        read(series, words[0], &words[1..])
    }

    #[test]
    fn problems_and_values() {
        use Problem::*;
        let size = |n| Some(Datum::Size(n));
        let text = |t: &str| Some(Datum::Text(t.into()));
        for (line, problem, datum) in [
            ("maxmemory 28gb", None, size(28 << 30)),
            ("maxmemory 2g", None, size(2_000_000_000)),
            ("maxmemory 2Gi", InvalidValue, Option::None),
            ("maxmemory 88%", InvalidValue, Option::None),
            ("maxmemory gb", MisreadValue, size(0)),
            ("maxmemory 1 gb", WrongArity, Option::None),
            ("APPENDONLY Yes", None, text("yes")),
            ("appendonly true", InvalidValue, Option::None),
            ("maxmemory-policy Allkeys-LRU", None, text("allkeys-lru")),
            ("maxmemory-policy lru", InvalidValue, Option::None),
            ("io-threads 0", InvalidValue, Option::None),
            ("hz 1000", ClampedValue, Some(Datum::Int(500))),
            ("hz 010", InvalidValue, Option::None),
            ("timeout 600", None, Some(Datum::Duration(600.0))),
            ("timeout 600s", InvalidValue, Option::None),
            ("save 900", WrongArity, Option::None),
            (
                "save \"900 1 300 10\"",
                None,
                Some(Datum::List(vec![
                    Datum::Text("900 1".into()),
                    Datum::Text("300 10".into()),
                ])),
            ),
            ("save \"\"", None, Some(Datum::List(vec![]))),
            ("save 900 -1", InvalidValue, Option::None),
            ("slave-read-only yes", DeprecatedDirective, text("yes")),
            (
                "list-max-ziplist-entries 5",
                IneffectiveDirective,
                Option::None,
            ),
            ("no-such-name 1", UnknownDirective, Option::None),
        ] {
            let found = reading("redis:7.2", line);
            assert_eq!((found.problem, found.datum), (problem, datum), "{line}");
        }
    }

    #[test]
    fn a_kubernetes_size_is_translated() {
        let found = reading("redis:7.2", "maxmemory 2Gi").accepted.unwrap();
        assert!(found.ends_with(": `2gb`"), "{found}");
    }

    #[test]
    fn defaults_have_the_type_of_values() {
        let servers = Servers::embedded();
        let series = servers.candidates(Some("redis"), Some("7.2")).series[0];
        let of = |name: &str| series.directive(name).and_then(default_of);
        assert_eq!(of("timeout"), Some(Datum::Duration(0.0)));
        assert_eq!(of("maxmemory"), Some(Datum::Size(0)));
        assert_eq!(of("appendonly"), Some(Datum::Text("no".into())));
        assert_eq!(
            of("save"),
            Some(Datum::List(vec![
                Datum::Text("3600 1".into()),
                Datum::Text("300 100".into()),
                Datum::Text("60 10000".into())
            ]))
        );
        assert_eq!(of("requirepass"), None);
    }
}
