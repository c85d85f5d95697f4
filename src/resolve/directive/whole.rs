//! What a line means beside the other lines of its server: refused together with another one, or
//! without effect while another setting stands.

use std::collections::BTreeMap;

use crate::facts::raw::RawLine;
use crate::facts::value::{State, Value};
use crate::facts::{Cause, Datum};
use crate::knowledge::servers::language::{Build, Conflict, ConflictLine, Stage};
use crate::knowledge::servers::{Form, Series, Servers};
use crate::resolve::conf::{self, Step};
use crate::resolve::course::{Course, Shown};
use crate::resolve::line::{self, Fate, Reading};
use crate::source::Span;

/// What is known of a whole server when its lines are judged.
pub struct Whole<'a> {
    pub servers: &'a Servers,
    pub candidates: &'a [&'a Series],
    pub build: Build,
    pub effective: &'a BTreeMap<String, Value>,
    /// By the place of a line: what each plausible series makes of it, where other lines matter.
    met: BTreeMap<Span, Vec<Found>>,
}

/// What one series makes of a line because of other lines.
#[derive(Clone, Debug, Default)]
struct Found {
    /// It reads the line otherwise than by itself.
    reading: Option<Reading>,
    clash: Clash,
}

/// Lines that a series refuses together.
#[derive(Clone, Debug, Default, PartialEq)]
enum Clash {
    #[default]
    None,
    Refused {
        other: Span,
        other_text: String,
        error: String,
        stage: Stage,
        names_line: bool,
    },
    Unknown(Cause),
}

/// Two lines that are refused together, as facts of the one that is named or would be taken away.
pub struct Conflicted {
    /// What the server prints, `none` where it takes the line.
    pub error: Value,
    pub with: Option<Value>,
    pub consequence: Option<&'static str>,
}

impl<'a> Whole<'a> {
    pub fn new(
        servers: &'a Servers,
        (candidates, build): (&'a [&'a Series], Build),
        effective: &'a BTreeMap<String, Value>,
        steps: &[Step<'_>],
    ) -> Self {
        let mut whole = Self {
            servers,
            candidates,
            build,
            effective,
            met: BTreeMap::new(),
        };
        if candidates.iter().any(|series| matters(series, steps)) {
            for (index, series) in candidates.iter().enumerate() {
                whole.run(index, series, steps);
            }
        }
        whole
    }

    /// One series reads all lines.
    fn run(&mut self, index: usize, series: &Series, steps: &[Step<'_>]) {
        let mut course: Course<'_, usize> = Course::new(series, self.build);
        for (at, step) in steps.iter().enumerate() {
            let Step::Line { line, .. } = step else {
                continue;
            };
            let Some((name, args)) = line.words.split_first() else {
                continue;
            };
            if line.words.iter().any(|word| word.hole.is_some()) {
                course.give(at, &name.text);
                continue;
            }
            let args: Vec<&str> = args.iter().map(|word| word.text.as_str()).collect();
            let met = course.read(at, &name.text, &args);
            let alone = || line::read_on(series, self.build, &name.text, &args);
            if !is_stateful(series, &name.text) || met.reading == alone() {
                continue;
            }
            let found = self.found(line.span, index);
            match (met.beside, met.reading.fate) {
                (Some(other), Fate::Refused(stage)) => {
                    let error = met.reading.error.unwrap_or_default();
                    found.clash = clash(steps, other, None, (error, stage, true));
                }
                _ => found.reading = Some(met.reading),
            }
        }
        self.conflicts(index, series, (&course, steps));
    }

    /// Pairs of directives that the tables say exclude each other.
    fn conflicts(
        &mut self,
        index: usize,
        series: &Series,
        (course, steps): (&Course<'_, usize>, &[Step<'_>]),
    ) {
        if !series
            .language
            .conflicts
            .iter()
            .any(|c| course.given(&c.given).is_some())
        {
            return;
        }
        let values = conf::run(series, self.build, steps);
        let shown = |name: &str| {
            let Some(directive) = series.directive(name) else {
                return Shown::Unknown;
            };
            match values.get(&directive.name).map(|outcome| &outcome.state) {
                None => Shown::Acts,
                Some(State::Unknown(_)) => Shown::Unknown,
                Some(State::Absent) => Shown::Holds(String::new()),
                Some(State::Set(datum) | State::Default(datum)) => {
                    Shown::Holds(line::shown(directive, Some(datum)))
                }
            }
        };
        let all: Vec<_> = course.conflicts(shown).collect();
        for (conflict, holds) in all {
            let Some(given) = course.given(&conflict.given) else {
                continue;
            };
            let Step::Line { line, .. } = &steps[given] else {
                continue;
            };
            let clash = match holds {
                Some(_) => self.table_clash(conflict, (course, steps), given),
                None => Clash::Unknown(Cause::DirectiveNotKnown(conflict.with.clone())),
            };
            let found = self.found(line.span, index);
            if found.clash == Clash::None {
                found.clash = clash;
            }
        }
    }

