//! The program's entry: hands the process to `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    redvet::cli::main()
}
