//! What is known of a server's deployment beside its figures: its image, what holds its configuration,
//! and how a change of that reaches the processes.

use crate::facts::cause::Cause;
use crate::facts::fact_path::ServerFact;
use crate::facts::linked::{LinkedPart, ServerBody};
use crate::facts::raw::{ConfPart, RawServer, TextPlace};
use crate::facts::words::RolloutTrigger;
use crate::facts::{Datum, FactValue, Subject};
use crate::knowledge::shapes::ImageReference;
use crate::resolve::server::ServerResolver;
use crate::resolve::server::version::numbers;
use crate::source::Span;

impl ServerResolver<'_> {
    pub(super) fn put_deployment(&self, subject: &mut Subject) {
        self.put_image(subject);
        self.put_source(subject);
        let Some(server) = self.deployed else { return };
        if is_generated(server) {
            // What the shape says of its operator is known.
            let attributes = &server.deployment.attributes;
            let decided = [
                ServerFact::ProbesLiveness,
                ServerFact::ProbesStartup,
                ServerFact::Rollout,
            ];
            for fact in decided
                .into_iter()
                .filter(|fact| !attributes.contains_key(fact))
            {
                let value = FactValue::unknown(Cause::Server(
                    "the generator of its configuration decides it",
                ));
                subject.put(fact, value.with_anchor_when_unset(server.anchor));
            }
            if !attributes.contains_key(&ServerFact::Rollout) {
                return;
            }
        }
        if let Some(rollout) = self.rollout(server) {
            subject.put(
                ServerFact::Rollout,
                rollout.with_anchor_when_unset(server.anchor),
            );
        } else {
            subject.facts.remove(&ServerFact::Rollout.into());
        }
    }

    /// The image as it is written, and how far that says which version runs.
    fn put_image(&self, subject: &mut Subject) {
        let Some(image) = self.deployed.and_then(|server| server.image.as_ref()) else {
            return;
        };
        let text = match &image.text {
            Ok(text) => text,
            Err(reason) => {
                for fact in [ServerFact::ImageReference, ServerFact::ImagePin] {
                    subject.put(fact, FactValue::set_unknown(reason.clone(), image.span));
                }
                return;
            }
        };
        let at = |text: &str| FactValue::set(text.to_owned(), image.span);
        subject.put(ServerFact::ImageReference, at(text));
        subject.put(
            ServerFact::ImagePin,
            at(self.pin(&ImageReference::parse(text))),
        );
    }

    fn pin(&self, image: &ImageReference) -> &'static str {
        let official = || self.knowledge.shapes.official_image(image).is_some();
        match image.tag.as_deref() {
            _ if image.digest => "digest",
            None => "none",
            // A template fills in what stands behind the colon.
            Some("") => "unknown",
            Some("latest") => "latest",
            // Tags of the official images that hold no version move from one to the next.
            Some(tag) if numbers(tag).is_none() && official() => "moving",
            Some(_) => "version",
        }
    }

    /// The ConfigMap or Secret that holds the configuration text, and whether anything uses it.
    fn put_source(&self, subject: &mut Subject) {
        let texts = self.texts();
        let mut keys = texts.iter().filter_map(|(index, _)| {
            let text = &self.raw.texts[*index];
            match &text.place {
                TextPlace::Key { object, .. } => Some((text, object)),
                _ => None,
            }
        });
        let Some((text, object)) = keys.next_back() else {
            return;
        };
        let name = object.title();
        let name = FactValue::from_derived(name).with_anchor_when_unset(text.anchor_when_unset());
        subject.put(ServerFact::ConfigName, name);
        let used = match self.linked.body {
            ServerBody::Deployed(_) => FactValue::from_derived(true),
            ServerBody::Text(_) if self.is_shown_unread(&text.place) => {
                FactValue::from_derived(true)
            }
            ServerBody::Text(_) => {
                self.use_of(&object.name, object.templated, text.excerpt.span_all())
            }
        };
        subject.put(
            ServerFact::ConfigUsed,
            used.with_anchor_when_unset(text.anchor_when_unset()),
        );
    }

    /// Whether anything may use an object that no server was seen to read.
    fn use_of(&self, name: &str, templated: bool, own: Span) -> FactValue {
        if self.knowledge.snippet {
            return FactValue::unknown(Cause::Excerpt {
                by: "a snippet",
                of: "a deployment",
            });
        }
        if templated {
            return FactValue::unknown(Cause::Template("makes its name"));
        }
        if self.raw.servers.is_empty() {
            return FactValue::unknown(Cause::Server(
                "the scanned tree deploys no server, so whatever reads it is elsewhere",
            ));
        }
        if let Some(path) = self.find_mention(name, own) {
            return FactValue::unknown(Cause::Named {
                name: path.to_owned(),
                fact: "names it",
            });
        }
        FactValue::from_derived(false)
    }

    /// Another place of the tree that holds the name as a word.
    fn find_mention(&self, name: &str, own: Span) -> Option<&str> {
        let files = self.knowledge.sources.iter();
        let mut other = files.filter(|(id, file)| {
            let text = file.text();
            let mut found = memchr::memmem::find_iter(text.as_bytes(), name.as_bytes());
            found.any(|at| {
                let whole = is_whole(text, at, name.len());
                let itself = *id == own.file && is_own_name(text, at, own);
                whole && !itself
            })
        });
        other.next().map(|(_, file)| file.path())
    }

    /// What starts the server anew when its configuration changes; nothing where it reads none that
    /// could change beneath it.
    fn rollout(&self, server: &RawServer) -> Option<FactValue> {
        let reads =
            |part: &ConfPart| matches!(part, ConfPart::Key { .. } | ConfPart::Template { .. });
        if !server.conf.iter().any(reads) {
            return None;
        }
        let said = server.deployment.attributes.get(&ServerFact::Rollout)?;
        if server.fragment {
            return Some(FactValue::unknown(Cause::Fragment));
        }
        match said {
            Err(reason) => return Some(FactValue::unknown(reason.clone())),
            Ok(how) if *how != Datum::from(RolloutTrigger::None) => {
                return Some(FactValue::from_derived(how.clone()));
            }
            Ok(_) => {}
        }
        let texts = self.texts();
        let gap = self.linked.parts.iter().find_map(|part| match part {
            LinkedPart::Gap { reason, .. } => Some(reason),
            _ => None,
        });
        if let (true, Some(reason)) = (texts.is_empty(), gap) {
            return Some(FactValue::unknown(reason.clone()));
        }
        let renewed = texts
            .iter()
            .find_map(|(index, _)| self.raw.texts[*index].renewed.clone());
        let strength = texts.iter().map(|(_, strength)| *strength).min();
        Some(match renewed {
            Some(why) => FactValue::from_derived(RolloutTrigger::Renamed).because(why),
            None => match strength {
                Some(strength) => {
                    FactValue::from_derived(RolloutTrigger::None).with_strength(strength)
                }
                None => FactValue::from_derived(RolloutTrigger::None),
            },
        })
    }
}

/// An operator or a chart writes a part of its configuration, and decides of its pods, too.
fn is_generated(server: &RawServer) -> bool {
    let generated = |part: &ConfPart| matches!(part, ConfPart::Generated { .. });
    server.mounts.is_none() && server.conf.iter().any(generated)
}

/// Whether the bytes at a place are a name of their own.
fn is_whole(text: &str, at: usize, length: usize) -> bool {
    let part = |byte: Option<&u8>| {
        byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let bytes = text.as_bytes();
    let before = at.checked_sub(1).and_then(|at| bytes.get(at));
    !part(before) && !part(bytes.get(at + length))
}

/// Whether a name stands in the document that holds the text itself.
fn is_own_name(text: &str, at: usize, own: Span) -> bool {
    let start = text[..own.range().start].rfind("\n---").unwrap_or(0);
    let rest = text.get(own.range().end..).unwrap_or("");
    let end = rest
        .find("\n---")
        .map_or(text.len(), |found| own.range().end + found);
    (start..end).contains(&at)
}
