//! Skips documents of a stream that nothing reads, such as type descriptions, before they are
//! parsed.
//!
//! The caller says which documents those are. Syntax errors in a skipped document are not reported.

use std::ops::Range;

use memchr::memmem;

/// Stands in a comment that speaks to us, for which a document is read whatever it is.
const OWN_NAME: &str = "redvet";

/// Documents to leave out: those whose top-level key holds one of the values.
#[derive(Clone, Copy, Debug)]
pub struct UnreadDocuments<'a> {
    pub key: &'a str,
    pub values: &'a [String],
}

impl UnreadDocuments<'_> {
    /// The parts of a text that are to be parsed, in order. Neighbouring documents stay together,
    /// and a text of which nothing is left out is one part.
    pub(super) fn select_parts(&self, text: &str) -> Vec<Range<usize>> {
        let names_one = |value: &String| memmem::find(text.as_bytes(), value.as_bytes()).is_some();
        // A directive applies to the documents after it, so its stream stays whole.
        let has_directive = || text.lines().any(|line| line.starts_with('%'));
        if !self.values.iter().any(names_one) || has_directive() {
            return std::iter::once(0..text.len()).collect();
        }
        let mut kept: Vec<Range<usize>> = Vec::new();
        for document in documents(text) {
            if self.leaves_out(&text[document.clone()]) {
                continue;
            }
            match kept.last_mut() {
                Some(last) if last.end == document.start => last.end = document.end,
                _ => kept.push(document),
            }
        }
        kept
    }

    fn leaves_out(&self, document: &str) -> bool {
        let value = |line: &str| {
            let rest = line.strip_prefix(self.key)?.strip_prefix(':')?;
            let value = rest.split(" #").next().unwrap_or(rest);
            Some(value.trim().trim_matches(['"', '\'']).to_owned())
        };
        let written = document.lines().find_map(value);
        written.is_some_and(|value| self.values.contains(&value)) && !document.contains(OWN_NAME)
    }
}

/// The documents of a stream, each with the `---` that begins it. At the start of a line the marker
/// ends whatever stands before it, a block scalar too, so no content is cut.
fn documents(text: &str) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.strip_prefix("---");
        if at > 0
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
        {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts[1..].iter().copied().chain([text.len()]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| start..end)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Vec<&str> {
        let values = ["Unread".to_owned()];
        let unread = UnreadDocuments {
            key: "kind",
            values: &values,
        };
        let parts = unread.select_parts(text);
        parts.into_iter().map(|part| &text[part]).collect()
    }

    #[test]
    fn documents_of_an_unread_kind_are_left_out_whole() {
        let text =
            "a: 1\n---\nkind: Unread\nb: |\n  ---\n  c\n---\nd: 2\n--- # x\nkind: \"Unread\" # y\n";
        assert_eq!(kept(text), ["a: 1\n", "---\nd: 2\n"]);
        assert_eq!(kept("kind: Unread\r\n---\r\nd: 2\r\n"), ["---\r\nd: 2\r\n"]);
        assert!(kept("kind: Unread").is_empty());
    }

    #[test]
    fn a_text_is_one_part_where_nothing_is_left_out() {
        for text in [
            "",
            "a: 1\n---\nkind: Other\nfor: Unread\n",
            // The kind of something inside, and a dashed line inside a text.
            "spec:\n  kind: Unread\n---\nb: |\n  ---\n",
            // The directive is about the document after it.
            "%TAG !e! x\n---\nkind: Unread\n",
            // A comment that speaks to us is never lost.
            "a: 1\n---\nkind: Unread # redvet: ignore[x] -- y\n",
        ] {
            assert_eq!(kept(text), [text]);
        }
    }
}
