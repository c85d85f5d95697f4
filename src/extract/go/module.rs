//! go.mod files: which version of which module the code below a folder is built with.
//!
//! Reads `require`, `replace` and `go`, single or in blocks. A module that is replaced by a folder or
//! by another module has no known version.

use std::collections::BTreeMap;

use crate::facts::cause::Cause;
use crate::facts::raw::{RawModule, SourceLanguage, VersionPin};
use crate::source::{Excerpt, path};

/// Reads a go.mod file; `path` is its path relative to the root.
pub fn read(path: &str, excerpt: &Excerpt) -> RawModule {
    let mut module = RawModule {
        dir: path::folder(path).to_owned(),
        language: SourceLanguage::Go,
        name: None,
        requires: BTreeMap::new(),
        has_program: false,
        language_version: None,
        has_runtime_settings: false,
        features: std::collections::BTreeMap::new(),
    };
    let mut replaces = Vec::new();
    let mut block: Option<&str> = None;
    let mut at = 0;
    for line in excerpt.text().split_inclusive('\n') {
        let words = words(line, at);
        at += line.len();
        let texts: Vec<&str> = words.iter().map(|(_, text)| *text).collect();
        match (block, texts.as_slice()) {
            (Some(_), [")"]) => block = None,
            (None, [verb, "("]) => block = Some(verb),
            (Some(verb), [_, ..]) => statement(verb, &words, excerpt, &mut module, &mut replaces),
            (None, [verb, _, ..]) => {
                statement(verb, &words[1..], excerpt, &mut module, &mut replaces);
            }
            _ => {}
        }
    }
    replaces.into_iter().for_each(|r| apply(&r, &mut module));
    module
}

/// The words of a line with their places; comments left out, quotes taken off.
fn words(line: &str, start: usize) -> Vec<(usize, &str)> {
    let code = line.split("//").next().unwrap_or(line);
    let mut words = Vec::new();
    let mut at = 0;
    for word in code.split_whitespace() {
        let found = code[at..].find(word).unwrap_or(0) + at;
        at = found + word.len();
        words.push((start + found, word.trim_matches(['"', '`'])));
    }
    words
}

/// A module that stands for another: name and version replaced, if one is given, and the new version.
struct ModuleReplacement {
    module: String,
    only: Option<String>,
    by: String,
    version: Option<String>,
}

fn statement(
    verb: &str,
    words: &[(usize, &str)],
    excerpt: &Excerpt,
    module: &mut RawModule,
    replaces: &mut Vec<ModuleReplacement>,
) {
    match (verb, words) {
        ("module", [(_, name)]) => module.name = Some((*name).to_owned()),
        ("go", [(_, version)]) => module.language_version = Some((*version).to_owned()),
        ("godebug", _) => module.has_runtime_settings = true,
        ("require", [(_, name), (at, version)]) => {
            let pin = VersionPin {
                version: Ok((*version).to_owned()),
                span: excerpt.span(*at..*at + version.len()),
                bounds: None,
            };
            module.requires.insert((*name).to_owned(), pin);
        }
        ("replace", _) => {
            let texts: Vec<&str> = words.iter().map(|(_, text)| *text).collect();
            replaces.extend(replace(&texts));
        }
        _ => {}
    }
}

fn replace(words: &[&str]) -> Option<ModuleReplacement> {
    let arrow = words.iter().position(|word| *word == "=>")?;
    let (old, new) = (&words[..arrow], &words[arrow + 1..]);
    Some(ModuleReplacement {
        module: (*old.first()?).to_owned(),
        only: old.get(1).map(|v| (*v).to_owned()),
        by: (*new.first()?).to_owned(),
        version: new.get(1).map(|v| (*v).to_owned()),
    })
}

fn apply(replace: &ModuleReplacement, module: &mut RawModule) {
    let Some(pin) = module.requires.get_mut(&replace.module) else {
        return;
    };
    let meant = |only: &String| pin.version.as_ref() == Ok(only);
    if !replace.only.as_ref().is_none_or(meant) {
        return;
    }
    pin.version = match &replace.version {
        // Another module numbers its releases by itself.
        Some(_) if replace.by != replace.module => {
            Err(Cause::Pin("go.mod replaces the module by another one"))
        }
        Some(version) => Ok(version.clone()),
        None => Err(Cause::Pin("go.mod replaces the module by a folder")),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    const MODULE: &str = "module example.com/app // the app\n\ngo 1.24.0\n\nrequire github.com/a/one v1.2.3\n\nrequire (\n\tgithub.com/a/two/v9 v9.7.0 // indirect\n\t\"github.com/a/three\" v0.1.0\n\tgithub.com/a/four v1.0.0\n\tgithub.com/a/five v1.0.0\n)\n\nreplace github.com/a/three => ../three\n\nreplace (\n\tgithub.com/a/four v1.0.0 => github.com/b/four v1.5.0\n\tgithub.com/a/one v9.9.9 => ./other\n\tgithub.com/a/five => github.com/a/five v1.6.0\n)\n";

    #[test]
    fn versions_are_read_through_blocks_and_replacements() {
        let excerpt = Excerpt::whole(FileId(0), MODULE.into());
        let module = read("svc/go.mod", &excerpt);
        assert_eq!(module.dir, "svc");
        assert_eq!(module.language_version.as_deref(), Some("1.24.0"));
        let version = |name: &str| module.requires[name].version.clone().ok();
        assert_eq!(version("github.com/a/one").as_deref(), Some("v1.2.3"));
        assert_eq!(version("github.com/a/two/v9").as_deref(), Some("v9.7.0"));
        assert_eq!(version("github.com/a/three"), None);
        assert_eq!(version("github.com/a/four"), None);
        assert_eq!(version("github.com/a/five").as_deref(), Some("v1.6.0"));
        let span = module.requires["github.com/a/two/v9"].span;
        assert_eq!(&MODULE[span.range()], "v9.7.0");
    }

    #[test]
    fn nonsense_is_an_empty_module() {
        let excerpt = Excerpt::whole(FileId(0), "require (\n)\n)\nreplace =>\n(".into());
        assert!(read("go.mod", &excerpt).requires.is_empty());
    }
}
