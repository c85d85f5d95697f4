//! Configuration text: the lines of a file, a ConfigMap key or a snippet, each with its place.
//!
//! What a name means and whether a value is accepted is left to `resolve`. Template actions and
//! shell variables are marked, since the text that the server reads is then another one.

use std::sync::Arc;

use crate::facts::bounds::MAX_BYTES;
use crate::facts::raw::{InstalledRelease, LineForm, RawLine, RawText, RawWord, TextPlace};
use crate::facts::{Cause, EditTarget, TextEncoding};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Comment, Excerpt, FileId, MASK, Span, path};
use crate::syntax::conf::{self, ConfLine};
use crate::syntax::yaml::{Scalar, ScalarStyle};

mod branches;

use branches::OpenBranches;

/// How a text stands in its file: whether lines can be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFrame {
    /// Line by line: a file, a block scalar, a fence.
    Lines,
    /// Within a quoted or folded scalar: no line of the file is a line of the text.
    Inline,
}

impl TextFrame {
    /// Only a literal block scalar stands in the file line by line.
    pub fn of_scalar(scalar: &Scalar) -> Self {
        match scalar.style() {
            ScalarStyle::Literal => Self::Lines,
            _ => Self::Inline,
        }
    }
}

/// A text and what was read from it.
pub struct ReadText {
    pub text: RawText,
    pub comments: Vec<Comment>,
}

/// The whole text of a file. It is asked for by the file of an excerpt, so that a place of one file is
/// never looked up in the text of another.
pub type FileTexts<'a> = &'a dyn Fn(FileId) -> Arc<str>;

/// Reads a configuration text.
pub fn read(
    name: String,
    place: TextPlace,
    excerpt: Excerpt,
    frame: TextFrame,
    file_texts: FileTexts<'_>,
    shapes: &DeploymentShapes,
) -> ReadText {
    let (whole, excerpt) = (excerpt.clone(), within_bounds(excerpt));
    let parsed = conf::parse(&excerpt);
    let mut placeholders = Vec::new();
    if excerpt.text().len() < whole.text().len() {
        placeholders.push(Cause::TooLong);
    }
    let mut lines = Vec::new();
    let mut branches = OpenBranches::default();
    for line in &parsed.lines {
        if is_template_line(&excerpt, line) {
            placeholders.push(Cause::Template("writes part of the text"));
            branches.pass(&excerpt.text()[line.range.clone()]);
        } else {
            branches.take(lines.len());
            lines.push(raw_line(&excerpt, line, frame));
        }
    }
    branches.mark_alternatives(&mut lines);
    let foreign = is_foreign(&name, &lines, shapes);
    let append = append_slot(&excerpt, &parsed, frame, &file_texts(excerpt.file()));
    let text = RawText {
        name,
        place,
        excerpt,
        lines,
        append,
        unresolved: placeholders,
        foreign,
        recognised: true,
        renewed: None,
        installed: None,
    };
    ReadText {
        text,
        comments: parsed.comments,
    }
}

/// The text, or as much of it as is read: no configuration that a person wrote is longer.
fn within_bounds(excerpt: Excerpt) -> Excerpt {
    let text = excerpt.text();
    if text.len() <= MAX_BYTES {
        return excerpt;
    }
    let mut end = MAX_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end].rfind('\n').map_or(end, |at| at + 1);
    excerpt.slice(0..end)
}

/// The line as a raw directive.
fn raw_line(excerpt: &Excerpt, line: &ConfLine, frame: TextFrame) -> RawLine {
    let words: Vec<RawWord> = line
        .words
        .iter()
        .map(|word| RawWord {
            text: word.text.clone(),
            span: excerpt.span(word.range.clone()),
            unresolved: unresolved_cause(&word.text),
        })
        .collect();
    let meant = words_meant(line);
    let is_refused = line.unbalanced || line.glued;
    let trailing_comment = line
        .words
        .get(meant)
        .map(|word| excerpt.span(word.range.start..line.range.end));
    RawLine {
        number: line.number,
        span: excerpt.span(line.range.clone()),
        form: LineForm::Text,
        slot: match excerpt.is_filled(&line.range) {
            true => EditTarget::None,
            false => replace_slot(&words[..meant.min(words.len())], frame),
        },
        words,
        argument_count: meant,
        trailing_comment,
        text_after_quote: line.glued && !line.unbalanced,
        // Quotes of an expression are gone when the server reads the line.
        error: (is_refused && !has_expression(excerpt, line))
            .then_some("Unbalanced quotes in configuration line"),
    }
}

