//! What Rust and the libraries of a file say of how long clients live, and where a connection is kept
//! beyond its function; the rest is `code::lifetime`.
//!
//! A connection of one's own for calls that wait is meant to be so: it is none of a request or a round.

use std::ops::Range;

use crate::extract::code::form::{
    CodeBlock, CodeExpressionForm, CodeFile, ExpressionId, FunctionForm, LeaveKind, StatementForm,
};
use crate::extract::code::lifetime::{LifetimeWords, is_cut_off, read_lifetime};
use crate::extract::code::outline::{BoundTarget, CodeOutline, ExpressionHolder};
use crate::extract::code::seen::SeenCode;
use crate::extract::code::value::FileAt;
use crate::extract::rust::package::NameMeaning;
use crate::extract::rust::values::{RustRun, RustValues};
use crate::extract::rust::waiting::sent_command;
use crate::facts::cause::Cause;
use crate::facts::raw::ClientLifetime;
use crate::knowledge::clients::model::ClientModel;
use crate::knowledge::clients::rust::ModelledCall;
use crate::knowledge::languages;
use crate::source::Span;

impl<'p, 'm> RustValues<'p, 'm> {
    /// Where the client that this node builds is built.
    pub(super) fn site(
        &self,
        run: &RustRun<'p, 'm>,
        built: ExpressionId,
        found: &ModelledCall<'m>,
    ) -> ClientLifetime {
        let for_show = supports_tests(run.code());
        let outline = self.declared.outline(run.here());
        let Some(statement) = outline.statement_of(built) else {
            return ClientLifetime {
                for_show,
                ..ClientLifetime::default()
            };
        };
        let timeouts = languages::rust().map(|rust| rust.timeout.functions.as_slice());
        let words = LifetimeWords {
            libraries: vec![found.library],
            every_call_ends: false,
            assigning_declares: false,
            timeouts: timeouts.unwrap_or_default(),
            serves: &|file: &CodeFile, function: &FunctionForm| self.serves(run, file, function),
        };
        let place = (run.here(), built);
        let site = read_lifetime(self.declared, &words, place);
        let block = outline.place_of(statement).block;
        let waits = outline
            .extent(block)
            .is_some_and(|range| waits_within(&outline, &range, found.model));
        ClientLifetime {
            for_show,
            // Unlike the calls upon a client, building one may wait outside of any timeout.
            bounded: site.bounded && is_cut_off(self.declared, &words, place),
            per_request: site.per_request && !waits,
            per_round: site.per_round && !waits && !goes_on(block),
            ..site
        }
    }

    /// The variable or the field that holds what this node builds.
    pub(super) fn find_holder(&self, run: &RustRun<'p, 'm>, built: ExpressionId) -> Option<String> {
        let outline = self.declared.outline(run.here());
        let bound = match outline.bound_by(built) {
            Some((BoundTarget::Name(name) | BoundTarget::Field(name), _)) => Some(name),
            None => outline.key_of(built),
        };
        bound.map(str::to_owned)
    }

    /// Where the connection that this node opens is kept beyond its function: in a field of a value of
    /// the package that nothing assigns to again, or in a static.
    pub(super) fn find_kept(
        &self,
        run: &RustRun<'p, 'm>,
        built: ExpressionId,
    ) -> Option<Result<Span, Cause>> {
        let outline = self.declared.outline(run.here());
        let unseen = Err(Cause::Code("what the connection is handed to"));
        let whole = outline.whole(built);
        if outline.key_of(whole).is_some() {
            return self.find_kept_field(&outline, whole).map(Ok);
        }
        let ExpressionHolder::Statement(id) = outline.holder(whole) else {
            return (whole != built || outline.around(whole).is_some()).then_some(unseen);
        };
        let place = outline.place_of(id);
        match &place.statement.form {
            StatementForm::Declare { .. } => {
                Some(Ok(outline.file.excerpt.span(place.statement.range.clone())))
            }
            StatementForm::Assign { declares: true, .. } => {
                let names = outline.names_bound_by(place.statement);
                let range = outline.extent(place.block)?;
                let mentions = names
                    .first()
                    .into_iter()
                    .flat_map(|name| outline.mentions_within(name, range.clone()));
                let kept = mentions.filter_map(|mention| {
                    let own = outline.statement_of(mention) == Some(id);
                    let called = outline.member_of(mention).is_some();
                    let whole = outline.whole(mention);
                    match outline.around(whole).map(|outer| outline.form(outer)) {
                        _ if own || called => None,
                        Some(CodeExpressionForm::Record(_)) => {
                            self.find_kept_field(&outline, whole).map(Ok)
                        }
                        _ if is_borrowed(&outline, mention) => None,
                        _ => Some(unseen.clone()),
                    }
                });
                // One place that keeps it is enough.
                kept.max_by_key(Result::is_ok)
            }
            // It is assigned again when the connection breaks.
            StatementForm::Evaluate(_) | StatementForm::Give(_) | StatementForm::Assign { .. } => {
                None
            }
            _ => Some(unseen),
        }
    }

