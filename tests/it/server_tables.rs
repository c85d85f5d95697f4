//! What the directive tables come to once their differences are put together.
//!
//! A table takes over what it does not say, so that one line may change ten series: the file
//! `fixtures/servers/directives.tsv` has each directive as it is loaded, with the series that read it
//! so. It is reviewed like code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use redvet::knowledge::clients;
use redvet::knowledge::servers::language::ServerBuild;
use redvet::knowledge::servers::{
    DirectiveSpec, DirectiveStatus, RepeatRule, ServerKnowledge, ServerSeries,
};

use redvet::server_simulation::{SimulatedServer, UnseenHost};

use crate::support::golden;
use crate::support::harness::repository;

/// The series that read a directive in one way, first and last of each stretch.
type Stretches<'k> = Vec<(usize, &'k ServerSeries, &'k ServerSeries)>;

#[test]
fn every_directive_is_read_as_it_was_reviewed() {
    let servers = ServerKnowledge::embedded();
    let mut rows: BTreeMap<(&str, String), Stretches<'_>> = BTreeMap::new();
    for (at, series) in servers.all().enumerate() {
        for directive in series.directives() {
            let stretches = rows.entry((&directive.name, told(directive))).or_default();
            match stretches.last_mut() {
                Some((end, first, last)) if *end + 1 == at && first.flavor == series.flavor => {
                    (*end, *last) = (at, series);
                }
                _ => stretches.push((at, series, series)),
            }
        }
    }
    let mut text = String::from("# directive\tas it is loaded\tby these series\n");
    for ((name, told), stretches) in rows {
        let spans = stretches.iter().map(|(_, first, last)| span(first, last));
        let spans: Vec<String> = spans.collect();
        text.push_str(&format!("{name}\t{told}\t{}\n", spans.join(", ")));
    }
    golden::compare(&repository("fixtures/servers/directives.tsv"), &text);
}

/// Whether a text is one sentence that fits into a hover.
fn is_sentence(text: &str) -> bool {
    text.ends_with('.') && text.chars().count() <= 200 && !text.contains(". ")
}

#[test]
fn every_directive_and_option_has_a_sentence() {
    let servers = ServerKnowledge::embedded();
    let directives = servers.all().flat_map(ServerSeries::directives);
    let names: BTreeSet<&str> = directives
        .map(|directive| directive.name.as_str())
        .collect();
    let told: BTreeSet<&str> = servers.sentences().keys().map(String::as_str).collect();
    assert_eq!(names, told);
    let options = clients::load_built_in().option_types();
    let sentences = clients::option_sentences();
    let missing = options.keys().filter(|key| !sentences.contains_key(*key));
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0], "options without one");
    let unused = sentences.keys().filter(|key| !options.contains_key(*key));
    assert_eq!(
        unused.collect::<Vec<_>>(),
        [""; 0],
        "sentences of no option"
    );
    for (name, text) in servers.sentences().iter().chain(&sentences) {
        assert!(is_sentence(text), "{name}: {text}");
    }
}

fn span(first: &ServerSeries, last: &ServerSeries) -> String {
    match (first.first_release(), last.first_release()) {
        (from, to) if from == to => from,
        (from, to) => format!("{from} to {to}"),
    }
}

