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
use super::uses::{path_of, uses_of};
use super::{names, standard};
use crate::extract::code::form::{
    ArgumentForm, ArgumentName, CallForm, CodeArm, CodeBlock, CodeExpressionForm, CodeFile,
    CodeStatement, ExpressionId, FunctionForm, FunctionId, ImportForm, LeaveKind, LoopForm,
    ParameterForm, ParameterTakes, StatementForm, TypeForm,
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
        file: CodeFile::of_tree(tree),
    };
    let nodes = tree.root().map_or_else(Vec::new, code::children);
    let mut body = lowering.statements(nodes, false);
    body.push(lowering.import_crates());
    lowering.file.body = body;
    lowering.file
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

    /// Statements side by side. The value of the last one is the function's where they `give` it.
    fn statements(&mut self, nodes: Vec<Node<'t>>, gives: bool) -> CodeBlock {
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
                self.statement(node, gives && last == Some(node), &own, &mut block);
            }
        }
        self.before = outer;
        self.depth -= 1;
        block
    }

    fn block(&mut self, node: Option<Node<'t>>, gives: bool) -> CodeBlock {
        let nodes = node.map_or_else(Vec::new, |node| match RustNode::of(node) {
            RustNode::Block | RustNode::ElseClause | RustNode::DeclarationList => {
                code::children(node)
            }
            // The value of an arm and the body of a closure may be any expression.
            _ => vec![node],
        });
        self.statements(nodes, gives)
    }

    fn statement(
        &mut self,
        node: Node<'t>,
        gives: bool,
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
                ty: None,
                value: self.child(node, "value"),
                fixed: true,
            },
            RustNode::Let => self.lower_let(node),
            RustNode::ExpressionStatement => {
                let gives = gives && !self.text(node).ends_with(';');
                if let Some(inner) = code::children(node).first() {
                    self.statement(*inner, gives, &[], block);
                }
                return;
            }
            RustNode::Macro => {
                let value = self.expression(node);
                StatementForm::Evaluate(value)
            }
            _ if names::is_declaration(node.kind()) => return,
            _ => match self.flow(node, gives) {
                Some(form) => form,
                None if gives => StatementForm::Return(Some(self.expression(node))),
                None => StatementForm::Evaluate(self.expression(node)),
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
        let items = self.block(code::field(node, "body"), false);
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
            self.expression(otherwise);
        }
        let pattern = code::field(node, "pattern");
        match (value, pattern) {
            (Some(value), Some(pattern)) => self.bind(pattern, value),
            (value, pattern) => StatementForm::Declare {
                name: pattern.map_or_else(String::new, |p| self.text(p).to_owned()),
                ty: None,
                value,
                fixed: false,
            },
        }
    }

    fn bind(&mut self, pattern: Node<'t>, value: ExpressionId) -> StatementForm {
        StatementForm::Assign {
            targets: vec![self.pattern(pattern)],
            value,
            declares: true,
        }
    }

    /// What control does, wherever it stands.
    fn flow(&mut self, node: Node<'t>, gives: bool) -> Option<StatementForm> {
        Some(match RustNode::of(node) {
            RustNode::Block => StatementForm::Block(self.block(Some(node), gives)),
            RustNode::Unsafe => StatementForm::Block(self.block(last_child(node), gives)),
            RustNode::If => self.branch(node, gives),
            RustNode::Match => self.lower_match(node, gives),
            RustNode::For | RustNode::While | RustNode::Loop => {
                StatementForm::Loop(Box::new(self.loop_form(node)))
            }
            RustNode::Return => {
                let value = code::children(node).first().copied();
                StatementForm::Return(value.map(|value| self.expression(value)))
            }
            RustNode::Break => StatementForm::Leave(LeaveKind::Loop),
            RustNode::Continue => StatementForm::Leave(LeaveKind::Round),
            RustNode::Assignment | RustNode::CompoundAssignment => StatementForm::Assign {
                targets: vec![self.child(node, "left")?],
                value: self.child(node, "right")?,
                declares: false,
            },
            _ => return None,
        })
    }

    fn branch(&mut self, node: Node<'t>, gives: bool) -> StatementForm {
        let (condition, mut body) = self.condition(code::field(node, "condition"));
        body.extend(self.block(code::field(node, "consequence"), gives));
        let mut arms = vec![CodeArm { condition, body }];
        if let Some(otherwise) = code::field(node, "alternative") {
            arms.push(CodeArm {
                condition: None,
                body: self.block(Some(otherwise), gives),
            });
        }
        StatementForm::Branch(arms)
    }

    /// What a condition asks, and what it binds where it holds.
    fn condition(&mut self, node: Option<Node<'t>>) -> (Option<ExpressionId>, CodeBlock) {
        let parts = node.and_then(|node| {
            let pattern = code::field(node, "pattern")?;
            Some((node, pattern, self.child(node, "value")?))
        });
        let Some((node, pattern, value)) = parts else {
            return (node.map(|node| self.expression(node)), Vec::new());
        };
        let bound = CodeStatement {
            form: self.bind(pattern, value),
            range: node.byte_range(),
        };
        (Some(self.opaque(Vec::new(), node)), vec![bound])
    }

    fn lower_match(&mut self, node: Node<'t>, gives: bool) -> StatementForm {
        if let Some(value) = self.child(node, "value") {
            self.before.push(CodeStatement {
                form: StatementForm::Evaluate(value),
                range: self.file.expression(value).range.clone(),
            });
        }
        let arms = code::field(node, "body").map_or_else(Vec::new, code::children);
        let arms = arms.into_iter().map(|arm| CodeArm {
            condition: self.child(arm, "pattern"),
            body: self.block(code::field(arm, "value"), gives),
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
        form.body = self.block(code::field(node, "body"), false);
        form
    }

    /// A function, a closure, or a block that runs when somebody waits for it.
    fn function(&mut self, node: Node<'t>, attributes: &[Node<'t>]) -> FunctionId {
        let id = FunctionId(u32::try_from(self.file.functions.len()).unwrap_or(u32::MAX));
        let owner = self.owner.take();
        let is_item = RustNode::of(node) == RustNode::Function;
        let list = code::field(node, "parameters").map_or_else(Vec::new, code::children);
        let list = list.into_iter();
        let list = list.filter(|one| RustNode::of(*one) != RustNode::SelfParameter);
        let parameters = list.map(|one| self.parameter(one)).collect();
        self.file.functions.push(FunctionForm {
            name: code::field(node, "name").map_or_else(String::new, |n| self.text(n).to_owned()),
            parameters,
            body: Vec::new(),
            range: node.byte_range(),
            class: None,
            receiver: owner.clone().filter(|_| is_item),
            receiver_name: None,
            receiver_type: None,
            results: Vec::new(),
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
        let body = self.block(body, true);
        self.functions_around -= 1;
        self.owner = owner;
        let form = &mut self.file.functions[id.0 as usize];
        form.body = body;
        form.decorators = decorators;
        id
    }

    fn parameter(&self, node: Node<'t>) -> ParameterForm {
        let pattern = code::field(node, "pattern").unwrap_or(node);
        let mut ty = code::field(node, "type");
        while let Some(inner) = ty.filter(|ty| ty.kind() == "reference_type") {
            ty = code::field(inner, "type");
        }
        ParameterForm {
            name: self.text(pattern).trim_start_matches("mut ").to_owned(),
            default: None,
            takes: ParameterTakes::One,
            named_only: false,
            ty: ty.map(|ty| TypeForm::Named(None, path_of(ty, self.tree).join("::"))),
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
        let form = self.form(node);
        self.depth -= 1;
        self.add(form, node.byte_range())
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
            RustNode::Macro => CodeExpressionForm::Opaque(self.names_in(node)),
            RustNode::Cast => through(self.child(node, "value")),
            RustNode::Reference => match self.child(node, "value") {
                Some(value) => CodeExpressionForm::Unary("&", value),
                None => CodeExpressionForm::Opaque(Vec::new()),
            },
            RustNode::Binary => {
                let sides = self.child(node, "left").zip(self.child(node, "right"));
                sides.map_or(CodeExpressionForm::Opaque(Vec::new()), |(left, right)| {
                    CodeExpressionForm::Binary("", left, right)
                })
            }
            _ => self.composed(node),
        }
    }

    /// What is made of the expressions in it.
    fn composed(&mut self, node: Node<'t>) -> CodeExpressionForm {
        if let Some(form) = self.flow(node, false) {
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
            (RustNode::Unary, [value]) => CodeExpressionForm::Unary("", *value),
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
        let function = code::field(function, "function").unwrap_or(function);
        let arguments = code::children(list);
        if RustNode::of(function) == RustNode::Field {
            let method = code::field(function, "field").map_or("", |field| self.text(field));
            if standard::hands_on(method, arguments.len()) {
                return self.hand_on(function, arguments);
            }
        } else if let [only] = arguments[..]
            && self.wraps(function)
        {
            return through(Some(self.expression(only)));
        }
        let callee = self.expression(function);
        let arguments = self.expressions(arguments).into_iter();
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
    fn hand_on(&mut self, method: Node<'t>, arguments: Vec<Node<'t>>) -> CodeExpressionForm {
        let Some(value) = self.child(method, "value") else {
            return CodeExpressionForm::Opaque(self.expressions(arguments));
        };
        match self.expressions(arguments)[..] {
            [] => CodeExpressionForm::Through(value),
            [otherwise] => CodeExpressionForm::Otherwise(value, otherwise),
            ref parts => {
                let otherwise = self.opaque(parts.to_vec(), method);
                CodeExpressionForm::Otherwise(value, otherwise)
            }
        }
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
