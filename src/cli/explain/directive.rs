//! `redvet explain directive NAME`: what the tables of the server series say of one directive, with
//! its default in every series. Nothing is said here that does not stand in a table.

use serde_json::Value;

use crate::facts::quantity;
use crate::knowledge::Knowledge;
use crate::knowledge::servers::{
    Arity, DirectiveSpec, DirectiveStatus, DirectiveType, RepeatRule, ServerKnowledge,
    ServerSeries, SpecialParser, ValueUnit,
};
use crate::nearest;

use super::super::args::ExplainArgs;
use super::super::console::CommandConsole;
use super::super::failure::CliError;
use super::super::{CommandOutcome, packs, project, settings_file};
use super::{section, wrap_prose};

pub(super) fn run(
    name: &str,
    args: &ExplainArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let knowledge = project::knowledge()?;
    let servers = &knowledge.servers;
    let known: Vec<&ServerSeries> = servers
        .all()
        .filter(|series| series.directive(name).is_some())
        .collect();
    if known.is_empty() {
        return Err(unknown(name, servers));
    }
    let asked = parse_question(args, &knowledge)?;
    let canonical = known
        .last()
        .and_then(|series| series.directive(name))
        .map_or(name, |directive| directive.name.as_str());
    let mut out = format!("{canonical}\na directive of {}\n", spans(servers, name));
    if let Some(sentence) = servers.sentences().get(canonical) {
        out.push_str(&wrap_prose(sentence, console.layout.width));
    }
    if !canonical.eq_ignore_ascii_case(name) {
        out.push_str(&format!("`{name}` is an alias\n"));
    }
    for note in asked.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    for series in asked.series {
        match series.directive(name) {
            Some(directive) => section(
                &mut out,
                &series.name(),
                &describe_directive(directive, series, servers, console.layout.width),
            ),
            None => section(
                &mut out,
                &series.name(),
                &describe_missing(series, name, servers),
            ),
        }
    }
    section(&mut out, "Default by version", &defaults(&known, name));
    section(&mut out, "Rules", &rules(canonical)?);
    console.print(&out);
    Ok(CommandOutcome::Clean)
}

/// The series to describe, and what is to be said of their choice.
struct DirectiveQuestion<'k> {
    series: Vec<&'k ServerSeries>,
    notes: Vec<String>,
}

/// The version that a flag names, else the newest of each flavor.
fn parse_question<'k>(
    args: &ExplainArgs,
    knowledge: &'k Knowledge,
) -> Result<DirectiveQuestion<'k>, CliError> {
    let Some(version) = &args.server else {
        return Ok(DirectiveQuestion {
            series: knowledge.servers.newest().collect(),
            notes: Vec::new(),
        });
    };
    settings_file::check_flavor(version, knowledge)?;
    let flavor = version.flavor.as_deref();
    let candidates = knowledge
        .servers
        .candidates(flavor, Some(version.version.as_str()));
    Ok(DirectiveQuestion {
        series: candidates.series,
        notes: candidates.note.into_iter().collect(),
    })
}

fn unknown(name: &str, servers: &ServerKnowledge) -> CliError {
    let names = servers.value_types();
    let names = names.keys().map(String::as_str);
    CliError::with_help(
        format!("unknown directive `{name}` (in no Redis or Valkey version)"),
        nearest::help(name, names),
    )
}

/// `redis 6.0 to 8.6, valkey 7.2 to 9.1`
fn spans(servers: &ServerKnowledge, name: &str) -> String {
    let spans = servers.find_knowing_series(name).into_iter();
    let spans = spans.map(|(first, last)| ServerSeries::range(first, last));
    spans.collect::<Vec<_>>().join(", ")
}

fn describe_missing(series: &ServerSeries, name: &str, servers: &ServerKnowledge) -> String {
    let mut text = format!("Not available in {}.", series.name());
    if let Some(other) = servers.replacement(series, name) {
        text.push_str(&format!(" It is called `{other}` there."));
    }
    text
}

