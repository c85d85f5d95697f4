//! What in a line of somebody's file is probably a secret, by the words beside it. The readers know
//! where secrets stand in what they understand; this checks every line that is shown, also those
//! that no reader understood, and masks too much rather than too little.

mod names;
mod random_words;

use std::borrow::Cow;
use std::ops::Range;

use names::{
    SHORT_WORD, WORDS, is_inner_key, is_itself, is_key, names, names_secret, opens_secret,
};
use random_words::random_words;

use super::{MASK, SourceFile};

/// How the name of a file or folder ends. What stands behind it and is no path is in the wrong place.
const FILES: [&str; 2] = ["file", "path"];

/// Whose file holds secrets.
const GUARDED: [&str; 3] = ["acl", "key", "cert"];

/// How a setting begins that gives something another name: who does not know that has no access.
const RENAMES: &str = "rename-";

/// Lines above one in which its name is looked for.
const LOOKS_BACK: usize = 40;

/// The command whose last word is a password; a user may stand between.
const LOGIN: &str = "auth";

/// Stands around the lines of a key.
const KEY_MARK: &str = "-----";

/// Values that are no secrets.
const PLAIN: [&str; 10] = [
    "true", "false", "yes", "no", "null", "nil", "none", "~", "on", "off",
];

/// A line and what is known of where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShownLine<'t> {
    pub text: &'t str,
    /// In code a bare word is a name, not a value.
    pub is_code: bool,
    /// The lines before it, the nearest first: one may name what this one holds.
    pub above: &'t [&'t str],
    /// The line behind it.
    pub below: &'t str,
}

/// What in a line of a file is probably a secret, in bytes of the file: in order, none inside another.
pub fn secrets_of_line(file: &SourceFile, line: usize) -> Vec<Range<usize>> {
    if line >= file.line_count() {
        return Vec::new();
    }
    let text = |line: usize| &file.text()[file.line_range(line)];
    let above: Vec<&str> = (0..line).rev().take(LOOKS_BACK).map(text).collect();
    let has_next = line + 1 < file.line_count();
    let shown = ShownLine {
        text: text(line),
        is_code: [".go", ".rs"].iter().any(|end| file.path().ends_with(end)),
        above: &above,
        below: if has_next { text(line + 1) } else { "" },
    };
    let start = file.line_range(line).start;
    let found = shown.secrets().into_iter();
    found
        .map(|part| start + part.start..start + part.end)
        .collect()
}

/// A line that stands alone, with a mask for each part that is probably a secret.
pub fn mask_secrets(line: &str) -> String {
    let shown = ShownLine {
        text: line,
        ..ShownLine::default()
    };
    let mut text = line.to_owned();
    for part in shown.secrets().into_iter().rev() {
        text.replace_range(part, MASK);
    }
    text
}

