//! The variables of a container: written in it, or taken from ConfigMaps and Secrets that the tree
//! holds. What a Secret gives is never read: it stays unknown.

use crate::extract::interpolate::FillBudget;
use crate::extract::process_environment::{self, ANY_OTHER, ProcessEnvironment};
use crate::extract::scalar::{known_text, template_reason};
use crate::extract::workload::PodSpec;
use crate::facts::Cause;
use crate::facts::raw::ObjectName;
use crate::source::Excerpt;
use crate::syntax::yaml::YamlNode;

/// Variables of a container that objects give. Each source with a prefix gives all keys of its object
/// again.
const MAX_VARIABLES: usize = 5_000;

impl PodSpec<'_> {
    /// All variables: a later source of `envFrom` wins, and `env` over all of them.
    pub(super) fn environment(&self, container: &YamlNode) -> ProcessEnvironment {
        let mut environment = self.links(container);
        let from = container.get("envFrom");
        for source in from.map(YamlNode::items).unwrap_or_default() {
            if environment.len() < MAX_VARIABLES {
                self.take_all(source, &mut environment);
            }
        }
        let entries = container.get("env");
        let budget = FillBudget::of_process();
        for entry in entries.map(YamlNode::items).unwrap_or_default() {
            if let Some(name) = known_text(entry.get("name")) {
                let value = self.value(name, entry, &environment, &budget);
                environment.insert(name.to_owned(), value);
            }
        }
        let open = |node: Option<&YamlNode>| {
            node.is_some_and(|node| {
                node.is_open() || node.scalar().is_some() && node.has_placeholder()
            })
        };
        let is_conditional = container.is_open() && (from.is_some() || entries.is_some());
        if container.may_grow() || is_conditional || open(from) || open(entries) {
            environment.insert(ANY_OTHER.to_owned(), Err(template_reason()));
        }
        environment
    }

    /// Whether the pod is given variables for the Services of its namespace.
    pub(super) fn has_service_links(&self) -> bool {
        known_text(self.spec.get("enableServiceLinks")) != Some("false")
    }

    /// What Kubernetes sets for each Service of the namespace, unless the pod does without: a
    /// `NAME_PORT` that is the address of a socket.
    fn links(&self, container: &YamlNode) -> ProcessEnvironment {
        let runs = ["command", "args"]
            .iter()
            .any(|key| container.get(key).is_some());
        if !runs || !self.has_service_links() {
            return ProcessEnvironment::new();
        }
        let services = self
            .context
            .objects
            .services(self.object.namespace.as_ref());
        let variables = services.into_iter().flat_map(|service| {
            let prefix = service.to_ascii_uppercase().replace('-', "_");
            let why = Cause::ServiceVariable(service.to_owned());
            ["PORT", "SERVICE_HOST", "SERVICE_PORT"]
                .map(|name| (format!("{prefix}_{name}"), Err(why.clone())))
        });
        variables.collect()
    }

    /// Every key of an object as a variable.
    fn take_all(&self, source: &YamlNode, environment: &mut ProcessEnvironment) {
        let prefix = known_text(source.get("prefix")).unwrap_or_default();
        let (kind, reference) = match (source.get("configMapRef"), source.get("secretRef")) {
            (Some(reference), _) => ("ConfigMap", reference),
            (None, Some(reference)) => ("Secret", reference),
            (None, None) => return,
        };
        let root = match self.find_referred(kind, reference) {
            Ok(root) => root,
            Err(reason) => {
                environment.insert(ANY_OTHER.to_owned(), Err(reason));
                return;
            }
        };
        for field in ["data", "stringData"] {
            let data = root.get(field);
            if data.is_some_and(YamlNode::is_open) {
                environment.insert(ANY_OTHER.to_owned(), Err(template_reason()));
            }
            for entry in data.map(YamlNode::entries).unwrap_or_default() {
                let Some(key) = entry.key.as_str() else {
                    continue;
                };
                let value = match kind {
                    "Secret" => Err(from_secret(key, root)),
                    _ => plain(&entry.value),
                };
                if environment.len() >= MAX_VARIABLES {
                    environment.insert(ANY_OTHER.to_owned(), Err(Cause::FilledTooLong));
                    return;
                }
                environment.insert(format!("{prefix}{key}"), value);
            }
        }
    }

    fn value(
        &self,
        name: &str,
        entry: &YamlNode,
        environment: &ProcessEnvironment,
        budget: &FillBudget,
    ) -> Result<String, Cause> {
        if let Some(value) = entry.get("value") {
            let text = Excerpt::at_span(&plain(value)?, value.span);
            let filled = process_environment::substitute_references(&text, environment, budget);
            return filled.known_text().map(str::to_owned);
        }
        let Some(from) = entry.get("valueFrom") else {
            return if entry.is_open() {
                Err(template_reason())
            } else {
                Ok(String::new())
            };
        };
        if let Some(reference) = from.get("configMapKeyRef") {
            let root = self.find_referred("ConfigMap", reference)?;
            let key = known_text(reference.get("key")).unwrap_or_default();
            let node = root.get("data").and_then(|data| data.get(key));
            return node.map_or_else(|| Err(Cause::NoKey(key.to_owned())), plain);
        }
        let source = match from.get("secretKeyRef") {
            Some(reference) => {
                let name = known_text(reference.get("name")).unwrap_or("one that a template names");
                format!("the Secret {name}")
            }
            None => "the pod itself".to_owned(),
        };
        Err(Cause::VariableOf {
            name: name.to_owned(),
            source,
        })
    }

    /// The object that a reference names.
    fn find_referred(&self, kind: &str, reference: &YamlNode) -> Result<&YamlNode, Cause> {
        let name = reference.get("name");
        let name = name.filter(|name| name.as_str().is_some());
        let name = name.ok_or(Cause::Deployment("an object without a name is referred to"))?;
        let object = ObjectName {
            kind: kind.to_owned(),
            namespace: self.object.namespace.clone(),
            name: name.as_str().unwrap_or_default().to_owned(),
            templated: name.has_placeholder(),
        };
        self.context.objects.find(&object, reference.span.file)
    }
}

fn plain(node: &YamlNode) -> Result<String, Cause> {
    if node.has_placeholder() {
        return Err(template_reason());
    }
    let text = node.as_str().filter(|_| !node.is_null());
    Ok(text.unwrap_or_default().to_owned())
}

fn from_secret(key: &str, root: &YamlNode) -> Cause {
    let name = known_text(root.at("metadata.name")).unwrap_or_default();
    Cause::VariableOf {
        name: key.to_owned(),
        source: format!("the Secret {name}"),
    }
}
