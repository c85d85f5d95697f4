//! The same input gives the same bytes: run after run, and however many threads there are.

use crate::support::harness::{Harness, estates, repository};
use redvet::report::{TextLayout, full, json};

/// Both renderings of an estate, by a check with this many threads.
fn rendered(estate: &str, threads: usize) -> String {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let harness = Harness::new();
        let sample = harness.folder(&repository("fixtures/estates").join(estate));
        let report = harness.check(&sample);
        let shown = full::render(&report, TextLayout::default(), full::FullDetail::default());
        format!("{}{shown}", json::render(&report).unwrap())
    })
}

#[test]
fn the_same_estate_gives_the_same_bytes() {
    for estate in estates() {
        let once = rendered(&estate, 1);
        assert!(once.contains("\"servers\""), "{estate}: {once}");
        for threads in [1, 2, 3, 8] {
            assert!(
                rendered(&estate, threads) == once,
                "{estate} differs with {threads} threads"
            );
        }
    }
}

#[test]
fn the_order_of_files_does_not_matter() {
    let harness = Harness::new();
    let files = [
        ("a/redis.conf", "maxmemory 1gb # a\n"),
        ("b/redis.conf", "hz 10 # b\nport 1\n"),
    ];
    let shown = |files: &[(&str, &str)]| {
        let report = harness.check(&harness.texts(files.iter().copied()));
        json::render(&report).unwrap()
    };
    let mut reversed = files;
    reversed.reverse();
    assert_eq!(shown(&files), shown(&reversed));
}
