//! Programs with bb8.

use std::time::Duration as Time;

use bb8_redis::RedisConnectionManager as Manager;
use bb8_redis::bb8::{self, Builder, Pool};

use super::Program;
use super::settings::{self, KEEP, Limits, SIZE, WAIT};
use crate::held::{Held, debugged};

fn manager() -> Manager {
    Manager::new("redis://127.0.0.1:1/").unwrap()
}

fn held(builder: &Builder<Manager>) -> Held {
    let fields = [
        ("max_size", "pool.max_size"),
        ("test_on_check_out", "pool.test_on_check_out"),
        ("max_lifetime", "conn.max_lifetime"),
        ("idle_timeout", "conn.max_idle_time"),
        ("connection_timeout", "pool.wait_timeout"),
        ("retry_connection", "retry.connect"),
        ("reaper_rate", "pool.reap_interval"),
    ];
    let text = format!("{builder:?}");
    let mut held = debugged(&text, &fields);
    let idle = debugged(&text, &[("min_idle", "pool.min_idle")]);
    // Without one nothing is kept ready.
    held.extend(idle.into_iter().filter(|(_, value)| value.is_number()));
    held
}

pub fn defaults() -> Held {
    let builder = bb8::Pool::builder();
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn chain() -> Held {
    let builder = Pool::builder()
        .max_size(15)
        .min_idle(5)
        .connection_timeout(Time::from_secs(4))
        .idle_timeout(Some(Time::from_secs(300)));
    let held = held(&builder);
    let _pool = builder.build_unchecked(manager());
    held
}

pub fn constants() -> Held {
    let builder = Pool::builder()
        .max_size(SIZE + 2)
        .min_idle(Some(KEEP))
        .connection_timeout(WAIT * 2)
        .idle_timeout(settings::idle());
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn associated_constant() -> Held {
    const LOCAL: u32 = 2;
    let builder = Pool::builder().max_size(Limits::MOST - LOCAL);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn shadowing() -> Held {
    let size = 5u32;
    let size = size * 3;
    let builder = Pool::builder().max_size(1);
    let builder = builder.max_size(size);
    {
        let size = 99;
        let _ = size;
    }
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn branches() -> Held {
    let mut builder = Pool::builder().max_size(20);
    if std::env::args().count() > 100 {
        builder = builder.max_size(50).min_idle(7);
    }
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn both_branches() -> Held {
    let few = std::env::args().count() < 100;
    let builder = if few {
        Pool::builder().max_size(6).retry_connection(false)
    } else {
        Pool::builder().max_size(6).retry_connection(true)
    };
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn optional() -> Held {
    let wait: Option<Time> = None;
    let mut builder = Pool::builder();
    if let Some(wait) = wait {
        builder = builder.connection_timeout(wait);
    }
    builder = builder.max_lifetime(None);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn a_loop() -> Held {
    let mut size = 1;
    for step in 0..3 {
        size += step;
    }
    let builder = Pool::builder().max_size(size).min_idle(1);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn matched() -> Held {
    let size = match std::env::args().count() {
        0 => 3,
        1..=100 => 9,
        _ => 11,
    };
    let builder = Pool::builder()
        .max_size(size)
        .reaper_rate(Time::from_millis(1_500));
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

fn tuned(builder: Builder<Manager>, size: u32) -> Builder<Manager> {
    builder
        .max_size(size)
        .test_on_check_out(false)
        .max_lifetime(Time::from_secs(3600))
}

pub fn through_a_function() -> Held {
    let builder = tuned(Pool::builder().min_idle(4), 44);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn casts_and_helpers() -> Held {
    let wanted: usize = 6;
    let builder = Pool::builder()
        .max_size(wanted as u32 + settings::fallback(None).min(10))
        .connection_timeout(Time::from_secs_f64(1.5));
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn from_the_environment() -> Held {
    let size = std::env::var("ORACLE_POOL_SIZE")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(8);
    let builder = Pool::builder().max_size(size).min_idle(2);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn written_twice() -> Held {
    let builder = Pool::builder()
        .connection_timeout(Time::from_secs(9))
        .max_size(3)
        .connection_timeout(Time::from_secs(1))
        .error_sink(Box::new(bb8::NopErrorSink));
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

struct Chosen {
    size: u32,
    wait: Time,
    keep: Option<u32>,
}

impl Default for Chosen {
    fn default() -> Self {
        Self {
            size: 21,
            wait: Time::from_secs(7),
            keep: None,
        }
    }
}

impl Chosen {
    fn small() -> Self {
        Self {
            size: 3,
            ..Self::default()
        }
    }

    fn enlarge(&mut self) {
        self.size *= 2;
    }

    fn with_size(mut self, size: u32) -> Self {
        self.size = size;
        self
    }

    fn most(&self) -> u32 {
        self.size + 1
    }
}

struct Outer {
    chosen: Chosen,
}

pub fn own_settings() -> Held {
    let chosen = Chosen::small();
    let builder = Pool::builder()
        .max_size(chosen.size)
        .min_idle(chosen.keep)
        .connection_timeout(chosen.wait);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn nested_settings() -> Held {
    let outer = Outer {
        chosen: Chosen::default(),
    };
    let chosen = &outer.chosen;
    let builder = Pool::builder()
        .max_size(chosen.most())
        .connection_timeout(outer.chosen.wait);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn changed_settings() -> Held {
    let mut chosen = Chosen::small();
    chosen.enlarge();
    chosen.wait = Time::from_secs(9);
    let builder = Pool::builder()
        .max_size(chosen.size)
        .connection_timeout(chosen.wait);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn settings_set_anew() -> Held {
    let mut chosen = Chosen::small();
    chosen.enlarge();
    chosen = Chosen::default();
    chosen.size = 5;
    let before = std::mem::take(&mut chosen);
    let builder = Pool::builder()
        .max_size(before.size)
        .connection_timeout(chosen.with_size(2).wait);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub fn settings_in_parts() -> Held {
    let Chosen { size, wait, .. } = Chosen::small().with_size(11);
    let picked = if settings::KEEP > 2 {
        Chosen::small()
    } else {
        Chosen::default()
    };
    let builder = Pool::builder()
        .max_size(size.max(picked.size))
        .connection_timeout(wait);
    let held = held(&builder);
    builder.build_unchecked(manager());
    held
}

pub const PROGRAMS: &[Program] = &[
    ("src/programs/bb8_pool.rs:defaults", defaults),
    ("src/programs/bb8_pool.rs:chain", chain),
    ("src/programs/bb8_pool.rs:constants", constants),
    (
        "src/programs/bb8_pool.rs:associated_constant",
        associated_constant,
    ),
    ("src/programs/bb8_pool.rs:shadowing", shadowing),
    ("src/programs/bb8_pool.rs:branches", branches),
    ("src/programs/bb8_pool.rs:both_branches", both_branches),
    ("src/programs/bb8_pool.rs:optional", optional),
    ("src/programs/bb8_pool.rs:a_loop", a_loop),
    ("src/programs/bb8_pool.rs:matched", matched),
    (
        "src/programs/bb8_pool.rs:through_a_function",
        through_a_function,
    ),
    (
        "src/programs/bb8_pool.rs:casts_and_helpers",
        casts_and_helpers,
    ),
    (
        "src/programs/bb8_pool.rs:from_the_environment",
        from_the_environment,
    ),
    ("src/programs/bb8_pool.rs:written_twice", written_twice),
    ("src/programs/bb8_pool.rs:own_settings", own_settings),
    ("src/programs/bb8_pool.rs:nested_settings", nested_settings),
    (
        "src/programs/bb8_pool.rs:changed_settings",
        changed_settings,
    ),
    (
        "src/programs/bb8_pool.rs:settings_set_anew",
        settings_set_anew,
    ),
    (
        "src/programs/bb8_pool.rs:settings_in_parts",
        settings_in_parts,
    ),
];
