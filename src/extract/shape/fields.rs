//! The fields of a resource or of a chart's values: what a person wrote, over what holds by default.

use globset::GlobBuilder;

use crate::extract::scalar::template_reason;
use crate::facts::Cause;
use crate::knowledge::shapes::path::{FieldPath, PathStep};
use crate::knowledge::shapes::schema::{FieldCondition, FieldTest, ValueTree};
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

/// What a document says, and what its shape says where it does not.
pub struct ShapeFields<'a> {
    root: &'a YamlNode,
    /// The first that has a field counts.
    defaults: Vec<&'a ValueTree>,
    /// Values of a chart, where a written null takes a default away and an empty mapping says nothing.
    values: bool,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug)]
pub enum FieldContent<'a> {
    Written(&'a YamlNode),
    Default(&'a ValueTree),
    /// A template above it decides; the place is the nearest node that it may change.
    Hidden(&'a YamlNode),
    Absent,
}

enum WalkedField<'a> {
    Node(&'a YamlNode),
    Hidden(&'a YamlNode),
    Null,
    Missing,
}

impl<'a> ShapeFields<'a> {
    pub fn of_resource(root: &'a YamlNode, defaults: Vec<&'a ValueTree>) -> Self {
        Self {
            root,
            defaults,
            values: false,
        }
    }

    pub fn of_values(root: &'a YamlNode, defaults: Vec<&'a ValueTree>) -> Self {
        Self {
            root,
            defaults,
            values: true,
        }
    }

    pub fn get(&self, path: &FieldPath) -> FieldContent<'a> {
        match walk(self.root, path.steps()) {
            WalkedField::Node(node) => FieldContent::Written(node),
            WalkedField::Hidden(node) => FieldContent::Hidden(node),
            WalkedField::Null if self.values => FieldContent::Absent,
            WalkedField::Null | WalkedField::Missing => self
                .default(path)
                .map_or(FieldContent::Absent, FieldContent::Default),
        }
    }

    /// The key of the innermost block on the way to a field that is written: where a reader would
    /// write the field. The block that holds the whole of a resource says nothing.
    pub fn nearest_block(&self, path: &FieldPath) -> Option<Span> {
        let mut node = self.root;
        let mut nearest = None;
        for (depth, step) in path.steps().iter().enumerate() {
            let PathStep::Key(key) = step else {
                break;
            };
            let Some(entry) = node.entry(key) else {
                break;
            };
            if self.values || depth > 0 {
                nearest = Some(entry.key.span);
            }
            node = &entry.value;
        }
        nearest
    }

    pub fn default(&self, path: &FieldPath) -> Option<&'a ValueTree> {
        let found = self.defaults.iter().find_map(|tree| at(tree, path.steps()));
        found.filter(|tree| !tree.is_null())
    }

    /// The first of several fields that says something: what is empty in a chart's values is taken for
    /// none, in a resource it is a mapping without entries.
    pub fn first(&self, paths: &'a [FieldPath]) -> Option<(&'a FieldPath, FieldContent<'a>)> {
        let says = |found: &FieldContent<'_>| match found {
            FieldContent::Absent => false,
            FieldContent::Written(node) if self.values => !is_nothing(node),
            FieldContent::Default(tree) if self.values => is_something(tree),
            _ => true,
        };
        let all = paths.iter().map(|path| (path, self.get(path)));
        all.into_iter().find(|(_, found)| says(found))
    }

    /// The text of a scalar, or why it is not known; `None` where nothing says it.
    pub fn text(&self, path: &FieldPath) -> Option<Result<String, Cause>> {
        match self.get(path) {
            FieldContent::Written(node) if node.has_placeholder() || node.is_open() => {
                Some(Err(template_reason()))
            }
            FieldContent::Written(node) => node.as_str().map(|text| Ok(text.to_owned())),
            FieldContent::Default(tree) => scalar_text(tree).map(Ok),
            FieldContent::Hidden(_) => Some(Err(template_reason())),
            FieldContent::Absent => None,
        }
    }

    /// Whether all conditions hold; `None` where that cannot be told.
    pub fn hold(&self, conditions: &[FieldCondition]) -> Option<bool> {
        let answers: Vec<_> = conditions.iter().map(|c| self.holds(c)).collect();
        if answers.contains(&Some(false)) {
            return Some(false);
        }
        answers.iter().all(Option::is_some).then_some(true)
    }

    /// Whether a person wrote every field that the conditions ask for.
    pub fn are_written(&self, conditions: &[FieldCondition]) -> bool {
        let mut fields = conditions.iter().map(|condition| &condition.field);
        fields.all(|field| matches!(self.get(field), FieldContent::Written(_)))
    }

    /// Whether a template decides if the field is there.
    pub fn is_under_template(&self, path: &FieldPath) -> bool {
        let mut node = Some(self.root);
        for step in path.steps() {
            match node {
                Some(above) if above.is_open() => return true,
                Some(above) => node = next(above, step),
                None => return false,
            }
        }
        false
    }

    fn holds(&self, condition: &FieldCondition) -> Option<bool> {
        let found = self.get(&condition.field);
        match &condition.test {
            FieldTest::Present => presence(&found),
            FieldTest::Absent => presence(&found).map(|present| !present),
            FieldTest::Filled => is_filled(&found),
            FieldTest::Empty => is_filled(&found).map(|filled| !filled),
            test => self.compares(&condition.field, test),
        }
    }

    fn compares(&self, field: &FieldPath, test: &FieldTest) -> Option<bool> {
        let text = match self.text(field) {
            None => String::new(),
            Some(Ok(text)) => text,
            Some(Err(_)) => return None,
        };
        Some(match test {
            FieldTest::Equals(wanted) => text == *wanted,
            FieldTest::Differs(unwanted) => text != *unwanted,
            FieldTest::Matches(patterns) => fits(patterns, &text),
            FieldTest::Misses(patterns) => !fits(patterns, &text),
            FieldTest::Present | FieldTest::Absent | FieldTest::Filled | FieldTest::Empty => {
                return None;
            }
        })
    }
}

