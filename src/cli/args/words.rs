//! The words and figures that options take, and how each is read: what cannot be read is refused with
//! the form that is wanted.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::config::ServerVersion;
use crate::facts::estate::SubjectKind;
use crate::facts::quantity;
use crate::finding::Severity;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SchemaName {
    /// A rule file
    Rule,
    /// pack.yaml of a folder of rules
    Pack,
    /// redvet.toml
    Config,
    /// The output of check --output-format json
    Report,
    /// The facts that rules may name
    Facts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TableFormat {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Full,
    Concise,
    Json,
    Jsonl,
    Sarif,
    Github,
    Gitlab,
    Junit,
    Rdjson,
    Markdown,
    Html,
}

impl Format {
    /// The words of all formats, as a sentence lists them.
    fn words() -> String {
        let words: Vec<String> = Self::value_variants()
            .iter()
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
            .collect();
        words.join(", ")
    }
}

/// A report to print, or to write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Output {
    pub(in crate::cli) format: Format,
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
    Meta,
}

impl SubjectWord {
    pub(in crate::cli) fn kind(self) -> SubjectKind {
        match self {
            Self::Directive => SubjectKind::Directive,
            Self::Server => SubjectKind::Server,
            Self::Client => SubjectKind::Client,
            Self::Service => SubjectKind::Service,
            Self::Meta => SubjectKind::Meta,
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

pub(super) fn output(text: &str) -> Result<Output, String> {
    let (word, file) = match text.split_once('=') {
        Some((_, "")) => return Err("name a file after `=`".to_owned()),
        Some((word, file)) => (word, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = Format::from_str(word, false)
        .map_err(|_| format!("the formats are {}", Format::words()))?;
    Ok(Output { format, file })
}

pub(super) fn server(text: &str) -> Result<ServerVersion, String> {
    ServerVersion::parse(text)
        .filter(|server| server.flavor.is_some())
        .ok_or_else(|| "write a flavor and a version, such as `redis:7.2`".to_owned())
}

pub(super) fn memory(text: &str) -> Result<u64, String> {
    quantity::any_size(text)
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "write a size such as `32Gi`, `512mb` or a number of bytes".to_owned())
}

pub(super) fn cpus(text: &str) -> Result<f64, String> {
    quantity::kubernetes(text)
        .filter(|cores| cores.is_finite() && *cores > 0.0)
        .ok_or_else(|| "write cores such as `4`, `0.5` or `500m`".to_owned())
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
            (file.format, file.file),
            (Format::Json, Some("out.json".into()))
        );
        assert!(output("yaml").unwrap_err().contains("sarif, github,"));
        assert!(output("json=").is_err());
    }
}
