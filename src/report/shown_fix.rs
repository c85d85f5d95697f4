//! Which fixes a format may spell out: none that repeats a secret. A program that takes edits from a
//! report would write a mask into the file, so that such a fix is left out whole; `--fix` applies it.

use crate::finding::{Finding, Fix, TextEdit};
use crate::source::secret_words::secrets_of_line;
use crate::source::{SourceFile, Sources};

/// The fix of a finding, unless it would show a secret.
pub(super) fn showable_fix<'f>(sources: &Sources, finding: &'f Finding) -> Option<&'f Fix> {
    let fix = finding.fix.as_ref();
    fix.filter(|fix| !repeats_secret(sources, fix))
}

/// Whether an edit writes a secret of its lines again, or what looks like one.
pub(super) fn repeats_secret(sources: &Sources, fix: &Fix) -> bool {
    fix.edits.iter().any(|edit| is_secret(sources, edit))
}

fn is_secret(sources: &Sources, edit: &TextEdit) -> bool {
    let file = sources.get(edit.span.file);
    let lines = file.line_of(edit.span.start as usize)..=file.line_of(edit.span.end as usize);
    let text = &edit.replacement;
    let mut old = lines.flat_map(|line| secrets_of_line(file, line));
    let written = SourceFile::new(file.path(), text.as_str());
    let has_own = (0..written.line_count()).any(|line| !secrets_of_line(&written, line).is_empty());
    has_own || old.any(|secret| text.contains(file.text().get(secret).unwrap_or_default()))
}
