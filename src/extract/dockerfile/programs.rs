//! Which programs of the tree the steps of a Dockerfile build: the packages or binaries that a
//! language's own tool is given. What these tools are called is `knowledge`'s.

use crate::extract::dockerfile::BuildFile;
use crate::extract::script;
use crate::facts::raw::{BuiltPackage, RawBuild, SourceLanguage};
use crate::knowledge::languages::{self, BuildTool};
use crate::source::{Excerpt, path};

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
    let tools = languages::build_tools();
    for command in script::plain_commands(text) {
        let words: Vec<&str> = command.words.iter().map(|w| w.text.as_str()).collect();
        let found = tools.iter().find_map(|(language, tool)| {
            let mut pairs = words.windows(2);
            let at = pairs.position(|pair| tool.begins(pair[0], pair[1]))?;
            Some((*language, *tool, &words[at + 2..]))
        });
        match found {
            Some((SourceLanguage::Go, tool, arguments)) => {
                go_build(tool, arguments, contexts, build);
            }
            Some((SourceLanguage::Rust, tool, arguments)) => cargo_build(tool, arguments, build),
            Some((SourceLanguage::Python, ..)) | None => {}
        }
    }
}

/// The value of an option: `-o x` or `-o=x`.
fn option<'a>(arguments: &[&'a str], names: &[String]) -> Option<&'a str> {
    let is_name = |word: &str| names.iter().any(|name| name == word);
    arguments.iter().enumerate().find_map(|(at, word)| {
        if is_name(word) {
            return arguments.get(at + 1).copied();
        }
        let (name, value) = word.split_once('=')?;
        is_name(name).then_some(value)
    })
}

fn go_build(tool: &BuildTool, arguments: &[&str], contexts: &[String], build: &mut RawBuild) {
    let output = option(arguments, &tool.output);
    let file = output.and_then(|o| o.rsplit('/').next());
    let file = file.filter(|name| !name.is_empty() && !name.contains('$'));
    let mut packages: Vec<&str> = Vec::new();
    let mut before = "";
    for word in arguments {
        let is_value = before.starts_with('-') && !before.contains('=') && tool.takes_value(before);
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

fn cargo_build(tool: &BuildTool, arguments: &[&str], build: &mut RawBuild) {
    for names in &tool.selects {
        build
            .programs
            .extend(option(arguments, names).map(str::to_owned));
    }
}