fn describe_directive(
    directive: &DirectiveSpec,
    series: &ServerSeries,
    servers: &ServerKnowledge,
    width: usize,
) -> String {
    let mut rows = vec![
        ("takes", takes(directive)),
        ("default", format_default(&directive.default, directive)),
    ];
    rows.extend(effective(directive).map(|text| ("effective", text)));
    rows.push(("arguments", words(&directive.args)));
    if !directive.aliases.is_empty() {
        rows.push(("also called", directive.aliases.join(", ")));
    }
    let change = match directive.mutable {
        true => "at runtime, with CONFIG SET",
        false => "requires a restart",
    };
    rows.push(("change", change.to_owned()));
    rows.push(("given twice", describe_repeat(directive.repeat).to_owned()));
    rows.extend(needs(directive, servers).map(|text| ("condition", text)));
    if directive.is_secret() {
        rows.push(("secret", "yes; the value is never shown".to_owned()));
    }
    if directive.status == DirectiveStatus::Ignored {
        rows.push(("effect", "none (accepted and ignored)".to_owned()));
    }
    rows.extend(directive.note.clone().map(|note| ("note", note)));
    let source = series.source_of(directive);
    let source = format!("release {}, {}", source.release, source.place);
    rows.push(("source", source));
    table(&rows, width)
}

/// How wide the names of rows are.
const NAMES: usize = 13;

/// Names and texts in two columns; a text that is too long goes on below itself.
pub(super) fn table(rows: &[(&str, String)], width: usize) -> String {
    let mut out = String::new();
    for (name, text) in rows {
        let text = wrap_prose(text, width.saturating_sub(NAMES));
        for (at, line) in text.trim_end().lines().enumerate() {
            let name = if at == 0 { name } else { "" };
            out.push_str(&format!("{name:<NAMES$}{line}\n"));
        }
    }
    out
}

fn takes(directive: &DirectiveSpec) -> String {
    let range = range(directive);
    match directive.kind {
        DirectiveType::Bool => "yes or no".to_owned(),
        DirectiveType::Int => format!("an integer{}{range}", unit(directive.unit)),
        DirectiveType::Memory => format!("a size such as 512mb{range}"),
        DirectiveType::PercentOrMemory => {
            let most = directive.max_percent.unwrap_or(100);
            format!("a size such as 512mb{range}, or a percentage up to {most}%")
        }
        DirectiveType::Enum if directive.enum_combinable => {
            format!("one or more of {}", directive.enum_values.join(", "))
        }
        DirectiveType::Enum => format!("one of {}", directive.enum_values.join(", ")),
        DirectiveType::String => "a text".to_owned(),
        DirectiveType::Special => directive
            .form
            .map_or("words", |form| form_words(form))
            .to_owned(),
        DirectiveType::Ignored => "anything".to_owned(),
        DirectiveType::ModuleConfig => "defined by the module".to_owned(),
        DirectiveType::Unverified => "not known yet".to_owned(),
    }
}

fn unit(unit: Option<ValueUnit>) -> &'static str {
    match unit {
        None => "",
        Some(ValueUnit::Seconds) => " of seconds",
        Some(ValueUnit::Milliseconds) => " of milliseconds",
        Some(ValueUnit::Microseconds) => " of microseconds",
        Some(ValueUnit::Minutes) => " of minutes",
        Some(ValueUnit::Percent) => " of percent",
        Some(ValueUnit::PerSecond) => " per second",
    }
}

fn form_words(form: SpecialParser) -> &'static str {
    match form {
        SpecialParser::Addresses => "addresses",
        SpecialParser::BufferLimits => {
            "a class of clients, a hard limit, a soft limit and its seconds"
        }
        SpecialParser::Folder => "a folder",
        SpecialParser::Include => "a file or a glob pattern",
        SpecialParser::LoadModule => "a module's file and its arguments",
        SpecialParser::EventFlags => "one letter per event class",
        SpecialParser::Integers => "whole numbers",
        SpecialParser::Rename => "a command and its new name",
        SpecialParser::HostPort => "a host and a port",
        SpecialParser::SavePoints => "pairs of seconds and changes, or an empty string for none",
        SpecialParser::Foreign => "defined elsewhere in the server",
        SpecialParser::AclUser => "a user's name and its rules",
        SpecialParser::Percentiles => "percentiles",
    }
}

