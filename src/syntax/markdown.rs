//! Markdown: fenced code blocks and comments.
//!
//! The content of a fence is an excerpt: inside a list or a block quote, where every line has a
//! prefix, it still maps to positions in the file. The content is interpreted by the reader of the
//! info string.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, OffsetIter, Options, Parser, Tag, TagEnd};

use crate::source::{Comment, Excerpt, Span};

/// A code block between fences of back-quotes or tildes.
#[derive(Clone, Debug)]
pub struct Fence {
    /// What stands behind the opening fence, trimmed: `yaml deploy/app.yaml`.
    pub info: String,
    pub content: Excerpt,
    /// The whole block, from the opening fence to the closing one.
    pub span: Span,
    /// The how-manieth fence of the text this is, from 0.
    pub index: usize,
}

/// The fenced code blocks, in order. Indented code is not among them.
pub fn fences(excerpt: &Excerpt) -> Vec<Fence> {
    let mut events = events(excerpt);
    let mut found = Vec::new();
    while let Some((event, range)) = events.next() {
        if let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event {
            let content = content(excerpt, &mut events, &range);
            found.push(Fence {
                info: info.trim().to_owned(),
                content,
                span: excerpt.span(range),
                index: found.len(),
            });
        }
    }
    found
}

/// The HTML comments that stand on lines of their own.
pub fn comments(excerpt: &Excerpt) -> Vec<Comment> {
    events(excerpt)
        .filter(|(event, _)| matches!(event, Event::Start(Tag::HtmlBlock)))
        .flat_map(|(_, range)| comments_in(excerpt, range))
        .collect()
}

fn events(excerpt: &Excerpt) -> OffsetIter<'_> {
    Parser::new_ext(excerpt.text(), Options::empty()).into_offset_iter()
}

/// The text of a code block, up to its end event.
fn content(excerpt: &Excerpt, events: &mut OffsetIter<'_>, block: &Range<usize>) -> Excerpt {
    let mut builder = excerpt.builder();
    for (event, range) in events {
        match event {
            Event::Text(text) => builder.push_as(&text, range),
            Event::End(TagEnd::CodeBlock) => break,
            _ => {}
        }
    }
    builder.finish_at(next_line(excerpt.text(), block))
}

/// The start of the line after the opening fence.
fn next_line(text: &str, block: &Range<usize>) -> usize {
    let inside = text.get(block.clone()).unwrap_or("");
    inside
        .find('\n')
        .map_or(block.end, |at| block.start + at + 1)
}

fn comments_in(excerpt: &Excerpt, block: Range<usize>) -> Vec<Comment> {
    let text = excerpt.text();
    let mut found = Vec::new();
    let mut at = block.start;
    while let Some(range) = next_comment(text, at..block.end) {
        at = range.end;
        if stands_alone(text, &range) {
            found.push(Comment {
                text: text[range.start + 4..range.end - 3].trim().to_owned(),
                span: excerpt.span(range),
                own_line: true,
            });
        }
    }
    found
}

/// The next `<!-- … -->` of a range.
fn next_comment(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let inside = text.get(range.clone())?;
    let open = inside.find("<!--")?;
    let close = inside[open + 4..].find("-->")?;
    let start = range.start + open;
    Some(start..start + 4 + close + 3)
}

/// Nothing but the signs of a block quote stands before it, and nothing after it.
fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].trim_end_matches([' ', '\t', '>']);
    let after = text[range.end..].trim_start_matches([' ', '\t', '\r']);
    let starts_line = before.is_empty() || before.ends_with('\n');
    starts_line && (after.is_empty() || after.starts_with('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn whole(text: &str) -> Excerpt {
        Excerpt::whole(FileId(0), text.into())
    }

    #[test]
    fn fences_lead_back_to_the_file() {
        let written = "\
# Title

```yaml a/b.yaml
k: 1
  x: 2
```

1. step

   ~~~~ sh
   run

     it
   ~~~~

> - quoted
>   ```conf
>   port 1
>   dir /x
>   ```

    indented: code
";
        for line_break in ["\n", "\r\n"] {
            let text = written.replace('\n', line_break);
            let found = fences(&whole(&text));
            let contents: Vec<_> = found.iter().map(|f| f.content.text().to_owned()).collect();
            let expected = ["k: 1\n  x: 2\n", "run\n\n  it\n", "port 1\ndir /x\n"];
            assert_eq!(contents, expected.map(|c| c.to_owned()));
            let infos: Vec<_> = found.iter().map(|f| f.info.as_str()).collect();
            assert_eq!(infos, ["yaml a/b.yaml", "sh", "conf"]);
            for (fence, word) in found.iter().zip(["x: 2", "it", "dir /x"]) {
                let at = fence.content.text().find(word).unwrap();
                let span = fence.content.span(at..at + word.len());
                assert_eq!(&text[span.range()], word);
                assert!(fence.span.contains(span));
            }
            assert_eq!(found[2].index, 2);
        }
    }

    #[test]
    fn empty_and_open_fences_have_a_place() {
        let text = "```sh\n```\n\n```\na";
        let found = fences(&whole(text));
        assert_eq!(found[0].content.span_all(), Span::new(FileId(0), 6, 6));
        assert_eq!(found[1].content.text(), "a");
    }

    #[test]
    fn comments_on_their_own_lines_are_found() {
        let text = "\
text
<!-- one -->
more <!-- not this --> text

```html
<!-- nor this -->
```
> <!--
> two
> -->
<!-- three --> x
";
        let found = comments(&whole(text));
        let texts: Vec<_> = found.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(texts, ["one", "> two\n>"]);
        assert_eq!(&text[found[0].span.range()], "<!-- one -->");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_read(text in "(```|~~~|> |- |1\\. |<!--|-->|\n|\r\n|\t|  |a|é|\\\\){0,40}") {
            for fence in fences(&whole(&text)) {
                prop_assert!(text.get(fence.span.range()).is_some());
                let content = &fence.content;
                for (at, line) in content.text().match_indices(|c: char| c.is_alphabetic()) {
                    let span = content.span(at..at + line.len());
                    prop_assert_eq!(&text[span.range()], line);
                }
            }
            comments(&whole(&text));
        }
    }
}
