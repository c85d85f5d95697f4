//! Raw clients to subjects: library, version and kind, and every option with its effective value.
//!
//! Where the code leaves open which library, version or kind a client is of, a fact is known only if
//! it is the same for all of them. A client's hosts need no resolving: [`RawClient::hosts`] holds
//! what the code says, for `link`.
//!
//! How a value stands: written ones are *set*; the zero value of a field is *default*, not written,
//! but stands where it was written, with [`Meaning::Replaced`](crate::facts::Meaning); so does a
//! figure that the library replaces, which counts as written. What a URL that cannot be seen could
//! set is unknown and *not seen*.

mod candidate;
mod connection;
mod datum;
mod faults;
mod options;
mod url;

pub(in crate::resolve) use url::ConnectionUrl;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::estate::{Subject, SubjectKind};
use crate::facts::fact_path::{ClientFact, FactPath};
use crate::facts::raw::{
    ConstValue, ErrorHandling, OptionWrite, RawClient, RawFacts, RawModule, SourceLanguage,
};
use crate::facts::value::{Datum, Explicitness, FactValue, Strength, ValueState};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::clients::model::OptionModel;
use crate::knowledge::clients::rust::RustValue;
use crate::knowledge::clients::version::LibraryVersion;
use crate::knowledge::languages;
use crate::resolve::process::ProcessorCount;
use candidate::{ModelCandidate, UndecidedBy};
use options::ResolvedOption;

/// Where a client's code stands, in the words that its subject is named with.
#[derive(Clone, Debug)]
pub struct ClientLocation {
    /// The file's path relative to the root.
    pub path: String,
    /// What the subject's name starts with: the path, or `README.md#2` for a snippet.
    pub name_prefix: String,
}

