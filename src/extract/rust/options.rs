//! What is written about options: by methods, fields, literals and positions.

use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::rust::library::last;
use crate::extract::rust::names;
use crate::extract::rust::package::RustItem;
use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::state::{RustExprValue, RustObjectId, RustOptionsObject, RustScope};
use crate::extract::rust::types::InferredType;
use crate::extract::rust::url_values::UrlField;
use crate::extract::rust::uses::path_of;
use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::model::ValueKind;
use crate::knowledge::clients::rust::ModelledCall;
use crate::syntax::code;

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    fn new_write(
        &mut self,
        ty: &str,
        ident: &str,
        value: RustExprValue<'t>,
        expression: Node<'t>,
    ) -> OptionWrite {
        let (value, wrapped) = value.fold(names::quote_code(self.tree(), expression));
        let secret = self
            .index
            .options(ty, ident)
            .iter()
            .any(|o| o.kind == ValueKind::Secret);
        if secret && matches!(&value, ConstValue::Text(text) if !text.is_empty()) {
            let tree = self.tree();
            let mut found = Vec::new();
            code::visit(expression, |node| {
                if node.kind().ends_with("string_literal") {
                    found.push(tree.span(node));
                }
            });
            self.secrets.extend(found);
        }
        let span = self.tree().span(expression);
        let known = !matches!(value, ConstValue::Unknown(_) | ConstValue::Fallback(_));
        OptionWrite {
            ident: ident.to_owned(),
            slot: EditTarget::Replace {
                span,
                encoding: self.encoding(wrapped),
            },
            wrapped: known.then_some(wrapped),
            value,
            span,
            conditional: false,
        }
    }

    pub(super) fn encoding(&self, wrapped: bool) -> TextEncoding {
        TextEncoding::Rust {
            duration: self.duration_name(),
            wrapped,
            milliseconds: false,
        }
    }

    /// How the standard library's duration is called here, if a `use` brings it.
    fn duration_name(&self) -> Option<String> {
        let meant = self
            .declared
            .meaning(&["Duration".to_owned()], self.module)?;
        match meant {
            crate::extract::rust::package::NameMeaning::Other(path) if path.len() > 1 => {
                let standard = matches!(path[0].as_str(), "std" | "core" | "tokio");
                standard.then(|| "Duration".to_owned())
            }
            _ => None,
        }
    }

    /// A setter: `.max_size(10)`.
    pub(super) fn set_by_method(
        &mut self,
        node: Node<'t>,
        (id, ty): (RustObjectId, &'m str),
        name: &'t str,
        arguments: &[Node<'t>],
    ) -> RustExprValue<'t> {
        let write = match arguments.first() {
            Some(argument) => {
                let value = self.value_of(*argument);
                self.new_write(ty, name, value, *argument)
            }
            None => {
                let value = RustExprValue::Plain(ConstValue::Bool(true));
                let mut write = self.new_write(ty, name, value, node);
                write.slot = EditTarget::None;
                write
            }
        };
        let result = self.result_of_setter(id, ty);
        let target = result.object().unwrap_or(id);
        if let Some(object) = self.state.heap.get_mut(&target) {
            object.write(ty, write);
        }
        result
    }

    /// `value.field = expression`.
    pub(super) fn write_field(
        &mut self,
        id: RustObjectId,
        field: Node<'t>,
        value: RustExprValue<'t>,
        expression: Node<'t>,
    ) {
        let Some(ty) = self.state.heap.get(&id).map(|o| o.ty) else {
            return;
        };
        let name = self.text(field);
        if let Some(part) = self.index.part(ty, name) {
            self.set_part(id, (&part.ident, &part.part), &value);
            return;
        }
        let write = self.new_write(ty, name, value, expression);
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.write(ty, write);
        }
    }

    pub(super) fn read_field(
        &mut self,
        id: RustObjectId,
        name: &'t str,
        node: Node<'t>,
    ) -> RustExprValue<'t> {
        let Some(object) = self.state.heap.get(&id) else {
            return self.unknown_code(node);
        };
        let ty = object.ty;
        let write = object.writes.iter().find(|w| w.write.0.ident == name);
        if let Some(write) = write {
            return match (write.conditional, &write.write.0.value) {
                (false, value) => RustExprValue::Plain(value.clone()),
                _ => self.unknown_code(node),
            };
        }
        match self.index.part(ty, name) {
            Some(part) => RustExprValue::Ref(self.part_of(id, &part.ident, &part.part)),
            None => self.unknown_code(node),
        }
    }

    /// The part of a value, made where it was left to its defaults.
    pub(super) fn part_of(
        &mut self,
        id: RustObjectId,
        ident: &'m str,
        part: &'m str,
    ) -> RustObjectId {
        let Some(object) = self.state.heap.get(&id) else {
            return id;
        };
        if let Some(part) = object.parts.get(ident) {
            return *part;
        }
        let mut new = RustOptionsObject::new(part);
        new.rest_unknown.clone_from(&object.rest_unknown);
        let new = self.new_object(new);
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.parts.insert(ident, new);
        }
        new
    }

    /// Parts of one type that come through several names are one part.
    pub(super) fn set_part(
        &mut self,
        id: RustObjectId,
        (ident, part): (&'m str, &'m str),
        value: &RustExprValue<'t>,
    ) {
        let same = value.object().filter(|new| {
            let object = self.state.heap.get(new);
            object.is_some_and(|o| o.ty == part)
        });
        let new = match (same, value) {
            (Some(new), _) => self.copy(new),
            (None, RustExprValue::Default | RustExprValue::Plain(ConstValue::Nil)) => {
                self.new_object(RustOptionsObject::new(part))
            }
            (None, value) => {
                let mut object = RustOptionsObject::new(part);
                object.rest_unknown = Some(self.reason_of(value));
                self.new_object(object)
            }
        };
        let Some(ty) = self.state.heap.get(&id).map(|o| o.ty) else {
            return;
        };
        let others: Vec<&str> = self
            .index
            .parts(ty)
            .filter(|p| p.part == part)
            .map(|p| p.ident.as_str())
            .collect();
        if let Some(object) = self.state.heap.get_mut(&id) {
            object.parts.retain(|old, _| !others.contains(old));
            object.parts.insert(ident, new);
        }
    }

    /// `Type { field: value, ..base }`.
    pub(super) fn literal(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let (Some(name), Some(body)) = (code::field(node, "name"), code::field(node, "body"))
        else {
            return self.unknown_code(node);
        };
        let ty = self.ty(name);
        let id = match &ty {
            Some(InferredType::Library(name)) => {
                let mut object = RustOptionsObject::new(name);
                object.span = Some(self.tree().span(node));
                Some(self.new_object(object))
            }
            _ => None,
        };
        if let (Some(id), Some(base)) = (id, base_of(body)) {
            self.base(id, base);
        }
        let url = self.url_model(&path_of(name, self.tree()));
        let mut of_url = Vec::new();
        let mut fields = RustScope::new();
        for field in code::children(body) {
            let (field, expression) = match field.kind() {
                "field_initializer" => {
                    let name = code::field(field, "field").or(code::field(field, "name"));
                    (name, code::field(field, "value"))
                }
                "shorthand_field_initializer" => {
                    let name = code::children(field).last().copied();
                    (name, name)
                }
                _ => continue,
            };
            let (Some(field), Some(expression)) = (field, expression) else {
                continue;
            };
            let value = self.value_of(expression);
            match id {
                Some(id) => self.write_field(id, field, value, expression),
                None if url.is_some() => of_url.push(UrlField {
                    name: self.text(field).to_owned(),
                    value,
                    at: expression,
                }),
                None => {
                    self.escape(&value, "another value");
                    fields.insert(self.text(field), value);
                }
            }
        }
        if let Some(model) = url {
            let base = base_of(body).map(|base| self.value_of(base));
            return self.url_value(model, base, of_url);
        }
        match (id, ty) {
            (Some(id), _) => RustExprValue::Object(id),
            (None, Some(InferredType::Own(item))) => {
                if let Some(base) = base_of(body)
                    && let RustExprValue::Record(other, given) = self.base_value(base, &item)
                    && other.node == item.node
                {
                    for (name, value) in given.iter() {
                        fields.entry(name).or_insert_with(|| value.clone());
                    }
                }
                RustExprValue::Record(item, Rc::new(fields))
            }
            _ => self.unknown_code(node),
        }
    }

    /// The value whose fields a literal of the package's own type takes over.
    fn base_value(&mut self, base: Node<'t>, item: &RustItem<'t>) -> RustExprValue<'t> {
        match self.value_of(base) {
            RustExprValue::Default => self.own_default(base, item),
            value => value,
        }
    }

    /// What the type's own `impl Default` gives.
    pub(super) fn own_default(&mut self, node: Node<'t>, item: &RustItem<'t>) -> RustExprValue<'t> {
        let ty = code::field(item.node, "name").map(|n| self.files[item.file].tree.text(n));
        let member = ty.and_then(|ty| self.declared.member(ty, "default"));
        match member {
            Some(member) => self.own_call_with(node, member, (&[], Vec::new())),
            None => RustExprValue::Own(*item),
        }
    }

    /// `..Default::default()` leaves the rest to the defaults; `..other` takes it from there.
    fn base(&mut self, id: RustObjectId, base: Node<'t>) {
        let value = self.value_of(base);
        let ty = self.state.heap.get(&id).map(|o| o.ty);
        let from = value
            .object()
            .and_then(|from| self.state.heap.get(&from))
            .cloned();
        let reason = self.reason_of(&value);
        let Some(object) = self.state.heap.get_mut(&id) else {
            return;
        };
        match (value, from) {
            (RustExprValue::Default, _) => {}
            (_, Some(from)) if Some(from.ty) == ty => {
                object.writes = from.writes;
                object.parts = from.parts;
                object.rest_unknown = from.rest_unknown;
            }
            _ => object.rest_unknown = Some(reason),
        }
    }

    /// Options that the arguments of a call set by their position.
    pub(super) fn positional(
        &mut self,
        id: RustObjectId,
        found: &ModelledCall<'m>,
        (arguments, values): (&[Node<'t>], &[RustExprValue<'t>]),
    ) {
        let Some(ty) = self.state.heap.get(&id).map(|o| o.ty) else {
            return;
        };
        for write in self.positional_writes(ty, found, (arguments, values)) {
            if let Some(object) = self.state.heap.get_mut(&id) {
                object.write(ty, write);
            }
        }
    }

    /// The argument at 0 goes by the call's own name, the others by that and their number.
    pub(super) fn positional_writes(
        &mut self,
        ty: &str,
        found: &ModelledCall<'m>,
        (arguments, values): (&[Node<'t>], &[RustExprValue<'t>]),
    ) -> Vec<OptionWrite> {
        let name = if found.call.method {
            found.call.name.clone()
        } else {
            format!("{}::{}", last(&found.call.on), found.call.name)
        };
        let mut writes = Vec::new();
        for (at, (argument, value)) in arguments.iter().zip(values).enumerate() {
            let ident = match at {
                0 => name.clone(),
                at => format!("{name}/{at}"),
            };
            if !self.index.options(ty, &ident).is_empty() {
                writes.push(self.new_write(ty, &ident, value.clone(), *argument));
            }
        }
        writes
    }
}

fn base_of(body: Node<'_>) -> Option<Node<'_>> {
    let base = code::children(body)
        .into_iter()
        .find(|field| field.kind() == "base_field_initializer")?;
    code::children(base).first().copied()
}
