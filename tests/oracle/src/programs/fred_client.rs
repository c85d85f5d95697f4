//! Programs with fred.

use std::time::Duration;

use fred::prelude::*;
use fred::types::Builder as FredBuilder;

use super::Program;
use crate::held::{Held, millis};
use serde_json::json;

fn held(builder: &Builder) -> Held {
    let performance = builder.get_performance_config();
    let connection = builder.get_connection_config();
    let none = performance.default_command_timeout.is_zero();
    let command = millis(performance.default_command_timeout);
    Held::from([
        (
            "timeout.command",
            if none { json!("none") } else { command },
        ),
        (
            "pubsub.broadcast_capacity",
            json!(performance.broadcast_channel_capacity),
        ),
        ("pipeline.max_feed_count", json!(performance.max_feed_count)),
        ("timeout.dial", millis(connection.connection_timeout)),
        (
            "timeout.internal_command",
            millis(connection.internal_command_timeout),
        ),
        ("retry.max", json!(connection.max_command_attempts)),
        ("retry.max_redirects", json!(connection.max_redirections)),
        (
            "client.command_buffer",
            json!(connection.max_command_buffer_len),
        ),
    ])
}

pub fn defaults() -> Held {
    let builder = Builder::default_centralized();
    let _ = builder.build();
    held(&builder)
}

pub fn closures() -> Held {
    const D: Duration = Duration::from_secs(6);
    let mut builder = Builder::default_centralized();
    builder.with_performance_config(|config| {
        config.default_command_timeout = D;
    });
    builder.with_connection_config(|config: &mut ConnectionConfig| {
        config.connection_timeout = Duration::from_secs(2);
        config.max_command_attempts = 5;
    });
    builder.set_policy(ReconnectPolicy::new_exponential(0, 100, 30_000, 2));
    let _ = builder.build();
    held(&builder)
}

pub fn chain_and_pool() -> Held {
    let config = Config::from_url("redis://127.0.0.1:1/").unwrap();
    let mut builder = FredBuilder::from_config(config);
    let pool = builder
        .with_performance_config(|c| {
            c.default_command_timeout = Duration::from_millis(1_250);
            c.max_feed_count = 100;
        })
        .build_pool(8)
        .unwrap();
    let mut held = held(&builder);
    held.insert("pool.max_size", json!(pool.size()));
    held
}

pub fn literal_settings() -> Held {
    let mut builder = Builder::default_centralized();
    builder.set_connection_config(ConnectionConfig {
        connection_timeout: Duration::from_secs(1),
        max_redirections: 2,
        ..Default::default()
    });
    let performance = PerformanceConfig {
        broadcast_channel_capacity: 64,
        ..PerformanceConfig::default()
    };
    builder.set_performance_config(performance);
    let _ = builder.build();
    held(&builder)
}

pub fn in_a_branch() -> Held {
    let mut builder = Builder::default_centralized();
    if std::env::args().count() > 100 {
        builder.with_performance_config(|c| c.max_feed_count = 1);
    }
    let _ = builder.build();
    held(&builder)
}

pub const PROGRAMS: &[Program] = &[
    ("src/programs/fred_client.rs:defaults", defaults),
    ("src/programs/fred_client.rs:closures", closures),
    ("src/programs/fred_client.rs:chain_and_pool", chain_and_pool),
    (
        "src/programs/fred_client.rs:literal_settings",
        literal_settings,
    ),
    ("src/programs/fred_client.rs:in_a_branch", in_a_branch),
];
