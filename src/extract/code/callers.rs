//! Parameters of functions that build clients: what every call in the project gives them. Calls that
//! cannot be seen leave a parameter open.

use std::rc::Rc;

use super::fold;
use super::form::{ArgumentName, CallForm, CodeExpressionForm, ExpressionId, FunctionId};
use super::interpreter::{CallSiteForm, CodeInterpreter};
use super::value::{CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

impl<'p> CodeInterpreter<'p, '_> {
    /// The value of a parameter on which all calls agree; with a default, that where none is given.
    pub(super) fn by_callers(
        &mut self,
        (file, id): (FileAt, FunctionId),
        position: usize,
    ) -> CodeValue {
        let project = self.project;
        let code = project.file(file);
        let function = code.function(id);
        let parameter = &function.parameters[position];
        let is_constructor = function.name == project.front.constructor_name();
        let called = match (is_constructor, function.class) {
            (true, Some(class)) => &code.class(class).name,
            _ => &function.name,
        };
        let cause = Cause::CallersOf(called.clone());
        // The receiver is no argument.
        let skipped = usize::from(function.class.is_some());
        let text = code
            .excerpt
            .text()
            .get(function.range.clone())
            .unwrap_or("");
        if position < skipped || !project.builds(text) {
            return CodeValue::unknown(Cause::Expression(parameter.name.clone()));
        }
        let default = parameter
            .default
            .map(|default| self.elsewhere(file, default));
        let Some(sites) = self.call_sites(called) else {
            return CodeValue::unknown(cause);
        };
        let mut agreed: Option<CodeValue> = None;
        for (at, call) in sites.iter() {
            let given = argument(call, (position - skipped, &parameter.name));
            let value = match given {
                Ok(Some(id)) => self.elsewhere(*at, id),
                Ok(None) => match &default {
                    Some(default) => default.clone(),
                    None => return CodeValue::unknown(cause),
                },
                Err(()) => return CodeValue::unknown(cause),
            };
            match &agreed {
                Some(other) if *other != value => return CodeValue::unknown(cause),
                _ => agreed = Some(value),
            }
        }
        // Files that name no library are not read: they may call what is not called after one.
        match (agreed, default) {
            (Some(value), _) if project.names_library(called) => value,
            (None, Some(default)) | (Some(_), Some(default)) => match default {
                CodeValue::Plain(value @ (ConstValue::Unknown(_) | ConstValue::Fallback(_))) => {
                    CodeValue::Plain(value)
                }
                CodeValue::Plain(ConstValue::Nil) => CodeValue::unknown(cause),
                CodeValue::Plain(value) => {
                    CodeValue::Plain(fold::with_fallback(cause, None, value))
                }
                _ => CodeValue::unknown(cause),
            },
            _ => CodeValue::unknown(cause),
        }
    }

    /// The calls of a function of this name outside of tests; nothing where not all can be told.
    fn call_sites(&mut self, name: &str) -> Option<Rc<Vec<CallSiteForm<'p>>>> {
        if let Some(known) = self.call_sites.get(name) {
            return known.clone();
        }
        let found = self.find_call_sites(name).map(Rc::new);
        self.call_sites.insert(name.to_owned(), found.clone());
        found
    }

    fn find_call_sites(&self, name: &str) -> Option<Vec<CallSiteForm<'p>>> {
        let project = self.project;
        let mut definitions = 0;
        let mut sites = Vec::new();
        for at in project.naming(name)? {
            let code = project.file(at);
            let functions = code.functions.iter().filter(|f| f.name == name).count();
            let classes = code.classes.iter().filter(|c| c.name == name).count();
            definitions += functions + classes;
            for expression in &code.expressions {
                let CodeExpressionForm::Call(call) = &expression.form else {
                    continue;
                };
                let called = match &code.expression(call.callee).form {
                    CodeExpressionForm::Name(own) | CodeExpressionForm::Member(_, own) => {
                        own == name
                    }
                    _ => false,
                };
                if called {
                    sites.push((at, call));
                }
            }
        }
        (definitions == 1).then_some(sites)
    }
}

/// The argument of a call at a position or of a name; an error where a spread may hold it.
fn argument(call: &CallForm, (position, name): (usize, &str)) -> Result<Option<ExpressionId>, ()> {
    let mut at = 0;
    let mut found = None;
    for argument in &call.arguments {
        match &argument.name {
            ArgumentName::Position => {
                if at == position {
                    found = Some(argument.value);
                }
                at += 1;
            }
            ArgumentName::Keyword(own) if own == name => found = Some(argument.value),
            ArgumentName::Keyword(_) => {}
            ArgumentName::Spread | ArgumentName::SpreadNamed => return Err(()),
        }
    }
    Ok(found)
}
