//! How many of a call run at once: the goroutines, tasks or threads that reach it, as far as literal
//! figures say.
//!
//! From the call outwards: loops around it make it run again and again, loops around the start of what
//! runs beside the rest make many of it, and so do the callers of the function that it stands in. A
//! call that stands in no loop is no lasting one and counts nothing.

use std::ops::Range;
use std::rc::Rc;

use super::form::{
    CallForm, CodeBlock, CodeExpressionForm, ExpressionId, FunctionId, LeaveKind, LoopForm,
    ParameterTakes, StatementForm,
};
use super::outline::{BoundTarget, CodeOutline, ExpressionHolder, StatementId};
use super::seen::{self, CodeSite, SeenCode};
use super::value::FileAt;
use crate::facts::cause::Cause;
use crate::facts::raw::{Concurrency, ConstValue};

/// How many functions outwards callers are followed.
const MAX_CALLERS: usize = 6;
/// How many steps outwards are taken for one call.
const MAX_STEPS: u32 = 4_000;
/// A figure that is passed on by so many callers is not followed further.
const MAX_PASSES: usize = 4;

/// What a language says of functions and figures.
pub(in crate::extract) trait ConcurrencyWords {
    /// The value of an expression, nothing being known of the variables around it.
    fn figure(&mut self, file: FileAt, id: ExpressionId) -> ConstValue;
    /// How a piece of code is called where it is not followed.
    fn cause(&self, file: FileAt, id: ExpressionId) -> Cause;
    /// A method runs the function that it is given beside the rest.
    fn starts(&self, method: &str) -> bool;
    /// A method runs the function that it is given once for each item of what it is called on.
    fn repeats(&self, _method: &str) -> bool {
        false
    }
    /// What a call does that is given to such a method runs beside the rest too, not before it.
    fn starts_calls(&self) -> bool {
        false
    }
    /// The program begins with a function of this name.
    fn is_entry(&self, name: &str) -> bool;
}

/// How many of a call of a file run at once.
pub(in crate::extract) fn count_runs<'c>(
    seen: &dyn SeenCode<'c>,
    words: &mut dyn ConcurrencyWords,
    (file, id): (FileAt, ExpressionId),
) -> Concurrency {
    let mut walk = CallerWalk {
        seen,
        words,
        steps_left: MAX_STEPS,
    };
    let way = CallPath {
        looped: false,
        started: false,
        factors: Vec::new(),
        through: Vec::new(),
    };
    let at = CodeAt {
        file,
        outline: seen.outline(file),
    };
    walk.outwards(&at, id, way)
}

/// A file on the way.
#[derive(Clone)]
struct CodeAt<'c> {
    file: FileAt,
    outline: Rc<CodeOutline<'c>>,
}

/// A place on the way outwards.
#[derive(Clone)]
struct CallPath {
    /// It runs again and again where it was started.
    looped: bool,
    /// Something that runs beside the rest begins on the way.
    started: bool,
    /// Factors that are parameters of the function reached: their positions.
    factors: Vec<usize>,
    /// The functions on the way.
    through: Vec<(FileAt, FunctionId)>,
}

/// Why a figure is not known here.
enum UnknownCount {
    /// It is the parameter at this position.
    Parameter(usize),
    Unknown(Cause),
}

/// Who runs a function without a name.
enum RunBy<'c> {
    /// Where this call stands.
    Here(ExpressionId),
    /// The call that starts it beside the rest.
    Beside(ExpressionId),
    /// The call that runs it for each of some items.
    Each(ExpressionId, ExpressionId),
    /// The calls of this variable between these bytes.
    Variable(&'c str, Range<usize>),
    Unknown(Cause),
}

struct CallerWalk<'w, 'c> {
    seen: &'w dyn SeenCode<'c>,
    words: &'w mut dyn ConcurrencyWords,
    steps_left: u32,
}

