//! Configuration that a compose service is shown and that its server is never told of: a server without
//! a file among its arguments reads none, wherever one is mounted.

use crate::extract::command::CommandInvocation;
use crate::extract::compose::mounts::ServiceMounts;
use crate::extract::compose::service::ComposeService;
use crate::extract::container_paths::texts_below;
use crate::extract::tree_files::TreeImage;
use crate::extract::unread_mounts::{may_read_files, why_unread};
use crate::facts::Strength;
use crate::facts::raw::RawUnread;
use crate::source::path;

impl ComposeService<'_> {
    /// The mounts that hold configuration, if the texts that they name are such.
    pub(super) fn unread(
        &self,
        invocation: &CommandInvocation,
        mounts: &ServiceMounts<'_>,
        built: Option<&TreeImage<'_>>,
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
        if let Some(built) = built {
            return self.unread_copies(invocation, mounts, built, &words);
        }
        let unread =
            mounts
                .list_held(self.project.tree.shapes)
                .filter_map(|(target, span, held)| {
                    Some(RawUnread {
                        name: target.to_owned(),
                        span,
                        why: why_unread(&words, target, invocation)?,
                        strength: Strength::Certain,
                        held,
                    })
                });
        unread.collect()
    }

    /// The configuration in the image that the service is built from, where neither the service nor the
    /// image names it. All of the deployment is seen.
    fn unread_copies(
        &self,
        invocation: &CommandInvocation,
        mounts: &ServiceMounts<'_>,
        built: &TreeImage<'_>,
        words: &[Option<&str>],
    ) -> Vec<RawUnread> {
        let tree = self.project.tree;
        let holds = |path: &str| tree.files.holds(path);
        let unread = built.unread_copies(invocation, &holds, tree.shapes);
        let is_named = |target: &str| words.iter().flatten().any(|word| word.contains(target));
        let is_covered = |target: &str| {
            let mut covering = mounts.targets().into_iter();
            covering.any(|mount| path::is_within(target, mount.trim_end_matches('/')))
        };
        let seen = unread.into_iter().map(|one| RawUnread {
            strength: Strength::Certain,
            ..one
        });
        seen.filter(|one| !is_named(&one.name) && !is_covered(&one.name))
            .collect()
    }
}
