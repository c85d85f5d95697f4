//! The form of code that the interpreter reads: expressions, statements, functions and classes of one
//! file, each with its place, free of any grammar.
//!
//! A front end lowers a file to it once. Nodes stand in flat lists and refer to each other by number,
//! so that neither dropping nor walking a file needs recursion. What a language writes in ways of its
//! own (await, parentheses, walrus, keyword arguments, context managers) is one shape here; what a
//! front end cannot express is [`CodeExpressionForm::Opaque`], which is looked through and never understood.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::facts::raw::ConstValue;
use crate::source::{Comment, Excerpt, Span};
use crate::syntax::code::CodeTree;

/// An expression of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::extract) struct ExpressionId(pub(in crate::extract) u32);

/// A function or a method of its file, in the order in which they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::extract) struct FunctionId(pub(in crate::extract) u32);

/// A class of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::extract) struct ClassId(pub(in crate::extract) u32);

/// One file of code.
#[derive(Debug)]
pub(in crate::extract) struct CodeFile {
    pub(in crate::extract) excerpt: Excerpt,
    pub(in crate::extract) expressions: Vec<Expression>,
    pub(in crate::extract) functions: Vec<FunctionForm>,
    pub(in crate::extract) classes: Vec<ClassForm>,
    /// Types that are declared at its top, by their names.
    pub(in crate::extract) types: Vec<(String, TypeForm)>,
    pub(in crate::extract) body: CodeBlock,
    /// The package that it says it is of.
    pub(in crate::extract) package: Option<String>,
    /// Where something cannot be read or is missing, in order.
    pub(in crate::extract) broken: Vec<Range<usize>>,
    /// Parts that are nested too deep to be lowered.
    pub(in crate::extract) skipped: Vec<Range<usize>>,
    pub(in crate::extract) comments: Vec<Comment>,
    /// What is called, or which type is written, where that is not an expression of its own: a method
    /// that only hands on what it is called on, a cast, a macro, a literal's type.
    pub(in crate::extract) called: BTreeMap<ExpressionId, CalledForm>,
    /// What the patterns bind that these expressions stand for.
    pub(in crate::extract) patterns: BTreeMap<ExpressionId, BoundPattern>,
}

/// What is called where an expression stands for what the call is given.
#[derive(Debug, Default)]
pub(in crate::extract) struct CalledForm {
    /// The method, the path or the macro; empty where only a type is written.
    pub(in crate::extract) name: String,
    pub(in crate::extract) ty: Option<TypeForm>,
    /// What it is given beside the value that it hands on.
    pub(in crate::extract) given: Vec<ExpressionId>,
}

/// What a pattern binds.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::extract) enum BindingForm {
    Name(String),
    /// What is bound may be changed.
    Changeable(Box<Self>),
    Tuple(Vec<Self>),
    /// A variant of an enum, or a struct without names, by its path.
    Variant(String, Vec<Self>),
    Struct(Vec<(String, Self)>),
    /// The same value under several names.
    Same(Vec<Self>),
    /// Names that are bound to parts that are not followed.
    Names(Vec<String>),
}

/// A pattern where it stands.
#[derive(Debug)]
pub(in crate::extract) struct BoundPattern {
    pub(in crate::extract) pattern: BindingForm,
    pub(in crate::extract) ty: Option<TypeForm>,
    /// The value that an arm's pattern is held against.
    pub(in crate::extract) of: Option<ExpressionId>,
    /// What else an arm asks.
    pub(in crate::extract) guard: Option<ExpressionId>,
}

impl CodeFile {
    /// A file that nothing is lowered of yet.
    pub(in crate::extract) fn of_tree(tree: &CodeTree) -> Self {
        Self {
            excerpt: tree.excerpt().clone(),
            expressions: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            types: Vec::new(),
            body: Vec::new(),
            package: None,
            broken: Vec::new(),
            skipped: tree.too_deep().to_vec(),
            comments: Vec::new(),
            called: BTreeMap::new(),
            patterns: BTreeMap::new(),
        }
    }

