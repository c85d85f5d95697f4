//! Work grows as the input does: each generated tree is doubled twice, and the processor time of a
//! check with its reports may not grow by much more.
//!
//! The time of the one thread that works is a first look: the least of several rounds, as the kernel
//! counts it. It depends on what else the machine does, so it accuses and does not judge: of a case that
//! every round accuses, valgrind counts the instructions, which depend on nothing else. `REDVET_GROWTH=NAME cargo test --test it -- growth --nocapture` runs the cases
//! whose names hold the word and prints the table of `docs/security.md`.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::Command;
use std::time::Duration;

use redvet::report::{PageHeader, TextLayout, full, html, json};

use crate::support::assert_no_faults;
use crate::support::harness::{Harness, Sample};

/// What twice the input may cost, in instructions and in bytes of the report.
const MAX_GROWTH: f64 = 2.3;

/// From where time accuses: other work on the machine makes 2.4 of what is 2.0.
const MAX_TIME: f64 = 2.5;

/// Rounds before a case is counted.
const ROUNDS: usize = 3;

/// A measurement below this says more about the clock than about the work.
const LEAST: Duration = Duration::from_millis(20);

/// Files with their texts.
type Tree = Vec<(String, String)>;

/// A tree of any size.
struct GrowingTree {
    name: &'static str,
    /// The size to begin with; it is doubled twice.
    start: usize,
    tree: fn(usize) -> Tree,
}

/// What a size cost.
#[derive(Clone, Copy)]
struct TreeCost {
    time: Duration,
    /// Of the JSON report.
    bytes: usize,
}

/// The processor time of this thread so far.
fn thread_time() -> Duration {
    let counted = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = counted.split(' ').next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}

fn cost(harness: &Harness, sample: &Sample) -> TreeCost {
    let before = thread_time();
    let report = harness.check(sample);
    let bytes = json::render(&report).unwrap().len();
    full::render(&report, TextLayout::default(), full::FullDetail::default());
    let estate = harness.effective(sample);
    html::render(&report, &estate, &[], &PageHeader::default());
    TreeCost {
        time: thread_time() - before,
        bytes,
    }
}

/// The least cost of each size, once they show bounded growth or the rounds are over.
fn costs(harness: &Harness, case: &GrowingTree) -> [TreeCost; 3] {
    let sizes = [case.start, 2 * case.start, 4 * case.start];
    let samples = sizes.map(|size| {
        let tree = (case.tree)(size);
        harness.texts(tree.iter().map(|(path, text)| (&**path, &**text)))
    });
    let mut least = samples.each_ref().map(|sample| cost(harness, sample));
    for _ in 1..ROUNDS {
        if grown(&least).is_none() {
            break;
        }
        for (least, sample) in least.iter_mut().zip(&samples) {
            let again = cost(harness, sample);
            least.time = least.time.min(again.time);
        }
    }
    least
}

/// The instructions of a check of a tree by the program.
fn count_instructions(tree: &Tree) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in tree {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no"])
        .arg("--cachegrind-out-file=/dev/null")
        .arg(env!("CARGO_BIN_EXE_redvet"))
        .args([
            "check",
            "--isolated",
            "--exit-zero",
            "--allow-empty",
            "--format",
            "json",
            ".",
        ])
        .current_dir(folder.path())
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap_or_else(|why| panic!("a case that looks as if it grew needs valgrind: {why}"));
    let said = String::from_utf8(output.stderr).unwrap();
    let line = said.lines().find(|line| line.contains("refs:"));
    let figure = line.and_then(|line| line.split("refs:").nth(1));
    let digits = figure.unwrap_or_default().trim().replace(',', "");
    digits.parse().unwrap_or_else(|_| panic!("{said}"))
}

fn bytes_grow(costs: &[TreeCost; 3]) -> bool {
    let mut pairs = costs.windows(2);
    pairs.any(|pair| pair[1].bytes as f64 / pair[0].bytes as f64 > MAX_GROWTH)
}

