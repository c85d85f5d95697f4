//! What Go says of the functions that calls are counted through; the rest is `code::concurrency`.

use tree_sitter::Node;

use crate::extract::code::concurrency::{ConcurrencyWords, count_runs};
use crate::extract::code::form::ExpressionId;
use crate::extract::code::value::FileAt;
use crate::extract::go::names;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoScope, GoState};
use crate::facts::cause::Cause;
use crate::facts::raw::{Concurrency, ConstValue};
use crate::knowledge::languages;

impl<'t> GoFileReader<'t, '_, '_> {
    /// How many of this call, in this file, run at once.
    pub(super) fn crew_of(&mut self, node: Node<'t>) -> Concurrency {
        let Some(call) = self.here().outline().at_range(&node.byte_range()) else {
            return Concurrency::unknown(Cause::Code("code that is nested too deeply"));
        };
        let (state, file) = (std::mem::take(&mut self.state), self.file);
        self.inside.push(node.id());
        let crew = count_runs(&self.seen(), self, (FileAt(file), call));
        self.inside.pop();
        self.file = file;
        self.state = state;
        crew
    }

    /// The node that an expression of a file was made of.
    pub(super) fn node_of(&self, file: FileAt, id: ExpressionId) -> Option<Node<'t>> {
        let file = &self.files[file.0];
        let range = file.outline().range(id);
        let root = file.parsed.tree.root()?;
        root.named_descendant_for_byte_range(range.start, range.end)
    }
}

impl ConcurrencyWords for GoFileReader<'_, '_, '_> {
    fn figure(&mut self, file: FileAt, id: ExpressionId) -> ConstValue {
        let Some(node) = self.node_of(file, id) else {
            return ConstValue::Unknown(Cause::Code("an expression"));
        };
        self.file = file.0;
        self.state = GoState {
            scopes: vec![GoScope::new()],
            ..GoState::default()
        };
        let value = self.evaluate(node);
        value.folded(names::quote_code(self.tree(), node))
    }

    fn cause(&self, file: FileAt, id: ExpressionId) -> Cause {
        let tree = &self.files[file.0].parsed.tree;
        let node = self.node_of(file, id);
        node.map_or(Cause::Code("a call"), |node| names::quote_code(tree, node))
    }

    fn starts(&self, method: &str) -> bool {
        let mut starters = languages::go().into_iter().flat_map(|l| &l.goroutine);
        starters.any(|starter| starter.method == method)
    }

    fn is_entry(&self, name: &str) -> bool {
        matches!(name, "main" | "init")
    }
}
