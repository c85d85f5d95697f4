//! The forms that a value of `redvet.toml` may have. A form reads a value, says what would have been
//! right where it cannot, and describes itself for the published schema.
//!
//! Scalars are here; lists and tables are made of them in `table`.

use serde_json::{Value, json};
use toml::de::{DeInteger, DeValue};
use toml::value::Datetime;

use super::{Date, RoleSetting, ServerVersion, Spanned};
use crate::facts::quantity;
use crate::facts::work_limits::LimitRange;
use crate::finding::Severity;
use crate::policy::{RawParamValue, RuleProfile};
use crate::source::pattern_limit;

use super::mistakes::{Mistakes, SettingKey, Written};

/// What may stand behind a key. What has another form is noted as a mistake and gives nothing.
pub(super) trait SettingForm {
    type Value;

    fn read(&self, key: &SettingKey, value: &Written<'_>, to: &mut Mistakes)
    -> Option<Self::Value>;

    fn schema(&self) -> Value;
}

/// A value without parts: what is expected, how it is read, its schema.
pub(super) struct ScalarForm<T>(&'static str, fn(&DeValue<'_>) -> Option<T>, fn() -> Value);

impl<T> SettingForm for ScalarForm<T> {
    type Value = Spanned<T>;

    fn read(&self, key: &SettingKey, value: &Written<'_>, to: &mut Mistakes) -> Option<Spanned<T>> {
        match (self.1)(value.get_ref()) {
            Some(read) => Some(to.with_span(read, value.span())),
            None => to.wrong(key.name, self.0, value),
        }
    }

    fn schema(&self) -> Value {
        (self.2)()
    }
}

pub(super) const FLAG: ScalarForm<bool> = ScalarForm(
    "true or false",
    |value| value.as_bool(),
    || json!({ "type": "boolean" }),
);

pub(super) const TEXT: ScalarForm<String> = ScalarForm("text", text, text_schema);

/// A whole number from 0.
pub(super) const COUNT: ScalarForm<u64> = ScalarForm(
    "an integer",
    count,
    || json!({ "type": "integer", "minimum": 0 }),
);

/// Bytes, more than none.
pub(super) const SIZE: ScalarForm<u64> = ScalarForm(
    "a size above 0 such as \"32Gi\" or \"512mb\"",
    size,
    || json!({ "type": ["integer", "string"], "exclusiveMinimum": 0 }),
);

/// CPU cores, more than none.
pub(super) const CORES: ScalarForm<f64> = ScalarForm(
    "a number of CPUs above 0 such as 4 or \"500m\"",
    cores,
    || json!({ "type": ["number", "string"], "exclusiveMinimum": 0 }),
);

pub(super) const FLAVOR_AND_VERSION: ScalarForm<ServerVersion> = ScalarForm(
    "a flavor and a version such as \"redis:7.2\"",
    |value| version(value).filter(|version| version.flavor.is_some()),
    || json!({ "type": "string", "pattern": r"^[a-z]+:\d+(\.\d+){0,2}$" }),
);

pub(super) const VERSION: ScalarForm<ServerVersion> = ScalarForm(
    "a version such as \"redis:7.2\" or \"7.2\"",
    version,
    || json!({ "type": "string", "pattern": r"^([a-z]+:)?\d+(\.\d+){0,2}$" }),
);

pub(super) const WORKLOAD: ScalarForm<String> = ScalarForm(
    "a workload written as \"Kind/name\"",
    workload,
    || json!({ "type": "string", "pattern": "^[^/ ]+/[^/ ]+$" }),
);

/// A day without a time. TOML dates reach validators of the schema as text.
pub(super) const DATE: ScalarForm<Date> = ScalarForm(
    "a date such as 2026-12-31",
    date,
    || json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$" }),
);

pub(super) const PARAM: ScalarForm<RawParamValue> = ScalarForm(
    "a number, string, boolean or list",
    param,
    || json!({ "type": ["boolean", "number", "string", "array"] }),
);

/// A figure of `[limits]`, within the range that it may be set to.
pub(super) struct LimitForm(pub(super) LimitRange);

impl SettingForm for LimitForm {
    type Value = Spanned<u64>;

    fn read(
        &self,
        key: &SettingKey,
        value: &Written<'_>,
        to: &mut Mistakes,
    ) -> Option<Spanned<u64>> {
        let LimitRange { least, most, .. } = self.0;
        let number = size(value.get_ref()).filter(|number| (least..=most).contains(number));
        match number {
            Some(number) => Some(to.with_span(number, value.span())),
            None => {
                let expected = format!("a number from {least} to {most}");
                to.wrong(key.name, &expected, value)
            }
        }
    }

    fn schema(&self) -> Value {
        let LimitRange {
            default,
            least,
            most,
        } = self.0;
        json!({ "type": ["integer", "string"], "minimum": least, "maximum": most, "default": default })
    }
}

