//! What the directive tables come to once their differences are put together.
//!
//! A table takes over what it does not say, so that one line may change ten series: the file
//! `fixtures/servers/directives.tsv` has each directive as it is loaded, with the series that read it
//! so. It is reviewed like code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use redvet::knowledge::clients;
use redvet::knowledge::servers::{
    DirectiveSpec, DirectiveStatus, RepeatRule, ServerKnowledge, ServerSeries,
};

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
    assert!(brought >= 8, "{brought} names");
}