fn has_expression(excerpt: &Excerpt, line: &ConfLine) -> bool {
    let text = &excerpt.text()[line.range.clone()];
    ["{{", "{%", "<%"].iter().any(|mark| text.contains(mark))
}

/// Where a line's arguments can be rewritten.
fn replace_slot(meant: &[RawWord], frame: TextFrame) -> EditTarget {
    match meant {
        [_, first, rest @ ..] if frame == TextFrame::Lines => {
            let last = rest.last().unwrap_or(first);
            EditTarget::Replace {
                span: first.span.to(last.span),
                encoding: TextEncoding::ConfWords,
            }
        }
        _ => EditTarget::None,
    }
}

/// How many words a reader means: those before a ` #` that follows a value.
///
/// The servers know no trailing comments. A lone word that begins with `#` may be a value
/// (a password), and a `#` with 64 hexadecimal digits is a password hash of an ACL rule.
fn words_meant(line: &ConfLine) -> usize {
    let comment = line.words.iter().enumerate().skip(1).position(|(i, word)| {
        let starts = !word.quoted && word.text.starts_with('#') && !is_hash(&word.text);
        let lone_mark = word.text.bytes().all(|b| b == b'#');
        starts && (i > 1 || lone_mark && line.words.len() > 2)
    });
    comment.map_or(line.words.len(), |i| i + 1)
}

fn is_hash(word: &str) -> bool {
    word.len() == 65 && word[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_template_line(excerpt: &Excerpt, line: &ConfLine) -> bool {
    let text = &excerpt.text()[line.range.clone()];
    text.starts_with("{{")
        || text.starts_with("%{")
        || text.starts_with("{%")
        || text.starts_with("{#")
        || text.starts_with("<%")
}

/// Why a word is not what the server reads: it is set elsewhere before.
pub fn unresolved_cause(word: &str) -> Option<Cause> {
    let placeholder = |open: &str, close: &str| {
        word.find(open)
            .is_some_and(|at| word[at + open.len()..].contains(close))
    };
    if placeholder("{{", "}}") || placeholder("{%", "%}") || word.contains("{{") {
        return Some(Cause::Template("fills it in"));
    }
    if word.contains("<%") || word.contains("%>") {
        return Some(Cause::Template("fills it in"));
    }
    // A text may break off within a variable.
    if word.contains("${") || placeholder("$(", ")") {
        return Some(Cause::Text {
            text: without_defaults(word),
            fact: "is filled in from outside",
        });
    }
    let wrapped =
        |mark: &str| word.len() > 2 * mark.len() && word.starts_with(mark) && word.ends_with(mark);
    let angled = word.len() > 2 && word.starts_with('<') && word.ends_with('>');
    if angled || wrapped("__") || wrapped("@") || wrapped("%") {
        return Some(Cause::Text {
            text: word.to_owned(),
            fact: "is a placeholder",
        });
    }
    None
}

/// A word without the defaults of its variables: what they stand for may be a secret. Figures are none.
fn without_defaults(word: &str) -> String {
    let mut parts = word.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("${");
        let (inner, rest) = part.split_once('}').unwrap_or((part, ""));
        match inner.split_once(":-") {
            Some((name, default)) if !default.starts_with(|c: char| c.is_ascii_digit()) => {
                out.push_str(&format!("{name}:-{MASK}"));
            }
            _ => out.push_str(inner),
        }
        if inner.len() < part.len() {
            out.push_str(&format!("}}{rest}"));
        }
    }
    out
}

/// A line can be appended after the last line of the text, with that line's indentation.
fn append_slot(
    excerpt: &Excerpt,
    parsed: &conf::ConfText,
    frame: TextFrame,
    file_text: &str,
) -> EditTarget {
    if frame == TextFrame::Inline || excerpt.is_filled(&(0..excerpt.text().len())) {
        return EditTarget::None;
    }
    let ends = parsed
        .lines
        .iter()
        .map(|line| excerpt.span(line.range.clone()));
    let last = ends
        .chain(parsed.comments.iter().map(|c| c.span))
        .max_by_key(|span| span.end);
    let indented = last.and_then(|last| Some((last, indentation(file_text, last)?)));
    match indented {
        Some((last, indent)) => EditTarget::InsertLine {
            at: last.after(),
            indent,
            newline: find_line_break(file_text, last),
            break_before: true,
            name: String::new(),
        },
        None => EditTarget::None,
    }
}

/// The line break behind the span's line, else the one before it. The whole file is not looked through:
/// many texts may stand in one.
fn find_line_break(file_text: &str, span: Span) -> &'static str {
    let (start, end) = (span.start as usize, span.end as usize);
    let behind = file_text
        .get(end..)
        .and_then(|rest| Some(end + rest.find('\n')?));
    let before = || file_text.get(..start).and_then(|before| before.rfind('\n'));
    let at = behind.or_else(before).unwrap_or(0);
    match file_text
        .get(..at)
        .is_some_and(|before| before.ends_with('\r'))
    {
        true => "\r\n",
        false => "\n",
    }
}

