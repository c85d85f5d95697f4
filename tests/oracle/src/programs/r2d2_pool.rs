//! Programs with r2d2 and the redis crate as its manager.

use std::time::Duration;

use super::Program;
use crate::held::{Held, maybe, millis};
use serde_json::json;

type RedisPool = r2d2::Pool<redis::Client>;

fn client() -> redis::Client {
    redis::Client::open("redis://127.0.0.1:1/").unwrap()
}

fn held(pool: &RedisPool) -> Held {
    Held::from([
        ("pool.max_size", json!(pool.max_size())),
        (
            "pool.min_idle",
            json!(pool.min_idle().unwrap_or(pool.max_size())),
        ),
        ("pool.test_on_check_out", json!(pool.test_on_check_out())),
        ("conn.max_lifetime", maybe(pool.max_lifetime())),
        ("conn.max_idle_time", maybe(pool.idle_timeout())),
        ("pool.wait_timeout", millis(pool.connection_timeout())),
    ])
}

pub fn defaults() -> Held {
    let pool = r2d2::Pool::builder().build_unchecked(client());
    held(&pool)
}

pub fn chain() -> Held {
    let pool = r2d2::Pool::builder()
        .max_size(15)
        .min_idle(Some(2))
        .idle_timeout(None)
        .connection_timeout(Duration::from_secs(2))
        .build_unchecked(client());
    held(&pool)
}

pub fn alias() -> Held {
    let pool = RedisPool::builder().max_size(1_0).build_unchecked(client());
    held(&pool)
}

pub fn statements() -> Held {
    let mut builder = r2d2::Builder::new();
    builder = builder.max_size(0x10);
    builder = builder.max_lifetime(Some(Duration::new(90, 500_000_000)));
    builder = builder.test_on_check_out(false);
    let pool = builder.build_unchecked(client());
    held(&pool)
}

fn build(size: u32) -> RedisPool {
    r2d2::Pool::builder()
        .max_size(size)
        .build_unchecked(client())
}

pub fn factory() -> Held {
    held(&build(7))
}

pub fn closure() -> Held {
    let make = || {
        r2d2::Pool::builder()
            .max_size(9)
            .min_idle(Some(3))
            .build_unchecked(client())
    };
    held(&make())
}

pub const PROGRAMS: &[Program] = &[
    ("src/programs/r2d2_pool.rs:defaults", defaults),
    ("src/programs/r2d2_pool.rs:chain", chain),
    ("src/programs/r2d2_pool.rs:alias", alias),
    ("src/programs/r2d2_pool.rs:statements", statements),
    ("src/programs/r2d2_pool.rs:build", factory),
    ("src/programs/r2d2_pool.rs:closure", closure),
];
