//! The schema of a shape file: how a custom resource or the values of a chart are recognised, and
//! which of their fields become which server facts.
//!
//! A shape is data: every field is a path, a word from a closed set, or a number. The sentences in
//! `why` and `not_visible` are only displayed.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::deployment::DeploymentQuantity;
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::RawKind;
use crate::knowledge::shapes::path::FieldPath;

/// What a chart or a resource says where nothing is written: a tree of values.
pub type ValueTree = serde_yaml::Value;

/// A resource that an operator makes servers of, or a chart that deploys them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentShape {
    pub schema: u32,
    /// Its name, which is shown as the origin of what it decides by itself.
    pub shape: String,
    /// The state of the chart or operator that it was read from.
    #[serde(default)]
    pub read: Option<ReadSource>,
    #[serde(default, rename = "match")]
    pub resource: Option<ResourceMatch>,
    #[serde(default)]
    pub chart: Option<ChartMatch>,
    /// What holds where a field is not written.
    #[serde(default)]
    pub defaults: ValueTree,
    /// What holds instead in some releases; the first that has a field counts.
    #[serde(default)]
    pub releases: Vec<MajorVersions>,
    /// Releases whose fields have other names than those that the file was read from.
    #[serde(default)]
    pub older: Option<OlderReleases>,
    /// The servers; none for what is recognised and not judged.
    #[serde(default)]
    pub servers: Vec<ServerPaths>,
    /// Fields that nothing reads.
    #[serde(default)]
    pub unread: Vec<UnreadField>,
}

/// The state of a repository that facts were read from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadSource {
    /// `bitnami/charts`
    pub repository: String,
    pub commit: String,
    /// The release that it was, where the repository numbers them.
    #[serde(default)]
    pub release: Option<String>,
    /// The day of the commit, `2026-07-01`.
    #[serde(default)]
    pub as_of: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceMatch {
    /// The API group; any version of it.
    pub api: String,
    pub kinds: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChartMatch {
    /// The chart's own name.
    pub name: String,
    /// Patterns over the repositories that publish it: other charts have the same name.
    pub repositories: Vec<String>,
    /// The same over the addresses by which a chart says where it comes from (its home, its sources, its
    /// maintainers), where those of its repositories may be named by others, too.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Fields of which at least one is written in values that are for this chart, where nothing else
    /// says which chart they are for. Fields of a client's settings are none.
    pub signs: Vec<FieldPath>,
}

/// Releases of a chart or of an operator's resource, by their major versions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MajorVersions {
    /// The first.
    #[serde(default)]
    pub from: u64,
    /// The first that they no longer hold.
    pub before: u64,
    pub defaults: ValueTree,
}

/// Older releases of a chart, which call their fields otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OlderReleases {
    /// The first major version whose fields have the names of the file.
    pub before: u64,
    /// What they say for a word of the file, in fields, names and texts; empty where what they call
    /// their fields is not known.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}

/// Where a resource or the values of a chart say what one of its servers gets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerPaths {
    /// A pattern over `{kind}` and `{name}`.
    pub name: String,
    pub kind: RawKind,
    /// It exists only where all of these hold.
    #[serde(default)]
    pub when: Vec<FieldCondition>,
    /// Host names that lead to it: patterns over `{name}` and `{fullname}`.
    #[serde(default)]
    pub hosts: Vec<String>,
    pub image: ImagePaths,
    /// Where limits and requests stand; the first that is written counts whole.
    #[serde(default)]
    pub resources: Vec<FieldPath>,
    /// What gives limits and requests where none of `resources` does.
    #[serde(default)]
    pub preset: Option<ResourcePreset>,
    /// Other quantities; the first field that is written counts.
    #[serde(default)]
    pub figures: BTreeMap<DeploymentQuantity, Vec<FieldPath>>,
    /// The number of processes as a product.
    #[serde(default)]
    pub replicas: Vec<ProductFactor>,
    /// Quantities that no field decides.
    #[serde(default)]
    pub fixed: BTreeMap<DeploymentQuantity, String>,
    /// Attributes by the fact that they become: the first case that holds.
    #[serde(default)]
    pub words: BTreeMap<ServerFact, Vec<WordCase>>,
    /// The parts of its configuration, in the server's own order.
    #[serde(default)]
    pub conf: Vec<ConfSource>,
}

/// Where the image is written: in one field, or in parts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePaths {
    #[serde(default)]
    pub whole: Option<FieldPath>,
    #[serde(default)]
    pub repository: Option<FieldPath>,
    /// The repository where no field says it.
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub tag: Option<FieldPath>,
    /// Repositories by what the tag begins with: that is no part of the version.
    #[serde(default)]
    pub by_tag: BTreeMap<String, String>,
}

