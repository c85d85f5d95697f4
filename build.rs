//! Turns the YAML of `rules/` and `knowledge/shapes/`, and what the models of `knowledge/clients/` begin
//! with, into JSON, which a run reads in a tenth of the time: each start needs nearly all of it. Nothing
//! is checked here: tests read the files themselves, and compare them with what stands here.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let folders: [(&str, &str, Conversion); 3] = [
        ("rules", "yaml", tree),
        ("knowledge/shapes", "yaml", values),
        ("knowledge/clients", "toml", head),
    ];
    for (folder, ending, convert) in folders {
        println!("cargo::rerun-if-changed={folder}");
        let into = out.join(folder);
        if into.exists() {
            fs::remove_dir_all(&into)?;
        }
        let files = SourceFiles { ending, convert };
        files.write(&root.join(folder), &into)?;
    }
    println!("cargo::rerun-if-changed=build.rs");
    Ok(())
}

type Conversion = fn(&str) -> Result<Value, Box<dyn Error>>;

/// The files with an ending, and what is made of each.
struct SourceFiles<'a> {
    ending: &'a str,
    convert: Conversion,
}

impl SourceFiles<'_> {
    fn write(&self, from: &Path, into: &Path) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(into)?;
        for entry in fs::read_dir(from)? {
            let path = entry?.path();
            let target = into.join(path.file_name().unwrap_or_default());
            if path.is_dir() {
                self.write(&path, &target)?;
            } else if path.extension().is_some_and(|ending| ending == self.ending) {
                let json = (self.convert)(&fs::read_to_string(&path)?)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                fs::write(target.with_extension("json"), json.to_string())?;
            }
        }
        Ok(())
    }
}

/// The tables that say which library a model is of.
fn head(text: &str) -> Result<Value, Box<dyn Error>> {
    let mut model: Map<String, Value> = toml::from_str(text)?;
    model.retain(|key, _| ["schema", "client", "package"].contains(&key.as_str()));
    Ok(Value::Object(model))
}

/// The values of a file.
fn values(text: &str) -> Result<Value, Box<dyn Error>> {
    Ok(serde_yaml::from_str(text)?)
}

/// The tree of a file, as `syntax::yaml::encoded` reads it: each scalar is a text behind the letter of
/// its style.
fn tree(text: &str) -> Result<Value, Box<dyn Error>> {
    let mut open: Vec<Collection> = Vec::new();
    for event in Parser::new_from_str(text) {
        let done = match event?.0 {
            Event::Scalar(value, style, ..) => Value::String(format!("{}{value}", letter(style))),
            Event::SequenceStart(..) => {
                open.push(Collection::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Collection::Entries(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Collection::List(items)) => Value::Array(items),
                Some(Collection::Entries(entries, _)) => Value::Object(entries),
                None => return Err("a collection ends that never began".into()),
            },
            Event::Alias(_) | Event::UnresolvedAlias(_) => return Err("an alias".into()),
            _ => continue,
        };
        match open.last_mut() {
            None => return Ok(done),
            Some(Collection::List(items)) => items.push(done),
            Some(Collection::Entries(entries, key)) => match (key.take(), done) {
                (Some(key), value) => drop(entries.insert(key, value)),
                (None, Value::String(name)) => *key = Some(name),
                (None, _) => return Err("a key that is no text".into()),
            },
        }
    }
    Err("no document".into())
}

/// A collection of which the end was not met yet.
enum Collection {
    List(Vec<Value>),
    /// With the key whose value is awaited.
    Entries(Map<String, Value>, Option<String>),
}

fn letter(style: ScalarStyle) -> char {
    match style {
        ScalarStyle::Plain => 'p',
        ScalarStyle::SingleQuoted => 's',
        ScalarStyle::DoubleQuoted => 'd',
        ScalarStyle::Literal => 'l',
        ScalarStyle::Folded => 'f',
    }
}
