//! Resources that have a chart deployed with values of their own: Argo CD's Application and
//! ApplicationSet, Flux's HelmRelease.

use crate::extract::chart::{deploy, deploy_by_signs};
use crate::extract::chart_release::ChartRelease;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::object_name::object_name;
use crate::extract::scalar::{known_text, object_anchor};
use crate::extract::shape::ValueVisibility;
use crate::facts::Cause;
use crate::facts::raw::{ObjectName, RawFacts};
use crate::knowledge::shapes::{ChartName, ReleaseForm};
use crate::source::path;
use crate::syntax::yaml::{self, YamlNode};

/// Reads the resource if it deploys a chart.
pub fn read(root: &YamlNode, kind: &str, context: &ManifestContext<'_>, raw: &mut RawFacts) {
    let api = known_text(root.get("apiVersion")).unwrap_or_default();
    let group = api.split('/').next().unwrap_or_default();
    let Some(shape) = context.shapes.release(group, kind) else {
        return;
    };
    let Some(spec) = root.at(&shape.spec) else {
        return;
    };
    match shape.form {
        ReleaseForm::Sources => argo(root, spec, kind, context, raw),
        ReleaseForm::Values => flux(root, spec, kind, context, raw),
    }
}

/// An Application has one source or several; each may be a chart.
fn argo(
    root: &YamlNode,
    spec: &YamlNode,
    kind: &str,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) {
    let Some(object) = object_name(root, kind) else {
        return;
    };
    let several = spec.get("sources").map(YamlNode::items).unwrap_or_default();
    for source in spec.get("source").into_iter().chain(several) {
        let object = ObjectName {
            namespace: known_text(spec.at("destination.namespace")).map(str::to_owned),
            ..object.clone()
        };
        argo_source(source, object, object_anchor(root), context, raw);
    }
}

fn argo_source(
    source: &YamlNode,
    object: ObjectName,
    anchor: crate::source::Span,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) {
    let Some(helm) = source.get("helm") else {
        return;
    };
    let Some(values) = argo_values(helm) else {
        return;
    };
    let text = |key: &str| known_text(source.get(key)).map(str::to_owned);
    let files = helm
        .get("valueFiles")
        .is_some_and(|files| !files.items().is_empty());
    let chart = ChartName {
        name: text("chart").unwrap_or_default(),
        repository: text("repoURL"),
        version: text("targetRevision"),
    };
    let below = if chart.name.is_empty() {
        Some("the values of the chart in the application's repository are not visible")
    } else {
        files.then_some("the application's valueFiles are not followed")
    };
    let release = ChartRelease {
        sample: false,
        release: known_text(helm.get("releaseName"))
            .map(str::to_owned)
            .or_else(|| Some(object.name.clone()).filter(|_| !object.templated)),
        object,
        anchor: Some(anchor),
        chart,
        values: &values,
        visibility: ValueVisibility {
            above: find_unfollowed(helm),
            ..hide_below(below)
        },
    };
    deploy_any(release, context, raw);
}

/// A parameter that leads into a list, or whose name a template writes, may say anything of the values.
fn find_unfollowed(helm: &YamlNode) -> Option<Cause> {
    let parameters = helm.get("parameters")?;
    let followed = |parameter: &YamlNode| {
        let value = parameter.get("value");
        known_text(parameter.get("name"))
            .is_some_and(|n| value.is_some_and(|v| v.find_nested(n).is_some()))
    };
    let all = !parameters.is_open() && parameters.items().iter().all(followed);
    (!all).then_some(Cause::Release(
        "some of the application's parameters are not followed",
    ))
}

/// Parameters over `valuesObject` over `values`, which `valuesObject` replaces whole.
fn argo_values(helm: &YamlNode) -> Option<YamlNode> {
    let written = match helm.get("valuesObject") {
        Some(object) => Some(object.clone()),
        None => helm.get("values").and_then(embedded),
    };
    let parameters = helm
        .get("parameters")
        .map(YamlNode::items)
        .unwrap_or_default();
    let nested = parameters.iter().filter_map(|parameter| {
        let name = known_text(parameter.get("name"))?;
        parameter.get("value")?.find_nested(name)
    });
    nested.fold(written, |below, over| {
        Some(below.map_or_else(|| over.clone(), |below| below.overlaid(&over)))
    })
}

