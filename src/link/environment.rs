//! Resolves environment variables that code reads to the values that deployments set.
//!
//! If the workloads that run the program are known, their values count. Otherwise the value is
//! taken from the whole tree if every place that sets the variable agrees, and is marked as
//! assumed. If the workloads certainly do not set the variable, the fallback in the code is used.

use std::collections::BTreeMap;

use crate::facts::linked::LinkedProgram;
use crate::facts::raw::{
    ConstValue, EnvDefault, RawClient, RawFacts, RawServiceVariable, RawVariable,
};
use crate::source::Span;

/// Fills in the variables of clients; the indices of those whose URL or address is known now.
pub fn fill(raw: &mut RawFacts, programs: &[LinkedProgram]) -> Vec<usize> {
    let agreed = agree_variables(&raw.variables);
    let runs = find_running(raw.clients.len(), programs);
    raw.service_variables = find_service_variables(raw, programs);
    let mut found: Vec<(usize, VariableReader, (ConstValue, String))> = Vec::new();
    for (index, client) in raw.clients.iter().enumerate() {
        let given = |name: &str| match &runs[index] {
            Some(workloads) => in_workloads(raw, workloads, name),
            None => join_value(name, &agreed),
        };
        let look_up = |value: &ConstValue| {
            let (source, fallback) = match value {
                ConstValue::Unknown(reason) => (reason, None),
                ConstValue::Fallback(fallback) => (&fallback.source, Some(&**fallback)),
                _ => return None,
            };
            let text = source.variable().and_then(given);
            let text = text.map(|(text, because)| (ConstValue::Text(text), because));
            text.or_else(|| {
                let fallback = fallback.filter(|f| !is_of_image(f, &raw.variables))?;
                unset(raw, runs[index].as_deref()?, fallback)
            })
        };
        let writes = client.writes.iter().enumerate();
        for (at, write) in writes.filter(|(_, write)| !write.conditional) {
            found
                .extend(look_up(&write.value).map(|text| (index, VariableReader::Write(at), text)));
        }
        let url = client
            .source
            .as_ref()
            .and_then(|source| look_up(&source.url));
        found.extend(url.map(|text| (index, VariableReader::Url, text)));
    }
    let mut filled: Vec<usize> = found.iter().map(|(index, ..)| *index).collect();
    filled.dedup();
    for (index, place, (value, because)) in found {
        put(&mut raw.clients[index], place, value, because);
    }
    filled
}

/// Where a variable is read.
#[derive(Clone, Copy)]
enum VariableReader {
    Write(usize),
    Url,
}

fn put(client: &mut RawClient, place: VariableReader, value: ConstValue, because: String) {
    match place {
        VariableReader::Write(at) => {
            let Some(write) = client.writes.get_mut(at) else {
                return;
            };
            write.value = parse_typed(value);
            write.slot = crate::facts::EditTarget::None;
            client.joined.push((write.span, because));
        }
        VariableReader::Url => {
            let Some(source) = &mut client.source else {
                return;
            };
            source.url = value;
            client.joined.push((source.url_span, because));
        }
    }
}

/// The variables that clients take from Services by accident: nobody else sets them where they run.
fn find_service_variables(raw: &RawFacts, programs: &[LinkedProgram]) -> Vec<RawServiceVariable> {
    let mut found: Vec<RawServiceVariable> = Vec::new();
    for program in programs {
        for (related, workload) in program
            .clients
            .iter()
            .flat_map(|client| program.workloads.iter().map(move |w| (client, w)))
        {
            let Some(client) = raw.clients.get(related.index) else {
                continue;
            };
            let collides = |(variable, span): (&str, Span)| {
                let service = raw.linked_service(workload.index, variable)?;
                let is_open = raw.variable(workload.index, variable).is_none();
                is_open.then(|| RawServiceVariable {
                    anchor: client.anchor,
                    variable: variable.to_owned(),
                    span,
                    service: service.name.clone(),
                    workload: raw.workloads[workload.index].name.clone(),
                    may_be_set: !raw.gives_nothing(workload.index, variable),
                    // A claim about two links is as sure as the weaker one.
                    strength: related.strength.min(workload.strength),
                })
            };
            found.extend(variables_of(client).find_map(collides));
        }
    }
    found
}

/// The variables that a client's options and address are or are made of, and where it takes them.
fn variables_of(client: &RawClient) -> impl Iterator<Item = (&str, Span)> {
    let writes = client.writes.iter().map(|write| (&write.value, write.span));
    let url = client
        .source
        .iter()
        .map(|source| (&source.url, source.url_span));
    writes.chain(url).flat_map(|(value, span)| {
        let variables = match value {
            ConstValue::Unknown(reason) => reason.variables(),
            ConstValue::Fallback(fallback) => match &fallback.variable {
                Some(variable) => std::slice::from_ref(variable),
                None => fallback.source.variables(),
            },
            _ => &[],
        };
        variables
            .iter()
            .map(move |variable| (variable.as_str(), span))
    })
}