/// The blanks between the start of the file's line and the span; none where the span is not the
/// file's, so that nothing is written there.
fn indentation(file_text: &str, span: Span) -> Option<String> {
    let before = file_text.get(..span.start as usize)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let blanks = before[line_start..].chars();
    Some(blanks.take_while(|c| matches!(c, ' ' | '\t')).collect())
}

/// Whether a text that is not known to be configuration reads as such: at least two lines are a name
/// that `is_directive` knows with a value behind it, they are most lines, and none is the key of a
/// mapping. A list of bare names configures nothing.
pub fn looks_like_text(excerpt: &Excerpt, is_directive: &dyn Fn(&str) -> bool) -> bool {
    if !has_two_settings(excerpt.text(), is_directive) {
        return false;
    }
    let parsed = conf::parse(excerpt);
    let lines: Vec<_> = parsed
        .lines
        .iter()
        .filter(|l| !l.words.is_empty())
        .collect();
    let is_key = |line: &&&ConfLine| line.words[0].text.ends_with(':') && !line.words[0].quoted;
    let is_setting = |line: &&&ConfLine| {
        let valued = words_meant(line) > 1;
        valued && is_directive(&line.words[0].text)
    };
    let known = lines.iter().filter(is_setting).count();
    known >= 2 && known * 2 >= lines.len() && lines.iter().filter(is_key).count() == 0
}

/// Whether two lines may set a directive: most texts are about other things, and are not parsed. A word
/// with a quote or an escape may spell anything.
fn has_two_settings(text: &str, is_directive: &dyn Fn(&str) -> bool) -> bool {
    let first_words = text
        .split('\n')
        .filter_map(|line| line.split_whitespace().next());
    let mut settings =
        first_words.filter(|word| word.contains(['"', '\'', '\\']) || is_directive(word));
    text.contains('\0') || (settings.next().is_some() && settings.next().is_some())
}

/// Whether a text is a sentinel's: it has a line that only a sentinel has, and either its name says so
/// or no line is a server's alone. One such line among a server's own is a mistake in that server's file.
fn is_foreign(name: &str, lines: &[RawLine], shapes: &DeploymentShapes) -> bool {
    let servers = &shapes.servers;
    let holds = |words: &[String], word: &str| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    let first_words = || lines.iter().filter_map(|line| line.words.first());
    let is_marked = first_words().any(|word| holds(&servers.foreign_text, &word.text));
    let file = path::name(name).to_ascii_lowercase();
    let is_named = || servers.foreign_text.iter().any(|word| file.contains(word));
    let is_shared = |word: &RawWord| {
        holds(&servers.foreign_text, &word.text) || holds(&servers.foreign_beside, &word.text)
    };
    is_marked && (is_named() || first_words().all(is_shared))
}

/// The release that a file is called after (`redis-2.8.conf.j2`, `valkey8.1.conf`): a role or formula keeps one
/// for each that it installs.
pub fn find_release_in_name(
    path: &str,
    excerpt: &Excerpt,
    shapes: &DeploymentShapes,
) -> Option<InstalledRelease> {
    let name = path::name(path).to_ascii_lowercase();
    let mut programs = shapes.servers.programs.iter();
    let (flavor, rest) = programs.find_map(|program| {
        let rest = name.strip_prefix(program.flavor.as_str())?;
        Some((&program.flavor, rest.trim_start_matches(['-', '_', 'v'])))
    })?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
    let version = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
    // A port has no dot, an address has four parts.
    let numbers: Vec<&str> = version.split('.').collect();
    let is_release =
        matches!(numbers[..], [major, _] | [major, _, _] if (1..=2).contains(&major.len()));
    is_release.then(|| InstalledRelease {
        flavor: flavor.clone(),
        version: Ok(version.to_owned()),
        from_distribution: false,
        span: excerpt.span_all().before(),
    })
}