/// What is wrong with the growth, if anything is.
fn grown(costs: &[TreeCost; 3]) -> Option<String> {
    let too_much = costs.windows(2).find_map(|pair| {
        let time = pair[1].time.as_secs_f64() / pair[0].time.max(LEAST).as_secs_f64();
        let bytes = pair[1].bytes as f64 / pair[0].bytes as f64;
        (time > MAX_TIME || bytes > MAX_GROWTH).then(|| time.max(bytes))
    });
    too_much.map(|worst| format!("twice the input cost {worst:.1} times as much"))
}

/// Runs a case on a thread of its own, whose time nothing else adds to.
fn measured(harness: &Harness, case: &GrowingTree) -> [TreeCost; 3] {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    threads.unwrap().install(|| costs(harness, case))
}

#[test]
fn twice_the_input_costs_twice_the_work() {
    let wanted = std::env::var("REDVET_GROWTH").unwrap_or_default();
    let harness = Harness::new();
    let mut faults = Vec::new();
    let mut start_up = None;
    for case in TREES.iter().filter(|case| case.name.contains(&wanted)) {
        let costs = measured(&harness, case);
        let [first, second, third] = costs.map(|cost| cost.time.as_secs_f64() * 1000.0);
        println!(
            "| {} | {} | {first:.0} | {second:.0} | {third:.0} | {:.2} | {:.2} |",
            case.name,
            case.start,
            second / first,
            third / second
        );
        let Some(why) = grown(&costs) else {
            continue;
        };
        let none = *start_up.get_or_insert_with(|| count_instructions(&Tree::new()));
        let counted = [1, 2, 4].map(|times| count_instructions(&(case.tree)(times * case.start)));
        println!("{}: {why}; instructions: {counted:?}", case.name);
        let [first, second, third] = counted.map(|count| count - none);
        let worst = (second / first).max(third / second);
        if worst > MAX_GROWTH || bytes_grow(&costs) {
            faults.push(format!(
                "{}: {why}; {worst:.2} times the instructions",
                case.name
            ));
        }
    }
    assert_no_faults("work grows as the input does", faults);
}

/// The measurement itself can fail: work that is quadratic is told.
#[test]
fn quadratic_work_is_told() {
    let cost = |milliseconds| TreeCost {
        time: Duration::from_millis(milliseconds),
        bytes: 1,
    };
    assert!(grown(&[cost(50), cost(200), cost(800)]).is_some());
    assert!(grown(&[cost(50), cost(100), cost(260)]).is_some());
    assert!(grown(&[cost(50), cost(110), cost(230)]).is_none());
    let mut long = [cost(50), cost(100), cost(200)];
    long[2].bytes = 4;
    assert!(grown(&long).is_some());
    let busy = || {
        let until = thread_time() + Duration::from_millis(50);
        while thread_time() < until {}
    };
    let before = thread_time();
    busy();
    assert!(thread_time() - before >= Duration::from_millis(50));
}

/// `n` texts in a row.
fn joined(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect()
}

fn file(path: &str, text: String) -> (String, String) {
    (path.to_owned(), text)
}

const GO_MOD: &str =
    "module example.com/x\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";
const GO_HEAD: &str = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\n";

fn go(body: &str) -> Tree {
    vec![
        file("go.mod", GO_MOD.to_owned()),
        file("main.go", format!("{GO_HEAD}{body}")),
    ]
}

const CARGO: &str = "[package]\nname = \"w\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\nredis = \"0.27\"\nbb8-redis = \"0.17\"\n";

fn rust(body: &str) -> Tree {
    vec![
        file("Cargo.toml", CARGO.to_owned()),
        file("src/main.rs", format!("use redis::Client;\n{body}")),
    ]
}

const OPEN: &str = "Client::open(\"redis://h:6379/\").unwrap()";

fn workload(name: &str, pod: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: {name} }}\nspec:\n  template:\n    metadata: {{ labels: {{ app: {name} }} }}\n    spec:\n{pod}"
    )
}

fn server(name: &str) -> String {
    workload(
        name,
        "      containers:\n        - { name: r, image: 'redis:7.2.6', args: [--maxmemory, 1gb] }\n",
    )
}

fn config_map(name: &str, text: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name} }}\ndata:\n  redis.conf: |\n{text}"
    )
}

fn service(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{ name: {name} }}\nspec: {{ selector: {{ app: {name} }}, ports: [ {{ port: 6379 }} ] }}\n"
    )
}