impl ShownLine<'_> {
    /// The parts that are probably secrets, in order, none inside another.
    pub fn secrets(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        urls(self.text, &mut found);
        if self.may_name_one() {
            self.find_named(&mut found);
        }
        self.flags(&mut found);
        self.users(&mut found);
        self.values(&mut found);
        self.find_renamed(&mut found);
        self.find_misplaced(&mut found);
        self.find_named_above(&mut found);
        self.find_piped(&mut found);
        self.find_continued(&mut found);
        self.find_commented(&mut found);
        found.extend(random_words(self.text));
        join_ranges(found)
    }

    fn may_name_one(&self) -> bool {
        names_secret(self.text)
    }

    /// Values behind a name, whatever joins them.
    fn find_named(&self, found: &mut Vec<Range<usize>>) {
        let comment = comment_start(self.text, self.is_code);
        for name in names(self.text) {
            let rest = name.end..self.text.len();
            if comment.is_some_and(|at| at <= name.start) {
                found.push(trim_range(self.text, rest));
                return;
            }
            if !is_itself(&self.text[name.clone()]) {
                continue;
            }
            match self.joint_behind(&name) {
                Some(length) => self.expression(name.end + length..rest.end, found),
                None => self.words_behind(&name, found),
            }
            // What is written behind a secret is often an older one.
            found.extend(comment.map(|at| trim_range(self.text, at..self.text.len())));
        }
    }

    /// How long what joins a name and its value is.
    fn joint_behind(&self, name: &Range<usize>) -> Option<usize> {
        let rest = &self.text[name.end..];
        if self.text[..name.start].ends_with('<') && rest.starts_with('>') {
            return Some(1);
        }
        let length = joint(rest);
        if length.is_some() || !self.is_code {
            return length;
        }
        // `var password string = "x"` has a type between, `cmd("AUTH").arg("x")` a call.
        let declared = rest.strip_prefix(' ').and_then(|rest| {
            let of_type = |c: char| c.is_alphanumeric() || "[]*&._<>".contains(c);
            let behind = rest.trim_start_matches(of_type).strip_prefix(" = ")?;
            Some(behind.len())
        });
        let called = rest
            .trim_start_matches(['"', '\''])
            .strip_prefix(").")
            .filter(|_| !self.text[..name.start].ends_with("env::var(\""))
            .and_then(|call| {
                let arguments = call.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
                Some(arguments.strip_prefix('(')?.len())
            });
        declared.or(called).map(|behind| rest.len() - behind)
    }

    /// The strings of an expression up to where it ends, or the bare value that it is.
    fn expression(&self, rest: Range<usize>, found: &mut Vec<Range<usize>>) {
        let text = &self.text[rest.clone()];
        let is_call = self.text[..rest.start].trim_end().ends_with('(');
        let strings = strings_of_expression(text, is_call);
        let bare = text.trim_start();
        if !self.is_code && bare.starts_with(['[', '{']) {
            self.items(rest.end - bare.len(), found);
        }
        let starts_bare =
            !bare.starts_with(['"', '\'', '`', '\\', '(', '[', '{', '|', '>', '&', '*']);
        if !self.is_code && starts_bare {
            let start = rest.start + text.len() - bare.len();
            let length = bare.find([',', '}', ')', ']', ';', '"', '\'', '`', '&', '|', '<']);
            let end = start + length.unwrap_or(bare.len());
            found.extend(value(self.text, trim_range(self.text, start..end)));
        }
        for string in strings {
            let string = rest.start + string.start..rest.start + string.end;
            found.extend(value(self.text, string));
        }
    }

    /// `requirement VALUE`, as configuration and command lines have it: all words up to the next option.
    fn words_behind(&self, name: &Range<usize>, found: &mut Vec<Range<usize>>) {
        let named = self.text[name.clone()].to_ascii_lowercase();
        let singular = named.strip_suffix('s').unwrap_or(&named);
        let ends = |word: &&str| named.ends_with(*word) || singular.ends_with(*word);
        let is_whole = WORDS.iter().any(&ends)
            || ["word", "phrase", SHORT_WORD].iter().any(ends)
            || is_key(&named);
        let rest = &self.text[name.end..];
        let in_string = self.text[..name.start].contains(['"', '\'', '`']);
        if !is_whole || !rest.starts_with(char::is_whitespace) || self.is_code && !in_string {
            return;
        }
        let mut at = name.end;
        for word in rest.split(char::is_whitespace) {
            let start = self.text[at..]
                .find(word)
                .map_or(at, |skipped| at + skipped);
            at = start + word.len();
            if word.is_empty() {
                continue;
            }
            if word.starts_with(['-', ';', '&', '|', '=', ':']) {
                return;
            }
            let closes = word.len() > 1 && word.ends_with(['"', '\'', '`', ';', ']', ')', '}']);
            let inner = word.trim_matches(['"', '\'', '`', ';', ']', ')', '}', ',', '\\']);
            if let Some(offset) = self.text[start..].find(inner).filter(|_| !inner.is_empty()) {
                found.extend(value(
                    self.text,
                    start + offset..start + offset + inner.len(),
                ));
            }
            if closes {
                return;
            }
        }
    }

    /// The items of a list or mapping in brackets: bare words, and values whose keys say nothing else.
    fn items(&self, start: usize, found: &mut Vec<Range<usize>>) {
        let inner = &self.text[start..];
        let length = inner.find([']', '}']).unwrap_or(inner.len());
        let mut at = start + 1;
        for item in self.text[at..(start + length).max(at)].split(',') {
            let (from, end) = (at, at + item.len());
            at = end + 1;
            let item = item.trim_matches(['[', '{', ' ']);
            let part = match item.split_once(": ") {
                Some((key, value)) if is_inner_key(key) => end - value.len()..end,
                Some(_) => continue,
                None => from..end,
            };
            found.extend(value(self.text, strip_quotes(self.text, part)));
        }
    }

    /// The name that something gets instead of its own.
    fn find_renamed(&self, found: &mut Vec<Range<usize>>) {
        let lower = self.text.to_ascii_lowercase();
        for (at, _) in lower.match_indices(RENAMES) {
            let words: Vec<Range<usize>> = words(self.text, at).take(3).collect();
            if let [_, _, new] = &words[..] {
                found.extend(value(self.text, new.clone()));
            }
        }
    }

    /// What is no path where a path to something guarded belongs.
    fn find_misplaced(&self, found: &mut Vec<Range<usize>>) {
        let lower = self.text.to_ascii_lowercase();
        for (at, word) in GUARDED.iter().flat_map(|word| lower.match_indices(word)) {
            let rest = &lower[at + word.len()..];
            let ends = FILES
                .iter()
                .find(|end| rest.trim_start_matches(['-', '_']).starts_with(**end));
            let mut behind = words(self.text, at);
            let (Some(_), Some(name), Some(first)) = (ends, behind.next(), behind.next()) else {
                continue;
            };
            let is_name = FILES.iter().any(|end| lower[name.clone()].ends_with(end));
            let is_path = |part: &Range<usize>| self.text[part.clone()].contains(['/', '.']);
            let stray = std::iter::once(first.clone()).chain(behind);
            let stray = stray
                .take_while(|_| is_name && !self.is_code)
                .find(|part| !is_path(part));
            found.extend(stray.and_then(|part| value(self.text, part)));
        }
    }

    /// What a line above names: the item of a list behind an option, the value below its key, what
    /// follows a line that goes on.
    fn find_named_above(&self, found: &mut Vec<Range<usize>>) {
        let own = self.text.trim_start();
        if own.is_empty() || own.starts_with(['#', '/']) {
            return;
        }
        let is_text = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let mut above = self.above.iter().filter(is_text);
        let (nearest, second) = (above.next(), above.next());
        let item = |line: &&&str| line.trim().trim_start_matches(['-', ' ', '[']).to_owned();
        let option = |line: &&str| {
            let bare = line
                .trim()
                .trim_start_matches("- ")
                .trim_end_matches(['\\', ' ', ',']);
            let bare = bare.rsplit([' ', '\t']).next().unwrap_or(bare);
            bare.trim_matches(['"', '\'']).to_owned()
        };
        let is_option = nearest.is_some_and(|line| self.is_option_for_secret(&option(line)));
        let is_named_item = own.starts_with("- ")
            && (nearest.is_some_and(|line| is_item_for_secret(line))
                || second.is_some_and(|line| item(&line).eq_ignore_ascii_case(LOGIN)));
        // The option alone on a line, what it renames on the next: a line that holds both is not asked
        // for more.
        let is_new_name = second.is_some_and(|line| {
            let option = item(&line);
            let option = option.trim_matches(['"', '\'', '-', ',']);
            option.starts_with(RENAMES) && !option.contains(char::is_whitespace)
        });
        let is_new_name = is_new_name || nearest.is_some_and(|line| ends_with_renamed(line));
        if is_option || is_named_item || is_new_name {
            found.extend(words(self.text, 0).find_map(|word| value(self.text, word)));
        } else if !self.is_code {
            self.find_held_by_key(found);
        }
    }

    /// Whether a line that ends with this goes on with a secret.
    fn is_option_for_secret(&self, word: &str) -> bool {
        let name = word.trim_start_matches('-');
        let is_client = || self.above.iter().any(|line| line.contains("-cli"));
        let is_short = word == "-a" && is_client();
        let is_long = word.starts_with('-') && names_secret(name) && is_itself(name);
        is_short
            || is_long
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-_.".contains(c))
    }

    /// What is written to a program that reads a secret: `echo PASSWORD | program --password-stdin`.
    fn find_piped(&self, found: &mut Vec<Range<usize>>) {
        let Some((writes, reads)) = self.text.split_once('|') else {
            return;
        };
        let printed = ["echo ", "printf "].iter();
        let printed = printed.filter_map(|program| Some(writes.find(program)? + program.len()));
        if let Some(at) = printed.min().filter(|_| names_secret(reads)) {
            let written = words(writes, at).filter(|word| !writes[word.clone()].starts_with('-'));
            found.extend(written.filter_map(|word| value(self.text, word)));
        }
    }

    /// What goes on with a text in quotes, or with a private key, that a line above opens.
    fn find_continued(&self, found: &mut Vec<Range<usize>>) {
        let lines = || self.above.iter().copied();
        let opens = |line: &str| {
            let before = line.rsplit_once('"').map_or("", |(before, _)| before);
            let is_value = before.trim_end().ends_with([':', '=', '(', ',', '[']);
            is_value && names_secret(before)
        };
        let quoted = lines().find(|line| line.matches('"').count() % 2 == 1);
        let in_text = !self.is_code && quoted.is_some_and(opens);
        let marked = lines().find(|line| line.contains(KEY_MARK));
        let in_key = marked.is_some_and(|line| line.contains("BEGIN") && line.contains("PRIVATE"));
        if in_text {
            let end = self.text.find('"').unwrap_or(self.text.len());
            found.push(strip_quotes(self.text, 0..end));
        }
        if in_key && !self.text.contains(KEY_MARK) {
            found.push(strip_quotes(self.text, 0..self.text.len()));
        }
    }

    /// A comment of one word below a line that names a secret.
    fn find_commented(&self, found: &mut Vec<Range<usize>>) {
        let signs = ['#', '/', ' ', '\t', '\r'];
        let content = self.text.trim_matches(signs);
        let is_comment = self.text.trim_start().starts_with(['#', '/']);
        let is_word = !content.is_empty() && !content.contains(char::is_whitespace);
        let above = self.above.iter().map(|line| line.trim_matches(signs));
        let named = || {
            let nearest = above.clone().find(|line| !line.is_empty());
            nearest.is_some_and(names_secret)
        };
        if is_comment && is_word && named() {
            let start = self.text.len() - self.text.trim_start_matches(signs).len();
            found.extend(value(self.text, start..start + content.len()));
        }
    }

    /// A value that stands below its key.
    fn find_held_by_key(&self, found: &mut Vec<Range<usize>>) {
        let indent = |line: &str| line.len() - line.trim_start().len();
        let own = indent(self.text);
        let is_item = self.text[own..].starts_with("- ");
        let is_key_of = |line: &&&str| {
            let content = line.trim();
            let is_text = !content.is_empty() && !content.starts_with('#');
            is_text
                && (indent(line) < own
                    || is_item && indent(line) == own && !content.starts_with('-'))
        };
        let explicit = self.text[own..].starts_with(": ");
        let nearest = self
            .above
            .first()
            .filter(|line| explicit && line.trim().starts_with("? "));
        // Where the indentation is wrong, the line below a key is still meant for it.
        let opened = self.above.first().filter(|line| opens_secret(line));
        let parent = nearest.or(opened);
        let Some(parent) = parent.or_else(|| self.above.iter().find(is_key_of)) else {
            return;
        };
        if !opens_secret(parent) {
            return;
        }
        let header = parent.split_once(':').map_or("", |(_, header)| header);
        let start = self.text.len() - self.text.trim_start_matches([' ', '-', ':']).len();
        let is_block = header.trim().starts_with(['|', '>']);
        let content = &self.text[start..];
        let part = match content.split_once(": ").filter(|_| !is_block) {
            Some((key, held)) if is_inner_key(key) => self.text.len() - held.len()..self.text.len(),
            Some(_) => return,
            None if !is_block && content.trim_end().ends_with(':') => return,
            None => start..self.text.len(),
        };
        found.extend(value(self.text, strip_quotes(self.text, part)));
    }

    /// `-a PASSWORD` of a client of servers, `-u USER:PASSWORD` of others.
    fn flags(&self, found: &mut Vec<Range<usize>>) {
        let is_client = ["-cli", "-benchmark"]
            .map(|end| self.text.contains(end))
            .contains(&true);
        let is_fetch = self.text.contains("curl") || self.text.contains("wget");
        let is_login = self.text.contains("sshpass") || self.text.contains("mysql");
        for (flag, wanted) in [("-a", is_client), ("-u", is_fetch), ("-p", is_login)] {
            if !wanted {
                continue;
            }
            for (at, _) in self.text.match_indices(flag) {
                let before = self.text[..at].chars().next_back();
                if !before.is_some_and(|c| c.is_whitespace() || "\"'`[,".contains(c)) {
                    continue;
                }
                let rest = &self.text[at + flag.len()..];
                let skipped = rest.len()
                    - rest
                        .trim_start_matches([' ', '\t', '"', '\'', ',', '\\'])
                        .len();
                let word = &rest[skipped..];
                let length = word
                    .find(|c: char| c.is_whitespace() || "\"'`,];".contains(c))
                    .unwrap_or(word.len());
                let start = at + flag.len() + skipped;
                found.extend(value(self.text, start..start + length));
            }
        }
    }

    /// Passwords and their hashes in the rules of a user.
    fn users(&self, found: &mut Vec<Range<usize>>) {
        let lower = self.text.to_ascii_lowercase();
        let Some(user) = lower.find("user") else {
            return;
        };
        let starts = self.text[..user]
            .trim_matches(['"', '\'', '-', ' ', '\t'])
            .is_empty();
        let signs: &[char] = if starts {
            &['>', '<', '#', '!']
        } else {
            &['>']
        };
        for (at, sign) in self.text.match_indices(signs) {
            let before = self.text[..at].chars().next_back();
            let is_rule =
                at > user && before.is_some_and(|c| c.is_whitespace() || "\"'".contains(c));
            let rest = &self.text[at + sign.len()..];
            if !is_rule || rest.starts_with(['/', '&', '=', ' ', '>', '(']) || rest.is_empty() {
                continue;
            }
            let quote = before.filter(|c| "\"'".contains(*c));
            let ends =
                |c: char| quote.map_or(c.is_whitespace() || c == '"' || c == '\'', |q| c == q);
            let length = rest.find(ends).unwrap_or(rest.len());
            let start = at + sign.len();
            found.push(start..start + length);
        }
    }

    /// `value: X` beside a `name:` that names a secret, on one line or on two.
    fn values(&self, found: &mut Vec<Range<usize>>) {
        let Some(at) = self.text.find("value") else {
            return;
        };
        let of_name = |line: &str| line.contains("name") && names_secret(line);
        let mut beside = self.above.iter().take(1).chain([&self.below]);
        if !of_name(self.text) && !beside.any(|line| of_name(line)) {
            return;
        }
        let end = at + "value".len();
        if let Some(length) = joint(&self.text[end..]) {
            self.expression(end + length..self.text.len(), found);
        }
    }
}