/// Whether a file whose name says that it is a server's configuration is another program's about the
/// server (sysctl, tmpfiles, supervisor, logrotate): its folder or the form of its lines says so, and
/// most lines are no directives.
pub fn is_of_another_program(
    path: &str,
    excerpt: &Excerpt,
    is_directive: &dyn Fn(&str) -> bool,
    shapes: &DeploymentShapes,
) -> bool {
    let parsed = conf::parse(excerpt);
    let lines: Vec<_> = parsed
        .lines
        .iter()
        .filter(|line| !line.words.is_empty())
        .collect();
    let servers = &shapes.servers;
    let has_sections = lines.iter().any(|line| is_section(line));
    let is_known = |line: &&&ConfLine| {
        // `maxmemory=2gb` and `appendonly: yes` are mistakes in a server's file; below a section they are
        // what belongs there.
        if has_sections && is_assignment(line) {
            return false;
        }
        let word = line.words[0].text.as_str();
        let word = word.split(['=', ':']).next().unwrap_or(word);
        let foreign = servers.foreign_text.iter();
        let mut foreign = foreign.map(|word| word.as_str());
        is_directive(word)
            || shapes.is_module_setting(word)
            || foreign.any(|known| known.eq_ignore_ascii_case(word))
    };
    let known = lines.iter().filter(is_known).count();
    let in_foreign_folder = path::folder(path).split('/').any(|folder| {
        servers
            .foreign_folders
            .iter()
            .any(|f| f.eq_ignore_ascii_case(folder))
    });
    let has_other_form = lines.iter().any(|line| has_other_form(line));
    // A single misspelt line is a server's still, and so is a file that other words only stray into.
    let first = |line: &ConfLine| line.words[0].text.clone();
    let is_one_word = lines.windows(2).all(|two| first(two[0]) == first(two[1]));
    let is_unlike = known == 0 && (lines.len() > 2 || lines.len() == 2 && is_one_word)
        || known * 4 < lines.len() && lines.len() > 4;
    known * 2 < lines.len() && (in_foreign_folder || has_other_form || is_unlike)
}

/// A section, an assignment, a block, a path or an item of a list: what no line of a server's
/// configuration begins with.
fn has_other_form(line: &ConfLine) -> bool {
    let first = line.words[0].text.as_str();
    let last = line.words.last().map_or(first, |word| word.text.as_str());
    let is_block = last == "{" || first == "}";
    let is_item = first == "-";
    is_section(line) || is_assignment(line) || is_block || is_item || first.starts_with('/')
}

fn is_section(line: &ConfLine) -> bool {
    let last = line.words.last().map_or("", |word| word.text.as_str());
    line.words[0].text.starts_with('[') && last.ends_with(']')
}

fn is_assignment(line: &ConfLine) -> bool {
    let second = line.words.get(1).map(|word| word.text.as_str());
    second == Some("=") || line.words[0].text.contains('=')
}

