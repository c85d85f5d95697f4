//! `pack.yaml` to a [`Pack`]: what a pack says of all its rules.

use crate::facts::estate::SubjectKind;
use crate::load::LoadError;
use crate::load::rules::form::{Form, excerpt};
use crate::load::rules::rule::subject_named;
use crate::policy::{Audience, Pack, glob};
use crate::source::Excerpt;
use crate::syntax::yaml::Node;

pub(super) fn read(root: &Node, errors: &mut Vec<LoadError>) -> Option<Pack> {
    let before = errors.len();
    let form = Form::new(root, errors);
    let pack = Pack {
        name: form.text("name").unwrap_or_default(),
        version: form.text("version").unwrap_or_default(),
        description: form.text("description").unwrap_or_default(),
        url: form.text("url"),
        quiet_tests: None,
        quiet_development: None,
        audiences: Default::default(),
    };
    let (tests, development) = quiet(root, errors);
    let audiences = root.get("audiences").map_or(&[][..], Node::entries);
    let audiences = audiences
        .iter()
        .filter_map(|e| Some((e.key.as_str()?.to_owned(), audience(&e.value, errors))))
        .collect();
    (errors.len() == before).then_some(Pack {
        quiet_tests: tests,
        quiet_development: development,
        audiences,
        ..pack
    })
}

type Globs = Option<Vec<String>>;

fn quiet(root: &Node, errors: &mut Vec<LoadError>) -> (Globs, Globs) {
    let Some(quiet) = root.get("quiet") else {
        return (None, None);
    };
    for list in ["tests", "development"] {
        for node in quiet.get(list).map_or(&[][..], Node::items) {
            let pattern = node.as_str().unwrap_or_default();
            if let Err(message) = glob(pattern) {
                errors.push(LoadError::new(node.span, message));
            }
        }
    }
    let form = Form::new(quiet, errors);
    (form.texts("tests"), form.texts("development"))
}

fn audience(node: &Node, errors: &mut Vec<LoadError>) -> Audience {
    let params = Form::new(node, errors).params("params");
    let outside: Vec<(SubjectKind, Excerpt)> = node
        .entries()
        .iter()
        .filter_map(|e| Some((subject_named(e.key.as_str()?)?, excerpt(&e.value)?)))
        .collect();
    Audience::new(params, outside)
}
