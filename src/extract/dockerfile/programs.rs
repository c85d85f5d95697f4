//! Which programs of the tree the steps of a Dockerfile build: the packages that `go build` is given,
//! the binaries that `cargo build` is.

use crate::extract::dockerfile::BuildFile;
use crate::facts::raw::{BuiltPackage, RawBuild};
use crate::source::{Excerpt, path};
use crate::syntax::shell;

impl BuildFile {
    /// What is built below one of these folders, the surest first.
    pub fn programs(&self, contexts: &[String]) -> RawBuild {
        let mut build = RawBuild {
            path: self.path.clone(),
            context: contexts.first().cloned().unwrap_or_default(),
            ..RawBuild::default()
        };
        let steps = self.instructions.iter().filter(|i| i.name == "RUN");
        for step in steps {
            let documents = step.here_documents.iter();
            for text in std::iter::once(&step.body).chain(documents) {
                read_step(text, contexts, &mut build);
            }
        }
        build
    }

    /// The contexts of a build that nothing names: the file's own folder, and the whole tree.
    pub fn usual_contexts(&self) -> Vec<String> {
        let own = path::folder(&self.path).to_owned();
        let mut contexts = vec![own, String::new()];
        contexts.dedup();
        contexts
    }
}

fn read_step(text: &Excerpt, contexts: &[String], build: &mut RawBuild) {
    let words = shell::words(text);
    for command in words.split(|word| word.operator) {
        let words: Vec<&str> = command.iter().map(|word| word.text.as_str()).collect();
        let at = words.windows(2).position(|pair| {
            matches!(
                pair,
                ["go", "build" | "install"] | ["cargo", "build" | "install" | "zigbuild"]
            )
        });
        let Some(at) = at else { continue };
        let arguments = &words[at + 2..];
        if words[at] == "go" {
            go_build(arguments, contexts, build);
        } else {
            cargo_build(arguments, build);
        }
    }
}

/// The value of an option: `-o x` or `-o=x`.
fn option<'a>(arguments: &[&'a str], names: &[&str]) -> Option<&'a str> {
    arguments.iter().enumerate().find_map(|(at, word)| {
        if names.contains(word) {
            return arguments.get(at + 1).copied();
        }
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then_some(value)
    })
}

fn go_build(arguments: &[&str], contexts: &[String], build: &mut RawBuild) {
    let output = option(arguments, &["-o"]);
    let file = output.and_then(|o| o.rsplit('/').next());
    let file = file.filter(|name| !name.is_empty() && !name.contains('$'));
    let mut packages: Vec<&str> = Vec::new();
    let mut before = "";
    for word in arguments {
        let is_value = before.starts_with('-') && !before.contains('=') && takes_value(before);
        let is_path = *word == "." || word.starts_with("./");
        if is_path && !is_value {
            packages.push(word);
        }
        before = word;
    }
    if packages.is_empty() && !arguments.iter().any(|word| word.contains('.')) {
        packages.push(".");
    }
    for package in packages {
        let package = package.trim_end_matches("...");
        // A file of a package stands for it.
        let package = match package.rsplit_once('/') {
            Some((folder, name)) if name.ends_with(".go") => folder,
            _ => package,
        };
        let folders = contexts.iter().filter_map(|c| path::resolve(c, package));
        build.packages.push(BuiltPackage {
            folders: folders.collect(),
            output: file.map(str::to_owned),
        });
    }
}

/// Flags of the Go tool that are followed by a value.
fn takes_value(flag: &str) -> bool {
    let flag = flag.trim_start_matches('-');
    [
        "o",
        "ldflags",
        "gcflags",
        "tags",
        "mod",
        "p",
        "asmflags",
        "buildmode",
    ]
    .contains(&flag)
}

fn cargo_build(arguments: &[&str], build: &mut RawBuild) {
    for names in [["--bin", "--bin"], ["-p", "--package"]] {
        build
            .programs
            .extend(option(arguments, &names).map(str::to_owned));
    }
}
