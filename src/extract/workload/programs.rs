//! Containers that are no servers: the name of their image, what their command starts, and their
//! environment. Which program of the tree runs in them is for `link` to say.

use crate::extract::command_programs;
use crate::extract::launch::{CommandArgument, LaunchResult};
use crate::extract::manifest_context::ManifestContext;
use crate::extract::object_name::object_name;
use crate::extract::scalar::{container_anchor, known_text, raw_scalar, template_reason};
use crate::extract::tree_files::TreeImage;
use crate::extract::workload::start::image_scalar;
use crate::extract::workload::{PodFacts, PodSpec};
use crate::facts::Cause;
use crate::facts::raw::{GivenVariables, ObjectName, RawWorkload};
use crate::knowledge::shapes::ImageReference;
use crate::syntax::yaml::YamlNode;

/// Where kinds that are not known by name keep their pods as the known ones do.
const USUAL: &str = "spec.template.spec";

/// The containers of a workload that are no servers.
pub fn programs(root: &YamlNode, kind: &str, context: &ManifestContext<'_>) -> Vec<RawWorkload> {
    let shape = context.shapes.workload(kind);
    let path = shape.map_or(USUAL, |shape| shape.pod.as_str());
    let (Some(object), Some(spec)) = (object_name(root, kind), root.at(path)) else {
        return Vec::new();
    };
    let pod = PodSpec {
        root,
        spec,
        object,
        context,
        shapes: context.shapes,
        shared: PodFacts::default(),
    };
    let is_other = |c: &&YamlNode| matches!(pod.read_start(c).1, LaunchResult::Other);
    let containers = pod.neighbours().filter(is_other);
    containers.map(|container| pod.program(container)).collect()
}

impl PodSpec<'_> {
    fn program(&self, container: &YamlNode) -> RawWorkload {
        let image = container.get("image").map(image_scalar);
        let reference = image.and_then(|image| image.text.ok());
        let reference = reference.map(|text| ImageReference::parse(&text));
        let files = self.context.files;
        let built = reference.as_ref();
        let built = built.and_then(|image| files.image(image, self.shapes));
        let words = words(container, built.as_ref());
        RawWorkload {
            name: self.object_title(),
            namespace: self.object.namespace.clone(),
            container: known_text(container.get("name"))
                .unwrap_or_default()
                .to_owned(),
            anchor: container_anchor(container),
            common: reference
                .as_ref()
                .is_some_and(|image| !image.repository.contains('/')),
            image: reference.map(|image| image.name),
            commands: match container.get("command").is_some() || built.is_some() {
                true => command_programs::programs(&words),
                // Arguments alone name none.
                false => Vec::new(),
            },
            workers: command_programs::count_workers(&words),
            build: built.map(|built| built.file.programs(&built.contexts)),
            quantities: self.quantities(container),
            environment: list_given(container, self.object.namespace.as_ref()),
            hidden: is_hidden(container).then(template_reason),
            composed: false,
            service_links: self.has_service_links(),
            fragment: self.is_fragment(container),
        }
    }
}

/// A template may give the container variables that are not seen.
fn is_hidden(container: &YamlNode) -> bool {
    let lists = ["env", "envFrom"];
    let mut lists = lists.iter().filter_map(|key| container.get(key));
    container.is_open() || lists.any(|list| list.is_open() || list.has_placeholder())
}

/// The words of a command and its arguments that are known. Where the container has none of its own they
/// are those of the image that the tree builds.
fn words(container: &YamlNode, built: Option<&TreeImage<'_>>) -> Vec<String> {
    let own = |key: &str| -> Option<Vec<String>> {
        let known = container.get(key)?.items().iter();
        let known = known.filter(|word| !word.has_placeholder());
        Some(
            known
                .filter_map(YamlNode::as_str)
                .map(str::to_owned)
                .collect(),
        )
    };
    let of_image = |words: Option<&Vec<CommandArgument>>| -> Option<Vec<String>> {
        let texts = words?.iter().map(|word| word.text.text().to_owned());
        Some(texts.collect())
    };
    // A command of one's own does without the image's entrypoint and its command.
    let image = built.map(|built| &built.image);
    let image = image.filter(|_| container.get("command").is_none());
    let entrypoint = own("command").or_else(|| of_image(image?.entrypoint.as_ref()));
    let command = own("args").or_else(|| of_image(image?.command.as_ref()));
    entrypoint.into_iter().chain(command).flatten().collect()
}

/// The variables of a container: those of whole objects first, as they count.
fn list_given(container: &YamlNode, namespace: Option<&String>) -> Vec<GivenVariables> {
    let items = |key: &str| container.get(key).map(YamlNode::items).unwrap_or_default();
    let object = |kind: &str, name: &str| ObjectName {
        kind: kind.to_owned(),
        namespace: namespace.cloned(),
        name: name.to_owned(),
        templated: name.contains("{{"),
    };
    let whole = items("envFrom").iter().filter_map(|item| {
        let (kind, reference) = [("ConfigMap", "configMapRef"), ("Secret", "secretRef")]
            .into_iter()
            .find_map(|(kind, field)| Some((kind, item.get(field)?)))?;
        Some(GivenVariables::Object {
            object: object(kind, reference.get("name")?.as_str()?),
            prefix: known_text(item.get("prefix"))
                .unwrap_or_default()
                .to_owned(),
        })
    });
    let single = items("env").iter().filter_map(|item| {
        let name = known_text(item.get("name"))?.to_owned();
        if let Some(value) = item.get("value") {
            let text = raw_scalar(value).text;
            return Some(GivenVariables::Value { name, text });
        }
        let from = item.get("valueFrom");
        let of = |field: &str| from?.get(field);
        for (kind, field) in [("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")] {
            if let Some(reference) = of(field) {
                let text = |key: &str| reference.get(key).and_then(YamlNode::as_str);
                let object = object(kind, text("name")?);
                let key = text("key")?.to_owned();
                return Some(GivenVariables::Key { name, object, key });
            }
        }
        if let Some(figure) = of("resourceFieldRef").and_then(|f| known_text(f.get("resource"))) {
            let figure = figure.to_owned();
            return Some(GivenVariables::Figure { name, figure });
        }
        let text = Err(Cause::Deployment("its value is set elsewhere"));
        Some(GivenVariables::Value { name, text })
    });
    whole.chain(single).collect()
}
