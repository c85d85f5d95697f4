//! Writes `src/programs/generated.rs`: pools built in many ways, every value drawn from a fixed
//! sequence, so that the file is the same whenever it is written.

use std::fmt::Write;

/// How many programs are written.
const COUNT: u32 = 24;

/// A small linear sequence.
struct Sequence(u32);

impl Sequence {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % bound
    }
}

pub fn text() -> String {
    let mut sequence = Sequence(7);
    let mut text = String::from(
        "//! Written by `cargo run -- generate`.\n\nuse std::time::Duration;\n\nuse super::Program;\nuse crate::held::{Held, maybe, millis};\nuse serde_json::json;\n\n\
         fn client() -> redis::Client {\n    redis::Client::open(\"redis://127.0.0.1:1/\").unwrap()\n}\n\n\
         fn held(pool: &r2d2::Pool<redis::Client>) -> Held {\n    Held::from([\n        (\"pool.max_size\", json!(pool.max_size())),\n        (\"pool.min_idle\", json!(pool.min_idle().unwrap_or(pool.max_size()))),\n        (\"conn.max_lifetime\", maybe(pool.max_lifetime())),\n        (\"conn.max_idle_time\", maybe(pool.idle_timeout())),\n        (\"pool.wait_timeout\", millis(pool.connection_timeout())),\n    ])\n}\n",
    );
    let mut list = String::new();
    for number in 0..COUNT {
        let _ = write!(
            text,
            "\npub fn program_{number}() -> Held {{\n{}}}\n",
            body(&mut sequence)
        );
        let _ = writeln!(
            list,
            "    (\"src/programs/generated.rs:program_{number}\", program_{number}),"
        );
    }
    let _ = write!(text, "\npub const PROGRAMS: &[Program] = &[\n{list}];\n");
    text
}

fn body(sequence: &mut Sequence) -> String {
    let mut body = String::from("    let mut builder = r2d2::Pool::builder();\n");
    for _ in 0..1 + sequence.below(5) {
        let setter = setter(sequence);
        let _ = match sequence.below(5) {
            0 => write!(
                body,
                "    if std::env::args().count() > {} {{\n        builder = builder{setter};\n    }}\n",
                50 + sequence.below(50)
            ),
            1 => write!(
                body,
                "    builder = match std::env::args().count() {{\n        0 => builder,\n        _ => builder{setter},\n    }};\n"
            ),
            2 => write!(
                body,
                "    let builder_of_it = builder{setter};\n    builder = builder_of_it;\n"
            ),
            3 => write!(
                body,
                "    let change = |given: r2d2::Builder<redis::Client>| given{setter};\n    builder = change(builder);\n"
            ),
            _ => writeln!(body, "    builder = builder{setter};"),
        };
    }
    body.push_str("    let pool = builder.build_unchecked(client());\n    held(&pool)\n");
    body
}

fn setter(sequence: &mut Sequence) -> String {
    let number = 20 + sequence.below(200);
    match sequence.below(6) {
        0 => format!(".max_size({number} + {})", sequence.below(9)),
        1 => format!(".max_size({{ let n = {number}; n * 2 }})"),
        2 => format!(".min_idle(Some({}))", sequence.below(9)),
        3 => format!(".idle_timeout(Some(Duration::from_secs({number})))"),
        4 => format!(".max_lifetime(Some(Duration::from_millis({number}_000)))"),
        _ => format!(".connection_timeout(Duration::from_secs({number}) / 2)"),
    }
}
