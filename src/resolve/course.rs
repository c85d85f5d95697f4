//! One series that reads lines one after another: what a line comes to behind the lines before it.
//!
//! Most lines mean what they mean wherever they stand, and [`line`](super::line) says it. A user can be
//! declared once, a command that was renamed is gone under its old name, and some directives are
//! refused beside others. Values are [`fold`](super::fold)'s business, files the caller's.

use std::collections::BTreeMap;

use crate::facts::Datum;
use crate::knowledge::servers::language::{Build, Conflict, Stage, Users};
use crate::knowledge::servers::{Form, Series};
use crate::resolve::line::{self, Fate, Problem, Reading};

/// A line as it is read where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Met<At> {
    pub reading: Reading,
    /// The earlier line beside which this one is refused.
    pub beside: Option<At>,
}

/// What a directive has come to.
pub enum Shown {
    /// It does something when it is read and holds no value.
    Acts,
    Holds(String),
    Unknown,
}

/// How far a series has read. `At` is how the caller names a line.
pub struct Course<'s, At> {
    series: &'s Series,
    build: Build,
    /// A new user may use every channel.
    channels_open: bool,
    users: BTreeMap<String, At>,
    /// Directives that were given, with the line that gave them last.
    given: BTreeMap<String, At>,
    /// Commands that have lost their own name, and the names that others have got.
    lost: BTreeMap<String, At>,
    new_names: BTreeMap<String, At>,
}

impl<'s, At: Copy> Course<'s, At> {
    pub fn new(series: &'s Series, build: Build) -> Self {
        Self {
            series,
            build,
            channels_open: series.language.channels_open,
            users: BTreeMap::new(),
            given: BTreeMap::new(),
            lost: BTreeMap::new(),
            new_names: BTreeMap::new(),
        }
    }

    /// Reads the next line.
    pub fn read(&mut self, at: At, name: &str, args: &[&str]) -> Met<At> {
        let directive = self.series.directive(name);
        let form = directive.and_then(|directive| directive.form);
        // A user that is declared a second time is refused before anything else of the line is read.
        if let (Some(Form::AclUser), [user, ..]) = (form, args)
            && let Some(first) = self.declared(user, at)
        {
            return refused(duplicate_user(user), Some(first), Problem::None);
        }
        let reading = line::read_behind(self.series, self.build, self.channels_open, name, args);
        let met = match (form, args) {
            (Some(Form::Rename), [old, new]) => self.rename(reading, [old, new], at, name),
            _ => Met {
                reading,
                beside: None,
            },
        };
        if matches!(
            met.reading.fate,
            Fate::Taken | Fate::Refused(Stage::Startup)
        ) {
            self.give(at, name);
        }
        self.open(name, &met.reading);
        met
    }

    /// Takes in what a line decides for users of later lines.
    fn open(&mut self, name: &str, reading: &Reading) {
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
    pub fn give(&mut self, at: At, name: &str) {
        if let Some(directive) = self.series.directive(name) {
            self.given.insert(directive.name.clone(), at);
        }
    }

    /// The earlier line that declares the user, where a second one is refused.
    fn declared(&mut self, user: &str, at: At) -> Option<At> {
        let first = self.users.get(user).copied();
        if first.is_none() {
            self.users.insert(user.to_owned(), at);
        }
        first.filter(|_| self.series.language.users == Users::Once)
    }

    fn rename(&mut self, reading: Reading, names: [&str; 2], at: At, directive: &str) -> Met<At> {
        let [old, new] = names.map(str::to_ascii_lowercase);
        let was_given = self.new_names.contains_key(&old);
        match reading.fate {
            Fate::Refused(Stage::Config) if was_given => {}
            Fate::Taken => {}
            _ => {
                return Met {
                    reading,
                    beside: None,
                };
            }
        }
        if let (Some(earlier), false) = (self.lost.get(&old), was_given) {
            let canonical = self.series.directive(directive).map(|d| d.name.as_str());
            let error = line::no_such_command(canonical.unwrap_or(directive));
            return refused(error, Some(*earlier), Problem::None);
        }
        if self.new_names.remove(&old).is_none() {
            self.lost.insert(old.clone(), at);
        }
        let taken = self.new_names.get(&new).copied();
        let own = !new.contains('|') && self.series.commands.knows(&new);
        if taken.is_some() || own && !self.lost.contains_key(&new) {
            const EXISTS: &str = "Target command name already exists";
            let problem = match taken {
                Some(_) => Problem::None,
                None => Problem::InvalidValue,
            };
            return refused(EXISTS.to_owned(), taken, problem);
        }
        if !new.is_empty() {
            self.new_names.insert(new.clone(), at);
        }
        Met {
            reading: line::renamed(&names),
            beside: None,
        }
    }

    /// The line that gave a directive last.
    pub fn given(&self, name: &str) -> Option<At> {
        self.given.get(name).copied()
    }

    /// The conflicts of directives that were given, in the order of the table; `None` for one of which
    /// it is not known whether it holds.
    pub fn conflicts<'c>(
        &'c self,
        value: impl Fn(&str) -> Shown + 'c,
    ) -> impl Iterator<Item = (&'s Conflict, Option<bool>)> + 'c {
        let all = self.series.language.conflicts.iter();
        let given = all.filter(|conflict| self.given.contains_key(&conflict.given));
        given
            .map(move |conflict| {
                let given = holds(value(&conflict.given), conflict.given_is.as_ref());
                let other = match value(&conflict.with) {
                    Shown::Acts => Some(false),
                    shown => holds(shown, conflict.is.as_ref()),
                };
                let both = match (given, other) {
                    (Some(true), Some(true)) => Some(true),
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    _ => None,
                };
                (conflict, both)
            })
            .filter(|(_, both)| *both != Some(false))
    }
}

fn holds(shown: Shown, wanted: Option<&String>) -> Option<bool> {
    match shown {
        Shown::Acts => Some(true),
        Shown::Unknown => None,
        Shown::Holds(value) => Some(match wanted {
            Some(wanted) => value == *wanted,
            None => !value.is_empty(),
        }),
    }
}

fn refused<At>(error: String, beside: Option<At>, problem: Problem) -> Met<At> {
    Met {
        reading: line::refused(problem, error),
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