impl<'c> CallerWalk<'_, 'c> {
    fn outwards(&mut self, at: &CodeAt<'c>, id: ExpressionId, mut way: CallPath) -> Concurrency {
        let mut crew = Concurrency::of(1);
        let mut id = id;
        loop {
            self.steps_left = self.steps_left.saturating_sub(1);
            if self.steps_left == 0 {
                return Concurrency::unknown(Cause::Code("code that is too far away to follow"));
            }
            let statement = match at.outline.holder(id) {
                ExpressionHolder::Expression(outer) => {
                    let given = at.outline.given_to(id).is_some();
                    if given && self.words.starts_calls() && self.starts(at, outer) {
                        way.started = true;
                    }
                    id = outer;
                    continue;
                }
                ExpressionHolder::Statement(statement) => statement,
                ExpressionHolder::Nothing => return end(&way, crew),
            };
            crew = self.through_statements(at, statement, &mut way, crew);
            let Some(function) = at.outline.place_of(statement).function else {
                return end(&way, crew);
            };
            let Some(closure) = at.outline.closure(function) else {
                let outer = self.callers(at, function, way);
                return outer.product(&crew);
            };
            match self.run_by(at, closure) {
                RunBy::Here(call) => id = call,
                RunBy::Beside(call) => {
                    way.started = true;
                    id = call;
                }
                RunBy::Each(call, items) => {
                    if way.started {
                        let rounds = match at.outline.statement_of(call) {
                            Some(place) => self.count(at, items, place),
                            None => Ok(1),
                        };
                        crew = multiply(crew, rounds, &mut way);
                    }
                    id = call;
                }
                RunBy::Variable(name, range) => {
                    let inner = self.count_calls_of(at, (name, function), range, &way);
                    return inner.product(&crew);
                }
                RunBy::Unknown(reason) => return Concurrency::unknown(reason),
            }
        }
    }

    /// The loops and starts around a statement, up to its function.
    fn through_statements(
        &mut self,
        at: &CodeAt<'c>,
        from: StatementId,
        way: &mut CallPath,
        mut crew: Concurrency,
    ) -> Concurrency {
        let around: Vec<_> = at.outline.outwards(from).collect();
        let mut inner: Option<&CodeBlock> = None;
        for (id, place) in around {
            match &place.statement.form {
                StatementForm::Spawn(_) => way.started = true,
                StatementForm::Loop(form) if inner.is_some_and(|b| std::ptr::eq(b, &form.body)) => {
                    if !way.started {
                        way.looped = true;
                    } else {
                        let rounds = self.rounds(at, form, id);
                        crew = multiply(crew, rounds, way);
                    }
                }
                _ => {}
            }
            inner = Some(place.block);
        }
        crew
    }

    /// Everything that calls a function, together.
    fn callers(&mut self, at: &CodeAt<'c>, id: FunctionId, mut way: CallPath) -> Concurrency {
        let function = at.outline.function(id);
        let name = function.name.as_str();
        if way.through.contains(&(at.file, id)) {
            return Concurrency::of(0);
        }
        way.through.push((at.file, id));
        let is_method = function.is_method();
        if !is_method && self.words.is_entry(name) {
            return end(&way, Concurrency::of(1));
        }
        if way.through.len() > MAX_CALLERS {
            return Concurrency::unknown(Cause::Code("callers that are too far away to follow"));
        }
        if !seen::is_only_one(self.seen, function) {
            return Concurrency::unknown(Cause::WhichCalled(name.to_owned()));
        }
        let Some(sites) = seen::find_sites_of(self.seen, function) else {
            return Concurrency::unknown(Cause::CallersOf(name.to_owned()));
        };
        let mut all = Concurrency::of(0);
        let mut any = false;
        for site in &sites {
            any = true;
            all = all.and(self.caller(site, way.clone()));
        }
        let exported = !self.seen.is_private(name);
        if any && !(exported && all.count == Ok(0)) {
            return all;
        }
        if !exported && !is_method {
            return Concurrency::unknown(Cause::CallersOf(name.to_owned()));
        }
        let mut from_elsewhere = end(&way, Concurrency::of(1));
        from_elsewhere.assumed = Some(format!("that `{name}` is called once"));
        all.and(from_elsewhere)
    }

    /// One place that names a function: it calls it, or hands it to what starts it beside the rest.
    fn caller(&mut self, site: &CodeSite<'c>, mut way: CallPath) -> Concurrency {
        let at = CodeAt {
            file: site.file,
            outline: Rc::clone(&site.outline),
        };
        let Some(call) = site.call() else {
            let starts = at.outline.given_to(site.at);
            let starts = starts.is_some_and(|call| self.starts(&at, call));
            if !starts || !way.factors.is_empty() {
                return Concurrency::unknown(Cause::Code("a function passed as a value"));
            }
            way.started = true;
            return self.outwards(&at, site.at, way);
        };
        let arguments = at.outline.as_call(call);
        let mut crew = Concurrency::of(1);
        for position in std::mem::take(&mut way.factors) {
            let argument = arguments.and_then(|form: &CallForm| form.arguments.get(position));
            let count = match (argument, at.outline.statement_of(call)) {
                (Some(argument), Some(statement)) => self.count(&at, argument.value, statement),
                _ => Err(UnknownCount::Unknown(Cause::Code("an argument"))),
            };
            match count {
                Ok(rounds) => crew = crew.times(&Ok(rounds)),
                Err(UnknownCount::Parameter(outer)) if way.through.len() < MAX_PASSES => {
                    way.factors.push(outer);
                }
                Err(UnknownCount::Parameter(_)) => {
                    return Concurrency::unknown(Cause::Code("a parameter"));
                }
                Err(UnknownCount::Unknown(reason)) => crew = crew.times(&Err(reason)),
            }
        }
        let outer = self.outwards(&at, call, way);
        outer.product(&crew)
    }

    /// A function that a variable of another one holds: everything that calls it.
    fn count_calls_of(
        &mut self,
        at: &CodeAt<'c>,
        (name, closure): (&str, FunctionId),
        range: Range<usize>,
        way: &CallPath,
    ) -> Concurrency {
        let own = at.outline.function(closure).range.clone();
        let mut calls = Vec::new();
        let mut other = way.through.contains(&(at.file, closure));
        for mention in at.outline.mentions_within(name, range) {
            match at.outline.call_of(mention) {
                Some(call) if !own.contains(&at.outline.range(call).start) => calls.push(call),
                Some(_) => {}
                None => other |= !at.outline.is_target(mention),
            }
        }
        if other {
            return Concurrency::unknown(Cause::FateOf(name.to_owned()));
        }
        let mut all = Concurrency::of(0);
        for call in calls {
            let mut way = way.clone();
            way.through.push((at.file, closure));
            all = all.and(self.outwards(at, call, way));
        }
        all
    }

    fn run_by(&self, at: &CodeAt<'c>, closure: ExpressionId) -> RunBy<'c> {
        let whole = at.outline.whole(closure);
        if let Some(call) = at.outline.call_of(whole) {
            return RunBy::Here(call);
        }
        if let Some(call) = at.outline.given_to(whole) {
            if self.starts(at, call) {
                return RunBy::Beside(call);
            }
            let callee = at.outline.as_call(call);
            return match callee.map(|call| at.outline.form(call.callee)) {
                Some(CodeExpressionForm::Member(items, name)) if self.words.repeats(name) => {
                    RunBy::Each(call, *items)
                }
                _ => {
                    let cause = self.words.cause(at.file, call);
                    RunBy::Unknown(Cause::RunBy(cause.source_name()))
                }
            };
        }
        match at.outline.bound_by(closure) {
            Some((BoundTarget::Name(name), statement)) => {
                let place = at.outline.place_of(statement);
                match (&place.statement.form, at.outline.extent(place.block)) {
                    (StatementForm::Assign { declares: true, .. }, Some(range)) => {
                        RunBy::Variable(name, range)
                    }
                    _ => RunBy::Unknown(Cause::Code("a function literal")),
                }
            }
            _ => RunBy::Unknown(Cause::Code("a function literal")),
        }
    }

    /// A call runs the function that it is given beside the rest: `group.Go(f)`.
    fn starts(&self, at: &CodeAt<'c>, call: ExpressionId) -> bool {
        let callee = at
            .outline
            .as_call(call)
            .map(|call| at.outline.form(call.callee));
        let name = match callee {
            Some(CodeExpressionForm::Member(_, name)) => name,
            Some(CodeExpressionForm::Name(name)) if self.words.starts_calls() => name,
            _ => return false,
        };
        self.words.starts(name)
    }

    /// How many rounds a loop makes.
    fn rounds(
        &mut self,
        at: &CodeAt<'c>,
        form: &'c LoopForm,
        id: StatementId,
    ) -> Result<u64, UnknownCount> {
        let unknown = |kind| Err(UnknownCount::Unknown(Cause::Code(kind)));
        if may_leave(&form.body) {
            return unknown("a loop that may end early");
        }
        if let Some(over) = form.over {
            return self.count(at, over, id);
        }
        if form.first.is_empty() && form.update.is_empty() {
            return unknown("an endless loop");
        }
        match self.count_rounds(at, form, id) {
            Some(rounds) => rounds,
            None => unknown("a loop whose rounds are not counted"),
        }
    }

    /// `for i := 0; i < n; i++`.
    fn count_rounds(
        &mut self,
        at: &CodeAt<'c>,
        form: &'c LoopForm,
        id: StatementId,
    ) -> Option<Result<u64, UnknownCount>> {
        let outline = Rc::clone(&at.outline);
        let [first] = &form.first[..] else {
            return None;
        };
        let StatementForm::Assign { targets, value, .. } = &first.form else {
            return None;
        };
        let (counter, start) = (
            outline.first_of(*targets.first()?),
            outline.first_of(*value),
        );
        let CodeExpressionForm::Name(name) = outline.form(counter) else {
            return None;
        };
        let CodeExpressionForm::Test { operands, operator } = outline.form(form.condition?) else {
            return None;
        };
        let [left, right] = operands[..] else {
            return None;
        };
        let [update] = &form.update[..] else {
            return None;
        };
        let is_name = |id| matches!(outline.form(id), CodeExpressionForm::Name(own) if own == name);
        let steps = matches!(&update.form, StatementForm::Assign { targets, value, .. }
            if targets.iter().all(|target| is_name(*target)) && adds_one(&outline, *value));
        let body = outline.extent(&form.body);
        let changed = body.is_some_and(|body| outline.is_assigned_within(name, &body));
        if !is_name(left) || !steps || changed {
            return None;
        }
        let more = match *operator {
            "<" => 0,
            "<=" => 1,
            _ => return None,
        };
        Some(self.count_between(at, (start, right), more, id))
    }

    /// How many steps lie between two figures, and one more where the last one counts.
    fn count_between(
        &mut self,
        at: &CodeAt<'c>,
        (start, end): (ExpressionId, ExpressionId),
        more: i64,
        place: StatementId,
    ) -> Result<u64, UnknownCount> {
        let uncounted = Cause::Code("a loop whose rounds are not counted");
        let Ok(ConstValue::Int(from)) = self.figure(at, start, place) else {
            return Err(UnknownCount::Unknown(uncounted));
        };
        match self.figure(at, end, place) {
            Ok(ConstValue::Int(n)) => {
                Ok(u64::try_from(n.saturating_sub(from).saturating_add(more)).unwrap_or(0))
            }
            Ok(_) => Err(UnknownCount::Unknown(uncounted)),
            Err(UnknownCount::Parameter(_)) if from != 0 || more != 0 => {
                Err(UnknownCount::Unknown(Cause::Code("a parameter")))
            }
            Err(unknown) => Err(unknown),
        }
    }

    /// The count that an expression stands for: a number, how many items a list has, or how many
    /// numbers lie in a range.
    fn count(
        &mut self,
        at: &CodeAt<'c>,
        id: ExpressionId,
        place: StatementId,
    ) -> Result<u64, UnknownCount> {
        let id = at.outline.bare(id);
        if let CodeExpressionForm::Binary(range @ (".." | "..="), from, to) = at.outline.form(id) {
            return self.count_between(at, (*from, *to), i64::from(*range == "..="), place);
        }
        match self.figure(at, id, place)? {
            ConstValue::Int(n) => Ok(u64::try_from(n).unwrap_or(0)),
            ConstValue::List(items) => Ok(items.len() as u64),
            _ => Err(UnknownCount::Unknown(Cause::Code(
                "a loop whose rounds are not counted",
            ))),
        }
    }

    /// The value of an expression of the function that holds a statement, by what is written in it alone.
    fn figure(
        &mut self,
        at: &CodeAt<'c>,
        id: ExpressionId,
        place: StatementId,
    ) -> Result<ConstValue, UnknownCount> {
        let outline = &at.outline;
        if let (CodeExpressionForm::Name(name), Some(function)) =
            (outline.form(id), outline.place_of(place).function)
        {
            let function = outline.function(function);
            let body = outline.extent(&function.body).unwrap_or_default();
            let changed = outline.is_assigned_within(name, &body);
            let named = |p: &super::form::ParameterForm| p.name == *name;
            if let Some(position) = function.parameters.iter().position(named) {
                let fixed = function.parameters[position].takes == ParameterTakes::One && !changed;
                return Err(match fixed {
                    true => UnknownCount::Parameter(position),
                    false => UnknownCount::Unknown(Cause::Expression(name.clone())),
                });
            }
            match &outline.declared_within(name, &body)[..] {
                [] => {}
                [Some(value)] if !changed => return self.compute_figure(at, *value),
                _ => return Err(UnknownCount::Unknown(Cause::Expression(name.clone()))),
            }
        }
        self.compute_figure(at, id)
    }

    fn compute_figure(
        &mut self,
        at: &CodeAt<'c>,
        id: ExpressionId,
    ) -> Result<ConstValue, UnknownCount> {
        if let CodeExpressionForm::Constant(value) = at.outline.form(id) {
            return Ok(value.clone());
        }
        match self.words.figure(at.file, id) {
            ConstValue::Unknown(reason) => Err(UnknownCount::Unknown(reason)),
            value => Ok(value),
        }
    }
}

