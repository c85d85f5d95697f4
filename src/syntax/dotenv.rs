//! Files of environment variables (`.env`): `NAME=value` per line, with quotes and comments.

/// The variables in order; a value that refers to another variable is `None`.
pub fn parse(text: &str) -> Vec<(String, Option<String>)> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<(String, Option<String>)> {
    let line = line.trim().trim_start_matches('\u{feff}');
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    is_name.then(|| (name.to_owned(), unquote(value.trim())))
}

fn unquote(value: &str) -> Option<String> {
    if let Some(rest) = value.strip_prefix('\'') {
        return Some(rest.split('\'').next().unwrap_or(rest).to_owned());
    }
    let value = match value.strip_prefix('"') {
        Some(rest) => rest.split('"').next().unwrap_or(rest),
        None => value.split(" #").next().unwrap_or(value).trim_end(),
    };
    (!value.contains(['$', '\\'])).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_lose_quotes_and_comments() {
        let text =
            "# no\nA=1gb # half\nexport B='x # $y'\nC=\"a b\"\n\nD=\nE=${A}x\nnot a line\n=1\n";
        let known = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            parse(text),
            [
                known("A", "1gb"),
                known("B", "x # $y"),
                known("C", "a b"),
                known("D", ""),
                ("E".to_owned(), None),
            ]
        );
    }
}
