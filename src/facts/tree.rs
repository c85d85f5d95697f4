//! What paths of a tree say of the things that stand there: their folder, and the environments that
//! they are meant for. Which words name an environment is given.

/// Two paths that name different environments where they part.
pub fn apart(one: &str, other: &str, environments: &[String]) -> bool {
    let common = one
        .split('/')
        .zip(other.split('/'))
        .take_while(|(a, b)| a == b)
        .count();
    let words = |path: &str| -> Vec<usize> {
        let rest = path.split('/').skip(common);
        let words = rest.flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()));
        let known = words.filter_map(|word| {
            let same = |e: &String| e.eq_ignore_ascii_case(word);
            environments.iter().position(same)
        });
        known.collect()
    };
    let (one, other) = (words(one), words(other));
    !one.is_empty() && !other.is_empty() && one != other
}
