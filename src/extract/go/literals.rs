//! Option literals and assignments to their fields: what is written, and where more could be.

use std::collections::BTreeMap;
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::go::names;
use crate::extract::go::package::{GoImport, GoSourceFile, ImportedLibrary};
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, GoObjectId, GoOptionsObject};
use crate::facts::cause::Cause;
use crate::facts::edit_target::{EditTarget, FieldStyle, TextEncoding};
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::model::{OptionRole, ValueKind};
use crate::source::Span;
use crate::syntax::code;

/// How far a chain of type aliases is followed.
const MAX_ALIASES: usize = 4;

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    /// The library's option type that a type names, through a pointer or an alias of the package.
    pub(super) fn option_type(&self, ty: Node<'t>) -> Option<(Rc<ImportedLibrary<'m>>, String)> {
        let shadowed = code::field(ty, "package")
            .is_some_and(|package| self.state.get(self.text(package)).is_some());
        if shadowed {
            return None;
        }
        self.option_type_in(self.here(), ty)
    }

    pub(super) fn option_type_in(
        &self,
        file: &GoSourceFile<'t, 'm>,
        ty: Node<'t>,
    ) -> Option<(Rc<ImportedLibrary<'m>>, String)> {
        let (mut file, mut ty) = (file, ty);
        for _ in 0..MAX_ALIASES {
            let text = file.parsed.tree.text(ty);
            match ty.kind() {
                "pointer_type" => ty = *code::children(ty).first()?,
                "qualified_type" | "selector_expression" => {
                    return find_qualified(file, ty).or_else(|| foreign(file, ty));
                }
                "type_identifier" | "identifier" => match self.declared.types.get(text) {
                    Some(alias) => {
                        file = &self.files[alias.file];
                        ty = alias.node;
                    }
                    None if self.declared.declares(text) => return None,
                    None => {
                        let mut dots = file.dots.iter();
                        let library = dots.find(|library| has_type(library, text))?;
                        return Some((Rc::clone(library), text.to_owned()));
                    }
                },
                _ => return None,
            }
        }
        None
    }

    /// A new options value with nothing written.
    pub(super) fn new_object(
        &mut self,
        library: Rc<ImportedLibrary<'m>>,
        option_type: String,
    ) -> GoObjectId {
        self.fresh += 1;
        let object = GoOptionsObject::new(library, option_type);
        self.state.heap.insert(self.fresh, object);
        self.fresh
    }

    pub(super) fn composite(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let (Some(ty), Some(body)) = (code::field(node, "type"), code::field(node, "body")) else {
            return GoExprValue::unknown("code that cannot be read");
        };
        if let Some((library, option_type)) = self.option_type(ty) {
            let id = self.new_object(library, option_type);
            self.fill(id, node, body);
            self.build(id, node);
            return GoExprValue::Options(id);
        }
        if let Some(settings) = self.settings(ty, body) {
            return settings;
        }
        let list = matches!(
            ty.kind(),
            "slice_type" | "array_type" | "implicit_length_array_type" | "map_type"
        );
        if let Some(record) = self.record_of(ty, body) {
            return record;
        }
        let package = code::field(ty, "package").map(|package| self.text(package));
        let package = package.and_then(|package| self.here().other_package(package));
        let items = self.elements(body, package.map(str::to_owned).as_deref());
        if list {
            return GoExprValue::Plain(ConstValue::List(items));
        }
        self.unknown_code(node)
    }

    /// A literal of a struct of the package that holds options: they stay what they are in it.
    fn record_of(&mut self, ty: Node<'t>, body: Node<'t>) -> Option<GoExprValue<'t>> {
        let own = ty.kind() == "type_identifier" && self.declared.types.contains_key(self.text(ty));
        let elements = code::children(body);
        let keyed: Option<Vec<_>> = elements.iter().map(|e| self.split_keyed(*e)).collect();
        let keyed = keyed.filter(|_| own && self.records())?;
        let holds = |value: &Node<'t>| {
            let mut found = false;
            code::visit(*value, |node| {
                found |= node.kind() == "composite_literal"
                    && code::field(node, "type").is_some_and(|ty| self.option_type(ty).is_some());
            });
            found
        };
        if !keyed.iter().any(|(_, value)| holds(value)) {
            return None;
        }
        let mut fields = BTreeMap::new();
        for (field, value) in keyed {
            let inner = match value.kind() {
                "literal_element" => code::children(value).first().copied().unwrap_or(value),
                _ => value,
            };
            let name = self.text(field);
            let value = match inner.kind() {
                "literal_value" => GoExprValue::Plain(ConstValue::List(self.elements(inner, None))),
                _ => self.evaluate(inner),
            };
            if let GoExprValue::Options(id) = value {
                self.note_holder(id, name);
            }
            fields.insert(name.to_owned(), value);
        }
        Some(GoExprValue::Record(Rc::new(fields)))
    }

    /// The values of a literal that is no options literal; what they hold cannot be followed.
    fn elements(&mut self, body: Node<'t>, package: Option<&str>) -> Vec<ConstValue> {
        let mut items = Vec::new();
        if !self.descend() {
            self.ascend();
            return items;
        }
        for element in code::children(body) {
            let value = match element.kind() {
                "keyed_element" => code::field(element, "value"),
                _ => Some(element),
            };
            let Some(value) = value else { continue };
            let inner = match value.kind() {
                "literal_element" => code::children(value).first().copied(),
                _ => Some(value),
            };
            let Some(inner) = inner else { continue };
            if inner.kind() == "literal_value" {
                items.push(ConstValue::List(self.elements(inner, None)));
                continue;
            }
            let value = self.evaluate(inner);
            if let (GoExprValue::Options(id), Some(key)) = (&value, code::field(element, "key")) {
                self.note_holder(*id, self.text(key));
            }
            if let Some(package) = package {
                self.record_wrapped(inner, &value, package);
            }
            self.escape(value.clone(), &Cause::Code("another value"));
            items.push(value.folded(names::quote_code(self.tree(), inner)));
        }
        self.ascend();
        items
    }

    /// Reads the fields of an options literal into its object.
    fn fill(&mut self, id: GoObjectId, node: Node<'t>, body: Node<'t>) {
        let mut rest_unknown = None;
        for element in code::children(body) {
            match self.split_keyed(element) {
                Some((field, value)) => self.field(id, field, value),
                None => rest_unknown = Some(Cause::Code("a literal that cannot be read")),
            }
        }
        let style = self.field_style(body);
        let (span, encoding) = (self.tree().span(node), self.encoding());
        let Some(object) = self.state.heap.get_mut(&id) else {
            return;
        };
        object.literal = Some(span);
        object.rest_unknown = object.rest_unknown.take().or(rest_unknown);
        if let Some((at, style)) = style {
            object.insert = EditTarget::InsertField {
                at,
                encoding,
                ident: String::new(),
                style,
            };
        }
    }

    /// The field and the value of `Field: value`.
    fn split_keyed(&self, element: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
        let key = code::field(element, "key")?;
        let value = code::field(element, "value")?;
        let field = code::children(key).first().copied()?;
        (field.kind() == "identifier").then_some((field, value))
    }

    /// `Field: value` of an options literal.
    fn field(&mut self, id: GoObjectId, field: Node<'t>, value: Node<'t>) {
        let expression = match value.kind() {
            "literal_element" => code::children(value).first().copied().unwrap_or(value),
            _ => value,
        };
        let ident = self.text(field);
        let evaluated = match expression.kind() {
            "literal_value" => {
                GoExprValue::Plain(ConstValue::List(self.elements(expression, None)))
            }
            _ if self.is_dialer(id, ident) => self.dialer(id, expression),
            _ if self.has_role(id, ident, OptionRole::Factory) => self.factory(id, expression),
            _ => self.evaluate(expression),
        };
        self.put(id, ident, evaluated, expression);
    }

    /// Writes an option, and those that stand in its value.
    pub(super) fn put(
        &mut self,
        id: GoObjectId,
        ident: &str,
        value: GoExprValue<'t>,
        expression: Node<'t>,
    ) {
        let inner = self.inner_writes(id, ident, &value, expression);
        let mut write = None;
        if inner.is_empty() || self.is_option(id, ident) {
            write = Some(self.new_write(id, ident, value, expression));
        }
        if let Some(object) = self.state.heap.get_mut(&id) {
            inner.into_iter().chain(write).for_each(|w| object.write(w));
        }
    }

    pub(super) fn new_write(
        &mut self,
        id: GoObjectId,
        ident: &str,
        value: GoExprValue<'t>,
        expression: Node<'t>,
    ) -> OptionWrite {
        self.escape(value.clone(), &Cause::Code("another options value"));
        let value = value.folded(names::quote_code(self.tree(), expression));
        self.note_secret(id, ident, &value, expression);
        let span = self.tree().span(expression);
        OptionWrite {
            ident: ident.to_owned(),
            value,
            span,
            conditional: false,
            wrapped: None,
            slot: EditTarget::Replace {
                span,
                encoding: self.encoding(),
            },
        }
    }

    /// A known text in a field for secrets is marked where the text stands.
    fn note_secret(
        &mut self,
        id: GoObjectId,
        ident: &str,
        value: &ConstValue,
        expression: Node<'t>,
    ) {
        let Some(object) = self.state.heap.get(&id) else {
            return;
        };
        let is_secret = object.library.candidates.iter().any(|library| {
            let option = library
                .model()
                .and_then(|m| m.option_named(&object.option_type, ident));
            option.is_some_and(|o| o.kind == ValueKind::Secret)
        });
        if !is_secret || !matches!(value, ConstValue::Text(text) if !text.is_empty()) {
            return;
        }
        let mut literals = Vec::new();
        self.literals_of(expression, &mut literals, 0);
        self.secrets.extend(literals);
    }

    /// The string literals that an expression is made of, through names of the package.
    fn literals_of(&self, expression: Node<'t>, found: &mut Vec<Span>, depth: usize) {
        code::visit(expression, |node| match node.kind() {
            "interpreted_string_literal" | "raw_string_literal" => {
                found.push(self.tree().span(node));
            }
            "identifier" if depth < MAX_ALIASES => {
                let name = self.text(node);
                let tables = [&self.declared.constants, &self.declared.variables];
                for declared in tables.into_iter().filter_map(|table| table.get(name)) {
                    let tree = &self.files[declared.file].parsed.tree;
                    code::visit(declared.node, |inner| {
                        if inner.kind().ends_with("string_literal") {
                            found.push(tree.span(inner));
                        }
                    });
                }
            }
            _ => {}
        });
    }

    /// Writes an option of a value, and of all that the value may be.
    pub(super) fn write_path(
        &mut self,
        id: GoObjectId,
        ident: &str,
        value: GoExprValue<'t>,
        expression: Node<'t>,
    ) {
        let origins = self.state.heap.get(&id).map(|o| o.origins.clone());
        for origin in origins.unwrap_or_default() {
            self.put(origin, ident, value.clone(), expression);
        }
        self.put(id, ident, value, expression);
    }

    /// `receiver.Field = value`, `statement` being the whole assignment.
    pub(super) fn write_field(
        &mut self,
        id: GoObjectId,
        field: Node<'t>,
        value: GoExprValue<'t>,
        expression: Option<Node<'t>>,
        (statement, receiver): (Node<'t>, &str),
    ) {
        self.write_path(id, self.text(field), value, expression.unwrap_or(field));
        let here = self.blocks.last().copied();
        let insert = self.insert_after(statement, receiver);
        let Some(object) = self.state.heap.get_mut(&id) else {
            return;
        };
        let at_home = object
            .home
            .as_ref()
            .is_some_and(|(block, name)| Some(*block) == here && name == receiver);
        if at_home {
            object.insert = insert;
        }
    }

    pub(super) fn read_field(
        &self,
        id: GoObjectId,
        field: &str,
        node: Node<'t>,
    ) -> GoExprValue<'t> {
        let object = self.state.heap.get(&id);
        let write = object.and_then(|o| o.writes.iter().find(|w| w.ident == field));
        match write {
            Some(write) if !write.conditional => GoExprValue::Plain(write.value.clone()),
            _ => self.unknown_code(node),
        }
    }

    /// An options value gets a name: statements about it may be added after this one, or after the
    /// check of its error.
    pub(super) fn set_insertion_point(&mut self, id: GoObjectId, name: &str, statement: Node<'t>) {
        let Some(block) = self.blocks.last().copied() else {
            return;
        };
        let after = self.check_after(statement).unwrap_or(statement);
        let insert = self.insert_after(after, name);
        let Some(object) = self.state.heap.get_mut(&id) else {
            return;
        };
        if object.home.is_none() && object.literal.is_none() && object.rest_unknown.is_none() {
            object.home = Some((block, name.to_owned()));
            object.insert = insert;
        }
    }

    /// The `if err != nil { ... }` right after a statement that binds an error.
    fn check_after(&self, statement: Node<'t>) -> Option<Node<'t>> {
        let bound = code::children(code::field(statement, "left")?);
        let error = self.text(*bound.get(1)?);
        let mut next = statement.next_named_sibling()?;
        while next.kind() == "comment" {
            next = next.next_named_sibling()?;
        }
        let plain = next.kind() == "if_statement" && code::field(next, "initializer").is_none();
        let condition = code::field(next, "condition").filter(|_| plain)?;
        names::find_mentioned(self.tree(), condition)
            .contains(error)
            .then_some(next)
    }

    /// Where a statement after this one would be written.
    fn insert_after(&self, statement: Node<'t>, receiver: &str) -> EditTarget {
        let tree = self.tree();
        let alone = statement
            .parent()
            .is_some_and(|p| matches!(p.kind(), "statement_list" | "source_file" | "block"));
        let indent = tree.indent_at(statement.start_byte());
        let (true, Some(indent)) = (alone && !self.is_path(receiver), indent) else {
            return EditTarget::None;
        };
        let at = tree.line_end(statement.end_byte());
        EditTarget::InsertAssignment {
            at: tree.excerpt().span(at..at),
            encoding: self.encoding(),
            receiver: receiver.to_owned(),
            ident: String::new(),
            indent,
            newline: tree.newline_at(at),
        }
    }

    fn is_path(&self, receiver: &str) -> bool {
        receiver.contains(|c: char| !c.is_alphanumeric() && c != '_')
    }

    fn encoding(&self) -> TextEncoding {
        TextEncoding::Go {
            time: self.here().time_ident(),
        }
    }

    /// Where and how a field would be added to a literal's body.
    fn field_style(&self, body: Node<'t>) -> Option<(Span, FieldStyle)> {
        if code::is_broken(body) {
            return None;
        }
        let tree = self.tree();
        let (open, close) = (body.start_byte() + 1, body.end_byte() - 1);
        let last = code::children(body).last().copied();
        let from = last.map_or(open, |node| node.end_byte());
        let tail = tree.excerpt().text().get(from..close)?;
        let comma_before = tail.trim_start().starts_with(',');
        let newline = tree.newline_at(from);
        let (at, own_line) = if tail.contains('\n') {
            let indent = match last {
                Some(node) => tree.indent_at(node.start_byte())?,
                None => tree.indent_at(body.start_byte())? + "\t",
            };
            (tree.line_end(from), Some(indent))
        } else {
            let comma = if comma_before { tail.find(',')? + 1 } else { 0 };
            (from + comma, None)
        };
        let style = FieldStyle {
            own_line,
            follows: last.is_some(),
            comma_before,
            newline,
            assigns: ": ",
        };
        Some((tree.excerpt().span(at..at), style))
    }
}

