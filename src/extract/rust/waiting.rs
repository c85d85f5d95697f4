//! Calls that wait at the server, by their names in files that name a library: how long each waits
//! at most, on what it is called, and how many of it run at once (`concurrency`). Types are not
//! followed here.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::extract::code::bindings::find_bindings;
use crate::extract::code::concurrency::count_runs;
use crate::extract::code::form::{CallForm, CodeExpressionForm, ExpressionId};
use crate::extract::code::outline::CodeOutline;
use crate::extract::code::seen::SeenCode;
use crate::extract::code::value::FileAt;
use crate::extract::code::waiting::{longest_of_call, longest_of_command};
use crate::extract::rust::concurrency::RustFigures;
use crate::extract::rust::package::RustPackageItems;
use crate::facts::cause::Cause;
use crate::facts::raw::{ClientBinding, ConstValue, LongestWait, RawWait, SourceLanguage};
use crate::knowledge::clients::model::ClientModel;
use crate::knowledge::clients::usage::{BlockingModel, HeldResource, NamedCommandCall};
use crate::knowledge::clients::{ClientModels, LibraryModel};
use crate::knowledge::servers::waiting::{self, WaitPurpose, WaitingCommand};
use crate::source::path;

/// The waiting calls of one package.
pub(super) fn read(declared: &RustPackageItems<'_>, models: &ClientModels) -> Vec<RawWait> {
    let needles = models.needles(SourceLanguage::Rust);
    let text = |at: usize| declared.files[at].tree.excerpt().text();
    let all = 0..declared.files.len();
    let worth = |at: &usize| needles.is_some_and(|needles| needles.waiting.is_in(text(*at)));
    let worth: Vec<usize> = all.clone().filter(worth).collect();
    if worth.is_empty() {
        return Vec::new();
    }
    let named = |library: &&LibraryModel| {
        let mut packages = library.client_packages();
        packages.any(|p| all.clone().any(|at| text(at).contains(&p.import_path)))
    };
    let libraries = models.of_language(SourceLanguage::Rust).filter(named);
    let libraries = libraries.filter_map(|library| Some((library, library.model()?)));
    let mut reader = WaitingCalls {
        libraries: libraries.collect(),
        figures: RustFigures { declared },
        found: Vec::new(),
    };
    for at in worth {
        reader.read_file(FileAt(at));
    }
    reader.found
}

struct WaitingCalls<'p, 't, 'm> {
    libraries: Vec<(&'m LibraryModel, &'m ClientModel)>,
    figures: RustFigures<'p, 't>,
    found: Vec<RawWait>,
}

/// What is noted of a call before it is placed.
struct WaitingCall<'m> {
    call: String,
    longest: LongestWait,
    takes: bool,
    cut_by: &'m Option<String>,
    libraries: Vec<String>,
}

impl<'m> WaitingCalls<'_, '_, 'm> {
    fn read_file(&mut self, file: FileAt) {
        let outline = self.figures.declared.outline(file);
        let models = self.libraries.iter().map(|(_, model)| model);
        let names: BTreeSet<&str> = models
            .flat_map(|model| {
                let typed = model.blocking.iter().filter(|row| row.is_timed());
                let typed = typed.map(|row| row.call.as_str());
                typed.chain(model.command.iter().map(|row| row.call.as_str()))
            })
            .collect();
        let calls = names.iter().flat_map(|name| {
            let calls = outline.calls_of(name);
            calls.map(|call| (place_of(&outline, call).start, *name, call))
        });
        let mut calls: Vec<_> = calls.collect();
        calls.sort_unstable();
        for (_, name, id) in calls {
            let Some(call) = outline.as_call(id) else {
                continue;
            };
            let found = self.typed(file, name, call);
            let found = found.or_else(|| self.named(file, name, id, call));
            if let Some(found) = found.filter(|found| found.longest != LongestWait::AtOnce) {
                self.note(file, id, found);
            }
        }
    }

    /// A method that waits, by the rows of all libraries that have it.
    fn typed(&self, file: FileAt, name: &str, call: &CallForm) -> Option<WaitingCall<'m>> {
        let rows = self.libraries.iter();
        let rows: Vec<(&LibraryModel, &'m BlockingModel)> = rows
            .filter_map(|(library, model)| Some((*library, model.waiting_call(name)?)))
            .collect();
        let (_, row) = rows.first()?;
        Some(WaitingCall {
            call: name.to_owned(),
            longest: self.read_wait(file, call, row),
            takes: rows.iter().any(|(_, row)| row.takes_from_pool()),
            cut_by: &row.cut_by,
            libraries: rows
                .iter()
                .map(|(library, _)| library.id().to_owned())
                .collect(),
        })
    }

    /// A command that is sent by its name, its words as `.arg(word)` behind it.
    fn named(
        &self,
        file: FileAt,
        name: &str,
        id: ExpressionId,
        call: &CallForm,
    ) -> Option<WaitingCall<'m>> {
        let rows = self.libraries.iter();
        let rows: Vec<(&LibraryModel, &'m NamedCommandCall)> = rows
            .filter_map(|(library, model)| {
                let mut rows = model.command.iter();
                Some((*library, rows.find(|row| row.call == name)?))
            })
            .collect();
        let (_, row) = rows.first()?;
        let outline = self.figures.declared.outline(file);
        let command = sent_command(&outline, row, call)?;
        let words = chained(&outline, id).into_iter();
        let words: Vec<ConstValue> = words
            .filter(|(method, _)| *method == "arg")
            .filter_map(|(_, call)| {
                Some(self.figures.value_of(file, call.arguments.first()?.value))
            })
            .collect();
        let pooled = |row: &NamedCommandCall| row.holds == HeldResource::PooledConnection;
        let takes = command.purpose == WaitPurpose::Data && rows.iter().any(|(_, row)| pooled(row));
        Some(WaitingCall {
            call: format!("{name}(\"{}\")", command.name),
            longest: longest_of_command(command, &words),
            takes,
            cut_by: &row.cut_by,
            libraries: rows
                .iter()
                .map(|(library, _)| library.id().to_owned())
                .collect(),
        })
    }

