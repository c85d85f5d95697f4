//! What a client may be: the libraries, versions and kinds that the code leaves open. A fact holds
//! only if it holds for all of them.

use std::collections::BTreeMap;

use crate::facts::raw::{ConstValue, OptionWrite, RawClient, RawModule, VersionPin};
use crate::facts::words::ClientKind;
use crate::knowledge::clients::model::{
    ClientModel, Constructor, OptionCondition, OptionTest, VersionRanged,
};
use crate::knowledge::clients::rust::RustValue;
use crate::knowledge::clients::version::LibraryVersion;
use crate::knowledge::clients::{ClientModels, LibraryModel};

/// One way in which the client may be meant.
pub(super) struct ModelCandidate<'a> {
    pub(super) library: &'a LibraryModel,
    pub(super) model: &'a ClientModel,
    pub(super) constructor: &'a Constructor,
    pub(super) version: LibraryVersion,
    /// The types whose defaults and special figures hold, nearest first.
    pub(super) lineage: Vec<&'a str>,
    pub(super) kind: ClientKind,
    /// The releases of other crates that some rows count.
    pub(super) others: BTreeMap<&'a str, LibraryVersion>,
}

impl ModelCandidate<'_> {
    /// The release that the rows of a crate are read by.
    pub(super) fn version_of(&self, krate: Option<&str>) -> LibraryVersion {
        let other = krate.and_then(|krate| self.others.get(krate));
        other.copied().unwrap_or(self.version)
    }
}

/// What decides between candidates: named when they disagree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UndecidedBy {
    Nothing,
    Library,
    Version,
    Kind,
}

/// The version that the module file nearest above a folder pins.
pub(super) fn pin<'a>(
    client: &RawClient,
    library: &LibraryModel,
    modules: &'a [RawModule],
) -> Option<&'a VersionPin> {
    let nearest = RawModule::nearest_above(modules, client.language, &client.dir)?;
    let imported = library.client_packages().filter(|package| {
        let path = client.package.as_deref();
        path.is_none_or(|path| package.import_path == path)
    });
    let mut keys = imported.filter_map(|package| package.manifest_key.as_deref());
    keys.find_map(|key| nearest.requires.get(key))
}

/// The release that is pinned, as it is written.
pub(super) fn parse_release(pin: &VersionPin) -> Option<LibraryVersion> {
    let version = pin.version.as_ref().ok()?;
    Some(LibraryVersion::parse(version)?.as_released())
}

/// The pinned version, where it is one that the model covers.
pub(super) fn find_pinned(
    library: &LibraryModel,
    pin: Option<&VersionPin>,
) -> Option<LibraryVersion> {
    let version = library.read_as(parse_release(pin?)?);
    let client = &library.head.client;
    (client.since <= version && version < client.until).then_some(version)
}

/// Everything that the client may be.
pub(super) fn candidates<'a>(
    client: &RawClient,
    modules: &[RawModule],
    models: &'a ClientModels,
) -> Vec<ModelCandidate<'a>> {
    let mut found = Vec::new();
    for id in &client.libraries {
        let Some(library) = models.get(id) else {
            continue;
        };
        let Some(model) = library.model() else {
            continue;
        };
        let Some(constructor) = model.constructor(&client.constructor) else {
            continue;
        };
        let pinned = find_pinned(library, pin(client, library, modules));
        let versions = match pinned {
            Some(version) => vec![version],
            None => within(
                plausible(client, model, constructor),
                bounds(pin(client, library, modules)),
            ),
        };
        for version in versions {
            let others = others(client, model, modules, version, pinned.is_some());
            for (kind, defaults) in outcomes(client, model, constructor, version) {
                found.extend(others.iter().map(|others| ModelCandidate {
                    library,
                    model,
                    constructor,
                    version,
                    lineage: lineage(model, client, defaults),
                    kind,
                    others: others.clone(),
                }));
            }
        }
    }
    found
}

/// Of starts of stretches those in which a release between the bounds of a requirement lies.
fn within(
    points: Vec<LibraryVersion>,
    bounds: Option<(LibraryVersion, LibraryVersion)>,
) -> Vec<LibraryVersion> {
    let Some((since, until)) = bounds else {
        return points;
    };
    let starts = points.iter().copied();
    let ends = points.iter().skip(1).copied().map(Some).chain([None]);
    let fitting: Vec<LibraryVersion> = starts
        .zip(ends)
        .filter(|(start, end)| *start < until && end.is_none_or(|end| since < end))
        .map(|(start, _)| start.max(since))
        .collect();
    if fitting.is_empty() { points } else { fitting }
}

/// The releases of other crates that may be in use beside this one.
fn others<'a>(
    client: &RawClient,
    model: &'a ClientModel,
    modules: &[RawModule],
    version: LibraryVersion,
    pinned: bool,
) -> Vec<BTreeMap<&'a str, LibraryVersion>> {
    let mut all = vec![BTreeMap::new()];
    for (krate, points) in model.other_crates() {
        let pin = RawModule::nearest_above(modules, client.language, &client.dir)
            .and_then(|module| module.requires.get(krate));
        let known = pin.and_then(|pin| LibraryVersion::parse(pin.version.as_ref().ok()?));
        let versions = match known {
            Some(version) => vec![version.as_released()],
            None => {
                let points = within(points.into_iter().collect(), bounds(pin));
                within(
                    points,
                    pinned.then(|| model.find_carried(krate, version)).flatten(),
                )
            }
        };
        all = all
            .into_iter()
            .flat_map(|before| {
                versions.iter().map(move |version| {
                    let mut with = before.clone();
                    with.insert(krate, *version);
                    with
                })
            })
            .collect();
    }
    all
}

