//! Directive subjects: each written line as its server would read it, with what is wrong with it.
//!
//! A line is judged by every plausible series; where they disagree its problem is unknown. Which
//! problems matter, and how much, is for the rules.

mod disclosed;
mod given;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::raw::{LineForm, RawLine};
use crate::facts::value::Value;
use crate::facts::{Datum, Encoding, Related, Slot, Subject, SubjectKind};
use crate::knowledge::servers::language::Stage;
use crate::knowledge::servers::{Repeat, Series, Servers};
use crate::knowledge::shapes::Shapes;
use crate::resolve::conf::source_name;
use crate::resolve::line::{self, Fate, Problem, Reading};
use crate::source::{MASK, Sources};

use disclosed::place;
pub use whole::Whole;

/// The lines of one text, in the order in which the server reads them.
pub struct TextLines<'a> {
    /// The text's name: `deploy/redis.conf`, `ConfigMap/cache key redis.conf`.
    pub name: &'a str,
    pub path: &'a str,
    /// The object that holds the text exists to keep secrets.
    pub keeps_secrets: bool,
    pub lines: Vec<&'a RawLine>,
}

/// What lines are judged by.
pub struct Judge<'a> {
    pub servers: &'a Servers,
    pub candidates: &'a [&'a Series],
    pub shapes: &'a Shapes,
    pub sources: &'a Sources,
    /// The configuration loads a module, whose settings are not covered.
    pub loads_modules: bool,
    /// The lines' server as a whole.
    pub whole: &'a Whole<'a>,
}

/// One subject a line.
pub fn subjects(text: &TextLines<'_>, judge: &Judge<'_>, server: &Related) -> Vec<Subject> {
    let mut earlier: BTreeMap<String, &RawLine> = BTreeMap::new();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut subjects = Vec::new();
    for line in &text.lines {
        let Some(name) = line.words.first() else {
            subjects.push(refused_by_tokenizer(text, line, server));
            continue;
        };
        let mut subject = judge.subject(text, line, &name.text);
        let count = times.entry(name.text.to_ascii_lowercase()).or_default();
        *count += 1;
        subject.identity = format!("{}#{}#{count}", text.name, name.text.to_ascii_lowercase());
        if let Some(first) = judge.replaced(line, &mut earlier) {
            subject.put("first", judge.arguments(first));
        }
        subject.server = Some(server.clone());
        subjects.push(subject);
    }
    subjects
}

fn refused_by_tokenizer(text: &TextLines<'_>, line: &RawLine, server: &Related) -> Subject {
    let mut subject = Subject::new(SubjectKind::Directive, text.name, text.path, line.span);
    subject.put("problem", problem_value(Problem::SyntaxError, line));
    put_text(&mut subject, "error", line.error, line);
    subject.server = Some(server.clone());
    subject
}

fn problem_value(problem: Problem, line: &RawLine) -> Value {
    Value::set(Datum::Text(problem.as_str().to_owned()), line.span)
}

fn put_text(subject: &mut Subject, path: &str, text: Option<impl Into<String>>, line: &RawLine) {
    if let Some(text) = text {
        subject.put(path, Value::set(Datum::Text(text.into()), line.span));
    }
}