/// `redis.Options`, where the prefix is a client library's.
fn find_qualified<'m>(
    file: &GoSourceFile<'_, 'm>,
    ty: Node<'_>,
) -> Option<(Rc<ImportedLibrary<'m>>, String)> {
    let tree = &file.parsed.tree;
    let (package, name) = match ty.kind() {
        "qualified_type" => (code::field(ty, "package")?, code::field(ty, "name")?),
        _ => (code::field(ty, "operand")?, code::field(ty, "field")?),
    };
    let GoImport::Library(library) = file.imports.get(tree.text(package))? else {
        return None;
    };
    let name = tree.text(name);
    has_type(library, name).then(|| (Rc::clone(library), name.to_owned()))
}

/// A type of another package that a model of this file's libraries names: what is set in a value of
/// it is an option once a field holds it.
fn foreign<'m>(
    file: &GoSourceFile<'_, 'm>,
    ty: Node<'_>,
) -> Option<(Rc<ImportedLibrary<'m>>, String)> {
    let tree = &file.parsed.tree;
    let (package, name) = match ty.kind() {
        "qualified_type" => (code::field(ty, "package")?, code::field(ty, "name")?),
        _ => (code::field(ty, "operand")?, code::field(ty, "field")?),
    };
    let path = file.other_package(tree.text(package))?;
    let name = tree.text(name);
    file.libraries().find_map(|library| {
        let mut models = library.candidates.iter().filter_map(|l| l.model());
        let declared = models.find_map(|m| m.foreign_type(path, name))?;
        Some((Rc::clone(library), declared.to_owned()))
    })
}

fn has_type(library: &ImportedLibrary<'_>, name: &str) -> bool {
    let mut models = library.candidates.iter().filter_map(|l| l.model());
    models.any(|m| m.is_option_type(name) || m.is_waiting_type(name))
}
