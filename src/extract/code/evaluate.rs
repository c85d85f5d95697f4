//! Expressions of the form to values. What cannot be computed is unknown, and its cause is what is
//! written there.

use std::collections::BTreeMap;

use super::fold;
use super::form::{ClassId, CodeExpressionForm, ExpressionId, StatementForm};
use super::interpreter::{CodeFrame, CodeInterpreter};
use super::options::ObjectId;
use super::precondition::{BranchDifference, Preconditions, VariableTest};
use super::text;
use super::value::{CodeField, CodeObject, CodeObjectKind, CodeState, CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages::{FunctionMeaning, SettingsClass};

/// How many classes may stand above one.
pub(super) const MAX_BASES: usize = 8;
/// A text longer than this is shown by no cause.
const MAX_SHOWN: usize = 60;

impl<'m> CodeInterpreter<'_, 'm> {
    pub(in crate::extract) fn value(&mut self, id: ExpressionId) -> CodeValue {
        let typed = self.is_typed();
        let evaluated = self.run_deeper(|run| match typed {
            true => run.typed_value(id),
            false => run.form_value(id),
        });
        evaluated.unwrap_or_else(|| {
            self.pass_over(id);
            CodeValue::unknown(Cause::Code("code that is nested or branches too much"))
        })
    }

    /// An unknown value that is called as it is written.
    pub(super) fn unknown_at(&self, id: ExpressionId) -> CodeValue {
        CodeValue::unknown(self.cause_at(id))
    }

    pub(super) fn cause_at(&self, id: ExpressionId) -> Cause {
        let text = self.code().text(id);
        let line = text.lines().next().unwrap_or("");
        match text.chars().count() > MAX_SHOWN || line.len() < text.len() {
            true => Cause::Code("an expression that is not followed"),
            false => Cause::Expression(text.to_owned()),
        }
    }

    fn form_value(&mut self, id: ExpressionId) -> CodeValue {
        let code = self.code();
        match &code.expression(id).form {
            CodeExpressionForm::Constant(ConstValue::Text(text))
                if text.len() > fold::MAX_TEXT_BYTES =>
            {
                CodeValue::Plain(fold::unknown("a text that is too long"))
            }
            CodeExpressionForm::Constant(value) => CodeValue::Plain(value.clone()),
            CodeExpressionForm::Name(name) => self.name(name, id),
            CodeExpressionForm::Member(base, name) => {
                let base = self.value(*base);
                self.member(base, name, id)
            }
            CodeExpressionForm::Item(base, key) => self.item(*base, *key, id),
            CodeExpressionForm::Call(call) => self.call(id, call),
            CodeExpressionForm::Record(entries) => self.record(entries, id),
            CodeExpressionForm::List(items) => {
                CodeValue::list(items.iter().map(|item| self.value(*item)))
            }
            CodeExpressionForm::Text(parts) => self.text(parts),
            CodeExpressionForm::Binary(operator, left, right) => {
                let (left, right) = (self.value(*left), self.value(*right));
                self.binary(operator, left, right, id)
            }
            CodeExpressionForm::Unary(operator, value) => match self.value(*value) {
                CodeValue::Plain(value) => CodeValue::Plain(fold::unary(operator, value)),
                _ => self.unknown_at(id),
            },
            CodeExpressionForm::Choice {
                condition,
                then,
                otherwise,
            } => match self.condition(*condition) {
                (Some(true), _) => self.value(*then),
                (Some(false), _) => self.value(*otherwise),
                (None, test) => {
                    let (then, otherwise) = (self.value(*then), self.value(*otherwise));
                    let holds = test.as_ref().is_some_and(|test| test.holds);
                    let needs = test.into_iter().flat_map(VariableTest::needs).collect();
                    let none = Preconditions::new();
                    // The side that is taken with the variable alone needs it.
                    let sides = match holds {
                        true => BranchDifference::of(&none, &needs),
                        false => BranchDifference::of(&needs, &none),
                    };
                    self.join_values([then, otherwise], sides)
                }
            },
            CodeExpressionForm::Otherwise(first, second) => {
                let first = self.value(*first);
                match first.truth() {
                    Some(true) => first,
                    Some(false) => self.value(*second),
                    None => {
                        let second = self.value(*second);
                        otherwise(first, second)
                    }
                }
            }
            CodeExpressionForm::Test { operands, operator } => self.test(operands, operator, id),
            CodeExpressionForm::Closure(function) => {
                CodeValue::Function(self.here(), *function, None)
            }
            CodeExpressionForm::Through(inner) => self.value(*inner),
            CodeExpressionForm::Yield(value) => {
                let value = value.map_or(CodeValue::Plain(ConstValue::Nil), |id| self.value(id));
                self.give_back(value);
                self.unknown_at(id)
            }
            CodeExpressionForm::Bind(name, value) => {
                let value = self.value(*value);
                self.state().variables.insert(name.clone(), value.clone());
                value
            }
            CodeExpressionForm::Opaque(parts) => {
                for part in parts {
                    self.value(*part);
                }
                self.unknown_at(id)
            }
            CodeExpressionForm::Literal(_) | CodeExpressionForm::Type(_) => self.unknown_at(id),
        }
    }

    fn name(&mut self, name: &str, id: ExpressionId) -> CodeValue {
        let frame = self.frame();
        if let Some(value) = frame.state.variables.get(name)
            && !frame.outer.contains(name)
        {
            let value = value.clone();
            return self.resolve_path(value);
        }
        let at = self.here();
        if !frame.is_body
            && let Some(value) = self.global(at, name)
        {
            return self.resolve_path(value);
        }
        match self.code().text(id) {
            // What nothing in the file binds is the language's own.
            own if self.project.conventions.meaning(own).is_some() => {
                CodeValue::Path(own.to_owned())
            }
            _ => self.unknown_at(id),
        }
    }

    /// A name of a file. A function that the file's own body calls sees what the body has bound so far.
    pub(super) fn global(&mut self, at: FileAt, name: &str) -> Option<CodeValue> {
        if self.is_running(at) {
            let mut frames = self.frames.iter().rev();
            let running = frames.find(|frame| frame.is_body && frame.file == at)?;
            return running.state.variables.get(name).cloned();
        }
        let result = self.body(at)?;
        result.variables.get(name).cloned()
    }

    /// What a path means, seen from here: a file of the project, a name in one, or something outside.
    fn path(&mut self, path: &str) -> CodeValue {
        if let Some(value) = self.framework_setting(path) {
            return value;
        }
        let Some((file, count)) = self.project.find(self.here(), path) else {
            return match self.project.conventions.constant(path) {
                Some(value) => CodeValue::Plain(constant(value)),
                None => CodeValue::Path(path.to_owned()),
            };
        };
        let mut parts = path.split('.').skip(count);
        let Some(first) = parts.next() else {
            return CodeValue::File(file);
        };
        let Some(mut value) = self.global(file, first) else {
            // A folder's own file need not name the files beside it.
            return CodeValue::Path(path.to_owned());
        };
        for part in parts {
            value = self.member(value, part, ExpressionId(0));
        }
        self.resolve_path(value)
    }

    /// A path as what it leads to. Files that hand a name to each other in a circle lead nowhere.
    pub(super) fn resolve_path(&mut self, value: CodeValue) -> CodeValue {
        match value {
            CodeValue::Path(path) => {
                let found = self.run_deeper(|run| run.path(&path));
                found.unwrap_or_else(|| CodeValue::unknown(Cause::Expression(path)))
            }
            value => value,
        }
    }

    pub(super) fn member(&mut self, base: CodeValue, name: &str, id: ExpressionId) -> CodeValue {
        match self.resolve_path(base) {
            CodeValue::Path(path) => self.path(&format!("{path}.{name}")),
            CodeValue::File(file) => match self.global(file, name) {
                Some(value) => self.resolve_path(value),
                None => self.path(&format!("{}.{name}", self.project.module(file))),
            },
            CodeValue::Class(file, class) => {
                let found = self.class_member((file, class), name, 0);
                found.unwrap_or_else(|| self.unknown_at(id))
            }
            CodeValue::Object(object) => self.object_member(object, name, id),
            CodeValue::Plain(ConstValue::Text(text)) => {
                let text = CodeValue::Plain(ConstValue::Text(text));
                CodeValue::Method(Box::new(text), name.to_owned())
            }
            CodeValue::Plain(value @ (ConstValue::Unknown(_) | ConstValue::Fallback(_)))
                if self
                    .project
                    .conventions
                    .meaning(&format!("str.{name}"))
                    .is_some() =>
            {
                CodeValue::Method(Box::new(CodeValue::Plain(value)), name.to_owned())
            }
            _ => {
                let text = self.code().text(id).to_owned();
                let known = self.state().places.get(&text).cloned();
                known.unwrap_or_else(|| self.unknown_at(id))
            }
        }
    }

    fn object_member(&mut self, id: ObjectId, name: &str, at: ExpressionId) -> CodeValue {
        let Some(object) = self.object(id) else {
            return self.unknown_at(at);
        };
        let field = object.fields.get(name).cloned();
        match object.kind.clone() {
            CodeObjectKind::Library { library, name: ty } => {
                if self.project.index.is_itself(library.id(), ty, name) {
                    return CodeValue::Object(id);
                }
                CodeValue::Method(Box::new(CodeValue::Object(id)), name.to_owned())
            }
            CodeObjectKind::Record => {
                CodeValue::Method(Box::new(CodeValue::Object(id)), name.to_owned())
            }
            CodeObjectKind::Instance(file, class) => match field {
                Some(field) if field.conditional => self.unknown_at(at),
                Some(field) => field.value,
                None => {
                    let found = self.class_member((file, class), name, 0);
                    match found {
                        Some(CodeValue::Function(file, function, _)) => {
                            let method = CodeValue::Function(file, function, Some(id));
                            self.property(method, (file, function))
                        }
                        Some(value) => value,
                        None => self.unknown_at(at),
                    }
                }
            },
        }
    }

    /// A method that is read like a field gives what it returns.
    fn property(
        &mut self,
        method: CodeValue,
        (file, function): (FileAt, super::form::FunctionId),
    ) -> CodeValue {
        match self.project.file(file).function(function).is_field {
            true => self.enter(&method, Vec::new()),
            false => method,
        }
    }

    /// A name of a class: of its own body, else of the classes that it is built on.
    pub(super) fn class_member(
        &mut self,
        (file, class): (FileAt, ClassId),
        name: &str,
        above: usize,
    ) -> Option<CodeValue> {
        let form = self.project.file(file).class(class);
        if let Some(function) = form.methods.get(name) {
            return Some(CodeValue::Function(file, *function, None));
        }
        if let Some(value) = self.class_field((file, class), name) {
            return Some(value);
        }
        if above >= MAX_BASES {
            return None;
        }
        let bases = form.bases.iter();
        let bases: Vec<CodeValue> = bases.map(|base| self.elsewhere(file, *base)).collect();
        bases.into_iter().find_map(|base| match base {
            CodeValue::Class(file, class) => self.class_member((file, class), name, above + 1),
            _ => None,
        })
    }

    /// A field that the body of a class gives a value, filled from outside where the class says so.
    fn class_field(&mut self, (file, class): (FileAt, ClassId), name: &str) -> Option<CodeValue> {
        let form = self.project.file(file).class(class);
        let mut found = None;
        for statement in &form.body {
            match &statement.form {
                StatementForm::Declare {
                    name: own, value, ..
                } if own == name => found = Some(*value),
                StatementForm::Assign { targets, value, .. } => {
                    let code = self.project.file(file);
                    let named = |target: &ExpressionId| matches!(&code.expression(*target).form, CodeExpressionForm::Name(own) if own == name);
                    if targets.iter().any(named) {
                        found = Some(Some(*value));
                    }
                }
                _ => {}
            }
        }
        if found.is_none() {
            let code = self.project.file(file);
            found = code.find_last_assigned(&form.body, name).map(Some);
        }
        let written = found?;
        match self.settings_class((file, class), 0) {
            Some((row, prefix)) => Some(self.fill_field(file, (name, written), (row, prefix))),
            None => {
                let body = self.class_body((file, class));
                let own = body.and_then(|body| Some(body.get(name)?.value.clone()));
                match own {
                    Some(value) => Some(value),
                    None => Some(self.elsewhere(file, written?)),
                }
            }
        }
    }

    /// The row of a class whose fields the environment fills, and what is put before their names.
    pub(super) fn settings_class(
        &mut self,
        (file, class): (FileAt, ClassId),
        above: usize,
    ) -> Option<(&'m SettingsClass, String)> {
        if above >= MAX_BASES {
            return None;
        }
        let code = self.project.file(file);
        let form = code.class(class);
        let bases = form.bases.iter();
        let bases: Vec<CodeValue> = bases.map(|base| self.elsewhere(file, *base)).collect();
        let rows = &self.project.conventions.settings_class;
        let (row, inherited) = bases.into_iter().find_map(|base| match base {
            CodeValue::Path(path) => {
                let row = rows.iter().find(|row| row.bases.contains(&path))?;
                Some((row, String::new()))
            }
            CodeValue::Class(file, class) => self.settings_class((file, class), above + 1),
            _ => None,
        })?;
        let own = prefix_in(code, class, &row.prefix);
        Some((row, own.unwrap_or(inherited)))
    }

    fn fill_field(
        &mut self,
        file: FileAt,
        (name, written): (&str, Option<ExpressionId>),
        (row, prefix): (&SettingsClass, String),
    ) -> CodeValue {
        let code = self.project.file(file);
        let mut variable = format!("{prefix}{name}").to_uppercase();
        let mut default = written;
        if let Some(id) = written
            && let CodeExpressionForm::Call(call) = &code.expression(id).form
        {
            let callee = self.elsewhere(file, call.callee);
            let describes =
                matches!(&callee, CodeValue::Path(path) if row.describes.contains(path));
            if describes {
                default = None;
                for argument in &call.arguments {
                    match &argument.name {
                        super::form::ArgumentName::Position => default = Some(argument.value),
                        super::form::ArgumentName::Keyword(key) if key == "default" => {
                            default = Some(argument.value);
                        }
                        super::form::ArgumentName::Keyword(key) if row.names.contains(key) => {
                            match self.elsewhere(file, argument.value).text() {
                                Some(text) => text.clone_into(&mut variable),
                                None => {
                                    return CodeValue::unknown(Cause::Expression(name.to_owned()));
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        let source = Cause::EnvironmentVariable(variable.clone());
        let default = default.map(|id| self.elsewhere(file, id));
        match default {
            Some(CodeValue::Plain(value)) => {
                CodeValue::Plain(fold::with_fallback(source, Some(variable), value))
            }
            _ => CodeValue::unknown(source),
        }
    }

    /// The value of an expression at the top of a file, wherever it is asked for: its own function's
    /// variables are not known.
    pub(super) fn elsewhere(&mut self, file: FileAt, id: ExpressionId) -> CodeValue {
        let mut frame = self.new_frame(file, None);
        frame.records = false;
        let evaluated = self.value_in_frame(frame, |run| {
            let value = run.value(id);
            run.resolve_path(value)
        });
        let Some((value, state)) = evaluated else {
            return self.unknown_at(id);
        };
        // Nobody else holds what was made for this answer.
        for (id, object) in state.heap {
            self.left_behind.entry(id).or_insert(object);
        }
        value
    }

    /// Evaluates something where only what a frame knows is known; what is known there then.
    pub(super) fn value_in_frame(
        &mut self,
        frame: CodeFrame<'m>,
        evaluate: impl FnOnce(&mut Self) -> CodeValue,
    ) -> Option<(CodeValue, CodeState<'m>)> {
        self.frames.push(frame);
        let value = self.scoped(evaluate);
        let frame = self.frames.pop()?;
        Some((value, frame.state))
    }

    fn item(&mut self, base: ExpressionId, key: ExpressionId, id: ExpressionId) -> CodeValue {
        let value = self.value(base);
        let value = self.resolve_path(value);
        let key = self.value(key);
        match (&value, &key) {
            (CodeValue::Items(items), CodeValue::Plain(ConstValue::Int(at))) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let at = if *at < 0 {
                    at.saturating_add(length)
                } else {
                    *at
                };
                let item = usize::try_from(at).ok().and_then(|at| items.get(at));
                item.cloned().unwrap_or_else(|| self.unknown_at(id))
            }
            (CodeValue::Object(object), CodeValue::Plain(ConstValue::Text(name))) => {
                let found = self.object(*object);
                let field = found.and_then(|object| object.fields.get(name));
                match field {
                    Some(field) if !field.conditional => field.value.clone(),
                    _ => self.unknown_at(id),
                }
            }
            (CodeValue::Path(path), CodeValue::Plain(ConstValue::Text(name)))
                if self.project.conventions.is_environment(path) =>
            {
                CodeValue::Plain(fold::from_environment(name))
            }
            _ => {
                let text = self.code().text(id).to_owned();
                if let Some(known) = self.state().places.get(&text) {
                    return known.clone();
                }
                let name = key.text().map(str::to_owned);
                let setting = name.and_then(|name| self.member_setting(base, &name));
                setting.unwrap_or_else(|| self.unknown_at(id))
            }
        }
    }

    fn record(
        &mut self,
        entries: &[(Option<ExpressionId>, ExpressionId)],
        id: ExpressionId,
    ) -> CodeValue {
        let mut fields = BTreeMap::new();
        let mut rest_unknown = None;
        for (key, at) in entries {
            let value = self.value(*at);
            match key {
                Some(key) => {
                    let name = match self.value(*key) {
                        CodeValue::Plain(ConstValue::Text(name)) => name,
                        // What is called by a figure is no option.
                        CodeValue::Plain(
                            ConstValue::Int(_) | ConstValue::Bool(_) | ConstValue::Nil,
                        ) => continue,
                        unknown => {
                            rest_unknown = Some(match unknown {
                                CodeValue::Plain(ConstValue::Unknown(cause)) => cause,
                                _ => self.cause_at(*key),
                            });
                            unknown_name(self.code().text(*key))
                        }
                    };
                    let field = CodeField {
                        value,
                        at: self.place(*at),
                        conditional: false,
                    };
                    fields.insert(name, field);
                }
                None => {
                    let lost = self.spread(&value, *at, &mut fields);
                    rest_unknown = rest_unknown.or(lost);
                }
            }
        }
        let object = CodeObject {
            kind: CodeObjectKind::Record,
            fields,
            rest_unknown,
            at: self.place(id),
        };
        CodeValue::Object(self.allocate(object))
    }

    /// The entries of a mapping that is spread into another one, and why they are not all known.
    pub(super) fn spread(
        &mut self,
        value: &CodeValue,
        at: ExpressionId,
        fields: &mut BTreeMap<String, CodeField>,
    ) -> Option<Cause> {
        let object = value.object().and_then(|id| self.object(id));
        match (object, value) {
            (Some(object), _) if matches!(object.kind, CodeObjectKind::Record) => {
                let lost = object.rest_unknown.clone();
                let entries = object.fields.clone();
                fields.extend(entries);
                lost
            }
            (None, CodeValue::Plain(ConstValue::Unknown(cause))) => Some(cause.clone()),
            (None, CodeValue::Plain(ConstValue::Nil)) => None,
            _ => Some(self.cause_at(at)),
        }
    }

    fn text(&mut self, parts: &[ExpressionId]) -> CodeValue {
        CodeValue::Plain(text::join_parts(parts.iter().map(
            |part| match self.value(*part) {
                CodeValue::Plain(value) => value,
                _ => ConstValue::Unknown(self.cause_at(*part)),
            },
        )))
    }

    fn binary(
        &mut self,
        operator: &str,
        left: CodeValue,
        right: CodeValue,
        id: ExpressionId,
    ) -> CodeValue {
        match (left, right) {
            (CodeValue::Plain(left), CodeValue::Plain(right)) => {
                // Division of whole numbers gives a fraction where it is not the whole kind.
                let value = match (operator, &left, &right) {
                    ("//", ConstValue::Int(a), ConstValue::Int(b)) if *a >= 0 && *b > 0 => {
                        ConstValue::Int(a / b)
                    }
                    ("/", ConstValue::Int(a), ConstValue::Int(b)) if *b != 0 => {
                        ConstValue::Float(*a as f64 / *b as f64)
                    }
                    ("**", ConstValue::Int(a), ConstValue::Int(b)) => u32::try_from(*b)
                        .ok()
                        .and_then(|b| a.checked_pow(b))
                        .map_or_else(|| fold::from_code(self.code().text(id)), ConstValue::Int),
                    // The sign of a remainder is not the same in all languages.
                    ("%", ConstValue::Int(a), ConstValue::Int(b)) if *a < 0 || *b < 0 => {
                        fold::from_code(self.code().text(id))
                    }
                    ("%", ConstValue::Text(format), _) => {
                        let parts = text::fill_placeholders(format, std::slice::from_ref(&right));
                        parts
                            .map_or_else(|| fold::from_code(self.code().text(id)), text::join_parts)
                    }
                    ("+", _, _) => text::concatenate(left, right),
                    _ => fold::binary(operator, left, right),
                };
                CodeValue::Plain(value)
            }
            (CodeValue::Plain(ConstValue::Text(format)), CodeValue::Items(items))
                if operator == "%" =>
            {
                let values: Option<Vec<ConstValue>> = items.into_iter().map(plain).collect();
                let parts = values.and_then(|values| text::fill_placeholders(&format, &values));
                parts.map_or_else(
                    || self.unknown_at(id),
                    |p| CodeValue::Plain(text::join_parts(p)),
                )
            }
            (CodeValue::Items(left), CodeValue::Items(right)) if operator == "+" => {
                CodeValue::list(left.into_iter().chain(right))
            }
            (CodeValue::Object(left), right) if operator == "|" => {
                let mut fields = BTreeMap::new();
                let first = self.spread(&CodeValue::Object(left), id, &mut fields);
                let second = self.spread(&right, id, &mut fields);
                let object = CodeObject {
                    kind: CodeObjectKind::Record,
                    fields,
                    rest_unknown: first.or(second),
                    at: self.place(id),
                };
                CodeValue::Object(self.allocate(object))
            }
            _ => self.unknown_at(id),
        }
    }

    fn test(&mut self, operands: &[ExpressionId], operator: &str, id: ExpressionId) -> CodeValue {
        let values: Vec<CodeValue> = operands.iter().map(|o| self.value(*o)).collect();
        let known =
            |value: &ConstValue| !matches!(value, ConstValue::Unknown(_) | ConstValue::Fallback(_));
        match (&values[..], operator) {
            ([CodeValue::Plain(left), CodeValue::Plain(right)], "==" | "!=")
                if known(left) && known(right) =>
            {
                CodeValue::Plain(ConstValue::Bool((left == right) == (operator == "==")))
            }
            _ => self.unknown_at(id),
        }
    }

    /// What a function of the language makes of its arguments.
    pub(super) fn computed(
        &self,
        meaning: FunctionMeaning,
        arguments: &[CodeValue],
        id: ExpressionId,
    ) -> CodeValue {
        let Some(CodeValue::Plain(value)) = arguments.first() else {
            return match (meaning, arguments.first()) {
                (FunctionMeaning::Same | FunctionMeaning::List, Some(value)) => value.clone(),
                (FunctionMeaning::List, None) => CodeValue::Items(Vec::new()),
                _ => self.unknown_at(id),
            };
        };
        CodeValue::Plain(converted(meaning, value.clone()))
    }
}

/// What an entry is called whose key is not known: no option has a blank in its name.
fn unknown_name(key: &str) -> String {
    format!(" {key}")
}

/// `first or second`, where it is not known whether there is a first.
fn otherwise(first: CodeValue, second: CodeValue) -> CodeValue {
    let variable = first.variable().map(str::to_owned);
    match (first, second) {
        (CodeValue::Plain(ConstValue::Unknown(cause)), CodeValue::Plain(second)) => {
            match second {
                // The second is asked only where the first is not there; either may give it.
                ConstValue::Unknown(_) | ConstValue::Fallback(_) | ConstValue::Nil => {
                    CodeValue::Plain(text::choose_given(cause, &second))
                }
                second => CodeValue::Plain(fold::with_fallback(cause, variable, second)),
            }
        }
        (CodeValue::Plain(ConstValue::Fallback(fallback)), _) => {
            CodeValue::Plain(ConstValue::Fallback(fallback))
        }
        (first, _) => match first {
            CodeValue::Plain(value) => CodeValue::Plain(value),
            _ => CodeValue::unknown(Cause::Branches),
        },
    }
}

fn plain(value: CodeValue) -> Option<ConstValue> {
    match value {
        CodeValue::Plain(value) => Some(value),
        _ => None,
    }
}

fn converted(meaning: FunctionMeaning, value: ConstValue) -> ConstValue {
    use FunctionMeaning as Meaning;
    match (meaning, value) {
        (_, ConstValue::Unknown(cause)) => ConstValue::Unknown(cause),
        (_, ConstValue::Fallback(fallback)) => {
            let value = converted(meaning, fallback.value);
            fold::with_fallback(fallback.source, fallback.variable, value)
        }
        (Meaning::Same, value) => value,
        (Meaning::Int, ConstValue::Int(n)) => ConstValue::Int(n),
        (Meaning::Int, ConstValue::Float(n)) if n.abs() < 9.0e18 => ConstValue::Int(n as i64),
        (Meaning::Int, ConstValue::Text(text)) => match text.trim().parse() {
            Ok(n) => ConstValue::Int(n),
            Err(_) => fold::unknown("a text that is no number"),
        },
        (Meaning::Float, ConstValue::Int(n)) => ConstValue::Float(n as f64),
        (Meaning::Float, ConstValue::Float(n)) => ConstValue::Float(n),
        (Meaning::Float, ConstValue::Text(text)) => match text.trim().parse() {
            Ok(n) => ConstValue::Float(n),
            Err(_) => fold::unknown("a text that is no number"),
        },
        (Meaning::Text, value @ (ConstValue::Text(_) | ConstValue::Int(_))) => {
            text::write_out(value)
        }
        (Meaning::Bool, value) => match CodeValue::Plain(value).truth() {
            Some(truth) => ConstValue::Bool(truth),
            None => fold::unknown("a value that is not followed"),
        },
        (Meaning::Lower, ConstValue::Text(text)) => ConstValue::Text(text.to_lowercase()),
        (Meaning::Upper, ConstValue::Text(text)) => ConstValue::Text(text.to_uppercase()),
        (Meaning::Strip, ConstValue::Text(text)) => ConstValue::Text(text.trim().to_owned()),
        _ => fold::unknown("a value that is not followed"),
    }
}

fn constant(value: &toml::Value) -> ConstValue {
    match value {
        toml::Value::Boolean(value) => ConstValue::Bool(*value),
        toml::Value::Integer(value) => ConstValue::Int(*value),
        toml::Value::String(text) => ConstValue::Text(text.clone()),
        _ => fold::unknown("a value that is not followed"),
    }
}

/// What a class writes under the word for a prefix, anywhere in its body.
fn prefix_in(code: &super::form::CodeFile, class: ClassId, word: &str) -> Option<String> {
    let text_of = |id: ExpressionId| match &code.expression(id).form {
        CodeExpressionForm::Constant(ConstValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let form = code.class(class);
    form.body
        .iter()
        .find_map(|statement| match &statement.form {
            StatementForm::Assign { value, .. } => match &code.expression(*value).form {
                CodeExpressionForm::Call(call) => call.arguments.iter().find_map(|argument| {
                    let named =
                        argument.name == super::form::ArgumentName::Keyword(word.to_owned());
                    named.then(|| text_of(argument.value)).flatten()
                }),
                _ => None,
            },
            StatementForm::Class(inner) => {
                let inner = code.class(*inner);
                inner
                    .body
                    .iter()
                    .find_map(|statement| match &statement.form {
                        StatementForm::Assign { targets, value, .. } => {
                            let named = targets.iter().any(|target| code.text(*target) == word);
                            named.then(|| text_of(*value)).flatten()
                        }
                        _ => None,
                    })
            }
            _ => None,
        })
}