/// Whether a snippet shows a session of a shell or of a client, a here-document or a Dockerfile: some of
/// its lines may read like directives, and are none.
pub fn is_session(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_typed = |line: &str| {
        let prompt = line.split_ascii_whitespace().next().unwrap_or_default();
        prompt == "$" || prompt.ends_with('>') && !prompt.starts_with('<') || line.contains(" <<")
    };
    let is_build = lines.clone().find(|line| !line.starts_with('#'));
    is_build.is_some_and(|line| line.starts_with("FROM ")) || lines.any(is_typed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_settings_make_a_text() {
        let is_directive = |word: &str| ["save", "timeout"].contains(&word);
        for (text, is_text) in [
            ("save 900 1\ntimeout 5\n", true),
            ("\"save\" 900 1\n'timeout' 5\n", true),
            ("  save 900 1\r\n\ttimeout 5", true),
            ("save 900 1\0x\n\ntimeout 5", true),
            ("save 900 1\nother 5", false),
            ("save\ntimeout\n", false),
            ("save the date\nby then\nand not later\n", false),
        ] {
            let excerpt = Excerpt::whole(FileId(0), text.into());
            assert_eq!(looks_like_text(&excerpt, &is_directive), is_text, "{text}");
        }
    }

    fn lines(text: &str) -> Vec<RawLine> {
        let shapes = DeploymentShapes::embedded().unwrap();
        let excerpt = Excerpt::whole(FileId(0), text.into());
        let place = TextPlace::File { path: "a".into() };
        let file_texts = |_| text.into();
        read(
            "a".into(),
            place,
            excerpt,
            TextFrame::Lines,
            &file_texts,
            &shapes,
        )
        .text
        .lines
    }

    #[test]
    fn a_trailing_comment_ends_what_is_meant() {
        let text = "maxmemory 1gb  # half\n";
        let line = &lines(text)[0];
        assert_eq!(line.argument_count, 2);
        assert_eq!(&text[line.trailing_comment.unwrap().range()], "# half");
        assert!(
            matches!(line.slot, EditTarget::Replace { span, .. } if &text[span.range()] == "1gb")
        );
    }

    #[test]
    fn a_hash_sign_that_is_a_value_is_no_comment() {
        let hash = format!("user a on #{}", "0".repeat(64));
        for text in [
            "requirepass #abc",
            "syslog-ident a#b",
            "syslog-ident \"a # b\"",
            &hash,
        ] {
            assert_eq!(lines(text)[0].trailing_comment, None, "{text}");
        }
    }

    #[test]
    fn a_file_about_a_server_is_not_its_configuration() {
        let shapes = DeploymentShapes::embedded().unwrap();
        let is_directive = |word: &str| ["maxmemory", "save", "port"].contains(&word);
        let other = |path: &str, text: &str| {
            let excerpt = Excerpt::whole(FileId(0), text.into());
            is_of_another_program(path, &excerpt, &is_directive, &shapes)
        };
        for (path, text) in [
            ("sysctl.d/redis.conf", "vm.overcommit_memory = 1\n"),
            ("a/redis.conf", "vm.overcommit_memory=1\n"),
            ("tmpfiles.d/redis.conf", "d /run/redis 0755 redis redis -\n"),
            ("a/redis.conf", "[program:redis]\ncommand=x y\n"),
            ("a/redis.conf", "/var/log/redis/*.log {\n  weekly\n}\n"),
            ("init/redis.conf", "start on runlevel\nexec redis-server\n"),
            (
                "nginx/redis.conf",
                "upstream redis {\n  server a:6379;\n}\n",
            ),
            (
                "rsyslog.d/redis.conf",
                "if $programname == 'redis' then /x\n& stop\n",
            ),
        ] {
            assert!(other(path, text), "{path} {text}");
        }
        for (path, text) in [
            ("redis.conf", ""),
            ("redis.conf", "maxmemmory 1gb\n"),
            ("redis.conf", "maxmemory = 1gb\n"),
            ("sysctl.d/redis.conf", "maxmemory 1gb\n"),
            ("redis.conf", "[x]\nmaxmemory 1gb\nsave 1 1\n"),
        ] {
            assert!(!other(path, text), "{path} {text}");
        }
    }

    #[test]
    fn one_line_of_a_sentinel_leaves_the_text_a_servers() {
        let shapes = DeploymentShapes::embedded().unwrap();
        let foreign = |name: &str, text: &str| {
            let excerpt = Excerpt::whole(FileId(0), text.into());
            let place = TextPlace::File { path: name.into() };
            let file_texts = |_| text.into();
            let read = read(
                name.into(),
                place,
                excerpt,
                TextFrame::Lines,
                &file_texts,
                &shapes,
            );
            read.text.foreign
        };
        let line = "sentinel monitor m 127.0.0.1 6379 2\n";
        assert!(foreign("redis.conf", &format!("port 26379\n{line}")));
        assert!(foreign(
            "redis-sentinel.conf",
            &format!("maxmemory 1gb\n{line}")
        ));
        assert!(!foreign("redis.conf", &format!("maxmemory 1gb\n{line}")));
        assert!(!foreign("redis-sentinel.conf", "maxmemory 1gb\n"));
    }

    #[test]
    fn sessions_are_told_from_configuration() {
        for text in [
            "$ cat redis.conf\nmaxmemory 1gb\n",
            "cat <<EOF >redis.conf\nmaxmemory 1gb\nEOF\n",
            "127.0.0.1:6379> config get save\n",
            "# a\nFROM redis:7\nUSER root\n",
        ] {
            assert!(is_session(text), "{text}");
        }
        assert!(!is_session(
            "maxmemory 1gb\nrequirepass <password>\n<b> c\n"
        ));
    }

    #[test]
    fn holes_are_not_values() {
        for text in [
            "maxmemory {{ .Values.x }}",
            "maxmemory ${X}",
            "requirepass <password>",
            "requirepass __PW__",
        ] {
            assert!(
                lines(text)[0].words.iter().any(|w| w.unresolved.is_some()),
                "{text}"
            );
        }
        assert!(
            lines("maxmemory 1gb")[0]
                .words
                .iter()
                .all(|w| w.unresolved.is_none())
        );
    }
}
