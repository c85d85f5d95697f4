//! Values of one word that are no numbers: switches, enumerations, strings.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::facts::Datum;
use crate::knowledge::servers::{RefusedCharacters, ValueCheck};
use crate::nearest::nearest;

use super::{DirectiveReading, LineProblem, LineReader};

impl LineReader<'_> {
    pub(super) fn boolean(&self, word: &str) -> DirectiveReading {
        let known = match word.to_ascii_lowercase().as_str() {
            "yes" => "yes",
            "no" => "no",
            _ => {
                return DirectiveReading::invalid(
                    "argument must be 'yes' or 'no'",
                    "`yes` or `no`",
                );
            }
        };
        let needs_allocator = self.directive.check == Some(ValueCheck::NeedsBundledAllocator);
        if known == "yes" && needs_allocator && !self.build.bundled_allocator {
            return DirectiveReading::invalid(
                &self.series.language.messages.allocator,
                "`no`, or a server that is built with the allocator of its source",
            );
        }
        DirectiveReading::good(Datum::Text(known.to_owned()))
    }

    pub(super) fn enumeration(&self, args: &[&str]) -> DirectiveReading {
        let values = &self.directive.enum_values;
        let position = |word: &&str| {
            values
                .iter()
                .position(|value| value.eq_ignore_ascii_case(word))
        };
        let found: Option<Vec<usize>> = args.iter().map(position).collect();
        match found {
            Some(found) if self.directive.enum_combinable && !found.is_empty() => {
                self.combine_flags(found)
            }
            Some(found) if found.len() == 1 => {
                DirectiveReading::good(Datum::Text(self.member(found[0])))
            }
            _ => DirectiveReading::invalid(
                format!(
                    "{}{}",
                    self.series.language.messages.enumeration,
                    values.join(", ")
                ),
                near_one_of(args, values),
            ),
        }
    }

    /// The name under which a member is shown.
    fn member(&self, at: usize) -> String {
        let value = &self.directive.enum_values[at];
        self.directive
            .enum_synonyms
            .get(value)
            .unwrap_or(value)
            .clone()
    }

    /// Several members are shown in the table's order; the default stands for none of them.
    fn combine_flags(&self, mut found: Vec<usize>) -> DirectiveReading {
        let values = &self.directive.enum_values;
        found.sort_unstable();
        found.dedup();
        let names: Vec<&str> = found.iter().map(|at| values[*at].as_str()).collect();
        let none = self.directive.default.as_str();
        let flags: Vec<&str> = names
            .iter()
            .filter(|name| Some(**name) != none)
            .copied()
            .collect();
        let exclusive = &self.directive.enum_exclusive;
        if exclusive.len() > 1 && exclusive.iter().all(|m| flags.contains(&m.as_str())) {
            return DirectiveReading::invalid(
                &self.series.language.messages.exclusive,
                format!("only one of {}", quote_list(exclusive)),
            );
        }
        let text = if flags.is_empty() {
            names.join(" ")
        } else {
            flags.join(" ")
        };
        DirectiveReading::good(Datum::Text(text))
    }

    pub(super) fn string(&self, word: &str) -> DirectiveReading {
        match self.check_word(word) {
            Some((error, accepted)) => DirectiveReading::invalid(error, accepted),
            None => DirectiveReading::good(Datum::Text(word.to_owned())),
        }
    }

    /// Braces pair up and hold a variable that the server knows, and the title is not empty.
    fn is_title_template(&self, word: &str) -> bool {
        let variables = &self.series.language.title_variables;
        let mut rest = word;
        let mut out = String::new();
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                out.push('{');
                rest = after;
                continue;
            }
            let Some((variable, after)) = rest.split_once('}') else {
                return false;
            };
            let is = |known: &String| known == variable;
            if variables.filled.iter().any(is) {
                out.push_str(variable);
            } else if !variables.may_be_empty.iter().any(is) {
                return false;
            }
            rest = after;
        }
        out.push_str(rest);
        !out.trim_matches(' ').is_empty()
    }

    /// What the server prints and the accepted form, where the word is not what it must be.
    pub(super) fn check_word(&self, word: &str) -> Option<(String, &'static str)> {
        let name = &self.directive.name;
        if let Some(refused) = &self.directive.refuses {
            return find_refused_characters(word, refused);
        }
        match self.directive.check? {
            ValueCheck::NotEmpty
            | ValueCheck::NonEmptyFileName
            | ValueCheck::NonEmptyFolderName
                if word.is_empty() =>
            {
                Some((format!("{name} can't be empty"), "a name"))
            }
            ValueCheck::FileName | ValueCheck::NonEmptyFileName if is_path(word) => {
                Some((format!("{name} can't be a path, just a filename"), NO_PATH))
            }
            ValueCheck::NonEmptyFolderName if is_path(word) => {
                Some((format!("{name} can't be a path, just a dirname"), NO_PATH))
            }
            ValueCheck::HostName => check_host_name(word),
            ValueCheck::TitleTemplate if !self.is_title_template(word) => Some((
                "template format is invalid or contains unknown variables".to_owned(),
                "text with variables of the server's own list in braces",
            )),
            ValueCheck::Ipv4 if !word.is_empty() && word.parse::<Ipv4Addr>().is_err() => {
                Some(("Invalid IPv4 address".to_owned(), "an IPv4 address"))
            }
            ValueCheck::Ipv6 if !word.is_empty() && word.parse::<Ipv6Addr>().is_err() => {
                Some(("Invalid IPv6 address".to_owned(), "an IPv6 address"))
            }
            ValueCheck::EmptyOrIp if !is_empty_or_ip(word) => Some((
                "Cluster announce IP must be a valid IPv4 or IPv6 address".to_owned(),
                "an IP address",
            )),
            _ => None,
        }
    }
}

