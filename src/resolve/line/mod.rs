//! One directive as one server series reads it: is it accepted, what is its value, what would the
//! server say.
//!
//! The rules of value parsing are the servers' own, as measured on eleven of them and read in their
//! sources; where series differ, their tables say how. Whether other versions know a name, and what
//! a rule makes of a problem, is left to the caller.

mod acl;
mod config_get_format;
mod number;
mod special;
mod split;
mod word;

use crate::facts::Datum;
use crate::knowledge::servers::language::{ServerBuild, StopStage};
use crate::knowledge::servers::{
    BuildPart, DirectiveSpec, DirectiveStatus, DirectiveType, ParsedBy, ServerSeries,
    SpecialParser, UnknownDirective,
};

pub use crate::facts::words::LineProblem;
pub use config_get_format::{canonical_class, default_of, format_config_get};

/// What becomes of a server that reads a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    Taken,
    /// It stops, while it reads or after.
    Refused(StopStage),
    /// It keeps the line for a module, and stops where none claims it.
    Queued,
}

/// A directive as one series reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectiveReading {
    pub problem: LineProblem,
    pub outcome: LineOutcome,
    /// What the server prints for it.
    pub error: Option<String>,
    /// The accepted form.
    pub accepted: Option<String>,
    /// The value that takes effect; `None` where the line is refused or has no value.
    pub datum: Option<Datum>,
    /// What was collected by earlier lines is dropped.
    pub clears: bool,
    /// Commands (`get`) and categories (`@read`) that the line names and the series does not have.
    pub unknown_names: Vec<String>,
}

impl DirectiveReading {
    fn good(datum: Datum) -> Self {
        Self {
            problem: LineProblem::None,
            outcome: LineOutcome::Taken,
            error: None,
            accepted: None,
            datum: Some(datum),
            clears: false,
            unknown_names: Vec::new(),
        }
    }

    fn bad(problem: LineProblem, error: impl Into<String>, accepted: Option<String>) -> Self {
        Self {
            problem,
            outcome: LineOutcome::Refused(StopStage::Config),
            error: Some(error.into()),
            accepted,
            datum: None,
            clears: false,
            unknown_names: Vec::new(),
        }
    }

    fn invalid(error: impl Into<String>, accepted: impl Into<String>) -> Self {
        Self::bad(LineProblem::InvalidValue, error, Some(accepted.into()))
    }

    fn with(mut self, problem: LineProblem) -> Self {
        if self.problem == LineProblem::None {
            self.problem = problem;
        }
        self
    }

    /// The server does not stop at the line.
    pub fn is_taken(&self) -> bool {
        self.outcome == LineOutcome::Taken
    }

    /// The server takes the line, and no value comes of it.
    pub fn says_nothing(&self) -> bool {
        let is_empty = matches!(&self.datum, Some(Datum::List(items)) if items.is_empty());
        self.is_taken() && is_empty && !self.clears && self.problem == LineProblem::WrongArity
    }
}

/// A line that is refused for what other lines did.
pub(super) fn refuse(problem: LineProblem, error: String) -> DirectiveReading {
    DirectiveReading::bad(problem, error, None)
}

/// A line that gives a command another name.
pub(super) fn read_rename(names: &[&str]) -> DirectiveReading {
    DirectiveReading::good(special::words(names))
}

pub(super) use special::no_such_command;

/// What a line is read by: a series, and the directive with what its values depend on.
struct LineReader<'a> {
    series: &'a ServerSeries,
    directive: &'a DirectiveSpec,
    build: ServerBuild,
    /// A new user may use every channel.
    channels_open: bool,
}

/// Reads a name and its arguments as a server built like the official images does.
pub fn read(series: &ServerSeries, name: &str, args: &[&str]) -> DirectiveReading {
    read_on(series, ServerBuild::OFFICIAL, name, args)
}

/// Reads a name and its arguments.
pub fn read_on(
    series: &ServerSeries,
    build: ServerBuild,
    name: &str,
    args: &[&str],
) -> DirectiveReading {
    read_behind(series, build, series.language.channels_open, name, args)
}

/// Reads a name and its arguments where earlier lines have decided what a new user may do.
pub(super) fn read_behind(
    series: &ServerSeries,
    build: ServerBuild,
    channels_open: bool,
    name: &str,
    args: &[&str],
) -> DirectiveReading {
    let directive = series
        .directive(name)
        .filter(|directive| is_built(directive, build));
    let Some(directive) = directive else {
        return not_taken(series, name, args, LineProblem::UnknownDirective, None);
    };
    let reader = LineReader {
        series,
        directive,
        build,
        channels_open,
    };
    let reading = reader.read(name, args);
    if directive.parsed_by == Some(ParsedBy::Module) && !reading.is_taken() {
        return DirectiveReading {
            outcome: LineOutcome::Refused(StopStage::Crash),
            ..reading
        };
    }
    if !reading.is_taken() {
        return reading;
    }
    match directive.status {
        DirectiveStatus::Ignored => DirectiveReading {
            datum: None,
            ..reading.with(LineProblem::IneffectiveDirective)
        },
        DirectiveStatus::Active if !directive.name.eq_ignore_ascii_case(name) => {
            reading.with(LineProblem::DeprecatedDirective)
        }
        DirectiveStatus::Active => reading,
    }
}

