//! Services that are no servers: what their image is called or built from, what they start, and
//! their environment.

use crate::extract::compose::service::{Built, Service};
use crate::extract::process_environment::Environment;
use crate::extract::started;
use crate::facts::raw::{Given, RawWorkload};
use crate::knowledge::shapes::ImageReference;

impl Service<'_> {
    pub(super) fn program(
        &self,
        built: Option<&Built<'_>>,
        environment: Environment,
    ) -> RawWorkload {
        let image = self.known(self.node("image"));
        let image = image.map(|text| ImageReference::parse(&text));
        let common = |image: &ImageReference| !image.repository.contains('/');
        RawWorkload {
            name: format!("service/{}", self.name),
            namespace: None,
            container: self.name.to_owned(),
            anchor: self.anchor(),
            common: built.is_none() && image.as_ref().is_some_and(common),
            image: image.map(|image| image.name),
            commands: self.commands(built),
            build: built.map(|built| built.file.programs(std::slice::from_ref(&built.context))),
            quantities: self.quantities(),
            environment: environment
                .into_iter()
                .map(|(name, text)| Given::Value { name, text })
                .collect(),
            hidden: self.unread_environment(),
            composed: true,
            fragment: self.is_lone_override(),
        }
    }

    /// The names of the programs that it starts.
    fn commands(&self, built: Option<&Built<'_>>) -> Vec<String> {
        let environment = Environment::new();
        let launch = self.launch(built, None, &environment);
        let words = launch.entrypoint.unwrap_or_default();
        let words = words.iter().chain(&launch.command);
        let texts: Vec<String> = words.map(|word| word.text.text().to_owned()).collect();
        started::programs(&texts)
    }
}
