//! The program's entry: hands the process to `cli`.

use std::process::ExitCode;

/// The system's allocators cost a tenth of the time (glibc, whose threads grow one heap) to more than half
/// of it (musl). Huge pages are off: they save nothing here and hold more memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    redvet::cli::main()
}
