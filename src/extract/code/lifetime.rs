//! How long a client lives, from where it is built: for one request, for one round of a loop, or for a
//! few calls in one function. Only what surely is thrown away counts: a variable that is called upon and
//! goes nowhere else, or that a function gives to callers who all close or drop it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use super::form::{
    CodeBlock, CodeExpressionForm, CodeFile, ExpressionId, FunctionForm, FunctionId, LoopForm,
    StatementForm,
};
use super::outline::{BoundTarget, CodeOutline, ExpressionHolder, StatementId};
use super::seen::{self, CodeSite, SeenCode};
use super::value::FileAt;
use crate::facts::raw::ClientLifetime;
use crate::knowledge::clients::LibraryModel;
use crate::knowledge::clients::usage::HeldResource;

/// What a language and the libraries of a file say of functions and calls.
pub(in crate::extract) struct LifetimeWords<'w, 'm> {
    pub(in crate::extract) libraries: Vec<&'m LibraryModel>,
    /// No call upon a client gives the client back.
    pub(in crate::extract) every_call_ends: bool,
    /// A name that a function assigns to is a variable of the whole function.
    pub(in crate::extract) assigning_declares: bool,
    /// Paths of functions that cut off what is done in their arguments, or in the block that they open.
    pub(in crate::extract) timeouts: &'w [String],
    /// Whether a function serves one request.
    pub(in crate::extract) serves: &'w dyn Fn(&CodeFile, &FunctionForm) -> bool,
}

impl LifetimeWords<'_, '_> {
    /// The libraries' words for closing a client.
    fn closes(&self, call: &str) -> bool {
        let models = self.libraries.iter().filter_map(|library| library.model());
        let mut rows = models.filter_map(|model| model.close.as_ref());
        rows.any(|row| row.call.split('|').any(|own| own == call))
    }

    fn asks(&self, call: &str) -> bool {
        let mut libraries = self.libraries.iter();
        libraries.any(|library| library.head.client.probes.iter().any(|p| p == call))
    }

    /// The call sends something to the server and gives no client back.
    fn ends(&self, call: &str) -> bool {
        let models = self.libraries.iter().filter_map(|library| library.model());
        let mut used = models
            .flat_map(|model| &model.take)
            .flat_map(|row| &row.used_by);
        self.every_call_ends || self.asks(call) || used.any(|own| own == call)
    }

    /// The call takes the client for the time of one command.
    fn borrows(&self, call: &str) -> bool {
        let mut models = self.libraries.iter().filter_map(|library| library.model());
        models.any(|model| model.borrows(call))
    }

    fn subscribes(&self, call: &str) -> bool {
        let models = self.libraries.iter().filter_map(|library| library.model());
        let mut rows = models.flat_map(|model| &model.blocking);
        rows.any(|row| row.call == call && row.holds == HeldResource::OwnConnection)
    }

    /// All that is called subscribes, asks whether the server answers, or closes.
    fn only_subscribes(&self, called: &[Option<&str>]) -> bool {
        let harmless = |call: &Option<&str>| {
            call.is_some_and(|call| self.subscribes(call) || self.asks(call) || self.closes(call))
        };
        let mut named = called.iter().flatten();
        named.any(|call| self.subscribes(call)) && called.iter().all(harmless)
    }
}

/// The lifetime of a client that an expression of a file builds.
pub(in crate::extract) fn read_lifetime<'c>(
    seen: &dyn SeenCode<'c>,
    words: &LifetimeWords<'_, '_>,
    (file, id): (FileAt, ExpressionId),
) -> ClientLifetime {
    let outline = seen.outline(file);
    let reader = LifetimeReader {
        seen,
        words,
        outline,
    };
    reader.read(id)
}

/// Whether a timeout cuts off what an expression of a file waits for.
pub(in crate::extract) fn is_cut_off<'c>(
    seen: &dyn SeenCode<'c>,
    words: &LifetimeWords<'_, '_>,
    (file, id): (FileAt, ExpressionId),
) -> bool {
    let outline = seen.outline(file);
    let reader = LifetimeReader {
        seen,
        words,
        outline,
    };
    reader.has_timeout(id)
}

/// What becomes of a client that a function gives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ClientUse {
    /// Closed after a few calls.
    Closed,
    /// Closed when the function that called ends, however long that runs.
    ClosedAtEnd,
    /// A function without a name returns it to its caller.
    MadeOnDemand,
}

