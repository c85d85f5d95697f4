//! Rust's syntax to the form that the shared analyses read. The only file that turns nodes of the grammar
//! into it; what names and types mean is left to `package` and `extract::code`.
//!
//! What is a statement elsewhere may stand in an expression here: it is put before the statement that
//! holds it, and nothing is known of its value. Methods and functions of the standard library that hand
//! on what they are given stand for that value itself.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::node::RustNode;
use super::patterns::lower_pattern;
use super::type_form::{is_type, lower_type};
use super::uses::{path_of, uses_of};
use super::{names, standard};
use crate::extract::code::find_broken;
use crate::extract::code::fold::operator_of;
use crate::extract::code::form::{
    ArgumentForm, ArgumentName, BindingForm, BoundPattern, CallForm, CalledForm, CodeArm,
    CodeBlock, CodeExpressionForm, CodeFile, CodeStatement, ExpressionId, FunctionForm, FunctionId,
    ImportForm, LeaveKind, LoopForm, ParameterForm, ParameterTakes, StatementForm, TypeForm,
};
use crate::facts::raw::ConstValue;
use crate::knowledge::languages;
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// How deep code may be nested: each level takes a few frames of the stack, and the threads that read
/// have 2 MB.
const MAX_DEPTH: usize = 200;

/// A file in the shared form.
pub(super) fn lower(tree: &CodeTree) -> CodeFile {
    let mut lowering = RustLowering {
        tree,
        depth: 0,
        functions_around: 0,
        owner: None,
        before: Vec::new(),
        roots: BTreeSet::new(),
        imported: BTreeSet::new(),
        called: None,
        file: CodeFile::of_tree(tree),
    };
    if tree.root().is_some_and(|root| root.has_error()) {
        lowering.file.broken = find_broken(tree);
    }
    let nodes = tree.root().map_or_else(Vec::new, code::children);
    let mut body = lowering.statements(nodes, BlockEnd::Nothing);
    body.push(lowering.import_crates());
    lowering.file.body = body;
    lowering.file
}

/// What becomes of the value at the end of a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockEnd {
    Nothing,
    /// It is what the function gives.
    Returns,
    /// It is what the block gives where it stands.
    Gives,
}

struct RustLowering<'t> {
    tree: &'t CodeTree,
    depth: usize,
    functions_around: usize,
    /// The type or the trait whose functions are being lowered.
    owner: Option<String>,
    /// Statements that stand in the expressions of the one being lowered.
    before: CodeBlock,
    /// The first names of paths, and the names that the file imports.
    roots: BTreeSet<&'t str>,
    imported: BTreeSet<String>,
    /// What is called in the expression being lowered, where its form does not say so.
    called: Option<CalledForm>,
    file: CodeFile,
}

