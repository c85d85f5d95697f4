//! The parts of a server's configuration as steps, in the order in which the server takes them.

use crate::facts::include;
use crate::facts::linked::LinkedPart;
use crate::facts::raw::{ConfPart, RawLine, TextPlace};
use crate::facts::{Cause, Slot, Strength};
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
pub(super) const A_PART: Cause = Cause::Excerpt {
    by: "a snippet",
    of: "a configuration",
};

impl<'a> Resolver<'a> {
    pub(super) fn texts(&self) -> Vec<(usize, Strength)> {
        let text = |part: &LinkedPart| match part {
            LinkedPart::Text { index, strength } => Some((*index, *strength)),
            _ => None,
        };
        self.linked.parts.iter().filter_map(text).collect()
    }

    /// The texts that the server reads, with those that only they bring in, as far as they are read.
    pub(super) fn read_texts(&self) -> Vec<usize> {
        self.all_texts().0
    }

    /// What is to be said where the server includes more texts than are read.
    pub(super) fn more_included(&self) -> Option<String> {
        let more = self.all_texts().1;
        more.then(|| {
            let name = self.name();
            format!(
                "{name} includes more than {MOST_INCLUDED} files; the remaining ones are ignored"
            )
        })
    }

    /// The texts, and whether there are more of them.
    fn all_texts(&self) -> (Vec<usize>, bool) {
        let mut more = false;
        let mut read: Vec<usize> = self.texts().into_iter().map(|(index, _)| index).collect();
        let mut at = 0;
        while let Some(index) = read.get(at).copied() {
            at += 1;
            let lines = self.raw.texts[index].lines.iter();
            let others = lines.filter_map(|line| self.included(index, line));
            for (other, _) in others.flatten() {
                if read.contains(&other) {
                    continue;
                }
                if read.len() < MOST_INCLUDED {
                    read.push(other);
                } else {
                    more = true;
                }
            }
        }
        (read, more)
    }

    pub(super) fn steps(&self) -> Vec<Step<'a>> {
        self.steps_by_part().into_iter().flatten().collect()
    }

    /// The steps of each part: a file with what it includes, arguments, fields.
    pub(super) fn steps_by_part(&self) -> Vec<Vec<Step<'a>>> {
        let mut parts = Vec::new();
        if self.knowledge.snippet {
            parts.push(vec![Step::Gap { reason: A_PART }]);
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
            let Some(others) = self.included(index, line) else {
                steps.push(Step::Line { line, strength });
                continue;
            };
            let is_open = |other: &(usize, Strength)| inclusion.open.contains(&other.0);
            if others.is_empty() || others.iter().any(is_open) {
                steps.push(invisible(&text.name));
                continue;
            }
            if inclusion.count + others.len() > MOST_INCLUDED {
                let reason = Cause::TooMany("includes more files");
                steps.push(Step::Hidden { reason });
                continue;
            }
            inclusion.count += others.len();
            steps.push(Step::Opens);
            for (other, own) in others {
                self.text_steps(other, strength.min(own), inclusion, steps);
            }
            steps.push(Step::Closes);
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
    fn included(&self, from: usize, line: &RawLine) -> Option<Vec<(usize, Strength)>> {
        let target = self.include_of(line)?;
        let texts = &self.raw.texts;
        Some(include::included(
            texts,
            from,
            target,
            self.reads_patterns(),
        ))
    }

    /// The path that a line includes, if it does.
    fn include_of<'l>(&self, line: &'l RawLine) -> Option<&'l str> {
        let [name, target, ..] = &line.words[..] else {
            return None;
        };
        let word = &self.knowledge.shapes.servers.include;
        name.text
            .eq_ignore_ascii_case(word)
            .then_some(target.text.as_str())
    }

    /// A version that takes no pattern refuses to start with one: where one may take it, it does.
    fn reads_patterns(&self) -> bool {
        let candidates = &self.candidates.series;
        candidates
            .iter()
            .any(|series| series.language.include_patterns)
    }

    /// The steps of arguments and fields; a file that they include is one of the objects that the
    /// server reads anyway, or cannot be seen.
    fn lines_steps(&self, lines: &'a [RawLine]) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        for line in lines {
            let Some(target) = self.include_of(line) else {
                steps.push(Step::Line {
                    line,
                    strength: Strength::Certain,
                });
                continue;
            };
            let found = self.included_by_argument(target);
            if found.is_empty() {
                steps.push(invisible(self.name()));
            }
            steps.push(Step::Opens);
            for (index, strength) in found {
                self.text_steps(index, strength, &mut Inclusion::default(), &mut steps);
            }
            steps.push(Step::Closes);
        }
        steps
    }

    fn included_by_argument(&self, target: &str) -> Vec<(usize, Strength)> {
        let texts = &self.raw.texts;
        let read = self.texts();
        let objects = read
            .iter()
            .filter_map(|(index, _)| match &texts[*index].place {
                TextPlace::Key { object, .. } => Some(object),
                _ => None,
            });
        include::included_by_key(texts, objects, target, self.reads_patterns())
    }

    fn own_steps(&self, part: usize) -> Vec<Step<'a>> {
        match self.deployed.map(|server| &server.conf[part]) {
            Some(ConfPart::Lines(lines)) => self.lines_steps(lines),
            Some(ConfPart::Opens) => vec![Step::Opens],
            Some(ConfPart::Closes) => vec![Step::Closes],
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

/// The gap where a file is included that the tree does not hold.
fn invisible<'a>(by: &str) -> Step<'a> {
    Step::Hidden {
        reason: Cause::Named {
            name: by.to_owned(),
            fact: "includes a file that is not visible",
        },
    }
}
