//! `docs/facts.md`: every fact that a rule may name, with its type and meaning, made from the
//! vocabulary and from what is known of servers and libraries. `REDVET_BLESS=1` writes it.

use crate::support::golden;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::harness::repository;
use redvet::facts::SubjectKind;
use redvet::facts::fact_path::FactPath;
use redvet::facts::vocabulary::{FactType, Vocabulary};
use redvet::knowledge::Knowledge;
use redvet::knowledge::servers::ValueUnit;

const OPENING: &str = "\
# Facts

All facts that rules can use, with their names in expressions, types and meanings.
This page is generated from the tables that rules are validated with; `redvet schema facts` prints the same data as JSON.
[writing-rules.md](writing-rules.md) explains how to use facts.

Sizes are in bytes, durations in seconds, CPUs in cores.
Any fact can be absent, or unknown with a reason.
Former names still work; `redvet check` and `redvet rules test` report rules that use one.
If a text fact has a fixed set of values, they are listed with its type, and a rule that compares it with any other value does not load.
";

#[test]
fn the_page_lists_every_fact() {
    let knowledge = Knowledge::embedded().unwrap();
    let page = page(&knowledge);
    for path in all_paths(&knowledge.vocabulary()) {
        let row = format!("| `{path}` |");
        assert!(page.contains(&row), "{path} is not on the page");
    }
    golden::compare(&repository("docs/facts.md"), &page);
}

/// Every fact as an expression names it.
fn all_paths(vocabulary: &Vocabulary) -> Vec<String> {
    use SubjectKind::{Client, Connection, Directive, Meta, Server, Service};
    let kinds = [Directive, Server, Client, Service, Connection, Meta].into_iter();
    let named = |kind: SubjectKind| {
        let paths = vocabulary.facts(kind).into_iter();
        paths.map(move |path| format!("{}.{path}", kind.as_str()))
    };
    kinds.flat_map(named).collect()
}

fn page(knowledge: &Knowledge) -> String {
    let vocabulary = knowledge.vocabulary();
    let directives = directives(knowledge, &vocabulary);
    let options = options(knowledge, &vocabulary);
    [
        OPENING.to_owned(),
        section(
            "directive",
            "One line of configuration, as its server reads it. `directive.server` is that server, if it is known.",
        ) + &listed(SubjectKind::Directive, &vocabulary),
        section(
            "server",
            "A server: a workload, an operator's resource, or a configuration file that is not deployed. `server.clients` are the clients linked to it.",
        ) + &listed(SubjectKind::Server, &vocabulary),
        section(
            "server.conf",
            "The effective value of a directive, set or default. Every directive of every listed version is available; `unit` is the unit of a number.",
        ) + &directives,
        section(
            "client",
            "A place in the code that creates a client. `client.server` is the server it is linked to.",
        ) + &listed(SubjectKind::Client, &vocabulary),
        section(
            "client options",
            "Effective client options. They have the same name for every library; the columns show each library's own name.",
        ) + &options,
        section(
            "service",
            "A program: a main package and the packages it is built from. `service.clients` are the clients it creates.",
        ) + &listed(SubjectKind::Service, &vocabulary),
        section(
            "connection",
            "One way in which something connects to a server: a client in code whose address names the server, a probe, an exporter, a replica. `connection.server` is the server. Whether a password is sent is a fact, its text never is.",
        ) + &listed(SubjectKind::Connection, &vocabulary),
        section(
            "meta",
            "The check itself: suppressions and files that could not be read.",
        ) + &listed(SubjectKind::Meta, &vocabulary),
    ]
    .join("")
}

fn section(title: &str, about: &str) -> String {
    format!("\n## {title}\n\n{}\n\n", about.replace(". ", ".\n"))
}

/// The facts that every subject of a kind may have.
fn listed(kind: SubjectKind, vocabulary: &Vocabulary) -> String {
    let mut out = String::from("| fact | type | meaning |\n|---|---|---|\n");
    for entry in Vocabulary::entries(kind) {
        let subject = kind.as_str();
        let fact = Vocabulary::find_listed(kind, entry.path).unwrap();
        let ty = of_words(entry.ty, &vocabulary.words(&fact));
        let formerly = match entry.former_name() {
            None => String::new(),
            Some(former) => format!(" (formerly `{subject}.{former}`)"),
        };
        writeln!(
            out,
            "| `{subject}.{fact}` | {ty} | {}{formerly} |",
            entry.about
        )
        .unwrap();
    }
    out
}

