//! What a server's container is started with, as a compose file says it: its image where that is a
//! variable, its file, its variables and the texts that mention them, its command.

use crate::extract::command::CommandInvocation;
use crate::extract::compose::service::ComposeService;
use crate::extract::container_paths::{texts_below, whole_path};
use crate::extract::image_variable;
use crate::extract::mentions::count_mentions;
use crate::extract::tree_files::TreeImage;
use crate::facts::Cause;
use crate::facts::raw::{RawContainer, RawGivenVariable, WrittenCommand};
use crate::knowledge::shapes::ImageReference;
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

impl ComposeService<'_> {
    /// What the variables of the image are called.
    pub(super) fn read_named_image(&self) -> Option<ImageReference> {
        let written = self.node("image")?.as_str()?;
        image_variable::read_named_image(written, self.project.tree.shapes)
    }

    /// `data` is the folder that the image is started in.
    pub(super) fn raw_container(
        &self,
        invocation: &CommandInvocation,
        data: Option<&str>,
        built: Option<&TreeImage<'_>>,
    ) -> RawContainer {
        let written = self.node("working_dir");
        let own = self.known_text(written);
        let folder = match written {
            Some(_) => own.as_deref(),
            None => data,
        };
        RawContainer {
            altered: built.map(|built| Cause::Named {
                name: built.file.path.clone(),
                fact: "may make it in the image",
            }),
            prepared: invocation.prepared.clone(),
            ends_with_server: invocation.is_last,
            file: whole_path(invocation.file.as_ref().filter(|_| built.is_none()), folder),
            variables: self.variables(),
            command: self.read_command(),
            makes_volumes: true,
        }
    }

    /// The variables that are written in the service itself: what an anchor gives to several of them is
    /// meant for others, too.
    fn variables(&self) -> Vec<RawGivenVariable> {
        let whole: Vec<Span> = self.layers.iter().map(|layer| layer.node.span).collect();
        let is_own = |span: Span| {
            whole.iter().any(|whole| {
                whole.file == span.file && whole.start <= span.start && span.end <= whole.end
            })
        };
        let layers = self.layers.iter();
        let texts: Vec<&str> = layers
            .flat_map(|layer| texts_below(layer.node, &["environment", "env_file", "image"]))
            .collect();
        // A script that is mounted into the service may use any of them.
        let runs_script = texts.iter().any(|text| text.contains(".sh"));
        let nodes: Vec<&YamlNode> = self.nodes("environment").map(|(_, node)| node).collect();
        let entries = nodes.iter().flat_map(|node| node.entries());
        let entries = entries.filter_map(|entry| Some((entry.key.as_str()?, entry.key.span)));
        let items = nodes.iter().flat_map(|node| node.items());
        let items = items.filter_map(|item| {
            // The name alone: what stands behind it may be a secret.
            let text = item.scalar()?.value();
            let (name, _) = text.text().split_once('=')?;
            Some((name, text.span(0..name.len())))
        });
        let own = entries.chain(items).filter(|(_, span)| is_own(*span));
        let own: Vec<(&str, Span)> = own.collect();
        let names: Vec<&str> = own.iter().map(|(name, _)| *name).collect();
        let mentions = count_mentions(&names, texts.iter().copied());
        let own = own.into_iter().zip(mentions);
        let variables = own.map(|((name, span), mentions)| RawGivenVariable {
            name: name.to_owned(),
            span,
            is_used: runs_script || mentions > 0,
        });
        variables.collect()
    }

    fn read_command(&self) -> Option<WrittenCommand> {
        let entrypoint = self.node("entrypoint");
        let node = entrypoint.or(self.node("command"))?;
        let both = [entrypoint, self.node("command")];
        let words = both.into_iter().flatten();
        let words: Vec<&str> = words.flat_map(|node| texts_below(node, &[])).collect();
        Some(WrittenCommand {
            text: words.join(" "),
            is_entrypoint: entrypoint.is_some(),
            span: node.span,
        })
    }
}
