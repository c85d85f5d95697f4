//! The syntax tree of an expression, its operators, and syntax errors.
//!
//! The language is the subset of CEL (<https://cel.dev>) that rules use. `expression_parser` builds
//! the tree; names and types are left to `checker`.

use std::ops::Range;

/// A part of an expression and the bytes of the expression's text that it stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExpressionTree {
    pub(super) form: ExpressionForm,
    pub(super) range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExpressionForm {
    Bool(bool),
    Number(f64),
    Text(String),
    /// `server.conf["maxmemory"]`: a name and everything selected from it.
    Path(Vec<PathSegment>),
    Operator(CelOperator, Vec<ExpressionTree>),
    Call {
        name: String,
        target: Option<Box<ExpressionTree>>,
        args: Vec<ExpressionTree>,
    },
    List(Vec<ExpressionTree>),
    Refused(RefusedSyntax),
}

/// Parts of CEL that rules have no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusedSyntax {
    Null,
    Maps,
    Structures,
    Bytes,
    /// `f(x).word`
    OfResult,
    Other,
}

impl RefusedSyntax {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Null => "null cannot be used in a rule",
            Self::Maps => "maps cannot be used in a rule",
            Self::Structures => "structures cannot be used in a rule",
            Self::Bytes => "bytes cannot be used in a rule",
            Self::OfResult => "a result has no facts to select",
            Self::Other => "this form cannot be used in a rule",
        }
    }

    pub(super) fn help(self) -> Option<&'static str> {
        match self {
            Self::Null => {
                Some("whether a fact is there is asked with `known(path)` or `explicit(path)`")
            }
            Self::Maps => Some("braces stand in texts alone, around an expression"),
            Self::OfResult => {
                Some("the items of a list are asked by a name: `list.exists(x, x.FACT > 1)`")
            }
            Self::Structures | Self::Bytes | Self::Other => None,
        }
    }
}

/// One step of a path: `.word` or `["word"]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PathSegment {
    pub(super) word: String,
    pub(super) key: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CelOperator {
    And,
    Or,
    Not,
    Conditional,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Negate,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Index,
}

impl CelOperator {
    #[cfg(test)]
    pub(super) const ALL: [Self; 18] = [
        Self::And,
        Self::Or,
        Self::Not,
        Self::Conditional,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Modulo,
        Self::Negate,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessEqual,
        Self::Greater,
        Self::GreaterEqual,
        Self::In,
        Self::Index,
    ];
}

/// What is wrong with an expression, with the bytes of its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExpressionFault {
    pub(super) range: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl ExpressionFault {
    pub(super) fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            range,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
