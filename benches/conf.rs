//! How fast configuration text is read: split into lines and words, and judged whole as a server does.
//! The figures are throughput; ten times the text should take ten times as long.
#![allow(clippy::unwrap_used)]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use redvet::knowledge::servers::Servers;
use redvet::knowledge::servers::language::Build;
use redvet::server_simulation::{Server, Unseen};
use redvet::source::{Excerpt, FileId};
use redvet::syntax::conf;

fn main() {
    divan::main();
}

/// What files hold, in a mix: values of all kinds, lists that grow, quotes, comments.
const LINES: &[&str] = &[
    "maxmemory 1gb",
    "# a comment of the length that comments in such files have, or a little longer",
    "save 900 1",
    "requirepass \"a # b\\x41\"",
    "client-output-buffer-limit normal 0 0 0",
    "maxmemory-policy allkeys-lru",
    "",
    "notify-keyspace-events KEA",
    "tcp-keepalive 300",
    "bind 127.0.0.1 -::1",
];

/// At least so many megabytes of text.
fn text(megabytes: usize) -> String {
    let lines = LINES.iter().cycle();
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
        if text.len() >= megabytes * 1_000_000 {
            break;
        }
    }
    text
}

#[divan::bench(args = [1, 10], sample_count = 10)]
fn split(bencher: Bencher<'_, '_>, megabytes: usize) {
    let excerpt = Excerpt::whole(FileId(0), text(megabytes).into());
    let bencher = bencher.counter(BytesCount::new(excerpt.text().len()));
    bencher.bench(|| black_box(conf::parse(&excerpt)).lines.len());
}

#[divan::bench(args = [1, 10], sample_count = 10)]
fn judge(bencher: Bencher<'_, '_>, megabytes: usize) {
    let servers = Servers::embedded();
    let server = Server {
        series: servers.candidates(Some("redis"), Some("7.2")).series[0],
        build: Build::OFFICIAL,
        host: &Unseen,
    };
    let text = text(megabytes);
    assert!(server.judge(&text).refusal.is_none());
    let bencher = bencher.counter(BytesCount::new(text.len()));
    bencher.bench_local(|| server.judge(&text).effective.len());
}
