//! One series that reads a configuration, line by line: what a line comes to behind the lines before
//! it, the values that it is left with, and what stops the server.
//!
//! Most lines mean what they mean wherever they stand, and [`line`](super::line) says it. A user can be
//! declared once, a command that was renamed is gone under its old name, and some directives are
//! refused beside others. Who brings the lines, and whether reading ends at the first one that is
//! refused, is the caller's to say: [`config_transcript`](super::config_transcript) reads the lines of a
//! repository to the end, `server_simulation` one text until it stops.

use std::collections::BTreeMap;

use crate::facts::Datum;
use crate::knowledge::servers::language::{
    ConflictLine, DirectiveConflict, RepeatedUser, ServerBuild, StopStage,
};
use crate::knowledge::servers::{ServerSeries, SpecialParser};
use crate::resolve::directive_state::{ConfigValues, has_effect};
use crate::resolve::line::{self, DirectiveReading, LineOutcome, LineProblem};

/// A line as it is read where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct LineInContext {
    pub reading: DirectiveReading,
    /// The earlier line beside which this one is refused.
    pub beside: Option<usize>,
}

/// Why and where a server stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRefusal {
    pub stage: StopStage,
    /// The line that the server names, if it names one, as the caller numbers lines.
    pub line: Option<usize>,
    /// What it prints; several lines of the log are joined by ` | `.
    pub error: String,
}

impl ServerRefusal {
    /// What the server does, in words.
    pub(super) fn consequence(&self) -> &'static str {
        stops(self.stage, self.line.is_some())
    }
}

/// What a server does that stops at a stage.
pub(super) fn stops(stage: StopStage, names_line: bool) -> &'static str {
    match (stage, names_line) {
        (StopStage::Config, true) => "refuses to start",
        (StopStage::Config, false) => "refuses to start, without naming the line",
        (StopStage::Startup, _) => "stops at startup, without naming the line",
        (StopStage::Crash, _) => "crashes at startup, without naming the line",
    }
}

/// Two directives that were given and that the tables refuse together.
pub struct GivenConflict<'s> {
    pub conflict: &'s DirectiveConflict,
    /// The line that gave the first of them.
    pub given: usize,
    /// `None`: a value is not known on which it depends whether they are refused.
    pub refusal: Option<ServerRefusal>,
}

/// How far a series has read. Lines are called by numbers that the caller chooses.
pub struct ConfigSession<'s> {
    pub series: &'s ServerSeries,
    build: ServerBuild,
    /// What the lines have assigned so far; the caller says which of them count.
    pub values: ConfigValues<'s>,
    /// A new user may use every channel.
    channels_open: bool,
    users: BTreeMap<String, usize>,
    /// Directives that were given, with the line that gave them last.
    given: BTreeMap<String, usize>,
    /// Commands that have lost their own name, and the names that others have got.
    lost: BTreeMap<String, usize>,
    new_names: BTreeMap<String, usize>,
}

impl<'s> ConfigSession<'s> {
    pub fn new(series: &'s ServerSeries, build: ServerBuild) -> Self {
        Self {
            series,
            build,
            values: ConfigValues::new(series),
            channels_open: series.language.channels_open,
            users: BTreeMap::new(),
            given: BTreeMap::new(),
            lost: BTreeMap::new(),
            new_names: BTreeMap::new(),
        }
    }

    /// Lines of this name are read by what earlier ones did; all others can be read alone.
    pub(super) fn is_stateful(&self, name: &str) -> bool {
        matches!(
            self.form(name),
            Some(SpecialParser::AclUser | SpecialParser::Rename)
        )
    }

    fn form(&self, name: &str) -> Option<SpecialParser> {
        self.series.directive(name)?.form
    }

    /// Reads the next line.
    pub fn read(&mut self, at: usize, name: &str, args: &[&str]) -> LineInContext {
        let form = self.form(name);
        // A user that is declared a second time is refused before anything else of the line is read.
        if let (Some(SpecialParser::AclUser), [user, ..]) = (form, args)
            && let Some(first) = self.find_declared(user, at)
        {
            return refuse_line(duplicate_user(user), Some(first), LineProblem::None);
        }
        let reading = line::read_behind(self.series, self.build, self.channels_open, name, args);
        let line = match (form, args) {
            (Some(SpecialParser::Rename), [old, new]) => self.rename(reading, [old, new], at, name),
            _ => alone(reading),
        };
        self.pass(at, name, &line.reading);
        line
    }

    /// Goes over a line that has been read: what it gives, and what it decides for later ones.
    pub(super) fn pass(&mut self, at: usize, name: &str, reading: &DirectiveReading) {
        if matches!(
            reading.outcome,
            LineOutcome::Taken | LineOutcome::Refused(StopStage::Startup)
        ) {
            self.give(at, name);
        }
        self.open(name, reading);
    }

