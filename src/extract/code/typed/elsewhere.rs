//! Values that stand elsewhere in the package than where they are used: what all callers of a function
//! give a parameter, and what a field of options is given once. They are worked out where they stand,
//! with nothing known of the variables around them.

use crate::extract::code::form::{
    CodeExpressionForm, ExpressionId, FunctionId, ParameterTakes, StatementForm,
};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::scope::list_of;
use crate::extract::code::seen;
use crate::extract::code::value::{CodePlace, CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};

/// A function that is called from more places is not followed to its callers.
const MAX_CALLERS: usize = 8;

impl<'p> CodeInterpreter<'p, '_> {
    /// Gives the parameters of a function that only its package can call what all its callers agree on.
    pub(super) fn agree_on_parameters(&mut self, (file, id): (FileAt, FunctionId)) {
        let function = self.project.file(file).function(id);
        let (name, method) = (function.name.as_str(), function.receiver.is_some());
        let scope = self.scope();
        let known = match method {
            true => scope.methods.contains_key(name),
            false => scope.functions.contains_key(name),
        };
        if !known || !self.project.front.is_private(name) {
            return;
        }
        let sites = seen::find_sites(&self.seen_here(), name).unwrap_or_default();
        if sites.len() > MAX_CALLERS {
            return;
        }
        let calls: Option<Vec<(FileAt, Vec<ExpressionId>)>> = sites
            .iter()
            .map(|site| {
                let call = site.call().filter(|_| site.selected == method)?;
                let arguments = site.outline.as_call(call)?.arguments.iter();
                Some((
                    site.file,
                    arguments.map(|argument| argument.value).collect(),
                ))
            })
            .collect();
        // A function that is handed on has callers that are not seen.
        let Some(calls) = calls.filter(|calls| !calls.is_empty()) else {
            return;
        };
        for (position, parameter) in function.parameters.iter().enumerate() {
            if parameter.takes != ParameterTakes::One {
                return;
            }
            if parameter.name.is_empty() {
                continue;
            }
            if let Some(value) = self.agree_on_argument(&calls, position) {
                let ty = parameter.ty.as_ref();
                let value = self.apply_type(value, ty);
                self.hold_parameter(&parameter.name, ty, &value);
                self.declare(&parameter.name, value);
            }
        }
    }

    fn agree_on_argument(
        &mut self,
        calls: &[(FileAt, Vec<ExpressionId>)],
        position: usize,
    ) -> Option<CodeValue> {
        let mut agreed: Option<ConstValue> = None;
        for (file, arguments) in calls {
            match self.value_at((*file, *arguments.get(position)?))? {
                CodeValue::Plain(ConstValue::Unknown(_)) => return None,
                CodeValue::Plain(value) if agreed.as_ref().is_none_or(|a| *a == value) => {
                    agreed = Some(value);
                }
                // Options of one caller are what the function gets; several are never one.
                options @ CodeValue::Options(_) if calls.len() == 1 => return Some(options),
                _ => return None,
            }
        }
        agreed.map(CodeValue::Plain)
    }

    /// The value of an expression where it stands, nothing being known of the variables around it.
    pub(super) fn value_at(&mut self, (file, id): CodePlace) -> Option<CodeValue> {
        let outline = self.outline_of(file);
        let function = outline.named_function_of(id);
        let mut hidden = Vec::new();
        if let Some(function) = function {
            let function = outline.function(function);
            for statement in outline.statements_within(&function.range) {
                let declares = match &statement.form {
                    StatementForm::Assign { declares, .. } => *declares,
                    StatementForm::Declare { .. } => true,
                    _ => false,
                };
                if declares {
                    hidden.extend(outline.names_bound_by(statement));
                }
            }
            hidden.extend(function.receiver_name.as_deref());
            let within = outline.file.functions.iter().filter(|own| {
                own.range.start >= function.range.start && own.range.end <= function.range.end
            });
            let parameters = within.flat_map(|own| &own.parameters);
            hidden.extend(parameters.map(|parameter| parameter.name.as_str()));
        }
        self.evaluate_at((file, id), hidden.into_iter(), None)
    }

    /// The options that a field is given in the one place of the package that gives it any.
    pub(super) fn options_of_field(&mut self, field: &str) -> Option<CodeValue> {
        let scope = self.scope();
        if !scope.of_library.contains(field) || self.frame().typed.in_place {
            return None;
        }
        let mut found: Vec<CodePlace> = Vec::new();
        for at in self.own_files() {
            let code = self.project.file(at);
            for expression in &code.expressions {
                if let CodeExpressionForm::Literal(literal) = &expression.form {
                    let named = literal
                        .entries
                        .iter()
                        .filter(|(key, _)| key.is_some_and(|key| code.text(key) == field));
                    found.extend(named.map(|(_, value)| (at, *value)));
                }
            }
            code.visit_statements(|statement| {
                let StatementForm::Assign {
                    targets,
                    value,
                    declares: false,
                } = &statement.form
                else {
                    return;
                };
                let targets = targets.iter().flat_map(|target| list_of(code, *target));
                let is_it = |id: ExpressionId| matches!(&code.expression(id).form, CodeExpressionForm::Member(_, name) if name == field);
                if targets.into_iter().any(is_it) {
                    found.extend(list_of(code, *value).first().map(|value| (at, *value)));
                }
            });
        }
        let [(file, value)] = found[..] else {
            return None;
        };
        let code = self.project.file(file);
        let literal = match &code.expression(value).form {
            CodeExpressionForm::Unary(_, operand) => *operand,
            _ => value,
        };
        if !matches!(
            code.expression(literal).form,
            CodeExpressionForm::Literal(_)
        ) {
            return None;
        }
        let CodeValue::Options(id) = self.value_at((file, value))? else {
            return None;
        };
        let written = scope.field_writes().iter();
        let later: Vec<&str> = written
            .filter(|(holder, _)| *holder == field)
            .map(|(_, part)| *part)
            .collect();
        let object = self.options_mut(id)?;
        let span = object.literal?;
        object.insert = EditTarget::None;
        for part in later {
            object.write(OptionWrite {
                ident: part.to_owned(),
                value: ConstValue::Unknown(Cause::AssignedField(format!("{field}.{part}"))),
                span,
                conditional: true,
                wrapped: None,
                slot: EditTarget::None,
            });
        }
        Some(CodeValue::Options(id))
    }
}
