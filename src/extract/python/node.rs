//! The kinds of nodes of Python's grammar that the reader knows: each spelled once and looked up in the
//! grammar at first use, so that a misspelt one fails a test instead of matching nothing.

use std::sync::LazyLock;

use tree_sitter::Node;

use crate::syntax::code::CodeGrammar;

macro_rules! node_kinds {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A kind of node; `Unread` stands for all that the reader looks through.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum PythonNode { $($name,)* Unread }

        const KINDS: &[(PythonNode, &str)] = &[$((PythonNode::$name, $text)),*];
    };
}

node_kinds! {
    Assert = "assert_statement",
    Assignment = "assignment",
    AsPattern = "as_pattern",
    AsPatternTarget = "as_pattern_target",
    Attribute = "attribute",
    AugmentedAssignment = "augmented_assignment",
    Await = "await",
    BinaryOperator = "binary_operator",
    Block = "block",
    BooleanOperator = "boolean_operator",
    Break = "break_statement",
    Call = "call",
    CaseClause = "case_clause",
    Class = "class_definition",
    Comparison = "comparison_operator",
    ConcatenatedString = "concatenated_string",
    ConditionalExpression = "conditional_expression",
    Continue = "continue_statement",
    Decorated = "decorated_definition",
    Decorator = "decorator",
    DefaultParameter = "default_parameter",
    Dictionary = "dictionary",
    DictionarySplat = "dictionary_splat",
    DictionarySplatPattern = "dictionary_splat_pattern",
    DottedName = "dotted_name",
    AliasedImport = "aliased_import",
    ElifClause = "elif_clause",
    ElseClause = "else_clause",
    ExceptClause = "except_clause",
    ExpressionList = "expression_list",
    ExpressionStatement = "expression_statement",
    False = "false",
    FinallyClause = "finally_clause",
    Float = "float",
    For = "for_statement",
    Function = "function_definition",
    Global = "global_statement",
    Identifier = "identifier",
    If = "if_statement",
    Import = "import_statement",
    ImportFrom = "import_from_statement",
    Integer = "integer",
    Interpolation = "interpolation",
    KeywordArgument = "keyword_argument",
    KeywordSeparator = "keyword_separator",
    Lambda = "lambda",
    List = "list",
    ListSplat = "list_splat",
    ListSplatPattern = "list_splat_pattern",
    Match = "match_statement",
    NamedExpression = "named_expression",
    None = "none",
    Nonlocal = "nonlocal_statement",
    NotOperator = "not_operator",
    Pair = "pair",
    Parenthesized = "parenthesized_expression",
    Pass = "pass_statement",
    PatternList = "pattern_list",
    Raise = "raise_statement",
    Return = "return_statement",
    Set = "set",
    String = "string",
    StringContent = "string_content",
    Subscript = "subscript",
    True = "true",
    Try = "try_statement",
    Tuple = "tuple",
    TuplePattern = "tuple_pattern",
    TypedDefaultParameter = "typed_default_parameter",
    TypedParameter = "typed_parameter",
    UnaryOperator = "unary_operator",
    While = "while_statement",
    With = "with_statement",
    WithClause = "with_clause",
    WithItem = "with_item",
    Wildcard = "wildcard_import",
    Yield = "yield",
}

/// The kinds by the grammar's own numbers.
static BY_NUMBER: LazyLock<Vec<PythonNode>> = LazyLock::new(|| {
    let mut table = Vec::new();
    for (kind, text) in KINDS {
        let number = usize::from(CodeGrammar::Python.kind_number(text).unwrap_or(0));
        if table.len() <= number {
            table.resize(number + 1, PythonNode::Unread);
        }
        table[number] = *kind;
    }
    table
});

impl PythonNode {
    pub(super) fn of(node: Node<'_>) -> Self {
        let kind = BY_NUMBER.get(usize::from(node.kind_id()));
        kind.copied().unwrap_or(Self::Unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_one_of_the_grammar() {
        let unknown: Vec<&str> = KINDS
            .iter()
            .filter(|(_, text)| CodeGrammar::Python.kind_number(text).is_none())
            .map(|(_, text)| *text)
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
