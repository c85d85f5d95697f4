//! Packages that define flags of the command line, as `knowledge/languages` names them: which of their
//! functions give a value, which write one.

use serde::Deserialize;

/// Packages that define flags of the command line: `Int(name, default, help)` gives a pointer,
/// `IntVar(pointer, name, default, help)` writes through one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagPackage {
    pub import_paths: Vec<String>,
    /// The kinds of values: what the functions are called that give a pointer.
    pub kinds: Vec<String>,
    /// Those of them that are durations.
    pub durations: Vec<String>,
    /// What is added to the name of a function that writes through a pointer.
    pub writes: String,
    /// What is added to the name of a function that is given a short name, too.
    pub short: String,
    pub source: String,
}

/// What kind of value a flag has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagKind {
    Duration,
    Other,
}

impl FlagPackage {
    /// The name of the function that gives a pointer to such a flag's value.
    fn plain<'n>(&self, name: &'n str) -> &'n str {
        let name = name.strip_suffix(&self.short).unwrap_or(name);
        name.strip_suffix(&self.writes).unwrap_or(name)
    }

    pub fn defines(&self, name: &str) -> bool {
        self.kinds.iter().any(|own| own == self.plain(name))
    }

    /// Whether a function is given a pointer to what it writes.
    pub fn writes(&self, name: &str) -> bool {
        name.strip_suffix(&self.short)
            .unwrap_or(name)
            .ends_with(&self.writes)
    }

    /// Whether a text may hold a call that writes through a pointer.
    pub fn may_write(&self, text: &str) -> bool {
        let (writes, short) = (&self.writes, &self.short);
        text.contains(&format!("{writes}(&")) || text.contains(&format!("{writes}{short}(&"))
    }

    pub fn kind(&self, name: &str) -> FlagKind {
        match self.durations.iter().any(|own| own == self.plain(name)) {
            true => FlagKind::Duration,
            false => FlagKind::Other,
        }
    }
}
