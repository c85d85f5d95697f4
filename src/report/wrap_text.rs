//! Text in lines of a terminal's width, broken at blanks only: a name with dashes stays one word.
//! Clipping code and colouring are left to others.

/// The text in lines of at most `width` columns, unless a word is longer. `first` columns of the
/// first line are taken already; the lines after it begin with `indent` blanks. Line breaks of the
/// text stay.
pub(super) fn wrap_text(text: &str, width: usize, first: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let (mut line, mut column) = match lines.is_empty() {
            true => (String::new(), first),
            false => (" ".repeat(indent), indent),
        };
        let mut is_empty = true;
        for word in paragraph.split_whitespace() {
            let length = word.chars().count();
            if !is_empty && column + 1 + length > width {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
                (column, is_empty) = (indent, true);
            }
            if !is_empty {
                line.push(' ');
                column += 1;
            }
            line.push_str(word);
            column += length;
            is_empty = false;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_never_inside_a_name() {
        let lines = wrap_text("set maxmemory-policy of go-redis\nthen restart", 16, 6, 2);
        let expected = [
            "set",
            "  maxmemory-policy",
            "  of go-redis",
            "  then restart",
        ];
        assert_eq!(lines, expected);
    }
}
