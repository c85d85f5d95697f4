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
            // A patch may change the language alone.
            let directives = table["directives"].as_object().into_iter().flatten();
            let names = directives.map(|(name, _)| name.clone());
            names.collect::<Vec<_>>()
        });
    let mut names: BTreeMap<String, &'static str> = BTreeMap::new();
    names.extend(
        directives
            .filter(|name| is_telling(name))
            .map(|name| (name, "directive")),
    );
    let texts = files("knowledge/clients", "toml").into_iter();
    for (_, text) in texts.filter(|(_, text)| text.contains("[client]")) {
        let model: toml::Table = text.parse().unwrap();
        names.extend(library_ids(&model).map(|name| (name, "library")));
        names.extend(
            option_names(&model)
                .filter(|n| is_telling(n))
                .map(|name| (name, "option")),
        );
    }
    names.extend(rules.map(|id| (id, "rule")));
    names.extend(
        names_around_code()
            .into_iter()
            .map(|name| (name, "framework or command")),
    );
    names
}

/// Keys under which the files of languages name frameworks, and functions and tools of others.
const NAMING: &[&str] = &["crate", "functions", "method", "commands", "attributes"];

/// The frameworks, functions and commands that the files of languages know, where they tell.
fn names_around_code() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in files("knowledge/languages", "toml") {
        let language: toml::Table = text.parse().unwrap();
        let tables = language.into_iter().flat_map(|(_, value)| match value {
            toml::Value::Array(rows) => rows,
            value => vec![value],
        });
        let tables = tables.filter_map(|row| row.as_table().cloned());
        for (key, value) in tables.flatten() {
            let texts = match value {
                toml::Value::Array(texts) => texts,
                value => vec![value],
            };
            let texts = texts.iter().filter_map(toml::Value::as_str);
            let told = texts.filter(|text| key == "crate" || is_telling(text));
            if NAMING.contains(&key.as_str()) {
                names.extend(told.map(str::to_owned));
            }
        }
    }
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
    for kind in [
        "directive",
        "framework or command",
        "library",
        "option",
        "rule",
    ] {
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

/// Code decides by the variant of a cause, never by its words: nothing turns a text into a cause or a
/// cause into a text but its display, and nothing looks into the words.
#[test]
fn no_code_reads_the_words_of_a_cause() {
    let questions = [
        "contains",
        "starts_with",
        "ends_with",
        "strip_prefix",
        "strip_suffix",
        "find",
    ];
    let names = ["cause", "reason", "hole"];
    let mut told = false;
    let mut faults = Vec::new();
    for (path, source) in sources() {
        told |= source.code.contains("impl fmt::Display for Cause");
        let reads = |text: &str| {
            names.iter().any(|name| {
                let says = |code: &str| {
                    let mut found = text.match_indices(code);
                    found.any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric()))
                };
                let asked = |question: &&str| {
                    [".", ".to_string()."]
                        .iter()
                        .any(|by| says(&format!("{name}{by}{question}(")))
                };
                // The reason of a waiver is a person's text.
                let own = path.starts_with("suppress/") && *name == "reason";
                let compared = ["==", "!="]
                    .iter()
                    .any(|sign| says(&format!("{name}.to_string() {sign}")));
                !own && (questions.iter().any(asked) || compared)
            })
        };
        let converts = |text: &str| {
            text.starts_with("impl") && text.ends_with("for Cause {") && !text.contains("Display")
                || text.contains("fn from(") && text.contains("-> Cause")
        };
        for (number, line) in source.code.lines().enumerate() {
            if reads(line) || converts(line.trim()) {
                faults.push(format!("src/{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(told, "the words of causes were not found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Texts that are made for a message: what they say is also a fact with a fixed set of values.
const TEXTS_FOR_MESSAGES: &[&str] = &["directive.consequence", "directive.conflict_consequence"];

#[test]
fn no_rule_reads_the_words_of_a_message() {
    let compared = |text: &str, fact: &str| {
        let mut found = text.match_indices(fact);
        found.any(|(at, _)| {
            let rest = text[at + fact.len()..].trim_start();
            rest.starts_with('.') || rest.starts_with("==") || rest.starts_with("!=")
        })
    };
    let mut faults = Vec::new();
    for (path, text) in files("rules", "yaml") {
        let read = TEXTS_FOR_MESSAGES
            .iter()
            .filter(|fact| compared(&text, fact));
        faults.extend(read.map(|fact| format!("rules/{path}: compares the text {fact}")));
    }
    assert_no_faults("a rule asks a fact with fixed values", faults);
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
    crate::support::assert_no_faults("a name of its own for each type", faults);
}

/// Other words for a bound than `MAX`.
const OTHER_BOUNDS: &[&str] = &["MOST", "LONGEST", "LARGEST", "DEEPEST", "HIGHEST", "LIMIT"];

#[test]
fn a_bound_is_called_max() {
    let sources = sources();
    let is_other = |name: &str| {
        let first = name.split('_').next().unwrap_or_default();
        OTHER_BOUNDS.contains(&first)
    };
    let mut faults = Vec::new();
    for (path, source) in &sources {
        let declared = source.code.split("const ").skip(1);
        let names = declared.filter_map(|behind| behind.split(':').next());
        let others = names.filter(|name| is_other(name));
        faults.extend(others.map(|name| format!("{path}: {name}")));
    }
    crate::support::assert_no_faults("one word for a bound", faults);
}
