//! The fields of a resource or of a chart's values: what a person wrote, over what holds by default.

use globset::GlobBuilder;

use crate::extract::scalar::template_reason;
use crate::facts::Cause;
use crate::knowledge::shapes::path::{Path, Step};
use crate::knowledge::shapes::schema::{Condition, Test, Tree};
use crate::syntax::yaml::Node;

/// What a document says, and what its shape says where it does not.
pub struct Fields<'a> {
    root: &'a Node,
    /// The first that has a field counts.
    defaults: Vec<&'a Tree>,
    /// Values of a chart, where a written null takes a default away and an empty mapping says nothing.
    values: bool,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    Written(&'a Node),
    Default(&'a Tree),
    /// A template above it decides; the place is the nearest node that it may change.
    Hidden(&'a Node),
    Absent,
}

enum Walked<'a> {
    Node(&'a Node),
    Hidden(&'a Node),
    Null,
    Missing,
}

impl<'a> Fields<'a> {
    pub fn of_resource(root: &'a Node, defaults: Vec<&'a Tree>) -> Self {
        Self {
            root,
            defaults,
            values: false,
        }
    }

    pub fn of_values(root: &'a Node, defaults: Vec<&'a Tree>) -> Self {
        Self {
            root,
            defaults,
            values: true,
        }
    }

    pub fn get(&self, path: &Path) -> Found<'a> {
        match walk(self.root, path.steps()) {
            Walked::Node(node) => Found::Written(node),
            Walked::Hidden(node) => Found::Hidden(node),
            Walked::Null if self.values => Found::Absent,
            Walked::Null | Walked::Missing => {
                self.default(path).map_or(Found::Absent, Found::Default)
            }
        }
    }

    pub fn default(&self, path: &Path) -> Option<&'a Tree> {
        let found = self.defaults.iter().find_map(|tree| at(tree, path.steps()));
        found.filter(|tree| !tree.is_null())
    }

    /// The first of several fields that says something: what is empty in a chart's values is taken for
    /// none, in a resource it is a mapping without entries.
    pub fn first(&self, paths: &'a [Path]) -> Option<(&'a Path, Found<'a>)> {
        let says = |found: &Found<'_>| match found {
            Found::Absent => false,
            Found::Written(node) if self.values => !is_nothing(node),
            Found::Default(tree) if self.values => is_something(tree),
            _ => true,
        };
        let all = paths.iter().map(|path| (path, self.get(path)));
        all.into_iter().find(|(_, found)| says(found))
    }

    /// The text of a scalar, or why it is not known; `None` where nothing says it.
    pub fn text(&self, path: &Path) -> Option<Result<String, Cause>> {
        match self.get(path) {
            Found::Written(node) if node.has_hole() || node.is_open() => {
                Some(Err(template_reason()))
            }
            Found::Written(node) => node.as_str().map(|text| Ok(text.to_owned())),
            Found::Default(tree) => scalar_text(tree).map(Ok),
            Found::Hidden(_) => Some(Err(template_reason())),
            Found::Absent => None,
        }
    }

    /// Whether all conditions hold; `None` where that cannot be told.
    pub fn hold(&self, conditions: &[Condition]) -> Option<bool> {
        let answers: Vec<_> = conditions.iter().map(|c| self.holds(c)).collect();
        if answers.contains(&Some(false)) {
            return Some(false);
        }
        answers.iter().all(Option::is_some).then_some(true)
    }

    /// Whether a person wrote every field that the conditions ask for.
    pub fn are_written(&self, conditions: &[Condition]) -> bool {
        let mut fields = conditions.iter().map(|condition| &condition.field);
        fields.all(|field| matches!(self.get(field), Found::Written(_)))
    }

    /// Whether a template decides if the field is there.
    pub fn is_under_template(&self, path: &Path) -> bool {
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

    fn holds(&self, condition: &Condition) -> Option<bool> {
        let found = self.get(&condition.field);
        match &condition.test {
            Test::Present => presence(&found),
            Test::Absent => presence(&found).map(|present| !present),
            Test::Filled => filled(&found),
            Test::Empty => filled(&found).map(|filled| !filled),
            test => self.compares(&condition.field, test),
        }
    }

    fn compares(&self, field: &Path, test: &Test) -> Option<bool> {
        let text = match self.text(field) {
            None => String::new(),
            Some(Ok(text)) => text,
            Some(Err(_)) => return None,
        };
        Some(match test {
            Test::Equals(wanted) => text == *wanted,
            Test::Differs(unwanted) => text != *unwanted,
            Test::Matches(patterns) => fits(patterns, &text),
            Test::Misses(patterns) => !fits(patterns, &text),
            Test::Present | Test::Absent | Test::Filled | Test::Empty => return None,
        })
    }
}

fn fits(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| {
        let glob = GlobBuilder::new(pattern).build();
        glob.is_ok_and(|glob| glob.compile_matcher().is_match(text))
    })
}

