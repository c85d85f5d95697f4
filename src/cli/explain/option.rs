//! `redvet explain option NAME`: what the models of client libraries say of one canonical option: its
//! names in code and in URLs, its defaults and its special figures, by version. Nothing is said here
//! that does not stand in a model.

use crate::facts::value::Meaning;
use crate::knowledge::clients::expression::{DefaultExpression, NumberRange};
use crate::knowledge::clients::model::{ClientModel, OptionModel, ValueKind, VersionRanged};
use crate::knowledge::clients::version::LibraryVersion;
use crate::knowledge::clients::{LibraryModel, option_sentences};
use crate::knowledge::{Knowledge, clients::ClientModels};
use crate::nearest;

use super::super::args::ExplainArgs;
use super::super::console::CommandConsole;
use super::super::failure::CliError;
use super::super::{CommandOutcome, project};
use super::directive::table;
use super::{section, wrap_prose};

pub(super) fn run(
    name: &str,
    args: &ExplainArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let Knowledge { clients, .. } = project::knowledge()?;
    let key = canonical(name, clients).ok_or_else(|| unknown(name, clients))?;
    let (libraries, version) = parse_question(args, clients)?;
    let mut out = format!("{key}\n");
    if let Some(sentence) = option_sentences().get(&key) {
        out.push_str(&wrap_prose(sentence, console.layout.width));
    }
    if key != name {
        out.push_str(&format!("`{name}` is the library's own name for it\n"));
    }
    let is_one = libraries.len() == 1;
    let mut without = Vec::new();
    for library in libraries {
        let Some(model) = library.model() else {
            continue;
        };
        let text = match model.option(&key) {
            Some(option) => describe_option(option, version, console.layout.width),
            None if is_one => "The library has no such option.".to_owned(),
            None => {
                without.push(library.id());
                continue;
            }
        };
        section(&mut out, &title(library, model, version), &text);
    }
    if !without.is_empty() {
        let ids = wrap_prose(&without.join(", "), console.layout.width);
        section(&mut out, "Libraries without such an option", &ids);
    }
    console.print(&out);
    Ok(CommandOutcome::Clean)
}

fn title(library: &LibraryModel, model: &ClientModel, version: Option<LibraryVersion>) -> String {
    let client = &model.client;
    match version {
        Some(version) => format!("{} ({} {version})", library.id(), library.name()),
        None => format!(
            "{} ({}, from {}, before {}; read up to {})",
            library.id(),
            library.name(),
            client.since,
            client.until,
            client.checked_up_to
        ),
    }
}

/// The canonical key that a key or a library's own word stands for.
fn canonical(name: &str, clients: &ClientModels) -> Option<String> {
    if clients.option_types().contains_key(name) {
        return Some(name.to_owned());
    }
    let models = clients.libraries().iter().filter_map(LibraryModel::model);
    let mut options = models.flat_map(|model| &model.option);
    let called = |option: &&OptionModel| {
        let idents = option.names.iter().map(|n| n.ident.as_str());
        let params = option.url_params.iter().map(|p| p.param.as_str());
        idents.chain(params).any(|word| word == name)
    };
    options.find(called).map(|option| option.key.clone())
}

fn unknown(name: &str, clients: &ClientModels) -> CliError {
    let keys = clients.option_types();
    CliError::with_help(
        format!("unknown client option `{name}`"),
        nearest::help(name, keys.keys().map(String::as_str)),
    )
}

/// The libraries to tell of, and the version if one was named.
fn parse_question<'m>(
    args: &ExplainArgs,
    clients: &'m ClientModels,
) -> Result<(Vec<&'m LibraryModel>, Option<LibraryVersion>), CliError> {
    let Some(text) = &args.library else {
        return Ok((clients.libraries().iter().collect(), None));
    };
    let (id, version) = match text.split_once(':') {
        Some((id, version)) => (id, Some(version)),
        None => (text.as_str(), None),
    };
    let library = clients.get(id).ok_or_else(|| {
        let what = format!("--library {id}: unknown library");
        CliError::with_help(what, nearest::help(id, clients.ids()))
    })?;
    let parsed = version.map(|text| {
        let what = format!("--library {id}: `{text}` is not a version");
        LibraryVersion::parse(text)
            .ok_or_else(|| CliError::with_help(what, "expected a version such as 9.7.0"))
    });
    Ok((vec![library], parsed.transpose()?))
}

