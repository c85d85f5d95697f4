//! What a container starts: whether it is a server at all, and what its command shows of it.

use crate::extract::command::{self, ArgWord, Environment, Invocation};
use crate::extract::scalar::{known, raw_scalar, template_reason};
use crate::extract::workload::Pod;
use crate::facts::Reason;
use crate::facts::raw::RawScalar;
use crate::knowledge::shapes::{ImageReference, ImageShape};
use crate::syntax::yaml::Node;

/// An image as far as it is written.
pub(super) struct Image<'a> {
    pub(super) reference: Option<ImageReference>,
    pub(super) shape: Option<&'a ImageShape>,
    pub(super) official: bool,
}

/// What was made of a container's command.
pub(super) enum Started {
    /// It runs a server.
    Server(Box<Invocation>),
    /// A server image runs something that cannot be followed.
    Hidden(Reason),
    /// It is no server.
    Other,
}

impl<'a> Pod<'a> {
    pub(super) fn image(&self, container: &Node) -> Image<'a> {
        let reference = container
            .get("image")
            .map(image_scalar)
            .and_then(|scalar| scalar.text.ok())
            .map(|text| ImageReference::parse(&text));
        let shape = reference.as_ref().and_then(|r| self.shapes.server_image(r));
        let official = match (&reference, shape) {
            (Some(reference), Some(shape)) => shape.is_official(reference),
            _ => false,
        };
        Image {
            reference,
            shape,
            official,
        }
    }

    pub(super) fn started(
        &self,
        container: &Node,
        image: &Image<'_>,
        environment: &Environment,
    ) -> Started {
        let command = container.get("command");
        let args = container.get("args");
        if [command, args]
            .into_iter()
            .flatten()
            .any(|n| n.scalar().is_some() && n.has_hole())
        {
            return self.hidden_or_other(container, image, "a template writes its command");
        }
        let words: Vec<ArgWord> = [command, args]
            .into_iter()
            .flatten()
            .flat_map(|node| command::list_words(node, environment))
            .collect();
        if let Some(invocation) = self.direct(&words) {
            return Started::Server(Box::new(invocation));
        }
        if let Some(script) = script(container)
            && is_shell(&words)
        {
            return self.scripted(container, script, image, environment);
        }
        match (command, image.shape) {
            (None, Some(shape)) => self.by_entrypoint(shape, image, &words),
            (Some(_), Some(_)) => {
                self.hidden_or_other(container, image, "its command is not followed")
            }
            (_, None) => Started::Other,
        }
    }

    /// A program among the words, behind wrappers such as `docker-entrypoint.sh` or `tini --`.
    fn direct(&self, words: &[ArgWord]) -> Option<Invocation> {
        let at = words
            .iter()
            .position(|word| self.shapes.program(&word.text).is_some())?;
        Some(command::invocation(
            Some(words[at].text.clone()),
            &words[at + 1..],
        ))
    }

    fn scripted(
        &self,
        container: &Node,
        script: &Node,
        image: &Image<'_>,
        environment: &Environment,
    ) -> Started {
        let commands = command::script_commands(script, environment);
        let found = commands.iter().find_map(|words| self.direct(words));
        match found {
            Some(mut invocation) => {
                if commands.len() > 1 && invocation.file.is_some() {
                    invocation.gap = Some(Reason::new(
                        "its start script may write the configuration before the server reads it",
                    ));
                }
                Started::Server(Box::new(invocation))
            }
            None => self.hidden_or_other(container, image, "its start script is not followed"),
        }
    }

    /// The official entrypoints put the program before options and files, and run other words as they
    /// are. Of other images it is not known what they do.
    fn by_entrypoint(&self, shape: &ImageShape, image: &Image<'_>, words: &[ArgWord]) -> Started {
        let Some(program) = shape.entrypoint.clone().filter(|_| image.official) else {
            let name = image
                .reference
                .as_ref()
                .map_or(&shape.name, |r| &r.repository);
            return Started::Hidden(Reason::new(format!(
                "what the image {name} runs by itself is not known"
            )));
        };
        match words.first() {
            Some(first) if !first.text.starts_with('-') && !first.text.ends_with(".conf") => {
                Started::Other
            }
            _ => Started::Server(Box::new(command::invocation(Some(program), words))),
        }
    }

    /// A server image whose command names no server program is a client's shell unless it listens.
    fn hidden_or_other(&self, container: &Node, image: &Image<'_>, why: &str) -> Started {
        let listens = container
            .get("ports")
            .is_some_and(|ports| !ports.items().is_empty());
        if image.shape.is_some() && listens {
            Started::Hidden(Reason::new(why))
        } else {
            Started::Other
        }
    }
}

/// The image; a template in the tag alone leaves the name known.
pub(super) fn image_scalar(node: &Node) -> RawScalar {
    let scalar = raw_scalar(node);
    let tag_only = node.as_str().filter(|text| {
        let name = text.rsplit('/').next().unwrap_or(text);
        name.find("{{")
            .is_some_and(|hole| name[..hole].contains([':', '@']))
            && !text[..text.len() - name.len()].contains("{{")
    });
    match (&scalar.text, tag_only) {
        (Err(_), Some(text)) => RawScalar {
            text: Ok(text.split("{{").next().unwrap_or(text).to_owned()),
            ..scalar
        },
        _ => scalar,
    }
}

pub(super) fn environment(container: &Node) -> Environment {
    let entries = container.get("env").map(Node::items).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let name = known(entry.get("name"))?.to_owned();
            let value = match entry.get("value") {
                Some(value) if !value.has_hole() => Ok(value.as_str()?.to_owned()),
                Some(_) => Err(template_reason()),
                None => Err(Reason::new(format!(
                    "environment variable {name} comes from elsewhere"
                ))),
            };
            Some((name, value))
        })
        .collect()
}

/// The script of `sh -c SCRIPT`: the item after `-c`, in the command or the arguments.
fn script(container: &Node) -> Option<&Node> {
    let command = container
        .get("command")
        .map(Node::items)
        .unwrap_or_default();
    let args = container.get("args").map(Node::items).unwrap_or_default();
    let items: Vec<&Node> = command.iter().chain(args).collect();
    let at = items
        .iter()
        .position(|item| item.as_str().is_some_and(is_script_flag))?;
    items.get(at + 1).copied()
}

fn is_script_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

fn is_shell(words: &[ArgWord]) -> bool {
    let name = words
        .first()
        .map(|word| word.text.rsplit('/').next().unwrap_or(&word.text));
    matches!(name, Some("sh" | "bash" | "ash" | "dash"))
}
