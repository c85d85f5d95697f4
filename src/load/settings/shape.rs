//! What `redvet.toml` may hold: its tables, their keys and the form of each value. One description
//! from which the checks, the messages and the published schema come.

use crate::config::{Profile, Role};

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) required: bool,
    pub(super) about: &'static str,
}

/// What may stand behind a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Flag,
    Text,
    /// A whole number from 0.
    Count,
    /// Bytes: a number, or text with a unit.
    Size,
    /// CPU cores: a number, or a Kubernetes quantity.
    Cores,
    /// `FLAVOR:VERSION`; the flavor may be left out where `flavor` is false.
    Version {
        flavor: bool,
    },
    /// `Kind/name`.
    Workload,
    /// A TOML date, or one as text.
    Date,
    /// A path pattern.
    Glob,
    /// A rule id, or a pattern over ids.
    Rule,
    Word(&'static [&'static str]),
    ListOf(&'static Form),
    Table(&'static [Key]),
    /// `[[name]]`, repeated.
    Tables(&'static [Key]),
    /// A table whose keys are rule ids.
    ByRule(&'static [Key]),
    /// A table whose keys are the parameters of a rule.
    Params,
}

const fn key(name: &'static str, form: Form, about: &'static str) -> Key {
    Key {
        name,
        form,
        required: false,
        about,
    }
}

const fn needed(name: &'static str, form: Form, about: &'static str) -> Key {
    Key {
        name,
        form,
        required: true,
        about,
    }
}

const SEVERITIES: &[&str] = &["error", "warning", "info"];
const GLOBS: Form = Form::ListOf(&Form::Glob);

pub(super) const ROOT: &[Key] = &[
    key("profile", Form::Word(Profile::WORDS), "Which rules are on."),
    key(
        "fail-on",
        Form::Word(SEVERITIES),
        "The least severity that makes the exit code 1.",
    ),
    key(
        "extends",
        Form::ListOf(&Form::Text),
        "Folders of rules of your own, relative to this file.",
    ),
    key("exclude", GLOBS, "Files and folders that are not read."),
    key(
        "baseline",
        Form::Text,
        "The file of known findings, relative to this file.",
    ),
    key(
        "defaults",
        Form::Table(DEFAULTS),
        "Facts for servers that have none of their own.",
    ),
    key("rules", Form::ByRule(RULE), "Settings of single rules."),
    key(
        "overrides",
        Form::Tables(OVERRIDE),
        "Settings of rules for a part of the tree.",
    ),
    key(
        "server",
        Form::Tables(SERVER),
        "Facts about a server that its files do not show.",
    ),
    key(
        "service",
        Form::Tables(SERVICE),
        "A program, where it runs and which server it uses.",
    ),
    key(
        "waiver",
        Form::Tables(WAIVER),
        "A finding that you have agreed to live with.",
    ),
    key(
        "quiet",
        Form::Table(QUIET),
        "Files on which rules are quiet.",
    ),
];

const DEFAULTS: &[Key] = &[
    key(
        "server",
        Form::Version { flavor: true },
        "Flavor and version.",
    ),
    key("memory", Form::Size, "Memory limit."),
    key("cpus", Form::Cores, "CPU limit."),
    key("build", Form::Text, BUILD),
];

/// The words are knowledge's.
const BUILD: &str = "How it was built, where it is not as the official images are: words such as \
                     `libc` (or another allocator than its own) and `no-tls`, joined by commas.";

const RULE: &[Key] = &[
    key("enabled", Form::Flag, "Whether the rule is on."),
    key(
        "severity",
        Form::Word(SEVERITIES),
        "How bad its findings are.",
    ),
    key("params", Form::Params, "The rule's parameters."),
    key(
        "non_waivable",
        Form::Flag,
        "Comments, waivers and the baseline do not silence it.",
    ),
];

const OVERRIDE: &[Key] = &[
    needed("paths", GLOBS, "Where the settings hold."),
    needed("rules", Form::ByRule(RULE), "Settings of single rules."),
];

const SERVER: &[Key] = &[
    needed(
        "name",
        Form::Text,
        "The server as `redvet effective` names it.",
    ),
    key("memory", Form::Size, "Memory limit."),
    key("cpus", Form::Cores, "CPU limit."),
    key(
        "version",
        Form::Version { flavor: false },
        "Version, with or without its flavor.",
    ),
    key("role", Form::Word(Role::WORDS), "What it is for."),
    key("build", Form::Text, BUILD),
];

const SERVICE: &[Key] = &[
    needed("name", Form::Text, "What you call it."),
    key("paths", GLOBS, "Its code."),
    key("workload", Form::Workload, "What runs it."),
    key("server", Form::Text, "The server that it uses."),
    key("replicas", Form::Count, "How many processes run it."),
    key(
        "blocking-consumers",
        Form::Count,
        "How many connections wait in blocking reads.",
    ),
];

const WAIVER: &[Key] = &[
    needed("rule", Form::Rule, "The rule, or a pattern over rule ids."),
    key("path", Form::Glob, "Where the waiver holds."),
    key("subject", Form::Text, "The subject that it is about."),
    needed("reason", Form::Text, "Why."),
    key("owner", Form::Text, "Who answers for it."),
    key("expires", Form::Date, "The last day on which it holds."),
];

const QUIET: &[Key] = &[
    key("tests", GLOBS, "Test code and test data: no rule speaks."),
    key(
        "development",
        GLOBS,
        "Examples and local development: rules about production are quiet.",
    ),
];
