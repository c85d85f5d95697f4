//! Which files are worth reading: the patterns that `discover` is given, made from `knowledge`.
//!
//! Names of servers and libraries come from there; here stands only which kind of file may hold what.

use crate::discover::{FileKind, InputPattern, MatchConfidence};
use crate::extract::helm::defaults::{DEFINITION, DESCRIPTION};
use crate::extract::kustomize;
use crate::facts::raw::SourceLanguage;
use crate::knowledge::Knowledge;

/// The patterns, the surest first: the first that a name fits decides.
pub fn patterns(knowledge: &Knowledge) -> Vec<InputPattern> {
    let servers = &knowledge.shapes.servers;
    let templates = servers.templates.iter().map(String::as_str);
    let endings = std::iter::once("").chain(templates);
    let named = endings.flat_map(|ending| {
        let globs = servers.text_files.iter();
        globs.map(move |glob| format!("{glob}{ending}"))
    });
    let words: Vec<String> = servers.server_words().cloned().collect();
    let words_of_terraform = words.clone();
    let words_of_programs = words.iter().chain(&servers.settings).cloned();
    let words_of_programs: Vec<String> = words_of_programs.collect();
    let neighbours = servers.neighbours.iter().chain(&servers.settings).cloned();
    let neighbours: Vec<String> = neighbours
        .chain(knowledge.shapes.workload_words())
        .collect();
    let clients = knowledge.clients;
    let go = clients.needles(SourceLanguage::Go).map(|n| n.names.words());
    let rust = clients
        .needles(SourceLanguage::Rust)
        .map(|n| n.imports.words());
    let python = clients
        .needles(SourceLanguage::Python)
        .map(|n| n.imports.words());
    let snippets: Vec<String> = [go, rust]
        .into_iter()
        .flatten()
        .flatten()
        .cloned()
        .collect();
    vec![
        exact(pattern(
            FileKind::Unit,
            MatchConfidence::Content,
            [
                "*.service",
                "**/*.service.d/*.conf",
                "*.container",
                "**/*.container.d/*.conf",
            ]
            .map(str::to_owned),
            [],
        )),
        pattern(FileKind::ConfText, MatchConfidence::Name, named, []),
        exact(pattern(
            FileKind::Yaml,
            MatchConfidence::Kind,
            kustomize::FILE_NAMES.iter().map(|name| (*name).to_owned()),
            [],
        )),
        // Values may be for a chart that another file names.
        pattern(FileKind::Yaml, MatchConfidence::Kind, values_files(), []),
        pattern(
            FileKind::Yaml,
            MatchConfidence::Kind,
            patterns_for(&servers.needles),
            [],
        ),
        pattern(
            FileKind::Yaml,
            MatchConfidence::Kind,
            globs(&["yaml", "yml"]).into_iter().chain(templated_files()),
            words.clone(),
        ),
        // What lies over a compose file, or includes one, need not say what its services are.
        pattern(
            FileKind::Yaml,
            MatchConfidence::Kind,
            compose_files(),
            ["services:".to_owned(), "include:".to_owned()],
        ),
        // Manifests as `kubectl get -o json` prints them.
        pattern(
            FileKind::Yaml,
            MatchConfidence::Kind,
            globs(&["json"]),
            ["\"apiVersion\"".to_owned()],
        ),
        // It says whose values a template is filled in with, whatever else it says.
        exact(pattern(
            FileKind::Supporting,
            MatchConfidence::Content,
            [DESCRIPTION.to_owned()],
            [],
        )),
        // Named templates that the files of a chart call.
        exact(pattern(
            FileKind::Supporting,
            MatchConfidence::Content,
            ["_*.tpl".to_owned()],
            [DEFINITION.to_owned()],
        )),
        pattern(
            FileKind::Supporting,
            MatchConfidence::Content,
            globs(&["yaml", "yml", "json"]),
            neighbours,
        ),
        pattern(
            FileKind::Markdown,
            MatchConfidence::Kind,
            globs(&["md", "markdown"]),
            words.into_iter().chain(snippets),
        ),
        pattern(
            FileKind::Dockerfile,
            MatchConfidence::Kind,
            build_files(),
            // Where an image keeps its sources tells what a service mounts over them.
            [],
        ),
        pattern(
            FileKind::Terraform,
            MatchConfidence::Kind,
            globs(&["tf"]),
            words_of_terraform,
        ),
        // Values of names that another file of the module has.
        pattern(
            FileKind::Supporting,
            MatchConfidence::Content,
            globs(&["tf", "tfvars"]),
            ["variable ", "locals ", "module ", "="].map(str::to_owned),
        ),
        // Compose fills them in wherever it meets their names.
        pattern(
            FileKind::Env,
            MatchConfidence::Content,
            globs(&["env"]).into_iter().chain([".env.*".to_owned()]),
            [],
        ),
        // A constant may stand in any file of a package, so no word decides.
        pattern(FileKind::Go, MatchConfidence::Kind, globs(&["go"]), []),
        exact(pattern(
            FileKind::GoMod,
            MatchConfidence::Kind,
            ["go.mod".to_owned()],
            [],
        )),
        pattern(FileKind::Rust, MatchConfidence::Kind, globs(&["rs"]), []),
        exact(pattern(
            FileKind::CargoToml,
            MatchConfidence::Kind,
            ["Cargo.toml".to_owned()],
            [],
        )),
        exact(pattern(
            FileKind::CargoLock,
            MatchConfidence::Kind,
            ["Cargo.lock".to_owned()],
            [],
        )),
        pattern(
            FileKind::PythonRequirements,
            MatchConfidence::Content,
            requirement_files(),
            [],
        ),
        pattern(
            FileKind::Python,
            MatchConfidence::Content,
            globs(&["py"]),
            python.into_iter().flatten().cloned(),
        ),
        pattern(
            FileKind::Text,
            MatchConfidence::Content,
            globs(&["conf"]),
            [],
        ),
        // Here-documents hold manifests, and a generator makes ConfigMaps of scripts.
        pattern(
            FileKind::Script,
            MatchConfidence::Content,
            globs(&["sh", "mk"])
                .into_iter()
                .chain(["makefile".to_owned()]),
            words_of_programs.clone(),
        ),
        pattern(
            FileKind::Starlark,
            MatchConfidence::Content,
            globs(&["tiltfile", "star"])
                .into_iter()
                .chain(["tiltfile".to_owned()]),
            words_of_programs,
        ),
        // Behind all kinds of code: `env.go` is no file of variables, `env.production` is one.
        pattern(
            FileKind::Env,
            MatchConfidence::Content,
            ["env.*".to_owned()],
            [],
        ),
    ]
}

