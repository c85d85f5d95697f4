//! Merge keys: `<<: *defaults` adds the entries of another mapping. Explicit keys win over merged
//! ones, and an earlier merge wins over a later one.

use std::collections::HashSet;

use super::{MappingEntry, NodeKind, ScalarStyle, YamlNode};

/// The entries with every `<<` replaced by what it merges.
pub(super) fn resolve(entries: Vec<MappingEntry>) -> Vec<MappingEntry> {
    if !entries.iter().any(is_merge) {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_merge);
    let mut taken: HashSet<String> = own.iter().filter_map(key_text).collect();
    for mapping in merges.into_iter().flat_map(|merge| mappings(merge.value)) {
        own.extend(select_missing(mapping, &mut taken));
    }
    own
}

fn is_merge(entry: &MappingEntry) -> bool {
    entry
        .key
        .scalar()
        .is_some_and(|key| key.style() == ScalarStyle::Plain && key.as_str() == "<<")
        && (entry.value.is_map() || entry.value.is_seq())
}

fn mappings(value: YamlNode) -> Vec<Vec<MappingEntry>> {
    match value.kind {
        NodeKind::Map(entries) => vec![entries],
        NodeKind::Seq(items) => items
            .into_iter()
            .filter_map(|item| match item.kind {
                NodeKind::Map(entries) => Some(entries),
                _ => None,
            })
            .collect(),
        NodeKind::Scalar(_) => Vec::new(),
    }
}

/// Those entries whose keys are not taken yet, in order; of a key that is written twice the last.
fn select_missing(entries: Vec<MappingEntry>, taken: &mut HashSet<String>) -> Vec<MappingEntry> {
    let mut kept: Vec<MappingEntry> = entries
        .into_iter()
        .rev()
        .filter(|entry| key_text(entry).is_none_or(|key| taken.insert(key)))
        .collect();
    kept.reverse();
    kept
}

fn key_text(entry: &MappingEntry) -> Option<String> {
    entry.key.as_str().map(str::to_owned)
}
