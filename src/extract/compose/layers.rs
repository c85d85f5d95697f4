//! What several files say of one key of a service: the strongest counts, or all do, and tags drop what
//! weaker ones say.

use crate::extract::compose::ServiceLayer;
use crate::extract::compose::service::ComposeService;
use crate::syntax::yaml::YamlNode;

/// Tags of the format: what weaker layers say of the key is dropped, without or with a replacement.
const RESET: &str = "!reset";
const OVERRIDE: &str = "!override";

impl<'a> ComposeService<'a> {
    /// The strongest layer's node at a path.
    pub(super) fn node(&self, path: &str) -> Option<&'a YamlNode> {
        for layer in self.layers.iter().rev() {
            let ends = path.match_indices('.').map(|(at, _)| at);
            let above = ends.filter_map(|end| layer.node.at(&path[..end]));
            let found = layer.node.at(path);
            if above.chain(found).any(|node| node.tag() == Some(RESET)) {
                return None;
            }
            let above = path.rsplit_once('.');
            let above = above.and_then(|(above, _)| layer.node.at(above));
            if found.is_some() || above.is_some_and(|node| node.tag() == Some(OVERRIDE)) {
                return found;
            }
        }
        None
    }

    /// Every layer's node of a key, the weakest first, with the folder that paths start from.
    pub(super) fn nodes<'k>(
        &'k self,
        key: &'k str,
    ) -> impl Iterator<Item = (&'k str, &'a YamlNode)> + 'k {
        let tag = |layer: &ServiceLayer<'a>| layer.node.get(key).and_then(YamlNode::tag);
        let replaces = |layer: &ServiceLayer<'a>| matches!(tag(layer), Some(RESET | OVERRIDE));
        let first = self.layers.iter().rposition(replaces);
        let layers = self.layers.iter().skip(first.unwrap_or(0));
        let is_reset = move |layer: &&ServiceLayer<'a>| tag(layer) == Some(RESET);
        layers
            .filter(move |layer| !is_reset(layer))
            .filter_map(move |layer| {
                let node = layer.node.get(key)?;
                Some((self.project.folder_of(layer.file), node))
            })
    }
}
