//! Reads the text of `redvet.toml` into [`Settings`]. Every mistake is an error with its place and
//! a cure, and all are told at once; settings with a mistake are not used.
//!
//! `shape` says what may stand in the file, `check` holds the text against it, `form` reads single
//! values, `schema` publishes the shape. Rule ids are checked apart, once the rules are known.

mod check;
mod form;
mod schema;
mod shape;

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::config::{
    Defaults, Override, Param, ParamValue, Profile, Quiet, Role, RuleSetting, ServerEntry,
    ServiceEntry, Settings, Spanned, Waiver,
};
use crate::finding::Severity;
use crate::load::LoadError;
use crate::source::{FileId, Span};

pub use schema::schema;

/// Reads the text; the errors are sorted by place.
pub fn read(file: FileId, text: &str) -> Result<Settings, Vec<LoadError>> {
    let mut checker = check::Checker {
        file,
        errors: Vec::new(),
    };
    let (root, mistakes) = DeTable::parse_recoverable(text);
    for mistake in mistakes {
        let at = mistake.span().unwrap_or(0..0);
        checker.report(at, mistake.message().to_owned(), None);
    }
    if checker.errors.is_empty() {
        checker.table(root.get_ref(), 0..0, shape::ROOT, "");
    }
    if checker.errors.is_empty() {
        return Ok(settings(Table::new(file, root.get_ref())));
    }
    checker.errors.sort_by_key(|error| error.span);
    checker.errors.dedup();
    Err(checker.errors)
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
        message: format!("no rule is called `{}`", id.value),
        help: Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`redvet rules list` names all rules".to_owned(),
        }),
    }
}

fn matches_any(pattern: &str, known: &[String]) -> bool {
    globset::Glob::new(pattern)
        .map(|glob| glob.compile_matcher())
        .is_ok_and(|matcher| known.iter().any(|id| matcher.is_match(id)))
}

/// A table that was checked; what it does not hold is `None`.
#[derive(Clone, Copy)]
struct Table<'a> {
    file: FileId,
    table: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    fn new(file: FileId, table: &'a DeTable<'a>) -> Self {
        Self { file, table }
    }

    /// A value, read in its own way.
    fn get<T>(self, name: &str, read: impl Fn(&DeValue<'_>) -> Option<T>) -> Option<Spanned<T>> {
        let value = self.table.get(name)?;
        let span = Span::new(self.file, value.span().start, value.span().end);
        Some(Spanned {
            value: read(value.get_ref())?,
            span,
        })
    }

    fn text(self, name: &str) -> Option<Spanned<String>> {
        self.get(name, |value| value.as_str().map(str::to_owned))
    }

    fn word<T>(self, name: &str, parse: fn(&str) -> Option<T>) -> Option<Spanned<T>> {
        self.get(name, |value| value.as_str().and_then(parse))
    }

    fn texts(self, name: &str) -> Option<Vec<Spanned<String>>> {
        let items = self.table.get(name)?.get_ref().as_array()?;
        let one = |item: &toml::Spanned<DeValue<'_>>| {
            Some(Spanned {
                value: item.get_ref().as_str()?.to_owned(),
                span: Span::new(self.file, item.span().start, item.span().end),
            })
        };
        Some(items.iter().filter_map(one).collect())
    }

    fn sub(self, name: &str) -> Option<Table<'a>> {
        let table = self.table.get(name)?.get_ref().as_table()?;
        Some(Table::new(self.file, table))
    }

    /// Each `[[name]]`; one that lacks a required key was refused before.
    fn each<T>(self, name: &str, read: fn(Table<'a>) -> Option<T>) -> Vec<T> {
        let items = self.table.get(name).and_then(|v| v.get_ref().as_array());
        items
            .into_iter()
            .flatten()
            .filter_map(|item| item.get_ref().as_table())
            .filter_map(|table| read(Table::new(self.file, table)))
            .collect()
    }
}

fn settings(root: Table<'_>) -> Settings {
    Settings {
        profile: root.word("profile", Profile::parse),
        fail_on: root.word("fail-on", severity),
        extends: root.texts("extends").unwrap_or_default(),
        exclude: root.texts("exclude").unwrap_or_default(),
        baseline: root.text("baseline"),
        defaults: root.sub("defaults").map(defaults).unwrap_or_default(),
        rules: rules(root),
        overrides: root.each("overrides", |table| {
            Some(Override {
                paths: table.texts("paths")?,
                rules: rules(table),
            })
        }),
        servers: root.each("server", server),
        services: root.each("service", service),
        waivers: root.each("waiver", waiver),
        quiet: root.sub("quiet").map(quiet).unwrap_or_default(),
    }
}

fn severity(word: &str) -> Option<Severity> {
    [Severity::Info, Severity::Warning, Severity::Error]
        .into_iter()
        .find(|severity| severity.as_str() == word)
}

fn defaults(table: Table<'_>) -> Defaults {
    Defaults {
        server: table.get("server", |value| form::version(value, true)),
        memory: table.get("memory", form::size),
        cpus: table.get("cpus", form::cores),
        build: table.text("build"),
    }
}

fn rules(table: Table<'_>) -> BTreeMap<String, RuleSetting> {
    let Some(rules) = table.sub("rules") else {
        return BTreeMap::new();
    };
    rules
        .table
        .iter()
        .filter_map(|(id, value)| {
            let rule = Table::new(table.file, value.get_ref().as_table()?);
            let id = Spanned {
                value: id.get_ref().to_string(),
                span: Span::new(table.file, id.span().start, id.span().end),
            };
            Some((id.value.clone(), rule_setting(id, rule)))
        })
        .collect()
}

fn rule_setting(id: Spanned<String>, table: Table<'_>) -> RuleSetting {
    RuleSetting {
        id,
        enabled: table.get("enabled", |value| value.as_bool()),
        severity: table.word("severity", severity),
        params: table.sub("params").map(params).unwrap_or_default(),
        non_waivable: table.get("non_waivable", |value| value.as_bool()),
    }
}

fn params(table: Table<'_>) -> BTreeMap<String, Param> {
    table
        .table
        .keys()
        .filter_map(|name| {
            let key = name.get_ref().to_string();
            let value: Spanned<ParamValue> = table.get(&key, form::param)?;
            let name = Span::new(table.file, name.span().start, name.span().end);
            Some((key, Param { name, value }))
        })
        .collect()
}

fn server(table: Table<'_>) -> Option<ServerEntry> {
    Some(ServerEntry {
        name: table.text("name")?,
        memory: table.get("memory", form::size),
        cpus: table.get("cpus", form::cores),
        version: table.get("version", |value| form::version(value, false)),
        role: table.word("role", Role::parse),
        build: table.text("build"),
    })
}

fn service(table: Table<'_>) -> Option<ServiceEntry> {
    Some(ServiceEntry {
        name: table.text("name")?,
        paths: table.texts("paths").unwrap_or_default(),
        workload: table.get("workload", form::workload),
        server: table.text("server"),
        replicas: table.get("replicas", form::count),
        blocking_consumers: table.get("blocking-consumers", form::count),
    })
}

fn waiver(table: Table<'_>) -> Option<Waiver> {
    Some(Waiver {
        rule: table.text("rule")?,
        path: table.text("path"),
        subject: table.text("subject"),
        reason: table.text("reason")?,
        owner: table.text("owner"),
        expires: table.get("expires", form::date),
    })
}

fn quiet(table: Table<'_>) -> Quiet {
    Quiet {
        tests: table.texts("tests"),
        development: table.texts("development"),
    }
}

#[cfg(test)]
mod tests;
