//! The abstract interpreter: it runs the body of each file and each function once, with what is known
//! of their parameters, and keeps the clients that they build. Expressions are evaluated in `evaluate`,
//! calls in `calls`, clients are told in `clients`.
//!
//! Every run is bounded: in depth, so that nested code cannot overflow the stack, and in steps, so that
//! reading takes time in proportion to the code. What lies beyond a bound is unknown, never guessed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::form::{CallForm, CodeBlock, CodeExpressionForm, CodeFile, ExpressionId, FunctionId};
use super::form::{ClassId, ImportForm, ParameterTakes, StatementForm, TypeForm};
use super::options::{ObjectId, OptionsHeap};
use super::package::{OwnFrame, TypedFrame, TypedRun};
use super::precondition::Preconditions;
use super::project::{CodeProject, OutlinedProject};
use super::value::{CodeField, CodeObject, CodePlace, CodeState, CodeValue, FileAt};
use super::value::{CodeObjectKind, ObjectAliases, SettingValues};
use crate::facts::cause::Cause;
use crate::facts::raw::{BranchArm, ConstValue, RawClient, RawWait};
use crate::knowledge::clients::LibraryModel;
use crate::knowledge::clients::call::BuiltClient;
use crate::source::Span;

/// How deep expressions, statements and calls may lie in each other in one run: each level takes two
/// or three frames of the stack, and the threads that read have 2 MB.
pub(super) const MAX_DEPTH: usize = 120;
/// How many own functions may be entered in each other.
pub(super) const MAX_INLINED: usize = 6;
/// Steps of one run: statements, expressions, and what the copies for branches hold.
const STEPS: usize = 40_000;
/// More of them for each byte of a body: what branches copy grows with it.
const STEPS_PER_BYTE: usize = 8;

/// The names that a body leaves behind; the objects that they lead to are kept beside them.
pub(super) struct BodyResult {
    pub(super) variables: BTreeMap<String, CodeValue>,
}

/// One body that is being run.
pub(in crate::extract) struct CodeFrame<'m> {
    pub(in crate::extract) file: FileAt,
    pub(in crate::extract) function: Option<FunctionId>,
    pub(in crate::extract) state: CodeState<'m>,
    /// It is the body of the file: what it does not know the file does not know.
    pub(super) is_body: bool,
    /// Clients that are built here are told: each is in the run of its own body, not where that body
    /// is entered from another.
    pub(super) records: bool,
    pub(in crate::extract) returned: Vec<ReturnedValue<'m>>,
    /// Names that belong to the file.
    pub(super) outer: BTreeSet<String>,
    /// The arms of branches that lead to the statement, outermost first.
    pub(super) arms: Vec<BranchArm>,
    /// Expressions whose value is closed again where a body ends.
    pub(super) closed: BTreeSet<ExpressionId>,
    /// What the value of an expression is assigned to.
    pub(super) bound: Option<(ExpressionId, String)>,
    pub(in crate::extract) typed: TypedFrame,
}

/// What a function gives back, the options that there are then, and what control needs to come there.
pub(in crate::extract) struct ReturnedValue<'m> {
    pub(super) value: CodeValue,
    pub(super) options: OptionsHeap<'m>,
    pub(super) needs: Preconditions,
}

/// A call and its file.
pub(super) type CallSiteForm<'p> = (FileAt, &'p CallForm);

/// A client that is told once its options are complete.
pub(super) struct LateClient<'m> {
    pub(super) object: ObjectId,
    pub(super) library: &'m LibraryModel,
    pub(super) built: &'m BuiltClient,
    pub(super) raw: RawClient,
}

/// What the files of a project were found to hold.
#[derive(Default)]
pub(in crate::extract) struct FoundCode {
    pub(in crate::extract) clients: Vec<RawClient>,
    pub(in crate::extract) waits: Vec<RawWait>,
    pub(in crate::extract) secrets: Vec<Span>,
    /// Parts that were not followed, by their files.
    pub(in crate::extract) skipped: Vec<(FileAt, Range<usize>)>,
    /// What calls through clients say of the data: the expression that built the client, where that is
    /// known, the library, and the word.
    pub(super) uses: BTreeSet<(Option<CodePlace>, String, String)>,
    pub(super) sites: Vec<CodePlace>,
    /// Clients that settings stand for; a call may read the same settings.
    pub(super) of_settings: BTreeSet<CodePlace>,
    /// For each wait the expression that built its client, where that is known.
    pub(super) wait_sites: Vec<Option<CodePlace>>,
}

