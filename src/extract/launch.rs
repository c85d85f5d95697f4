//! What the process of a container, an image or a unit is: the words of its entrypoint and command in,
//! a server's invocation out, or why it cannot be followed. How the words are written (a list, a
//! string, a script) is the caller's business up to here; what the options mean is `command`'s.

use crate::extract::command::{self, ArgWord, Environment, Invocation};
use crate::extract::expand::Expanded;
use crate::facts::{Reason, Slot};
use crate::knowledge::shapes::{ImageReference, Shapes};
use crate::syntax::shell::{self, ShellWord};

/// One word of a command: its text, and where it could be written anew.
#[derive(Clone, Debug)]
pub struct Argument {
    pub text: Expanded,
    pub slot: Slot,
}

/// What is started, and by what.
pub struct Launch<'a> {
    /// The image, as far as it is written; none where there is no container.
    pub image: Option<&'a ImageReference>,
    /// Written instead of the image's own.
    pub entrypoint: Option<Vec<Argument>>,
    pub command: Vec<Argument>,
    pub environment: &'a Environment,
    /// Something else can connect to it.
    pub listens: bool,
}

/// What was made of it.
pub enum Launched {
    /// It runs a server.
    Server(Box<Invocation>),
    /// A server image runs something that cannot be followed.
    Hidden(Reason),
    /// It is no server.
    Other,
}

/// Follows what is started.
pub fn launched(launch: &Launch<'_>, shapes: &Shapes) -> Launched {
    let follower = Follower { launch, shapes };
    match follower.follow() {
        Launched::Server(invocation) if follower.is_other_mode(&invocation) => Launched::Other,
        launched => launched,
    }
}

/// The words of a command that is written as one text: split as a shell splits, nothing run.
pub fn split(text: &Expanded) -> Vec<Argument> {
    let words = shell::words(text.excerpt()).into_iter();
    words
        .filter(|word| word.text != "\n" || !word.operator)
        .map(|word| Argument {
            text: unquoted(text, &word),
            slot: Slot::None,
        })
        .collect()
}

/// A word of a text without its quotes, each byte in its place where that can be told.
fn unquoted(text: &Expanded, word: &ShellWord) -> Expanded {
    let range = word.range.clone();
    let spelled = &text.text()[range.clone()];
    if spelled == word.text {
        return text.slice(range);
    }
    let inner = spelled
        .len()
        .checked_sub(1)
        .and_then(|end| spelled.get(1..end));
    if inner == Some(word.text.as_str()) {
        return text.slice(range.start + 1..range.end - 1);
    }
    text.respelled(&word.text, range)
}

/// The simple commands of a shell script, each as its words, without `exec`.
fn script_commands(script: &Expanded, environment: &Environment) -> Vec<Vec<ArgWord>> {
    let mut commands = vec![Vec::new()];
    for word in shell::words(script.excerpt()) {
        if word.operator {
            commands.push(Vec::new());
            continue;
        }
        let Some(last) = commands.last_mut() else {
            continue;
        };
        if last.is_empty() && word.text == "exec" {
            continue;
        }
        let (text, hole) = match script.hole(&word.range) {
            Some(reason) => (word.text.clone(), Some(reason.clone())),
            None if word.variable => command::shell_substituted(&word.text, environment),
            None => (word.text.clone(), None),
        };
        last.push(ArgWord {
            text,
            span: word.span,
            hole,
            slot: Slot::None,
        });
    }
    commands.retain(|command| !command.is_empty());
    commands
}

struct Follower<'a> {
    launch: &'a Launch<'a>,
    shapes: &'a Shapes,
}

