//! Go's syntax to the form that the shared analyses read. The only file that turns nodes of the grammar
//! into it; what names and types mean is left to `package` and `extract::code`.

use std::ops::Range;

use tree_sitter::Node;

use super::node::GoNode;
use crate::extract::code::find_broken;
use crate::extract::code::fold::operator_of;
use crate::extract::code::form::{
    ArgumentForm, ArgumentName, CallForm, CodeArm, CodeBlock, CodeExpressionForm, CodeFile,
    CodeStatement, ExpressionId, FieldForm, FunctionForm, FunctionId, ImportForm, LeaveKind,
    LiteralForm, LoopForm, ParameterForm, ParameterTakes, StatementForm, TypeForm,
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
        lowering.file.comments = tree.suppression_comments();
        if root.has_error() {
            lowering.file.broken = find_broken(tree);
        }
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
            GoNode::PackageClause => {
                let name = code::children(node).into_iter().next();
                self.file.package = name.map(|name| self.text(name));
                return;
            }
            GoNode::Import => StatementForm::Import(self.imports(node)),
            GoNode::TypeDeclaration => return self.types(node),
            GoNode::LabelName => StatementForm::Label,
            GoNode::Unread if node.is_error() => {
                block.push(CodeStatement {
                    form: StatementForm::Unreadable,
                    range: node.byte_range(),
                });
                // Declarations may stand in it; what is left of a function means nothing.
                if self.functions_around == 0 {
                    let inner = self.statements(code::children(node));
                    block.extend(inner);
                }
                return;
            }
            GoNode::StatementList | GoNode::Labeled => {
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
            GoNode::Send => {
                let sides = self.child(node, "channel").zip(self.child(node, "value"));
                let form = match sides {
                    Some((channel, value)) => CodeExpressionForm::Binary("<-", channel, value),
                    None => CodeExpressionForm::Opaque(Vec::new()),
                };
                StatementForm::Evaluate(self.add(form, node.byte_range()))
            }
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

    /// Variables and constants, each by itself. A constant without a value repeats the one before it.
    fn declared(&mut self, node: Node<'t>, block: &mut CodeBlock) {
        let fixed = GoNode::of(node) == GoNode::Const;
        let mut before: (Option<TypeForm>, Vec<ExpressionId>) = (None, Vec::new());
        let specs = code::children(node).into_iter();
        let specs: Vec<Node<'t>> = specs
            .flat_map(|spec| match GoNode::of(spec) {
                GoNode::VarSpecList => code::children(spec),
                _ => vec![spec],
            })
            .collect();
        for spec in specs {
            if !matches!(GoNode::of(spec), GoNode::VarSpec | GoNode::ConstSpec) {
                continue;
            }
            let ty = code::field(spec, "type").map(|ty| self.ty(ty));
            let values = code::field(spec, "value").map(code::children);
            let values = values.map(|values| self.expressions(values));
            let (ty, values) = match (fixed, values) {
                (true, None) => before.clone(),
                (_, values) => (ty, values.unwrap_or_default()),
            };
            before = (ty.clone(), values.clone());
            let names = code::fields(spec, "name");
            // The whole declaration: nothing can be written between its parts.
            let range = node.byte_range();
            if values.len() == names.len() || values.is_empty() {
                for (at, name) in names.into_iter().enumerate() {
                    let form = StatementForm::Declare {
                        name: self.text(name),
                        ty: ty.clone(),
                        value: values.get(at).copied(),
                        fixed,
                    };
                    let range = range.clone();
                    block.push(CodeStatement { form, range });
                }
                continue;
            }
            let (Some(first), Some(last)) = (names.first(), names.last()) else {
                continue;
            };
            let named = first.start_byte()..last.end_byte();
            let names = self.expressions(names);
            let form = StatementForm::Assign {
                targets: vec![self.add(CodeExpressionForm::List(names), named)],
                value: values[0],
                declares: true,
            };
            block.push(CodeStatement { form, range });
        }
    }

    fn imports(&mut self, node: Node<'t>) -> Vec<ImportForm> {
        let specs = code::children(node).into_iter();
        let specs = specs.flat_map(|spec| match GoNode::of(spec) {
            GoNode::ImportSpecList => code::children(spec),
            _ => vec![spec],
        });
        let found = specs.filter_map(|spec| {
            let path = code::field(spec, "path")?;
            let path = CodeGrammar::Go.string_value(self.tree.text(path))?;
            let name = code::field(spec, "name").map(|name| self.text(name));
            Some(match name.as_deref() {
                Some(".") => ImportForm::All { path },
                _ => ImportForm::Name {
                    name: name.unwrap_or_default(),
                    path,
                },
            })
        });
        found.collect()
    }

    fn types(&mut self, node: Node<'t>) {
        for spec in code::children(node) {
            if let (Some(name), Some(ty)) = (code::field(spec, "name"), code::field(spec, "type")) {
                let ty = self.ty(ty);
                // A type of a function means nothing outside of it.
                if self.functions_around == 0 {
                    self.file.types.push((self.text(name), ty));
                }
            }
        }
    }

    fn ty(&mut self, node: Node<'t>) -> TypeForm {
        if self.depth >= MAX_DEPTH {
            return TypeForm::Other(Vec::new());
        }
        self.depth += 1;
        let form = self.type_form(node);
        self.depth -= 1;
        form
    }

    fn type_form(&mut self, node: Node<'t>) -> TypeForm {
        match GoNode::of(node) {
            GoNode::TypeIdentifier | GoNode::Identifier => TypeForm::Named(None, self.text(node)),
            GoNode::QualifiedType => {
                let package = code::field(node, "package").map(|package| self.text(package));
                let name = code::field(node, "name").map_or_else(String::new, |n| self.text(n));
                TypeForm::Named(package, name)
            }
            GoNode::Pointer => match code::children(node).first() {
                Some(inner) => TypeForm::Pointer(Box::new(self.ty(*inner))),
                None => TypeForm::Other(Vec::new()),
            },
            GoNode::SliceType | GoNode::Array | GoNode::ImplicitArray => {
                match code::field(node, "element") {
                    Some(inner) => TypeForm::List(Box::new(self.ty(inner))),
                    None => TypeForm::Other(Vec::new()),
                }
            }
            GoNode::Struct => {
                let list = code::children(node).first().copied();
                let list = list.map_or_else(Vec::new, code::children);
                let fields = list.into_iter().map(|field| self.field_form(field));
                TypeForm::Struct(fields.collect())
            }
            _ => {
                let parts = code::children(node).into_iter();
                TypeForm::Other(parts.map(|part| self.ty(part)).collect())
            }
        }
    }

    fn field_form(&mut self, node: Node<'t>) -> FieldForm {
        let tag = code::field(node, "tag");
        let names = code::fields(node, "name").into_iter();
        FieldForm {
            names: names.map(|name| self.text(name)).collect(),
            ty: match code::field(node, "type") {
                Some(ty) => self.ty(ty),
                None => TypeForm::Other(Vec::new()),
            },
            tag: tag.and_then(|tag| CodeGrammar::Go.string_value(self.tree.text(tag))),
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
        let mut otherwise = None;
        for case in code::children(node) {
            // What a case is compared with is no condition by itself.
            let compared = match GoNode::of(case) {
                GoNode::ExpressionCase => code::field(case, "value").map(code::children),
                GoNode::TypeCase | GoNode::CommunicationCase | GoNode::DefaultCase => None,
                _ => continue,
            };
            let compared = self.expressions(compared.unwrap_or_default());
            let start = case.start_byte();
            let condition = self.add(CodeExpressionForm::Opaque(compared), start..start);
            let mut body = Vec::new();
            if let Some(communication) = code::field(case, "communication") {
                self.received(communication, &mut body);
            }
            let lists = code::children(case).into_iter();
            let lists = lists.filter(|part| GoNode::of(*part) == GoNode::StatementList);
            for list in lists {
                body.extend(self.statements(code::children(list)));
            }
            match GoNode::of(case) {
                GoNode::DefaultCase => otherwise = Some(body),
                _ => arms.push(CodeArm {
                    condition: Some(condition),
                    body,
                }),
            }
        }
        // Wherever it stands, it runs where no other case does.
        arms.extend(otherwise.map(|body| CodeArm {
            condition: None,
            body,
        }));
        // One of what is waited for happens.
        if let (GoNode::Select, Some(last)) = (GoNode::of(node), arms.last_mut()) {
            last.condition = None;
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
        let mut parameters = Vec::new();
        for one in list {
            self.parameters(one, &mut parameters);
        }
        let (receiver_name, receiver_type) = self.receiver_parts(node);
        let results = code::field(node, "result").map(|result| self.results(result));
        self.file.functions.push(FunctionForm {
            name: code::field(node, "name").map_or_else(String::new, |name| self.text(name)),
            parameters,
            body: Vec::new(),
            range: node.byte_range(),
            class: None,
            receiver: self.receiver(node),
            receiver_name,
            receiver_type,
            results: results.unwrap_or_default(),
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

    fn receiver_parts(&mut self, node: Node<'t>) -> (Option<String>, Option<TypeForm>) {
        let list = code::field(node, "receiver");
        let parameter = list.and_then(|list| code::children(list).first().copied());
        let Some(parameter) = parameter else {
            return (None, None);
        };
        let name = code::field(parameter, "name").map(|name| self.text(name));
        (name, code::field(parameter, "type").map(|ty| self.ty(ty)))
    }

    fn parameters(&mut self, node: Node<'t>, found: &mut Vec<ParameterForm>) {
        let ty = code::field(node, "type").map(|ty| self.ty(ty));
        let takes = match GoNode::of(node) {
            GoNode::VariadicParameter => ParameterTakes::Rest,
            _ => ParameterTakes::One,
        };
        let names = code::fields(node, "name").into_iter();
        let mut names: Vec<String> = names.map(|name| self.text(name)).collect();
        if names.is_empty() {
            names.push(String::new());
        }
        found.extend(names.into_iter().map(|name| ParameterForm {
            name,
            default: None,
            takes,
            named_only: false,
            ty: ty.clone(),
            pattern: None,
        }));
    }

    fn results(&mut self, node: Node<'t>) -> Vec<(Option<String>, TypeForm)> {
        if GoNode::of(node) != GoNode::ParameterList {
            return vec![(None, self.ty(node))];
        }
        let mut found = Vec::new();
        for one in code::children(node) {
            let Some(ty) = code::field(one, "type") else {
                continue;
            };
            let ty = self.ty(ty);
            let names = code::fields(one, "name");
            match names.is_empty() {
                true => found.push((None, ty)),
                false => {
                    let names = names.into_iter().map(|name| Some(self.text(name)));
                    found.extend(names.map(|name| (name, ty.clone())));
                }
            }
        }
        found
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
            GoNode::Slice => {
                let parts = code::children(node);
                let Some((base, bounds)) = parts.split_first() else {
                    return CodeExpressionForm::Opaque(Vec::new());
                };
                let base = self.expression(*base);
                let bounds = self.expressions(bounds.to_vec());
                let range = node.end_byte()..node.end_byte();
                let bounds = self.add(CodeExpressionForm::List(bounds), range);
                CodeExpressionForm::Item(base, bounds)
            }
            GoNode::TypeIdentifier
            | GoNode::QualifiedType
            | GoNode::Pointer
            | GoNode::SliceType
            | GoNode::Array
            | GoNode::ImplicitArray
            | GoNode::MapType
            | GoNode::Struct
            | GoNode::FunctionType
            | GoNode::ChannelType
            | GoNode::InterfaceType
            | GoNode::GenericType => CodeExpressionForm::Type(self.ty(node)),
            GoNode::Call => self.call(node),
            GoNode::Composite => match code::field(node, "body") {
                Some(body) => {
                    let ty = code::field(node, "type").map(|ty| self.ty(ty));
                    self.literal(body, ty)
                }
                None => CodeExpressionForm::Opaque(Vec::new()),
            },
            GoNode::LiteralValue => self.literal(node, None),
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

    fn literal(&mut self, body: Node<'t>, ty: Option<TypeForm>) -> CodeExpressionForm {
        let mut entries = Vec::new();
        for element in code::children(body) {
            if GoNode::of(element) != GoNode::Keyed {
                entries.push((None, self.element(element)));
                continue;
            }
            let parts = code::field(element, "key").zip(code::field(element, "value"));
            if let Some((key, value)) = parts {
                let key = self.element(key);
                entries.push((Some(key), self.element(value)));
            }
        }
        CodeExpressionForm::Literal(Box::new(LiteralForm {
            ty,
            entries,
            body: body.byte_range(),
        }))
    }

    fn element(&mut self, node: Node<'t>) -> ExpressionId {
        match code::children(node)[..] {
            [inner] if GoNode::of(node) == GoNode::LiteralElement => self.expression(inner),
            _ => self.expression(node),
        }
    }
}

fn prefix_of(text: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["+", "-", "!", "&", "*", "<-", "^"];
    let known = KNOWN.iter().find(|known| **known == text);
    known.copied().unwrap_or("")
}
