//! The parts of a server's configuration as steps, in the order in which the server takes them.

use std::path::Path;

use crate::facts::linked::{Body, LinkedPart};
use crate::facts::raw::{ConfPart, RawLine, RawText, TextPlace};
use crate::facts::{Reason, Slot, Strength};
use crate::resolve::conf::{Home, Step};
use crate::resolve::server::Resolver;

/// An include that includes itself ends here, as it does in the server.
const MAX_INCLUDE_DEPTH: usize = 16;

impl<'a> Resolver<'a> {
    pub(super) fn texts(&self) -> Vec<(usize, Strength)> {
        let text = |part: &LinkedPart| match part {
            LinkedPart::Text { index, strength } => Some((*index, *strength)),
            _ => None,
        };
        self.linked.parts.iter().filter_map(text).collect()
    }

    pub(super) fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        if self.is_snippet() {
            steps.push(Step::Gap {
                reason: Reason::new("a snippet shows a part of a configuration"),
            });
        }
        for part in &self.linked.parts {
            match part {
                LinkedPart::Gap { reason, .. } => steps.push(Step::Gap {
                    reason: reason.clone(),
                }),
                LinkedPart::Text { index, strength } => {
                    self.text_steps(*index, *strength, 0, &mut steps);
                }
                LinkedPart::Own { part } => steps.extend(self.own_steps(*part)),
            }
        }
        steps
    }

    /// A text in a document: what it does not say may stand elsewhere.
    fn is_snippet(&self) -> bool {
        match self.linked.body {
            Body::Text(i) => self.raw.texts[i].place == TextPlace::Snippet,
            Body::Deployed(_) => false,
        }
    }

    /// The lines of a text, with the files that it includes in their place.
    fn text_steps(
        &self,
        index: usize,
        strength: Strength,
        depth: usize,
        steps: &mut Vec<Step<'a>>,
    ) {
        let text = &self.raw.texts[index];
        for line in &text.lines {
            match self.included(text, line) {
                Some(Some(other)) if depth < MAX_INCLUDE_DEPTH => {
                    self.text_steps(other, strength, depth + 1, steps);
                }
                Some(_) => steps.push(Step::Gap {
                    reason: Reason::new(format!(
                        "{} includes a file that is not visible",
                        text.name
                    )),
                }),
                None => steps.push(Step::Line { line, strength }),
            }
        }
        if let Some(hole) = text.holes.first() {
            steps.push(Step::Gap {
                reason: hole.clone(),
            });
        }
    }

    /// `None` where the line includes nothing; else the text that it includes, if it is in the tree.
    fn included(&self, text: &RawText, line: &RawLine) -> Option<Option<usize>> {
        let [name, target, ..] = &line.words[..] else {
            return None;
        };
        if !name
            .text
            .eq_ignore_ascii_case(&self.knowledge.shapes.servers.include)
        {
            return None;
        }
        let TextPlace::File { path } = &text.place else {
            return Some(None);
        };
        let wanted = Path::new(path).parent()?.join(&target.text);
        let found = self.raw.texts.iter().position(
            |other| matches!(&other.place, TextPlace::File { path } if Path::new(path) == wanted),
        );
        Some(found)
    }

    fn own_steps(&self, part: usize) -> Vec<Step<'a>> {
        match self.deployed.map(|server| &server.conf[part]) {
            Some(ConfPart::Lines(lines)) => lines
                .iter()
                .map(|line| Step::Line {
                    line,
                    strength: Strength::Certain,
                })
                .collect(),
            Some(ConfPart::Generated { source, lines }) => lines
                .iter()
                .map(|(name, args)| Step::Generated {
                    name,
                    args: args
                        .as_ref()
                        .map(|args| args.iter().map(String::as_str).collect()),
                    source,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Where a finding on something that is not written stands: the first line of the text that is
    /// read last, else the container or resource.
    pub(super) fn home(&self) -> Home {
        let text = self
            .texts()
            .last()
            .map(|(index, _)| &self.raw.texts[*index]);
        match text {
            Some(text) => Home {
                place: text.home(),
                append: text.append.clone(),
            },
            None => Home {
                place: self.anchor(),
                append: Slot::None,
            },
        }
    }
}
