//! The program's entry: hands the process to `cli`.

fn main() {}
