//! Values that stand elsewhere in the package than where they are used: what all callers of a function
//! give a parameter, and what a field of options is given once. They are worked out where they stand,
//! with nothing known of the variables around them.

use tree_sitter::Node;

use crate::extract::code::seen;
use crate::extract::go::names;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, GoScope};
use crate::extract::go::waiting::enclosing_function;
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::syntax::code;

/// A function that is called from more places is not followed to its callers.
const MOST_CALLERS: usize = 8;

impl<'t> GoFileReader<'t, '_, '_> {
    /// Gives the parameters of a function that only its package can call what all its callers agree on.
    pub(super) fn agree_on_parameters(&mut self, function: Node<'t>) {
        let Some(name) = code::field(function, "name").map(|n| self.text(n)) else {
            return;
        };
        let method = function.kind() == "method_declaration";
        let declared = self.declared;
        let known = match method {
            true => declared.methods.contains_key(name),
            false => declared.functions.contains_key(name),
        };
        if !known || !name.starts_with(char::is_lowercase) {
            return;
        }
        let sites = seen::find_sites(&self.seen(), name).unwrap_or_default();
        if sites.len() > MOST_CALLERS {
            return;
        }
        let calls: Option<Vec<(usize, Node<'t>)>> = sites
            .iter()
            .map(|site| {
                let call = site.call().filter(|_| site.selected == method)?;
                Some((site.file.0, self.node_of(site.file, call)?))
            })
            .collect();
        // A function that is handed on has callers that are not seen.
        let Some(calls) = calls.filter(|calls| !calls.is_empty()) else {
            return;
        };
        let list = code::field(function, "parameters").map_or_else(Vec::new, code::children);
        let mut position = 0;
        for parameter in list {
            if parameter.kind() != "parameter_declaration" {
                return;
            }
            let ty = code::field(parameter, "type");
            for name in code::fields(parameter, "name") {
                if let Some(value) = self.agree_on_argument(&calls, position) {
                    let value = self.apply_type(value, ty);
                    let pointer = ty.is_some_and(|ty| ty.kind() == "pointer_type");
                    let name = self.text(name);
                    self.hold(name, !pointer && matches!(value, GoExprValue::Options(_)));
                    self.state.define(name, value);
                }
                position += 1;
            }
        }
    }

    fn agree_on_argument(
        &mut self,
        calls: &[(usize, Node<'t>)],
        position: usize,
    ) -> Option<GoExprValue<'t>> {
        let mut agreed: Option<ConstValue> = None;
        for (file, call) in calls {
            let argument = code::field(*call, "arguments").map_or_else(Vec::new, code::children);
            match self.value_at(*file, *argument.get(position)?) {
                GoExprValue::Plain(ConstValue::Unknown(_)) => return None,
                GoExprValue::Plain(value) if agreed.as_ref().is_none_or(|a| *a == value) => {
                    agreed = Some(value);
                }
                // Options of one caller are what the function gets; several are never one.
                options @ GoExprValue::Options(_) if calls.len() == 1 => return Some(options),
                _ => return None,
            }
        }
        agreed.map(GoExprValue::Plain)
    }

    /// The value of an expression where it stands, nothing being known of the variables around it.
    fn value_at(&mut self, file: usize, node: Node<'t>) -> GoExprValue<'t> {
        let outer = self.go_to_file(file);
        let mut scope = GoScope::new();
        if let Some(function) = enclosing_function(node) {
            for name in names::declared(self.tree(), function) {
                scope.insert(name.to_owned(), GoExprValue::unknown("a variable"));
            }
        }
        let scopes = std::mem::replace(&mut self.state.scopes, vec![scope]);
        self.inside.push(node.id());
        let value = self.evaluate(node);
        self.inside.pop();
        self.state.scopes = scopes;
        self.go_to_file(outer);
        value
    }

    /// The options that a field is given in the one place of the package that gives it any.
    pub(super) fn options_of_field(&mut self, field: &str) -> Option<GoExprValue<'t>> {
        if !self.declared.of_library.contains(field) || !self.inside.is_empty() {
            return None;
        }
        let mut found: Vec<(usize, Node<'t>)> = Vec::new();
        for (at, file) in self.own_files().iter().enumerate() {
            if file.parsed.is_test_file() {
                continue;
            }
            let tree = &file.parsed.tree;
            tree.walk(|node| match node.kind() {
                "keyed_element" => {
                    let named = code::field(node, "key").is_some_and(|k| tree.text(k) == field);
                    let value = code::field(node, "value").filter(|_| named);
                    found.extend(value.map(|value| (at, value)));
                }
                "assignment_statement" => {
                    let left = code::field(node, "left").map_or_else(Vec::new, code::children);
                    let mut targets = left.into_iter();
                    let assigned = targets.any(|target| {
                        code::field(target, "field").is_some_and(|f| tree.text(f) == field)
                    });
                    if assigned {
                        let right =
                            code::field(node, "right").map_or_else(Vec::new, code::children);
                        found.push((at, right.first().copied().unwrap_or(node)));
                    }
                }
                _ => {}
            });
        }
        let [(file, value)] = found[..] else {
            return None;
        };
        let expression = match value.kind() {
            "literal_element" => code::children(value).first().copied()?,
            _ => value,
        };
        let literal = match expression.kind() {
            "unary_expression" => code::field(expression, "operand")?,
            _ => expression,
        };
        if literal.kind() != "composite_literal" {
            return None;
        }
        let GoExprValue::Options(id) = self.value_at(file, expression) else {
            return None;
        };
        let written = self.declared.field_writes().iter();
        let later: Vec<&str> = written
            .filter(|(holder, _)| *holder == field)
            .map(|(_, part)| *part)
            .collect();
        let object = self.state.heap.get_mut(&id)?;
        let span = object.literal?;
        object.insert = EditTarget::None;
        for part in later {
            object.write(OptionWrite {
                ident: part.to_owned(),
                value: ConstValue::Unknown(Cause::AssignedField(format!("{field}.{part}"))),
                span,
                conditional: true,
                wrapped: None,
                slot: EditTarget::None,
            });
        }
        Some(GoExprValue::Options(id))
    }
}