impl Follower<'_> {
    fn follow(&self) -> Launched {
        let words = self.words();
        if let Some(script) = self.script() {
            return self.scripted(script);
        }
        if let Some(invocation) = self.direct(&words) {
            return Launched::Server(Box::new(invocation));
        }
        match self.launch.entrypoint {
            None => self.by_entrypoint(&words),
            Some(_) => self.hidden_or_other("its entrypoint is not followed"),
        }
    }

    fn arguments(&self) -> impl Iterator<Item = &Argument> {
        let entrypoint = self.launch.entrypoint.iter().flatten();
        entrypoint.chain(&self.launch.command)
    }

    fn words(&self) -> Vec<ArgWord> {
        let word = |argument: &Argument| ArgWord {
            text: argument.text.text().to_owned(),
            span: argument.text.excerpt().span_all(),
            hole: argument.text.known().err(),
            slot: argument.slot.clone(),
        };
        self.arguments().map(word).collect()
    }

    /// The script of `sh -c SCRIPT`.
    fn script(&self) -> Option<&Expanded> {
        let mut arguments = self.arguments();
        let first = arguments.next()?.text.text();
        let name = first.rsplit('/').next().unwrap_or(first);
        if !matches!(name, "sh" | "bash" | "ash" | "dash") {
            return None;
        }
        let is_flag = |word: &str| word.starts_with('-') && !word.starts_with("--");
        let ends_flags = |argument: &&Argument| {
            let word = argument.text.text();
            is_flag(word) && word.ends_with('c')
        };
        arguments.find(ends_flags)?;
        arguments.next().map(|argument| &argument.text)
    }

    fn scripted(&self, script: &Expanded) -> Launched {
        let commands = script_commands(script, self.launch.environment);
        let mut found = commands
            .iter()
            .enumerate()
            .filter_map(|(i, words)| Some((i, self.direct(words)?)));
        let Some((at, mut invocation)) = found.next() else {
            return self.hidden_or_other("its start script is not followed");
        };
        if found.next().is_some() {
            invocation.gap = Some(Reason::new("its start script starts several servers"));
        }
        let others = commands
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != at)
            .map(|(_, words)| words);
        if let Some(file) = &invocation.file
            && self.may_write(&file.text, others)
        {
            let why = "its start script may write the configuration before the server reads it";
            invocation.gap = Some(Reason::new(why));
        }
        Launched::Server(Box::new(invocation))
    }

    /// Whether one of the commands may write the file: it names it or its folder, or it is a program
    /// of which nothing is known.
    fn may_write<'w>(
        &self,
        file: &str,
        mut others: impl Iterator<Item = &'w Vec<ArgWord>>,
    ) -> bool {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        let names_it = |word: &ArgWord| {
            word.text.contains(name) || folder.len() > 1 && word.text.contains(folder)
        };
        let harmless = &self.shapes.servers.harmless_commands;
        others.any(|words| {
            let is_harmless = words.first().is_some_and(|first| {
                let is_assignment = first.text.contains('=');
                is_assignment || harmless.contains(&first.text)
            });
            !is_harmless || words.iter().any(names_it)
        })
    }

    /// A program among the words, behind wrappers such as `docker-entrypoint.sh` or `tini --`.
    fn direct(&self, words: &[ArgWord]) -> Option<Invocation> {
        let is_program = |word: &ArgWord| self.shapes.program(&word.text).is_some();
        let at = words.iter().position(is_program)?;
        let program = words[at].text.clone();
        Some(command::invocation(Some(program), &words[at + 1..]))
    }

    /// The official entrypoints put the program before options and files, and run other words as they
    /// are. Of other images it is not known what they do.
    fn by_entrypoint(&self, words: &[ArgWord]) -> Launched {
        let Some(image) = self.launch.image else {
            return Launched::Other;
        };
        let Some(shape) = self.shapes.server_image(image) else {
            return Launched::Other;
        };
        let official = shape.is_official(image);
        let Some(program) = shape.entrypoint.clone().filter(|_| official) else {
            return Launched::Hidden(Reason::new(format!(
                "what the image {} runs by itself is not known",
                image.repository
            )));
        };
        match words.first() {
            Some(first) if !first.text.starts_with('-') && !first.text.ends_with(".conf") => {
                match &first.hole {
                    Some(reason) => Launched::Hidden(reason.clone()),
                    None => self.hidden_or_other("its command is not followed"),
                }
            }
            _ => Launched::Server(Box::new(command::invocation(Some(program), words))),
        }
    }

    /// A server image whose command names no server program is a client's shell unless it listens.
    fn hidden_or_other(&self, why: &str) -> Launched {
        let image = self.launch.image;
        let is_server = image.is_some_and(|image| self.shapes.server_image(image).is_some());
        if is_server && self.launch.listens {
            Launched::Hidden(Reason::new(why))
        } else {
            Launched::Other
        }
    }

    /// The same program in another mode.
    fn is_other_mode(&self, invocation: &Invocation) -> bool {
        let modes = &self.shapes.servers.other_modes;
        invocation
            .options
            .iter()
            .any(|option| modes.contains(option))
    }
}
