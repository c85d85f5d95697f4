//! The values of one release of a chart, as whoever finds them passes them on: what they are for and
//! which of them cannot be seen. What they come to is for [`chart`](super::chart) to say.

use crate::extract::shape::ValueVisibility;
use crate::facts::raw::ObjectName;
use crate::knowledge::shapes::ChartName;
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

/// The values of one release of a chart.
pub struct ChartRelease<'a> {
    /// What its servers are called after: kind, namespace, name.
    pub object: ObjectName,
    /// Where a finding on the whole stands; the image of the values where it is not said.
    pub anchor: Option<Span>,
    pub chart: ChartName,
    /// The values, those of all sources that can be seen laid over each other.
    pub values: &'a YamlNode,
    /// The name that Helm knows the release by.
    pub release: Option<String>,
    /// They deploy nothing by themselves: they come with a server's own chart, switch it off, or are
    /// deployed as what is rendered of them.
    pub sample: bool,
    pub visibility: ValueVisibility,
}
