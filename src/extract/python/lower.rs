//! Python's syntax to the form that the interpreter reads. The only file that matches nodes of the
//! grammar; what names mean is left to `modules` and `extract::code`.

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::Node;

use super::node::PythonNode;
use crate::extract::code::form::{
    ArgumentForm, ArgumentName, CallForm, ClassForm, ClassId, CodeArm, CodeBlock,
    CodeExpressionForm, CodeFile, CodeStatement, ExpressionId, FunctionForm, FunctionId,
    ImportForm, LeaveKind, LoopForm, ParameterForm, ParameterTakes, StatementForm,
};
use crate::facts::raw::ConstValue;
use crate::source::Excerpt;
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// How deep code may be nested; what lies deeper is skipped, and said to be.
const MAX_DEPTH: usize = 90;

/// A file in the interpreter's form. `package` is the dotted path that its relative imports start at.
pub(super) fn lower(excerpt: Excerpt, package: &str) -> CodeFile {
    let tree = code::parse(CodeGrammar::Python, excerpt);
    let mut lowering = PythonLowering {
        tree: &tree,
        package,
        depth: 0,
        classes_around: Vec::new(),
        functions_around: 0,
        yields: false,
        file: CodeFile {
            comments: tree.suppression_comments(),
            ..CodeFile::of_tree(&tree)
        },
    };
    if let Some(root) = tree.root() {
        lowering.file.body = lowering.statements(code::children(root));
    }
    lowering.file
}

struct PythonLowering<'t> {
    tree: &'t CodeTree,
    package: &'t str,
    depth: usize,
    classes_around: Vec<ClassId>,
    functions_around: usize,
    /// The function gives values as it goes on.
    yields: bool,
    file: CodeFile,
}

impl<'t> PythonLowering<'t> {
    fn text(&self, node: Node<'_>) -> String {
        self.tree.text(node).to_owned()
    }

    fn add(&mut self, form: CodeExpressionForm, range: Range<usize>) -> ExpressionId {
        self.file.add(form, range)
    }

