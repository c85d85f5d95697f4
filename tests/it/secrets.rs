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

/// Lines beside a finding, in a file of each kind, that hold the password `{}`. Nothing reads most of
/// them: the excerpt of the finding shows them.
const PLACES: &[(&str, &str, &[&str])] = &[
    (
        "redis.conf",
        "maxmemory 1gb\nhz 10 # x\n@\nhz 10 # y\nport 6379\n",
        &[
            "requirepass {}",
            "masterauth \"{}\"",
            "primaryauth {} # note",
            "slaveauth {}",
            "user app on >{} ~* +@all",
            "user app on #{} ~* +@all",
            "user app on >{}\" ~*",
            "user \"app\" \"on\" \">{}\"",
            "requirepass=\"{}\"",
            "requirepass={}",
            "requirepass: {}",
            "requirepass\u{a0}{}",
            "requirepass x {}",
            "REQUIREPASS {}",
            "require-pass {}",
            "tls-key-file-pass {}",
            "# requirepass {}",
            "#requirepass {}",
            "# the password is {}",
            "# redis://:{}@host:6379",
            "requirepass \"{}",
            "password {}",
            "AUTH {}",
            "replicaof redis://:{}@h 6379",
            "--requirepass {}",
            "export REDIS_PASSWORD={}",
            "requirepass ${PW:-{}}",
            "- requirepass {}",
        ],
    ),
    (
        "compose.yaml",
        "services:\n  r:\n    image: redis:7.2.6\n    command: redis-server --hz abc\n    @\n    mem_limit: 1g\n",
        &[
            "environment: [\"REDIS_URL=redis://:{}@h\"]",
            "environment: {PASSWORD: {}}",
            "environment: {API_TOKEN: \"{}\"}",
            "environment: {MYSQL_PWD: {}}",
            "healthcheck: {test: \"redis-cli -a {} ping\"}",
            "healthcheck: {test: [\"CMD-SHELL\", \"redis-cli -a '{}' ping\"]}",
            "healthcheck: {test: [\"CMD\", \"redis-cli\", \"-a{}\", \"ping\"]}",
            "healthcheck: {test: [\"CMD\", \"redis-cli\", \"--pass\", \"{}\", \"ping\"]}",
            "labels: {x: \"redis://u:{}@h\"}",
            "x: [{name: REDIS_PASSWORD, value: {}}]",
            "x: \"h:6379,password={},ssl=True\"",
            "# password: {}",
        ],
    ),
    (
        "Dockerfile",
        "FROM redis:7.2.6\n@\nCMD [\"redis-server\",\"--hz\",\"abc\"]\n",
        &[
            "ENV REDIS_PASSWORD={}",
            "ENV REDIS_PASSWORD {}",
            "ARG REDIS_PASSWORD={}",
            "HEALTHCHECK CMD redis-cli -a {} ping",
            "LABEL x=redis://:{}@h",
            "RUN echo \"requirepass {}\" >> /redis.conf",
        ],
    ),
    (
        "redis.service",
        "[Service]\nExecStart=/usr/bin/redis-server --hz abc\n@\n",
        &[
            "Environment=REDIS_PASSWORD={}",
            "ExecStop=/usr/bin/redis-cli -a {} shutdown",
            "ExecStartPost=/bin/sh -c \"REDISCLI_AUTH={} redis-cli ping\"",
        ],
    ),
    (
        "main.tf",
        "resource \"kubernetes_config_map\" \"c\" {\n  metadata { name = \"c\" }\n  data = {\n    \"redis.conf\" = \"hz abc\"\n    @\n    \"r2.conf\" = \"hz abc\"\n  }\n}\n",
        &[
            "\"password\" = \"{}\"",
            "\"url\" = \"redis://:{}@h\"",
            "# password {}",
        ],
    ),
    (
        "main.go",
        "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar a = redis.NewClient(&redis.Options{Addr: \"h:6379\", PoolSize: -1})\n@\nvar z = redis.NewClient(&redis.Options{Addr: \"h:6379\", PoolSize: -1})\n",
        &[
            "const password = \"{}\"",
            "// password {}",
            "var x = \"redis://:{}@h:6379\"",
            "var y = redis.Options{Password: getenv(\"PW\", \"{}\"), PoolSize: -1}",
            "var y = redis.Options{Password: \"a\" + \"{}\"}",
            "var y = redis.Options{Addr: \"u:{}@h:6379\"}",
            "var c, _ = redis.ParseURL(\"redis://u:\" + \"{}\" + \"@h:6379/0\")",
            "var c, _ = redis.ParseURL(fmt.Sprintf(\"redis://u:%s@h:6379/0\", \"{}\"))",
            "var e = x.Do(nil, \"AUTH\", \"{}\")",
            "var e = x.ConfigSet(nil, \"requirepass\", \"{}\")",
        ],
    ),
];

/// What is no secret stays to be read.
const PLAIN: &[&str] = &[
    "# redis://${HOST}:6379",
    "tls-auth-clients no",
    "acllog-max-len 128",
];

#[test]
fn no_line_beside_a_finding_shows_a_password() {
    let mut shown_ones = Vec::new();
    for (path, frame, lines) in PLACES {
        for line in *lines {
            let folder = tempfile::tempdir().unwrap();
            let text = frame.replace('@', &line.replace("{}", SECRET));
            fs::write(folder.path().join(path), text).unwrap();
            for args in [
                &["check", "--isolated", "--output-format", "full", "."][..],
                &["check", "--isolated", "--diff", "--unsafe-fixes", "."],
            ] {
                let text = said(folder.path(), args);
                if text.contains(SECRET) {
                    shown_ones.push(format!("{path}: {line}: {:?}", shown(&text)));
                }
            }
        }
    }
    assert_no_faults("no line shows a password", shown_ones);
}

#[test]
fn what_is_no_secret_is_shown() {
    for line in PLAIN {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("maxmemory 1gb\nhz 10 # x\n{line}\nhz 10 # y\n");
        fs::write(folder.path().join("redis.conf"), text).unwrap();
        let text = said(folder.path(), &["check", "--isolated", "."]);
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// Mistakes in settings are shown, too.
#[test]
fn a_mistake_in_the_settings_shows_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("x = 1\npassword = \"{SECRET}\"\n");
    fs::write(folder.path().join("redvet.toml"), text).unwrap();
    let text = said(folder.path(), &["check", "."]);
    assert!(text.contains("unknown key"), "{text}");
    assert_no_faults("settings", shown(&text));
}

/// A runner of workflows obeys lines of what it is shown.
#[test]
fn no_output_holds_a_command_of_a_runner() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("::error::forged")).unwrap();
    let conf = "maxmemory 1gb\nhz 10 # ##[stop-commands]x ##vso[task.x]\n";
    for path in ["redis.conf", "::error::forged/redis.conf"] {
        fs::write(root.join(path), conf).unwrap();
    }
    let views: [&[&str]; 2] = [
        &["effective", "--isolated", "."],
        &["check", "--isolated", "--show-files", "."],
    ];
    let checks = FORMATS
        .iter()
        .map(|format| vec!["check", "--isolated", "--output-format", format, "."]);
    for args in checks.chain(views.map(<[&str]>::to_vec)) {
        let text = said(root, &args);
        let is_command = |line: &&str| {
            line.contains("##[")
                || line.contains("##vso[")
                || line.trim_start().starts_with("::error::forged")
        };
        assert_no_faults(&format!("{args:?}"), text.lines().filter(is_command));
    }
}

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
