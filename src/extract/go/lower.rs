//! Go's syntax to the form that the shared analyses read. The only file that turns nodes of the grammar
//! into it; what names and types mean is left to `package` and `extract::code`.

use std::ops::Range;

use tree_sitter::Node;

use super::node::GoNode;
use crate::extract::code::form::{
    ArgumentForm, ArgumentName, CallForm, CodeArm, CodeBlock, CodeExpressionForm, CodeFile,
    CodeStatement, ExpressionId, FunctionForm, FunctionId, LeaveKind, LoopForm, ParameterForm,
    ParameterTakes, StatementForm,
};
use crate::facts::raw::ConstValue;
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// How deep code may be nested: each level takes a few frames of the stack, and the threads that read
/// have 2 MB.
const MAX_DEPTH: usize = 200;

/// A file in the shared form.
pub(super) fn lower(tree: &CodeTree) -> CodeFile {
    let mut lowering = GoLowering {
        tree,
        depth: 0,
        functions_around: 0,
        file: CodeFile::of_tree(tree),
    };
    if let Some(root) = tree.root() {
        lowering.file.body = lowering.statements(code::children(root));
    }
    lowering.file
}

struct GoLowering<'t> {
    tree: &'t CodeTree,
    depth: usize,
    functions_around: usize,
    file: CodeFile,
}

impl<'t> GoLowering<'t> {
    fn text(&self, node: Node<'_>) -> String {
        self.tree.text(node).to_owned()
    }

    fn add(&mut self, form: CodeExpressionForm, range: Range<usize>) -> ExpressionId {
        self.file.add(form, range)
    }

    fn statements(&mut self, nodes: Vec<Node<'t>>) -> CodeBlock {
        let mut block = Vec::new();
        if self.depth >= MAX_DEPTH {
            self.file.skipped.extend(nodes.iter().map(Node::byte_range));
            return block;
        }
        self.depth += 1;
        for node in nodes {
            self.statement(node, &mut block);
        }
        self.depth -= 1;
        block
    }

    fn block(&mut self, node: Option<Node<'t>>) -> CodeBlock {
        node.map_or_else(Vec::new, |node| self.statements(code::children(node)))
    }

    /// A statement that is one by itself: the initializer of a branch, of a loop.
    fn single(&mut self, node: Option<Node<'t>>) -> CodeBlock {
        self.statements(node.into_iter().collect())
    }

    fn statement(&mut self, node: Node<'t>, block: &mut CodeBlock) {
        let form = match GoNode::of(node) {
            GoNode::PackageClause | GoNode::Import | GoNode::TypeDeclaration => return,
            GoNode::StatementList | GoNode::Labeled | GoNode::Unread if is_group(node) => {
                let inner = self.statements(code::children(node));
                block.extend(inner);
                return;
            }
            GoNode::ExpressionStatement => match code::children(node).first() {
                Some(inner) => StatementForm::Evaluate(self.expression(*inner)),
                None => return,
            },
            GoNode::Block => StatementForm::Block(self.block(Some(node))),
            GoNode::Declaration => self.assignment(node, true),
            GoNode::Assignment => self.assignment(node, false),
            GoNode::Increment | GoNode::Decrement => self.lower_count(node),
            GoNode::Var | GoNode::Const => return self.declared(node, block),
            GoNode::If => self.branch(node),
            GoNode::ExpressionSwitch | GoNode::TypeSwitch | GoNode::Select => self.switch(node),
            GoNode::For => StatementForm::Loop(Box::new(self.loop_form(node))),
            GoNode::Go => match code::children(node).first() {
                Some(call) => StatementForm::Spawn(self.expression(*call)),
                None => return,
            },
            GoNode::Defer => match code::children(node).first() {
                Some(call) => StatementForm::Defer(self.expression(*call)),
                None => return,
            },
            GoNode::Return => {
                let list = code::children(node).into_iter().next();
                StatementForm::Return(list.map(|list| self.list(list)))
            }
            GoNode::Break => StatementForm::Leave(LeaveKind::Loop),
            GoNode::Continue => StatementForm::Leave(LeaveKind::Round),
            GoNode::Goto => StatementForm::Leave(LeaveKind::Jump),
            GoNode::Function | GoNode::Method => StatementForm::Function(self.function(node)),
            _ => {
                let parts = self.expressions(code::children(node));
                let form = CodeExpressionForm::Opaque(parts);
                StatementForm::Evaluate(self.add(form, node.byte_range()))
            }
        };
        block.push(CodeStatement {
            form,
            range: node.byte_range(),
        });
    }