    fn statements(&mut self, nodes: Vec<Node<'t>>) -> CodeBlock {
        let mut block = Vec::new();
        if self.depth >= MAX_DEPTH {
            let ranges = nodes.iter().map(Node::byte_range);
            self.file.skipped.extend(ranges);
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

    fn statement(&mut self, node: Node<'t>, block: &mut CodeBlock) {
        let made = match PythonNode::of(node) {
            PythonNode::ExpressionStatement => {
                for child in code::children(node) {
                    let form = self.simple(child);
                    block.push(statement(form, child));
                }
                return;
            }
            PythonNode::If => self.branch(node),
            PythonNode::Match => self.lower_match(node),
            PythonNode::For => {
                let over = self.child(node, "right");
                let target = self.child(node, "left");
                self.loop_over(node, target, over)
            }
            PythonNode::While => self.loop_over(node, None, None),
            PythonNode::Try => self.attempt(node),
            PythonNode::With => self.within(node),
            PythonNode::Return => {
                let value = code::children(node).into_iter().next();
                StatementForm::Return(value.map(|value| self.expression(value)))
            }
            PythonNode::Raise | PythonNode::Break | PythonNode::Continue => {
                for child in code::children(node) {
                    let value = self.expression(child);
                    block.push(statement(StatementForm::Evaluate(value), child));
                }
                StatementForm::Leave(match PythonNode::of(node) {
                    PythonNode::Break => LeaveKind::Loop,
                    PythonNode::Continue => LeaveKind::Round,
                    _ => LeaveKind::Failure,
                })
            }
            PythonNode::Function | PythonNode::Class | PythonNode::Decorated => {
                match self.definition(node, Vec::new()) {
                    Some(made) => made,
                    None => return,
                }
            }
            PythonNode::Import | PythonNode::ImportFrom => StatementForm::Import(self.import(node)),
            PythonNode::Global | PythonNode::Nonlocal => {
                let names = code::children(node).into_iter();
                StatementForm::Outer(names.map(|name| self.text(name)).collect())
            }
            PythonNode::Pass => return,
            PythonNode::Block => {
                let inner = self.statements(code::children(node));
                block.extend(inner);
                return;
            }
            _ => {
                let parts = code::children(node).into_iter();
                let parts = parts.map(|part| self.expression(part)).collect();
                let whole = self.add(CodeExpressionForm::Opaque(parts), node.byte_range());
                StatementForm::Evaluate(whole)
            }
        };
        block.push(statement(made, node));
    }

    /// An assignment, or an expression by itself.
    fn simple(&mut self, node: Node<'t>) -> StatementForm {
        match PythonNode::of(node) {
            PythonNode::Assignment => self.assignment(node),
            PythonNode::AugmentedAssignment => {
                let operator = code::field(node, "operator").map(|o| self.text(o));
                let operator = operator.unwrap_or_default();
                let target = self.child(node, "left");
                let value = self.child(node, "right");
                let (Some(target), Some(value)) = (target, value) else {
                    return StatementForm::Leave(LeaveKind::Failure);
                };
                let form = CodeExpressionForm::Binary(
                    operator_of(operator.trim_end_matches('=')),
                    target,
                    value,
                );
                let value = self.add(form, node.byte_range());
                StatementForm::Assign {
                    targets: vec![target],
                    value,
                    declares: false,
                }
            }
            _ => StatementForm::Evaluate(self.expression(node)),
        }
    }

    fn assignment(&mut self, node: Node<'t>) -> StatementForm {
        let mut targets = Vec::new();
        let mut at = node;
        loop {
            let left = code::field(at, "left");
            let typed = code::field(at, "type").is_some();
            let right = code::field(at, "right");
            if let (Some(left), true) = (left, typed)
                && PythonNode::of(left) == PythonNode::Identifier
            {
                return StatementForm::Declare {
                    name: self.text(left),
                    ty: None,
                    value: right.map(|value| self.expression(value)),
                    fixed: false,
                };
            }
            targets.extend(left.map(|left| self.expression(left)));
            match right {
                Some(next) if PythonNode::of(next) == PythonNode::Assignment => at = next,
                Some(value) => {
                    let value = self.expression(value);
                    return StatementForm::Assign {
                        targets,
                        value,
                        declares: false,
                    };
                }
                None => {
                    let value = self.add(CodeExpressionForm::Opaque(Vec::new()), node.byte_range());
                    return StatementForm::Evaluate(value);
                }
            }
        }
    }

    fn branch(&mut self, node: Node<'t>) -> StatementForm {
        let condition = self.child(node, "condition");
        let body = self.block(code::field(node, "consequence"));
        let mut arms = vec![CodeArm { condition, body }];
        for alternative in code::fields(node, "alternative") {
            arms.push(match PythonNode::of(alternative) {
                PythonNode::ElifClause => CodeArm {
                    condition: self.child(alternative, "condition"),
                    body: self.block(code::field(alternative, "consequence")),
                },
                _ => CodeArm {
                    condition: None,
                    body: self.block(code::field(alternative, "body")),
                },
            });
        }
        StatementForm::Branch(arms)
    }

    /// A match: each case may be the one; which, is not followed.
    fn lower_match(&mut self, node: Node<'t>) -> StatementForm {
        let subjects: Vec<_> = code::fields(node, "subject");
        let subjects: Vec<_> = subjects.into_iter().map(|s| self.expression(s)).collect();
        let condition = self.add(CodeExpressionForm::Opaque(subjects), node.byte_range());
        let cases = code::field(node, "body").map_or_else(Vec::new, code::children);
        let cases = cases.into_iter();
        let arms = cases
            .filter(|case| PythonNode::of(*case) == PythonNode::CaseClause)
            .map(|case| CodeArm {
                condition: Some(condition),
                body: self.block(code::field(case, "consequence")),
            });
        StatementForm::Branch(arms.collect())
    }

    fn loop_over(
        &mut self,
        node: Node<'t>,
        target: Option<ExpressionId>,
        over: Option<ExpressionId>,
    ) -> StatementForm {
        let condition = self.child(node, "condition");
        let mut body = self.block(code::field(node, "body"));
        for alternative in code::fields(node, "alternative") {
            let inner = self.block(code::field(alternative, "body"));
            body.extend(inner);
        }
        StatementForm::Loop(Box::new(LoopForm {
            condition,
            target,
            over,
            body,
            range: node.byte_range(),
            ..LoopForm::default()
        }))
    }

    fn attempt(&mut self, node: Node<'t>) -> StatementForm {
        let body = self.block(code::field(node, "body"));
        let (mut handlers, mut otherwise, mut finally) = (Vec::new(), Vec::new(), Vec::new());
        for clause in code::children(node) {
            let inner = || {
                let mut parts = code::children(clause).into_iter();
                parts.find(|part| PythonNode::of(*part) == PythonNode::Block)
            };
            match PythonNode::of(clause) {
                PythonNode::ExceptClause => handlers.push(self.block(inner())),
                PythonNode::ElseClause => otherwise = self.block(inner()),
                PythonNode::FinallyClause => finally = self.block(inner()),
                _ => {}
            }
        }
        StatementForm::Attempt {
            body,
            handlers,
            otherwise,
            finally,
        }
    }

    fn within(&mut self, node: Node<'t>) -> StatementForm {
        let clauses = code::children(node).into_iter();
        let clauses = clauses.filter(|part| PythonNode::of(*part) == PythonNode::WithClause);
        let found: Vec<Node<'t>> = clauses.flat_map(code::children).collect();
        let mut items = Vec::new();
        for item in found {
            if PythonNode::of(item) != PythonNode::WithItem {
                continue;
            }
            let Some(value) = code::field(item, "value") else {
                continue;
            };
            let parts = code::children(value);
            match (PythonNode::of(value), &parts[..]) {
                (PythonNode::AsPattern, [value, .., target]) => {
                    let value = self.expression(*value);
                    let target = match PythonNode::of(*target) {
                        PythonNode::AsPatternTarget => code::children(*target).into_iter().next(),
                        _ => Some(*target),
                    };
                    items.push((value, target.map(|target| self.expression(target))));
                }
                _ => items.push((self.expression(value), None)),
            }
        }
        StatementForm::Within {
            items,
            body: self.block(code::field(node, "body")),
        }
    }

    fn definition(
        &mut self,
        node: Node<'t>,
        decorators: Vec<ExpressionId>,
    ) -> Option<StatementForm> {
        match PythonNode::of(node) {
            PythonNode::Decorated => {
                let mut decorators = Vec::new();
                for child in code::children(node) {
                    if PythonNode::of(child) == PythonNode::Decorator {
                        let value = code::children(child).into_iter().next();
                        decorators.extend(value.map(|value| self.expression(value)));
                    }
                }
                self.definition(code::field(node, "definition")?, decorators)
            }
            PythonNode::Function => Some(StatementForm::Function(self.function(node, decorators))),
            _ => Some(StatementForm::Class(self.class(node))),
        }
    }

    fn function(&mut self, node: Node<'t>, decorators: Vec<ExpressionId>) -> FunctionId {
        let id = FunctionId(u32::try_from(self.file.functions.len()).unwrap_or(u32::MAX));
        let parameters = code::field(node, "parameters").map_or_else(Vec::new, code::children);
        let parameters = self.parameters(&parameters);
        let name = code::field(node, "name").map_or_else(String::new, |name| self.text(name));
        self.file.functions.push(FunctionForm {
            name,
            parameters,
            body: Vec::new(),
            range: node.byte_range(),
            class: self.classes_around.last().copied(),
            receiver: None,
            receiver_name: None,
            receiver_type: None,
            results: Vec::new(),
            is_field: false,
            is_endless: false,
            yields: false,
            nested: self.functions_around > 0,
            decorators,
        });
        let around = std::mem::take(&mut self.yields);
        let classes = std::mem::take(&mut self.classes_around);
        self.functions_around += 1;
        let body = match (PythonNode::of(node), code::field(node, "body")) {
            (PythonNode::Lambda, Some(value)) => {
                let form = StatementForm::Return(Some(self.expression(value)));
                vec![statement(form, value)]
            }
            (_, body) => self.block(body),
        };
        self.functions_around -= 1;
        self.classes_around = classes;
        let decorators = self.file.functions[id.0 as usize].decorators.iter();
        let mut last = decorators.filter_map(|id| self.file.text(*id).rsplit('.').next());
        let is_field = last.any(|last| last.ends_with("property"));
        let form = &mut self.file.functions[id.0 as usize];
        form.body = body;
        form.is_endless = self.tree.text(node).contains("while True");
        form.yields = std::mem::replace(&mut self.yields, around);
        form.is_field = is_field;
        id
    }

    fn parameters(&mut self, nodes: &[Node<'t>]) -> Vec<ParameterForm> {
        let mut found = Vec::new();
        let mut named_only = false;
        for node in nodes {
            let kind = PythonNode::of(*node);
            let named = match kind {
                PythonNode::TypedParameter => code::children(*node).into_iter().next(),
                PythonNode::DefaultParameter | PythonNode::TypedDefaultParameter => {
                    code::field(*node, "name")
                }
                _ => Some(*node),
            };
            let Some(named) = named else { continue };
            let takes = match PythonNode::of(named) {
                PythonNode::KeywordSeparator => {
                    named_only = true;
                    continue;
                }
                PythonNode::ListSplatPattern => ParameterTakes::Rest,
                PythonNode::DictionarySplatPattern => ParameterTakes::NamedRest,
                PythonNode::Identifier => ParameterTakes::One,
                _ => continue,
            };
            let default = code::field(*node, "value");
            found.push(ParameterForm {
                name: self.text(named).trim_start_matches('*').to_owned(),
                default: default.map(|value| self.expression(value)),
                takes,
                named_only,
                ty: None,
                pattern: None,
            });
            named_only |= takes == ParameterTakes::Rest;
        }
        found
    }

    fn class(&mut self, node: Node<'t>) -> ClassId {
        let id = ClassId(u32::try_from(self.file.classes.len()).unwrap_or(u32::MAX));
        let bases = code::field(node, "superclasses").map_or_else(Vec::new, code::children);
        let bases = bases.into_iter();
        let bases = bases.filter(|base| PythonNode::of(*base) != PythonNode::KeywordArgument);
        let bases: Vec<Node<'t>> = bases.collect();
        let bases = bases
            .into_iter()
            .map(|base| self.expression(base))
            .collect();
        let name = code::field(node, "name").map_or_else(String::new, |name| self.text(name));
        self.file.classes.push(ClassForm {
            name,
            bases,
            body: Vec::new(),
            methods: BTreeMap::new(),
        });
        self.classes_around.push(id);
        let first = self.file.functions.len();
        let body = self.block(code::field(node, "body"));
        self.classes_around.pop();
        let own = self.file.functions.iter().enumerate().skip(first);
        let own = own.filter(|(_, function)| function.class == Some(id));
        let methods = own
            .filter_map(|(at, function)| {
                Some((function.name.clone(), FunctionId(u32::try_from(at).ok()?)))
            })
            .collect();
        let class = &mut self.file.classes[id.0 as usize];
        class.body = body;
        class.methods = methods;
        id
    }

    fn import(&mut self, node: Node<'t>) -> Vec<ImportForm> {
        let module = code::field(node, "module_name").map(|name| self.absolute(&self.text(name)));
        if let Some(path) = &module
            && code::children(node)
                .into_iter()
                .any(|c| PythonNode::of(c) == PythonNode::Wildcard)
        {
            return vec![ImportForm::All { path: path.clone() }];
        }
        let mut found = Vec::new();
        for name in code::fields(node, "name") {
            let (path, alias) = match PythonNode::of(name) {
                PythonNode::AliasedImport => {
                    let path = code::field(name, "name").map(|n| self.text(n));
                    (path, code::field(name, "alias").map(|n| self.text(n)))
                }
                _ => (Some(self.text(name)), None),
            };
            let Some(path) = path else { continue };
            found.push(match (&module, alias) {
                (Some(module), alias) => ImportForm::Name {
                    name: alias.unwrap_or_else(|| path.clone()),
                    path: format!("{module}.{path}"),
                },
                (None, Some(name)) => ImportForm::Name { name, path },
                // `import a.b` binds `a`.
                (None, None) => {
                    let first = path.split('.').next().unwrap_or(&path).to_owned();
                    ImportForm::Name {
                        name: first.clone(),
                        path: first,
                    }
                }
            });
        }
        found
    }

    /// The path of an import, without the dots that say where it starts.
    fn absolute(&self, path: &str) -> String {
        let rest = path.trim_start_matches('.');
        let dots = path.len() - rest.len();
        if dots == 0 {
            return path.to_owned();
        }
        let mut parts: Vec<&str> = self.package.split('.').filter(|p| !p.is_empty()).collect();
        parts.truncate((parts.len() + 1).saturating_sub(dots));
        parts.extend(rest.split('.').filter(|part| !part.is_empty()));
        parts.join(".")
    }

    fn child(&mut self, node: Node<'t>, field: &str) -> Option<ExpressionId> {
        Some(self.expression(code::field(node, field)?))
    }

    fn expression(&mut self, node: Node<'t>) -> ExpressionId {
        if self.depth >= MAX_DEPTH || code::is_broken(node) && node.child_count() == 0 {
            self.file.skipped.push(node.byte_range());
            return self.add(CodeExpressionForm::Opaque(Vec::new()), node.byte_range());
        }
        self.depth += 1;
        let form = self.form(node);
        self.depth -= 1;
        self.add(form, node.byte_range())
    }

    fn form(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let constant = |value: Option<ConstValue>| match value {
            Some(value) => CodeExpressionForm::Constant(value),
            None => CodeExpressionForm::Opaque(Vec::new()),
        };
        match PythonNode::of(node) {
            PythonNode::Identifier => CodeExpressionForm::Name(self.text(node)),
            PythonNode::True => constant(Some(ConstValue::Bool(true))),
            PythonNode::False => constant(Some(ConstValue::Bool(false))),
            PythonNode::None => constant(Some(ConstValue::Nil)),
            PythonNode::Integer => constant(
                CodeGrammar::Python
                    .int_value(self.tree.text(node))
                    .map(ConstValue::Int),
            ),
            PythonNode::Float => {
                let value = CodeGrammar::Python.float_value(self.tree.text(node));
                constant(value.map(ConstValue::Float))
            }
            PythonNode::String => self.string(node),
            PythonNode::ConcatenatedString => {
                CodeExpressionForm::Text(self.expressions(code::children(node)))
            }
            PythonNode::Attribute => {
                let name = code::field(node, "attribute").map(|name| self.text(name));
                match (self.child(node, "object"), name) {
                    (Some(base), Some(name)) => CodeExpressionForm::Member(base, name),
                    _ => CodeExpressionForm::Opaque(Vec::new()),
                }
            }
            PythonNode::Subscript => {
                let keys = code::fields(node, "subscript");
                match (self.child(node, "value"), &keys[..]) {
                    (Some(base), [key]) => CodeExpressionForm::Item(base, self.expression(*key)),
                    (base, _) => CodeExpressionForm::Opaque(base.into_iter().collect()),
                }
            }
            PythonNode::Call => self.call(node),
            PythonNode::Dictionary => self.dictionary(node),
            PythonNode::List
            | PythonNode::Tuple
            | PythonNode::Set
            | PythonNode::ExpressionList
            | PythonNode::PatternList
            | PythonNode::TuplePattern => {
                CodeExpressionForm::List(self.expressions(code::children(node)))
            }
            PythonNode::BinaryOperator => {
                let operator = code::field(node, "operator").map(|o| self.text(o));
                match (self.child(node, "left"), self.child(node, "right")) {
                    (Some(left), Some(right)) => {
                        let operator = operator_of(operator.as_deref().unwrap_or(""));
                        CodeExpressionForm::Binary(operator, left, right)
                    }
                    _ => CodeExpressionForm::Opaque(Vec::new()),
                }
            }
            PythonNode::BooleanOperator => {
                let operator = code::field(node, "operator").map(|o| self.text(o));
                match (self.child(node, "left"), self.child(node, "right")) {
                    (Some(left), Some(right)) if operator.as_deref() == Some("or") => {
                        CodeExpressionForm::Otherwise(left, right)
                    }
                    (Some(left), Some(right)) => CodeExpressionForm::Binary("&&", left, right),
                    _ => CodeExpressionForm::Opaque(Vec::new()),
                }
            }
            PythonNode::UnaryOperator => {
                let operator = code::field(node, "operator").map(|o| self.text(o));
                match self.child(node, "argument") {
                    Some(value) if operator.as_deref() == Some("-") => {
                        CodeExpressionForm::Unary("-", value)
                    }
                    Some(value) if operator.as_deref() == Some("+") => {
                        CodeExpressionForm::Unary("+", value)
                    }
                    value => CodeExpressionForm::Opaque(value.into_iter().collect()),
                }
            }
            PythonNode::NotOperator => match self.child(node, "argument") {
                Some(value) => CodeExpressionForm::Unary("!", value),
                None => CodeExpressionForm::Opaque(Vec::new()),
            },
            PythonNode::Comparison => self.comparison(node),
            PythonNode::ConditionalExpression => {
                let parts = self.expressions(code::children(node));
                match parts[..] {
                    [then, condition, otherwise] => CodeExpressionForm::Choice {
                        condition,
                        then,
                        otherwise,
                    },
                    _ => CodeExpressionForm::Opaque(parts),
                }
            }
            PythonNode::Lambda => CodeExpressionForm::Closure(self.function(node, Vec::new())),
            PythonNode::NamedExpression => {
                let name = code::field(node, "name").map(|name| self.text(name));
                match (name, self.child(node, "value")) {
                    (Some(name), Some(value)) => CodeExpressionForm::Bind(name, value),
                    (_, value) => CodeExpressionForm::Opaque(value.into_iter().collect()),
                }
            }
            PythonNode::Await | PythonNode::Parenthesized => {
                let parts = self.expressions(code::children(node));
                match parts[..] {
                    [value] => CodeExpressionForm::Through(value),
                    _ => CodeExpressionForm::Opaque(parts),
                }
            }
            PythonNode::Yield => {
                self.yields = true;
                let value = code::children(node).into_iter().next();
                CodeExpressionForm::Yield(value.map(|value| self.expression(value)))
            }
            // Where a statement stands in a place for expressions, its parts are looked through.
            _ => CodeExpressionForm::Opaque(self.expressions(code::children(node))),
        }
    }

    fn expressions(&mut self, nodes: Vec<Node<'t>>) -> Vec<ExpressionId> {
        nodes
            .into_iter()
            .map(|node| self.expression(node))
            .collect()
    }

    fn string(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let mut parts = Vec::new();
        let children = code::children(node);
        if !children
            .iter()
            .any(|c| PythonNode::of(*c) == PythonNode::Interpolation)
        {
            let value = CodeGrammar::Python.string_value(self.tree.text(node));
            return match value {
                Some(value) => CodeExpressionForm::Constant(ConstValue::Text(value)),
                None => CodeExpressionForm::Opaque(Vec::new()),
            };
        }
        for child in children {
            match PythonNode::of(child) {
                PythonNode::Interpolation => {
                    let value = code::field(child, "expression");
                    let plain = code::children(child).len() == 1;
                    let value = value.map(|value| self.expression(value));
                    // A format changes what the value looks like.
                    let part = match value {
                        Some(value) if plain => value,
                        value => {
                            let inner = value.into_iter().collect();
                            self.add(CodeExpressionForm::Opaque(inner), child.byte_range())
                        }
                    };
                    parts.push(part);
                }
                PythonNode::StringContent => {
                    let text = self.text(child).replace("{{", "{").replace("}}", "}");
                    let quoted = format!("\"\"\"{text}\"\"\"");
                    let value = CodeGrammar::Python.string_value(&quoted).unwrap_or(text);
                    let form = CodeExpressionForm::Constant(ConstValue::Text(value));
                    parts.push(self.add(form, child.byte_range()));
                }
                _ => {}
            }
        }
        CodeExpressionForm::Text(parts)
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
            let inner = code::children(argument).into_iter().next();
            let (name, value) = match PythonNode::of(argument) {
                PythonNode::KeywordArgument => {
                    let name = code::field(argument, "name").map(|name| self.text(name));
                    let name = ArgumentName::Keyword(name.unwrap_or_default());
                    (name, code::field(argument, "value"))
                }
                PythonNode::ListSplat => (ArgumentName::Spread, inner),
                PythonNode::DictionarySplat => (ArgumentName::SpreadNamed, inner),
                _ => (ArgumentName::Position, Some(argument)),
            };
            let Some(value) = value else { continue };
            let value = self.expression(value);
            arguments.push(ArgumentForm { name, value });
        }
        CodeExpressionForm::Call(CallForm {
            callee,
            arguments,
            brackets: list.byte_range(),
        })
    }

    fn dictionary(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let mut entries = Vec::new();
        for entry in code::children(node) {
            match PythonNode::of(entry) {
                PythonNode::Pair => {
                    let key = self.child(entry, "key");
                    if let (Some(key), Some(value)) = (key, self.child(entry, "value")) {
                        entries.push((Some(key), value));
                    }
                }
                PythonNode::DictionarySplat => {
                    let inner = code::children(entry).into_iter().next();
                    entries.extend(inner.map(|inner| (None, self.expression(inner))));
                }
                _ => {}
            }
        }
        CodeExpressionForm::Record(entries)
    }

    fn comparison(&mut self, node: Node<'t>) -> CodeExpressionForm {
        let operators = {
            let mut cursor = node.walk();
            let found = node.children_by_field_name("operators", &mut cursor);
            found.map(|o| self.text(o)).collect::<Vec<_>>().join(" ")
        };
        let operands = self.expressions(code::children(node));
        let operator = match operators.as_str() {
            "is" | "==" => "==",
            "is not" | "!=" => "!=",
            "<" => "<",
            "<=" => "<=",
            ">" => ">",
            ">=" => ">=",
            "in" => "in",
            "not in" => "not in",
            _ => "",
        };
        CodeExpressionForm::Test { operands, operator }
    }
}

fn statement(form: StatementForm, node: Node<'_>) -> CodeStatement {
    CodeStatement {
        form,
        range: node.byte_range(),
    }
}

/// The operators that the interpreter computes with; any other gives nothing that is known.
fn operator_of(text: &str) -> &'static str {
    const KNOWN: [&str; 12] = [
        "+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^",
    ];
    let known = KNOWN.iter().find(|known| **known == text);
    known.copied().unwrap_or("")
}
