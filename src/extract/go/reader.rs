//! Reads the functions of one file: an abstract run, statement by statement, that knows options
//! objects and constants and calls everything else unknown.
//!
//! Every function is run once, with unknown parameters; a call of a function of the same package is
//! run in place, so that factories and helpers that fill in options are seen through. The run is
//! linear in the text: loops run once, and running in place is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

use crate::extract::code::branches::LeavingBranches;
use crate::extract::code::fold;
use crate::extract::code::precondition::Preconditions;
use crate::extract::go::literal_clients::LiteralClient;
use crate::extract::go::names;
use crate::extract::go::other_packages::OtherPackages;
use crate::extract::go::package::{GoDeclarations, GoSourceFile};
use crate::extract::go::state::{
    GoExprValue, GoHeap, GoObjectId, GoOptionsObject, GoScope, GoState,
};
use crate::facts::raw::{ConstValue, ErrorHandling, RawClient, RawWait};
use crate::source::Span;
use crate::syntax::code::{self, CodeTree};

/// Deeper nesting than any person writes: what lies below is unknown.
const MAX_DEPTH: u32 = 100;
/// How many parts that are not followed are remembered.
const MOST_SKIPPED: usize = 64;
/// How many functions deep calls are run in place.
const MAX_INLINE: usize = 4;
/// How many statements are run in place for one function.
const INLINE_STATEMENTS: u32 = 2_000;
/// How many variables may be copied at branches, for a file and for each of its bytes: what keeps
/// the run linear whatever the text is.
const COPIES: usize = 300_000;
const COPIES_PER_BYTE: usize = 8;
/// How many bytes of code may be looked through for what names are declared as.
const LOOKED_THROUGH: usize = 32_000_000;

/// A client, and the error of the call that its options come from.
pub(super) struct FoundClient {
    pub(super) raw: RawClient,
    pub(super) error: Option<usize>,
}

/// What a file gives.
pub(super) struct ReadFile {
    pub(super) clients: Vec<RawClient>,
    pub(super) secrets: Vec<Span>,
    pub(super) waits: Vec<RawWait>,
    /// Calls whose connections belong to a pool, in this file or another.
    pub(super) consumed: BTreeSet<Span>,
    /// Parts of the file that were not followed, by their bytes.
    pub(super) skipped: Vec<Range<usize>>,
}

/// What became of the error of an option source.
#[derive(Default)]
struct ErrorUse {
    span: Option<Span>,
    checked: bool,
    discarded: bool,
    /// Bound to a variable that this function owns alone.
    bound: bool,
    lost: bool,
}

/// Where a `return` leaves its values while a function is run in place.
pub(super) type ReturnedValues<'t, 'm> = Vec<(Vec<GoExprValue<'t>>, GoHeap<'m>, Preconditions)>;

