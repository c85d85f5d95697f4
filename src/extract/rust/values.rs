//! Rust's expressions to values: names, literals, operators, closures and what patterns bind. Calls are
//! left to `calls` and `methods`, options to `objects`, what a call of a library does to `library`.
//!
//! Values move or are copied in Rust, so that a mention of a variable that holds one is a copy; only a
//! reference shares it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::extract::code::fold;
use crate::extract::code::form::{
    BindingForm, CalledForm, CodeExpressionForm, CodeFile, ExpressionId, FunctionForm, FunctionId,
    TypeForm,
};
use crate::extract::code::interpreter::{CodeInterpreter, OwnValues};
use crate::extract::code::options::{ImportedLibrary, ObjectId};
use crate::extract::code::package::OwnFrame;
use crate::extract::code::value::{CodeValue, DeclaredType, FileAt};
use crate::extract::rust::package::{ItemKind, NameMeaning, RustItem, RustPackageItems, RustPlace};
use crate::extract::rust::words::path_at;
use crate::extract::rust::{standard, words};
use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, RawClient};
use crate::knowledge::clients::rust::RustIndex;
use crate::source::Span;

pub(super) type RustRun<'p, 'm> = CodeInterpreter<'p, 'm>;

/// What is found beside the clients of the functions that are read.
#[derive(Default)]
pub(super) struct RustFindings {
    /// Pools that a function builds for its caller, who alone says what they hold.
    pub(super) for_callers: Vec<RawClient>,
    /// Calls that take a connection in asynchronous code and block, by library.
    pub(super) blocking: Vec<(String, (Span, bool))>,
}

/// What Rust's expressions mean in one package.
pub(super) struct RustValues<'p, 'm> {
    pub(super) declared: &'p RustPackageItems<'p>,
    pub(super) index: &'p RustIndex<'m>,
    /// Stands for the libraries: which of them a type belongs to the index says.
    pub(super) library: Rc<ImportedLibrary<'m>>,
    pub(super) found: RefCell<RustFindings>,
}

impl<'p, 'm> OwnValues<'p, 'm> for RustValues<'p, 'm> {
    fn value(&self, run: &mut RustRun<'p, 'm>, id: ExpressionId) -> CodeValue {
        let code = run.code();
        match &code.expression(id).form {
            CodeExpressionForm::Constant(value) => CodeValue::Plain(value.clone()),
            CodeExpressionForm::Name(name) => match run.state().variables.get(name) {
                Some(value) => value.clone(),
                None if name == "None" => CodeValue::Plain(ConstValue::Nil),
                None => self.path_value(run, std::slice::from_ref(name), id),
            },
            CodeExpressionForm::Member(base, name) => match path_at(code, id) {
                Some(path) => self.path_value(run, &path, id),
                None => {
                    let value = run.value(*base);
                    self.field_of(run, &value, name, run.quote(id))
                }
            },
            CodeExpressionForm::Call(call) => self.call(run, id, call),
            CodeExpressionForm::Record(entries) => self.literal(run, id, entries),
            CodeExpressionForm::List(items) if code.text(id).starts_with('[') => {
                self.array(run, items)
            }
            CodeExpressionForm::List(items) => {
                let items = items.iter().map(|item| self.moved(run, *item));
                CodeValue::Several(items.collect())
            }
            CodeExpressionForm::Binary(operator, left, right) => {
                match (run.value(*left), run.value(*right)) {
                    (CodeValue::Plain(left), CodeValue::Plain(right)) => {
                        match fold::binary(operator, left, right) {
                            ConstValue::Unknown(_) => run.unknown_code(id),
                            known => CodeValue::Plain(known),
                        }
                    }
                    _ => run.unknown_code(id),
                }
            }
            CodeExpressionForm::Unary("&", inner) => match run.value(*inner) {
                CodeValue::Options(id) => CodeValue::Reference(id),
                value => value,
            },
            CodeExpressionForm::Unary(operator, inner) => {
                let value = run.value(*inner);
                unary(operator, value).unwrap_or_else(|| run.unknown_code(id))
            }
            CodeExpressionForm::Through(inner) | CodeExpressionForm::Otherwise(inner, _) => {
                match code.called.get(&id) {
                    Some(called) => self.handed_on(run, id, *inner, called),
                    None => run.value(*inner),
                }
            }
            CodeExpressionForm::Closure(function) => self.closure(run, *function),
            CodeExpressionForm::Opaque(parts) => match code.called.get(&id) {
                Some(called) => self.macro_call(run, id, &called.name, parts),
                None if parts.is_empty() => {
                    let given = run.take_given(id);
                    given.unwrap_or_else(|| run.unknown_code(id))
                }
                None => self.look_through(run, id, parts),
            },
            form => self.look_through(run, id, &form.parts()),
        }
    }

