//! What several tests share: a check in memory, scratch repositories, files to compare with, and the
//! sources of the project as text.

pub(crate) mod document;
pub(crate) mod golden;
pub(crate) mod harness;
pub(crate) mod rust_source;
pub(crate) mod scratch;
pub(crate) mod tree;
pub(crate) mod values;
