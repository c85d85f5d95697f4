//! Python as a front end of the shared reader of client code: `lower` turns its syntax into the form
//! that `extract::code` interprets, `node` holds the kinds of its grammar, `requirements` reads which
//! releases a project takes. Here stands how files are called and where an argument is inserted.

mod lower;
mod node;
pub mod requirements;

use std::ops::Range;

use crate::extract::code::form::CodeFile;
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::project::{CodeFrontend, CodeProject};
use crate::extract::code::{address, note_unfollowed};
use crate::facts::edit_target::{EditTarget, FieldStyle, TextEncoding};
use crate::facts::raw::{ConstValue, RawFacts, SourceLanguage};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::clients::call::CallIndex;
use crate::knowledge::languages;
use crate::source::Excerpt;

pub use crate::extract::code::project::SourceCode;

struct PythonFrontend;

impl CodeFrontend for PythonFrontend {
    fn language(&self) -> SourceLanguage {
        SourceLanguage::Python
    }

    fn module_parts(&self, path: &str) -> Vec<String> {
        let path = path.strip_suffix(".py").unwrap_or(path);
        let path = path.strip_suffix("/__init__").unwrap_or(path);
        path.split('/').map(str::to_owned).collect()
    }

    fn lower(&self, file: &SourceCode) -> CodeFile {
        let mut parts = self.module_parts(&file.path);
        // A folder's own file is the package that its relative imports start at.
        if !file.path.ends_with("/__init__.py") {
            parts.pop();
        }
        lower::lower(file.excerpt.clone(), &parts.join("."))
    }

    fn imports_package(&self, text: &str, package: &str) -> bool {
        // `flask_caching` is not `flask`.
        let is_it = |path: &str| {
            let mut names = path.split(|c: char| c != '_' && !c.is_alphanumeric());
            names.next() == Some(package)
        };
        text.lines().map(str::trim_start).any(|line| {
            let from = line.strip_prefix("from ").map(str::trim_start);
            let paths = line.strip_prefix("import ").into_iter();
            let mut paths = paths
                .flat_map(|paths| paths.split(','))
                .map(str::trim_start);
            from.is_some_and(is_it) || paths.any(is_it)
        })
    }

    fn encoding(&self) -> TextEncoding {
        TextEncoding::Python
    }

    fn argument_slot(&self, file: &CodeFile, brackets: Range<usize>) -> EditTarget {
        let text = file.excerpt.text();
        let Some(inside) = text.get(brackets.start + 1..brackets.end.saturating_sub(1)) else {
            return EditTarget::None;
        };
        // Where a comment may stand behind the last argument nothing is inserted.
        let last = inside.trim_end();
        let last_line = last.rsplit('\n').next().unwrap_or("");
        if !text[..brackets.end].ends_with(')') || last_line.contains('#') {
            return EditTarget::None;
        }
        let end = brackets.start + 1 + last.len();
        let newline = if inside.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let own_line = inside[last.len()..].contains('\n').then(|| {
            let blanks = last_line.len() - last_line.trim_start().len();
            last_line[..blanks].to_owned()
        });
        EditTarget::InsertField {
            at: file.excerpt.span(end..end),
            encoding: self.encoding(),
            ident: String::new(),
            style: FieldStyle {
                own_line,
                follows: !last.is_empty(),
                comma_before: last.ends_with(','),
                newline,
                assigns: "=",
            },
        }
    }

    fn missing_variable(&self) -> ConstValue {
        ConstValue::Nil
    }

    fn constructor_name(&self) -> &str {
        "__init__"
    }

    fn is_test(&self, path: &str) -> bool {
        languages::python().is_some_and(|language| language.tests.is_test(path))
    }

    fn is_private(&self, name: &str) -> bool {
        name.starts_with('_') && !name.starts_with("__")
    }
}

/// The clients of a snippet that shows what it imports: without that its names may be anybody's.
pub fn extract_snippet(excerpt: Excerpt, path: &str, models: &ClientModels) -> RawFacts {
    let imports = |line: &str| line.starts_with("import ") || line.starts_with("from ");
    if !excerpt.text().lines().any(imports) {
        return RawFacts::default();
    }
    let path = path.to_owned();
    extract(vec![SourceCode { path, excerpt }], models)
}

/// The clients of a tree. A file that can neither build a client nor is named by one that does is not
/// parsed.
pub fn extract(files: Vec<SourceCode>, models: &ClientModels) -> RawFacts {
    let Some(conventions) = languages::python() else {
        return RawFacts::default();
    };
    let index = CallIndex::new(models, SourceLanguage::Python);
    let project = CodeProject::new(files, &PythonFrontend, index, conventions);
    let building = project.files().filter(|at| {
        let text = project.text(*at);
        let names = project.index.imports(text) || project.index.names_setting(text);
        names && project.builds(text)
    });
    let mut run = CodeInterpreter::new(&project);
    building.for_each(|at| run.read_file(at));
    let found = run.finish();
    let mut raw = RawFacts {
        clients: found.clients,
        waits: found.waits,
        secrets: found.secrets,
        ..RawFacts::default()
    };
    for (at, file) in project.lowered() {
        raw.comments.extend(file.comments.iter().cloned());
        raw.secrets.extend(address::text_secrets(file));
        let parts = found.skipped.iter().filter(|(own, _)| *own == at);
        let parts: Vec<Range<usize>> = parts.map(|(_, range)| range.clone()).collect();
        let worth = |text: &str| project.builds(text);
        raw.notes
            .extend(note_unfollowed(&file.excerpt, parts.iter(), &worth));
    }
    raw.secrets.sort_unstable();
    raw.secrets.dedup();
    raw
}