const TREES: &[GrowingTree] = &[
    GrowingTree {
        name: "servers, a file each",
        start: 40,
        tree: |n| {
            (0..n)
                .map(|i| file(&format!("s{i}/a.yaml"), server(&format!("redis{i}"))))
                .collect()
        },
    },
    GrowingTree {
        name: "servers, their services and clients in packages of modules",
        start: 20,
        tree: |n| {
            let of = |i: usize| {
                let name = format!("redis{i}");
                let client = format!(
                    "{GO_HEAD}func main() {{ _ = redis.NewClient(&redis.Options{{Addr: \"{name}:6379\", PoolSize: 10}}) }}\n"
                );
                [
                    file(&format!("s{i}/a.yaml"), server(&name) + &service(&name)),
                    file(
                        &format!("c{i}/go.mod"),
                        GO_MOD.replace("/x", &format!("/x{i}")),
                    ),
                    file(&format!("c{i}/main.go"), client),
                ]
            };
            (0..n).flat_map(of).collect()
        },
    },
    GrowingTree {
        name: "workloads beside programs that they run",
        start: 20,
        tree: |n| {
            let of = |i: usize| {
                let pod = format!(
                    "      containers:\n        - {{ name: app, image: 'app{i}:1', command: [/app{i}], env: [ {{ name: REDIS_URL, value: 'redis://redis{i}:6379' }} ] }}\n"
                );
                let code = "package main\n\nimport (\n\t\"os\"\n\t\"github.com/redis/go-redis/v9\"\n)\n\nfunc main() {\n\to, _ := redis.ParseURL(os.Getenv(\"REDIS_URL\"))\n\t_ = redis.NewClient(o)\n}\n".to_owned();
                [
                    file(
                        &format!("s{i}/a.yaml"),
                        server(&format!("redis{i}")) + &service(&format!("redis{i}")),
                    ),
                    file(&format!("d{i}/a.yaml"), workload(&format!("app{i}"), &pod)),
                    file(&format!("cmd/app{i}/main.go"), code),
                ]
            };
            std::iter::once(file("go.mod", GO_MOD.to_owned()))
                .chain((0..n).flat_map(of))
                .collect()
        },
    },
    GrowingTree {
        name: "Go: clients of one function",
        start: 100,
        tree: |n| {
            let clients = joined(n, |i| {
                format!(
                    "\tc{i} := redis.NewClient(&redis.Options{{Addr: \"redis:6379\", PoolSize: 10}})\n\t_ = c{i}\n"
                )
            });
            go(&format!("func main() {{\n{clients}}}\n"))
        },
    },
    GrowingTree {
        name: "Go: functions with a client",
        start: 50,
        tree: |n| {
            go(&joined(n, |i| {
                format!(
                    "func f{i}() *redis.Client {{ return redis.NewClient(&redis.Options{{PoolSize: 10}}) }}\n"
                )
            }))
        },
    },
    GrowingTree {
        name: "Go: loops that start goroutines",
        start: 100,
        tree: |n| {
            let body = "\tfor i := 0; i < 10; i++ { go func() { c.XReadGroup(nil, nil) }() }\n";
            go(&format!(
                "var c = redis.NewClient(&redis.Options{{}})\n\nfunc main() {{\n{}}}\n",
                body.repeat(n)
            ))
        },
    },
    GrowingTree {
        name: "Go: calls of one function that makes a client",
        start: 250,
        tree: |n| {
            let calls = joined(n, |i| format!("\tmk({i})\n"));
            go(&format!(
                "func mk(n int) *redis.Client {{ return redis.NewClient(&redis.Options{{PoolSize: n}}) }}\n\nfunc main() {{\n{calls}}}\n"
            ))
        },
    },
    GrowingTree {
        name: "Go: operators before a name",
        start: 2_000,
        tree: |n| {
            go(&format!(
                "func main() {{\n\t_ = redis.NewClient({}redis.Options{{}})\n}}\n",
                "& ".repeat(n)
            ))
        },
    },
    GrowingTree {
        name: "Go: functions inside functions",
        start: 20,
        tree: |n| {
            go(&format!(
                "func main() {{\n{}redis.NewClient(&redis.Options{{}})\n{}}}\n",
                "func() {\n".repeat(n),
                "}()\n".repeat(n)
            ))
        },
    },
    GrowingTree {
        name: "Go: choices about one option",
        start: 80,
        tree: |n| {
            let choices = joined(n, |i| format!("\tif x() {{ o.PoolSize = {i} }}\n"));
            go(&format!(
                "func main() {{\n\to := &redis.Options{{}}\n{choices}\tredis.NewClient(o)\n}}\n\nfunc x() bool {{ return true }}\n"
            ))
        },
    },
    GrowingTree {
        name: "Go: packages of a module",
        start: 25,
        tree: |n| {
            let package = |i: usize| {
                let text = GO_HEAD.replace("main", &format!("p{i}"));
                file(
                    &format!("p{i}/m.go"),
                    text + "func F() *redis.Client { return redis.NewClient(&redis.Options{}) }\n",
                )
            };
            std::iter::once(file("go.mod", GO_MOD.to_owned()))
                .chain((0..n).map(package))
                .collect()
        },
    },
    GrowingTree {
        name: "Rust: clients of one function",
        start: 300,
        tree: |n| {
            let clients = joined(n, |i| format!("    let c{i} = {OPEN};\n"));
            rust(&format!("fn main() {{\n{clients}}}\n"))
        },
    },
    GrowingTree {
        name: "Rust: tasks that block",
        start: 12,
        tree: |n| {
            let task = "    tokio::spawn(async move { let mut k = c.get_multiplexed_async_connection().await.unwrap(); loop { let _: () = k.blpop(\"a\", 0.0).await.unwrap(); } });\n";
            rust(&format!(
                "#[tokio::main]\nasync fn main() {{\n    let c = {OPEN};\n{}}}\n",
                task.repeat(n)
            ))
        },
    },
    GrowingTree {
        name: "Rust: modules inside modules",
        start: 60,
        tree: |n| {
            rust(&format!(
                "{}pub fn f() -> Client {{ {OPEN} }}\n{}\n",
                joined(n, |i| format!("mod m{i} {{ use super::*;\n")),
                "}".repeat(n)
            ))
        },
    },
    GrowingTree {
        name: "Rust: modules beside modules",
        start: 250,
        tree: |n| {
            rust(&joined(n, |i| {
                format!("mod m{i} {{ use super::*; pub fn f() -> Client {{ {OPEN} }} }}\n")
            }))
        },
    },
    GrowingTree {
        name: "Rust: modules that hand each other's names on",
        start: 30,
        tree: |n| {
            let mut files = rust(
                "mod events;\nuse crate::events::*;\nfn main() {\n    let client = Client::open(\"redis://cache\").unwrap();\n    Started.emit(client);\n}\n",
            );
            let module = |i: usize| {
                let uses = ["use redis::Client;\n", ""][i % 2];
                file(
                    &format!("src/events/e{i}.rs"),
                    format!("use super::*;\n{uses}pub struct Seen{i};\n"),
                )
            };
            files.extend((0..n).map(module));
            let parent = joined(n, |i| format!("mod e{i};\npub use self::e{i}::*;\n"));
            files.push(file("src/events/mod.rs", parent));
            files
        },
    },
    GrowingTree {
        name: "Rust: packages of a workspace",
        start: 60,
        tree: |n| {
            let package = |i: usize| {
                [
                    file(
                        &format!("c{i}/Cargo.toml"),
                        CARGO.replace("\"w\"", &format!("\"c{i}\"")),
                    ),
                    file(
                        &format!("c{i}/src/main.rs"),
                        format!("use redis::Client;\nfn main() {{ {OPEN}; }}\n"),
                    ),
                ]
            };
            std::iter::once(file(
                "Cargo.toml",
                "[workspace]\nmembers = [\"c*\"]\n".to_owned(),
            ))
            .chain((0..n).flat_map(package))
            .collect()
        },
    },
    GrowingTree {
        name: "Python: clients of one function",
        start: 40,
        tree: |n| {
            let clients = joined(n, |i| {
                format!("    c{i} = redis.Redis(host=\"redis\", db={i})\n")
            });
            vec![
                file("requirements.txt", "redis==5.2.0\n".to_owned()),
                file(
                    "main.py",
                    format!("import redis\n\n\ndef main():\n{clients}"),
                ),
            ]
        },
    },
    GrowingTree {
        name: "Python: variables beside classes of settings",
        start: 250,
        tree: |n| {
            let variables = joined(n, |i| format!("V{i} = {i}\n"));
            let classes = joined(n, |i| {
                format!("class C{i}:\n    CACHE_TYPE = \"RedisCache\"\n    PORT = {i}\n\n\n")
            });
            let read = joined(n, |i| format!("P{i} = C{i}.PORT\n"));
            vec![
                file(
                    "requirements.txt",
                    "Flask-Caching==2.3.1\nredis==5.2.0\n".to_owned(),
                ),
                file(
                    "config.py",
                    format!("import flask_caching\n{variables}\n\n{classes}{read}"),
                ),
            ]
        },
    },
    GrowingTree {
        name: "Python: functions with a client",
        start: 40,
        tree: |n| {
            let functions = joined(n, |i| {
                format!("def f{i}():\n    return redis.Redis(host=\"redis\", db={i})\n\n\n")
            });
            vec![
                file("requirements.txt", "redis==5.2.0\n".to_owned()),
                file("main.py", format!("import redis\n\n\n{functions}")),
            ]
        },
    },
    GrowingTree {
        name: "Python: modules of a program",
        start: 20,
        tree: |n| {
            let module = |i: usize| {
                file(
                    &format!("app/m{i}.py"),
                    format!(
                        "import redis\nfrom app.m{} import make as other\n\n\ndef make():\n    other()\n    return redis.Redis(host=\"redis\")\n",
                        i + 1
                    ),
                )
            };
            let head = [
                file("requirements.txt", "redis==5.2.0\n".to_owned()),
                file("app/__init__.py", String::new()),
            ];
            head.into_iter().chain((0..n).map(module)).collect()
        },
    },
    GrowingTree {
        name: "findings of one text",
        start: 250,
        tree: |n| vec![file("redis.conf", "hz 10 # x\n".repeat(n))],
    },
    GrowingTree {
        name: "directives that nobody knows",
        start: 1_000,
        tree: |n| {
            vec![file(
                "redis.conf",
                joined(n, |i| format!("maxmemoryx{i} 1\n")),
            )]
        },
    },
    GrowingTree {
        name: "secrets of one file",
        start: 100,
        tree: |n| {
            let lines = "    requirepass x # y\n".repeat(n / 25);
            vec![file(
                "a.yaml",
                joined(25, |i| config_map(&format!("redis{i}"), &lines)),
            )]
        },
    },
    GrowingTree {
        name: "services of a compose file",
        start: 40,
        tree: |n| {
            let services = joined(n, |i| {
                format!(
                    "  cache{i}:\n    image: redis:7.2.6\n    command: redis-server --maxmemory 1gb\n    environment: {{ A: $A{i} }}\n"
                )
            });
            vec![file("compose.yaml", format!("services:\n{services}"))]
        },
    },
    GrowingTree {
        name: "compose files",
        start: 40,
        tree: |n| {
            let text = "services:\n  cache:\n    image: redis:7.2.6\n    build: .\n";
            (0..n)
                .map(|i| file(&format!("p{i}/compose.yaml"), text.to_owned()))
                .collect()
        },
    },
    GrowingTree {
        name: "compose files of one folder",
        start: 20,
        tree: |n| {
            let text = "services:\n  r: { image: 'redis:7', command: redis-server --hz abc }\n";
            (0..n)
                .map(|i| file(&format!("compose.{i}.yaml"), text.to_owned()))
                .collect()
        },
    },
    GrowingTree {
        name: "texts of a file",
        start: 50,
        tree: |n| {
            let texts = joined(n, |i| {
                format!("  redis-{i}.conf: \"maxmemory 1gb\\r\\nhz 10\"\n")
            });
            vec![file(
                "a.yaml",
                format!(
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: redis }}\ndata:\n{texts}"
                ),
            )]
        },
    },
    GrowingTree {
        name: "containers of a pod",
        start: 70,
        tree: |n| {
            let containers = joined(n, |i| {
                format!(
                    "        - {{ name: r{i}, image: 'redis:7.2.6', args: [--maxmemory, 1gb] }}\n"
                )
            });
            vec![file(
                "a.yaml",
                workload("redis", &format!("      containers:\n{containers}")),
            )]
        },
    },
    GrowingTree {
        name: "variables of a container",
        start: 250,
        tree: |n| {
            let entries = joined(n, |i| {
                format!("            - {{ name: V{i}, value: '$(V{})' }}\n", i + 1)
            });
            vec![file(
                "a.yaml",
                workload(
                    "redis",
                    &format!(
                        "      containers:\n        - name: r\n          image: redis:7.2.6\n          args: [--maxmemory, $(V0)]\n          env:\n{entries}"
                    ),
                ),
            )]
        },
    },
    GrowingTree {
        name: "documents of a stream",
        start: 40,
        tree: |n| {
            vec![file(
                "a.yaml",
                joined(n, |i| {
                    config_map(&format!("redis{i}"), "    maxmemory 1gb\n")
                }),
            )]
        },
    },
    GrowingTree {
        name: "workloads, services and texts of one stream",
        start: 30,
        tree: |n| {
            vec![file(
                "a.yaml",
                joined(n, |i| {
                    let name = format!("redis{i}");
                    let pod = format!(
                        "      containers:\n        - {{ name: r, image: 'redis:7.2.6', command: [redis-server, /c/redis.conf], volumeMounts: [ {{ name: c, mountPath: /c }} ] }}\n      volumes: [ {{ name: c, configMap: {{ name: {name} }} }} ]\n"
                    );
                    workload(&name, &pod)
                        + &service(&name)
                        + &config_map(&name, "    hz 10\n    replicaof redis0 6379\n")
                }),
            )]
        },
    },
    GrowingTree {
        name: "objects that are no server",
        start: 1_200,
        tree: |n| {
            vec![file(
                "a.yaml",
                format!("# redis\n{}", joined(n, |i| service(&format!("s{i}")))),
            )]
        },
    },
    GrowingTree {
        name: "kustomize patches with patterns",
        start: 16,
        tree: |n| {
            let patches =
                "- { target: { kind: ConfigMap, name: '(\\w{60}){20}' }, patch: '[]' }\n".repeat(n);
            vec![
                file(
                    "kustomization.yaml",
                    format!("resources: [r.yaml]\npatches:\n{patches}"),
                ),
                file("r.yaml", config_map("redis", "    hz 10\n")),
            ]
        },
    },
    GrowingTree {
        name: "kustomize overlays of one base",
        start: 80,
        tree: |n| {
            let overlay = |i: usize| {
                file(
                    &format!("k{i}/kustomization.yaml"),
                    format!("resources: [../b]\nnamePrefix: a{i}-\n"),
                )
            };
            let base = [
                file("b/kustomization.yaml", "resources: [r.yaml]\n".to_owned()),
                file("b/r.yaml", config_map("redis", "    hz 10 # x\n")),
            ];
            base.into_iter().chain((0..n).map(overlay)).collect()
        },
    },
    GrowingTree {
        name: "charts with their own values",
        start: 20,
        tree: |n| {
            let chart = |i: usize| {
                let folder = format!("charts/c{i}");
                [
                    file(
                        &format!("{folder}/Chart.yaml"),
                        format!("apiVersion: v2\nname: c{i}\nversion: 1.0.0\n"),
                    ),
                    file(
                        &format!("{folder}/values.yaml"),
                        "redis:\n  conf: |\n    hz 10\n".to_owned(),
                    ),
                    file(
                        &format!("{folder}/templates/cm.yaml"),
                        config_map("redis", "    maxmemory {{ .Values.redis.memory }}\n"),
                    ),
                ]
            };
            (0..n).flat_map(chart).collect()
        },
    },
    GrowingTree {
        name: "values of a published chart",
        start: 25,
        tree: |n| {
            let application = |i: usize| {
                format!(
                    "---\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: a{i} }}\nspec: {{ source: {{ chart: redis, repoURL: 'https://charts.bitnami.com/bitnami', targetRevision: 23.1.1, helm: {{ values: \"master: {{configuration: hz abc}}\" }} }} }}\n"
                )
            };
            vec![file("a.yaml", joined(n, application))]
        },
    },
    GrowingTree {
        name: "tiny files",
        start: 50,
        tree: |n| {
            (0..n)
                .map(|i| file(&format!("f{i}/redis.conf"), "hz 10\n".to_owned()))
                .collect()
        },
    },
    GrowingTree {
        name: "files beside a pattern that includes them",
        start: 60,
        tree: |n| {
            (0..n)
                .map(|i| file(&format!("c/f{i}.conf"), "hz 10\nmaxmemory 1gb\n".to_owned()))
                .chain([file("c/redis.conf", "include *.conf\n".to_owned())])
                .collect()
        },
    },
    GrowingTree {
        name: "included files that are not there",
        start: 250,
        tree: |n| {
            (0..4)
                .map(|folder| {
                    file(
                        &format!("c{folder}/redis.conf"),
                        joined(n, |i| format!("include f{i}.conf\n")),
                    )
                })
                .collect()
        },
    },
    GrowingTree {
        name: "a name's length beside its findings",
        start: 8_000,
        tree: |n| {
            let lines = "    hz abc\n".repeat(50);
            vec![file("a.yaml", config_map(&"n".repeat(n), &lines))]
        },
    },
    GrowingTree {
        name: "comments that silence nothing",
        start: 400,
        tree: |n| {
            let comments = "  # redvet: ignore[pool/*] x\n".repeat(n);
            vec![file(
                "a.yaml",
                format!(
                    "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: redis }}\ndata:\n{comments}  a: b\n"
                ),
            )]
        },
    },
    GrowingTree {
        name: "waivers beside findings",
        start: 100,
        tree: |n| {
            let waiver = "[[waiver]]\nrule = \"conf/*\"\npath = \"a/**\"\nreason = \"x\"\nexpires = 2999-01-01\n";
            vec![
                file("redvet.toml", waiver.repeat(n)),
                file("redis.conf", "hz 10 # x\n".repeat(200)),
            ]
        },
    },
    GrowingTree {
        name: "stages of a Dockerfile",
        start: 24,
        tree: |n| {
            let stages = joined(n, |i| {
                format!(
                    "FROM s{i} AS s{}\nENV A{i}=b\nCOPY redis.conf /x{i}\n",
                    i + 1
                )
            });
            vec![
                file(
                    "Dockerfile",
                    format!("FROM redis:7 AS s0\n{stages}CMD redis-server /x0\n"),
                ),
                file("redis.conf", "hz 10\n".to_owned()),
            ]
        },
    },
    GrowingTree {
        name: "fences of a document",
        start: 25,
        tree: |n| {
            vec![file(
                "a.md",
                joined(n, |i| {
                    format!("# {i}\n\n```conf\n# redis.conf\nmaxmemory 1gb\nhz 10\n```\n\n")
                }),
            )]
        },
    },
    GrowingTree {
        name: "units of systemd",
        start: 25,
        tree: |n| {
            (0..n)
                .map(|i| {
                    file(
                        &format!("u{i}/redis.service"),
                        format!("[Service]\nExecStart=/usr/bin/redis-server --port {i}\n"),
                    )
                })
                .collect()
        },
    },
    GrowingTree {
        name: "images that may be servers beside services of one application",
        start: 100,
        tree: |n| {
            let of = |i: usize| {
                let labels = format!("{{ part-of: shop, app: shop{i} }}");
                format!(
                    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: shop{i} }}\nspec:\n  template:\n    metadata: {{ labels: {labels} }}\n    spec:\n      containers:\n        - {{ name: c, image: shop-redis }}\n---\napiVersion: v1\nkind: Service\nmetadata: {{ name: shop{i} }}\nspec: {{ selector: {labels}, ports: [ {{ port: 80 }} ] }}\n"
                )
            };
            (0..n)
                .map(|i| file(&format!("s{i}/a.yaml"), of(i)))
                .collect()
        },
    },
    GrowingTree {
        name: "maps of Terraform",
        start: 25,
        tree: |n| {
            let map = |i: usize| {
                format!(
                    "resource \"kubernetes_config_map\" \"c{i}\" {{\n  metadata {{ name = \"c{i}\" }}\n  data = {{ \"redis.conf\" = \"maxmemory 1gb\" }}\n}}\n"
                )
            };
            vec![file("main.tf", joined(n, map))]
        },
    },
];