pub(super) struct GoFileReader<'t, 'm, 'p> {
    pub(super) files: &'p [GoSourceFile<'t, 'm>],
    /// What the package of the file declares that is being read.
    pub(super) declared: &'p GoDeclarations<'t>,
    own: &'p GoDeclarations<'t>,
    pub(super) others: &'p OtherPackages<'t>,
    /// The file whose code is being read.
    pub(super) file: usize,
    pub(super) state: GoState<'t, 'm>,
    pub(super) found: Vec<FoundClient>,
    pub(super) secrets: Vec<Span>,
    pub(super) waits: Vec<RawWait>,
    /// Literals that are clients by themselves.
    pub(super) built: Vec<LiteralClient<'t, 'm>>,
    /// For each pool whose opening function is being read: the connections that it opens.
    pub(super) dialing: Vec<Vec<(GoOptionsObject<'m>, Span)>>,
    /// For each factory that is being read: the options of the clients that it builds.
    pub(super) making: Vec<Vec<GoOptionsObject<'m>>>,
    /// Connections that belong to a pool, by their calls.
    pub(super) consumed: BTreeSet<Span>,
    pub(super) function: Option<String>,
    /// The open blocks, by number, innermost last.
    pub(super) blocks: Vec<u32>,
    pub(super) fresh: GoObjectId,
    /// The functions and package-level values that are being run or folded in place, by their nodes.
    pub(super) inside: Vec<usize>,
    pub(super) returns: Vec<ReturnedValues<'t, 'm>>,
    /// The named results of the functions being run, innermost last.
    pub(super) results: Vec<Vec<&'t str>>,
    /// Variables of this function that its function literals use.
    pub(super) captured: BTreeSet<&'t str>,
    /// Variables that hold an options value itself, no pointer to one: reading them makes a copy.
    pub(super) values: BTreeSet<&'t str>,
    /// Where each variable of this function is last assigned to, by the last byte of the place.
    pub(super) last_change: BTreeMap<&'t str, usize>,
    /// Labels of this function that a `goto` leads to.
    pub(super) jumps: BTreeSet<&'t str>,
    /// Parts of the file that are not followed, by their bytes.
    skipped: Vec<Range<usize>>,
    fates: Vec<ErrorUse>,
    next_block: u32,
    depth: u32,
    fuel: u32,
    copies_left: usize,
    pub(super) leaving: LeavingBranches,
    look_ups_left: usize,
}

impl<'t, 'm, 'p> GoFileReader<'t, 'm, 'p> {
    pub(super) fn new(
        files: &'p [GoSourceFile<'t, 'm>],
        declared: &'p GoDeclarations<'t>,
        others: &'p OtherPackages<'t>,
        file: usize,
    ) -> Self {
        Self {
            files,
            declared,
            own: declared,
            others,
            file,
            state: GoState::default(),
            found: Vec::new(),
            secrets: Vec::new(),
            waits: Vec::new(),
            built: Vec::new(),
            dialing: Vec::new(),
            making: Vec::new(),
            consumed: BTreeSet::new(),
            function: None,
            blocks: Vec::new(),
            fresh: 0,
            inside: Vec::new(),
            returns: Vec::new(),
            results: Vec::new(),
            captured: BTreeSet::new(),
            values: BTreeSet::new(),
            last_change: BTreeMap::new(),
            jumps: BTreeSet::new(),
            skipped: Vec::new(),
            fates: Vec::new(),
            next_block: 0,
            depth: 0,
            fuel: 0,
            copies_left: COPIES + COPIES_PER_BYTE * files[file].parsed.tree.excerpt().text().len(),
            leaving: LeavingBranches::default(),
            look_ups_left: LOOKED_THROUGH,
        }
    }

    /// Counts code that is looked through once more; says whether it may be.
    pub(super) fn may_look_through(&mut self, bytes: usize) -> bool {
        let left = self.look_ups_left.checked_sub(bytes);
        self.look_ups_left = left.unwrap_or(0);
        left.is_some()
    }