    fn assign(
        &self,
        run: &mut RustRun<'p, 'm>,
        target: ExpressionId,
        value: ExpressionId,
        declares: bool,
    ) {
        let code = run.code();
        let bound = code.patterns.get(&target).filter(|_| declares);
        let Some(bound) = bound else {
            return self.assign_again(run, target, value);
        };
        let value = self.expecting(run, bound.ty.as_ref(), |run| self.moved(run, value));
        let value = match &bound.ty {
            Some(ty) => self.apply_type(run, value, ty),
            None => value,
        };
        self.bind(run, &bound.pattern, value);
    }

    fn declare(
        &self,
        run: &mut RustRun<'p, 'm>,
        name: &str,
        _: Option<&TypeForm>,
        value: Option<ExpressionId>,
    ) {
        let name = name.trim_start_matches("mut ");
        if let (None, Some(value)) = (run.frame().function, value) {
            let start = run.code().expression(value).range.start;
            let module = self.declared.module_at(run.here(), start);
            let own = &mut run.frame_mut().typed.own;
            own.declares = Some(name.to_owned());
            own.module = module;
        }
        let given = match value {
            Some(value) => self.moved(run, value),
            None => CodeValue::of_kind("a later assignment"),
        };
        run.declare(name, given);
    }

    fn enter_arm(&self, run: &mut RustRun<'p, 'm>, condition: ExpressionId) {
        let Some(bound) = run.code().patterns.get(&condition) else {
            return;
        };
        let matched = bound.of.and_then(|of| run.matched_value(of));
        let matched = matched.unwrap_or_else(|| CodeValue::of_kind("a match"));
        self.bind(run, &bound.pattern, matched);
        if let Some(guard) = bound.guard {
            run.value(guard);
        }
    }

    fn bind_parameters(
        &self,
        run: &mut RustRun<'p, 'm>,
        function: FunctionId,
        values: Vec<CodeValue>,
    ) {
        let form = run.code().function(function);
        let mut values = values.into_iter();
        if form.receiver_name.is_some() {
            let given = values.next();
            let given = match form.receiver_type {
                Some(_) => given.map(changeable),
                None => given,
            };
            let own = given.or_else(|| self.receiver(run).map(|item| own_value(&item)));
            let unknown = || CodeValue::Plain(fold::from_code("self"));
            run.declare("self", own.unwrap_or_else(unknown));
        }
        if let Some((_, result)) = form.results.first() {
            run.frame_mut().typed.own.expected.push(result.clone());
        }
        for parameter in &form.parameters {
            let Some(pattern) = &parameter.pattern else {
                continue;
            };
            let value = match (values.next(), &parameter.ty) {
                (Some(value), Some(ty)) => self.apply_type(run, value, ty),
                (Some(value), None) => value,
                (None, Some(ty)) => {
                    let at = self.here(run);
                    self.of_type(run, (ty, at), words::quote_pattern(pattern))
                }
                (None, None) => CodeValue::unknown(words::quote_pattern(pattern)),
            };
            self.bind(run, pattern, value);
        }
    }

    fn frame(&self, file: FileAt, function: Option<FunctionId>) -> OwnFrame {
        let code = self.declared.file(file);
        let form = function.map(|function| code.function(function));
        OwnFrame {
            module: match form {
                Some(form) => self.declared.module_at(file, form.range.start),
                None => self.declared.module_of_file(file),
            },
            receiver: form.and_then(|form| form.receiver.clone()),
            is_async: form.is_some_and(|form| is_async(code, form)),
            ..OwnFrame::default()
        }
    }
}

impl<'p, 'm> RustValues<'p, 'm> {
    /// The value of an expression that moves or copies it.
    pub(super) fn moved(&self, run: &mut RustRun<'p, 'm>, id: ExpressionId) -> CodeValue {
        let value = run.value(id);
        let code = run.code();
        let is_place = match &code.expression(id).form {
            CodeExpressionForm::Name(_) => true,
            CodeExpressionForm::Member(..) => path_at(code, id).is_none(),
            _ => false,
        };
        match value {
            CodeValue::Options(id) if is_place => {
                let copy = run.copy_object(id);
                CodeValue::Options(copy.unwrap_or(id))
            }
            value => value,
        }
    }

