//! What a project may write in redvet.toml, and the message for each mistake.

use proptest::prelude::*;

use super::*;
use crate::config::{Date, RoleSetting};
use crate::finding::Severity;
use crate::policy::{RawParamValue, RuleProfile};

const WHOLE: &str = r#"
profile = "strict"
fail-on = "error"
extends = ["./policies"]
exclude = ["docs/**"]
min-severity = "warning"
select = ["memory/*"]
ignore = ["lazyfree/*"]

[defaults]
server = "redis:7.2"
memory = "32Gi"
cpus = 4
today = 2026-11-01

[rules."memory/too-high"]
enabled = true
severity = "info"
params.max = 0.8
params.names = ["a", "b"]

[[overrides]]
paths = ["staging/**"]
[overrides.rules."memory/too-high"]
enabled = false

[[server]]
name = "StatefulSet/redis"
memory = 1073741824
cpus = "500m"
version = "7.2"
role = "cache"
build = "libc"

[[service]]
name = "api"
paths = ["cmd/api/**"]
workload = "Deployment/api"
server = "StatefulSet/redis"
replicas = 3
blocking-consumers = 2

[[waiver]]
rule = "memory/*"
path = "deploy/**"
subject = "StatefulSet/redis"
reason = "being moved"
owner = "team"
expires = 2026-12-31

[quiet]
tests = ["**/it/**"]
development = []

[limits]
servers = 20000
file-size = "32Mi"
"#;

fn read_text(text: &str) -> Result<Settings, Vec<LoadError>> {
    read(FileId(0), text)
}

/// `line:the text under the span: message (help)` of each error.
fn mistakes(text: &str) -> String {
    let errors = read_text(text).unwrap_err();
    let lines: Vec<String> = errors.iter().map(|e| shown(text, e)).collect();
    lines.join("\n")
}

fn shown(text: &str, error: &LoadError) -> String {
    let line = text[..error.span.start as usize].matches('\n').count() + 1;
    let under = &text[error.span.range()];
    let help = error.help.as_deref().unwrap_or("-");
    format!("{line} {under:?}: {} ({help})", error.message)
}

#[test]
fn every_setting_is_kept() {
    let settings = read_text(WHOLE).unwrap();
    assert_eq!(settings.profile.unwrap().value, RuleProfile::Strict);
    assert_eq!(settings.fail_on.unwrap().value, Severity::Error);
    assert_eq!(settings.extends[0].value, "./policies");
    assert_eq!(settings.exclude[0].value, "docs/**");
    assert_eq!(settings.min_severity.unwrap().value, Severity::Warning);
    assert_eq!(settings.select[0].value, "memory/*");
    assert_eq!(settings.ignore[0].value, "lazyfree/*");
    let today = settings.defaults.today.unwrap().value;
    assert_eq!(today.to_string(), "2026-11-01");
    let memory = settings.defaults.servers.memory.unwrap();
    assert_eq!(memory.value, 32 << 30);
    assert_eq!(&WHOLE[memory.span.range()], "\"32Gi\"");
    assert_eq!(settings.defaults.servers.cpus.unwrap().value, 4.0);
    let server = settings.defaults.servers.version.unwrap().value;
    assert_eq!(server.flavor.as_deref(), Some("redis"));
    assert_eq!(settings.quiet.tests.unwrap()[0].value, "**/it/**");
    assert_eq!(settings.quiet.development.unwrap(), []);
}

#[test]
fn rules_and_overrides_are_kept() {
    let settings = read_text(WHOLE).unwrap();
    let rule = &settings.rules["memory/too-high"];
    assert_eq!(&WHOLE[rule.id.span.range()], "\"memory/too-high\"");
    assert_eq!(rule.severity.as_ref().unwrap().value, Severity::Info);
    assert_eq!(rule.params["max"].value.value, RawParamValue::Number(0.8));
    assert_eq!(&WHOLE[rule.params["max"].name.range()], "max");
    let over = &settings.overrides[0];
    assert_eq!(over.paths[0].value, "staging/**");
    let off = over.rules["memory/too-high"].enabled.as_ref().unwrap();
    assert!(!off.value);
}

