//! Splits the text of a model into its TOML tables without parsing them, because every start asks
//! which libraries there are and what their options are called. The meaning of a table is left to
//! `model`.

/// A table: its name without brackets, and its text with the line of the name.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModelTable<'t> {
    pub(super) name: &'t str,
    pub(super) text: &'t str,
}

impl<'t> ModelTable<'t> {
    /// The text behind `key = "` in one of its lines.
    pub(super) fn text_of(&self, key: &str) -> Option<&'t str> {
        let mut values = self.text.lines().filter_map(|line| {
            let value = line.strip_prefix(key)?.trim_start().strip_prefix('=')?;
            value.trim_start().strip_prefix('"')?.split('"').next()
        });
        values.next()
    }

    /// Whether it has a key that begins so.
    pub(super) fn has_key(&self, start: &str) -> bool {
        self.text.lines().any(|line| line.starts_with(start))
    }
}

/// The text before the first table, and the tables in the order in which they are written.
///
/// A line that begins with a bracket is taken for a table's name. In TOML a value could, too; a test
/// holds the files to it that theirs are indented.
pub(super) fn tables(text: &str) -> (&str, Vec<ModelTable<'_>>) {
    let first = text.starts_with('[').then_some(0);
    let others = memchr::memmem::find_iter(text.as_bytes(), "\n[").map(|at| at + 1);
    let starts: Vec<usize> = first.into_iter().chain(others).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let found = starts.iter().zip(ends).map(|(start, end)| {
        let text = &text[*start..end];
        let line = text.lines().next().unwrap_or_default();
        let name = line.trim_start_matches('[').split(']').next();
        ModelTable {
            name: name.unwrap_or_default(),
            text,
        }
    });
    let before = starts.first().copied().unwrap_or(text.len());
    (&text[..before], found.collect())
}
