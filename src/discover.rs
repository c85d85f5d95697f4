//! The only reader of the scanned tree: finds the universe of a path, walks it, says which files
//! are worth parsing, and reads them.
//!
//! Which names and which words make a file interesting is not decided here: the caller gives
//! [`Patterns`], made from `knowledge`. What comes out is sorted, so that the same tree gives the
//! same result however many threads read it. Nothing outside the universe's root is read, symbolic
//! links are not followed, and nothing that is read is executed.

mod ignore_files;
mod patterns;
mod project_file;
mod project_root;
mod walk;

pub use patterns::{FileKind, InputPattern, InputPatterns, MatchConfidence, PatternError};
pub use project_file::{link_below, outside, read_inside, read_unlinked};
pub use project_root::{DiscoverError, ProjectRoot};
pub use walk::{ExcludePatterns, FoundFile, WalkedFiles, read, read_named, walk};

#[cfg(test)]
mod tests;
