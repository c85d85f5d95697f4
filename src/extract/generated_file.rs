//! What a start script makes of the server's configuration file: which texts and files it is put
//! together from, as far as that can be told without running anything.
//!
//! Where the files that it is made of come from (a mount, the image) is left to the caller.

use std::collections::BTreeMap;

use crate::extract::script::{RedirectedOutput, ShellCommand};
use crate::facts::Cause;
use crate::facts::raw::ArgWord;
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Excerpt, Span, path};

/// How a file comes about.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratedFile {
    /// Its parts in order; none where the script leaves the file as it is.
    pub parts: Vec<FilePart>,
    /// A program of which nothing is known is run before the server: it may have written the file.
    pub unknown_programs: bool,
    /// Why there may be more to the server's configuration, the file aside.
    pub gap: Option<Cause>,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum FilePart {
    /// What the file held before.
    Before,
    /// A text that the script writes.
    Text(Excerpt),
    /// A text that the script adds or leaves out.
    Conditional(Excerpt),
    /// Another file, as it is.
    File(ArgWord),
    /// Another file, changed on the way.
    Changed(ArgWord, Cause),
    /// Something that cannot be told.
    Unknown(Cause, Span),
}

/// The parts of a file after these commands; empty where none of them touches it.
pub fn parts(commands: &[ShellCommand], file: &str, shapes: &DeploymentShapes) -> Vec<FilePart> {
    let mut files = WrittenFiles {
        made: BTreeMap::new(),
        shapes,
    };
    for command in commands {
        files.run(command, file);
    }
    files.made.remove(file).unwrap_or_default()
}

/// What was written so far, by path.
struct WrittenFiles<'a> {
    made: BTreeMap<String, Vec<FilePart>>,
    shapes: &'a DeploymentShapes,
}

impl WrittenFiles<'_> {
    fn run(&mut self, command: &ShellCommand, wanted: &str) {
        let Some(written) = self.find_written(command) else {
            return self.strange(command, wanted);
        };
        for (path, mut parts, appends) in written {
            let adds_texts = appends && parts.iter().all(|part| matches!(part, FilePart::Text(_)));
            if command.conditional && adds_texts {
                parts = parts.into_iter().map(perhaps).collect();
            } else if command.conditional {
                let at = command.words.first().map(|word| word.span);
                let why = Cause::ScriptWrites(path.clone());
                parts = at
                    .map(|at| FilePart::Unknown(why, at))
                    .into_iter()
                    .collect();
            }
            let whole = if appends || command.conditional {
                let mut before = self
                    .made
                    .remove(&path)
                    .unwrap_or_else(|| vec![FilePart::Before]);
                before.extend(parts);
                before
            } else {
                parts
            };
            self.made.insert(path, whole);
        }
    }

    /// The files that a command writes, where it is one that is understood.
    fn find_written(&self, command: &ShellCommand) -> Option<Vec<(String, Vec<FilePart>, bool)>> {
        let name = command.program();
        if is_copy(name) {
            return self.read_copy(command);
        }
        if command.outputs.is_empty() {
            return None;
        }
        let said = || self.read_output(name, command);
        let to = |output: &RedirectedOutput| {
            let path = output
                .to
                .unresolved
                .is_none()
                .then(|| output.to.text.clone())?;
            Some((path, said(), output.appends))
        };
        Some(command.outputs.iter().filter_map(to).collect())
    }

    /// What a command says on its output.
    fn read_output(&self, name: &str, command: &ShellCommand) -> Vec<FilePart> {
        let at = command
            .words
            .first()
            .or(command.outputs.first().map(|o| &o.to));
        let Some(at) = at.map(|word| word.span) else {
            return Vec::new();
        };
        let unknown = || {
            let why = Cause::OutputOf(name.to_owned());
            vec![FilePart::Unknown(why, at)]
        };
        let arguments = command.words.get(1..).unwrap_or_default();
        if command.piped {
            return unknown();
        }
        match name {
            "" | ":" | "true" => Vec::new(),
            "echo" => read_echo(arguments).map_or_else(unknown, |text| vec![FilePart::Text(text)]),
            "printf" => {
                read_printf(arguments).map_or_else(unknown, |text| vec![FilePart::Text(text)])
            }
            "cat" => match (&command.document, &command.input, arguments) {
                (Some(text), _, []) => vec![FilePart::Text(text.clone())],
                (None, Some(file), []) => self.read(file),
                (None, None, files) if files.iter().all(|file| !file.text.starts_with('-')) => {
                    files.iter().flat_map(|file| self.read(file)).collect()
                }
                _ => unknown(),
            },
            "sed" | "awk" | "envsubst" | "tr" | "grep" => {
                let file = command.input.as_ref().or(arguments.last());
                let path = file.filter(|file| file.text.contains('/') && file.unresolved.is_none());
                let why = Cause::ChangesBy(name.to_owned());
                path.map_or_else(unknown, |file| vec![FilePart::Changed(file.clone(), why)])
            }
            _ => unknown(),
        }
    }

    /// What reading a file gives.
    fn read(&self, file: &ArgWord) -> Vec<FilePart> {
        if let Some(reason) = &file.unresolved {
            return vec![FilePart::Unknown(reason.clone(), file.span)];
        }
        let made = self.made.get(&file.text).cloned();
        made.unwrap_or_else(|| vec![FilePart::File(file.clone())])
    }

    /// `cp FILE… TO`, and `mv`.
    fn read_copy(&self, command: &ShellCommand) -> Option<Vec<(String, Vec<FilePart>, bool)>> {
        let is_path = |word: &&ArgWord| !word.text.starts_with('-');
        let paths: Vec<&ArgWord> = command.words[1..].iter().filter(is_path).collect();
        let (to, sources) = paths.split_last()?;
        if to.unresolved.is_some() || sources.is_empty() || sources.iter().any(|s| is_pattern(s)) {
            return None;
        }
        let folder = to.text.trim_end_matches('/');
        let below = |source: &ArgWord| {
            let name = path::name(&source.text);
            format!("{folder}/{name}")
        };
        let mut written = Vec::new();
        for source in sources {
            // Whether the target is a folder only the machine knows.
            if sources.len() == 1 && folder.len() == to.text.len() {
                written.push((to.text.clone(), self.read(source), false));
            }
            written.push((below(source), self.read(source), false));
        }
        Some(written)
    }

    /// A command that is not understood and names the file, or its folder as a place to write to.
    fn strange(&mut self, command: &ShellCommand, wanted: &str) {
        let (folder, name) = path::split(wanted);
        let Some((program_word, arguments)) = command.words.split_first() else {
            return;
        };
        if self.shapes.is_harmless_command(command.program()) {
            return;
        }
        let names_it = |word: &ArgWord| {
            word.text.contains(name)
                || folder.len() > 1 && word.text.trim_end_matches('/') == folder
        };
        let outputs = command.outputs.iter().map(|output| &output.to);
        if !arguments.iter().chain(outputs).any(names_it) {
            return;
        }
        let why = Cause::MayChange {
            program: command.program().to_owned(),
            path: wanted.to_owned(),
        };
        let parts = self.made.entry(wanted.to_owned());
        parts
            .or_insert_with(|| vec![FilePart::Before])
            .push(FilePart::Unknown(why, program_word.span));
    }
}

