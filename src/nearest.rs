//! "Did you mean": the known word nearest to one that is not known, and the help text that names it.

/// The nearest of the known words, whatever its case, if one is near enough to be a slip of the pen:
/// at most one edit in three characters, where swapped neighbours count as one.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    if length > MAX_LENGTH {
        return None;
    }
    let allowed = (length / 3).clamp(1, 4);
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::osa_distance(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// No known name is longer; comparing costs the product of both lengths.
const MAX_LENGTH: usize = 100;

/// How many words a person reads.
const SHOWN: usize = 60;

/// How many words are worth telling beside the one that was meant.
const BESIDE: usize = 12;

/// A help text: the nearest word and the valid ones, which are left out where they are too many to
/// be read and one of them is near.
pub fn help<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(name) if known.len() > BESIDE => format!("did you mean `{name}`?"),
        Some(name) => format!("did you mean `{name}`? Valid: {}", list_words(&known)),
        None => format!("valid: {}", list_words(&known)),
    }
}

/// The words, as many as a person reads.
fn list_words(words: &[&str]) -> String {
    let mut text = words[..words.len().min(SHOWN)].join(", ");
    if words.len() > SHOWN {
        text.push_str(&format!(" and {} more", words.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{help, nearest};

    #[test]
    fn a_slip_is_mended_and_a_stranger_is_not() {
        let known = ["memory", "cpus", "version"];
        assert_eq!(nearest("memroy", known), Some("memory"));
        assert_eq!(nearest("CPU", known), Some("cpus"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(help("zzz", known), "valid: memory, cpus, version");
        let many = known.into_iter().chain([""; 60]);
        assert_eq!(help("memroy", many), "did you mean `memory`?");
    }
}
