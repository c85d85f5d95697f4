//! How long a client lives, from where it is built: for one request, for one round of a loop, or for
//! a few calls in one function. Only what surely does not leave its function is told.

use super::form::{CodeExpressionForm, CodeFile, ExpressionId, FunctionForm, StatementForm};
use super::interpreter::CodeInterpreter;
use crate::facts::raw::ClientLifetime;
use crate::knowledge::clients::LibraryModel;
use crate::knowledge::clients::usage::HeldResource;

impl CodeInterpreter<'_, '_> {
    /// The lifetime of a client that an expression builds.
    pub(super) fn lifetime(&self, id: ExpressionId, library: &LibraryModel) -> ClientLifetime {
        let frame = self.frame();
        let code = self.code();
        let test = self.project.front.is_test(self.project.path(frame.file));
        let none = ClientLifetime {
            test,
            ..ClientLifetime::default()
        };
        let Some(function) = frame.function.map(|id| code.function(id)) else {
            return none;
        };
        let within = frame.closed.contains(&id);
        let bound = frame.bound.as_ref().filter(|(bound, _)| *bound == id);
        let name = bound.map(|(_, name)| name.as_str());
        if name.is_some_and(|name| frame.outer.contains(name)) {
            return none;
        }
        let called = match name {
            Some(name) => called_on_variable(code, function, name),
            None => called_on_expression(code, function, id),
        };
        let Some(called) = called.or_else(|| within.then(Vec::new)) else {
            return none;
        };
        let words = LifetimeWords::new(library);
        let closes = within || called.iter().any(|call| words.closes(call));
        ClientLifetime {
            per_request: self.serves_request(code, function),
            per_round: frame
                .loops
                .last()
                .is_some_and(|range| !differs_by_round(code, range, id)),
            short_lived: closes && !function.is_endless && !function.yields,
            // Nothing holds it behind the one call.
            for_a_check: name.is_none() && !within && !words.subscribes(&called),
            subscribes: words.subscribes(&called),
            ..none
        }
    }

    /// Whether a function serves one request: a decorator or its first parameter says so, in a file
    /// that names the package of either.
    fn serves_request(&self, code: &CodeFile, function: &FunctionForm) -> bool {
        let text = code.excerpt.text();
        let rows = self.project.conventions.handler.iter();
        let mut rows = rows.filter(|row| text.contains(row.package.as_str()));
        rows.any(|row| {
            let decorated = function.decorators.iter().any(|id| {
                let id = match &code.expression(*id).form {
                    CodeExpressionForm::Call(call) => call.callee,
                    _ => *id,
                };
                match &code.expression(id).form {
                    CodeExpressionForm::Member(_, name) | CodeExpressionForm::Name(name) => {
                        row.decorators.contains(name)
                    }
                    _ => false,
                }
            });
            let mut parameters = function.parameters.iter().take(2);
            decorated || parameters.any(|parameter| row.parameters.contains(&parameter.name))
        })
    }
}

/// The calls by which a library's clients are closed, asked whether their server answers, and turned
/// into subscribers.
struct LifetimeWords<'m> {
    library: &'m LibraryModel,
}

impl<'m> LifetimeWords<'m> {
    fn new(library: &'m LibraryModel) -> Self {
        Self { library }
    }

    fn closes(&self, call: &str) -> bool {
        let row = self.library.model().and_then(|model| model.close.as_ref());
        row.is_some_and(|row| row.call.split('|').any(|own| own == call))
    }

    /// All of them subscribe, ask whether the server answers, or close.
    fn subscribes(&self, called: &[&str]) -> bool {
        let rows = self.library.model().map_or(&[][..], |m| &m.blocking[..]);
        let subscribes = |call: &str| {
            let mut rows = rows.iter();
            rows.any(|row| row.call == call && row.holds == HeldResource::OwnConnection)
        };
        let probes = &self.library.head.client.probes;
        let harmless =
            |call: &str| subscribes(call) || self.closes(call) || probes.iter().any(|p| p == call);
        called.iter().any(|call| subscribes(call)) && called.iter().all(|call| harmless(call))
    }
}

