//! Figures of a configuration that the package itself declares a fallback for: a tag of a struct's
//! field, and the default of a settings library's key. Types are looked up by name, without running
//! anything; a name that is bound twice in a function has none.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::names;
use crate::extract::go::package::GoDeclaration;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::GoExprValue;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages::{self, FallbackTag, SettingsPackage};
use crate::syntax::code::{self, CodeGrammar};

/// How far a configuration may lead from struct to struct.
const DEEPEST: u32 = 6;

/// A type, and the file that it stands in.
pub(super) type TypeInFile<'t> = (usize, Node<'t>);

impl<'t> GoFileReader<'t, '_, '_> {
    /// The value of `holder.field` where a tag of the field says what it falls back on.
    pub(super) fn find_configured(
        &mut self,
        holder: Node<'t>,
        field: &str,
        code: Node<'t>,
    ) -> Option<GoExprValue<'t>> {
        let tags = &languages::go()?.fallback_tag;
        if !self.declared.has_tags || !self.may_look_through(self.length_around(holder)) {
            return None;
        }
        let (file, declaration) = self.field_of(self.type_of(holder, 0)?, field, 0)?;
        let tree = &self.files[file].parsed.tree;
        let text = CodeGrammar::Go.string_value(tree.text(code::field(declaration, "tag")?))?;
        let ty = code::field(declaration, "type")?;
        let tag = tags.iter().find(|tag| is_meant(tag, &text))?;
        let package = self.length_of_package();
        if !self.may_look_through(package) {
            return None;
        }
        if self.is_written(field) {
            return None;
        }
        let fallback = read_as(tree.text(ty), tag_value(&text, &tag.fallback)?)?;
        let (source, variable) = match self.variable(tag, &text) {
            Some(name) => (
                Cause::EnvironmentVariable(name.clone()),
                tag.alone.then_some(name),
            ),
            None => (self.reason(code), None),
        };
        Some(GoExprValue::Plain(fold::with_fallback(
            source, variable, fallback,
        )))
    }

    /// The bytes of the functions around a place.
    fn length_around(&self, place: Node<'t>) -> usize {
        let mut at = place;
        let mut length = 0;
        while let Some(parent) = at.parent() {
            at = parent;
            if is_function(at) {
                length += at.byte_range().len();
            }
        }
        length
    }

    pub(super) fn length_of_package(&self) -> usize {
        let files = self.own_files().iter();
        files
            .map(|file| file.parsed.tree.excerpt().text().len())
            .sum()
    }

    fn reason(&self, code: Node<'t>) -> Cause {
        names::quote_code(self.tree(), code).in_marks()
    }

    /// The variable that fills a field in, where nothing of the package puts more before its name.
    fn variable(&self, tag: &FallbackTag, text: &str) -> Option<String> {
        let named = tag_value(text, tag.variable.as_deref()?)?;
        let name = named.split(',').next()?.trim();
        let prefixed = self.own_files().iter().any(|file| {
            let text = file.parsed.tree.excerpt().text();
            let prefix = tag.prefix.as_deref().unwrap_or_default();
            text.contains("Prefix:") || (!prefix.is_empty() && text.contains(prefix))
        });
        (!name.is_empty() && !prefixed).then(|| name.to_owned())
    }

    /// Code of the package gives a field of this name a value too.
    fn is_written(&self, field: &str) -> bool {
        let assigned = self
            .declared
            .field_writes()
            .iter()
            .any(|(_, name)| *name == field);
        assigned
            || self
                .files
                .iter()
                .filter(|file| !file.parsed.is_test_file())
                .any(|file| {
                    let tree = &file.parsed.tree;
                    let mut found = false;
                    tree.walk(|node| {
                        let own = node.kind() == "composite_literal"
                            && code::field(node, "type").is_some_and(|ty| {
                                ty.kind() == "type_identifier"
                                    && self.declared.types.contains_key(tree.text(ty))
                            });
                        let elements = code::field(node, "body")
                            .filter(|_| own)
                            .map(code::children);
                        let mut keys = elements
                            .into_iter()
                            .flatten()
                            .filter_map(|e| code::field(e, "key"));
                        found |= keys.any(|key| tree.text(key) == field);
                    });
                    found
                })
    }

    pub(super) fn type_of(&self, expression: Node<'t>, depth: u32) -> Option<TypeInFile<'t>> {
        if depth > DEEPEST {
            return None;
        }
        match expression.kind() {
            "selector_expression" => {
                let (holder, field) =
                    code::field(expression, "operand").zip(code::field(expression, "field"))?;
                let holder = self.type_of(holder, depth + 1)?;
                let (file, declaration) = self.field_of(holder, self.text(field), 0)?;
                Some((file, code::field(declaration, "type")?))
            }
            "identifier" => self.type_of_name(expression, depth),
            "composite_literal" => Some((self.file, code::field(expression, "type")?)),
            "unary_expression" => self.type_of(code::field(expression, "operand")?, depth + 1),
            "call_expression" => self.type_of_result(expression, 0),
            _ => None,
        }
    }

    /// The type of a name: of the innermost function that binds it, or of the package.
    fn type_of_name(&self, name: Node<'t>, depth: u32) -> Option<TypeInFile<'t>> {
        let text = self.text(name);
        let mut at = name;
        while let Some(parent) = at.parent() {
            at = parent;
            if !is_function(at) {
                continue;
            }
            match self.bindings(at, text).as_slice() {
                [] => {}
                [NameBinding::Type(ty)] => return Some((self.file, *ty)),
                [NameBinding::Value(value, result)] => {
                    return match value.kind() {
                        "call_expression" => self.type_of_result(*value, *result),
                        _ => self.type_of(*value, depth + 1),
                    };
                }
                _ => return None,
            }
        }
        let variable: &GoDeclaration<'t> = self.declared.variables.get(text)?;
        let ty = variable.ty.or_else(|| {
            let literal = match variable.node.kind() {
                "unary_expression" => code::field(variable.node, "operand")?,
                _ => variable.node,
            };
            code::field(literal, "type").filter(|_| literal.kind() == "composite_literal")
        })?;
        Some((variable.file, ty))
    }

    /// The places of a function that bind a name.
    fn bindings(&self, function: Node<'t>, name: &str) -> Vec<NameBinding<'t>> {
        let mut found = Vec::new();
        code::visit(function, |node| match node.kind() {
            "parameter_declaration" | "var_spec" => {
                let named = code::fields(node, "name");
                let Some(at) = named.iter().position(|own| self.text(*own) == name) else {
                    return;
                };
                match (code::field(node, "type"), code::field(node, "value")) {
                    (Some(ty), _) => found.push(NameBinding::Type(ty)),
                    (None, Some(values)) => {
                        found.extend(NameBinding::of(&code::children(values), at));
                    }
                    (None, None) => {}
                }
            }
            "short_var_declaration" | "range_clause" => {
                let left = code::field(node, "left").map_or_else(Vec::new, code::children);
                let Some(at) = left.iter().position(|own| self.text(*own) == name) else {
                    return;
                };
                let right = code::field(node, "right").filter(|_| node.kind() != "range_clause");
                let right = right.map_or_else(Vec::new, code::children);
                found.push(NameBinding::of(&right, at).unwrap_or(NameBinding::Other));
            }
            _ => {}
        });
        found
    }

    /// The type of a result of a function of the package, `new` included.
    fn type_of_result(&self, call: Node<'t>, at: usize) -> Option<TypeInFile<'t>> {
        let name = self.text(code::field(call, "function")?);
        if name == "new" {
            return Some((self.file, self.arguments(call).first().copied()?));
        }
        let function = self.declared.functions.get(name)?;
        let result = code::field(function.node, "result")?;
        if result.kind() != "parameter_list" {
            return (at == 0).then_some((function.file, result));
        }
        let parameter = code::children(result).into_iter().nth(at)?;
        Some((function.file, code::field(parameter, "type")?))
    }

    /// The declaration of a struct's field, through what it embeds.
    fn field_of(
        &self,
        (file, ty): TypeInFile<'t>,
        field: &str,
        depth: u32,
    ) -> Option<TypeInFile<'t>> {
        let (file, body) = self.struct_of((file, ty), depth)?;
        let tree = &self.files[file].parsed.tree;
        let list = code::children(body).first().copied()?;
        let mut embedded = Vec::new();
        for declaration in code::children(list) {
            let names = code::fields(declaration, "name");
            if names.iter().any(|name| tree.text(*name) == field) {
                return Some((file, declaration));
            }
            if names.is_empty() {
                embedded.extend(code::field(declaration, "type"));
            }
        }
        let mut embedded = embedded.into_iter();
        embedded.find_map(|ty| self.field_of((file, ty), field, depth + 1))
    }

    pub(super) fn struct_of(
        &self,
        (file, ty): TypeInFile<'t>,
        depth: u32,
    ) -> Option<TypeInFile<'t>> {
        if depth > DEEPEST {
            return None;
        }
        match ty.kind() {
            "struct_type" => Some((file, ty)),
            "pointer_type" => {
                self.struct_of((file, code::children(ty).first().copied()?), depth + 1)
            }
            "type_identifier" | "identifier" => {
                let name = self.files[file].parsed.tree.text(ty);
                let declared = self.declared.types.get(name)?;
                self.struct_of((declared.file, declared.node), depth + 1)
            }
            _ => None,
        }
    }

    /// What a settings library's key falls back on, where the package gives it a default.
    pub(super) fn setting_of_key(
        &mut self,
        node: Node<'t>,
        function: &str,
    ) -> Option<GoExprValue<'t>> {
        let libraries = &languages::go()?.settings;
        let used = |library: &&SettingsPackage| {
            let mut imports = self.here().imports.keys();
            library.reads.iter().any(|read| read == function)
                && imports.any(|ident| {
                    self.here().other_package(ident) == Some(library.import_path.as_str())
                })
        };
        let library = libraries.iter().find(used)?;
        let [argument] = self.arguments(node)[..] else {
            return None;
        };
        let key = CodeGrammar::Go.string_value(self.text(argument))?;
        let package = self.length_of_package();
        if !self.may_look_through(package) {
            return None;
        }
        let value = self.default_of_key(&library.defaults, &key)?;
        let GoExprValue::Plain(value) = self.evaluate_declared("a default", &value) else {
            return None;
        };
        let value = match (value, function.contains("Duration")) {
            (ConstValue::Text(text), true) => fold::parse_text("ParseDuration", &text)?,
            (ConstValue::Int(nanoseconds), true) => ConstValue::Duration(nanoseconds),
            (value, _) => value,
        };
        Some(GoExprValue::Plain(fold::with_fallback(
            self.reason(node),
            None,
            value,
        )))
    }

    /// The one value that the package gives to a key.
    fn default_of_key(&self, setter: &str, key: &str) -> Option<GoDeclaration<'t>> {
        let mut found = Vec::new();
        for (file, parsed) in self.own_files().iter().enumerate() {
            let tree = &parsed.parsed.tree;
            if parsed.parsed.is_test_file() || !tree.excerpt().text().contains(setter) {
                continue;
            }
            tree.walk(|node| {
                let function = code::field(node, "function").and_then(|f| code::field(f, "field"));
                let sets = function.is_some_and(|f| tree.text(f) == setter);
                let arguments = code::field(node, "arguments")
                    .filter(|_| sets)
                    .map(code::children);
                if let Some([own, value]) = arguments.as_deref()
                    && let Some(own) = CodeGrammar::Go.string_value(tree.text(*own))
                    && own.eq_ignore_ascii_case(key)
                {
                    let ty = None;
                    found.push(GoDeclaration {
                        file,
                        node: *value,
                        ty,
                    });
                }
            });
        }
        match found.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

fn is_function(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "function_declaration" | "method_declaration" | "func_literal"
    )
}

