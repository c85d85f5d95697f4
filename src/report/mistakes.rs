//! Mistakes in redvet's own inputs (redvet.toml, rule files): a line that editors can jump to, and
//! the text with what is wrong in it underlined.

use crate::finding::Severity;
use crate::source::{Sources, Span};

use super::snippet::{self, SnippetMark};
use super::wrap_text::wrap_text;
use super::{TextLayout, sanitize, tidy};

/// What is wrong in a file of redvet's own: settings or rules.
#[derive(Clone, Copy, Debug)]
pub struct ReportedMistake<'a> {
    pub span: Span,
    pub message: &'a str,
    pub help: Option<&'a str>,
}

/// Renders the mistakes in the order given: `path:line:col: error: message` and the snippet.
pub fn render(sources: &Sources, mistakes: &[ReportedMistake<'_>], layout: TextLayout) -> String {
    let blocks: Vec<String> = mistakes
        .iter()
        .map(|mistake| one(sources, mistake, layout))
        .collect();
    tidy(&blocks.join("\n"))
}

fn one(sources: &Sources, mistake: &ReportedMistake<'_>, layout: TextLayout) -> String {
    let at = sources.start(mistake.span);
    let mark = SnippetMark {
        span: mistake.span,
        text: None,
        primary: true,
    };
    let help = mistake.help.map_or(String::new(), |help| {
        let lines = wrap_text(&sanitize::lines(help), layout.width.max(40), 8, 8);
        format!("  {} {}\n", layout.color.accent("help:"), lines.join("\n"))
    });
    format!(
        "{}:{}:{}: {}: {}\n{}{help}",
        sanitize::one_line(sources.path(mistake.span)),
        at.line,
        at.column,
        layout.color.severity(Severity::Error, "error"),
        layout.color.bold(&sanitize::one_line(mistake.message)),
        snippet::render(sources, &[], &[mark], layout),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Sources};

    #[test]
    fn a_mistake_shows_its_place_and_its_cure() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("redvet.toml", "profil = \"strict\"\n"));
        let mistakes = [ReportedMistake {
            span: Span::new(file, 0, 6),
            message: "unknown key `profil`",
            help: Some("did you mean `profile`?"),
        }];
        insta::assert_snapshot!(render(&sources, &mistakes, TextLayout::default()), @r#"
        redvet.toml:1:1: error: unknown key `profil`
           ╭─[redvet.toml:1:1]
         1 │ profil = "strict"
           · ──────
          help: did you mean `profile`?
        "#);
    }
}
