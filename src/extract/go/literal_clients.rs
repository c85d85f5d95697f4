//! Literals that are clients by themselves, such as a pool: they are recorded with what they hold at
//! the end of the function that makes them, or where they leave it.

use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::go::package::ImportedLibrary;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoObjectId, GoOptionsObject};
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::model::Constructor;
use crate::syntax::code;

/// A literal that is a client, with what it held when it was last seen.
pub(super) struct LiteralClient<'t, 'm> {
    id: GoObjectId,
    node: Node<'t>,
    library: Rc<ImportedLibrary<'m>>,
    constructor: &'m Constructor,
    last: GoOptionsObject<'m>,
}

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    /// An options literal was read: it may be a client.
    pub(super) fn build(&mut self, id: GoObjectId, node: Node<'t>) {
        let Some(object) = self.state.heap.get_mut(&id) else {
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
        let last = object.clone();
        if self.records() && !code::is_broken(node) {
            self.built.push(LiteralClient {
                id,
                node,
                library,
                constructor,
                last,
            });
        }
    }

    /// Something holds the literal under this name: what is assigned to its fields through that
    /// name elsewhere may be set.
    pub(super) fn note_holder(&mut self, id: GoObjectId, holder: &str) {
        self.may_be_set(id, Some(holder));
    }

    /// The literal is handed out: whatever the package assigns to such a field may be its own.
    pub(super) fn note_handing_out(&mut self, id: GoObjectId) {
        self.may_be_set(id, None);
    }

    fn may_be_set(&mut self, id: GoObjectId, holder: Option<&str>) {
        let declared = self.declared;
        let fields: Vec<(&str, &str)> = declared
            .field_writes()
            .iter()
            .copied()
            .filter(|(held, _)| holder.is_none_or(|holder| *held == holder))
            .filter(|(_, field)| self.is_option(id, field))
            .collect();
        let Some(object) = self.state.heap.get_mut(&id).filter(|o| o.built) else {
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
    pub(super) fn remember(&mut self, id: GoObjectId) {
        let origins = self.state.heap.get(&id).map(|o| o.origins.clone());
        for id in origins.into_iter().flatten().chain([id]) {
            let now = self.state.heap.get(&id);
            let known = self.built.iter_mut().find(|built| built.id == id);
            if let (Some(built), Some(now)) = (known, now) {
                built.last = now.clone();
            }
        }
    }

    /// Every literal that is still seen, as it is now.
    pub(super) fn remember_built(&mut self) {
        for built in &mut self.built {
            if let Some(now) = self.state.heap.get(&built.id) {
                built.last = now.clone();
            }
        }
    }

    /// The function ends: its literals are clients with what they hold.
    pub(super) fn record_built(&mut self) {
        if !self.state.dead {
            self.remember_built();
        }
        for built in std::mem::take(&mut self.built) {
            self.record(
                built.node,
                &built.library,
                built.constructor,
                Ok(built.last),
            );
        }
    }
}
