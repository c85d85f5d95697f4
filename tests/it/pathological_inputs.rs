//! Inputs that nobody means well with: what they cost is bounded, what was left out of them is told,
//! and the findings of other files are still there.
//!
//! Every case runs the program under a limit of memory and of processor time that is generous for an
//! unoptimised build and far below what the input would cost without bounds.

#![cfg(unix)]

use crate::support::assert_no_faults;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Kilobytes of address space.
const MEMORY: &str = "1500000";
/// Seconds of processor time.
const TIME: &str = "240";

/// A file whose finding must be there whatever stands beside it.
const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: good }\ndata:\n  redis.conf: |\n    maxmemory 2Gi\n";

/// What must be said of a case.
enum Told {
    /// A finding on the input, which says this.
    Problem(&'static str),
    Nothing,
}

/// Checks a tree of these files beside the good one.
fn check(files: &[(&str, &[u8])], told: &Told) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    judged(folder.path(), told)
}

fn judged(folder: &Path, told: &Told) -> Value {
    fs::write(folder.join("zz-good.yaml"), GOOD).unwrap();
    let limits = format!("ulimit -v {MEMORY}; ulimit -t {TIME}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &limits, env!("CARGO_BIN_EXE_redvet")])
        .args([
            "check",
            "--isolated",
            "--exit-zero",
            "--output-format",
            "json",
            ".",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let of = |rule: &str, path: Option<&str>| {
        let found = findings
            .iter()
            .filter(|f| f["rule"] == rule && path.is_none_or(|path| f["path"] == path));
        let messages = found.filter_map(|f| f["message"].as_str());
        messages.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("conf/invalid-value", Some("zz-good.yaml")).len(), 1);
    let problems = of("meta/unreadable-input", None);
    match told {
        Told::Problem(words) => {
            assert!(problems.iter().any(|p| p.contains(words)), "{problems:?}");
        }
        Told::Nothing => assert_no_faults("no problem is told", &problems),
    }
    let tripped = problems.iter().any(|p| p.contains("report this bug"));
    assert!(!tripped, "{problems:?}");
    report
}

const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: redis }\n";

/// Each level holds ten times the one before.
fn bomb(levels: usize) -> String {
    let mut text = format!("{MANIFEST}a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..levels {
        let below = format!("*a{},", level - 1).repeat(10);
        text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    text
}

#[test]
fn anchors_that_explode() {
    let told = Told::Problem("stand for too many nodes");
    check(&[("a.yaml", bomb(12).as_bytes())], &told);
    let many = format!("{}\n---\n", bomb(12)).repeat(300);
    check(&[("a.yaml", many.as_bytes())], &told);
}

#[test]
fn anchors_and_merges_that_name_themselves() {
    let compose = "services:\n  a: &a\n    image: redis:7\n    <<: *a\n  b: &b\n    image: redis:7\n    <<: [*b, *c]\n";
    check(
        &[("compose.yaml", compose.as_bytes())],
        &Told::Problem("alias"),
    );
}

#[test]
fn merges_of_merges() {
    let mut chain = "services:\n  b0: &b0\n    image: redis\n".to_owned();
    for step in 1..3_000 {
        let below = step - 1;
        chain.push_str(&format!(
            "  b{step}: &b{step}\n    <<: [*b{below}, *b{below}]\n    k{step}: v\n"
        ));
    }
    check(
        &[("compose.yaml", chain.as_bytes())],
        &Told::Problem("too many nodes"),
    );
}

#[test]
fn deep_nesting() {
    let flow = format!(
        "{MANIFEST}x: {}{}\n",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    check(
        &[("a.yaml", flow.as_bytes())],
        &Told::Problem("recursion limit"),
    );
    let open = format!("{MANIFEST}x: {}\n", "{a: ".repeat(10_000));
    check(
        &[("a.yaml", open.as_bytes())],
        &Told::Problem("recursion limit"),
    );
    let dashes = format!("{MANIFEST}x:\n{}x\n", "- ".repeat(10_000));
    check(
        &[("a.yaml", dashes.as_bytes())],
        &Told::Problem("recursion limit"),
    );
    let lines = (1..3_000).map(|level| format!("{}a:\n", " ".repeat(level)));
    let block = format!("{MANIFEST}x:\n{}", lines.collect::<String>());
    check(
        &[("a.yaml", block.as_bytes())],
        &Told::Problem("recursion limit"),
    );
    let json = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"redis\", \"x\": {}",
        "[".repeat(10_000)
    );
    check(
        &[("a.json", json.as_bytes())],
        &Told::Problem("recursion limit"),
    );
}

#[test]
fn keys_that_are_written_again_and_again() {
    let services = format!(
        "services:\n{}",
        "  cache: { image: redis }\n".repeat(20_000)
    );
    check(&[("compose.yaml", services.as_bytes())], &Told::Nothing);
    let keys = "  redis.conf: maxmemory 1gb\n".repeat(20_000);
    let manifest = format!("{MANIFEST}data:\n{keys}");
    check(
        &[("a.yaml", manifest.as_bytes())],
        &Told::Problem("more than 500"),
    );
}

#[test]
fn two_hundred_thousand_documents() {
    let text = format!("# redis\n{}", "---\na: 1\n".repeat(200_000));
    check(&[("a.yaml", text.as_bytes())], &Told::Nothing);
}

#[test]
fn more_servers_than_anybody_has() {
    let data = "data: { redis.conf: \"maxmemory 1gb\" }\n";
    let documents = format!("---\n{MANIFEST}{data}").repeat(5_000);
    check(
        &[("a.yaml", documents.as_bytes())],
        &Told::Problem("more than 500"),
    );
    let services = (0..5_000).map(|n| format!("  cache{n}: {{ image: redis }}\n"));
    let compose = format!("services:\n{}", services.collect::<String>());
    check(
        &[("compose.yaml", compose.as_bytes())],
        &Told::Problem("more than 500"),
    );
}

#[test]
fn more_included_files_than_anybody_has() {
    let names = (0..300).map(|n| format!("conf.d/{n:03}.conf"));
    let mut files: Vec<(String, String)> = names
        .map(|name| {
            (
                name,
                "maxmemory 1gb\nmaxmemory-policy noeviction\n".to_owned(),
            )
        })
        .collect();
    let includes = files.iter().map(|(name, _)| format!("include {name}\n"));
    let main = format!("timeout 300\n{}", includes.collect::<String>());
    files.push(("redis.conf".to_owned(), main));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_bytes()))
        .collect();
    let report = check(&files, &Told::Nothing);
    let notes = report["notes"].to_string();
    assert!(notes.contains("includes more than 256 files"), "{notes}");
}

#[test]
fn bytes_that_are_no_text() {
    let latin = b"services:\n  redis: { image: redis } # caf\xe9\n";
    check(
        &[("compose.yaml", latin)],
        &Told::Problem("not valid UTF-8"),
    );
    check(
        &[("redis.conf", b"port 1\n# \xff\n")],
        &Told::Problem("not valid UTF-8"),
    );
}

#[test]
fn huge_scalars_and_files() {
    let scalar = format!(
        "{MANIFEST}data:\n  redis.conf: \"{}\"\n",
        "a".repeat(12 << 20)
    );
    check(
        &[("a.yaml", scalar.as_bytes())],
        &Told::Problem("the rest was not read"),
    );
    let block = format!(
        "{MANIFEST}data:\n  redis.conf: |\n{}",
        "    save 900 1\n".repeat(700_000)
    );
    check(
        &[("a.yaml", block.as_bytes())],
        &Told::Problem("the rest was not read"),
    );
    let conf = "maxmemory 1gb\n".repeat(800_000);
    check(
        &[("redis.conf", conf.as_bytes())],
        &Told::Problem("the rest was not read"),
    );
    let line = format!("save {}\n", "900 1 ".repeat(2_000_000));
    check(
        &[("redis.conf", line.as_bytes())],
        &Told::Problem("the rest was not read"),
    );
}

#[test]
fn other_languages() {
    let hcl = format!(
        "# redis\nlocals {{ a = {}{} }}\n",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    check(&[("a.tf", hcl.as_bytes())], &Told::Problem("invalid HCL"));
    let stages = (1..20_000).map(|n| format!("FROM s{} AS s{n}\nCOPY redis.conf /x{n}\n", n - 1));
    let build = format!("FROM redis:7 AS s0\n{}", stages.collect::<String>());
    check(
        &[("Dockerfile", build.as_bytes())],
        &Told::Problem("more instructions or stages"),
    );
    let circle = b"ARG A=${B}\nARG B=${A}\nFROM b AS a\nFROM a AS b\nFROM ${A}\nCMD redis-server\n";
    check(&[("Dockerfile", circle)], &Told::Nothing);
    let unit = format!(
        "[Service]\nExecStart=/usr/bin/redis-server {}\n",
        "\\\n --port 6379".repeat(50_000)
    );
    check(
        &[("redis.service", unit.as_bytes())],
        &Told::Problem("the rest was not read"),
    );
    let manifest = format!("{MANIFEST}data: {{ redis.conf: x }}\n");
    let strings = format!("\"\"\"\n{manifest}\"\"\"\n").repeat(20_000);
    check(&[("Tiltfile", strings.as_bytes())], &Told::Nothing);
    let placeholders = format!("\"\"\"\n{manifest}a: {}", "{{%(".repeat(500_000));
    check(&[("redis.star", placeholders.as_bytes())], &Told::Nothing);
    let expansions = "${a$(".repeat(300_000);
    let script = format!("kubectl apply -f - <<E\n{manifest}a: {expansions}\nE\n");
    check(&[("redis.sh", script.as_bytes())], &Told::Nothing);
    let branches = "    {{- if a }}\n    maxmemory 1gb\n".repeat(4_000);
    let ends = "    {{- end }}\n".repeat(4_000);
    let template = format!("{MANIFEST}data:\n  redis.conf: |\n{branches}{ends}");
    check(&[("templates/a.yaml", template.as_bytes())], &Told::Nothing);
}

#[test]
fn variables_that_name_each_other() {
    let chain = (0..20_000).map(|n| format!("B{n}=${{B{}:-${{B{n}}}}}\n", n + 1));
    let variables = format!("A=${{A}}\n{}", chain.collect::<String>());
    let nested = format!("{}{}", "${A:-".repeat(5_000), "}".repeat(5_000));
    let compose = format!(
        "services:\n  redis:\n    image: redis:${{A}}${{B0}}\n    command: redis-server --maxmemory {nested}\n"
    );
    let files: [(&str, &[u8]); 2] = [
        (".env", variables.as_bytes()),
        ("compose.yaml", compose.as_bytes()),
    ];
    check(&files, &Told::Nothing);
}

/// Modules that hand each other's names on, some of them in files that nobody reads: each name of the
/// program is looked for in all of them.
#[test]
fn rust_modules_that_reexport_each_other() {
    let count = 64;
    let name = |n: usize| format!("e{n:02}");
    let mut files = vec![
        (
            "Cargo.toml".to_owned(),
            "[package]\nname = \"relay\"\nversion = \"0.1.0\"\n[dependencies]\nredis = \"0.32.7\"\n".to_owned(),
        ),
        (
            "src/main.rs".to_owned(),
            "mod events;\nuse crate::events::*;\nfn main() {\n    let client = redis::Client::open(\"redis://cache\").unwrap();\n    Started.emit(client);\n}\n".to_owned(),
        ),
    ];
    let mut parent = String::new();
    for n in 0..count {
        parent.push_str(&format!("mod {0};\npub use self::{0}::*;\n", name(n)));
        let uses = if n % 2 == 0 {
            "use redis::Client;\n"
        } else {
            ""
        };
        let text = format!("use super::*;\n{uses}pub struct Seen{n};\n");
        files.push((format!("src/events/{}.rs", name(n)), text));
    }
    files.push(("src/events/mod.rs".to_owned(), parent));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_bytes()))
        .collect();
    check(&files, &Told::Nothing);
}

