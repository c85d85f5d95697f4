//! redvet works out what each Redis or Valkey server in a repository will really run with and how
//! each client will really connect, and checks the result against rule files.
//!
//! The stages are modules, one way through: `discover`, `syntax`, `extract`, `link`, `resolve`,
//! `policy`, `suppress`, `report`. [`check`] runs them all and is the place to start reading;
//! `docs/architecture.md` says what each may know.

pub mod check;
pub mod cli;
pub mod config;
pub mod discover;
pub mod edit;
pub mod extract;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod inputs;
pub mod knowledge;
pub mod link;
pub mod load;
pub mod nearest;
pub mod policy;
pub mod report;
pub mod resolve;
pub mod server_simulation;
pub mod source;
pub mod suppress;
pub mod survey;
pub mod syntax;
pub mod tester;
pub mod view;
