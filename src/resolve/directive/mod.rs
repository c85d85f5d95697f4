//! Directive subjects: each written line as its server would read it, with what is wrong with it.
//!
//! A line is judged by every plausible series; where they disagree its problem is unknown. Which
//! problems matter, and how much, is for the rules.

mod line_interactions;
mod plaintext_secret;
pub(super) mod secret_origin;
mod unknown_name;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::effective_config::EffectiveConfig;
use crate::facts::fact_path::DirectiveFact;
use crate::facts::raw::{LineForm, RawLine};
use crate::facts::value::FactValue;
use crate::facts::words::LineConsequence;
use crate::facts::{Datum, EditTarget, RelatedSubject, Subject, SubjectKind, TextEncoding};
use crate::knowledge::servers::language::StopStage;
use crate::knowledge::servers::{DirectiveSpec, RepeatRule, ServerKnowledge, SpecialParser};
use crate::knowledge::shapes::DeploymentShapes;
use crate::resolve::config_session::stops;
use crate::resolve::config_transcript::ConfigTranscript;
use crate::resolve::line::{self, DirectiveReading, LineOutcome, LineProblem};
use crate::source::secret_words::mask_secrets;
use crate::source::{MASK, Sources, path};

pub(in crate::resolve) use line_interactions::ConflictFacts;
use plaintext_secret::place;

/// The lines of one text, in the order in which the server reads them.
pub struct TextLines<'a> {
    /// The text's name: `deploy/redis.conf`, `ConfigMap/cache key redis.conf`.
    pub name: &'a str,
    pub path: &'a str,
    /// The object that holds the text exists to keep secrets.
    pub keeps_secrets: bool,
    pub lines: &'a [RawLine],
}

/// What lines are judged by.
pub struct LineJudge<'a> {
    pub servers: &'a ServerKnowledge,
    pub shapes: &'a DeploymentShapes,
    pub sources: &'a Sources,
    /// Why a name that no table has may be known to the server all the same.
    pub open: Option<&'a Cause>,
    /// The version that the lines are read as: `redis 7.2.6`.
    pub release: String,
    /// The configuration loads a module, whose settings are not covered.
    pub loads_modules: bool,
    /// The server is older than every series that is known.
    pub older: bool,
    /// What the plausible series make of the server's whole configuration, and its values.
    pub transcript: &'a ConfigTranscript<'a>,
    pub effective: &'a EffectiveConfig,
}

/// One subject a line.
pub fn subjects(
    text: &TextLines<'_>,
    judge: &LineJudge<'_>,
    server: &RelatedSubject,
) -> Vec<Subject> {
    let mut earlier: BTreeMap<String, &RawLine> = BTreeMap::new();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let mut subjects = Vec::new();
    for line in text.lines {
        let Some(name) = line.words.first() else {
            subjects.push(refuse_by_tokenizer(text, line, server));
            continue;
        };
        let mut subject = judge.subject(text, line, &name.text);
        let count = times.entry(name.text.to_ascii_lowercase()).or_default();
        *count += 1;
        subject.identity = format!("{}#{}#{count}", text.name, name.text.to_ascii_lowercase());
        if let Some(first) = judge.find_replaced(line, &mut earlier) {
            subject.put(DirectiveFact::First, judge.arguments(first));
        }
        subject.server = Some(server.clone());
        subjects.push(subject);
    }
    subjects
}

fn refuse_by_tokenizer(text: &TextLines<'_>, line: &RawLine, server: &RelatedSubject) -> Subject {
    let mut subject = Subject::new(SubjectKind::Directive, text.name, text.path, line.span);
    subject.put(
        DirectiveFact::Problem,
        problem_value(LineProblem::SyntaxError, line),
    );
    put_text(&mut subject, DirectiveFact::Error, line.error, line);
    subject.server = Some(server.clone());
    subject
}

/// A line's problem with what a series makes of it, or why it cannot be told.
type JudgedLine<'r> = Result<(LineProblem, Option<&'r DirectiveReading>), Cause>;

/// Why little is known of a server without a table.
pub(in crate::resolve) fn older() -> Cause {
    Cause::Server("its version is older than every version that is known")
}

fn problem_value(problem: LineProblem, line: &RawLine) -> FactValue {
    FactValue::set(problem, line.span)
}

fn put_text(
    subject: &mut Subject,
    fact: DirectiveFact,
    text: Option<impl Into<String>>,
    line: &RawLine,
) {
    if let Some(text) = text {
        subject.put(fact, FactValue::set(text.into(), line.span));
    }
}

