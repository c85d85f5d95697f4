//! How Go reads variables of the environment: whether one is set, and the figures in its text. What a
//! branch that asks for one needs is worked out by `extract::code::precondition`.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::code::form::{CodeExpressionForm, CodeFile, ExpressionId};
use crate::extract::code::precondition::{VariableTest, VariableTests, tells_of_variable};
use crate::extract::go::names;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::GoExprValue;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

/// Whether this variable is set.
pub(super) fn is_set(variable: &str) -> ConstValue {
    ConstValue::Unknown(Cause::VariablePresence(variable.to_owned()))
}

pub(super) fn is_parser(function: &str) -> bool {
    matches!(
        function,
        "Atoi" | "ParseInt" | "ParseUint" | "ParseBool" | "ParseFloat" | "ParseDuration"
    )
}

/// The value that a parser reads from text, and its error. A variable that is read as a figure is
/// still that variable.
pub(super) fn parse<'t>(function: &str, text: ConstValue) -> Option<Vec<GoExprValue<'t>>> {
    let (value, error) = match text {
        ConstValue::Text(text) => (
            fold::parse_text(function, &text)?,
            fold::unknown("an error"),
        ),
        ConstValue::Unknown(reason) => {
            let name = reason.variable()?;
            let error = ConstValue::Unknown(Cause::VariableReadError(name.to_owned()));
            (ConstValue::Unknown(reason), error)
        }
        ConstValue::Fallback(fallback) => {
            let ConstValue::Text(text) = &fallback.value else {
                return None;
            };
            let value = fold::parse_text(function, text)?;
            let error = match &fallback.variable {
                Some(name) => ConstValue::Unknown(Cause::FallbackReadError(name.to_owned())),
                None => fold::unknown("an error"),
            };
            let value = fold::with_fallback(fallback.source, fallback.variable, value);
            (value, error)
        }
        _ => return None,
    };
    Some(vec![GoExprValue::Plain(value), GoExprValue::Plain(error)])
}

impl<'t> GoFileReader<'t, '_, '_> {
    /// What a condition says where the variable that it asks about is not set. The condition has
    /// been evaluated already: only names and reads of variables are looked at.
    pub(super) fn without_variable(&self, condition: Node<'t>) -> Option<VariableTest> {
        let names = names::find_mentioned(self.tree(), condition).into_iter();
        let mut asks = names.filter(|name| match self.state.get(name) {
            Some(GoExprValue::Plain(value)) => tells_of_variable(value),
            Some(_) => false,
            None => self.here().other_package(name) == Some("os"),
        });
        // Most conditions ask for no variable: for them the file need not be lowered.
        asks.next()?;
        let outline = self.here().outline();
        let id = outline.at_range(&condition.byte_range())?;
        let mut held = |id| self.held(outline.file, id);
        let mut tests = VariableTests {
            file: outline.file,
            missing: ConstValue::Text(String::new()),
            held: &mut held,
        };
        tests.test(id)
    }

    fn held(&self, file: &CodeFile, id: ExpressionId) -> Option<ConstValue> {
        match &file.expression(id).form {
            CodeExpressionForm::Name(name) => match self.state.get(name)? {
                GoExprValue::Plain(value) => Some(value.clone()),
                _ => None,
            },
            CodeExpressionForm::Call(call) => {
                let (package, function) = match &file.expression(call.callee).form {
                    CodeExpressionForm::Member(package, function) => (*package, function),
                    _ => return None,
                };
                let CodeExpressionForm::Name(package) = &file.expression(package).form else {
                    return None;
                };
                let free = self.state.get(package).is_none() && !self.declared.declares(package);
                let reads = free
                    && self.here().other_package(package) == Some("os")
                    && function == "Getenv";
                let variable = match &call.arguments[..] {
                    [only] if reads => &file.expression(only.value).form,
                    _ => return None,
                };
                match variable {
                    CodeExpressionForm::Constant(ConstValue::Text(name)) => {
                        Some(fold::from_environment(name))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}