pub(in crate::extract) struct CodeInterpreter<'p, 'm> {
    pub(in crate::extract) project: &'p CodeProject<'m>,
    pub(in crate::extract) found: FoundCode,
    pub(in crate::extract) frames: Vec<CodeFrame<'m>>,
    pub(super) late: Vec<LateClient<'m>>,
    /// Bodies of files; nothing while one is being run.
    bodies: BTreeMap<FileAt, Option<Rc<BodyResult>>>,
    /// What the constructor of a class leaves on its instances.
    instances: BTreeMap<(FileAt, ClassId), Option<Rc<BodyResult>>>,
    /// Fields that the bodies of classes give a value; nothing while one is being run.
    pub(super) classes: BTreeMap<(FileAt, ClassId), Option<Rc<SettingValues>>>,
    pub(super) aliases: ObjectAliases,
    /// Objects that runs which are over have left behind; whoever changes one has a copy.
    pub(super) left_behind: BTreeMap<ObjectId, Rc<CodeObject<'m>>>,
    /// What a name is in a framework's files of settings, which are called so; nothing where they do
    /// not agree.
    pub(super) settings: BTreeMap<(&'m [String], String), Option<CodeValue>>,
    /// The calls of a function by its name; nothing where they cannot all be told.
    pub(super) call_sites: BTreeMap<String, Option<Rc<Vec<CallSiteForm<'p>>>>>,
    pub(super) seen: Rc<OutlinedProject<'p, 'm>>,
    pub(super) depth: usize,
    pub(super) inlined: usize,
    steps: usize,
    pub(in crate::extract) next_object: u32,
    /// The evaluation of a language that has one of its own.
    pub(in crate::extract) own_values: Option<&'p dyn OwnValues<'p, 'm>>,
    /// What only languages need whose names and types are declared.
    pub(in crate::extract) typed: TypedRun<'p, 'm>,
}

/// A language that evaluates its expressions and binds its names itself. Statements, branches, loops and
/// calls of functions are run for it.
pub(in crate::extract) trait OwnValues<'p, 'm> {
    fn value(&self, run: &mut CodeInterpreter<'p, 'm>, id: ExpressionId) -> CodeValue;
    fn assign(
        &self,
        run: &mut CodeInterpreter<'p, 'm>,
        target: ExpressionId,
        value: ExpressionId,
        declares: bool,
    );
    fn declare(
        &self,
        run: &mut CodeInterpreter<'p, 'm>,
        name: &str,
        ty: Option<&TypeForm>,
        value: Option<ExpressionId>,
    );
    /// Binds what an arm's pattern binds.
    fn enter_arm(&self, run: &mut CodeInterpreter<'p, 'm>, condition: ExpressionId);
    /// Gives a function's parameters what a call gives them, or what their types say.
    fn bind_parameters(
        &self,
        run: &mut CodeInterpreter<'p, 'm>,
        function: FunctionId,
        values: Vec<CodeValue>,
    );
    /// Where a function stands.
    fn frame(&self, file: FileAt, function: Option<FunctionId>) -> OwnFrame;
}

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    pub(in crate::extract) fn new(project: &'p CodeProject<'m>) -> Self {
        Self {
            project,
            found: FoundCode::default(),
            frames: Vec::new(),
            late: Vec::new(),
            bodies: BTreeMap::new(),
            instances: BTreeMap::new(),
            classes: BTreeMap::new(),
            aliases: ObjectAliases::default(),
            left_behind: BTreeMap::new(),
            settings: BTreeMap::new(),
            call_sites: BTreeMap::new(),
            seen: Rc::new(OutlinedProject::new(project)),
            depth: 0,
            inlined: 0,
            steps: STEPS,
            next_object: 0,
            own_values: None,
            typed: TypedRun::default(),
        }
    }

