//! Commands that can block at the server (`knowledge/servers/waiting.toml`).

use std::sync::LazyLock;

use serde::Deserialize;

static COMMANDS: LazyLock<Vec<WaitingCommand>> = LazyLock::new(|| {
    let file: Option<WaitingTable> =
        toml::from_str(include_str!("../../../knowledge/servers/waiting.toml")).ok();
    file.map_or_else(Vec::new, |file| file.command)
});

/// The command of this name, whatever its case, if it may wait.
pub fn command(name: &str) -> Option<&'static WaitingCommand> {
    COMMANDS.iter().find(|c| c.name.eq_ignore_ascii_case(name))
}

/// The names of all of them.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name.as_str())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitingTable {
    command: Vec<WaitingCommand>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitingCommand {
    pub name: String,
    pub timeout: TimeoutWord,
    pub unit: TimeUnit,
    #[serde(rename = "for")]
    pub purpose: WaitPurpose,
}

/// Which word after the name says how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TimeoutWord {
    #[serde(rename = "last")]
    Last,
    #[serde(rename = "first")]
    First,
    #[serde(rename = "second")]
    Second,
    #[serde(rename = "third")]
    Third,
    /// The word after `BLOCK`; without that the command does not wait.
    #[serde(rename = "after BLOCK")]
    AfterBlock,
}

impl TimeoutWord {
    /// Its position among so many words after the name.
    pub fn position(self, count: usize) -> Option<usize> {
        match self {
            Self::Last => count.checked_sub(1),
            Self::First => Some(0),
            Self::Second => Some(1),
            Self::Third => Some(2),
            Self::AfterBlock => None,
        }
    }
}

/// The word before the figure, where a command has one.
pub const BLOCK: &str = "BLOCK";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    Seconds,
    Milliseconds,
}

impl TimeUnit {
    pub fn in_seconds(self, figure: f64) -> f64 {
        match self {
            Self::Seconds => figure,
            Self::Milliseconds => figure / 1e3,
        }
    }
}

/// What the server is waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WaitPurpose {
    #[default]
    /// A caller in a loop waits most of the time.
    Data,
    /// Until replicas or the disk have what was written.
    Copies,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_loads() {
        let read = command("xreadgroup").unwrap();
        assert_eq!(read.timeout, TimeoutWord::AfterBlock);
        assert!((read.unit.in_seconds(500.0) - 0.5).abs() < 1e-9);
        assert_eq!(command("BLPOP").unwrap().timeout.position(3), Some(2));
        assert_eq!(command("wait").unwrap().purpose, WaitPurpose::Copies);
        assert!(command("GET").is_none());
        assert!(names().count() >= 12);
    }
}
