//! What several tests share: a check in memory, scratch repositories, files to compare with, and the
//! sources of the project as text.

use std::fmt::Display;

pub(crate) mod document;
pub(crate) mod golden;
pub(crate) mod harness;
pub(crate) mod mutation;
pub(crate) mod releases;
pub(crate) mod rust_source;
pub(crate) mod scratch;
pub(crate) mod tree;
pub(crate) mod values;

/// Ends the test with what should hold and every fault on a line of its own.
#[track_caller]
pub(crate) fn assert_no_faults<T: Display>(expected: &str, faults: impl IntoIterator<Item = T>) {
    let faults: Vec<String> = faults
        .into_iter()
        .map(|fault| format!("  {fault}"))
        .collect();
    assert!(
        faults.is_empty(),
        "expected: {expected}; against it stand {}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
