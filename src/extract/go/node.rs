//! The kinds of nodes of Go's grammar that are lowered: each spelled once and looked up in the grammar at
//! first use, so that a misspelt one fails a test instead of matching nothing.

use std::sync::LazyLock;

use tree_sitter::Node;

use crate::syntax::code::CodeGrammar;

macro_rules! node_kinds {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// A kind of node; `Unread` stands for all that is looked through.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum GoNode { $($name,)* Unread }

        const KINDS: &[(GoNode, &str)] = &[$((GoNode::$name, $text)),*];
    };
}

node_kinds! {
    Assignment = "assignment_statement",
    Binary = "binary_expression",
    Block = "block",
    Break = "break_statement",
    Call = "call_expression",
    Composite = "composite_literal",
    Const = "const_declaration",
    ConstSpec = "const_spec",
    Continue = "continue_statement",
    Decrement = "dec_statement",
    Defer = "defer_statement",
    Declaration = "short_var_declaration",
    DefaultCase = "default_case",
    CommunicationCase = "communication_case",
    ExpressionCase = "expression_case",
    ExpressionStatement = "expression_statement",
    ExpressionSwitch = "expression_switch_statement",
    False = "false",
    Float = "float_literal",
    For = "for_statement",
    ForClause = "for_clause",
    Function = "function_declaration",
    FunctionLiteral = "func_literal",
    Go = "go_statement",
    Goto = "goto_statement",
    Identifier = "identifier",
    If = "if_statement",
    Import = "import_declaration",
    Increment = "inc_statement",
    Index = "index_expression",
    Integer = "int_literal",
    Keyed = "keyed_element",
    Labeled = "labeled_statement",
    LiteralElement = "literal_element",
    LiteralValue = "literal_value",
    Method = "method_declaration",
    Nil = "nil",
    PackageClause = "package_clause",
    Parameter = "parameter_declaration",
    Parenthesized = "parenthesized_expression",
    QualifiedType = "qualified_type",
    Range = "range_clause",
    RawString = "raw_string_literal",
    Receive = "receive_statement",
    Return = "return_statement",
    Select = "select_statement",
    Selector = "selector_expression",
    StatementList = "statement_list",
    String = "interpreted_string_literal",
    True = "true",
    TypeCase = "type_case",
    TypeDeclaration = "type_declaration",
    TypeIdentifier = "type_identifier",
    TypeSwitch = "type_switch_statement",
    Unary = "unary_expression",
    Var = "var_declaration",
    VarSpec = "var_spec",
    VarSpecList = "var_spec_list",
    VariadicArgument = "variadic_argument",
    VariadicParameter = "variadic_parameter_declaration",
}

/// The kinds by the grammar's own numbers.
static BY_NUMBER: LazyLock<Vec<GoNode>> = LazyLock::new(|| {
    let mut table = Vec::new();
    for (kind, text) in KINDS {
        let number = usize::from(CodeGrammar::Go.kind_number(text).unwrap_or(0));
        if table.len() <= number {
            table.resize(number + 1, GoNode::Unread);
        }
        table[number] = *kind;
    }
    table
});

impl GoNode {
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
            .filter(|(_, text)| CodeGrammar::Go.kind_number(text).is_none())
            .map(|(_, text)| *text)
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