/// A program takes all names of its own library by globs: each name that it does not declare is looked for
/// in all of them, and in none of them by way of another.
#[test]
fn rust_globs_of_the_own_crate() {
    let (modules, names) = (8, 200);
    let mut files = vec![(
        "Cargo.toml".to_owned(),
        "[package]\nname = \"relay\"\nversion = \"0.1.0\"\n[dependencies]\nredis = \"0.32.7\"\n"
            .to_owned(),
    )];
    let (mut library, mut program) = (String::new(), String::new());
    for n in 0..modules {
        library.push_str(&format!("pub mod m{n};\n"));
        program.push_str(&format!("use relay::m{n}::*;\n"));
        let text = format!("use redis::Client;\npub struct Seen{n};\n");
        files.push((format!("src/m{n}.rs"), text));
    }
    program.push_str(
        "fn main() {\n    let client = redis::Client::open(\"redis://cache\").unwrap();\n",
    );
    for n in 0..names {
        program.push_str(&format!(
            "    started_{n}(client.clone(), Other{n}::new());\n"
        ));
    }
    program.push_str("}\n");
    files.push(("src/lib.rs".to_owned(), library));
    files.push(("src/bin/seen.rs".to_owned(), program));
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_bytes()))
        .collect();
    check(&files, &Told::Nothing);
}

