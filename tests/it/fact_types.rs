//! What the vocabulary says of a fact holds for every value that any fixture brings about: it is
//! listed, has the type that rules are checked with, and is one of its few words.

use std::collections::BTreeSet;

use crate::support::harness::{Harness, estates, pages, repository};
use rayon::prelude::*;
use redvet::facts::estate::{Estate, Subject, SubjectKind};
use redvet::facts::fact_path::FactPath;
use redvet::facts::value::Datum;
use redvet::facts::vocabulary::{FactType, Vocabulary};

/// Fewer values than this would show too little.
const VALUES: usize = 20_000;

#[test]
fn every_value_is_what_the_vocabulary_says() {
    let harness = Harness::new();
    let vocabulary = harness.knowledge.vocabulary();
    let mut samples = Vec::new();
    for (page, _) in pages() {
        for case in page.cases {
            let files = case.files.iter();
            let files = files.map(|file| (file.path.as_str(), file.text.as_str()));
            samples.push(harness.texts(files));
        }
    }
    for estate in estates() {
        let folder = repository("fixtures/estates").join(estate);
        samples.push(harness.folder(&folder));
    }
    let found: Vec<(usize, BTreeSet<String>)> = samples
        .par_iter()
        .map(|sample| judged(&harness.estate(sample), &vocabulary))
        .collect();
    let count: usize = found.iter().map(|(count, _)| count).sum();
    let wrong: BTreeSet<&String> = found.iter().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= VALUES, "{count} values");
}

/// How many known values an estate has, and what is wrong with some.
fn judged(estate: &Estate, vocabulary: &Vocabulary) -> (usize, BTreeSet<String>) {
    let all = [
        &estate.directives,
        &estate.servers,
        &estate.clients,
        &estate.services,
        &estate.meta,
    ];
    let mut count = 0;
    let mut wrong = BTreeSet::new();
    for subject in all.into_iter().flatten() {
        for (path, value) in &subject.facts {
            let name = format!("{}.{path}", subject.kind.as_str());
            match vocabulary.type_of(path) {
                _ if !is_of(subject, path) => {
                    wrong.insert(format!("{name} is a fact of another subject"));
                }
                // A module's directive, or a misspelt one, that no table lists.
                None if matches!(path, FactPath::Conf(_)) => {}
                None => {
                    wrong.insert(format!("{name} is not listed"));
                }
                Some(ty) => {
                    let Some(datum) = value.known_datum() else {
                        continue;
                    };
                    count += 1;
                    let words = vocabulary.words(path);
                    if !fits(ty, datum) || !is_one_of(&words, datum) {
                        wrong.insert(format!("{name}: {ty:?} is {datum:?}"));
                    }
                }
            }
        }
    }
    (count, wrong)
}

fn is_of(subject: &Subject, path: &FactPath) -> bool {
    match path {
        FactPath::Conf(_) => subject.kind == SubjectKind::Server,
        FactPath::Option(_) => subject.kind == SubjectKind::Client,
        listed => Vocabulary::find_listed(subject.kind, listed.name()).as_ref() == Some(listed),
    }
}

fn fits(ty: FactType, datum: &Datum) -> bool {
    match datum {
        Datum::Special { raw, .. } => match datum.as_number() {
            Some(_) => ty.is_numeric(),
            None => fits(ty, raw),
        },
        Datum::Bool(_) => ty == FactType::Bool,
        Datum::Text(_) => ty == FactType::Text,
        Datum::List(items) => {
            ty == FactType::List && items.iter().all(|item| item.as_text().is_some())
        }
        _ => ty.is_numeric(),
    }
}

fn is_one_of(words: &[&str], datum: &Datum) -> bool {
    match datum {
        _ if words.is_empty() => true,
        Datum::List(items) => items.iter().all(|item| is_one_of(words, item)),
        datum => datum.as_text().is_some_and(|text| words.contains(&text)),
    }
}
