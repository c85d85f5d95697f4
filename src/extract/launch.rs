//! What the process of a container, an image or a unit is: the words of its entrypoint and command in,
//! a server's invocation out, or why it cannot be followed. Splitting what is written (a list, a
//! string, a script) into words is left to the caller, the meaning of options to `command`.

use crate::extract::command::{self, CommandInvocation};
use crate::extract::generated_file::{self, GeneratedFile};
use crate::extract::image_set_up::{self, VariablePlaces};
use crate::extract::interpolate::InterpolatedText;
use crate::extract::process_environment::{self, ProcessEnvironment};
use crate::extract::script::{self, ShellCommand, is_shell};
use crate::facts::raw::ArgWord;
use crate::facts::{Cause, EditTarget};
use crate::knowledge::shapes::{DeploymentShapes, ImageReference};
use crate::source::{Excerpt, Span, path};
use crate::syntax::shell::{self, ShellWord};
use crate::syntax::unit;

/// One word of a command: its text, and where it could be written anew.
#[derive(Clone, Debug)]
pub struct CommandArgument {
    pub text: InterpolatedText,
    pub slot: EditTarget,
}

/// A script that is shown to the process under a path: its text, or why it is not known; `None` where
/// nothing is shown there.
pub type ScriptLookup<'a> = &'a dyn Fn(&str) -> Option<Result<InterpolatedText, Cause>>;

/// The texts that the process finds at paths that fit.
pub type TextLookup<'a> = &'a dyn Fn(&dyn Fn(&str) -> bool) -> Vec<Excerpt>;

/// What is started, and by what.
pub struct StartedProgram<'a> {
    /// The image, as far as it is written; none where there is no container.
    pub image: Option<&'a ImageReference>,
    /// Written instead of the image's own.
    pub entrypoint: Option<Vec<CommandArgument>>,
    pub command: Vec<CommandArgument>,
    pub environment: &'a ProcessEnvironment,
    /// Where its variables are written, for what a start script makes of them.
    pub places: VariablePlaces,
    /// Something else can connect to it.
    pub listens: bool,
    /// The ports that it opens, as far as they are written.
    pub ports: Vec<String>,
    /// A client of servers asks it for signs of life.
    pub asked_by_client: bool,
    pub scripts: Option<ScriptLookup<'a>>,
    pub texts: Option<TextLookup<'a>>,
    /// The paths at which something is mounted over the image; `None` where the image is another one
    /// than the publisher's, or its mounts are not read.
    pub mounts: Option<Vec<String>>,
    /// What stands for the words that the image adds by itself.
    pub at: Span,
}

/// What was made of it.
pub enum LaunchResult {
    /// It runs a server.
    Server(Box<CommandInvocation>),
    /// A server image runs something that cannot be followed.
    Hidden(Cause),
    /// It is no server.
    Other,
}

/// Follows what is started.
pub fn follow_launch(launch: &StartedProgram<'_>, shapes: &DeploymentShapes) -> LaunchResult {
    let follower = LaunchFollower { launch, shapes };
    match follower.follow() {
        LaunchResult::Server(invocation) if follower.is_other_mode(&invocation) => {
            LaunchResult::Other
        }
        launched => launched,
    }
}

/// The words of a command that is written as one text: split as a shell splits, nothing run.
pub fn split(text: &InterpolatedText) -> Vec<CommandArgument> {
    let words = shell::words(text.excerpt()).into_iter();
    words
        .filter(|word| word.text != "\n" || !word.operator)
        .map(|word| CommandArgument {
            text: unquote_word(text, &word),
            slot: EditTarget::None,
        })
        .collect()
}

fn to_words<'w>(arguments: impl IntoIterator<Item = &'w CommandArgument>) -> Vec<ArgWord> {
    let word = |argument: &CommandArgument| ArgWord {
        text: argument.text.text().to_owned(),
        span: argument.text.excerpt().span_all(),
        unresolved: argument.text.known_text().err(),
        slot: argument.slot.clone(),
    };
    arguments.into_iter().map(word).collect()
}

