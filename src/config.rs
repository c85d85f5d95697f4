//! The settings of a project, as `redvet.toml` gives them: typed, each with the place where it is
//! written, so that a finding or an error can point at it.
//!
//! A key is one field with its sentence and one line with its form (`form`, `table`): the text is read,
//! checked and described for editors by that. Whether a rule, a parameter or a server exists is asked
//! later, by those who know them.

mod form;
mod mistakes;
mod table;

use std::collections::BTreeMap;

use toml::de::DeTable;

use crate::facts::work_limits;
use crate::finding::Severity;
use crate::policy::{RawParamValue, RuleMistake, RuleProfile};
use crate::source::{FileId, Span};

use form::{
    CORES, COUNT, DATE, FLAG, FLAVOR_AND_VERSION, LimitForm, PROFILE, PatternForm, ROLE, SEVERITY,
    SIZE, TEXT, VERSION, WORKLOAD,
};
use mistakes::Mistakes;
use table::{ListForm, ParamsForm, RulesForm, SettingsTable, TableForm, TablesForm};

/// A value and where it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// A table of the file: a struct and the function that asks a table for its keys. The comment of a
/// field is the sentence that people and editors are shown.
macro_rules! settings_table {
    ($(#[$of_table:meta])* $name:ident by $read:ident {
        $($(#[doc = $about:literal])+ $field:ident: $type:ty = $ask:ident($key:literal, $form:expr);)*
    }) => {
        $(#[$of_table])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $($(#[doc = $about])+ pub $field: $type,)*
        }

        fn $read(table: &mut SettingsTable<'_>) -> $name {
            $name {
                $($field: table.$ask($key, $form, concat!($($about),+).trim()),)*
            }
        }
    };
}

const PATTERNS: ListForm<PatternForm> = ListForm(PatternForm);
const RULES: RulesForm = RulesForm(rule);

settings_table! {
    /// Everything that `redvet.toml` may say. What it does not say is `None` or empty.
    Settings by settings {
        /// Rule profile.
        profile: Option<Spanned<RuleProfile>> = optional("profile", PROFILE);
        /// Minimum severity that fails the check.
        fail_on: Option<Spanned<Severity>> = optional("fail-on", SEVERITY);
        /// Minimum severity that is reported.
        min_severity: Option<Spanned<Severity>> = optional("min-severity", SEVERITY);
        /// Run only these rules: ids or patterns, regardless of the profile.
        select: Vec<Spanned<String>> = or_default("select", PATTERNS);
        /// Skip these rules: ids or patterns.
        ignore: Vec<Spanned<String>> = or_default("ignore", PATTERNS);
        /// Folders with your own rules, relative to this file.
        extends: Vec<Spanned<String>> = or_default("extends", ListForm(TEXT));
        /// Files and folders to skip.
        exclude: Vec<Spanned<String>> = or_default("exclude", PATTERNS);
        /// Baseline file, relative to this file.
        baseline: Option<Spanned<String>> = optional("baseline", TEXT);
        /// Facts used for servers that do not specify them, and the day of the check.
        defaults: SettingDefaults = or_default("defaults", TableForm(defaults));
        /// Settings for individual rules, by id or pattern; the most specific pattern wins.
        rules: BTreeMap<String, RuleSetting> = or_default("rules", RULES);
        /// Rule settings for part of the tree.
        overrides: Vec<Override> = or_default("overrides", TablesForm(overridden));
        /// Facts about a server that its files do not contain.
        servers: Vec<ServerEntry> = or_default("server", TablesForm(server));
        /// A program: its files, workload and server.
        services: Vec<ServiceEntry> = or_default("service", TablesForm(service));
        /// Suppresses matching findings until it expires.
        waivers: Vec<Waiver> = or_default("waiver", TablesForm(waiver));
        /// Findings about unset settings that are reported together.
        bundles: Bundles = or_default("bundles", TableForm(bundles));
        /// Files for which rules report nothing.
        quiet: Quiet = or_default("quiet", TableForm(quiet));
        /// How much is read, worked out and shown.
        limits: Limits = or_default("limits", TableForm(limits));
    }
}

/// Reads the text; the mistakes are sorted by place.
pub fn read(file: FileId, text: &str) -> Result<Settings, Vec<RuleMistake>> {
    let mut mistakes = Mistakes {
        file,
        errors: Vec::new(),
    };
    let (root, broken) = DeTable::parse_recoverable(text);
    for error in &broken {
        let at = error.span().unwrap_or(0..0);
        mistakes.add(at, error.message().to_owned(), None);
    }
    let mut read = Settings::default();
    // What the parser recovers from a broken text would only add mistakes that are not there.
    if broken.is_empty() {
        read = SettingsTable::read(root.get_ref(), 0..0, String::new(), &mut mistakes, settings);
    }
    let mut errors = mistakes.errors;
    if errors.is_empty() {
        return Ok(read);
    }
    errors.sort_by_key(|error| error.span);
    errors.dedup();
    Err(errors)
}

/// The JSON Schema of the file, for editors that complete and check TOML (`#:schema` line).
pub fn schema() -> serde_json::Value {
    let mut schema = SettingsTable::describe(settings);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "redvet.toml".into();
    schema["description"] = "Project settings for redvet.".into();
    schema
}

/// What a server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleSetting {
    Cache,
    Durable,
    Queue,
}

impl RoleSetting {
    pub const ALL: &[Self] = &[Self::Cache, Self::Durable, Self::Queue];

    pub fn as_str(self) -> &'static str {
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

impl std::str::FromStr for ServerVersion {
    type Err = ServerVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or_else(|| ServerVersionError(text.to_owned()))
    }
}

/// A text that is no server's version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version: expected FLAVOR:VERSION or VERSION, such as redis:7.2")]
pub struct ServerVersionError(String);

/// What a project says about a server that its files do not show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerFacts {
    /// Bytes.
    pub memory: Option<Spanned<u64>>,
    pub cpus: Option<Spanned<f64>>,
    pub version: Option<Spanned<ServerVersion>>,
    pub role: Option<Spanned<RoleSetting>>,
    /// How it was built, where it is not as the official images are: words that `knowledge` knows.
    pub build: Option<Spanned<String>>,
}