/// What the servers' tables say of a directive.
#[derive(Default)]
struct Known {
    unit: Option<ValueUnit>,
    /// By flavor, the series that know it.
    series: BTreeMap<String, Vec<String>>,
}

fn directives(knowledge: &Knowledge, vocabulary: &Vocabulary) -> String {
    let mut known: BTreeMap<&str, Known> = BTreeMap::new();
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for series in knowledge.servers.all() {
        let (flavor, number) = (series.flavor.clone(), series.series.clone());
        push_new(all.entry(flavor.clone()).or_default(), &number);
        for directive in series.directives() {
            let entry = known.entry(directive.name.as_str()).or_default();
            entry.unit = directive.unit;
            let of_flavor = entry.series.entry(flavor.clone()).or_default();
            push_new(of_flavor, &number);
        }
    }
    let mut out = String::from("| fact | type | unit | supported by |\n|---|---|---|---|\n");
    for (name, ty) in &vocabulary.directives {
        let known = &known[name.as_str()];
        let unit = known.unit.map_or("", |unit| counts_in(*ty, unit));
        let versions = versions(&known.series, &all);
        let words = vocabulary.words(&FactPath::Conf(name.clone()));
        let word = of_words(*ty, &words);
        writeln!(
            out,
            "| `server.conf[\"{name}\"]` | {word} | {unit} | {versions} |"
        )
        .unwrap();
    }
    out
}

/// A series may have a table of its own for its later releases.
fn push_new(series: &mut Vec<String>, number: &String) {
    if series.last() != Some(number) {
        series.push(number.clone());
    }
}

/// The type, with the words that the value may be.
fn of_words(ty: FactType, words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.is_empty() {
        true => ty.as_str().to_owned(),
        false => format!("{}: {}", ty.as_str(), words.join(", ")),
    }
}

/// The unit that a plain figure counts in; a duration has its own.
fn counts_in(ty: FactType, unit: ValueUnit) -> &'static str {
    match (ty, unit) {
        (FactType::Size | FactType::Duration, _) => "",
        (_, ValueUnit::Seconds) => "seconds",
        (_, ValueUnit::Milliseconds) => "milliseconds",
        (_, ValueUnit::Microseconds) => "microseconds",
        (_, ValueUnit::Minutes) => "minutes",
        (_, ValueUnit::Percent) => "percent",
        (_, ValueUnit::PerSecond) => "times a second",
    }
}

/// `redis 6.0 to 7.2, valkey`: a flavor alone is all of its series.
fn versions(known: &BTreeMap<String, Vec<String>>, all: &BTreeMap<String, Vec<String>>) -> String {
    let one = |(flavor, series): (&String, &Vec<String>)| {
        let every = &all[flavor];
        let start = every.iter().position(|s| *s == series[0]).unwrap();
        let run = every[start..].starts_with(series);
        match (series.len() == every.len(), run, series.len()) {
            (true, ..) => flavor.clone(),
            (_, true, 1) => format!("{flavor} {}", series[0]),
            (_, true, _) if series.last() == every.last() => {
                format!("{flavor} from {}", series[0])
            }
            (_, true, n) => format!("{flavor} {} to {}", series[0], series[n - 1]),
            _ => format!("{flavor} {}", series.join(", ")),
        }
    };
    known.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn options(knowledge: &Knowledge, vocabulary: &Vocabulary) -> String {
    let libraries = knowledge.clients.libraries();
    let names: Vec<&str> = libraries.iter().map(|library| library.name()).collect();
    let mut out = format!("| fact | type | {} |\n", names.join(" | "));
    writeln!(out, "|---|---|{}", "---|".repeat(names.len())).unwrap();
    for (key, ty) in &vocabulary.options {
        let words = libraries.iter().map(|library| {
            let option = library.model().unwrap().option(key);
            let mut words: Vec<String> = option
                .iter()
                .flat_map(|option| &option.names)
                .map(|name| format!("`{}`", name.ident))
                .collect();
            words.sort();
            words.dedup();
            if words.is_empty() {
                "–".to_owned()
            } else {
                words.join(", ")
            }
        });
        let words: Vec<String> = words.collect();
        let word = ty.as_str();
        writeln!(out, "| `client.{key}` | {word} | {} |", words.join(" | ")).unwrap();
    }
    out
}