/// Whether the item of a list behind this one is a secret: `- requirepass`, `- AUTH`.
fn is_item_for_secret(line: &str) -> bool {
    let item = line.trim().strip_prefix("- ").unwrap_or_default();
    let name = item.trim_matches(['"', '\'', ',', ' ']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.chars().all(is_name) && names_secret(name) && is_itself(name)
}

/// A message with what is certainly a secret masked: user information of an address, and what is
/// joined to a name by `=`. Messages are prose, so that a word behind a name is none. The text may be
/// JSON: what is between its quotes stays between them.
pub fn mask_phrase(text: &str) -> Cow<'_, str> {
    let mut found = Vec::new();
    urls(text, &mut found);
    if text.contains(['=', '\u{a0}', '`', ',', ';', '|']) || text.contains("${") {
        for name in names(text)
            .into_iter()
            .filter(|name| is_itself(&text[name.clone()]))
        {
            let rest = &text[name.end..];
            // Between the marks of a quotation a name goes on with what is no name, and without a
            // blank nobody lists words.
            let is_quoted = text[..name.start].ends_with('`');
            let is_listed = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_alphanumeric());
            let joined = rest
                .strip_prefix(['=', '\u{a0}'])
                .or_else(|| rest.strip_prefix(':').filter(|_| is_quoted))
                .or_else(|| rest.strip_prefix([',', ';', '|']).filter(is_listed));
            let Some(joined) = joined.or(rest.strip_prefix(" ${").map(|_| &rest[1..])) else {
                continue;
            };
            let inner = joined.trim_start_matches(['"', '\'', '\\']);
            let start = text.len() - inner.len();
            let length = inner.find(|c: char| c.is_whitespace() || "\"'`\\,;)<&|".contains(c));
            let end = start + length.unwrap_or(inner.len());
            found.extend(value(text, start..end));
        }
    }
    for (at, _) in text.match_indices("${") {
        let mut near = at.saturating_sub(NEAR);
        while !text.is_char_boundary(near) {
            near -= 1;
        }
        let inner = &text[at..];
        let length = inner.find('}').map_or(inner.len(), |end| end + 1);
        if inner[..length].contains(":-") && names_secret(&text[near..at]) {
            found.extend(value(text, at..at + length));
        }
    }
    mask_parts(text, &join_ranges(found))
}

