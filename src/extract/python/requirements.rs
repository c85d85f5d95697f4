//! Which releases a Python project takes: from its lock file, its requirements, `pyproject.toml`,
//! `Pipfile` or `setup.cfg`. What holds for a folder holds below it.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::raw::{RawModule, SourceLanguage, VersionBounds, VersionPin};
use crate::source::{Excerpt, Span, path};

/// A file that names releases.
#[derive(Clone, Debug)]
pub struct RequirementsFile {
    pub path: String,
    pub excerpt: Excerpt,
}

/// How much a file says of the release that runs; the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PinSource {
    Locked,
    Exact,
    Between,
    Any,
}

/// The modules of a tree: one for each folder that says which releases its code takes. `wanted` are the
/// names that are asked for; `is_program` says whether the code below a folder is a program.
pub fn modules(
    files: &[RequirementsFile],
    wanted: &BTreeSet<&str>,
    is_program: &dyn Fn(&str) -> bool,
) -> Vec<RawModule> {
    let mut folders: BTreeMap<String, BTreeMap<String, (PinSource, VersionPin)>> = BTreeMap::new();
    for file in files {
        let pins = folders.entry(project_folder(&file.path)).or_default();
        for (name, source, pin) in releases(file) {
            let better = pins.get(&name).is_none_or(|(other, _)| source < *other);
            if wanted.contains(name.as_str()) && better {
                pins.insert(name, (source, pin));
            }
        }
    }
    let all = folders.clone();
    let modules = folders.into_iter().map(|(dir, pins)| {
        let mut requires: BTreeMap<String, VersionPin> = pins
            .into_iter()
            .map(|(name, (_, pin))| (name, pin))
            .collect();
        // A package of a workspace takes what the folders above it pin.
        let mut above: Vec<_> = all
            .iter()
            .filter(|(other, _)| path::is_within(&dir, other))
            .collect();
        above.sort_by_key(|(other, _)| std::cmp::Reverse(other.len()));
        for (name, (_, pin)) in above.into_iter().flat_map(|(_, pins)| pins) {
            requires.entry(name.clone()).or_insert_with(|| pin.clone());
        }
        RawModule {
            has_program: is_program(&dir),
            dir,
            language: SourceLanguage::Python,
            name: None,
            requires,
            language_version: None,
            has_runtime_settings: false,
            features: BTreeMap::new(),
        }
    });
    modules.collect()
}

/// The folder that a file speaks for: `requirements/base.txt` for the one above.
pub fn project_folder(file: &str) -> String {
    let folder = path::folder(file);
    match path::name(folder) {
        "requirements" | "reqs" => path::folder(folder).to_owned(),
        _ => folder.to_owned(),
    }
}

fn releases(file: &RequirementsFile) -> Vec<(String, PinSource, VersionPin)> {
    let text = file.excerpt.text();
    match path::name(&file.path) {
        "poetry.lock" | "uv.lock" | "pdm.lock" => read_lock(&file.excerpt),
        "Pipfile.lock" => read_pipfile_lock(&file.excerpt),
        "pyproject.toml" | "Pipfile" => declared(&file.excerpt),
        name => {
            let quoted = name == "setup.py";
            let lines = text.split_inclusive('\n').scan(0, |at, line| {
                let start = *at;
                *at += line.len();
                Some((start, line))
            });
            let found = lines.filter_map(|(start, line)| {
                let line = line.split(" #").next().unwrap_or(line);
                let body = line.trim().trim_end_matches([',', '\\']).trim();
                let body = match quoted {
                    true => body
                        .strip_prefix(['"', '\''])?
                        .trim_end_matches(['"', '\'']),
                    false => body,
                };
                let offset = start + line.find(body)?;
                requirement(body, file.excerpt.span(offset..offset + body.len()))
            });
            found.collect()
        }
    }
}

