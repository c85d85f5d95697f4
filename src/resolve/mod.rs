//! Raw and linked facts plus knowledge become the estate: versions, defaults, typed effective values,
//! problems of lines, relations.
//!
//! [`line`] reads one directive as one series reads it, [`directive_state`] collects what lines assign,
//! [`config_session`] lets one series read a configuration, and [`config_transcript`] is what every series
//! that it may be for makes of it. Views of the transcript: [`conf`] gives effective values, [`directive`]
//! and [`server`] the subjects. [`client`] types the options of clients, [`process`] says how many processes
//! of a program run and on how many processors, [`role`] adds what clients say about their server,
//! [`waiting`] what waits through them, [`connection`] what both ends of a connection have to know,
//! [`client_calls`] what calls on them tell.

pub mod client;
pub mod client_calls;
pub mod conf;
pub mod config_session;
pub mod config_transcript;
pub mod connection;
pub mod directive;
pub mod directive_state;
pub mod line;
pub mod process;
pub mod role;
pub mod server;
pub mod service;
pub mod waiting;
