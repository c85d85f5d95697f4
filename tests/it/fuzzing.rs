//! The fuzz targets on a stable compiler: the corpus, which holds every text that once showed a defect,
//! and a bounded number of mutations of it.
//!
//! `REDVET_FUZZ_SECONDS=3600 cargo test --test it -- fuzzing --nocapture` goes on that long from
//! another seed, with the fences of all fixtures to begin with (`REDVET_FUZZ_TARGET` names one target);
//! what it finds is written to `target/fuzz/TARGET-*` and belongs into `fuzz/corpus/TARGET/`.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crate::support::assert_no_faults;
use crate::support::document::fences;
use crate::support::harness::repository;

#[path = "../../fuzz/targets.rs"]
mod targets;

use targets::{FuzzTarget, TARGETS};

/// Mutations of each target in every run of the tests.
const MUTATIONS: usize = 6;

/// A text that takes longer than this is a defect, also in a debug build beside other tests.
const MAX_SECONDS: u64 = 60;

/// Texts are kept shorter than this: what costs too much shows in short ones, too.
const MAX_BYTES: usize = 20_000;

/// Words that mean something to a reader.
const WORDS: &[&str] = &[
    "\n",
    "\"",
    "'",
    "`",
    "\\",
    "#",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    ":",
    ": ",
    "- ",
    ";",
    "|",
    "|-\n",
    "&",
    "*",
    "!",
    "$",
    "${",
    "$(",
    "{{",
    "}}",
    "{{-",
    "{%",
    "%}",
    "<<EOF\n",
    "EOF\n",
    "---\n",
    "```",
    "~~~",
    "=",
    ":=",
    "=>",
    "->",
    "//",
    "/*",
    "*/",
    "\t",
    "  ",
    "\u{0}",
    "\u{feff}",
    "é",
    "\u{202e}",
    "\r\n",
    "if ",
    "else",
    "for ",
    "range ",
    "func ",
    "fn ",
    "let ",
    "match ",
    "go ",
    "defer ",
    "return ",
    "mod ",
    "use ",
    "struct ",
    "impl ",
    "type ",
    "const ",
    "var ",
    "redis",
    ".Values",
    "include ",
    "requirepass ",
    "maxmemory ",
    "save ",
    "user ",
    "sentinel ",
    "18446744073709551616",
    "-1",
    "0",
    "1e308",
    "99999999999",
    "9223372036854775807",
    "gb",
    "%",
    "@",
    "redis://",
    "redvet: ignore[",
    "image: redis:7",
    "command: ",
    "args: ",
    "env: ",
    "data:\n",
    "&redis.Options{",
    "redis.NewClient(",
    "PoolSize: ",
    "Pool::builder()",
    ".max_size(",
    "FROM redis\n",
    "CMD ",
    "[Service]\n",
    "ExecStart=",
    "server.conf",
    "size(",
    "all(",
    "? ",
    "in ",
    "null",
    "true",
];

/// Numbers that follow from a seed.
struct SeededNumbers(u64);

impl SeededNumbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap()
    }

    fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.below(of.len())]
    }
}

/// One text made of another and the corpus.
fn mutated(text: &str, corpus: &[String], numbers: &mut SeededNumbers) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=numbers.below(4) {
        if bytes.is_empty() {
            bytes.push(b'\n');
        }
        let at = numbers.below(bytes.len() + 1);
        let end = (at + 1 + numbers.below(40)).min(bytes.len());
        match numbers.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let part: Vec<u8> = bytes[at..end].to_vec();
                let part = part.repeat(1 + numbers.below(30));
                bytes.splice(at..at, part);
            }
            3 => {
                let word = numbers.one(WORDS).repeat(1 + numbers.below(3));
                bytes.splice(at..at, word.into_bytes());
            }
            4 => {
                let word = numbers.one(WORDS).repeat(1 + numbers.below(400));
                bytes.splice(at..at, word.into_bytes());
            }
            5 => {
                let other = numbers.one(corpus).as_bytes();
                let from = numbers.below(other.len() + 1);
                let to = (from + numbers.below(400)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            6 => {
                // A whole line moves, goes or comes twice.
                let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
                let line = numbers.one(&lines[..]).to_vec();
                bytes.splice(at..at, line);
            }
            _ => {
                let word = numbers.one(WORDS).as_bytes();
                bytes.splice(at..end, word.iter().copied());
            }
        }
    }
    bytes.truncate(MAX_BYTES);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The texts of a target's folder, in a fixed order.
fn corpus(target: &FuzzTarget) -> Vec<String> {
    let folder = repository("fuzz/corpus").join(target.name);
    let files = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    let files = files
        .map(Result::unwrap)
        .filter(|file| file.file_type().is_file());
    let texts =
        files.map(|file| String::from_utf8_lossy(&fs::read(file.path()).unwrap()).into_owned());
    texts.collect()
}