    pub(super) fn moved_all(
        &self,
        run: &mut RustRun<'p, 'm>,
        ids: &[ExpressionId],
    ) -> Vec<CodeValue> {
        ids.iter().map(|id| self.moved(run, *id)).collect()
    }

    /// Runs something whose value is declared with a type.
    fn expecting<T>(
        &self,
        run: &mut RustRun<'p, 'm>,
        ty: Option<&TypeForm>,
        evaluate: impl FnOnce(&mut RustRun<'p, 'm>) -> T,
    ) -> T {
        let depth = run.frame().typed.own.expected.len();
        run.frame_mut().typed.own.expected.extend(ty.cloned());
        let value = evaluate(run);
        run.frame_mut().typed.own.expected.truncate(depth);
        value
    }

    pub(super) fn here(&self, run: &RustRun<'p, 'm>) -> RustPlace {
        RustPlace {
            file: run.here().0,
            module: run.frame().typed.own.module,
        }
    }

    /// The type whose `impl` block is being read.
    pub(super) fn receiver(&self, run: &RustRun<'p, 'm>) -> Option<RustItem<'p>> {
        let name = run.frame().typed.own.receiver.clone()?;
        match self.declared.meaning(&[name], self.here(run).module)? {
            NameMeaning::Own(item, rest) if rest.is_empty() && item.kind == ItemKind::Type => {
                Some(item)
            }
            _ => None,
        }
    }

    /// What a path means here: imports of the body first.
    pub(super) fn meaning(
        &self,
        run: &RustRun<'p, 'm>,
        path: &[String],
    ) -> Option<NameMeaning<'p>> {
        let first = path.first()?;
        let module = self.here(run).module;
        let mut imports = run.frame().typed.own.imports.iter().rev();
        if let Some((_, target)) = imports.find(|(name, _)| name == first) {
            let whole = [target, &path[1..]].concat();
            if target.first() == Some(first) {
                return Some(NameMeaning::Other(whole));
            }
            return self.declared.meaning(&whole, module);
        }
        self.declared.meaning(path, module)
    }

    /// A constant of the package, or one of the standard library's.
    fn path_value(
        &self,
        run: &mut RustRun<'p, 'm>,
        path: &[String],
        id: ExpressionId,
    ) -> CodeValue {
        let own = run.frame().typed.own.receiver.clone();
        if let (Some(ty), [first, name]) = (own, path)
            && first == "Self"
            && let Some(item) = self.declared.member(&ty, name)
            && item.kind == ItemKind::Constant
        {
            return self.constant(run, &item, id);
        }
        match self.meaning(run, path) {
            Some(NameMeaning::Own(item, rest)) => match (item.kind, rest.as_slice()) {
                (ItemKind::Constant, []) => self.constant(run, &item, id),
                (ItemKind::Type | ItemKind::Alias, [name]) => {
                    let ty = self.declared.name_of(&item);
                    let member = ty.and_then(|ty| self.declared.member(ty, name));
                    match member.filter(|member| member.kind == ItemKind::Constant) {
                        Some(member) => self.constant(run, &member, id),
                        None => run.unknown_code(id),
                    }
                }
                _ => run.unknown_code(id),
            },
            Some(NameMeaning::Other(path)) => {
                let known = standard::constant(&path).map(CodeValue::Plain);
                known.unwrap_or_else(|| run.unknown_code(id))
            }
            None => run.unknown_code(id),
        }
    }

    /// The value of a constant, read where it is declared.
    fn constant(
        &self,
        run: &mut RustRun<'p, 'm>,
        item: &RustItem<'p>,
        id: ExpressionId,
    ) -> CodeValue {
        let value = self.declared.value_of(item).and_then(|place| {
            let own = OwnFrame {
                module: item.module,
                ..OwnFrame::default()
            };
            run.evaluate_at(place, std::iter::empty(), Some(own))
        });
        match value {
            None => run.unknown_code(id),
            Some(CodeValue::Plain(ConstValue::Unknown(reason))) if !reason.is_environment() => {
                run.unknown_code(id)
            }
            Some(CodeValue::Reference(id)) => CodeValue::Options(id),
            Some(value) => value,
        }
    }

    fn array(&self, run: &mut RustRun<'p, 'm>, items: &[ExpressionId]) -> CodeValue {
        let items = items.iter().map(|item| {
            let value = run.value(*item);
            run.escape(value.clone(), &Cause::Expression("a list".to_owned()));
            fold_value(value, run.quote(*item)).0
        });
        CodeValue::Plain(ConstValue::List(items.collect()))
    }

    /// Code that is not understood: a client may be built anywhere in it.
    fn look_through(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        parts: &[ExpressionId],
    ) -> CodeValue {
        for part in parts {
            let value = run.value(*part);
            run.escape(value, &Cause::Expression("an expression".to_owned()));
        }
        run.unknown_code(id)
    }

    /// A method or a function that hands on what it is given, or a cast.
    fn handed_on(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        inner: ExpressionId,
        called: &'p CalledForm,
    ) -> CodeValue {
        let code = run.code();
        if let ("as", Some(ty)) = (called.name.as_str(), &called.ty) {
            let cast = match run.value(inner) {
                CodeValue::Plain(folded) => {
                    standard::cast(folded, &ty.written().unwrap_or_default())
                }
                _ => None,
            };
            return cast.map_or_else(|| run.unknown_code(id), CodeValue::Plain);
        }
        let is_method = code.expression(inner).range.start == code.expression(id).range.start;
        match is_method {
            true => self.method(run, id, (inner, &called.name), &called.given),
            false => {
                let path: Vec<String> = called.name.split("::").map(str::to_owned).collect();
                self.path_call(run, id, (&path, None), &[inner])
            }
        }
    }

    /// Macros are not read; a few of the standard library's are known to end the function.
    fn macro_call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        name: &str,
        mentioned: &[ExpressionId],
    ) -> CodeValue {
        let code = run.code();
        let name = name.trim_end_matches('!');
        if standard::never_returns(name) {
            run.state().dead = true;
        }
        // It may do anything to what it is given by reference; a value that it only prints stays.
        let text = code.text(id);
        if text.contains("&mut") || text.contains('=') {
            for part in mentioned {
                let CodeExpressionForm::Name(name) = &code.expression(*part).form else {
                    continue;
                };
                let held = run.state().variables.get(name).and_then(object_of);
                if let Some(object) = held {
                    let to = Cause::Expression("a macro".to_owned());
                    run.escape(CodeValue::Reference(object), &to);
                }
            }
        }
        if let Some(key) = standard::environment_macro(name, text) {
            return CodeValue::Plain(fold::from_environment(&key));
        }
        let variables = &run.state().variables;
        let value_of = |name: &str| match variables.get(name)? {
            CodeValue::Plain(value) => Some(value.clone()),
            _ => None,
        };
        match standard::format_macro(name, text, value_of) {
            Some(whole) => CodeValue::Plain(whole),
            None => run.unknown_code(id),
        }
    }

    /// A closure or a block that runs later, or not at all: its body is read where it stands.
    fn closure(&self, run: &mut RustRun<'p, 'm>, id: FunctionId) -> CodeValue {
        let code = run.code();
        let form = code.function(id);
        let text = code.excerpt.text().get(form.range.clone()).unwrap_or("");
        let is_block = text.strip_prefix("async").is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.strip_prefix("move")
                .unwrap_or(rest)
                .trim_start()
                .starts_with('{')
        });
        let closure = CodeValue::Function(run.here(), id, None);
        let size = run.state().size();
        if !run.step(size) {
            return closure;
        }
        let before = run.state().clone();
        let returned = std::mem::take(&mut run.frame_mut().returned);
        run.frame_mut().typed.literals.push(id);
        let frame = run.frame().typed.own.clone();
        let own = &mut run.frame_mut().typed.own;
        own.is_async = is_async(code, form);
        own.may_be_async = !own.is_async && (frame.is_async || frame.may_be_async);
        run.scoped(|run| {
            self.bind_parameters(run, id, Vec::new());
            run.block(&form.body);
        });
        run.frame_mut().typed.literals.pop();
        run.frame_mut().typed.own = frame;
        let returned = std::mem::replace(&mut run.frame_mut().returned, returned);
        let mut end = std::mem::take(run.state());
        let variables = match end.dead {
            true => before.variables.clone(),
            false => std::mem::take(&mut end.variables),
        };
        run.state().variables = variables;
        let value = run.merge_ends(end, returned);
        run.state().dead = false;
        let after = std::mem::take(run.state());
        *run.state() = run.join_states(after, before);
        match is_block {
            true => value,
            false => closure,
        }
    }

    /// What a closure gives when it is called with these values.
    pub(super) fn run_closure(
        &self,
        run: &mut RustRun<'p, 'm>,
        closure: &CodeValue,
        values: Vec<CodeValue>,
    ) -> Option<CodeValue> {
        match closure {
            CodeValue::Function(file, id, None) => run.run_closure((*file, *id), values),
            _ => None,
        }
    }

    /// A field of a value, by what is written or by its type; `from` is what the code calls it.
    pub(super) fn field_of(
        &self,
        run: &mut RustRun<'p, 'm>,
        value: &CodeValue,
        name: &str,
        from: Cause,
    ) -> CodeValue {
        match value {
            CodeValue::Options(object) | CodeValue::Reference(object) => {
                self.read_field(run, *object, name, from)
            }
            CodeValue::Several(items) => {
                let item = name.parse().ok().and_then(|at: usize| items.get(at));
                item.cloned().unwrap_or_else(|| CodeValue::unknown(from))
            }
            CodeValue::Own(_, Some(fields)) if fields.contains_key(name) => fields[name].clone(),
            CodeValue::Own(ty, _) => {
                let item = self.declared.types[ty.0];
                if let Some(value) = self.find_filling(run, &item, name, &from) {
                    return value;
                }
                match self.declared.field_type(&item, name) {
                    Some(ty) => self.of_type(run, (&ty, item.place()), from),
                    None => CodeValue::unknown(from),
                }
            }
            CodeValue::Wrapped(inner) => self.field_of(run, inner, name, from),
            _ => CodeValue::unknown(from),
        }
    }

    fn assign_again(&self, run: &mut RustRun<'p, 'm>, target: ExpressionId, given: ExpressionId) {
        let code = run.code();
        let mut value = self.moved(run, given);
        let mut written = given;
        // `target += value`
        if let CodeExpressionForm::Binary(_, left, right) = &code.expression(given).form
            && *left == target
        {
            written = *right;
            if matches!(value, CodeValue::Plain(ConstValue::Unknown(_))) {
                value = run.unknown_code(target);
            }
        }
        match &code.expression(target).form {
            // What is assigned to once may be again.
            CodeExpressionForm::Name(name) => set(run, name, changeable(value)),
            CodeExpressionForm::Member(base, field) if path_at(code, target).is_none() => {
                let place = run.value(*base);
                if let Some(id) = object_of(&place) {
                    self.write_field(run, id, field, value, written);
                }
            }
            CodeExpressionForm::Unary("*", _) => {
                let place = run.value(target);
                if let Some(id) = object_of(&place) {
                    self.replace_object(run, id, &value);
                }
            }
            CodeExpressionForm::List(targets) => {
                for target in targets {
                    if let CodeExpressionForm::Name(name) = &code.expression(*target).form {
                        set(run, name, CodeValue::Plain(fold::from_code(name)));
                    }
                }
            }
            _ => drop(run.value(target)),
        }
    }

    /// Gives the names in a pattern what the value says of them.
    fn bind(&self, run: &mut RustRun<'p, 'm>, pattern: &BindingForm, value: CodeValue) {
        match pattern {
            // `None`, or a constant.
            BindingForm::Name(name) if name.starts_with(char::is_uppercase) => {}
            BindingForm::Name(name) => run.declare(name, value),
            BindingForm::Changeable(inner) => self.bind(run, inner, changeable(value)),
            BindingForm::Tuple(patterns) => match value {
                CodeValue::Several(items) if items.len() == patterns.len() => {
                    for (pattern, item) in patterns.iter().zip(items) {
                        self.bind(run, pattern, item);
                    }
                }
                _ => bind_unknown(run, pattern),
            },
            BindingForm::Variant(path, patterns) => {
                self.bind_variant(run, (path, patterns), value);
            }
            BindingForm::Struct(fields) => {
                for (name, pattern) in fields {
                    let value = self.field_of(run, &value, name, Cause::Expression(name.clone()));
                    self.bind(run, pattern, value);
                }
            }
            BindingForm::Same(patterns) => {
                for pattern in patterns {
                    self.bind(run, pattern, value.clone());
                }
            }
            BindingForm::Names(_) => bind_unknown(run, pattern),
        }
    }

    /// `Some(x)`, `Ok(x)`, `State(x)`, or a variant of an enum of the package.
    fn bind_variant(
        &self,
        run: &mut RustRun<'p, 'm>,
        (path, patterns): (&str, &[BindingForm]),
        value: CodeValue,
    ) {
        if let Some((types, at)) = self.variant_types(run, path) {
            for (pattern, ty) in patterns.iter().zip(types) {
                let value = self.of_type(run, (&ty, at), words::quote_pattern(pattern));
                self.bind(run, pattern, value);
            }
            return;
        }
        match (patterns, value) {
            ([inner], CodeValue::Wrapped(value)) => self.bind(run, inner, *value),
            // `Err(e)` binds something else than the value that was computed.
            ([inner], value) if !path.ends_with("Err") => self.bind(run, inner, value),
            _ => patterns
                .iter()
                .for_each(|pattern| bind_unknown(run, pattern)),
        }
    }
}