/// What runs each client; nothing where that is not known for every program that holds it.
fn find_running(clients: usize, programs: &[LinkedProgram]) -> Vec<Option<Vec<usize>>> {
    let mut all: Vec<Option<Vec<usize>>> = vec![None; clients];
    let mut open = vec![false; clients];
    for program in programs {
        for client in program.clients.iter().filter(|c| c.index < clients) {
            open[client.index] |= program.workloads.is_empty();
            let workloads = program.workloads.iter().map(|related| related.index);
            all[client.index].get_or_insert_default().extend(workloads);
        }
    }
    let known = all.into_iter().zip(open);
    known
        .map(|(workloads, open)| workloads.filter(|w| !open && !w.is_empty()))
        .collect()
}

/// The value that all of these workloads give a variable, and which they are.
fn in_workloads(raw: &RawFacts, workloads: &[usize], name: &str) -> Option<(String, String)> {
    let mut values = workloads.iter().map(|at| raw.variable(*at, name));
    let first = values.next()??.ok()?;
    let same = values.all(|value| matches!(value, Some(Ok(text)) if text == first));
    let owner = &raw.workloads[*workloads.first()?].name;
    (same && !first.is_empty()).then(|| (first, format!("{name} of {owner}")))
}

/// An image of the tree brings the variable along: which programs run in it is not known for sure.
fn is_of_image(fallback: &EnvDefault, variables: &[RawVariable]) -> bool {
    let mut of_images = variables.iter().filter(|variable| variable.of_image);
    of_images.any(|variable| fallback.variable.as_ref() == Some(&variable.name))
}

/// What code falls back on where none of these workloads gives it the variable.
fn unset(
    raw: &RawFacts,
    workloads: &[usize],
    fallback: &EnvDefault,
) -> Option<(ConstValue, String)> {
    let name = fallback.variable.as_deref()?;
    let is_unset = |at: &usize| raw.is_unset(*at, name);
    let owner = &raw.workloads[*workloads.first()?].name;
    let because = format!("{owner}, which does not set {name}");
    let sure = workloads.iter().all(is_unset);
    sure.then(|| (fallback.value.clone(), because))
}

type AgreedValue<'a> = BTreeMap<&'a str, Option<&'a RawVariable>>;

/// The value of each variable, where there is one.
fn agree_variables(variables: &[RawVariable]) -> AgreedValue<'_> {
    let mut agreed: AgreedValue<'_> = BTreeMap::new();
    for variable in variables {
        let known = variable.text.is_ok().then_some(variable);
        agreed
            .entry(&variable.name)
            .and_modify(|other| {
                let same = other.is_some_and(|o| known.is_some_and(|k| o.text == k.text));
                if !same {
                    *other = None;
                }
            })
            .or_insert(known);
    }
    agreed
}

/// The text that a variable has, and why it is held to have it.
fn join_value(name: &str, agreed: &AgreedValue<'_>) -> Option<(String, String)> {
    let variable = (*agreed.get(name)?)?;
    let text = variable.text.as_ref().ok()?;
    let because = format!("{} of {}", variable.name, variable.owner);
    (!text.is_empty()).then(|| (text.clone(), because))
}

/// A figure or a switch reads as such.
fn parse_typed(value: ConstValue) -> ConstValue {
    let ConstValue::Text(text) = &value else {
        return value;
    };
    if let Ok(figure) = text.parse() {
        return ConstValue::Int(figure);
    }
    match text.as_str() {
        "true" => ConstValue::Bool(true),
        "false" => ConstValue::Bool(false),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cause;

    fn variable(name: &str, text: Result<&str, &str>) -> RawVariable {
        RawVariable {
            name: name.to_owned(),
            text: text
                .map(str::to_owned)
                .map_err(|name| Cause::EnvironmentVariable(name.to_owned())),
            owner: "service api".to_owned(),
            of_image: false,
        }
    }

    #[test]
    fn only_what_every_place_agrees_on_is_joined() {
        let variables = [
            variable("ONE", Ok("40")),
            variable("SAME", Ok("a")),
            variable("SAME", Ok("a")),
            variable("OTHER", Ok("a")),
            variable("OTHER", Ok("b")),
            variable("OPEN", Ok("a")),
            variable("OPEN", Err("a secret")),
        ];
        let agreed = agree_variables(&variables);
        let text = |name: &str| join_value(name, &agreed).map(|(text, _)| text);
        assert_eq!(text("ONE").as_deref(), Some("40"));
        assert_eq!(text("SAME").as_deref(), Some("a"));
        assert_eq!(
            (text("OTHER"), text("OPEN"), text("NONE")),
            (None, None, None)
        );
        assert_eq!(
            parse_typed(ConstValue::Text("40".to_owned())),
            ConstValue::Int(40)
        );
    }
}