/// A text or a list of code that is put together of itself doubles with each line: two kilobytes would
/// take all memory.
#[test]
fn texts_and_lists_of_code_that_double() {
    let pinned = ("requirements.txt", &b"redis==5.0.0\n"[..]);
    for (first, step) in [
        ("s = 'xxxxxxxx'", "s = s + s"),
        ("s = 'xxxxxxxx'", "s += s"),
        ("s = 'xxxxxxxx'", "s = f'{s}{s}'"),
        ("s = 'xxxxxxxx'", "s = '{0}{0}'.format(s)"),
        ("s = 'xxxxxxxx'", "s = '%s%s' % (s, s)"),
        ("s = 'xxxxxxxx'", "s = s.replace('x', 'xx')"),
        ("s = ['x']", "s = s + s"),
        ("s = ('x',)", "s = (s, s)"),
    ] {
        let steps = format!("{step}\n").repeat(50);
        let code = format!("import redis\n{first}\n{steps}redis.Redis(host=s, socket_timeout=1)\n");
        let report = check(&[pinned, ("a.py", code.as_bytes())], &Told::Nothing);
        assert_eq!(report["summary"]["clients"], 1, "{step}");
    }
    let steps = "    s = s + s\n".repeat(50);
    let code = format!(
        "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc main() {{\n    s := \"xxxxxxxx\"\n{steps}    redis.NewClient(&redis.Options{{Addr: s}})\n}}\n"
    );
    let module = b"module m\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";
    let report = check(
        &[("go.mod", module), ("a.go", code.as_bytes())],
        &Told::Nothing,
    );
    assert_eq!(report["summary"]["clients"], 1);
}

