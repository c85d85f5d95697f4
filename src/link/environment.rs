//! A variable that code reads and the value that a deployment gives it: joined where every place in
//! the tree that sets the variable agrees. Such a value is assumed, since which program gets which
//! variable is not known.

use std::collections::BTreeMap;

use crate::facts::raw::{Folded, Raw, RawVariable, variable_of};

/// Fills in the variables of clients; the indices of those whose URL or address is known now.
pub fn fill(raw: &mut Raw) -> Vec<usize> {
    let agreed = agreed(&raw.variables);
    let mut filled = Vec::new();
    for (index, client) in raw.clients.iter_mut().enumerate() {
        let mut changed = false;
        for write in &mut client.writes {
            let Some(found) = joined(&write.value, &agreed).filter(|_| !write.conditional) else {
                continue;
            };
            write.value = typed(&found.0);
            write.slot = crate::facts::Slot::None;
            client.joined.push((write.span, found.1));
            changed = true;
        }
        if let Some(source) = &mut client.source
            && let Some((text, because)) = joined(&source.url, &agreed)
        {
            source.url = Folded::Text(text);
            client.joined.push((source.url_span, because));
            changed = true;
        }
        if changed {
            filled.push(index);
        }
    }
    filled
}

type Agreed<'a> = BTreeMap<&'a str, Option<&'a RawVariable>>;

/// The value of each variable, where there is one.
fn agreed(variables: &[RawVariable]) -> Agreed<'_> {
    let mut agreed: Agreed<'_> = BTreeMap::new();
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
fn joined(value: &Folded, agreed: &Agreed<'_>) -> Option<(String, String)> {
    let Folded::Unknown(reason) = value else {
        return None;
    };
    let variable = (*agreed.get(variable_of(reason)?)?)?;
    let text = variable.text.as_ref().ok()?;
    let because = format!("{} of {}", variable.name, variable.holder);
    (!text.is_empty()).then(|| (text.clone(), because))
}

/// A figure or a switch reads as such.
fn typed(text: &str) -> Folded {
    if let Ok(figure) = text.parse() {
        return Folded::Int(figure);
    }
    match text {
        "true" => Folded::Bool(true),
        "false" => Folded::Bool(false),
        _ => Folded::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Reason;

    fn variable(name: &str, text: Result<&str, &str>) -> RawVariable {
        RawVariable {
            name: name.to_owned(),
            text: text.map(str::to_owned).map_err(Reason::new),
            holder: "service api".to_owned(),
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
        let agreed = agreed(&variables);
        let text = |name: &str| {
            let reason = Reason::new(format!("environment variable {name}"));
            joined(&Folded::Unknown(reason), &agreed).map(|(text, _)| text)
        };
        assert_eq!(text("ONE").as_deref(), Some("40"));
        assert_eq!(text("SAME").as_deref(), Some("a"));
        assert_eq!(
            (text("OTHER"), text("OPEN"), text("NONE")),
            (None, None, None)
        );
        assert_eq!(typed("40"), Folded::Int(40));
    }
}
