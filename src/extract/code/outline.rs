//! Where everything in a file stands: what holds an expression, the statements and functions around it,
//! and where a name is mentioned. Every analysis that asks what becomes of a value asks here.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::form::{
    CallForm, CodeBlock, CodeExpressionForm, CodeFile, CodeStatement, ExpressionId, FunctionForm,
    FunctionId, ImportForm, LeaveKind, LoopForm, StatementForm,
};
use crate::facts::raw::ConstValue;

/// A statement of its file, in no order that means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) struct StatementId(usize);

/// What holds an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum ExpressionHolder {
    Expression(ExpressionId),
    Statement(StatementId),
    /// A default of a parameter, a class that another one is built on.
    Nothing,
}

/// A statement and what is around it.
#[derive(Clone, Copy)]
pub(in crate::extract) struct StatementPlace<'c> {
    pub(in crate::extract) statement: &'c CodeStatement,
    /// The statements that it stands among.
    pub(in crate::extract) block: &'c CodeBlock,
    pub(in crate::extract) outer: Option<StatementId>,
    pub(in crate::extract) function: Option<FunctionId>,
}

pub(in crate::extract) struct CodeOutline<'c> {
    pub(in crate::extract) file: &'c CodeFile,
    holders: Vec<ExpressionHolder>,
    statements: Vec<StatementPlace<'c>>,
    /// The statements in the order in which they begin.
    in_order: Vec<StatementId>,
    /// The statements that give a variable a value, in their order.
    binding: HashMap<&'c str, Vec<StatementId>>,
    /// The expressions that functions without a name are.
    closures: BTreeMap<FunctionId, ExpressionId>,
    /// How many functions have a name, and how many methods.
    functions: HashMap<&'c str, usize>,
    methods: HashMap<&'c str, usize>,
    mentions: HashMap<&'c str, Vec<ExpressionId>>,
    members: HashMap<&'c str, Vec<ExpressionId>>,
    by_range: HashMap<(usize, usize), ExpressionId>,
    /// The paths that imports of the file give a name.
    imports: HashMap<&'c str, Vec<&'c str>>,
}

impl<'c> CodeOutline<'c> {
    pub(in crate::extract) fn of(file: &'c CodeFile) -> Self {
        let mut outline = Self {
            file,
            holders: vec![ExpressionHolder::Nothing; file.expressions.len()],
            statements: Vec::new(),
            in_order: Vec::new(),
            binding: HashMap::new(),
            closures: BTreeMap::new(),
            functions: HashMap::new(),
            methods: HashMap::new(),
            mentions: HashMap::new(),
            members: HashMap::new(),
            by_range: HashMap::new(),
            imports: HashMap::new(),
        };
        for (at, expression) in file.expressions.iter().enumerate() {
            let id = ExpressionId(u32::try_from(at).unwrap_or(u32::MAX));
            for part in expression.form.parts() {
                outline.holders[part.0 as usize] = ExpressionHolder::Expression(id);
            }
            match &expression.form {
                CodeExpressionForm::Closure(function) => {
                    outline.closures.insert(*function, id);
                }
                CodeExpressionForm::Name(name) => {
                    outline.mentions.entry(name).or_default().push(id);
                }
                CodeExpressionForm::Member(_, name) => {
                    outline.members.entry(name).or_default().push(id);
                }
                _ => {}
            }
            // What only stands for another expression is behind it in the list.
            let range = (expression.range.start, expression.range.end);
            outline.by_range.entry(range).or_insert(id);
        }
        for named in outline.mentions.values_mut() {
            named.sort_unstable_by_key(|id| file.expression(*id).range.start);
        }
        outline.place(&file.body, None, None);
        for (at, function) in file.functions.iter().enumerate() {
            let id = FunctionId(u32::try_from(at).unwrap_or(u32::MAX));
            outline.place(&function.body, None, Some(id));
            *outline.functions.entry(&function.name).or_default() += 1;
            if function.is_method() {
                *outline.methods.entry(&function.name).or_default() += 1;
            }
        }
        for class in &file.classes {
            outline.place(&class.body, None, None);
        }
        outline.in_order = (0..outline.statements.len()).map(StatementId).collect();
        let starts = &outline.statements;
        outline
            .in_order
            .sort_by_key(|id| starts[id.0].statement.range.start);
        for id in outline.in_order.clone() {
            if let StatementForm::Import(imports) = &outline.statements[id.0].statement.form {
                for import in imports {
                    if let ImportForm::Name { name, path } = import {
                        outline.imports.entry(name).or_default().push(path);
                    }
                }
            }
            for name in outline.names_bound_by(outline.statements[id.0].statement) {
                outline.binding.entry(name).or_default().push(id);
            }
        }
        outline
    }

