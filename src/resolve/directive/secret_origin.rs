//! Where the password stands that a reference brings into a line: the variable's value in a file of
//! variables, a compose file, a manifest or a Dockerfile.
//!
//! A value is found by the variable's name beside it, so that the same word elsewhere is not told.

use crate::source::{FileId, Sources, Span, path};

/// What files are called that show how another one is to be written.
const EXAMPLES: [&str; 5] = ["example", "sample", "template", "dist", "default"];

/// The file of variables that a compose file reads without naming it.
const UNNAMED: &str = ".env";

/// The place of the text that one of the variables of a reference is given: in the reference's own
/// file, or in a file that it names. Of several the nearest counts.
pub(in crate::resolve) fn place(sources: &Sources, reference: Span, text: &str) -> Option<Span> {
    let names: Vec<&str> = names(sources.slice(reference)).collect();
    let holding = sources.iter().filter(|(_, file)| {
        let name = path::name(file.path());
        file.text().contains(text) && !EXAMPLES.iter().any(|word| name.contains(word))
    });
    let found = holding.filter_map(|(id, file)| {
        let mut names = names.iter();
        names.find_map(|name| find_given(id, file.text(), name, text))
    });
    let near = found.filter_map(|span| Some((distance(sources, reference, span)?, span)));
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, span)| span)
}

/// How far from a reference its file names the file of a span; nothing where it does not: that the
/// same name has the same text elsewhere does not bring it here.
fn distance(sources: &Sources, reference: Span, span: Span) -> Option<usize> {
    let from = reference.start as usize;
    if span.file == reference.file {
        return Some(from.abs_diff(span.start as usize));
    }
    let whole = sources.get(reference.file).text();
    let mentions = whole.match_indices(path::name(sources.path(span)));
    let distances = mentions.map(|(at, _)| from.abs_diff(at));
    let unnamed = || {
        let (own, other) = (sources.path(reference), sources.path(span));
        let is_beside = path::folder(own) == path::folder(other) && path::name(other) == UNNAMED;
        is_beside.then_some(usize::MAX)
    };
    distances.min().or_else(unnamed)
}

/// The variables of a reference: `$NAME`, `${NAME…}`, `$(NAME)`, `$$NAME`.
pub(in crate::resolve) fn names(written: &str) -> impl Iterator<Item = &str> {
    written.split('$').skip(1).filter_map(|rest| {
        let name = rest.trim_start_matches(['{', '(']);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &name[..end.unwrap_or(name.len())];
        (!name.is_empty()).then_some(name)
    })
}

/// `NAME=text`, `NAME: text`, or `name: NAME` with `value: text` in the next line.
fn find_given(id: FileId, whole: &str, name: &str, text: &str) -> Option<Span> {
    let mut at = 0;
    let mut named = false;
    for line in whole.split_inclusive('\n') {
        let value = match parse_assignment(line, name) {
            Some(value) => Some(value),
            None if named => parse_assignment(line, "value"),
            None => None,
        };
        if let Some(found) = value.filter(|(_, value)| *value == text) {
            let start = at + found.0;
            return Some(Span::new(id, start, start + text.len()));
        }
        named = parse_assignment(line, "name").is_some_and(|(_, value)| value == name);
        at += line.len();
    }
    None
}

/// What a line gives to a name, without quotes, and where it stands in the line.
fn parse_assignment<'l>(line: &'l str, name: &str) -> Option<(usize, &'l str)> {
    let start = line.len()
        - line
            .trim_start_matches(['-', ' ', '\t', '"', '\'', '{'])
            .len();
    let rest = line[start..]
        .strip_prefix("export ")
        .unwrap_or(&line[start..]);
    let rest = rest.strip_prefix("ENV ").unwrap_or(rest);
    let rest = rest.strip_prefix(name)?.trim_start_matches(['"', '\'']);
    let value = rest.strip_prefix(['=', ':', ' '])?;
    let value = value.trim_start_matches([' ', '\t', '"', '\'']);
    let from = line.len() - value.len();
    let value = value
        .trim_end()
        .trim_end_matches(['"', '\'', '}', ',', ' ']);
    Some((from, value))
}

#[cfg(test)]
mod tests {
    use super::{find_given, names};
    use crate::source::FileId;

    #[test]
    fn references_name_their_variables() {
        let found = |written: &str| names(written).collect::<Vec<_>>().join(" ");
        assert_eq!(found("$$REDIS_PASSWORD"), "REDIS_PASSWORD");
        assert_eq!(found("${A:-x} $(B) $C"), "A B C");
        assert_eq!(found("5$"), "");
    }

    #[test]
    fn a_value_stands_beside_its_name() {
        for (text, found) in [
            ("A=1\nPASS=s3cret\n", true),
            ("export PASS=\"s3cret\"\n", true),
            ("  - PASS=s3cret\n", true),
            ("  PASS: 's3cret'\n", true),
            ("  - \"PASS=s3cret\"\r\n", true),
            ("- name: PASS\n  value: s3cret\n", true),
            ("- {name: OTHER}\n  value: s3cret\n", false),
            ("PASSWORD=s3cret\n", false),
            ("PASS=s3cret2\n", false),
            ("s3cret\n", false),
        ] {
            let place = find_given(FileId(0), text, "PASS", "s3cret");
            assert_eq!(place.is_some(), found, "{text}");
            if let Some(place) = place {
                assert_eq!(&text[place.range()], "s3cret", "{text}");
            }
        }
    }
}
