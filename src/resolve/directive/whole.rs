//! What a line means beside the other lines of its server: refused together with another one, or
//! without effect while another setting stands.

use std::collections::BTreeMap;

use crate::facts::Datum;
use crate::facts::raw::RawLine;
use crate::facts::value::Value;
use crate::knowledge::servers::language::{Conflict, Users};
use crate::knowledge::servers::{Form, Series, Servers};
use crate::resolve::conf::{DEPENDS_ON_VERSION, Step};
use crate::resolve::line;
use crate::source::Span;

/// Two lines that the server refuses together.
struct Clash {
    /// The line that it names, or that a person would take away.
    at: Span,
    other: Span,
    other_text: String,
    /// What every plausible series prints; `None` where only some refuse.
    error: Option<String>,
}

/// What is known of a whole server when its lines are judged.
pub struct Whole<'a> {
    pub servers: &'a Servers,
    pub candidates: &'a [&'a Series],
    pub effective: &'a BTreeMap<String, Value>,
    clashes: Vec<Clash>,
}

impl<'a> Whole<'a> {
    pub fn new(
        servers: &'a Servers,
        candidates: &'a [&'a Series],
        effective: &'a BTreeMap<String, Value>,
        steps: &[Step<'_>],
    ) -> Self {
        let lines: Vec<&RawLine> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Line { line, .. } if !line.words.is_empty() => Some(*line),
                _ => None,
            })
            .collect();
        let mut whole = Self {
            servers,
            candidates,
            effective,
            clashes: Vec::new(),
        };
        whole.clashes = whole.users(&lines);
        let given = whole.conflicts(&lines);
        whole.clashes.extend(given);
        whole
    }

    /// Whether the line is refused together with another one: what the server prints and the other.
    pub fn conflict(&self, line: &RawLine) -> (Value, Option<Value>) {
        let none = Value::set(Datum::Text("none".to_owned()), line.span);
        let Some(clash) = self.clashes.iter().find(|clash| clash.at == line.span) else {
            return (none, None);
        };
        let other = Value::set(Datum::Text(clash.other_text.clone()), clash.other);
        match &clash.error {
            Some(error) => (
                Value::set(Datum::Text(error.clone()), line.span),
                Some(other),
            ),
            None => (Value::unknown(DEPENDS_ON_VERSION), Some(other)),
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
            return Value::unknown(format!("`{}` is not known", need.on));
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
                line::read(series, name, &args).datum == line::default_of(directive)
            })
        })
    }

    /// Lines for a user that an earlier line has declared.
    fn users(&self, lines: &[&RawLine]) -> Vec<Clash> {
        let mut first: BTreeMap<&str, &RawLine> = BTreeMap::new();
        let mut clashes = Vec::new();
        for line in lines {
            let [name, user, ..] = &line.words[..] else {
                continue;
            };
            if user.hole.is_some() || !self.is_user(&name.text) {
                continue;
            }
            let Some(earlier) = first.get(user.text.as_str()) else {
                first.insert(&user.text, line);
                continue;
            };
            let once = |series: &&&Series| series.language.users == Users::Once;
            let refusing = self.candidates.iter().filter(once).count();
            if refusing == 0 {
                continue;
            }
            clashes.push(Clash {
                at: line.span,
                other: earlier.span,
                other_text: format!("{} {}", name.text, user.text),
                error: (refusing == self.candidates.len()).then(|| duplicate_user(&user.text)),
            });
        }
        clashes
    }

    fn is_user(&self, name: &str) -> bool {
        self.candidates
            .iter()
            .filter_map(|series| series.directive(name))
            .any(|directive| directive.form == Some(Form::AclUser))
    }

    /// Pairs of directives that the tables say exclude each other.
    fn conflicts(&self, lines: &[&RawLine]) -> Vec<Clash> {
        let Some(series) = self.candidates.first() else {
            return Vec::new();
        };
        let conflicts = series.language.conflicts.iter();
        conflicts
            .filter_map(|conflict| self.conflict_of(series, conflict, lines))
            .collect()
    }

    fn conflict_of(
        &self,
        series: &Series,
        conflict: &Conflict,
        lines: &[&RawLine],
    ) -> Option<Clash> {
        let last = |name: &str| {
            let wanted = series.directive(name)?;
            let is = |line: &&&RawLine| {
                let found = series.directive(&line.words[0].text);
                found.is_some_and(|directive| directive.name == wanted.name)
            };
            lines.iter().rev().find(is).copied()
        };
        let (given, other) = (last(&conflict.given)?, last(&conflict.with)?);
        let shown = |name: &str| {
            let directive = series.directive(name)?;
            let datum = self.effective.get(&directive.name)?.known()?;
            Some(line::shown(directive, Some(datum)))
        };
        let holds_value = self.effective.contains_key(&conflict.given);
        if holds_value {
            let value = shown(&conflict.given)?;
            let wanted = |is: &String| *is == value;
            if !conflict.given_is.as_ref().map_or(!value.is_empty(), wanted) {
                return None;
            }
        }
        let value = shown(&conflict.with)?;
        let fits = match &conflict.is {
            Some(is) => *is == value,
            None => !value.is_empty(),
        };
        fits.then(|| Clash {
            at: given.span,
            other: other.span,
            other_text: format!("{} {value}", conflict.with),
            error: Some(conflict.error.clone()),
        })
    }
}

/// What a server prints for a user that it has already read.
pub fn duplicate_user(user: &str) -> String {
    format!(
        "Error in user declaration '{user}': Duplicate user found. A user can only be defined once in \
         config files"
    )
}
