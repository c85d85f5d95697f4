//! Charts by their values: which shape the values of a release have, and the servers that it deploys.
//!
//! The reader that finds values (a file, an Argo CD Application, a HelmRelease, Terraform) says which
//! chart they are for and which of them cannot be seen, and passes them to [`deploy`]. Values for a
//! chart with charts below it, or for an unknown one, are searched by [`deploy_by_signs`].

use crate::extract::chart_release::ChartRelease;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::pod_chart;
use crate::extract::scalar::first_entry;
use crate::extract::shape::{FieldContent, ShapeFields, ShapeOwner, ShapeReading, ValueVisibility};
use crate::facts::Cause;
use crate::facts::raw::{ObjectName, RawFacts, Uncertainty};
use crate::knowledge::shapes::ChartName;
use crate::knowledge::shapes::path::FieldPath;
use crate::knowledge::shapes::schema::{ChartMatch, DeploymentShape};
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

/// The servers of a release, if its chart is one that deploys servers. `false` where no shape fits.
pub fn deploy(
    release: &ChartRelease<'_>,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) -> bool {
    let Some((shape, guessed)) = shape_of(&release.chart, release.values, context) else {
        return pod_chart::read(release, context, raw);
    };
    let mut visibility = release.visibility.clone();
    if guessed && visibility.doubt.is_none() {
        visibility.doubt = Some(Uncertainty {
            reason: Cause::Release(
                "which chart the values are for is seen from their fields alone",
            ),
            all: false,
        });
    }
    let version = release.chart.version.as_deref();
    let is_key = |key: &str| release.values.get(key).is_some();
    let spelled = context.shapes.library.spelled(shape, version, is_key);
    let shape = spelled.unwrap_or(shape);
    let fields = ShapeFields::of_values(release.values, shape.defaults_of(version));
    let anchor = release.anchor.or_else(|| image_block(shape, &fields));
    let reading = ShapeReading {
        owner: ShapeOwner {
            object: release.object.clone(),
            anchor: anchor.unwrap_or_else(|| first_entry(release.values)),
            full_name: full_name(release),
            sample: release.sample,
        },
        shape,
        fields,
        visibility,
        other_release: find_other_release(shape, version),
        context,
    };
    match spelled {
        Some(_) => reading.read(raw),
        None => reading.read_unknown_release(raw),
    }
    true
}

/// Why a release may read fields that the one that the shape was read from does not.
fn find_other_release(shape: &DeploymentShape, version: Option<&str>) -> Option<Cause> {
    match shape.covers(version) {
        Some(true) => None,
        Some(false) => Some(Cause::Release(
            "this release of the chart may read other fields than those that are known",
        )),
        None => Some(Cause::Release(
            "which release of the chart reads the values is not known",
        )),
    }
}

/// Where a chart's own values say which image its first server runs.
fn image_block(shape: &DeploymentShape, fields: &ShapeFields<'_>) -> Option<Span> {
    let image = &shape.servers.first()?.image;
    let written = [&image.whole, &image.tag, &image.repository];
    let mut fields = written
        .into_iter()
        .flatten()
        .filter_map(|path| fields.nearest_block(path));
    fields.next()
}

/// The servers in the blocks of values whose chart brings others that cannot be seen: a block counts
/// where its key is the name of a chart and a field of a server stands in it.
pub fn deploy_by_signs(
    release: &ChartRelease<'_>,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) -> bool {
    let mut any = false;
    for entry in release.values.entries() {
        let Some(key) = entry.key.as_str().filter(|_| entry.value.is_map()) else {
            continue;
        };
        if by_signs(key, &entry.value, context).is_none() {
            continue;
        }
        let off = find_switch(&entry.value);
        let unseen =
            Cause::Release("the chart that brings it may set other values, and is not in the tree");
        let visibility = ValueVisibility {
            below: release.visibility.below.clone().or(Some(unseen)),
            ..release.visibility.clone()
        };
        let block = ChartRelease {
            object: ObjectName {
                name: match release.object.name.as_str() {
                    "" => key.to_owned(),
                    name => format!("{name}/{key}"),
                },
                ..release.object.clone()
            },
            anchor: Some(entry.key.span),
            chart: ChartName {
                name: key.to_owned(),
                ..ChartName::default()
            },
            values: &entry.value,
            release: None,
            sample: release.sample || off.is_some(),
            visibility: off.unwrap_or(visibility),
        };
        any |= deploy(&block, context, raw);
    }
    any
}

