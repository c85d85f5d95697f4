//! Files that steer redvet, as a stranger may commit them: links, pipes and devices where settings,
//! packs, baselines and ignore files are expected. Nothing outside the repository is shown or written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::scratch::{Scratch, isolation};

const SECRET: &str = "hunter2-token";

/// A repository with one finding, and a folder beside it that is none of its business.
struct Strangers {
    scratch: Scratch,
    outside: tempfile::TempDir,
}

impl Strangers {
    fn new() -> Self {
        let outside = tempfile::tempdir().unwrap();
        fs::write(
            outside.path().join("hosts.yaml"),
            format!("host:\n    token: {SECRET}\n"),
        )
        .unwrap();
        Self {
            scratch: Scratch::with(&[("redis.conf", "port 6379 # comment\n")]),
            outside,
        }
    }

    fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// Runs redvet, bounded in memory and time by the shell.
    fn run(&self, args: &[&str]) -> Output {
        let bounded = "ulimit -v 8000000; exec timeout 60 \"$@\"";
        Command::new("bash")
            .args(["-c", bounded, "bash", env!("CARGO_BIN_EXE_redvet")])
            .args(args)
            .current_dir(self.path())
            .envs(isolation())
            .env_remove("GITHUB_ACTIONS")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// Exit code and everything printed; the secret is in none of it.
fn told(output: &Output) -> (Option<i32>, String) {
    let bytes = [output.stdout.clone(), output.stderr.clone()].concat();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(!text.contains(SECRET), "{text}");
    (output.status.code(), text)
}

const COMMANDS: [&[&str]; 4] = [
    &["check"],
    &["effective"],
    &["rules", "list"],
    &["baseline", "write"],
];

#[test]
fn settings_behind_a_link_are_refused_and_not_shown() {
    let strangers = Strangers::new();
    let url = format!("https://bot:{SECRET}@git.example.com/a.git");
    strangers.scratch.git(&["remote", "add", "origin", &url]);
    let hosts = strangers.outside.path().join("hosts.yaml");
    let settings = strangers.path().join("redvet.toml");
    for target in [Path::new(".git/config"), &hosts, Path::new("/dev/zero")] {
        symlink(target, &settings).unwrap();
        for command in COMMANDS {
            let (code, text) = told(&strangers.run(command));
            assert_eq!(code, Some(2), "{command:?} {target:?}: {text}");
            assert!(text.contains("symbolic links are not followed"), "{text}");
        }
        let named = strangers.run(&["check", "--config", "redvet.toml"]);
        assert_eq!(told(&named).0, Some(2));
        fs::remove_file(&settings).unwrap();
    }
}

#[test]
fn packs_outside_of_the_repository_are_refused() {
    let strangers = Strangers::new();
    let outside = strangers.outside.path();
    symlink(outside, strangers.path().join("policies")).unwrap();
    let absolute = outside.display().to_string();
    let name = outside.file_name().unwrap().to_str().unwrap();
    for entry in ["policies", &absolute, &format!("../{name}"), "../.."] {
        let settings = format!("extends = [\"{entry}\"]\n");
        strangers.scratch.write("redvet.toml", &settings);
        let (code, text) = told(&strangers.run(&["check"]));
        assert_eq!(code, Some(2), "{entry}: {text}");
        assert!(
            text.contains("outside the project") || text.contains("symbolic links"),
            "{entry}: {text}"
        );
    }
}

#[test]
fn ignore_files_that_are_none_cost_their_folder_and_are_told() {
    let make_pipe = |path: &Path| {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    let strangers = Strangers::new();
    strangers.scratch.write("sub/redis.conf", "port 6380 # c\n");
    for name in [".gitignore", ".ignore", ".redvetignore"] {
        for folder in ["", "sub"] {
            let path = strangers.path().join(folder).join(name);
            symlink("/dev/zero", &path).unwrap();
            let (code, text) = told(&strangers.run(&["check", "--format", "concise"]));
            assert!(matches!(code, Some(1 | 2)), "{path:?}: {text}");
            assert!(text.contains(name), "{path:?}: {text}");
            let others = text.contains("redis.conf:1:11");
            assert_eq!(others, folder == "sub", "{path:?}: {text}");
            fs::remove_file(&path).unwrap();
            make_pipe(&path);
            let (code, text) = told(&strangers.run(&["check", "--format", "concise"]));
            assert!(matches!(code, Some(1 | 2)), "{path:?}: {text}");
            fs::remove_file(&path).unwrap();
        }
    }
    // As git has it, a list in a link inside the repository does no harm.
    strangers.scratch.write("list", "sub/\n");
    symlink("list", strangers.path().join(".gitignore")).unwrap();
    let (code, text) = told(&strangers.run(&["check", "--format", "concise"]));
    assert!(code == Some(1) && !text.contains("6380"), "{text}");
}

#[test]
fn nothing_is_written_through_a_link_or_into_the_repository_of_git() {
    let strangers = Strangers::new();
    let victim = strangers.outside.path().join("victim");
    let hook = strangers.path().join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let is_untouched = || {
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious\n");
        assert_eq!(fs::read_to_string(&hook).unwrap(), "precious\n");
    };
    fs::write(&victim, "precious\n").unwrap();
    fs::write(&hook, "precious\n").unwrap();
    let link = strangers.path().join(".redvet-baseline.json");
    symlink(&victim, &link).unwrap();
    let (code, text) = told(&strangers.run(&["baseline", "write"]));
    assert_eq!(code, Some(2), "{text}");
    fs::remove_file(&link).unwrap();
    let absolute = victim.display().to_string();
    for path in [".git/hooks/pre-commit", &absolute, "../../etc/passwd"] {
        let settings = format!("baseline = \"{path}\"\n");
        strangers.scratch.write("redvet.toml", &settings);
        let (code, text) = told(&strangers.run(&["baseline", "write"]));
        assert_eq!(code, Some(2), "{path}: {text}");
    }
    fs::remove_file(strangers.path().join("redvet.toml")).unwrap();
    symlink(&victim, strangers.path().join("report.html")).unwrap();
    symlink(strangers.outside.path(), strangers.path().join("out")).unwrap();
    for target in ["html=report.html", "json=out/victim", "json=out/new"] {
        let (code, text) = told(&strangers.run(&["check", "--format", target]));
        assert_eq!(code, Some(2), "{target}: {text}");
        assert!(text.contains("symbolic links are not followed"), "{text}");
    }
    is_untouched();
    // A file that a person names may lie anywhere.
    let (code, text) = told(&strangers.run(&["baseline", "write", "--file", &absolute]));
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = told(&strangers.run(&["check", "--format", "json=/dev/stdout"]));
    assert!(
        code == Some(1) && text.contains("conf/trailing-comment"),
        "{text}"
    );
}

#[test]
fn patterns_that_are_too_large_are_refused_and_panic_nowhere() {
    let strangers = Strangers::new();
    let deep = "{a,".repeat(200) + "b" + &"}".repeat(200);
    let long = "a*".repeat(100_000);
    for pattern in [&deep, &long] {
        for settings in [
            format!("exclude = [\"{pattern}\"]\n"),
            format!("[[waiver]]\nrule = \"{pattern}\"\nreason = \"x\"\n"),
            format!("[[waiver]]\nrule = \"conf/*\"\npath = \"{pattern}\"\nreason = \"x\"\n"),
            format!("[rules.\"{pattern}\"]\nenabled = false\n"),
        ] {
            strangers.scratch.write("redvet.toml", &settings);
            let (code, text) = told(&strangers.run(&["check"]));
            assert_eq!(code, Some(2), "{text}");
            assert!(!text.contains("internal error"), "{text}");
        }
    }
    fs::remove_file(strangers.path().join("redvet.toml")).unwrap();
    let comment = format!("# redvet: ignore[{long}] x\nport 6379\n");
    strangers.scratch.write("redis.conf", &comment);
    let image = format!("FROM redis:7.2\nCOPY c/{long} /etc/redis/\n");
    strangers.scratch.write("Dockerfile", &image);
    let (code, text) = told(&strangers.run(&["check", "--format", "concise"]));
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
    assert!(!text.contains("internal error"), "panics");
}

#[test]
fn a_folder_cannot_loosen_what_the_root_insists_on() {
    let strangers = Strangers::new();
    let root = "[rules.\"conf/trailing-comment\"]\nnon_waivable = true\n";
    strangers.scratch.write("redvet.toml", root);
    let comment = "# redvet: ignore[conf/trailing-comment] x\nport 6379 # c\n";
    strangers.scratch.write("deploy/redis.conf", comment);
    for settings in [
        "[rules.\"conf/trailing-comment\"]\nenabled = false\n",
        "[rules.\"conf/*\"]\nseverity = \"info\"\n",
        "ignore = [\"conf/*\"]\n",
        "exclude = [\"**\"]\n",
        "select = [\"memory/*\"]\n",
        "min-severity = \"error\"\n",
        "[quiet]\ntests = [\"**\"]\n",
        "[quiet]\nsamples = [\"*.conf\"]\n",
    ] {
        strangers.scratch.write("deploy/redvet.toml", settings);
        let (code, text) = told(&strangers.run(&["check", "deploy"]));
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("is non_waivable in"), "{text}");
    }
    strangers
        .scratch
        .write("deploy/redvet.toml", "profile = \"strict\"\n");
    let (code, text) = told(&strangers.run(&["check", "deploy", "--format", "concise"]));
    assert!(
        code == Some(1) && text.contains("error[conf/trailing-comment]"),
        "{text}"
    );
}

/// The files of a bare repository, committed beside nested settings, whose own branch holds what the
/// change brings: compared with it nothing would be new.
#[test]
fn git_is_asked_in_the_repository_that_holds_the_folder() {
    let strangers = Strangers::new();
    let git = |args: &[&str]| strangers.scratch.git(args);
    strangers.scratch.write("deploy/redvet.toml", "");
    strangers.scratch.write("deploy/redis.conf", "port 6379\n");
    git(&["add", "."]);
    git(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        "commit",
        "-qm",
        "base",
    ]);
    git(&["branch", "base"]);
    strangers
        .scratch
        .write("deploy/redis.conf", "port 6379 # new\n");
    let forged = strangers.path().join("forged");
    let folder = forged.to_str().unwrap();
    git(&["clone", "-q", ".", folder]);
    fs::copy(
        strangers.path().join("deploy/redis.conf"),
        forged.join("redis.conf"),
    )
    .unwrap();
    let inside = |args: &[&str]| git(&[&["-C", folder][..], args].concat());
    inside(&["rm", "-rq", "deploy"]);
    inside(&["add", "."]);
    inside(&[
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b.c",
        "commit",
        "-qm",
        "forged",
    ]);
    inside(&["branch", "-f", "base"]);
    for name in ["HEAD", "config", "objects", "refs", "packed-refs"] {
        let from = forged.join(".git").join(name);
        if from.exists() {
            fs::rename(from, strangers.path().join("deploy").join(name)).unwrap();
        }
    }
    fs::remove_dir_all(&forged).unwrap();
    let check = [
        "check",
        "deploy",
        "--new-from",
        "base",
        "--format",
        "concise",
    ];
    let (code, text) = told(&strangers.run(&check));
    assert!(
        code == Some(1) && text.contains("conf/trailing-comment"),
        "{text}"
    );
}