/// How far before a variable the name may stand of what it is for, in bytes.
const NEAR: usize = 200;

/// A line with these parts masked, each by one mask whatever its length.
pub fn mask_parts<'t>(text: &'t str, parts: &[Range<usize>]) -> Cow<'t, str> {
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for part in parts {
        out.push_str(text.get(at..part.start).unwrap_or_default());
        out.push_str(MASK);
        at = part.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// A part without the blanks and quotes around it.
fn strip_quotes(text: &str, part: Range<usize>) -> Range<usize> {
    let inner = &text[part.clone()];
    let around = [' ', '\t', '"', '\'', '[', ']', '{', '}', ',', '\r', '\n'];
    let start = part.start + inner.len() - inner.trim_start_matches(around).len();
    start..start.max(part.start + inner.trim_end_matches(around).len())
}

/// The words of a line from a place on, whatever lies between them.
fn words(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let between = |c: char| c.is_whitespace() || "\"'`,;[]{}()=".contains(c);
    let mut at = from;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.len() - rest.trim_start_matches(between).len();
        let length = text[start..].find(between).unwrap_or(text.len() - start);
        at = start + length;
        (length > 0).then_some(start..at)
    })
    .filter(move |word| text[word.clone()] != *"-")
}

/// Whether a command goes on in the next line, behind the name that it takes from something.
fn ends_with_renamed(line: &str) -> bool {
    let Some(command) = line.trim_end().strip_suffix('\\') else {
        return false;
    };
    let mut words = command.split_whitespace().rev();
    let option = words
        .nth(1)
        .map(|word| word.trim_start_matches(['-', '"', '\'']));
    option.is_some_and(|option| option.starts_with(RENAMES))
}