fn fits(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| {
        let glob = GlobBuilder::new(pattern).build();
        glob.is_ok_and(|glob| glob.compile_matcher().is_match(text))
    })
}

fn presence(found: &FieldContent<'_>) -> Option<bool> {
    match found {
        FieldContent::Written(_) | FieldContent::Default(_) => Some(true),
        FieldContent::Absent => Some(false),
        FieldContent::Hidden(_) => None,
    }
}

/// Whether something stands there that a template's `if` lets pass.
pub fn is_filled(found: &FieldContent<'_>) -> Option<bool> {
    match found {
        FieldContent::Absent => Some(false),
        FieldContent::Hidden(_) => None,
        FieldContent::Default(tree) => Some(is_filled_tree(tree)),
        FieldContent::Written(node) if node.is_map() || node.is_seq() => {
            let any = !node.entries().is_empty() || !node.items().is_empty();
            (any || !node.is_open()).then_some(any)
        }
        FieldContent::Written(node) if node.has_placeholder() || node.is_open() => None,
        FieldContent::Written(node) => {
            let nothing = node.is_null()
                || node.as_bool() == Some(false)
                || matches!(node.as_str(), Some("" | "0"));
            Some(!nothing)
        }
    }
}

/// An empty mapping, list or text.
fn is_nothing(node: &YamlNode) -> bool {
    let empty = node.entries().is_empty() && node.items().is_empty();
    !node.is_open() && !node.has_placeholder() && empty && node.as_str().is_none_or(str::is_empty)
}

fn is_something(tree: &ValueTree) -> bool {
    match tree {
        ValueTree::Bool(_) | ValueTree::Number(_) => true,
        other => is_filled_tree(other),
    }
}

fn is_filled_tree(tree: &ValueTree) -> bool {
    match tree {
        ValueTree::Null => false,
        ValueTree::Bool(flag) => *flag,
        ValueTree::Number(number) => number.as_f64() != Some(0.0),
        ValueTree::String(text) => !text.is_empty(),
        ValueTree::Sequence(items) => !items.is_empty(),
        ValueTree::Mapping(entries) => !entries.is_empty(),
        ValueTree::Tagged(_) => true,
    }
}

/// The text that a scalar stands for.
pub fn scalar_text(tree: &ValueTree) -> Option<String> {
    match tree {
        ValueTree::Bool(flag) => Some(flag.to_string()),
        ValueTree::Number(number) => Some(number.to_string()),
        ValueTree::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn walk<'n>(root: &'n YamlNode, steps: &[PathStep]) -> WalkedField<'n> {
    let mut node = root;
    let mut open = None;
    for step in steps {
        if node.may_grow() {
            open = Some(node);
        }
        if node.scalar().is_some() {
            return match node {
                _ if node.has_placeholder() => WalkedField::Hidden(node),
                _ if node.is_null() => WalkedField::Null,
                _ => WalkedField::Missing,
            };
        }
        match next(node, step) {
            Some(found) => node = found,
            None => return open.map_or(WalkedField::Missing, WalkedField::Hidden),
        }
    }
    if node.is_null() && !node.has_placeholder() {
        return if node.is_open() {
            WalkedField::Hidden(node)
        } else {
            WalkedField::Null
        };
    }
    WalkedField::Node(node)
}

fn next<'n>(node: &'n YamlNode, step: &PathStep) -> Option<&'n YamlNode> {
    match step {
        PathStep::Key(key) => node.get(key),
        PathStep::Item { key, value } => {
            let fits =
                |item: &&YamlNode| item.get(key).and_then(YamlNode::as_str) == Some(value.as_str());
            node.items().iter().find(fits)
        }
    }
}

fn at<'t>(tree: &'t ValueTree, steps: &[PathStep]) -> Option<&'t ValueTree> {
    steps.iter().try_fold(tree, |tree, step| match step {
        PathStep::Key(key) => tree.get(key.as_str()),
        PathStep::Item { key, value } => {
            let fits = |item: &&ValueTree| {
                let field = item.get(key.as_str()).and_then(scalar_text);
                field.as_ref() == Some(value)
            };
            tree.as_sequence()?.iter().find(fits)
        }
    })
}
