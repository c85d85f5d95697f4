//! The rules of an access control user, as `ACLSetUser` reads them: which are refused while the file
//! is read, and which only when users are loaded.

use crate::knowledge::servers::ServerSeries;
use crate::knowledge::servers::language::{AclFeature, StopStage};

use super::{DirectiveReading, LineOutcome, LineProblem, LineReader};

/// Why a rule is refused. The words are the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AclRefusal {
    Syntax,
    KeysAfterAll,
    ChannelsAfterAll,
    NoSuchPassword,
    PasswordHash,
    SubcommandOfAdded,
    FirstArgument,
    Database,
    /// Said only when users are loaded.
    Unknown,
}

impl AclRefusal {
    fn text(self) -> &'static str {
        match self {
            Self::Syntax => "Syntax error",
            Self::KeysAfterAll => {
                "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does \
                 not have any effect. Try 'resetkeys' to start with an empty list of patterns"
            }
            Self::ChannelsAfterAll => {
                "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and \
                 does not have any effect. Try 'resetchannels' to start with an empty list of channels"
            }
            Self::NoSuchPassword => {
                "The password you are trying to remove from the user does not exist"
            }
            Self::PasswordHash => {
                "The password hash must be exactly 64 characters and contain only lowercase \
                 hexadecimal characters"
            }
            Self::SubcommandOfAdded => {
                "Adding a subcommand of a command already fully added is not allowed. Remove the \
                 command to start. Example: -DEBUG +DEBUG|DIGEST"
            }
            Self::FirstArgument => "Allowing first-arg of a subcommand is not supported",
            Self::Database => "The provided database ID is out of range",
            Self::Unknown => "Unknown command or category name in ACL",
        }
    }
}

impl LineReader<'_> {
    /// `args` is a user's name and its rules.
    pub(super) fn acl_user(&self, args: &[&str]) -> DirectiveReading {
        let Some((name, rules)) = args.split_first() else {
            return DirectiveReading::good(super::special::words(args));
        };
        let selectors = self.has(AclFeature::Selectors);
        let merged = match merge_selectors(rules, selectors) {
            Ok(merged) => merged,
            Err(at) => {
                // redis 7.0 says what its last failing system call left behind, often this.
                return refuse_word([&self.directive.name, name], rules, at, "Wrong format");
            }
        };
        let mut user = AclUser::new(self.series, self.channels_open);
        let mut unknown: Vec<&String> = Vec::new();
        for (at, rule) in merged.iter().enumerate() {
            match user.apply(rule) {
                Ok(()) => {}
                Err(AclRefusal::Unknown) => unknown.push(rule),
                // With selectors the server counts from the first rule and names the wrong word.
                Err(refusal) if selectors => {
                    return refuse_word([&self.directive.name, name], rules, at, refusal.text());
                }
                Err(refusal) => return refuse_rule(args, at, refusal.text()),
            }
        }
        let blank = |c: char| c.is_ascii_whitespace() || c == '\0';
        let blank_name = name.contains(blank);
        if unknown.is_empty() && !blank_name {
            return DirectiveReading::good(super::special::words(args));
        }
        // Where the list of names is incomplete, a missing name proves nothing.
        let problem = if blank_name || self.series.commands.complete {
            LineProblem::InvalidValue
        } else {
            LineProblem::None
        };
        let accepted = match unknown.first() {
            Some(rule) => {
                format!("commands and categories of this version (`{rule}` names none)")
            }
            None => "a user's name without blanks".to_owned(),
        };
        DirectiveReading {
            outcome: LineOutcome::Refused(StopStage::Startup),
            unknown_names: if blank_name {
                Vec::new()
            } else {
                self.unknown_names(&unknown)
            },
            ..DirectiveReading::bad(
                problem,
                &self.series.language.messages.acl_at_startup,
                Some(accepted),
            )
        }
    }

    /// What rules name that the series does not have; a selector's own rules one by one.
    fn unknown_names(&self, rules: &[&String]) -> Vec<String> {
        let single = rules.iter().flat_map(|rule| {
            let inner = rule
                .strip_prefix('(')
                .and_then(|rule| rule.strip_suffix(')'));
            inner.unwrap_or(rule).split_ascii_whitespace()
        });
        let unknown = |rule: &&str| {
            AclSelector::default().apply(self.series, rule) == Err(AclRefusal::Unknown)
        };
        single.filter(unknown).map(strip_sign).collect()
    }

    fn has(&self, feature: AclFeature) -> bool {
        self.series.language.acl.contains(&feature)
    }
}

