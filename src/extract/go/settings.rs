//! Options that are not plain fields: functions and methods that set one option each, values that
//! stand inside other values, and functions that open the connections of a pool.

use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::precondition::BranchDifference;
use crate::extract::go::names;
use crate::extract::go::package::ImportedLibrary;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, GoObjectId, GoOptionsObject};
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::model::{ClientModel, ConstructionForm, OptionRole};
use crate::source::Span;
use crate::syntax::code;

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    /// The models of an object's library.
    fn models_of(&self, id: GoObjectId) -> Option<(Vec<&'m ClientModel>, String)> {
        let object = self.state.heap.get(&id)?;
        let models = object.library.candidates.iter().filter_map(|l| l.model());
        Some((models.collect(), object.option_type.clone()))
    }

    /// Whether the object's type has an option of this name.
    pub(super) fn is_option(&self, id: GoObjectId, ident: &str) -> bool {
        let Some((models, ty)) = self.models_of(id) else {
            return false;
        };
        models.iter().any(|m| m.option_named(&ty, ident).is_some())
    }

    /// Whether this option holds the function that opens the connections.
    pub(super) fn is_dialer(&self, id: GoObjectId, ident: &str) -> bool {
        self.has_role(id, ident, OptionRole::Dialer)
    }

    pub(super) fn has_role(&self, id: GoObjectId, ident: &str, role: OptionRole) -> bool {
        let Some((models, ty)) = self.models_of(id) else {
            return false;
        };
        let of = |m: &&ClientModel| m.option_named(&ty, ident)?.role;
        models.iter().any(|m| of(m) == Some(role))
    }

    /// The options that stand inside the value of a field, by their whole names.
    pub(super) fn inner_writes(
        &self,
        id: GoObjectId,
        field: &str,
        value: &GoExprValue<'t>,
        expression: Node<'t>,
    ) -> Vec<OptionWrite> {
        let inner = self.inner_names(id, field);
        if inner.is_empty() || matches!(value, GoExprValue::Plain(ConstValue::Nil)) {
            return Vec::new();
        }
        let held = match value {
            GoExprValue::Options(held) => self.state.heap.get(held),
            _ => None,
        };
        let span = self.tree().span(expression);
        let unseen = |ident: String, reason: Cause| OptionWrite {
            ident,
            value: ConstValue::Unknown(reason),
            span,
            conditional: false,
            wrapped: None,
            slot: EditTarget::None,
        };
        let mut found = Vec::new();
        for (name, part) in inner {
            let Some(held) = held else {
                found.push(unseen(name, names::quote_code(self.tree(), expression)));
                continue;
            };
            match held.writes.iter().find(|w| w.ident == part) {
                Some(write) => found.push(OptionWrite {
                    ident: name,
                    ..write.clone()
                }),
                None => found.extend(held.rest_unknown.clone().map(|r| unseen(name, r))),
            }
        }
        found
    }

    /// `Field.Part` for every option that a field's value holds, with the part alone.
    fn inner_names(&self, id: GoObjectId, field: &str) -> Vec<(String, String)> {
        let Some((models, ty)) = self.models_of(id) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for model in models {
            let types = model.types(&ty);
            let options = model.option.iter().flat_map(|o| &o.names);
            let own = options.filter(|n| n.on.iter().any(|on| types.contains(&on.as_str())));
            for name in own {
                let part = name
                    .ident
                    .strip_prefix(field)
                    .and_then(|p| p.strip_prefix('.'));
                let pair = part.map(|part| (name.ident.clone(), part.to_owned()));
                found.extend(pair.filter(|pair| !found.contains(pair)));
            }
        }
        found
    }

    /// A list of functional options: one value that sets all of them.
    pub(super) fn settings(&mut self, ty: Node<'t>, body: Node<'t>) -> Option<GoExprValue<'t>> {
        let Some(GoExprValue::Options(id)) = self.no_settings(ty) else {
            return None;
        };
        for child in code::children(body) {
            let inner = match child.kind() {
                "literal_element" => code::children(child).first().copied().unwrap_or(child),
                _ => child,
            };
            let value = self.evaluate(inner);
            self.add_setting(id, &value, inner);
        }
        Some(GoExprValue::Options(id))
    }

    /// A list of functional options that is still empty.
    pub(super) fn no_settings(&mut self, ty: Node<'t>) -> Option<GoExprValue<'t>> {
        if !matches!(
            ty.kind(),
            "slice_type" | "array_type" | "implicit_length_array_type"
        ) {
            return None;
        }
        let element = code::field(ty, "element")?;
        let (library, option_type) = self.option_type(element)?;
        self.functional(&library, &option_type)
            .map(GoExprValue::Options)
    }

    /// A new object of a functional option type.
    pub(super) fn functional(
        &mut self,
        library: &Rc<ImportedLibrary<'m>>,
        option_type: &str,
    ) -> Option<GoObjectId> {
        let mut models = library.candidates.iter().filter_map(|l| l.model());
        models
            .any(|m| m.form(option_type) == Some(ConstructionForm::Functional))
            .then(|| self.new_object(Rc::clone(library), option_type.to_owned()))
    }

    /// A functional option joins those before it.
    pub(super) fn add_setting(
        &mut self,
        id: GoObjectId,
        value: &GoExprValue<'t>,
        expression: Node<'t>,
    ) {
        let added = match value {
            GoExprValue::Options(added) => self.state.heap.get(added).cloned(),
            _ => None,
        };
        let reason = names::quote_code(self.tree(), expression).in_marks();
        let Some(object) = self.state.heap.get_mut(&id) else {
            return;
        };
        match added {
            Some(added) if added.option_type == object.option_type => object.take(added),
            _ => object.invalidate(&reason),
        }
    }

    /// `append(options, one, two...)` of functional options.
    pub(super) fn append(
        &mut self,
        node: Node<'t>,
        values: &[GoExprValue<'t>],
    ) -> Option<GoExprValue<'t>> {
        let (first, rest) = values.split_first()?;
        let &GoExprValue::Options(id) = first else {
            return None;
        };
        let object = self.state.heap.get(&id)?;
        let (library, ty) = (Rc::clone(&object.library), object.option_type.clone());
        let models = library.candidates.iter().filter_map(|l| l.model());
        if !models
            .into_iter()
            .any(|m| m.form(&ty) == Some(ConstructionForm::Functional))
        {
            return None;
        }
        let arguments = self.arguments(node);
        for (value, argument) in rest.iter().zip(arguments.iter().skip(1)) {
            self.add_setting(id, value, *argument);
        }
        Some(GoExprValue::Options(id))
    }

    /// A function of the library that makes one option: `DialReadTimeout(d)`.
    pub(super) fn setting_call(
        &mut self,
        node: Node<'t>,
        library: &Rc<ImportedLibrary<'m>>,
        name: &str,
    ) -> Option<GoExprValue<'t>> {
        let mut models = library.candidates.iter().filter_map(|l| l.model());
        let ty = models.find_map(|m| m.setter_type(ConstructionForm::Functional, name))?;
        let id = self.new_object(Rc::clone(library), ty.to_owned());
        self.set_by_call(id, node, name);
        Some(GoExprValue::Options(id))
    }

    /// A method that makes options of another type of the value that it is called on: those that both
    /// types have go over under their names, and a list of addresses as its first.
    pub(super) fn convert_options(
        &mut self,
        id: GoObjectId,
        method: &str,
    ) -> Option<GoExprValue<'t>> {
        let (models, ty) = self.models_of(id)?;
        let (model, row) = models.into_iter().find_map(|model| {
            let row = model.conversion(&ty, method)?;
            Some((model, row))
        })?;
        let returns = row.returns.clone()?;
        let address = model.option.iter().find_map(|option| {
            let named = option.role == Some(OptionRole::Address);
            let mut names = option.names.iter();
            let name = names.find(|name| name.on.contains(&returns))?;
            named.then(|| name.ident.clone())
        });
        let mut made = self.state.heap.get(&id)?.clone();
        let writes = std::mem::take(&mut made.writes);
        for write in writes {
            if model.option_named(&returns, &write.ident).is_some() {
                made.writes.push(write);
            } else if self.has_role(id, &write.ident, OptionRole::Address)
                && let Some(ident) = &address
            {
                let value = match write.value {
                    ConstValue::List(items) => items.into_iter().next().unwrap_or(ConstValue::Nil),
                    other => other,
                };
                made.writes.push(OptionWrite {
                    ident: ident.clone(),
                    value,
                    slot: EditTarget::None,
                    ..write
                });
            }
        }
        made.option_type = returns;
        made.home = None;
        self.fresh += 1;
        self.state.heap.insert(self.fresh, made);
        Some(GoExprValue::Options(self.fresh))
    }

    /// A method that sets one option of the value that it is called on.
    pub(super) fn setting_method(
        &mut self,
        node: Node<'t>,
        id: GoObjectId,
        name: &str,
    ) -> Option<GoExprValue<'t>> {
        let (models, ty) = self.models_of(id)?;
        if !models
            .iter()
            .any(|m| m.form(&ty) == Some(ConstructionForm::Builder))
        {
            return None;
        }
        if self.is_option(id, name) || !self.inner_names(id, name).is_empty() {
            self.set_by_call(id, node, name);
        } else {
            self.give_arguments(node);
        }
        Some(GoExprValue::Options(id))
    }

    fn set_by_call(&mut self, id: GoObjectId, node: Node<'t>, name: &str) {
        let arguments = self.arguments(node);
        match arguments.as_slice() {
            [one] => {
                let value = self.evaluate(*one);
                self.put(id, name, value, *one);
            }
            [] => self.put(id, name, GoExprValue::Plain(ConstValue::Bool(true)), node),
            _ => {
                self.give_arguments(node);
                self.put(id, name, GoExprValue::unknown("several arguments"), node);
            }
        }
    }

    /// Reads the function that opens a pool's connections, and takes their options over.
    pub(super) fn dialer(&mut self, id: GoObjectId, expression: Node<'t>) -> GoExprValue<'t> {
        self.dialing.push(Vec::new());
        let value = self.evaluate(expression);
        if self.dialing.last().is_some_and(Vec::is_empty) {
            self.run_dialer(&value, expression);
        }
        let found = self.dialing.pop().unwrap_or_default();
        let reason = names::quote_code(self.tree(), expression).in_marks();
        let anchor = match found.as_slice() {
            [(_, anchor), ..] => Some(*anchor),
            [] => None,
        };
        let joined = found
            .into_iter()
            .map(|(object, _)| object)
            .reduce(|a, b| a.join(b, &BranchDifference::default()));
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.carried_anchor = anchor;
            match joined {
                Some(joined) => {
                    object.carried_unknown = joined.rest_unknown;
                    object.source = joined.source;
                    joined.writes.into_iter().for_each(|w| object.write(w));
                }
                None => object.carried_unknown = Some(reason),
            }
        }
        value
    }

    /// Reads the function that builds the client of each node: what it sets holds for the nodes, what
    /// it leaves alone comes from the options around it.
    pub(super) fn factory(&mut self, id: GoObjectId, expression: Node<'t>) -> GoExprValue<'t> {
        self.making.push(Vec::new());
        let value = self.evaluate(expression);
        if self.making.last().is_some_and(Vec::is_empty) {
            self.run_dialer(&value, expression);
        }
        let made = self.making.pop().unwrap_or_default();
        let reason = names::quote_code(self.tree(), expression).in_marks();
        let made = made
            .into_iter()
            .reduce(|a, b| a.join(b, &BranchDifference::default()));
        let Some(object) = self.state.heap.get_mut(&id) else {
            return value;
        };
        match made {
            // A parameter alone is what the options around it gave.
            Some(made) if made.is_parameter => {
                made.writes
                    .into_iter()
                    .for_each(|write| object.write(write));
            }
            Some(made) => object.nodes_unknown = made.rest_unknown.or(Some(reason)),
            None => object.nodes_unknown = Some(reason),
        }
        value
    }

    /// The function that a name stands for is run, to see which connections it opens.
    fn run_dialer(&mut self, value: &GoExprValue<'t>, expression: Node<'t>) {
        if matches!(value, GoExprValue::Closure(..)) {
            self.run_closure(value, Vec::new());
            return;
        }
        let declared = self.declared;
        let function = match expression.kind() {
            "identifier" => declared.functions.get(self.text(expression)),
            "selector_expression" => code::field(expression, "field")
                .and_then(|field| declared.methods.get(self.text(field))),
            _ => None,
        };
        if let Some(function) = function {
            self.run_declared(function, Vec::new());
        }
    }

    /// A connection is opened: for the pool whose function this is, if there is one.
    pub(super) fn note_dialled(&mut self, object: &GoOptionsObject<'m>, anchor: Span) -> bool {
        let Some(top) = self.dialing.last_mut() else {
            return false;
        };
        top.push((object.clone(), anchor));
        self.consumed.insert(anchor);
        true
    }
}
