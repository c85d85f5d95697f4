//! Calls: of the project's own functions and classes, which are entered; of the libraries, as their
//! models say; of the language, as its conventions do. Whatever else is called gives nothing known.

use std::collections::BTreeMap;

use super::fold;
use super::form::{
    ArgumentName, CallForm, ClassId, CodeExpressionForm, ExpressionId, ParameterTakes,
};
use super::form::{FunctionId, StatementForm};
use super::interpreter::{CodeInterpreter, MAX_INLINED, ReturnedValue};
use super::options::ObjectId;
use super::text;
use super::value::{CodeField, CodeObject, CodeObjectKind, CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::call::{CallModel, Modelled};
use crate::knowledge::languages::FunctionMeaning;

/// The arguments of a call, spreads resolved.
#[derive(Clone, Default)]
pub(super) struct CallArguments {
    pub(super) positional: Vec<CodeField>,
    pub(super) named: BTreeMap<String, CodeField>,
    /// Why not all of them are seen.
    pub(super) lost: Option<Cause>,
}

impl CallArguments {
    fn values(&self) -> impl Iterator<Item = &CodeValue> {
        let all = self.positional.iter().chain(self.named.values());
        all.map(|field| &field.value)
    }

    /// The argument at a position, or of this name.
    pub(super) fn get(&self, position: Option<usize>, name: &str) -> Option<&CodeField> {
        let at = position.and_then(|position| self.positional.get(position));
        at.or_else(|| self.named.get(name))
    }
}

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    pub(super) fn call(&mut self, id: ExpressionId, call: &'p CallForm) -> CodeValue {
        let callee = self.value(call.callee);
        let callee = self.resolve_path(callee);
        let arguments = self.arguments(call);
        if let Some(setting) = self.read_asked_setting(call.callee, &arguments) {
            return setting;
        }
        match &callee {
            CodeValue::Path(path) => self.call_path(path, id, call, &arguments),
            CodeValue::Function(..) => self.enter(&callee, vec![arguments]),
            CodeValue::Class(file, class) => self.instantiate((*file, *class), id, call, arguments),
            CodeValue::Method(base, name) => self.call_method(base, name, (id, call), &arguments),
            _ => {
                if let CodeExpressionForm::Member(_, name) =
                    &self.code().expression(call.callee).form
                {
                    self.note_use(None, name, (id, &arguments));
                    self.lose_all(&arguments, id);
                }
                self.unknown_at(id)
            }
        }
    }

    fn arguments(&mut self, call: &CallForm) -> CallArguments {
        let mut found = CallArguments::default();
        for argument in &call.arguments {
            let value = self.value(argument.value);
            let field = |value| CodeField {
                value,
                at: self.place(argument.value),
                conditional: false,
            };
            match &argument.name {
                ArgumentName::Position => found.positional.push(field(value)),
                ArgumentName::Keyword(name) => {
                    found.named.insert(name.clone(), field(value));
                }
                ArgumentName::Spread => match value {
                    CodeValue::Items(items) => {
                        found.positional.extend(items.into_iter().map(field));
                    }
                    _ => {
                        let cause = self.cause_at(argument.value);
                        found.lost.get_or_insert(cause);
                    }
                },
                ArgumentName::SpreadNamed => {
                    let mut named = std::mem::take(&mut found.named);
                    let lost = self.spread(&value, argument.value, &mut named);
                    found.named = named;
                    found.lost = found.lost.or(lost);
                }
            }
        }
        found
    }

    /// A mapping that is handed to something unseen may come back changed.
    fn lose_all(&mut self, arguments: &CallArguments, id: ExpressionId) {
        let objects: Vec<ObjectId> = arguments.values().filter_map(CodeValue::object).collect();
        for object in objects {
            let found = self.object(object);
            if found.is_some_and(|o| matches!(o.kind, CodeObjectKind::Record)) {
                let cause = self.cause_at(id);
                self.lose(object, cause);
            }
        }
    }

    fn call_path(
        &mut self,
        path: &str,
        id: ExpressionId,
        call: &'p CallForm,
        arguments: &CallArguments,
    ) -> CodeValue {
        if let Some(found) = self.project.index.find_handed(path) {
            let field = arguments.get(found.row.position, &found.row.argument);
            let object = field.and_then(|field| field.value.object());
            self.note_use_as(object, found.library.id(), &found.row.word);
        }
        if let Some(found) = self.project.index.call(path) {
            return self.library_call(found, (id, call), None, arguments);
        }
        let conventions = self.project.conventions;
        if conventions.reads_variable(path) {
            return self.variable(id, arguments);
        }
        if conventions.makes_reader(path) {
            return CodeValue::Path(format!("{path}()"));
        }
        match conventions.meaning(path) {
            Some(FunctionMeaning::Record) => {
                let mut fields = BTreeMap::new();
                let first = arguments
                    .positional
                    .first()
                    .map(|field| field.value.clone());
                let lost = first.and_then(|value| self.spread(&value, id, &mut fields));
                fields.extend(arguments.named.clone());
                let object = CodeObject {
                    kind: CodeObjectKind::Record,
                    fields,
                    rest_unknown: lost.or(arguments.lost.clone()),
                    at: self.place(id),
                };
                CodeValue::Object(self.allocate(object))
            }
            Some(meaning) => {
                // The last one is the value where the first one is its type.
                let value = match meaning {
                    FunctionMeaning::Same => arguments.positional.last(),
                    _ => arguments.positional.first(),
                };
                let value: Vec<CodeValue> = value.map(|f| f.value.clone()).into_iter().collect();
                self.computed(meaning, &value, id)
            }
            None => {
                self.lose_all(arguments, id);
                self.unknown_at(id)
            }
        }
    }

    /// A variable of the environment, with what holds where it is not set.
    fn variable(&mut self, id: ExpressionId, arguments: &CallArguments) -> CodeValue {
        let name = arguments
            .positional
            .first()
            .and_then(|field| field.value.text());
        let Some(name) = name.map(str::to_owned) else {
            return self.unknown_at(id);
        };
        let words = &self.project.conventions.reader_words;
        let default = arguments.get(Some(1), &words.default);
        let default = default.map(|field| field.value.clone());
        let value = match default {
            Some(CodeValue::Plain(ConstValue::Nil)) | None => fold::from_environment(&name),
            Some(CodeValue::Plain(value @ (ConstValue::Unknown(_) | ConstValue::Fallback(_)))) => {
                text::choose_given(Cause::EnvironmentVariable(name), &value)
            }
            Some(CodeValue::Plain(value)) => {
                let source = Cause::EnvironmentVariable(name.clone());
                fold::with_fallback(source, Some(name), value)
            }
            Some(_) => ConstValue::Unknown(Cause::EnvironmentVariable(name)),
        };
        let cast = arguments
            .named
            .get(&words.cast)
            .map(|field| field.value.clone());
        match cast {
            Some(CodeValue::Path(path)) => match self.project.conventions.meaning(&path) {
                Some(meaning) => self.computed(meaning, &[CodeValue::Plain(value)], id),
                None => self.unknown_at(id),
            },
            Some(_) => self.unknown_at(id),
            None => CodeValue::Plain(value),
        }
    }

    fn call_method(
        &mut self,
        base: &CodeValue,
        name: &str,
        (id, call): (ExpressionId, &'p CallForm),
        arguments: &CallArguments,
    ) -> CodeValue {
        let object = base.object();
        let kind = object
            .and_then(|id| self.object(id))
            .map(|o| o.kind.clone());
        match kind {
            Some(CodeObjectKind::Library { library, name: ty }) => {
                match self.project.index.method(library.id(), ty, name) {
                    Some(found) => self.library_call(found, (id, call), object, arguments),
                    None => {
                        self.note_use(object, name, (id, arguments));
                        self.unknown_at(id)
                    }
                }
            }
            Some(CodeObjectKind::Record) => match object {
                Some(object) => self.record_method(object, name, id, arguments),
                None => self.unknown_at(id),
            },
            _ => match self.project.conventions.meaning(&format!("str.{name}")) {
                Some(meaning @ (FunctionMeaning::Replace | FunctionMeaning::Format)) => {
                    let made = text_method(meaning, base, arguments);
                    made.map_or_else(|| self.unknown_at(id), CodeValue::Plain)
                }
                Some(meaning) if arguments.positional.is_empty() => {
                    self.computed(meaning, std::slice::from_ref(base), id)
                }
                _ => self.unknown_at(id),
            },
        }
    }

    fn record_method(
        &mut self,
        object: ObjectId,
        name: &str,
        id: ExpressionId,
        arguments: &CallArguments,
    ) -> CodeValue {
        let key = arguments
            .positional
            .first()
            .and_then(|field| field.value.text());
        let key = key.map(str::to_owned);
        let Some(found) = self.object(object).cloned() else {
            return self.unknown_at(id);
        };
        let conventions = self.project.conventions;
        let Some(meaning) = conventions.meaning(&format!("dict.{name}")) else {
            return self.unknown_at(id);
        };
        match (meaning, key) {
            (FunctionMeaning::Entry | FunctionMeaning::EntryOrSet, Some(key)) => {
                match found.fields.get(&key) {
                    Some(field) if !field.conditional => field.value.clone(),
                    None if found.rest_unknown.is_none() => {
                        let default = arguments.positional.get(1).map(|field| field.value.clone());
                        let default = default.unwrap_or(CodeValue::Plain(ConstValue::Nil));
                        if meaning == FunctionMeaning::EntryOrSet {
                            self.write(object, &key, default.clone(), id);
                        }
                        default
                    }
                    _ => self.unknown_at(id),
                }
            }
            (FunctionMeaning::Merge, _) => {
                let mut fields = arguments.named.clone();
                let mut lost = arguments.lost.clone();
                if let Some(first) = arguments.positional.first() {
                    lost = lost.or(self.spread(&first.value, id, &mut fields));
                }
                if let Some(object) = self.object_mut(object) {
                    object.fields.extend(fields);
                    object.rest_unknown = object.rest_unknown.take().or(lost);
                }
                CodeValue::Plain(ConstValue::Nil)
            }
            (FunctionMeaning::Copy, _) => CodeValue::Object(self.allocate(found)),
            _ => self.unknown_at(id),
        }
    }

    /// A call that a model describes.
    fn library_call(
        &mut self,
        found: Modelled<'m, CallModel>,
        (id, call): (ExpressionId, &'p CallForm),
        receiver: Option<ObjectId>,
        arguments: &CallArguments,
    ) -> CodeValue {
        let row = found.row;
        if row.reads_file {
            if let Some(receiver) = receiver {
                self.read_settings(receiver, arguments, id);
            }
            return CodeValue::Plain(ConstValue::Nil);
        }
        let mut fields = BTreeMap::new();
        let mut lost = arguments.lost.clone();
        let on = receiver.and_then(|id| self.object(id)).cloned();
        if let Some(on) = on.as_ref().filter(|_| row.keeps) {
            fields.extend(on.fields.clone());
            lost = lost.or(on.rest_unknown.clone());
        }
        for (position, field) in arguments.positional.iter().enumerate() {
            match row.arguments.get(position) {
                Some(name) => {
                    fields.insert(name.clone(), field.clone());
                }
                None if row.sets => {
                    let spread = self.spread(&field.value, field.at.1, &mut fields);
                    lost = lost.or(spread);
                }
                None => {}
            }
        }
        fields.extend(arguments.named.clone());
        if row.sets {
            if let Some(object) = receiver.and_then(|id| self.object_mut(id)) {
                object.fields.extend(fields);
                object.rest_unknown = object.rest_unknown.take().or(lost);
            }
            return CodeValue::Plain(ConstValue::Nil);
        }
        let Some(gives) = &row.gives else {
            return receiver.map_or_else(|| self.unknown_at(id), CodeValue::Object);
        };
        let nothing = CodeValue::Plain(ConstValue::Nil);
        let lent = row.borrows.iter().filter_map(|name| fields.get(name));
        let lent: Vec<CodeField> = lent.filter(|f| f.value != nothing).cloned().collect();
        // Whoever uses it uses the client that it was lent.
        let lender = lent.iter().find_map(|field| field.value.object());
        let at = lender
            .and_then(|id| self.object(id))
            .map(|object| object.at);
        let object = CodeObject {
            kind: CodeObjectKind::Library {
                library: found.library,
                name: gives,
            },
            fields,
            rest_unknown: lost,
            at: at.unwrap_or_else(|| self.place(id)),
        };
        let made = self.allocate(object);
        if lent.is_empty() && self.frame().records {
            for built in &row.clients {
                self.construct(made, (found.library, built), (id, call));
            }
        }
        CodeValue::Object(made)
    }

    /// The variables of a file or the fields of a class become options.
    fn read_settings(&mut self, receiver: ObjectId, arguments: &CallArguments, id: ExpressionId) {
        let Some(first) = arguments.positional.first() else {
            return;
        };
        let named = match first.value.text() {
            Some(path) => self.resolve_path(CodeValue::Path(path.replace(':', "."))),
            None => first.value.clone(),
        };
        let values: BTreeMap<String, CodeValue> = match named {
            CodeValue::File(file) => match self.body(file) {
                Some(result) => result.variables.clone(),
                None => return,
            },
            CodeValue::Class(file, class) => {
                let fields = self.class_settings((file, class), 0).into_iter();
                fields.map(|(name, field)| (name, field.value)).collect()
            }
            // What another framework holds is told by its own settings.
            _ => return,
        };
        for (name, value) in values {
            self.write(receiver, &name, value, id);
        }
    }

    fn instantiate(
        &mut self,
        (file, class): (FileAt, ClassId),
        id: ExpressionId,
        call: &'p CallForm,
        arguments: CallArguments,
    ) -> CodeValue {
        let constructor = self.project.front.constructor_name();
        let init = self.class_member((file, class), constructor, 0);
        if init.is_none()
            && let Some(found) = self.library_base(file, class)
        {
            return self.library_call(found, (id, call), None, &arguments);
        }
        let mut fields = BTreeMap::new();
        if init.is_none() {
            let names = self.declared_names(file, class);
            let positional = names.into_iter().zip(arguments.positional.clone());
            fields.extend(positional);
            fields.extend(arguments.named.clone());
        }
        let object = CodeObject {
            kind: CodeObjectKind::Instance(file, class),
            fields,
            rest_unknown: None,
            at: self.place(id),
        };
        let made = self.allocate(object);
        if let Some(CodeValue::Function(file, function, _)) = init {
            let method = CodeValue::Function(file, function, Some(made));
            self.enter(&method, vec![arguments]);
        }
        CodeValue::Object(made)
    }

    /// The call of a library that a class without a constructor of its own is made by.
    fn library_base(&mut self, file: FileAt, class: ClassId) -> Option<Modelled<'m, CallModel>> {
        let bases = self.project.file(file).class(class).bases.iter();
        let bases: Vec<CodeValue> = bases.map(|base| self.elsewhere(file, *base)).collect();
        bases.iter().find_map(|base| match base {
            CodeValue::Path(path) => self.project.index.call(path),
            _ => None,
        })
    }

    /// The fields that a class declares, in their order: what its arguments are called.
    fn declared_names(&self, file: FileAt, class: ClassId) -> Vec<String> {
        let body = self.project.file(file).class(class).body.iter();
        let names = body.filter_map(|statement| match &statement.form {
            StatementForm::Declare { name, .. } => Some(name.clone()),
            _ => None,
        });
        names.collect()
    }

    /// Runs an own function with these arguments; a call without any has an empty list.
    pub(super) fn enter(&mut self, callee: &CodeValue, calls: Vec<CallArguments>) -> CodeValue {
        let CodeValue::Function(file, id, receiver) = callee else {
            return CodeValue::Plain(ConstValue::Nil);
        };
        let arguments = calls.into_iter().next().unwrap_or_default();
        let project = self.project;
        let function = project.file(*file).function(*id);
        let name = || CodeValue::unknown(Cause::BareExpression(format!("`{}()`", function.name)));
        let running = |frame: &super::interpreter::CodeFrame<'m>| {
            frame.file == *file && frame.function == Some(*id)
        };
        if self.inlined >= MAX_INLINED || self.frames.iter().any(running) {
            return name();
        }
        let variables = self.parameters((*file, *id), *receiver, arguments);
        let mut frame = self.new_frame(*file, Some(*id));
        frame.records = false;
        frame.state.variables = variables;
        // A nested function sees the variables around it.
        if function.nested && self.here() == *file {
            for (name, value) in &self.frame().state.variables {
                let seen = frame.state.variables.entry(name.clone());
                seen.or_insert_with(|| value.clone());
            }
        }
        let state = self.state();
        frame.state.heap = std::mem::take(&mut state.heap);
        self.frames.push(frame);
        self.inlined += 1;
        let ran = self.run_deeper(|run| run.block(&function.body)).is_some();
        self.inlined -= 1;
        let Some(mut frame) = self.frames.pop() else {
            return name();
        };
        let state = self.state();
        state.heap = std::mem::take(&mut frame.state.heap);
        if !ran {
            return name();
        }
        let nothing = CodeValue::Plain(ConstValue::Nil);
        let mut ends = frame.returned;
        if !frame.state.dead && !function.yields {
            ends.push(ReturnedValue {
                value: nothing.clone(),
                options: frame.state.options,
                needs: frame.state.needs,
            });
        }
        self.join_ends(ends).map_or(nothing, |end| end.value)
    }

    fn parameters(
        &mut self,
        (file, id): (FileAt, FunctionId),
        receiver: Option<ObjectId>,
        arguments: CallArguments,
    ) -> BTreeMap<String, CodeValue> {
        let project = self.project;
        let function = project.file(file).function(id);
        let mut positional = arguments.positional.into_iter().map(|field| field.value);
        let mut named = arguments.named;
        let mut receiver = receiver.map(CodeValue::Object);
        let mut values = BTreeMap::new();
        for parameter in &function.parameters {
            let value = match parameter.takes {
                ParameterTakes::One => {
                    let given = match parameter.named_only {
                        true => None,
                        false => receiver.take().or_else(|| positional.next()),
                    };
                    let given = given.or_else(|| named.remove(&parameter.name).map(|f| f.value));
                    match (given, &arguments.lost, parameter.default) {
                        (Some(value), _, _) => value,
                        (None, Some(cause), _) => CodeValue::unknown(cause.clone()),
                        (None, None, Some(default)) => self.elsewhere(file, default),
                        (None, None, None) => {
                            CodeValue::unknown(Cause::Expression(parameter.name.clone()))
                        }
                    }
                }
                ParameterTakes::Rest => CodeValue::list(positional.by_ref()),
                ParameterTakes::NamedRest => {
                    let object = CodeObject {
                        kind: CodeObjectKind::Record,
                        fields: std::mem::take(&mut named),
                        rest_unknown: arguments.lost.clone(),
                        at: (file, ExpressionId(0)),
                    };
                    CodeValue::Object(self.allocate(object))
                }
            };
            values.insert(parameter.name.clone(), value);
        }
        values
    }
}

/// `text.replace(…)` and `text.format(…)`.
fn text_method(
    meaning: FunctionMeaning,
    base: &CodeValue,
    arguments: &CallArguments,
) -> Option<ConstValue> {
    let plain = |field: &CodeField| match &field.value {
        CodeValue::Plain(value) => Some(value.clone()),
        _ => None,
    };
    let CodeValue::Plain(base) = base else {
        return None;
    };
    if arguments.lost.is_some() {
        return None;
    }
    let positional: Vec<ConstValue> = arguments
        .positional
        .iter()
        .map(plain)
        .collect::<Option<_>>()?;
    if meaning == FunctionMeaning::Replace {
        return match &positional[..] {
            [ConstValue::Text(old), ConstValue::Text(new)] => {
                Some(text::replaced(base.clone(), old, new))
            }
            _ => None,
        };
    }
    let ConstValue::Text(format) = base else {
        return None;
    };
    let named = arguments.named.iter();
    let named = named.map(|(name, field)| Some((name.clone(), plain(field)?)));
    let named: BTreeMap<String, ConstValue> = named.collect::<Option<_>>()?;
    text::fill_braces(format, &positional, &named).map(text::join_parts)
}