/// So many as there were, once for each round; a parameter is known where its function is called.
fn multiply(
    crew: Concurrency,
    rounds: Result<u64, UnknownCount>,
    way: &mut CallPath,
) -> Concurrency {
    match rounds {
        Ok(rounds) => crew.times(&Ok(rounds)),
        Err(UnknownCount::Parameter(position)) => {
            way.factors.push(position);
            crew
        }
        Err(UnknownCount::Unknown(reason)) => crew.times(&Err(reason)),
    }
}

/// Nothing lies further out: what is in no loop is done soon.
fn end(way: &CallPath, crew: Concurrency) -> Concurrency {
    if !way.looped {
        return Concurrency::of(0);
    }
    if way.factors.is_empty() {
        return crew;
    }
    Concurrency::unknown(Cause::Code("a parameter"))
}

/// A loop's body that may leave the loop by itself, functions in it apart.
fn may_leave(body: &CodeBlock) -> bool {
    let mut todo = vec![body];
    while let Some(block) = todo.pop() {
        for statement in block {
            match &statement.form {
                StatementForm::Return(_)
                | StatementForm::Leave(LeaveKind::Loop | LeaveKind::Jump) => {
                    return true;
                }
                form => todo.extend(form.blocks()),
            }
        }
    }
    false
}

/// `x + 1`, whatever the variable is.
fn adds_one(outline: &CodeOutline<'_>, value: ExpressionId) -> bool {
    let CodeExpressionForm::Binary("+", _, one) = outline.form(value) else {
        return false;
    };
    matches!(
        outline.form(*one),
        CodeExpressionForm::Constant(ConstValue::Int(1))
    )
}
