//! The parts of a server's configuration as steps, in the order in which the server takes them.

use crate::facts::effective_config::UnsetAnchor;
use crate::facts::include;
use crate::facts::linked::LinkedPart;
use crate::facts::raw::{ConfPart, RawLine, TextPlace};
use crate::facts::{Cause, EditTarget, Strength};
use crate::knowledge::shapes::ImageReference;
use crate::resolve::config_transcript::ConfigStep;
use crate::resolve::server::ServerResolver;

/// No more texts than this are read in the place of `include` lines: files that include each other
/// in many ways are cut off, as what they come to grows without bound.
const MAX_INCLUDED: usize = 256;

/// What a default comes from that the image's build changed.
const IMAGE: &str = "the official image";

/// What a default comes from that any configuration takes away.
const BARE_START: &str = "a start without configuration";

/// Why what a snippet of a document does not say is not known.
pub(super) const A_PART: Cause = Cause::Excerpt {
    by: "a snippet",
    of: "a configuration",
};

impl<'a> ServerResolver<'a> {
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
                "{name} includes more than {MAX_INCLUDED} files; the remaining ones are ignored"
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
            let others = lines.filter_map(|line| self.find_included(index, line));
            for (other, _) in others.flatten() {
                if read.contains(&other) {
                    continue;
                }
                if read.len() < MAX_INCLUDED {
                    read.push(other);
                } else {
                    more = true;
                }
            }
        }
        (read, more)
    }

    /// The whole configuration, one part after the other.
    pub(super) fn steps(&self) -> Vec<ConfigStep<'a>> {
        let mut steps = Vec::new();
        if self.knowledge.snippet {
            steps.push(ConfigStep::Gap { reason: A_PART });
        }
        steps.extend(self.list_image_defaults().into_iter().flatten());
        steps.extend(self.list_bare_start());
        for (number, part) in self.linked.parts.iter().enumerate() {
            let mut builder = StepBuilder {
                resolver: self,
                part: number,
                open: Vec::new(),
                included: 0,
                steps,
            };
            match part {
                LinkedPart::Gap { reason, .. } => builder.steps.push(ConfigStep::Gap {
                    reason: reason.clone(),
                }),
                LinkedPart::Text { index, strength } => builder.add_text(*index, *strength),
                LinkedPart::Own { part } => {
                    if let Some(server) = self.deployed {
                        builder.add_own(&server.conf[*part]);
                    }
                }
            }
            steps = builder.steps;
        }
        steps
    }

    /// The defaults that the image's build changes.
    fn list_image_defaults(&self) -> Option<Vec<ConfigStep<'a>>> {
        let image = self.image()?.ok()?;
        let shape = self.knowledge.shapes.official_image(&image)?;
        let known = !shape.built_in.is_empty();
        let step = |words: &'a Vec<String>| {
            let (name, args) = words.split_first()?;
            Some(generate_step(name, Some(args), IMAGE))
        };
        known.then(|| shape.built_in.iter().filter_map(step).collect())
    }

    /// What a server has that is started without a file and without an option, where its series loses that
    /// with the first of either. The series that may run it agree on these values.
    fn list_bare_start(&self) -> Vec<ConfigStep<'a>> {
        let image = self.image().and_then(Result::ok);
        let is_official =
            |image: ImageReference| self.knowledge.shapes.official_image(&image).is_some();
        if !self.linked.parts.is_empty() || !image.is_some_and(is_official) {
            return Vec::new();
        }
        let series = self.candidates.series.iter();
        let mut lines = series.map(|one| &one.language.bare_start);
        let lines = lines.find(|lines| !lines.is_empty());
        let step = |words: &'a Vec<String>| {
            let (name, args) = words.split_first()?;
            Some(generate_step(name, Some(args), BARE_START))
        };
        lines.into_iter().flatten().filter_map(step).collect()
    }

    /// `None` where the line includes nothing; else the texts of the tree that it includes, in the
    /// order of their paths where it is a pattern.
    fn find_included(&self, from: usize, line: &RawLine) -> Option<Vec<(usize, Strength)>> {
        let target = self.include_of(line)?;
        let texts = &self.raw.texts;
        Some(include::find_included(
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

    fn find_included_by_argument(&self, target: &str) -> Vec<(usize, Strength)> {
        let texts = &self.raw.texts;
        let read = self.texts();
        let objects = read
            .iter()
            .filter_map(|(index, _)| match &texts[*index].place {
                TextPlace::Key { object, .. } => Some(object),
                _ => None,
            });
        include::find_included_keys(texts, objects, target, self.reads_patterns())
    }

    /// Where a finding on something that is not written stands: the first line of the text that is
    /// read last, else the field that would hold it, else the container or resource. A field that makes
    /// an operator or chart write a directive is where that one is written.
    pub(super) fn home(&self) -> UnsetAnchor {
        let places = self.deployed.map(|server| &server.unset_places);
        let switches = places.map(|places| places.switches.clone());
        let field = places.and_then(|places| places.field);
        let shipped_lines = self.knowledge.shapes.servers.shipped_lines;
        let text = self
            .texts()
            .last()
            .map(|(index, _)| &self.raw.texts[*index]);
        match text {
            Some(text) => UnsetAnchor {
                place: text.anchor_when_unset(),
                append: text.append.clone(),
                switches: switches.unwrap_or_default(),
                shipped_lines,
            },
            None => UnsetAnchor {
                place: field.unwrap_or_else(|| self.anchor()),
                append: EditTarget::None,
                switches: switches.unwrap_or_default(),
                shipped_lines,
            },
        }
    }
}

fn generate_step<'a>(name: &'a str, args: Option<&'a [String]>, source: &'a str) -> ConfigStep<'a> {
    ConfigStep::Generated {
        name,
        args: args.map(|args| args.iter().map(String::as_str).collect()),
        source,
    }
}