/// A word of a text without its quotes, each byte in its place where that can be told.
fn unquote_word(text: &InterpolatedText, word: &ShellWord) -> InterpolatedText {
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
    text.respell(&word.text, range)
}

/// Whether a file is a script by its name or by its first line.
pub fn is_script(path: &str, text: &str) -> bool {
    path.ends_with(".sh") || text.starts_with("#!")
}

/// A script as a shell reads it; the first line of some names another program.
pub fn shell_script(text: Excerpt) -> Result<InterpolatedText, Cause> {
    let first = text.text().lines().next().unwrap_or_default();
    let named = first.strip_prefix("#!").map(|line| {
        let mut words = line.split_ascii_whitespace();
        words.any(is_shell)
    });
    if named == Some(false) {
        return Err(Cause::StartScript("is none of a shell"));
    }
    Ok(InterpolatedText::plain(text))
}

/// Whether an image is a server's by its name, or by a likely name with a server's port or a client's
/// probe beside it.
pub fn is_server_image(launch: &StartedProgram<'_>, shapes: &DeploymentShapes) -> bool {
    let Some(image) = launch.image else {
        return false;
    };
    let servers = &shapes.servers;
    let mut ports = launch.ports.iter();
    let is_evident =
        launch.asked_by_client || ports.any(|port| servers.server_ports.contains(port));
    shapes.server_image(image).is_some() || is_evident && shapes.is_likely_server(image)
}

/// The ports of a server or a sentinel that a check asks on its own host: `6379`, `localhost 6379`,
/// `localhost:6379`, `/dev/tcp/127.0.0.1/6379`, `check-port 6379`. Other numbers of a check are times and counts, and a
/// port of another host says nothing of this one.
pub fn list_checked_ports<'w>(
    words: impl Iterator<Item = &'w str>,
    shapes: &DeploymentShapes,
) -> Vec<&'w str> {
    let servers = &shapes.servers;
    let is_own = |host: &str| {
        let name = host.rsplit(['/', '@', '<', '"', '\'']).next();
        let address = name.unwrap_or_default().trim_matches(['[', ']']);
        shapes.is_loopback(address)
    };
    let mut found = Vec::new();
    let mut before = None;
    let mut starts_command = true;
    for word in words {
        let (host, port) = match word.rsplit_once([':', '/']) {
            Some((host, port)) => (Some(host), port),
            // A bare port belongs to the host before it; an option and the program itself are none.
            None => (before.filter(|word: &&str| !word.starts_with('-')), word),
        };
        let is_program = starts_command;
        starts_command =
            shell::starts_command(word) || servers.check_words.iter().any(|w| w == word);
        let mut ports = servers.server_ports.iter().chain(&servers.other_mode_ports);
        if ports.any(|known| known == port) && host.is_none_or(is_own) {
            found.push(port);
        }
        before = Some(word).filter(|_| !is_program);
    }
    found
}

/// A command whose program is known and hands its arguments to no other.
fn is_plain(command: &ShellCommand) -> bool {
    let Some(first) = command.words.first() else {
        return true;
    };
    let runs_words = matches!(first.text.as_str(), "." | "source" | "eval");
    let is_file = first.text.contains('/') || first.text.ends_with(".sh");
    first.unresolved.is_none() && !runs_words && !is_file && !is_shell(&first.text)
}

/// A shell script that is run, and the arguments that it is given.
enum ShellScript {
    Known(InterpolatedText, Vec<ArgWord>),
    Hidden(Cause),
}

/// Behind more words than these no wrapper is looked for.
const MAX_WRAPPERS: usize = 4;

struct LaunchFollower<'a> {
    launch: &'a StartedProgram<'a>,
    shapes: &'a DeploymentShapes,
}

