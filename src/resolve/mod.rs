//! Raw and linked facts plus knowledge become the estate: versions, defaults, typed effective values,
//! problems of lines, relations.
//!
//! [`line`] reads one directive as one series reads it, [`fold`] collects what lines say, [`conf`] works out what a whole configuration
//! comes to over every series that it may be for, [`directive`] and [`server`] make the subjects, [`client`] types the
//! options of clients, [`process`] says how many processes of a program run and on how many processors, [`role`] adds what clients say about their server, [`waiting`] what waits through them.

pub mod client;
pub mod conf;
pub mod course;
pub mod directive;
pub mod fold;
pub mod line;
pub mod process;
pub mod role;
pub mod server;
pub mod service;
pub mod waiting;