/// One of a few words: all that there are, and how each is written.
pub(super) struct WordForm<T: 'static>(&'static [T], fn(T) -> &'static str);

pub(super) const PROFILE: WordForm<RuleProfile> = WordForm(RuleProfile::ALL, RuleProfile::as_str);
pub(super) const ROLE: WordForm<RoleSetting> = WordForm(RoleSetting::ALL, RoleSetting::as_str);
pub(super) const SEVERITY: WordForm<Severity> = WordForm(Severity::ALL, Severity::as_str);

impl<T: Copy> WordForm<T> {
    fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(|value| (self.1)(*value)).collect()
    }
}

impl<T: Copy> SettingForm for WordForm<T> {
    type Value = Spanned<T>;

    fn read(&self, key: &SettingKey, value: &Written<'_>, to: &mut Mistakes) -> Option<Spanned<T>> {
        let words = self.words();
        let Some(word) = value.get_ref().as_str() else {
            return to.wrong(key.name, &format!("one of {}", words.join(", ")), value);
        };
        if let Some(found) = self.0.iter().find(|known| (self.1)(**known) == word) {
            return Some(to.with_span(*found, value.span()));
        }
        let message = format!("`{}` cannot be `{word}`", key.name);
        to.unknown(value.span(), message, word, &words, "valid words");
        None
    }

    fn schema(&self) -> Value {
        json!({ "type": "string", "enum": self.words() })
    }
}

/// A pattern over paths or rule ids.
pub(super) struct PatternForm;

impl SettingForm for PatternForm {
    type Value = Spanned<String>;

    fn read(
        &self,
        key: &SettingKey,
        value: &Written<'_>,
        to: &mut Mistakes,
    ) -> Option<Spanned<String>> {
        let Some(pattern) = value.get_ref().as_str() else {
            return to.wrong(key.name, TEXT.0, value);
        };
        let Some(why) = pattern_mistake(pattern) else {
            return Some(to.with_span(pattern.to_owned(), value.span()));
        };
        // A pattern that is refused for its length would fill the screen.
        let shown: String = pattern.chars().take(60).collect();
        let more = if shown.len() < pattern.len() {
            "..."
        } else {
            ""
        };
        let message = format!("invalid pattern `{shown}{more}`: {why}");
        to.add(value.span(), message, None);
        None
    }

    fn schema(&self) -> Value {
        text_schema()
    }
}

/// Why a text is no pattern, if so.
fn pattern_mistake(pattern: &str) -> Option<String> {
    if pattern.is_empty() {
        return Some("it is empty".to_owned());
    }
    pattern_limit::excess(pattern).or_else(|| {
        let error = globset::Glob::new(pattern).err()?;
        Some(error.kind().to_string())
    })
}

fn text_schema() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn text(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str().filter(|text| !text.trim().is_empty())?;
    Some(text.to_owned())
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(number) => integer(number).map(|n| n as f64),
        _ => None,
    }
}

fn count(value: &DeValue<'_>) -> Option<u64> {
    u64::try_from(integer(value.as_integer()?)?).ok()
}

fn size(value: &DeValue<'_>) -> Option<u64> {
    let bytes = match value.as_str() {
        Some(text) => quantity::any_size(text),
        None => count(value),
    };
    bytes.filter(|bytes| *bytes > 0)
}

fn cores(value: &DeValue<'_>) -> Option<f64> {
    let cores = match value.as_str() {
        Some(text) => quantity::kubernetes(text),
        None => number(value),
    };
    cores.filter(|cores| cores.is_finite() && *cores > 0.0)
}

fn version(value: &DeValue<'_>) -> Option<ServerVersion> {
    ServerVersion::parse(value.as_str()?)
}

fn workload(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str()?;
    let (kind, name) = text.split_once('/')?;
    let is_part = |part: &str| !part.is_empty() && !part.contains([' ', '/']);
    (is_part(kind) && is_part(name)).then(|| text.to_owned())
}

fn date(value: &DeValue<'_>) -> Option<Date> {
    let datetime: Datetime = match value {
        DeValue::Datetime(datetime) => *datetime,
        other => other.as_str()?.parse().ok()?,
    };
    day(datetime)
}

/// A day without a time.
pub(super) fn day(datetime: Datetime) -> Option<Date> {
    let day = datetime.date.filter(|_| datetime.time.is_none())?;
    Some(Date {
        year: day.year,
        month: day.month,
        day: day.day,
    })
}

fn param(value: &DeValue<'_>) -> Option<RawParamValue> {
    Some(match value {
        DeValue::Boolean(flag) => RawParamValue::Bool(*flag),
        DeValue::Integer(_) | DeValue::Float(_) => RawParamValue::Number(number(value)?),
        DeValue::String(text) => RawParamValue::Text(text.to_string()),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| param(item.get_ref()));
            RawParamValue::List(items.collect::<Option<_>>()?)
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}
