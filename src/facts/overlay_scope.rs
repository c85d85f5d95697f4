//! Which raw facts belong together: the result of one kustomization is a scope of its own
//! among the facts of a tree.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::facts::raw::RawFacts;

/// What one kustomization makes: names in it mean its own objects first, and nothing outside of it
/// means them.
#[derive(Clone, Debug)]
pub struct OverlayScope {
    pub dir: String,
    pub texts: Range<usize>,
    pub servers: Range<usize>,
    pub services: Range<usize>,
    pub limit_ranges: Range<usize>,
    pub workloads: Range<usize>,
}

impl OverlayScope {
    /// As it is once `raw` comes before it.
    pub(super) fn shift_by(&self, raw: &RawFacts) -> Self {
        let by = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
        Self {
            dir: self.dir.clone(),
            texts: by(&self.texts, raw.texts.len()),
            servers: by(&self.servers, raw.servers.len()),
            services: by(&self.services, raw.services.len()),
            limit_ranges: by(&self.limit_ranges, raw.limit_ranges.len()),
            workloads: by(&self.workloads, raw.workloads.len()),
        }
    }
}

impl RawFacts {
    /// The place in the list of the scope that holds a fact, `range_of` saying which facts of its kind
    /// a scope holds. Scopes hold facts in the order in which they were absorbed, so their ranges
    /// ascend.
    pub fn find_scope(
        &self,
        index: usize,
        range_of: impl Fn(&OverlayScope) -> &Range<usize>,
    ) -> Option<usize> {
        let extents = &self.extents;
        let at = extents.partition_point(|extent| range_of(extent).end <= index);
        let extent = extents.get(at)?;
        range_of(extent).contains(&index).then_some(at)
    }

    /// What several kustomizations say of one place is said once.
    pub fn tell_once(&mut self) {
        let mut seen = BTreeSet::new();
        self.comments.retain(|comment| seen.insert(comment.span));
        seen.clear();
        self.problems.retain(|(span, _)| seen.insert(*span));
        self.secrets.sort_unstable();
        self.secrets.dedup();
    }
}