impl Judge<'_> {
    fn subject(&self, text: &TextLines<'_>, line: &RawLine, name: &str) -> Subject {
        let label = format!("{}: {name}", text.name);
        let mut subject = Subject::new(SubjectKind::Directive, label, text.path, line.span);
        self.put_words(&mut subject, line, name);
        match self.problem(line, name) {
            Ok((problem, reading)) => {
                subject.put("problem", problem_value(problem, line));
                let error = reading
                    .error
                    .as_deref()
                    .map(|error| self.masked(line, error));
                put_text(&mut subject, "error", error, line);
                put_text(&mut subject, "accepted", reading.accepted.as_ref(), line);
                if problem != Problem::None {
                    self.put_consequence(&mut subject, problem, line, name);
                }
                if matches!(problem, Problem::UnknownDirective) {
                    self.put_candidates(&mut subject, line, name);
                }
                if matches!(problem, Problem::UnsupportedDirective) {
                    self.put_history(&mut subject, line, name);
                }
                if matches!(problem, Problem::MisreadValue | Problem::ClampedValue) {
                    self.put_effective(&mut subject, line, name, reading.datum.as_ref());
                }
            }
            Err(reason) => subject.put("problem", Value::unknown(reason)),
        }
        self.put_disclosed(&mut subject, text, line, name);
        self.put_beside_others(&mut subject, line, name);
        if line.form == LineForm::Runtime {
            subject.put("settable", self.settable(line, name));
        }
        subject.put(
            "server_version",
            Value::derived(Datum::Text(source_name(self.candidates))),
        );
        subject
    }

    /// Whether a running server lets the directive be changed.
    fn settable(&self, line: &RawLine, name: &str) -> Value {
        let directives = self.candidates.iter().map(|series| series.directive(name));
        let answers: BTreeSet<_> = directives.map(|d| d.map(|d| d.mutable)).collect();
        match answers.iter().collect::<Vec<_>>()[..] {
            [Some(settable)] => Value::set(Datum::Bool(*settable), line.span),
            // A name that the version does not know is another fault.
            [None] => Value::absent(),
            _ => Value::unknown(Cause::version()),
        }
    }

    /// What the line means beside the other lines of its server.
    fn put_beside_others(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        subject.put("idle_because", self.whole.idle(line, name));
        let conflict = self.whole.conflict(line);
        subject.put("conflict", conflict.error);
        if let Some(with) = conflict.with {
            subject.put("conflict_with", with);
        }
        put_text(subject, "conflict_consequence", conflict.consequence, line);
    }

    /// What the server is left with, where every plausible series shows the same.
    fn put_effective(
        &self,
        subject: &mut Subject,
        line: &RawLine,
        name: &str,
        datum: Option<&Datum>,
    ) {
        if self.servers.is_secret(name) {
            return;
        }
        let shown: BTreeSet<String> = self
            .candidates
            .iter()
            .filter_map(|series| Some(line::shown(series.directive(name)?, datum)))
            .collect();
        if shown.len() == 1 {
            put_text(subject, "effective", shown.into_iter().next(), line);
        }
    }

    fn put_words(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        let name_span = line.words[0].span;
        let rename = Slot::Replace {
            span: name_span,
            encoding: Encoding::ConfWords,
        };
        subject.put(
            "name",
            Value::set(Datum::Text(name.to_owned()), name_span).with_slot(rename),
        );
        let canonical = self
            .candidates
            .iter()
            .find_map(|s| s.directive(name))
            .map(|d| d.name.clone());
        let old_name = canonical
            .as_ref()
            .filter(|canonical| !canonical.eq_ignore_ascii_case(name));
        put_text(subject, "replacement", old_name, line);
        put_text(subject, "canonical", canonical, line);
        let shown = self.shown_args(line);
        let words = shown
            .split_whitespace()
            .map(|w| Datum::Text(w.to_owned()))
            .collect();
        subject.put("args", Value::set(Datum::List(words), place(line)));
        let value = self.arguments(line).with_slot(line.slot.clone());
        subject.put("value", value);
        if let Some(comment) = self.comment(line, name) {
            subject.put("trailing_comment", comment);
        }
    }

    /// The words behind the value. Behind a secret a mark without a blank after it may begin a part
    /// of the secret (a password's hash): then nothing shows it, and no fix repeats it.
    fn comment(&self, line: &RawLine, name: &str) -> Option<Value> {
        let span = line.trailing_comment?;
        let words: Vec<_> = line.words[line.meant..]
            .iter()
            .map(|w| w.text.as_str())
            .collect();
        let mark = words.first().copied().unwrap_or_default();
        if self.servers.is_secret(name) && !mark.bytes().all(|b| b == b'#') {
            let mut value =
                Value::set_unknown(Cause::Server("it may be a part of the secret"), span);
            value.secret = true;
            return Some(value);
        }
        Some(Value::set(Datum::Text(words.join(" ")), span))
    }

    /// The arguments as a fact. A secret stays what it is, so that two can be compared; it is marked
    /// never to be shown.
    fn arguments(&self, line: &RawLine) -> Value {
        let mut value = Value::set(Datum::Text(meant(line)), place(line));
        value.secret = self.is_secret(line);
        value
    }

    /// The arguments that a person meant, masked where they are secret.
    fn shown_args(&self, line: &RawLine) -> String {
        let text = meant(line);
        if self.is_secret(line) && !text.is_empty() {
            return MASK.to_owned();
        }
        text
    }

    /// What the server prints, without the words of a line that holds secrets: its first word names
    /// what the line is about.
    fn masked(&self, line: &RawLine, error: &str) -> String {
        if !self.is_secret(line) {
            return error.to_owned();
        }
        let words = line.words.iter().skip(2).map(|word| &word.text);
        words
            .filter(|word| !word.is_empty())
            .fold(error.to_owned(), |error, word| {
                error.replace(&format!("'{word}'"), &format!("'{MASK}'"))
            })
    }

    fn is_secret(&self, line: &RawLine) -> bool {
        let name = line.words.first();
        name.is_some_and(|name| self.servers.is_secret(&name.text))
    }

    /// The one problem of the line, or why it cannot be told.
    fn problem(&self, line: &RawLine, name: &str) -> Result<(Problem, Reading), Cause> {
        let takes = |series: &&&Series| series.language.adjacent_quotes;
        let taking = self.candidates.iter().filter(takes).count();
        if line.glued && (1..self.candidates.len()).contains(&taking) {
            return Err(Cause::VersionDependent {
                releases: None,
                outcomes: vec![Problem::SyntaxError.as_str(), Problem::None.as_str()],
            });
        }
        if let Some(error) = line.error.filter(|_| !line.glued || taking == 0) {
            return Ok((
                Problem::SyntaxError,
                plain(Problem::SyntaxError, Some(error)),
            ));
        }
        if let Some(hole) = line
            .words
            .iter()
            .take(line.meant)
            .find_map(|word| word.hole.as_ref())
            // It is a line that the server may read.
            .filter(|hole| **hole != Cause::Alternative)
        {
            return Err(hole.clone());
        }
        let readings = self.readings(line, name, line.meant);
        let unknown: BTreeSet<&str> = readings
            .iter()
            .flat_map(|r| &r.unknown_names)
            .map(String::as_str)
            .collect();
        if !unknown.is_empty()
            && unknown
                .iter()
                .all(|name| self.may_be_a_modules_command(name))
        {
            let names = unknown.into_iter().map(str::to_owned);
            return Err(Cause::ModuleCommands(names.collect()));
        }
        let problems: BTreeSet<_> = readings.iter().map(|reading| reading.problem).collect();
        let all_unknown = problems.iter().all(|p| *p == Problem::UnknownDirective);
        if all_unknown && self.may_be_a_modules(name) {
            return Err(Cause::ModuleSetting(name.to_owned()));
        }
        if all_unknown
            && self
                .servers
                .all()
                .any(|series| series.directive(name).is_some())
        {
            return Ok((Problem::UnsupportedDirective, first(readings)));
        }
        if line.trailing_comment.is_some() && !all_unknown {
            let whole = self.readings(line, name, line.words.len());
            return Ok((Problem::TrailingComment, first(whole)));
        }
        if problems.len() > 1 {
            return Err(Cause::VersionDependent {
                releases: None,
                outcomes: problems.iter().map(|problem| problem.as_str()).collect(),
            });
        }
        let reading = first(readings);
        Ok((reading.problem, reading))
    }

    /// With a module loaded any name may be the module's; without one only those of modules that
    /// images bundle.
    fn may_be_a_modules(&self, name: &str) -> bool {
        self.loads_modules || self.shapes.is_module_setting(name)
    }

    /// The same for a command, or a category with its mark.
    fn may_be_a_modules_command(&self, name: &str) -> bool {
        self.loads_modules || self.shapes.is_module_command(name)
    }

    fn readings(&self, line: &RawLine, name: &str, words: usize) -> Vec<Reading> {
        let args: Vec<_> = line
            .words
            .iter()
            .take(words)
            .skip(1)
            .map(|w| w.text.as_str())
            .collect();
        let read = |(index, series): (usize, &&Series)| match self.whole.reading(line, index) {
            Some(reading) => reading.clone(),
            None => line::read_on(series, self.whole.build, name, &args),
        };
        self.candidates.iter().enumerate().map(read).collect()
    }

    /// What the server does with the line.
    fn put_consequence(&self, subject: &mut Subject, problem: Problem, line: &RawLine, name: &str) {
        let fates: Vec<Fate> = self
            .readings(line, name, line.words.len())
            .into_iter()
            .map(|reading| reading.fate)
            .collect();
        if let Some(text) = consequence(&fates, problem == Problem::SyntaxError, line.form) {
            put_text(subject, "consequence", Some(text), line);
        }
    }

    /// Known names near an unknown one.
    fn put_candidates(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        let wanted = name.to_ascii_lowercase();
        let mut near: Vec<(usize, &str)> = self
            .candidates
            .iter()
            .flat_map(|series| series.directives())
            // Names of very different lengths are far apart, and comparing costs the product of both.
            .filter(|directive| directive.name.len().abs_diff(wanted.len()) <= 3)
            .map(|directive| {
                (
                    strsim::damerau_levenshtein(&directive.name, &wanted),
                    directive.name.as_str(),
                )
            })
            .filter(|(distance, _)| *distance <= 3 && *distance * 3 <= wanted.len())
            .collect();
        near.sort_unstable();
        near.dedup();
        if let [(1, only), rest @ ..] = &near[..]
            && rest.iter().all(|(distance, _)| *distance > 1)
        {
            put_text(subject, "suggestion", Some(*only), line);
        }
        let names: Vec<_> = near
            .iter()
            .take(3)
            .map(|(_, name)| format!("`{name}`"))
            .collect();
        if !names.is_empty() {
            put_text(subject, "candidates", Some(names.join(", ")), line);
        }
    }

    /// Since when and until when this flavor knows a name that the version does not, who else knows
    /// it, and the name that stands for it here.
    fn put_history(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        let Some(own) = self.candidates.first() else {
            return;
        };
        let replacement = self.servers.replacement(own, name);
        put_text(subject, "replacement", replacement, line);
        let known: Vec<String> = self.servers.known_to(name).into_iter().map(range).collect();
        put_text(subject, "known_to", Some(known.join(" and ")), line);
        let Some((from, to)) = self.servers.history(&own.flavor, name) else {
            return;
        };
        if from.number() > own.number() {
            put_text(subject, "known_since", Some(from.name()), line);
        }
        if to.number() < own.number() {
            let text = format!("after {}", to.name());
            put_text(subject, "removed_in", Some(text), line);
        }
    }

    /// The earlier line of this text that the line silently replaces, if its directive is one that
    /// the last line wins.
    fn replaced<'l>(
        &self,
        line: &'l RawLine,
        earlier: &mut BTreeMap<String, &'l RawLine>,
    ) -> Option<&'l RawLine> {
        let name = &line.words.first()?.text;
        if line.is_alternative() {
            return None;
        }
        let directive = self
            .candidates
            .iter()
            .find_map(|series| series.directive(name))?;
        if directive.repeat != Repeat::LastWins {
            return None;
        }
        earlier.insert(directive.name.clone(), line)
    }
}