    fn note(&mut self, file: FileAt, id: ExpressionId, wait: WaitingCall<'_>) {
        let declared = self.figures.declared;
        let outline = declared.outline(file);
        let crew = match wait.takes {
            true => Some(count_runs(declared, &mut self.figures, (file, id))),
            false => None,
        };
        let used = self.find_client(&outline, id);
        let bound = used.and_then(|used| find_bindings(declared, (file, used)));
        self.found.push(RawWait {
            language: SourceLanguage::Rust,
            dir: path::folder(&declared.files[file.0].path).to_owned(),
            libraries: wait.libraries,
            call: wait.call,
            bound: bound
                .unwrap_or_default()
                .into_iter()
                .map(with_path)
                .collect(),
            at: outline.file.excerpt.span(place_of(&outline, id)),
            longest: wait.longest,
            crew,
            cut_by: wait.cut_by.clone(),
        });
    }

    /// What a call is made on, or what a command is lent behind its words.
    fn find_client(&self, outline: &CodeOutline<'_>, id: ExpressionId) -> Option<ExpressionId> {
        let borrows = |method: &str| self.libraries.iter().any(|(_, m)| m.borrows(method));
        let lent = chained(outline, id).into_iter();
        let mut lent = lent.filter(|(method, _)| borrows(method));
        if let Some((_, call)) = lent.next() {
            return Some(call.arguments.first()?.value);
        }
        match outline.form(outline.as_call(id)?.callee) {
            CodeExpressionForm::Member(base, _) => Some(*base),
            _ => None,
        }
    }

    fn read_wait(&self, file: FileAt, call: &CallForm, row: &BlockingModel) -> LongestWait {
        let longest = |id| longest_of_call(row, Some(&self.figures.value_of(file, id)));
        let unseen = || LongestWait::Unknown(Cause::Code("an argument"));
        if let Some(at) = row.timeout_arg {
            let argument = call.arguments.get(at);
            return argument.map_or_else(unseen, |argument| longest(argument.value));
        }
        let Some(method) = &row.timeout_call else {
            return LongestWait::Unknown(Cause::Code("a call that is not modelled"));
        };
        let Some(options) = call.arguments.last() else {
            return unseen();
        };
        let outline = self.figures.declared.outline(file);
        let mut made = outline.bare(options.value);
        if let CodeExpressionForm::Name(name) = outline.form(made) {
            let function = outline.named_function_of(made);
            let function = function.map(|function| outline.function(function).range.clone());
            let values = function.map(|range| outline.declared_within(name, &range));
            match values.as_deref() {
                Some([Some(value)]) => made = *value,
                _ => return LongestWait::Unknown(Cause::Expression(name.clone())),
            }
        }
        let mut given = None;
        let mut todo = vec![made];
        while let Some(id) = todo.pop() {
            let form = outline.form(id);
            if let CodeExpressionForm::Call(call) = form
                && let CodeExpressionForm::Member(_, name) = outline.form(call.callee)
                && name == method
            {
                given = call.arguments.first();
            }
            todo.extend(form.parts());
        }
        match (given, outline.form(outline.bare(made))) {
            (Some(argument), _) => longest(argument.value),
            (None, CodeExpressionForm::Call(_)) => LongestWait::AtOnce,
            (None, _) => LongestWait::Unknown(self.figures.quote(file, made).without_marks()),
        }
    }
}

/// The waiting command that a call sends by its name.
pub(super) fn sent_command(
    outline: &CodeOutline<'_>,
    row: &NamedCommandCall,
    call: &CallForm,
) -> Option<&'static WaitingCommand> {
    match outline.form(call.arguments.get(row.name_arg)?.value) {
        CodeExpressionForm::Constant(ConstValue::Text(word)) => waiting::command(word),
        _ => None,
    }
}

/// The calls that follow in the chain of a call, and their methods.
fn chained<'c>(outline: &CodeOutline<'c>, id: ExpressionId) -> Vec<(&'c str, &'c CallForm)> {
    let mut found = Vec::new();
    let mut at = id;
    while let Some((member, method)) = outline.member_of(at)
        && let Some(call) = outline.call_of(member)
    {
        found.extend(outline.as_call(call).map(|form| (method, form)));
        at = call;
    }
    found
}

/// The call without what it is called on, which may be a long chain.
fn place_of(outline: &CodeOutline<'_>, id: ExpressionId) -> Range<usize> {
    let whole = outline.range(id);
    let callee = outline.as_call(id).map(|call| call.callee);
    let start = callee.and_then(|callee| match outline.form(callee) {
        CodeExpressionForm::Member(_, name) => {
            let start = outline.range(callee).end.checked_sub(name.len())?;
            let text = outline.file.excerpt.text();
            (!text.get(..start)?.ends_with("::")).then_some(start)
        }
        _ => None,
    });
    start.unwrap_or(whole.start)..whole.end
}

/// The functions of a type have its path before their names.
fn with_path(bound: ClientBinding) -> ClientBinding {
    match bound {
        ClientBinding::Variable(function, name) => {
            ClientBinding::Variable(function.map(|own| own.replace('.', "::")), name)
        }
        field => field,
    }
}