    pub(in crate::extract) fn add(
        &mut self,
        form: CodeExpressionForm,
        range: Range<usize>,
    ) -> ExpressionId {
        let id = u32::try_from(self.expressions.len()).unwrap_or(u32::MAX);
        self.expressions.push(Expression { form, range });
        ExpressionId(id)
    }

    pub(in crate::extract) fn expression(&self, id: ExpressionId) -> &Expression {
        &self.expressions[id.0 as usize]
    }

    pub(in crate::extract) fn function(&self, id: FunctionId) -> &FunctionForm {
        &self.functions[id.0 as usize]
    }

    pub(in crate::extract) fn class(&self, id: ClassId) -> &ClassForm {
        &self.classes[id.0 as usize]
    }

    pub(in crate::extract) fn span(&self, id: ExpressionId) -> Span {
        self.excerpt.span(self.expression(id).range.clone())
    }

    /// The last value that the statements of a file or a class give a variable, in branches too.
    pub(in crate::extract) fn find_last_assigned(
        &self,
        block: &[CodeStatement],
        name: &str,
    ) -> Option<ExpressionId> {
        let is_it = |id: &ExpressionId| matches!(&self.expression(*id).form, CodeExpressionForm::Name(own) if own == name);
        let mut statements = block.iter().rev();
        statements.find_map(|statement| match &statement.form {
            StatementForm::Assign { targets, value, .. } => {
                targets.iter().any(is_it).then_some(*value)
            }
            StatementForm::Declare {
                name: own, value, ..
            } if own == name => *value,
            StatementForm::Branch(arms) => arms
                .iter()
                .find_map(|arm| self.find_last_assigned(&arm.body, name)),
            StatementForm::Attempt { body, .. } | StatementForm::Within { body, .. } => {
                self.find_last_assigned(body, name)
            }
            _ => None,
        })
    }

    /// What `find_last_assigned` finds for each name, in one pass.
    pub(in crate::extract) fn find_assigned<'c>(
        &'c self,
        block: &'c [CodeStatement],
    ) -> BTreeMap<&'c str, ExpressionId> {
        let mut found = BTreeMap::new();
        for statement in block {
            match &statement.form {
                StatementForm::Assign { targets, value, .. } => {
                    for target in targets {
                        if let CodeExpressionForm::Name(name) = &self.expression(*target).form {
                            found.insert(name.as_str(), *value);
                        }
                    }
                }
                StatementForm::Declare {
                    name,
                    value: Some(value),
                    ..
                } => {
                    found.insert(name.as_str(), *value);
                }
                // The first of the arms that assigns it is meant.
                StatementForm::Branch(arms) => {
                    for arm in arms.iter().rev() {
                        found.extend(self.find_assigned(&arm.body));
                    }
                }
                StatementForm::Attempt { body, .. } | StatementForm::Within { body, .. } => {
                    found.extend(self.find_assigned(body));
                }
                _ => {}
            }
        }
        found
    }

    /// Whether a part of it cannot be read.
    pub(in crate::extract) fn is_broken(&self, part: &Range<usize>) -> bool {
        let first = self.broken.partition_point(|own| own.start < part.start);
        let next = self.broken.get(first);
        next.is_some_and(|own| own.end <= part.end)
    }

    /// Every statement of the file, those of functions and of all blocks among them.
    pub(in crate::extract) fn visit_statements<'c>(
        &'c self,
        mut each: impl FnMut(&'c CodeStatement),
    ) {
        let bodies = self.functions.iter().map(|function| &function.body);
        let mut todo: Vec<&CodeBlock> = bodies.chain([&self.body]).collect();
        while let Some(block) = todo.pop() {
            for statement in block {
                each(statement);
                todo.extend(statement.form.blocks());
            }
        }
    }

    /// An expression and all that it is made of; bodies of functions are left out.
    pub(in crate::extract) fn visit_expressions(
        &self,
        id: ExpressionId,
        mut each: impl FnMut(ExpressionId),
    ) {
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            each(id);
            todo.extend(self.expression(id).form.parts());
        }
    }

    /// The names at the bottom of what is assigned to: `x` of `x.y[0].z`.
    pub(in crate::extract) fn bottoms(&self, target: ExpressionId) -> Vec<&str> {
        let mut found = Vec::new();
        let mut todo = vec![target];
        while let Some(id) = todo.pop() {
            match &self.expression(id).form {
                CodeExpressionForm::Name(name) => found.push(name.as_str()),
                CodeExpressionForm::Member(base, _) | CodeExpressionForm::Item(base, _) => {
                    todo.push(*base);
                }
                CodeExpressionForm::Unary(_, inner) | CodeExpressionForm::Through(inner) => {
                    todo.push(*inner);
                }
                CodeExpressionForm::List(items) => todo.extend(items),
                _ => {}
            }
        }
        found
    }

    /// What is written there.
    pub(in crate::extract) fn text(&self, id: ExpressionId) -> &str {
        let range = self.expression(id).range.clone();
        self.excerpt.text().get(range).unwrap_or("")
    }
}