    /// `a, b := f()`: several values stand for a list.
    fn assignment(&mut self, node: Node<'t>, declares: bool) -> StatementForm {
        let sides = code::field(node, "left").zip(code::field(node, "right"));
        let Some((left, right)) = sides else {
            let parts = self.expressions(code::children(node));
            let form = CodeExpressionForm::Opaque(parts);
            return StatementForm::Evaluate(self.add(form, node.byte_range()));
        };
        let target = self.list(left);
        let value = self.list(right);
        let operator = code::field(node, "operator").map_or("=", |o| self.tree.text(o));
        let value = match operator.trim_end_matches('=') {
            "" | ":" => value,
            operator => {
                let form = CodeExpressionForm::Binary(operator_of(operator), target, value);
                self.add(form, node.byte_range())
            }
        };
        StatementForm::Assign {
            targets: vec![target],
            value,
            declares,
        }
    }

    /// `x++`.
    fn lower_count(&mut self, node: Node<'t>) -> StatementForm {
        let operator = match GoNode::of(node) {
            GoNode::Increment => "+",
            _ => "-",
        };
        let Some(target) = code::children(node).first().copied() else {
            return StatementForm::Block(Vec::new());
        };
        let target = self.expression(target);
        let one = CodeExpressionForm::Constant(ConstValue::Int(1));
        let end = node.end_byte();
        let one = self.add(one, end..end);
        let sum = CodeExpressionForm::Binary(operator, target, one);
        let value = self.add(sum, node.byte_range());
        StatementForm::Assign {
            targets: vec![target],
            value,
            declares: false,
        }
    }

    fn declared(&mut self, node: Node<'t>, block: &mut CodeBlock) {
        for spec in code::children(node) {
            match GoNode::of(spec) {
                GoNode::VarSpecList => self.declared(spec, block),
                GoNode::VarSpec | GoNode::ConstSpec => {
                    let names = code::fields(spec, "name");
                    let value = code::field(spec, "value").map(|list| self.list(list));
                    let form = self.declaration(&names, value);
                    block.push(CodeStatement {
                        form,
                        range: spec.byte_range(),
                    });
                }
                _ => {}
            }
        }
    }

