//! Asks the real libraries what they hold, and redvet what it says that they hold.
//!
//! Every program of `programs` builds a client and gives what the library then tells of itself
//! (getters, `Debug`). `redvet effective` reads the very same source. Whatever redvet reports as
//! known must be what the library holds; what it calls unknown is only counted.
//!
//! `cargo run -- PATH-OF-REDVET` compares, `cargo run -- generate` writes the generated programs.

mod generate;
mod held;
mod programs;

use std::path::Path;
use std::process::{Command, ExitCode};

use programs::Program;
use serde_json::Value;

/// Fewer would mean that redvet has lost sight of the programs.
const LEAST_COMPARISONS: usize = 340;
const GENERATED: &str = "src/programs/generated.rs";

fn all() -> Vec<Program> {
    [
        programs::bb8_pool::PROGRAMS,
        programs::r2d2_pool::PROGRAMS,
        programs::deadpool::PROGRAMS,
        programs::managers::PROGRAMS,
        programs::fred_client::PROGRAMS,
        programs::generated::PROGRAMS,
    ]
    .concat()
}

fn main() -> ExitCode {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::args().nth(1).as_deref() {
        Some("generate") => {
            std::fs::write(home.join(GENERATED), generate::text()).unwrap();
            ExitCode::SUCCESS
        }
        Some(redvet) => compare(redvet, home),
        None => {
            eprintln!("usage: oracle PATH-OF-REDVET | generate");
            ExitCode::from(2)
        }
    }
}

/// What redvet says of each client.
fn effective(redvet: &str, home: &Path) -> Vec<Value> {
    let output = Command::new(redvet)
        .args(["effective", "--isolated", "--output-format", "json", "."])
        .current_dir(home)
        .output()
        .unwrap_or_else(|error| panic!("{redvet}: {error}"));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["clients"].as_array().unwrap().clone()
}

fn compare(redvet: &str, home: &Path) -> ExitCode {
    if std::fs::read_to_string(home.join(GENERATED)).unwrap() != generate::text() {
        eprintln!("{GENERATED} is not what `cargo run -- generate` writes");
        return ExitCode::FAILURE;
    }
    let clients = effective(redvet, home);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let (mut compared, mut unknown, mut wrong) = (0, 0, 0);
    let programs = all();
    for (id, program) in &programs {
        let held = program();
        let is_it = |client: &&Value| client["id"].as_str().is_some_and(|i| i.ends_with(id));
        let Some(client) = clients.iter().find(is_it) else {
            eprintln!("{id}: redvet sees no client");
            wrong += 1;
            continue;
        };
        for (key, real) in &held {
            let said = &client["options"][*key];
            match said["state"].as_str() {
                Some("set" | "default") if same(&said["value"], real) => compared += 1,
                Some("set" | "default") => {
                    eprintln!("{id}: {key} is {real}, redvet says {}", said["value"]);
                    wrong += 1;
                }
                _ => unknown += 1,
            }
        }
    }
    println!(
        "{} programs: {compared} options equal, {unknown} unknown to redvet, {wrong} wrong",
        programs.len()
    );
    if wrong > 0 || compared < LEAST_COMPARISONS {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn same(said: &Value, real: &Value) -> bool {
    match (said.as_f64(), real.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        _ => said == real,
    }
}
