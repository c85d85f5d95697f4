//! What differs between the servers of two views: which server is compared with which, and which of
//! their values are not the same.
//!
//! A value that one side does not know is undecided, never equal. Secrets are not compared: what is
//! shown of them is the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::finding::{
    DifferenceView, DifferingView, EstateView, PairView, PlaceView, ReportNote, ServerView,
    SidesView, ValueView,
};

/// One side: what a person named, and the servers that it means.
pub struct ComparedSide {
    pub name: String,
    pub servers: Vec<ServerView>,
    pub notes: Vec<ReportNote>,
}

impl ComparedSide {
    /// The servers of a folder or file: those that are written in it, or made by an overlay in it.
    /// A server that an overlay makes of a folder's files is the overlay's.
    pub fn of_path(name: &str, view: EstateView, holds: &dyn Fn(&str) -> bool) -> Self {
        let own = |server: &ServerView| holds(server.made_in.as_ref().unwrap_or(&server.path));
        let servers = view.servers.into_iter().filter(own).collect();
        Self {
            name: name.to_owned(),
            servers,
            notes: view.notes,
        }
    }
}

/// What differs between the servers of two sides.
pub fn difference(a: ComparedSide, b: ComparedSide) -> DifferenceView {
    let pairs = pairs(&a, &b);
    let left = |servers: &[ServerView], taken: &dyn Fn(usize) -> bool| {
        let rest = servers.iter().enumerate().filter(|(at, _)| !taken(*at));
        rest.map(|(_, server)| place(server)).collect()
    };
    let only_a = left(&a.servers, &|at| pairs.iter().any(|pair| pair.a == at));
    let only_b = left(&b.servers, &|at| pairs.iter().any(|pair| pair.b == at));
    let notes: BTreeSet<ReportNote> = a.notes.into_iter().chain(b.notes).collect();
    DifferenceView {
        schema_version: 1,
        a: a.name,
        b: b.name,
        pairs: pairs
            .iter()
            .map(|pair| compare_servers(&a.servers[pair.a], &b.servers[pair.b], pair.evidence))
            .collect(),
        only_a,
        only_b,
        notes: notes.into_iter().collect(),
    }
}

/// Indexes of two servers that are each other's counterpart.
struct ServerPair {
    a: usize,
    b: usize,
    evidence: &'static str,
}

/// What a server is called under some reading of its name.
type NameReading = fn(&ServerView, &ComparedSide) -> Option<String>;

/// Counterparts, the surest first. A name that two servers of a side have decides nothing.
fn pairs(a: &ComparedSide, b: &ComparedSide) -> Vec<ServerPair> {
    let readings: [(NameReading, &str); 4] = [
        (full_name, "the same namespace and name"),
        (
            |server, _| Some(server.name.clone()),
            "the same name in another namespace",
        ),
        (
            core_name,
            "the same name apart from the names of the two compared folders",
        ),
        (
            |server, _| server.name.split_once('/').map(|(kind, _)| kind.to_owned()),
            "the only remaining one of its kind",
        ),
    ];
    if let ([_], [_]) = (&a.servers[..], &b.servers[..]) {
        return vec![ServerPair {
            a: 0,
            b: 0,
            evidence: "the only server on each side",
        }];
    }
    let mut pairs: Vec<ServerPair> = Vec::new();
    for (reading, evidence) in readings {
        let of_a = free(a, &pairs, |pair| pair.a, reading);
        let of_b = free(b, &pairs, |pair| pair.b, reading);
        for (name, a) in of_a {
            if let (Some(a), Some(Some(b))) = (a, of_b.get(&name).copied()) {
                pairs.push(ServerPair { a, b, evidence });
            }
        }
    }
    pairs.sort_by_key(|pair| pair.a);
    pairs
}

/// The servers without a counterpart by their reading; `None` where several have the same.
fn free(
    side: &ComparedSide,
    pairs: &[ServerPair],
    of: fn(&ServerPair) -> usize,
    reading: NameReading,
) -> BTreeMap<String, Option<usize>> {
    let mut found = BTreeMap::new();
    let servers = side.servers.iter().enumerate();
    for (at, server) in servers.filter(|(at, _)| pairs.iter().all(|pair| of(pair) != *at)) {
        if let Some(name) = reading(server, side) {
            found
                .entry(name)
                .and_modify(|first| *first = None)
                .or_insert(Some(at));
        }
    }
    found
}