/// How long what joins a name and its value is: `=`, `:`, `:=`, `=>`, a comma or a parenthesis, quotes
/// and blanks around it.
fn joint(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix([';', '|']);
    if behind.is_some_and(|behind| behind.starts_with(|c: char| c.is_ascii_alphanumeric())) {
        return Some(1);
    }
    let behind = rest.trim_start_matches(['"', '\'', '`', '\\']).trim_start();
    let signs = [":=", "=>", "==", "=", ":", ",", "(", ")="];
    let sign = signs.iter().find(|sign| behind.starts_with(**sign))?;
    let behind = &behind[sign.len()..];
    // Paths of Rust and addresses are no assignments.
    if *sign == ":" && behind.starts_with([':', '/']) {
        return None;
    }
    Some(rest.len() - behind.len())
}

/// The quoted strings of an expression, up to a comma, a brace or a semicolon that is its end.
/// `is_call`: it starts behind an open parenthesis.
fn strings_of_expression(text: &str, is_call: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut depth, mut at) = (usize::from(is_call), 0);
    let mut reads_variable = false;
    let mut word = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' | '`' => {
                let start = at + 1;
                let length = text[start..].find(c).unwrap_or(text.len() - start);
                let string = start..start + length;
                let is_variable = reads_variable
                    && text[string.clone()]
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
                if !is_variable {
                    found.push(string.clone());
                }
                at = (string.end + 1).min(text.len());
                word = at;
                continue;
            }
            '(' | '[' | '{' => {
                depth += 1;
                reads_variable |= text[word..at].to_ascii_lowercase().contains("env");
            }
            ')' | ']' | '}' | ',' | ';' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            c if c.is_whitespace() => word = at,
            _ => {}
        }
        at += c.len_utf8();
    }
    found
}

/// A value as far as it is a secret: placeholders and switches are none, the default of a variable is.
fn value(text: &str, part: Range<usize>) -> Option<Range<usize>> {
    let written = text.get(part.clone())?;
    if written.is_empty() || written == MASK {
        return None;
    }
    if let Some(inner) = written.strip_prefix("${") {
        let default = inner.find(['-', '=', '+'])?;
        let start = part.start + 2 + default + 1;
        let end = part.end - usize::from(written.ends_with('}'));
        return (start < end).then_some(start..end);
    }
    let is_plain = PLAIN.iter().any(|word| written.eq_ignore_ascii_case(word));
    (!is_plain && !is_placeholder(written)).then_some(part)
}

/// Whether something else is to stand here: `$NAME`, `$(NAME)`, `{{ … }}`, `<password>`, `%s`, `@NAME@`,
/// an alias of YAML.
fn is_placeholder(written: &str) -> bool {
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let Some(sign) = written.chars().next() else {
        return true;
    };
    let rest = &written[sign.len_utf8()..];
    match sign {
        '$' => rest.starts_with(['{', '(', '$']) || is_name(rest),
        '{' => rest.starts_with(['{', '%', '}']) || rest.ends_with('}'),
        '<' => rest.ends_with('>') || rest.starts_with('<'),
        '%' => rest.len() < 3 || rest.starts_with(['{', '(']) || rest.ends_with('%'),
        '@' => rest.ends_with('@') || rest.starts_with(['{', '(']),
        '*' => true,
        _ => false,
    }
}

/// The user information of addresses; where a part of it is filled in, the strings behind it.
fn urls(text: &str, found: &mut Vec<Range<usize>>) {
    if !text.contains('@') && !text.contains("://") {
        return;
    }
    for (at, sign) in text.match_indices("://") {
        let start = at + sign.len();
        let rest = &text[start..];
        let ends = |c: char| c.is_whitespace() || "\"'`<>\\,".contains(c);
        let length = rest.find(ends).unwrap_or(rest.len());
        let address = &rest[..length];
        let Some(host) = address.rfind('@') else {
            if address.ends_with(':') {
                strings_behind(text, start + length, found);
            }
            continue;
        };
        let user = &address[..host];
        let name = user.find(':').map_or(0, |colon| colon + 1);
        found.extend(value(text, start + name..start + host));
        if ["%s", "%v", "{}", MASK]
            .iter()
            .any(|part| user.contains(part))
        {
            strings_behind(text, start + length, found);
        }
    }
    // `user:password@host` without a scheme; `image:tag@sha256:…` is none.
    for (at, _) in text.match_indices('@') {
        let is_part = |c: char| !c.is_whitespace() && !"\"'`/<>@,(){}[]".contains(c);
        let before = text[..at].trim_end_matches(is_part).len();
        let user = &text[before..at];
        let behind = &text[at + 1..];
        let is_host = behind.starts_with(|c: char| c.is_ascii_alphanumeric());
        if let Some(colon) = user
            .find(':')
            .filter(|_| is_host && !behind.starts_with("sha"))
        {
            found.extend(value(text, before + colon + 1..at));
        }
    }
}