#[test]
fn servers_services_and_waivers_are_kept() {
    let settings = read_text(WHOLE).unwrap();
    let server = &settings.servers[0];
    assert_eq!(server.facts.memory.as_ref().unwrap().value, 1 << 30);
    assert_eq!(server.facts.cpus.as_ref().unwrap().value, 0.5);
    assert_eq!(
        server.facts.role.as_ref().unwrap().value,
        RoleSetting::Cache
    );
    assert_eq!(server.facts.version.as_ref().unwrap().value.version, "7.2");
    let service = &settings.services[0];
    assert_eq!(service.workload.as_ref().unwrap().value, "Deployment/api");
    assert_eq!(service.blocking_consumers.as_ref().unwrap().value, 2);
    let waiver = &settings.waivers[0];
    let day = Date {
        year: 2026,
        month: 12,
        day: 31,
    };
    assert_eq!(waiver.expires.as_ref().unwrap().value, day);
    assert!(
        day < Date {
            year: 2027,
            month: 1,
            day: 1
        }
    );
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(read_text("").unwrap(), Settings::default());
}

#[test]
fn unknown_keys_and_words_name_the_right_ones() {
    insta::assert_snapshot!(mistakes(
        r#"
profil = "strict"
fail-on = "eror"
[defaults]
colour = 1
[rules."a/b"]
enabeld = true
severity = "fatal"
[[overrides]]
paths = []
[overrides.rules."a/b"]
enable = true
[[server]]
name = "x"
role = "que"
"#
    ), @r#"
    2 "profil": unknown key `profil` (did you mean `profile`?)
    3 "\"eror\"": `fail-on` cannot be `eror` (did you mean `error`?)
    5 "colour": unknown key `colour` in `[defaults]` (valid keys: server, memory, cpus, build, today)
    7 "enabeld": unknown key `enabeld` in `[rules."a/b"]` (did you mean `enabled`?)
    8 "\"fatal\"": `severity` cannot be `fatal` (valid words: error, warning, info)
    12 "enable": unknown key `enable` in `[overrides.rules."a/b"]` (did you mean `enabled`?)
    15 "\"que\"": `role` cannot be `que` (valid words: cache, durable, queue)
    "#);
}

#[test]
fn wrong_values_say_what_would_be_right() {
    insta::assert_snapshot!(mistakes(
        r#"
extends = "./policies"
exclude = ["a/{b", 3]
rules."a/b" = false
quiet = []
[defaults]
server = "7.2"
memory = "32Gigs"
cpus = -1
[[server]]
memory = 0
version = "latest"
[[service]]
name = ""
workload = "api"
replicas = 1.5
[[waiver]]
rule = "a/b"
expires = "soon"
[rules."c/d"]
enabled = "no"
params.max = 2020-01-01
"#
    ), @r#"
    2 "\"./policies\"": `extends` must be a list, not "./policies" (write `extends = ["./policies"]`)
    3 "\"a/{b\"": invalid pattern `a/{b`: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?) (-)
    3 "3": `exclude` must be text, not 3 (-)
    4 "false": `a/b` must be a table such as { enabled = false }, not false (-)
    5 "[]": `quiet` must be a table, not a list (-)
    7 "\"7.2\"": `server` must be a flavor and a version such as "redis:7.2", not "7.2" (-)
    8 "\"32Gigs\"": `memory` must be a size above 0 such as "32Gi" or "512mb", not "32Gigs" (-)
    9 "-1": `cpus` must be a number of CPUs above 0 such as 4 or "500m", not -1 (-)
    10 "[[server]]": `[[server]]` needs `name` (Server name as shown by `redvet effective`.)
    11 "0": `memory` must be a size above 0 such as "32Gi" or "512mb", not 0 (-)
    12 "\"latest\"": `version` must be a version such as "redis:7.2" or "7.2", not "latest" (-)
    14 "\"\"": `name` must be text, not "" (-)
    15 "\"api\"": `workload` must be a workload written as "Kind/name", not "api" (-)
    16 "1.5": `replicas` must be an integer, not 1.5 (-)
    17 "[[waiver]]": `[[waiver]]` needs `reason` (Reason for accepting the finding.)
    19 "\"soon\"": `expires` must be a date such as 2026-12-31, not "soon" (-)
    21 "\"no\"": `enabled` must be true or false, not "no" (-)
    22 "2020-01-01": `max` must be a number, string, boolean or list, not 2020-01-01 (-)
    "#);
}

#[test]
fn broken_toml_points_at_the_break() {
    insta::assert_snapshot!(mistakes("profile = \"strict\"\nfail-on = \n[[server]\n"), @r#"
    2 "": string values must be quoted, expected literal string (-)
    3 "": unclosed array table, expected `]` (-)
    "#);
    insta::assert_snapshot!(mistakes("profile = \"strict\"\nprofile = \"strict\"\n"), @r#"
    2 "profile": duplicate key (-)
    "#);
}

#[test]
fn rule_ids_are_checked_against_the_rules() {
    let text = "[rules.\"memory/to-high\"]\n[[waiver]]\nrule = \"pool/*\"\nreason = \"r\"\n\
                [[waiver]]\nrule = \"memory/*\"\nreason = \"r\"\n\
                [[waiver]]\nrule = \"*/*\"\npath = \"**\"\nreason = \"r\"\n\
                [[waiver]]\nrule = \"*\"\npath = \"deploy/**\"\nreason = \"r\"\n";
    let settings = read_text(text).unwrap();
    let known = ["memory/too-high".to_owned(), "conf/other".to_owned()];
    let errors = check_rule_ids(&settings, &known);
    let lines: Vec<String> = errors.iter().map(|e| shown(text, e)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    1 "\"memory/to-high\"": unknown rule `memory/to-high` (did you mean `memory/too-high`?)
    3 "\"pool/*\"": unknown rule `pool/*` (run `redvet rules list` to see all rules)
    9 "\"*/*\"": `*/*` waives every finding (name the rules, the files or the subject that it is for)
    "#);
}

#[test]
fn waivers_that_leave_nothing_are_refused() {
    let known = ["memory/too-high".to_owned(), "conf/other".to_owned()];
    let refused = |waivers: &[(&str, &str)]| {
        let text: String = waivers
            .iter()
            .map(|(rule, path)| format!("[[waiver]]\nrule = \"{rule}\"\nreason = \"r\"\n{path}\n"))
            .collect();
        !check_rule_ids(&read_text(&text).unwrap(), &known).is_empty()
    };
    for path in ["**", "**/*", "**/?*", "{**/*,x}", "{*,**/*}"] {
        let path = format!("path = \"{path}\"");
        assert!(refused(&[("*", &path)]), "{path}");
    }
    // Two stars beside other characters are one: they reach no folder.
    for path in ["deploy/**", "*.conf", "*", "{**,x}", "?**", "subject"] {
        let path = match path {
            "subject" => "subject = \"StatefulSet/redis\"".to_owned(),
            path => format!("path = \"{path}\""),
        };
        assert!(!refused(&[("*", &path)]), "{path}");
    }
    // One by one they look harmless.
    assert!(refused(&[("memory/*", ""), ("c*", "path = \"**\"")]));
    assert!(!refused(&[
        ("memory/*", ""),
        ("c*", "path = \"deploy/**\"")
    ]));
}

/// Rewrites the published schema with `REDVET_BLESS=1`, else compares.
#[test]
fn the_published_schema_is_that_of_the_loader() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/config.schema.json");
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("REDVET_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(published, text, "run the tests with REDVET_BLESS=1");
}

#[test]
fn the_schema_accepts_what_the_loader_accepts() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let dated = WHOLE.replace("2026-12-31", "\"2026-12-31\"");
    let dated = dated.replace("2026-11-01", "\"2026-11-01\"");
    let value: serde_json::Value = toml::from_str(&dated).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(!validator.is_valid(&serde_json::json!({ "profil": "strict" })));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_all_spans_lie_in_it(
        text in r#"(\[\[?(server|rules|waiver|quiet)\]?\]|[a-z\-]{1,8} ?= ?("[^"]{0,4}"|[0-9.\-]{1,4}|\[\])|[\PC\n]{0,8}|\n){0,12}"#,
    ) {
        if let Err(errors) = read_text(&text) {
            for error in errors {
                prop_assert!(text.get(error.span.range()).is_some(), "{:?}", error);
            }
        }
    }
}
