//! The parser of the expression language, the subset of CEL that rules use, with bounds on nesting.
//!
//! Precedence is that of CEL. Macros remain calls, and a chain of names becomes one path. Names and
//! types are left to `checker`.

use std::ops::Range;

use crate::policy::expression_lexer::{
    ExpressionToken, ExpressionTokenKind, LexicalFault, token_at,
};
use crate::policy::foreign_syntax_hints;
use crate::policy::syntax::{
    CelOperator, ExpressionFault, ExpressionForm, ExpressionTree, PathSegment, RefusedSyntax,
};

/// Longer expressions are refused: rules are read by people, and parsing stays bounded (bytes).
const MAX_LENGTH: usize = 4096;

/// How deep an expression may be nested, the links of a chain of operators counted: whatever walks a
/// tree does so by recursion.
const MAX_DEPTH: usize = 96;

/// Names that the language keeps for itself.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

type Parsed<T = ExpressionTree> = Result<T, ExpressionFault>;

/// Parses an expression.
pub(super) fn parse(text: &str) -> Parsed {
    let all = 0..text.len();
    if text.trim().is_empty() {
        return Err(ExpressionFault::new(all, "an expression is missing"));
    }
    if text.len() > MAX_LENGTH {
        let message = format!("an expression may have at most {MAX_LENGTH} bytes");
        return Err(ExpressionFault::new(all, message));
    }
    let mut parser = ExpressionParser {
        text,
        next: token_at(text, 0),
        depth: 0,
    };
    let tree = parser.conditional()?;
    match parser.next.kind {
        ExpressionTokenKind::End => Ok(tree),
        _ => Err(parser.unexpected_fault()),
    }
}

struct ExpressionParser<'t> {
    text: &'t str,
    /// The first token that was not taken.
    next: ExpressionToken,
    depth: usize,
}

/// Operators of one precedence, those that bind less first; `&&` and `||` stand apart.
const LEVELS: [&[(&str, CelOperator)]; 3] = [
    &[
        ("==", CelOperator::Equal),
        ("!=", CelOperator::NotEqual),
        ("<=", CelOperator::LessEqual),
        (">=", CelOperator::GreaterEqual),
        ("<", CelOperator::Less),
        (">", CelOperator::Greater),
        ("in", CelOperator::In),
    ],
    &[("+", CelOperator::Add), ("-", CelOperator::Subtract)],
    &[
        ("*", CelOperator::Multiply),
        ("/", CelOperator::Divide),
        ("%", CelOperator::Modulo),
    ],
];