/// The command or category that a rule names, without its sign.
fn strip_sign(rule: &str) -> String {
    rule.get(1..).unwrap_or_default().to_ascii_lowercase()
}

const RULES_FORM: &str = "rules such as `on`, `>password`, `~pattern`, `+command`, `+@category`";

fn refuse_rule(args: &[&str], at: usize, text: &str) -> DirectiveReading {
    let word = args.get(at + 1).copied().unwrap_or_default();
    DirectiveReading::invalid(
        format!("Error in user declaration '{word}': {text}"),
        RULES_FORM,
    )
}

/// The word that the server names: the one at the rule's own number, counted from the directive.
fn refuse_word(head: [&str; 2], rules: &[&str], at: usize, text: &str) -> DirectiveReading {
    let word = head
        .iter()
        .chain(rules)
        .nth(at)
        .copied()
        .unwrap_or_default();
    DirectiveReading::invalid(
        format!("Error in user declaration '{word}': {text}"),
        RULES_FORM,
    )
}

/// A selector in parentheses may stand in several words.
fn merge_selectors(rules: &[&str], selectors: bool) -> Result<Vec<String>, usize> {
    let mut merged: Vec<String> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, rule) in rules.iter().enumerate() {
        if let Some((start, text)) = open.take() {
            let text = format!("{text} {rule}");
            if rule.ends_with(')') {
                merged.push(text);
            } else {
                open = Some((start, text));
            }
        } else if selectors && rule.starts_with('(') && !rule.ends_with(')') {
            open = Some((at, (*rule).to_owned()));
        } else {
            merged.push((*rule).to_owned());
        }
    }
    match open {
        Some((start, _)) => Err(start),
        None => Ok(merged),
    }
}

/// What a user holds, as far as later rules depend on it.
struct AclUser<'a> {
    series: &'a ServerSeries,
    channels_open: bool,
    passwords: Vec<String>,
    root: AclSelector,
}

#[derive(Default)]
struct AclSelector {
    all_keys: bool,
    all_channels: bool,
    /// Commands added as a whole; `*` for all.
    added: Vec<String>,
}

impl<'a> AclUser<'a> {
    fn new(series: &'a ServerSeries, channels_open: bool) -> Self {
        Self {
            series,
            channels_open,
            passwords: Vec::new(),
            root: AclSelector {
                all_channels: channels_open,
                ..AclSelector::default()
            },
        }
    }

    fn has(&self, feature: AclFeature) -> bool {
        self.series.language.acl.contains(&feature)
    }

    fn apply(&mut self, rule: &str) -> Result<(), AclRefusal> {
        let lower = rule.to_ascii_lowercase();
        match lower.as_str() {
            "" | "on" | "off" => return Ok(()),
            "skip-sanitize-payload" | "sanitize-payload" if self.has(AclFeature::Sanitize) => {
                return Ok(());
            }
            "nopass" | "resetpass" => {
                self.passwords.clear();
                return Ok(());
            }
            "clearselectors" if self.has(AclFeature::Selectors) => return Ok(()),
            "reset" => {
                *self = Self::new(self.series, self.channels_open);
                return Ok(());
            }
            _ => {}
        }
        if let Some(password) = rule.strip_prefix(['>', '#', '<', '!']) {
            return self.password(rule, password);
        }
        if self.has(AclFeature::Selectors) && rule.starts_with('(') && rule.ends_with(')') {
            let inner = rule.get(1..rule.len() - 1).unwrap_or_default();
            let mut selector = AclSelector::default();
            return inner
                .split_ascii_whitespace()
                .try_for_each(|rule| selector.apply(self.series, rule));
        }
        self.root.apply(self.series, rule)
    }

    fn password(&mut self, rule: &str, password: &str) -> Result<(), AclRefusal> {
        let hashed = rule.starts_with(['#', '!']);
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if hashed && !(password.len() == 64 && password.bytes().all(hex)) {
            return Err(AclRefusal::PasswordHash);
        }
        let kept = format!("{}{password}", if hashed { '#' } else { '>' });
        if rule.starts_with(['>', '#']) {
            self.passwords.push(kept);
            return Ok(());
        }
        match self.passwords.iter().position(|known| *known == kept) {
            Some(at) => {
                self.passwords.remove(at);
                Ok(())
            }
            None => Err(AclRefusal::NoSuchPassword),
        }
    }
}

