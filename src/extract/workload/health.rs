//! What a pod says of its life besides the server's own configuration: probes, quality of service, how
//! a change of its configuration reaches it, and what the container may write.

use std::collections::BTreeMap;

use crate::extract::scalar::{first_entry, known_text, raw_scalar, template_reason};
use crate::extract::workload::PodSpec;
use crate::facts::deployment::DeploymentQuantity;
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::RawScalar;
use crate::facts::words::{RolloutTrigger, ServiceQuality};
use crate::facts::{Cause, Datum, EditTarget};
use crate::syntax::yaml::{MappingEntry, YamlNode};

/// The kind whose pods take each other's place.
const DEPLOYMENT: &str = "Deployment";

impl PodSpec<'_> {
    /// What holds for a container of a pod.
    pub(super) fn health(
        &self,
        container: &YamlNode,
    ) -> BTreeMap<ServerFact, Result<Datum, Cause>> {
        let probe = |field: &str| has(container, field).map(Datum::Bool);
        let read_only = container.at("securityContext.readOnlyRootFilesystem");
        let read_only = match read_only {
            Some(node) if node.has_placeholder() => Err(template_reason()),
            Some(node) => Ok(node.as_bool() == Some(true)),
            None if container.is_open() => Err(template_reason()),
            None => Ok(false),
        };
        let quality = self.shared.quality.get_or_init(|| self.quality()).clone();
        let mut health = BTreeMap::from([
            (ServerFact::ProbesLiveness, probe("livenessProbe")),
            (ServerFact::ProbesReadiness, probe("readinessProbe")),
            (ServerFact::ProbesStartup, probe("startupProbe")),
            (ServerFact::FilesystemReadOnly, read_only.map(Datum::Bool)),
            (ServerFact::Qos, quality.map(Datum::from)),
        ]);
        health.insert(
            ServerFact::UpdateOverlaps,
            self.update_overlaps().map(Datum::Bool),
        );
        let rollout = self.shared.rollout.get_or_init(|| self.rollout());
        if let Some(how) = rollout.clone() {
            health.insert(ServerFact::Rollout, how.map(Datum::from));
        }
        health
    }

    /// Whether an update starts a new pod before the old one has ended: the way of a Deployment unless
    /// it says otherwise (kubernetes.io, Deployments, `maxSurge` 25 %).
    fn update_overlaps(&self) -> Result<bool, Cause> {
        if self.object.kind != DEPLOYMENT {
            return Ok(false);
        }
        let spec = self.root.get("spec");
        if spec.is_none_or(YamlNode::is_open) {
            return Err(template_reason());
        }
        let strategy = self.root.at("spec.strategy");
        if strategy.is_some_and(|node| node.is_open() || node.has_placeholder()) {
            return Err(template_reason());
        }
        let of = |path: &str| known_text(strategy.and_then(|strategy| strategy.at(path)));
        let waits = matches!(of("rollingUpdate.maxSurge"), Some("0" | "0%"));
        Ok(of("type") != Some("Recreate") && !waits)
    }

    /// How long the liveness probe lets the server start: its delay, and how long it then bears
    /// failures.
    pub(super) fn patience(&self, container: &YamlNode) -> BTreeMap<DeploymentQuantity, RawScalar> {
        let Some(probe) = container.get("livenessProbe").filter(|p| p.is_map()) else {
            return BTreeMap::new();
        };
        let at =
            |node: Option<&YamlNode>| node.map_or_else(|| first_entry(probe), |node| node.span);
        let number = |field: &str, default: f64| -> Result<f64, Cause> {
            match probe.get(field) {
                None if probe.is_open() => Err(template_reason()),
                None => Ok(default),
                Some(node) => {
                    let text = raw_scalar(node).text?;
                    let number = text.parse::<f64>().ok();
                    number.ok_or_else(|| Cause::Named {
                        name: field.to_owned(),
                        fact: "is not a number",
                    })
                }
            }
        };
        // Kubernetes' own defaults.
        let delay = number("initialDelaySeconds", 0.0);
        let bears = number("periodSeconds", 10.0)
            .and_then(|period| Ok(period * number("failureThreshold", 3.0)?));
        let figure = |text: Result<f64, Cause>, span| RawScalar {
            text: text.map(|number| number.to_string()),
            span,
            slot: EditTarget::None,
        };
        let delay = figure(delay, at(probe.get("initialDelaySeconds")));
        let bears = figure(bears, first_entry(probe));
        BTreeMap::from([
            (DeploymentQuantity::ProbesDelay, delay),
            (DeploymentQuantity::ProbesPatience, bears),
        ])
    }

    /// The pod's quality of service, as the kubelet works it out.
    fn quality(&self) -> Result<ServiceQuality, Cause> {
        let lists = ["containers", "initContainers"].map(|list| self.spec.get(list));
        if self.spec.is_open() || lists.iter().flatten().any(|list| list.has_placeholder()) {
            return Err(template_reason());
        }
        let containers = lists.iter().flatten().flat_map(|list| list.items());
        let (mut any, mut all) = (false, true);
        for container in containers {
            for resource in ["cpu", "memory"] {
                let of =
                    |kind: &str| known_text(container.at("resources")?.get(kind)?.get(resource));
                let (limit, request) = (of("limits"), of("requests"));
                any |= limit.is_some() || request.is_some();
                all &= limit.is_some() && request.is_none_or(|request| Some(request) == limit);
            }
        }
        Ok(match (any, all) {
            (_, true) => ServiceQuality::Guaranteed,
            (true, false) => ServiceQuality::Burstable,
            (false, false) => ServiceQuality::BestEffort,
        })
    }

    /// What starts the pods anew when a ConfigMap changes; nothing for pods that are made once.
    fn rollout(&self) -> Option<Result<RolloutTrigger, Cause>> {
        let workload = self.shapes.workload(&self.object.kind);
        if !workload.is_some_and(|workload| workload.lasting) {
            return None;
        }
        let pods = self.root.at("spec.template.metadata");
        let own = self.root.get("metadata");
        let annotations = |metadata: Option<&YamlNode>| -> Vec<MappingEntry> {
            let node = metadata.and_then(|metadata| metadata.get("annotations"));
            node.map(YamlNode::entries).unwrap_or_default().to_vec()
        };
        let named = |entries: &[MappingEntry], patterns: &dyn Fn(&str) -> bool| {
            let keys = entries.iter().filter_map(|entry| entry.key.as_str());
            keys.into_iter().any(patterns)
        };
        let (on_pods, on_object) = (annotations(pods), annotations(own));
        if named(&on_pods, &|key| self.shapes.is_checksum(key)) {
            return Some(Ok(RolloutTrigger::Checksum));
        }
        let watches = |key: &str| self.shapes.is_reloader(key);
        let sidecar = self.containers().filter_map(|c| known_text(c.get("image")));
        let mut sidecar = sidecar.map(crate::knowledge::shapes::ImageReference::parse);
        if named(&on_object, &watches)
            || named(&on_pods, &watches)
            || sidecar.any(|image| self.shapes.is_reload_sidecar(&image))
        {
            return Some(Ok(RolloutTrigger::Reloader));
        }
        let open = |node: Option<&YamlNode>| {
            let annotations = node.and_then(|node| node.get("annotations"));
            node.is_some_and(YamlNode::is_open)
                || annotations.is_some_and(|a| a.is_open() || a.scalar().is_some())
        };
        let template = self.root.at("spec.template");
        let open = open(pods) || open(own) || open(template) || self.fragment_of_pods();
        Some(if open {
            Err(Cause::Deployment("annotations may be set elsewhere"))
        } else {
            Ok(RolloutTrigger::None)
        })
    }

    /// A part of a workload may be patched onto one with annotations.
    fn fragment_of_pods(&self) -> bool {
        self.root.get("spec").is_none_or(YamlNode::is_open)
    }
}

/// Whether a field is there; where a template may add it, it is not known.
fn has(container: &YamlNode, field: &str) -> Result<bool, Cause> {
    if container.may_grow() || container.is_open() && container.get(field).is_some() {
        // It may stand in a condition.
        return Err(template_reason());
    }
    match container.get(field) {
        Some(node) if node.is_null() => Ok(false),
        Some(node) if node.scalar().is_some() && node.has_placeholder() => Err(template_reason()),
        Some(_) => Ok(true),
        None => Ok(false),
    }
}
