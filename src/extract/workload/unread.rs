//! Configuration that a container is shown and that its server is never told of: a server without a
//! file among its arguments reads none, wherever one is mounted.

use crate::extract::command::CommandInvocation;
use crate::extract::scalar::known;
use crate::extract::workload::PodSpec;
use crate::extract::workload::volumes::key_source;
use crate::facts::Strength;
use crate::facts::raw::ArgWord;
use crate::facts::raw::{RawHeld, RawUnread};
use crate::syntax::yaml::YamlNode;

impl PodSpec<'_> {
    /// The mounts that hold configuration, if the texts that they name are such.
    pub(super) fn unread(
        &self,
        container: &YamlNode,
        invocation: &CommandInvocation,
    ) -> Vec<RawUnread> {
        let includes = |word: &ArgWord| {
            let name = word.text.trim_start_matches('-');
            let name = name.split_ascii_whitespace().next().unwrap_or_default();
            name.eq_ignore_ascii_case(&self.shapes.servers.include)
        };
        let told = invocation.file.is_some() || invocation.arguments.iter().any(includes);
        let commands = [container.get("command"), container.get("args")];
        let open = container.is_open() || commands.iter().flatten().any(|node| node.is_open());
        if told || open || invocation.gap.is_some() || invocation.gap_behind.is_some() {
            return Vec::new();
        }
        let mounts = container.get("volumeMounts").map(YamlNode::items);
        mounts
            .unwrap_or_default()
            .iter()
            .filter(|mount| !self.is_mentioned(container, mount))
            .filter_map(|mount| self.unread_mount(mount))
            .collect()
    }

    /// A script among the words may read what is mounted.
    fn is_mentioned(&self, container: &YamlNode, mount: &YamlNode) -> bool {
        let Some(path) = known(mount.get("mountPath")) else {
            return true;
        };
        let words = [container.get("command"), container.get("args")];
        let mut words = words.into_iter().flatten().flat_map(YamlNode::items);
        words.any(|word| word.as_str().is_none_or(|word| word.contains(path)))
    }

    fn unread_mount(&self, mount: &YamlNode) -> Option<RawUnread> {
        let path = mount.get("mountPath")?;
        let volume = self.volume(known(mount.get("name"))?)?;
        let source = key_source(volume)?;
        let key = known(mount.get("subPath")).map(|path| {
            let item = source.key_at(path);
            item.unwrap_or_else(|| path.to_owned())
        });
        Some(RawUnread {
            name: known(Some(path))?.to_owned(),
            span: path.span,
            why: Ok(
                "the server is started without a configuration file, and reads none by itself"
                    .to_owned(),
            ),
            strength: Strength::Certain,
            held: Some(RawHeld::Key {
                object: source.object(self.object.namespace.clone()),
                key,
            }),
        })
    }
}
