//! `pack.yaml` to a [`RulePack`]: what a pack says of all its rules.

use crate::facts::estate::SubjectKind;
use crate::load::LoadError;
use crate::load::rules::form::{MappingReader, excerpt};
use crate::load::rules::rule::subject_named;
use crate::policy::{Audience, NamedConsequence, QuietPatterns, RulePack, RuleProfile, check_glob};
use crate::source::Excerpt;
use crate::syntax::yaml::YamlNode;

/// The version of this program.
const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn read(root: &YamlNode, errors: &mut Vec<LoadError>) -> Option<RulePack> {
    let before = errors.len();
    check_version(root, errors);
    let form = MappingReader::new(root, errors);
    let pack = RulePack {
        name: form.text("name").unwrap_or_default(),
        version: form.text("version").unwrap_or_default(),
        description: form.text("description").unwrap_or_default(),
        namespace: form.text("namespace"),
        profile: form
            .text("profile")
            .as_deref()
            .and_then(RuleProfile::from_word),
        url: form.text("url"),
        quiet: QuietPatterns::default(),
        audiences: Default::default(),
        consequences: Vec::new(),
    };
    let quiet = quiet(root, errors);
    let audiences = root.get("audiences").map_or(&[][..], YamlNode::entries);
    let audiences = audiences
        .iter()
        .filter_map(|e| Some((e.key.as_str()?.to_owned(), audience(&e.value, errors))))
        .collect();
    let consequences = root.get("consequences").map_or(&[][..], YamlNode::entries);
    let consequences = consequences
        .iter()
        .filter_map(|entry| consequence(entry.key.as_str()?, &entry.value, errors))
        .collect();
    (errors.len() == before).then_some(RulePack {
        quiet,
        audiences,
        consequences,
        ..pack
    })
}

/// A pack that says it needs a newer program is refused as a whole: what it would silently lack
/// cannot be known.
fn check_version(root: &YamlNode, errors: &mut Vec<LoadError>) {
    let Some(node) = root.get("minimum_redvet") else {
        return;
    };
    let wanted = node.as_str().unwrap_or_default().trim();
    if numbers(wanted) > numbers(OWN_VERSION) {
        let message = format!("the pack requires redvet {wanted}; this is {OWN_VERSION}");
        let help = "upgrade redvet, or use an older version of the pack";
        errors.push(LoadError::new(node.span, message).with_help(help));
    }
}

/// The numbers of a version, three of them.
fn numbers(version: &str) -> [u64; 3] {
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(version.split('.')) {
        *number = part.parse().unwrap_or(0);
    }
    numbers
}

fn quiet(root: &YamlNode, errors: &mut Vec<LoadError>) -> QuietPatterns {
    let Some(quiet) = root.get("quiet") else {
        return QuietPatterns::default();
    };
    for list in ["tests", "samples", "development"] {
        for node in quiet.get(list).map_or(&[][..], YamlNode::items) {
            let pattern = node.as_str().unwrap_or_default();
            if let Err(message) = check_glob(pattern) {
                let message = format!("invalid pattern `{pattern}`: {message}");
                errors.push(LoadError::new(node.span, message));
            }
        }
    }
    let form = MappingReader::new(quiet, errors);
    QuietPatterns {
        tests: form.texts("tests"),
        samples: form.texts("samples"),
        development: form.texts("development"),
    }
}

/// One text for any number, or one for each.
fn consequence(
    name: &str,
    node: &YamlNode,
    errors: &mut Vec<LoadError>,
) -> Option<NamedConsequence> {
    let (one, many) = match excerpt(node) {
        Some(text) => (text.clone(), text),
        None => {
            let mut form = MappingReader::new(node, errors);
            let one = form.required("one");
            (one?, form.required("many")?)
        }
    };
    Some(NamedConsequence {
        name: name.to_owned(),
        one: one.text().trim().to_owned(),
        many: many.text().trim().to_owned(),
    })
}

fn audience(node: &YamlNode, errors: &mut Vec<LoadError>) -> Audience {
    let params = MappingReader::new(node, errors).params("params");
    let outside: Vec<(SubjectKind, Excerpt)> = node
        .entries()
        .iter()
        .filter_map(|e| Some((subject_named(e.key.as_str()?)?, excerpt(&e.value)?)))
        .collect();
    Audience::new(params, outside)
}
