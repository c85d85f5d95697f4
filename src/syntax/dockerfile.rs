//! Dockerfiles as instructions: a name, its text with continuation lines joined, and the bodies of
//! here-documents. The effect of an instruction is left to `extract`.

use std::ops::Range;

use crate::source::{Comment, Excerpt, Span};
use crate::syntax::shell;

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// In capitals: `FROM`, `CMD`.
    pub name: String,
    /// From its name to the end of its last line.
    pub span: Span,
    /// What follows the name, its lines joined and the comments between them left out.
    pub body: Excerpt,
    /// The texts of its here-documents, in order.
    pub here_documents: Vec<Excerpt>,
}

/// The instructions of a file and its comments.
#[derive(Clone, Debug, Default)]
pub struct Dockerfile {
    pub instructions: Vec<Instruction>,
    pub comments: Vec<Comment>,
}

/// Reads a Dockerfile. Any text will do.
pub fn parse(excerpt: &Excerpt) -> Dockerfile {
    let mut reader = DockerfileReader {
        excerpt,
        lines: line_ranges(excerpt.text()),
        next: 0,
        escape: escape(excerpt.text()),
        found: Dockerfile::default(),
    };
    while let Some(line) = reader.take() {
        reader.instruction(line);
    }
    reader.found
}

/// The strings of an instruction's JSON form (`["a", "b"]`), each in its place; `None` for the
/// shell's form.
pub fn exec_form(body: &Excerpt) -> Option<Vec<Excerpt>> {
    let text = body.text();
    let words: Vec<String> = serde_json::from_str(text.trim()).ok()?;
    let mut at = text.find('[')? + 1;
    let mut found = Vec::new();
    for word in &words {
        let open = at + text[at..].find('"')?;
        let close = open + 1 + closing_quote(&text[open + 1..])?;
        let inner = open + 1..close;
        let mut builder = body.builder();
        if text[inner.clone()] == **word {
            builder.push(inner);
        } else {
            builder.push_as(word, inner);
        }
        found.push(builder.finish_at(open + 1));
        at = close + 1;
    }
    Some(found)
}

/// Where a JSON string ends.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// The character that continues a line: a comment at the top may name another one.
fn escape(text: &str) -> char {
    let directives = text
        .lines()
        .map(|line| line.trim().to_ascii_lowercase())
        .take_while(|line| line.starts_with('#'));
    let named = directives
        .filter_map(|line| {
            let rest = line.trim_start_matches('#').trim_start().to_owned();
            let value = rest
                .strip_prefix("escape")?
                .trim_start()
                .strip_prefix('=')?;
            value.trim().chars().next()
        })
        .next();
    if named == Some('`') { '`' } else { '\\' }
}

/// The lines without their line breaks.
fn line_ranges(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|piece| {
            let length = piece.trim_end_matches(['\n', '\r']).len();
            let range = start..start + length;
            start += piece.len();
            range
        })
        .collect()
}

struct DockerfileReader<'a> {
    excerpt: &'a Excerpt,
    lines: Vec<Range<usize>>,
    next: usize,
    escape: char,
    found: Dockerfile,
}

