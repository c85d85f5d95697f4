//! Programs with deadpool-redis.

use std::time::Duration;

use deadpool_redis::{Config as PoolSettings, Pool, PoolConfig, Runtime, Timeouts};

use super::Program;
use crate::held::{Held, maybe};
use serde_json::json;

const URL: &str = "redis://127.0.0.1:1/";

fn held(pool: &Pool) -> Held {
    let timeouts = pool.timeouts();
    Held::from([
        ("pool.max_size", json!(pool.status().max_size)),
        ("pool.wait_timeout", maybe(timeouts.wait)),
        ("pool.create_timeout", maybe(timeouts.create)),
        ("pool.recycle_timeout", maybe(timeouts.recycle)),
    ])
}

pub fn defaults() -> Held {
    let pool = PoolSettings::from_url(URL)
        .create_pool(Some(Runtime::Tokio1))
        .unwrap();
    held(&pool)
}

pub fn new_pool_config() -> Held {
    let mut config = PoolSettings::from_url(URL);
    config.pool = Some(PoolConfig::new(24));
    let pool = config.create_pool(Some(Runtime::Tokio1)).unwrap();
    held(&pool)
}

pub fn literal() -> Held {
    let mut config = PoolSettings::from_url(URL);
    config.pool = Some(PoolConfig {
        max_size: 64,
        timeouts: Timeouts {
            wait: Some(Duration::from_secs(3)),
            create: None,
            ..Default::default()
        },
        ..Default::default()
    });
    let pool = config.create_pool(Some(Runtime::Tokio1)).unwrap();
    held(&pool)
}

pub fn base() -> Held {
    let base = PoolConfig::new(11);
    let mut changed = base;
    changed.max_size = 13;
    let mut config = PoolSettings::from_url(URL);
    config.pool = Some(PoolConfig {
        timeouts: Timeouts::wait_millis(750),
        ..base
    });
    let _ = changed;
    let pool = config.create_pool(Some(Runtime::Tokio1)).unwrap();
    held(&pool)
}

pub fn copied() -> Held {
    let first = PoolConfig::new(5);
    let mut second = first;
    second.max_size = 50;
    let _ = second;
    let mut config = PoolSettings::from_url(URL);
    config.pool = Some(first);
    let pool = config.create_pool(Some(Runtime::Tokio1)).unwrap();
    held(&pool)
}

pub fn builder() -> Held {
    let pool = PoolSettings::from_url(URL)
        .builder()
        .unwrap()
        .max_size(30)
        .wait_timeout(Some(Duration::from_millis(1500)))
        .runtime(Runtime::Tokio1)
        .build()
        .unwrap();
    held(&pool)
}

pub fn builder_of_a_config() -> Held {
    let mut config = PoolSettings::from_url(URL);
    config.pool = Some(PoolConfig::new(3));
    let pool = config
        .builder()
        .unwrap()
        .create_timeout(Some(Duration::from_secs(5)))
        .runtime(Runtime::Tokio1)
        .build()
        .unwrap();
    held(&pool)
}

pub fn changed_in_place() -> Held {
    let mut pool_config = PoolConfig::default();
    pool_config.max_size = 21;
    pool_config.timeouts.recycle = Some(Duration::from_secs(1));
    let mut config = PoolSettings::from_url(URL);
    config.pool = Some(pool_config);
    let pool = config.create_pool(Some(Runtime::Tokio1)).unwrap();
    held(&pool)
}

fn widen(config: &mut PoolConfig) {
    config.max_size += 1;
}

pub fn by_reference() -> Held {
    let mut pool_config = PoolConfig::new(40);
    widen(&mut pool_config);
    let mut config = PoolSettings::from_url(URL);
    config.pool = Some(pool_config);
    let pool = config.create_pool(Some(Runtime::Tokio1)).unwrap();
    held(&pool)
}

pub const PROGRAMS: &[Program] = &[
    ("src/programs/deadpool.rs:defaults", defaults),
    ("src/programs/deadpool.rs:new_pool_config", new_pool_config),
    ("src/programs/deadpool.rs:literal", literal),
    ("src/programs/deadpool.rs:base", base),
    ("src/programs/deadpool.rs:copied", copied),
    ("src/programs/deadpool.rs:builder", builder),
    (
        "src/programs/deadpool.rs:builder_of_a_config",
        builder_of_a_config,
    ),
    (
        "src/programs/deadpool.rs:changed_in_place",
        changed_in_place,
    ),
    ("src/programs/deadpool.rs:by_reference", by_reference),
];