/// What becomes of the server, where every plausible series agrees as far as that.
fn consequence(fates: &[Fate], broken: bool, form: LineForm) -> Option<&'static str> {
    let taken = |fate: &Fate| *fate == Fate::Taken && !broken;
    if fates.iter().all(taken) {
        return Some("takes them");
    }
    if fates.iter().any(taken) {
        return None;
    }
    if form == LineForm::Runtime {
        return Some("refuses the CONFIG SET");
    }
    let stage = |fate: &Fate| match fate {
        Fate::Refused(stage) if !broken => *stage,
        Fate::Queued if !broken => Stage::Startup,
        _ => Stage::Config,
    };
    let stages: Vec<Stage> = fates.iter().map(stage).collect();
    let first = stages.first().copied().unwrap_or(Stage::Config);
    let same = stages.iter().all(|stage| *stage == first);
    Some(whole::stops(if same { first } else { Stage::Config }, true))
}

/// `redis 6.0 to 6.2`
fn range((from, to): (&Series, &Series)) -> String {
    if from.series == to.series {
        return from.name();
    }
    format!("{} to {}", from.name(), to.series)
}

/// The arguments without a trailing comment; an empty word in the quotes that it needs.
fn meant(line: &RawLine) -> String {
    let words = line.words.iter().take(line.meant).skip(1);
    let words: Vec<_> = words
        .map(|word| match word.text.as_str() {
            "" => "\"\"",
            text => text,
        })
        .collect();
    words.join(" ")
}

fn first(readings: Vec<Reading>) -> Reading {
    let first = readings.into_iter().next();
    first.unwrap_or_else(|| plain(Problem::None, None))
}

fn plain(problem: Problem, error: Option<&str>) -> Reading {
    Reading {
        problem,
        fate: Fate::Taken,
        error: error.map(str::to_owned),
        accepted: None,
        datum: None,
        clears: false,
        unknown_names: Vec::new(),
    }
}
