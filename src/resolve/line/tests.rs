//! What single lines come to.

use super::*;
use crate::facts::Datum;
use crate::knowledge::servers::ServerKnowledge;

fn reading(version: &str, line: &str) -> DirectiveReading {
    let servers = ServerKnowledge::embedded();
    let (flavor, number) = version.split_once(':').unwrap();
    let series = servers.candidates(Some(flavor), Some(number)).series[0];
    let (words, _) = crate::syntax::conf::words(line);
    let words: Vec<_> = words.iter().map(|w| w.text.as_str()).collect();
    read(series, words[0], &words[1..])
}

#[test]
fn problems_and_values() {
    use LineProblem::*;
    let size = |n| Some(Datum::Size(n));
    let text = |t: &str| Some(Datum::Text(t.into()));
    for (line, problem, datum) in [
        ("maxmemory 28gb", None, size(28 << 30)),
        ("maxmemory 2g", MisreadValue, size(2_000_000_000)),
        ("maxmemory 2Gi", InvalidValue, Option::None),
        ("maxmemory 88%", InvalidValue, Option::None),
        ("maxmemory gb", MisreadValue, size(0)),
        ("maxmemory 1 gb", WrongArity, Option::None),
        ("APPENDONLY Yes", None, text("yes")),
        ("appendonly true", InvalidValue, Option::None),
        ("maxmemory-policy Allkeys-LRU", None, text("allkeys-lru")),
        ("maxmemory-policy lru", InvalidValue, Option::None),
        ("io-threads 0", InvalidValue, Option::None),
        ("hz 1000", ClampedValue, Some(Datum::Int(500))),
        ("hz 010", InvalidValue, Option::None),
        ("timeout 600", None, Some(Datum::Duration(600.0))),
        ("timeout 600s", InvalidValue, Option::None),
        ("save 900", WrongArity, Option::None),
        (
            "save \"900 1 300 10\"",
            None,
            Some(Datum::List(vec![
                Datum::Text("900 1".into()),
                Datum::Text("300 10".into()),
            ])),
        ),
        ("save \"\"", None, Some(Datum::List(vec![]))),
        ("replicaof no one", None, Some(Datum::List(vec![]))),
        ("replicaof NO One", None, Some(Datum::List(vec![]))),
        ("save 900 -1", InvalidValue, Option::None),
        ("slave-read-only yes", DeprecatedDirective, text("yes")),
        (
            "list-max-ziplist-entries 5",
            IneffectiveDirective,
            Option::None,
        ),
        ("no-such-name 1", UnknownDirective, Option::None),
    ] {
        let found = reading("redis:7.2", line);
        assert_eq!((found.problem, found.datum), (problem, datum), "{line}");
    }
}

#[test]
fn a_kubernetes_size_is_translated() {
    let found = reading("redis:7.2", "maxmemory 2Gi").accepted.unwrap();
    assert!(found.ends_with(": `2gb`"), "{found}");
}

#[test]
fn defaults_have_the_type_of_values() {
    let servers = ServerKnowledge::embedded();
    let series = servers.candidates(Some("redis"), Some("7.2")).series[0];
    let of = |name: &str| series.directive(name).and_then(default_of);
    assert_eq!(of("timeout"), Some(Datum::Duration(0.0)));
    assert_eq!(of("maxmemory"), Some(Datum::Size(0)));
    assert_eq!(of("appendonly"), Some(Datum::Text("no".into())));
    assert_eq!(
        of("save"),
        Some(Datum::List(vec![
            Datum::Text("3600 1".into()),
            Datum::Text("300 100".into()),
            Datum::Text("60 10000".into())
        ]))
    );
    assert_eq!(of("requirepass"), None);
}
