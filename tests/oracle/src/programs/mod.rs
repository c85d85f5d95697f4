//! The programs: each builds a client in its own way and tells what the library then holds.

pub mod bb8_pool;
pub mod deadpool;
pub mod fred_client;
pub mod generated;
pub mod managers;
pub mod r2d2_pool;
pub mod settings;

use crate::held::Held;

pub type Program = (&'static str, fn() -> Held);
