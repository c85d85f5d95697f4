//! Manifests that a program holds as text: strings of a Tiltfile, here-documents of a shell script.
//!
//! What such a text says is deployed when the program runs, so it belongs to the tree like a file of
//! manifests. Which objects it holds is read by `extract`; texts that are no manifests are left alone.

use std::sync::Arc;

use super::{ExtractedFile, FileReader, InputFile};
use crate::extract::containers;
use crate::extract::objects::ObjectIndex;
use crate::extract::tree_files::TreeFiles;
use crate::facts::bounds::MAX_SERVERS;
use crate::facts::raw::RawFacts;
use crate::source::{Comment, Excerpt};
use crate::syntax::{here_document, starlark, yaml};

impl FileReader<'_> {
    pub(super) fn starlark_file(&self, input: &InputFile, excerpt: &Excerpt) -> ExtractedFile {
        let comments = starlark::comments(excerpt);
        self.read_embedding(input, starlark::texts(excerpt), comments)
    }

    pub(super) fn script_file(&self, input: &InputFile, excerpt: &Excerpt) -> ExtractedFile {
        let comments = here_document::comments(excerpt);
        let mut read = self.read_embedding(input, here_document::texts(excerpt), comments);
        let run = containers::of_script(excerpt, &self.knowledge.shapes);
        read.main.servers.extend(run);
        read
    }

    fn read_embedding(
        &self,
        input: &InputFile,
        texts: Vec<Excerpt>,
        comments: Vec<Comment>,
    ) -> ExtractedFile {
        let mut raw = self.embedded(input, texts);
        raw.comments.extend(comments);
        ExtractedFile {
            main: raw,
            ..ExtractedFile::default()
        }
    }

    /// The objects of all texts of a file, which may refer to each other.
    pub(super) fn embedded(&self, input: &InputFile, texts: Vec<Excerpt>) -> RawFacts {
        let manifests = texts.into_iter().filter(is_manifest).take(MAX_SERVERS);
        let streams: Vec<yaml::YamlStream> = manifests.map(|text| yaml::parse(&text)).collect();
        let objects = ObjectIndex::of_streams(&streams);
        let mut raw = RawFacts::default();
        let file_text = |_| Arc::clone(&input.text);
        for stream in &streams {
            raw.absorb(self.manifests(stream, &file_text, &objects, &TreeFiles::default()));
        }
        raw
    }
}

fn is_manifest(text: &Excerpt) -> bool {
    let mut lines = text.text().lines().map(str::trim_start);
    lines.any(|line| line.starts_with("apiVersion:"))
}