/// A variable that holds a client, and the statements that it is known in.
struct HoldingVariable<'c> {
    name: &'c str,
    statement: StatementId,
    block: &'c CodeBlock,
    /// The bytes of the block.
    range: Range<usize>,
    function: FunctionId,
    /// It is closed where the statement ends that binds it.
    within: bool,
}

struct LifetimeReader<'s, 'w, 'm, 'c> {
    seen: &'s dyn SeenCode<'c>,
    words: &'s LifetimeWords<'w, 'm>,
    outline: Rc<CodeOutline<'c>>,
}

impl<'c> LifetimeReader<'_, '_, '_, 'c> {
    fn read(&self, id: ExpressionId) -> ClientLifetime {
        let mut site = ClientLifetime::default();
        if let Some(call) = self.called_at_once(id) {
            // Nothing holds it behind this call, so nothing can close it.
            site.for_a_check = !self.words.only_subscribes(&[Some(call)]);
            site.subscribes = !site.for_a_check;
            self.find_repetition(&mut site, id, None);
            return site;
        }
        // What a timeout is given it gives on.
        let held = self.timeout_around(id).unwrap_or(id);
        let Some(variable) = self.own_variable(held) else {
            let function = self.find_returning(id);
            site.short_lived = function.is_some_and(|f| self.all_close(f));
            site.for_a_check = function.is_some_and(|f| self.all_drop(f));
            site.subscribes = self.only_subscribes_by_field(id);
            if self.is_closed_by_statement(id) {
                self.find_end(&mut site, id, None);
            }
            return site;
        };
        site.bounded = self.is_bounded_everywhere(&variable);
        if self.stays(&variable) {
            let mentions = self.mentions(&variable);
            let used = mentions.filter(|mention| !self.outline.is_target(*mention));
            let called: Vec<Option<&str>> = used
                .map(|mention| Some(self.outline.member_of(mention)?.1))
                .collect();
            site.subscribes = self.words.only_subscribes(&called);
            self.find_end(&mut site, id, Some(&variable));
        } else if variable.within {
            self.find_end(&mut site, id, Some(&variable));
        } else if self.is_only_returned(&variable) && self.all_drop(variable.function) {
            site.for_a_check = true;
            site.per_request = self.serves(variable.function);
        }
        site
    }

    /// All calls upon the variable but its closing have a timeout of the runtime around them.
    fn is_bounded_everywhere(&self, variable: &HoldingVariable<'c>) -> bool {
        let mut any = false;
        let all = self.mentions(variable).all(|mention| {
            let called = self.outline.member_of(mention);
            let closes = called.is_some_and(|(_, name)| self.words.closes(name));
            any |= !closes;
            let called_in_time = called.is_some() && self.has_timeout(mention);
            closes
                || called_in_time
                || self.outline.is_target(mention)
                || self.timeout_around(mention).is_some()
        });
        all && any
    }

    /// The timeout in whose arguments an expression stands.
    fn timeout_around(&self, id: ExpressionId) -> Option<ExpressionId> {
        let mut at = id;
        while let Some(outer) = self.outline.around(at) {
            let given = self.outline.given_to(at).is_some();
            if given && self.is_timeout(outer) {
                return Some(outer);
            }
            at = outer;
        }
        None
    }

    /// An expression stands in the arguments of a timeout, or in the block that one opens.
    fn has_timeout(&self, id: ExpressionId) -> bool {
        if self.timeout_around(id).is_some() {
            return true;
        }
        let statement = self.outline.statement_of(id);
        let around = statement.into_iter();
        let mut around = around.flat_map(|statement| self.outline.outwards(statement));
        around.any(|(_, place)| match &place.statement.form {
            StatementForm::Within { items, .. } => {
                items.iter().any(|(item, _)| self.is_timeout(*item))
            }
            _ => false,
        })
    }

    /// A call of a function that the file imports from where a timeout is.
    fn is_timeout(&self, id: ExpressionId) -> bool {
        let Some(call) = self.outline.as_call(id) else {
            return false;
        };
        let paths = self.outline.imported_paths(call.callee);
        !paths.is_empty() && paths.iter().all(|path| self.words.timeouts.contains(path))
    }

    /// Whether what goes nowhere else is closed soon, and how often it is built.
    fn find_end(
        &self,
        site: &mut ClientLifetime,
        id: ExpressionId,
        variable: Option<&HoldingVariable<'c>>,
    ) {
        let function = self.outline.function_of(id);
        let goes_on = function.is_some_and(|function| {
            let function = self.outline.function(function);
            function.is_endless || function.yields
        });
        let closed = variable.is_none_or(|variable| self.is_closed(variable));
        site.short_lived = closed && !goes_on;
        self.find_repetition(site, id, variable);
    }

    /// Whether what is built at a place is built anew for each request or round.
    fn find_repetition(
        &self,
        site: &mut ClientLifetime,
        id: ExpressionId,
        variable: Option<&HoldingVariable<'c>>,
    ) {
        let Some(statement) = self.outline.statement_of(id) else {
            return;
        };
        let once = variable.is_some_and(|variable| leaves(variable.block));
        for (_, place) in self.outline.outwards(statement) {
            if let StatementForm::Loop(form) = &place.statement.form {
                site.per_round |= !once && !self.differs_by_round(form, id);
            }
        }
        let function = self.outline.place_of(statement).function;
        site.per_request = function.is_some_and(|function| self.serves(function));
    }

    fn serves(&self, function: FunctionId) -> bool {
        (self.words.serves)(self.outline.file, self.outline.function(function))
    }

    /// What is built depends on the round: one client for each of several servers. Whatever is computed
    /// from what the loop binds depends on it too.
    fn differs_by_round(&self, form: &LoopForm, id: ExpressionId) -> bool {
        let built = self.outline.range(id);
        let targets = form
            .target
            .into_iter()
            .flat_map(|t| self.outline.bottoms(t));
        let mut bound: BTreeSet<&str> = targets.collect();
        for statement in form.first.iter().chain(&form.update) {
            let targets = statement.form.targets();
            bound.extend(targets.flat_map(|target| self.outline.bottoms(target)));
        }
        let depends = |bound: &BTreeSet<&str>, range: &Range<usize>| {
            let mut names = bound.iter();
            names.any(|name| {
                self.outline
                    .mentions_within(name, range.clone())
                    .next()
                    .is_some()
            })
        };
        for statement in self
            .outline
            .statements_within(&(form.range.start..built.start))
        {
            if depends(&bound, &statement.range) {
                bound.extend(self.outline.names_bound_by(statement));
            }
        }
        depends(&bound, &built)
    }

    /// `New(..).Ping(..)`: a call upon what was built, which has no name.
    fn called_at_once(&self, id: ExpressionId) -> Option<&'c str> {
        let (member, name) = self.outline.member_of(self.outline.whole(id))?;
        self.outline.call_of(member)?;
        self.words.ends(name).then_some(name)
    }

    /// The variable of a function that alone holds what an expression builds.
    fn own_variable(&self, id: ExpressionId) -> Option<HoldingVariable<'c>> {
        let (BoundTarget::Name(name), statement) = self.outline.bound_by(id)? else {
            return None;
        };
        let place = self.outline.place_of(statement);
        let function = place.function?;
        let form = self.outline.function(function);
        let (block, within, declares) = match &place.statement.form {
            StatementForm::Within { body, .. } => (body, true, false),
            StatementForm::Assign { declares, .. } => (place.block, false, *declares),
            StatementForm::Declare { .. } => (place.block, false, true),
            _ => return None,
        };
        if !declares && (!self.words.assigning_declares || is_of_file(&form.body, name)) {
            return None;
        }
        let range = match self.words.assigning_declares {
            // A name is known in the whole function, wherever it is bound.
            true => form.range.clone(),
            false => self.outline.extent(block)?,
        };
        Some(HoldingVariable {
            name,
            statement,
            block,
            range,
            function,
            within,
        })
    }

    /// Where a variable is named outside of the statement that binds it.
    fn mentions(&self, variable: &HoldingVariable<'c>) -> impl Iterator<Item = ExpressionId> {
        let all = self
            .outline
            .mentions_within(variable.name, variable.range.clone());
        let binding = Some(variable.statement);
        all.filter(move |mention| self.outline.statement_of(*mention) != binding)
    }

    /// The variable is only called upon, or lent for single commands: it is not returned, stored or
    /// handed on.
    fn stays(&self, variable: &HoldingVariable<'c>) -> bool {
        self.mentions(variable).all(|mention| {
            let again = self.words.assigning_declares && self.outline.is_target(mention);
            again || self.outline.member_of(mention).is_some() || self.is_lent(mention)
        })
    }

    /// `command.query(&mut client)`.
    fn is_lent(&self, mention: ExpressionId) -> bool {
        let whole = self.outline.whole(mention);
        let call = self.outline.given_to(whole).filter(|_| whole != mention);
        let callee = call.and_then(|call| self.outline.as_call(call));
        match callee.map(|call| self.outline.form(call.callee)) {
            Some(CodeExpressionForm::Member(_, name)) => self.words.borrows(name),
            _ => false,
        }
    }

    /// The variable is called upon or given to calls in its block: it is not returned or stored.
    fn stays_or_is_lent(&self, variable: &HoldingVariable<'c>) -> bool {
        self.mentions(variable).all(|mention| {
            self.outline.member_of(mention).is_some()
                || self.outline.given_to(mention).is_some()
                || self.outline.is_target(mention)
        })
    }

    /// The variable is returned, and otherwise only called upon.
    fn is_only_returned(&self, variable: &HoldingVariable<'c>) -> bool {
        self.mentions(variable)
            .all(|mention| self.outline.member_of(mention).is_some() || self.is_returned(mention))
    }

    fn is_returned(&self, id: ExpressionId) -> bool {
        let whole = self.outline.whole(id);
        let listed =
            |outer: &ExpressionId| matches!(self.outline.form(*outer), CodeExpressionForm::List(_));
        let at = self.outline.around(whole).filter(listed).unwrap_or(whole);
        match self.outline.holder(at) {
            ExpressionHolder::Statement(statement) => {
                let place = self.outline.place_of(statement);
                matches!(place.statement.form, StatementForm::Return(_))
            }
            _ => false,
        }
    }

    /// The variable is closed, and nothing calls it again and again or at another time.
    fn is_closed(&self, variable: &HoldingVariable<'c>) -> bool {
        let closes = |mention: ExpressionId| {
            let called = self.outline.member_of(mention);
            called.is_some_and(|(_, name)| self.words.closes(name))
        };
        let mut mentions = self.mentions(variable);
        let closed = variable.within || mentions.any(closes);
        closed
            && !self
                .mentions(variable)
                .any(|mention| self.repeats(mention, variable))
    }

    /// A mention stands in a loop below the block of its variable, or in a function that may run at
    /// another time or more than once.
    fn repeats(&self, mention: ExpressionId, variable: &HoldingVariable<'c>) -> bool {
        let mut at = self.outline.statement_of(mention);
        while let Some(statement) = at {
            for (_, place) in self.outline.outwards(statement) {
                let form = &place.statement.form;
                if matches!(form, StatementForm::Loop(_) | StatementForm::Spawn(_)) {
                    return true;
                }
                if std::ptr::eq(place.block, variable.block) {
                    break;
                }
            }
            let function = self.outline.place_of(statement).function;
            if function == Some(variable.function) {
                return false;
            }
            // Each round leaves one closure, so that it ends.
            at = function.and_then(|function| self.find_only_run(function));
        }
        true
    }

    /// The statement that alone runs a function without a name: it calls it where it is written, then
    /// or at the end of its own function.
    fn find_only_run(&self, function: FunctionId) -> Option<StatementId> {
        let closure = self.outline.closure(function)?;
        let call = self.outline.call_of(self.outline.whole(closure))?;
        match self.outline.holder(call) {
            ExpressionHolder::Statement(statement) => Some(statement),
            _ => None,
        }
    }

    /// What is built is closed where the statement ends that it stands in the head of.
    fn is_closed_by_statement(&self, id: ExpressionId) -> bool {
        match self.outline.holder(self.outline.whole(id)) {
            ExpressionHolder::Statement(statement) => {
                let place = self.outline.place_of(statement);
                matches!(place.statement.form, StatementForm::Within { .. })
            }
            _ => false,
        }
    }

    /// The function that returns what an expression makes, and does nothing else with it.
    fn find_returning(&self, id: ExpressionId) -> Option<FunctionId> {
        let function = self
            .outline
            .function_of(id)
            .filter(|_| self.is_returned(id))?;
        let form = self.outline.function(function);
        let known = match form.is_method() {
            true => seen::is_only_one(self.seen, form),
            false => self.outline.closure(function).is_none(),
        };
        known.then_some(function)
    }

    /// Nothing but the code that is seen can call the function, and every caller drops the client that
    /// it gives: `_, err := open(..)`.
    fn all_drop(&self, function: FunctionId) -> bool {
        let name = &self.outline.function(function).name;
        let sites = match self.seen.is_private(name) {
            true => seen::find_sites(self.seen, name).unwrap_or_default(),
            false => return false,
        };
        let drops = |site: &CodeSite<'c>| {
            let bound = site.call().and_then(|call| site.outline.bound_by(call));
            matches!(bound, Some((BoundTarget::Name("_"), _)))
        };
        !sites.is_empty() && sites.iter().all(drops)
    }

    /// Nothing but the code that is seen can call the function, and its callers close what they got in
    /// the function that called it; some may make it for somebody who asks for one.
    fn all_close(&self, function: FunctionId) -> bool {
        let name = &self.outline.function(function).name;
        if !self.seen.is_private(name) {
            return false;
        }
        let Some(sites) = seen::find_sites(self.seen, name) else {
            return false;
        };
        let uses: Option<Vec<ClientUse>> = sites.iter().map(|site| self.use_at(site)).collect();
        let Some(uses) = uses else { return false };
        let made = |one: &ClientUse| *one == ClientUse::MadeOnDemand;
        uses.contains(&ClientUse::Closed) || (!uses.is_empty() && uses.iter().all(made))
    }

    /// What a caller does with the client that a function gives it.
    fn use_at(&self, site: &CodeSite<'c>) -> Option<ClientUse> {
        let call = site.call()?;
        let caller = LifetimeReader {
            seen: self.seen,
            words: self.words,
            outline: Rc::clone(&site.outline),
        };
        if caller.is_returned(call) {
            let function = caller.outline.function_of(call)?;
            let closure = caller.outline.closure(function);
            return closure.map(|_| ClientUse::MadeOnDemand);
        }
        let variable = caller.own_variable(call)?;
        if !caller.stays_or_is_lent(&variable) {
            return None;
        }
        if caller.is_closed(&variable) {
            return Some(ClientUse::Closed);
        }
        caller
            .closes_at_end(&variable)
            .then_some(ClientUse::ClosedAtEnd)
    }

    /// The variable is closed when its function ends, however long that runs.
    fn closes_at_end(&self, variable: &HoldingVariable<'c>) -> bool {
        self.mentions(variable).any(|mention| {
            let Some((member, name)) = self.outline.member_of(mention) else {
                return false;
            };
            let call = self.outline.call_of(member);
            let (Some(call), Some(statement)) = (call, self.outline.statement_of(mention)) else {
                return false;
            };
            let alone = matches!(self.outline.holder(call), ExpressionHolder::Statement(_));
            let at_end = alone && self.is_deferred(statement) || self.stands_in_deferred(statement);
            at_end && self.words.closes(name)
        })
    }

    fn is_deferred(&self, statement: StatementId) -> bool {
        let place = self.outline.place_of(statement);
        matches!(place.statement.form, StatementForm::Defer(_))
    }

    /// The statement stands in a function without a name that runs where its outer function ends.
    fn stands_in_deferred(&self, statement: StatementId) -> bool {
        let function = self.outline.place_of(statement).function;
        let run = function.and_then(|function| self.find_only_run(function));
        run.is_some_and(|run| self.is_deferred(run))
    }

    /// All uses of fields of the name that a client is put into subscribe with it.
    fn only_subscribes_by_field(&self, id: ExpressionId) -> bool {
        let field = match self.outline.bound_by(id) {
            Some((BoundTarget::Field(name), _)) => Some(name),
            _ => self.outline.key_of(id),
        };
        let Some(name) = field else { return false };
        let Some(files) = self.seen.naming(name) else {
            return false;
        };
        let mut called = Vec::new();
        for file in files {
            let outline = self.seen.outline(file);
            let members = outline.members(name).iter();
            let read = members.filter(|member| !outline.is_target(**member));
            called.extend(read.map(|member| Some(outline.member_of(*member)?.1)));
        }
        self.words.only_subscribes(&called)
    }
}

/// Whether a function says that a name is not its own.
fn is_of_file(body: &CodeBlock, name: &str) -> bool {
    let mut todo = vec![body];
    while let Some(block) = todo.pop() {
        for statement in block {
            match &statement.form {
                StatementForm::Outer(names) if names.iter().any(|own| own == name) => return true,
                form => todo.extend(form.blocks()),
            }
        }
    }
    false
}

/// The block ends the loop or the function by itself: its body runs once.
fn leaves(block: &CodeBlock) -> bool {
    block.last().is_some_and(|last| last.form.leaves())
}