    /// Where a literal holds a value in a field, unless other code of the package writes it anew.
    fn find_kept_field(&self, outline: &CodeOutline<'p>, value: ExpressionId) -> Option<Span> {
        let name = outline.key_of(value)?;
        let written = |file: FileAt| {
            let outline = self.declared.outline(file);
            let mut members = outline.members(name).iter();
            members.any(|member| {
                let mut at = *member;
                while let Some(outer) = outline.around(at).filter(|outer| {
                    let form = outline.form(*outer);
                    matches!(
                        form,
                        CodeExpressionForm::Unary(..) | CodeExpressionForm::Through(_)
                    )
                }) {
                    at = outer;
                }
                outline.is_target(at)
            })
        };
        let selected = format!(".{name}");
        let naming = self.declared.naming(&selected)?;
        let place = outline.range(outline.key_at(value)?).start..outline.range(value).end;
        (!naming.into_iter().any(written)).then(|| outline.file.excerpt.span(place))
    }

    /// A parameter is of a type that only who serves a request is given, or an attribute makes the
    /// function the handler of a route. A block that runs later runs for the function around it.
    fn serves(&self, run: &RustRun<'p, 'm>, file: &CodeFile, function: &FunctionForm) -> bool {
        let text = file.excerpt.text();
        let is_block = |own: &FunctionForm| {
            let unnamed = own.name.is_empty() && own.parameters.is_empty();
            unnamed && text[own.range.clone()].starts_with("async")
        };
        let holds = |own: &&FunctionForm| {
            own.range.start <= function.range.start && function.range.end <= own.range.end
        };
        let mut around = file.functions.iter().rev().filter(holds);
        let Some(function) = around.find(|own| !is_block(own)) else {
            return false;
        };
        let Some(rust) = languages::rust() else {
            return false;
        };
        let types = function
            .parameters
            .iter()
            .filter_map(|parameter| parameter.ty.as_ref()?.pointed().written());
        let mut types = types.flat_map(|ty| self.of_other_crate(run, &ty));
        let attributes = function.decorators.iter();
        let mut attributes = attributes.flat_map(|id| self.of_other_crate(run, file.text(*id)));
        types.any(|path| rust.request.iter().any(|row| row.is(&path)))
            || attributes.any(|path| rust.route.iter().any(|row| row.is(&path)))
    }

    /// The paths in other crates that a name may lead to.
    fn of_other_crate(&self, run: &RustRun<'p, 'm>, name: &str) -> Vec<Vec<String>> {
        let path: Vec<String> = name.split("::").map(str::to_owned).collect();
        match self.meaning(run, &path) {
            Some(NameMeaning::Other(whole)) => {
                let mut paths = match whole == path {
                    true => self.declared.through_globs(&path, self.here(run).module),
                    false => Vec::new(),
                };
                paths.push(whole);
                paths
            }
            _ => Vec::new(),
        }
    }
}

/// The file names a crate that only tests and their helpers do.
fn supports_tests(code: &CodeFile) -> bool {
    let text = code.excerpt.text();
    let support = languages::rust().map(|rust| rust.test_support.packages.as_slice());
    let mut crates = support.unwrap_or_default().iter();
    crates.any(|own| text.contains(&format!("{own}::")))
}

/// `&mut name`, for the time of a call.
fn is_borrowed(outline: &CodeOutline<'_>, mention: ExpressionId) -> bool {
    let around = outline.around(mention).map(|outer| outline.form(outer));
    matches!(around, Some(CodeExpressionForm::Unary("&", _)))
}

/// A call between two bytes waits at the server.
fn waits_within(outline: &CodeOutline<'_>, range: &Range<usize>, model: &ClientModel) -> bool {
    let inside = |call: &ExpressionId| {
        let end = outline.range(*call).end;
        range.start < end && end <= range.end
    };
    let mut typed = model.blocking.iter();
    let mut sent = model.command.iter();
    typed.any(|row| outline.calls_of(&row.call).any(|call| inside(&call)))
        || sent.any(|row| {
            let mut calls = outline.calls_of(&row.call).filter(inside);
            calls.any(|call| {
                let form = outline.as_call(call);
                form.is_some_and(|form| sent_command(outline, row, form).is_some())
            })
        })
}

/// The block goes on with what it built for as long as that lasts, or is left when it is done.
fn goes_on(block: &CodeBlock) -> bool {
    let mut todo = vec![block];
    while let Some(block) = todo.pop() {
        for statement in block {
            match &statement.form {
                StatementForm::Loop(_)
                | StatementForm::Return(_)
                | StatementForm::Leave(LeaveKind::Loop) => return true,
                form => todo.extend(form.blocks()),
            }
        }
    }
    false
}
