//! What is written about options: by methods, fields, literals and positions.

use std::rc::Rc;

use crate::extract::code::form::ExpressionId;
use crate::extract::code::options::{ObjectId, OptionsObject};
use crate::extract::code::value::{CodeValue, DeclaredType};
use crate::extract::rust::library::last;
use crate::extract::rust::names;
use crate::extract::rust::package::{NameMeaning, RustItem};
use crate::extract::rust::types::InferredType;
use crate::extract::rust::url_values::UrlField;
use crate::extract::rust::values::{
    RustFields, RustRun, RustValues, fold_value, object_of, own_value,
};
use crate::facts::cause::Cause;
use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::model::ValueKind;
use crate::knowledge::clients::rust::{ModelledCall, OptionPart};

impl<'p, 'm> RustValues<'p, 'm> {
    pub(super) fn new_object(&self, ty: &str) -> OptionsObject<'m> {
        OptionsObject::new(Rc::clone(&self.library), ty.to_owned())
    }

    fn new_write(
        &self,
        run: &mut RustRun<'p, 'm>,
        (ty, ident): (&str, &str),
        value: CodeValue,
        expression: ExpressionId,
    ) -> OptionWrite {
        let (value, wrapped) = fold_value(value, run.quote(expression));
        let mut options = self.index.options(ty, ident).iter();
        let secret = options.any(|option| option.kind == ValueKind::Secret);
        if secret && matches!(&value, ConstValue::Text(text) if !text.is_empty()) {
            self.hide_texts(run, expression);
        }
        let span = run.code().span(expression);
        let known = !matches!(value, ConstValue::Unknown(_) | ConstValue::Fallback(_));
        OptionWrite {
            ident: ident.to_owned(),
            slot: EditTarget::Replace {
                span,
                encoding: self.encoding(run, wrapped),
            },
            wrapped: known.then_some(wrapped),
            value,
            span,
            conditional: false,
        }
    }

    pub(super) fn encoding(&self, run: &RustRun<'p, 'm>, wrapped: bool) -> TextEncoding {
        TextEncoding::Rust {
            duration: self.duration_name(run),
            wrapped,
            milliseconds: false,
        }
    }

    /// How the standard library's duration is called here, if a `use` brings it.
    fn duration_name(&self, run: &RustRun<'p, 'm>) -> Option<String> {
        let module = self.here(run).module;
        match self.declared.meaning(&["Duration".to_owned()], module)? {
            NameMeaning::Other(path) if path.len() > 1 => {
                let standard = matches!(path[0].as_str(), "std" | "core" | "tokio");
                standard.then(|| "Duration".to_owned())
            }
            _ => None,
        }
    }

    /// A setter: `.max_size(10)`.
    pub(super) fn set_by_method(
        &self,
        run: &mut RustRun<'p, 'm>,
        at: ExpressionId,
        (id, ty, name): (ObjectId, &str, &str),
        given: &[ExpressionId],
    ) -> CodeValue {
        let write = match given.first() {
            Some(argument) => {
                let value = self.moved(run, *argument);
                self.new_write(run, (ty, name), value, *argument)
            }
            None => {
                let value = CodeValue::Plain(ConstValue::Bool(true));
                let write = self.new_write(run, (ty, name), value, at);
                OptionWrite {
                    slot: EditTarget::None,
                    ..write
                }
            }
        };
        let result = self.result_of_setter(run, id, ty);
        let target = object_of(&result).unwrap_or(id);
        if let Some(object) = run.options_mut(target) {
            object.write(write);
        }
        result
    }

    /// `value.field = expression`.
    pub(super) fn write_field(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        name: &str,
        value: CodeValue,
        expression: ExpressionId,
    ) {
        let Some(ty) = run.options(id).map(|object| object.option_type.clone()) else {
            return;
        };
        if let Some(part) = self.index.part(&ty, name) {
            return self.set_part(run, id, part, &value);
        }
        let write = self.new_write(run, (&ty, name), value, expression);
        if let Some(object) = run.options_mut(id) {
            object.write(write);
        }
    }

    pub(super) fn read_field(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        name: &str,
        from: Cause,
    ) -> CodeValue {
        let Some(object) = run.options(id) else {
            return CodeValue::unknown(from);
        };
        let mut writes = object.writes.iter();
        if let Some(write) = writes.find(|write| write.ident == name) {
            return match write.conditional {
                false => CodeValue::Plain(write.value.clone()),
                true => CodeValue::unknown(from),
            };
        }
        match self.index.part(&object.option_type, name) {
            Some(part) => CodeValue::Reference(self.part_of(run, id, part)),
            None => CodeValue::unknown(from),
        }
    }

    /// The part of a value, made where it was left to its defaults.
    pub(super) fn part_of(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        part: &OptionPart,
    ) -> ObjectId {
        let Some(object) = run.options(id) else {
            return id;
        };
        if let Some(known) = object.parts.get(&part.ident) {
            return *known;
        }
        let mut new = self.new_object(&part.part);
        new.rest_unknown.clone_from(&object.rest_unknown);
        let new = run.add_options(Rc::new(new));
        if let Some(object) = run.options_mut(id) {
            object.parts.insert(part.ident.clone(), new);
        }
        new
    }

    /// Parts of one type that come through several names are one part.
    pub(super) fn set_part(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        part: &OptionPart,
        value: &CodeValue,
    ) {
        let same = object_of(value).filter(|new| {
            let object = run.options(*new);
            object.is_some_and(|object| object.option_type == part.part)
        });
        let new = match (same, value) {
            (Some(new), _) => run.copy_object(new).unwrap_or(new),
            (None, value) => {
                let mut object = self.new_object(&part.part);
                if !matches!(
                    value,
                    CodeValue::Default | CodeValue::Plain(ConstValue::Nil)
                ) {
                    object.rest_unknown = Some(self.reason_of(value));
                }
                run.add_options(Rc::new(object))
            }
        };
        let Some(object) = run.options_mut(id) else {
            return;
        };
        let others = self.index.parts(&object.option_type);
        let others = others.filter(|other| other.part == part.part);
        for other in others {
            object.parts.remove(&other.ident);
        }
        object.parts.insert(part.ident.clone(), new);
    }

    /// `Type { field: value, ..base }`.
    pub(super) fn literal(
        &self,
        run: &mut RustRun<'p, 'm>,
        at: ExpressionId,
        entries: &[(Option<ExpressionId>, ExpressionId)],
    ) -> CodeValue {
        let code = run.code();
        let Some(ty) = code.called.get(&at).and_then(|called| called.ty.as_ref()) else {
            return run.unknown_code(at);
        };
        let base = entries.iter().find(|(key, _)| key.is_none());
        let base = base.map(|(_, base)| *base);
        let fields = entries
            .iter()
            .filter_map(|(key, value)| Some(((*key)?, *value)));
        let found = self.type_of(run, ty);
        if let Some(InferredType::Library(name)) = found {
            let mut object = self.new_object(name);
            object.literal = Some(code.span(at));
            let id = run.add_options(Rc::new(object));
            if let Some(base) = base {
                self.take_base(run, id, base);
            }
            for (key, expression) in fields {
                let value = self.moved(run, expression);
                self.write_field(run, id, code.text(key), value, expression);
            }
            return CodeValue::Options(id);
        }
        let path = ty.written().unwrap_or_default();
        let path: Vec<String> = path.split("::").map(str::to_owned).collect();
        if let Some(model) = self.url_model(run, &path) {
            let fields = fields.map(|(key, expression)| UrlField {
                name: code.text(key).to_owned(),
                value: self.moved(run, expression),
                at: expression,
            });
            let fields = fields.collect();
            let base = base.map(|base| self.moved(run, base));
            return self.url_value(run, model, base, fields);
        }
        let mut given = RustFields::new();
        for (key, expression) in fields {
            let value = self.moved(run, expression);
            run.escape(
                value.clone(),
                &Cause::Expression("another value".to_owned()),
            );
            given.insert(code.text(key).to_owned(), value);
        }
        let Some(InferredType::Own(item)) = found else {
            return run.unknown_code(at);
        };
        if let Some(base) = base
            && let CodeValue::Own(other, Some(fields)) = self.base_value(run, base, &item)
            && other == DeclaredType(item.number)
        {
            for (name, value) in fields.iter() {
                given.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        CodeValue::Own(DeclaredType(item.number), Some(Rc::new(given)))
    }

    /// The value whose fields a literal of the package's own type takes over.
    fn base_value(
        &self,
        run: &mut RustRun<'p, 'm>,
        base: ExpressionId,
        item: &RustItem<'p>,
    ) -> CodeValue {
        match self.moved(run, base) {
            CodeValue::Default => self.own_default(run, item),
            value => value,
        }
    }

    /// What the type's own `impl Default` gives.
    pub(super) fn own_default(&self, run: &mut RustRun<'p, 'm>, item: &RustItem<'p>) -> CodeValue {
        let ty = self.declared.name_of(item);
        match ty.and_then(|ty| self.declared.member(ty, "default")) {
            Some(member) => {
                let from = Cause::Code("an expression");
                self.own_call_with(run, &member, (&[], Vec::new()), from)
            }
            None => own_value(item),
        }
    }

    /// `..Default::default()` leaves the rest to the defaults; `..other` takes it from there.
    fn take_base(&self, run: &mut RustRun<'p, 'm>, id: ObjectId, base: ExpressionId) {
        let value = self.moved(run, base);
        let from = object_of(&value)
            .and_then(|from| run.options(from))
            .cloned();
        let reason = self.reason_of(&value);
        let Some(object) = run.options_mut(id) else {
            return;
        };
        match (value, from) {
            (CodeValue::Default, _) => {}
            (_, Some(from)) if from.option_type == object.option_type => {
                object.writes = from.writes;
                object.parts = from.parts;
                object.rest_unknown = from.rest_unknown;
            }
            _ => object.rest_unknown = Some(reason),
        }
    }

    /// Another value takes the place of this one.
    pub(super) fn replace_object(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        value: &CodeValue,
    ) {
        let new = object_of(value).and_then(|new| run.options(new)).cloned();
        let Some(object) = run.options_mut(id) else {
            return;
        };
        match new {
            Some(new) if new.option_type == object.option_type => *object = new,
            _ => object.invalidate(&Cause::Code("an assignment")),
        }
    }

    /// Options that the arguments of a call set by their position: the argument at 0 goes by the call's
    /// own name, the others by that and their number.
    pub(super) fn positional_writes(
        &self,
        run: &mut RustRun<'p, 'm>,
        (ty, found): (&str, &ModelledCall<'m>),
        (given, values): (&[ExpressionId], &[CodeValue]),
    ) -> Vec<OptionWrite> {
        let name = match found.call.method {
            true => found.call.name.clone(),
            false => format!("{}::{}", last(&found.call.on), found.call.name),
        };
        let mut writes = Vec::new();
        for (at, (argument, value)) in given.iter().zip(values).enumerate() {
            let ident = match at {
                0 => name.clone(),
                at => format!("{name}/{at}"),
            };
            if !self.index.options(ty, &ident).is_empty() {
                writes.push(self.new_write(run, (ty, &ident), value.clone(), *argument));
            }
        }
        writes
    }

    /// Every text in an expression is a secret.
    pub(super) fn hide_texts(&self, run: &mut RustRun<'p, 'm>, expression: ExpressionId) {
        let code = run.code();
        let mut found = Vec::new();
        code.visit_expressions(expression, |id| {
            if names::is_text(code, id) {
                found.push(code.span(id));
            }
        });
        run.found.secrets.extend(found);
    }
}
