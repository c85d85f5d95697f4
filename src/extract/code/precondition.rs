//! What holds where a variable of the environment is not set: tests of a variable's presence, of its
//! text and of the figure that is read from it. What they guard needs the variable; the rest is the
//! fallback. A test that is not understood says nothing. How names and calls are evaluated is left to
//! the reader of the language.

use std::collections::BTreeSet;

use super::fold;
use super::form::{CodeExpressionForm, CodeFile, ExpressionId};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

/// Something without which control does not come to a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::extract) enum Precondition {
    /// The variable is set.
    Set(String),
    /// Its text is what the code wants to read.
    Readable(String),
    /// The figure that is read from it passes a test, which other figures than none may fail too.
    Figure(String),
}

impl Precondition {
    fn variable(&self) -> &str {
        match self {
            Self::Set(name) | Self::Readable(name) | Self::Figure(name) => name,
        }
    }
}

pub(in crate::extract) type Preconditions = BTreeSet<Precondition>;

/// What two branches need that join: variables that the one needs and the other does not.
#[derive(Default)]
pub(in crate::extract) struct BranchDifference<'n> {
    left: Vec<&'n Precondition>,
    right: Vec<&'n Precondition>,
}

impl<'n> BranchDifference<'n> {
    pub(in crate::extract) fn of(left: &'n Preconditions, right: &'n Preconditions) -> Self {
        Self {
            left: left.difference(right).collect(),
            right: right.difference(left).collect(),
        }
    }

    /// The value of which a variable's absence gives the other.
    pub(in crate::extract) fn fallback(
        &self,
        a: &ConstValue,
        b: &ConstValue,
    ) -> Option<ConstValue> {
        let joined = |need: &Precondition, set: &ConstValue, unset: &ConstValue| {
            let joined = fold::join_by_variable(need.variable(), set, unset)?;
            Some(match need {
                Precondition::Figure(_) => fold::replaced(joined),
                Precondition::Set(_) | Precondition::Readable(_) => joined,
            })
        };
        let left = self.left.iter().find_map(|need| joined(need, a, b));
        left.or_else(|| self.right.iter().find_map(|need| joined(need, b, a)))
    }

    /// Two values of which either may hold, named after what they come from.
    pub(in crate::extract) fn join(&self, ours: ConstValue, theirs: ConstValue) -> ConstValue {
        if ours == theirs {
            return ours;
        }
        if let Some(joined) = self.fallback(&ours, &theirs) {
            return joined;
        }
        match (ours, theirs) {
            // Another branch gives another value: it is not the variable's own any more.
            (ConstValue::Unknown(cause), _) | (_, ConstValue::Unknown(cause)) => {
                fold::derive_unknown(cause)
            }
            (ConstValue::Fallback(fallback), _) | (_, ConstValue::Fallback(fallback)) => {
                fold::derive_unknown(fallback.source)
            }
            // Two known values that differ: neither is made of the other.
            _ => ConstValue::Unknown(Cause::Branches),
        }
    }
}

/// Whether a condition holds where a variable is not set.
#[derive(Debug)]
pub(in crate::extract) struct VariableTest {
    variable: String,
    pub(in crate::extract) holds: bool,
    asks: fn(String) -> Precondition,
}

impl VariableTest {
    /// What the other side of the condition needs.
    pub(in crate::extract) fn needs(self) -> Vec<Precondition> {
        let need = (self.asks)(self.variable.clone());
        let set =
            matches!(need, Precondition::Readable(_)).then(|| Precondition::Set(self.variable));
        set.into_iter().chain([need]).collect()
    }
}

/// Whether a value is a variable of the environment, or says something of one.
pub(in crate::extract) fn tells_of_variable(value: &ConstValue) -> bool {
    match value {
        ConstValue::Unknown(cause) => matches!(
            cause,
            Cause::EnvironmentVariable(_)
                | Cause::VariablePresence(_)
                | Cause::VariableReadError(_)
                | Cause::FallbackReadError(_)
        ),
        ConstValue::Fallback(fallback) => fallback.variable.is_some(),
        _ => false,
    }
}

/// What an expression holds, as far as it is a plain value.
pub(in crate::extract) type HeldValue<'h> = dyn FnMut(ExpressionId) -> Option<ConstValue> + 'h;

/// The conditions of one file.
pub(in crate::extract) struct VariableTests<'c, 'h> {
    pub(in crate::extract) file: &'c CodeFile,
    /// What a variable that is not set gives: empty text, or nothing at all.
    pub(in crate::extract) missing: ConstValue,
    pub(in crate::extract) held: &'h mut HeldValue<'h>,
}

impl VariableTests<'_, '_> {
    /// What a condition says where the variable that it asks about is not set.
    pub(in crate::extract) fn test(&mut self, condition: ExpressionId) -> Option<VariableTest> {
        let file = self.file;
        match &file.expression(condition).form {
            CodeExpressionForm::Through(inner) => self.test(*inner),
            CodeExpressionForm::Unary("!", inner) => {
                let test = self.test(*inner)?;
                Some(VariableTest {
                    holds: !test.holds,
                    ..test
                })
            }
            CodeExpressionForm::Binary("&&", left, right) => self.either(*left, *right, false),
            CodeExpressionForm::Binary("||", left, right)
            | CodeExpressionForm::Otherwise(left, right) => self.either(*left, *right, true),
            CodeExpressionForm::Test { operands, operator } => match operands[..] {
                [left, right] => self.test_comparison(operator, left, right),
                _ => None,
            },
            _ => self.truth(condition),
        }
    }

