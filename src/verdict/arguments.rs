//! The text that a server makes of its file, its standard input and its arguments: one behind the
//! other, each option a line of its own, the first two lines below the file.

use std::borrow::Cow;

use crate::knowledge::servers::Series;
use crate::syntax::conf;

/// What a server is called with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// The text of its file.
    pub file: &'a str,
    /// The words behind the file.
    pub arguments: &'a [&'a str],
    /// What it could read from standard input, if `-` tells it to.
    pub stdin: &'a str,
}

/// The whole configuration as the server joins it.
pub fn joined(series: &Series, call: &Call<'_>) -> String {
    let mut options = Options {
        text: String::new(),
        series,
        reads_stdin: false,
    };
    options.read(call.arguments);
    let mut text = whole_lines(call.file).into_owned();
    if options.reads_stdin {
        text.push_str(&whole_lines(call.stdin));
    }
    text.push('\n');
    text.push_str(&options.text);
    text
}

struct Options<'a> {
    text: String,
    series: &'a Series,
    reads_stdin: bool,
}

impl Options<'_> {
    fn read(&mut self, arguments: &[&str]) {
        let language = &self.series.language.arguments;
        let dashed = |word: Option<&&str>| word.is_some_and(|word| word.starts_with("--"));
        // An option without a value yet takes the next word whatever it looks like.
        let mut wants_value = false;
        for (i, word) in arguments.iter().enumerate() {
            let last = i + 1 == arguments.len();
            if *word == "-" && last && language.stdin_last {
                self.reads_stdin = true;
                continue;
            }
            let Some(name) = word.strip_prefix("--").filter(|_| !wants_value) else {
                self.text.push_str(&quoted(word));
                self.text.push(' ');
                wants_value = false;
                continue;
            };
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.push_str(name);
            self.text.push(' ');
            let (own, broken) = conf::words(word);
            let alone = own.len() == 1 && !broken;
            wants_value = language.dashed_values && alone;
            let may_be_lone = language
                .may_be_lone
                .iter()
                .any(|n| n.eq_ignore_ascii_case(name));
            if wants_value && may_be_lone && (last || dashed(arguments.get(i + 1))) {
                self.text.push_str("\"\"");
                wants_value = false;
            }
        }
    }
}

/// A word in quotes, so that the tokenizer gives it back.
fn quoted(word: &str) -> String {
    let mut out = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Servers read a file in pieces of a line or of this many bytes, and lose what follows a NUL byte in
/// a piece: the end of the line too.
const PIECE: usize = 1024;

/// The text as the server is left with it.
pub(super) fn whole_lines(text: &str) -> Cow<'_, str> {
    if !text.contains('\0') {
        return text.into();
    }
    let lines = text.as_bytes().split_inclusive(|b| *b == b'\n');
    let pieces = lines.flat_map(|line| line.chunks(PIECE));
    let kept: Vec<u8> = pieces
        .flat_map(|piece| piece.split(|b| *b == 0).next().unwrap_or_default())
        .copied()
        .collect();
    String::from_utf8_lossy(&kept).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::servers::Servers;

    fn text(version: &str, call: &Call<'_>) -> String {
        let servers = Servers::embedded();
        let (flavor, number) = version.split_once(':').unwrap();
        joined(
            servers.candidates(Some(flavor), Some(number)).series[0],
            call,
        )
    }

    fn options(version: &str, arguments: &[&str]) -> String {
        let call = Call {
            arguments,
            ..Call::default()
        };
        text(version, &call)
    }

    #[test]
    fn options_are_lines_below_the_file() {
        let call = Call {
            file: "hz 10\n",
            arguments: &["--hz", "20", "--save", "", "--requirepass x"],
            stdin: "unread",
        };
        let joined = text("redis:7.2", &call);
        assert_eq!(joined, "hz 10\n\nhz \"20\" \nsave \"\" \nrequirepass x ");
    }

    #[test]
    fn an_option_takes_a_dashed_word_where_the_version_does() {
        let arguments = ["--requirepass", "--foo"];
        assert_eq!(options("redis:7.2", &arguments), "\nrequirepass \"--foo\" ");
        assert_eq!(options("redis:6.2", &arguments), "\nrequirepass \nfoo ");
        let lone = ["--save", "--hz", "20"];
        assert_eq!(options("redis:7.2", &lone), "\nsave \"\"\nhz \"20\" ");
    }

    #[test]
    fn a_last_dash_reads_standard_input_before_the_options() {
        let call = Call {
            file: "hz 10",
            arguments: &["--hz", "20", "-"],
            stdin: "timeout 5\n",
        };
        assert_eq!(text("redis:6.2", &call), "hz 10timeout 5\n\nhz \"20\" ");
        assert_eq!(text("redis:6.0", &call), "hz 10\nhz \"20\" \"-\" ");
    }

    #[test]
    fn a_nul_byte_takes_the_rest_of_its_line() {
        assert_eq!(whole_lines("hz 20\0x\nhz 30\n"), "hz 20hz 30\n");
    }
}