/// The strings that follow on the line.
fn strings_behind(text: &str, from: usize, found: &mut Vec<Range<usize>>) {
    let quote = |from: usize| {
        text.get(from..)?
            .find(['"', '\'', '`'])
            .map(|length| from + length)
    };
    // What is open at the start is the address's own string.
    let mut closed = quote(from);
    while let Some(start) = closed.and_then(|at| quote(at + 1)).map(|at| at + 1) {
        let end = quote(start).unwrap_or(text.len());
        found.extend(value(text, start..end));
        closed = (end < text.len()).then_some(end);
    }
}

/// Where a comment starts in a line.
fn comment_start(text: &str, is_code: bool) -> Option<usize> {
    let sign = if is_code { "//" } else { "#" };
    let starts = text.match_indices(sign).find(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
    });
    starts.map(|(at, _)| at)
}

fn trim_range(text: &str, part: Range<usize>) -> Range<usize> {
    let inner = &text[part.clone()];
    let start =
        part.start + inner.len() - inner.trim_start_matches([' ', '\t', ':', '=', '"']).len();
    start..start.max(part.start + inner.trim_end().len())
}

fn join_ranges(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.retain(|part| !part.is_empty());
    parts.sort_by_key(|part| part.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match out.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => out.push(part),
        }
    }
    out
}
