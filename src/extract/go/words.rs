//! What only Go says to the shared reader: what its own names and packages mean, how code is quoted, and
//! where an option is written.

use std::ops::Range;

use super::declarations::SHORT_FUNCTION;
use super::names::is_test;
use crate::extract::code::fold::{self, TextParser};
use crate::extract::code::form::{
    CodeExpressionForm, CodeFile, ExpressionId, FunctionForm, LiteralForm,
};
use crate::extract::code::project::{CodeFrontend, SourceCode};
use crate::extract::code::text::{self, looks_like_key, quote_arguments};
use crate::extract::code::typed_words::{FileNames, ImportedName, StandardCall, TypedWords};
use crate::facts::cause::Cause;
use crate::facts::edit_target::{EditTarget, FieldStyle, TextEncoding};
use crate::facts::raw::{ConstValue, SourceLanguage};
use crate::knowledge::languages::{
    self, DeadlineCalls, FallbackTag, FlagPackage, PackageMeaning, SettingsPackage,
};
use crate::source::{Span, path};
use crate::syntax::code::{self, CodeGrammar};

/// Longer code is not quoted in a message.
const QUOTED: usize = 60;

pub(super) struct GoFrontend;

impl CodeFrontend for GoFrontend {
    fn language(&self) -> SourceLanguage {
        SourceLanguage::Go
    }

    fn module_parts(&self, path: &str) -> Vec<String> {
        vec![path::folder(path).to_owned()]
    }

    fn lower(&self, file: &SourceCode) -> CodeFile {
        super::lower::lower(&code::parse(CodeGrammar::Go, file.excerpt.clone()))
    }

    fn encoding(&self) -> TextEncoding {
        TextEncoding::Go { time: None }
    }

    fn argument_slot(&self, _: &CodeFile, _: Range<usize>) -> EditTarget {
        EditTarget::None
    }

    fn missing_variable(&self) -> ConstValue {
        ConstValue::Text(String::new())
    }

    fn constructor_name(&self) -> &str {
        ""
    }

    fn is_test(&self, path: &str) -> bool {
        is_test(path)
    }

    fn imports_package(&self, text: &str, package: &str) -> bool {
        text.contains(package)
    }

    fn is_private(&self, name: &str) -> bool {
        name.starts_with(char::is_lowercase)
    }
}

impl TypedWords for GoFrontend {
    fn quote(&self, code: &CodeFile, id: ExpressionId) -> Cause {
        let mut id = id;
        while let CodeExpressionForm::Unary(_, inner) | CodeExpressionForm::Through(inner) =
            &code.expression(id).form
        {
            id = *inner;
        }
        match &code.expression(id).form {
            CodeExpressionForm::Name(_) | CodeExpressionForm::Member(..) if is_path(code, id) => {
                quote_short(code.text(id))
            }
            CodeExpressionForm::Call(call) => {
                let arguments = call.arguments.iter().map(|argument| argument.value);
                quote_call(code, call.callee, &arguments.collect::<Vec<_>>())
            }
            CodeExpressionForm::Literal(literal) if literal.ty.is_some() => Cause::Literal,
            _ => Cause::Code("an expression"),
        }
    }

    fn encoding(&self, names: &FileNames<'_>) -> TextEncoding {
        let own = languages::go().map_or("", |go| &go.duration.import_path);
        let is_time =
            |import: &ImportedName<'_>| matches!(import, ImportedName::Other(path) if path == own);
        let named = names.imports.iter().find(|(_, import)| is_time(import));
        TextEncoding::Go {
            time: named.map(|(ident, _)| ident.clone()),
        }
    }

