//! Reads the text of `redvet.toml` into [`Settings`]. Every mistake is an error with its place and
//! a cure, and all are told at once; settings with a mistake are not used.
//!
//! A key of the file is one line here: its name, its form (`form`, `table`) and what it is about.
//! Checks, messages and the published schema come from that line. Rule ids are checked apart, once
//! the rules are known.

mod form;
mod table;

use toml::de::DeTable;

use crate::config::{
    Override, Quiet, RuleSetting, ServerEntry, ServerFacts, ServiceEntry, Settings, Spanned, Waiver,
};
use crate::load::LoadError;
use crate::source::FileId;

use form::{
    CORES, COUNT, DATE, FLAG, FLAVOR_AND_VERSION, PROFILE, PatternForm, ROLE, SEVERITY, SIZE, TEXT,
    VERSION, WORKLOAD,
};
use table::{ListForm, Mistakes, ParamsForm, RulesForm, SettingsTable, TableForm, TablesForm};

/// Reads the text; the errors are sorted by place.
pub fn read(file: FileId, text: &str) -> Result<Settings, Vec<LoadError>> {
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
    // What the parser guessed in a broken text would only add mistakes that nobody made.
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

const PATTERNS: ListForm<PatternForm> = ListForm(PatternForm);
const RULES: RulesForm = RulesForm(rule);

/// The words are knowledge's.
const BUILD: &str = "How it was built, where it is not as the official images are: words such as \
                     `libc` (or another allocator than its own) and `no-tls`, joined by commas.";

fn settings(root: &mut SettingsTable<'_>) -> Settings {
    Settings {
        profile: root.optional("profile", PROFILE, "Rule profile."),
        fail_on: root.optional(
            "fail-on",
            SEVERITY,
            "Minimum severity that fails the check.",
        ),
        extends: root.or_default(
            "extends",
            ListForm(TEXT),
            "Folders with your own rules, relative to this file.",
        ),
        exclude: root.or_default("exclude", PATTERNS, "Files and folders to skip."),
        baseline: root.optional(
            "baseline",
            TEXT,
            "Baseline file, relative to this file.",
        ),
        defaults: root.or_default(
            "defaults",
            TableForm(defaults),
            "Facts used for servers that do not specify them.",
        ),
        rules: root.or_default("rules", RULES, "Settings for individual rules."),
        overrides: root.or_default(
            "overrides",
            TablesForm(overridden),
            "Rule settings for part of the tree.",
        ),
        servers: root.or_default(
            "server",
            TablesForm(server),
            "Facts about a server that its files do not contain.",
        ),
        services: root.or_default(
            "service",
            TablesForm(service),
            "A program: its files, workload and server.",
        ),
        waivers: root.or_default(
            "waiver",
            TablesForm(waiver),
            "Suppresses matching findings until it expires.",
        ),
        quiet: root.or_default("quiet", TableForm(quiet), "Files for which rules report nothing."),
    }
}

fn defaults(table: &mut SettingsTable<'_>) -> ServerFacts {
    ServerFacts {
        version: table.optional("server", FLAVOR_AND_VERSION, "Flavor and version."),
        memory: table.optional("memory", SIZE, "Memory limit."),
        cpus: table.optional("cpus", CORES, "CPU limit."),
        build: table.optional("build", TEXT, BUILD),
        role: None,
    }
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

fn overridden(table: &mut SettingsTable<'_>) -> Override {
    Override {
        paths: table.required("paths", PATTERNS, "Files the settings apply to."),
        rules: table.required("rules", RULES, "Settings for individual rules."),
    }
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

fn service(table: &mut SettingsTable<'_>) -> ServiceEntry {
    ServiceEntry {
        name: table.required("name", TEXT, "Name of the program."),
        paths: table.or_default("paths", PATTERNS, "Its code."),
        workload: table.optional("workload", WORKLOAD, "Workload that runs it."),
        server: table.optional("server", TEXT, "Server it connects to."),
        replicas: table.optional("replicas", COUNT, "Number of processes."),
        blocking_consumers: table.optional(
            "blocking-consumers",
            COUNT,
            "Number of connections in blocking reads.",
        ),
    }
}

fn waiver(table: &mut SettingsTable<'_>) -> Waiver {
    Waiver {
        rule: table.required("rule", PatternForm, "Rule id or pattern."),
        path: table.optional("path", PatternForm, "Files the waiver applies to."),
        subject: table.optional("subject", TEXT, "Subject the waiver applies to."),
        reason: table.required("reason", TEXT, "Reason for accepting the finding."),
        owner: table.optional("owner", TEXT, "Person or team responsible."),
        expires: table.optional("expires", DATE, "Last day on which the waiver applies."),
    }
}

fn quiet(table: &mut SettingsTable<'_>) -> Quiet {
    Quiet {
        tests: table.optional(
            "tests",
            PATTERNS,
            "Test code and test data: all rules are off.",
        ),
        development: table.optional(
            "development",
            PATTERNS,
            "Examples and local development: production rules are off.",
        ),
    }
}

/// An error for every rule id in the settings that no rule has.
pub fn check_rule_ids(settings: &Settings, known: &[String]) -> Vec<LoadError> {
    let exact = settings
        .rules
        .values()
        .chain(settings.overrides.iter().flat_map(|o| o.rules.values()))
        .map(|rule| &rule.id)
        .filter(|id| !known.contains(&id.value));
    let patterns = settings
        .waivers
        .iter()
        .map(|waiver| &waiver.rule)
        .filter(|pattern| !matches_any(&pattern.value, known));
    let mut errors: Vec<LoadError> = exact
        .chain(patterns)
        .map(|id| unknown_rule(id, known))
        .collect();
    errors.sort_by_key(|error| error.span);
    errors
}

fn unknown_rule(id: &Spanned<String>, known: &[String]) -> LoadError {
    let near = crate::nearest::nearest(&id.value, known.iter().map(String::as_str));
    LoadError {
        span: id.span,
        message: format!("unknown rule `{}`", id.value),
        help: Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "run `redvet rules list` to see all rules".to_owned(),
        }),
    }
}

fn matches_any(pattern: &str, known: &[String]) -> bool {
    globset::Glob::new(pattern)
        .map(|glob| glob.compile_matcher())
        .is_ok_and(|matcher| known.iter().any(|id| matcher.is_match(id)))
}

#[cfg(test)]
mod tests;
