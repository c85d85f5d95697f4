//! Configuration that a compose service is shown and that its server is never told of: a server without
//! a file among its arguments reads none, wherever one is mounted.

use crate::extract::command::CommandInvocation;
use crate::extract::compose::mounts::ServiceMounts;
use crate::extract::compose::service::ComposeService;
use crate::extract::container_paths::texts_below;
use crate::facts::Strength;
use crate::facts::raw::{ArgWord, RawUnread};

impl ComposeService<'_> {
    /// The mounts that hold configuration, if the texts that they name are such.
    pub(super) fn unread(
        &self,
        invocation: &CommandInvocation,
        mounts: &ServiceMounts<'_>,
    ) -> Vec<RawUnread> {
        let include = &self.project.tree.shapes.servers.include;
        let includes = |word: &ArgWord| {
            let name = word.text.trim_start_matches('-');
            let name = name.split_ascii_whitespace().next().unwrap_or_default();
            name.eq_ignore_ascii_case(include)
        };
        let told = invocation.file.is_some() || invocation.arguments.iter().any(includes);
        let hidden = invocation.gap.is_some()
            || invocation.gap_behind.is_some()
            || invocation.prepared.is_some();
        if told
            || hidden
            || self.is_open()
            || self.project.may_be_laid_over(self.name).next().is_some()
        {
            return Vec::new();
        }
        let commands = ["command", "entrypoint", "healthcheck"];
        let nodes = commands.into_iter().filter_map(|key| self.node(key));
        let words: Vec<&str> = nodes.flat_map(|node| texts_below(node, &[])).collect();
        let shown = mounts.held().filter(|(target, _, _)| {
            // A command that names it may read it.
            !words.iter().any(|word| word.contains(target))
        });
        let unread = shown.map(|(target, span, held)| RawUnread {
            name: target.to_owned(),
            span,
            why: Ok(NO_FILE.to_owned()),
            strength: Strength::Certain,
            held: Some(held),
        });
        unread.collect()
    }
}

const NO_FILE: &str =
    "the server is started without a configuration file, and reads none by itself";
