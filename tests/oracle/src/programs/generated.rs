//! Written by `cargo run -- generate`.

use std::time::Duration;

use super::Program;
use crate::held::{Held, maybe, millis};
use serde_json::json;

fn client() -> redis::Client {
    redis::Client::open("redis://127.0.0.1:1/").unwrap()
}

fn held(pool: &r2d2::Pool<redis::Client>) -> Held {
    Held::from([
        ("pool.max_size", json!(pool.max_size())),
        ("pool.min_idle", json!(pool.min_idle().unwrap_or(pool.max_size()))),
        ("conn.max_lifetime", maybe(pool.max_lifetime())),
        ("conn.max_idle_time", maybe(pool.idle_timeout())),
        ("pool.wait_timeout", millis(pool.connection_timeout())),
    ])
}

pub fn program_0() -> Held {
    let mut builder = r2d2::Pool::builder();
    let change = |given: r2d2::Builder<redis::Client>| given.max_size(86 + 0);
    builder = change(builder);
    if std::env::args().count() > 57 {
        builder = builder.connection_timeout(Duration::from_secs(104) / 2);
    }
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.idle_timeout(Some(Duration::from_secs(103))),
    };
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.connection_timeout(Duration::from_secs(32) / 2),
    };
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_1() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.idle_timeout(Some(Duration::from_secs(125))),
    };
    if std::env::args().count() > 95 {
        builder = builder.max_size(66 + 2);
    }
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.idle_timeout(Some(Duration::from_secs(90))),
    };
    builder = builder.max_size({ let n = 160; n * 2 });
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_2() -> Held {
    let mut builder = r2d2::Pool::builder();
    let change = |given: r2d2::Builder<redis::Client>| given.min_idle(Some(2));
    builder = change(builder);
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_3() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = builder.max_size({ let n = 106; n * 2 });
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_4() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = builder.max_size({ let n = 137; n * 2 });
    let builder_of_it = builder.min_idle(Some(8));
    builder = builder_of_it;
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.max_size(217 + 2),
    };
    builder = builder.max_size(94 + 0);
    builder = builder.max_size({ let n = 114; n * 2 });
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_5() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = builder.idle_timeout(Some(Duration::from_secs(154)));
    if std::env::args().count() > 56 {
        builder = builder.max_size({ let n = 102; n * 2 });
    }
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.max_lifetime(Some(Duration::from_millis(156_000))),
    };
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_6() -> Held {
    let mut builder = r2d2::Pool::builder();
    let builder_of_it = builder.max_lifetime(Some(Duration::from_millis(25_000)));
    builder = builder_of_it;
    let change = |given: r2d2::Builder<redis::Client>| given.max_lifetime(Some(Duration::from_millis(150_000)));
    builder = change(builder);
    let change = |given: r2d2::Builder<redis::Client>| given.max_lifetime(Some(Duration::from_millis(194_000)));
    builder = change(builder);
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.idle_timeout(Some(Duration::from_secs(69))),
    };
    let builder_of_it = builder.connection_timeout(Duration::from_secs(77) / 2);
    builder = builder_of_it;
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_7() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 68 {
        builder = builder.max_lifetime(Some(Duration::from_millis(196_000)));
    }
    builder = builder.connection_timeout(Duration::from_secs(106) / 2);
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.connection_timeout(Duration::from_secs(20) / 2),
    };
    let builder_of_it = builder.max_lifetime(Some(Duration::from_millis(80_000)));
    builder = builder_of_it;
    let change = |given: r2d2::Builder<redis::Client>| given.max_lifetime(Some(Duration::from_millis(92_000)));
    builder = change(builder);
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_8() -> Held {
    let mut builder = r2d2::Pool::builder();
    let change = |given: r2d2::Builder<redis::Client>| given.min_idle(Some(5));
    builder = change(builder);
    if std::env::args().count() > 56 {
        builder = builder.connection_timeout(Duration::from_secs(149) / 2);
    }
    let builder_of_it = builder.min_idle(Some(0));
    builder = builder_of_it;
    builder = builder.connection_timeout(Duration::from_secs(172) / 2);
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_9() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 58 {
        builder = builder.connection_timeout(Duration::from_secs(87) / 2);
    }
    let builder_of_it = builder.idle_timeout(Some(Duration::from_secs(166)));
    builder = builder_of_it;
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_10() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = builder.idle_timeout(Some(Duration::from_secs(40)));
    let change = |given: r2d2::Builder<redis::Client>| given.min_idle(Some(4));
    builder = change(builder);
    if std::env::args().count() > 94 {
        builder = builder.min_idle(Some(8));
    }
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_11() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = builder.max_size(158 + 5);
    let builder_of_it = builder.max_size(208 + 4);
    builder = builder_of_it;
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_12() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 97 {
        builder = builder.max_size(42 + 5);
    }
    builder = builder.idle_timeout(Some(Duration::from_secs(208)));
    let change = |given: r2d2::Builder<redis::Client>| given.idle_timeout(Some(Duration::from_secs(74)));
    builder = change(builder);
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_13() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 55 {
        builder = builder.max_lifetime(Some(Duration::from_millis(213_000)));
    }
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_14() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 52 {
        builder = builder.max_lifetime(Some(Duration::from_millis(60_000)));
    }
    let builder_of_it = builder.max_lifetime(Some(Duration::from_millis(112_000)));
    builder = builder_of_it;
    let change = |given: r2d2::Builder<redis::Client>| given.max_size({ let n = 162; n * 2 });
    builder = change(builder);
    builder = builder.min_idle(Some(6));
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.connection_timeout(Duration::from_secs(63) / 2),
    };
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_15() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.min_idle(Some(3)),
    };
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_16() -> Held {
    let mut builder = r2d2::Pool::builder();
    let builder_of_it = builder.max_size(50 + 0);
    builder = builder_of_it;
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.max_lifetime(Some(Duration::from_millis(179_000))),
    };
    if std::env::args().count() > 92 {
        builder = builder.max_lifetime(Some(Duration::from_millis(22_000)));
    }
    let change = |given: r2d2::Builder<redis::Client>| given.max_size(22 + 5);
    builder = change(builder);
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_17() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.max_size(89 + 4),
    };
    let builder_of_it = builder.max_size({ let n = 186; n * 2 });
    builder = builder_of_it;
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_18() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = builder.max_lifetime(Some(Duration::from_millis(79_000)));
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_19() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 72 {
        builder = builder.connection_timeout(Duration::from_secs(146) / 2);
    }
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_20() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 63 {
        builder = builder.connection_timeout(Duration::from_secs(181) / 2);
    }
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.max_size(197 + 0),
    };
    builder = builder.max_lifetime(Some(Duration::from_millis(133_000)));
    builder = builder.max_size(59 + 0);
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_21() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = match std::env::args().count() {
        0 => builder,
        _ => builder.connection_timeout(Duration::from_secs(87) / 2),
    };
    builder = builder.max_size(70 + 7);
    let builder_of_it = builder.connection_timeout(Duration::from_secs(43) / 2);
    builder = builder_of_it;
    let change = |given: r2d2::Builder<redis::Client>| given.min_idle(Some(3));
    builder = change(builder);
    let builder_of_it = builder.connection_timeout(Duration::from_secs(136) / 2);
    builder = builder_of_it;
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_22() -> Held {
    let mut builder = r2d2::Pool::builder();
    if std::env::args().count() > 73 {
        builder = builder.max_lifetime(Some(Duration::from_millis(103_000)));
    }
    builder = builder.max_lifetime(Some(Duration::from_millis(114_000)));
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub fn program_23() -> Held {
    let mut builder = r2d2::Pool::builder();
    builder = builder.min_idle(Some(4));
    if std::env::args().count() > 62 {
        builder = builder.max_size(121 + 5);
    }
    let pool = builder.build_unchecked(client());
    held(&pool)
}

pub const PROGRAMS: &[Program] = &[
    ("src/programs/generated.rs:program_0", program_0),
    ("src/programs/generated.rs:program_1", program_1),
    ("src/programs/generated.rs:program_2", program_2),
    ("src/programs/generated.rs:program_3", program_3),
    ("src/programs/generated.rs:program_4", program_4),
    ("src/programs/generated.rs:program_5", program_5),
    ("src/programs/generated.rs:program_6", program_6),
    ("src/programs/generated.rs:program_7", program_7),
    ("src/programs/generated.rs:program_8", program_8),
    ("src/programs/generated.rs:program_9", program_9),
    ("src/programs/generated.rs:program_10", program_10),
    ("src/programs/generated.rs:program_11", program_11),
    ("src/programs/generated.rs:program_12", program_12),
    ("src/programs/generated.rs:program_13", program_13),
    ("src/programs/generated.rs:program_14", program_14),
    ("src/programs/generated.rs:program_15", program_15),
    ("src/programs/generated.rs:program_16", program_16),
    ("src/programs/generated.rs:program_17", program_17),
    ("src/programs/generated.rs:program_18", program_18),
    ("src/programs/generated.rs:program_19", program_19),
    ("src/programs/generated.rs:program_20", program_20),
    ("src/programs/generated.rs:program_21", program_21),
    ("src/programs/generated.rs:program_22", program_22),
    ("src/programs/generated.rs:program_23", program_23),
];
