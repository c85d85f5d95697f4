//! What another version makes of a server's configuration: lines that it refuses, calls otherwise,
//! ignores or reads otherwise, and defaults that are not written and change.
//!
//! A view of two transcripts: both versions read the same steps by the same code as everything else here.

use crate::facts::ValueState;
use crate::facts::linked::LinkedFacts;
use crate::facts::raw::{RawFacts, RawLine};
use crate::facts::vocabulary::FactType;
use crate::knowledge::servers::{DirectiveSpec, DirectiveStatus, ServerSeries};
use crate::resolve::config_transcript::ConfigTranscript;
use crate::resolve::directive::ConflictFacts;
use crate::resolve::line::{self, DirectiveReading};
use crate::resolve::server::{ServerContext, ServerResolver};
use crate::source::{MASK, Span};

/// What happens to a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// The name is not known any more.
    Removed,
    /// The line is not accepted any more.
    Refused,
    /// The same value under the same name comes to something else.
    Meaning,
    /// Accepted without effect.
    Ignored,
    /// Known under another name.
    Renamed,
    /// It is not written, and its default differs.
    Default,
    /// It cannot read the data that is there.
    Data,
    /// It can, and the other one cannot read what it then writes.
    Rollback,
}

impl ChangeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Refused => "refused",
            Self::Meaning => "meaning",
            Self::Ignored => "ignored",
            Self::Renamed => "renamed",
            Self::Default => "default",
            Self::Data => "data",
            Self::Rollback => "rollback",
        }
    }

    /// The server would not start, or not with its data.
    pub fn breaks(self) -> bool {
        matches!(self, Self::Removed | Self::Refused | Self::Data)
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct UpgradeChange {
    pub kind: ChangeKind,
    pub directive: String,
    /// Where it is written, if it is.
    pub at: Option<Span>,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Both are sizes in bytes.
    pub is_size: bool,
    pub message: String,
}

/// What changes for one server.
#[derive(Clone, Debug)]
pub struct UpgradeChanges {
    pub name: String,
    pub namespace: Option<String>,
    pub anchor: Span,
    pub not_visible: Vec<String>,
    pub changes: Vec<UpgradeChange>,
}

/// The changes of every server of a universe from one series to another.
pub fn upgrades(
    raw: &RawFacts,
    linked: &LinkedFacts,
    knowledge: &ServerContext<'_>,
    (from, to): (&ServerSeries, &ServerSeries),
) -> Vec<UpgradeChanges> {
    linked
        .servers
        .iter()
        .map(|server| {
            let resolver = ServerResolver::new(raw, server, knowledge);
            let (old, new) = ([from], [to]);
            let comparison = Comparison {
                resolver: &resolver,
                from,
                to,
                old: resolver.transcript(&old),
                new: resolver.transcript(&new),
            };
            UpgradeChanges {
                name: resolver.name().to_owned(),
                namespace: resolver.deployed.and_then(|s| s.namespace.clone()),
                anchor: resolver.anchor(),
                not_visible: resolver.not_visible(),
                changes: comparison.changes(),
            }
        })
        .collect()
}

pub(super) struct Comparison<'a> {
    pub(super) resolver: &'a ServerResolver<'a>,
    pub(super) from: &'a ServerSeries,
    pub(super) to: &'a ServerSeries,
    pub(super) old: ConfigTranscript<'a>,
    new: ConfigTranscript<'a>,
}