/// ` from 1 to 128`
fn range(directive: &DirectiveSpec) -> String {
    let is_size = matches!(
        directive.kind,
        DirectiveType::Memory | DirectiveType::PercentOrMemory
    );
    let figure = |number: &serde_json::Number| match number.as_f64() {
        Some(bytes) if is_size && bytes >= 1024.0 => quantity::show_size(bytes),
        _ => number.to_string(),
    };
    // What is as large as the machine's own type bounds nothing that a person writes.
    let bounded = |number: &&serde_json::Number| number.as_f64().is_some_and(|n| n < 4e18);
    match (&directive.min, directive.max.as_ref().filter(bounded)) {
        (Some(min), Some(max)) => format!(" from {} to {}", figure(min), figure(max)),
        (Some(min), None) => format!(" from {}", figure(min)),
        (None, Some(max)) => format!(" up to {}", figure(max)),
        (None, None) => String::new(),
    }
}

/// What an accepted figure is silently cut to.
fn effective(directive: &DirectiveSpec) -> Option<String> {
    match (directive.effective_min, directive.effective_max) {
        (None, None) => None,
        (Some(min), Some(max)) => Some(format!("silently clamped to {min}..{max}")),
        (Some(min), None) => Some(format!("silently raised to at least {min}")),
        (None, Some(max)) => Some(format!("silently clamped to at most {max}")),
    }
}

fn words(arity: &Arity) -> String {
    let mut text = match (arity.min, arity.max) {
        (1, Some(1)) => "one".to_owned(),
        (min, Some(max)) if min == max => min.to_string(),
        (min, Some(max)) => format!("{min} to {max}"),
        (min, None) => format!("{min} or more"),
    };
    if let Some(multiple) = arity.multiple_of {
        text.push_str(&format!(", a multiple of {multiple}"));
    }
    if arity.even_or_empty {
        text.push_str(", in pairs, or one empty string");
    }
    text
}

fn describe_repeat(repeat: RepeatRule) -> &'static str {
    match repeat {
        RepeatRule::LastWins => "the last line wins",
        RepeatRule::Accumulates => "the lines add up",
        RepeatRule::AccumulatesPerClass => "the last line of each class wins",
        RepeatRule::EachExecuted => "each line is executed",
    }
}

fn needs(directive: &DirectiveSpec, servers: &ServerKnowledge) -> Option<String> {
    let need = servers.need(&directive.name)?;
    Some(format!("no effect if {} is {}", need.on, need.idle))
}

/// A default as a person would write it.
fn format_default(default: &Value, directive: &DirectiveSpec) -> String {
    match default {
        Value::Null if directive.kind == DirectiveType::Unverified => "not known yet".to_owned(),
        Value::Null => "not set".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match (directive.kind, number.as_f64()) {
            (DirectiveType::Memory | DirectiveType::PercentOrMemory, Some(bytes))
                if bytes >= 1024.0 =>
            {
                quantity::show_size(bytes)
            }
            _ => number.to_string(),
        },
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| format_default(item, directive))
                .collect();
            let nested = default
                .as_array()
                .is_some_and(|i| i.iter().any(Value::is_array));
            items.join(if nested { ", " } else { " " })
        }
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| {
                format!("{key} {}", format_default(value, directive))
            };
            map.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Stretches of series with one default, a line each.
fn defaults(known: &[&ServerSeries], name: &str) -> String {
    let mut stretches: Vec<(&ServerSeries, &ServerSeries, String)> = Vec::new();
    for series in known {
        let Some(directive) = series.directive(name) else {
            continue;
        };
        let ignored = match directive.status {
            DirectiveStatus::Ignored => " (ignored)",
            DirectiveStatus::Active => "",
        };
        let value = format_default(&directive.default, directive) + ignored;
        match stretches.last_mut() {
            Some((first, last, same)) if first.flavor == series.flavor && *same == value => {
                *last = series;
            }
            _ => stretches.push((series, series, value)),
        }
    }
    let line = |(first, last, value): &(&ServerSeries, &ServerSeries, String)| {
        let span = ServerSeries::range(first, last);
        format!("{span:<20}  {value}")
    };
    stretches.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The built-in rules that name it.
fn rules(name: &str) -> Result<String, CliError> {
    let builtin = packs::builtin()?;
    let quoted = format!("\"{name}\"");
    let speaks = |rule: &&crate::policy::CompiledRule| {
        let draft = &rule.draft;
        let lets = draft.lets.iter().map(|(_, text)| text);
        let mut texts = draft.when.iter().chain(&draft.assert).chain(lets);
        texts.any(|text| text.text().contains(&quoted))
    };
    let ids: Vec<&str> = builtin.rules().filter(speaks).map(|r| r.id()).collect();
    Ok(ids.join("\n"))
}