/// The words are knowledge's.
const BUILD: &str = "How it was built, where it is not as the official images are: words such as \
                     `libc` (or another allocator than its own) and `no-tls`, joined by commas.";

/// What holds where nothing else tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SettingDefaults {
    pub servers: ServerFacts,
    /// The day that waivers are compared with, instead of the clock's.
    pub today: Option<Spanned<Date>>,
}

fn defaults(table: &mut SettingsTable<'_>) -> SettingDefaults {
    SettingDefaults {
        servers: ServerFacts {
            version: table.optional("server", FLAVOR_AND_VERSION, "Flavor and version."),
            memory: table.optional("memory", SIZE, "Memory limit."),
            cpus: table.optional("cpus", CORES, "CPU limit."),
            build: table.optional("build", TEXT, BUILD),
            role: None,
        },
        today: table.optional(
            "today",
            DATE,
            "Date of the check, instead of the current date.",
        ),
    }
}

/// What a project says about one rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSetting {
    pub id: Spanned<String>,
    pub enabled: Option<Spanned<bool>>,
    pub severity: Option<Spanned<Severity>>,
    pub params: BTreeMap<String, ParamSetting>,
    /// Comments, waivers and the baseline cannot suppress it.
    pub non_waivable: Option<Spanned<bool>>,
}

fn rule(id: Spanned<String>, table: &mut SettingsTable<'_>) -> RuleSetting {
    RuleSetting {
        id,
        enabled: table.optional("enabled", FLAG, "Whether the rule is enabled."),
        severity: table.optional("severity", SEVERITY, "Severity of its findings."),
        params: table.or_default("params", ParamsForm, "The rule's parameters."),
        non_waivable: table.optional(
            "non_waivable",
            FLAG,
            "Comments, waivers and the baseline cannot suppress it.",
        ),
    }
}

/// A rule's parameter as it is written; the rule knows its type and bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamSetting {
    /// Where the parameter's name stands.
    pub name: Span,
    pub value: Spanned<RawParamValue>,
}

settings_table! {
    /// Rule settings for a part of the tree.
    Override by overridden {
        /// Files the settings apply to.
        paths: Vec<Spanned<String>> = required("paths", PATTERNS);
        /// Settings for individual rules.
        rules: BTreeMap<String, RuleSetting> = required("rules", RULES);
    }
}