/// A word among the values of an option that was meant as a file or as another option. Of an option
/// only its name is given: what stands behind that may be secret.
fn find_swallowed(line: &RawLine) -> Option<&str> {
    let is_argument = line.form == LineForm::Argument;
    let values = line.words.iter().skip(1).filter(|_| is_argument);
    let mut words = values.filter_map(|value| value.text.split_ascii_whitespace().next());
    words.find(|word| word.starts_with("--") || path::is_conf(word))
}

impl LineJudge<'_> {
    fn subject(&self, text: &TextLines<'_>, line: &RawLine, name: &str) -> Subject {
        let label = format!("{}: {name}", text.name);
        let mut subject = Subject::new(SubjectKind::Directive, label, text.path, line.span);
        self.put_words(&mut subject, line, name);
        match self.settle_problem(self.problem(line, name)) {
            Ok((problem, reading)) => {
                subject.put(DirectiveFact::Problem, problem_value(problem, line));
                let error = reading.map_or(line.error, |reading| reading.error.as_deref());
                let error = error.map(|error| self.mask_error(line, error));
                put_text(&mut subject, DirectiveFact::Error, error, line);
                let accepted = reading.and_then(|reading| reading.accepted.as_ref());
                put_text(&mut subject, DirectiveFact::Accepted, accepted, line);
                if problem != LineProblem::None {
                    self.put_consequence(&mut subject, problem, line);
                    put_text(
                        &mut subject,
                        DirectiveFact::Swallowed,
                        find_swallowed(line),
                        line,
                    );
                }
                if matches!(problem, LineProblem::UnknownDirective) {
                    self.put_candidates(&mut subject, line, name);
                }
                if matches!(problem, LineProblem::UnsupportedDirective) {
                    self.put_history(&mut subject, line, name);
                }
                if matches!(
                    problem,
                    LineProblem::MisreadValue | LineProblem::ClampedValue
                ) {
                    let datum = reading.and_then(|reading| reading.datum.as_ref());
                    self.put_effective(&mut subject, line, name, datum);
                }
            }
            Err(reason) => subject.put(DirectiveFact::Problem, FactValue::unknown(reason)),
        }
        self.put_plaintext_secret(&mut subject, text, line, name);
        self.put_beside_others(&mut subject, line, name);
        if line.form == LineForm::Runtime {
            subject.put(DirectiveFact::Settable, self.settable(line, name));
        }
        subject.put(
            DirectiveFact::ServerVersion,
            FactValue::from_derived(self.release.clone()),
        );
        subject
    }

    /// Whether a running server lets the directive be changed.
    fn settable(&self, line: &RawLine, name: &str) -> FactValue {
        let directives = self
            .transcript
            .series
            .iter()
            .map(|series| series.directive(name));
        let answers: BTreeSet<_> = directives.map(|d| d.map(|d| d.mutable)).collect();
        match answers.iter().collect::<Vec<_>>()[..] {
            [Some(settable)] => FactValue::set(*settable, line.span),
            // A name that the version does not know is another fault.
            [None] => FactValue::absent(),
            _ => FactValue::unknown(Cause::version()),
        }
    }

    /// What the line means beside the other lines of its server.
    fn put_beside_others(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        subject.put(DirectiveFact::IdleBecause, self.idle_because(line, name));
        let found = ConflictFacts::of(line, self.transcript);
        subject.put(DirectiveFact::Conflict, found.conflict);
        if let Some(with) = found.with {
            subject.put(DirectiveFact::ConflictWith, with);
        }
        put_text(
            subject,
            DirectiveFact::ConflictConsequence,
            found.consequence,
            line,
        );
    }

    /// What the server is left with, where every plausible series shows the same.
    fn put_effective(
        &self,
        subject: &mut Subject,
        line: &RawLine,
        name: &str,
        datum: Option<&Datum>,
    ) {
        if self.is_secret(line) {
            return;
        }
        let shown: BTreeSet<String> = self
            .transcript
            .series
            .iter()
            .filter_map(|series| Some(line::format_config_get(series.directive(name)?, datum)))
            .collect();
        if shown.len() == 1 {
            put_text(
                subject,
                DirectiveFact::Effective,
                shown.into_iter().next(),
                line,
            );
        }
    }

    fn put_words(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        let name_span = line.words[0].span;
        let rename = EditTarget::Replace {
            span: name_span,
            encoding: TextEncoding::ConfWords,
        };
        subject.put(
            DirectiveFact::Name,
            FactValue::set(name.to_owned(), name_span).with_slot(rename),
        );
        let canonical = self.directive(name).map(|d| d.name.clone());
        let old_name = canonical
            .as_ref()
            .filter(|canonical| !canonical.eq_ignore_ascii_case(name));
        put_text(subject, DirectiveFact::Replacement, old_name, line);
        put_text(subject, DirectiveFact::Canonical, canonical, line);
        let shown = self.format_args(line);
        let words = shown
            .split_whitespace()
            .map(|w| Datum::Text(w.to_owned()))
            .collect();
        subject.put(
            DirectiveFact::Args,
            FactValue::set(Datum::List(words), place(line)),
        );
        let value = self.arguments(line).with_slot(line.slot.clone());
        subject.put(DirectiveFact::Value, value);
        if let Some(comment) = self.comment(line, name) {
            subject.put(DirectiveFact::TrailingComment, comment);
        }
    }

    /// The words behind the value. Behind a secret a mark without a blank after it may begin a part
    /// of the secret (a password's hash): then nothing shows it, and no fix repeats it.
    fn comment(&self, line: &RawLine, name: &str) -> Option<FactValue> {
        let span = line.trailing_comment?;
        let words: Vec<_> = line.words[line.argument_count..]
            .iter()
            .map(|w| w.text.as_str())
            .collect();
        let mark = words.first().copied().unwrap_or_default();
        if self.servers.is_secret(name) && !mark.bytes().all(|b| b == b'#') {
            let mut value =
                FactValue::set_unknown(Cause::Server("it may be a part of the secret"), span);
            value.secret = true;
            return Some(value);
        }
        Some(FactValue::set(words.join(" "), span))
    }

    /// The arguments as a fact. A secret stays what it is, so that two can be compared; it is marked
    /// never to be shown.
    fn arguments(&self, line: &RawLine) -> FactValue {
        let mut value = FactValue::set(format_meant(line), place(line));
        value.secret = self.is_secret(line);
        value
    }

    /// The arguments that a person meant, masked where they are secret.
    fn format_args(&self, line: &RawLine) -> String {
        let text = format_meant(line);
        let Some(name) = line.words.first().map(|word| word.text.as_str()) else {
            return text;
        };
        if self.servers.is_secret(name) && !text.is_empty() {
            return MASK.to_owned();
        }
        // The words beside a secret stay: a rule asks which command a line renames.
        let masked = mask_secrets(&format!("{name} {text}"));
        let arguments = masked
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(' '));
        arguments.map_or_else(|| MASK.to_owned(), str::to_owned)
    }

    /// What the server prints, without the words of a line that holds secrets: its first word names
    /// what the line is about.
    fn mask_error(&self, line: &RawLine, error: &str) -> String {
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
        name.is_some_and(|name| self.servers.is_secret(&name.text)) || line.looks_secret()
    }

    /// The directive that a name stands for, in the first plausible series that knows it.
    fn directive(&self, name: &str) -> Option<&DirectiveSpec> {
        let mut series = self.transcript.series.iter();
        series.find_map(|series| series.directive(name))
    }

    /// What a line is called in a server that no table is of is not known.
    fn settle_problem<'r>(&self, problem: JudgedLine<'r>) -> JudgedLine<'r> {
        let hangs_on_names = |problem| {
            matches!(
                problem,
                LineProblem::UnknownDirective
                    | LineProblem::UnsupportedDirective
                    | LineProblem::DeprecatedDirective
                    | LineProblem::IneffectiveDirective
            )
        };
        match problem {
            Ok((problem, _)) if self.older && hangs_on_names(problem) => Err(older()),
            problem => problem,
        }
    }

    /// The one problem of the line with what the first series makes of it, or why it cannot be told.
    fn problem(&self, line: &RawLine, name: &str) -> JudgedLine<'_> {
        let series = self.transcript.series;
        let taking = series.iter().filter(|s| s.language.adjacent_quotes).count();
        if line.text_after_quote && (1..series.len()).contains(&taking) {
            return Err(Cause::VersionDependent {
                releases: None,
                outcomes: vec![
                    LineProblem::SyntaxError.as_str(),
                    LineProblem::None.as_str(),
                ],
            });
        }
        if line.error.is_some() && (!line.text_after_quote || taking == 0) {
            return Ok((LineProblem::SyntaxError, None));
        }
        if let Some(placeholder) = line
            .words
            .iter()
            .take(line.argument_count)
            .find_map(|word| word.unresolved.as_ref())
            // It is a line that the server may read.
            .filter(|placeholder| **placeholder != Cause::Alternative)
        {
            return Err(placeholder.clone());
        }
        let readings = self
            .transcript
            .in_context(line, self.transcript.alone(line));
        let first = readings.first().copied();
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
        let all_unknown = problems.iter().all(|p| *p == LineProblem::UnknownDirective);
        let is_kept = |reading: &&DirectiveReading| reading.outcome == LineOutcome::Queued;
        if all_unknown && readings.iter().any(is_kept) && self.may_be_a_modules(name) {
            return Err(Cause::ModuleSetting(name.to_owned()));
        }
        if let (true, Some(open)) = (all_unknown && !self.is_a_slip(name), self.open) {
            return Err(open.clone());
        }
        if all_unknown
            && self
                .servers
                .all()
                .any(|series| series.directive(name).is_some())
        {
            return Ok((LineProblem::UnsupportedDirective, first));
        }
        if line.trailing_comment.is_some() && !all_unknown {
            return Ok((
                LineProblem::TrailingComment,
                self.whole(line).first().copied(),
            ));
        }
        if problems.len() > 1 {
            return Err(Cause::VersionDependent {
                releases: None,
                outcomes: problems.iter().map(|problem| problem.as_str()).collect(),
            });
        }
        Ok((
            first.map_or(LineProblem::None, |reading| reading.problem),
            first,
        ))
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

    /// What each plausible series makes of all words of the line where it stands.
    fn whole(&self, line: &RawLine) -> Vec<&DirectiveReading> {
        self.transcript
            .in_context(line, self.transcript.whole(line))
    }

    /// What the server does with the line.
    fn put_consequence(&self, subject: &mut Subject, problem: LineProblem, line: &RawLine) {
        let readings = self.whole(line);
        let found = if problem == LineProblem::TrailingComment && self.is_no_address(line) {
            Some((LineConsequence::NoStart, stops(StopStage::Startup, false)))
        } else if readings.iter().all(|reading| reading.says_nothing()) {
            Some((LineConsequence::Ignored, "ignores the line"))
        } else {
            let outcomes: Vec<_> = readings.iter().map(|reading| reading.outcome).collect();
            consequence(&outcomes, problem == LineProblem::SyntaxError, line.form)
        };
        let outcome = match found {
            Some((outcome, _)) => FactValue::set(outcome, line.span),
            None => FactValue::unknown(Cause::version()),
        };
        subject.put(DirectiveFact::Outcome, outcome);
        let text = found.map(|(_, text)| text);
        put_text(subject, DirectiveFact::Consequence, text, line);
    }

    /// Addresses are looked up when a port is opened: the words of a comment are none, and the server
    /// gives up.
    fn is_no_address(&self, line: &RawLine) -> bool {
        let name = line.words.first().map(|word| word.text.as_str());
        let directive = name.and_then(|name| self.directive(name));
        let opens = |port: &String| {
            let value = self.effective.get(port).and_then(FactValue::number);
            value.is_some_and(|number| number != 0.0)
        };
        directive.is_some_and(|directive| directive.form == Some(SpecialParser::Addresses))
            && self.shapes.servers.access.ports.iter().any(opens)
    }

    /// The earlier line of this text that the line silently replaces, if its directive is one that
    /// the last line wins.
    fn find_replaced<'l>(
        &self,
        line: &'l RawLine,
        earlier: &mut BTreeMap<String, &'l RawLine>,
    ) -> Option<&'l RawLine> {
        let name = &line.words.first()?.text;
        if line.is_alternative() {
            return None;
        }
        let directive = self.directive(name)?;
        if directive.repeat != RepeatRule::LastWins {
            return None;
        }
        earlier.insert(directive.name.clone(), line)
    }
}