impl<'t> RustLowering<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        self.tree.text(node)
    }

    fn add(&mut self, form: CodeExpressionForm, range: Range<usize>) -> ExpressionId {
        self.file.add(form, range)
    }

    /// Nothing that is understood, in the place of a node.
    fn opaque(&mut self, parts: Vec<ExpressionId>, node: Node<'_>) -> ExpressionId {
        self.add(CodeExpressionForm::Opaque(parts), node.byte_range())
    }

    /// A crate is known by its name wherever no import takes the name.
    fn import_crates(&mut self) -> CodeStatement {
        let unused = self.roots.iter();
        let unused = unused.filter(|root| !self.imported.contains(**root));
        let imports = unused.map(|root| ImportForm::Name {
            name: (*root).to_owned(),
            path: (*root).to_owned(),
        });
        CodeStatement {
            form: StatementForm::Import(imports.collect()),
            range: 0..0,
        }
    }

    /// Statements side by side, and what becomes of the value of the last one.
    fn statements(&mut self, nodes: Vec<Node<'t>>, end: BlockEnd) -> CodeBlock {
        let mut block = Vec::new();
        if self.depth >= MAX_DEPTH {
            self.file.skipped.extend(nodes.iter().map(Node::byte_range));
            return block;
        }
        self.depth += 1;
        let outer = std::mem::take(&mut self.before);
        let last = nodes.last().copied();
        let mut attributes = Vec::new();
        for node in nodes {
            if RustNode::of(node) == RustNode::Attribute {
                attributes.push(node);
                continue;
            }
            let own = std::mem::take(&mut attributes);
            if !own.iter().any(|own| names::makes_test(self.text(*own))) {
                let end = match last == Some(node) {
                    true => end,
                    false => BlockEnd::Nothing,
                };
                self.statement(node, end, &own, &mut block);
            }
        }
        self.before = outer;
        self.depth -= 1;
        block
    }

    fn block(&mut self, node: Option<Node<'t>>, end: BlockEnd) -> CodeBlock {
        let nodes = node.map_or_else(Vec::new, |node| match RustNode::of(node) {
            RustNode::Block | RustNode::ElseClause | RustNode::DeclarationList => {
                code::children(node)
            }
            // The value of an arm and the body of a closure may be any expression.
            _ => vec![node],
        });
        self.statements(nodes, end)
    }

    fn statement(
        &mut self,
        node: Node<'t>,
        end: BlockEnd,
        attributes: &[Node<'t>],
        block: &mut CodeBlock,
    ) {
        let form = match RustNode::of(node) {
            RustNode::Module | RustNode::Impl | RustNode::Trait => {
                block.extend(self.items(node));
                return;
            }
            RustNode::Use => self.import(node),
            RustNode::Function => StatementForm::Function(self.function(node, attributes)),
            RustNode::Const | RustNode::Static => StatementForm::Declare {
                name: code::field(node, "name").map_or_else(String::new, |n| self.text(n).into()),
                ty: code::field(node, "type").map(|ty| lower_type(ty, self.tree)),
                value: self.child(node, "value"),
                fixed: true,
            },
            RustNode::Let => self.lower_let(node),
            RustNode::ExpressionStatement => {
                let end = match self.text(node).ends_with(';') {
                    true => BlockEnd::Nothing,
                    false => end,
                };
                if let Some(inner) = code::children(node).first() {
                    self.statement(*inner, end, &[], block);
                }
                return;
            }
            _ if node.is_error() => {
                block.extend(self.statements(code::children(node), BlockEnd::Nothing));
                StatementForm::Unreadable
            }
            RustNode::Macro => {
                let value = self.expression(node);
                match end {
                    BlockEnd::Gives => StatementForm::Give(value),
                    _ => StatementForm::Evaluate(value),
                }
            }
            _ if names::is_declaration(node.kind()) => return,
            _ => match self.flow(node, end) {
                Some(form) => form,
                None => {
                    let value = self.expression(node);
                    match end {
                        BlockEnd::Nothing => StatementForm::Evaluate(value),
                        BlockEnd::Returns => StatementForm::Return(Some(value)),
                        BlockEnd::Gives => StatementForm::Give(value),
                    }
                }
            },
        };
        block.append(&mut self.before);
        block.push(CodeStatement {
            form,
            range: node.byte_range(),
        });
    }

    /// What a module, a type or a trait declares stands in the file's own block.
    fn items(&mut self, node: Node<'t>) -> CodeBlock {
        let named = code::field(node, "type").and_then(|ty| names::type_name(ty, self.tree));
        let owner = match RustNode::of(node) {
            RustNode::Impl => named.map(str::to_owned),
            RustNode::Trait => code::field(node, "name").map(|name| self.text(name).to_owned()),
            _ => None,
        };
        let outer = std::mem::replace(&mut self.owner, owner);
        let items = self.block(code::field(node, "body"), BlockEnd::Nothing);
        self.owner = outer;
        items
    }

    fn import(&mut self, node: Node<'t>) -> StatementForm {
        let (uses, globs) = uses_of(node, self.tree);
        let mut imports = Vec::new();
        for (name, path) in uses {
            self.imported.insert(name.clone());
            let path = path.join(".");
            imports.push(ImportForm::Name { name, path });
        }
        imports.extend(globs.into_iter().map(|path| ImportForm::All {
            path: path.join("."),
        }));
        StatementForm::Import(imports)
    }

    fn lower_let(&mut self, node: Node<'t>) -> StatementForm {
        let value = self.child(node, "value");
        if let Some(otherwise) = code::field(node, "alternative") {
            let condition = Some(self.opaque(Vec::new(), otherwise));
            let body = self.block(Some(otherwise), BlockEnd::Nothing);
            self.before.push(CodeStatement {
                form: StatementForm::Branch(vec![CodeArm { condition, body }]),
                range: otherwise.byte_range(),
            });
        }
        let pattern = code::field(node, "pattern");
        let ty = code::field(node, "type").map(|ty| lower_type(ty, self.tree));
        match (value, pattern) {
            (Some(value), Some(pattern)) => {
                let is_mut = |child: &Node<'_>| child.kind() == "mutable_specifier";
                let is_mut = code::children(node).iter().any(is_mut);
                self.bind((pattern, is_mut), ty, value)
            }
            (value, pattern) => StatementForm::Declare {
                name: pattern.map_or_else(String::new, |p| self.text(p).to_owned()),
                ty,
                value,
                fixed: false,
            },
        }
    }

    fn bind(
        &mut self,
        (pattern, is_mut): (Node<'t>, bool),
        ty: Option<TypeForm>,
        value: ExpressionId,
    ) -> StatementForm {
        let target = self.pattern(pattern);
        let bound = lower_pattern(pattern, self.tree);
        let pattern = match is_mut {
            true => BindingForm::Changeable(Box::new(bound)),
            false => bound,
        };
        self.keep_pattern(target, (pattern, ty), (None, None));
        StatementForm::Assign {
            targets: vec![target],
            value,
            declares: true,
        }
    }

    fn keep_pattern(
        &mut self,
        at: ExpressionId,
        (pattern, ty): (BindingForm, Option<TypeForm>),
        (of, guard): (Option<ExpressionId>, Option<ExpressionId>),
    ) {
        let bound = BoundPattern {
            pattern,
            ty,
            of,
            guard,
        };
        self.file.patterns.insert(at, bound);
    }

    /// What control does, wherever it stands.
    fn flow(&mut self, node: Node<'t>, end: BlockEnd) -> Option<StatementForm> {
        Some(match RustNode::of(node) {
            RustNode::Block => StatementForm::Block(self.block(Some(node), end)),
            RustNode::Unsafe => StatementForm::Block(self.block(last_child(node), end)),
            RustNode::If => self.branch(node, end),
            RustNode::Match => self.lower_match(node, end),
            RustNode::For | RustNode::While | RustNode::Loop => {
                StatementForm::Loop(Box::new(self.loop_form(node)))
            }
            RustNode::Return => {
                let value = code::children(node).first().copied();
                StatementForm::Return(value.map(|value| self.expression(value)))
            }
            RustNode::Break => StatementForm::Leave(LeaveKind::Loop),
            RustNode::Continue => StatementForm::Leave(LeaveKind::Round),
            RustNode::Assignment | RustNode::CompoundAssignment => {
                let target = self.child(node, "left")?;
                let mut value = self.child(node, "right")?;
                if let Some(operator) = code::field(node, "operator") {
                    let operator = operator_of(self.text(operator).trim_end_matches('='));
                    let form = CodeExpressionForm::Binary(operator, target, value);
                    value = self.add(form, node.byte_range());
                }
                StatementForm::Assign {
                    targets: vec![target],
                    value,
                    declares: false,
                }
            }
            _ => return None,
        })
    }

    fn branch(&mut self, node: Node<'t>, end: BlockEnd) -> StatementForm {
        let (condition, mut body) = self.condition(code::field(node, "condition"));
        body.extend(self.block(code::field(node, "consequence"), end));
        let mut arms = vec![CodeArm { condition, body }];
        if let Some(otherwise) = code::field(node, "alternative") {
            arms.push(CodeArm {
                condition: None,
                body: self.block(Some(otherwise), end),
            });
        }
        StatementForm::Branch(arms)
    }

    /// What a condition asks, and what it binds where it holds.
    fn condition(&mut self, node: Option<Node<'t>>) -> (Option<ExpressionId>, CodeBlock) {
        if let Some(chain) = node.filter(|node| node.kind() == "let_chain") {
            let conditions = code::children(chain).into_iter();
            let conditions: Vec<_> = conditions.map(|one| self.condition(Some(one))).collect();
            let asked = conditions.iter().filter_map(|(asked, _)| *asked).collect();
            let bound = conditions.into_iter().flat_map(|(_, bound)| bound);
            let bound = bound.collect();
            return (Some(self.opaque(asked, chain)), bound);
        }
        let parts = node.and_then(|node| {
            let pattern = code::field(node, "pattern")?;
            Some((node, pattern, self.child(node, "value")?))
        });
        let Some((node, pattern, value)) = parts else {
            return (node.map(|node| self.expression(node)), Vec::new());
        };
        let bound = CodeStatement {
            form: self.bind((pattern, false), None, value),
            range: node.byte_range(),
        };
        (Some(self.opaque(Vec::new(), node)), vec![bound])
    }

    fn lower_match(&mut self, node: Node<'t>, end: BlockEnd) -> StatementForm {
        let value = self.child(node, "value");
        if let Some(value) = value {
            self.before.push(CodeStatement {
                form: StatementForm::Evaluate(value),
                range: self.file.expression(value).range.clone(),
            });
        }
        let arms = code::field(node, "body").map_or_else(Vec::new, code::children);
        let arms = arms.into_iter().map(|arm| {
            let pattern = code::field(arm, "pattern");
            let condition = pattern.map(|pattern| self.expression(pattern));
            if let (Some(pattern), Some(condition)) = (pattern, condition) {
                let guard = self.child(pattern, "condition");
                let bound = code::children(pattern)
                    .first()
                    .map(|inner| lower_pattern(*inner, self.tree));
                let bound = bound.unwrap_or(BindingForm::Names(Vec::new()));
                self.keep_pattern(condition, (bound, None), (value, guard));
            }
            let body = self.block(code::field(arm, "value"), end);
            CodeArm { condition, body }
        });
        StatementForm::Branch(arms.collect())
    }

    fn loop_form(&mut self, node: Node<'t>) -> LoopForm {
        let mut form = LoopForm {
            range: node.byte_range(),
            ..LoopForm::default()
        };
        form.target = code::field(node, "pattern").map(|pattern| self.pattern(pattern));
        form.over = self.child(node, "value");
        match code::field(node, "condition") {
            Some(condition) if RustNode::of(condition) == RustNode::LetCondition => {
                form.target = code::field(condition, "pattern").map(|p| self.pattern(p));
                form.condition = self.child(condition, "value");
            }
            condition => form.condition = condition.map(|asked| self.expression(asked)),
        }
        form.body = self.block(code::field(node, "body"), BlockEnd::Nothing);
        form
    }

    /// A function, a closure, or a block that runs when somebody waits for it.
    fn function(&mut self, node: Node<'t>, attributes: &[Node<'t>]) -> FunctionId {
        let id = FunctionId(u32::try_from(self.file.functions.len()).unwrap_or(u32::MAX));
        let owner = self.owner.take();
        let is_item = RustNode::of(node) == RustNode::Function;
        let list = code::field(node, "parameters").map_or_else(Vec::new, code::children);
        let of_self = |one: &&Node<'_>| RustNode::of(**one) == RustNode::SelfParameter;
        let own = list.iter().find(of_self).map(|own| self.text(*own));
        let changed = own.filter(|own| own.contains("mut"));
        let list = list.iter().filter(|one| !of_self(one));
        let parameters = list.map(|one| self.parameter(*one)).collect();
        let result = code::field(node, "return_type").map(|ty| lower_type(ty, self.tree));
        self.file.functions.push(FunctionForm {
            name: code::field(node, "name").map_or_else(String::new, |n| self.text(n).to_owned()),
            parameters,
            body: Vec::new(),
            range: node.byte_range(),
            class: None,
            receiver: owner.clone().filter(|_| is_item),
            receiver_name: own.map(|_| "self".to_owned()),
            // A pointer where the method may change what it is called on.
            receiver_type: changed.map(|own| {
                let own = TypeForm::Named(None, own.to_owned());
                TypeForm::Pointer(Box::new(own))
            }),
            results: result.map(|ty| (None, ty)).into_iter().collect(),
            is_field: false,
            is_endless: false,
            yields: false,
            nested: self.functions_around > 0,
            decorators: Vec::new(),
        });
        let paths = attributes.iter().filter_map(|attribute| {
            let attribute = code::children(*attribute).first().copied()?;
            code::children(attribute).first().copied()
        });
        let decorators = self.expressions(paths.collect());
        self.functions_around += 1;
        // A closure that gives such a block runs it for whoever calls it.
        let mut body = code::field(node, "body").or_else(|| last_child(node));
        while let Some(inner) = body.filter(|body| RustNode::of(*body) == RustNode::AsyncBlock) {
            body = last_child(inner);
        }
        let body = self.block(body, BlockEnd::Returns);
        self.functions_around -= 1;
        self.owner = owner;
        let form = &mut self.file.functions[id.0 as usize];
        form.body = body;
        form.decorators = decorators;
        id
    }

    fn parameter(&self, node: Node<'t>) -> ParameterForm {
        let pattern = code::field(node, "pattern").unwrap_or(node);
        let ty = code::field(node, "type");
        ParameterForm {
            name: self.text(pattern).trim_start_matches("mut ").to_owned(),
            default: None,
            takes: ParameterTakes::One,
            named_only: false,
            ty: ty.map(|ty| lower_type(ty, self.tree)),
            pattern: Some(lower_pattern(pattern, self.tree)),
        }
    }

    /// What a pattern binds. Of one that is not understood the names are bound to what is not known.
    fn pattern(&mut self, node: Node<'t>) -> ExpressionId {
        match (RustNode::of(node), last_child(node)) {
            (RustNode::MutablePattern | RustNode::ReferencePattern, Some(inner)) => {
                return self.pattern(inner);
            }
            (_, Some(inner)) if self.is_success(node) => return self.pattern(inner),
            _ => {}
        }
        let form = match RustNode::of(node) {
            RustNode::Identifier => CodeExpressionForm::Name(self.text(node).to_owned()),
            RustNode::TuplePattern => {
                let items = code::children(node).into_iter();
                CodeExpressionForm::List(items.map(|item| self.pattern(item)).collect())
            }
            _ if self.text(node) == "_" => CodeExpressionForm::Name("_".to_owned()),
            _ => {
                let start = node.start_byte();
                let unseen = CodeExpressionForm::Opaque(Vec::new());
                let mut names = vec![self.add(unseen, start..start)];
                names.extend(self.names_in(node));
                CodeExpressionForm::List(names)
            }
        };
        self.add(form, node.byte_range())
    }

    /// `Ok(x)` and `Some(x)`.
    fn is_success(&self, pattern: Node<'_>) -> bool {
        let ty = code::field(pattern, "type").map(|ty| self.text(ty));
        RustNode::of(pattern) == RustNode::TupleStructPattern
            && code::children(pattern).len() == 2
            && ty.is_some_and(standard::wraps_success)
    }

    /// The variables that are named somewhere in a node.
    fn names_in(&mut self, node: Node<'t>) -> Vec<ExpressionId> {
        let mut found = Vec::new();
        code::visit(node, |part| {
            let kind = RustNode::of(part);
            let named = matches!(
                kind,
                RustNode::Identifier | RustNode::ShorthandPattern | RustNode::SelfName
            );
            let name = self.text(part);
            if named && !name.starts_with(char::is_uppercase) {
                let form = CodeExpressionForm::Name(name.to_owned());
                found.push(self.add(form, part.byte_range()));
            }
        });
        found
    }

    fn child(&mut self, node: Node<'t>, field: &str) -> Option<ExpressionId> {
        Some(self.expression(code::field(node, field)?))
    }

    fn expressions(&mut self, nodes: Vec<Node<'t>>) -> Vec<ExpressionId> {
        let each = nodes.into_iter().map(|node| self.expression(node));
        each.collect()
    }

    fn expression(&mut self, node: Node<'t>) -> ExpressionId {
        if self.depth >= MAX_DEPTH {
            self.file.skipped.push(node.byte_range());
            return self.opaque(Vec::new(), node);
        }
        self.depth += 1;
        let outer = self.called.take();
        let form = self.form(node);
        let called = std::mem::replace(&mut self.called, outer);
        self.depth -= 1;
        let id = self.add(form, node.byte_range());
        self.file.called.extend(called.map(|called| (id, called)));
        id
    }

    /// Says what is called in the expression being lowered.
    fn call_of(&mut self, name: &str, ty: Option<Node<'t>>, given: Vec<ExpressionId>) {
        self.called = Some(CalledForm {
            name: name.to_owned(),
            ty: ty.map(|ty| lower_type(ty, self.tree)),
            given,
        });
    }

    fn form(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let text = self.text(node);
        let constant = |value: Option<ConstValue>| match value {
            Some(value) => CodeExpressionForm::Constant(value),
            None => CodeExpressionForm::Opaque(Vec::new()),
        };
        match RustNode::of(node) {
            RustNode::Identifier | RustNode::SelfName => CodeExpressionForm::Name(text.to_owned()),
            RustNode::Boolean => constant(Some(ConstValue::Bool(text == "true"))),
            RustNode::Integer => constant(CodeGrammar::Rust.int_value(text).map(ConstValue::Int)),
            RustNode::Float => constant(standard::float_value(text).map(ConstValue::Float)),
            RustNode::String | RustNode::RawString => {
                constant(CodeGrammar::Rust.string_value(text).map(ConstValue::Text))
            }
            RustNode::ScopedIdentifier => self.path(node),
            RustNode::Field => match (self.child(node, "value"), code::field(node, "field")) {
                (Some(base), Some(name)) => {
                    CodeExpressionForm::Member(base, self.text(name).to_owned())
                }
                (base, _) => CodeExpressionForm::Opaque(base.into_iter().collect()),
            },
            RustNode::Call => self.call(node),
            RustNode::Struct => self.literal(node),
            RustNode::Closure | RustNode::AsyncBlock => {
                CodeExpressionForm::Closure(self.function(node, &[]))
            }
            RustNode::Macro => {
                let named = CodeExpressionForm::Opaque(self.names_in(node));
                let name = code::field(node, "macro").map_or("", |name| self.text(name));
                self.call_of(&format!("{name}!"), None, Vec::new());
                named
            }
            RustNode::Cast => {
                let value = through(self.child(node, "value"));
                self.call_of("as", code::field(node, "type"), Vec::new());
                value
            }
            RustNode::Reference => match self.child(node, "value") {
                Some(value) => CodeExpressionForm::Unary("&", value),
                None => CodeExpressionForm::Opaque(Vec::new()),
            },
            RustNode::Binary => {
                let sides = self.child(node, "left").zip(self.child(node, "right"));
                let operator = code::field(node, "operator").map_or("", |own| self.text(own));
                sides.map_or(CodeExpressionForm::Opaque(Vec::new()), |(left, right)| {
                    CodeExpressionForm::Binary(operator_of(operator), left, right)
                })
            }
            _ => self.composed(node),
        }
    }

    /// What is made of the expressions in it.
    fn composed(&mut self, node: Node<'t>) -> CodeExpressionForm {
        if let Some(form) = self.flow(node, BlockEnd::Gives) {
            self.before.push(CodeStatement {
                form,
                range: node.byte_range(),
            });
            return CodeExpressionForm::Opaque(Vec::new());
        }
        let parts = self.expressions(code::children(node));
        match (RustNode::of(node), &parts[..]) {
            (RustNode::Await | RustNode::Try | RustNode::Parenthesized, [value]) => {
                CodeExpressionForm::Through(*value)
            }
            (RustNode::Unary, [value]) => {
                let operator = match self.text(node).chars().next() {
                    Some('-') => "-",
                    Some('!') => "!",
                    Some('*') => "*",
                    _ => "",
                };
                CodeExpressionForm::Unary(operator, *value)
            }
            (RustNode::Index, [base, key]) => CodeExpressionForm::Item(*base, *key),
            (RustNode::Range, [from, to]) => {
                let includes = self.text(node).contains("..=");
                CodeExpressionForm::Binary(if includes { "..=" } else { ".." }, *from, *to)
            }
            (RustNode::Tuple, _) => CodeExpressionForm::List(parts),
            (RustNode::Array, _) if code::field(node, "length").is_none() => {
                CodeExpressionForm::List(parts)
            }
            _ => CodeExpressionForm::Opaque(parts),
        }
    }

    fn path(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let name = code::field(node, "name").map_or("", |name| self.text(name));
        let base = code::field(node, "path");
        if let Some(root) = base.filter(|base| RustNode::of(*base) == RustNode::Identifier) {
            let root = self.text(root);
            self.roots
                .extend(root.starts_with(char::is_lowercase).then_some(root));
        }
        match base {
            Some(base) if is_type(base) => {
                let ty = CodeExpressionForm::Type(lower_type(base, self.tree));
                CodeExpressionForm::Member(self.add(ty, base.byte_range()), name.to_owned())
            }
            Some(base) => CodeExpressionForm::Member(self.expression(base), name.to_owned()),
            None => CodeExpressionForm::Name(name.to_owned()),
        }
    }

    fn call(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let parts = code::field(node, "function").zip(code::field(node, "arguments"));
        let Some((function, list)) = parts else {
            return CodeExpressionForm::Opaque(self.expressions(code::children(node)));
        };
        // `f::<T>`
        let whole = function;
        let function = code::field(function, "function").unwrap_or(function);
        let generic = (whole != function).then_some(whole);
        let arguments = code::children(list);
        if RustNode::of(function) == RustNode::Field {
            let method = code::field(function, "field").map_or("", |field| self.text(field));
            if standard::hands_on(method, arguments.len()) {
                return self.hand_on(function, method, arguments);
            }
        } else if let [only] = arguments[..]
            && self.wraps(function)
        {
            let value = through(Some(self.expression(only)));
            self.call_of(&path_of(function, self.tree).join("::"), None, Vec::new());
            return value;
        }
        let callee = self.expression(function);
        let arguments = self.expressions(arguments).into_iter();
        if generic.is_some() {
            self.call_of("", generic, Vec::new());
        }
        CodeExpressionForm::Call(CallForm {
            callee,
            arguments: arguments
                .map(|value| ArgumentForm {
                    name: ArgumentName::Position,
                    value,
                })
                .collect(),
            brackets: list.byte_range(),
        })
    }

    /// `value.unwrap()`, and `value.unwrap_or_else(f)`: what is given counts where there is no value.
    fn hand_on(
        &mut self,
        method: Node<'t>,
        name: &str,
        arguments: Vec<Node<'t>>,
    ) -> CodeExpressionForm {
        let Some(value) = self.child(method, "value") else {
            return CodeExpressionForm::Opaque(self.expressions(arguments));
        };
        let given = self.expressions(arguments);
        let form = match given[..] {
            [] => CodeExpressionForm::Through(value),
            [otherwise] => CodeExpressionForm::Otherwise(value, otherwise),
            ref parts => {
                let otherwise = self.opaque(parts.to_vec(), method);
                CodeExpressionForm::Otherwise(value, otherwise)
            }
        };
        self.call_of(name, None, given);
        form
    }

    /// A function that gives what it is given in another type: `Ok`, `Arc::new`.
    fn wraps(&self, function: Node<'t>) -> bool {
        match RustNode::of(function) {
            RustNode::Identifier => standard::wraps_success(self.text(function)),
            RustNode::ScopedIdentifier => {
                let path = path_of(function, self.tree);
                languages::rust().is_some_and(|rust| rust.wraps(&path))
            }
            _ => false,
        }
    }

    fn literal(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let list = code::field(node, "body").map_or_else(Vec::new, code::children);
        let mut entries = Vec::new();
        for entry in list {
            let name = code::field(entry, "field");
            let Some(value) = code::field(entry, "value").or_else(|| last_child(entry)) else {
                continue;
            };
            let value = self.expression(value);
            let key = name.map(|name| {
                let form = CodeExpressionForm::Name(self.text(name).to_owned());
                self.add(form, name.byte_range())
            });
            let is_short = RustNode::of(entry) == RustNode::ShorthandField;
            entries.push((key.or(is_short.then_some(value)), value));
        }
        self.call_of("", code::field(node, "name"), Vec::new());
        CodeExpressionForm::Record(entries)
    }
}

fn last_child(node: Node<'_>) -> Option<Node<'_>> {
    code::children(node).into_iter().next_back()
}

fn through(value: Option<ExpressionId>) -> CodeExpressionForm {
    match value {
        Some(value) => CodeExpressionForm::Through(value),
        None => CodeExpressionForm::Opaque(Vec::new()),
    }
}