    pub(super) fn here(&self) -> &'p GoSourceFile<'t, 'm> {
        &self.files[self.file]
    }

    /// The files of the package itself.
    pub(super) fn own_files(&self) -> &'p [GoSourceFile<'t, 'm>] {
        &self.files[..self.others.own()]
    }

    /// Goes on in another file, which may be one of another package; gives the one before.
    pub(super) fn go_to_file(&mut self, file: usize) -> usize {
        self.declared = self.others.of_file(file).unwrap_or(self.own);
        std::mem::replace(&mut self.file, file)
    }

    pub(super) fn tree(&self) -> &'t CodeTree {
        &self.files[self.file].parsed.tree
    }

    pub(super) fn text(&self, node: Node<'t>) -> &'t str {
        self.tree().text(node)
    }

    /// Reads everything in the file that may build a client, `worth` being what tells.
    pub(super) fn read_file(mut self, worth: impl Fn(&str) -> bool) -> ReadFile {
        self.enter_function(None);
        for node in super::package::top_level(self.tree()) {
            match node.kind() {
                "function_declaration" | "method_declaration" => {
                    if worth(self.text(node)) {
                        self.read_function(node);
                    }
                }
                "var_declaration" => {
                    if worth(self.text(node)) {
                        self.statement(node);
                        self.record_built();
                    }
                }
                kind if names::is_declaration(kind) => {}
                _ => self.statement(node),
            }
        }
        self.record_built();
        self.finish()
    }

    pub(super) fn enter_function(&mut self, node: Option<Node<'t>>) {
        self.state.scopes.push(GoScope::new());
        self.open_block();
        self.returns.clear();
        self.fuel = INLINE_STATEMENTS;
        self.values.clear();
        if let Some(node) = node.or_else(|| self.tree().root()) {
            self.captured = names::find_captured(self.tree(), node);
            (self.last_change, self.jumps) = names::changes(self.tree(), node);
        }
    }

    fn read_function(&mut self, node: Node<'t>) {
        let Some(body) = code::field(node, "body") else {
            return;
        };
        let outer = std::mem::take(&mut self.state);
        let outer_names = (
            std::mem::take(&mut self.captured),
            std::mem::take(&mut self.values),
            std::mem::take(&mut self.last_change),
            std::mem::take(&mut self.jumps),
        );
        self.function = self.function_name(node);
        self.enter_function(Some(node));
        for list in ["receiver", "parameters", "result"] {
            if let Some(list) = code::field(node, list) {
                self.parameters(list);
            }
        }
        self.agree_on_parameters(node);
        self.results.push(self.named_results(node));
        self.block(body);
        self.results.pop();
        self.close_block();
        self.record_built();
        self.function = None;
        self.state = outer;
        (self.captured, self.values, self.last_change, self.jumps) = outer_names;
    }

    /// `connect`, or `Server.connect` for a method.
    pub(super) fn function_name(&self, node: Node<'t>) -> Option<String> {
        let name = self.text(code::field(node, "name")?);
        let receiver = code::field(node, "receiver").and_then(|list| {
            let parameter = code::children(list).first().copied()?;
            let ty = self.text(code::field(parameter, "type")?);
            Some(ty.trim_start_matches('*').split('[').next()?.to_owned())
        });
        Some(match receiver {
            Some(receiver) => format!("{receiver}.{name}"),
            None => name.to_owned(),
        })
    }

    pub(super) fn named_results(&self, node: Node<'t>) -> Vec<&'t str> {
        let list = code::field(node, "result").filter(|r| r.kind() == "parameter_list");
        let parameters = list.map_or_else(Vec::new, code::children);
        let idents = parameters.into_iter().flat_map(|p| code::fields(p, "name"));
        idents.map(|name| self.text(name)).collect()
    }

    /// Parameters of a function that is run for itself: their values come from its callers.
    pub(super) fn parameters(&mut self, list: Node<'t>) {
        for parameter in code::children(list) {
            let ty = code::field(parameter, "type");
            let by_value = ty.is_some_and(|ty| ty.kind() != "pointer_type");
            for name in code::fields(parameter, "name") {
                let name = self.text(name);
                let value = self.parameter(name, ty);
                self.hold(name, by_value && matches!(value, GoExprValue::Options(_)));
                self.state.define(name, value);
            }
        }
    }

    /// A parameter of an option type is an object of which nothing is known yet.
    fn parameter(&mut self, name: &str, ty: Option<Node<'t>>) -> GoExprValue<'t> {
        let options = ty.and_then(|ty| self.option_type(ty));
        let unknown = fold::from_code(name);
        match (options, &unknown) {
            (Some((library, option_type)), ConstValue::Unknown(reason)) => {
                let id = self.new_object(library, option_type);
                if let Some(object) = self.state.heap.get_mut(&id) {
                    object.rest_unknown = Some(reason.clone());
                    object.is_parameter = true;
                }
                GoExprValue::Options(id)
            }
            _ => GoExprValue::Plain(unknown),
        }
    }

    pub(super) fn open_block(&mut self) {
        self.next_block += 1;
        self.blocks.push(self.next_block);
    }

    pub(super) fn close_block(&mut self) {
        self.blocks.pop();
    }

    /// Clients are recorded where their code stands, not where it is run in place.
    pub(super) fn records(&self) -> bool {
        self.inside.is_empty()
    }

    /// Counts one level of nesting; says whether there may be one more.
    pub(super) fn descend(&mut self) -> bool {
        self.depth += 1;
        self.depth <= MAX_DEPTH
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Whether this function may be run in place once more.
    pub(super) fn may_run(&self, node: Node<'t>) -> bool {
        self.fuel > 0 && self.inside.len() < MAX_INLINE && !self.inside.contains(&node.id())
    }

    pub(super) fn burn(&mut self) {
        if !self.inside.is_empty() {
            self.fuel = self.fuel.saturating_sub(1);
        }
    }

    /// A copy of the state for another branch.
    pub(super) fn fork(&mut self) -> GoState<'t, 'm> {
        self.charge();
        self.state.clone()
    }

    /// Counts a copy of the state. Where too much was copied the function is read no further.
    pub(super) fn charge(&mut self) {
        let variables: usize = self.state.scopes.iter().map(GoScope::len).sum();
        let size = 1 + variables + self.state.heap.len();
        match self.copies_left.checked_sub(size) {
            Some(left) => self.copies_left = left,
            None => {
                self.mark_errors_unknown();
                self.skip(0..self.tree().excerpt().text().len());
                self.state.dead = true;
            }
        }
    }

    /// A part of the code is not followed; a few of them are remembered.
    pub(super) fn skip(&mut self, part: Range<usize>) {
        if self.inside.is_empty() && self.skipped.len() < MOST_SKIPPED {
            self.skipped.push(part);
        }
    }

    /// Something is not looked at: it may check any error.
    pub(super) fn mark_errors_unknown(&mut self) {
        for fate in &mut self.fates {
            fate.lost = true;
        }
    }

    pub(super) fn new_error(&mut self) -> usize {
        self.fates.push(ErrorUse::default());
        self.fates.len() - 1
    }

    pub(super) fn error_checked(&mut self, errors: &[usize]) {
        for error in errors {
            self.fates[*error].checked = true;
        }
    }

    pub(super) fn error_lost(&mut self, errors: &[usize]) {
        for error in errors {
            self.fates[*error].lost = true;
        }
    }

    pub(super) fn error_discarded(&mut self, errors: &[usize], at: Span) {
        for error in errors {
            self.fates[*error].discarded = true;
            self.fates[*error].span = Some(at);
        }
    }

    pub(super) fn error_bound(&mut self, errors: &[usize], at: Span) {
        for error in errors {
            self.fates[*error].bound = true;
            self.fates[*error].span.get_or_insert(at);
        }
    }

    fn finish(self) -> ReadFile {
        let fates = self.fates;
        let clients = self.found.into_iter().map(|mut found| {
            if let (Some(source), Some(error)) = (&mut found.raw.source, found.error) {
                source.error = handling(&fates[error]);
                source.error_span = fates[error].span;
            }
            found.raw
        });
        ReadFile {
            clients: clients.collect(),
            secrets: self.secrets,
            waits: self.waits,
            consumed: self.consumed,
            skipped: self.skipped,
        }
    }
}

fn handling(fate: &ErrorUse) -> ErrorHandling {
    if fate.checked {
        ErrorHandling::Checked
    } else if fate.lost {
        ErrorHandling::Unknown
    } else if fate.discarded {
        ErrorHandling::Discarded
    } else if fate.bound {
        ErrorHandling::Unchecked
    } else {
        ErrorHandling::Unknown
    }
}