/// What a project says about one server.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerEntry {
    pub name: Spanned<String>,
    pub facts: ServerFacts,
}

fn server(table: &mut SettingsTable<'_>) -> ServerEntry {
    ServerEntry {
        name: table.required("name", TEXT, "Server name as shown by `redvet effective`."),
        facts: ServerFacts {
            memory: table.optional("memory", SIZE, "Memory limit."),
            cpus: table.optional("cpus", CORES, "CPU limit."),
            version: table.optional("version", VERSION, "Version, with or without its flavor."),
            role: table.optional("role", ROLE, "Role of the server."),
            build: table.optional("build", TEXT, BUILD),
        },
    }
}

settings_table! {
    /// What a project says about a program that uses a server.
    ServiceEntry by service {
        /// Name of the program.
        name: Spanned<String> = required("name", TEXT);
        /// Its code.
        paths: Vec<Spanned<String>> = or_default("paths", PATTERNS);
        /// Workload that runs it.
        workload: Option<Spanned<String>> = optional("workload", WORKLOAD);
        /// Server it connects to.
        server: Option<Spanned<String>> = optional("server", TEXT);
        /// Number of processes.
        replicas: Option<Spanned<u64>> = optional("replicas", COUNT);
        /// Number of connections in blocking reads.
        blocking_consumers: Option<Spanned<u64>> = optional("blocking-consumers", COUNT);
    }
}

settings_table! {
    /// A finding that a project has agreed to live with.
    Waiver by waiver {
        /// Rule id or pattern.
        rule: Spanned<String> = required("rule", PatternForm);
        /// Files the waiver applies to.
        path: Option<Spanned<String>> = optional("path", PatternForm);
        /// Subject the waiver applies to.
        subject: Option<Spanned<String>> = optional("subject", TEXT);
        /// Reason for accepting the finding.
        reason: Spanned<String> = required("reason", TEXT);
        /// Person or team responsible.
        owner: Option<Spanned<String>> = optional("owner", TEXT);
        /// Last day on which the waiver applies.
        expires: Option<Spanned<Date>> = optional("expires", DATE);
    }
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

impl Date {
    /// Reads `2026-12-31`.
    pub fn parse(text: &str) -> Option<Self> {
        form::day(text.parse().ok()?)
    }
}

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

settings_table! {
    /// Globs of files on which rules are quiet; `None` leaves redvet's own list.
    Quiet by quiet {
        /// Test code and test data: all rules are off.
        tests: Option<Vec<Spanned<String>>> = optional("tests", PATTERNS);
        /// Samples to fill in, and what only CI runs: certain errors alone are reported.
        samples: Option<Vec<Spanned<String>>> = optional("samples", PATTERNS);
        /// Examples and local development: production rules are off.
        development: Option<Vec<Spanned<String>>> = optional("development", PATTERNS);
    }
}

settings_table! {
    /// How much a run reads and shows. What is left out is reported.
    Limits by limits {
        /// Bytes of the largest file that is read.
        file_size: Option<Spanned<u64>> = optional("file-size", LimitForm(work_limits::FILE_SIZE));
        /// Servers of the tree; twice as many configuration texts.
        servers: Option<Spanned<u64>> = optional("servers", LimitForm(work_limits::SERVERS));
        /// Clients of the tree.
        clients: Option<Spanned<u64>> = optional("clients", LimitForm(work_limits::CLIENTS));
        /// Bytes of a server's name in reports.
        name_length: Option<Spanned<u64>> = optional("name-length", LimitForm(work_limits::NAME_LENGTH));
        /// Findings that a report lists, the most severe first.
        findings: Option<Spanned<u64>> = optional("findings", LimitForm(work_limits::FINDINGS));
        /// Steps that the expressions of one rule may take for one server or client.
        expression_steps: Option<Spanned<u64>> = optional("expression-steps", LimitForm(work_limits::EXPRESSION_STEPS));
    }
}

settings_table! {
    /// Findings about settings that are not written, joined to one a subject.
    Bundles by bundles {
        /// Whether bundles are reported; otherwise each of their rules reports on its own.
        enabled: Option<Spanned<bool>> = optional("enabled", FLAG);
    }
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