/// Each source of variables gives all keys of its object again.
#[test]
fn objects_that_are_given_again_and_again() {
    let (mut sources, mut keys) = (String::new(), String::new());
    for at in 0..3_000 {
        sources += &format!("        - {{ configMapRef: {{ name: c }}, prefix: p{at} }}\n");
        keys += &format!("  k{at}: xxxxxxxxxxxxxxxx\n");
    }
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: redis }}\nspec:\n  containers:\n    - name: r\n      image: redis:7.2\n      args: [--dir, '$(NOT_THERE)']\n      envFrom:\n{sources}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: c }}\ndata:\n{keys}"
    );
    let told = Told::Problem("more than 500 servers or configuration texts");
    check(&[("a.yaml", pod.as_bytes())], &told);
}

/// A comment that lists thousands of rules.
#[test]
fn comments_with_many_rules() {
    let comment = |rules: usize| {
        let rules = "conf/x,".repeat(rules);
        format!("# redvet: ignore[{rules}conf/*] tested\nhz x\n")
    };
    let problem = Told::Nothing;
    let listed = check(&[("redis.conf", comment(99).as_bytes())], &problem);
    assert!(!listed.to_string().contains("more than 100 rules"));
    let many = check(&[("redis.conf", comment(40_000).as_bytes())], &problem);
    assert!(many.to_string().contains("more than 100 rules"), "{many}");
}

/// A few hundred bytes that double with each line would come to gigabytes.
#[test]
fn variables_that_double() {
    let lines = |first: &str, step: &dyn Fn(usize) -> String| {
        (0..60).fold(first.to_owned(), |text, n| text + &step(n))
    };
    let pod = |environment: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: redis }}\nspec:\n  containers:\n    - name: r\n      image: redis:7.2\n      args: [--dir, '$(A60)']\n      env:\n{environment}"
        )
    };
    let entries = lines("        - { name: A0, value: xxxxxxxx }\n", &|n| {
        format!(
            "        - {{ name: A{}, value: '$(A{n})$(A{n})' }}\n",
            n + 1
        )
    });
    let told = Told::Problem("more text than redvet's limit");
    check(&[("a.yaml", pod(&entries).as_bytes())], &told);
    let script = lines("A0=xxxxxxxx;", &|n| format!("A{}=$$A{n}$$A{n};", n + 1));
    let words = lines("set -- a b;", &|_| "set -- $$@ $$@;".to_owned());
    for script in [
        format!("{script} redis-server --dir $$A60"),
        format!("{words} redis-server --dir $$@"),
    ] {
        let compose =
            format!("services:\n  r:\n    image: redis:7\n    command: ['sh', '-c', '{script}']\n");
        check(&[("compose.yaml", compose.as_bytes())], &told);
    }
    for word in ["ENV", "ARG"] {
        let build = lines(&format!("FROM redis:7\n{word} A0=xxxxxxxx\n"), &|n| {
            format!("{word} A{}=${{A{n}}}${{A{n}}}\n", n + 1)
        });
        let build = build + "CMD redis-server --dir $A60\n";
        check(&[("Dockerfile", build.as_bytes())], &Told::Nothing);
    }
    // Not doubled but multiplied.
    let long = "x".repeat(100_000);
    let uses = "${A}".repeat(1_600);
    let unit =
        format!("[Service]\nEnvironment=A={long}\nExecStart=/usr/bin/redis-server --dir {uses}\n");
    check(&[("redis.service", unit.as_bytes())], &told);
    let compose =
        format!("services:\n  r:\n    image: redis:7\n    command: 'redis-server --dir {uses}'\n");
    let variables = format!("A={long}\n");
    let files: [(&str, &[u8]); 2] = [
        (".env", variables.as_bytes()),
        ("compose.yaml", compose.as_bytes()),
    ];
    check(&files, &told);
}

