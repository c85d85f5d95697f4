//! How a server series parses configuration text, where series differ: quotes, sizes, numbers,
//! users, and the messages it prints. Read from the `language` and `commands` parts of its table.

use std::collections::HashSet;

use serde::Deserialize;

/// Where a series' configuration language differs from that of others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigLanguage {
    /// A closing quote may be followed by more of the same word.
    pub adjacent_quotes: bool,
    pub large_sizes: LargeSizes,
    /// The one word of a directive that takes several is split again.
    pub one_word_is_split: bool,
    /// Hand-written parsers read the digits that a word begins with and ignore the rest.
    pub loose_numbers: bool,
    /// Figures may be hexadecimal.
    pub hexadecimal_figures: bool,
    pub save_lines: SaveLines,
    /// Lines that hold as long as the server is started without a file and without an option: the first of
    /// either takes them away, whatever it says.
    pub bare_start: Vec<Vec<String>>,
    /// A data directory that does not exist ends the server at once, with words in its log.
    pub missing_folder_exits: bool,
    /// `include` takes a pattern; one that matches nothing is no error.
    pub include_patterns: bool,
    pub arguments: ArgumentSyntax,
    pub users: RepeatedUser,
    /// A new user may use every channel.
    pub channels_open: bool,
    /// What decides that for users of later lines.
    #[serde(default)]
    pub channels_open_by: Option<OpenedBy>,
    /// Kinds of access rules that the series knows beyond passwords, commands and keys.
    pub acl: Vec<AclFeature>,
    /// The letters that `A` stands for in classes of keyspace events, in the order of printing.
    pub event_classes: String,
    /// Letters that it does not stand for, printed behind them.
    pub event_classes_apart: String,
    pub title_variables: TitleVariables,
    pub messages: ServerMessages,
    pub conflicts: Vec<DirectiveConflict>,
    pub forced: Vec<ForcedDirective>,
    pub needed_files: Vec<NeededFile>,
}

/// A directive that opens something while it has a value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedBy {
    pub directive: String,
    pub value: String,
}

/// How the words of a command line become lines.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentSyntax {
    /// An option without a value takes a word that begins with `--` as its value.
    pub dashed_values: bool,
    /// An option whose own word holds its value takes no other word that begins with `--`.
    pub joined_values: bool,
    /// These options, without a value before another option, get an empty one.
    pub may_be_lone: Vec<String>,
    /// `-` as the last word reads standard input.
    pub stdin_last: bool,
}

/// A directive that names a file without which the server does not start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeededFile {
    pub directive: String,
    /// What its log says.
    pub error: String,
}

/// What becomes of a size whose digits do not fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LargeSizes {
    /// The largest signed number.
    SaturateSigned,
    /// The largest unsigned number.
    SaturateUnsigned,
    Refuse,
}

/// What lines with save points do to those of earlier lines, where files include others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveLines {
    /// They add to them.
    Add,
    /// The first one of each file drops them.
    FirstOfFileDrops,
    /// They drop them where they stand behind an `include` of the same file.
    DropBehindInclude,
}

/// What a second line for one user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatedUser {
    Merged,
    Once,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AclFeature {
    Channels,
    Sanitize,
    Selectors,
    KeyPermissions,
    /// `%~pattern` without a permission is refused.
    PermissionNeeded,
    /// `%` alone is taken all the same.
    LonePercent,
    /// Sub-commands are commands of their own.
    Subcommands,
    Databases,
    /// A sub-command of a command that was added as a whole is refused.
    AddedSubcommandRefused,
}

/// The names that a template of the process title may use.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TitleVariables {
    /// Never without effect.
    pub filled: Vec<String>,
    pub may_be_empty: Vec<String>,
}

/// What a series prints, where series differ.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerMessages {
    /// The words before the list of an enumeration.
    pub enumeration: String,
    pub addresses: String,
    pub port: String,
    pub events: String,
    pub allocator: String,
    /// For a class of clients that has no limits.
    pub client_class: String,
    /// For a number below zero where the type has no sign; without it the number is a very large one.
    #[serde(default)]
    pub negative: Option<String>,
    /// For members of an enumeration that exclude each other.
    pub exclusive: String,
    /// The last words of a server that has settings for modules which are not loaded.
    pub queued: String,
    pub acl_at_startup: String,
}

/// Two directives that are valid alone and refused together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectiveConflict {
    /// This directive is given a value, the one in `given_is` if there is one...
    pub given: String,
    #[serde(default)]
    pub given_is: Option<String>,
    /// ... and this one is given one too, or the one in `is`.
    pub with: String,
    #[serde(default)]
    pub is: Option<String>,
    pub stage: StopStage,
    pub line: ConflictLine,
    /// What the server prints.
    pub error: String,
}

/// A directive whose value another one decides, whatever is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForcedDirective {
    pub directive: String,
    pub to: serde_json::Number,
    /// While this directive...
    pub with: String,
    /// ... has this value.
    pub is: String,
}

/// When a server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopStage {
    /// While it reads its configuration, with a banner on standard error.
    Config,
    /// After that, with words in its log.
    Startup,
    /// It breaks off on an assertion of its own.
    Crash,
}

/// Which line a server names for a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConflictLine {
    None,
    /// The last line of `given`.
    Given,
}

/// The names that access rules and renaming may use.
#[derive(Clone, Debug, Default)]
pub struct CommandNames {
    /// The list was read from the series itself: a name that is not on it does not exist.
    pub complete: bool,
    names: HashSet<String>,
    categories: HashSet<String>,
}

/// What a file says of the names: all of them, or what is more and what is less than in the one that
/// it extends. Names are joined by blanks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CommandChanges {
    /// For people.
    #[serde(rename = "source")]
    _source: String,
    complete: Option<bool>,
    names_added: String,
    names_removed: String,
    categories_added: String,
    categories_removed: String,
}

impl CommandNames {
    /// Puts on it what a file changes.
    pub(super) fn change(&mut self, changes: &CommandChanges) {
        self.complete = changes.complete.unwrap_or(self.complete);
        apply(
            &mut self.names,
            &changes.names_added,
            &changes.names_removed,
        );
        let (added, removed) = (&changes.categories_added, &changes.categories_removed);
        apply(&mut self.categories, added, removed);
    }

    /// Whether the command, or `command|subcommand`, exists.
    pub fn knows(&self, name: &str) -> bool {
        self.names.contains(&name.to_ascii_lowercase())
    }

    /// Whether the command has sub-commands of its own.
    pub fn has_subcommands(&self, name: &str) -> bool {
        let prefix = format!("{}|", name.to_ascii_lowercase());
        self.names.iter().any(|known| known.starts_with(&prefix))
    }

    pub fn knows_category(&self, name: &str) -> bool {
        self.categories.contains(&name.to_ascii_lowercase())
    }
}

fn apply(names: &mut HashSet<String>, added: &str, removed: &str) {
    names.extend(added.split_whitespace().map(str::to_owned));
    for name in removed.split_whitespace() {
        names.remove(name);
    }
}

/// How a server was built, as far as its configuration language depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerBuild {
    /// With the allocator that comes with the source.
    pub bundled_allocator: bool,
    pub tls: bool,
}

impl ServerBuild {
    /// As the official images are built.
    pub const OFFICIAL: Self = Self {
        bundled_allocator: true,
        tls: true,
    };
}
