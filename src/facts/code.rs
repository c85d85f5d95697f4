//! Raw facts of client code: which releases a module pins, what a client is built from, and what is
//! written about its options. Nothing here is typed or joined.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::package::{ClientLifetime, SourceLanguage};
use crate::facts::quantity;
use crate::facts::value::Strength;
use crate::source::{Span, path};

/// A module or package file: which versions it pins for the code below its folder.
#[derive(Clone, Debug)]
pub struct RawModule {
    /// The folder of the file, relative to the root; empty for the root itself.
    pub dir: String,
    pub language: SourceLanguage,
    /// What code imports it by: `example.org/app`.
    pub name: Option<String>,
    /// Module path or crate name to version.
    pub requires: BTreeMap<String, VersionPin>,
    /// A program is built from it; a module without one is a library, whose options its users give.
    pub has_program: bool,
    /// The language version that the file declares (`go 1.22`).
    pub language_version: Option<String>,
    /// It changes how the language's runtime behaves.
    pub has_runtime_settings: bool,
    /// What each crate is built with, as far as the manifest and the lock file say.
    pub features: BTreeMap<String, CrateFeatures>,
}

/// The features of a dependency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrateFeatures {
    /// Those that the manifest turns on, and those that features of its own turn on.
    pub named: BTreeSet<String>,
    /// The crates that the lock file builds it with; every optional one that any part of the build
    /// asks for is among them.
    pub built_with: Option<BTreeSet<String>>,
}

impl RawModule {
    /// The module file of a language nearest above a folder: its pins are the ones that hold there.
    pub fn nearest_above<'a>(
        modules: &'a [Self],
        language: SourceLanguage,
        dir: &str,
    ) -> Option<&'a Self> {
        let above = |m: &&Self| m.language == language && path::is_within(dir, &m.dir);
        modules
            .iter()
            .filter(above)
            .max_by_key(|module| module.dir.len())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct VersionPin {
    /// As written, e.g. `v9.7.0`, or why it is not known (a replace, a range).
    pub version: Result<String, Cause>,
    pub span: Span,
    /// Between which releases it lies where it is not known.
    pub bounds: Option<VersionBounds>,
}

/// Releases from one up to another, which is not meant any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionBounds {
    pub since: String,
    pub until: String,
}

/// A value in client code after constant folding.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstValue {
    Bool(bool),
    /// A plain number, whatever the option takes.
    Int(i64),
    Float(f64),
    /// A value of the language's duration type, in nanoseconds.
    Duration(i64),
    Text(String),
    List(Vec<ConstValue>),
    /// The language's null.
    Nil,
    Unknown(Cause),
    /// Something outside may give it; where that gives nothing the code falls back on a value.
    Fallback(Box<EnvDefault>),
}

/// A value that something outside may give, and what the code takes where it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvDefault {
    /// What may give it.
    pub source: Cause,
    /// The environment variable without which the value holds, where it is one.
    pub variable: Option<String>,
    /// A known value.
    pub value: ConstValue,
}

impl EnvDefault {
    /// Why the value is not known, and what it is where nothing is given. Text may be a secret and
    /// is not told.
    pub fn reason(&self) -> Cause {
        let value = match &self.value {
            ConstValue::Bool(value) => value.to_string(),
            ConstValue::Int(value) => value.to_string(),
            ConstValue::Float(value) => value.to_string(),
            ConstValue::Duration(value) => quantity::show_duration(*value as f64 / 1e9),
            _ => return self.source.clone(),
        };
        Cause::UnlessSet {
            source: Box::new(self.source.clone()),
            otherwise: value,
        }
    }
}

/// One option written in client code.
#[derive(Clone, Debug)]
pub struct OptionWrite {
    /// The field, method or function as the code calls it.
    pub ident: String,
    pub value: ConstValue,
    /// The value's expression.
    pub span: Span,
    /// Written in a branch: it may be set.
    pub conditional: bool,
    /// Whether the value stands in the language's optional type, where that is to be seen: what a
    /// release takes differs.
    pub wrapped: Option<bool>,
    pub slot: EditTarget,
}

/// Options that come from a call such as a URL parser.
#[derive(Clone, Debug)]
pub struct RawOptionSource {
    /// The call as the model names it.
    pub call: String,
    /// The URL argument after folding.
    pub url: ConstValue,
    /// What the code or the environment calls the URL where it is not known: `REDIS_URL`.
    pub url_name: Option<String>,
    pub url_span: Span,
    /// The call's own span.
    pub span: Span,
    /// The call gives an error besides the options.
    pub fallible: bool,
    pub error: ErrorHandling,
    /// Where the error value is bound, for a label.
    pub error_span: Option<Span>,
}

/// What becomes of an error value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorHandling {
    /// Assigned to the blank identifier.
    Discarded,
    /// Bound and never looked at before it is overwritten or goes out of scope.
    Unchecked,
    /// Looked at, returned or passed on.
    Checked,
    /// It could not be followed.
    Unknown,
}

/// An arm of a branch, by the places where both begin in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchArm {
    pub branch: usize,
    pub arm: usize,
}

/// A client that code builds.
#[derive(Clone, Debug)]
pub struct RawClient {
    pub language: SourceLanguage,
    /// The models that the imports allow, by id; more than one in a snippet without imports.
    pub libraries: Vec<String>,
    /// The constructor as the model names it.
    pub constructor: String,
    /// The model's option type that the constructor takes.
    pub option_type: String,
    /// The file's folder, for the module file above it.
    pub dir: String,
    /// The import path or crate that was used.
    pub package: Option<String>,
    /// The constructor call.
    pub anchor: Span,
    /// Where an absent option would be written: the options literal, else the constructor call.
    pub options_anchor: Span,
    pub writes: Vec<OptionWrite>,
    pub source: Option<RawOptionSource>,
    /// Options that are neither written here nor left to their defaults, and why: the options
    /// come from elsewhere or escaped before the constructor ran.
    pub rest_unknown: Option<Cause>,
    /// The same for the options nested in the client's own: those of its connections.
    pub carried_unknown: Option<Cause>,
    /// Where an absent one of those would be written.
    pub carried_anchor: Option<Span>,
    /// Options that something which cannot be seen may set, by the names of the code, and what.
    pub unseen: BTreeMap<String, Cause>,
    /// Where a missing option could be written; the identifier is filled in by `resolve`.
    pub insert: EditTarget,
    pub function: Option<String>,
    /// The variable or field that it is bound to where it is built.
    pub bound_to: Option<String>,
    pub site: ClientLifetime,
    /// Places whose values a deployment gives, and which.
    pub joined: Vec<(Span, String)>,
    pub strength: Strength,
    /// The package that builds it of the options that it is given here.
    pub wrapped_by: Option<String>,
    /// In which arms of which branches it is built, outermost first: of two clients in different arms
    /// of one branch a run of their function builds one.
    pub branches: Vec<BranchArm>,
    /// Options that are set behind the construction and that the client reads no more.
    pub late: Vec<OptionWrite>,
    /// Where it is kept beyond the function that builds it, or why that cannot be told; none where
    /// it is not, or where the language's reader does not ask.
    pub kept: Option<Result<Span, Cause>>,
    /// Where a call of it stops a thread that runs asynchronous code, and whether it surely does.
    pub blocks_async: Option<(Span, bool)>,
    /// Hosts and ports that it connects to, as far as the code says.
    pub hosts: Vec<(String, u16)>,
    /// What calls in its package say the data is for, in the models' words: `streams`.
    pub uses: Vec<String>,
    /// It is a client of such a server only if the scheme of its URL says so.
    pub scheme_decides: bool,
}
