//! How long a check takes: the start alone, the smallest estate, and repositories of up to 2,000 files.
//!
//! Those repositories are made in a temporary folder each time, so that their shape stands here and
//! nowhere else: manifests, configuration, Go packages, and files that are none of redvet's business.
//! `cargo bench` prints the figures.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../tests/it/support/harness.rs"]
mod harness;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use harness::{Harness, repository};
use redvet::discover::FileKind;
use redvet::knowledge::Knowledge;
use redvet::load::rules::{self, Trust};
use redvet::source::{Excerpt, FileId, Sources};
use redvet::survey::{Input, Project, survey};
use redvet::syntax::code::{self, CodeGrammar};

fn main() {
    divan::main();
}

/// Knowledge and rules, as each run reads them.
#[divan::bench]
fn start() -> Harness {
    Harness::new()
}

/// The built-in rules as a run reads them: texts, with nothing compiled.
#[divan::bench]
fn rules_loaded() -> usize {
    rules::builtin().rules.len()
}

/// All of them compiled at once, which no run does: each is compiled when a subject meets it.
#[divan::bench]
fn rules_compiled() -> usize {
    let builtin = rules::builtin();
    let compiled = builtin
        .rules
        .rules()
        .filter(|rule| rule.compile(None).is_ok());
    compiled.count()
}

/// The built-in pack held to what a user's pack is held to: schemas, names, types and units.
#[divan::bench]
fn rules_checked(bencher: Bencher<'_, '_>) {
    let vocabulary = Harness::new().knowledge.vocabulary();
    bencher.bench(|| {
        rules::load_builtin(Trust::Checked(&vocabulary))
            .errors
            .len()
    });
}

#[divan::bench]
fn tiny_estate(bencher: Bencher<'_, '_>) {
    let folder = repository("fixtures/estates/relay-miner");
    bencher.bench(|| from_start_to_report(&folder));
}

/// Four times the files should take four times as long.
#[divan::bench(args = [500, 2000], sample_count = 10)]
fn repository_of_files(bencher: Bencher<'_, '_>, files: usize) {
    let tree = tempfile::tempdir().unwrap();
    grow(tree.path(), files);
    bencher.bench(|| from_start_to_report(tree.path()));
}

/// The same without Redis in it: what a run costs where it has nothing to say.
#[divan::bench(args = [2000], sample_count = 10)]
fn noise_of_files(bencher: Bencher<'_, '_>, files: usize) {
    let tree = tempfile::tempdir().unwrap();
    for n in 0..files {
        noise(tree.path(), n);
    }
    bencher.bench(|| from_start_to_report(tree.path()));
}

/// Code that cannot build a client: passed over by its text alone.
#[divan::bench(args = [Code::Go, Code::Rust])]
fn code_passed_over(bencher: Bencher<'_, '_>, code: Code) {
    measure(bencher, code, &code.text());
}

/// The same code with a client at its end: parsed and followed.
#[divan::bench(args = [Code::Go, Code::Rust])]
fn code_with_a_client(bencher: Bencher<'_, '_>, code: Code) {
    measure(bencher, code, &(code.text() + code.client()));
}

/// What parsing alone would cost if nothing were passed over.
#[divan::bench(args = [Code::Go, Code::Rust])]
fn code_parsed(bencher: Bencher<'_, '_>, code: Code) {
    let text: Arc<str> = code.text().into();
    let excerpt = Excerpt::whole(FileId(0), Arc::clone(&text));
    let counted = bencher.counter(BytesCount::new(text.len()));
    let grammar = match code {
        Code::Go => CodeGrammar::Go,
        Code::Rust => CodeGrammar::Rust,
    };
    counted.bench(|| code::parse(grammar, excerpt.clone()));
}

#[derive(Clone, Copy, Debug)]
enum Code {
    Go,
    Rust,
}

impl Code {
    /// A megabyte of plain code.
    fn text(self) -> String {
        let function = match self {
            Self::Go => {
                "\n// total adds up what the items cost.\nfunc total(items []Item) (int, error) {\n\tsum := 0\n\tfor _, item := range items {\n\t\tif item.Price < 0 {\n\t\t\treturn 0, fmt.Errorf(\"%s costs %d\", item.Name, item.Price)\n\t\t}\n\t\tsum += item.Price * item.Count\n\t}\n\treturn sum, nil\n}\n"
            }
            Self::Rust => {
                "\n/// Adds up what the items cost.\nfn total(items: &[Item]) -> Result<i64, Wrong> {\n    let mut sum = 0;\n    for item in items {\n        if item.price < 0 {\n            return Err(Wrong::new(format!(\"{} costs {}\", item.name, item.price)));\n        }\n        sum += item.price * item.count;\n    }\n    Ok(sum)\n}\n"
            }
        };
        let head = match self {
            Self::Go => "package shop\n",
            Self::Rust => "",
        };
        format!("{head}{}", function.repeat((1 << 20) / function.len()))
    }

