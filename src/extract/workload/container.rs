//! What a server's container is started with: its file, its variables and the texts that mention them, its
//! command. What the image holds and reads by itself is `knowledge`'s, what comes of both `resolve`'s.

use crate::extract::command::CommandInvocation;
use crate::extract::container_paths::{texts_below, whole_path};
use crate::extract::mentions::count_mentions;
use crate::extract::scalar::known_text;
use crate::extract::workload::PodSpec;
use crate::extract::workload::start::ContainerImage;
use crate::extract::workload::volumes::key_source;
use crate::facts::Cause;
use crate::facts::raw::{RawContainer, RawGivenVariable, WrittenCommand};
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

/// Where a container declares its variables: a declaration is not a use.
const VARIABLES: [&str; 3] = ["env", "envFrom", "image"];

impl<'a> PodSpec<'a> {
    pub(super) fn raw_container(
        &self,
        container: &'a YamlNode,
        image: &ContainerImage<'_>,
        invocation: &CommandInvocation,
    ) -> RawContainer {
        let own = image.shape.filter(|_| image.official);
        let folder = match container.get("workingDir") {
            Some(node) => known_text(Some(node)),
            None => own.and_then(|shape| shape.data.as_deref()),
        };
        RawContainer {
            altered: image.built.as_ref().map(|built| Cause::Named {
                name: built.file.path.clone(),
                fact: "may make it in the image",
            }),
            prepared: invocation.prepared.clone(),
            ends_with_server: invocation.is_last,
            file: whole_path(invocation.file.as_ref(), folder),
            variables: self.variables(container),
            command: read_command(container),
            makes_volumes: false,
        }
    }

    /// The variables of `env`; those of a ConfigMap or Secret may be meant for others, too.
    fn variables(&self, container: &'a YamlNode) -> Vec<RawGivenVariable> {
        let entries = container.get("env").map(YamlNode::items);
        let entries = entries.unwrap_or_default().iter();
        let named: Vec<(&str, Span)> = entries
            .filter_map(|entry| {
                let node = entry.get("name")?;
                Some((known_text(Some(node))?, node.span))
            })
            .collect();
        let spoken = self.list_mentioning(container);
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
        let mentions = count_mentions(&names, spoken.iter().flatten().copied());
        let named = named.into_iter().zip(mentions);
        let variables = named.map(|((name, span), mentions)| RawGivenVariable {
            name: name.to_owned(),
            span,
            is_used: spoken.is_none() || mentions > 0,
        });
        variables.collect()
    }

    /// The texts that may mention a variable of the container: its own, the values of its other
    /// variables, and the files that it is shown. `None` where one of these is not seen.
    fn list_mentioning(&self, container: &'a YamlNode) -> Option<Vec<&str>> {
        let mut texts = texts_below(container, &VARIABLES);
        let entries = container.get("env").map(YamlNode::items);
        let values = entries.unwrap_or_default().iter();
        texts.extend(values.filter_map(|entry| entry.get("value")?.as_str()));
        let mounts = container.get("volumeMounts").map(YamlNode::items);
        for mount in mounts.unwrap_or_default() {
            let volume = known_text(mount.get("name")).and_then(|name| self.volume(name));
            if let Some(source) = volume.and_then(key_source) {
                let object = source.object(self.object.namespace.clone());
                let root = self.context.objects.find(&object, self.spec.span.file);
                texts.extend(texts_below(root.ok()?, &["metadata"]));
            }
        }
        Some(texts)
    }
}

/// `command` takes the place of the image's entrypoint, `args` alone are given to it.
fn read_command(container: &YamlNode) -> Option<WrittenCommand> {
    let entrypoint = container.get("command");
    let node = entrypoint.or(container.get("args"))?;
    let both = [entrypoint, container.get("args")];
    let words = both.into_iter().flatten().flat_map(YamlNode::items);
    let words: Vec<&str> = words.filter_map(YamlNode::as_str).collect();
    Some(WrittenCommand {
        text: words.join(" "),
        is_entrypoint: entrypoint.is_some(),
        span: node.span,
    })
}