impl Comparison<'_> {
    fn changes(&self) -> Vec<UpgradeChange> {
        let lines = || self.old.step_lines();
        let mut changes: Vec<UpgradeChange> = lines().filter_map(|line| self.line(line)).collect();
        changes.extend(lines().filter_map(|line| self.conflict(line)));
        changes.extend(self.defaults());
        changes.extend(self.data());
        changes
    }

    fn line(&self, line: &RawLine) -> Option<UpgradeChange> {
        let name = line.words.first()?;
        let placeholders = line.words.iter().any(|word| word.unresolved.is_some());
        if placeholders || line.error.is_some() {
            return None;
        }
        let (before, after) = (self.old.whole(line).next()?, self.new.whole(line).next()?);
        let old = self.from.directive(&name.text)?;
        if !before.is_taken() {
            return None;
        }
        let (kind, message) = self.kind(old, &name.text, before, after)?;
        let values = kind == ChangeKind::Meaning && !old.is_secret() && !line.looks_secret();
        let shown = |series: &ServerSeries, reading: &DirectiveReading| {
            let directive = series.directive(&name.text)?;
            values.then(|| line::format_config_get(directive, reading.datum.as_ref()))
        };
        Some(UpgradeChange {
            kind,
            directive: name.text.clone(),
            at: Some(line.span),
            before: shown(self.from, before),
            after: shown(self.to, after),
            is_size: old.value_type() == FactType::Size,
            message,
        })
    }

    fn kind(
        &self,
        old: &DirectiveSpec,
        name: &str,
        before: &DirectiveReading,
        after: &DirectiveReading,
    ) -> Option<(ChangeKind, String)> {
        let to = self.to.name();
        let Some(new) = self.to.directive(name) else {
            let instead = self
                .resolver
                .knowledge
                .servers
                .replacement(self.to, name)
                .map_or(String::new(), |name| format!("; use `{name}`"));
            return Some((
                ChangeKind::Removed,
                format!("{to} does not support `{name}`{instead}"),
            ));
        };
        if !after.is_taken() {
            let error = after.error.as_deref().unwrap_or_default();
            return Some((
                ChangeKind::Refused,
                format!("{to} rejects the line: {error}"),
            ));
        }
        if new.status == DirectiveStatus::Ignored && old.status != DirectiveStatus::Ignored {
            return Some((ChangeKind::Ignored, format!("{to} accepts and ignores it")));
        }
        let shown = |directive: &DirectiveSpec, reading: &DirectiveReading| {
            line::format_config_get(directive, reading.datum.as_ref())
        };
        if shown(old, before) != shown(new, after) {
            return Some((
                ChangeKind::Meaning,
                format!("{to} interprets the value differently"),
            ));
        }
        let renamed = old.name == name.to_ascii_lowercase() && new.name != old.name;
        renamed.then(|| (ChangeKind::Renamed, format!("{to} calls it `{}`", new.name)))
    }

    /// A line that only the newer version refuses beside another one.
    fn conflict(&self, line: &RawLine) -> Option<UpgradeChange> {
        let name = line.words.first()?;
        let found = ConflictFacts::of(line, &self.new);
        let error = found.with.and(found.conflict.text().map(str::to_owned))?;
        if ConflictFacts::of(line, &self.old).with.is_some() {
            return None;
        }
        Some(UpgradeChange {
            kind: ChangeKind::Refused,
            directive: name.text.clone(),
            at: Some(line.span),
            before: None,
            after: None,
            is_size: false,
            message: format!(
                "{} rejects it together with another line: {error}",
                self.to.name()
            ),
        })
    }

    /// Defaults that hold for this server and change.
    fn defaults(&self) -> Vec<UpgradeChange> {
        let effective = self.resolver.effective(&self.old);
        let unwritten = effective.iter().filter(|(_, value)| {
            matches!(value.state, ValueState::Default(_) | ValueState::Absent)
                && value.overrides.is_empty()
        });
        unwritten
            .filter_map(|(name, _)| {
                let (old, new) = (self.from.directive(name)?, self.to.directive(name)?);
                let shown = |directive: &DirectiveSpec| {
                    line::format_config_get(directive, line::default_of(directive).as_ref())
                };
                let (before, after) = (shown(old), shown(new));
                let gone = new.status == DirectiveStatus::Ignored;
                (before != after && !gone).then(|| UpgradeChange {
                    kind: ChangeKind::Default,
                    directive: new.name.clone(),
                    at: None,
                    before: Some(mask_value(old, before)),
                    after: Some(mask_value(new, after)),
                    is_size: new.value_type() == FactType::Size,
                    message: "not set; the default changes".to_owned(),
                })
            })
            .collect()
    }
}

fn mask_value(directive: &DirectiveSpec, text: String) -> String {
    if directive.is_secret() {
        return MASK.to_owned();
    }
    text
}
