//! The bodies of here-documents in a shell script, as excerpts, and the comments of the script
//! outside of them.
//!
//! Whatever the shell substitutes becomes a template action, `{{ NAME }}`, in the excerpt, so that
//! its reader treats it as unknown. Words and operators are parsed by [`shell`](super::shell).

use std::ops::Range;

use super::shell::{self, HereText};
use crate::source::{Comment, Excerpt, ExcerptBuilder};

/// The bodies of the here-documents of a script, in order.
pub fn texts(excerpt: &Excerpt) -> Vec<Excerpt> {
    let (words, bodies) = shell::script(excerpt);
    let texts = bodies.iter().map(|body| {
        let delimiter = words.get(body.delimiter);
        let is_quoted = delimiter.is_some_and(|word| word.text.len() != word.range.len());
        text(excerpt, body, is_quoted)
    });
    texts.collect()
}

fn text(excerpt: &Excerpt, here: &HereText, is_quoted: bool) -> Excerpt {
    let text = excerpt.text();
    let mut builder = excerpt.builder();
    let mut at = here.body.start;
    for line in text[here.body.clone()].split_inclusive('\n') {
        let end = at + line.len();
        if here.strips_tabs {
            at += line.len() - line.trim_start_matches('\t').len();
        }
        if is_quoted {
            builder.push(at..end);
        } else {
            fill_in(text, at..end, &mut builder);
        }
        at = end;
    }
    builder.finish_at(here.body.start)
}

/// A line that the shell fills in.
fn fill_in(text: &str, line: Range<usize>, builder: &mut ExcerptBuilder<'_>) {
    let Range { start: mut at, end } = line;
    while let Some(found) = text[at..end].find(['$', '`', '\\']) {
        builder.push(at..at + found);
        at += found;
        let rest = &text[at..end];
        let length = shell::expansion_length(rest, true);
        if rest.starts_with('\\') && rest[1..].starts_with(['$', '`', '\\']) {
            builder.push_as(&rest[1..2], at..at + 2);
            at += 2;
        } else if length > 1 {
            let name = name(&rest[..length]);
            builder.push_as(&format!("{{{{ {name} }}}}"), at..at + length);
            at += length;
        } else {
            builder.push(at..at + 1);
            at += 1;
        }
    }
    builder.push(at..end);
}

/// The variable of an expansion; a command has no name.
fn name(expansion: &str) -> &str {
    let inside = expansion.trim_start_matches(['$', '{']);
    let end = inside.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    match &inside[..end.unwrap_or(inside.len())] {
        "" => "command",
        name => name,
    }
}

/// The comments of a script, without those in its here-documents.
pub fn comments(excerpt: &Excerpt) -> Vec<Comment> {
    let (words, bodies) = shell::script(excerpt);
    let words = words.iter().map(|word| word.range.clone());
    let mut taken: Vec<_> = words
        .chain(bodies.into_iter().map(|body| body.body))
        .collect();
    taken.sort_by_key(|range| range.start);
    let text = excerpt.text();
    taken.push(text.len()..text.len());
    let mut found = Vec::new();
    let mut at = 0;
    for range in taken {
        if at < range.start {
            found.extend(comments_in(excerpt, at..range.start));
        }
        at = at.max(range.end);
    }
    found
}

/// Between words stand blanks, comments and the ends of here-documents.
fn comments_in(excerpt: &Excerpt, gap: Range<usize>) -> Vec<Comment> {
    let text = excerpt.text();
    let mut at = gap.start;
    let mut found = Vec::new();
    for line in text[gap].split_inclusive('\n') {
        if let Some(mark) = line.find('#') {
            let range = at + mark..at + line.trim_end().len();
            let line_start = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
            found.push(Comment {
                text: text[range.start + 1..range.end].trim().to_owned(),
                own_line: text[line_start..range.start].trim().is_empty(),
                span: excerpt.span(range),
            });
        }
        at += line.len();
    }
    found
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
    fn what_the_shell_fills_in_is_a_hole() {
        for (written, expected) in [
            ("cat <<E\na: ${B:-c}/$D\nE\n", "a: {{ B }}/{{ D }}\n"),
            ("cat <<E\na: $(date)\nE\n", "a: {{ command }}\n"),
            ("cat <<E\na: \\$B 5$\nE\n", "a: $B 5$\n"),
            ("cat <<'E'\na: $B\nE\n", "a: $B\n"),
            ("cat <<-\"E\"\n\ta: $B\n\tE\n", "a: $B\n"),
        ] {
            let found = texts(&whole(written));
            let found: Vec<_> = found.iter().map(Excerpt::text).collect();
            assert_eq!(found, [expected], "{written}");
        }
    }

    #[test]
    fn comments_of_here_documents_are_not_the_scripts() {
        let text = "#!/bin/sh\na=b#c # one\ncat <<E # two\n# not this\nE\n  # three\n";
        let found = comments(&whole(text));
        let words: Vec<_> = found
            .iter()
            .map(|c| (c.text.as_str(), c.own_line))
            .collect();
        let expected = [
            ("!/bin/sh", true),
            ("one", false),
            ("two", false),
            ("three", true),
        ];
        assert_eq!(words, expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_read(text in "(<<E|<<-'E'|E|\n|\r\n|\t|#|\\$|\\{a|\\}|\\(|`|\\\\|'|\"|é| |;){0,40}") {
            for found in texts(&whole(&text)) {
                prop_assert!(text.get(found.span_all().range()).is_some());
            }
            comments(&whole(&text));
        }
    }
}
