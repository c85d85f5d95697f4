//! The values of a release, laid over each other in the order of whoever deploys it, and what of them cannot
//! be seen. Which layers there are is left to the readers of the resources that name them.

use crate::extract::shape::ValueVisibility;
use crate::facts::Cause;
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

    /// The values that can be seen; none where no layer can.
    pub fn finish(self) -> Option<(YamlNode, ValueVisibility)> {
        Some((self.known?, self.visibility))
    }
}
