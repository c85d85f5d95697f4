//! Holds a parsed `redvet.toml` against its shape and gathers every mistake, each with its place,
//! what is wrong and what would be right.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest::nearest;
use crate::source::{FileId, Span};

use super::LoadError;
use super::form;
use super::shape::{Form, Key};

const LIST: &str = "a list";

pub(super) struct Checker {
    pub(super) file: FileId,
    pub(super) errors: Vec<LoadError>,
}

impl Checker {
    /// Checks a table; `title` is how people see it, e.g. `[[server]]`, empty for the file itself.
    pub(super) fn table(
        &mut self,
        table: &DeTable<'_>,
        at: Range<usize>,
        keys: &'static [Key],
        title: &str,
    ) {
        for (name, value) in table {
            match keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => self.value(key.name, key.form, value, title),
                None => self.unknown_key(name.get_ref(), name.span(), keys, title),
            }
        }
        for key in keys.iter().filter(|key| key.required) {
            if !table.contains_key(key.name) {
                let message = format!("`{title}` needs `{}`", key.name);
                self.report(at.clone(), message, Some(key.about.to_owned()));
            }
        }
    }

    fn unknown_key(&mut self, name: &str, at: Range<usize>, keys: &[Key], title: &str) {
        let names = keys.iter().map(|key| key.name);
        let place = if title.is_empty() {
            String::new()
        } else {
            format!(" in `{title}`")
        };
        let help = suggest(name, names, "valid keys");
        self.report(at, format!("unknown key `{name}`{place}"), Some(help));
    }

    fn value(&mut self, name: &str, form: Form, value: &Spanned<DeValue<'_>>, title: &str) {
        match (form, value.get_ref()) {
            (Form::ListOf(item), DeValue::Array(items)) => {
                for one in items {
                    self.value(name, *item, one, title);
                }
            }
            (Form::Table(keys), DeValue::Table(table)) => {
                self.table(table, value.span(), keys, &format!("[{name}]"));
            }
            (Form::Tables(keys), DeValue::Array(items)) => self.tables(name, keys, items),
            (Form::ByRule(keys), DeValue::Table(table)) => self.by_rule(name, keys, table, title),
            (Form::Params, DeValue::Table(table)) => {
                for (param, value) in table {
                    if form::param(value.get_ref()).is_none() {
                        self.wrong(param.get_ref(), "a number, text, flag or list", value);
                    }
                }
            }
            _ => self.scalar(name, form, value),
        }
    }

    fn tables(&mut self, name: &str, keys: &'static [Key], items: &[Spanned<DeValue<'_>>]) {
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => {
                    self.table(table, item.span(), keys, &format!("[[{name}]]"));
                }
                _ => self.wrong(name, &format!("tables written as [[{name}]]"), item),
            }
        }
    }

    fn by_rule(&mut self, name: &str, keys: &'static [Key], table: &DeTable<'_>, title: &str) {
        let prefix = title.trim_start_matches('[').trim_end_matches(']');
        let dot = if prefix.is_empty() { "" } else { "." };
        for (id, value) in table {
            let id = id.get_ref();
            match value.get_ref() {
                DeValue::Table(rule) => {
                    let title = format!("[{prefix}{dot}{name}.\"{id}\"]");
                    self.table(rule, value.span(), keys, &title);
                }
                _ => self.wrong(id, "a table such as { enabled = false }", value),
            }
        }
    }

    fn scalar(&mut self, name: &str, form: Form, value: &Spanned<DeValue<'_>>) {
        let inner = value.get_ref();
        match form {
            Form::Word(words) => self.word(name, words, value),
            Form::Glob | Form::Rule => self.pattern(name, value),
            _ if !is_good(form, inner) => self.wrong(name, expected(form), value),
            _ => {}
        }
    }

    fn word(&mut self, name: &str, words: &'static [&'static str], value: &Spanned<DeValue<'_>>) {
        match value.get_ref().as_str() {
            Some(word) if words.contains(&word) => {}
            Some(word) => {
                let help = suggest(word, words.iter().copied(), "valid words");
                let message = format!("`{name}` cannot be `{word}`");
                self.report(value.span(), message, Some(help));
            }
            None => self.wrong(name, &format!("one of {}", words.join(", ")), value),
        }
    }

    fn pattern(&mut self, name: &str, value: &Spanned<DeValue<'_>>) {
        let Some(pattern) = value.get_ref().as_str() else {
            return self.wrong(name, "text", value);
        };
        if let Some(why) = form::glob_mistake(pattern) {
            let message = format!("`{pattern}` is no pattern: {why}");
            self.report(value.span(), message, None);
        }
    }

    fn wrong(&mut self, name: &str, expected: &str, value: &Spanned<DeValue<'_>>) {
        let found = seen(value.get_ref());
        let message = format!("`{name}` must be {expected}, not {found}");
        // One item alone is the usual slip.
        let one = matches!(value.get_ref(), DeValue::String(_)) && expected == LIST;
        let help = one.then(|| format!("write `{name} = [{found}]`"));
        self.report(value.span(), message, help);
    }

    pub(super) fn report(&mut self, at: Range<usize>, message: String, help: Option<String>) {
        self.errors.push(LoadError {
            span: Span::new(self.file, at.start, at.end),
            message,
            help,
        });
    }
}

/// "did you mean", or all that there is.
pub(super) fn suggest<'a>(
    word: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> String {
    match nearest(word, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{what}: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

fn is_good(form: Form, value: &DeValue<'_>) -> bool {
    match form {
        Form::Flag => value.is_bool(),
        Form::Text => value.as_str().is_some_and(|text| !text.trim().is_empty()),
        Form::Count => form::count(value).is_some(),
        Form::Size => form::size(value).is_some(),
        Form::Cores => form::cores(value).is_some(),
        Form::Version { flavor } => form::version(value, flavor).is_some(),
        Form::Workload => form::workload(value).is_some(),
        Form::Date => form::date(value).is_some(),
        // What is left are words and patterns, judged before, and containers of the wrong type.
        _ => false,
    }
}

fn expected(form: Form) -> &'static str {
    match form {
        Form::Flag => "true or false",
        Form::Text => "text",
        Form::Count => "a whole number",
        Form::Size => "a size above 0 such as \"32Gi\" or \"512mb\"",
        Form::Cores => "a number of CPUs above 0 such as 4 or \"500m\"",
        Form::Version { flavor: true } => "a flavor and a version such as \"redis:7.2\"",
        Form::Version { flavor: false } => "a version such as \"redis:7.2\" or \"7.2\"",
        Form::Workload => "a workload written as \"Kind/name\"",
        Form::Date => "a date such as 2026-12-31",
        Form::Glob | Form::Rule | Form::Word(_) => "text",
        Form::ListOf(_) => LIST,
        Form::Table(_) | Form::ByRule(_) | Form::Params => "a table",
        Form::Tables(_) => "tables, each under a heading in double brackets",
    }
}

fn seen(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) => LIST.to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