    /// Runs everything in a file.
    pub(in crate::extract) fn read_file(&mut self, at: FileAt) {
        let project = self.project;
        let file = project.file(at);
        self.body(at);
        for id in 0..file.functions.len() {
            let id = FunctionId(u32::try_from(id).unwrap_or(u32::MAX));
            self.function(at, id);
        }
        let skipped = file.skipped.iter().map(|range| (at, range.clone()));
        self.found.skipped.extend(skipped);
    }

    pub(in crate::extract) fn finish(mut self) -> FoundCode {
        self.tell_settings_once();
        self.give_uses();
        self.found
    }

    pub(in crate::extract) fn frame(&self) -> &CodeFrame<'m> {
        // A frame is pushed before anything is evaluated.
        &self.frames[self.frames.len() - 1]
    }

    pub(in crate::extract) fn frame_mut(&mut self) -> &mut CodeFrame<'m> {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    pub(in crate::extract) fn state(&mut self) -> &mut CodeState<'m> {
        &mut self.frame_mut().state
    }

    pub(super) fn object(&self, id: ObjectId) -> Option<&CodeObject<'m>> {
        let own = self.frame().state.heap.get(&id);
        own.or_else(|| self.left_behind.get(&id)).map(Rc::as_ref)
    }

    /// An object that is about to be changed.
    pub(super) fn object_mut(&mut self, id: ObjectId) -> Option<&mut CodeObject<'m>> {
        // What is written on one of two mappings may be written on the other name of it too.
        for other in self.aliases.same_as(id) {
            if let Some(object) = self.own_object(other) {
                object.rest_unknown.get_or_insert(Cause::Branches);
                let fields = object.fields.values_mut();
                fields.for_each(|field| field.conditional = true);
            }
        }
        self.own_object(id)
    }

    /// An object of this state; one of a run that is over is copied into it.
    fn own_object(&mut self, id: ObjectId) -> Option<&mut CodeObject<'m>> {
        if !self.frame().state.heap.contains_key(&id) {
            let shared = self.left_behind.get(&id).map(Rc::clone)?;
            self.state().heap.insert(id, shared);
        }
        self.state().heap.get_mut(&id).map(Rc::make_mut)
    }

    /// Whether the body of a file is being run.
    pub(super) fn is_running(&self, at: FileAt) -> bool {
        matches!(self.bodies.get(&at), Some(None))
    }

    pub(in crate::extract) fn here(&self) -> FileAt {
        self.frame().file
    }

    pub(in crate::extract) fn code(&self) -> &'p CodeFile {
        self.project.file(self.here())
    }

    pub(super) fn place(&self, id: ExpressionId) -> CodePlace {
        (self.here(), id)
    }

    /// Whether one more step may be taken; a run that took too many learns nothing more.
    pub(in crate::extract) fn step(&mut self, cost: usize) -> bool {
        self.steps = self.steps.saturating_sub(cost);
        if self.steps == 0 {
            let (file, range) = (self.here(), self.range_of(self.frame()));
            if !self.found.skipped.contains(&(file, range.clone())) {
                self.found.skipped.push((file, range));
            }
        }
        self.steps > 0
    }

    /// The bytes of what a frame runs.
    fn range_of(&self, frame: &CodeFrame<'m>) -> Range<usize> {
        match frame.function {
            Some(id) => self.project.file(frame.file).function(id).range.clone(),
            None => 0..self.project.text(frame.file).len(),
        }
    }

    pub(super) fn allocate(&mut self, object: CodeObject<'m>) -> ObjectId {
        let id = ObjectId(self.next_object);
        self.next_object += 1;
        self.state().heap.insert(id, Rc::new(object));
        id
    }

    pub(in crate::extract) fn new_frame(
        &self,
        file: FileAt,
        function: Option<FunctionId>,
    ) -> CodeFrame<'m> {
        CodeFrame {
            file,
            function,
            state: CodeState::default(),
            is_body: false,
            records: true,
            returned: Vec::new(),
            outer: BTreeSet::new(),
            arms: Vec::new(),
            closed: BTreeSet::new(),
            bound: None,
            typed: TypedFrame {
                own: self
                    .own_values
                    .map_or_else(OwnFrame::default, |own| own.frame(file, function)),
                ..TypedFrame::default()
            },
        }
    }

    /// Runs a body of its own, with a full budget; whoever asked goes on with what was left of theirs.
    pub(super) fn run(
        &mut self,
        frame: CodeFrame<'m>,
        body: impl FnOnce(&mut Self),
    ) -> Option<CodeFrame<'m>> {
        // A body that is asked for from too deep within others is not known to them.
        if self.depth + 10 > MAX_DEPTH || self.frames.len() > 2 * MAX_INLINED {
            return None;
        }
        let (steps, inlined) = (self.steps, self.inlined);
        let late = std::mem::take(&mut self.late);
        let length = self.range_of(&frame).len();
        (self.steps, self.inlined) = (STEPS + STEPS_PER_BYTE * length, 0);
        self.frames.push(frame);
        self.depth += 1;
        body(self);
        self.tell_late();
        self.depth -= 1;
        let frame = self.frames.pop();
        (self.steps, self.inlined) = (steps, inlined);
        self.late = late;
        frame
    }

    /// What the body of a file leaves behind. While it is being run, nothing is known of it.
    pub(super) fn body(&mut self, at: FileAt) -> Option<Rc<BodyResult>> {
        if let Some(known) = self.bodies.get(&at) {
            return known.clone();
        }
        self.bodies.insert(at, None);
        let project = self.project;
        let mut frame = self.new_frame(at, None);
        frame.is_body = true;
        let ran = self.run(frame, |run| {
            run.block(&project.file(at).body);
            run.settings(at);
        });
        let Some(frame) = ran else {
            // It may be asked for again from less deep.
            self.bodies.remove(&at);
            return None;
        };
        self.left_behind.extend(frame.state.heap);
        let result = Rc::new(BodyResult {
            variables: frame.state.variables,
        });
        self.bodies.insert(at, Some(Rc::clone(&result)));
        Some(result)
    }

    /// Runs a function by itself, with what its callers say of its parameters.
    fn function(&mut self, at: FileAt, id: FunctionId) {
        let project = self.project;
        let function = project.file(at).function(id);
        if function.class.is_some() && function.name == project.front.constructor_name() {
            // An instance is made by it: it ran, or runs, for that.
            if let Some(class) = function.class {
                self.instance_of(at, class);
            }
            return;
        }
        let values = self.parameter_values(at, id);
        let mut frame = self.new_frame(at, Some(id));
        frame.state.variables = values;
        self.run(frame, |run| {
            if let (Some(class), Some(first)) = (function.class, function.parameters.first()) {
                let instance = run.instance(at, class);
                run.state().variables.insert(first.name.clone(), instance);
            }
            run.block(&function.body);
        });
    }

    /// An instance of a class as its constructor leaves it.
    fn instance(&mut self, at: FileAt, class: ClassId) -> CodeValue {
        let fields = match self.instance_of(at, class) {
            Some(result) => result.variables.clone(),
            None => BTreeMap::new(),
        };
        let place = (at, ExpressionId(0));
        let fields = fields.into_iter().map(|(name, value)| {
            let field = CodeField {
                value,
                at: place,
                conditional: false,
            };
            (name, field)
        });
        let object = CodeObject {
            kind: CodeObjectKind::Instance(at, class),
            fields: fields.collect(),
            rest_unknown: None,
            at: place,
        };
        CodeValue::Object(self.allocate(object))
    }

    /// Runs the constructor of a class by itself, once; the fields that it leaves.
    fn instance_of(&mut self, at: FileAt, class: ClassId) -> Option<Rc<BodyResult>> {
        if let Some(known) = self.instances.get(&(at, class)) {
            return known.clone();
        }
        self.instances.insert((at, class), None);
        let project = self.project;
        let file = project.file(at);
        let name = project.front.constructor_name();
        let id = *file.class(class).methods.get(name)?;
        let function = file.function(id);
        let values = self.parameter_values(at, id);
        let mut frame = self.new_frame(at, Some(id));
        frame.state.variables = values;
        let mut own = None;
        let frame = self.run(frame, |run| {
            let object = CodeObject {
                kind: CodeObjectKind::Instance(at, class),
                fields: BTreeMap::new(),
                rest_unknown: None,
                at: (at, ExpressionId(0)),
            };
            let made = run.allocate(object);
            own = Some(made);
            if let Some(first) = function.parameters.first() {
                let value = CodeValue::Object(made);
                run.state().variables.insert(first.name.clone(), value);
            }
            run.block(&function.body);
        })?;
        let object = frame.state.heap.get(&own?)?;
        let fields = object.fields.iter();
        let variables = fields
            .filter(|(_, field)| !field.conditional)
            .map(|(name, field)| (name.clone(), field.value.clone()))
            .collect();
        self.left_behind.extend(frame.state.heap);
        let result = Rc::new(BodyResult { variables });
        self.instances.insert((at, class), Some(Rc::clone(&result)));
        Some(result)
    }

    /// The parameters of a function that is run by itself.
    fn parameter_values(&mut self, at: FileAt, id: FunctionId) -> BTreeMap<String, CodeValue> {
        let project = self.project;
        let parameters = &project.file(at).function(id).parameters;
        let mut values = BTreeMap::new();
        for (position, parameter) in parameters.iter().enumerate() {
            let value = match parameter.takes {
                ParameterTakes::One => self.by_callers((at, id), position),
                _ => CodeValue::unknown(Cause::CallersOf(project.function_name(at, id))),
            };
            values.insert(parameter.name.clone(), value);
        }
        values
    }

    pub(in crate::extract) fn block(&mut self, block: &'p CodeBlock) {
        if self.depth >= MAX_DEPTH {
            return self.pass_over_block(block);
        }
        self.depth += 1;
        let arms = self.frame().arms.len();
        self.scoped(|run| run.statements(block));
        self.frame_mut().arms.truncate(arms);
        self.depth -= 1;
    }

    pub(super) fn statements(&mut self, block: &'p CodeBlock) {
        if self.is_typed() {
            return self.typed_statements(block);
        }
        for statement in block {
            if self.state().dead || !self.step(1) {
                break;
            }
            self.statement(&statement.form);
        }
    }

    fn statement(&mut self, statement: &'p StatementForm) {
        match statement {
            StatementForm::Assign { targets, value, .. } => {
                let value = self.evaluate_bound(targets.first().copied(), *value);
                for target in targets {
                    self.assign(*target, value.clone());
                }
            }
            StatementForm::Declare { name, value, .. } => {
                if let Some(id) = value {
                    self.frame_mut().bound = Some((*id, name.clone()));
                    let value = self.value(*id);
                    self.state().variables.insert(name.clone(), value);
                }
            }
            StatementForm::Evaluate(id)
            | StatementForm::Give(id)
            | StatementForm::Spawn(id)
            | StatementForm::Defer(id) => {
                self.value(*id);
            }
            StatementForm::Block(block) => self.block(block),
            StatementForm::Branch(arms) => self.branch(arms),
            StatementForm::Loop(form) => self.repeat(form),
            StatementForm::Attempt {
                body,
                handlers,
                otherwise,
                finally,
            } => self.attempt((body, otherwise), handlers, finally),
            StatementForm::Within { items, body } => {
                for (id, target) in items {
                    let closed = self.code().see_through(*id);
                    self.frame_mut().closed.insert(closed);
                    let value = self.evaluate_bound(*target, *id);
                    if let Some(target) = target {
                        self.assign(*target, value);
                    }
                }
                self.block(body);
            }
            StatementForm::Return(id) => {
                let value = id.map_or(CodeValue::Plain(ConstValue::Nil), |id| self.value(id));
                self.give_back(value);
                self.state().dead = true;
            }
            StatementForm::Leave(_) => self.state().dead = true,
            StatementForm::Function(id) => {
                let name = self.code().function(*id).name.clone();
                let value = CodeValue::Function(self.here(), *id, None);
                self.state().variables.insert(name, value);
            }
            StatementForm::Class(id) => {
                let name = self.code().class(*id).name.clone();
                let value = CodeValue::Class(self.here(), *id);
                self.state().variables.insert(name, value);
            }
            StatementForm::Import(imports) => {
                imports.iter().for_each(|import| self.import_names(import));
            }
            StatementForm::Outer(names) => self.frame_mut().outer.extend(names.iter().cloned()),
            StatementForm::Label | StatementForm::Unreadable => {}
        }
    }

    fn import_names(&mut self, import: &'p ImportForm) {
        match import {
            ImportForm::Name { name, path } => {
                let value = CodeValue::Path(path.clone());
                self.state().variables.insert(name.clone(), value);
            }
            ImportForm::All { path } => {
                let found = self.project.find(self.here(), path);
                let whole = found.filter(|(_, count)| *count == path.split('.').count());
                let Some(result) = whole.and_then(|(at, _)| self.body(at)) else {
                    return;
                };
                let names = result.variables.clone();
                self.state().variables.extend(names);
            }
        }
    }

    /// The value of an expression that is assigned to something with a name.
    fn evaluate_bound(&mut self, target: Option<ExpressionId>, value: ExpressionId) -> CodeValue {
        let code = self.code();
        let name = target.and_then(|target| match &code.expression(target).form {
            CodeExpressionForm::Name(name) | CodeExpressionForm::Member(_, name) => {
                Some(name.clone())
            }
            _ => None,
        });
        self.frame_mut().bound = name.map(|name| (code.see_through(value), name));
        self.value(value)
    }

    pub(super) fn assign(&mut self, target: ExpressionId, value: CodeValue) {
        let code = self.code();
        match &code.expression(target).form {
            CodeExpressionForm::Name(name) => {
                self.state().variables.insert(name.clone(), value);
            }
            CodeExpressionForm::Member(base, name) => {
                self.assign_member(*base, name, target, value);
            }
            CodeExpressionForm::Item(base, key) => match self.value(*key).text() {
                Some(name) => {
                    let name = name.to_owned();
                    self.assign_member(*base, &name, target, value);
                }
                None => {
                    if let CodeValue::Object(id) = self.value(*base) {
                        let cause = Cause::Expression(code.text(*key).to_owned());
                        self.lose(id, cause);
                    }
                }
            },
            CodeExpressionForm::List(targets) => {
                let items = match value {
                    CodeValue::Items(items) if items.len() == targets.len() => items,
                    other => {
                        let part = match other {
                            CodeValue::Plain(ConstValue::Unknown(cause)) => cause,
                            _ => Cause::Code("a value that is taken apart"),
                        };
                        vec![CodeValue::unknown(part); targets.len()]
                    }
                };
                for (target, item) in targets.iter().zip(items) {
                    self.assign(*target, item);
                }
            }
            CodeExpressionForm::Through(inner) => self.assign(*inner, value),
            _ => {}
        }
    }

    fn assign_member(
        &mut self,
        base: ExpressionId,
        name: &str,
        target: ExpressionId,
        value: CodeValue,
    ) {
        match self.value(base) {
            CodeValue::Object(id) => self.write(id, name, value, target),
            _ => {
                let place = self.code().text(target).to_owned();
                self.state().places.insert(place, value);
            }
        }
    }

    /// Writes a named value on an object.
    pub(super) fn write(&mut self, id: ObjectId, name: &str, value: CodeValue, at: ExpressionId) {
        let at = self.place(at);
        if let Some(object) = self.object_mut(id) {
            let field = CodeField {
                value,
                at,
                conditional: false,
            };
            object.fields.insert(name.to_owned(), field);
        }
    }

    /// Something that is not seen may have written on an object.
    pub(super) fn lose(&mut self, id: ObjectId, cause: Cause) {
        if let Some(object) = self.object_mut(id) {
            object.rest_unknown.get_or_insert(cause);
        }
    }

    pub(in crate::extract) fn give_back(&mut self, value: CodeValue) {
        let (options, needs) = (self.state().options.clone(), self.state().needs.clone());
        self.frame_mut().returned.push(ReturnedValue {
            value,
            options,
            needs,
        });
    }

    pub(in crate::extract) fn run_deeper<T>(
        &mut self,
        evaluate: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if self.depth >= MAX_DEPTH || !self.step(1) {
            return None;
        }
        self.depth += 1;
        let value = evaluate(self);
        self.depth -= 1;
        Some(value)
    }
}

impl CodeFile {
    /// The expression behind parentheses and awaits.
    pub(super) fn see_through(&self, id: ExpressionId) -> ExpressionId {
        let mut at = id;
        while let CodeExpressionForm::Through(inner) = self.expression(at).form {
            at = inner;
        }
        at
    }
}
