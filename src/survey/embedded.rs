//! Manifests that a program holds as text: strings of a Tiltfile, here-documents of a shell script.
//!
//! What such a text says is deployed when the program runs, so it belongs to the tree like a file of
//! manifests. Which objects it holds is read by `extract`; texts that are no manifests are left alone.

use super::{Extracted, Input, Reader};
use crate::extract::objects::Objects;
use crate::facts::bounds::MOST_SERVERS;
use crate::facts::raw::Raw;
use crate::source::{Comment, Excerpt};
use crate::syntax::{here_document, starlark, yaml};

impl Reader<'_> {
    pub(super) fn starlark_file(&self, input: &Input, excerpt: &Excerpt) -> Extracted {
        let comments = starlark::comments(excerpt);
        self.embedding(input, starlark::texts(excerpt), comments)
    }

    pub(super) fn script_file(&self, input: &Input, excerpt: &Excerpt) -> Extracted {
        let comments = here_document::comments(excerpt);
        self.embedding(input, here_document::texts(excerpt), comments)
    }

    fn embedding(&self, input: &Input, texts: Vec<Excerpt>, comments: Vec<Comment>) -> Extracted {
        let mut raw = self.embedded(input, texts);
        raw.comments.extend(comments);
        Extracted {
            main: raw,
            ..Extracted::default()
        }
    }

    /// The objects of all texts of a file, which may refer to each other.
    pub(super) fn embedded(&self, input: &Input, texts: Vec<Excerpt>) -> Raw {
        let manifests = texts.into_iter().filter(is_manifest).take(MOST_SERVERS);
        let streams: Vec<yaml::Stream> = manifests.map(|text| yaml::parse(&text)).collect();
        let objects = Objects::of_streams(&streams);
        let mut raw = Raw::default();
        for stream in &streams {
            raw.absorb(self.manifests(stream, &input.text, &objects));
        }
        raw
    }
}

fn is_manifest(text: &Excerpt) -> bool {
    let mut lines = text.text().lines().map(str::trim_start);
    lines.any(|line| line.starts_with("apiVersion:"))
}
