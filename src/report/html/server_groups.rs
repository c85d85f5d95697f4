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

    /// How many faults of this severity it has: one that its copies repeat counts once.
    pub(super) fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter().filter(|f| f.severity == severity);
        let faults: BTreeSet<(&str, &str)> = findings
            .map(|finding| (finding.rule.as_str(), finding.message.as_str()))
            .collect();
        faults.len()
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
    let places = Whereabouts::of(&groups);
    for finding in report.shown_findings() {
        for at in places.find_concerned(report, finding) {
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

/// Which groups stand where: a report may hold thousands of findings about hundreds of servers.
struct Whereabouts<'a> {
    /// By the path and line of a value that is written for them.
    lines: BTreeMap<(&'a str, usize), BTreeSet<usize>>,
    /// By their name and the path of their own file.
    files: BTreeMap<(&'a str, &'a str), BTreeSet<usize>>,
    names: BTreeMap<&'a str, BTreeSet<usize>>,
}

impl<'a> Whereabouts<'a> {
    fn of(groups: &[ServerGroup<'a>]) -> Self {
        let mut places = Self {
            lines: BTreeMap::new(),
            files: BTreeMap::new(),
            names: BTreeMap::new(),
        };
        for (at, group) in groups.iter().enumerate() {
            let servers = group.servers.iter().copied();
            servers.for_each(|server| places.add(at, server));
        }
        places
    }

    fn add(&mut self, at: usize, server: &'a ServerView) {
        self.names.entry(&server.name).or_default().insert(at);
        let file = (server.name.as_str(), server.path.as_str());
        self.files.entry(file).or_default().insert(at);
        let written = server
            .conf
            .values()
            .filter(|value| value.state != "default");
        for place in written.filter_map(|value| value.path.as_deref().zip(value.line)) {
            self.lines.entry(place).or_default().insert(at);
        }
    }

    /// The groups that a finding is about: those that stand where it stands, and where none does,
    /// those of its server's name. Servers of one name in different files stay apart that way.
    fn find_concerned(&self, report: &Report, finding: &Finding) -> BTreeSet<usize> {
        let copies = finding.also.iter().map(|copy| (&copy.subject, copy.at));
        let faults = std::iter::once((&finding.subject, finding.primary)).chain(copies);
        let (mut near, mut named) = (BTreeSet::new(), BTreeSet::new());
        for (subject, at) in faults {
            let (path, line) = (report.sources.path(at), report.sources.start(at).line);
            let name = subject.name.as_str();
            near.extend(self.files.get(&(name, path)).into_iter().flatten());
            near.extend(self.lines.get(&(path, line)).into_iter().flatten());
            if subject.kind == "server" {
                named.extend(self.names.get(name).into_iter().flatten());
            }
        }
        if named.is_empty() {
            return near;
        }
        // A line may be written for several servers, of which the finding names one.
        let both: BTreeSet<usize> = near.intersection(&named).copied().collect();
        if both.is_empty() { named } else { both }
    }
}