impl ExpressionParser<'_> {
    fn conditional(&mut self) -> Parsed {
        self.deeper(|parser| {
            let condition = parser.logical(CelOperator::Or)?;
            if !parser.take("?") {
                return Ok(condition);
            }
            let one = parser.logical(CelOperator::Or)?;
            parser.expect(":")?;
            let other = parser.conditional()?;
            let parts = vec![condition, one, other];
            Ok(operation(CelOperator::Conditional, parts))
        })
    }

    /// A chain of `||` or `&&`, as a balanced tree: a long one is no deep one.
    fn logical(&mut self, operator: CelOperator) -> Parsed {
        let is_or = operator == CelOperator::Or;
        let sign = if is_or { "||" } else { "&&" };
        let mut terms = Vec::new();
        loop {
            terms.push(if is_or {
                self.logical(CelOperator::And)?
            } else {
                self.binary(0)?
            });
            if !self.take(sign) {
                return Ok(balance_chain(operator, terms));
            }
        }
    }

    fn binary(&mut self, level: usize) -> Parsed {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let depth = self.depth;
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(word, _)| self.is(word)) {
            self.descend()?;
            self.advance();
            let right = self.binary(level + 1)?;
            left = operation(*operator, vec![left, right]);
        }
        self.depth = depth;
        Ok(left)
    }

    /// Signs before an operand: two of a kind cancel each other.
    fn unary(&mut self) -> Parsed {
        let operators = [("!", CelOperator::Not), ("-", CelOperator::Negate)];
        let Some((sign, operator)) = operators.into_iter().find(|(sign, _)| self.is(sign)) else {
            return self.member();
        };
        let start = self.next.range.start;
        let mut count = 0;
        while self.take(sign) {
            count += 1;
        }
        let operand = self.member()?;
        if count % 2 == 0 {
            return Ok(operand);
        }
        let range = start..operand.range.end;
        let form = match operand.form {
            ExpressionForm::Number(value) if operator == CelOperator::Negate => {
                ExpressionForm::Number(-value)
            }
            _ => ExpressionForm::Operator(operator, vec![operand]),
        };
        Ok(ExpressionTree { form, range })
    }

    fn member(&mut self) -> Parsed {
        let depth = self.depth;
        let mut tree = self.primary()?;
        loop {
            if self.take(".") {
                tree = self.parse_selection(tree)?;
            } else if self.take("[") {
                tree = self.parse_index(tree)?;
            } else if matches!(tree.form, ExpressionForm::Path(_)) && self.take("{") {
                let end = self.entries()?;
                tree = refuse_syntax(RefusedSyntax::Structures, tree.range.start..end);
            } else {
                self.depth = depth;
                return Ok(tree);
            }
        }
    }

    /// A word of a subject, or a call on it.
    fn parse_selection(&mut self, target: ExpressionTree) -> Parsed {
        let name = self.name()?;
        let start = target.range.start;
        if !self.take("(") {
            let form = extend(target.form, &self.text[name.clone()], false);
            let range = start..name.end;
            return Ok(ExpressionTree { form, range });
        }
        self.descend()?;
        self.call(start, name, Some(target))
    }

    /// The arguments of a call whose bracket was taken.
    fn call(&mut self, start: usize, name: Range<usize>, target: Option<ExpressionTree>) -> Parsed {
        let (args, end) = self.list_until(")", false)?;
        let form = ExpressionForm::Call {
            name: self.text[name].to_owned(),
            target: target.map(Box::new),
            args,
        };
        let range = start..end;
        Ok(ExpressionTree { form, range })
    }

    fn parse_index(&mut self, target: ExpressionTree) -> Parsed {
        self.descend()?;
        let index = self.conditional()?;
        let end = self.expect("]")?;
        let range = target.range.start..end;
        let form = match (&target.form, &index.form) {
            (ExpressionForm::Path(_), ExpressionForm::Text(key)) => extend(target.form, key, true),
            _ => ExpressionForm::Operator(CelOperator::Index, vec![target, index]),
        };
        Ok(ExpressionTree { form, range })
    }

    fn primary(&mut self) -> Parsed {
        if self.take("(") {
            let inner = self.conditional()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let start = self.next.range.start;
        if self.take("[") {
            let (items, end) = self.list_until("]", true)?;
            let form = ExpressionForm::List(items);
            return Ok(ExpressionTree {
                form,
                range: start..end,
            });
        }
        if self.take("{") {
            let end = self.entries()?;
            return Ok(refuse_syntax(RefusedSyntax::Maps, start..end));
        }
        if self.next.kind == ExpressionTokenKind::Name {
            return self.parse_name();
        }
        let token = self.advance();
        let form = match token.kind {
            ExpressionTokenKind::Number(value) => ExpressionForm::Number(value),
            ExpressionTokenKind::Text(value) => ExpressionForm::Text(value),
            ExpressionTokenKind::Bytes => ExpressionForm::Refused(RefusedSyntax::Bytes),
            _ => return Err(self.unexpected_token_fault(&token)),
        };
        let range = token.range;
        Ok(ExpressionTree { form, range })
    }

    /// A word of the language, a call or the begin of a path.
    fn parse_name(&mut self) -> Parsed {
        let form = match &self.text[self.next.range.clone()] {
            "true" => ExpressionForm::Bool(true),
            "false" => ExpressionForm::Bool(false),
            "null" => ExpressionForm::Refused(RefusedSyntax::Null),
            _ => return self.path_or_call(),
        };
        let range = self.advance().range;
        Ok(ExpressionTree { form, range })
    }

    /// Reserved words cannot begin a path, but the facts of a subject may be called like them.
    fn path_or_call(&mut self) -> Parsed {
        let range = self.name()?;
        let word = &self.text[range.clone()];
        if RESERVED.contains(&word) {
            let hint = foreign_syntax_hints::slip(self.text, range.start);
            let message = format!("`{word}` is a reserved word");
            return Err(hint.unwrap_or_else(|| ExpressionFault::new(range, message)));
        }
        if self.take("(") {
            return self.call(range.start, range, None);
        }
        let form = extend(
            ExpressionForm::Path(Vec::new()),
            &self.text[range.clone()],
            false,
        );
        Ok(ExpressionTree { form, range })
    }

    /// A name; the words of the language are none.
    fn name(&mut self) -> Parsed<Range<usize>> {
        let range = self.next.range.clone();
        let is_word = ["in", "true", "false", "null"].contains(&&self.text[range]);
        if self.next.kind != ExpressionTokenKind::Name || is_word {
            return Err(self.unexpected_fault());
        }
        Ok(self.advance().range)
    }

    /// Expressions between commas up to a bracket, and where that ends.
    fn list_until(
        &mut self,
        bracket: &str,
        may_end_in_comma: bool,
    ) -> Parsed<(Vec<ExpressionTree>, usize)> {
        let mut items = Vec::new();
        loop {
            if self.is(bracket) && (items.is_empty() || may_end_in_comma) {
                return Ok((items, self.advance().range.end));
            }
            items.push(self.conditional()?);
            if !self.take(",") {
                return Ok((items, self.expect(bracket)?));
            }
        }
    }

    /// The entries of a map or structure, which are read only to find its end.
    fn entries(&mut self) -> Parsed<usize> {
        while !self.is("}") {
            self.conditional()?;
            self.expect(":")?;
            self.conditional()?;
            if !self.take(",") {
                break;
            }
        }
        self.expect("}")
    }

    /// Runs a parser one level deeper, and comes back up.
    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.descend()?;
        let depth = self.depth;
        let tree = read(self)?;
        self.depth = depth - 1;
        Ok(tree)
    }

    fn descend(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("an expression may be nested at most {MAX_DEPTH} deep");
        Err(ExpressionFault::new(self.next.range.clone(), message))
    }

    fn is(&self, word: &str) -> bool {
        match self.next.kind {
            ExpressionTokenKind::Sign(sign) => sign == word,
            ExpressionTokenKind::Name => &self.text[self.next.range.clone()] == word,
            _ => false,
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.advance();
        }
        found
    }

    /// The end of a sign that has to follow.
    fn expect(&mut self, sign: &str) -> Parsed<usize> {
        if self.is(sign) {
            return Ok(self.advance().range.end);
        }
        Err(self.unexpected_fault())
    }

    fn advance(&mut self) -> ExpressionToken {
        let following = token_at(self.text, self.next.range.end);
        std::mem::replace(&mut self.next, following)
    }

    fn unexpected_fault(&self) -> ExpressionFault {
        self.unexpected_token_fault(&self.next)
    }

    /// What is wrong with a token that cannot stand where it does: a habit of another language by
    /// its name, else the token itself.
    fn unexpected_token_fault(&self, token: &ExpressionToken) -> ExpressionFault {
        if let Some(fault) = foreign_syntax_hints::slip(self.text, token.range.start) {
            return fault;
        }
        let word = &self.text[token.range.clone()];
        let message = match token.kind {
            ExpressionTokenKind::End => "the expression is incomplete".to_owned(),
            ExpressionTokenKind::Fault(LexicalFault::NumberTooLarge) => {
                format!("{word} is too large for a number")
            }
            ExpressionTokenKind::Fault(LexicalFault::UnclosedText) => "unclosed string".to_owned(),
            ExpressionTokenKind::Fault(LexicalFault::UnknownEscape) => {
                "unknown escape in this string; `\\\\` is a backslash".to_owned()
            }
            _ => format!("`{word}` cannot stand here"),
        };
        ExpressionFault::new(token.range.clone(), message)
    }
}