    /// Notes the statements of a block and of all blocks in it.
    fn place(
        &mut self,
        block: &'c CodeBlock,
        outer: Option<StatementId>,
        function: Option<FunctionId>,
    ) {
        let mut todo = vec![(block, outer)];
        while let Some((block, outer)) = todo.pop() {
            for statement in block {
                let id = StatementId(self.statements.len());
                self.statements.push(StatementPlace {
                    statement,
                    block,
                    outer,
                    function,
                });
                for part in statement.form.parts() {
                    self.holders[part.0 as usize] = ExpressionHolder::Statement(id);
                }
                let inner = statement.form.blocks().into_iter();
                todo.extend(inner.map(|inner| (inner, Some(id))));
            }
        }
    }

    pub(in crate::extract) fn form(&self, id: ExpressionId) -> &'c CodeExpressionForm {
        &self.file.expression(id).form
    }

    pub(in crate::extract) fn range(&self, id: ExpressionId) -> Range<usize> {
        self.file.expression(id).range.clone()
    }

    /// The expression that takes exactly these bytes, the inner one of several.
    pub(in crate::extract) fn at_range(&self, range: &Range<usize>) -> Option<ExpressionId> {
        self.by_range.get(&(range.start, range.end)).copied()
    }

    pub(in crate::extract) fn holder(&self, id: ExpressionId) -> ExpressionHolder {
        let holder = self.holders.get(id.0 as usize).copied();
        holder.unwrap_or(ExpressionHolder::Nothing)
    }

    /// The expression that holds another one.
    pub(in crate::extract) fn around(&self, id: ExpressionId) -> Option<ExpressionId> {
        match self.holder(id) {
            ExpressionHolder::Expression(outer) => Some(outer),
            _ => None,
        }
    }

    /// The call that calls an expression.
    pub(in crate::extract) fn call_of(&self, callee: ExpressionId) -> Option<ExpressionId> {
        let call = self.around(callee)?;
        self.as_call(call)
            .filter(|form| form.callee == callee)
            .map(|_| call)
    }

    pub(in crate::extract) fn as_call(&self, id: ExpressionId) -> Option<&'c CallForm> {
        match self.form(id) {
            CodeExpressionForm::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The member that is taken of an expression, and its name.
    pub(in crate::extract) fn member_of(
        &self,
        base: ExpressionId,
    ) -> Option<(ExpressionId, &'c str)> {
        let member = self.around(base)?;
        match self.form(member) {
            CodeExpressionForm::Member(own, name) if *own == base => Some((member, name)),
            _ => None,
        }
    }

    /// The call in whose arguments an expression stands.
    pub(in crate::extract) fn given_to(&self, id: ExpressionId) -> Option<ExpressionId> {
        let call = self.around(id)?;
        let is_given = self.as_call(call)?.callee != id;
        is_given.then_some(call)
    }

    /// The expression with all that only stands for it: parentheses, awaits, addresses of it, and what
    /// takes another one where it gives nothing.
    pub(in crate::extract) fn whole(&self, id: ExpressionId) -> ExpressionId {
        let mut at = id;
        while let Some(outer) = self.around(at) {
            match self.form(outer) {
                CodeExpressionForm::Through(_) | CodeExpressionForm::Unary("&", _) => at = outer,
                CodeExpressionForm::Otherwise(first, _) if *first == at => at = outer,
                _ => break,
            }
        }
        at
    }

    /// What an expression only stands for.
    pub(in crate::extract) fn bare(&self, id: ExpressionId) -> ExpressionId {
        let mut at = id;
        while let CodeExpressionForm::Through(inner)
        | CodeExpressionForm::Unary("&", inner)
        | CodeExpressionForm::Otherwise(inner, _) = self.form(at)
        {
            at = *inner;
        }
        at
    }

    pub(in crate::extract) fn place_of(&self, id: StatementId) -> StatementPlace<'c> {
        self.statements[id.0]
    }

    /// The statement that an expression is part of.
    pub(in crate::extract) fn statement_of(&self, id: ExpressionId) -> Option<StatementId> {
        let mut at = id;
        loop {
            match self.holder(at) {
                ExpressionHolder::Expression(outer) => at = outer,
                ExpressionHolder::Statement(statement) => return Some(statement),
                ExpressionHolder::Nothing => return None,
            }
        }
    }

    /// A statement and those around it, up to the function.
    pub(in crate::extract) fn outwards(
        &self,
        from: StatementId,
    ) -> impl Iterator<Item = (StatementId, StatementPlace<'c>)> {
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let id = next?;
            let place = self.place_of(id);
            next = place.outer;
            Some((id, place))
        })
    }

    /// The function or closure that an expression stands in.
    pub(in crate::extract) fn function_of(&self, id: ExpressionId) -> Option<FunctionId> {
        self.place_of(self.statement_of(id)?).function
    }

    /// The function with a name that an expression stands in, closures seen through.
    pub(in crate::extract) fn named_function_of(&self, id: ExpressionId) -> Option<FunctionId> {
        let mut function = self.function_of(id)?;
        while let Some(closure) = self.closure(function) {
            function = self.function_of(closure)?;
        }
        Some(function)
    }

    /// The expression that a function without a name is.
    pub(in crate::extract) fn closure(&self, function: FunctionId) -> Option<ExpressionId> {
        self.closures.get(&function).copied()
    }

    pub(in crate::extract) fn function(&self, id: FunctionId) -> &'c FunctionForm {
        self.file.function(id)
    }

    /// How many methods of types have a name.
    pub(in crate::extract) fn method_count(&self, name: &str) -> usize {
        self.methods.get(name).copied().unwrap_or(0)
    }

    /// How many functions and methods have a name.
    pub(in crate::extract) fn function_count(&self, name: &str) -> usize {
        self.functions.get(name).copied().unwrap_or(0)
    }

    /// Where a name is mentioned, in its order.
    pub(in crate::extract) fn mentions(&self, name: &str) -> &[ExpressionId] {
        self.mentions.get(name).map_or(&[], Vec::as_slice)
    }

    /// The mentions of a name between two bytes.
    pub(in crate::extract) fn mentions_within(
        &self,
        name: &str,
        range: Range<usize>,
    ) -> impl Iterator<Item = ExpressionId> {
        let all = self.mentions(name);
        let start = |id: &ExpressionId| self.file.expression(*id).range.start;
        let from = all.partition_point(|id| start(id) < range.start);
        let inside = all[from..].iter().copied();
        inside.take_while(move |id| start(id) < range.end)
    }

    /// Where a member of this name is taken of something.
    pub(in crate::extract) fn members(&self, name: &str) -> &[ExpressionId] {
        self.members.get(name).map_or(&[], Vec::as_slice)
    }

    /// The calls of functions and methods of this name.
    pub(in crate::extract) fn calls_of(&self, name: &str) -> impl Iterator<Item = ExpressionId> {
        let all = self.members(name).iter().chain(self.mentions(name));
        all.filter_map(|id| self.call_of(*id))
    }

    /// Whether an expression is one that a value is assigned to.
    pub(in crate::extract) fn is_target(&self, id: ExpressionId) -> bool {
        let listed =
            |outer: &ExpressionId| matches!(self.form(*outer), CodeExpressionForm::List(_));
        let at = self.around(id).filter(listed).unwrap_or(id);
        match self.holder(at) {
            ExpressionHolder::Statement(statement) => {
                let form = &self.place_of(statement).statement.form;
                form.targets().any(|target| target == at)
            }
            _ => false,
        }
    }

    /// What a value is bound to by the statement that it stands in, and that statement.
    pub(in crate::extract) fn bound_by(
        &self,
        value: ExpressionId,
    ) -> Option<(BoundTarget<'c>, StatementId)> {
        let whole = self.whole(value);
        let (listed, at) = match self.around(whole) {
            Some(list) => match self.form(list) {
                CodeExpressionForm::List(items) => {
                    (list, Some(items.iter().position(|item| *item == whole)?))
                }
                _ => return None,
            },
            None => (whole, None),
        };
        let ExpressionHolder::Statement(id) = self.holder(listed) else {
            return None;
        };
        let target = match &self.place_of(id).statement.form {
            StatementForm::Assign { targets, value, .. } if *value == listed => {
                let target = *targets.first()?;
                match (self.form(target), at) {
                    (CodeExpressionForm::List(items), at) => *items.get(at.unwrap_or(0))?,
                    (_, None) => target,
                    _ => return None,
                }
            }
            StatementForm::Declare { name, .. } => return Some((BoundTarget::Name(name), id)),
            StatementForm::Within { items, .. } => {
                let own = items.iter().find(|(value, _)| *value == listed)?;
                own.1?
            }
            _ => return None,
        };
        Some((self.as_target(target)?, id))
    }

    fn as_target(&self, target: ExpressionId) -> Option<BoundTarget<'c>> {
        match self.form(target) {
            CodeExpressionForm::Name(name) => Some(BoundTarget::Name(name)),
            CodeExpressionForm::Member(_, name) => Some(BoundTarget::Field(name)),
            _ => None,
        }
    }

    /// The name under which a literal of named values holds an expression.
    pub(in crate::extract) fn key_of(&self, value: ExpressionId) -> Option<&'c str> {
        match self.form(self.key_at(value)?) {
            CodeExpressionForm::Name(name) => Some(name),
            _ => None,
        }
    }

    /// What is written there as the name.
    pub(in crate::extract) fn key_at(&self, value: ExpressionId) -> Option<ExpressionId> {
        let whole = self.whole(value);
        let entries = match self.form(self.around(whole)?) {
            CodeExpressionForm::Record(entries) => entries,
            CodeExpressionForm::Literal(literal) => &literal.entries,
            _ => return None,
        };
        entries.iter().find(|(_, value)| *value == whole)?.0
    }

    /// The statements that begin and end between two bytes, in their order.
    pub(in crate::extract) fn statements_within(
        &self,
        range: &Range<usize>,
    ) -> Vec<&'c CodeStatement> {
        self.select_within(&self.in_order, range)
    }

    /// Those of some statements in their order that begin and end between two bytes.
    fn select_within(&self, all: &[StatementId], range: &Range<usize>) -> Vec<&'c CodeStatement> {
        let statement = |id: &StatementId| self.statements[id.0].statement;
        let before = |id: &StatementId| statement(id).range.start < range.start;
        let from = all.partition_point(before);
        let behind = all[from..].iter().map(statement);
        let begun = behind.take_while(|statement| statement.range.start < range.end);
        begun
            .filter(|statement| statement.range.end <= range.end)
            .collect()
    }

    /// The variables that a statement gives a value.
    pub(in crate::extract) fn names_bound_by(&self, statement: &'c CodeStatement) -> Vec<&'c str> {
        match &statement.form {
            StatementForm::Declare { name, .. } => vec![name],
            form => form
                .targets()
                .flat_map(|target| self.bottoms(target))
                .collect(),
        }
    }

    /// The paths that an expression may stand for by the imports of the file. A name that the file also
    /// binds otherwise stands for none: it may be anything.
    pub(in crate::extract) fn imported_paths(&self, id: ExpressionId) -> Vec<String> {
        match self.form(id) {
            CodeExpressionForm::Member(base, name) => {
                let bases = self.imported_paths(*base).into_iter();
                bases.map(|base| format!("{base}.{name}")).collect()
            }
            CodeExpressionForm::Name(name) => {
                let name = name.as_str();
                let mut functions = self.file.functions.iter();
                let defined = functions.any(|own| own.name == name && !own.is_method());
                let classes = &self.file.classes;
                if defined
                    || self.binding.contains_key(name)
                    || classes.iter().any(|own| own.name == name)
                {
                    return Vec::new();
                }
                let paths = self.imports.get(name).into_iter().flatten();
                paths.map(|path| (*path).to_owned()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The statements between two bytes that give a variable a value, in their order.
    pub(in crate::extract) fn binding_within(
        &self,
        name: &str,
        range: &Range<usize>,
    ) -> Vec<&'c CodeStatement> {
        let all = self.binding.get(name).map_or(&[][..], Vec::as_slice);
        self.select_within(all, range)
    }

    /// Whether statements between two bytes give a variable another value than the one that it is
    /// declared with.
    pub(in crate::extract) fn is_assigned_within(&self, name: &str, range: &Range<usize>) -> bool {
        let mut binding = self.binding_within(name, range).into_iter();
        binding.any(|statement| match &statement.form {
            StatementForm::Assign { declares, .. } => !declares,
            StatementForm::Loop(_) => true,
            _ => false,
        })
    }

    /// The values with which statements between two bytes declare a variable; nothing for one that is
    /// not written as an expression of its own.
    pub(in crate::extract) fn declared_within(
        &self,
        name: &str,
        range: &Range<usize>,
    ) -> Vec<Option<ExpressionId>> {
        let mut found = Vec::new();
        for statement in self.binding_within(name, range) {
            match &statement.form {
                StatementForm::Declare { value, .. } => found.push(*value),
                StatementForm::Assign {
                    targets,
                    value,
                    declares: true,
                } => found.push(self.given_value(targets, *value, name)),
                StatementForm::Loop(_) => found.push(None),
                _ => {}
            }
        }
        found
    }

    /// The one of several values that an assignment gives a name.
    fn given_value(
        &self,
        targets: &[ExpressionId],
        value: ExpressionId,
        name: &str,
    ) -> Option<ExpressionId> {
        let is_name = |id: ExpressionId| matches!(self.form(id), CodeExpressionForm::Name(own) if own == name);
        let target = *targets.first()?;
        match (self.form(target), self.form(value)) {
            (CodeExpressionForm::List(names), CodeExpressionForm::List(values)) => {
                let at = names.iter().position(|own| is_name(*own))?;
                let fits = names.len() == values.len();
                values.get(at).copied().filter(|_| fits)
            }
            (CodeExpressionForm::List(_), _) => None,
            _ => Some(value),
        }
    }

    /// The first of a list, or the expression itself.
    pub(in crate::extract) fn first_of(&self, id: ExpressionId) -> ExpressionId {
        match self.form(id) {
            CodeExpressionForm::List(items) => items.first().copied().unwrap_or(id),
            _ => id,
        }
    }

    /// The bytes of a block.
    pub(in crate::extract) fn extent(&self, block: &CodeBlock) -> Option<Range<usize>> {
        let (first, last) = block.first().zip(block.last())?;
        Some(first.range.start..last.range.end)
    }

    /// The variable and the name of `variable.name` and `variable["name"]`.
    pub(in crate::extract) fn field_of(&self, target: ExpressionId) -> Option<(&'c str, &'c str)> {
        let (base, field) = match self.form(target) {
            CodeExpressionForm::Member(base, name) => (*base, name),
            CodeExpressionForm::Item(base, key) => match self.form(*key) {
                CodeExpressionForm::Constant(ConstValue::Text(name)) => (*base, name),
                _ => return None,
            },
            _ => return None,
        };
        match self.form(base) {
            CodeExpressionForm::Name(holder) => Some((holder, field)),
            _ => None,
        }
    }

    /// The names at the bottom of what is assigned to: `x` of `x.y[0].z`.
    pub(in crate::extract) fn bottoms(&self, target: ExpressionId) -> Vec<&'c str> {
        self.file.bottoms(target)
    }
}

/// What a statement binds a value to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum BoundTarget<'c> {
    Name(&'c str),
    Field(&'c str),
}

impl CodeExpressionForm {
    /// The expressions that it is made of; a closure's body is not among them.
    pub(in crate::extract) fn parts(&self) -> Vec<ExpressionId> {
        match self {
            Self::Constant(_) | Self::Name(_) | Self::Closure(_) | Self::Type(_) => Vec::new(),
            Self::Member(base, _) => vec![*base],
            Self::Item(a, b) | Self::Binary(_, a, b) | Self::Otherwise(a, b) => vec![*a, *b],
            Self::Call(call) => {
                let arguments = call.arguments.iter().map(|argument| argument.value);
                std::iter::once(call.callee).chain(arguments).collect()
            }
            Self::Record(entries) => list_entries(entries),
            Self::Literal(literal) => list_entries(&literal.entries),
            Self::List(parts) | Self::Text(parts) | Self::Opaque(parts) => parts.clone(),
            Self::Unary(_, inner) | Self::Through(inner) | Self::Bind(_, inner) => vec![*inner],
            Self::Choice {
                condition,
                then,
                otherwise,
            } => vec![*condition, *then, *otherwise],
            Self::Test { operands, .. } => operands.clone(),
            Self::Yield(value) => value.iter().copied().collect(),
        }
    }
}

fn list_entries(entries: &[(Option<ExpressionId>, ExpressionId)]) -> Vec<ExpressionId> {
    let parts = entries.iter();
    parts
        .flat_map(|(key, value)| key.iter().copied().chain([*value]))
        .collect()
}

impl StatementForm {
    /// The expressions that stand in it, those of its blocks left out.
    pub(in crate::extract) fn parts(&self) -> Vec<ExpressionId> {
        match self {
            Self::Assign { targets, value, .. } => {
                targets.iter().copied().chain([*value]).collect()
            }
            Self::Declare { value, .. } | Self::Return(value) => value.iter().copied().collect(),
            Self::Evaluate(id) | Self::Give(id) | Self::Spawn(id) | Self::Defer(id) => vec![*id],
            Self::Branch(arms) => arms.iter().filter_map(|arm| arm.condition).collect(),
            Self::Loop(form) => {
                let parts = [form.target, form.over, form.condition];
                parts.into_iter().flatten().collect()
            }
            Self::Within { items, .. } => {
                let parts = items.iter();
                parts
                    .flat_map(|(value, target)| [Some(*value), *target])
                    .flatten()
                    .collect()
            }
            Self::Block(_)
            | Self::Attempt { .. }
            | Self::Leave(_)
            | Self::Function(_)
            | Self::Class(_)
            | Self::Import(_)
            | Self::Outer(_)
            | Self::Label
            | Self::Unreadable => Vec::new(),
        }
    }

    /// The blocks in it; bodies of functions and classes are their own.
    pub(in crate::extract) fn blocks(&self) -> Vec<&CodeBlock> {
        match self {
            Self::Branch(arms) => arms.iter().map(|arm| &arm.body).collect(),
            Self::Loop(form) => {
                let LoopForm {
                    first,
                    update,
                    body,
                    ..
                } = &**form;
                vec![first, body, update]
            }
            Self::Attempt {
                body,
                handlers,
                otherwise,
                finally,
            } => {
                let handlers = handlers.iter();
                [body, otherwise, finally]
                    .into_iter()
                    .chain(handlers)
                    .collect()
            }
            Self::Within { body, .. } | Self::Block(body) => vec![body],
            _ => Vec::new(),
        }
    }

    /// The expressions that it assigns to.
    pub(in crate::extract) fn targets(&self) -> impl Iterator<Item = ExpressionId> {
        let found: Vec<ExpressionId> = match self {
            Self::Assign { targets, .. } => targets.clone(),
            Self::Loop(form) => form.target.into_iter().collect(),
            Self::Within { items, .. } => items.iter().filter_map(|(_, target)| *target).collect(),
            _ => Vec::new(),
        };
        found.into_iter()
    }

    /// Nothing behind it in its block runs.
    pub(in crate::extract) fn leaves(&self) -> bool {
        matches!(self, Self::Return(_) | Self::Leave(LeaveKind::Loop))
    }
}
