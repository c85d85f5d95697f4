//! Types as code writes them: which of them are a library's, which are the package's own, and what a
//! value is of which only the type is known.

use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::code::form::TypeForm;
use crate::extract::code::options::{ConnectionManager, ObjectId};
use crate::extract::code::value::CodeValue;
use crate::extract::rust::package::{ItemKind, NameMeaning, RustItem, RustPath, RustPlace};
use crate::extract::rust::standard;
use crate::extract::rust::type_form::{list_types, lower_type};
use crate::extract::rust::uses::path_of;
use crate::extract::rust::values::{RustRun, RustValues, fold_value, own_value};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::rust::{ManagedPool, RustForm};
use crate::knowledge::languages;
use crate::syntax::code::{self, CodeTree};

/// How far a type is looked into: aliases and wrappers.
const MAX_STEPS: usize = 8;

/// What a type is.
pub(super) enum InferredType<'t, 'm> {
    Library(&'m str),
    Own(RustItem<'t>),
}

/// The attributes of a field of a struct.
fn field_attributes<'t>(item: Node<'t>, name: &str, tree: &'t CodeTree) -> Vec<Node<'t>> {
    let body = code::field(item, "body").map_or_else(Vec::new, code::children);
    let mut attributes = Vec::new();
    for child in body {
        match child.kind() {
            "attribute_item" => attributes.push(child),
            "field_declaration" => {
                if code::field(child, "name").is_some_and(|n| tree.text(n) == name) {
                    return attributes;
                }
                attributes.clear();
            }
            _ => {}
        }
    }
    Vec::new()
}

/// What an attribute says of where a field's value comes from.
#[derive(Debug, Default)]
pub(super) struct FieldSource {
    /// The variable that gives it: `#[arg(env = "X")]`, `#[arg(env)]`.
    pub(super) variable: Option<String>,
    /// A literal that holds where nothing gives it, as written.
    pub(super) literal: Option<String>,
    /// A function of the package that gives it then, by its path.
    pub(super) function: Option<String>,
}

fn find_field_source(attribute: &str, field: &str) -> Option<FieldSource> {
    let inner = attribute.trim_start_matches("#[").trim_end_matches(']');
    let (name, rest) = inner.split_once('(')?;
    let known = languages::rust()?.field.iter();
    let mut known = known.filter(|f| f.attributes.iter().any(|a| a == name.trim()));
    let row = known.next()?;
    let rest = rest.trim().strip_suffix(')').unwrap_or(rest);
    let mut filling = FieldSource::default();
    for part in rest.split(',').map(str::trim) {
        let text = |value: &str| {
            let inner = value.trim().strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.to_owned())
        };
        let (key, value) = match part.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (part, None),
        };
        if row.key.as_deref() == Some(key) {
            filling.variable = match value {
                Some(value) => text(value),
                None => Some(field.to_ascii_uppercase()),
            };
        } else if row.defaults.iter().any(|own| own == key) {
            filling.literal = value.map(str::to_owned);
        } else if row.function.as_deref() == Some(key) {
            filling.function = value.and_then(text);
        }
    }
    Some(filling)
}

/// The first type that another one is applied to.
fn first_argument(ty: &TypeForm) -> Option<&TypeForm> {
    match ty.pointed() {
        TypeForm::Applied(_, arguments) => arguments.first(),
        _ => None,
    }
}

fn path_in(written: &str) -> RustPath {
    written.split("::").map(str::to_owned).collect()
}

