//! CEL text to a plain tree. The only place that knows the `cel` crate, which serves as the parser
//! alone: macros stay calls, chains of names become one path, operators become an enum.
//!
//! What a name means and whether types fit is the business of `typed`.

use std::ops::Range;

use cel::Env;
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo, operators};
use cel::parser::{ParseError, Parser};

use crate::policy::foreign_syntax_hints;

/// Longer expressions are refused: rules are read by people, and parsing stays bounded.
const LONGEST: usize = 4096;

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

    fn of(name: &str) -> Option<Self> {
        Some(match name {
            operators::LOGICAL_AND => Self::And,
            operators::LOGICAL_OR => Self::Or,
            operators::LOGICAL_NOT => Self::Not,
            operators::CONDITIONAL => Self::Conditional,
            operators::ADD => Self::Add,
            operators::SUBSTRACT => Self::Subtract,
            operators::MULTIPLY => Self::Multiply,
            operators::DIVIDE => Self::Divide,
            operators::MODULO => Self::Modulo,
            operators::NEGATE => Self::Negate,
            operators::EQUALS => Self::Equal,
            operators::NOT_EQUALS => Self::NotEqual,
            operators::LESS => Self::Less,
            operators::LESS_EQUALS => Self::LessEqual,
            operators::GREATER => Self::Greater,
            operators::GREATER_EQUALS => Self::GreaterEqual,
            operators::IN => Self::In,
            operators::INDEX => Self::Index,
            _ => return None,
        })
    }
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

/// Parses an expression.
pub(super) fn parse(text: &str) -> Result<ExpressionTree, ExpressionFault> {
    let all = 0..text.len();
    if text.trim().is_empty() {
        return Err(ExpressionFault::new(all, "an expression is missing"));
    }
    if text.len() > LONGEST {
        let message = format!("an expression may have at most {LONGEST} bytes");
        return Err(ExpressionFault::new(all, message));
    }
    match parser().parse_with_source_info(text) {
        Ok((expr, info)) => Ok(CelReader { text, info }.tree(&expr)),
        Err(errors) => Err(errors.errors.first().map_or_else(
            || ExpressionFault::new(all, "not a valid expression"),
            |e| fault(text, e),
        )),
    }
}

/// A parser that expands no macros: they stay calls that `typed` reads.
fn parser() -> Parser {
    Env::default().parser().enable_optional_syntax(false)
}

/// What is wrong where the crate stops: a habit of another language by its name, else the crate's
/// message without its list of all tokens that could have stood there.
fn fault(text: &str, error: &ParseError) -> ExpressionFault {
    let at = offset(text, error.pos);
    if let Some(fault) = foreign_syntax_hints::slip(text, at) {
        return fault;
    }
    let message = error.msg.split(" expecting ").next().unwrap_or_default();
    let message = message.trim_start_matches("Syntax error: ");
    let message = message.replace("'<EOF>'", "the end of the expression");
    let stripped = [
        "mismatched input ",
        "extraneous input ",
        "no viable alternative at input ",
    ]
    .iter()
    .find_map(|prefix| message.strip_prefix(prefix));
    let message = match stripped {
        Some("the end of the expression") => "the expression is incomplete".to_owned(),
        Some(token) => format!("{token} cannot stand here"),
        None => message,
    };
    let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    ExpressionFault::new(at..end, message)
}

/// The byte of a position that the crate counts in lines and characters, both from 1 or less.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let into: usize = text[start..].chars().take(column).map(char::len_utf8).sum();
    start + into
}

struct CelReader<'a> {
    text: &'a str,
    info: SourceInfo,
}