/// What becomes of the server, and in words, where every plausible series agrees as far as that.
fn consequence(
    outcomes: &[LineOutcome],
    broken: bool,
    form: LineForm,
) -> Option<(LineConsequence, &'static str)> {
    let taken = |outcome: &LineOutcome| *outcome == LineOutcome::Taken && !broken;
    if outcomes.iter().all(taken) {
        return Some((LineConsequence::Taken, "takes them"));
    }
    if outcomes.iter().any(taken) {
        return None;
    }
    if form == LineForm::Runtime {
        return Some((LineConsequence::NotSet, "refuses the CONFIG SET"));
    }
    let stage = |outcome: &LineOutcome| match outcome {
        LineOutcome::Refused(stage) if !broken => *stage,
        LineOutcome::Queued if !broken => StopStage::Startup,
        _ => StopStage::Config,
    };
    let stages: Vec<StopStage> = outcomes.iter().map(stage).collect();
    let first = stages.first().copied().unwrap_or(StopStage::Config);
    let same = stages.iter().all(|stage| *stage == first);
    let stage = if same { first } else { StopStage::Config };
    Some((LineConsequence::NoStart, stops(stage, true)))
}

/// The arguments without a trailing comment; an empty word in the quotes that it needs.
fn format_meant(line: &RawLine) -> String {
    let words = line.words.iter().take(line.argument_count).skip(1);
    let words: Vec<_> = words
        .map(|word| match word.text.as_str() {
            "" => "\"\"",
            text => text,
        })
        .collect();
    words.join(" ")
}