/// The methods that are called on a variable of a function; nothing where it is returned, stored,
/// handed on or captured, or where no variable is called so.
fn called_on_variable<'c>(
    code: &'c CodeFile,
    function: &FunctionForm,
    name: &str,
) -> Option<Vec<&'c str>> {
    let names = |id: ExpressionId| matches!(&code.expression(id).form, CodeExpressionForm::Name(own) if own == name);
    let mut all = 0;
    let mut called = Vec::new();
    for id in code.within(&function.range) {
        match &code.expression(id).form {
            CodeExpressionForm::Name(own) if own == name => all += 1,
            CodeExpressionForm::Call(call) => {
                if let CodeExpressionForm::Member(base, method) = &code.expression(call.callee).form
                    && names(*base)
                {
                    called.push(method.as_str());
                }
            }
            _ => {}
        }
    }
    let assigned = targets(&function.body, &names);
    let is_local = assigned > 0 || declares(&function.body, name);
    (is_local && all == called.len() + assigned).then_some(called)
}

/// Whether a block declares a name with a type.
fn declares(block: &[StatementForm], name: &str) -> bool {
    block.iter().any(|statement| match statement {
        StatementForm::Declare { name: own, .. } => own == name,
        StatementForm::Branch(arms) => arms.iter().any(|arm| declares(&arm.body, name)),
        StatementForm::Loop { body, .. }
        | StatementForm::Within { body, .. }
        | StatementForm::Attempt { body, .. } => declares(body, name),
        _ => false,
    })
}

/// How often a block assigns to such a name, in all that is nested in it.
fn targets(block: &[StatementForm], names: &dyn Fn(ExpressionId) -> bool) -> usize {
    let count = |ids: &[ExpressionId]| ids.iter().filter(|id| names(**id)).count();
    block
        .iter()
        .map(|statement| match statement {
            StatementForm::Assign { targets, .. } => count(targets),
            StatementForm::Branch(arms) => arms.iter().map(|arm| targets(&arm.body, names)).sum(),
            StatementForm::Loop { body, .. } => targets(body, names),
            StatementForm::Within { items, body } => {
                let bound: Vec<ExpressionId> = items.iter().filter_map(|(_, t)| *t).collect();
                count(&bound) + targets(body, names)
            }
            StatementForm::Attempt {
                body,
                handlers,
                otherwise,
                finally,
            } => {
                let handled: usize = handlers.iter().map(|block| targets(block, names)).sum();
                targets(body, names) + targets(otherwise, names) + targets(finally, names) + handled
            }
            _ => 0,
        })
        .sum()
}

/// The method that is called on the very expression that builds the client, which then is gone.
fn called_on_expression<'c>(
    code: &'c CodeFile,
    function: &FunctionForm,
    id: ExpressionId,
) -> Option<Vec<&'c str>> {
    let mut all = code.within(&function.range);
    all.find_map(|other| match &code.expression(other).form {
        CodeExpressionForm::Call(call) => match &code.expression(call.callee).form {
            CodeExpressionForm::Member(base, method) if code.seen_through(*base) == id => {
                Some(vec![method.as_str()])
            }
            _ => None,
        },
        _ => None,
    })
}

/// What is built names something that the loop binds: there is one for each of several.
fn differs_by_round(code: &CodeFile, range: &std::ops::Range<usize>, id: ExpressionId) -> bool {
    let built = code.expression(id).range.clone();
    let head = range.start..built.start;
    let before: Vec<&str> = code
        .within(&head)
        .filter_map(|id| match &code.expression(id).form {
            CodeExpressionForm::Name(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let CodeExpressionForm::Call(call) = &code.expression(id).form else {
        return true;
    };
    let mut inside = code.within(&call.brackets);
    inside.any(|id| match &code.expression(id).form {
        CodeExpressionForm::Name(name) => before.contains(&name.as_str()),
        _ => false,
    })
}