/// `name[extra]>=1,<2 ; marker`.
fn requirement(text: &str, span: Span) -> Option<(String, PinSource, VersionPin)> {
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let name = &text[..end];
    if name.is_empty() || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = text[end..].trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    let rest = rest.split([';', '#']).next().unwrap_or("");
    let rest = rest.split(" --").next().unwrap_or(rest).trim();
    let rest = rest.trim_start_matches('(').trim_end_matches(')');
    let (source, pin) = parse_specifier(rest, span)?;
    Some((normalize_name(name), source, pin))
}

fn normalize_name(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

/// What a specifier says: `==1.2.3`, `~=1.2`, `^1.2`, `>=1,<2`.
fn parse_specifier(text: &str, span: Span) -> Option<(PinSource, VersionPin)> {
    let open = |bounds: Option<VersionBounds>| VersionPin {
        version: Err(Cause::Pin("the requirement allows several releases")),
        span,
        bounds,
    };
    if text.is_empty() || text == "*" {
        return Some((PinSource::Any, open(None)));
    }
    let (mut since, mut until): (Vec<u32>, Option<Vec<u32>>) = (Vec::new(), None);
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let at = part.find(|c: char| c.is_ascii_digit())?;
        let (operator, figures) = (part[..at].trim(), part[at..].trim());
        let starred = figures.ends_with(".*");
        let figures = figures.trim_end_matches(".*");
        let parts: Vec<u32> = figures
            .split('.')
            .map(|figure| figure.parse().ok())
            .collect::<Option<_>>()?;
        match operator {
            "==" | "===" | "=" if !starred => {
                let pin = VersionPin {
                    version: Ok(figures.to_owned()),
                    span,
                    bounds: None,
                };
                return Some((PinSource::Exact, pin));
            }
            "==" | "" if starred => {
                until = Some(raise_last(&parts, parts.len()));
                since = parts;
            }
            // Poetry takes a bare figure for itself.
            "" => {
                let pin = VersionPin {
                    version: Ok(figures.to_owned()),
                    span,
                    bounds: None,
                };
                return Some((PinSource::Exact, pin));
            }
            "~=" | "~" => {
                until = Some(raise_last(&parts, parts.len().saturating_sub(1).max(1)));
                since = parts;
            }
            "^" => {
                let leading = parts.iter().take_while(|part| **part == 0).count();
                until = Some(raise_last(&parts, (leading + 1).min(parts.len())));
                since = parts;
            }
            ">=" | ">" => since = parts,
            "<" => until = Some(parts),
            "<=" => until = Some(raise_last(&parts, parts.len())),
            _ => {}
        }
    }
    let shown = |parts: &[u32]| {
        let part = |at: usize| parts.get(at).copied().unwrap_or(0);
        format!("{}.{}.{}", part(0), part(1), part(2))
    };
    let bounds = VersionBounds {
        since: shown(&since),
        until: until.map_or_else(|| "99999.0.0".to_owned(), |until| shown(&until)),
    };
    Some((PinSource::Between, open(Some(bounds))))
}

/// The first release behind all that begin with so many of these parts.
fn raise_last(parts: &[u32], count: usize) -> Vec<u32> {
    let mut parts = parts[..count.min(parts.len())].to_vec();
    if let Some(last) = parts.last_mut() {
        *last = last.saturating_add(1);
    }
    parts
}

fn read_lock(excerpt: &Excerpt) -> Vec<(String, PinSource, VersionPin)> {
    #[derive(serde::Deserialize)]
    struct PythonLockFile {
        #[serde(default)]
        package: Vec<PythonLockedPackage>,
    }
    #[derive(serde::Deserialize)]
    struct PythonLockedPackage {
        name: String,
        version: Option<toml::Spanned<String>>,
    }
    let Ok(file) = toml::from_str::<PythonLockFile>(excerpt.text()) else {
        return Vec::new();
    };
    let pins = file.package.into_iter().filter_map(|package| {
        let version = package.version?;
        let pin = VersionPin {
            span: excerpt.span(version.span()),
            version: Ok(version.into_inner()),
            bounds: None,
        };
        Some((normalize_name(&package.name), PinSource::Locked, pin))
    });
    pins.collect()
}