    /// Takes in what a line decides for users of later lines.
    fn open(&mut self, name: &str, reading: &DirectiveReading) {
        let Some(by) = &self.series.language.channels_open_by else {
            return;
        };
        let directive = self.series.directive(name);
        if let Some(value) = reading.datum.as_ref().and_then(Datum::as_text)
            && directive.is_some_and(|directive| directive.name == by.directive)
        {
            self.channels_open = value == by.value;
        }
    }

    /// Takes in that a line gives a directive, whatever its words come to.
    pub fn give(&mut self, at: usize, name: &str) {
        if let Some(directive) = self.series.directive(name) {
            self.given.insert(directive.name.clone(), at);
        }
    }

    /// The earlier line that declares the user, where a second one is refused.
    fn find_declared(&mut self, user: &str, at: usize) -> Option<usize> {
        let first = self.users.get(user).copied();
        if first.is_none() {
            self.users.insert(user.to_owned(), at);
        }
        first.filter(|_| self.series.language.users == RepeatedUser::Once)
    }

    fn rename(
        &mut self,
        reading: DirectiveReading,
        names: [&str; 2],
        at: usize,
        directive: &str,
    ) -> LineInContext {
        let [old, new] = names.map(str::to_ascii_lowercase);
        let was_given = self.new_names.contains_key(&old);
        match reading.outcome {
            LineOutcome::Refused(StopStage::Config) if was_given => {}
            LineOutcome::Taken => {}
            _ => return alone(reading),
        }
        if let (Some(earlier), false) = (self.lost.get(&old), was_given) {
            let canonical = self.series.directive(directive).map(|d| d.name.as_str());
            let error = line::no_such_command(canonical.unwrap_or(directive));
            return refuse_line(error, Some(*earlier), LineProblem::None);
        }
        if self.new_names.remove(&old).is_none() {
            self.lost.insert(old.clone(), at);
        }
        let taken = self.new_names.get(&new).copied();
        let own = !new.contains('|') && self.series.commands.knows(&new);
        if taken.is_some() || own && !self.lost.contains_key(&new) {
            const EXISTS: &str = "Target command name already exists";
            let problem = match taken {
                Some(_) => LineProblem::None,
                None => LineProblem::InvalidValue,
            };
            return refuse_line(EXISTS.to_owned(), taken, problem);
        }
        if !new.is_empty() {
            self.new_names.insert(new.clone(), at);
        }
        alone(line::read_rename(&names))
    }

    /// The line that gave a directive last.
    pub fn find_given(&self, name: &str) -> Option<usize> {
        self.given.get(name).copied()
    }

    /// The conflicts of directives that were given, in the order of the table, as far as the values
    /// do not rule them out.
    pub fn conflicts(&self) -> impl Iterator<Item = GivenConflict<'s>> {
        let all = self.series.language.conflicts.iter();
        all.filter_map(|conflict| {
            let given = self.find_given(&conflict.given)?;
            let sides = [
                self.holds(&conflict.given, conflict.given_is.as_ref(), true),
                self.holds(&conflict.with, conflict.is.as_ref(), false),
            ];
            // One side that does not hold settles it, whatever the other one is.
            if sides.contains(&Some(false)) {
                return None;
            }
            let line = (conflict.line == ConflictLine::Given).then_some(given);
            let refusal = (!sides.contains(&None)).then(|| ServerRefusal {
                stage: conflict.stage,
                line,
                error: conflict.error.clone(),
            });
            Some(GivenConflict {
                conflict,
                given,
                refusal,
            })
        })
    }

    /// Whether a directive has the wanted value, or any; `acts` for one that only does something.
    fn holds(&self, name: &str, wanted: Option<&String>, acts: bool) -> Option<bool> {
        let directive = self.series.directive(name)?;
        if !has_effect(directive) {
            return Some(acts);
        }
        let value = self.values.config_get(directive)?;
        Some(wanted.map_or(!value.is_empty(), |wanted| value == *wanted))
    }
}

/// A line that the earlier ones do not matter to.
fn alone(reading: DirectiveReading) -> LineInContext {
    LineInContext {
        reading,
        beside: None,
    }
}

fn refuse_line(error: String, beside: Option<usize>, problem: LineProblem) -> LineInContext {
    LineInContext {
        reading: line::refuse(problem, error),
        beside,
    }
}

/// What a server prints for a user that it has already read.
fn duplicate_user(user: &str) -> String {
    format!(
        "Error in user declaration '{user}': Duplicate user found. A user can only be defined once in \
         config files"
    )
}
