//! The names of the programs that a command starts, by its words alone: behind a wrapper such as
//! `tini --`, and in the script of a shell. Of a command that runs code (`gunicorn shop.wsgi:app`) also
//! the modules that it is given, and how many processes it starts for the same work.

use crate::extract::script::{is_shell, plain_commands, program_name};
use crate::facts::cause::Cause;
use crate::knowledge::languages::{self, WorkerProgram};
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
    let named = commands_of(script).into_iter().flat_map(|words| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let program = words.first().map(|word| program_name(word).to_owned());
        program
            .into_iter()
            .chain(modules(&words))
            .collect::<Vec<_>>()
    });
    named.collect()
}

/// The words of each command of a script, without what is put before its program.
fn commands_of(script: &str) -> Vec<Vec<String>> {
    let commands = plain_commands(&Excerpt::whole(FileId(0), script.into()));
    let started = commands.iter().filter(|command| !command.words.is_empty());
    let words = started.map(|command| {
        let words = command.words.iter().map(|word| word.text.clone());
        words
            .skip_while(|word| program_name(word) != command.program())
            .collect()
    });
    words.collect()
}

/// How many processes a command starts for the same work; nothing where it starts itself alone.
pub(super) fn count_workers(words: &[String]) -> Option<Result<u64, Cause>> {
    let script = words.iter().position(|word| is_script_flag(word));
    let commands = match (words.first().is_some_and(|word| is_shell(word)), script) {
        (true, Some(at)) => commands_of(words.get(at + 1)?),
        _ => vec![words.to_vec()],
    };
    commands.iter().find_map(|words| {
        let python = languages::python()?;
        let most = python.programs.most_workers;
        let mut rows = python.worker.iter();
        rows.find_map(|row| workers_of(words, row, most))
    })
}

fn workers_of(words: &[String], row: &WorkerProgram, most: u64) -> Option<Result<u64, Cause>> {
    let mut begun = words.iter().take(NAMING + 1);
    let at = begun.position(|word| row.program == program_name(word))?;
    let rest = &words[at + 1..];
    let is_one = |word: &String| row.command.as_ref() == Some(word);
    if row.command.is_some() && !rest.iter().any(is_one) {
        return None;
    }
    if let Some(kind) = option_value(rest, &row.kind_options)
        && row.single_kinds.iter().any(|own| *own == kind)
    {
        return None;
    }
    match option_value(rest, &row.options) {
        // A server gives zero a meaning of its own, and nobody starts more than the bound.
        Some(figure) => {
            let count = figure.parse().ok();
            let count = count.filter(|count| (1..=most).contains(count));
            Some(count.ok_or(Cause::Process(UNREAD_WORKERS)))
        }
        None if option_value(rest, &row.config_options).is_some() => {
            Some(Err(Cause::Process(CONFIGURED_WORKERS)))
        }
        None if row.by_processors => Some(Err(Cause::Process(PROCESSOR_WORKERS))),
        None => None,
    }
}

const UNREAD_WORKERS: &str = "how many processes its command starts comes from elsewhere";
const CONFIGURED_WORKERS: &str =
    "a configuration file may say how many processes its command starts";
const PROCESSOR_WORKERS: &str = "its command starts one process for each processor";

/// The last value of an option: `-w 4`, `-w4`, `--workers=4`.
fn option_value<'w>(words: &'w [String], names: &[String]) -> Option<&'w str> {
    let mut found = None;
    for (at, word) in words.iter().enumerate() {
        for name in names {
            let rest = word.strip_prefix(name.as_str());
            found = match rest {
                Some("") => words.get(at + 1).map(String::as_str),
                Some(rest) if rest.starts_with('=') => Some(&rest[1..]),
                Some(rest) if !name.starts_with("--") && !rest.is_empty() => Some(rest),
                _ => found,
            };
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{count_workers, programs};

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

    #[test]
    fn processes_are_counted_as_the_servers_start_them() {
        let counted = |command: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            count_workers(&words)
        };
        assert_eq!(counted("gunicorn -w 4 shop.wsgi:app"), Some(Ok(4)));
        assert_eq!(counted("tini -- gunicorn --workers=3 a:b"), Some(Ok(3)));
        assert_eq!(counted("gunicorn -w2 -k gevent a:b"), Some(Ok(2)));
        assert_eq!(counted("uvicorn --workers 8 a:b"), Some(Ok(8)));
        assert_eq!(counted("celery -A shop worker -c 6"), Some(Ok(6)));
        assert_eq!(counted("celery -A shop worker -P gevent -c 500"), None);
        assert_eq!(counted("celery -A shop beat"), None);
        assert_eq!(counted("gunicorn shop.wsgi:app"), None);
        assert_eq!(counted("python -m shop"), None);
        let open = |command: &str| matches!(counted(command), Some(Err(_)));
        assert!(open("gunicorn -w $WORKERS a:b"));
        assert!(open("gunicorn -w 0 a:b"));
        assert!(open("gunicorn -w 1025 a:b"));
        assert!(open("gunicorn -w 18446744073709551615 a:b"));
        assert!(open("gunicorn -c /etc/gunicorn.py a:b"));
        assert!(open("celery -A shop worker"));
        let script = ["sh", "-c", "migrate && exec gunicorn -w 4 a:b"].map(str::to_owned);
        assert_eq!(count_workers(&script), Some(Ok(4)));
    }
}