/// A part that a condition decides about.
fn perhaps(part: FilePart) -> FilePart {
    match part {
        FilePart::Text(excerpt) => FilePart::Conditional(excerpt),
        other => other,
    }
}

/// Programs that make one file what another one is.
pub fn is_copy(program: &str) -> bool {
    matches!(program, "cp" | "mv")
}

fn is_pattern(word: &ArgWord) -> bool {
    word.unresolved.is_some() || word.text.contains(['*', '?', '['])
}

/// The line that `echo` writes.
fn read_echo(arguments: &[ArgWord]) -> Option<Excerpt> {
    let escapes = arguments.first().is_some_and(|word| word.text == "-e");
    let words = &arguments[usize::from(escapes)..];
    let first = words.first()?;
    if first.text.starts_with('-') {
        return None;
    }
    let texts: Vec<String> = words.iter().map(format_word).collect();
    let mut text = texts.join(" ");
    if text.contains('\\') {
        text = escapes.then(|| unescape(&text)).flatten()?;
    }
    text.push('\n');
    Some(Excerpt::at_span(&text, place(words, first)))
}

/// What `printf` writes, where its format has no other holes than `%s`.
fn read_printf(arguments: &[ArgWord]) -> Option<Excerpt> {
    let (format, rest) = arguments.split_first()?;
    if format.unresolved.is_some() {
        return None;
    }
    let mut text = String::new();
    let mut values = rest.iter();
    for (i, piece) in format.text.split("%s").enumerate() {
        if i > 0 {
            text.push_str(&format_word(values.next()?));
        }
        if piece.contains('%') {
            return None;
        }
        text.push_str(&unescape(piece)?);
    }
    if values.next().is_some() {
        return None;
    }
    Some(Excerpt::at_span(&text, place(arguments, format)))
}

fn place(words: &[ArgWord], first: &ArgWord) -> Span {
    let last = words.last().unwrap_or(first).span;
    if first.span.file == last.file && first.span.start <= last.end {
        first.span.to(last)
    } else {
        first.span
    }
}

/// A word as it is written; what is not known of it in braces, so that a reader sees it.
fn format_word(word: &ArgWord) -> String {
    if word.unresolved.is_none() || word.text.contains("${") || word.text.contains("$(") {
        return word.text.clone();
    }
    word.text
        .split(' ')
        .map(brace)
        .collect::<Vec<_>>()
        .join(" ")
}

fn brace(part: &str) -> String {
    match part.find('$') {
        Some(at) => format!("{}${{{}}}", &part[..at], &part[at + 1..]),
        None => part.to_owned(),
    }
}

/// `\n` as a line break; nothing where another escape stands.
fn unescape(text: &str) -> Option<String> {
    let text = text.replace("\\n", "\n");
    (!text.contains('\\')).then_some(text)
}
