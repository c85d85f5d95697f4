//! Programs with the connection managers of the redis crate, of 1.x and of 0.x.

use std::time::Duration;

use redis::aio::ConnectionManagerConfig;
use redis_old::aio::ConnectionManagerConfig as OldConfig;

use super::Program;
use crate::held::{Held, debugged};

fn client() -> redis::Client {
    redis::Client::open("redis://127.0.0.1:1/").unwrap()
}

/// The buffer's size is left out: `None` here is the connection's own default later.
fn held(text: &str) -> Held {
    let fields = [
        ("number_of_retries", "retry.reconnect_max"),
        ("response_timeout", "timeout.response"),
        ("connection_timeout", "timeout.dial"),
        ("min_delay", "retry.min_backoff"),
        ("max_delay", "retry.max_backoff"),
    ];
    debugged(text, &fields)
}

pub fn defaults() -> Held {
    let config = ConnectionManagerConfig::new();
    let text = format!("{config:?}");
    let _ = client().get_connection_manager_lazy(config);
    held(&text)
}

pub fn chain() -> Held {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(Duration::from_secs(2)))
        .set_connection_timeout(None)
        .set_number_of_retries(3)
        .set_max_delay(Duration::from_millis(1_000));
    let text = format!("{config:?}");
    let _ = client().get_connection_manager_lazy(config);
    held(&text)
}

pub fn maybe_set() -> Held {
    let limit: Option<Duration> = std::env::var("ORACLE_LIMIT")
        .ok()
        .map(|_| Duration::from_secs(1));
    let mut config = ConnectionManagerConfig::new().set_min_delay(Duration::from_millis(50));
    if let Some(limit) = limit {
        config = config.set_response_timeout(Some(limit));
    }
    let text = format!("{config:?}");
    let _ = client().get_connection_manager_lazy(config);
    held(&text)
}

pub fn cloned() -> Held {
    let base = ConnectionManagerConfig::new().set_number_of_retries(2);
    let _other = base.clone().set_number_of_retries(9);
    let text = format!("{base:?}");
    let _ = client().get_connection_manager_lazy(base);
    held(&text)
}

/// Built, but never awaited: nothing is dialled.
pub fn old_defaults() -> Held {
    let config = OldConfig::new();
    let text = format!("{config:?}");
    let client = redis_old::Client::open("redis://127.0.0.1:1/").unwrap();
    drop(client.get_connection_manager_with_config(config));
    held(&text)
}

pub fn old_chain() -> Held {
    let config = OldConfig::new()
        .set_response_timeout(Duration::from_millis(320))
        .set_connection_timeout(Duration::from_secs(2))
        .set_max_delay(4_000)
        .set_number_of_retries(1);
    let text = format!("{config:?}");
    let client = redis_old::Client::open("redis://127.0.0.1:1/").unwrap();
    drop(redis_old::aio::ConnectionManager::new_with_config(
        client, config,
    ));
    held(&text)
}

pub const PROGRAMS: &[Program] = &[
    ("src/programs/managers.rs:defaults", defaults),
    ("src/programs/managers.rs:chain", chain),
    ("src/programs/managers.rs:maybe_set", maybe_set),
    ("src/programs/managers.rs:cloned", cloned),
    ("src/programs/managers.rs:old_defaults", old_defaults),
    ("src/programs/managers.rs:old_chain", old_chain),
];
