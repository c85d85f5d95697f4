//! What of a pod connects to servers: the probes of a server's container, and exporters.

use crate::extract::client_call;
use crate::extract::command::list_words;
use crate::extract::exporter_settings;
use crate::extract::interpolate::InterpolatedText;
use crate::extract::scalar::{container_anchor, known_text};
use crate::extract::script::{self, ShellCommand, is_shell};
use crate::extract::workload::PodSpec;
use crate::extract::workload::start::PROBES;
use crate::facts::connection::RawConnection;
use crate::knowledge::shapes::ImageReference;
use crate::syntax::yaml::YamlNode;

impl PodSpec<'_> {
    /// The connections that the probes of a server's container open.
    pub(super) fn probes(&self, container: &YamlNode) -> Vec<RawConnection> {
        let environment = self.environment(container);
        let probe = |field: &&str| {
            let command = container.get(field)?.at("exec.command")?;
            if command.has_placeholder() || command.is_open() {
                return None;
            }
            let name = format!("{field} of {}", self.object_title());
            let words = list_words(command, &environment);
            let flag = words.iter().position(|word| word.text.ends_with('c'));
            let in_shell = words.first().is_some_and(|word| is_shell(&word.text));
            let (commands, text) = match flag.filter(|_| in_shell) {
                Some(flag) => {
                    let script = command.items().get(flag + 1)?.scalar()?.value().clone();
                    let text = script.text().to_owned();
                    let script = InterpolatedText::plain(script);
                    (script::commands(&script, &environment, &[]), text)
                }
                None => {
                    let words = ShellCommand {
                        words,
                        ..ShellCommand::default()
                    };
                    (vec![words], String::new())
                }
            };
            let anchor = container_anchor(container);
            client_call::probe(name, anchor, &commands, &text, &environment, self.shapes)
        };
        PROBES.iter().filter_map(probe).collect()
    }

    /// The connections of the exporters in a pod.
    pub(super) fn exporter_connections(&self) -> Vec<RawConnection> {
        let is_exporter = |container: &&YamlNode| {
            let image = known_text(container.get("image")).map(ImageReference::parse);
            image.is_some_and(|image| self.shapes.is_exporter(&image))
        };
        let exporters = self.neighbours().filter(is_exporter);
        let connection = |container: &YamlNode| {
            let environment = self.environment(container);
            let lists = ["command", "args"].iter();
            let lists = lists.filter_map(|key| container.get(key));
            let words: Vec<_> = lists
                .flat_map(|list| list_words(list, &environment))
                .collect();
            let name = format!("the exporter of {}", self.object_title());
            let anchor = container_anchor(container);
            let mut found =
                exporter_settings::connection(name, anchor, &words, &environment, self.shapes)?;
            found.address.namespace.clone_from(&self.object.namespace);
            Some(found)
        };
        exporters.filter_map(connection).collect()
    }
}
