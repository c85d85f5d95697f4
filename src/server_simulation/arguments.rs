//! The text that a server makes of its file, its standard input and its arguments: one behind the
//! other, each option a line of its own, the first two lines below the file.

use crate::knowledge::servers::ServerSeries;
use crate::syntax::conf::keep_lines;
use crate::syntax::options::{self, OptionSyntax};

/// What a server is called with.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerInvocation<'a> {
    /// The text of its file, if it is given one.
    pub file: Option<&'a str>,
    /// The words behind the file.
    pub arguments: &'a [&'a str],
    /// What it could read from standard input, if `-` tells it to.
    pub stdin: &'a str,
}

/// The whole configuration as the server joins it.
pub fn join_arguments(series: &ServerSeries, call: &ServerInvocation<'_>) -> String {
    let language = &series.language.arguments;
    let rules = OptionSyntax {
        dashed_values: language.dashed_values,
        joined_values: language.joined_values,
        may_be_lone: &language.may_be_lone,
        stdin_last: language.stdin_last,
        stdin_first: call.file.is_none(),
    };
    let options = options::join_words(call.arguments, rules);
    let mut text = keep_lines(call.file.unwrap_or_default()).text.into_owned();
    if options.reads_stdin {
        text.push_str(&keep_lines(call.stdin).text);
    }
    text.push('\n');
    text.push_str(&options.text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::servers::ServerKnowledge;

    fn text(version: &str, call: &ServerInvocation<'_>) -> String {
        let servers = ServerKnowledge::embedded();
        let (flavor, number) = version.split_once(':').unwrap();
        join_arguments(
            servers.candidates(Some(flavor), Some(number)).series[0],
            call,
        )
    }

    fn options(version: &str, arguments: &[&str]) -> String {
        let call = ServerInvocation {
            arguments,
            ..ServerInvocation::default()
        };
        text(version, &call)
    }

    #[test]
    fn options_are_lines_below_the_file() {
        let call = ServerInvocation {
            file: Some("hz 10\n"),
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
        assert_eq!(options("redis:7.0.2", &lone), "\nsave \"--hz\" \"20\" ");
        let joined = ["--hz 20", "--port 1"];
        assert_eq!(options("redis:7.0.0", &joined), "\nhz 20 \nport 1 ");
        assert_eq!(options("redis:7.0.2", &joined), "\nhz 20 \"--port 1\" ");
        assert_eq!(options("redis:7.0.3", &joined), "\nhz 20 \nport 1 ");
        assert_eq!(options("redis:7.0", &joined), "\nhz 20 \nport 1 ");
    }

    #[test]
    fn a_last_dash_reads_standard_input_before_the_options() {
        let call = ServerInvocation {
            file: Some("hz 10"),
            arguments: &["--hz", "20", "-"],
            stdin: "timeout 5\n",
        };
        assert_eq!(text("redis:6.2", &call), "hz 10timeout 5\n\nhz \"20\" ");
        assert_eq!(text("redis:6.0", &call), "hz 10\nhz \"20\" \"-\" ");
        let lone = ServerInvocation {
            arguments: &["-", "--hz", "20"],
            stdin: "timeout 5\n",
            ..ServerInvocation::default()
        };
        assert_eq!(text("redis:7.2", &lone), "timeout 5\n\nhz \"20\" ");
    }
}