fn pattern(
    kind: FileKind,
    claim: MatchConfidence,
    globs: impl IntoIterator<Item = String>,
    needles: impl IntoIterator<Item = String>,
) -> InputPattern {
    InputPattern {
        kind,
        claim,
        globs: globs.into_iter().collect(),
        any_case: true,
        needles: needles.into_iter().collect(),
    }
}

/// A pattern of names that a tool asks for in one spelling.
fn exact(pattern: InputPattern) -> InputPattern {
    InputPattern {
        any_case: false,
        ..pattern
    }
}

/// What people call the values of a chart.
fn values_files() -> Vec<String> {
    let endings = ["yaml", "yml", "yaml.gotmpl", "yml.gotmpl"];
    endings
        .iter()
        .map(|ending| format!("*values*.{ending}"))
        .collect()
}

/// Manifests and values that a template is rendered to; a `_helpers.tpl` is none.
fn templated_files() -> Vec<String> {
    let endings = [
        "yaml.gotmpl",
        "yml.gotmpl",
        "yaml.tpl",
        "yml.tpl",
        "yaml.j2",
        "yml.j2",
    ];
    endings
        .iter()
        .map(|ending| format!("[!_]*.{ending}"))
        .collect()
}

/// What people call compose files.
fn compose_files() -> Vec<String> {
    let endings = ["yaml", "yml"];
    endings
        .iter()
        .map(|ending| format!("*compose*.{ending}"))
        .collect()
}

/// YAML that is called after a server, whatever stands in it.
fn patterns_for(words: &[String]) -> Vec<String> {
    let endings = ["yaml", "yml"];
    words
        .iter()
        .flat_map(|word| endings.map(|ending| format!("*{word}*.{ending}")))
        .collect()
}

/// What people call Dockerfiles.
fn build_files() -> Vec<String> {
    let mut found = Vec::new();
    for name in ["dockerfile", "containerfile"] {
        for glob in [name.to_owned(), format!("{name}.*"), format!("*.{name}")] {
            found.push(glob);
        }
    }
    found
}

