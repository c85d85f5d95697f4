//! Resources that have a chart deployed with values of their own: Argo CD's Application and
//! ApplicationSet, Flux's HelmRelease.

use crate::extract::chart::{deploy, deploy_by_signs};
use crate::extract::chart_release::ChartRelease;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::object_name::object_name;
use crate::extract::scalar::{known_text, object_anchor};
use crate::extract::value_layers::ValueLayers;
use crate::facts::Cause;
use crate::facts::raw::{ObjectName, RawFacts};
use crate::knowledge::shapes::{ChartName, DeploymentShapes, ReleaseForm};
use crate::source::{Excerpt, Span, path};
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
    for source in ArgoSource::all_of(spec) {
        let object = ObjectName {
            namespace: known_text(spec.at("destination.namespace")).map(str::to_owned),
            ..object.clone()
        };
        source.read(object, object_anchor(root), context, raw);
    }
}

/// The files of values that Applications give to charts from elsewhere: they count there.
pub fn list_given_values(root: &YamlNode, shapes: &DeploymentShapes) -> Vec<String> {
    let api = known_text(root.get("apiVersion")).unwrap_or_default();
    let group = api.split('/').next().unwrap_or_default();
    let kind = known_text(root.get("kind")).unwrap_or_default();
    let release = shapes.release(group, kind);
    let sources = release.filter(|shape| shape.form == ReleaseForm::Sources);
    let spec = sources.and_then(|shape| root.at(&shape.spec));
    let sources = spec.into_iter().flat_map(ArgoSource::all_of);
    let files = sources.flat_map(|source| source.list_value_files());
    files.flatten().collect()
}

/// The field that names files of values.
pub const VALUE_FILES: &str = "valueFiles";
/// What begins the path of a file in another source of the Application.
const REFERENCE: char = '$';

/// One source of an Application that is deployed by Helm.
struct ArgoSource<'n> {
    source: &'n YamlNode,
    /// What Helm is given, where it is given anything.
    helm: Option<&'n YamlNode>,
    /// The names of sources that only hold files for others.
    references: Vec<&'n str>,
}

impl<'n> ArgoSource<'n> {
    fn all_of(spec: &'n YamlNode) -> Vec<Self> {
        let several = spec.get("sources").map(YamlNode::items).unwrap_or_default();
        let references = several
            .iter()
            .filter_map(|source| known_text(source.get("ref")));
        let references: Vec<&str> = references.collect();
        let all = spec.get("source").into_iter().chain(several);
        let all = all.filter(|source| source.get("chart").or(source.get("helm")).is_some());
        all.map(|source| Self {
            source,
            helm: source.get("helm"),
            references: references.clone(),
        })
        .collect()
    }

    fn read(
        &self,
        object: ObjectName,
        anchor: Span,
        context: &ManifestContext<'_>,
        raw: &mut RawFacts,
    ) {
        let text = |key: &str| known_text(self.source.get(key)).map(str::to_owned);
        let chart = ChartName {
            name: text("chart").unwrap_or_default(),
            repository: text("repoURL"),
            version: text("targetRevision"),
        };
        let mut layers = ValueLayers::default();
        if chart.name.is_empty() {
            let why = "the values of the chart in the application's repository are not visible";
            layers.lay_unseen(Cause::Release(why));
        }
        for file in self.list_value_files() {
            let values = file.and_then(|path| read_values(context.files.text(&path)?));
            match values {
                Some(values) => layers.lay(values),
                None => {
                    let why = "one of the application's valueFiles was not read";
                    layers.lay_unseen(Cause::Release(why));
                }
            }
        }
        if let Some(values) = self.helm.and_then(argo_values) {
            layers.lay(values);
        }
        if let Some(why) = self.helm.and_then(find_unfollowed) {
            layers.lay_unseen(why);
        }
        let (values, visibility) = layers.finish_over(self.source.span);
        let name = known_text(self.helm.and_then(|helm| helm.get("releaseName")));
        let name = name.map(str::to_owned);
        let release = ChartRelease {
            sample: false,
            release: name.or_else(|| Some(object.name.clone()).filter(|_| !object.templated)),
            object,
            anchor: Some(anchor),
            chart,
            values: &values,
            visibility,
        };
        deploy_any(release, context, raw);
    }

    /// The paths of `valueFiles` in the tree, in order; none for a file that comes with the chart or that
    /// a template names. The repository of another source is this one where it holds the file.
    fn list_value_files(&self) -> Vec<Option<String>> {
        let files = self.helm.and_then(|helm| helm.get(VALUE_FILES));
        let files = files.map(YamlNode::items);
        let path_of = |file: &YamlNode| {
            let (reference, path) = known_text(Some(file))?
                .strip_prefix(REFERENCE)?
                .split_once('/')?;
            let is_known = !file.has_placeholder() && self.references.contains(&reference);
            is_known.then(|| path::resolve("", path)).flatten()
        };
        files.unwrap_or_default().iter().map(path_of).collect()
    }
}

/// The first document of a file of values.
fn read_values(text: &Excerpt) -> Option<YamlNode> {
    let first = yaml::parse(text).documents.into_iter().next()?;
    Some(first.root).filter(YamlNode::is_map)
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
    let text = |path: &str| known_text(spec.at(path)).map(str::to_owned);
    let chart = read_flux_chart(spec, &object, context);
    let mut layers = ValueLayers::default();
    let from = spec.get("valuesFrom").map(YamlNode::items);
    for reference in from.unwrap_or_default() {
        match read_referred_values(reference, &object, context) {
            Some(values) => layers.lay(values),
            None => {
                let why = "some of the values of spec.valuesFrom are not visible";
                layers.lay_unseen(Cause::Release(why));
            }
        }
    }
    if let Some(values) = spec.get("values") {
        layers.lay(values.clone());
    }
    let (values, visibility) = layers.finish_over(spec.span);
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
        values: &values,
        release,
        sample: false,
        visibility,
    };
    deploy_any(release, context, raw);
}

/// The key under which a ConfigMap or Secret holds values, unless another one is named.
const VALUES_KEY: &str = "values.yaml";

/// The values in a ConfigMap of the tree: all that a key holds, or one value at a path.
fn read_referred_values(
    reference: &YamlNode,
    object: &ObjectName,
    context: &ManifestContext<'_>,
) -> Option<YamlNode> {
    let holder = find_source(reference, object, context)?;
    let key = known_text(reference.get("valuesKey")).unwrap_or(VALUES_KEY);
    let held = holder.get("data")?.get(key)?;
    match reference.get("targetPath") {
        None => embedded(held).filter(YamlNode::is_map),
        Some(path) => held.find_nested(known_text(Some(path))?),
    }
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

/// The object that a release names, if the tree has it.
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
