//! What is true of servers, client libraries and deployment shapes, by version, with its source.
//!
//! Loads and answers from the embedded `knowledge/` folder: [`servers`] holds the directive tables,
//! [`shapes`] how operators and images deploy a server. No advice stands here; that is what `rules/`
//! is for.

pub mod servers;
pub mod shapes;
//! What is true of servers, client libraries and operators, by version and with its source. Read
//! from the folder `knowledge/`, which is embedded; no opinion stands here.
pub mod clients;
