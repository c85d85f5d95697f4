//! What holds where an environment variable is not set: tests of a variable's presence, of its text
//! and of the figure that is read from it. What they guard needs the variable; the rest is the
//! fallback. A test that is not understood tells nothing.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, Precondition};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::syntax::code::{self, CodeGrammar};

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
        ConstValue::Text(text) => (fold::parsed(function, &text)?, fold::unknown("an error")),
        ConstValue::Unknown(reason) => {
            let name = reason.variable()?;
            let error = ConstValue::Unknown(Cause::VariableReadError(name.to_owned()));
            (ConstValue::Unknown(reason), error)
        }
        ConstValue::Fallback(fallback) => {
            let ConstValue::Text(text) = &fallback.value else {
                return None;
            };
            let value = fold::parsed(function, text)?;
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

/// Whether a condition holds where a variable is not set.
pub(super) struct VariableTest {
    variable: String,
    pub(super) holds: bool,
    asks: fn(String) -> Precondition,
}

impl VariableTest {
    /// What the other side of the condition needs.
    pub(super) fn needs(self) -> Vec<Precondition> {
        let need = (self.asks)(self.variable.clone());
        let set =
            matches!(need, Precondition::Readable(_)).then(|| Precondition::Set(self.variable));
        set.into_iter().chain([need]).collect()
    }
}

impl<'t> GoFileReader<'t, '_, '_> {
    /// What a condition says where the variable that it asks about is not set. The condition has
    /// been evaluated already: only names and constants are looked at.
    pub(super) fn without_variable(&self, condition: Node<'t>) -> Option<VariableTest> {
        match condition.kind() {
            "parenthesized_expression" => {
                self.without_variable(code::children(condition).first().copied()?)
            }
            "identifier" => {
                let ConstValue::Unknown(Cause::VariablePresence(variable)) =
                    self.held(condition)?
                else {
                    return None;
                };
                Some(VariableTest {
                    variable: variable.clone(),
                    holds: false,
                    asks: Precondition::Set,
                })
            }
            "unary_expression" if self.text(condition).starts_with('!') => {
                let test = self.without_variable(code::field(condition, "operand")?)?;
                Some(VariableTest {
                    holds: !test.holds,
                    ..test
                })
            }
            "binary_expression" => self.without_either(condition),
            _ => None,
        }
    }

    fn without_either(&self, condition: Node<'t>) -> Option<VariableTest> {
        let (left, right) = code::field(condition, "left").zip(code::field(condition, "right"))?;
        let operator = self.text(code::field(condition, "operator")?);
        let decided = match operator {
            "&&" => false,
            "||" => true,
            _ => {
                let (variable, empty) = self.where_unset(left)?;
                let is_length = left.kind() == "call_expression";
                return Some(VariableTest {
                    variable,
                    holds: compared(operator, empty, right.kind(), self.text(right))?,
                    asks: match empty {
                        UnsetValue::Error => Precondition::Readable,
                        UnsetValue::Zero if right.kind() == "int_literal" && !is_length => {
                            Precondition::Figure
                        }
                        UnsetValue::Zero | UnsetValue::Nil => Precondition::Set,
                    },
                });
            }
        };
        let tests = [self.without_variable(left), self.without_variable(right)];
        let mut tests = tests.into_iter().flatten();
        tests.find(|test| test.holds == decided)
    }

    /// The variable that a value comes from, and what the value is where that is not set.
    fn where_unset(&self, value: Node<'t>) -> Option<(String, UnsetValue)> {
        if value.kind() == "call_expression" {
            let function = code::field(value, "function")?;
            let arguments = self.arguments(value);
            let [argument] = arguments.as_slice() else {
                return None;
            };
            if self.text(function) == "len" && argument.kind() == "identifier" {
                return self.where_unset(*argument);
            }
            let (package, name) =
                code::field(function, "operand").zip(code::field(function, "field"))?;
            let reads = self.package_of(package) == Some("os") && self.text(name) == "Getenv";
            let variable = CodeGrammar::Go
                .string_value(self.text(*argument))
                .filter(|_| reads)?;
            return Some((variable, UnsetValue::Zero));
        }
        let ConstValue::Unknown(cause) = self.held(value)? else {
            return None;
        };
        Some(match cause {
            Cause::VariableReadError(name) => (name.clone(), UnsetValue::Error),
            Cause::FallbackReadError(name) => (name.clone(), UnsetValue::Nil),
            Cause::EnvironmentVariable(name) => (name.clone(), UnsetValue::Zero),
            _ => return None,
        })
    }

    fn held(&self, name: Node<'t>) -> Option<&ConstValue> {
        if name.kind() != "identifier" {
            return None;
        }
        match self.state.get(self.text(name))? {
            GoExprValue::Plain(folded) => Some(folded),
            _ => None,
        }
    }
}

/// What a value is where its variable is not set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnsetValue {
    /// Empty text, or the figure zero.
    Zero,
    Error,
    Nil,
}

fn compared(operator: &str, value: UnsetValue, kind: &str, text: &str) -> Option<bool> {
    match (value, kind, text) {
        (UnsetValue::Error, "nil", _) => equal(operator, false),
        (UnsetValue::Nil, "nil", _) => equal(operator, true),
        (UnsetValue::Zero, _, "\"\"" | "``") => equal(operator, true),
        (UnsetValue::Zero, "interpreted_string_literal" | "raw_string_literal", _) => {
            equal(operator, false)
        }
        (UnsetValue::Zero, "int_literal", _) => {
            let other = CodeGrammar::Go.int_value(text)?;
            match operator {
                "<" => Some(0 < other),
                "<=" => Some(0 <= other),
                ">" => Some(0 > other),
                ">=" => Some(0 >= other),
                _ => equal(operator, other == 0),
            }
        }
        _ => None,
    }
}

/// Whether `==` or `!=` holds for values that are the same, or not.
fn equal(operator: &str, same: bool) -> Option<bool> {
    match operator {
        "==" => Some(same),
        "!=" => Some(!same),
        _ => None,
    }
}
