//! The transcript of a configuration: what every series that may read it makes of each line, and of
//! each directive in the end.
//!
//! In: the steps of a server's configuration in the server's own order, and the series. Each series
//! reads each line once, whatever it says of it. Effective values ([`conf`](super::conf)), the facts of
//! lines ([`directive`](super::directive)), lines that do nothing and what an upgrade changes
//! ([`server`](super::server)) are views of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::facts::raw::{LineForm, RawLine};
use crate::facts::{Cause, Strength, ValueState};
use crate::knowledge::servers::ServerSeries;
use crate::knowledge::servers::language::ServerBuild;
use crate::resolve::config_session::{ConfigSession, GivenConflict, ServerRefusal};
use crate::resolve::directive_state::{Assignment, DirectiveState, has_effect};
use crate::resolve::line::{self, DirectiveReading, LineOutcome};
use crate::source::Span;

/// One thing that happens while the server reads its configuration.
#[derive(Clone, Debug)]
pub enum ConfigStep<'a> {
    /// A line, an argument or a field that a person wrote.
    Line {
        line: &'a RawLine,
        strength: Strength,
        /// The part of the configuration that it belongs to: a file with what it includes, arguments,
        /// fields.
        part: usize,
    },
    /// A line that an operator or image writes by itself; an unknown value has no arguments.
    Generated {
        name: &'a str,
        args: Option<Vec<&'a str>>,
        source: &'a str,
    },
    /// Something that cannot be seen may stand here and set anything.
    Gap { reason: Cause },
    /// A text that cannot be seen is read here.
    Hidden { reason: Cause },
    /// The lines of an included text begin here...
    Opens,
    /// ... and end here.
    Closes,
}

/// What every plausible series makes of a configuration.
pub struct ConfigTranscript<'a> {
    pub series: &'a [&'a ServerSeries],
    build: ServerBuild,
    pub(super) steps: Vec<ConfigStep<'a>>,
    /// By the line itself (two lines may stand in one place): what each series makes of it alone.
    lines: HashMap<*const RawLine, Vec<Rc<LineReadings>>>,
    per_series: Vec<SeriesTranscript>,
}

/// What one series makes of a line by itself.
#[derive(PartialEq)]
struct LineReadings {
    /// Without what a person meant as a comment behind the value.
    meant: DirectiveReading,
    /// With it, where there is such a comment.
    whole: Option<DirectiveReading>,
}

impl LineReadings {
    fn whole(&self) -> &DirectiveReading {
        self.whole.as_ref().unwrap_or(&self.meant)
    }
}

/// What one series makes of all steps.
struct SeriesTranscript {
    /// The directives that lines decide, by canonical name.
    decided: BTreeMap<String, DirectiveState>,
    /// Why the others may be set all the same.
    gap: Option<Cause>,
    /// By the place of a line: what other lines make of it, where they matter.
    interactions: BTreeMap<Span, LineInteraction>,
}

impl SeriesTranscript {
    fn state(&self, series: &ServerSeries, name: &str) -> Option<Cow<'_, DirectiveState>> {
        if let Some(decided) = self.decided.get(name) {
            return Some(Cow::Borrowed(decided));
        }
        // Under another name of it the directive is looked for by itself.
        let directive = series.directive_called(name)?;
        let unset = || DirectiveState::unset(directive, self.gap.as_ref());
        has_effect(directive).then(|| Cow::Owned(unset()))
    }
}

/// What a series makes of a line because of other lines.
#[derive(Default)]
struct LineInteraction {
    /// It reads the line otherwise than by itself.
    reading: Option<DirectiveReading>,
    conflict: Option<LineConflict>,
}

/// Whether a series refuses a line beside another one.
pub(super) enum LineConflict {
    Refused {
        other: Span,
        other_text: String,
        refusal: ServerRefusal,
    },
    Unknown(Cause),
}

