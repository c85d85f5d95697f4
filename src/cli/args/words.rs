//! The words and figures that options take, and how each is read: what cannot be read is refused with
//! the form that is wanted.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::config::{Date, ServerVersion};
use crate::facts::estate::SubjectKind;
use crate::facts::quantity;
use crate::finding::Severity;
use crate::nearest::nearest;
use crate::report::{FORMATS, FindingOrder, OutputFormat};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SchemaName {
    /// A rule file
    Rule,
    /// pack.yaml of a rule pack
    Pack,
    /// redvet.toml
    Config,
    /// Output of check --output-format json
    Report,
    /// Facts that rules can use
    Facts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TableFormat {
    Table,
    Json,
}

/// The words of all formats but the last, joined by commas, and the last.
fn format_words() -> (String, &'static str) {
    let mut words: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let last = words.pop().unwrap_or_default();
    (words.join(", "), last)
}

/// What `--output-format` says of itself.
pub(super) fn output_help() -> String {
    let (words, last) = format_words();
    format!(
        "Report format: {words} or {last}; FORMAT=FILE writes to a file; the option can be \
         repeated"
    )
}

/// A report to print, or to write to a file.
#[derive(Clone, Debug)]
pub(in crate::cli) struct OutputTarget {
    pub(in crate::cli) format: &'static OutputFormat,
    pub(in crate::cli) file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ProfileWord {
    Recommended,
    Strict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SubjectWord {
    Directive,
    Server,
    Client,
    Service,
    Connection,
    Meta,
}

impl SubjectWord {
    pub(in crate::cli) fn kind(self) -> SubjectKind {
        match self {
            Self::Directive => SubjectKind::Directive,
            Self::Server => SubjectKind::Server,
            Self::Client => SubjectKind::Client,
            Self::Service => SubjectKind::Service,
            Self::Connection => SubjectKind::Connection,
            Self::Meta => SubjectKind::Meta,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SortWord {
    Severity,
    Path,
}

impl SortWord {
    pub(in crate::cli) fn order(self) -> FindingOrder {
        match self {
            Self::Severity => FindingOrder::Severity,
            Self::Path => FindingOrder::Place,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SeverityWord {
    Error,
    Warning,
    Info,
}

impl SeverityWord {
    pub(in crate::cli) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
        }
    }
}

pub(super) fn output(text: &str) -> Result<OutputTarget, String> {
    let (word, file) = match text.split_once('=') {
        Some((_, "")) => return Err("missing file name after `=`".to_owned()),
        Some((word, file)) => (word, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = FORMATS.iter().find(|format| format.name == word);
    let format = format.ok_or_else(|| {
        let (words, last) = format_words();
        let near = nearest(word, FORMATS.iter().map(|format| format.name));
        let meant = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        format!("{meant}expected one of {words}, {last}")
    })?;
    Ok(OutputTarget { format, file })
}

pub(super) fn server(text: &str) -> Result<ServerVersion, String> {
    ServerVersion::parse(text)
        .filter(|server| server.flavor.is_some())
        .ok_or_else(|| "expected a flavor and a version, such as `redis:7.2`".to_owned())
}

pub(super) fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "expected a date such as `2026-12-31`".to_owned())
}

pub(super) fn memory(text: &str) -> Result<u64, String> {
    quantity::any_size(text)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected a size such as `32Gi`, `512mb` or a number of bytes".to_owned())
}

pub(super) fn cpus(text: &str) -> Result<f64, String> {
    quantity::kubernetes(text)
        .filter(|cores| cores.is_finite() && *cores > 0.0)
        .ok_or_else(|| "expected a number of cores such as `4`, `0.5` or `500m`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_or_refused_with_the_form_that_is_wanted() {
        assert_eq!(memory("32Gi"), Ok(32 << 30));
        assert_eq!(cpus("500m"), Ok(0.5));
        assert!(server("7.2").unwrap_err().contains("redis:7.2"));
        assert!(memory("-1").is_err() && cpus("0").is_err());
        let file = output("json=out.json").unwrap();
        assert_eq!(
            (file.format.name, file.file),
            ("json", Some("out.json".into()))
        );
        assert!(output("yaml").unwrap_err().contains("sarif, github,"));
        assert!(output("json=").is_err());
        assert!(output("jsn").unwrap_err().contains("did you mean `json`?"));
    }

    #[test]
    fn every_format_is_offered_under_its_name() {
        let words: Vec<String> = output_help()
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_owned)
            .collect();
        let refused = output("none").unwrap_err();
        for format in FORMATS {
            assert_eq!(output(format.name).unwrap().format.name, format.name);
            assert!(words.iter().any(|w| w == format.name), "{}", format.name);
            assert!(refused.contains(format.name), "{}", format.name);
        }
    }
}
