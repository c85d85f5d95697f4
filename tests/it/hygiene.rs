//! Facts live in `knowledge/`, opinions in `rules/`, and neither in code; every rule has its page, and
//! nothing that redvet is built from opens a connection.
//!
//! In come the files of the repository as text. What a test item says is left alone.

use crate::support::assert_no_faults;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::tree::{files, repository, sources};

/// Crates that open connections, or exist only for those that do.
const NETWORK: &[&str] = &[
    "async-std",
    "attohttpc",
    "curl",
    "curl-sys",
    "h2",
    "hyper",
    "isahc",
    "mio",
    "native-tls",
    "openssl",
    "openssl-sys",
    "quinn",
    "redis",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "surf",
    "tokio",
    "tungstenite",
    "ureq",
];

#[test]
fn no_dependency_opens_a_connection() {
    let text = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
    let lock: toml::Table = text.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let found: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .filter(|name| NETWORK.contains(name))
        .collect();
    assert!(packages.len() > 50, "the lock file was not understood");
    assert_no_faults("no dependency opens a connection", found);
}

/// What facts and opinions are called. Code that spells one of these knows too much.
fn names_of_facts_and_opinions() -> BTreeMap<String, &'static str> {
    let rules = files("rules", "yaml")
        .into_iter()
        .map(|(path, _)| path.replace(".yaml", ""));
    let rules = rules.filter(|id| id != "pack" && !id.starts_with("meta/"));
    let directives = files("knowledge/servers", "json")
        .into_iter()
        .flat_map(|(_, text)| {
            let table: serde_json::Value = serde_json::from_str(&text).unwrap();
            table["directives"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        });
    let mut names: BTreeMap<String, &'static str> = BTreeMap::new();
    names.extend(
        directives
            .filter(|name| is_telling(name))
            .map(|name| (name, "directive")),
    );
    for (_, text) in files("knowledge/clients", "toml") {
        let model: toml::Table = text.parse().unwrap();
        names.extend(library_ids(&model).map(|name| (name, "library")));
        names.extend(
            option_names(&model)
                .filter(|n| is_telling(n))
                .map(|name| (name, "option")),
        );
    }
    names.extend(rules.map(|id| (id, "rule")));
    names
}

/// Whether a name can only be meant as that name. `port`, `save`, `dir`, `user`, `timeout` are words
/// of any language; a name with a hyphen or of eight letters is rarely one, and those that are
/// stand in [`COMMON_WORDS`].
fn is_telling(name: &str) -> bool {
    (name.contains('-') || name.len() >= 8) && !COMMON_WORDS.contains(&name)
}

/// Long names that are also plain words or words of Kubernetes.
const COMMON_WORDS: &[&str] = &[
    "databases",
    "sentinel",
    "supervised",
    "Username",
    "Password",
    "Database",
    "password",
    "username",
    // The canonical key ends in it, too.
    "max_size",
];

/// Literals that quote rather than know: the file, the name, and what is quoted.
const QUOTED: &[(&str, &str, &str)] = &[
    (
        "facts/vocabulary.rs",
        "go-redis-v9",
        "an example in the published schema",
    ),
    (
        "resolve/line.rs",
        "loadmodule",
        "a server's own error message",
    ),
];

fn library_ids(model: &toml::Table) -> impl Iterator<Item = String> {
    let id = model["client"]["id"].as_str().unwrap();
    let without_version = id.rsplit_once("-v").map_or(id, |(name, _)| name);
    [id.to_owned(), without_version.to_owned()].into_iter()
}

fn is_quoted(path: &str, name: &str) -> bool {
    QUOTED
        .iter()
        .any(|(file, quoted, _)| *file == path && *quoted == name)
}

/// The words by which code names options, constructors and option types.
fn option_names(model: &toml::Table) -> impl Iterator<Item = String> {
    let array = |value: &toml::Value| value.as_array().cloned().unwrap_or_default();
    let options = model.get("option").map(array).unwrap_or_default();
    let names = options
        .into_iter()
        .flat_map(move |option| option.get("names").map(array).unwrap_or_default());
    let idents = names.filter_map(|name| Some(name.get("ident")?.as_str()?.to_owned()));
    let types = array(&model["client"]["idents"]).into_iter();
    idents.chain(types.filter_map(|t| t.as_str().map(str::to_owned)))
}

#[test]
fn no_fact_and_no_opinion_stands_in_code() {
    let names = names_of_facts_and_opinions();
    for kind in ["directive", "library", "option", "rule"] {
        assert!(
            names.values().any(|found| *found == kind),
            "no {kind} was found"
        );
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/');
    let mut faults = Vec::new();
    for (path, source) in sources() {
        for (line, text) in &source.literals {
            let words = text
                .split(|c| !is_part(c))
                .filter_map(|word| names.get_key_value(word));
            let known = words.filter(|(name, _)| !is_quoted(&path, name));
            faults.extend(known.map(|(name, kind)| format!("src/{path}:{line}: {kind} `{name}`")));
        }
    }
    assert_no_faults("facts live in knowledge/, opinions in rules/", faults);
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let ids = |folder: &str, extension: &str| -> BTreeSet<String> {
        let suffix = format!(".{extension}");
        let paths = files(folder, extension)
            .into_iter()
            .map(|(path, _)| path.replace(&suffix, ""));
        paths.filter(|id| id.contains('/')).collect()
    };
    assert_eq!(ids("rules", "yaml"), ids("fixtures/rules", "md"));
}

/// How many names more than one type of `src/` has. It only goes down; where it is 0, this constant
/// and the comparison go, and [`SHARED_NAMES`] alone is allowed.
const NAMES_OF_MANY_TYPES: usize = 104;

/// Names that several types may have: those that a reader knows from the standard library, where the
/// module says of what.
const SHARED_NAMES: &[&str] = &["Error", "Iter"];

/// The types that a file declares outside of tests, by their names.
fn declared_types(code: &str) -> impl Iterator<Item = &str> {
    let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    std::iter::from_fn(move || {
        words.find(|word| matches!(*word, "struct" | "enum" | "trait" | "union"))?;
        words.next()
    })
    .filter(|name| name.starts_with(char::is_uppercase))
}

#[test]
fn no_two_types_have_one_name() {
    let sources = sources();
    let mut files_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, source) in &sources {
        for name in declared_types(&source.code) {
            files_of.entry(name).or_default().push(path);
        }
    }
    files_of.retain(|name, files| files.len() > 1 && !SHARED_NAMES.contains(name));
    let faults: Vec<String> = files_of
        .iter()
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(
        faults.len() <= NAMES_OF_MANY_TYPES,
        "expected: {NAMES_OF_MANY_TYPES} names of more than one type; there are {}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
