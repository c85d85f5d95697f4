//! Configuration that a compose service is shown and that its server is never told of: a server without
//! a file among its arguments reads none, wherever one is mounted.

use crate::extract::command::CommandInvocation;
use crate::extract::compose::mounts::ServiceMounts;
use crate::extract::compose::service::ComposeService;
use crate::extract::container_paths::texts_below;
use crate::extract::unread_mounts::{may_read_files, why_unread};
use crate::facts::Strength;
use crate::facts::raw::RawUnread;

impl ComposeService<'_> {
    /// The mounts that hold configuration, if the texts that they name are such.
    pub(super) fn unread(
        &self,
        invocation: &CommandInvocation,
        mounts: &ServiceMounts<'_>,
    ) -> Vec<RawUnread> {
        if may_read_files(invocation, &self.project.tree.shapes.servers.include)
            || invocation.prepared.is_some()
            || self.is_open()
            || self.project.may_be_laid_over(self.name).next().is_some()
        {
            return Vec::new();
        }
        let commands = ["command", "entrypoint", "healthcheck"];
        let nodes = commands.into_iter().filter_map(|key| self.node(key));
        // A command that names it may read it.
        let words = nodes.flat_map(|node| texts_below(node, &[]));
        let words: Vec<Option<&str>> = words.map(Some).collect();
        let unread = mounts.list_held().filter_map(|(target, span, held)| {
            Some(RawUnread {
                name: target.to_owned(),
                span,
                why: why_unread(&words, target, invocation)?,
                strength: Strength::Certain,
                held: Some(held),
            })
        });
        unread.collect()
    }
}
