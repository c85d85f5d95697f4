//! Reading parts of a YAML tree: texts, lists, parameters. What is missing or has the wrong form is
//! an error with its place.

use std::collections::BTreeMap;

use crate::facts::value::Datum;
use crate::facts::vocabulary::FactType;
use crate::load::LoadError;
use crate::policy::param::{self, RawParamValue, RuleParam};
use crate::source::Excerpt;
use crate::syntax::yaml::YamlNode;

/// A mapping that is read, and where its mistakes go.
pub(super) struct MappingReader<'a> {
    pub(super) node: &'a YamlNode,
    pub(super) errors: &'a mut Vec<LoadError>,
}

impl<'a> MappingReader<'a> {
    pub(super) fn new(node: &'a YamlNode, errors: &'a mut Vec<LoadError>) -> Self {
        Self { node, errors }
    }

    pub(super) fn error(&mut self, node: &YamlNode, message: impl Into<String>) {
        self.errors.push(LoadError::new(node.span, message));
    }

    /// A field's text with its place.
    pub(super) fn excerpt(&self, key: &str) -> Option<Excerpt> {
        self.node.get(key).and_then(excerpt)
    }

    /// The texts of a list, with their places.
    pub(super) fn excerpts(&self, key: &str) -> Vec<Excerpt> {
        let items = self.node.get(key).map_or(&[][..], YamlNode::items);
        items.iter().filter_map(excerpt).collect()
    }

    /// A field's text, trimmed.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let text = self.node.get(key)?.as_str()?;
        Some(text.trim().to_owned())
    }

    /// A field's text that must be there.
    pub(super) fn required(&mut self, key: &str) -> Option<Excerpt> {
        let found = self.excerpt(key);
        if found.is_none() {
            self.errors.push(LoadError::new(
                self.node.span.before(),
                format!("missing key `{key}`"),
            ));
        }
        found
    }

    /// A field that is one of a few words.
    pub(super) fn word<T>(&mut self, key: &str, f: impl Fn(&str) -> Option<T>) -> Option<T> {
        let node = self.node.get(key)?;
        let word = node.as_str().and_then(f);
        if word.is_none() {
            self.error(node, format!("invalid `{key}`"));
        }
        word
    }

    /// The texts of a list.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<String>> {
        let items = self.node.get(key)?.items().iter();
        Some(
            items
                .filter_map(|i| Some(i.as_str()?.trim().to_owned()))
                .collect(),
        )
    }

    /// The parameters of a rule or an audience.
    pub(super) fn params(&mut self, key: &str) -> BTreeMap<String, RuleParam> {
        let entries = self.node.get(key).map_or(&[][..], YamlNode::entries);
        let mut params = BTreeMap::new();
        for entry in entries {
            let Some(name) = entry.key.as_str() else {
                continue;
            };
            let named = |error: LoadError| LoadError {
                message: format!("`{name}`: {}", error.message),
                ..error
            };
            match one_param(&entry.value).map_err(named) {
                Ok(param) => {
                    params.insert(name.to_owned(), param);
                }
                Err(error) => self.errors.push(error),
            }
        }
        params
    }
}

/// A scalar's text with its place.
pub(super) fn excerpt(node: &YamlNode) -> Option<Excerpt> {
    node.scalar().map(|s| s.value().clone())
}

/// One text or a list of mappings, read by `f` where they are mappings.
pub(super) fn one_or_many(node: Option<&YamlNode>) -> &[YamlNode] {
    match node {
        None => &[],
        Some(node) if node.is_seq() => node.items(),
        Some(node) => std::slice::from_ref(node),
    }
}

fn one_param(node: &YamlNode) -> Result<RuleParam, LoadError> {
    let word = node
        .get("type")
        .and_then(YamlNode::as_str)
        .unwrap_or_default();
    let Some(ty) = RuleParam::type_named(word) else {
        let message = format!("unknown parameter type `{word}`");
        let words: Vec<&str> = RuleParam::TYPES.iter().map(|(w, _)| *w).collect();
        let error = LoadError::new(node.span, message);
        return Err(error.with_help(format!("valid: {}", words.join(", "))));
    };
    let mut param = RuleParam {
        ty,
        default: Datum::Bool(false),
        min: read_bound(node, ty, "min")?,
        max: read_bound(node, ty, "max")?,
        about: node
            .get("about")
            .and_then(YamlNode::as_str)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    };
    let default = node
        .get("default")
        .ok_or_else(|| LoadError::new(node.span, "missing key `default`"))?;
    param.default = param
        .accept(&value(default))
        .map_err(|message| LoadError::new(default.span, message))?;
    Ok(param)
}

fn read_bound(node: &YamlNode, ty: FactType, key: &str) -> Result<Option<Datum>, LoadError> {
    let Some(found) = node.get(key) else {
        return Ok(None);
    };
    param::datum(ty, &value(found))
        .map(Some)
        .map_err(|message| LoadError::new(found.span, message))
}

/// A parameter's value as it is written.
fn value(node: &YamlNode) -> RawParamValue {
    if node.is_seq() {
        return RawParamValue::List(node.items().iter().map(value).collect());
    }
    match node.as_bool() {
        Some(truth) => RawParamValue::Bool(truth),
        None => RawParamValue::Text(node.as_str().unwrap_or_default().to_owned()),
    }
}