/// Collects the steps of one part.
struct StepBuilder<'r, 'a> {
    resolver: &'r ServerResolver<'a>,
    part: usize,
    /// The texts that are being read, outermost first, and how many were included so far.
    open: Vec<usize>,
    included: usize,
    steps: Vec<ConfigStep<'a>>,
}

impl<'a> StepBuilder<'_, 'a> {
    fn add_line(&mut self, line: &'a RawLine, strength: Strength) {
        let part = self.part;
        self.steps.push(ConfigStep::Line {
            line,
            strength,
            part,
        });
    }

    fn hide(&mut self, reason: Cause) {
        self.steps.push(ConfigStep::Hidden { reason });
    }

    /// The lines of a text, with the files that it includes in their place.
    fn add_text(&mut self, index: usize, strength: Strength) {
        let text = &self.resolver.raw.texts[index];
        self.open.push(index);
        for line in &text.lines {
            let Some(others) = self.resolver.find_included(index, line) else {
                self.add_line(line, strength);
                continue;
            };
            if others.is_empty() || others.iter().any(|(other, _)| self.open.contains(other)) {
                self.hide(not_visible(&text.name));
                continue;
            }
            if self.included + others.len() > MAX_INCLUDED {
                self.hide(Cause::TooMany("includes more files"));
                continue;
            }
            self.included += others.len();
            self.steps.push(ConfigStep::Opens);
            for (other, own) in others {
                self.add_text(other, strength.min(own));
            }
            self.steps.push(ConfigStep::Closes);
        }
        self.open.pop();
        if let Some(placeholder) = text.unresolved.first() {
            self.steps.push(ConfigStep::Gap {
                reason: placeholder.clone(),
            });
        }
    }

    fn add_own(&mut self, part: &'a ConfPart) {
        match part {
            ConfPart::Lines(lines) => self.add_arguments(lines),
            ConfPart::Opens => self.steps.push(ConfigStep::Opens),
            ConfPart::Closes => self.steps.push(ConfigStep::Closes),
            ConfPart::Generated { source, lines } => {
                let lines = lines.iter();
                let lines = lines.map(|(name, args)| generate_step(name, args.as_deref(), source));
                self.steps.extend(lines);
            }
            _ => {}
        }
    }

    /// Arguments and fields; a file that they include is one of the objects that the server reads
    /// anyway, or cannot be seen.
    fn add_arguments(&mut self, lines: &'a [RawLine]) {
        for line in lines {
            let Some(target) = self.resolver.include_of(line) else {
                self.add_line(line, Strength::Certain);
                continue;
            };
            let found = self.resolver.find_included_by_argument(target);
            if found.is_empty() {
                self.hide(not_visible(self.resolver.name()));
            }
            self.steps.push(ConfigStep::Opens);
            for (index, strength) in found {
                self.included = 0;
                self.add_text(index, strength);
            }
            self.steps.push(ConfigStep::Closes);
        }
    }
}

/// Why a file is not read that the tree does not hold.
fn not_visible(by: &str) -> Cause {
    Cause::Named {
        name: by.to_owned(),
        fact: "includes a file that is not visible",
    }
}
