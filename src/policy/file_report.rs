//! The text of a finding about a file: the items that a rule found in it. Which findings are joined is decided
//! in `check`.

use std::collections::BTreeSet;

use crate::policy::rule::CompiledRule;
use crate::policy::template;

/// What a rule says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    pub message: String,
    pub help: Option<String>,
}

impl FileReport {
    /// The report of a rule about a file with these items, if the rule reports files.
    pub fn of_items(rule: &CompiledRule, items: &[&str]) -> Option<Self> {
        let said = rule.draft.per_file.as_ref()?;
        // A directive that is written twice is named once; every place has its label.
        let mut seen = BTreeSet::new();
        let named: Vec<&str> = items
            .iter()
            .copied()
            .filter(|item| seen.insert(*item))
            .collect();
        let (count, named) = (items.len().to_string(), named.join(", "));
        let filled = |text: &str| template::OF_FILE.fill(text, &count, &named);
        Some(Self {
            message: filled(said.message.text()),
            help: said.help.as_ref().map(|help| filled(help.text())),
        })
    }
}
