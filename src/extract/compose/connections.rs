//! What of a compose project connects to servers: the health check of a server, and exporters.

use crate::extract::client_call;
use crate::extract::compose::service::ComposeService;
use crate::extract::exporter_settings;
use crate::extract::process_environment::ProcessEnvironment;
use crate::extract::script::{self, ShellCommand};
use crate::facts::EditTarget;
use crate::facts::connection::RawConnection;
use crate::facts::raw::ArgWord;
use crate::knowledge::shapes::ImageReference;
use crate::syntax::yaml::YamlNode;

impl ComposeService<'_> {
    /// The connection that the service's health check opens.
    pub(super) fn health_check(&self, environment: &ProcessEnvironment) -> Option<RawConnection> {
        let test = self.node("healthcheck.test")?;
        let name = format!("the health check of service/{}", self.name);
        let anchor = self.anchor();
        let shapes = self.project.tree.shapes;
        let shell = match test.items() {
            [] => test,
            [form, script, ..] if form.as_str() == Some("CMD-SHELL") => script,
            [_, words @ ..] => {
                let words = self.words(words);
                let command = ShellCommand {
                    words,
                    ..ShellCommand::default()
                };
                return client_call::probe(name, anchor, &[command], "", environment, shapes);
            }
        };
        let text = self.text(shell)?;
        let commands = script::commands(&text, environment, &[]);
        client_call::probe(name, anchor, &commands, text.text(), environment, shapes)
    }

    /// The connection of the service, where it is an exporter.
    pub(super) fn exporter_connection(
        &self,
        environment: &ProcessEnvironment,
    ) -> Option<RawConnection> {
        let shapes = self.project.tree.shapes;
        let image = self.known_text(self.node("image"))?;
        if !shapes.is_exporter(&ImageReference::parse(&image))
            || self.unread_environment().is_some()
        {
            return None;
        }
        let words: Vec<ArgWord> = ["entrypoint", "command"]
            .iter()
            .filter_map(|key| self.node(key))
            .flat_map(|node| self.arguments(node))
            .map(|argument| ArgWord {
                text: argument.text.text().to_owned(),
                span: self.anchor(),
                unresolved: argument.text.known_text().err(),
                slot: EditTarget::None,
            })
            .collect();
        let name = format!("the exporter service/{}", self.name);
        let anchor = self.anchor();
        let mut found = exporter_settings::connection(name, anchor, &words, environment, shapes)?;
        found.address.composed = true;
        Some(found)
    }

    fn words(&self, items: &[YamlNode]) -> Vec<ArgWord> {
        let word = |item: &YamlNode| {
            let text = self.text(item)?;
            Some(ArgWord {
                text: text.text().to_owned(),
                span: item.span,
                unresolved: text.known_text().err(),
                slot: EditTarget::None,
            })
        };
        items.iter().filter_map(word).collect()
    }
}
