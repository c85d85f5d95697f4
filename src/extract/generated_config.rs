//! The configuration file of a server whose start script makes it: the recipe in, the parts of the
//! configuration out. Where the files come from that it is made of is the caller's to say.

use std::sync::Arc;

use crate::extract::conf::{self, TextFrame};
use crate::extract::generated_file::{FilePart, GeneratedFile};
use crate::facts::Cause;
use crate::facts::raw::ArgWord;
use crate::facts::raw::{ConfPart, ObjectName, RawText, TextPlace};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Excerpt, FileId};

/// What the process sees as files.
pub trait ProcessFiles {
    /// The server's file as it is before the script runs.
    fn before(&mut self) -> Vec<ConfPart>;
    /// Another file, as it is.
    fn other(&mut self, file: &ArgWord) -> ConfPart;
    /// What holds another file that is changed on the way.
    fn template_of(&mut self, file: &ArgWord) -> Option<ConfPart>;
}

/// Whose script it is, and what is needed to read a text.
pub struct GeneratedConfig<'a> {
    /// What the script starts.
    pub owner: &'a ObjectName,
    /// A whole file's text, for indentation and line breaks.
    pub file_text: &'a dyn Fn(FileId) -> Arc<str>,
    pub shapes: &'a DeploymentShapes,
}

impl GeneratedConfig<'_> {
    /// The parts of a file after its script has run.
    pub fn parts(
        &self,
        recipe: GeneratedFile,
        file: &ArgWord,
        files: &mut dyn ProcessFiles,
        texts: &mut Vec<RawText>,
    ) -> Vec<ConfPart> {
        let mut parts = if recipe.parts.is_empty() {
            files.before()
        } else {
            Vec::new()
        };
        for part in recipe.parts {
            match part {
                FilePart::Before => parts.extend(files.before()),
                FilePart::Text(excerpt) => parts.push(self.write_text(excerpt, file, texts)),
                FilePart::Conditional(excerpt) => {
                    parts.push(self.write_text(with_holes(&excerpt), file, texts));
                    texts.last_mut().into_iter().for_each(leave_open);
                }
                FilePart::File(source) => parts.push(files.other(&source)),
                FilePart::Changed(source, reason) => {
                    parts.extend(files.template_of(&source));
                    parts.push(ConfPart::NotVisible {
                        reason,
                        at: Some(source.span),
                    });
                }
                FilePart::Unknown(reason, at) => parts.push(ConfPart::NotVisible {
                    reason,
                    at: Some(at),
                }),
            }
        }
        if recipe.unknown_programs {
            parts.push(ConfPart::NotVisible {
                reason: Cause::StartScript(
                    "may write the configuration before the server reads it",
                ),
                at: Some(file.span),
            });
        }
        parts
    }

    /// A text that the start script writes into the file.
    fn write_text(&self, excerpt: Excerpt, file: &ArgWord, texts: &mut Vec<RawText>) -> ConfPart {
        let at = excerpt.span_all();
        let started = self.owner.title();
        let object = ObjectName {
            kind: "start script".to_owned(),
            name: started.clone(),
            ..self.owner.clone()
        };
        // Two processes may be given one script, and two projects may call theirs alike.
        let key = format!("{} {} {}", at.file.0, at.start, texts.len());
        let place = TextPlace::Key {
            object: object.clone(),
            key: key.clone(),
        };
        let name = format!("{started} start script");
        let read = conf::read(
            name,
            place,
            excerpt,
            TextFrame::Inline,
            self.file_text,
            self.shapes,
        );
        let mut text = read.text;
        text.recognised = false;
        texts.push(text);
        ConfPart::Key {
            object,
            key,
            evidence: format!("its start script writes it to {}", file.text),
            at,
        }
    }
}

/// The lines with a hole for all that stands behind their names.
fn with_holes(excerpt: &Excerpt) -> Excerpt {
    let text = excerpt.text();
    let mut builder = excerpt.builder();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        let end = at + line.len();
        let name = text[start..end].find(char::is_whitespace);
        let name = start..name.map_or(end, |length| start + length);
        if !name.is_empty() && !text[name.clone()].starts_with('#') {
            builder.push(name.clone());
            builder.push_as(" ${value}\n", name.end..end);
        }
        at = end;
    }
    builder.finish()
}

/// Whether the lines are there is decided when the script runs: the directives that they name are not
/// known, and all others are.
fn leave_open(text: &mut RawText) {
    let words = text.lines.iter_mut().flat_map(|line| &mut line.words);
    for word in words.filter(|word| word.unresolved.is_some()) {
        word.unresolved = Some(Cause::StartScript("decides whether the line is there"));
    }
}