impl AclSelector {
    fn apply(&mut self, series: &ServerSeries, rule: &str) -> Result<(), AclRefusal> {
        let has = |feature| series.language.acl.contains(&feature);
        let channels = has(AclFeature::Channels);
        match rule.to_ascii_lowercase().as_str() {
            "allkeys" | "~*" => self.all_keys = true,
            "resetkeys" => self.all_keys = false,
            "allchannels" | "&*" if channels => self.all_channels = true,
            "resetchannels" if channels => self.all_channels = false,
            "allcommands" | "+@all" => self.added = vec!["*".to_owned()],
            "nocommands" | "-@all" => self.added.clear(),
            "alldbs" | "resetdbs" if has(AclFeature::Databases) => {}
            lower if has(AclFeature::Databases) && lower.starts_with("db=") => {
                return databases(&rule[3..]);
            }
            _ if rule.starts_with('~') => return self.keys(&rule[1..]),
            _ if has(AclFeature::KeyPermissions) && rule.starts_with('%') => {
                return self.permit_keys(series, &rule[1..]);
            }
            _ if channels && rule.starts_with('&') => return self.channels(&rule[1..]),
            _ if rule.starts_with("+@") || rule.starts_with("-@") => {
                let known = series.commands.knows_category(&rule[2..]);
                return known.then_some(()).ok_or(AclRefusal::Unknown);
            }
            _ if rule.starts_with('+') => return self.add(series, &rule[1..]),
            _ if rule.starts_with('-') => {
                let name = rule[1..].to_ascii_lowercase();
                self.added.retain(|added| *added != name);
                let known = series.commands.knows(&name);
                return known.then_some(()).ok_or(AclRefusal::Unknown);
            }
            _ => return Err(AclRefusal::Syntax),
        }
        Ok(())
    }

    fn keys(&mut self, pattern: &str) -> Result<(), AclRefusal> {
        if self.all_keys {
            return Err(AclRefusal::KeysAfterAll);
        }
        without_blanks(pattern)
    }

    fn permit_keys(&mut self, series: &ServerSeries, rule: &str) -> Result<(), AclRefusal> {
        if self.all_keys {
            return Err(AclRefusal::KeysAfterAll);
        }
        let (permissions, pattern) = rule.split_once('~').unwrap_or((rule, ""));
        let lower = permissions.to_ascii_lowercase();
        let has = |feature| series.language.acl.contains(&feature);
        let lone = rule.is_empty() && has(AclFeature::LonePercent);
        let needed = has(AclFeature::PermissionNeeded) && !lone;
        match lower.as_str() {
            "r" | "w" | "rw" | "wr" => without_blanks(pattern),
            "" if !needed => without_blanks(pattern),
            _ => Err(AclRefusal::Syntax),
        }
    }

    fn channels(&mut self, pattern: &str) -> Result<(), AclRefusal> {
        if self.all_channels {
            return Err(AclRefusal::ChannelsAfterAll);
        }
        without_blanks(pattern)
    }

    fn add(&mut self, series: &ServerSeries, name: &str) -> Result<(), AclRefusal> {
        let commands = &series.commands;
        let own = series.language.acl.contains(&AclFeature::Subcommands);
        let split = if own {
            name.rsplit_once('|')
        } else {
            name.split_once('|')
        };
        let Some((command, sub)) = split else {
            if !commands.knows(name) {
                return Err(AclRefusal::Unknown);
            }
            self.added.push(name.to_ascii_lowercase());
            return Ok(());
        };
        if !commands.knows(command) {
            return Err(AclRefusal::Unknown);
        }
        if own && command.contains('|') {
            return Err(AclRefusal::FirstArgument);
        }
        if sub.is_empty() {
            return Err(AclRefusal::Syntax);
        }
        let lower = command.to_ascii_lowercase();
        let added = self.added.iter().any(|name| *name == lower || name == "*");
        let refuses = series
            .language
            .acl
            .contains(&AclFeature::AddedSubcommandRefused);
        if refuses && added {
            return Err(AclRefusal::SubcommandOfAdded);
        }
        if own && commands.has_subcommands(command) && !commands.knows(name) {
            return Err(AclRefusal::Unknown);
        }
        Ok(())
    }
}

fn without_blanks(pattern: &str) -> Result<(), AclRefusal> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\0');
    if pattern.contains(blank) {
        return Err(AclRefusal::Syntax);
    }
    Ok(())
}

fn databases(list: &str) -> Result<(), AclRefusal> {
    for number in list.split(',') {
        if number.is_empty() {
            return Err(AclRefusal::Syntax);
        }
        let id = super::number::whole_number(number).ok_or(AclRefusal::Syntax)?;
        if !(0..=i64::from(i32::MAX)).contains(&id) {
            return Err(AclRefusal::Database);
        }
    }
    Ok(())
}