/// A block of which nothing is written but whether it is deployed.
pub fn holds_only_switch(block: &YamlNode) -> bool {
    let mut keys = block.entries().iter().map(|entry| entry.key.as_str());
    !block.may_grow() && keys.all(|key| key == Some(SWITCH))
}

const SWITCH: &str = "enabled";

/// A block that says that it is not deployed: what it holds may count elsewhere.
pub fn find_switch(block: &YamlNode) -> Option<ValueVisibility> {
    let off = block.get(SWITCH)?.as_bool() == Some(false);
    off.then(|| not_deployed(Cause::Release("its block says `enabled: false`")))
}

/// Values of a chart that they do not deploy.
pub fn not_deployed(reason: Cause) -> ValueVisibility {
    ValueVisibility {
        below: Some(reason.clone()),
        above: None,
        doubt: Some(Uncertainty { reason, all: true }),
    }
}

/// The shape of a chart, and whether it had to be seen from the values. A repository that is known to
/// publish the chart settles it; another one may be a mirror, so that the fields decide.
fn shape_of<'s>(
    chart: &ChartName,
    values: &YamlNode,
    context: &ManifestContext<'s>,
) -> Option<(&'s DeploymentShape, bool)> {
    if let Some(shape) = context.shapes.library.find_published(chart) {
        return Some((shape, false));
    }
    // Its fields may be spelled as those of a known chart and mean something else.
    let repository = chart.repository.as_deref().unwrap_or_default();
    if context.shapes.publishes_other_charts(repository) {
        return None;
    }
    by_signs(&chart.name, values, context).map(|shape| (shape, true))
}

/// The chart whose fields the values have: of that name if there is one, else one whose name the key
/// holds a part of (`redis-cache`, `redisQueue`).
fn by_signs<'s>(
    key: &str,
    values: &YamlNode,
    context: &ManifestContext<'s>,
) -> Option<&'s DeploymentShape> {
    let key = key.to_ascii_lowercase();
    let scored = context.shapes.library.charts().filter_map(|shape| {
        let chart = shape.chart.as_ref()?;
        let signs = signs(chart, values);
        let exact = chart.name == key;
        let near = exact || key.contains(first_word(&chart.name));
        (signs > 0 && near).then_some(((signs, exact), shape))
    });
    let mut scored: Vec<_> = scored.collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    match &scored[..] {
        [(best, _), (next, _), ..] if best == next => None,
        [(_, shape), ..] => Some(shape),
        [] => None,
    }
}

/// The word that the names of a product's charts begin with.
pub fn first_word(chart: &str) -> &str {
    chart.split('-').next().unwrap_or(chart)
}

/// How many of a chart's own fields are written.
fn signs(chart: &ChartMatch, values: &YamlNode) -> usize {
    let fields = ShapeFields::of_values(values, Vec::new());
    let written = |path: &&FieldPath| {
        matches!(
            fields.get(path),
            FieldContent::Written(_) | FieldContent::Hidden(_)
        )
    };
    chart.signs.iter().filter(written).count()
}

/// What the chart's objects are called: as charts do it by custom, with the release's name before the
/// chart's unless it holds it already.
fn full_name(release: &ChartRelease<'_>) -> Option<String> {
    let said = |key: &str| {
        let node = release
            .values
            .get(key)
            .filter(|node| !node.has_placeholder());
        node.and_then(YamlNode::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    };
    if let Some(name) = said("fullnameOverride") {
        return Some(name);
    }
    let name = said("nameOverride").unwrap_or_else(|| release.chart.name.clone());
    let release = release.release.as_deref()?;
    Some(if release.contains(&name) {
        release.to_owned()
    } else {
        format!("{release}-{name}")
    })
}
