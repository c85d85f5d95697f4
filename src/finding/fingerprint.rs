//! Fingerprints: what identifies a finding while lines move. `FAULT-FILE`, and `-2` for the second
//! finding of a report that has the same: unique in a report, and `FAULT` alone is the same after the
//! file was renamed. Baselines of the first version hold another hash, without a dash.
//!
//! What goes into the hashes is chosen by the caller; comparing two states is left to `suppress`.

use std::collections::HashMap;

use super::Finding;

/// A fault in a file. `fault` are the words that tell it from others, without the file's path.
pub fn of_fault(fault: &[&str], path: &str) -> String {
    // Half of the bits are plenty: the file only has to differ from those with the same fault.
    let file = hash(&[path]) >> 32;
    format!("{:016x}-{file:08x}", hash(fault))
}

/// As redvet wrote it into baselines of version 1.
pub fn of_version_1(words: &[&str]) -> String {
    format!("{:016x}", hash(words))
}

/// Gives equal fingerprints of a report a number from the second on, in the order of the findings.
pub fn number_equal(findings: &mut [Finding]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = format!("{}-{count}", finding.fingerprint);
        }
    }
}

/// `FAULT-FILE`, whichever of several equal ones it is.
pub fn strip_number(fingerprint: &str) -> &str {
    let dashes = fingerprint.match_indices('-');
    let second = dashes.map(|(at, _)| at).nth(1);
    &fingerprint[..second.unwrap_or(fingerprint.len())]
}

/// The part that stays when the file is renamed; `None` in a fingerprint of version 1.
pub fn fault(fingerprint: &str) -> Option<&str> {
    fingerprint.split_once('-').map(|(fault, _)| fault)
}

/// FNV-1a in 64 bits: stable over releases and machines, which a hash map's hasher is not
/// (constants: draft-eastlake-fnv). A zero byte ends each word, so that `ab c` and `a bc` differ.
fn hash(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_file_keeps_the_fault() {
        let (one, other) = (of_fault(&["a", "b"], "x"), of_fault(&["a", "b"], "y"));
        assert_ne!(one, other);
        assert_eq!(fault(&one), fault(&other));
        assert_ne!(fault(&of_fault(&["ab"], "x")), fault(&one));
        assert_eq!(fault(&of_version_1(&["a", "b"])), None);
    }

    #[test]
    fn a_number_is_no_part_of_the_fault() {
        let one = of_fault(&["a"], "x");
        assert_eq!(one.len(), 25);
        assert_eq!(strip_number(&format!("{one}-2")), one);
        assert_eq!(strip_number(&one), one);
    }
}
