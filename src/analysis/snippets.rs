//! Fences of Markdown files: what is read of each, as an analysis scope of its own.
//!
//! A document shows excerpts: what a fence does not say of a server may be set elsewhere.

use std::sync::Arc;

use super::{AnalysisScope, ExtractedFile, FileReader, InputFile, read_config_text};
use crate::extract::objects::ObjectIndex;
use crate::extract::tree_files::TreeFiles;
use crate::extract::{compose, conf, dockerfile, go, mapping, python, rust, unit};
use crate::facts::Cause;
use crate::facts::bounds::MAX_SERVERS;
use crate::facts::raw::{ConfPart, RawFacts, RawText, TextPlace};
use crate::source::Excerpt;
use crate::syntax::{here_document, markdown, yaml};

impl FileReader<'_> {
    pub(super) fn markdown_file(&self, input: &InputFile, excerpt: &Excerpt) -> ExtractedFile {
        let snippets = markdown::fences(excerpt)
            .into_iter()
            .take(MAX_SERVERS)
            .filter_map(|fence| {
                let name = format!("{}#{}", input.path, fence.index + 1);
                let raw = self.snippet(name.clone(), input, &fence.content)?;
                Some(AnalysisScope {
                    snippet: Some(name),
                    raw: raw.within_bounds(),
                })
            })
            .collect();
        ExtractedFile {
            main: RawFacts {
                comments: markdown::comments(excerpt),
                ..RawFacts::default()
            },
            snippets,
            ..ExtractedFile::default()
        }
    }

    /// A fence is judged by its content, never by its tag: configuration text, then manifests or a
    /// mapping of directives, then client code.
    fn snippet(&self, name: String, input: &InputFile, content: &Excerpt) -> Option<RawFacts> {
        let is_directive = |word: &str| self.is_directive(word);
        let is_text = || conf::looks_like_text(content, &is_directive);
        if !conf::is_session(content.text()) && is_text() {
            return Some(read_config_text(
                name,
                TextPlace::Snippet,
                content.clone(),
                input,
                &self.knowledge.shapes,
            ));
        }
        if let Some(raw) = self.read_piped_manifests(input, content) {
            return Some(raw);
        }
        if self.looks_like_yaml(content.text()) {
            let stream = yaml::parse(content);
            let mapped: Vec<RawText> = stream
                .documents
                .iter()
                .filter_map(|document| mapping::read(&document.root, &name, content, &is_directive))
                .collect();
            let objects = ObjectIndex::of_stream(&stream);
            let file_text = |_| Arc::clone(&input.text);
            let mut raw = self.manifests(&stream, &file_text, &objects, &TreeFiles::default());
            self.part_of_values(&stream, input, &mut raw);
            raw.texts.extend(mapped);
            raw.absorb(self.read_compose_fence(&stream, input));
            if !raw.texts.is_empty() || !raw.servers.is_empty() {
                return Some(raw);
            }
        }
        if let Some(raw) = self.read_deployment_fence(&name, content, input) {
            return Some(raw);
        }
        let raw = go::extract_snippet(content.clone(), &name, self.knowledge.clients);
        if !raw.clients.is_empty() {
            return Some(raw);
        }
        let raw = rust::extract_snippet(content.clone(), &name, self.knowledge.clients);
        if !raw.clients.is_empty() {
            return Some(raw);
        }
        let raw = python::extract_snippet(content.clone(), &name, self.knowledge.clients);
        (!raw.clients.is_empty()).then_some(raw)
    }

    /// The manifests that the commands of a fence give to a program.
    fn read_piped_manifests(&self, input: &InputFile, content: &Excerpt) -> Option<RawFacts> {
        if !content.text().contains("<<") {
            return None;
        }
        let raw = self.embedded(input, here_document::texts(content));
        (!raw.texts.is_empty() || !raw.servers.is_empty()).then_some(raw)
    }

    /// The services of a compose file that a fence shows, or a part of one.
    fn read_compose_fence(&self, stream: &yaml::YamlStream, input: &InputFile) -> RawFacts {
        let Some(file) = compose::recognise(&input.path, stream) else {
            return RawFacts::default();
        };
        let tree = compose::ComposeTree {
            shapes: &self.knowledge.shapes,
            files: &TreeFiles::default(),
            file_text: &|_| Arc::clone(&input.text),
        };
        partly_seen(compose::read(&[file], &tree))
    }

    /// A Dockerfile or a unit that a fence shows.
    fn read_deployment_fence(
        &self,
        name: &str,
        content: &Excerpt,
        input: &InputFile,
    ) -> Option<RawFacts> {
        let shapes = &self.knowledge.shapes;
        let lines = content.text().lines().map(str::trim);
        let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = lines.next()?;
        let raw = if first.starts_with("FROM ") {
            let build = dockerfile::read(name, content)?;
            let server = dockerfile::server(&build, shapes, &|_| false, &|_| None, &|_| None);
            RawFacts {
                texts: build.texts(&|_| Arc::clone(&input.text), shapes),
                servers: server.into_iter().collect(),
                ..RawFacts::default()
            }
        } else if first.starts_with('[') && content.text().contains("[Service]") {
            let unit = unit::read(&format!("{name}.service"), content);
            unit::servers(&[unit], &|_| Vec::new(), shapes)
        } else {
            return None;
        };
        (!raw.servers.is_empty()).then(|| partly_seen(raw))
    }

    fn looks_like_yaml(&self, text: &str) -> bool {
        text.lines().any(|line| {
            let line = line.trim_start();
            line.split_once(':').is_some_and(|(key, _)| {
                let library = &self.knowledge.shapes.library;
                let of_deployment = ["kind", "apiVersion", "services"].contains(&key);
                of_deployment || self.is_directive(key) || library.is_chart_word(key)
            })
        })
    }
}

/// Servers of which a document shows a part.
fn partly_seen(mut raw: RawFacts) -> RawFacts {
    for server in &mut raw.servers {
        server.fragment = true;
        let part = ConfPart::NotVisible {
            reason: Cause::Excerpt {
                by: "a document",
                of: "it",
            },
            at: None,
        };
        server.conf.insert(0, part);
    }
    raw
}