    fn client(self) -> &'static str {
        match self {
            Self::Go => {
                "\nimport \"github.com/redis/go-redis/v9\"\n\nvar client = redis.NewClient(&redis.Options{PoolSize: 7})\n"
            }
            Self::Rust => {
                "\nasync fn pool() {\n    let manager = bb8_redis::RedisConnectionManager::new(\"redis://h\").unwrap();\n    let _ = bb8_redis::bb8::Pool::builder().max_size(7).build(manager).await;\n}\n"
            }
        }
    }

    fn file(self) -> (&'static str, FileKind) {
        match self {
            Self::Go => ("main.go", FileKind::Go),
            Self::Rust => ("src/main.rs", FileKind::Rust),
        }
    }
}

fn measure(bencher: Bencher<'_, '_>, code: Code, text: &str) {
    let (path, kind) = code.file();
    let knowledge = Knowledge::embedded().unwrap();
    let project = Project {
        inputs: vec![Input {
            path: path.to_owned(),
            kind,
            text: Arc::from(text),
        }],
        ..Project::default()
    };
    bencher
        .counter(BytesCount::new(text.len()))
        .bench(|| survey(Sources::default(), &project, &knowledge));
}

fn from_start_to_report(folder: &Path) -> usize {
    let harness = Harness::new();
    let sample = harness.folder(black_box(folder));
    harness.check(&sample).findings.len()
}

/// Of ten files two are manifests, one is configuration, three are Go, four are none of these.
fn grow(root: &Path, files: usize) {
    for n in 0..files / 10 {
        manifests(root, n);
        write(root, &format!("conf/{n}/redis.conf"), &configuration(n));
        write(root, &format!("service/{n}/client.go"), &client(n));
        write(root, &format!("service/{n}/a.go"), &package(2 * n));
        write(root, &format!("service/{n}/b.go"), &package(2 * n + 1));
        for k in 0..4 {
            noise(root, 4 * n + k);
        }
    }
}

/// Two files: a ConfigMap, and the StatefulSet that mounts it.
fn manifests(root: &Path, n: usize) {
    let conf = configuration(n).replace('\n', "\n    ");
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cache-{n}\ndata:\n  redis.conf: |\n    {conf}\n"
    );
    let set = format!(
        "apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: cache-{n}
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: redis
          image: redis:7.2
          args: [/etc/redis/redis.conf]
          resources:
            limits: {{ memory: 4Gi, cpu: \"4\" }}
          volumeMounts:
            - {{ name: conf, mountPath: /etc/redis }}
      volumes:
        - name: conf
          configMap: {{ name: cache-{n} }}
"
    );
    write(root, &format!("deploy/{n}/config.yaml"), &map);
    write(root, &format!("deploy/{n}/server.yaml"), &set);
}

fn configuration(n: usize) -> String {
    format!(
        "maxmemory {}mb\nio-threads 3 # of 4\nappendonly yes\nhz 10\ntimeout 0\n",
        2048 + n
    )
}

fn client(n: usize) -> String {
    format!(
        "package service

import \"github.com/redis/go-redis/v9\"

func connect{n}(url string) *redis.Client {{
	options, _ := redis.ParseURL(url)
	options.MinIdleConns = {n}
	return redis.NewClient(options)
}}
"
    )
}

fn package(n: usize) -> String {
    let body = (0..40).map(|line| format!("\ttotal += {line} * factor{n}\n"));
    format!(
        "package service\n\nconst factor{n} = {n}\n\nfunc sum{n}() int {{\n\ttotal := 0\n{}\treturn total\n}}\n",
        body.collect::<String>()
    )
}

/// What other people keep in repositories: manifests of other things, text, data.
fn noise(root: &Path, n: usize) {
    let sentence = "Nothing in here has to do with any server.\n".repeat(60);
    match n % 4 {
        0 => write(
            root,
            &format!("web/{n}/deployment.yaml"),
            &other_manifest(n),
        ),
        1 => write(root, &format!("docs/{n}.md"), &sentence),
        2 => write(
            root,
            &format!("data/{n}.json"),
            &format!("[{}0]", "1, 2, ".repeat(400)),
        ),
        _ => write(root, &format!("src/{n}.txt"), &sentence),
    }
}

fn other_manifest(n: usize) -> String {
    let env = (0..30).map(|k| format!("            - {{ name: KEY_{k}, value: \"{n}\" }}\n"));
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{n}
spec:
  template:
    spec:
      containers:
        - name: web
          image: example.org/web:1.{n}
          env:
{}",
        env.collect::<String>()
    )
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
