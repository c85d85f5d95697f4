//! The names of the programs that a command starts, by its words alone: behind a wrapper such as
//! `tini --`, and in the script of a shell.

use crate::extract::script::{is_shell, plain_commands, program_name};
use crate::source::{Excerpt, FileId};

/// How many words before the options may name a program: a wrapper and what it runs.
const NAMING: usize = 2;

/// The programs that a command may start, without their folders.
pub(super) fn programs(words: &[String]) -> Vec<String> {
    let script = words.iter().position(|word| is_script_flag(word));
    if let (true, Some(at)) = (words.first().is_some_and(|word| is_shell(word)), script) {
        let script = words.get(at + 1).map(String::as_str).unwrap_or_default();
        return in_script(script);
    }
    let plain = words.iter().filter(|word| !word.starts_with('-'));
    let named = plain.take(NAMING).map(|word| program_name(word));
    named.map(str::to_owned).collect()
}

fn is_script_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

fn in_script(script: &str) -> Vec<String> {
    let commands = plain_commands(&Excerpt::whole(FileId(0), script.into()));
    let started = commands.iter().filter(|command| !command.words.is_empty());
    started
        .map(|command| command.program().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::programs;

    #[test]
    fn programs_are_named_behind_wrappers_and_in_scripts() {
        let named = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            programs(&words).join(" ")
        };
        assert_eq!(named(&["/app/api", "--port", "80"]), "api 80");
        assert_eq!(named(&["tini", "--", "/app/api"]), "tini api");
        assert_eq!(
            named(&["/bin/sh", "-c", "migrate && exec ./api serve"]),
            "migrate api"
        );
        assert_eq!(named(&["bash", "-ec"]), "");
        assert_eq!(named(&[]), "");
    }
}