/// Between which releases a requirement lies.
fn bounds(pin: Option<&VersionPin>) -> Option<(LibraryVersion, LibraryVersion)> {
    let bounds = pin?.bounds.as_ref()?;
    Some((
        LibraryVersion::parse(&bounds.since)?,
        LibraryVersion::parse(&bounds.until)?,
    ))
}

/// The versions in which all names that the code uses exist; all of them if there is none.
fn plausible(
    client: &RawClient,
    model: &ClientModel,
    constructor: &Constructor,
) -> Vec<LibraryVersion> {
    let all = model.turning_points();
    let exists = |version: &LibraryVersion| {
        constructor.range().contains(*version)
            && client
                .writes
                .iter()
                .all(|write| has(model, client, write, *version))
    };
    let fitting: Vec<_> = all.iter().copied().filter(exists).collect();
    if fitting.is_empty() { all } else { fitting }
}

fn has(
    model: &ClientModel,
    client: &RawClient,
    write: &OptionWrite,
    version: LibraryVersion,
) -> bool {
    let types = model.types(&client.option_type);
    let Some(option) = model.option_named(&client.option_type, &write.ident) else {
        return true;
    };
    option.names.iter().any(|name| {
        name.ident == write.ident
            && name.on.iter().any(|on| types.contains(&on.as_str()))
            && name.range().contains(version)
            && takes(name.rust_value, write)
    })
}

/// The types whose rows hold: that whose defaults hold, and what the client's own type carries.
fn lineage<'a>(model: &'a ClientModel, client: &RawClient, defaults: &'a str) -> Vec<&'a str> {
    let mut line = model.lineage(defaults);
    let own = model
        .option_type
        .iter()
        .find(|t| t.name == client.option_type);
    line.extend(own.into_iter().flat_map(|t| &t.carries).map(String::as_str));
    line
}

/// Whether a name of this form takes what is written: the optional type tells releases apart.
fn takes(form: Option<RustValue>, write: &OptionWrite) -> bool {
    match (form, write.wrapped) {
        (Some(RustValue::Wrapped), Some(wrapped)) => wrapped,
        (Some(RustValue::Plain | RustValue::Milliseconds), Some(wrapped)) => !wrapped,
        _ => true,
    }
}

/// The kinds that a constructor may give in this version, each with the type whose defaults hold.
fn outcomes<'a>(
    client: &RawClient,
    model: &'a ClientModel,
    constructor: &'a Constructor,
    version: LibraryVersion,
) -> Vec<(ClientKind, &'a str)> {
    let declared = model
        .option_type
        .iter()
        .find(|t| t.name == client.option_type);
    let given = declared.filter(|_| !constructor.alternatives.is_empty());
    let (kind, taken) = match given {
        Some(given) => (given.kind, &given.name),
        None => (constructor.kind, &constructor.option_type),
    };
    let own = constructor.defaults_as.as_ref().unwrap_or(taken);
    let resolution = model
        .resolution
        .iter()
        .find(|r| r.option_type == *taken && r.range().contains(version));
    let Some(resolution) = resolution else {
        return vec![(kind, own)];
    };
    let mut possible = Vec::new();
    for rule in &resolution.rules {
        let answers: Vec<_> = rule.when.iter().map(|c| holds(c, client, model)).collect();
        if answers.contains(&Some(false)) {
            continue;
        }
        let outcome = (
            rule.kind,
            rule.defaults_as.as_ref().unwrap_or(&rule.then).as_str(),
        );
        if !possible.contains(&outcome) {
            possible.push(outcome);
        }
        if answers.iter().all(|answer| *answer == Some(true)) {
            break;
        }
    }
    possible
}

/// Whether a condition on an option holds, as far as the code says.
fn holds(condition: &OptionCondition, client: &RawClient, model: &ClientModel) -> Option<bool> {
    let is_it = |write: &&OptionWrite| {
        let option = model.option_named(&client.option_type, &write.ident);
        option.is_some_and(|o| o.key == condition.option)
    };
    let Some(write) = client.writes.iter().find(is_it) else {
        let seen = client.rest_unknown.is_none() && client.source.is_none();
        return seen.then_some(false);
    };
    if write.conditional {
        return None;
    }
    match (&write.value, condition.is) {
        (ConstValue::Unknown(_) | ConstValue::Fallback(_), _) => None,
        (ConstValue::List(items), OptionTest::Many) => Some(items.len() > 1),
        (ConstValue::Bool(value), OptionTest::True) => Some(*value),
        (ConstValue::Text(text), OptionTest::Set) => Some(!text.is_empty()),
        (_, OptionTest::Set) => None,
        _ => Some(false),
    }
}

/// The package whose release is open: the library, or one that it is built with.
pub(super) fn find_open_package<'a>(candidates: &[ModelCandidate<'a>]) -> Option<&'a str> {
    let first = candidates.first()?;
    // Releases of other packages count only where that of the library is known.
    let same_version = candidates.iter().all(|c| c.version == first.version);
    let open = first.others.iter().find(|(package, version)| {
        let differs = |c: &ModelCandidate<'_>| c.others.get(*package) != Some(*version);
        same_version && candidates.iter().any(differs)
    });
    Some(open.map_or(first.library.name(), |(package, _)| *package))
}

/// What the candidates leave open.
pub(super) fn open(candidates: &[ModelCandidate<'_>]) -> UndecidedBy {
    let Some(first) = candidates.first() else {
        return UndecidedBy::Library;
    };
    if candidates
        .iter()
        .any(|c| c.library.id() != first.library.id())
    {
        UndecidedBy::Library
    } else if candidates
        .iter()
        .any(|c| c.version != first.version || c.others != first.others)
    {
        UndecidedBy::Version
    } else if candidates.len() > 1 {
        UndecidedBy::Kind
    } else {
        UndecidedBy::Nothing
    }
}