impl LaunchFollower<'_> {
    fn follow(&self) -> LaunchResult {
        let words = self.words();
        if let Some(launched) = self.by_supervisor(&words) {
            return launched;
        }
        match self.script(&words) {
            Some(ShellScript::Known(script, arguments)) => {
                return self.follow_script(&script, &arguments);
            }
            Some(ShellScript::Hidden(reason)) => return self.decide_hidden(reason),
            None => {}
        }
        if let Some(mut invocation) = self.direct(&words) {
            (invocation.prepared, invocation.is_last) = self.start_of(&words);
            return LaunchResult::Server(Box::new(self.with_image_flags(invocation)));
        }
        match self.launch.entrypoint {
            None => self.by_entrypoint(&words),
            Some(_) => self.decide_hidden(Cause::Command("its entrypoint is not followed")),
        }
    }

    fn arguments(&self) -> impl Iterator<Item = &CommandArgument> {
        let entrypoint = self.launch.entrypoint.iter().flatten();
        entrypoint.chain(&self.launch.command)
    }

    fn words(&self) -> Vec<ArgWord> {
        to_words(self.arguments())
    }

    /// The server among the programs that a supervisor starts; nothing where none is found.
    fn by_supervisor(&self, words: &[ArgWord]) -> Option<LaunchResult> {
        let shapes = &self.shapes.servers.supervisors;
        let named = |word: &ArgWord| {
            let mut known = shapes.iter();
            known.find(|shape| path::name(&word.text) == shape.program)
        };
        let mut first = words.iter().take(MAX_WRAPPERS).enumerate();
        let (at, shape) = first.find_map(|(at, word)| Some((at, named(word)?)))?;
        let mut pairs = words[at..].windows(2);
        let given = pairs.find(|pair| shape.options.contains(&pair[0].text));
        let given = given.map(|pair| pair[1].text.as_str());
        let texts = (self.launch.texts?)(&|path| shape.reads(path, given));
        let settings = texts.iter().flat_map(|text| unit::parse(text).settings);
        let commands = settings.filter(|setting| {
            setting.section.starts_with(&shape.section) && setting.name == shape.command
        });
        let mut servers = commands.filter_map(|command| {
            let text = InterpolatedText::plain(command.value);
            let found = self.direct(&to_words(&split(&text)))?;
            (!self.is_other_mode(&found)).then_some(found)
        });
        let mut invocation = servers.next()?;
        for other in servers {
            invocation.keep_common(&other);
            invocation.gap = Some(Cause::StartScript("starts several servers"));
        }
        invocation.prepared = Some(Cause::StartScript("may make it before the server starts"));
        // The supervisor stays when one of its programs ends.
        invocation.is_last = Some(false);
        Some(LaunchResult::Server(Box::new(invocation)))
    }

    /// The script of `sh -c SCRIPT`, of `sh FILE` or of a file that is run, behind wrappers such as
    /// `tini --`.
    fn script(&self, words: &[ArgWord]) -> Option<ShellScript> {
        let is_server = |word: &ArgWord| self.shapes.program(&word.text).is_some();
        for (at, word) in words.iter().enumerate().take(MAX_WRAPPERS) {
            if is_server(word) {
                return None;
            }
            if is_shell(&word.text) {
                return self.shell_script(words, at + 1);
            }
            if let Some(script) = self.find_mounted_script(words, at) {
                return Some(script);
            }
        }
        None
    }

    /// What a shell is given to run.
    fn shell_script(&self, words: &[ArgWord], from: usize) -> Option<ShellScript> {
        let is_flag = |word: &str| word.starts_with(['-', '+']) && word.len() > 1;
        let mut at = from;
        while let Some(word) = words.get(at).filter(|word| is_flag(&word.text)) {
            at += 1;
            if word.text.ends_with('c') && !word.text.starts_with("--") {
                let script = self.arguments().nth(at)?.text.clone();
                // Behind the script stands its name, then its arguments.
                let arguments = words.get(at + 2..).unwrap_or_default();
                return Some(ShellScript::Known(script, arguments.to_vec()));
            }
        }
        self.find_mounted_script(words, at)
    }

    /// A script that is shown to the process as a file.
    fn find_mounted_script(&self, words: &[ArgWord], at: usize) -> Option<ShellScript> {
        let is_option = |word: &ArgWord| word.text.starts_with('-');
        let runs = |word: &&ArgWord| {
            word.unresolved.is_none() && !path::is_conf(&word.text) && !is_option(word)
        };
        let word = words.get(at).filter(runs)?;
        Some(match (self.launch.scripts?)(&word.text)? {
            Ok(script) => ShellScript::Known(script, words[at + 1..].to_vec()),
            Err(reason) => ShellScript::Hidden(reason),
        })
    }

    fn follow_script(&self, script: &InterpolatedText, arguments: &[ArgWord]) -> LaunchResult {
        let commands = script::commands(script, self.launch.environment, arguments);
        let is_server = |invocation: &CommandInvocation| !self.is_other_mode(invocation);
        let found: Vec<(usize, CommandInvocation)> = commands
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
            if self.starts_none(&commands) {
                return LaunchResult::Other;
            }
            return match others.into_iter().next() {
                Some((_, other)) => LaunchResult::Server(Box::new(other)),
                None => self.decide_hidden(Cause::StartScript("is not followed")),
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
        let is_sure = servers.is_empty() && !commands[at].conditional;
        invocation.prepared = (at > 0 || !is_sure)
            .then_some(Cause::StartScript("may make it before the server starts"));
        // Whatever stands behind the server keeps the container when the server leaves it alone.
        let is_last = commands[at].last || at + 1 == commands.len();
        invocation.is_last = is_sure.then_some(is_last);
        LaunchResult::Server(Box::new(invocation))
    }

    /// Why something before the program may make files, and whether the program is the process itself:
    /// behind the official entrypoint and programs that only start another one it is.
    fn start_of(&self, words: &[ArgWord]) -> (Option<Cause>, Option<bool>) {
        let shape = self
            .launch
            .image
            .and_then(|i| self.shapes.official_image(i));
        let script = shape.and_then(|shape| shape.entrypoint_script.as_deref());
        let is_plain = |word: &ArgWord| {
            let name = path::name(&word.text);
            // Their options and users.
            let is_argument = !word.text.contains('/') && !word.text.contains('.');
            script == Some(name) || self.shapes.images.is_wrapper(name) || is_argument
        };
        let mut before = words
            .iter()
            .take_while(|word| self.shapes.program(&word.text).is_none());
        let first = words.first().map(|word| word.text.as_str());
        let starts = first.is_none_or(|first| {
            let name = path::name(first);
            self.shapes.program(first).is_some()
                || script == Some(name)
                || self.shapes.images.is_wrapper(name)
        });
        if starts && before.all(is_plain) {
            return (None, Some(true));
        }
        let why = Cause::StartScript("may make it before the server starts");
        (Some(why), None)
    }

    /// How the commands before the server make its file.
    fn add_recipe(&self, before: &[ShellCommand], invocation: &mut CommandInvocation) {
        let Some(file) = &invocation.file else {
            return;
        };
        let recipe = GeneratedFile {
            parts: generated_file::parts(before, &file.text, self.shapes),
            unknown_programs: before.iter().any(|command| !self.is_harmless(command)),
            gap: invocation.gap.clone(),
        };
        let written = before
            .iter()
            .any(|command| self.may_write(&file.text, command));
        if written || recipe.unknown_programs || !recipe.parts.is_empty() {
            let why = Cause::StartScript("may write the configuration before the server reads it");
            invocation.gap.get_or_insert(why);
        }
        invocation.recipe = Some(recipe);
    }

    /// What copies and moves make of the file is followed.
    fn is_harmless(&self, command: &ShellCommand) -> bool {
        let name = command.program();
        name.is_empty() || self.shapes.is_harmless_command(name) || generated_file::is_copy(name)
    }

    /// Whether a command names the file or its folder.
    fn may_write(&self, file: &str, command: &ShellCommand) -> bool {
        let (folder, name) = path::split(file);
        let names_it = |word: &ArgWord| {
            word.text.contains(name) || folder.len() > 1 && word.text.contains(folder)
        };
        command.words.iter().any(names_it)
    }

    /// A program among the words, behind wrappers such as `docker-entrypoint.sh` or `tini --`.
    fn direct(&self, words: &[ArgWord]) -> Option<CommandInvocation> {
        let is_program = |word: &ArgWord| self.shapes.program(&word.text).is_some();
        let Some(at) = words.iter().position(is_program) else {
            return self.by_entrypoint_script(words);
        };
        let program = words[at].text.clone();
        Some(command::invocation(Some(program), &words[at + 1..]))
    }

    /// The official entrypoint run by hand: it puts the program before options and files.
    fn by_entrypoint_script(&self, words: &[ArgWord]) -> Option<CommandInvocation> {
        let shape = self.shapes.official_image(self.launch.image?)?;
        let script = shape.entrypoint_script.as_deref()?;
        let is_script = |word: &ArgWord| path::name(&word.text) == script;
        let at = words.iter().take(MAX_WRAPPERS).position(is_script)?;
        // A command that only reads or copies the script starts nothing.
        let program = path::name(&words[0].text);
        let is_run = at == 0 || !self.shapes.is_harmless_command(program);
        let given = words.get(at + 1)?;
        let is_added = given.text.starts_with('-') || path::is_conf(&given.text);
        let program = shape.entrypoint.clone().filter(|_| is_run && is_added)?;
        Some(command::invocation(Some(program), &words[at + 1..]))
    }

    /// The official entrypoints put the program before options and files, and run other words as they
    /// are. Of other images it is not known what they do.
    fn by_entrypoint(&self, words: &[ArgWord]) -> LaunchResult {
        let Some(image) = self.launch.image.filter(|_| self.is_server_image()) else {
            return LaunchResult::Other;
        };
        if let Some(launched) = self.by_set_up(image, words) {
            return launched;
        }
        let shape = self.shapes.official_image(image);
        let Some(program) = shape.and_then(|shape| shape.entrypoint.clone()) else {
            return match self.is_other_program() {
                true => LaunchResult::Other,
                false => LaunchResult::Hidden(Cause::ImageProgram(image.repository.clone())),
            };
        };
        match words.first() {
            Some(first) if !first.text.starts_with('-') && !path::is_conf(&first.text) => {
                match &first.unresolved {
                    Some(reason) => LaunchResult::Hidden(reason.clone()),
                    None => self.decide_hidden(Cause::Command("its command is not followed")),
                }
            }
            _ => {
                let mut invocation = command::invocation(Some(program), words);
                invocation.is_last = Some(true);
                LaunchResult::Server(Box::new(self.with_image_flags(invocation)))
            }
        }
    }

    /// The start script of an image that sets its server up by variables: run by the image itself, or as
    /// the first word. A mounted text takes the place of what it writes.
    fn by_set_up(&self, image: &ImageReference, words: &[ArgWord]) -> Option<LaunchResult> {
        let content = self.shapes.images.content(image)?;
        let set_up = content.set_up.as_ref()?;
        let starts = |word: &ArgWord| {
            let mut names = content.start.iter();
            names.any(|name| word.text.ends_with(name.as_str()))
        };
        let arguments = match words {
            [] => words,
            [first, rest @ ..] if starts(first) => rest,
            _ => return None,
        };
        if arguments
            .first()
            .is_some_and(|word| !word.text.starts_with('-'))
        {
            return None;
        }
        let mounts = self.launch.mounts.as_ref()?;
        let is_mounted = |file: &String| {
            let mut mounts = mounts.iter();
            mounts.any(|mount| path::is_within(file, mount.trim_end_matches('/')))
        };
        if set_up.files.iter().any(is_mounted) {
            return Some(LaunchResult::Hidden(Cause::StartScript(
                "reads a configuration that is mounted",
            )));
        }
        let environment = self.launch.environment;
        if let Some(Err(reason)) = environment.get(process_environment::ANY_OTHER) {
            return Some(LaunchResult::Hidden(reason.clone()));
        }
        let mut invocation = command::invocation(Some(set_up.program.clone()), arguments);
        let written =
            image_set_up::read_set_up(set_up, environment, &self.launch.places, self.launch.at);
        invocation.set_up = Some((content.title.clone(), written));
        invocation.is_last = Some(true);
        invocation.prepared = Some(Cause::StartScript("may make it before the server starts"));
        Some(LaunchResult::Server(Box::new(invocation)))
    }

    /// The entrypoint of some images adds the options that a variable holds behind all others.
    fn with_image_flags(&self, mut invocation: CommandInvocation) -> CommandInvocation {
        let shape = self
            .launch
            .image
            .and_then(|image| self.shapes.official_image(image));
        let variable = shape.and_then(|shape| shape.extra_flags.as_deref());
        let Some(variable) = variable.filter(|_| self.launch.entrypoint.is_none()) else {
            return invocation;
        };
        let word = |text: &str| ArgWord {
            text: text.to_owned(),
            span: self.launch.at,
            unresolved: None,
            slot: EditTarget::None,
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
    fn decide_hidden(&self, why: Cause) -> LaunchResult {
        if self.is_server_image() && self.launch.listens && !self.is_other_program() {
            LaunchResult::Hidden(why)
        } else {
            LaunchResult::Other
        }
    }

    /// An image of which a server is known by its name, or by its name and what stands beside it.
    fn is_server_image(&self) -> bool {
        is_server_image(self.launch, self.shapes)
    }

    /// A sentinel or a client, by the words that are run, by a variable or by the only ports.
    fn is_other_program(&self) -> bool {
        let servers = &self.shapes.servers;
        let runs_other = self.arguments().take(MAX_WRAPPERS).any(|argument| {
            let word = argument.text.text();
            // A script that starts one or the other is told which by a word behind it.
            let is_told = servers.foreign_text.iter().any(|told| told == word);
            is_told || self.shapes.is_other_program(word) || self.shapes.is_client_program(word)
        });
        let mut variables = servers.other_mode_variables.iter();
        let is_told = variables.any(|[name, value]| {
            let given = self.launch.environment.get(name);
            given.is_some_and(|given| given.as_ref().is_ok_and(|given| given == value))
        });
        let ports = &self.launch.ports;
        let opens_other = ports
            .iter()
            .all(|port| servers.other_mode_ports.contains(port));
        runs_other || is_told || !ports.is_empty() && opens_other
    }

    /// Whether the commands of a script are all known and none starts a server: a sentinel's, or those
    /// of a helper that asks one.
    fn starts_none(&self, commands: &[ShellCommand]) -> bool {
        let mut programs = commands.iter().map(ShellCommand::program);
        let starts_other = programs.any(|program| self.shapes.is_other_program(program));
        let words = || commands.iter().flat_map(|command| &command.words);
        let asks = words().any(|word| {
            let mut clients = self.shapes.servers.client_programs.iter();
            clients.any(|client| word.text.contains(client.as_str()))
        });
        starts_other || asks && commands.iter().all(is_plain)
    }

    /// The same program in another mode.
    fn is_other_mode(&self, invocation: &CommandInvocation) -> bool {
        let modes = &self.shapes.servers.other_modes;
        invocation
            .arguments
            .iter()
            .any(|word| modes.contains(&word.text))
    }
}
