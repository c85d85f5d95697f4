//! The settings of a project, as `redvet.toml` gives them: typed, each with the place where it is
//! written, so that a finding or an error can point at it.
//!
//! `load::settings` makes them out of text. Whether a rule, a parameter or a server exists is asked
//! later, by those who know them.

use std::collections::BTreeMap;

use crate::finding::Severity;
use crate::policy::{ParamValue, Profile};
use crate::source::Span;

/// A value and where it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// Everything that `redvet.toml` may say. What it does not say is `None` or empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub profile: Option<Spanned<Profile>>,
    pub fail_on: Option<Spanned<Severity>>,
    /// Folders of rules, relative to the file.
    pub extends: Vec<Spanned<String>>,
    /// Globs of files and folders that are not read.
    pub exclude: Vec<Spanned<String>>,
    /// For servers that have no facts of their own; no role.
    pub defaults: ServerFacts,
    pub rules: BTreeMap<String, RuleSetting>,
    pub overrides: Vec<Override>,
    pub servers: Vec<ServerEntry>,
    pub services: Vec<ServiceEntry>,
    pub waivers: Vec<Waiver>,
    pub quiet: Quiet,
    /// The file of known findings, relative to the settings.
    pub baseline: Option<Spanned<String>>,
}

/// What a server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Cache,
    Durable,
    Queue,
}

impl Role {
    pub const ALL: &[Self] = &[Self::Cache, Self::Durable, Self::Queue];

    pub fn word(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Durable => "durable",
            Self::Queue => "queue",
        }
    }
}

/// A server's flavor and version: `redis:7.2`, or `7.2` where the flavor is known otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerVersion {
    pub flavor: Option<String>,
    /// One to three numbers.
    pub version: String,
}

impl ServerVersion {
    /// Reads the form; whether the flavor exists is a question for `knowledge`.
    pub fn parse(text: &str) -> Option<Self> {
        let (flavor, version) = match text.split_once(':') {
            Some((flavor, version)) => (Some(flavor), version),
            None => (None, text),
        };
        let is_word = |f: &str| !f.is_empty() && f.chars().all(|c| c.is_ascii_lowercase());
        let is_number = |n: &str| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit());
        let mut numbers = version.split('.');
        let good =
            flavor.is_none_or(is_word) && version.split('.').count() <= 3 && numbers.all(is_number);
        good.then(|| Self {
            flavor: flavor.map(str::to_owned),
            version: version.to_owned(),
        })
    }
}

/// What a project says about a server that its files do not show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerFacts {
    /// Bytes.
    pub memory: Option<Spanned<u64>>,
    pub cpus: Option<Spanned<f64>>,
    pub version: Option<Spanned<ServerVersion>>,
    pub role: Option<Spanned<Role>>,
    /// How it was built, where it is not as the official images are: words that `knowledge` knows.
    pub build: Option<Spanned<String>>,
}

/// What a project says about one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSetting {
    pub id: Spanned<String>,
    pub enabled: Option<Spanned<bool>>,
    pub severity: Option<Spanned<Severity>>,
    pub params: BTreeMap<String, ParamSetting>,
    /// Comments, waivers and the baseline do not silence it.
    pub non_waivable: Option<Spanned<bool>>,
}

/// A rule's parameter as it is written; the rule knows its type and bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSetting {
    /// Where the parameter's name stands.
    pub name: Span,
    pub value: Spanned<ParamValue>,
}

/// Rule settings for a part of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    pub paths: Vec<Spanned<String>>,
    pub rules: BTreeMap<String, RuleSetting>,
}

/// What a project says about one server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerEntry {
    pub name: Spanned<String>,
    pub facts: ServerFacts,
}

/// What a project says about a program that uses a server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceEntry {
    pub name: Spanned<String>,
    pub paths: Vec<Spanned<String>>,
    /// `Kind/name`.
    pub workload: Option<Spanned<String>>,
    pub server: Option<Spanned<String>>,
    pub replicas: Option<Spanned<u64>>,
    pub blocking_consumers: Option<Spanned<u64>>,
}

/// A finding that a project has agreed to live with.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiver {
    /// A rule id, or a glob over ids.
    pub rule: Spanned<String>,
    pub path: Option<Spanned<String>>,
    pub subject: Option<Spanned<String>>,
    pub reason: Spanned<String>,
    pub owner: Option<Spanned<String>>,
    pub expires: Option<Spanned<Date>>,
}

/// A day. Ordered as days are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl Date {
    /// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    pub fn days(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day with this number, by the inverse of the same algorithm; none beyond the years 0 to
    /// 9999.
    pub fn from_days(days: i64) -> Option<Self> {
        let days = days.checked_add(719_468)?;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = (shifted + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Some(Self {
            year: u16::try_from(year).ok().filter(|year| *year <= 9999)?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).ok()?,
        })
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Globs of files on which rules are quiet; `None` leaves redvet's own list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quiet {
    pub tests: Option<Vec<Spanned<String>>>,
    pub development: Option<Vec<Spanned<String>>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_number() {
        for days in (-100_000..200_000).step_by(7) {
            assert_eq!(Date::from_days(days).unwrap().days(), days);
        }
        assert_eq!(Date::from_days(0).unwrap().to_string(), "1970-01-01");
        assert_eq!(Date::from_days(i64::MAX), None);
    }

    #[test]
    fn days_are_counted_from_the_epoch() {
        let date = |year, month, day| Date { year, month, day };
        assert_eq!(date(1970, 1, 1).days(), 0);
        assert_eq!(date(1969, 12, 31).days(), -1);
        assert_eq!(date(2000, 2, 29).days(), 11_016);
        assert_eq!(date(2000, 3, 1).days(), 11_017);
        assert_eq!(date(2026, 11, 23).days(), 20_780);
        assert_eq!(date(2026, 11, 3).to_string(), "2026-11-03");
    }

    #[test]
    fn server_versions() {
        let parsed = ServerVersion::parse("redis:7.2").unwrap();
        assert_eq!(parsed.flavor.as_deref(), Some("redis"));
        assert_eq!(parsed.version, "7.2");
        assert_eq!(ServerVersion::parse("8").unwrap().flavor, None);
        for bad in [
            "", "redis", "redis:", ":7", "7.x", "7.2.4.1", "7.", "Redis:7",
        ] {
            assert_eq!(ServerVersion::parse(bad), None, "{bad}");
        }
    }
}
