//! The program's entry: hands the process to `cli`.

use std::process::ExitCode;

/// The allocator of musl costs more than half of the speed; that of glibc costs nothing.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    redvet::cli::main()
}