#[derive(Debug)]
pub(in crate::extract) struct Expression {
    pub(in crate::extract) form: CodeExpressionForm,
    pub(in crate::extract) range: Range<usize>,
}

#[derive(Debug)]
pub(in crate::extract) enum CodeExpressionForm {
    /// A literal.
    Constant(ConstValue),
    Name(String),
    Member(ExpressionId, String),
    /// `base[key]`.
    Item(ExpressionId, ExpressionId),
    Call(CallForm),
    /// A literal of a type that is written with it.
    Literal(Box<LiteralForm>),
    /// A type where a value may stand.
    Type(TypeForm),
    /// A literal of named values; an entry without a key spreads another one.
    Record(Vec<(Option<ExpressionId>, ExpressionId)>),
    /// A list or a tuple.
    List(Vec<ExpressionId>),
    /// Text that is put together from parts.
    Text(Vec<ExpressionId>),
    Binary(&'static str, ExpressionId, ExpressionId),
    Unary(&'static str, ExpressionId),
    /// One of two, by a condition.
    Choice {
        condition: ExpressionId,
        then: ExpressionId,
        otherwise: ExpressionId,
    },
    /// The first, unless it is nothing or empty: then the second.
    Otherwise(ExpressionId, ExpressionId),
    /// A test: what it compares, and whether it asks if the left side is there at all (`Some(true)`),
    /// or is not.
    Test {
        operands: Vec<ExpressionId>,
        operator: &'static str,
    },
    Closure(FunctionId),
    /// The value goes on as it is: await, parentheses; a generator's `yield` gives it to whoever
    /// iterates.
    Through(ExpressionId),
    Yield(Option<ExpressionId>),
    /// A name that is bound within an expression.
    Bind(String, ExpressionId),
    /// Looked through, never understood.
    Opaque(Vec<ExpressionId>),
}

/// A literal of a written type, or of the one that is meant where it stands.
#[derive(Debug)]
pub(in crate::extract) struct LiteralForm {
    pub(in crate::extract) ty: Option<TypeForm>,
    pub(in crate::extract) entries: Vec<(Option<ExpressionId>, ExpressionId)>,
    /// What stands between the braces, the braces included.
    pub(in crate::extract) body: Range<usize>,
}

/// A type as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::extract) enum TypeForm {
    /// A name, with the package that it is taken from.
    Named(Option<String>, String),
    Pointer(Box<Self>),
    /// Any number of values of a type.
    List(Box<Self>),
    Struct(Vec<FieldForm>),
    /// A type with those that it is applied to.
    Applied(Box<Self>, Vec<Self>),
    /// Any other type, with those that it names.
    Other(Vec<Self>),
}

/// Fields of a struct. One without a name is called after its type.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::extract) struct FieldForm {
    pub(in crate::extract) names: Vec<String>,
    pub(in crate::extract) ty: TypeForm,
    /// A text that says more of it.
    pub(in crate::extract) tag: Option<String>,
}

