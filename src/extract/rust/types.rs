//! Types as code writes them: which of them are a library's, which are the package's own, and what a
//! value is of which only the type is known.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::package::{ItemKind, NameMeaning, RustItem};
use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::state::{
    ConnectionManager, RustExprValue, RustObjectId, RustOptionsObject,
};
use crate::extract::rust::uses::path_of;
use crate::extract::rust::{names, standard};
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

/// The type of a struct's field.
pub(super) fn field_type<'t>(item: Node<'t>, name: &str, tree: &'t CodeTree) -> Option<Node<'t>> {
    let body = code::field(item, "body")?;
    match body.kind() {
        "field_declaration_list" => {
            let named = |field: &Node<'t>| {
                code::field(*field, "name").is_some_and(|n| tree.text(n) == name)
            };
            let field = code::children(body).into_iter().find(named)?;
            code::field(field, "type")
        }
        "ordered_field_declaration_list" => {
            let at: usize = name.parse().ok()?;
            list_types(body).into_iter().nth(at)
        }
        _ => None,
    }
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

fn list_types(body: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = body.walk();
    body.children_by_field_name("type", &mut cursor)
        .filter(Node::is_named)
        .collect()
}

/// The type of a generic's first type argument.
pub(super) fn first_argument<'t>(ty: Node<'t>) -> Option<Node<'t>> {
    let arguments = code::field(ty, "type_arguments")?;
    let mut arguments = code::children(arguments).into_iter();
    arguments.find(|a| a.kind() != "lifetime")
}

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    /// The library's type that a path of another crate leads to.
    pub(super) fn library_type(&self, path: &[String]) -> Option<&'m str> {
        if let Some(NameMeaning::Other(path)) = self.meaning(path)
            && let Some(ty) = self.index.type_at(&path)
        {
            return Some(ty);
        }
        let known = |path: Vec<String>| self.index.type_at(&path);
        let unseen = matches!(self.meaning(path), Some(NameMeaning::Other(whole)) if whole == path);
        if !unseen {
            return None;
        }
        let globs = self.declared.through_globs(path, self.module);
        globs.into_iter().find_map(known)
    }

    /// What a type is, through references, aliases and whatever wraps one type.
    pub(super) fn ty(&self, node: Node<'t>) -> Option<InferredType<'t, 'm>> {
        self.ty_in(node, self.file, self.module, MAX_STEPS)
    }

    /// What a type is that stands in another file.
    pub(super) fn ty_at(
        &self,
        node: Node<'t>,
        file: usize,
        module: usize,
    ) -> Option<InferredType<'t, 'm>> {
        self.ty_in(node, file, module, MAX_STEPS)
    }

    fn ty_in(
        &self,
        node: Node<'t>,
        file: usize,
        module: usize,
        steps: usize,
    ) -> Option<InferredType<'t, 'm>> {
        let steps = steps.checked_sub(1)?;
        let tree = &self.files[file].tree;
        match node.kind() {
            "reference_type" | "mutable_type" | "parenthesized_type" => {
                let inner =
                    code::field(node, "type").or_else(|| code::children(node).last().copied())?;
                self.ty_in(inner, file, module, steps)
            }
            "type_identifier" | "identifier" | "scoped_type_identifier" | "scoped_identifier" => {
                let path = path_of(node, tree);
                if path == ["Self"] {
                    return self
                        .own_type
                        .and_then(|ty| self.own_type_item(ty))
                        .map(InferredType::Own);
                }
                self.find_named_type(&path, file, module, steps)
            }
            "generic_type" => {
                let outer = code::field(node, "type")?;
                if let Some(found) = self.ty_in(outer, file, module, steps) {
                    return Some(found);
                }
                self.ty_in(first_argument(node)?, file, module, steps)
            }
            _ => None,
        }
    }

    fn find_named_type(
        &self,
        path: &[String],
        file: usize,
        module: usize,
        steps: usize,
    ) -> Option<InferredType<'t, 'm>> {
        let meant = if module == self.module && file == self.file {
            self.meaning(path)
        } else {
            self.declared.meaning(path, module)
        };
        match meant? {
            NameMeaning::Own(item, rest) if rest.is_empty() => match item.kind {
                ItemKind::Type => Some(InferredType::Own(item)),
                ItemKind::Alias => {
                    let aliased = code::field(item.node, "type")?;
                    self.ty_in(aliased, item.file, item.module, steps)
                }
                _ => None,
            },
            NameMeaning::Own(..) => None,
            NameMeaning::Other(whole) => {
                let known = self.index.type_at(&whole);
                let through = || {
                    let globs = self.declared.through_globs(path, module);
                    globs.into_iter().find_map(|p| self.index.type_at(&p))
                };
                let ty = known.or_else(|| (whole == path).then(through).flatten());
                ty.map(InferredType::Library)
            }
        }
    }

    /// What fills a field of a type of the package from outside, and what holds where nothing does.
    /// A command line may give it too: without the variable the default is likely and not sure.
    pub(super) fn find_filling(
        &mut self,
        item: &RustItem<'t>,
        name: &str,
        node: Node<'t>,
    ) -> Option<RustExprValue<'t>> {
        let tree = &self.files[item.file].tree;
        let attributes = field_attributes(item.node, name, tree).into_iter();
        let fillings: Vec<FieldSource> = attributes
            .filter_map(|node| find_field_source(tree.text(node), name))
            .collect();
        let variable = fillings.iter().find_map(|f| f.variable.as_deref());
        let literal = fillings.iter().find_map(|f| f.literal.as_deref());
        let function = fillings.iter().find_map(|f| f.function.as_deref());
        let otherwise = match (literal, function) {
            (Some(literal), _) => standard::literal(literal),
            (None, Some(function)) => self.evaluate_given(item, function, node),
            (None, None) => None,
        };
        let source = match variable {
            Some(variable) => fold::from_environment(variable),
            None => ConstValue::Unknown(names::quote_code(self.tree(), node)),
        };
        let ConstValue::Unknown(source) = source else {
            return None;
        };
        match otherwise {
            Some(value) => Some(RustExprValue::Plain(fold::with_fallback(
                source, None, value,
            ))),
            None => variable.map(|_| RustExprValue::Plain(ConstValue::Unknown(source))),
        }
    }

    /// What a function gives that an attribute of a type names.
    fn evaluate_given(
        &mut self,
        item: &RustItem<'t>,
        function: &str,
        node: Node<'t>,
    ) -> Option<ConstValue> {
        let path: Vec<String> = function.split("::").map(str::to_owned).collect();
        let own = match self.declared.meaning(&path, item.module)? {
            NameMeaning::Own(own, rest) if rest.is_empty() => own,
            NameMeaning::Own(own, rest) => {
                let [name] = rest.as_slice() else { return None };
                let ty = code::field(own.node, "name")?;
                let ty = self.files[own.file].tree.text(ty);
                self.declared.member(ty, name)?
            }
            NameMeaning::Other(_) => return None,
        };
        if own.kind != ItemKind::Function {
            return None;
        }
        match self.own_call_with(node, own, (&[], Vec::new())) {
            RustExprValue::Plain(ConstValue::Unknown(_)) => None,
            value => Some(value.fold(Cause::Code("a call")).0),
        }
    }

    /// A value of which only the type is known; `from` is what the code calls it.
    pub(super) fn of_type(&mut self, ty: Node<'t>, from: Cause) -> RustExprValue<'t> {
        match self.ty(ty) {
            Some(InferredType::Own(item)) => RustExprValue::Own(item),
            Some(InferredType::Library(name)) => {
                let mut object = RustOptionsObject::new(name);
                object.rest_unknown = Some(from);
                object.managed = self.find_manager(ty);
                let id = self.new_object(object);
                match ty.kind() {
                    "reference_type" => RustExprValue::Ref(id),
                    _ => RustExprValue::Object(id),
                }
            }
            None => RustExprValue::Plain(ConstValue::Unknown(from)),
        }
    }

    /// A value that is declared with a type.
    pub(super) fn apply_type(
        &mut self,
        value: RustExprValue<'t>,
        ty: Node<'t>,
    ) -> RustExprValue<'t> {
        match value {
            RustExprValue::Default => match self.ty(ty) {
                Some(InferredType::Library(name)) => {
                    RustExprValue::Object(self.new_object(RustOptionsObject::new(name)))
                }
                Some(InferredType::Own(item)) => self.own_default(ty, &item),
                None => RustExprValue::unknown("a default"),
            },
            RustExprValue::Plain(ConstValue::Unknown(reason)) => match self.ty(ty) {
                Some(InferredType::Library(name)) => {
                    let mut object = RustOptionsObject::new(name);
                    object.rest_unknown = Some(reason);
                    object.managed = self.find_manager(ty);
                    RustExprValue::Object(self.new_object(object))
                }
                Some(InferredType::Own(item)) => RustExprValue::Own(item),
                None => RustExprValue::Plain(ConstValue::Unknown(reason)),
            },
            value => value,
        }
    }

    /// The manager that stands as a type argument somewhere in a type, through aliases.
    pub(super) fn find_manager(&self, ty: Node<'t>) -> Option<ConnectionManager<'m>> {
        let mut todo = vec![(ty, self.file, self.module)];
        for _ in 0..2 * MAX_STEPS {
            let (node, file, module) = todo.pop()?;
            if let Some(argument) = first_argument(node) {
                match self.ty_in(argument, file, module, MAX_STEPS) {
                    Some(InferredType::Library(ty)) if self.index.is_manager(ty) => {
                        return Some(ConnectionManager { ty, is_own: false });
                    }
                    Some(InferredType::Own(item)) if self.own_manager(&item).is_some() => {
                        return self.own_manager(&item);
                    }
                    _ => todo.push((argument, file, module)),
                }
                continue;
            }
            let path = path_of(node, &self.files[file].tree);
            if let Some(NameMeaning::Own(item, rest)) = self.declared.meaning(&path, module)
                && rest.is_empty()
                && item.kind == ItemKind::Alias
                && let Some(aliased) = code::field(item.node, "type")
            {
                todo.push((aliased, item.file, item.module));
            }
        }
        None
    }

    /// A type of the package that manages connections of a library: the first manager of that library
    /// stands for it.
    pub(super) fn own_manager(&self, item: &RustItem<'t>) -> Option<ConnectionManager<'m>> {
        let name = code::field(item.node, "name")?;
        let name = self.files[item.file].tree.text(name);
        let blocks = self.declared.traits_of(name).iter();
        // Two types of the package may have one name: the block says which of them it is for.
        let blocks = blocks.filter(|(_, block)| self.is_block_of(block, item));
        for (tr, block) in blocks {
            let tree = &self.files[block.file].tree;
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
                    return first.map(|ty| ConnectionManager { ty, is_own: true });
                }
            }
        }
        None
    }

    /// Whether an `impl` block is for this type, as far as its name can be followed.
    fn is_block_of(&self, block: &RustItem<'t>, item: &RustItem<'t>) -> bool {
        let tree = &self.files[block.file].tree;
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
    fn find_associated(&self, block: &RustItem<'t>, name: &str) -> Option<InferredType<'t, 'm>> {
        let tree = &self.files[block.file].tree;
        let body = code::field(block.node, "body")?;
        let member = code::children(body).into_iter().find(|member| {
            member.kind() == "type_item"
                && code::field(*member, "name").is_some_and(|n| tree.text(n) == name)
        })?;
        let ty = code::field(member, "type")?;
        self.ty_in(ty, block.file, block.module, MAX_STEPS)
    }

    /// Whether values of a type are connections of a library, or have a field that is one.
    fn holds_connection(&self, ty: &InferredType<'t, 'm>, managed: &ManagedPool) -> bool {
        let is_one = |ty: &InferredType<'t, 'm>| matches!(ty, InferredType::Library(name) if managed.connections.iter().any(|c| c == name));
        let InferredType::Own(item) = ty else {
            return is_one(ty);
        };
        let Some(body) = code::field(item.node, "body") else {
            return false;
        };
        let fields = code::children(body).into_iter();
        let named = fields.filter_map(|field| code::field(field, "type"));
        named.chain(list_types(body)).any(|ty| {
            let ty = self.ty_in(ty, item.file, item.module, MAX_STEPS);
            ty.is_some_and(|ty| is_one(&ty))
        })
    }

    /// What the variant of an enum of the package holds: its types, and where they are declared.
    pub(super) fn variant_types(&self, pattern: Node<'t>) -> Option<Vec<(Node<'t>, usize, usize)>> {
        let path = path_of(pattern, self.tree());
        let (variant, ty) = path.split_last()?;
        let item = match ty {
            [own] if own == "Self" => self.own_type.and_then(|ty| self.own_type_item(ty))?,
            [] => return None,
            ty => match self.meaning(ty)? {
                NameMeaning::Own(item, rest) if rest.is_empty() => item,
                _ => return None,
            },
        };
        if item.node.kind() != "enum_item" {
            return None;
        }
        let tree = &self.files[item.file].tree;
        let body = code::field(item.node, "body")?;
        let named =
            |node: &Node<'t>| code::field(*node, "name").is_some_and(|n| tree.text(n) == variant);
        let variant = code::children(body).into_iter().find(named)?;
        let body = code::field(variant, "body")?;
        let types = list_types(body).into_iter();
        Some(types.map(|ty| (ty, item.file, item.module)).collect())
    }

    /// Whether values of a type are only used, never configured.
    pub(super) fn is_handle(&self, id: RustObjectId) -> bool {
        let object = self.state.heap.get(&id);
        object.is_some_and(|o| self.index.form(o.ty) == Some(RustForm::Handle))
    }

    /// Another value takes the place of this one.
    pub(super) fn replace_object(&mut self, id: RustObjectId, value: &RustExprValue<'t>) {
        let new = value
            .object()
            .and_then(|new| self.state.heap.get(&new))
            .cloned();
        if let Some(object) = self.state.heap.get_mut(&id) {
            match new {
                Some(new) if new.ty == object.ty => *object = new,
                _ => object.invalidate(&Cause::Code("an assignment")),
            }
        }
    }
}