/// The names in a pattern whose parts are not followed.
fn bind_unknown(run: &mut RustRun<'_, '_>, pattern: &BindingForm) {
    match pattern {
        BindingForm::Name(name) => run.declare(name, CodeValue::Plain(fold::from_code(name))),
        BindingForm::Names(names) => {
            for name in names {
                run.declare(name, CodeValue::Plain(fold::from_code(name)));
            }
        }
        BindingForm::Changeable(inner) => bind_unknown(run, inner),
        BindingForm::Tuple(all) | BindingForm::Variant(_, all) | BindingForm::Same(all) => {
            all.iter().for_each(|inner| bind_unknown(run, inner));
        }
        BindingForm::Struct(fields) => {
            let inner = fields.iter().map(|(_, inner)| inner);
            inner.for_each(|inner| bind_unknown(run, inner));
        }
    }
}

/// Sets a variable that exists.
fn set(run: &mut RustRun<'_, '_>, name: &str, value: CodeValue) {
    if let Some(held) = run.state().variables.get_mut(name) {
        *held = value;
    }
}

fn unary(operator: &str, value: CodeValue) -> Option<CodeValue> {
    match (operator, value) {
        ("*", CodeValue::Reference(id)) => Some(CodeValue::Options(id)),
        ("*", value) => Some(value),
        (_, value @ CodeValue::Plain(ConstValue::Unknown(_))) => Some(value),
        (
            "-" | "!",
            CodeValue::Plain(
                value @ (ConstValue::Int(_) | ConstValue::Float(_) | ConstValue::Bool(_)),
            ),
        ) => Some(CodeValue::Plain(fold::unary(operator, value))),
        _ => None,
    }
}

