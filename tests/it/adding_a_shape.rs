//! Follows `docs/adding-a-shape.md`: its shape files load, and its documents come to what it shows.

use crate::support::golden;
use std::path::Path;
use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use redvet::analysis::{InputFile, ProjectInputs, analyze};
use redvet::discover::InputPatterns;
use redvet::knowledge::Knowledge;
use redvet::report::{Color, effective};
use redvet::source::Sources;
use redvet::view;

const PAGE: &str = "docs/adding-a-shape.md";
const SHAPES: &str = "knowledge/shapes/";
const SHOWN: &str = "text effective";

/// The fences of the page: info string and text.
fn fences(page: &str) -> Vec<(String, String)> {
    let mut fences: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                fences.push((info.to_string(), String::new()));
                open = true;
            }
            Event::Text(text) if open => fences.last_mut().unwrap().1.push_str(&text),
            Event::End(TagEnd::CodeBlock) => open = false,
            _ => {}
        }
    }
    fences
}

#[test]
fn the_documented_shapes_give_what_is_shown() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let mut knowledge = Knowledge::embedded().unwrap();
    let mut inputs = Vec::new();
    let mut written = page.clone();
    let mut shown = 0;
    for (info, text) in fences(&page) {
        let file = info.split_once(' ').map_or("", |(_, path)| path);
        if let Some(name) = file.strip_prefix(SHAPES) {
            knowledge.shapes = knowledge.shapes.with_shape(name, &text).unwrap();
        } else if info == SHOWN {
            let found = effective_of(std::mem::take(&mut inputs), &knowledge);
            let fence = |body: &str| format!("```{SHOWN}\n{body}```\n");
            written = written.replacen(&fence(&text), &fence(&found), 1);
            shown += 1;
        } else {
            let patterns = InputPatterns::new(&redvet::inputs::patterns(&knowledge)).unwrap();
            inputs.push(InputFile {
                path: file.to_owned(),
                kind: patterns.kind_of(file).unwrap(),
                text: Arc::from(text),
            });
        }
    }
    assert_eq!(shown, 2, "the page shows a chart and an operator");
    golden::compare(&path, &written);
}

fn effective_of(inputs: Vec<InputFile>, knowledge: &Knowledge) -> String {
    let project = ProjectInputs {
        inputs,
        ..ProjectInputs::default()
    };
    let found = analyze(Sources::default(), &project, knowledge);
    let view = view::view(&found.estate, &found.sources, &[], &|_| true);
    effective::table(&view, Color::Never, false)
}