/// A text of YAML in a field.
fn embedded(node: &YamlNode) -> Option<YamlNode> {
    let stream = yaml::parse(node.scalar()?.value());
    stream
        .documents
        .into_iter()
        .next()
        .map(|document| document.root)
}

fn flux(
    root: &YamlNode,
    spec: &YamlNode,
    kind: &str,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) {
    let Some(object) = object_name(root, kind) else {
        return;
    };
    let Some(values) = spec.get("values") else {
        return;
    };
    let text = |path: &str| known_text(spec.at(path)).map(str::to_owned);
    let chart = read_flux_chart(spec, &object, context);
    let from = spec
        .get("valuesFrom")
        .is_some_and(|from| !from.items().is_empty());
    let target = text("targetNamespace");
    let release = text("releaseName").or_else(|| {
        let name = Some(&object.name).filter(|_| !object.templated)?;
        Some(match &target {
            Some(namespace) => format!("{namespace}-{name}"),
            None => name.clone(),
        })
    });
    let release = ChartRelease {
        object: ObjectName {
            namespace: target.or(object.namespace),
            ..object
        },
        anchor: Some(object_anchor(root)),
        chart,
        values,
        release,
        sample: false,
        visibility: hide_below(from.then_some("the values of spec.valuesFrom are not visible")),
    };
    deploy_any(release, context, raw);
}

/// The chart of a HelmRelease: named in its own words, or by the repository that holds nothing else.
fn read_flux_chart(
    spec: &YamlNode,
    object: &ObjectName,
    context: &ManifestContext<'_>,
) -> ChartName {
    let text = |path: &str| known_text(spec.at(path)).map(str::to_owned);
    if let Some(reference) = spec.get("chartRef") {
        let found = find_source(reference, object, context);
        let url = found.and_then(|source| known_text(source.at("spec.url")));
        let named = url.map(|url| path::name(url).to_owned());
        let version = found.and_then(|source| known_text(source.at("spec.ref.tag")));
        return ChartName {
            name: named.or_else(|| text("chartRef.name")).unwrap_or_default(),
            repository: url.map(str::to_owned),
            version: version.map(str::to_owned),
        };
    }
    let source = spec.at("chart.spec.sourceRef");
    let found = source.and_then(|reference| find_source(reference, object, context));
    let url = found.and_then(|source| known_text(source.at("spec.url")));
    ChartName {
        name: text("chart.spec.chart").unwrap_or_default(),
        // Without its address the name of a repository still tells whose it is, as a rule.
        repository: url
            .map(str::to_owned)
            .or_else(|| text("chart.spec.sourceRef.name")),
        version: text("chart.spec.version"),
    }
}

/// The repository that a release names, if the tree has it.
fn find_source<'o>(
    reference: &YamlNode,
    object: &ObjectName,
    context: &ManifestContext<'o>,
) -> Option<&'o YamlNode> {
    let namespace = known_text(reference.get("namespace")).map(str::to_owned);
    let wanted = ObjectName {
        kind: known_text(reference.get("kind"))?.to_owned(),
        namespace: namespace.or_else(|| object.namespace.clone()),
        name: known_text(reference.get("name"))?.to_owned(),
        templated: false,
    };
    context.objects.find(&wanted, reference.span.file).ok()
}

fn hide_below(why: Option<&'static str>) -> ValueVisibility {
    ValueVisibility {
        below: why.map(Cause::Release),
        ..ValueVisibility::default()
    }
}

/// The chart itself, else the charts that it brings: their values under the chart's own cannot be seen.
fn deploy_any(mut release: ChartRelease<'_>, context: &ManifestContext<'_>, raw: &mut RawFacts) {
    if deploy(&release, context, raw) {
        return;
    }
    let name = &release.chart.name;
    let below = &mut release.visibility.below;
    below.get_or_insert(Cause::ChartValues(name.clone()));
    deploy_by_signs(&release, context, raw);
}
