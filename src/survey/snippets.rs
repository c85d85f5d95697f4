//! Markdown: every fence is a little universe of its own, read as what its content is.

use crate::extract::conf;
use crate::extract::objects::Objects;
use crate::extract::{go, mapping, rust};
use crate::facts::raw::{Raw, RawText, TextPlace};
use crate::source::Excerpt;
use crate::survey::{Extracted, Input, Reader, Universe};
use crate::syntax::{markdown, yaml};

impl Reader<'_> {
    pub(super) fn markdown_file(&self, input: &Input, excerpt: &Excerpt) -> Extracted {
        let snippets = markdown::fences(excerpt)
            .into_iter()
            .filter_map(|fence| {
                let name = format!("{}#{}", input.path, fence.index + 1);
                let raw = self.snippet(name.clone(), input, &fence.content)?;
                Some(Universe {
                    snippet: Some(name),
                    raw,
                })
            })
            .collect();
        Extracted {
            main: Raw {
                comments: markdown::comments(excerpt),
                ..Raw::default()
            },
            snippets,
            ..Extracted::default()
        }
    }

    /// A fence is judged by its content, never by its tag: configuration text, then manifests or a
    /// mapping of directives, then client code.
    fn snippet(&self, name: String, input: &Input, content: &Excerpt) -> Option<Raw> {
        let is_directive = |word: &str| self.is_directive(word);
        if conf::looks_like_text(content, &is_directive) {
            return Some(self.text(name, TextPlace::Snippet, content.clone(), &input.text));
        }
        if self.looks_like_yaml(content.text()) {
            let stream = yaml::parse(content);
            let mapped: Vec<RawText> = stream
                .documents
                .iter()
                .filter_map(|document| mapping::read(&document.root, &name, content, &is_directive))
                .collect();
            let objects = Objects::of_stream(&stream);
            let mut raw = self.manifests(&stream, &input.text, &objects);
            self.part_of_values(&stream, input, &mut raw);
            raw.texts.extend(mapped);
            if !raw.texts.is_empty() || !raw.servers.is_empty() {
                return Some(raw);
            }
        }
        let raw = go::extract_snippet(content.clone(), &name, self.knowledge.clients);
        if !raw.clients.is_empty() {
            return Some(raw);
        }
        let raw = rust::extract_snippet(content.clone(), &name, self.knowledge.clients);
        (!raw.clients.is_empty()).then_some(raw)
    }

    fn looks_like_yaml(&self, text: &str) -> bool {
        text.lines().any(|line| {
            let line = line.trim_start();
            line.split_once(':').is_some_and(|(key, _)| {
                let library = &self.knowledge.shapes.library;
                let of_manifest = key == "kind" || key == "apiVersion";
                of_manifest || self.is_directive(key) || library.is_chart_word(key)
            })
        })
    }
}
