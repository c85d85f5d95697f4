//! A git repository made for one test, with the program run in it as a person would.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// A repository with these files committed; no file, no commit.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let scratch = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        scratch.git(&["init", "--quiet", "--initial-branch=main"]);
        if !files.is_empty() {
            scratch.commit(files);
        }
        scratch
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn commit(&self, files: &[(&str, &str)]) {
        files.iter().for_each(|(path, text)| self.write(path, text));
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--message=a state"]);
    }

    /// git, alone with this repository: no settings of the machine's reach it.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = self.run("git", args);
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn redvet(&self, args: &[&str]) -> Output {
        self.run(env!("CARGO_BIN_EXE_redvet"), args)
    }

    /// The exit code and the standard output of a check in the format of one line a finding.
    pub(crate) fn check(&self, args: &[&str]) -> (i32, String) {
        let output = self.redvet(&[&["check", "--format", "concise"], args].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), text + &errors)
    }

    fn run(&self, program: &str, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.path());
        for (name, value) in isolation() {
            command.env(name, value);
        }
        for name in [
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_WORK_TREE",
            "GITHUB_ACTIONS",
        ] {
            command.env_remove(name);
        }
        command.output().unwrap()
    }
}

/// What keeps a person's own git settings out of a test.
pub(crate) fn isolation() -> Vec<(&'static str, &'static str)> {
    vec![
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_AUTHOR_NAME", "test"),
        ("GIT_AUTHOR_EMAIL", "test@example.com"),
        ("GIT_COMMITTER_NAME", "test"),
        ("GIT_COMMITTER_EMAIL", "test@example.com"),
    ]
}
