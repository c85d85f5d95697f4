//! The types of expressions, as far as declarations say them: looked up by name, without running
//! anything. A name that is bound twice in a function has none.

use crate::extract::code::form::{
    CodeExpressionForm, ExpressionId, FieldForm, FunctionId, StatementForm, TypeForm,
};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::outline::CodeOutline;
use crate::extract::code::value::FileAt;

/// How far a configuration may lead from struct to struct.
const MAX_DEPTH: u32 = 6;

/// A type, and the file that it stands in.
pub(super) type TypeInFile<'p> = (FileAt, &'p TypeForm);

/// What a name is bound to.
enum NameBinding<'p> {
    Type(&'p TypeForm),
    /// A value, or one of the results of a call.
    Value(ExpressionId, usize),
    Other,
}

impl<'p> CodeInterpreter<'p, '_> {
    pub(super) fn type_of(&self, id: ExpressionId, depth: u32) -> Option<TypeInFile<'p>> {
        if depth > MAX_DEPTH {
            return None;
        }
        match &self.code().expression(id).form {
            CodeExpressionForm::Member(holder, field) => {
                let holder = self.type_of(*holder, depth + 1)?;
                let (file, declaration) = self.field_of_type(holder, field, 0)?;
                Some((file, &declaration.ty))
            }
            CodeExpressionForm::Name(name) => self.type_of_name(id, name, depth),
            CodeExpressionForm::Literal(literal) => Some((self.here(), literal.ty.as_ref()?)),
            CodeExpressionForm::Unary(_, operand) => self.type_of(*operand, depth + 1),
            CodeExpressionForm::Call(_) => self.type_of_result(id, 0),
            _ => None,
        }
    }

    /// The type of a name: of the innermost function that binds it, or of the package.
    fn type_of_name(&self, id: ExpressionId, name: &str, depth: u32) -> Option<TypeInFile<'p>> {
        let outline = self.outline();
        let mut function = outline.function_of(id);
        while let Some(around) = function {
            match bindings(&outline, around, name)[..] {
                [] => {}
                [NameBinding::Type(ty)] => return Some((self.here(), ty)),
                [NameBinding::Value(value, result)] => {
                    return match &self.code().expression(value).form {
                        CodeExpressionForm::Call(_) => self.type_of_result(value, result),
                        _ => self.type_of(value, depth + 1),
                    };
                }
                _ => return None,
            }
            let closure = outline.closure(around);
            function = closure.and_then(|closure| outline.function_of(closure));
        }
        let scope = self.scope();
        let variable = scope.variables.get(name)?;
        let ty = variable.ty.or_else(|| {
            let code = self.project.file(variable.file);
            let value = variable.value?;
            let literal = match &code.expression(value).form {
                CodeExpressionForm::Unary(_, operand) => *operand,
                _ => value,
            };
            match &code.expression(literal).form {
                CodeExpressionForm::Literal(literal) => literal.ty.as_ref(),
                _ => None,
            }
        })?;
        Some((variable.file, ty))
    }

    /// The type of a result of a function of the package, of one that makes a value included.
    fn type_of_result(&self, id: ExpressionId, at: usize) -> Option<TypeInFile<'p>> {
        let code = self.code();
        let CodeExpressionForm::Call(call) = &code.expression(id).form else {
            return None;
        };
        let CodeExpressionForm::Name(name) = &code.expression(call.callee).form else {
            return None;
        };
        if self.words()?.makes_value(name) {
            return match &code.expression(call.arguments.first()?.value).form {
                CodeExpressionForm::Type(ty) => Some((self.here(), ty)),
                _ => None,
            };
        }
        let (file, function) = *self.scope().functions.get(name.as_str())?;
        let results = &self.project.file(file).function(function).results;
        Some((file, &results.get(at)?.1))
    }

    /// The declaration of a struct's field, through what it embeds.
    pub(super) fn field_of_type(
        &self,
        ty: TypeInFile<'p>,
        field: &str,
        depth: u32,
    ) -> Option<(FileAt, &'p FieldForm)> {
        let (file, fields) = self.struct_of(ty, depth)?;
        let named = |own: &&FieldForm| own.names.iter().any(|name| name == field);
        if let Some(declared) = fields.iter().find(named) {
            return Some((file, declared));
        }
        let mut embedded = fields.iter().filter(|own| own.names.is_empty());
        embedded.find_map(|own| self.field_of_type((file, &own.ty), field, depth + 1))
    }

    pub(super) fn struct_of(
        &self,
        (file, ty): TypeInFile<'p>,
        depth: u32,
    ) -> Option<(FileAt, &'p [FieldForm])> {
        if depth > MAX_DEPTH {
            return None;
        }
        match ty {
            TypeForm::Struct(fields) => Some((file, fields)),
            TypeForm::Pointer(inner) => self.struct_of((file, inner), depth + 1),
            TypeForm::Named(None, name) => {
                let declared = *self.scope().types.get(name.as_str())?;
                self.struct_of(declared, depth + 1)
            }
            _ => None,
        }
    }
}

/// The places of a function that bind a name, its function literals among them.
fn bindings<'p>(
    outline: &CodeOutline<'p>,
    function: FunctionId,
    name: &str,
) -> Vec<NameBinding<'p>> {
    let mut found = Vec::new();
    let range = &outline.function(function).range;
    let within = outline
        .file
        .functions
        .iter()
        .filter(|own| own.range.start >= range.start && own.range.end <= range.end);
    for parameter in within.flat_map(|own| &own.parameters) {
        if parameter.name == name {
            found.extend(parameter.ty.as_ref().map(NameBinding::Type));
        }
    }
    let receiver = outline.function(function).receiver_name.as_deref();
    if receiver == Some(name) {
        found.extend(
            outline
                .function(function)
                .receiver_type
                .as_ref()
                .map(NameBinding::Type),
        );
    }
    for statement in outline.binding_within(name, range) {
        match &statement.form {
            StatementForm::Declare { ty: Some(ty), .. } => found.push(NameBinding::Type(ty)),
            StatementForm::Declare { value, .. } => {
                found.extend(value.map(|value| NameBinding::Value(value, 0)));
            }
            StatementForm::Assign {
                targets,
                value,
                declares: true,
            } => {
                let names = targets
                    .iter()
                    .flat_map(|t| crate::extract::code::scope::list_of(outline.file, *t));
                let at = names
                    .into_iter()
                    .position(|id| outline.file.text(id) == name);
                let values = crate::extract::code::scope::list_of(outline.file, *value);
                let binding = at.and_then(|at| match values[..] {
                    [one] if outline.as_call(one).is_some() => Some(NameBinding::Value(one, at)),
                    _ => values.get(at).map(|value| NameBinding::Value(*value, 0)),
                });
                found.push(binding.unwrap_or(NameBinding::Other));
            }
            StatementForm::Loop(_) => found.push(NameBinding::Other),
            _ => {}
        }
    }
    found
}