/// Whether a function, a closure or a block is `async`. A closure is, too, that gives such a block.
fn is_async(code: &CodeFile, form: &FunctionForm) -> bool {
    let text = code.excerpt.text().get(form.range.clone()).unwrap_or("");
    if !form.name.is_empty() {
        let before = text.split("fn ").next().unwrap_or("");
        return before.split_whitespace().any(|word| word == "async");
    }
    let behind = text.strip_prefix("move").unwrap_or(text).trim_start();
    let behind = behind
        .strip_prefix('|')
        .and_then(|rest| rest.split_once('|'));
    let body = behind.map_or(text, |(_, body)| body.trim_start());
    body.starts_with("async")
}

/// A value of a type of the package of which nothing more is known.
pub(super) fn own_value(item: &RustItem<'_>) -> CodeValue {
    CodeValue::Own(DeclaredType(item.number), None)
}

/// The options that a value is, or leads to.
pub(super) fn object_of(value: &CodeValue) -> Option<ObjectId> {
    match value {
        CodeValue::Options(id) | CodeValue::Reference(id) => Some(*id),
        CodeValue::Wrapped(inner) => object_of(inner),
        _ => None,
    }
}

/// A value that may be changed: what a literal gave it need not be so any more.
pub(super) fn changeable(value: CodeValue) -> CodeValue {
    match value {
        CodeValue::Own(ty, _) => CodeValue::Own(ty, None),
        CodeValue::Wrapped(inner) => CodeValue::Wrapped(Box::new(changeable(*inner))),
        CodeValue::Several(items) => {
            CodeValue::Several(items.into_iter().map(changeable).collect())
        }
        value => value,
    }
}

/// The value as far as it is a plain one, and whether it is wrapped in an `Option`.
pub(super) fn fold_value(value: CodeValue, otherwise: Cause) -> (ConstValue, bool) {
    match value {
        CodeValue::Plain(ConstValue::Nil) => (ConstValue::Nil, true),
        CodeValue::Plain(folded) => (folded, false),
        CodeValue::Wrapped(inner) => (fold_value(*inner, otherwise).0, true),
        CodeValue::Url(parts) => (parts.url(), false),
        _ => (ConstValue::Unknown(otherwise), false),
    }
}

/// Fields that a literal gave a value.
pub(super) type RustFields = BTreeMap<String, CodeValue>;