fn refuse_syntax(what: RefusedSyntax, range: Range<usize>) -> ExpressionTree {
    let form = ExpressionForm::Refused(what);
    ExpressionTree { form, range }
}

/// An operator over parts, whose bytes reach from the first to the last.
fn operation(operator: CelOperator, parts: Vec<ExpressionTree>) -> ExpressionTree {
    let start = parts.first().map_or(0, |part| part.range.start);
    let end = parts.last().map_or(start, |part| part.range.end);
    ExpressionTree {
        form: ExpressionForm::Operator(operator, parts),
        range: start..end,
    }
}

/// A chain of one associative operator as a tree of least depth.
fn balance_chain(operator: CelOperator, mut terms: Vec<ExpressionTree>) -> ExpressionTree {
    if terms.len() > 1 {
        let right = terms.split_off(terms.len().div_ceil(2));
        let parts = vec![
            balance_chain(operator, terms),
            balance_chain(operator, right),
        ];
        return operation(operator, parts);
    }
    terms.pop().unwrap_or(ExpressionTree {
        form: ExpressionForm::Refused(RefusedSyntax::Other),
        range: 0..0,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as text, with brackets around every operation.
    fn shape(tree: &ExpressionTree) -> String {
        match &tree.form {
            ExpressionForm::Number(n) => n.to_string(),
            ExpressionForm::Bool(b) => b.to_string(),
            ExpressionForm::Text(text) => format!("{text:?}"),
            ExpressionForm::Path(path) => {
                let words: Vec<&str> = path.iter().map(|s| s.word.as_str()).collect();
                words.join(".")
            }
            ExpressionForm::Operator(operator, parts) => {
                let parts: Vec<String> = parts.iter().map(shape).collect();
                format!("{operator:?}({})", parts.join(" "))
            }
            ExpressionForm::Call { name, target, args } => {
                let target = target.as_deref().map(shape).unwrap_or_default();
                let args: Vec<String> = args.iter().map(shape).collect();
                format!("{target}.{name}({})", args.join(", "))
            }
            ExpressionForm::List(items) => {
                let items: Vec<String> = items.iter().map(shape).collect();
                format!("[{}]", items.join(", "))
            }
            ExpressionForm::Refused(what) => format!("{what:?}"),
        }
    }

    #[test]
    fn operators_bind_as_in_cel() {
        for (text, tree) in [
            ("a || b && c", "Or(a And(b c))"),
            ("a && b && c", "And(And(a b) c)"),
            ("a - b - c * d", "Subtract(Subtract(a b) Multiply(c d))"),
            ("a < b == c", "Equal(Less(a b) c)"),
            ("a in [1, 2,]", "In(a [1, 2])"),
            ("a ? b : c ? d : e", "Conditional(a b Conditional(c d e))"),
            ("!!a", "a"),
            ("!a.b", "Not(a.b)"),
            ("-a + --1 - -2", "Subtract(Add(Negate(a) 1) -2)"),
            (
                "(a + b).size() + f(a)[0]",
                "Add(Add(a b).size() Index(.f(a) 0))",
            ),
            ("a.b['c'].d", "a.b.c.d"),
            ("a[0].b", "OfResult"),
            ("a.function", "a.function"),
            ("{1: 2, a: 3,}", "Maps"),
            ("a.b{c: 1}", "Structures"),
            ("b'x'", "Bytes"),
            ("null", "Null"),
        ] {
            assert_eq!(shape(&parse(text).unwrap()), tree, "{text}");
        }
    }

    #[test]
    fn a_fault_stands_at_the_word_that_cannot_stand_there() {
        for (text, at, message) in [
            ("1 +", 3..3, "the expression is incomplete"),
            ("(1", 2..2, "the expression is incomplete"),
            ("a b", 2..3, "`b` cannot stand here"),
            ("f(1,)", 4..5, "`)` cannot stand here"),
            ("a.in", 2..4, "`in` cannot stand here"),
            ("a ~ b", 2..3, "`~` cannot stand here"),
            ("while", 0..5, "`while` is a reserved word"),
            (
                "99999999999999999999",
                0..20,
                "99999999999999999999 is too large for a number",
            ),
        ] {
            let fault = parse(text).unwrap_err();
            assert_eq!(
                (fault.range, fault.message.as_str()),
                (at, message),
                "{text}"
            );
        }
    }

    #[test]
    fn nesting_and_chains_are_bounded() {
        for (one, other) in [("(", ")"), ("f(", ")"), ("[", "]"), ("a[", "]")] {
            let deep = format!("{}a{}", one.repeat(400), other.repeat(400));
            assert!(
                parse(&deep).unwrap_err().message.contains("nested"),
                "{one}"
            );
        }
        for chain in ["1+".repeat(400) + "1", "a ? b : ".repeat(400) + "c"] {
            assert!(parse(&chain).unwrap_err().message.contains("nested"));
        }
        assert!(parse(&("a".to_owned() + &".f()".repeat(400))).is_err());
        // A long list of alternatives is no deep tree.
        assert!(parse(&("a || ".repeat(400) + "a")).is_ok());
        assert!(parse(&("!".repeat(2000) + "a")).is_ok());
    }

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