/// Files that say which releases a Python project takes.
fn requirement_files() -> Vec<String> {
    let names = [
        "*requirements*.txt",
        "requirements/*.txt",
        "**/requirements/*.txt",
        "pyproject.toml",
        "poetry.lock",
        "uv.lock",
        "pdm.lock",
        "Pipfile",
        "Pipfile.lock",
        "setup.cfg",
        "setup.py",
    ];
    names.map(str::to_owned).to_vec()
}

/// Names with these endings, in any case of letters.
fn globs(endings: &[&str]) -> Vec<String> {
    endings.iter().map(|ending| format!("*.{ending}")).collect()
}

/// Files that a walk passes over although their names fit: Go test files are compiled for `go test`
/// alone, so nothing in them reaches a program. Named on the command line they are read.
pub const PASSED_OVER: &[&str] = &["*_test.go"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::InputPatterns;

    #[test]
    fn names_tell_kinds() {
        let knowledge = Knowledge::embedded().unwrap();
        let patterns = InputPatterns::new(&patterns(&knowledge)).unwrap();
        let table = [
            ("a/redis.conf", Some(FileKind::ConfText)),
            ("a/Redis-Prod.CONF", Some(FileKind::ConfText)),
            ("templates/redis.conf.j2", Some(FileKind::ConfText)),
            ("nginx.conf", Some(FileKind::Text)),
            ("deploy/a.YML", Some(FileKind::Yaml)),
            ("env/prod.yaml.gotmpl", Some(FileKind::Yaml)),
            ("chart/templates/_helpers.tpl", Some(FileKind::Supporting)),
            (
                "roles/a/templates/docker-compose.yml.j2",
                Some(FileKind::Yaml),
            ),
            ("etc/redis.container", Some(FileKind::Unit)),
            (".env.redis", Some(FileKind::Env)),
            ("chart/templates/NOTES.txt", None),
            ("README.md", Some(FileKind::Markdown)),
            ("a/Dockerfile", Some(FileKind::Dockerfile)),
            ("a/cache.Dockerfile", Some(FileKind::Dockerfile)),
            ("etc/redis.service", Some(FileKind::Unit)),
            ("etc/redis.service.d/redis.conf", Some(FileKind::Unit)),
            ("infra/main.tf", Some(FileKind::Terraform)),
            ("Tiltfile", Some(FileKind::Starlark)),
            ("tilt/redis.Tiltfile", Some(FileKind::Starlark)),
            ("bin/deploy.sh", Some(FileKind::Script)),
            (".env", Some(FileKind::Env)),
            ("redis.env", Some(FileKind::Env)),
            ("cmd/main.go", Some(FileKind::Go)),
            ("go.mod", Some(FileKind::GoMod)),
            ("src/main.rs", Some(FileKind::Rust)),
            ("a/Cargo.toml", Some(FileKind::CargoToml)),
            ("Cargo.lock", Some(FileKind::CargoLock)),
            ("logo.png", None),
        ];
        for (path, kind) in table {
            assert_eq!(patterns.kind_of(path), kind, "{path}");
        }
    }

    /// A name that a pattern fits: a word for each `*`.
    fn sample(glob: &str) -> String {
        let plain = glob.replace("**/", "a/").replace("[!_]", "a");
        plain.replace('*', "x")
    }

    #[test]
    fn the_hooks_over_changed_files_see_every_kind_that_is_read() {
        let hooks = include_str!("../.pre-commit-hooks.yaml");
        let filters: Vec<regex::Regex> = hooks
            .lines()
            .filter_map(|line| line.strip_prefix("  files: "))
            .map(|filter| regex::Regex::new(filter).unwrap())
            .collect();
        assert_eq!(filters.len(), 2);
        let knowledge = Knowledge::embedded().unwrap();
        let named: Vec<String> = patterns(&knowledge)
            .iter()
            .flat_map(|pattern| pattern.globs.iter().map(|glob| sample(glob)))
            .chain(["redvet.toml".to_owned(), "sub/Chart.yaml".to_owned()])
            .collect();
        for filter in &filters {
            let missed: Vec<&String> = named.iter().filter(|n| !filter.is_match(n)).collect();
            assert!(missed.is_empty(), "{missed:?}");
            assert!(!filter.is_match("logo.png"));
        }
    }
}
