//! Constants and helpers that the programs share, as real packages have them.

use std::time::Duration;

pub const SIZE: u32 = 4 * 8;
pub const WAIT: Duration = Duration::from_millis(2_500);
pub static KEEP: u32 = 3;
pub const IDLE_MINUTES: u64 = 5;

pub fn idle() -> Duration {
    Duration::from_secs(IDLE_MINUTES * 60)
}

pub fn fallback(given: Option<u32>) -> u32 {
    given.unwrap_or(12)
}

pub struct Limits;

impl Limits {
    pub const MOST: u32 = 77;
}