/// The subjects of all raw clients, in their order, each on its machine as far as that is known.
pub fn resolve(
    raw: &RawFacts,
    models: &ClientModels,
    machines: &[ProcessorCount<'_>],
    place: impl Fn(&RawClient) -> ClientLocation,
) -> Vec<Subject> {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    let unseen = ProcessorCount::unknown();
    let subjects = raw.clients.iter().enumerate().map(|(index, client)| {
        let machine = machines.get(index).unwrap_or(&unseen);
        let place = place(client);
        let base = match &client.function {
            Some(function) => format!("{}:{function}", place.name_prefix),
            None => place.name_prefix,
        };
        let count = named.entry(base.clone()).or_default();
        *count += 1;
        let name = match *count {
            1 => base,
            count => format!("{base}/{count}"),
        };
        let mut subject = Subject::new(SubjectKind::Client, name, place.path, client.anchor);
        put_facts(&mut subject, client, machine, &raw.modules, models);
        let variable = service_variable(raw, client);
        subject.put(ClientFact::ServiceVariable, variable);
        subject
    });
    subjects.collect()
}

/// The variable that Kubernetes sets for a Service and the client takes for its own.
fn service_variable(raw: &RawFacts, client: &RawClient) -> FactValue {
    let mut all = raw.service_variables.iter();
    let Some(found) = all.find(|variable| variable.anchor == client.anchor) else {
        return FactValue::from_derived("none").with_anchor_when_unset(client.anchor);
    };
    if found.may_be_set {
        let why = Cause::Named {
            name: found.workload.clone(),
            fact: "has variables that are not seen",
        };
        return FactValue::unknown(why).with_anchor_when_unset(client.anchor);
    }
    let why = format!("Service/{} in {}", found.service, found.workload);
    FactValue::set(found.variable.clone(), found.span)
        .because(why)
        .with_strength(found.strength)
}

fn put_facts(
    subject: &mut Subject,
    client: &RawClient,
    machine: &ProcessorCount<'_>,
    modules: &[RawModule],
    models: &ClientModels,
) {
    let candidates = candidate::candidates(client, modules, models);
    let open = candidate::open(&candidates);
    put_identity(subject, client, &candidates, modules, open);
    put_url(subject, client);
    if let Some(function) = &client.function {
        subject.put(ClientFact::SiteFunction, text(function));
    }
    if client.language == SourceLanguage::Rust {
        let blocks = match client.blocks_async {
            Some((span, true)) => FactValue::set(true, span),
            Some((span, false)) => FactValue::set_unknown(
                Cause::Client("the caller of the surrounding closure is unknown"),
                span,
            ),
            None => FactValue::from_derived(false),
        };
        subject.put(
            ClientFact::SiteBlocksAsync,
            blocks.with_anchor_when_unset(client.anchor),
        );
    }
    subject.put(ClientFact::Uses, uses(client, &candidates));
    let Some(first) = candidates.first() else {
        return;
    };
    for option in &first.model.option {
        put_option(subject, client, machine, &candidates, option, open);
    }
    put_pool(subject, &candidates, open);
    faults::put(subject, client, first.model);
    connection::put(subject, client, &candidates, modules);
    for value in subject.facts.values_mut() {
        value.strength = value.strength.min(client.strength);
    }
}

fn text(text: impl Into<String>) -> FactValue {
    FactValue::from_derived(Datum::Text(text.into()))
}

/// The value that all candidates agree on.
fn common(values: impl IntoIterator<Item = Datum>, open: UndecidedBy) -> FactValue {
    let mut values = values.into_iter();
    let Some(first) = values.next() else {
        return FactValue::absent();
    };
    if values.all(|value| value == first) {
        return FactValue::from_derived(first);
    }
    FactValue::unknown(disagreement(open, None))
}

fn disagreement(open: UndecidedBy, library: Option<&str>) -> Cause {
    match (open, library) {
        (UndecidedBy::Library, _) => Cause::Client("the code does not show which library it uses"),
        (UndecidedBy::Kind, _) => {
            Cause::Client("the code does not show what kind of client it becomes")
        }
        (_, Some(library)) => Cause::LibraryVersion(library.to_owned()),
        (_, None) => Cause::Pin("the version is unknown"),
    }
}

fn put_identity(
    subject: &mut Subject,
    client: &RawClient,
    candidates: &[ModelCandidate<'_>],
    modules: &[RawModule],
    open: UndecidedBy,
) {
    let words = |of: fn(&ModelCandidate<'_>) -> String| {
        common(candidates.iter().map(|c| Datum::Text(of(c))), open)
    };
    subject.put(ClientFact::Library, words(|c| c.library.id().to_owned()));
    subject.put(
        ClientFact::LibraryName,
        words(|c| c.library.name().to_owned()),
    );
    subject.put(ClientFact::Kind, words(|c| c.kind.as_str().to_owned()));
    subject.put(ClientFact::Language, text(client.language.as_str()));
    let module = RawModule::nearest_above(modules, client.language, &client.dir);
    let library = module.is_some_and(|module| !module.has_program);
    let tool = languages::go().is_some_and(|l| l.folders.is_tool(&client.dir));
    let example = languages::go().is_some_and(|l| l.folders.is_example(&client.dir));
    for (fact, is) in [
        (ClientFact::SiteLibrary, library),
        (ClientFact::SiteTool, tool),
        (ClientFact::SiteExample, example || client.site.for_show),
        (ClientFact::SiteBounded, client.site.bounded),
        (ClientFact::SiteCarriesLoad, client.site.carries_load()),
        (ClientFact::SiteShortLived, client.site.short_lived),
        (ClientFact::SitePerRequest, client.site.per_request),
        (ClientFact::SitePerRound, client.site.per_round),
    ] {
        subject.put(fact, FactValue::from_derived(is));
    }
    subject.put(
        ClientFact::Successor,
        successor(candidates, client, modules),
    );
    subject.put(
        ClientFact::Retracted,
        find_retraction(candidates, client, modules),
    );
    subject.put(
        ClientFact::Version,
        version(client, candidates, modules, open),
    );
}

fn version(
    client: &RawClient,
    candidates: &[ModelCandidate<'_>],
    modules: &[RawModule],
    open: UndecidedBy,
) -> FactValue {
    let (Some(first), true) = (candidates.first(), open != UndecidedBy::Library) else {
        return FactValue::unknown(disagreement(UndecidedBy::Library, None));
    };
    let Some(pin) = candidate::pin(client, first.library, modules) else {
        return FactValue::unknown(Cause::Pin("no module file above it names the library"));
    };
    match (
        &pin.version,
        candidate::find_pinned(first.library, Some(pin)),
    ) {
        (_, Some(version)) => FactValue::set(version.to_string(), pin.span),
        (Err(reason), None) => FactValue::set_unknown(reason.clone(), pin.span),
        (Ok(text), None) => FactValue::set_unknown(
            Cause::Text {
                text: text.to_owned(),
                fact: "is not a known release",
            },
            pin.span,
        ),
    }
}

/// What took the place of the library, at the line that requires it.
fn successor(
    candidates: &[ModelCandidate<'_>],
    client: &RawClient,
    modules: &[RawModule],
) -> FactValue {
    let Some(first) = candidates.first() else {
        return FactValue::unknown(disagreement(UndecidedBy::Library, None));
    };
    let Some(successor) = &first.library.head.client.successor else {
        return FactValue::absent();
    };
    match candidate::pin(client, first.library, modules) {
        Some(pin) => FactValue::set(successor.name.as_str(), pin.span),
        None => FactValue::from_derived(successor.name.as_str()),
    }
}

/// Whether the pinned release was withdrawn. Where none is pinned nothing is.
fn find_retraction(
    candidates: &[ModelCandidate<'_>],
    client: &RawClient,
    modules: &[RawModule],
) -> FactValue {
    let pinned = candidates.first().and_then(|first| {
        let pin = candidate::pin(client, first.library, modules)?;
        let version = candidate::parse_release(pin)?;
        let retracted = first.library.head.client.retracted.contains(&version);
        Some(FactValue::set(retracted, pin.span))
    });
    pinned.unwrap_or_else(|| FactValue::unknown(Cause::Pin("the version is unknown")))
}

fn put_url(subject: &mut Subject, client: &RawClient) {
    let Some(source) = &client.source else {
        return;
    };
    let shown = match (&source.url, &source.url_name) {
        (ConstValue::Text(url), _) => Some(url::mask_url(url)),
        (_, name) => name.clone(),
    };
    let url = match shown {
        Some(shown) => FactValue::set(shown, source.url_span),
        None => FactValue::set_unknown(
            Cause::Client("its source cannot be followed"),
            source.url_span,
        ),
    };
    subject.put(ClientFact::Url, url);
    let call = Datum::Text(source.call.clone());
    subject.put(ClientFact::UrlParser, FactValue::set(call, source.span));
    if !source.fallible {
        return;
    }
    let at = source.error_span.unwrap_or(source.span);
    let error = match source.error {
        ErrorHandling::Checked => Some("checked"),
        ErrorHandling::Discarded => Some("discarded"),
        ErrorHandling::Unchecked => Some("unchecked"),
        ErrorHandling::Unknown => None,
    };
    let error = match error {
        Some(word) => FactValue::set(word, at),
        None => FactValue::set_unknown(Cause::Client("the error cannot be followed"), at),
    };
    subject.put(ClientFact::UrlError, error);
}

/// What calls show, and what every client of the library is for.
fn uses(client: &RawClient, candidates: &[ModelCandidate<'_>]) -> FactValue {
    let library = candidates.first().map(|first| &first.library.head.client);
    let always = library.map(|library| library.uses.as_slice());
    let words: BTreeSet<&String> = client
        .uses
        .iter()
        .chain(always.unwrap_or_default())
        .collect();
    if words.is_empty() {
        return FactValue::unknown(Cause::Client(
            "no call in its package shows what the data is used for",
        ));
    }
    let words = words.into_iter().map(|word| Datum::Text(word.clone()));
    FactValue::from_derived(Datum::List(words.collect()))
}

fn put_option(
    subject: &mut Subject,
    client: &RawClient,
    machine: &ProcessorCount<'_>,
    candidates: &[ModelCandidate<'_>],
    option: &OptionModel,
    open: UndecidedBy,
) {
    let mut resolved = Vec::new();
    let mut idents = Vec::new();
    for candidate in candidates {
        let Some(option) = candidate.model.option(&option.key) else {
            return;
        };
        let types = candidate.model.types(&client.option_type);
        // What no name sets holds for every client of the library.
        match option.ident(&types, candidate.version) {
            Some(ident) => idents.push(ident),
            None if option.names.is_empty()
                || holds_unnamed(candidate, client, option)
                || in_its_url(candidate, client, option) => {}
            None => return,
        }
        resolved.push(options::resolve(candidate, client, machine, option));
    }
    let library = candidate::find_open_package(candidates);
    let Some((mut value, per_cpu)) = agree_options(resolved, &disagreement(open, library)) else {
        return;
    };
    let types = candidates
        .first()
        .map_or_else(Vec::new, |c| c.model.types(&client.option_type));
    let versions: Vec<LibraryVersion> = candidates.iter().map(|c| c.version).collect();
    let mut writes = candidates.iter();
    let write = writes.find_map(|c| options::find_write(c, client, option));
    finish(
        &mut value, client, option, write, &types, &idents, &versions,
    );
    let pool = candidates.first().and_then(|c| c.model.pool.as_ref());
    let is_cap = pool.is_some_and(|pool| pool.cap == option.key);
    if let (true, Some(factor), false) = (is_cap, per_cpu, value.written == Explicitness::Yes) {
        subject.put(
            ClientFact::CpuMultiple,
            FactValue::from_derived(Datum::Int(factor)),
        );
    }
    subject.put(FactPath::Option(option.key.clone()), value);
}

/// A release may hold to a default that no call of it changes; a Go field that is not there is none.
fn holds_unnamed(candidate: &ModelCandidate<'_>, client: &RawClient, option: &OptionModel) -> bool {
    let version_of = |krate: Option<&str>| candidate.version_of(krate);
    let row = option.default_by(&candidate.lineage, version_of);
    client.language != SourceLanguage::Go && row.is_some()
}

/// A part of the URL that the client is made from sets what no call of its type does.
fn in_its_url(candidate: &ModelCandidate<'_>, client: &RawClient, option: &OptionModel) -> bool {
    let parser = client.source.as_ref();
    option.url_part.is_some()
        && parser.is_some_and(|source| candidate.model.option_source(&source.call).is_some())
}

/// The value that holds for every candidate, and the factor on which their defaults agree.
fn agree_options(
    resolved: Vec<ResolvedOption>,
    disagreement: &Cause,
) -> Option<(FactValue, Option<i64>)> {
    let mut all = resolved.into_iter();
    let first = all.next()?;
    let (mut value, mut per_cpu) = (first.value, first.per_cpu);
    let mut follows: Vec<String> = value.derived_from.iter().cloned().collect();
    let mut differ = false;
    for other in all {
        let same = other.value.state == value.state
            || (other.per_cpu.is_some() && other.per_cpu == first.per_cpu);
        differ |= !same;
        if other.per_cpu != first.per_cpu {
            per_cpu = None;
        }
        if other.value.origin != value.origin {
            value.origin = join_origins(&value, &other.value);
        }
        value.written = join_explicitness(value.written, other.value.written, disagreement);
        follows.extend(other.value.derived_from.filter(|f| !follows.contains(f)));
    }
    if differ {
        value.state = ValueState::Unknown(disagreement.clone());
    }
    if per_cpu.is_some() && follows.len() > 1 {
        value.state = ValueState::Unknown(Cause::DefaultFollows {
            follows: follows.join(" or "),
            cause: None,
        });
    }
    value.derived_from = (!follows.is_empty()).then(|| follows.join(" or "));
    Some((value, per_cpu))
}

/// What one release's parser could set and another's could not was not seen either way.
fn join_explicitness(one: Explicitness, other: Explicitness, disagreement: &Cause) -> Explicitness {
    match (one, other) {
        (one, other) if one == other => one,
        (Explicitness::No, Explicitness::MaybeElsewhere(reason))
        | (Explicitness::MaybeElsewhere(reason), Explicitness::No) => {
            Explicitness::MaybeElsewhere(reason)
        }
        _ => Explicitness::Unknown(disagreement.clone()),
    }
}

/// Of two defaults of different releases only the library remains.
fn join_origins(one: &FactValue, other: &FactValue) -> crate::facts::ValueOrigin {
    use crate::facts::ValueOrigin;
    match (&one.origin, &other.origin) {
        (ValueOrigin::Default(a), ValueOrigin::Default(b)) => {
            let name = |release: &str| release.split(" v").next().unwrap_or(release).to_owned();
            let (a, b) = (name(a), name(b));
            ValueOrigin::Default(if a == b { a } else { format!("{a}, {b}") })
        }
        (ValueOrigin::Written(span), _) | (_, ValueOrigin::Written(span)) => {
            ValueOrigin::Written(*span)
        }
        _ => ValueOrigin::None,
    }
}

/// Name, place and slot: the same for every candidate.
fn finish(
    value: &mut FactValue,
    client: &RawClient,
    option: &OptionModel,
    write: Option<&OptionWrite>,
    types: &[&str],
    idents: &[&str],
    versions: &[LibraryVersion],
) {
    let own = types.get(..1).unwrap_or_default();
    let carried = !idents.iter().any(|ident| option.has_name(own, ident));
    let mut names = idents.to_vec();
    let mut shown: Vec<&str> = names.iter().map(|name| display_name(name)).collect();
    shown.sort_unstable();
    shown.dedup();
    names.sort_unstable();
    names.dedup();
    value.own_name = match write {
        Some(write) => Some(display_name(&write.ident).to_owned()),
        None => (!shown.is_empty()).then(|| shown.join(" or ")),
    };
    value.slot = match (write, &names[..]) {
        (Some(write), _) => write.slot.clone(),
        (None, [name]) if !carried => {
            let mut taken = versions.iter().map(|v| option.find_form(name, *v));
            let form = taken.next().flatten();
            let form = form.filter(|form| taken.all(|other| other == Some(*form)));
            name_slot(&client.insert, name, form)
        }
        (None, _) => EditTarget::None,
    };
    value.anchor_when_unset = Some(match client.carried_anchor {
        Some(anchor) if carried => anchor,
        _ => client.options_anchor,
    });
    value.secret |= option.is_secret();
    let url = client.source.as_ref().filter(|_| write.is_none());
    let at = url.map(|source| source.url_span).or(value.span());
    let joined = client.joined.iter().find(|(joined, _)| at == Some(*joined));
    if let Some((_, because)) = joined {
        value.strength = Strength::Assumed;
        value.because.push(because.clone());
        if option.is_secret() {
            value.state = ValueState::Unknown(Cause::JoinedFrom(because.clone()));
        }
    }
}

/// A name without the number of the argument that it is set by.
fn display_name(ident: &str) -> &str {
    ident.split('/').next().unwrap_or(ident)
}

fn name_slot(slot: &EditTarget, name: &str, form: Option<RustValue>) -> EditTarget {
    let mut slot = slot.clone();
    match &mut slot {
        // Only what is called like a method can be added to a chain.
        EditTarget::InsertCall { .. } if form.is_none() => return EditTarget::None,
        EditTarget::InsertCall {
            ident,
            encoding:
                TextEncoding::Rust {
                    wrapped,
                    milliseconds,
                    ..
                },
            ..
        } => {
            name.clone_into(ident);
            *wrapped = matches!(form, Some(RustValue::Wrapped | RustValue::Either));
            *milliseconds = form == Some(RustValue::Milliseconds);
        }
        EditTarget::InsertField { ident, .. } | EditTarget::InsertAssignment { ident, .. } => {
            name.clone_into(ident);
        }
        _ => {}
    }
    slot
}

fn put_pool(subject: &mut Subject, candidates: &[ModelCandidate<'_>], open: UndecidedBy) {
    let pools = || candidates.iter().filter_map(|c| c.model.pool.as_ref());
    let check = pools().find_map(|pool| subject.option(pool.check_option.as_ref()?));
    let checks = match check.map(|value| &value.written) {
        Some(Explicitness::Yes) => FactValue::from_derived(true),
        Some(Explicitness::Unknown(reason) | Explicitness::MaybeElsewhere(reason)) => {
            FactValue::unknown(reason.clone())
        }
        _ => common(pools().map(|pool| Datum::Bool(pool.checks_on_borrow)), open),
    };
    let reaps: Vec<FactValue> = pools()
        .map(|pool| match &pool.reap_interval {
            Some(key) if pool.reaper => reaps_at(subject.option(key)),
            _ => FactValue::from_derived(pool.reaper),
        })
        .collect();
    let mut reaps = reaps.into_iter();
    if let Some(first) = reaps.next() {
        let same = reaps.all(|value| value.state == first.state);
        let unknown = || FactValue::unknown(disagreement(open, None));
        subject.put(ClientFact::Reaps, if same { first } else { unknown() });
        subject.put(ClientFact::ChecksOnBorrow, checks);
    }
}

/// A reaper runs where its interval is more than nothing.
fn reaps_at(interval: Option<&FactValue>) -> FactValue {
    match interval.map(|value| (&value.state, value.number())) {
        Some((_, Some(seconds))) => FactValue::from_derived(seconds > 0.0),
        Some((ValueState::Unknown(reason), None)) => FactValue::unknown(reason.clone()),
        _ => FactValue::unknown(Cause::Client("its interval is unknown")),
    }
}
