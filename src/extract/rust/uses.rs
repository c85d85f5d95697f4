//! `use` declarations as lists of names and the paths behind them.

use tree_sitter::Node;

use crate::syntax::code::{self, CodeTree};

/// A name and the path that it stands for.
pub(super) type UseImport = (String, Vec<String>);
/// A path all of whose names are meant.
pub(super) type GlobImport = Vec<String>;

/// The names that a declaration brings, and its globs.
pub(super) fn uses_of(declaration: Node<'_>, tree: &CodeTree) -> (Vec<UseImport>, Vec<GlobImport>) {
    let mut found = (Vec::new(), Vec::new());
    let mut todo: Vec<(Node<'_>, Vec<String>)> = Vec::new();
    todo.extend(code::field(declaration, "argument").map(|argument| (argument, Vec::new())));
    while let Some((node, prefix)) = todo.pop() {
        match node.kind() {
            "use_list" => {
                let items = code::children(node).into_iter();
                todo.extend(items.map(|item| (item, prefix.clone())));
            }
            "scoped_use_list" => {
                let path = code::field(node, "path").map_or_else(Vec::new, |p| path_of(p, tree));
                let list = code::field(node, "list");
                todo.extend(list.map(|list| (list, [prefix, path].concat())));
            }
            "use_as_clause" => {
                let path = code::field(node, "path").map(|p| path_of(p, tree));
                let alias = code::field(node, "alias").map(|a| tree.text(a).to_owned());
                if let (Some(path), Some(alias)) = (path, alias) {
                    found.0.push((alias, without_self([prefix, path].concat())));
                }
            }
            "use_wildcard" => {
                let path = code::children(node).first().copied();
                let path = path.map_or_else(Vec::new, |p| path_of(p, tree));
                found.1.push([prefix, path].concat());
            }
            _ => {
                let path = without_self([prefix, path_of(node, tree)].concat());
                if let Some(name) = path.last() {
                    found.0.push((name.clone(), path.clone()));
                }
            }
        }
    }
    found
}

/// `a::{self}` is `a`.
fn without_self(mut path: Vec<String>) -> Vec<String> {
    if path.len() > 1 && path.last().is_some_and(|name| name == "self") {
        path.pop();
    }
    path
}

/// The names of a path, generic arguments left out.
pub(super) fn path_of(node: Node<'_>, tree: &CodeTree) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = Some(node);
    while let Some(node) = at {
        match node.kind() {
            "scoped_identifier" | "scoped_type_identifier" => {
                names.extend(code::field(node, "name").map(|n| tree.text(n).to_owned()));
                at = code::field(node, "path");
            }
            "generic_type" | "generic_type_with_turbofish" => at = code::field(node, "type"),
            "generic_function" => at = code::field(node, "function"),
            "bracketed_type" => return Vec::new(),
            _ => {
                names.push(tree.text(node).to_owned());
                at = None;
            }
        }
    }
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Excerpt, FileId};
    use crate::syntax::code::CodeGrammar;

    #[test]
    fn nested_lists_renames_and_globs() {
        let text = "use a::{self, b::{C as D, e::*}, F};\nuse g as h;\nuse i::*;\n";
        let tree = code::parse(CodeGrammar::Rust, Excerpt::whole(FileId(0), text.into()));
        let mut names = Vec::new();
        let mut globs = Vec::new();
        for node in code::children(tree.root().unwrap()) {
            let (uses, all) = uses_of(node, &tree);
            names.extend(
                uses.into_iter()
                    .map(|(n, p)| format!("{n}={}", p.join("::"))),
            );
            globs.extend(all.into_iter().map(|p| p.join("::")));
        }
        names.sort_unstable();
        assert_eq!(names, ["D=a::b::C", "F=a::F", "a=a", "h=g"]);
        assert_eq!(globs, ["a::b::e", "i"]);
    }
}
