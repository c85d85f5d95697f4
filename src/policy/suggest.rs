//! "Did you mean": the known name nearest to a mistyped one.

/// The candidate that differs in so few letters that it is what was meant, if there is one.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (distance(word, c), c))
        .filter(|(d, _)| *d <= allowed)
        .min()
        .map(|(_, c)| c)
}

/// A help text: the nearest name, else the valid ones.
pub fn help<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match closest(word, candidates.iter().copied()) {
        Some(name) => format!("did you mean `{name}`? Valid: {}", listed(&candidates)),
        None => format!("valid: {}", listed(&candidates)),
    }
}

/// The names, as many as a person reads.
fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 60;
    let mut text = names
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour.
fn distance(one: &str, two: &str) -> usize {
    let one: Vec<char> = one.to_lowercase().chars().collect();
    let two: Vec<char> = two.to_lowercase().chars().collect();
    let mut rows = vec![vec![0; two.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=two.len() {
            rows[i][j] = cell(&rows, (&one, i), (&two, j));
        }
    }
    rows[one.len()][two.len()]
}

fn cell(rows: &[Vec<usize>], (one, i): (&[char], usize), (two, j): (&[char], usize)) -> usize {
    if i == 0 || j == 0 {
        return i + j;
    }
    let same = one[i - 1] == two[j - 1];
    let mut best = (rows[i - 1][j] + 1)
        .min(rows[i][j - 1] + 1)
        .min(rows[i - 1][j - 1] + usize::from(!same));
    if i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1] {
        best = best.min(rows[i - 2][j - 2] + 1);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_name_is_meant() {
        let names = ["maxmemory", "maxclients", "timeout"];
        assert_eq!(closest("maxmemroy", names), Some("maxmemory"));
        assert_eq!(closest("zzz", names), None);
        assert_eq!(help("zzz", names), "valid: maxmemory, maxclients, timeout");
    }
}