    fn field_style(&self, file: &CodeFile, literal: &LiteralForm) -> Option<(Span, FieldStyle)> {
        let excerpt = &file.excerpt;
        let (open, close) = (literal.body.start + 1, literal.body.end - 1);
        let last = literal.entries.last();
        let range = |id: ExpressionId| file.expression(id).range.clone();
        let from = last.map_or(open, |(_, value)| range(*value).end);
        let tail = excerpt.text().get(from..close)?;
        let comma_before = tail.trim_start().starts_with(',');
        let newline = code::newline_at(excerpt, from);
        let (at, own_line) = if tail.contains('\n') {
            let indent = match last {
                Some((key, value)) => code::indent_at(excerpt, range(key.unwrap_or(*value)).start)?,
                None => code::indent_at(excerpt, literal.body.start)? + "\t",
            };
            (code::line_end(excerpt, from), Some(indent))
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
        Some((excerpt.span(at..at), style))
    }

    fn statement_slot(
        &self,
        file: &CodeFile,
        statement: Range<usize>,
        receiver: &str,
        encoding: TextEncoding,
    ) -> EditTarget {
        let excerpt = &file.excerpt;
        let is_path = receiver.contains(|c: char| !c.is_alphanumeric() && c != '_');
        let before = excerpt.text().get(..statement.start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        let alone = line.trim().is_empty();
        let indent = code::indent_at(excerpt, statement.start);
        let (true, Some(indent)) = (alone && !is_path, indent) else {
            return EditTarget::None;
        };
        let at = code::line_end(excerpt, statement.end);
        EditTarget::InsertAssignment {
            at: excerpt.span(at..at),
            encoding,
            receiver: receiver.to_owned(),
            ident: String::new(),
            indent,
            newline: code::newline_at(excerpt, at),
        }
    }

    fn is_duration(&self, package: &str, name: &str) -> bool {
        let own = languages::go().map(|go| &go.duration);
        own.is_some_and(|own| own.import_path == package && own.name == name)
    }

    fn zero_of(&self, ty: &str) -> Option<ConstValue> {
        fold::zero_of(ty)
    }

    fn constant(&self, package: &str, name: &str) -> Option<ConstValue> {
        let nanoseconds = languages::go()?.nanoseconds(package, name)?;
        Some(ConstValue::Duration(nanoseconds))
    }

    fn builtin(&self, name: &str, arguments: &[ConstValue]) -> Option<ConstValue> {
        match (name, arguments) {
            ("max" | "min", [_, ..]) => Some(fold::extreme(name, arguments.to_vec())),
            (_, [only]) => fold::convert(name, only.clone()),
            _ => None,
        }
    }

    fn makes_value(&self, name: &str) -> bool {
        name == "new"
    }

    fn panics(&self, name: &str) -> bool {
        name == "panic"
    }

    fn appends(&self, name: &str) -> bool {
        name == "append"
    }

    fn standard_call(
        &self,
        package: &str,
        name: &str,
        arguments: &[ConstValue],
    ) -> Option<StandardCall> {
        let first = arguments.first();
        if languages::go().is_some_and(|go| go.never_returns(package, name)) {
            return Some(StandardCall::Ends);
        }
        if self.is_duration(package, name) {
            return Some(StandardCall::Gives(vec![fold::to_duration(first?.clone())]));
        }
        let meaning = languages::go()?.meaning(package, name)?;
        let values = match (meaning, first?) {
            (PackageMeaning::Format, ConstValue::Text(format)) => {
                vec![text_of(text::fill_placeholders(format, &arguments[1..])?)?]
            }
            (PackageMeaning::FirstGiven, first) => vec![first_given(first, arguments.get(1)?)?],
            // A host with a colon gets brackets.
            (PackageMeaning::HostAndPort, ConstValue::Text(host)) if host.contains(':') => {
                return None;
            }
            (PackageMeaning::HostAndPort, host) => {
                let colon = ConstValue::Text(":".to_owned());
                vec![text_of(vec![
                    host.clone(),
                    colon,
                    arguments.get(1)?.clone(),
                ])?]
            }
            (PackageMeaning::Variable, ConstValue::Text(key)) => vec![fold::from_environment(key)],
            (PackageMeaning::VariableAndPresence, ConstValue::Text(key)) => {
                let is_set = Cause::VariablePresence(key.clone());
                vec![fold::from_environment(key), ConstValue::Unknown(is_set)]
            }
            (PackageMeaning::RoundUp, ConstValue::Float(n)) => vec![ConstValue::Float(n.ceil())],
            (PackageMeaning::RoundDown, ConstValue::Float(n)) => vec![ConstValue::Float(n.floor())],
            (PackageMeaning::Round, ConstValue::Float(n)) => vec![ConstValue::Float(n.round())],
            (meaning, text) => parse_outside(find_parser(meaning)?, text.clone())?,
        };
        Some(StandardCall::Gives(values))
    }

    fn parse_as(&self, ty: &str, text: &str) -> Option<ConstValue> {
        let parser = match ty {
            "string" => return Some(ConstValue::Text(text.to_owned())),
            "bool" => TextParser::Bool,
            "float32" | "float64" => TextParser::Float,
            number if number.starts_with("int") || number.starts_with("uint") => TextParser::Int,
            other => {
                let (package, name) = other.split_once('.')?;
                self.is_duration(package, name)
                    .then_some(TextParser::Duration)?
            }
        };
        fold::parse_text(parser, text)
    }

    fn read_setting(&self, function: &str, value: ConstValue) -> Option<ConstValue> {
        match (value, function.contains("Duration")) {
            (ConstValue::Text(text), true) => fold::parse_text(TextParser::Duration, &text),
            (ConstValue::Int(nanoseconds), true) => Some(ConstValue::Duration(nanoseconds)),
            (value, _) => Some(value),
        }
    }

    fn reads_environment(&self, package: &str) -> bool {
        languages::go().is_some_and(|go| go.reads_environment(package))
    }

    fn is_outside(&self, package: &str) -> bool {
        let mut parts = package.split('/');
        parts.next().is_some_and(|host| host.contains('.'))
    }

    fn is_entry(&self, name: &str) -> bool {
        matches!(name, "main" | "init")
    }

    fn starts(&self, method: &str) -> bool {
        let mut starters = languages::go().into_iter().flat_map(|l| &l.goroutine);
        starters.any(|starter| starter.method == method)
    }

    fn serves(&self, names: &FileNames<'_>, function: &FunctionForm) -> bool {
        let types = function.parameters.iter().filter_map(|p| p.ty.as_ref());
        let mut types = types.flat_map(|ty| ty.named());
        types.any(|ty| {
            let written = ty.written();
            let Some((package, name)) = written.as_deref().and_then(|ty| ty.split_once('.')) else {
                return false;
            };
            let path = names.other_package(package);
            let mut requests = languages::go().into_iter().flat_map(|l| &l.request);
            requests.any(|r| Some(r.import_path.as_str()) == path && r.name == name)
        })
    }

    fn supports_tests(&self, code: &CodeFile, names: &FileNames<'_>) -> bool {
        let support = languages::go().map(|go| &go.test_support);
        let mut imported = names.other_packages();
        code.package.as_deref() != Some("main")
            && support.is_some_and(|support| imported.any(|path| support.is(path)))
    }

    fn deadlines(&self) -> &'static [DeadlineCalls] {
        languages::go().map_or(&[], |go| &go.deadline)
    }

    fn fallback_tags(&self) -> &'static [FallbackTag] {
        languages::go().map_or(&[], |go| &go.fallback_tag)
    }

