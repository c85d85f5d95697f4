//! The names of the programs that a command starts, by its words alone: behind a wrapper such as
//! `tini --`, and in the script of a shell. Of a command that runs code (`gunicorn shop.wsgi:app`) also
//! the modules that it is given.

use crate::extract::script::{is_shell, plain_commands, program_name};
use crate::knowledge::languages;
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
    let named = plain.take(NAMING).map(|word| program_name(word).to_owned());
    let mut named: Vec<String> = named.collect();
    named.extend(modules(
        &words.iter().map(String::as_str).collect::<Vec<_>>(),
    ));
    named
}

/// The modules that a command is given which runs code: `celery -A shop worker`, `python shop/run.py`.
fn modules(words: &[&str]) -> Vec<String> {
    let Some(python) = languages::python() else {
        return Vec::new();
    };
    let programs = &python.programs;
    let runs = |word: &&str| programs.runners.iter().any(|own| own == program_name(word));
    let mut begun = words.iter().take(NAMING + 1);
    let Some(at) = begun.position(runs) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut before = "";
    for word in &words[at + 1..] {
        let (option, value) = word.split_once('=').unwrap_or((before, word));
        let is_named = programs.module_options.iter().any(|own| own == option);
        let is_module = value.ends_with(".py") || value.contains('.') || value.contains(':');
        if is_named || (is_module && !word.starts_with('-')) {
            found.push(value.to_owned());
        }
        before = word;
    }
    found
}

fn is_script_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

fn in_script(script: &str) -> Vec<String> {
    let commands = plain_commands(&Excerpt::whole(FileId(0), script.into()));
    let started = commands.iter().filter(|command| !command.words.is_empty());
    let named = started.flat_map(|command| {
        let words: Vec<&str> = command
            .words
            .iter()
            .map(|word| word.text.as_str())
            .collect();
        let mut named = vec![command.program().to_owned()];
        named.extend(modules(&words));
        named
    });
    named.collect()
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
        assert_eq!(
            named(&["celery", "--app=shop", "worker"]),
            "celery worker shop"
        );
        assert_eq!(
            named(&["sh", "-c", "exec gunicorn -w 4 shop.wsgi:app"]),
            "gunicorn shop.wsgi:app"
        );
        assert_eq!(named(&["bash", "-ec"]), "");
        assert_eq!(named(&[]), "");
    }
}