fn describe_option(option: &OptionModel, version: Option<LibraryVersion>, width: usize) -> String {
    let mut rows = vec![("is", kind(option.kind).to_owned())];
    rows.extend(rows_of(&option.names, version, "in code", |name| {
        format!("{} on {}", name.ident, name.on.join(", "))
    }));
    rows.extend(rows_of(&option.defaults, version, "default", |default| {
        let value = match (&default.value, &default.expr) {
            (Some(value), _) => value.to_string().trim_matches('"').to_owned(),
            (None, Some(expr)) => expression(expr),
            (None, None) if default.open => "that of the underlying library".to_owned(),
            (None, None) => "not set".to_owned(),
        };
        let effect = default.effect.map_or(String::new(), meaning);
        let note = format_note(default.note.as_ref());
        format!("{value}{effect} on {}{note}", default.on.join(", "))
    }));
    rows.extend(rows_of(&option.sentinels, version, "special", |special| {
        let figures = match special.range {
            NumberRange::Exactly(figure) => figure.to_string(),
            NumberRange::Below(bound) => format!("below {bound}"),
            NumberRange::Nothing => "none".to_owned(),
        };
        let effect = meaning(special.effect);
        let note = format_note(special.note.as_ref());
        format!("{figures}{effect} on {}{note}", special.on.join(", "))
    }));
    rows.extend(rows_of(&option.url_params, version, "in a URL", |param| {
        format!("{} ({})", param.param, param.on.join(", "))
    }));
    let needs = option.needs.iter();
    rows.extend(needs.map(|other| ("no effect without", other.clone())));
    let capped = option.capped_by.iter();
    rows.extend(capped.map(|other| ("cut to", other.clone())));
    rows.extend(option.minimum.map(|n| ("at least", n.to_string())));
    rows.extend(option.maximum.map(|n| ("at most", n.to_string())));
    let relations = option.relations.iter();
    rows.extend(relations.map(|relation| ("must hold", relation.clone())));
    rows.extend(option.note.clone().map(|note| ("note", note)));
    rows.extend(sources(option).map(|source| ("source", source)));
    table(&rows, width)
}

/// The rows that hold for a version, or all with the versions that they hold for.
fn rows_of<'a, R: VersionRanged>(
    rows: &'a [R],
    version: Option<LibraryVersion>,
    title: &'static str,
    text: impl Fn(&R) -> String + 'a,
) -> Vec<(&'static str, String)> {
    let holds = |row: &&R| version.is_none_or(|version| row.range().contains(version));
    let notes = rows.iter().filter(holds).map(|row| {
        let span = if version.is_some() {
            String::new()
        } else {
            versions(row)
        };
        (title, text(row) + &span)
    });
    notes.collect()
}

/// `, since 9.0.0, until 9.5.0`
fn versions(row: &impl VersionRanged) -> String {
    let range = row.range();
    let part = |word: &str, version: Option<LibraryVersion>| {
        version.map_or(String::new(), |version| format!(", {word} {version}"))
    };
    part("since", range.since) + &part("before", range.until)
}

fn format_note(note: Option<&String>) -> String {
    note.map_or(String::new(), |note| format!(": {note}"))
}

fn kind(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Int => "an integer",
        ValueKind::Duration => "a duration",
        ValueKind::Bytes => "a size",
        ValueKind::Bool => "a switch",
        ValueKind::String => "a text",
        ValueKind::Secret => "a secret: never shown",
        ValueKind::Tls => "a TLS configuration",
        ValueKind::Enum => "one of a fixed set of words",
        ValueKind::Func => "a function",
        ValueKind::Struct => "a struct",
        ValueKind::Iface => "an interface",
        ValueKind::List => "a list",
        ValueKind::Float => "a number",
    }
}

fn expression(expression: &DefaultExpression) -> String {
    match expression {
        DefaultExpression::PerCpu { factor, cpus } => format!("{factor} x {}", cpus.as_str()),
        DefaultExpression::Option { key, plus: None } => format!("as {key}"),
        DefaultExpression::Option {
            key,
            plus: Some(seconds),
        } => format!(
            "{key} + {}",
            crate::facts::quantity::show_duration(*seconds)
        ),
        DefaultExpression::Times { factor, key, least } => format!(
            "{factor} x {key}, which counts as {} at least",
            crate::facts::quantity::show_duration(*least)
        ),
    }
}

fn meaning(meaning: Meaning) -> String {
    let word = match meaning {
        Meaning::Unlimited => "unlimited",
        Meaning::Off => "off",
        Meaning::Panics => "the library panics",
        Meaning::SendsNothing => "no command is sent",
        Meaning::Replaced => "replaced by the default",
    };
    format!(" ({word})")
}

/// The places that the rows were read from, each once.
fn sources(option: &OptionModel) -> Option<String> {
    let names = option.names.iter().filter_map(|n| n.source.as_ref());
    let defaults = option.defaults.iter().filter_map(|d| d.source.as_ref());
    let special = option.sentinels.iter().filter_map(|s| s.source.as_ref());
    let mut sources: Vec<&String> = option
        .source
        .iter()
        .chain(names)
        .chain(defaults)
        .chain(special)
        .collect();
    sources.sort();
    sources.dedup();
    let sources: Vec<&str> = sources.into_iter().map(String::as_str).collect();
    (!sources.is_empty()).then(|| sources.join("; "))
}