    fn settings_packages(&self) -> &'static [SettingsPackage] {
        languages::go().map_or(&[], |go| &go.settings)
    }

    fn flag_packages(&self) -> &'static [FlagPackage] {
        languages::go().map_or(&[], |go| &go.flag)
    }

    fn short_function(&self) -> usize {
        SHORT_FUNCTION
    }
}

/// The text that is put together of these parts, where it or the variables in it are known.
fn text_of(parts: Vec<ConstValue>) -> Option<ConstValue> {
    let whole = text::join_parts(parts);
    text::is_text(&whole).then_some(whole)
}

/// A variable where it is set, else this value, which must not be empty itself.
fn first_given(variable: &ConstValue, otherwise: &ConstValue) -> Option<ConstValue> {
    let ConstValue::Unknown(source) = variable else {
        return None;
    };
    let name = source.variable()?.to_owned();
    let is_given = matches!(otherwise, ConstValue::Text(text) if !text.is_empty());
    is_given.then(|| fold::with_fallback(source.clone(), Some(name), otherwise.clone()))
}

/// How a function that reads text reads it.
const fn find_parser(meaning: PackageMeaning) -> Option<TextParser> {
    match meaning {
        PackageMeaning::ParseInt => Some(TextParser::Int),
        PackageMeaning::ParseFloat => Some(TextParser::Float),
        PackageMeaning::ParseBool => Some(TextParser::Bool),
        PackageMeaning::ParseDuration => Some(TextParser::Duration),
        _ => None,
    }
}

/// The value that a parser reads from text, and its error. A variable that is read as a figure is
/// still that variable.
fn parse_outside(parser: TextParser, text: ConstValue) -> Option<Vec<ConstValue>> {
    let no_error = || fold::unknown("an error");
    let (value, error) = match text {
        ConstValue::Text(text) => (fold::parse_text(parser, &text)?, no_error()),
        ConstValue::Unknown(cause) => {
            let name = cause.variable()?;
            let error = ConstValue::Unknown(Cause::VariableReadError(name.to_owned()));
            (ConstValue::Unknown(cause), error)
        }
        ConstValue::Fallback(fallback) => {
            let ConstValue::Text(text) = &fallback.value else {
                return None;
            };
            let value = fold::parse_text(parser, text)?;
            let error = match &fallback.variable {
                Some(name) => ConstValue::Unknown(Cause::FallbackReadError(name.to_owned())),
                None => no_error(),
            };
            let value = fold::with_fallback(fallback.source, fallback.variable, value);
            (value, error)
        }
        _ => return None,
    };
    Some(vec![value, error])
}

/// A name, or members of one.
fn is_path(code: &CodeFile, id: ExpressionId) -> bool {
    let mut at = id;
    while let CodeExpressionForm::Member(base, _) = &code.expression(at).form {
        at = *base;
    }
    matches!(code.expression(at).form, CodeExpressionForm::Name(_))
}

/// Of a call only the function and a first argument that looks like a key.
fn quote_call(code: &CodeFile, callee: ExpressionId, arguments: &[ExpressionId]) -> Cause {
    if !is_path(code, callee) {
        return Cause::Code("a call");
    }
    let first = arguments.first().map(|id| &code.expression(*id).form);
    let key = match first {
        Some(CodeExpressionForm::Constant(ConstValue::Text(text))) if looks_like_key(text) => {
            Some(text)
        }
        _ => None,
    };
    let rest = quote_arguments(key.map(String::as_str), arguments.len());
    quote_short(&format!("{}({rest})", code.text(callee)))
}

fn quote_short(text: &str) -> Cause {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() > QUOTED || one_line.contains('`') {
        return Cause::Code("an expression");
    }
    Cause::Expression(one_line)
}