/// What differs from the most common directive: one word, the last line wins, in every build.
fn told(directive: &DirectiveSpec) -> String {
    let mut parts = vec![match directive.form {
        Some(form) => format!("{form:?}"),
        None => format!("{:?}", directive.kind),
    }];
    let mut put = |name: &str, value: Option<String>| {
        parts.extend(value.map(|value| format!("{name} {value}")));
    };
    put(
        "default",
        some(!directive.default.is_null(), &directive.default.to_string()),
    );
    put("words", words(directive));
    put("from", directive.min.as_ref().map(ToString::to_string));
    put("to", directive.max.as_ref().map(ToString::to_string));
    put("raised to", directive.effective_min.map(|n| n.to_string()));
    put("cut to", directive.effective_max.map(|n| n.to_string()));
    put("crashes at", directive.crashes_at.map(|n| n.to_string()));
    put("percent to", directive.max_percent.map(|n| n.to_string()));
    put("octal", some(directive.octal, "yes"));
    put("in", debug(directive.c_type.as_ref()));
    put("negative", some(directive.plain_negative_allowed, "yes"));
    put("counts", debug(directive.unit.as_ref()));
    put(
        "of",
        some(
            !directive.enum_values.is_empty(),
            &directive.enum_values.join("|"),
        ),
    );
    put("several", some(directive.enum_combinable, "yes"));
    put(
        "shown as",
        some(
            !directive.enum_synonyms.is_empty(),
            &format!("{:?}", directive.enum_synonyms),
        ),
    );
    put(
        "not together",
        some(
            !directive.enum_exclusive.is_empty(),
            &directive.enum_exclusive.join("|"),
        ),
    );
    put("empty", directive.empty_string.clone());
    put("check", debug(directive.check.as_ref()));
    put("refuses", debug(directive.refuses.as_ref()));
    put("read by", debug(directive.parsed_by.as_ref()));
    put("built with", debug(directive.requires_build.as_ref()));
    put(
        "lines",
        some(
            directive.repeat != RepeatRule::LastWins,
            &format!("{:?}", directive.repeat),
        ),
    );
    put(
        "flags",
        some(!directive.flags.is_empty(), &directive.flags.join("|")),
    );
    put(
        "also",
        some(!directive.aliases.is_empty(), &directive.aliases.join("|")),
    );
    put(
        "ignored",
        some(directive.status == DirectiveStatus::Ignored, "yes"),
    );
    put("startup only", some(!directive.mutable, "yes"));
    parts.join("; ")
}

fn some(holds: bool, text: &str) -> Option<String> {
    holds.then(|| text.to_owned())
}

fn debug(value: Option<&impl Debug>) -> Option<String> {
    value.map(|value| format!("{value:?}"))
}

fn words(directive: &DirectiveSpec) -> Option<String> {
    let arity = directive.args;
    let is_one = (arity.min, arity.max) == (1, Some(1));
    (!is_one).then(|| {
        let most = arity.max.map_or("any".to_owned(), |max| max.to_string());
        let step = arity
            .multiple_of
            .map(|n| format!(" by {n}"))
            .unwrap_or_default();
        let pairs = if arity.even_or_empty { " in pairs" } else { "" };
        format!("{} to {most}{step}{pairs}", arity.min)
    })
}

/// A table that holds from a patch on says of its names that the release before does not know them.
#[test]
fn names_are_known_from_the_patch_that_brought_them() {
    let servers = ServerKnowledge::embedded();
    let table = |flavor: &str, version: &str| {
        let found = servers.candidates(Some(flavor), Some(version));
        assert_eq!(found.series.len(), 1, "{flavor} {version}");
        found.series[0]
    };
    let mut brought = 0;
    for later in servers.all().filter(|series| series.since.is_some()) {
        let since = later.since.as_deref().unwrap();
        let (series, patch) = since.rsplit_once('.').unwrap();
        let patch: u32 = patch.parse().unwrap();
        let before = table(&later.flavor, &format!("{series}.{}", patch - 1));
        assert_eq!(
            table(&later.flavor, since).first_release(),
            later.first_release()
        );
        assert_ne!(before.first_release(), later.first_release());
        let names = later.directives().map(|directive| directive.name.as_str());
        let new: Vec<&str> = names
            .filter(|name| before.directive(name).is_none())
            .collect();
        brought += new.len();
        for name in new {
            let next = servers.next_to_know(before, name).unwrap();
            assert_eq!(next.first_release(), later.first_release(), "{name}");
        }
    }
    assert!(brought >= 22, "{brought} names");
}

