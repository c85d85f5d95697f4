//! Figures of a configuration that the package itself declares a fallback for: a tag of a struct's
//! field, and the default of a settings library's key.

use crate::extract::code::fold;
use crate::extract::code::form::{CallForm, CodeExpressionForm, ExpressionId, TypeForm};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::scope::DeclaredValue;
use crate::extract::code::value::CodeValue;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages::{FallbackTag, SettingsPackage};

impl<'p> CodeInterpreter<'p, '_> {
    /// The value of `holder.field` where a tag of the field says what it falls back on.
    pub(super) fn find_configured(
        &mut self,
        holder: ExpressionId,
        field: &str,
        id: ExpressionId,
    ) -> Option<CodeValue> {
        let tags = self.words()?.fallback_tags();
        if !self.scope().has_tags || !self.may_look_through(self.length_around(holder)) {
            return None;
        }
        let (_, declaration) = self.field_of_type(self.type_of(holder, 0)?, field, 0)?;
        let text = declaration.tag.as_deref()?;
        let tag = tags.iter().find(|tag| is_meant(tag, text))?;
        if !self.may_look_through(self.length_of_package()) || self.is_written(field) {
            return None;
        }
        let ty = declaration.ty.pointed().written()?;
        let fallback = tag_value(text, &tag.fallback)?;
        let fallback = self.words()?.parse_as(&ty, fallback)?;
        let (source, variable) = match self.variable_of_tag(tag, text) {
            Some(name) => (
                Cause::EnvironmentVariable(name.clone()),
                tag.alone.then_some(name),
            ),
            None => (self.quote(id).in_marks(), None),
        };
        Some(CodeValue::Plain(fold::with_fallback(
            source, variable, fallback,
        )))
    }

    /// The bytes of the functions around a place.
    fn length_around(&self, place: ExpressionId) -> usize {
        let outline = self.outline();
        let mut length = 0;
        let mut function = outline.function_of(place);
        while let Some(around) = function {
            length += outline.function(around).range.len();
            let closure = outline.closure(around);
            function = closure.and_then(|closure| outline.function_of(closure));
        }
        length
    }

    pub(super) fn length_of_package(&self) -> usize {
        let own = self.typed.package.map_or(0, |package| package.own);
        let files = self.project.files().take(own);
        files.map(|at| self.project.text(at).len()).sum()
    }

    /// The variable that fills a field in, where nothing of the package puts more before its name.
    fn variable_of_tag(&self, tag: &FallbackTag, text: &str) -> Option<String> {
        let named = tag_value(text, tag.variable.as_deref()?)?;
        let name = named.split(',').next()?.trim();
        let own = self.typed.package.map_or(0, |package| package.own);
        let prefixed = self.project.files().take(own).any(|at| {
            let text = self.project.text(at);
            let prefix = tag.prefix.as_deref().unwrap_or_default();
            text.contains("Prefix:") || (!prefix.is_empty() && text.contains(prefix))
        });
        (!name.is_empty() && !prefixed).then(|| name.to_owned())
    }

    /// Code of the package gives a field of this name a value too.
    fn is_written(&self, field: &str) -> bool {
        let scope = self.scope();
        let mut writes = scope.field_writes().iter();
        let others = self.typed.package.map(|package| package.others.values());
        let beyond =
            others.is_some_and(|mut others| others.any(|other| other.is_given_beyond(field)));
        if beyond || writes.any(|(_, name)| *name == field) {
            return true;
        }
        let all = self.project.files();
        let mut files = all.filter(|at| self.names_of(*at).is_some_and(|names| !names.is_test));
        files.any(|at| {
            let code = self.project.file(at);
            code.expressions.iter().any(|expression| {
                let CodeExpressionForm::Literal(literal) = &expression.form else {
                    return false;
                };
                let own = matches!(&literal.ty, Some(TypeForm::Named(None, name)) if scope.types.contains_key(name.as_str()));
                let mut keys = literal.entries.iter().filter_map(|(key, _)| *key);
                own && keys.any(|key| code.text(key) == field)
            })
        })
    }

    /// What a settings library's key falls back on, where the package gives it a default.
    pub(super) fn setting_of_key(
        &mut self,
        id: ExpressionId,
        call: &CallForm,
        function: &str,
    ) -> Option<CodeValue> {
        let names = self.names()?;
        let used = |library: &&SettingsPackage| {
            let mut imports = names.other_packages();
            library.reads.iter().any(|read| read == function)
                && imports.any(|path| path == library.import_path)
        };
        let library = self.words()?.settings_packages().iter().find(used)?;
        let [argument] = &call.arguments[..] else {
            return None;
        };
        let CodeExpressionForm::Constant(ConstValue::Text(key)) =
            &self.code().expression(argument.value).form
        else {
            return None;
        };
        if !self.may_look_through(self.length_of_package()) {
            return None;
        }
        let value = self.default_of_key(&library.defaults, key)?;
        let CodeValue::Plain(value) = self.evaluate_declared("a default", &value) else {
            return None;
        };
        let value = self.words()?.read_setting(function, value)?;
        Some(CodeValue::Plain(fold::with_fallback(
            self.quote(id).in_marks(),
            None,
            value,
        )))
    }

    /// The one value that the package gives to a key.
    fn default_of_key(&self, setter: &str, key: &str) -> Option<DeclaredValue<'p>> {
        let mut found = Vec::new();
        for file in self.own_files() {
            if !self.project.text(file).contains(setter) {
                continue;
            }
            let code = self.project.file(file);
            for expression in &code.expressions {
                let CodeExpressionForm::Call(call) = &expression.form else {
                    continue;
                };
                let sets = matches!(&code.expression(call.callee).form, CodeExpressionForm::Member(_, name) if name == setter);
                if let ([own, value], true) = (&call.arguments[..], sets)
                    && let CodeExpressionForm::Constant(ConstValue::Text(own)) =
                        &code.expression(own.value).form
                    && own.eq_ignore_ascii_case(key)
                {
                    found.push(DeclaredValue {
                        file,
                        value: Some(value.value),
                        ty: None,
                    });
                }
            }
        }
        match found.as_slice() {
            [one] => Some(*one),
            _ => None,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_by_their_whole_names() {
        let tag = r#"env:"REDIS_POOL,notEmpty" envDefault:"20" json:"pool""#;
        assert_eq!(tag_value(tag, "envDefault"), Some("20"));
        assert_eq!(tag_value(tag, "env"), Some("REDIS_POOL,notEmpty"));
        assert_eq!(tag_value(tag, "default"), None);
    }
}
