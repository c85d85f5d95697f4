//! Keys that a mapping holds twice. Most readers take the last one and drop the other without a word;
//! those that check refuse the file.
//!
//! Whether a server is read from such a mapping is for `resolve` to say, by the places that each of them
//! reaches to. In a template the two may be the branches of a condition.

use std::collections::BTreeMap;

use crate::facts::raw::RawDuplicateKey;
use crate::source::Span;
use crate::syntax::yaml::{MappingEntry, YamlNode, YamlStream};

/// No more of one file: one is enough to look into it.
const MAX_KEYS: usize = 64;
/// Keys that may stand there more than once.
const MERGE: &str = "<<";
/// The mapping of a compose file whose entries have nothing to do with each other.
const SERVICES: &str = "services";

/// The keys of a file that are written twice.
pub fn find_duplicate_keys(stream: &YamlStream) -> Vec<RawDuplicateKey> {
    let mut found = Vec::new();
    for document in &stream.documents {
        // What a mapping deep below holds is about all of a manifest, one service, or one block of values.
        let root = &document.root;
        if root.get("kind").is_some() {
            add_below(root, Some(root.span), &mut found);
            continue;
        }
        add_own(root, None, &mut found);
        for entry in root.entries() {
            if entry.key.as_str() == Some(SERVICES) {
                add_own(&entry.value, None, &mut found);
                for service in entry.value.entries() {
                    add_below(&service.value, Some(whole(service)), &mut found);
                }
            } else {
                add_below(&entry.value, Some(whole(entry)), &mut found);
            }
        }
    }
    found
}

fn whole(entry: &MappingEntry) -> Span {
    match entry.key.span.file == entry.value.span.file {
        true => entry.key.span.to(entry.value.span),
        false => entry.key.span,
    }
}

/// Those of all mappings below a node; what the walk has before it is kept in a list, so that no nesting
/// is too deep.
fn add_below(node: &YamlNode, region: Option<Span>, found: &mut Vec<RawDuplicateKey>) {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        add_own(node, region, found);
        open.extend(node.entries().iter().map(|entry| &entry.value));
        open.extend(node.items());
    }
}

/// Those of one mapping. They reach to `region`, or to what stands below them.
fn add_own(node: &YamlNode, region: Option<Span>, found: &mut Vec<RawDuplicateKey>) {
    let mut seen: BTreeMap<&str, &MappingEntry> = BTreeMap::new();
    for entry in node.entries() {
        let key = entry.key.as_str().filter(|_| !entry.key.has_placeholder());
        let Some(key) = key.filter(|key| *key != MERGE) else {
            continue;
        };
        let Some(earlier) = seen.insert(key, entry) else {
            continue;
        };
        if found.len() >= MAX_KEYS {
            return;
        }
        found.push(RawDuplicateKey {
            key: key.to_owned(),
            earlier: earlier.key.span,
            later: entry.key.span,
            may_be_branches: node.is_open() || node.may_grow(),
            regions: match region {
                Some(region) => vec![region],
                None => vec![whole(earlier), whole(entry)],
            },
        });
    }
}
