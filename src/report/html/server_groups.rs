//! The servers that are really different: copies of one server in rendered files and overlays are one
//! group, with the findings about any of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{EstateView, Finding, Report, ServerView, Severity};

/// Servers that are alike in all but where they stand.
pub(super) struct ServerGroup<'a> {
    pub(super) servers: Vec<&'a ServerView>,
    /// Those that are shown, in the report's order.
    pub(super) findings: Vec<&'a Finding>,
}

impl<'a> ServerGroup<'a> {
    /// The one that speaks for all.
    pub(super) fn first(&self) -> &'a ServerView {
        self.servers[0]
    }

    /// The worst finding; of equals the first.
    pub(super) fn worst(&self) -> Option<&'a Finding> {
        let worst = self.findings.iter().map(|finding| finding.severity).max()?;
        let mut findings = self.findings.iter();
        findings.find(|f| f.severity == worst).copied()
    }

    pub(super) fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings.filter(|f| f.severity == severity).count()
    }

    /// How many files the copies stand in: an overlay's folder counts as one.
    pub(super) fn places(&self) -> BTreeSet<&'a str> {
        let place = |server: &&'a ServerView| server.made_in.as_deref().unwrap_or(&server.path);
        self.servers.iter().map(place).collect()
    }
}

/// The groups of an estate, the worst first; of equals in the estate's order.
pub(super) fn groups<'a>(report: &'a Report, estate: &'a EstateView) -> Vec<ServerGroup<'a>> {
    let mut groups: Vec<ServerGroup<'a>> = Vec::new();
    let mut known: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for server in &estate.servers {
        let at = *known.entry(likeness(server)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.servers.push(server),
            None => groups.push(ServerGroup {
                servers: vec![server],
                findings: Vec::new(),
            }),
        }
    }
    for finding in report.shown() {
        for at in concerned(report, finding, &groups) {
            groups[at].findings.push(finding);
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(rank(group)));
    groups
}

fn rank(group: &ServerGroup<'_>) -> [usize; 3] {
    [Severity::Error, Severity::Warning, Severity::Info].map(|severity| group.count(severity))
}

/// All that a reader could tell two servers apart by, but for places.
fn likeness(server: &ServerView) -> Vec<String> {
    let word = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut words = vec![
        server.name.clone(),
        word(&server.namespace),
        word(&server.kind),
        word(&server.flavor),
        word(&server.version),
        server.replicas.shown.clone(),
    ];
    let limits = [&server.limits.memory, &server.limits.cpu];
    words.extend(limits.map(|value| format!("{} {}", value.state, value.shown)));
    let written = server
        .conf
        .iter()
        .filter(|(_, value)| value.state != "default");
    words.extend(written.map(|(name, value)| {
        let reason = value.reason.as_deref().unwrap_or_default();
        format!("{name} {} {} {reason}", value.state, value.shown)
    }));
    words
}

/// The groups that a finding is about: by the place where it stands, and where no server is written
/// there, by its name. Copies of one name in different files stay apart that way.
fn concerned(report: &Report, finding: &Finding, groups: &[ServerGroup<'_>]) -> Vec<usize> {
    let sources = &report.sources;
    let copies = finding.also.iter();
    let faults: Vec<_> = std::iter::once((&finding.subject, finding.primary))
        .chain(copies.map(|copy| (&copy.subject, copy.at)))
        .map(|(subject, at)| (subject, sources.path(at), sources.start(at).line))
        .collect();
    let find = |is_about: &dyn Fn(&ServerView) -> bool| -> Vec<usize> {
        let numbered = groups.iter().enumerate();
        let found =
            numbered.filter(|(_, group)| group.servers.iter().any(|server| is_about(server)));
        found.map(|(at, _)| at).collect()
    };
    let is_named = |server: &ServerView| {
        faults
            .iter()
            .any(|(subject, ..)| subject.kind == "server" && subject.name == server.name)
    };
    let stands_there = |server: &ServerView| {
        faults.iter().any(|(subject, path, line)| {
            let written = server.conf.values();
            let is_line = written
                .filter(|value| value.state != "default")
                .any(|value| value.path.as_deref() == Some(*path) && value.line == Some(*line));
            let is_own_file = subject.name == server.name && server.path == *path;
            is_line || is_own_file
        })
    };
    let near = find(&|server| stands_there(server) && (is_named(server) || !is_of_server(finding)));
    if near.is_empty() && is_of_server(finding) {
        return find(&is_named);
    }
    near
}

fn is_of_server(finding: &Finding) -> bool {
    finding.subject.kind == "server"
}
