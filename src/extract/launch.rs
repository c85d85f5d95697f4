//! What the process of a container, an image or a unit is: the words of its entrypoint and command in,
//! a server's invocation out, or why it cannot be followed. How the words are written (a list, a
//! string, a script) is the caller's business up to here; what the options mean is `command`'s.

use crate::extract::command::{self, Invocation};
use crate::extract::expand::Expanded;
use crate::extract::process_environment::{self, Environment};
use crate::extract::recipe::{self, Recipe};
use crate::extract::script::{self, Command, is_shell};
use crate::facts::raw::ArgWord;
use crate::facts::{Cause, Slot};
use crate::knowledge::shapes::{ImageReference, Shapes};
use crate::source::{Excerpt, Span, path};
use crate::syntax::shell::{self, ShellWord};

/// One word of a command: its text, and where it could be written anew.
#[derive(Clone, Debug)]
pub struct Argument {
    pub text: Expanded,
    pub slot: Slot,
}

/// A script that is shown to the process under a path: its text, or why it is not known; `None` where
/// nothing is shown there.
pub type Scripts<'a> = &'a dyn Fn(&str) -> Option<Result<Expanded, Cause>>;

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
    pub scripts: Option<Scripts<'a>>,
    /// What stands for the words that the image adds by itself.
    pub at: Span,
}

/// What was made of it.
pub enum Launched {
    /// It runs a server.
    Server(Box<Invocation>),
    /// A server image runs something that cannot be followed.
    Hidden(Cause),
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

/// Whether a file is a script by its name or by its first line.
pub fn is_script(path: &str, text: &str) -> bool {
    path.ends_with(".sh") || text.starts_with("#!")
}

/// A script as a shell reads it; the first line of some names another program.
pub fn shell_script(text: Excerpt) -> Result<Expanded, Cause> {
    let first = text.text().lines().next().unwrap_or_default();
    let named = first.strip_prefix("#!").map(|line| {
        let mut words = line.split_ascii_whitespace();
        words.any(is_shell)
    });
    if named == Some(false) {
        return Err(Cause::StartScript("is none of a shell"));
    }
    Ok(Expanded::plain(text))
}

/// A shell script that is run, and the arguments that it is given.
enum Script {
    Known(Expanded, Vec<ArgWord>),
    Hidden(Cause),
}

/// The official entrypoints take a word with this ending for a configuration file.
const CONF_ENDING: &str = ".conf";

/// Behind more words than these no wrapper is looked for.
const MOST_WRAPPERS: usize = 4;

struct Follower<'a> {
    launch: &'a Launch<'a>,
    shapes: &'a Shapes,
}

