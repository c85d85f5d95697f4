//! The pack of `examples/acme-policies/`: its walkthrough runs as it stands there, from a scaffold to
//! the lines that a pull request shows. `REDVET_BLESS=1` writes what it prints.
#![cfg(unix)]

use crate::support::golden;
use std::path::Path;
use std::process::Command;

#[test]
fn the_walkthrough_prints_what_stands_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/acme-policies");
    let program = Path::new(env!("CARGO_BIN_EXE_redvet")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .arg(folder.join("walkthrough.sh"))
        .env("PATH", format!("{}:{path}", program.display()))
        .env("NO_COLOR", "1")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !errors.contains("error"),
        "{output:?}"
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("10 passed, 0 failed"), "{printed}");
    assert!(printed.contains("exit code 1"), "{printed}");
    golden::compare(&folder.join("walkthrough.txt"), &printed);
}
