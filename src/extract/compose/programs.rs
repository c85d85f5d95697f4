//! Services that are no servers: what their image is called or built from, what they start, and
//! their environment.

use crate::extract::command_programs;
use crate::extract::compose::service::ComposeService;
use crate::extract::process_environment::ProcessEnvironment;
use crate::extract::tree_files::TreeImage;
use crate::facts::raw::{GivenVariables, RawWorkload};
use crate::knowledge::shapes::ImageReference;

impl ComposeService<'_> {
    pub(super) fn program(
        &self,
        built: Option<&TreeImage<'_>>,
        environment: ProcessEnvironment,
    ) -> RawWorkload {
        let image = self.known_text(self.node("image"));
        let image = image.map(|text| ImageReference::parse(&text));
        let common = |image: &ImageReference| !image.repository.contains('/');
        let words = self.program_words(built);
        RawWorkload {
            name: format!("service/{}", self.name),
            namespace: None,
            container: self.name.to_owned(),
            anchor: self.anchor(),
            common: built.is_none() && image.as_ref().is_some_and(common),
            image: image.map(|image| image.name),
            commands: command_programs::programs(&words),
            workers: command_programs::count_workers(&words),
            build: built.map(|built| built.file.programs(&built.contexts)),
            quantities: self.quantities(),
            environment: environment
                .into_iter()
                .map(|(name, text)| GivenVariables::Value { name, text })
                .collect(),
            hidden: self.unread_environment(),
            composed: true,
            service_links: false,
            fragment: self.is_lone_override(),
        }
    }

    /// The words of what it starts.
    fn program_words(&self, built: Option<&TreeImage<'_>>) -> Vec<String> {
        let environment = ProcessEnvironment::new();
        let launch = self.launch(built, None, &environment);
        let words = launch.entrypoint.unwrap_or_default();
        let words = words.iter().chain(&launch.command);
        words.map(|word| word.text.text().to_owned()).collect()
    }
}
