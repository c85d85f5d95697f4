//! Configuration text as lines.
pub mod conf;
