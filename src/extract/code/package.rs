//! A package whose names and types are declared, and what a run knows of it beside the state: what
//! became of errors, literals that are clients, the options of pools and factories that are being read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::form::{ExpressionId, FunctionId, TypeForm};
use super::options::{ErrorId, ImportedLibrary, ObjectId, OptionsObject};
use super::scope::PackageScope;
use super::typed_words::{FileNames, TypedWords};
use super::value::CodeValue;
use crate::facts::raw::{BranchArm, ErrorHandling, RawClient};
use crate::knowledge::clients::model::Constructor;
use crate::source::Span;

/// The files of a package, and of those that it takes something from.
pub(in crate::extract) struct TypedPackage<'p, 'm> {
    pub(in crate::extract) words: &'p dyn TypedWords,
    pub(in crate::extract) names: &'p [FileNames<'m>],
    /// How many files are the package's own; those of the others stand behind them.
    pub(in crate::extract) own: usize,
    /// What other packages declare, by their paths.
    pub(in crate::extract) others: BTreeMap<String, Rc<PackageScope<'p>>>,
    /// The files of those.
    pub(in crate::extract) other_files: Vec<(Range<usize>, String)>,
}

/// What is known of one body beside its state.
#[derive(Default)]
pub(in crate::extract) struct TypedFrame {
    /// What the names stood for outside of the open blocks that declare them anew.
    pub(super) shadowed: Vec<(String, Option<CodeValue>)>,
    /// The open blocks, by number, innermost last.
    pub(super) blocks: Vec<u32>,
    /// Variables that hold an options value itself, no pointer to one: reading them makes a copy.
    pub(super) by_value: BTreeSet<String>,
    /// The named results of the functions being run, innermost last.
    pub(super) results: Vec<Vec<String>>,
    /// Function literals that are read where they stand, innermost last.
    pub(in crate::extract) literals: Vec<FunctionId>,
    /// It is run in place of a call, or for one value.
    pub(in crate::extract) in_place: bool,
    pub(super) of_value: Option<ExpressionId>,
    /// The arm that all behind the statement that was run is in.
    pub(super) behind: Option<BranchArm>,
    /// What only the language's own evaluation asks.
    pub(in crate::extract) own: OwnFrame,
}

/// Where the code stands that a language evaluates by itself.
#[derive(Clone, Debug, Default)]
pub(in crate::extract) struct OwnFrame {
    /// The module in which names are looked up, by a number of the front end.
    pub(in crate::extract) module: usize,
    /// The type whose methods are being read.
    pub(in crate::extract) receiver: Option<String>,
    /// Imports of the body.
    pub(in crate::extract) imports: Vec<(String, Vec<String>)>,
    /// Types that the value being computed is declared with, innermost last.
    pub(in crate::extract) expected: Vec<TypeForm>,
    /// The code waits for others while it runs; it may, where who runs it is not known.
    pub(in crate::extract) is_async: bool,
    pub(in crate::extract) may_be_async: bool,
    /// What is declared with the value, where no function is read.
    pub(in crate::extract) declares: Option<String>,
}

/// A client, and the error of the call that its options come from.
pub(in crate::extract) struct FoundTypedClient {
    pub(in crate::extract) raw: RawClient,
    pub(in crate::extract) error: Option<ErrorId>,
}

/// What a run knows of a package.
#[derive(Default)]
pub(in crate::extract) struct TypedRun<'p, 'm> {
    pub(super) package: Option<&'p TypedPackage<'p, 'm>>,
    /// What the file that is read sees of its package.
    pub(super) declared: Rc<PackageScope<'p>>,
    pub(super) errors: Vec<ErrorUse>,
    pub(in crate::extract) clients: Vec<FoundTypedClient>,
    /// Literals that are clients by themselves.
    pub(super) built: Vec<LiteralClient<'m>>,
    /// For each pool whose opening function is being read: the connections that it opens.
    pub(super) dialing: Vec<Vec<(Rc<OptionsObject<'m>>, Span)>>,
    /// For each factory that is being read: the options of the clients that it builds.
    pub(super) making: Vec<Vec<Rc<OptionsObject<'m>>>>,
    /// Calls whose connections belong to a pool.
    pub(super) consumed: BTreeSet<Span>,
    pub(super) next_block: u32,
    pub(super) inline_left: u32,
    pub(super) look_ups_left: usize,
}

/// A literal that is a client, with what it held when it was last seen.
pub(super) struct LiteralClient<'m> {
    pub(super) id: ObjectId,
    pub(super) at: ExpressionId,
    pub(super) arms: Vec<BranchArm>,
    pub(super) library: Rc<ImportedLibrary<'m>>,
    pub(super) constructor: &'m Constructor,
    pub(super) last: Rc<OptionsObject<'m>>,
}

/// What became of an error.
#[derive(Default)]
pub(super) struct ErrorUse {
    pub(super) span: Option<Span>,
    pub(super) checked: bool,
    pub(super) discarded: bool,
    /// Bound to a variable that this function owns alone.
    pub(super) bound: bool,
    pub(super) lost: bool,
}

impl ErrorUse {
    pub(super) fn handling(&self) -> ErrorHandling {
        if self.checked {
            ErrorHandling::Checked
        } else if self.lost {
            ErrorHandling::Unknown
        } else if self.discarded {
            ErrorHandling::Discarded
        } else if self.bound {
            ErrorHandling::Unchecked
        } else {
            ErrorHandling::Unknown
        }
    }
}
