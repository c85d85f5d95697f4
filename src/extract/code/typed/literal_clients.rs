//! Literals that are clients by themselves, such as a pool: they are recorded with what they hold at
//! the end of the function that makes them, or where they leave it.

use std::rc::Rc;

use crate::extract::code::form::ExpressionId;
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::options::ObjectId;
use crate::extract::code::package::LiteralClient;
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};

impl CodeInterpreter<'_, '_> {
    /// An options literal was read: it may be a client.
    pub(super) fn build(&mut self, id: ObjectId, at: ExpressionId) {
        let broken = self.code().is_broken(&self.code().expression(at).range);
        let Some(object) = self.options_mut(id) else {
            return;
        };
        let library = Rc::clone(&object.library);
        let models = library.candidates.iter().filter_map(|l| l.model());
        let constructor = models
            .into_iter()
            .find_map(|m| m.literal(&object.option_type));
        let Some(constructor) = constructor else {
            return;
        };
        object.built = true;
        let last = self.state().options.get(&id).cloned();
        if let (Some(last), false) = (last, broken || self.frame().typed.in_place) {
            let arms = self.frame().arms.clone();
            self.typed.built.push(LiteralClient {
                id,
                at,
                arms,
                library,
                constructor,
                last,
            });
        }
    }

    /// Something holds the literal under this name: what is assigned to its fields through that
    /// name elsewhere may be set.
    pub(super) fn note_holder(&mut self, id: ObjectId, holder: &str) {
        self.may_be_set(id, Some(holder));
    }

    /// The literal is handed out: whatever the package assigns to such a field may be its own.
    pub(super) fn note_handing_out(&mut self, id: ObjectId) {
        self.may_be_set(id, None);
    }

    fn may_be_set(&mut self, id: ObjectId, holder: Option<&str>) {
        if !self.options(id).is_some_and(|object| object.built) {
            return;
        }
        let scope = self.scope();
        let fields: Vec<(&str, &str)> = scope
            .field_writes()
            .iter()
            .copied()
            .filter(|(held, _)| holder.is_none_or(|holder| *held == holder))
            .filter(|(_, field)| self.is_option(id, field))
            .collect();
        let Some(object) = self.options_mut(id) else {
            return;
        };
        let Some(span) = object.literal else {
            return;
        };
        for (held, field) in fields {
            if holder.is_none() && object.writes.iter().any(|write| write.ident == field) {
                continue;
            }
            object.write(OptionWrite {
                ident: field.to_owned(),
                value: ConstValue::Unknown(Cause::AssignedField(format!("{held}.{field}"))),
                span,
                conditional: true,
                wrapped: None,
                slot: EditTarget::None,
            });
        }
    }

    /// The literal leaves the function: it is a client as it is now.
    pub(super) fn remember(&mut self, id: ObjectId) {
        let origins = self.options(id).map(|o| o.origins.clone());
        for id in origins.into_iter().flatten().chain([id]) {
            let now = self.state().options.get(&id).cloned();
            let known = self.typed.built.iter_mut().find(|built| built.id == id);
            if let (Some(built), Some(now)) = (known, now) {
                built.last = now;
            }
        }
    }

    /// Every literal that is still seen, as it is now.
    pub(super) fn remember_built(&mut self) {
        let ids: Vec<ObjectId> = self.typed.built.iter().map(|built| built.id).collect();
        for id in ids {
            self.remember_as_it_is(id);
        }
    }

    fn remember_as_it_is(&mut self, id: ObjectId) {
        let now = self.state().options.get(&id).cloned();
        let known = self.typed.built.iter_mut().find(|built| built.id == id);
        if let (Some(built), Some(now)) = (known, now) {
            built.last = now;
        }
    }

    /// The function ends: its literals are clients with what they hold.
    pub(super) fn record_built(&mut self) {
        if !self.state().dead {
            self.remember_built();
        }
        for built in std::mem::take(&mut self.typed.built) {
            self.record_client(
                (built.at, built.arms),
                &built.library,
                built.constructor,
                Ok(built.last),
            );
        }
    }
}