impl Follower<'_> {
    fn follow(&self) -> Launched {
        let words = self.words();
        match self.script(&words) {
            Some(Script::Known(script, arguments)) => return self.scripted(&script, &arguments),
            Some(Script::Hidden(reason)) => return self.hidden_or_other(reason),
            None => {}
        }
        if let Some(invocation) = self.direct(&words) {
            return Launched::Server(Box::new(self.with_image_flags(invocation)));
        }
        match self.launch.entrypoint {
            None => self.by_entrypoint(&words),
            Some(_) => self.hidden_or_other(Cause::Command("its entrypoint is not followed")),
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

    /// The script of `sh -c SCRIPT`, of `sh FILE` or of a file that is run, behind wrappers such as
    /// `tini --`.
    fn script(&self, words: &[ArgWord]) -> Option<Script> {
        let is_server = |word: &ArgWord| self.shapes.program(&word.text).is_some();
        for (at, word) in words.iter().enumerate().take(MOST_WRAPPERS) {
            if is_server(word) {
                return None;
            }
            if is_shell(&word.text) {
                return self.shell_script(words, at + 1);
            }
            if let Some(script) = self.mounted(words, at) {
                return Some(script);
            }
        }
        None
    }

    /// What a shell is given to run.
    fn shell_script(&self, words: &[ArgWord], from: usize) -> Option<Script> {
        let is_flag = |word: &str| word.starts_with(['-', '+']) && word.len() > 1;
        let mut at = from;
        while let Some(word) = words.get(at).filter(|word| is_flag(&word.text)) {
            at += 1;
            if word.text.ends_with('c') && !word.text.starts_with("--") {
                let script = self.arguments().nth(at)?.text.clone();
                // Behind the script stands its name, then its arguments.
                let arguments = words.get(at + 2..).unwrap_or_default();
                return Some(Script::Known(script, arguments.to_vec()));
            }
        }
        self.mounted(words, at)
    }

    /// A script that is shown to the process as a file.
    fn mounted(&self, words: &[ArgWord], at: usize) -> Option<Script> {
        let runs = |word: &&ArgWord| word.hole.is_none() && !word.text.ends_with(CONF_ENDING);
        let word = words.get(at).filter(runs)?;
        Some(match (self.launch.scripts?)(&word.text)? {
            Ok(script) => Script::Known(script, words[at + 1..].to_vec()),
            Err(reason) => Script::Hidden(reason),
        })
    }

    fn scripted(&self, script: &Expanded, arguments: &[ArgWord]) -> Launched {
        let commands = script::commands(script, self.launch.environment, arguments);
        let is_server = |invocation: &Invocation| !self.is_other_mode(invocation);
        let found: Vec<(usize, Invocation)> = commands
            .iter()
            .enumerate()
            .filter_map(|(i, command)| Some((i, self.direct(&command.words)?)))
            .collect();
        // Nothing is run after the last one.
        let last = commands.iter().position(|c| c.last && !c.conditional);
        let (mut servers, others): (Vec<_>, Vec<_>) = found
            .into_iter()
            .filter(|(i, _)| last.is_none_or(|last| *i <= last))
            .partition(|(_, invocation)| is_server(invocation));
        if servers.is_empty() {
            return match others.into_iter().next() {
                Some((_, other)) => Launched::Server(Box::new(other)),
                None => self.hidden_or_other(Cause::StartScript("is not followed")),
            };
        }
        let (at, mut invocation) = servers.remove(0);
        for (_, other) in &servers {
            invocation.keep_common(other);
        }
        if !servers.is_empty() {
            invocation.gap = Some(Cause::StartScript("starts several servers"));
        }
        self.add_recipe(&commands[..at], &mut invocation);
        Launched::Server(Box::new(invocation))
    }

    /// How the commands before the server make its file.
    fn add_recipe(&self, before: &[Command], invocation: &mut Invocation) {
        let Some(file) = &invocation.file else {
            return;
        };
        let recipe = Recipe {
            parts: recipe::parts(before, &file.text, self.shapes),
            strangers: before.iter().any(|command| !self.is_harmless(command)),
            gap: invocation.gap.clone(),
        };
        let written = before
            .iter()
            .any(|command| self.may_write(&file.text, command));
        if written || recipe.strangers || !recipe.parts.is_empty() {
            let why = Cause::StartScript("may write the configuration before the server reads it");
            invocation.gap.get_or_insert(why);
        }
        invocation.recipe = Some(recipe);
    }

    /// What copies and moves make of the file is followed.
    fn is_harmless(&self, command: &Command) -> bool {
        let name = command.program();
        name.is_empty() || self.shapes.is_harmless_command(name) || recipe::is_copy(name)
    }

    /// Whether a command names the file or its folder.
    fn may_write(&self, file: &str, command: &Command) -> bool {
        let (folder, name) = path::split(file);
        let names_it = |word: &ArgWord| {
            word.text.contains(name) || folder.len() > 1 && word.text.contains(folder)
        };
        command.words.iter().any(names_it)
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
            return Launched::Hidden(Cause::ImageProgram(image.repository.clone()));
        };
        match words.first() {
            Some(first) if !first.text.starts_with('-') && !first.text.ends_with(CONF_ENDING) => {
                match &first.hole {
                    Some(reason) => Launched::Hidden(reason.clone()),
                    None => self.hidden_or_other(Cause::Command("its command is not followed")),
                }
            }
            _ => {
                let invocation = command::invocation(Some(program), words);
                Launched::Server(Box::new(self.with_image_flags(invocation)))
            }
        }
    }

    /// The entrypoint of some images adds the options that a variable holds behind all others.
    fn with_image_flags(&self, mut invocation: Invocation) -> Invocation {
        let shape = self.launch.image.and_then(|image| {
            let shape = self.shapes.server_image(image)?;
            shape.is_official(image).then_some(shape)
        });
        let variable = shape.and_then(|shape| shape.extra_flags.as_deref());
        let Some(variable) = variable.filter(|_| self.launch.entrypoint.is_none()) else {
            return invocation;
        };
        let word = |text: &str| ArgWord {
            text: text.to_owned(),
            span: self.launch.at,
            hole: None,
            slot: Slot::None,
        };
        let environment = self.launch.environment;
        match environment
            .get(variable)
            .or(environment.get(process_environment::ANY_OTHER))
        {
            None => {}
            Some(Ok(flags)) => {
                let words: Vec<ArgWord> = flags.split_ascii_whitespace().map(word).collect();
                invocation.added = words;
            }
            Some(Err(reason)) => {
                invocation.gap_behind = Some(Cause::ImageOptions {
                    variable: variable.to_owned(),
                    cause: Box::new(reason.clone()),
                });
            }
        }
        invocation
    }

    /// A server image whose command names no server program is a client's shell unless it listens.
    fn hidden_or_other(&self, why: Cause) -> Launched {
        let image = self.launch.image;
        let is_server = image.is_some_and(|image| self.shapes.server_image(image).is_some());
        if is_server && self.launch.listens {
            Launched::Hidden(why)
        } else {
            Launched::Other
        }
    }

    /// The same program in another mode.
    fn is_other_mode(&self, invocation: &Invocation) -> bool {
        let modes = &self.shapes.servers.other_modes;
        invocation
            .arguments
            .iter()
            .any(|word| modes.contains(&word.text))
    }
}