#[test]
fn files_that_name_each_other() {
    let a = b"services:\n  a:\n    extends: { service: b }\n    image: redis\n  b:\n    extends: { service: a }\n  c:\n    extends: { file: other.yaml, service: d }\n";
    let b = b"services:\n  d:\n    image: redis\n    extends: { file: compose.yaml, service: c }\n";
    check(&[("compose.yaml", a), ("other.yaml", b)], &Told::Nothing);
    let a = b"include: [other.yaml]\nservices:\n  a:\n    image: redis:7\n";
    let b = b"include: [compose.yaml, other.yaml]\nservices:\n  b:\n    image: redis:7\n";
    check(&[("compose.yaml", a), ("other.yaml", b)], &Told::Nothing);
    let one = b"include b.conf\nmaxmemory 1gb\n";
    let two = b"include redis.conf\ninclude b.conf\ntimeout 3\nport 6379\n";
    check(&[("redis.conf", one), ("b.conf", two)], &Told::Nothing);
    let mut bases: Vec<(String, Vec<u8>)> = (0..30)
        .map(|n| {
            let next = n + 1;
            let text = format!("resources: [../k{next}, ../k{next}, ../k{next}, ../k0]\n");
            (format!("k{n}/kustomization.yaml"), text.into_bytes())
        })
        .collect();
    bases.push((
        "k30/kustomization.yaml".to_owned(),
        b"resources: [r.yaml]\n".to_vec(),
    ));
    bases.push(("k30/r.yaml".to_owned(), GOOD.as_bytes().to_vec()));
    let files: Vec<(&str, &[u8])> = bases
        .iter()
        .map(|(path, text)| (&**path, &text[..]))
        .collect();
    check(&files, &Told::Nothing);
}

#[test]
fn links_that_lead_in_circles() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("redis-b.conf", folder.path().join("redis-a.conf")).unwrap();
    std::os::unix::fs::symlink("redis-a.conf", folder.path().join("redis-b.conf")).unwrap();
    judged(folder.path(), &Told::Nothing);
}

/// A text inside a fence that breaks off: its place in the document is asked of the document.
#[test]
fn a_fence_that_breaks_off() {
    let page = "# A\n\n```\nservices:\n :\n    command: [redis-server,/conf/redis.conf]\n    configs: [{source: redis_conf,target: conf/redis.conf}]\nconfigs:\n redis_conf:\n  content: |\n   #```text effective\n";
    check(&[("a.md", page.as_bytes())], &Told::Nothing);
}

/// A pack is a stranger's file, too: values that double end.
#[test]
fn rules_without_an_end() {
    let doubled = (0..60).map(|n| format!("  a{}: a{n} + a{n}\n", n + 1));
    let listed = (0..60).map(|n| format!("  b{}: \"[b{n}, b{n}]\"\n", n + 1));
    let lets: String = doubled.chain(listed).collect();
    for assert in ["size(a60) > 0", "size(b60) > 5"] {
        let rule = format!(
            "id: a/b\ntitle: t\nsubject: server\nseverity: error\nlet:\n  a0: \"'xxxxxxxx'\"\n  b0: \"[1, 2]\"\n{lets}assert: \"{assert}\"\nmessage: m\nhelp: h\ndocs: {{ why: w, impact: i, verify: v, rollback: r, references: [] }}\n"
        );
        let files: [(&str, &[u8]); 2] = [
            ("redvet.toml", b"extends = [\"p\"]\n"),
            ("p/a/b.yaml", rule.as_bytes()),
        ];
        check(&files, &Told::Nothing);
    }
}