impl<'a> ConfigTranscript<'a> {
    /// Lets every series read the steps. `more` are lines that no step may read, such as one that
    /// includes a text: each is read by itself.
    pub fn read(
        steps: Vec<ConfigStep<'a>>,
        more: impl IntoIterator<Item = &'a RawLine>,
        series: &'a [&'a ServerSeries],
        build: ServerBuild,
    ) -> Self {
        let mut transcript = Self {
            series,
            build,
            steps,
            lines: HashMap::new(),
            per_series: Vec::new(),
        };
        let of_steps: Vec<&RawLine> = transcript.step_lines().collect();
        for line in of_steps.into_iter().chain(more) {
            let key = std::ptr::from_ref(line);
            if !transcript.lines.contains_key(&key) {
                transcript.lines.insert(key, transcript.read_alone(line));
            }
        }
        let all = 0..series.len();
        transcript.per_series = all.map(|index| transcript.run(index)).collect();
        transcript
    }

    /// The lines of the steps, in their order.
    pub(super) fn step_lines(&self) -> impl Iterator<Item = &'a RawLine> {
        self.steps.iter().filter_map(|step| match step {
            ConfigStep::Line { line, .. } => Some(*line),
            _ => None,
        })
    }

    fn read_alone(&self, line: &RawLine) -> Vec<Rc<LineReadings>> {
        let mut all: Vec<Rc<LineReadings>> = Vec::new();
        let Some((name, args)) = line.words.split_first() else {
            return all;
        };
        let args: Vec<&str> = args.iter().map(|word| word.text.as_str()).collect();
        let meant = line.argument_count.saturating_sub(1).min(args.len());
        for series in self.series {
            let read = |args: &[&str]| line::read_on(series, self.build, &name.text, args);
            let readings = LineReadings {
                meant: read(&args[..meant]),
                whole: (meant < args.len()).then(|| read(&args)),
            };
            // Most lines are the same to all series: they are kept once.
            let kept = all.last().filter(|last| ***last == readings).cloned();
            all.push(kept.unwrap_or_else(|| Rc::new(readings)));
        }
        all
    }

    /// One series reads all steps, to the end: a check tells of every line that is refused.
    fn run(&self, index: usize) -> SeriesTranscript {
        let mut session = ConfigSession::new(self.series[index], self.build);
        let mut interactions = BTreeMap::new();
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                // In a gap the operator may write again what it generated, so such a value may differ.
                ConfigStep::Gap { reason } => session.values.pass_gap(reason, |directive| {
                    let last = directive.assigned_by.last().map(|at| &self.steps[*at]);
                    matches!(last, Some(ConfigStep::Generated { .. }))
                }),
                ConfigStep::Hidden { reason } => session.values.pass_gap(reason, |_| true),
                ConfigStep::Opens => session.values.open(),
                ConfigStep::Closes => session.values.close(),
                ConfigStep::Line { line, .. } => {
                    if let Some(readings) = self.of_line(line).nth(index) {
                        self.read_line(&mut session, at, line, readings, &mut interactions);
                    }
                }
                ConfigStep::Generated { name, args, source } => {
                    let assignment = match args {
                        Some(args) => {
                            (&line::read_on(session.series, self.build, name, args)).into()
                        }
                        None => Cause::Named {
                            name: source.to_string(),
                            fact: "writes it by itself",
                        }
                        .into(),
                    };
                    session.values.assign(name, assignment, at);
                }
            }
        }
        for found in session.conflicts() {
            if let Some(ConfigStep::Line { line, .. }) = self.steps.get(found.given) {
                let conflict = self.find_conflict(&session, found);
                let interaction: &mut LineInteraction = interactions.entry(line.span).or_default();
                interaction.conflict.get_or_insert(conflict);
            }
        }
        SeriesTranscript {
            decided: session.values.list_decided(),
            gap: session.values.gap().cloned(),
            interactions,
        }
    }

    fn read_line(
        &self,
        session: &mut ConfigSession<'_>,
        at: usize,
        line: &RawLine,
        readings: &LineReadings,
        interactions: &mut BTreeMap<Span, LineInteraction>,
    ) {
        let name = &line.words[0].text;
        if line.words.iter().any(|word| word.unresolved.is_some()) {
            // Its words are not known, but it gives the directive, whatever they come to.
            session.give(at, name);
        } else if session.is_stateful(name) {
            let args = line.words.iter().skip(1).map(|word| word.text.as_str());
            let args: Vec<&str> = args.collect();
            let found = session.read(at, name, &args);
            if found.reading != *readings.whole() {
                let interaction = interactions.entry(line.span).or_default();
                match (found.beside, found.reading.outcome) {
                    (Some(other), LineOutcome::Refused(stage)) => {
                        let refusal = ServerRefusal {
                            stage,
                            line: Some(at),
                            error: found.reading.error.unwrap_or_default(),
                        };
                        interaction.conflict = self.conflict_with(other, None, refusal);
                    }
                    _ => interaction.reading = Some(found.reading),
                }
            }
        } else {
            session.pass(at, name, readings.whole());
        }
        // A line that the server takes for nothing assigns nothing, whatever was meant.
        let reading = match readings.whole() {
            whole if whole.says_nothing() => whole,
            _ => &readings.meant,
        };
        if let Some(assignment) = assignment(session.series, line, reading) {
            session.values.assign(name, assignment, at);
        }
    }

    fn find_conflict(
        &self,
        session: &ConfigSession<'_>,
        GivenConflict {
            conflict,
            given,
            refusal,
        }: GivenConflict<'_>,
    ) -> LineConflict {
        let unknown = || LineConflict::Unknown(Cause::DirectiveNotKnown(conflict.with.clone()));
        // The other one may be a default; then the line is refused by itself.
        let other = session.find_given(&conflict.with).unwrap_or(given);
        let value = conflict.is.as_deref().map(quote_empty);
        let text = value.map(|value| format!("{} {value}", conflict.with));
        let refused = refusal.and_then(|refusal| self.conflict_with(other, text, refusal));
        refused.unwrap_or_else(unknown)
    }

    /// A refusal beside the line of another step; nothing where that step is no line.
    fn conflict_with(
        &self,
        other: usize,
        text: Option<String>,
        refusal: ServerRefusal,
    ) -> Option<LineConflict> {
        let ConfigStep::Line { line, .. } = self.steps.get(other)? else {
            return None;
        };
        let name_and_first = || {
            let words = line.words.iter().take(2).map(|word| word.text.as_str());
            words.collect::<Vec<_>>().join(" ")
        };
        Some(LineConflict::Refused {
            other: line.span,
            other_text: text.unwrap_or_else(name_and_first),
            refusal,
        })
    }

    /// What each series makes of the words before a trailing comment, whatever other lines say.
    pub(super) fn alone(&self, line: &RawLine) -> impl Iterator<Item = &DirectiveReading> {
        self.of_line(line).map(|readings| &readings.meant)
    }

    /// What each series makes of all words of the line, whatever other lines say.
    pub(super) fn whole(&self, line: &RawLine) -> impl Iterator<Item = &DirectiveReading> {
        self.of_line(line).map(LineReadings::whole)
    }

    fn of_line(&self, line: &RawLine) -> impl Iterator<Item = &LineReadings> {
        let readings = self.lines.get(&std::ptr::from_ref(line));
        readings.into_iter().flatten().map(Rc::as_ref)
    }

    /// The reading of each series where the line stands; `alone` gives it where other lines do not
    /// matter.
    pub(super) fn in_context<'r>(
        &'r self,
        line: &RawLine,
        alone: impl Iterator<Item = &'r DirectiveReading>,
    ) -> Vec<&'r DirectiveReading> {
        let found = self.per_series.iter().map(|of| {
            let interaction = of.interactions.get(&line.span);
            interaction.and_then(|found| found.reading.as_ref())
        });
        found
            .zip(alone)
            .map(|(found, alone)| found.unwrap_or(alone))
            .collect()
    }

    /// Whether each series refuses the line beside another one.
    pub(super) fn conflicts(&self, line: &RawLine) -> impl Iterator<Item = Option<&LineConflict>> {
        self.per_series
            .iter()
            .map(|of| of.interactions.get(&line.span)?.conflict.as_ref())
    }

    /// The directives that lines decide in any series, by canonical name.
    pub(super) fn list_decided(&self) -> BTreeSet<&String> {
        let all = self.per_series.iter();
        all.flat_map(|of| of.decided.keys()).collect()
    }

    /// Why directives without a line may be set all the same. The steps are the same for all series,
    /// so this is, too.
    pub(super) fn gap(&self) -> Option<&Cause> {
        self.per_series.first()?.gap.as_ref()
    }

    /// What each series is left with of one directive; nothing where it has no value of that name.
    pub(super) fn states(&self, name: &str) -> Vec<Option<Cow<'_, DirectiveState>>> {
        let all = self.series.iter().zip(&self.per_series);
        all.map(|(series, of)| of.state(series, name)).collect()
    }

    /// The value that the series of this number is left with.
    pub(super) fn state(&self, index: usize, name: &str) -> Option<ValueState> {
        let state = self.per_series[index].state(self.series[index], name)?;
        Some(state.into_owned().state)
    }
}

/// What a line assigns; nothing where its name is not known, or a running server keeps what it has.
fn assignment(
    series: &ServerSeries,
    line: &RawLine,
    meant: &DirectiveReading,
) -> Option<Assignment> {
    let (name, args) = line.words.split_first()?;
    let at_runtime = line.form == LineForm::Runtime;
    let is_mutable = || series.directive(&name.text).is_some_and(|d| d.mutable);
    if name.unresolved.is_some() || at_runtime && !is_mutable() {
        return None;
    }
    let mut args = args.iter().take(line.argument_count.saturating_sub(1));
    match args.find_map(|word| word.unresolved.clone()) {
        Some(reason) => Some(reason.into()),
        None if at_runtime && meant.datum.is_none() => None,
        None => Some(meant.into()),
    }
}

/// An empty word in the quotes that it needs.
fn quote_empty(word: &str) -> &str {
    match word {
        "" => "\"\"",
        word => word,
    }
}
