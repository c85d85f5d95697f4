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
        if self.values.is_empty() {
            return std::iter::once(0..text.len()).collect();
        }
        let mut kept: Vec<Range<usize>> = Vec::new();
        let mut is_cut = false;
        for document in documents(text) {
            if self.leaves_out(&text[document.clone()]) {
                is_cut = true;
                continue;
            }
            match kept.last_mut() {
                Some(last) if last.end == document.start => last.end = document.end,
                _ => kept.push(document),
            }
        }
        // A directive applies to the documents after it, so its stream stays whole.
        if is_cut && text.lines().any(|line| line.starts_with('%')) {
            return std::iter::once(0..text.len()).collect();
        }
        kept
    }

    fn leaves_out(&self, document: &str) -> bool {
        let value = |line: &str| {
            let rest = line.strip_prefix(self.key)?.strip_prefix(':')?;
            let value = rest.split(" #").next().unwrap_or(rest);
            Some(value.trim().trim_matches(['"', '\'']).to_owned())
        };
        let key = format!("\n{}:", self.key);
        let later = memmem::find_iter(document.as_bytes(), &key).map(|at| at + 1);
        let mut lines = std::iter::once(0).chain(later);
        let written = lines.find_map(|at| value(document[at..].lines().next()?));
        written.is_some_and(|value| self.values.contains(&value)) && !document.contains(OWN_NAME)
    }
}

/// The documents of a stream, each with the `---` that begins it. At the start of a line the marker
/// ends whatever stands before it, a block scalar too, so no content is cut.
fn documents(text: &str) -> Vec<Range<usize>> {
    let mut starts = vec![0];
    for at in memmem::find_iter(text.as_bytes(), "\n---").map(|at| at + 1) {
        let rest = &text[at + 3..];
        if rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']) {
            starts.push(at);
        }
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