impl CelReader<'_> {
    fn tree(&self, expr: &IdedExpr) -> ExpressionTree {
        let (form, range) = match &expr.expr {
            Expr::Literal(literal) => (self.literal(literal), self.token(expr.id)),
            Expr::Ident(name) => (path_of(name), self.token(expr.id)),
            Expr::Select(select) => self.select(expr.id, &select.operand, &select.field),
            Expr::Call(call) => self.call(expr.id, call),
            Expr::List(list) => {
                let items: Vec<ExpressionTree> =
                    list.elements.iter().map(|e| self.tree(e)).collect();
                let range = self.closed(around(self.token(expr.id), &items), ']');
                (ExpressionForm::List(items), range)
            }
            Expr::Map(_) => (
                ExpressionForm::Refused(RefusedSyntax::Maps),
                self.token(expr.id),
            ),
            Expr::Struct(_) => (
                ExpressionForm::Refused(RefusedSyntax::Structures),
                self.token(expr.id),
            ),
            Expr::Comprehension(_) | Expr::Unspecified => (
                ExpressionForm::Refused(RefusedSyntax::Other),
                self.token(expr.id),
            ),
        };
        ExpressionTree { form, range }
    }

    fn literal(&self, literal: &LiteralValue) -> ExpressionForm {
        match literal {
            LiteralValue::Boolean(b) => ExpressionForm::Bool(*b.inner()),
            LiteralValue::Double(n) => ExpressionForm::Number(*n.inner()),
            LiteralValue::Int(n) => ExpressionForm::Number(*n.inner() as f64),
            LiteralValue::UInt(n) => ExpressionForm::Number(*n.inner() as f64),
            LiteralValue::String(text) => ExpressionForm::Text(text.inner().to_owned()),
            LiteralValue::Bytes(_) => ExpressionForm::Refused(RefusedSyntax::Bytes),
            LiteralValue::Null => ExpressionForm::Refused(RefusedSyntax::Null),
        }
    }

    fn select(&self, id: u64, operand: &IdedExpr, field: &str) -> (ExpressionForm, Range<usize>) {
        let operand = self.tree(operand);
        let dot = self.token(id);
        let rest = self.text.get(dot.end..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start().len();
        let end = (dot.end + blanks + field.len()).min(self.text.len());
        let range = operand.range.start.min(dot.start)..end;
        let form = extend(operand.form, field, false);
        (form, self.valid(range))
    }

    fn call(&self, id: u64, call: &CallExpr) -> (ExpressionForm, Range<usize>) {
        let mut args: Vec<ExpressionTree> = call.args.iter().map(|a| self.tree(a)).collect();
        let token = self.token(id);
        let Some(operator) = CelOperator::of(&call.func_name) else {
            return self.function(token, call, args);
        };
        let mut range = around(token, &args);
        if operator != CelOperator::Index {
            return (ExpressionForm::Operator(operator, args), range);
        }
        range = self.closed(range, ']');
        match (args.first().map(|a| &a.form), args.get(1).map(|a| &a.form)) {
            (Some(ExpressionForm::Path(_)), Some(ExpressionForm::Text(key))) => {
                let key = key.clone();
                (extend(args.swap_remove(0).form, &key, true), range)
            }
            _ => (ExpressionForm::Operator(operator, args), range),
        }
    }

    fn function(
        &self,
        token: Range<usize>,
        call: &CallExpr,
        args: Vec<ExpressionTree>,
    ) -> (ExpressionForm, Range<usize>) {
        let target = call.target.as_deref().map(|t| Box::new(self.tree(t)));
        let mut range = around(token, &args);
        match &target {
            Some(target) => range.start = range.start.min(target.range.start),
            None => range.start = self.name_before(range.start, &call.func_name),
        }
        let name = call.func_name.clone();
        let form = ExpressionForm::Call { name, target, args };
        (form, self.closed(range, ')'))
    }

    /// The start of a function's name that ends before `at`, where the crate gives the bracket.
    fn name_before(&self, at: usize, name: &str) -> usize {
        let before = self.text.get(..at).unwrap_or("").trim_end();
        match before.strip_suffix(name) {
            Some(rest) => rest.len(),
            None => at,
        }
    }

    /// The range with the bracket that closes it, where only blanks stand between.
    fn closed(&self, range: Range<usize>, bracket: char) -> Range<usize> {
        let rest = self.text.get(range.end..).unwrap_or("");
        let blanks = rest.len() - rest.trim_start_matches([' ', '\n', '\t', '\r', '(']).len();
        if rest[blanks..].starts_with(bracket) {
            range.start..range.end + blanks + 1
        } else {
            range
        }
    }

    /// The bytes of a node's own token. The crate's end is inclusive.
    fn token(&self, id: u64) -> Range<usize> {
        let (start, last) = self.info.offset_for(id).unwrap_or((0, 0));
        self.valid(start as usize..(last as usize).saturating_add(1))
    }

    /// The range cut to the text, on character boundaries.
    fn valid(&self, range: Range<usize>) -> Range<usize> {
        let mut end = range.end.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let mut start = range.start.min(end);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        start..end
    }
}

fn path_of(name: &str) -> ExpressionForm {
    ExpressionForm::Path(vec![PathSegment {
        word: name.to_owned(),
        key: false,
    }])
}

/// A path with one more step. Selecting from anything but a path is refused.
fn extend(form: ExpressionForm, word: &str, key: bool) -> ExpressionForm {
    let ExpressionForm::Path(mut segments) = form else {
        return ExpressionForm::Refused(RefusedSyntax::OfResult);
    };
    segments.push(PathSegment {
        word: word.to_owned(),
        key,
    });
    ExpressionForm::Path(segments)
}

fn around(token: Range<usize>, parts: &[ExpressionTree]) -> Range<usize> {
    parts.iter().fold(token, |range, part| {
        range.start.min(part.range.start)..range.end.max(part.range.end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(text: &str) -> &str {
        let tree = parse(text).unwrap();
        &text[tree.range]
    }

    #[test]
    fn a_path_is_one_part_with_its_whole_range() {
        let text = r#"server.conf["maxmemory"] > 1"#;
        let ExpressionForm::Operator(CelOperator::Greater, parts) = parse(text).unwrap().form
        else {
            panic!("not a comparison");
        };
        let words: Vec<_> = match &parts[0].form {
            ExpressionForm::Path(path) => path.iter().map(|s| (s.word.as_str(), s.key)).collect(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            words,
            [("server", false), ("conf", false), ("maxmemory", true)]
        );
        assert_eq!(&text[parts[0].range.clone()], r#"server.conf["maxmemory"]"#);
    }

    #[test]
    fn ranges_cover_the_whole_expression_in_bytes() {
        for text in [
            "ratio(server.a, 1)",
            "x.all(c, c.size > 1)",
            "\"né\" == server.né_x".trim_end_matches("é_x"),
            "[1, 2]",
            "\"é\" + server.name",
        ] {
            assert_eq!(slice(text), text);
        }
    }

    #[test]
    fn a_syntax_error_has_a_place_and_a_short_message() {
        let fault = parse("1 +").unwrap_err();
        assert_eq!(fault.range, 3..3);
        assert!(!fault.message.contains("expecting"), "{}", fault.message);
        assert!(parse(" ").is_err());
        assert!(parse(&"1+".repeat(4000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_an_expression_or_a_fault(text in "[a-z0-9 .()\\[\\]\"'&|<>=!{}?:,+*/%é-]{0,24}") {
            if let Err(fault) = parse(&text) {
                assert!(text.get(fault.range).is_some());
            }
        }
    }
}
