//! What another version makes of the data that a server keeps: dumps and logs that it cannot read, and
//! ways back that are closed once it has written its own.

use crate::facts::fact_path::ServerFact;
use crate::facts::{Datum, FactValue, Subject};
use crate::knowledge::servers::{AofForm, DataFormat};
use crate::resolve::server::upgrade::{ChangeKind, Comparison, UpgradeChange};

/// What a server keeps, by its configuration and its deployment.
struct KeptData {
    logs: bool,
    saves: bool,
    /// Its data directory is on nothing that outlives it.
    is_lost: bool,
}

impl Comparison<'_> {
    /// The changes of the data's formats.
    pub(super) fn data(&self) -> Vec<UpgradeChange> {
        let servers = self.resolver.knowledge.servers;
        let (Some(from), Some(to)) = (servers.data_format(self.from), servers.data_format(self.to))
        else {
            return Vec::new();
        };
        let kept = self.find_kept_data();
        if kept.is_lost || !(kept.logs || kept.saves) {
            return Vec::new();
        }
        let log = self.other_log(from, to).filter(|_| kept.logs);
        // A server with a log reads nothing else at start: what it does not find it does not refuse.
        if let Some(change) = log
            .as_ref()
            .filter(|change| change.kind == ChangeKind::Data)
        {
            return vec![change.clone()];
        }
        let found = [self.unreadable(from, to), self.no_way_back(from, to), log];
        found.into_iter().flatten().collect()
    }

    fn unreadable(&self, from: &DataFormat, to: &DataFormat) -> Option<UpgradeChange> {
        if to.reads(from.writes) {
            return None;
        }
        let hint = to.hint.as_ref().map(|hint| format!("; {hint}"));
        Some(self.change(
            ChangeKind::Data,
            format!(
                "{} writes RDB version {}, {} reads {}: it refuses to start with this data{}",
                self.from.name(),
                from.writes,
                self.to.name(),
                to.read_versions(),
                hint.unwrap_or_default()
            ),
        ))
    }

    fn no_way_back(&self, from: &DataFormat, to: &DataFormat) -> Option<UpgradeChange> {
        // Where the way there is closed nothing is to be said of the way back.
        if from.reads(to.writes) || !to.reads(from.writes) {
            return None;
        }
        Some(self.change(
            ChangeKind::Rollback,
            format!(
                "{} writes RDB version {}, {} reads {}: once it has saved, there is no way back with this data; keep a copy",
                self.to.name(),
                to.writes,
                self.from.name(),
                from.read_versions()
            ),
        ))
    }

    fn other_log(&self, from: &DataFormat, to: &DataFormat) -> Option<UpgradeChange> {
        let (kind, message) = match (from.aof, to.aof) {
            (AofForm::File, AofForm::Folder) => (
                ChangeKind::Rollback,
                format!(
                    "{} moves the AOF into a folder at its first start; {} does not look there and would start empty: keep a copy",
                    self.to.name(),
                    self.from.name()
                ),
            ),
            (AofForm::Folder, AofForm::File) => (
                ChangeKind::Data,
                format!(
                    "{} keeps the AOF in a folder, {} looks for a single file: it starts empty",
                    self.from.name(),
                    self.to.name()
                ),
            ),
            _ => return None,
        };
        Some(self.change(kind, message))
    }

    /// A change of the whole server's data.
    fn change(&self, kind: ChangeKind, message: String) -> UpgradeChange {
        UpgradeChange {
            kind,
            directive: self
                .resolver
                .knowledge
                .shapes
                .servers
                .data_directory
                .clone(),
            at: None,
            before: None,
            after: None,
            is_size: false,
            message,
        }
    }

    fn find_kept_data(&self) -> KeptData {
        let subject = self.subject();
        let names = &self.resolver.knowledge.shapes.servers.persistence;
        let is_yes = |value: &FactValue| value.text() == Some("yes");
        let has_points = |value: &FactValue| !matches!(value.known_datum(), Some(Datum::List(points)) if points.is_empty());
        let storage = subject
            .fact(ServerFact::StorageKind)
            .and_then(FactValue::text);
        KeptData {
            logs: subject.conf(&names.log).is_some_and(is_yes),
            saves: subject.conf(&names.snapshots).is_some_and(has_points),
            is_lost: matches!(storage, Some("none" | "ephemeral")),
        }
    }

    fn subject(&self) -> Subject {
        let resolver = self.resolver;
        let effective = resolver.effective(&self.old);
        resolver.server(effective, &self.old)
    }
}