impl<'p, 'm> RustValues<'p, 'm> {
    /// The library's type that a path of another crate leads to.
    pub(super) fn library_type(&self, run: &RustRun<'p, 'm>, path: &[String]) -> Option<&'m str> {
        let meant = self.meaning(run, path);
        let Some(NameMeaning::Other(whole)) = meant else {
            return None;
        };
        self.type_in_crate(path, &whole, self.here(run).module)
    }

    /// The type that a path of another crate leads to, by globs where nothing else says what it is.
    fn type_in_crate(&self, path: &[String], whole: &[String], module: usize) -> Option<&'m str> {
        if let Some(ty) = self.index.type_at(whole) {
            return Some(ty);
        }
        if whole != path {
            return None;
        }
        let globs = self.declared.through_globs(path, module);
        globs.into_iter().find_map(|path| self.index.type_at(&path))
    }

    /// What a type is, through references, aliases and whatever wraps one type.
    pub(super) fn type_of(
        &self,
        run: &RustRun<'p, 'm>,
        ty: &TypeForm,
    ) -> Option<InferredType<'p, 'm>> {
        if let Some(written) = ty.pointed().written() {
            if written == "Self" {
                return self.receiver(run).map(InferredType::Own);
            }
            // An import of the body may bring the name.
            let path = path_in(&written);
            let imports = &run.frame().typed.own.imports;
            if imports.iter().any(|(name, _)| path.first() == Some(name))
                && let Some(NameMeaning::Other(whole)) = self.meaning(run, &path)
                && let Some(ty) = self.index.type_at(&whole)
            {
                return Some(InferredType::Library(ty));
            }
        }
        self.type_at(ty, self.here(run))
    }

    /// What a type is that stands in another place.
    pub(super) fn type_at(&self, ty: &TypeForm, at: RustPlace) -> Option<InferredType<'p, 'm>> {
        self.type_within(ty, at, MAX_STEPS)
    }

    fn type_within(
        &self,
        ty: &TypeForm,
        at: RustPlace,
        steps: usize,
    ) -> Option<InferredType<'p, 'm>> {
        let steps = steps.checked_sub(1)?;
        match ty {
            TypeForm::Pointer(inner) => self.type_within(inner, at, steps),
            TypeForm::Named(_, written) => {
                let path = path_in(written);
                match self.declared.meaning(&path, at.module)? {
                    NameMeaning::Own(item, rest) if rest.is_empty() => match item.kind {
                        ItemKind::Type => Some(InferredType::Own(item)),
                        ItemKind::Alias => {
                            self.type_within(&self.declared.aliased(&item)?, item.place(), steps)
                        }
                        _ => None,
                    },
                    NameMeaning::Own(..) => None,
                    NameMeaning::Other(whole) => {
                        let ty = self.type_in_crate(&path, &whole, at.module);
                        ty.map(InferredType::Library)
                    }
                }
            }
            TypeForm::Applied(outer, arguments) => {
                let found = self.type_within(outer, at, steps);
                found.or_else(|| self.type_within(arguments.first()?, at, steps))
            }
            _ => None,
        }
    }

    /// What fills a field of a type of the package from outside, and what holds where nothing does.
    /// A command line may give it too: without the variable the default is likely and not sure.
    pub(super) fn find_filling(
        &self,
        run: &mut RustRun<'p, 'm>,
        item: &RustItem<'p>,
        name: &str,
        from: &Cause,
    ) -> Option<CodeValue> {
        let tree = &self.declared.files[item.file].tree;
        let attributes = field_attributes(item.node, name, tree).into_iter();
        let fillings: Vec<FieldSource> = attributes
            .filter_map(|node| find_field_source(tree.text(node), name))
            .collect();
        let variable = fillings.iter().find_map(|f| f.variable.as_deref());
        let literal = fillings.iter().find_map(|f| f.literal.as_deref());
        let function = fillings.iter().find_map(|f| f.function.as_deref());
        let otherwise = match (literal, function) {
            (Some(literal), _) => standard::literal(literal),
            (None, Some(function)) => self.evaluate_given(run, item, function),
            (None, None) => None,
        };
        let source = match variable {
            Some(variable) => fold::from_environment(variable),
            None => ConstValue::Unknown(from.clone()),
        };
        let ConstValue::Unknown(source) = source else {
            return None;
        };
        match otherwise {
            Some(value) => Some(CodeValue::Plain(fold::with_fallback(source, None, value))),
            None => variable.map(|_| CodeValue::unknown(source)),
        }
    }

    /// What a function gives that an attribute of a type names.
    fn evaluate_given(
        &self,
        run: &mut RustRun<'p, 'm>,
        item: &RustItem<'p>,
        function: &str,
    ) -> Option<ConstValue> {
        let own = match self.declared.meaning(&path_in(function), item.module)? {
            NameMeaning::Own(own, rest) if rest.is_empty() => own,
            NameMeaning::Own(own, rest) => {
                let [name] = rest.as_slice() else { return None };
                self.declared.member(self.declared.name_of(&own)?, name)?
            }
            NameMeaning::Other(_) => return None,
        };
        if own.kind != ItemKind::Function {
            return None;
        }
        let from = Cause::Code("a call");
        match self.own_call_with(run, &own, (&[], Vec::new()), from.clone()) {
            CodeValue::Plain(ConstValue::Unknown(_)) => None,
            value => Some(fold_value(value, from).0),
        }
    }

    /// A value of which only the type is known; `from` is what the code calls it.
    pub(super) fn of_type(
        &self,
        run: &mut RustRun<'p, 'm>,
        (ty, at): (&TypeForm, RustPlace),
        from: Cause,
    ) -> CodeValue {
        let here = self.here(run);
        let is_here = (here.file, here.module) == (at.file, at.module);
        let found = match is_here {
            true => self.type_of(run, ty),
            false => self.type_at(ty, at),
        };
        match found {
            Some(InferredType::Own(item)) => own_value(&item),
            Some(InferredType::Library(name)) => {
                let mut object = self.new_object(name);
                object.rest_unknown = Some(from);
                object.managed = self.find_manager(ty, at);
                let id = run.add_options(Rc::new(object));
                match ty.is_pointer() {
                    true => CodeValue::Reference(id),
                    false => CodeValue::Options(id),
                }
            }
            None => CodeValue::unknown(from),
        }
    }

    /// A value that is declared with a type.
    pub(super) fn apply_type(
        &self,
        run: &mut RustRun<'p, 'm>,
        value: CodeValue,
        ty: &TypeForm,
    ) -> CodeValue {
        match value {
            CodeValue::Default => match self.type_of(run, ty) {
                Some(InferredType::Library(name)) => {
                    CodeValue::Options(run.add_options(Rc::new(self.new_object(name))))
                }
                Some(InferredType::Own(item)) => self.own_default(run, &item),
                None => CodeValue::of_kind("a default"),
            },
            CodeValue::Plain(ConstValue::Unknown(reason)) => {
                let at = self.here(run);
                match self.of_type(run, (ty, at), reason) {
                    CodeValue::Reference(id) => CodeValue::Options(id),
                    value => value,
                }
            }
            value => value,
        }
    }

    /// The manager that stands as a type argument somewhere in a type, through aliases.
    pub(super) fn find_manager(&self, ty: &TypeForm, at: RustPlace) -> Option<ConnectionManager> {
        let mut todo = vec![(ty.clone(), at)];
        for _ in 0..2 * MAX_STEPS {
            let (ty, at) = todo.pop()?;
            if let Some(argument) = first_argument(&ty) {
                match self.type_at(argument, at) {
                    Some(InferredType::Library(ty)) if self.index.is_manager(ty) => {
                        return Some(ConnectionManager {
                            ty: ty.to_owned(),
                            is_own: false,
                        });
                    }
                    Some(InferredType::Own(item)) if self.own_manager(&item).is_some() => {
                        return self.own_manager(&item);
                    }
                    _ => todo.push((argument.clone(), at)),
                }
                continue;
            }
            let Some(written) = ty.pointed().written() else {
                continue;
            };
            if let Some(NameMeaning::Own(item, rest)) =
                self.declared.meaning(&path_in(&written), at.module)
                && rest.is_empty()
                && item.kind == ItemKind::Alias
                && let Some(aliased) = self.declared.aliased(&item)
            {
                todo.push((aliased, item.place()));
            }
        }
        None
    }

    /// A type of the package that manages connections of a library: the first manager of that library
    /// stands for it.
    pub(super) fn own_manager(&self, item: &RustItem<'p>) -> Option<ConnectionManager> {
        let name = self.declared.name_of(item)?;
        // Two types of the package may have one name: the block says which of them it is for.
        let blocks = self.declared.traits_of(name).iter();
        let blocks = blocks.filter(|(_, block)| self.is_block_of(block, item));
        for (tr, block) in blocks {
            let tree = &self.declared.files[block.file].tree;
            let path = path_of(*tr, tree);
            let Some(NameMeaning::Other(path)) = self.declared.meaning(&path, block.module) else {
                continue;
            };
            let path = self.index.own(&path).join("::");
            for (_, managed) in self.index.manager_traits() {
                if managed.manager_trait != path {
                    continue;
                }
                let connection = self.find_associated(block, &managed.associated);
                if connection.is_some_and(|c| self.holds_connection(&c, managed)) {
                    let first = managed.managers.first();
                    return first.map(|ty| ConnectionManager {
                        ty: ty.clone(),
                        is_own: true,
                    });
                }
            }
        }
        None
    }

    /// Whether an `impl` block is for this type, as far as its name can be followed.
    fn is_block_of(&self, block: &RustItem<'p>, item: &RustItem<'p>) -> bool {
        let tree = &self.declared.files[block.file].tree;
        let Some(ty) = code::field(block.node, "type") else {
            return false;
        };
        match self.declared.meaning(&path_of(ty, tree), block.module) {
            Some(NameMeaning::Own(meant, _)) => meant.node.id() == item.node.id(),
            Some(NameMeaning::Other(_)) => false,
            None => true,
        }
    }

    /// The type that an `impl` block gives an associated type.
    fn find_associated(&self, block: &RustItem<'p>, name: &str) -> Option<InferredType<'p, 'm>> {
        let tree = &self.declared.files[block.file].tree;
        let body = code::field(block.node, "body")?;
        let member = code::children(body).into_iter().find(|member| {
            member.kind() == "type_item"
                && code::field(*member, "name").is_some_and(|n| tree.text(n) == name)
        })?;
        let ty = lower_type(code::field(member, "type")?, tree);
        self.type_at(&ty, block.place())
    }

    /// Whether values of a type are connections of a library, or have a field that is one.
    fn holds_connection(&self, ty: &InferredType<'p, 'm>, managed: &ManagedPool) -> bool {
        let is_one = |ty: &InferredType<'p, 'm>| matches!(ty, InferredType::Library(name) if managed.connections.iter().any(|c| c == name));
        let InferredType::Own(item) = ty else {
            return is_one(ty);
        };
        let Some(body) = code::field(item.node, "body") else {
            return false;
        };
        let tree = &self.declared.files[item.file].tree;
        let fields = code::children(body).into_iter();
        let named = fields.filter_map(|field| code::field(field, "type"));
        named.chain(list_types(body)).any(|ty| {
            let ty = self.type_at(&lower_type(ty, tree), item.place());
            ty.is_some_and(|ty| is_one(&ty))
        })
    }

    /// What the variant of an enum of the package holds: its types, and where they are declared.
    pub(super) fn variant_types(
        &self,
        run: &RustRun<'p, 'm>,
        written: &str,
    ) -> Option<(Vec<TypeForm>, RustPlace)> {
        let path = path_in(written);
        let (variant, ty) = path.split_last()?;
        let item = match ty {
            [own] if own == "Self" => self.receiver(run)?,
            [] => return None,
            ty => match self.meaning(run, ty)? {
                NameMeaning::Own(item, rest) if rest.is_empty() => item,
                _ => return None,
            },
        };
        if item.node.kind() != "enum_item" {
            return None;
        }
        let tree = &self.declared.files[item.file].tree;
        let body = code::field(item.node, "body")?;
        let named =
            |node: &Node<'_>| code::field(*node, "name").is_some_and(|n| tree.text(n) == variant);
        let variant = code::children(body).into_iter().find(named)?;
        let body = code::field(variant, "body")?;
        let types = list_types(body).into_iter();
        let types = types.map(|ty| lower_type(ty, tree));
        Some((types.collect(), item.place()))
    }

    /// Whether values of a type are only used, never configured.
    pub(super) fn is_handle(&self, run: &RustRun<'p, 'm>, id: ObjectId) -> bool {
        let object = run.options(id);
        object.is_some_and(|object| self.index.form(&object.option_type) == Some(RustForm::Handle))
    }
}
