//! The tables of `redvet.toml`. The reader of a table asks it for each key that it may hold; the same
//! questions, put to a table without text, give the published schema. So a key is described once.
//!
//! Reading goes on after a mistake, so that one run reports all of them; settings with a mistake are
//! not used.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value, json};
use toml::de::DeTable;

use super::form::{PARAM, SettingForm};
use super::mistakes::{LIST, Mistakes, SettingKey, TABLE, Written};
use super::{ParamSetting, RuleSetting, Spanned};

/// A table that is asked for its keys.
pub(super) struct SettingsTable<'a> {
    /// Nothing where the table is only described.
    values: Option<(&'a DeTable<'a>, &'a mut Mistakes)>,
    at: Range<usize>,
    /// E.g. `[[server]]`; empty for the file itself.
    title: String,
    names: Vec<&'static str>,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
}

impl SettingsTable<'_> {
    /// Reads a table: asks for its keys, then notes those that were not asked for.
    pub(super) fn read<T>(
        table: &DeTable<'_>,
        at: Range<usize>,
        title: String,
        to: &mut Mistakes,
        ask: impl FnOnce(&mut SettingsTable<'_>) -> T,
    ) -> T {
        let mut asked = SettingsTable {
            values: Some((table, to)),
            at,
            title,
            ..SettingsTable::empty()
        };
        let read = ask(&mut asked);
        let (names, title) = (asked.names, asked.title);
        for (name, _) in table {
            if !names.contains(&name.get_ref().as_ref()) {
                let place = match title.as_str() {
                    "" => String::new(),
                    title => format!(" in `{title}`"),
                };
                let message = format!("unknown key `{}`{place}", name.get_ref());
                to.unknown(name.span(), message, name.get_ref(), &names, "valid keys");
            }
        }
        read
    }

    /// The schema of a table that is asked so.
    pub(super) fn describe<T>(ask: impl FnOnce(&mut SettingsTable<'_>) -> T) -> Value {
        let mut table = SettingsTable::empty();
        ask(&mut table);
        json!({
            "type": "object",
            "properties": table.properties,
            "required": table.required,
            "additionalProperties": false,
        })
    }

    fn empty() -> Self {
        Self {
            values: None,
            at: 0..0,
            title: String::new(),
            names: Vec::new(),
            properties: Map::new(),
            required: Vec::new(),
        }
    }

    /// What stands behind a key that may be left out. `about` is a sentence for people.
    #[allow(clippy::needless_pass_by_value)] // Forms are constants, written where they are asked for.
    pub(super) fn optional<F: SettingForm>(
        &mut self,
        name: &'static str,
        form: F,
        about: &str,
    ) -> Option<F::Value> {
        self.names.push(name);
        let Some((table, to)) = &mut self.values else {
            let mut schema = form.schema();
            schema["description"] = json!(about);
            self.properties.insert(name.to_owned(), schema);
            return None;
        };
        let title = &self.title;
        form.read(&SettingKey { name, title }, table.get(name)?, to)
    }

    /// What stands behind a key that may be left out and then says nothing.
    pub(super) fn or_default<F: SettingForm<Value: Default>>(
        &mut self,
        name: &'static str,
        form: F,
        about: &str,
    ) -> F::Value {
        self.optional(name, form, about).unwrap_or_default()
    }

    /// What stands behind a key that must be there; a default, and a mistake, where it is not.
    pub(super) fn required<F: SettingForm<Value: Default>>(
        &mut self,
        name: &'static str,
        form: F,
        about: &str,
    ) -> F::Value {
        self.required.push(name);
        if let Some((table, to)) = &mut self.values
            && !table.contains_key(name)
        {
            let message = format!("`{}` needs `{name}`", self.title);
            to.add(self.at.clone(), message, Some(about.to_owned()));
        }
        self.or_default(name, form, about)
    }
}

/// A list of values of one form.
pub(super) struct ListForm<F>(pub(super) F);

impl<F: SettingForm> SettingForm for ListForm<F> {
    type Value = Vec<F::Value>;

    fn read(
        &self,
        key: &SettingKey,
        value: &Written<'_>,
        to: &mut Mistakes,
    ) -> Option<Self::Value> {
        let Some(items) = value.get_ref().as_array() else {
            return to.wrong(key.name, LIST, value);
        };
        let items = items.iter().filter_map(|item| self.0.read(key, item, to));
        Some(items.collect())
    }

    fn schema(&self) -> Value {
        json!({ "type": "array", "items": self.0.schema() })
    }
}

/// A table, `[name]`.
pub(super) struct TableForm<T>(pub(super) fn(&mut SettingsTable<'_>) -> T);

impl<T> SettingForm for TableForm<T> {
    type Value = T;

    fn read(&self, key: &SettingKey, value: &Written<'_>, to: &mut Mistakes) -> Option<T> {
        let Some(table) = value.get_ref().as_table() else {
            return to.wrong(key.name, TABLE, value);
        };
        let title = format!("[{}]", key.name);
        Some(SettingsTable::read(table, value.span(), title, to, self.0))
    }

    fn schema(&self) -> Value {
        SettingsTable::describe(self.0)
    }
}

/// Tables, each under `[[name]]`.
pub(super) struct TablesForm<T>(pub(super) fn(&mut SettingsTable<'_>) -> T);

impl<T> SettingForm for TablesForm<T> {
    type Value = Vec<T>;

    fn read(&self, key: &SettingKey, value: &Written<'_>, to: &mut Mistakes) -> Option<Vec<T>> {
        let name = key.name;
        let Some(items) = value.get_ref().as_array() else {
            let expected = "tables written with double brackets";
            return to.wrong(name, expected, value);
        };
        let items = items
            .iter()
            .filter_map(|item| match item.get_ref().as_table() {
                Some(table) => {
                    let title = format!("[[{name}]]");
                    Some(SettingsTable::read(table, item.span(), title, to, self.0))
                }
                None => to.wrong(name, &format!("tables written as [[{name}]]"), item),
            });
        Some(items.collect())
    }

    fn schema(&self) -> Value {
        json!({ "type": "array", "items": SettingsTable::describe(self.0) })
    }
}

/// A table whose keys are rule ids.
pub(super) struct RulesForm(pub(super) fn(Spanned<String>, &mut SettingsTable<'_>) -> RuleSetting);

impl SettingForm for RulesForm {
    type Value = BTreeMap<String, RuleSetting>;

    fn read(
        &self,
        key: &SettingKey,
        value: &Written<'_>,
        to: &mut Mistakes,
    ) -> Option<Self::Value> {
        let Some(table) = value.get_ref().as_table() else {
            return to.wrong(key.name, TABLE, value);
        };
        let prefix = match key.title.trim_matches(['[', ']']) {
            "" => key.name.to_owned(),
            outer => format!("{outer}.{}", key.name),
        };
        let rules = table.iter().filter_map(|(id, value)| {
            let at = id.span();
            let id = id.get_ref().to_string();
            let Some(table) = value.get_ref().as_table() else {
                return to.wrong(&id, "a table such as { enabled = false }", value);
            };
            let title = format!("[{prefix}.\"{id}\"]");
            let named = to.with_span(id.clone(), at);
            let ask = |table: &mut SettingsTable<'_>| (self.0)(named, table);
            Some((id, SettingsTable::read(table, value.span(), title, to, ask)))
        });
        Some(rules.collect())
    }

    fn schema(&self) -> Value {
        let rule = SettingsTable::describe(|table| (self.0)(Spanned::default(), table));
        json!({ "type": "object", "additionalProperties": rule })
    }
}

/// A table whose keys are the parameters of a rule.
pub(super) struct ParamsForm;

impl SettingForm for ParamsForm {
    type Value = BTreeMap<String, ParamSetting>;

    fn read(
        &self,
        key: &SettingKey,
        value: &Written<'_>,
        to: &mut Mistakes,
    ) -> Option<Self::Value> {
        let Some(table) = value.get_ref().as_table() else {
            return to.wrong(key.name, TABLE, value);
        };
        let params = table.iter().filter_map(|(name, value)| {
            let key = SettingKey {
                name: name.get_ref(),
                title: "",
            };
            let value = PARAM.read(&key, value, to)?;
            let name_span = to.span(name.span());
            Some((
                name.get_ref().to_string(),
                ParamSetting {
                    name: name_span,
                    value,
                },
            ))
        });
        Some(params.collect())
    }

    fn schema(&self) -> Value {
        json!({ "type": "object", "additionalProperties": PARAM.schema() })
    }
}