/// A line on both sides of the patch that changed what it comes to: the last release before that
/// refuses it, or takes it, and the first that does the opposite.
/// Read in `src/config.c` and `src/acl.c` of both releases; redis 6.0.0, 6.0.2, 6.0.6, 6.0.7, 6.0.9,
/// 6.2.0, 6.2.1, 6.2.5, 7.2.4, 7.4.1 and 8.2.3 were started with the lines.
#[rustfmt::skip]
const PATCH_EDGES: &[(&str, &str, &str, &str)] = &[
    ("redis", "server_cpulist 0-1", "- 6.0.1", "+ 6.0.2"),
    ("redis", "tls-session-caching no", "- 6.0.5", "+ 6.0.6"),
    ("redis", "user worker +lpos", "- 6.0.5", "+ 6.0.6"),
    ("redis", "oom-score-adj no", "- 6.0.6", "+ 6.0.7"),
    ("redis", "oom-score-adj-values 0 200 800", "- 6.0.6", "+ 6.0.7"),
    ("redis", "proto-max-bulk-len 1kb", "+ 6.0.6", "- 6.0.7"),
    ("redis", "tls-auth-clients optional", "- 6.0.6", "+ 6.0.7"),
    ("redis", "oom-score-adj relative", "- 6.0.9", "+ 6.0.10"),
    ("redis", "oom-score-adj-values 0 200 1500", "- 6.0.9", "+ 6.0.10"),
    ("redis", "ignore-warnings ARM64-COW-BUG", "- 6.0.9", "+ 6.0.10"),
    ("redis", "client-query-buffer-limit 1kb", "+ 6.2.0", "- 6.2.1"),
    ("redis", "replica-announced no", "- 6.2.1", "+ 6.2.2"),
    ("redis", "cluster-announce-tls-port 6380", "- 6.2.1", "+ 6.2.2"),
    ("redis", "cluster-allow-replica-migration no", "- 6.2.1", "+ 6.2.2"),
    ("redis", "tls-key-file-pass secret", "- 6.2.1", "+ 6.2.2"),
    ("redis", "lua-enable-deprecated-api no", "- 6.2.19", "+ 6.2.20"),
    ("redis", "user worker %~x", "+ 7.2.5", "- 7.2.6"),
    ("redis", "user worker %", "+ 7.2.6", "- 7.2.7"),
    ("redis", "lua-enable-deprecated-api no", "- 7.2.10", "+ 7.2.11"),
    ("redis", "user worker %~x", "+ 7.4.0", "- 7.4.1"),
    ("redis", "user worker %", "+ 7.4.1", "- 7.4.2"),
    ("redis", "lua-enable-deprecated-api no", "- 7.4.5", "+ 7.4.6"),
    ("redis", "lua-enable-deprecated-api no", "- 8.0.3", "+ 8.0.4"),
    ("redis", "lua-enable-deprecated-api no", "- 8.2.1", "+ 8.2.2"),
    ("valkey", "user worker %~x", "+ 7.2.6", "- 7.2.7"),
    ("valkey", "user worker %~x", "+ 8.0.0", "- 8.0.1"),
    ("valkey", "lua-enable-deprecated-api no", "- 7.2.10", "+ 7.2.11"),
    ("valkey", "lua-enable-deprecated-api no", "- 8.0.5", "+ 8.0.6"),
    ("valkey", "lua-enable-deprecated-api no", "- 8.1.3", "+ 8.1.4"),
];

#[test]
fn both_sides_of_a_patch_are_read_as_their_servers_read_them() {
    let servers = ServerKnowledge::embedded();
    let takes = |flavor: &str, release: &str, line: &str| {
        let found = servers.candidates(Some(flavor), Some(release));
        let build = ServerBuild {
            bundled_allocator: true,
            tls: true,
        };
        let server = SimulatedServer {
            series: found.series[0],
            build,
            host: &UnseenHost,
        };
        server.judge(line).refusal.is_none()
    };
    let mut wrong = Vec::new();
    for (flavor, line, before, after) in PATCH_EDGES {
        for side in [before, after] {
            let (sign, release) = side.split_once(' ').unwrap();
            if takes(flavor, release, line) != (sign == "+") {
                wrong.push(format!("{flavor} {release}: {line}"));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}