const NO_PATH: &str = "a name without `/` and `\\`";

fn is_path(word: &str) -> bool {
    word.contains(['/', '\\'])
}

fn is_empty_or_ip(word: &str) -> bool {
    word.is_empty() || word.parse::<IpAddr>().is_ok()
}

fn check_host_name(word: &str) -> Option<(String, &'static str)> {
    const FORM: &str = "letters, digits, hyphens and dots, fewer than 256";
    if word.len() >= 256 {
        return Some((
            "Hostnames must be less than 256 characters".to_owned(),
            FORM,
        ));
    }
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    if word.bytes().all(fine) {
        return None;
    }
    let error = "Hostnames may only contain alphanumeric characters, hyphens or dots";
    Some((error.to_owned(), FORM))
}

/// Characters that would break the lines of the cluster's own file, and the length of an address.
fn find_refused_characters(
    word: &str,
    refused: &RefusedCharacters,
) -> Option<(String, &'static str)> {
    if refused.longest.is_some_and(|longest| word.len() > longest) {
        return Some((
            refused.too_long.clone().unwrap_or_default(),
            "a shorter name",
        ));
    }
    let bad = word.chars().any(|c| refused.characters.contains(c));
    bad.then(|| {
        (
            refused.error.clone(),
            "letters, digits and plain punctuation",
        )
    })
}

/// The members, the one first that a word is a slip of.
fn near_one_of(args: &[&str], values: &[String]) -> String {
    let known = || values.iter().map(String::as_str);
    let unknown = args
        .iter()
        .find(|word| !known().any(|value| value.eq_ignore_ascii_case(word)));
    match unknown.and_then(|word| nearest(word, known())) {
        Some(near) => format!("`{near}`, if that is meant: one of {}", quote_list(values)),
        None => format!("one of {}", quote_list(values)),
    }
}

pub(super) fn quote_list(words: &[String]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

impl DirectiveReading {
    /// Accepted, but not as it was meant.
    pub(super) fn misread(self, accepted: String) -> Self {
        Self {
            accepted: Some(accepted),
            ..self.with(LineProblem::MisreadValue)
        }
    }
}
