//! Changes to a text that people and programs make by mistake: words swapped, quoted, cased or
//! dropped, units, hash signs, lines repeated or out of order, odd bytes.

use super::numbers::Numbers;

/// What an editor, a template or a copy can leave behind.
const ODD: &[&str] = &[
    "\"", "'", "#", "\\", " ", "\t", ".", "-", "=", ":", ";", "\u{b}", "\u{c}", "\u{a0}", "é",
    "\\x41", "\\n", "\\\"", "\0", "\r", "\u{feff}", "|", "%", "{", "*", "\u{7f}", "\u{201c}", "+",
    "0", "_",
];

const UNITS: &[&str] = &[
    "", "b", "B", "k", "K", "kb", "Kb", "m", "mb", "MB", "g", "gb", "GB", "t", "%", "Gi", "s",
    "ms", ".5", "e3",
];

/// The text with one change; `values` are words to put in.
pub(crate) fn text(numbers: &mut Numbers, text: &str, values: &[&str]) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let at = numbers.below(lines.len());
    match numbers.below(14) {
        0 => lines.push(lines[at].clone()),
        1 => {
            let other = numbers.below(lines.len());
            lines.swap(at, other);
        }
        2 => return text.replace('\n', "\r\n"),
        3 if numbers.chance(20) => return format!("\u{feff}{text}"),
        3 => return text.trim_end_matches('\n').to_owned(),
        4 if numbers.chance(10) => return text.replace('\n', "\r"),
        _ => {
            let end = if lines[at].ends_with('\n') { "\n" } else { "" };
            let bare = lines[at].trim_end_matches('\n').to_owned();
            lines[at] = line(numbers, &bare, values) + end;
        }
    }
    lines.concat()
}

fn line(numbers: &mut Numbers, line: &str, values: &[&str]) -> String {
    match numbers.below(16) {
        0 => inserted(numbers, line),
        1 => {
            let (head, _) = cut(numbers, line);
            head
        }
        2 => {
            let (head, tail) = cut(numbers, line);
            head + &tail.chars().skip(1).collect::<String>()
        }
        3 => format!(
            "{line} {}",
            numbers.pick(&["# note", "#note", "#", "# a b c"])
        ),
        4 => format!("{line}{}", numbers.pick(&["#", "#note", "\\", " \\", ";"])),
        5 => format!("\"{line}\""),
        6 => line.to_uppercase(),
        7 => format!("  {line}\t"),
        8 => line.replacen(' ', " \"", 1) + "\"",
        9 => format!("{line} {}", numbers.pick(values)),
        10 => line.replace(' ', numbers.pick::<&str>(&["\t", "  ", "=", "\u{b}", ": "])),
        _ => words(numbers, line, values),
    }
}

fn inserted(numbers: &mut Numbers, line: &str) -> String {
    let (head, tail) = cut(numbers, line);
    format!("{head}{}{tail}", numbers.pick(ODD))
}

/// The text in two, somewhere.
fn cut(numbers: &mut Numbers, line: &str) -> (String, String) {
    let chars: Vec<char> = line.chars().collect();
    let (head, tail) = chars.split_at(numbers.below(chars.len() + 1));
    (head.iter().collect(), tail.iter().collect())
}

fn words(numbers: &mut Numbers, line: &str, values: &[&str]) -> String {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let at = numbers.below(words.len());
    let word = words[at].clone();
    match numbers.below(10) {
        0 => {
            let other = numbers.below(words.len());
            words.swap(at, other);
        }
        1 => {
            words.remove(at);
        }
        2 => words.insert(at, word),
        3 => words[at] = format!("\"{word}\""),
        4 => words[at] = format!("'{word}'"),
        5 => words[at] = cased(numbers, &word),
        6 => {
            let number = word.trim_end_matches(|c: char| !c.is_ascii_digit());
            words[at] = format!("{number}{}", numbers.pick(UNITS));
        }
        7 => words[at] = inserted(numbers, &word),
        8 => words[at] = format!("\"{}\"", escaped(numbers, &word)),
        _ => words[at] = (*numbers.pick(values)).to_owned(),
    }
    words.join(" ")
}

fn cased(numbers: &mut Numbers, word: &str) -> String {
    word.chars()
        .map(|c| match numbers.chance(50) {
            true => c.to_ascii_uppercase(),
            false => c.to_ascii_lowercase(),
        })
        .collect()
}

/// Some characters as the escapes that stand for them.
fn escaped(numbers: &mut Numbers, word: &str) -> String {
    word.chars()
        .map(|c| match numbers.below(5) {
            0 if c.is_ascii() => format!("\\x{:02x}", c as u32),
            1 => format!("\\{c}"),
            _ => c.to_string(),
        })
        .collect()
}
