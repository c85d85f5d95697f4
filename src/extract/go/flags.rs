//! Flags of the command line: what a value is where its flag is not given. `flag.Int("pool", 10, "..")`
//! gives a pointer to it, `flag.IntVar(&size, "pool", 10, "..")` writes a variable or a field. That a
//! flag is given is seen nowhere, so that every such value is a fallback.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::config_defaults::TypeInFile;
use crate::extract::go::names;
use crate::extract::go::package::{GoDeclaration, GoSourceFile};
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::GoExprValue;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages::{self, FlagKind, FlagPackage};
use crate::syntax::code;

/// A call that defines a flag.
struct FlagCall<'t> {
    kind: FlagKind,
    /// What is written, where the call is given a pointer.
    target: Option<Node<'t>>,
    default: Node<'t>,
}

impl<'t> GoFileReader<'t, '_, '_> {
    /// The value of a flag that a call defines; what it writes is known from then on.
    pub(super) fn define_flag(&mut self, node: Node<'t>) -> Option<GoExprValue<'t>> {
        let call = flag_call(self.here(), node)?;
        let declared = GoDeclaration {
            file: self.file,
            node: call.default,
            ty: None,
        };
        let cause = names::quote_code(self.tree(), node).in_marks();
        let value = self.default_of_flag(call.kind, &declared, cause)?;
        let Some(target) = call.target else {
            return Some(value);
        };
        if target.kind() == "identifier" {
            let name = self.text(target);
            self.state.set(name, value);
        }
        Some(GoExprValue::unknown("a flag"))
    }

    /// What a variable of the package is where the only flag that writes it is not given.
    pub(super) fn variable_of_flag(&mut self, name: Node<'t>) -> Option<GoExprValue<'t>> {
        let text = self.text(name);
        if !self.declared.has_flags || !self.declared.variables.contains_key(text) {
            return None;
        }
        if self.declared.is_named_beyond_trees(text) {
            return None;
        }
        let cause = names::quote_code(self.tree(), name);
        self.only_flag(cause, |run, target| {
            target.kind() == "identifier" && run.text(target) == text
        })
    }

    /// The same of a field of a struct of the package.
    pub(super) fn field_of_flag(
        &mut self,
        holder: Node<'t>,
        field: &str,
        code: Node<'t>,
    ) -> Option<GoExprValue<'t>> {
        if !self.declared.has_flags || self.declared.is_named_beyond_trees(field) {
            return None;
        }
        let (_, of) = self.struct_of(self.type_of(holder, 0)?, 0)?;
        let cause = names::quote_code(self.tree(), code);
        self.only_flag(cause, |run, target| {
            let parts = code::field(target, "operand").zip(code::field(target, "field"));
            let Some((operand, own)) = parts.filter(|(_, own)| run.text(*own) == field) else {
                return false;
            };
            let held: Option<TypeInFile<'t>> = run.type_of(operand, 0);
            let held = held.and_then(|ty| run.struct_of(ty, 0));
            own.kind() == "field_identifier" && held.is_some_and(|(_, ty)| ty.id() == of.id())
        })
    }

    /// The default of the one flag of the package whose target is meant.
    fn only_flag(
        &mut self,
        cause: Cause,
        is_meant: impl Fn(&Self, Node<'t>) -> bool,
    ) -> Option<GoExprValue<'t>> {
        let package = self.length_of_package();
        if !self.may_look_through(package) {
            return None;
        }
        let mut found = Vec::new();
        let mut changes = 0;
        for (at, file) in self.own_files().iter().enumerate() {
            if file.parsed.is_test_file() {
                continue;
            }
            let outer = self.go_to_file(at);
            file.parsed.tree.walk(|node| {
                if node.kind() == "call_expression"
                    && let Some(call) = flag_call(file, node)
                    && call.target.is_some_and(|target| is_meant(self, target))
                {
                    found.push((call.kind, at, call.default));
                }
                let changed = changed_by(file, node).into_iter();
                changes += changed.filter(|target| is_meant(self, *target)).count();
            });
            self.go_to_file(outer);
        }
        let [(kind, file, node)] = found[..] else {
            return None;
        };
        // The flag itself takes the address; whatever else does or assigns may write another value.
        if changes > 1 {
            return None;
        }
        let declared = GoDeclaration {
            file,
            node,
            ty: None,
        };
        self.default_of_flag(kind, &declared, cause)
    }

    fn default_of_flag(
        &mut self,
        kind: FlagKind,
        declared: &GoDeclaration<'t>,
        cause: Cause,
    ) -> Option<GoExprValue<'t>> {
        let GoExprValue::Plain(value) = self.evaluate_declared("a default", declared) else {
            return None;
        };
        let value = match kind {
            FlagKind::Duration => fold::to_duration(value),
            FlagKind::Other => value,
        };
        let known = !matches!(value, ConstValue::Unknown(_) | ConstValue::Fallback(_));
        known.then(|| GoExprValue::Plain(fold::with_fallback(cause, None, value)))
    }
}

/// What a statement assigns to, or an operator takes the address of.
fn changed_by<'t>(file: &GoSourceFile<'t, '_>, node: Node<'t>) -> Vec<Node<'t>> {
    match node.kind() {
        "assignment_statement" | "range_clause" => {
            code::field(node, "left").map_or_else(Vec::new, code::children)
        }
        "inc_statement" | "dec_statement" => code::children(node),
        "unary_expression" if file.parsed.tree.text(node).starts_with('&') => {
            code::field(node, "operand").into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The call of a flag package, or of a set of its flags: the default stands before the sentence of help.
fn flag_call<'t>(file: &GoSourceFile<'t, '_>, node: Node<'t>) -> Option<FlagCall<'t>> {
    let tree = &file.parsed.tree;
    let function = code::field(node, "function")?;
    let name = tree.text(code::field(function, "field")?);
    let rows = languages::go()?.flag.iter();
    let mut rows = rows.filter(|row| row.defines(name));
    let row: &FlagPackage = rows.find(|row| {
        let mut imports = file.other_packages();
        imports.any(|path| row.import_paths.iter().any(|own| own == path))
    })?;
    let writes = row.writes(name);
    let arguments = code::field(node, "arguments").map_or_else(Vec::new, code::children);
    let (target, rest) = match (writes, &arguments[..]) {
        (true, [target, rest @ ..]) => (Some(*target), rest),
        (true, []) => return None,
        (false, rest) => (None, rest),
    };
    // The name is a text, or one that is put before another.
    let is_text = |node: &Node<'_>| tree.text(*node).contains('"');
    let default = match rest {
        [name, default, _] | [name, _, default, _] if is_text(name) => *default,
        _ => return None,
    };
    let target = match target {
        Some(target) if tree.text(target).starts_with('&') => Some(code::field(target, "operand")?),
        Some(_) => return None,
        None => None,
    };
    Some(FlagCall {
        kind: row.kind(name),
        target,
        default,
    })
}