/// The fences of all fixtures in the languages of a target, and the rules for the target of rules.
fn fixtures(target: &FuzzTarget) -> Vec<String> {
    let files = walkdir::WalkDir::new(repository("fixtures")).sort_by_file_name();
    let pages = files.into_iter().map(Result::unwrap);
    let pages = pages.filter(|file| file.path().extension().is_some_and(|end| end == "md"));
    let texts = pages.map(|file| fs::read_to_string(file.path()).unwrap());
    let fences = texts.flat_map(|text| match target.name {
        "markdown" => vec![text],
        "tree" => vec![as_tree(&text)],
        _ => {
            let fences = fences(&text).into_iter();
            let wanted = fences.filter(|fence| target.languages.contains(&fence.language.as_str()));
            wanted.map(|fence| fence.text).collect()
        }
    });
    fences.filter(|text| text.len() < MAX_BYTES).collect()
}

/// The fences of a page that have a path, as one tree.
fn as_tree(page: &str) -> String {
    let fences = fences(page).into_iter();
    let files = fences.filter_map(|fence| Some(format!("=== {}\n{}", fence.path?, fence.text)));
    files.collect()
}

/// Runs a text; a panic or too long a time is a fault.
fn fault(target: &FuzzTarget, text: &str) -> Option<String> {
    // On threads of its own: the pool of all tests may be busy.
    let threads = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let threads = threads.unwrap();
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| threads.install(|| (target.run)(text))));
    let taken = started.elapsed();
    if outcome.is_err() {
        return Some("a panic".to_owned());
    }
    (taken > Duration::from_secs(MAX_SECONDS)).then(|| format!("{taken:?}"))
}

fn kept(target: &FuzzTarget, text: &str, why: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
    fs::create_dir_all(&folder).unwrap();
    let number = fs::read_dir(&folder).unwrap().count();
    let file = folder.join(format!("{}-{number}", target.name));
    fs::write(&file, text).unwrap();
    format!("{}: {why}: {}", target.name, file.display())
}

/// Runs the corpus and mutations of it while `goes_on` says so.
fn fuzz(
    target: &FuzzTarget,
    mut seeds: Vec<String>,
    numbers: &mut SeededNumbers,
    goes_on: &mut dyn FnMut() -> bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    while goes_on() {
        let text = mutated(numbers.one::<String>(&seeds), &seeds, numbers);
        if let Some(why) = fault(target, &text) {
            let told = kept(target, &text, &why);
            println!("{told}");
            faults.push(told);
        } else if numbers.below(50) == 0 && seeds.len() < 3_000 {
            // Some mutations are mutated again.
            seeds.push(text);
        }
    }
    faults
}

#[test]
fn the_corpus_and_its_mutations_show_no_defect() {
    let mut faults = Vec::new();
    for target in TARGETS {
        let corpus = corpus(target);
        assert!(!corpus.is_empty(), "{} has no corpus", target.name);
        faults.extend(corpus.iter().filter_map(|text| {
            let why = fault(target, text)?;
            Some(format!(
                "{}: {why}: {:?}",
                target.name,
                &text.chars().take(80).collect::<String>()
            ))
        }));
        let mut left = MUTATIONS;
        let mut goes_on = || {
            left -= 1;
            left > 0
        };
        let mut numbers = SeededNumbers(0x9e37_79b9_7f4a_7c15);
        faults.extend(fuzz(target, corpus, &mut numbers, &mut goes_on));
    }
    assert_no_faults("no text shows a defect", faults);
}

/// The long run, where somebody asks for it.
#[test]
fn longer_where_it_is_asked_for() {
    let Ok(seconds) = std::env::var("REDVET_FUZZ_SECONDS") else {
        return;
    };
    let until = Instant::now() + Duration::from_secs(seconds.parse().unwrap());
    let wanted = std::env::var("REDVET_FUZZ_TARGET").ok();
    let targets = TARGETS
        .iter()
        .filter(|one| wanted.as_deref().is_none_or(|name| name == one.name));
    let mut targets: Vec<(&FuzzTarget, Vec<String>)> = targets
        .map(|target| {
            let seeds = corpus(target).into_iter().chain(fixtures(target));
            (target, seeds.collect())
        })
        .collect();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let mut numbers = SeededNumbers(now.as_nanos() as u64 | 1);
    let (mut faults, mut runs) = (Vec::new(), 0_usize);
    while Instant::now() < until {
        for (target, seeds) in &mut targets {
            // Ten seconds each in turn.
            let turn = Instant::now() + Duration::from_secs(10);
            let mut goes_on = || {
                runs += 1;
                Instant::now() < turn.min(until)
            };
            faults.extend(fuzz(target, seeds.clone(), &mut numbers, &mut goes_on));
        }
        println!("{runs} runs, {} faults", faults.len());
    }
    assert_no_faults("no text shows a defect", faults);
}
