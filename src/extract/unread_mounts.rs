//! Why a server reads nothing of a mount that holds configuration: it is told of no file, or of one that
//! stands where it takes it for a value of an option. How mounts are written is for their formats.

use crate::extract::command::CommandInvocation;
use crate::facts::Cause;

/// Whether a server is told of a file, or something of its start cannot be seen.
pub fn may_read_files(invocation: &CommandInvocation, include: &str) -> bool {
    let is_include = |text: &str| {
        let name = text.trim_start_matches('-').split_ascii_whitespace().next();
        name.is_some_and(|name| name.eq_ignore_ascii_case(include))
    };
    let mut words = invocation.arguments.iter().map(|word| word.text.as_str());
    invocation.file.is_some()
        || words.any(is_include)
        || invocation.gap.is_some()
        || invocation.gap_behind.is_some()
}

/// Why the server reads nothing at a path; `None` where one of `words`, all that is written of its
/// start, names the path for something that may read it. A word that is not known may.
pub fn why_unread(
    words: &[Option<&str>],
    target: &str,
    invocation: &CommandInvocation,
) -> Option<Result<String, Cause>> {
    let swallowed: Vec<&str> = invocation.list_swallowed().collect();
    let mut is_value = false;
    for word in words {
        let word = (*word)?;
        let rest = swallowed
            .iter()
            .fold(word.to_owned(), |rest, file| rest.replace(file, ""));
        if rest.contains(target) {
            return None;
        }
        is_value |= word.contains(target);
    }
    Some(if is_value {
        // What the option makes of that value is a fault of the option, and reported there.
        Err(Cause::Command("its file is read as a value of an option"))
    } else {
        Ok(
            "the server is started without a configuration file, and reads none by itself"
                .to_owned(),
        )
    })
}
