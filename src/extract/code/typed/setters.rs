//! Options that are not plain fields: functions and methods that set one option each, values that
//! stand inside other values, and functions that open the connections of a pool.

use std::rc::Rc;

use crate::extract::code::form::{
    CallForm, CodeExpressionForm, ExpressionId, LiteralForm, TypeForm,
};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::options::ImportedLibrary;
use crate::extract::code::options::ObjectId;
use crate::extract::code::options::OptionsObject;
use crate::extract::code::precondition::BranchDifference;
use crate::extract::code::value::CodeValue;
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::model::{ClientModel, ConstructionForm, OptionRole};
use crate::source::Span;

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    /// The models of an object's library.
    fn models_of(&self, id: ObjectId) -> Option<(Vec<&'m ClientModel>, String)> {
        let object = self.options(id)?;
        let models = object.library.candidates.iter().filter_map(|l| l.model());
        Some((models.collect(), object.option_type.clone()))
    }

    /// Whether the object's type has an option of this name.
    pub(super) fn is_option(&self, id: ObjectId, ident: &str) -> bool {
        let Some((models, ty)) = self.models_of(id) else {
            return false;
        };
        models.iter().any(|m| m.option_named(&ty, ident).is_some())
    }

    /// Whether this option holds the function that opens the connections.
    pub(super) fn is_dialer(&self, id: ObjectId, ident: &str) -> bool {
        self.has_role(id, ident, OptionRole::Dialer)
    }

    pub(super) fn has_role(&self, id: ObjectId, ident: &str, role: OptionRole) -> bool {
        let Some((models, ty)) = self.models_of(id) else {
            return false;
        };
        let of = |m: &&ClientModel| m.option_named(&ty, ident)?.role;
        models.iter().any(|m| of(m) == Some(role))
    }

    /// The options that stand inside the value of a field, by their whole names.
    pub(super) fn inner_writes(
        &self,
        id: ObjectId,
        field: &str,
        value: &CodeValue,
        expression: ExpressionId,
    ) -> Vec<OptionWrite> {
        let inner = self.inner_names(id, field);
        if inner.is_empty() || matches!(value, CodeValue::Plain(ConstValue::Nil)) {
            return Vec::new();
        }
        let held = match value {
            CodeValue::Options(held) => self.options(*held),
            _ => None,
        };
        let span = self.code().span(expression);
        let unseen = |ident: String, cause: Cause| OptionWrite {
            ident,
            value: ConstValue::Unknown(cause),
            span,
            conditional: false,
            wrapped: None,
            slot: EditTarget::None,
        };
        let mut found = Vec::new();
        for (name, part) in inner {
            let Some(held) = held else {
                found.push(unseen(name, self.quote(expression)));
                continue;
            };
            match held.writes.iter().find(|w| w.ident == part) {
                Some(write) => found.push(OptionWrite {
                    ident: name,
                    ..write.clone()
                }),
                None => found.extend(held.rest_unknown.clone().map(|cause| unseen(name, cause))),
            }
        }
        found
    }

    /// `Field.Part` for every option that a field's value holds, with the part alone.
    fn inner_names(&self, id: ObjectId, field: &str) -> Vec<(String, String)> {
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
    pub(super) fn settings_literal(
        &mut self,
        ty: &TypeForm,
        literal: &'p LiteralForm,
    ) -> Option<CodeValue> {
        let Some(CodeValue::Options(id)) = self.no_settings(ty) else {
            return None;
        };
        for (_, inner) in &literal.entries {
            let value = self.value(*inner);
            self.add_setting(id, &value, *inner);
        }
        Some(CodeValue::Options(id))
    }

    /// A list of functional options that is still empty.
    pub(super) fn no_settings(&mut self, ty: &TypeForm) -> Option<CodeValue> {
        let TypeForm::List(element) = ty else {
            return None;
        };
        let (library, option_type) = self.option_type(element)?;
        let mut models = library.candidates.iter().filter_map(|l| l.model());
        let functional = models.any(|m| m.form(&option_type) == Some(ConstructionForm::Functional));
        functional.then(|| CodeValue::Options(self.new_options(library, option_type)))
    }

    /// A functional option joins those before it.
    pub(super) fn add_setting(
        &mut self,
        id: ObjectId,
        value: &CodeValue,
        expression: ExpressionId,
    ) {
        let added = match value {
            CodeValue::Options(added) => self.state().options.get(added).cloned(),
            _ => None,
        };
        let reason = self.quote(expression).in_marks();
        let Some(object) = self.options_mut(id) else {
            return;
        };
        match added {
            Some(added) if added.option_type == object.option_type => object.take(&added),
            _ => object.invalidate(&reason),
        }
    }

    /// `append(options, one, two...)` of functional options.
    pub(super) fn append(&mut self, call: &CallForm, values: &[CodeValue]) -> Option<CodeValue> {
        let (first, rest) = values.split_first()?;
        let &CodeValue::Options(id) = first else {
            return None;
        };
        let (models, ty) = self.models_of(id)?;
        if !models
            .iter()
            .any(|m| m.form(&ty) == Some(ConstructionForm::Functional))
        {
            return None;
        }
        for (value, argument) in rest.iter().zip(call.arguments.iter().skip(1)) {
            self.add_setting(id, value, argument.value);
        }
        Some(CodeValue::Options(id))
    }

    /// A function of the library that makes one option: `DialReadTimeout(d)`.
    pub(super) fn setting_call(
        &mut self,
        (id, call): (ExpressionId, &'p CallForm),
        library: &Rc<ImportedLibrary<'m>>,
        name: &str,
    ) -> Option<CodeValue> {
        let mut models = library.candidates.iter().filter_map(|l| l.model());
        let ty = models.find_map(|m| m.setter_type(ConstructionForm::Functional, name))?;
        let options = self.new_options(Rc::clone(library), ty.to_owned());
        self.set_by_call(options, (id, call), name);
        Some(CodeValue::Options(options))
    }

    /// A method that makes options of another type of the value that it is called on: those that both
    /// types have go over under their names, and a list of addresses as its first.
    pub(super) fn convert_options(&mut self, id: ObjectId, method: &str) -> Option<CodeValue> {
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
        let mut made = self.options(id)?.clone();
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
        Some(CodeValue::Options(self.add_options(Rc::new(made))))
    }

    /// A method that sets one option of the value that it is called on.
    pub(super) fn setting_method(
        &mut self,
        (at, call): (ExpressionId, &'p CallForm),
        id: ObjectId,
        name: &str,
    ) -> Option<CodeValue> {
        let (models, ty) = self.models_of(id)?;
        if !models
            .iter()
            .any(|m| m.form(&ty) == Some(ConstructionForm::Builder))
        {
            return None;
        }
        if self.is_option(id, name) || !self.inner_names(id, name).is_empty() {
            self.set_by_call(id, (at, call), name);
        } else {
            self.give_arguments(at, call);
        }
        Some(CodeValue::Options(id))
    }

    fn set_by_call(&mut self, id: ObjectId, (at, call): (ExpressionId, &'p CallForm), name: &str) {
        match &call.arguments[..] {
            [one] => {
                let value = self.value(one.value);
                self.put(id, name, value, one.value);
            }
            [] => self.put(id, name, CodeValue::Plain(ConstValue::Bool(true)), at),
            _ => {
                self.give_arguments(at, call);
                self.put(id, name, CodeValue::of_kind("several arguments"), at);
            }
        }
    }

    /// Reads the function that opens a pool's connections, and takes their options over.
    pub(super) fn dialer(&mut self, id: ObjectId, expression: ExpressionId) -> CodeValue {
        self.typed.dialing.push(Vec::new());
        let value = self.value(expression);
        if self.typed.dialing.last().is_some_and(Vec::is_empty) {
            self.run_given(&value, expression);
        }
        let found = self.typed.dialing.pop().unwrap_or_default();
        let reason = self.quote(expression).in_marks();
        let anchor = found.first().map(|(_, anchor)| *anchor);
        let joined = join_all(found.into_iter().map(|(object, _)| object));
        if let Some(object) = self.options_mut(id) {
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
    pub(super) fn factory(&mut self, id: ObjectId, expression: ExpressionId) -> CodeValue {
        self.typed.making.push(Vec::new());
        let value = self.value(expression);
        if self.typed.making.last().is_some_and(Vec::is_empty) {
            self.run_given(&value, expression);
        }
        let made = self.typed.making.pop().unwrap_or_default();
        let reason = self.quote(expression).in_marks();
        let made = join_all(made.into_iter());
        let Some(object) = self.options_mut(id) else {
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

    /// The function that a value or a name stands for is run, to see which connections it opens.
    fn run_given(&mut self, value: &CodeValue, expression: ExpressionId) {
        if let CodeValue::Function(file, id, None) = value {
            self.run_closure((*file, *id), Vec::new());
            return;
        }
        let scope = self.scope();
        let function = match &self.code().expression(expression).form {
            CodeExpressionForm::Name(name) => scope.functions.get(name.as_str()),
            CodeExpressionForm::Member(_, name) => scope.methods.get(name.as_str()),
            _ => None,
        };
        if let Some(function) = function {
            self.run_function(*function, Vec::new());
        }
    }

    /// A connection is opened: for the pool whose function this is, if there is one.
    pub(super) fn note_dialled(&mut self, object: &Rc<OptionsObject<'m>>, anchor: Span) -> bool {
        let Some(top) = self.typed.dialing.last_mut() else {
            return false;
        };
        top.push((Rc::clone(object), anchor));
        self.typed.consumed.insert(anchor);
        true
    }
}

/// What holds whichever of some options are meant.
fn join_all<'m>(mut all: impl Iterator<Item = Rc<OptionsObject<'m>>>) -> Option<OptionsObject<'m>> {
    let first = Rc::unwrap_or_clone(all.next()?);
    Some(all.fold(first, |joined, one| {
        joined.join(&one, &BranchDifference::default())
    }))
}
