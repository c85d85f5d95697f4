//! The values of a release, laid over each other in the order of whoever deploys it, and what of them cannot
//! be seen. Which layers there are is left to the readers of the resources that name them.

use crate::extract::shape::ValueVisibility;
use crate::facts::Cause;
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

/// Values, the later over the earlier.
#[derive(Default)]
pub struct ValueLayers {
    known: Option<YamlNode>,
    visibility: ValueVisibility,
}

impl ValueLayers {
    pub fn lay(&mut self, layer: YamlNode) {
        // What stands below an unseen layer may be replaced by it: only what is laid over that is certain.
        let replaced = self.visibility.above.take().is_some();
        self.known = Some(match self.known.take() {
            Some(below) if !replaced => below.overlaid(&layer),
            _ => layer,
        });
    }

    pub fn lay_unseen(&mut self, why: Cause) {
        self.visibility.above = self.known.is_some().then(|| why.clone());
        self.visibility.below = Some(why);
    }

    /// The values over those of the chart itself: none at `place` where no layer can be seen. The chart is
    /// deployed all the same.
    pub fn finish_over(self, place: Span) -> (YamlNode, ValueVisibility) {
        let none = || YamlNode::from_entries(Vec::new(), place);
        (self.known.unwrap_or_else(none), self.visibility)
    }

    /// The values that can be seen; none where no layer can.
    pub fn finish(self) -> Option<(YamlNode, ValueVisibility)> {
        Some((self.known?, self.visibility))
    }
}