impl DockerfileReader<'_> {
    /// The next line that is neither blank nor a comment, without blanks at both ends.
    fn take(&mut self) -> Option<Range<usize>> {
        while let Some(line) = self.lines.get(self.next).cloned() {
            self.next += 1;
            let line = self.trim_line(line);
            let text = &self.excerpt.text()[line.clone()];
            if text.starts_with('#') {
                self.found.comments.push(Comment {
                    text: text.trim_start_matches('#').trim().to_owned(),
                    own_line: true,
                    span: self.excerpt.span(line),
                });
            } else if !text.is_empty() {
                return Some(line);
            }
        }
        None
    }

    fn trim_line(&self, line: Range<usize>) -> Range<usize> {
        let text = &self.excerpt.text()[line.clone()];
        let start = line.start + (text.len() - text.trim_start().len());
        start..start + text.trim().len()
    }

    fn instruction(&mut self, first: Range<usize>) {
        let text = self.excerpt.text();
        let length = text[first.clone()]
            .find(|c: char| c.is_whitespace())
            .unwrap_or(first.len());
        let name = text[first.start..first.start + length].to_ascii_uppercase();
        let rest = self.trim_line(first.start + length..first.end);
        let (pieces, end) = self.join_lines(rest);
        let mut builder = self.excerpt.builder();
        for piece in &pieces {
            builder.push(piece.clone());
        }
        let body = builder.finish_at(first.start + length);
        let here_documents = if matches!(name.as_str(), "RUN" | "COPY" | "ADD") {
            self.here_documents(&body)
        } else {
            Vec::new()
        };
        self.found.instructions.push(Instruction {
            name,
            span: self.excerpt.span(first.start..end),
            body,
            here_documents,
        });
    }

    /// The pieces of a line and of those that continue it, and where the last one ends.
    fn join_lines(&mut self, first: Range<usize>) -> (Vec<Range<usize>>, usize) {
        let mut pieces = Vec::new();
        let mut line = first;
        loop {
            let end = line.end;
            let Some(rest) = self.excerpt.text()[line.clone()].strip_suffix(self.escape) else {
                pieces.push(line);
                return (pieces, end);
            };
            pieces.push(line.start..line.start + rest.len());
            match self.take() {
                // A blank before the next line's text keeps words apart.
                Some(next) => line = next.start.saturating_sub(1)..next.end,
                None => return (pieces, end),
            }
            if !self.excerpt.text()[line.clone()].starts_with([' ', '\t']) {
                line.start += 1;
            }
        }
    }

    fn here_documents(&mut self, body: &Excerpt) -> Vec<Excerpt> {
        let words = shell::words(body);
        let delimiters: Vec<(String, bool)> = words
            .windows(2)
            .filter(|pair| pair[0].operator && matches!(pair[0].text.as_str(), "<<" | "<<-"))
            .map(|pair| (pair[1].text.clone(), pair[0].text == "<<-"))
            .collect();
        delimiters
            .into_iter()
            .map(|(delimiter, strips_tabs)| self.here_document(&delimiter, strips_tabs))
            .collect()
    }

    fn here_document(&mut self, delimiter: &str, strips_tabs: bool) -> Excerpt {
        let text = self.excerpt.text();
        let start = self.lines.get(self.next).map_or(text.len(), |l| l.start);
        let mut end = text.len();
        while let Some(line) = self.lines.get(self.next).cloned() {
            self.next += 1;
            let own = &text[line.clone()];
            let own = if strips_tabs {
                own.trim_start_matches('\t')
            } else {
                own
            };
            if own == delimiter {
                end = line.start;
                break;
            }
        }
        self.excerpt.slice(start..end.max(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn read(text: &str) -> Dockerfile {
        parse(&Excerpt::whole(FileId(0), text.into()))
    }

    fn bodies(text: &str) -> Vec<(String, String)> {
        let body = |i: Instruction| (i.name, i.body.text().to_owned());
        read(text).instructions.into_iter().map(body).collect()
    }

    #[test]
    fn lines_are_joined_and_comments_between_them_left_out() {
        let text =
            "# syntax=x\nfrom a AS b\nRUN one && \\\n  # why\n\n  two\nCMD [\"x\", \\\n\"y\"]\n";
        assert_eq!(
            bodies(text),
            [
                ("FROM".into(), "a AS b".into()),
                ("RUN".into(), "one &&  two".into()),
                ("CMD".into(), "[\"x\", \"y\"]".into()),
            ]
        );
        assert_eq!(read(text).comments.len(), 2);
    }

    #[test]
    fn another_escape_leaves_backslashes_alone() {
        let text = "# escape=`\nCOPY a\\ `\n b\\\nCMD x\n";
        assert_eq!(bodies(text)[0].1, "a\\  b\\");
        assert_eq!(bodies(text).len(), 2);
    }

    #[test]
    fn here_documents_are_texts_of_their_own() {
        let text = "COPY <<EOF /etc/a.conf\nport 1\nCMD no\nEOF\nCMD yes\n";
        let found = read(text).instructions;
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].here_documents[0].text(), "port 1\nCMD no\n");
    }

    #[test]
    fn words_of_the_exec_form_lead_back_to_the_file() {
        let text = "CMD [\"a\", \"b\\\"c\", \"\", \"--d\"]\n";
        let body = read(text).instructions[0].body.clone();
        let words = exec_form(&body).unwrap();
        let texts: Vec<_> = words.iter().map(Excerpt::text).collect();
        assert_eq!(texts, ["a", "b\"c", "", "--d"]);
        assert_eq!(&text[words[3].span_all().range()], "--d");
        assert!(exec_form(&Excerpt::whole(FileId(0), "a [b]".into())).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_read(text in "([A-Zé]{0,4}[ \\\\\\[\\]\"'<#`$\t]{0,3}(EOF)?[\r\n]{0,2}){0,12}") {
            for instruction in read(&text).instructions {
                prop_assert!(text.get(instruction.span.range()).is_some());
                let _ = exec_form(&instruction.body);
            }
        }
    }
}