fn is_built(directive: &DirectiveSpec, build: ServerBuild) -> bool {
    match directive.requires_build {
        None => true,
        Some(BuildPart::Tls) => build.tls,
        Some(BuildPart::RequestLog | BuildPart::Rdma) => false,
    }
}

/// A line that no parser of the series takes: unknown, or with a number of words that its parser
/// does not look for.
fn not_taken(
    series: &ServerSeries,
    name: &str,
    args: &[&str],
    problem: LineProblem,
    accepted: Option<String>,
) -> DirectiveReading {
    const REFUSED: &str = "Bad directive or wrong number of arguments";
    let dotted = name.contains('.');
    // A dotted name is a module's, and whatever the module, its setting takes a value.
    let (problem, accepted) = match dotted && args.is_empty() {
        true => (LineProblem::WrongArity, Some("a value".to_owned())),
        false => (problem, accepted),
    };
    let mode = if dotted {
        series.dotted_directive
    } else {
        series.unknown_directive
    };
    let late = series.unknown_directive == UnknownDirective::StopsAtStartup;
    match (mode, args) {
        (UnknownDirective::RefusesFile, _) => DirectiveReading::bad(problem, REFUSED, accepted),
        (UnknownDirective::StopsAtStartup, []) if late => {
            DirectiveReading::bad(problem, REFUSED, accepted)
        }
        (UnknownDirective::StopsAtStartup, []) => {
            DirectiveReading::bad(problem, "Module config specified without value", accepted)
        }
        (UnknownDirective::StopsAtStartup, _) => DirectiveReading {
            outcome: LineOutcome::Queued,
            ..DirectiveReading::bad(problem, &series.language.messages.queued, accepted)
        },
    }
}

impl LineReader<'_> {
    fn read(&self, name: &str, args: &[&str]) -> DirectiveReading {
        let directive = self.directive;
        if directive.takes_several() {
            return match self.split_again(args) {
                Some(words) => self.value(&words.iter().map(String::as_str).collect::<Vec<_>>()),
                None => self.value(args),
            };
        }
        if self.count_fits(args.len()) {
            return self.value(args);
        }
        // The parser of addresses has words of its own for too many of them.
        if directive.form == Some(SpecialParser::Addresses) && !args.is_empty() {
            return self.value(args);
        }
        let accepted = Some(self.expected_words());
        let falls_through = directive.parsed_by == Some(ParsedBy::Loader)
            || directive.status == DirectiveStatus::Ignored
            || directive.kind == DirectiveType::ModuleConfig;
        if falls_through {
            return not_taken(self.series, name, args, LineProblem::WrongArity, accepted);
        }
        DirectiveReading::bad(LineProblem::WrongArity, WRONG_COUNT, accepted)
    }

    fn count_fits(&self, count: usize) -> bool {
        let arity = self.directive.args;
        count >= arity.min && arity.max.is_none_or(|max| count <= max)
    }

    /// One word of a directive that takes several is split like a line; a line that cannot be split
    /// has no words.
    fn split_again(&self, args: &[&str]) -> Option<Vec<String>> {
        match args {
            [one] if self.series.language.one_word_is_split && !one.is_empty() => {
                let adjacent = self.series.language.adjacent_quotes;
                Some(split::words(one, adjacent).unwrap_or_default())
            }
            _ => None,
        }
    }

    fn expected_words(&self) -> String {
        let arity = self.directive.args;
        if arity.even_or_empty {
            return "pairs of words, or one empty word \"\"".to_owned();
        }
        if let Some(n) = arity.multiple_of {
            return format!("groups of {n} words");
        }
        match (arity.min, arity.max) {
            (1, Some(1)) => "exactly one word".to_owned(),
            (min, Some(max)) if min == max => format!("exactly {min} words"),
            (min, Some(max)) => format!("{min} to {max} words"),
            (min, None) => format!("at least {min} words"),
        }
    }

    fn wrong_count(&self, error: &str) -> DirectiveReading {
        DirectiveReading::bad(LineProblem::WrongArity, error, Some(self.expected_words()))
    }

    fn value(&self, args: &[&str]) -> DirectiveReading {
        let word = args.first().copied().unwrap_or_default();
        match self.directive.kind {
            DirectiveType::Bool => self.boolean(word),
            DirectiveType::Int => self.integer(word),
            DirectiveType::Memory => self.memory(word),
            DirectiveType::PercentOrMemory => self.percent_or_memory(word),
            DirectiveType::Enum => self.enumeration(args),
            DirectiveType::String => self.string(word),
            DirectiveType::Ignored | DirectiveType::ModuleConfig | DirectiveType::Unverified => {
                DirectiveReading::good(special::words(args))
            }
            DirectiveType::Special => self.special(args),
        }
    }
}

const WRONG_COUNT: &str = "wrong number of arguments";

#[cfg(test)]
mod tests;
