//! One program for all targets: `REDVET_FUZZ_TARGET` names the one to run.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../targets.rs"]
mod targets;

fuzz_target!(|bytes: &[u8]| {
    let name = std::env::var("REDVET_FUZZ_TARGET").unwrap_or_else(|_| "tree".to_owned());
    let target = targets::TARGETS.iter().find(|target| target.name == name);
    let target = target.expect("REDVET_FUZZ_TARGET names a target");
    (target.run)(&String::from_utf8_lossy(bytes));
});
