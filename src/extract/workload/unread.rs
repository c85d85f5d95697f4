//! Configuration that a container is shown and that its server is never told of: a server without a
//! file among its arguments reads none, wherever one is mounted.

use crate::extract::command::CommandInvocation;
use crate::extract::scalar::known_text;
use crate::extract::unread_mounts::{may_read_files, why_unread};
use crate::extract::workload::PodSpec;
use crate::extract::workload::volumes::key_source;
use crate::facts::raw::{RawHeld, RawUnread};
use crate::facts::{Cause, Strength};
use crate::syntax::yaml::YamlNode;

impl PodSpec<'_> {
    /// The mounts that hold configuration, if the texts that they name are such.
    pub(super) fn unread(
        &self,
        container: &YamlNode,
        invocation: &CommandInvocation,
    ) -> Vec<RawUnread> {
        let may_include = may_read_files(invocation, &self.shapes.servers.include);
        let commands = [container.get("command"), container.get("args")];
        let open = container.is_open() || commands.iter().flatten().any(|node| node.is_open());
        if may_include || open {
            return Vec::new();
        }
        let mounts = container.get("volumeMounts").map(YamlNode::items);
        mounts
            .unwrap_or_default()
            .iter()
            .filter_map(|mount| {
                let why = Self::why_unread(container, invocation, mount)?;
                self.unread_mount(mount, why)
            })
            .collect()
    }

    /// Why the server reads nothing of a mount; `None` where a script among the words may read it.
    fn why_unread(
        container: &YamlNode,
        invocation: &CommandInvocation,
        mount: &YamlNode,
    ) -> Option<Result<String, Cause>> {
        let path = known_text(mount.get("mountPath"))?;
        let words = [container.get("command"), container.get("args")];
        let words = words.into_iter().flatten().flat_map(YamlNode::items);
        let words: Vec<Option<&str>> = words.map(YamlNode::as_str).collect();
        why_unread(&words, path, invocation)
    }

    fn unread_mount(&self, mount: &YamlNode, why: Result<String, Cause>) -> Option<RawUnread> {
        let path = mount.get("mountPath")?;
        let volume = self.volume(known_text(mount.get("name"))?)?;
        let source = key_source(volume)?;
        let key = known_text(mount.get("subPath")).map(|path| {
            let item = source.key_at(path);
            item.unwrap_or_else(|| path.to_owned())
        });
        Some(RawUnread {
            name: known_text(Some(path))?.to_owned(),
            span: path.span,
            why,
            strength: Strength::Certain,
            held: Some(RawHeld::Key {
                object: source.object(self.object.namespace.clone()),
                key,
            }),
        })
    }
}