    /// `a && b` does not hold where one of them does not, `a || b` holds where one does.
    fn either(
        &mut self,
        left: ExpressionId,
        right: ExpressionId,
        decided: bool,
    ) -> Option<VariableTest> {
        let tests = [self.test(left), self.test(right)];
        let mut tests = tests.into_iter().flatten();
        tests.find(|test| test.holds == decided)
    }

    fn truth(&mut self, condition: ExpressionId) -> Option<VariableTest> {
        let (variable, unset) = self.where_unset(condition)?;
        let holds = match unset {
            UnsetValue::Presence => false,
            UnsetValue::Is(value) => truth_of(&value)?,
            UnsetValue::Error => return None,
        };
        Some(VariableTest {
            variable,
            holds,
            asks: Precondition::Set,
        })
    }

    fn test_comparison(
        &mut self,
        operator: &str,
        left: ExpressionId,
        right: ExpressionId,
    ) -> Option<VariableTest> {
        let right = &self.file.expression(self.file.see_through(right)).form;
        let CodeExpressionForm::Constant(right) = right else {
            return None;
        };
        let counted = self.find_counted(left);
        let (variable, unset) = self.where_unset(counted.unwrap_or(left))?;
        let asks = match (&unset, right) {
            (UnsetValue::Error, _) => Precondition::Readable,
            (_, ConstValue::Int(_)) if counted.is_none() => Precondition::Figure,
            _ => Precondition::Set,
        };
        Some(VariableTest {
            variable,
            holds: unset.compare(operator, right)?,
            asks,
        })
    }

    /// What `len(text)` counts.
    fn find_counted(&self, id: ExpressionId) -> Option<ExpressionId> {
        let CodeExpressionForm::Call(call) = &self.file.expression(id).form else {
            return None;
        };
        match &self.file.expression(call.callee).form {
            CodeExpressionForm::Name(name) if name == LENGTH => match &call.arguments[..] {
                [only] => Some(only.value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The variable that a value comes from, and what the value is where that is not set.
    fn where_unset(&mut self, value: ExpressionId) -> Option<(String, UnsetValue)> {
        let held = (self.held)(value)?;
        let ConstValue::Unknown(cause) = held else {
            return match held {
                ConstValue::Fallback(fallback) => {
                    Some((fallback.variable?, UnsetValue::Is(fallback.value)))
                }
                _ => None,
            };
        };
        Some(match cause {
            Cause::VariablePresence(name) => (name, UnsetValue::Presence),
            Cause::VariableReadError(name) => (name, UnsetValue::Error),
            Cause::FallbackReadError(name) => (name, UnsetValue::Is(ConstValue::Nil)),
            Cause::EnvironmentVariable(name) => (name, UnsetValue::Is(self.missing.clone())),
            _ => return None,
        })
    }
}

/// The function of a text's length, in all languages that are lowered.
const LENGTH: &str = "len";

/// What a value is where its variable is not set.
#[derive(Clone, PartialEq)]
enum UnsetValue {
    /// It says whether the variable is set.
    Presence,
    Error,
    /// Empty text stands for the figure zero, too: it was read before it is compared with one.
    Is(ConstValue),
}

impl UnsetValue {
    fn compare(&self, operator: &str, other: &ConstValue) -> Option<bool> {
        match (self, other) {
            (Self::Error, ConstValue::Nil) => equal(operator, false),
            (Self::Error | Self::Presence, _) => None,
            (Self::Is(ConstValue::Text(text)), ConstValue::Int(other)) if text.is_empty() => {
                ordered(operator, 0, *other)
            }
            (Self::Is(ConstValue::Int(value)), ConstValue::Int(other)) => {
                ordered(operator, *value, *other)
            }
            (Self::Is(ConstValue::Text(value)), ConstValue::Text(other)) => {
                equal(operator, value == other)
            }
            (Self::Is(ConstValue::Nil), ConstValue::Nil) => equal(operator, true),
            (Self::Is(ConstValue::Nil), _)
            | (Self::Is(ConstValue::Text(_) | ConstValue::Int(_)), ConstValue::Nil) => {
                equal(operator, false)
            }
            _ => None,
        }
    }
}

fn ordered(operator: &str, value: i64, other: i64) -> Option<bool> {
    match operator {
        "<" => Some(value < other),
        "<=" => Some(value <= other),
        ">" => Some(value > other),
        ">=" => Some(value >= other),
        _ => equal(operator, value == other),
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

/// Whether a value counts as true; nothing where that is not known.
pub(in crate::extract) fn truth_of(value: &ConstValue) -> Option<bool> {
    match value {
        ConstValue::Unknown(_) | ConstValue::Fallback(_) => None,
        ConstValue::Nil => Some(false),
        ConstValue::Bool(value) => Some(*value),
        ConstValue::Int(value) | ConstValue::Duration(value) => Some(*value != 0),
        ConstValue::Float(value) => Some(*value != 0.0),
        ConstValue::Text(text) => Some(!text.is_empty()),
        ConstValue::List(items) => Some(!items.is_empty()),
    }
}