/// What a name is bound to.
enum NameBinding<'t> {
    Type(Node<'t>),
    /// A value, or one of the results of a call.
    Value(Node<'t>, usize),
    Other,
}

impl<'t> NameBinding<'t> {
    fn of(values: &[Node<'t>], at: usize) -> Option<Self> {
        match values {
            [one] if one.kind() == "call_expression" => Some(Self::Value(*one, at)),
            values => values.get(at).map(|value| Self::Value(*value, 0)),
        }
    }
}

fn is_meant(tag: &FallbackTag, text: &str) -> bool {
    let beside = &tag.beside;
    tag_value(text, &tag.fallback).is_some()
        && (beside.is_empty() || beside.iter().any(|other| tag_value(text, other).is_some()))
}

/// The value of `key:"value"` in a field's tag.
fn tag_value<'a>(tag: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = tag.trim();
    while let Some((own, after)) = rest.split_once(":\"") {
        let (value, next) = after.split_once('"')?;
        if own.trim() == key {
            return Some(value);
        }
        rest = next;
    }
    None
}

/// The text of a tag as a value of the field's type.
fn read_as(ty: &str, text: &str) -> Option<ConstValue> {
    match ty.trim_start_matches('*') {
        "time.Duration" => fold::parse_text("ParseDuration", text),
        "string" => Some(ConstValue::Text(text.to_owned())),
        "bool" => fold::parse_text("ParseBool", text),
        "float32" | "float64" => fold::parse_text("ParseFloat", text),
        number if number.starts_with("int") || number.starts_with("uint") => {
            fold::parse_text("ParseInt", text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_by_their_whole_names() {
        let tag = r#"env:"REDIS_POOL,notEmpty" envDefault:"20" json:"pool""#;
        assert_eq!(tag_value(tag, "envDefault"), Some("20"));
        assert_eq!(tag_value(tag, "env"), Some("REDIS_POOL,notEmpty"));
        assert_eq!(tag_value(tag, "default"), None);
        assert_eq!(read_as("int", "20"), Some(ConstValue::Int(20)));
        assert_eq!(read_as("time.Duration", "5"), None);
        assert_eq!(read_as("[]string", "a"), None);
    }
}
