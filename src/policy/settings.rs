//! Rule settings: which rules run where, at which severity and with which parameters. `load`
//! creates them from `redvet.toml` and the command line.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};

use crate::facts::work_limits::WorkLimits;
use crate::finding::Severity;
use crate::policy::param::RawParamValue;
use crate::policy::rule_source::RuleProfile;
use crate::source::glob_list::{GlobList, GlobStyle};
use crate::source::pattern_limit;

/// The settings of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSettings {
    pub profile: RuleProfile,
    /// Globs on rule ids: only these run, those outside the profile too.
    pub select: Vec<String>,
    /// Globs on rule ids that do not run.
    pub ignore: Vec<String>,
    /// First to last; later ones win.
    pub overrides: Vec<ScopedOverrides>,
    /// Globs on paths in place of the packs' own lists.
    pub quiet: QuietPatterns,
    /// Every member of a bundle speaks for itself.
    pub without_bundles: bool,
    /// Files that were named on the command line: never quiet.
    pub named_paths: Vec<String>,
    /// Steps that the expressions of one rule may take for one subject.
    pub most_steps: usize,
}

impl Default for RuleSettings {
    fn default() -> Self {
        Self {
            profile: RuleProfile::default(),
            select: Vec::new(),
            ignore: Vec::new(),
            overrides: Vec::new(),
            quiet: QuietPatterns::default(),
            without_bundles: false,
            named_paths: Vec::new(),
            most_steps: WorkLimits::default().expression_steps,
        }
    }
}

/// Globs on paths; `None` where none are set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuietPatterns {
    /// Test code and test data: no rule speaks.
    pub tests: Option<Vec<String>>,
    /// Samples that a reader fills in, and what only CI runs: certain errors alone are reported.
    pub samples: Option<Vec<String>>,
    /// Examples and local development: rules with an audience do not speak.
    pub development: Option<Vec<String>>,
}

/// Settings of rules, everywhere or for some paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScopedOverrides {
    /// Globs on the path of a subject's file; everywhere without them.
    pub paths: Option<Vec<String>>,
    /// By rule id or glob on ids.
    pub rules: BTreeMap<String, RuleOverride>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleOverride {
    pub enabled: Option<bool>,
    pub severity: Option<Severity>,
    pub params: BTreeMap<String, RawParamValue>,
    /// Comments, waivers and the baseline do not silence it; what a rule says itself is not taken back.
    pub non_waivable: bool,
}

/// A glob on paths or rule ids: `*` stays within one part, `**` crosses them.
pub fn glob(pattern: &str) -> Result<GlobMatcher, String> {
    build(pattern).map(|g| g.compile_matcher())
}

/// Why a text is no such glob, if so.
pub fn check_glob(pattern: &str) -> Result<(), String> {
    if let Some(why) = pattern_limit::excess(pattern) {
        return Err(why);
    }
    let list = GlobList::new(&[pattern], ON_PATHS);
    list.map(drop).map_err(|error| error.kind().to_string())
}

const ON_PATHS: GlobStyle = GlobStyle {
    is_path: true,
    any_case: false,
};

fn build(pattern: &str) -> Result<globset::Glob, String> {
    if let Some(why) = pattern_limit::excess(pattern) {
        return Err(why);
    }
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| error.kind().to_string())
}

/// A list of globs. Those that are none match nothing: `load` has reported them.
pub(super) fn globs<S: AsRef<str>>(patterns: &[S]) -> GlobList {
    let patterns = patterns.iter().map(AsRef::as_ref);
    GlobList::of_valid(
        patterns.filter(|pattern| pattern_limit::excess(pattern).is_none()),
        ON_PATHS,
    )
}
