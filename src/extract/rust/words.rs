//! What only Rust says to the shared reader: how files are lowered, how code is quoted, what a path is.

use std::ops::Range;

use super::package::ParsedRustFile;
use super::{lower, standard};
use crate::extract::code::form::{BindingForm, CodeExpressionForm, CodeFile, ExpressionId};
use crate::extract::code::project::{CodeFrontend, SourceCode};
use crate::extract::code::text::{looks_like_key, quote_arguments};
use crate::extract::code::typed_words::{FileNames, TypedWords};
use crate::facts::cause::Cause;
use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::raw::{ConstValue, SourceLanguage};
use crate::syntax::code::{self, CodeGrammar};

/// Longer code is not quoted in a message.
const QUOTED: usize = 60;

/// The files of a package, parsed.
pub(super) struct RustFrontend<'t> {
    pub(super) parsed: &'t [ParsedRustFile],
}

impl CodeFrontend for RustFrontend<'_> {
    fn language(&self) -> SourceLanguage {
        SourceLanguage::Rust
    }

    fn module_parts(&self, _: &str) -> Vec<String> {
        Vec::new()
    }

    fn lower(&self, file: &SourceCode) -> CodeFile {
        let parsed = self.parsed.iter().find(|own| own.path == file.path);
        match parsed {
            Some(parsed) => lower::lower(&parsed.tree),
            None => lower::lower(&code::parse(CodeGrammar::Rust, file.excerpt.clone())),
        }
    }

    fn encoding(&self) -> TextEncoding {
        TextEncoding::Rust {
            duration: None,
            wrapped: false,
            milliseconds: false,
        }
    }

    fn argument_slot(&self, _: &CodeFile, _: Range<usize>) -> EditTarget {
        EditTarget::None
    }

    fn missing_variable(&self) -> ConstValue {
        ConstValue::Nil
    }

    fn constructor_name(&self) -> &str {
        ""
    }

    fn is_test(&self, _: &str) -> bool {
        false
    }

    fn imports_package(&self, text: &str, package: &str) -> bool {
        text.contains(package)
    }

    fn is_private(&self, _: &str) -> bool {
        false
    }
}

impl TypedWords for RustFrontend<'_> {
    fn quote(&self, code: &CodeFile, id: ExpressionId) -> Cause {
        quote(code, id)
    }

    fn encoding(&self, _: &FileNames<'_>) -> TextEncoding {
        CodeFrontend::encoding(self)
    }
}

/// The names of a path: `a::b::c`, or one name; generic arguments are left out.
pub(super) fn path_at(code: &CodeFile, id: ExpressionId) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut at = id;
    loop {
        match &code.expression(at).form {
            CodeExpressionForm::Name(name) => {
                names.push(name.clone());
                break;
            }
            CodeExpressionForm::Type(ty) => {
                let written = ty.written()?;
                names.extend(written.rsplit("::").map(str::to_owned));
                break;
            }
            CodeExpressionForm::Member(base, name) => {
                let end = code.expression(*base).range.end;
                let rest = code.excerpt.text().get(end..)?;
                if !rest.trim_start().starts_with("::") {
                    return None;
                }
                names.push(name.clone());
                at = *base;
            }
            _ => return None,
        }
    }
    names.reverse();
    Some(names)
}

/// How a piece of code is named where its value is not known. Never shows a literal that could hold
/// a secret: of a call only the function and a first argument that looks like a key.
pub(super) fn quote(code: &CodeFile, id: ExpressionId) -> Cause {
    let mut id = id;
    for _ in 0..QUOTED {
        // What wraps a value says nothing of it.
        match &code.expression(id).form {
            CodeExpressionForm::Unary(_, inner) => id = *inner,
            CodeExpressionForm::Through(inner) | CodeExpressionForm::Otherwise(inner, _) => {
                let Some(called) = code.called.get(&id) else {
                    id = *inner;
                    continue;
                };
                let starts = code.expression(id).range.start == code.expression(*inner).range.start;
                if called.name == "as" || (starts && standard::passes_on(&called.name)) {
                    id = *inner;
                    continue;
                }
                let given = match starts {
                    true => &called.given[..],
                    false => std::slice::from_ref(inner),
                };
                let text = code.text(id);
                let from = match starts {
                    true => code.text(*inner).len(),
                    false => 0,
                };
                let open = text.get(from..).and_then(|rest| rest.find('('));
                let function = open.and_then(|open| text.get(..from + open));
                return quote_call(code, function.unwrap_or(""), given);
            }
            CodeExpressionForm::Name(_) | CodeExpressionForm::Member(..) => {
                let text = code.text(id);
                return match is_plain(text) {
                    true => short(text),
                    false => Cause::Code("an expression"),
                };
            }
            CodeExpressionForm::Call(call) => {
                let given: Vec<ExpressionId> = call.arguments.iter().map(|a| a.value).collect();
                return quote_call(code, code.text(call.callee), &given);
            }
            _ => break,
        }
    }
    Cause::Code("an expression")
}

/// The same for what a pattern binds.
pub(super) fn quote_pattern(pattern: &BindingForm) -> Cause {
    match pattern {
        BindingForm::Name(name) => short(name),
        BindingForm::Changeable(inner) => quote_pattern(inner),
        BindingForm::Variant(_, parts) | BindingForm::Same(parts) => match parts.last() {
            Some(last) => quote_pattern(last),
            None => Cause::Code("an expression"),
        },
        _ => Cause::Code("an expression"),
    }
}

/// Names and members alone.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || c.is_whitespace() || matches!(c, '_' | '.' | ':');
    text.len() <= 4 * QUOTED
        && !text.starts_with(|c: char| c.is_numeric())
        && text.chars().all(plain)
}

fn quote_call(code: &CodeFile, function: &str, given: &[ExpressionId]) -> Cause {
    if !is_plain(function) {
        return Cause::Code("a call");
    }
    let first = given.first().map(|id| &code.expression(*id).form);
    let key = match first {
        Some(CodeExpressionForm::Constant(ConstValue::Text(text))) if looks_like_key(text) => {
            Some(text)
        }
        _ => None,
    };
    let rest = quote_arguments(key.map(String::as_str), given.len());
    short(&format!("{function}({rest})"))
}

fn short(text: &str) -> Cause {
    let one_line: String = text.split_whitespace().collect();
    if one_line.chars().count() > QUOTED || one_line.contains('`') || one_line.is_empty() {
        return Cause::Code("an expression");
    }
    Cause::Expression(one_line)
}