    fn table_clash(
        &self,
        conflict: &Conflict,
        (course, steps): (&Course<'_, usize>, &[Step<'_>]),
        given: usize,
    ) -> Clash {
        // The other one may be a default; then the line is refused by itself.
        let other = course.given(&conflict.with).unwrap_or(given);
        let value = conflict.is.as_deref().map(quoted);
        let text = value.map(|value| format!("{} {value}", conflict.with));
        let names_line = conflict.line == ConflictLine::Given;
        let printed = (conflict.error.clone(), conflict.stage, names_line);
        clash(steps, other, text, printed)
    }

    fn found(&mut self, span: Span, index: usize) -> &mut Found {
        let count = self.candidates.len();
        let all = self
            .met
            .entry(span)
            .or_insert_with(|| vec![Found::default(); count]);
        &mut all[index]
    }

    /// How a plausible series reads a line, where it is otherwise than by itself.
    pub fn reading(&self, line: &RawLine, index: usize) -> Option<&Reading> {
        self.met.get(&line.span)?.get(index)?.reading.as_ref()
    }

    /// Whether the line is refused together with another one.
    pub fn conflict(&self, line: &RawLine) -> Conflicted {
        let none = Conflicted {
            error: Value::set(Datum::Text("none".to_owned()), line.span),
            with: None,
            consequence: None,
        };
        let Some(found) = self.met.get(&line.span) else {
            return none;
        };
        let Some(first) = found.iter().map(|f| &f.clash).find(|c| **c != Clash::None) else {
            return none;
        };
        let (with, error, consequence) = match first {
            Clash::Refused {
                other,
                other_text,
                error,
                stage,
                names_line,
            } => {
                let with = Value::set(Datum::Text(other_text.clone()), *other);
                (Some(with), error, stops(*stage, *names_line))
            }
            Clash::Unknown(reason) => {
                return Conflicted {
                    error: Value::unknown(reason.clone()),
                    ..none
                };
            }
            Clash::None => return none,
        };
        let refuses = |f: &Found| matches!(&f.clash, Clash::Refused { .. });
        let error = match found.iter().all(refuses) {
            true => Value::set(Datum::Text(error.clone()), line.span),
            false => Value::unknown(Cause::version()),
        };
        Conflicted {
            error,
            with,
            consequence: Some(consequence),
        }
    }

    /// Why a line that is fine by itself has no effect; `none` where it has one.
    pub fn idle(&self, line: &RawLine, name: &str) -> Value {
        let none = Value::set(Datum::Text("none".to_owned()), line.span);
        let canonical = self
            .candidates
            .iter()
            .find_map(|series| series.directive(name));
        let Some(need) = canonical.and_then(|d| self.servers.need(&d.name)) else {
            return none;
        };
        if self.is_default(line, name) {
            return none;
        }
        let Some(series) = self.candidates.first() else {
            return none;
        };
        let (Some(value), Some(directive)) =
            (self.effective.get(&need.on), series.directive(&need.on))
        else {
            return none;
        };
        let Some(datum) = value.known() else {
            return Value::unknown(Cause::DirectiveNotKnown(need.on.clone()));
        };
        let shown = line::shown(directive, Some(datum));
        if shown != need.idle {
            return none;
        }
        let why = format!("`{}` is {shown}", need.on);
        Value::set(Datum::Text(why), line.span)
    }

    /// Every plausible series has the written value by itself.
    fn is_default(&self, line: &RawLine, name: &str) -> bool {
        let args: Vec<&str> = line
            .words
            .iter()
            .take(line.meant)
            .skip(1)
            .map(|w| w.text.as_str())
            .collect();
        self.candidates.iter().all(|series| {
            series.directive(name).is_none_or(|directive| {
                line::read_on(series, self.build, name, &args).datum == line::default_of(directive)
            })
        })
    }
}

/// Whether what a series makes of these lines depends on their neighbours.
fn matters(series: &Series, steps: &[Step<'_>]) -> bool {
    let conflicts = &series.language.conflicts;
    steps.iter().any(|step| {
        let Step::Line { line, .. } = step else {
            return false;
        };
        let Some(directive) = line.words.first().and_then(|w| series.directive(&w.text)) else {
            return false;
        };
        let given = |conflict: &Conflict| conflict.given == directive.name;
        is_stateful(series, &directive.name) || conflicts.iter().any(given)
    })
}

/// Lines of this name are read by what earlier ones did.
fn is_stateful(series: &Series, name: &str) -> bool {
    let form = series.directive(name).and_then(|directive| directive.form);
    matches!(form, Some(Form::AclUser | Form::Rename))
}

fn clash(
    steps: &[Step<'_>],
    other: usize,
    text: Option<String>,
    (error, stage, names_line): (String, Stage, bool),
) -> Clash {
    let Some(Step::Line { line, .. }) = steps.get(other) else {
        return Clash::None;
    };
    let name_and_first = || {
        let words = line.words.iter().take(2).map(|word| word.text.as_str());
        words.collect::<Vec<_>>().join(" ")
    };
    Clash::Refused {
        other: line.span,
        other_text: text.unwrap_or_else(name_and_first),
        error,
        stage,
        names_line,
    }
}

/// An empty word in the quotes that it needs.
fn quoted(word: &str) -> &str {
    match word {
        "" => "\"\"",
        word => word,
    }
}

/// What a server does that stops at a stage.
pub(super) fn stops(stage: Stage, names_line: bool) -> &'static str {
    match (stage, names_line) {
        (Stage::Config, true) => "refuses to start",
        (Stage::Config, false) => "refuses to start, without naming the line",
        (Stage::Startup, _) => "stops at startup, without naming the line",
        (Stage::Crash, _) => "crashes at startup, without naming the line",
    }
}