fn full_name(server: &ServerView, _: &ComparedSide) -> Option<String> {
    let namespace = server.namespace.as_deref().unwrap_or_default();
    Some(format!("{namespace} {}", server.name))
}

/// The name without the words that the side itself is called by: `dev-redis` of `overlays/dev`.
fn core_name(server: &ServerView, side: &ComparedSide) -> Option<String> {
    let (kind, name) = server.name.split_once('/')?;
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words.map(str::to_lowercase).collect()
    };
    let of_side = words(&side.name);
    let kept: Vec<String> = words(name)
        .into_iter()
        .filter(|word| !of_side.contains(word))
        .collect();
    (!kept.is_empty()).then(|| format!("{kind} {}", kept.join(" ")))
}

fn place(server: &ServerView) -> PlaceView {
    PlaceView {
        name: server.name.clone(),
        namespace: server.namespace.clone(),
        path: server.path.clone(),
        line: server.line,
        made_in: server.made_in.clone(),
    }
}

fn compare_servers(a: &ServerView, b: &ServerView, evidence: &'static str) -> PairView {
    let mut tally = DifferenceTally::default();
    for (what, a, b) in about(a, b) {
        tally.put(what, None, a, b);
    }
    let names: BTreeSet<&String> = a.conf.keys().chain(b.conf.keys()).collect();
    for name in names {
        let value = |server: &ServerView| server.conf.get(name).cloned().unwrap_or_else(absent);
        tally.put("conf", Some(name), value(a), value(b));
    }
    PairView {
        a: place(a),
        b: place(b),
        evidence,
        differences: tally.differences,
        undecided: tally.undecided,
        same: tally.same,
        links: SidesView {
            a: a.links.clone(),
            b: b.links.clone(),
        },
        not_visible: SidesView {
            a: a.not_visible.clone(),
            b: b.not_visible.clone(),
        },
    }
}

/// What is said of a server beside its directives.
fn about(a: &ServerView, b: &ServerView) -> Vec<(&'static str, ValueView, ValueView)> {
    let word = |text: &Option<String>, what: &str| match text {
        Some(text) => view_value(json!(text), text),
        None => unknown(format!("its {what} is not specified")),
    };
    vec![
        (
            "flavor",
            word(&a.flavor, "flavor"),
            word(&b.flavor, "flavor"),
        ),
        (
            "version",
            word(&a.version, "version"),
            word(&b.version, "version"),
        ),
        ("kind", word(&a.kind, "kind"), word(&b.kind, "kind")),
        ("image", a.image.clone(), b.image.clone()),
        (
            "limits.memory",
            a.limits.memory.clone(),
            b.limits.memory.clone(),
        ),
        ("limits.cpu", a.limits.cpu.clone(), b.limits.cpu.clone()),
        ("replicas", a.replicas.clone(), b.replicas.clone()),
    ]
}

#[derive(Default)]
struct DifferenceTally {
    differences: Vec<DifferingView>,
    undecided: Vec<DifferingView>,
    same: usize,
}

impl DifferenceTally {
    fn put(&mut self, what: &'static str, directive: Option<&String>, a: ValueView, b: ValueView) {
        let both = DifferingView {
            what,
            directive: directive.cloned(),
            a,
            b,
        };
        match differs(&both.a, &both.b) {
            Some(true) => self.differences.push(both),
            Some(false) => self.same += 1,
            None => self.undecided.push(both),
        }
    }
}

/// Whether two values differ, where that can be told.
fn differs(a: &ValueView, b: &ValueView) -> Option<bool> {
    if [a, b].iter().any(|value| value.state == "unknown") {
        return None;
    }
    let is_there = |value: &ValueView| value.state != "absent";
    match (is_there(a), is_there(b)) {
        (true, true) if a.secret || b.secret => None,
        (true, true) => Some(a.value != b.value),
        (one, other) => Some(one != other),
    }
}

fn absent() -> ValueView {
    view_state("absent", Json::Null, String::new(), None)
}

fn view_value(value: Json, shown: &str) -> ValueView {
    view_state("set", value, shown.to_owned(), None)
}

fn unknown(reason: String) -> ValueView {
    view_state("unknown", Json::Null, String::new(), Some(reason))
}

fn view_state(
    state: &'static str,
    value: Json,
    shown: String,
    reason: Option<String>,
) -> ValueView {
    ValueView {
        state,
        value,
        reason,
        path: None,
        line: None,
        overrides: Vec::new(),
        shown,
        from: String::new(),
        secret: false,
    }
}