/// A client, and a Service whose name leads on to others that lead back.
#[test]
fn services_that_are_names_of_each_other() {
    let service = |n: usize| {
        format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{ name: s{} }}\nspec: {{ type: ExternalName, externalName: s{} }}\n",
            n % 3,
            (n + 1) % 3
        )
    };
    let server = "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: redis }\nspec:\n  template:\n    metadata: { labels: { app: r } }\n    spec:\n      containers:\n        - { name: r, image: 'redis:7.2.6' }\n";
    let manifests = (0..300).map(service).collect::<String>() + server;
    let module = "module m\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";
    let client = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar a = redis.NewClient(&redis.Options{Addr: \"s0:6379\"})\n";
    let files: [(&str, &[u8]); 3] = [
        ("a.yaml", manifests.as_bytes()),
        ("go.mod", module.as_bytes()),
        ("main.go", client.as_bytes()),
    ];
    check(&files, &Told::Nothing);
}

/// Variables of a workload that hold others many times over, and come to nothing.
#[test]
fn variables_of_a_workload_that_multiply() {
    let entries = (0..5).map(|n| {
        let value = format!("$(A{})", n + 1).repeat(400);
        format!("            - {{ name: A{n}, value: '{value}' }}\n")
    });
    let workload = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: app }}\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          image: app:1\n          command: [/app]\n          env:\n            - {{ name: A5, value: '' }}\n{}            - {{ name: REDIS_URL, value: '$(A0)' }}\n",
        entries.collect::<String>()
    );
    let module = "module app\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";
    let client = "package main\n\nimport (\n\t\"os\"\n\n\t\"github.com/redis/go-redis/v9\"\n)\n\nfunc main() {\n\to, _ := redis.ParseURL(os.Getenv(\"REDIS_URL\"))\n\t_ = redis.NewClient(o)\n}\n";
    let files: [(&str, &[u8]); 3] = [
        ("a.yaml", workload.as_bytes()),
        ("go.mod", module.as_bytes()),
        ("main.go", client.as_bytes()),
    ];
    check(&files, &Told::Nothing);
}

/// Anchors that hold others many times over.
#[test]
fn anchors_that_multiply() {
    let step = |n: usize, of: &str| format!("a{}: &a{} [{}]\n", n + 1, n + 1, [of; 9].join(","));
    let anchors: String = (0..12).map(|n| step(n, &format!("*a{n}"))).collect();
    let compose = format!(
        "a0: &a0 [x,x,x,x,x,x,x,x,x]\n{anchors}services:\n  r:\n    image: redis:7.2.6\n    command: *a12\n    environment: *a12\n"
    );
    let told = Told::Problem("stand for too many nodes");
    check(&[("compose.yaml", compose.as_bytes())], &told);
    let merged = (0..12).map(|n| {
        let keys = (0..9).map(|key| format!("  k{key}: *b{n}\n"));
        format!("b{}: &b{}\n{}", n + 1, n + 1, keys.collect::<String>())
    });
    let compose = format!(
        "b0: &b0 {{ x: 1 }}\n{}services:\n  r:\n    <<: [*b12, *b11]\n    image: redis:7.2.6\n    labels: *b12\n",
        merged.collect::<String>()
    );
    check(&[("compose.yaml", compose.as_bytes())], &told);
}

/// Numbers that no machine holds.
#[test]
fn numbers_without_an_end() {
    let conf = format!(
        "maxmemory {}\nport 1e999\nhz 0x7fffffffffffffff\ntimeout -9223372036854775808\nsave 18446744073709551615 18446744073709551616\nclient-output-buffer-limit normal 99999999999999999999gb -1 0\n",
        "9".repeat(100_000)
    );
    let workload = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: r }\nspec: { replicas: 1e400, template: { spec: { containers: [ { name: r, image: 'redis:7.2.6', args: [--maxmemory, 1gb], resources: { limits: { memory: 9999999999999999999Ei, cpu: 1e308 }, requests: { memory: -1, cpu: .nan } }, livenessProbe: { periodSeconds: 1e308, failureThreshold: 1e308 } } ] } } }\n";
    let settings = "[[service]]\nname = \"x\"\nreplicas = 9223372036854775807\nblocking-consumers = 9223372036854775807\n";
    let files: [(&str, &[u8]); 3] = [
        ("redis.conf", conf.as_bytes()),
        ("a.yaml", workload.as_bytes()),
        ("redvet.toml", settings.as_bytes()),
    ];
    check(&files, &Told::Nothing);
}