    fn declaration(&mut self, names: &[Node<'t>], value: Option<ExpressionId>) -> StatementForm {
        match (names, value) {
            ([name], value) => StatementForm::Declare {
                name: self.text(*name),
                value,
            },
            (names, Some(value)) => {
                let range = match (names.first(), names.last()) {
                    (Some(first), Some(last)) => first.start_byte()..last.end_byte(),
                    _ => 0..0,
                };
                let names = self.expressions(names.to_vec());
                StatementForm::Assign {
                    targets: vec![self.add(CodeExpressionForm::List(names), range)],
                    value,
                    declares: true,
                }
            }
            (names, None) => {
                let each = names.iter().map(|name| CodeStatement {
                    form: StatementForm::Declare {
                        name: self.text(*name),
                        value: None,
                    },
                    range: name.byte_range(),
                });
                StatementForm::Block(each.collect())
            }
        }
    }

    /// What is declared before the condition is so for all arms of the branch.
    fn branch(&mut self, node: Node<'t>) -> StatementForm {
        let mut before = self.single(code::field(node, "initializer"));
        let condition = self.child(node, "condition");
        let body = self.block(code::field(node, "consequence"));
        let mut arms = vec![CodeArm { condition, body }];
        if let Some(otherwise) = code::field(node, "alternative") {
            let body = match GoNode::of(otherwise) {
                GoNode::Block => self.block(Some(otherwise)),
                _ => self.single(Some(otherwise)),
            };
            arms.push(CodeArm {
                condition: None,
                body,
            });
        }
        let branch = StatementForm::Branch(arms);
        if before.is_empty() {
            return branch;
        }
        before.push(CodeStatement {
            form: branch,
            range: node.byte_range(),
        });
        StatementForm::Block(before)
    }

    fn switch(&mut self, node: Node<'t>) -> StatementForm {
        let mut before = self.single(code::field(node, "initializer"));
        let value = self.child(node, "value");
        let alias = code::field(node, "alias").map(|alias| self.list(alias));
        match (alias, value) {
            (Some(target), Some(value)) => before.push(CodeStatement {
                form: StatementForm::Assign {
                    targets: vec![target],
                    value,
                    declares: true,
                },
                range: node.byte_range(),
            }),
            (None, Some(value)) => before.push(CodeStatement {
                form: StatementForm::Evaluate(value),
                range: node.byte_range(),
            }),
            _ => {}
        }
        let mut arms = Vec::new();
        for case in code::children(node) {
            let condition = match GoNode::of(case) {
                GoNode::DefaultCase => None,
                GoNode::ExpressionCase => self.child(case, "value"),
                GoNode::TypeCase | GoNode::CommunicationCase => {
                    let form = CodeExpressionForm::Opaque(Vec::new());
                    let start = case.start_byte();
                    Some(self.add(form, start..start))
                }
                _ => continue,
            };
            let mut body = Vec::new();
            if let Some(communication) = code::field(case, "communication") {
                self.received(communication, &mut body);
            }
            let lists = code::children(case).into_iter();
            let lists = lists.filter(|part| GoNode::of(*part) == GoNode::StatementList);
            for list in lists {
                body.extend(self.statements(code::children(list)));
            }
            arms.push(CodeArm { condition, body });
        }
        before.push(CodeStatement {
            form: StatementForm::Branch(arms),
            range: node.byte_range(),
        });
        StatementForm::Block(before)
    }

    /// `case value := <-channel`.
    fn received(&mut self, node: Node<'t>, body: &mut CodeBlock) {
        if GoNode::of(node) != GoNode::Receive {
            return self.statement(node, body);
        }
        let target = code::field(node, "left").map(|left| self.list(left));
        let Some(value) = self.child(node, "right") else {
            return;
        };
        let form = match target {
            Some(target) => StatementForm::Assign {
                targets: vec![target],
                value,
                declares: true,
            },
            None => StatementForm::Evaluate(value),
        };
        body.push(CodeStatement {
            form,
            range: node.byte_range(),
        });
    }

    fn loop_form(&mut self, node: Node<'t>) -> LoopForm {
        let mut form = LoopForm {
            range: node.byte_range(),
            ..LoopForm::default()
        };
        for part in code::children(node) {
            match GoNode::of(part) {
                GoNode::Block => form.body = self.block(Some(part)),
                GoNode::ForClause => {
                    form.first = self.single(code::field(part, "initializer"));
                    form.condition = self.child(part, "condition");
                    form.update = self.single(code::field(part, "update"));
                }
                GoNode::Range => {
                    form.target = code::field(part, "left").map(|left| self.list(left));
                    form.over = self.child(part, "right");
                }
                _ => form.condition = Some(self.expression(part)),
            }
        }
        form
    }

    fn function(&mut self, node: Node<'t>) -> FunctionId {
        let id = FunctionId(u32::try_from(self.file.functions.len()).unwrap_or(u32::MAX));
        let list = code::field(node, "parameters").map_or_else(Vec::new, code::children);
        let parameters = list.into_iter().flat_map(|one| self.parameters(one));
        let parameters = parameters.collect();
        self.file.functions.push(FunctionForm {
            name: code::field(node, "name").map_or_else(String::new, |name| self.text(name)),
            parameters,
            body: Vec::new(),
            range: node.byte_range(),
            class: None,
            receiver: self.receiver(node),
            is_field: false,
            is_endless: false,
            yields: false,
            nested: self.functions_around > 0,
            decorators: Vec::new(),
        });
        self.functions_around += 1;
        let body = self.block(code::field(node, "body"));
        self.functions_around -= 1;
        self.file.functions[id.0 as usize].body = body;
        id
    }

    /// The type whose method a function is.
    fn receiver(&self, node: Node<'t>) -> Option<String> {
        let list = code::field(node, "receiver")?;
        let parameter = code::children(list).first().copied()?;
        let ty = self.tree.text(code::field(parameter, "type")?);
        let name = ty.trim_start_matches('*').split('[').next()?;
        Some(name.to_owned())
    }

    fn parameters(&self, node: Node<'t>) -> Vec<ParameterForm> {
        let mut types = Vec::new();
        if let Some(ty) = code::field(node, "type") {
            code::visit(ty, |part| {
                let kind = GoNode::of(part);
                if matches!(kind, GoNode::QualifiedType | GoNode::TypeIdentifier) {
                    types.push(self.text(part));
                }
            });
        }
        let takes = match GoNode::of(node) {
            GoNode::VariadicParameter => ParameterTakes::Rest,
            _ => ParameterTakes::One,
        };
        let names = code::fields(node, "name").into_iter();
        let mut names: Vec<String> = names.map(|name| self.text(name)).collect();
        if names.is_empty() {
            names.push(String::new());
        }
        let each = names.into_iter().map(|name| ParameterForm {
            name,
            default: None,
            takes,
            named_only: false,
            types: types.clone(),
        });
        each.collect()
    }

    fn child(&mut self, node: Node<'t>, field: &str) -> Option<ExpressionId> {
        Some(self.expression(code::field(node, field)?))
    }

    /// The only one of some expressions, or a list of them.
    fn list(&mut self, node: Node<'t>) -> ExpressionId {
        match code::children(node)[..] {
            [only] => self.expression(only),
            ref several => {
                let items = self.expressions(several.to_vec());
                self.add(CodeExpressionForm::List(items), node.byte_range())
            }
        }
    }

    fn expressions(&mut self, nodes: Vec<Node<'t>>) -> Vec<ExpressionId> {
        let each = nodes.into_iter().map(|node| self.expression(node));
        each.collect()
    }

    fn expression(&mut self, node: Node<'t>) -> ExpressionId {
        if self.depth >= MAX_DEPTH {
            self.file.skipped.push(node.byte_range());
            return self.add(CodeExpressionForm::Opaque(Vec::new()), node.byte_range());
        }
        self.depth += 1;
        let form = self.form(node);
        self.depth -= 1;
        self.add(form, node.byte_range())
    }

    fn form(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let text = self.tree.text(node);
        let constant = |value: Option<ConstValue>| match value {
            Some(value) => CodeExpressionForm::Constant(value),
            None => CodeExpressionForm::Opaque(Vec::new()),
        };
        match GoNode::of(node) {
            GoNode::Identifier => CodeExpressionForm::Name(text.to_owned()),
            GoNode::True => constant(Some(ConstValue::Bool(true))),
            GoNode::False => constant(Some(ConstValue::Bool(false))),
            GoNode::Nil => constant(Some(ConstValue::Nil)),
            GoNode::Integer => constant(CodeGrammar::Go.int_value(text).map(ConstValue::Int)),
            GoNode::Float => {
                let value = text.replace('_', "").parse().ok();
                constant(value.map(ConstValue::Float))
            }
            GoNode::String | GoNode::RawString => {
                constant(CodeGrammar::Go.string_value(text).map(ConstValue::Text))
            }
            GoNode::Selector => {
                let name = code::field(node, "field").map(|name| self.text(name));
                match (self.child(node, "operand"), name) {
                    (Some(base), Some(name)) => CodeExpressionForm::Member(base, name),
                    _ => CodeExpressionForm::Opaque(Vec::new()),
                }
            }
            GoNode::Index => match (self.child(node, "operand"), self.child(node, "index")) {
                (Some(base), Some(key)) => CodeExpressionForm::Item(base, key),
                (base, _) => CodeExpressionForm::Opaque(base.into_iter().collect()),
            },
            GoNode::Call => self.call(node),
            GoNode::Composite => match code::field(node, "body") {
                Some(body) => self.literal(body),
                None => CodeExpressionForm::Opaque(Vec::new()),
            },
            GoNode::LiteralValue => self.literal(node),
            GoNode::Binary => self.binary(node),
            GoNode::Unary => {
                let operator = code::field(node, "operator").map_or("", |o| self.tree.text(o));
                match self.child(node, "operand") {
                    Some(value) => CodeExpressionForm::Unary(prefix_of(operator), value),
                    None => CodeExpressionForm::Opaque(Vec::new()),
                }
            }
            GoNode::FunctionLiteral => CodeExpressionForm::Closure(self.function(node)),
            GoNode::Parenthesized | GoNode::LiteralElement => {
                match self.expressions(code::children(node))[..] {
                    [value] => CodeExpressionForm::Through(value),
                    ref parts => CodeExpressionForm::Opaque(parts.to_vec()),
                }
            }
            // Where a statement stands in a place for expressions, its parts are looked through.
            _ => CodeExpressionForm::Opaque(self.expressions(code::children(node))),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let operator = code::field(node, "operator").map_or("", |o| self.tree.text(o));
        let sides = self.child(node, "left").zip(self.child(node, "right"));
        let Some((left, right)) = sides else {
            return CodeExpressionForm::Opaque(Vec::new());
        };
        const TESTS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
        match TESTS.iter().find(|test| **test == operator) {
            Some(operator) => CodeExpressionForm::Test {
                operands: vec![left, right],
                operator,
            },
            None => CodeExpressionForm::Binary(operator_of(operator), left, right),
        }
    }

    fn call(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let Some(callee) = self.child(node, "function") else {
            return CodeExpressionForm::Opaque(Vec::new());
        };
        let Some(list) = code::field(node, "arguments") else {
            return CodeExpressionForm::Opaque(vec![callee]);
        };
        let mut arguments = Vec::new();
        for argument in code::children(list) {
            let spread = GoNode::of(argument) == GoNode::VariadicArgument;
            let inner = code::children(argument).into_iter().next();
            let (name, value) = match inner.filter(|_| spread) {
                Some(inner) => (ArgumentName::Spread, inner),
                None => (ArgumentName::Position, argument),
            };
            let value = self.expression(value);
            arguments.push(ArgumentForm { name, value });
        }
        CodeExpressionForm::Call(CallForm {
            callee,
            arguments,
            brackets: list.byte_range(),
        })
    }

    /// A literal of named values, or of a list.
    fn literal(&mut self, body: Node<'t>) -> CodeExpressionForm {
        let elements = code::children(body);
        let named = elements.iter().any(|e| GoNode::of(*e) == GoNode::Keyed);
        if !named {
            return CodeExpressionForm::List(self.elements(elements));
        }
        let mut entries = Vec::new();
        for element in elements {
            let parts = code::field(element, "key").zip(code::field(element, "value"));
            if let Some((key, value)) = parts {
                let key = self.element(key);
                entries.push((Some(key), self.element(value)));
            }
        }
        CodeExpressionForm::Record(entries)
    }

    fn elements(&mut self, nodes: Vec<Node<'t>>) -> Vec<ExpressionId> {
        let each = nodes.into_iter().map(|node| self.element(node));
        each.collect()
    }

    fn element(&mut self, node: Node<'t>) -> ExpressionId {
        match code::children(node)[..] {
            [inner] if GoNode::of(node) == GoNode::LiteralElement => self.expression(inner),
            _ => self.expression(node),
        }
    }
}

/// Statements side by side, with no block of their own: those of a label, and what an error holds.
fn is_group(node: Node<'_>) -> bool {
    match GoNode::of(node) {
        GoNode::Unread => node.is_error(),
        _ => true,
    }
}

/// The operators that are computed with; any other gives nothing that is known.
fn operator_of(text: &str) -> &'static str {
    const KNOWN: [&str; 12] = [
        "+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "&&", "||",
    ];
    let known = KNOWN.iter().find(|known| **known == text);
    known.copied().unwrap_or("")
}

fn prefix_of(text: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["+", "-", "!", "&", "*", "<-", "^"];
    let known = KNOWN.iter().find(|known| **known == text);
    known.copied().unwrap_or("")
}