impl TypeForm {
    pub(in crate::extract) fn is_pointer(&self) -> bool {
        matches!(self, Self::Pointer(_))
    }

    /// The type that a pointer leads to, or the type itself.
    pub(in crate::extract) fn pointed(&self) -> &Self {
        match self {
            Self::Pointer(inner) => inner,
            ty => ty,
        }
    }

    /// The named types in it, itself included.
    pub(in crate::extract) fn named(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        let mut todo = vec![self];
        while let Some(ty) = todo.pop() {
            match ty {
                Self::Named(..) => found.push(ty),
                Self::Pointer(inner) | Self::List(inner) => todo.push(inner),
                Self::Struct(fields) => todo.extend(fields.iter().map(|field| &field.ty)),
                Self::Applied(inner, types) => {
                    todo.push(inner);
                    todo.extend(types);
                }
                Self::Other(types) => todo.extend(types),
            }
        }
        found
    }

    /// A name as it is written, with a mark for each pointer to it; nothing for any other type.
    pub(in crate::extract) fn written(&self) -> Option<String> {
        match self {
            Self::Named(Some(package), name) => Some(format!("{package}.{name}")),
            Self::Named(None, name) => Some(name.clone()),
            Self::Pointer(inner) => Some(format!("*{}", inner.written().unwrap_or_default())),
            Self::Applied(inner, _) => inner.written(),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(in crate::extract) struct CallForm {
    pub(in crate::extract) callee: ExpressionId,
    pub(in crate::extract) arguments: Vec<ArgumentForm>,
    /// What stands between the brackets, the brackets included.
    pub(in crate::extract) brackets: Range<usize>,
}

#[derive(Debug)]
pub(in crate::extract) struct ArgumentForm {
    pub(in crate::extract) name: ArgumentName,
    pub(in crate::extract) value: ExpressionId,
}

#[derive(Debug, PartialEq, Eq)]
pub(in crate::extract) enum ArgumentName {
    Position,
    Keyword(String),
    /// Any number of positional ones.
    Spread,
    /// Any number of named ones.
    SpreadNamed,
}

pub(in crate::extract) type CodeBlock = Vec<CodeStatement>;

#[derive(Debug)]
pub(in crate::extract) struct CodeStatement {
    pub(in crate::extract) form: StatementForm,
    pub(in crate::extract) range: Range<usize>,
}

#[derive(Debug)]
pub(in crate::extract) enum StatementForm {
    Assign {
        targets: Vec<ExpressionId>,
        value: ExpressionId,
        /// The names are new ones of the block.
        declares: bool,
    },
    /// A name that is declared with its type; a class gives its fields this way.
    Declare {
        name: String,
        ty: Option<TypeForm>,
        value: Option<ExpressionId>,
        /// It never gets another value.
        fixed: bool,
    },
    Evaluate(ExpressionId),
    /// The value of the block that it ends.
    Give(ExpressionId),
    /// One arm at most runs; the last one has no condition where there is an `else`.
    Branch(Vec<CodeArm>),
    Loop(Box<LoopForm>),
    /// What it declares is known in it alone, where the language has it so.
    Block(CodeBlock),
    /// The call runs beside all that follows.
    Spawn(ExpressionId),
    /// The call runs where the function ends.
    Defer(ExpressionId),
    /// `body` runs up to wherever it fails; then one of the handlers does.
    Attempt {
        body: CodeBlock,
        handlers: Vec<CodeBlock>,
        otherwise: CodeBlock,
        finally: CodeBlock,
    },
    /// Values that are closed again where the body ends.
    Within {
        items: Vec<(ExpressionId, Option<ExpressionId>)>,
        body: CodeBlock,
    },
    Return(Option<ExpressionId>),
    /// Nothing behind it runs.
    Leave(LeaveKind),
    Function(FunctionId),
    Class(ClassId),
    Import(Vec<ImportForm>),
    /// Names that belong to the file, not to the function.
    Outer(Vec<String>),
    /// A place that control may jump to.
    Label,
    /// Code that cannot be read: it may do anything.
    Unreadable,
}

/// Where control goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum LeaveKind {
    /// Behind the loop or the branch.
    Loop,
    /// At the next round.
    Round,
    /// With whoever handles a failure.
    Failure,
    /// At a label.
    Jump,
}

#[derive(Debug, Default)]
pub(in crate::extract) struct LoopForm {
    /// Runs once, before the first round.
    pub(in crate::extract) first: CodeBlock,
    pub(in crate::extract) condition: Option<ExpressionId>,
    /// Runs behind each round.
    pub(in crate::extract) update: CodeBlock,
    pub(in crate::extract) target: Option<ExpressionId>,
    pub(in crate::extract) over: Option<ExpressionId>,
    pub(in crate::extract) body: CodeBlock,
    pub(in crate::extract) range: Range<usize>,
}

#[derive(Debug)]
pub(in crate::extract) struct CodeArm {
    pub(in crate::extract) condition: Option<ExpressionId>,
    pub(in crate::extract) body: CodeBlock,
}

#[derive(Debug)]
pub(in crate::extract) enum ImportForm {
    /// A name and the path that it stands for.
    Name { name: String, path: String },
    /// Everything that another file defines.
    All { path: String },
}

#[derive(Debug)]
pub(in crate::extract) struct FunctionForm {
    pub(in crate::extract) name: String,
    pub(in crate::extract) parameters: Vec<ParameterForm>,
    pub(in crate::extract) body: CodeBlock,
    pub(in crate::extract) range: Range<usize>,
    /// The class whose method it is, where it stands in it.
    pub(in crate::extract) class: Option<ClassId>,
    /// The type whose method it is, where it stands by itself.
    pub(in crate::extract) receiver: Option<String>,
    /// What the value is called there whose method it is.
    pub(in crate::extract) receiver_name: Option<String>,
    pub(in crate::extract) receiver_type: Option<TypeForm>,
    /// What it gives, as far as that is declared; with its name where it has one.
    pub(in crate::extract) results: Vec<(Option<String>, TypeForm)>,
    /// It is read like a field.
    pub(in crate::extract) is_field: bool,
    /// It runs for as long as the program does.
    pub(in crate::extract) is_endless: bool,
    /// It gives values as it goes on.
    pub(in crate::extract) yields: bool,
    /// Nested in another function.
    pub(in crate::extract) nested: bool,
    /// What is written before it that changes what a call does.
    pub(in crate::extract) decorators: Vec<ExpressionId>,
}

impl FunctionForm {
    pub(in crate::extract) fn is_method(&self) -> bool {
        self.class.is_some() || self.receiver.is_some()
    }

    /// `connect`, or `Server.connect` for a method.
    pub(in crate::extract) fn full_name(&self, file: &CodeFile) -> String {
        let class = self.class.map(|class| &file.class(class).name);
        match class.or(self.receiver.as_ref()) {
            Some(holder) => format!("{holder}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

#[derive(Debug)]
pub(in crate::extract) struct ParameterForm {
    pub(in crate::extract) name: String,
    pub(in crate::extract) default: Option<ExpressionId>,
    pub(in crate::extract) takes: ParameterTakes,
    /// It cannot be given by its position.
    pub(in crate::extract) named_only: bool,
    pub(in crate::extract) ty: Option<TypeForm>,
    /// What it binds, where that is more than a name.
    pub(in crate::extract) pattern: Option<BindingForm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum ParameterTakes {
    One,
    /// All positional arguments that are left.
    Rest,
    /// All named arguments that are left.
    NamedRest,
}

#[derive(Debug)]
pub(in crate::extract) struct ClassForm {
    pub(in crate::extract) name: String,
    pub(in crate::extract) bases: Vec<ExpressionId>,
    pub(in crate::extract) body: CodeBlock,
    pub(in crate::extract) methods: BTreeMap<String, FunctionId>,
}