fn read_pipfile_lock(excerpt: &Excerpt) -> Vec<(String, PinSource, VersionPin)> {
    let Ok(file) = serde_json::from_str::<serde_json::Value>(excerpt.text()) else {
        return Vec::new();
    };
    let packages = file.get("default").and_then(|default| default.as_object());
    let found = packages
        .into_iter()
        .flatten()
        .filter_map(|(name, package)| {
            let version = package.get("version")?.as_str()?.strip_prefix("==")?;
            let quoted = format!("\"{name}\"");
            let at = excerpt.text().find(&quoted)?;
            let pin = VersionPin {
                version: Ok(version.to_owned()),
                span: excerpt.span(at..at + quoted.len()),
                bounds: None,
            };
            Some((normalize_name(name), PinSource::Locked, pin))
        });
    found.collect()
}

/// Requirements in the tables of a TOML file: lists of texts, and names with a specifier.
fn declared(excerpt: &Excerpt) -> Vec<(String, PinSource, VersionPin)> {
    let Ok(file) = excerpt.text().parse::<toml::Table>() else {
        return Vec::new();
    };
    let at = |table: &toml::Table, keys: &[&str]| -> Option<toml::Value> {
        let (first, rest) = keys.split_first()?;
        let mut value = table.get(*first)?;
        for key in rest {
            value = value.get(*key)?;
        }
        Some(value.clone())
    };
    let mut found = Vec::new();
    // Where it stands is looked for by its text: the same text says the same thing.
    let span = |text: &str| {
        let start = excerpt.text().find(text).unwrap_or(0);
        excerpt.span(start..start + text.len())
    };
    let lists = [
        at(&file, &["project", "dependencies"]),
        at(&file, &["project", "optional-dependencies"]),
        at(&file, &["dependency-groups"]),
    ];
    for list in lists.into_iter().flatten() {
        let texts = match list {
            toml::Value::Array(items) => items,
            toml::Value::Table(groups) => {
                let lists = groups
                    .into_iter()
                    .filter_map(|(_, list)| list.as_array().cloned());
                lists.flatten().collect()
            }
            _ => Vec::new(),
        };
        let texts = texts.iter().filter_map(toml::Value::as_str);
        found.extend(texts.filter_map(|text| requirement(text, span(text))));
    }
    let tables = [
        at(&file, &["tool", "poetry", "dependencies"]),
        at(&file, &["packages"]),
    ];
    for table in tables.into_iter().flatten() {
        for (name, value) in table.as_table().into_iter().flatten() {
            let version = value.as_str().or_else(|| value.get("version")?.as_str());
            let pin = parse_specifier(version.unwrap_or("*"), span(name));
            found.extend(pin.map(|(source, pin)| (normalize_name(name), source, pin)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(text: &str) -> Option<String> {
        let span = Span::new(FileId(0), 0, 0);
        let (name, _, pin) = requirement(text, span)?;
        let bounds = pin.bounds.map(|b| format!("{} to {}", b.since, b.until));
        let version = pin.version.ok().or(bounds).unwrap_or("any".to_owned());
        Some(format!("{name} {version}"))
    }

    #[test]
    fn requirements_say_between_which_releases_a_library_lies() {
        assert_eq!(read("redis==5.0.8").as_deref(), Some("redis 5.0.8"));
        assert_eq!(
            read("Redis[hiredis] >= 4.2, < 6 ; python_version > '3'").as_deref(),
            Some("redis 4.2.0 to 6.0.0")
        );
        assert_eq!(
            read("django_redis~=5.4").as_deref(),
            Some("django-redis 5.4.0 to 6.0.0")
        );
        assert_eq!(read("redis==5.*").as_deref(), Some("redis 5.0.0 to 6.0.0"));
        assert_eq!(read("redis").as_deref(), Some("redis any"));
        assert_eq!(
            read("redis>=6.4.0").as_deref(),
            Some("redis 6.4.0 to 99999.0.0")
        );
        assert_eq!(
            read("redis==7.1.0 --hash=sha256:00").as_deref(),
            Some("redis 7.1.0")
        );
        assert_eq!(read("-r base.txt"), None);
        assert_eq!(read("# redis"), None);
    }
}