/// A word that stands for limits and requests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourcePreset {
    pub field: FieldPath,
    /// The table of `presets.yaml`.
    pub table: String,
}

/// A factor of a product: a field, and what is added to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductFactor {
    pub field: FieldPath,
    #[serde(default)]
    pub plus: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordCase {
    #[serde(default)]
    pub when: Vec<FieldCondition>,
    /// The word; none where this case cannot be told.
    #[serde(default)]
    pub is: Option<String>,
}

/// A part of the configuration.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfSource {
    /// Only where all of these hold.
    #[serde(default)]
    pub when: Vec<FieldCondition>,
    /// The server reads it through a line that includes it: some versions begin their lists anew there.
    #[serde(default)]
    pub included: bool,
    #[serde(flatten)]
    pub part: ConfPartShape,
}

/// What a part of the configuration is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfPartShape {
    /// Lines that the operator or chart writes by itself. A null word is not known; `{path}` as a
    /// whole word is what the field says, and then the line is a person's.
    Generated(Vec<Vec<Option<String>>>),
    /// A key of a ConfigMap or Secret that a field names.
    Object(ObjectKey),
    /// A list of `name value` texts that the server reads when it starts.
    Items(FieldPath),
    /// A list of `name value` texts that are applied to the running server by CONFIG SET.
    RuntimeItems(FieldPath),
    /// A list of mappings, each of which becomes a line.
    Records(RecordLines),
    /// A mapping of directives.
    Map(FieldPath),
    /// A text of configuration.
    Text(FieldPath),
    /// A list of arguments.
    Flags(FieldPath),
    /// Something stands here that cannot be seen; a sentence for people.
    NotVisible(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLines {
    pub list: FieldPath,
    /// The words of a line; `{key}` as a whole word is what a mapping of the list says, empty where it says
    /// nothing, and `{}` an entry that is no mapping.
    pub line: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectKey {
    pub named_by: FieldPath,
    #[serde(default)]
    pub kind: ObjectKind,
    pub key: String,
    /// Whether the server reads it is not certain.
    #[serde(default)]
    pub assumed: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub enum ObjectKind {
    #[default]
    ConfigMap,
    Secret,
}

impl ObjectKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// A field that nothing reads.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadField {
    #[serde(default)]
    pub when: Vec<FieldCondition>,
    /// The field; with `known` every other field in it is meant.
    pub field: FieldPath,
    #[serde(default)]
    pub known: Vec<String>,
    /// Why, as a phrase that fits after "because".
    pub why: String,
    /// It holds as the operator is set up by default, which the resource does not show.
    #[serde(default)]
    pub assumed: bool,
    /// The setting of an operator that decides it. A tree that names it anywhere may turn it on.
    #[serde(default)]
    pub setting: Option<String>,
}

/// What a field must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WrittenCondition")]
pub struct FieldCondition {
    pub field: FieldPath,
    pub test: FieldTest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldTest {
    Equals(String),
    Differs(String),
    /// It is written or has a default.
    Present,
    Absent,
    /// It is there, and neither empty nor zero nor false: what a template's `if` lets pass.
    Filled,
    Empty,
    /// Its text fits one of these patterns.
    Matches(Vec<String>),
    /// Its text fits none of them.
    Misses(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCondition {
    field: FieldPath,
    equals: Option<String>,
    differs: Option<String>,
    is: Option<WrittenState>,
    matches: Option<Vec<String>>,
    misses: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenState {
    Present,
    Absent,
    Filled,
    Empty,
}

/// A condition that asks nothing, or two things at once.
#[derive(Debug, thiserror::Error)]
#[error("the condition on `{0}` must have one of equals, differs, is, matches, misses")]
pub struct ConditionError(String);

impl TryFrom<WrittenCondition> for FieldCondition {
    type Error = ConditionError;

    fn try_from(written: WrittenCondition) -> Result<Self, Self::Error> {
        let state = written.is.map(|state| match state {
            WrittenState::Present => FieldTest::Present,
            WrittenState::Absent => FieldTest::Absent,
            WrittenState::Filled => FieldTest::Filled,
            WrittenState::Empty => FieldTest::Empty,
        });
        let mut tests = [
            written.equals.map(FieldTest::Equals),
            written.differs.map(FieldTest::Differs),
            state,
            written.matches.map(FieldTest::Matches),
            written.misses.map(FieldTest::Misses),
        ]
        .into_iter()
        .flatten();
        match (tests.next(), tests.next()) {
            (Some(test), None) => Ok(Self {
                field: written.field,
                test,
            }),
            _ => Err(ConditionError(written.field.as_str().to_owned())),
        }
    }
}
