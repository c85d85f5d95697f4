//! Which names the texts of a container mention: a variable that a command, a probe or a script names is
//! used there. What the texts are is left to the reader of each format.

use aho_corasick::AhoCorasick;

/// For each name, in how many of the texts it stands: one pass over them, however many names there are.
pub(super) fn count_mentions<'t>(
    names: &[&str],
    texts: impl IntoIterator<Item = &'t str>,
) -> Vec<usize> {
    let mut counts = vec![0; names.len()];
    let mut last = vec![None; names.len()];
    // Names of a file are far from the limits of an automaton; without one nothing is told of them.
    let Some(finder) = (!names.is_empty()).then(|| AhoCorasick::new(names)) else {
        return counts;
    };
    let Ok(finder) = finder else {
        return vec![usize::MAX; names.len()];
    };
    for (number, text) in texts.into_iter().enumerate() {
        for found in finder.find_overlapping_iter(text) {
            let at = found.pattern().as_usize();
            if last[at] != Some(number) {
                last[at] = Some(number);
                counts[at] += 1;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::count_mentions;

    #[test]
    fn a_text_counts_once_for_each_name_in_it() {
        let texts = ["echo $A $A", "$AB", "none"];
        assert_eq!(count_mentions(&["A", "AB", "C"], texts), [2, 1, 0]);
        assert_eq!(count_mentions(&[], texts), [0; 0]);
    }
}