fn presence(found: &Found<'_>) -> Option<bool> {
    match found {
        Found::Written(_) | Found::Default(_) => Some(true),
        Found::Absent => Some(false),
        Found::Hidden(_) => None,
    }
}

/// Whether something stands there that a template's `if` lets pass.
pub fn filled(found: &Found<'_>) -> Option<bool> {
    match found {
        Found::Absent => Some(false),
        Found::Hidden(_) => None,
        Found::Default(tree) => Some(is_filled(tree)),
        Found::Written(node) if node.is_map() || node.is_seq() => {
            let any = !node.entries().is_empty() || !node.items().is_empty();
            (any || !node.is_open()).then_some(any)
        }
        Found::Written(node) if node.has_hole() || node.is_open() => None,
        Found::Written(node) => {
            let nothing = node.is_null()
                || node.as_bool() == Some(false)
                || matches!(node.as_str(), Some("" | "0"));
            Some(!nothing)
        }
    }
}

/// An empty mapping, list or text.
fn is_nothing(node: &Node) -> bool {
    let empty = node.entries().is_empty() && node.items().is_empty();
    !node.is_open() && !node.has_hole() && empty && node.as_str().is_none_or(str::is_empty)
}

fn is_something(tree: &Tree) -> bool {
    match tree {
        Tree::Bool(_) | Tree::Number(_) => true,
        other => is_filled(other),
    }
}

fn is_filled(tree: &Tree) -> bool {
    match tree {
        Tree::Null => false,
        Tree::Bool(flag) => *flag,
        Tree::Number(number) => number.as_f64() != Some(0.0),
        Tree::String(text) => !text.is_empty(),
        Tree::Sequence(items) => !items.is_empty(),
        Tree::Mapping(entries) => !entries.is_empty(),
        Tree::Tagged(_) => true,
    }
}

/// The text that a scalar stands for.
pub fn scalar_text(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Bool(flag) => Some(flag.to_string()),
        Tree::Number(number) => Some(number.to_string()),
        Tree::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn walk<'n>(root: &'n Node, steps: &[Step]) -> Walked<'n> {
    let mut node = root;
    let mut open = None;
    for step in steps {
        if node.is_open() {
            open = Some(node);
        }
        if node.scalar().is_some() {
            return match node {
                _ if node.has_hole() => Walked::Hidden(node),
                _ if node.is_null() => Walked::Null,
                _ => Walked::Missing,
            };
        }
        match next(node, step) {
            Some(found) => node = found,
            None => return open.map_or(Walked::Missing, Walked::Hidden),
        }
    }
    if node.is_null() && !node.has_hole() {
        return if node.is_open() {
            Walked::Hidden(node)
        } else {
            Walked::Null
        };
    }
    Walked::Node(node)
}

fn next<'n>(node: &'n Node, step: &Step) -> Option<&'n Node> {
    match step {
        Step::Key(key) => node.get(key),
        Step::Item { key, value } => {
            let fits = |item: &&Node| item.get(key).and_then(Node::as_str) == Some(value.as_str());
            node.items().iter().find(fits)
        }
    }
}

fn at<'t>(tree: &'t Tree, steps: &[Step]) -> Option<&'t Tree> {
    steps.iter().try_fold(tree, |tree, step| match step {
        Step::Key(key) => tree.get(key.as_str()),
        Step::Item { key, value } => {
            let fits = |item: &&Tree| {
                let field = item.get(key.as_str()).and_then(scalar_text);
                field.as_ref() == Some(value)
            };
            tree.as_sequence()?.iter().find(fits)
        }
    })
}
