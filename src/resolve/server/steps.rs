//! The parts of a server's configuration as steps, in the order in which the server takes them.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

use crate::facts::linked::LinkedPart;
use crate::facts::raw::{ConfPart, RawLine, RawText, TextPlace};
use crate::facts::{Reason, Slot, Strength};
use crate::resolve::conf::{Home, Step};
use crate::resolve::server::Resolver;

/// No more texts than this are read in the place of `include` lines: files that include each other
/// in many ways are cut off, as what they come to grows without bound.
const MOST_INCLUDED: usize = 256;

/// The texts that are being read, outermost first, and how many were included so far.
#[derive(Default)]
struct Inclusion {
    open: Vec<usize>,
    count: usize,
}

/// What a default comes from that the image's build changed.
const IMAGE: &str = "the official image";

/// Why what a snippet of a document does not say is not known.
pub(super) const A_PART: &str = "a snippet shows a part of a configuration";

impl<'a> Resolver<'a> {
    pub(super) fn texts(&self) -> Vec<(usize, Strength)> {
        let text = |part: &LinkedPart| match part {
            LinkedPart::Text { index, strength } => Some((*index, *strength)),
            _ => None,
        };
        self.linked.parts.iter().filter_map(text).collect()
    }

    pub(super) fn steps(&self) -> Vec<Step<'a>> {
        self.steps_by_part().into_iter().flatten().collect()
    }

    /// The steps of each part: a file with what it includes, arguments, fields.
    pub(super) fn steps_by_part(&self) -> Vec<Vec<Step<'a>>> {
        let mut parts = Vec::new();
        if self.knowledge.snippet {
            parts.push(vec![Step::Gap {
                reason: Reason::new(A_PART),
            }]);
        }
        if let Some(built_in) = self.built_in() {
            parts.push(built_in);
        }
        for part in &self.linked.parts {
            let mut steps = Vec::new();
            match part {
                LinkedPart::Gap { reason, .. } => steps.push(Step::Gap {
                    reason: reason.clone(),
                }),
                LinkedPart::Text { index, strength } => {
                    let mut inclusion = Inclusion::default();
                    self.text_steps(*index, *strength, &mut inclusion, &mut steps);
                }
                LinkedPart::Own { part } => steps.extend(self.own_steps(*part)),
            }
            parts.push(steps);
        }
        parts
    }

    /// The defaults that the image's build changes.
    fn built_in(&self) -> Option<Vec<Step<'a>>> {
        let image = self.image()?.ok()?;
        let shape = self.knowledge.shapes.server_image(&image)?;
        let known = shape.is_official(&image) && !shape.built_in.is_empty();
        let step = |words: &'a Vec<String>| {
            let (name, args) = words.split_first()?;
            Some(Step::Generated {
                name,
                args: Some(args.iter().map(String::as_str).collect()),
                source: IMAGE,
            })
        };
        known.then(|| shape.built_in.iter().filter_map(step).collect())
    }

    /// The lines of a text, with the files that it includes in their place.
    fn text_steps(
        &self,
        index: usize,
        strength: Strength,
        inclusion: &mut Inclusion,
        steps: &mut Vec<Step<'a>>,
    ) {
        let text = &self.raw.texts[index];
        inclusion.open.push(index);
        for line in &text.lines {
            let Some(others) = self.included(text, line) else {
                steps.push(Step::Line { line, strength });
                continue;
            };
            let known = !others.is_empty() && inclusion.count + others.len() <= MOST_INCLUDED;
            if !known || others.iter().any(|other| inclusion.open.contains(other)) {
                steps.push(Step::Gap {
                    reason: Reason::new(format!(
                        "{} includes a file that is not visible",
                        text.name
                    )),
                });
                continue;
            }
            inclusion.count += others.len();
            for other in others {
                self.text_steps(other, strength, inclusion, steps);
            }
        }
        inclusion.open.pop();
        if let Some(hole) = text.holes.first() {
            steps.push(Step::Gap {
                reason: hole.clone(),
            });
        }
    }

    /// `None` where the line includes nothing; else the texts of the tree that it includes, in the
    /// order of their paths where it is a pattern.
    fn included(&self, text: &RawText, line: &RawLine) -> Option<Vec<usize>> {
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
            return Some(Vec::new());
        };
        let wanted = Path::new(path).parent()?.join(&target.text);
        let files = self.raw.texts.iter().enumerate().filter_map(|(i, other)| {
            let TextPlace::File { path } = &other.place else {
                return None;
            };
            Some((path, i))
        });
        if !self.reads_patterns() || !target.text.contains(['*', '?', '[']) {
            return Some(
                files
                    .filter(|(path, _)| Path::new(path) == wanted)
                    .map(|(_, i)| i)
                    .collect(),
            );
        }
        let pattern = wanted.to_str().and_then(pattern)?;
        let mut found: Vec<_> = files.filter(|(path, _)| pattern.is_match(path)).collect();
        found.sort_unstable();
        Some(found.into_iter().map(|(_, i)| i).collect())
    }

    fn reads_patterns(&self) -> bool {
        let candidates = &self.candidates.series;
        candidates
            .iter()
            .all(|series| series.language.include_patterns)
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

/// A pattern of file names as the system's `glob` reads it.
fn pattern(text: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.ok().map(|glob| glob.compile_matcher())
}
