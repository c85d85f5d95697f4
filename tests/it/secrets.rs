//! No password of a deployment is in any output, however it is written there: in files, arguments,
//! scripts, variables, health checks.

use crate::support::assert_no_faults;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What stands in the files wherever a password can stand.
const SECRET: &str = "hunter2";

const FILES: &[(&str, &str)] = &[
    (
        "docker-compose.yml",
        "services:
  words:
    image: redis:7.2.6
    command: redis-server --requirepass hunter2-words --maxmemory 2gb --hz 5
    mem_limit: 1g
    ports: ['6379:6379']
  list:
    image: redis:7.2.6
    command:
      - redis-server
      - --requirepass hunter2-list
      - --maxmemory
      - 2gb
      - --masterauth
      - hunter2-master
    healthcheck:
      test: ['CMD', 'redis-cli', '-a', 'hunter2-list', 'ping']
    mem_limit: 1g
  script:
    image: redis:7.2.6
    environment:
      REDIS_PASSWORD: hunter2-variable
    command: [sh, -c, 'exec redis-server --requirepass $$REDIS_PASSWORD --maxmemory 2gb']
    mem_limit: 1g
  file:
    image: redis:7.2.6
    command: redis-server /redis.conf --requirepass ${PASSWORD} --masterauth ${OTHER:-hunter2-default}
    volumes: ['./redis.conf:/redis.conf']
    mem_limit: 1g
  config:
    image: redis:7.2.6
    command: redis-server /redis.conf
    configs: [{source: conf, target: /redis.conf}]
    mem_limit: 1g
configs:
  conf:
    content: |
      requirepass hunter2-config
      maxmemory 2gb
",
    ),
    (".env", "PASSWORD=hunter2-env\n"),
    (
        "redis.conf",
        "maxmemory 2gb\nrequirepass hunter2-file\nuser app on >hunter2-user ~* +@all\nrequirepas hunter2-misspelt\n",
    ),
    (
        "Dockerfile",
        "FROM redis:7.2.6\nCMD [\"redis-server\", \"--requirepass\", \"hunter2-image\", \"--hz\", \"5\", \"--maxmemory\", \"2x\"]\n",
    ),
    (
        "redis.service",
        "[Service]\nExecStart=/usr/bin/redis-server --maxmemory 2gb --requirepass hunter2-unit --hz 5\nMemoryMax=1G\n",
    ),
    (
        "main.tf",
        "resource \"kubernetes_config_map\" \"c\" {\n  metadata { name = \"c\" }\n  data = {\n    \"redis.conf\" = <<-EOT\n      requirepass hunter2-terraform\n      maxmemory 2x\n    EOT\n  }\n}\n",
    ),
    (
        "defaults/main.yml",
        "redis_requirepass: hunter2-ansible\nredis_maxmemory: 2x\n",
    ),
];

const FORMATS: &[&str] = &[
    "full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "rdjson", "markdown",
];

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Everything that a run says.
fn said(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_redvet"))
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    String::from_utf8(said).unwrap()
}

fn shown(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains(SECRET)).collect()
}

#[test]
fn no_format_shows_a_password() {
    let folder = tree();
    for format in FORMATS {
        let text = said(
            folder.path(),
            &["check", "--isolated", "--output-format", format, "."],
        );
        assert!(
            text.contains("maxmemory"),
            "{format} says nothing of the tree: {text}"
        );
        assert_no_faults(&format!("{format} shows no secret"), shown(&text));
    }
}

#[test]
fn no_view_shows_a_password() {
    let folder = tree();
    for args in [
        &["effective", "--isolated", "--all", "."][..],
        &["effective", "--isolated", "--output-format", "json", "."],
        &["check", "--isolated", "--show-undetermined", "."],
    ] {
        let text = said(folder.path(), args);
        assert!(text.contains("service/words"), "{args:?}: {text}");
        assert_no_faults(&format!("{args:?} shows no secret"), shown(&text));
    }
}

#[test]
fn each_kind_of_place_is_found() {
    let folder = tree();
    let text = said(
        folder.path(),
        &["check", "--isolated", "--output-format", "concise", "."],
    );
    let found = text.matches("[security/plaintext-password]").count();
    assert!(found >= 8, "{text}");
}
