//! Where the files of a package name its functions: in calls, and to hand them on.

use std::collections::{BTreeMap, HashMap};

use tree_sitter::Node;

use crate::syntax::code::{self, CodeTree};

/// A place that names a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallSite<'t> {
    pub(super) file: usize,
    pub(super) node: Node<'t>,
    /// Behind a dot: a method, or another package's.
    pub(super) selected: bool,
}

/// All such places, by the name.
#[derive(Default)]
pub(super) struct CallSites<'t>(BTreeMap<&'t str, Vec<CallSite<'t>>>);

impl<'t> CallSites<'t> {
    pub(super) fn read(&mut self, file: usize, tree: &'t CodeTree) {
        tree.walk(|node| match node.kind() {
            "call_expression" => self.site(file, code::field(node, "function"), tree),
            "argument_list" => {
                for argument in code::children(node) {
                    self.site(file, Some(argument), tree);
                }
            }
            _ => {}
        });
    }

    fn site(&mut self, file: usize, node: Option<Node<'t>>, tree: &'t CodeTree) {
        let Some(node) = node else { return };
        let selected = node.kind() == "selector_expression";
        let name = match node.kind() {
            "identifier" => Some(node),
            "selector_expression" => code::field(node, "field"),
            _ => None,
        };
        if let Some(name) = name {
            let site = CallSite {
                file,
                node,
                selected,
            };
            self.0.entry(tree.text(name)).or_default().push(site);
        }
    }

    /// Where a function or a method of this name is called or handed on.
    pub(super) fn of(&self, name: &str) -> &[CallSite<'t>] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}

/// Where a file mentions its variables, by name and then by place: asked for each client that a function
/// builds, so that the function is not walked each time.
#[derive(Default)]
pub(super) struct VariableMentions<'t>(HashMap<&'t str, Vec<Node<'t>>>);

impl<'t> VariableMentions<'t> {
    pub(super) fn of(tree: &'t CodeTree) -> Self {
        let mut mentions = Self::default();
        tree.walk(|node| {
            if node.kind() == "identifier" {
                mentions.0.entry(tree.text(node)).or_default().push(node);
            }
        });
        for nodes in mentions.0.values_mut() {
            nodes.sort_unstable_by_key(Node::start_byte);
        }
        mentions
    }

    /// The mentions of a variable in a part of the file, without those in the other part.
    pub(super) fn within(
        &self,
        variable: &str,
        part: Node<'t>,
        without: Option<Node<'t>>,
    ) -> impl Iterator<Item = Node<'t>> {
        let all = self.0.get(variable).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|node| node.start_byte() < part.start_byte());
        let inside = all[from..].iter().copied();
        inside
            .take_while(move |node| node.end_byte() <= part.end_byte())
            .filter(move |node| {
                let is_in = |other: Node<'t>| other.byte_range().contains(&node.start_byte());
                !without.is_some_and(is_in)
            })
    }
}
