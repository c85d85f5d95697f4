//! Client code of any shape: whatever stands in a file named `.go`, `.rs` or `.py`, a check ends, without a
//! panic and without a stack that runs out, and what it did not follow it says.
//!
//! A defect that one file trips is caught in a run and becomes a problem of that file; here it fails
//! the test.

use std::sync::Arc;

use proptest::prelude::*;
use redvet::analysis::{Analysis, InputFile, ProjectInputs, analyze};
use redvet::discover::FileKind;
use redvet::knowledge::Knowledge;
use redvet::source::Sources;

const GO: &str = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\n";
const RUST: &str = "use bb8_redis::{bb8::Pool, RedisConnectionManager};\n\n";
const GO_CLIENT: &str = "\nfunc last() { _ = redis.NewClient(&redis.Options{PoolSize: 7}) }\n";
const RUST_CLIENT: &str = "\nasync fn last() {\n    let manager = RedisConnectionManager::new(\"redis://h\").unwrap();\n    let _ = Pool::builder().max_size(7).build(manager).await;\n}\n";

const PYTHON: &str = "import redis\n\n";
const PYTHON_CLIENT: &str = "\ndef last():\n    return redis.Redis(db=7)\n";

fn read(path: &str, kind: FileKind, text: &str) -> Analysis {
    let project = ProjectInputs {
        inputs: vec![InputFile {
            path: path.to_owned(),
            kind,
            text: Arc::from(text),
        }],
        ..ProjectInputs::default()
    };
    let knowledge = Knowledge::embedded().unwrap();
    let found = analyze(Sources::default(), &project, &knowledge);
    let tripped: Vec<_> = found.problems.iter().map(|(_, why)| why).collect();
    assert!(tripped.is_empty(), "{path}: {tripped:?}");
    found
}

fn go(text: &str) -> Analysis {
    read("main.go", FileKind::Go, text)
}

fn rust(text: &str) -> Analysis {
    read("src/main.rs", FileKind::Rust, text)
}

fn python(text: &str) -> Analysis {
    read("main.py", FileKind::Python, text)
}

/// The client that stands behind the rest of a file.
fn is_found(found: &Analysis) -> bool {
    let clients = &found.estate.clients;
    clients.iter().any(|client| client.name.contains("last"))
}

fn says_so(found: &Analysis) -> bool {
    let mut notes = found.estate.notes.iter();
    notes.any(|(_, note)| note.contains("too much to be followed"))
}

const DEEP: usize = 10_000;

/// What is opened and closed, around something in the middle.
fn deep(open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(DEEP), close.repeat(DEEP))
}

#[test]
fn go_of_any_depth_is_read_to_its_end() {
    let expressions = [
        deep("(", "1", ")"),
        deep("-", "1", ""),
        deep("f(", "1", ")"),
        deep("[]int{", "1", "}"),
        deep("func() int { return ", "1", " }()"),
        format!("a{}", ".b()".repeat(DEEP)),
        format!("1{}", " + 1".repeat(DEEP)),
        deep("a[", "0", "]"),
        deep("&redis.Options{", "", "}"),
    ];
    for expression in expressions {
        let text = format!("{GO}func first() {{\n\tx := {expression}\n\t_ = x\n}}\n{GO_CLIENT}");
        let found = go(&text);
        assert!(is_found(&found) || says_so(&found), "{}", &expression[..20]);
    }
    let statements = [
        deep("{\n", "", "}\n"),
        deep("if x {\n", "", "}\n"),
        deep("for {\n", "", "}\n"),
        deep("switch x {\ncase 1:\n", "", "}\n"),
        deep("go func() {\n", "", "}()\n"),
        "if x {\n".repeat(DEEP),
        "}".repeat(DEEP),
        "(".repeat(DEEP),
        deep("if !", "x", " {\n}\n"),
        format!("if {}x {{\n}}\n", "!".repeat(DEEP)),
        format!("if {} {{\n}}\n", deep("(", "x", ")")),
        format!("if x{} {{\n}}\n", " && x".repeat(DEEP)),
        format!("if {}x {{\n}}\n", "x || ".repeat(DEEP)),
        format!("var x {}int\n", "[]".repeat(DEEP)),
        format!("type t {}\n", deep("struct { a ", "int", " }")),
        format!("x := {}x\n", "& ".repeat(DEEP)),
        format!("go {}\n", deep("func() {", "", "}()")),
    ];
    for statement in statements {
        let text = format!("{GO}{GO_CLIENT}func first() {{\n{statement}\n}}\n");
        let found = go(&text);
        assert!(is_found(&found) || says_so(&found), "{}", &statement[..10]);
    }
}

#[test]
fn rust_of_any_depth_is_read_to_its_end() {
    let expressions = [
        deep("(", "1", ")"),
        deep("-", "1", ""),
        deep("!", "x", ""),
        deep("&", "x", ""),
        deep("f(", "1", ")"),
        deep("[", "1", "]"),
        deep("|| ", "1", ""),
        deep("{ ", "1", " }"),
        deep("Some(", "1", ")"),
        format!("a{}", ".b()".repeat(DEEP)),
        format!("Pool::builder(){}", ".max_size(1)".repeat(DEEP)),
        format!("1{}", " + 1".repeat(DEEP)),
        deep("async { ", "1", " }"),
        deep("match x { _ => ", "1", " }"),
        format!("a{}", "?".repeat(DEEP)),
        deep("x as Vec<", "u8", ">"),
    ];
    for expression in expressions {
        let text = format!("{RUST}fn first() {{\n    let x = {expression};\n}}\n{RUST_CLIENT}");
        let found = rust(&text);
        assert!(is_found(&found) || says_so(&found), "{}", &expression[..12]);
    }
    let statements = [
        deep("if x {\n", "", "}\n"),
        deep("loop {\n", "", "}\n"),
        deep("mod m {\n", "", "}\n"),
        deep("impl X { fn f() {\n", "", "} }\n"),
        "if x {\n".repeat(DEEP),
        "}".repeat(DEEP),
        "<".repeat(DEEP),
        "use a::{".repeat(DEEP),
        format!("if {} {{}}\n", deep("(", "x", ")")),
        format!("if {}x {{}}\n", "!".repeat(DEEP)),
        format!("if x{} {{}}\n", " && x".repeat(DEEP)),
        format!("if let {} = x {{}}\n", deep("Some(", "a", ")")),
        format!("let {}a = x;\n", "&".repeat(DEEP)),
        format!("let {} = x;\n", deep("(", "a", ",)")),
        format!("let a: {} = x;\n", deep("Vec<", "u8", ">")),
        format!("match x {{ {} => 1 }}\n", deep("A { b: ", "c", " }")),
        format!("let x{};\n", " = y".repeat(DEEP)),
    ];
    for statement in statements {
        let text = format!("{RUST}{RUST_CLIENT}fn first() {{\n{statement}\n}}\n");
        let found = rust(&text);
        assert!(is_found(&found) || says_so(&found), "{}", &statement[..8]);
    }
}

#[test]
fn python_of_any_depth_is_read_to_its_end() {
    let expressions = [
        deep("(", "1", ")"),
        deep("-", "1", ""),
        deep("not ", "x", ""),
        deep("await ", "x", ""),
        deep("f(", "1", ")"),
        deep("[", "1", "]"),
        deep("{'a': ", "1", "}"),
        deep("lambda: ", "1", ""),
        deep("redis.Redis(db=", "1", ")"),
        deep("dict(a=", "1", ")"),
        deep("1 if x else ", "1", ""),
        format!("a{}", ".b()".repeat(DEEP)),
        format!("a{}", "[0]".repeat(DEEP)),
        format!("1{}", " + 1".repeat(DEEP)),
        format!("x{}", " or x".repeat(DEEP)),
        format!("x{}", " if x else x".repeat(DEEP)),
    ];
    for expression in expressions {
        let text = format!("{PYTHON}def first():\n    x = {expression}\n{PYTHON_CLIENT}");
        let found = python(&text);
        assert!(is_found(&found) || says_so(&found), "{}", &expression[..12]);
    }
    let nested = |line: &str| {
        let lines = (0..300).map(|depth| format!("{}{line}\n", " ".repeat(depth + 4)));
        lines.collect::<String>()
    };
    let statements = [
        nested("if x:"),
        nested("while True:"),
        nested("for x in y:"),
        nested("try:"),
        nested("with x:"),
        nested("def f():"),
        nested("class C:"),
        "    if x:\n        pass\n    elif y:\n".repeat(DEEP / 10),
        "    (".repeat(DEEP),
        "    x = y = ".repeat(DEEP),
    ];
    for statement in statements {
        let text = format!("{PYTHON}{PYTHON_CLIENT}\ndef first():\n{statement}\n");
        let found = python(&text);
        assert!(is_found(&found) || says_so(&found), "{}", &statement[..10]);
    }
}

/// Functions and classes that lead to each other, in circles or one behind the other, end.
#[test]
fn python_that_leads_on_and_on_is_read_to_its_end() {
    let chain: String = (0..400)
        .map(|at| format!("def f{at}(x):\n    return f{}(x)\n\n", at + 1))
        .collect();
    let classes: String = (0..200)
        .map(|at| format!("class C{at}(C{}):\n    x = C{}.x\n\n", at + 1, at + 1))
        .collect();
    let circle = "class A(B):\n    pass\n\nclass B(A):\n    pass\n\ndef f():\n    return g()\n\ndef g():\n    return f()\n\nx = A().x\n";
    let branches = "    if x:\n        y = 1\n    else:\n        y = 2\n".repeat(3_000);
    for text in [
        format!("{PYTHON}{chain}y = redis.Redis(db=f0(1))\n{PYTHON_CLIENT}"),
        format!("{PYTHON}{classes}y = redis.Redis(db=C0.x)\n{PYTHON_CLIENT}"),
        format!("{PYTHON}{circle}y = redis.Redis(db=f())\n{PYTHON_CLIENT}"),
        format!("{PYTHON}def first(x):\n{branches}{PYTHON_CLIENT}"),
    ] {
        assert!(is_found(&python(&text)));
    }
}

/// A client that stands deeper than anything is followed is not passed over in silence.
#[test]
fn what_is_not_followed_is_said() {
    let go_text = format!(
        "{GO}func first() {{\n{}\n}}\n",
        deep("if x {\n", "_ = redis.NewClient(&redis.Options{})\n", "}\n")
    );
    let found = go(&go_text);
    assert!(!found.estate.clients.is_empty() || says_so(&found));
    let rust_text = format!(
        "{RUST}fn first() {{\n{}\n}}\n",
        deep(
            "if x {\n",
            "let _ = Pool::builder().build(RedisConnectionManager::new(u).unwrap());\n",
            "}\n"
        )
    );
    let found = rust(&rust_text);
    assert!(!found.estate.clients.is_empty() || says_so(&found));
}

/// Branches behind branches: the work is bounded, and what was left out is said.
#[test]
fn branches_behind_branches_are_read_within_bounds() {
    let go_branch =
        "\tif a() {\n\t\topts.PoolSize = n\n\t} else {\n\t\topts.MinIdleConns = n\n\t}\n";
    let text = format!(
        "{GO}func last() {{\n\topts := &redis.Options{{}}\n{}\t_ = redis.NewClient(opts)\n}}\n",
        go_branch.repeat(3_000)
    );
    let found = go(&text);
    assert!(is_found(&found) || says_so(&found));
    let rust_branch = "    if a() { b = b.max_size(n); } else { b = b.min_idle(m); }\n";
    let text = format!(
        "{RUST}async fn last(m: Option<u32>) {{\n    let mut b = Pool::builder();\n{}    let _ = b.build(RedisConnectionManager::new(u).unwrap()).await;\n}}\n",
        rust_branch.repeat(3_000)
    );
    let found = rust(&text);
    assert!(is_found(&found) || says_so(&found));
}

/// Ten megabytes before the client.
#[test]
fn large_files_are_read_to_their_end() {
    const SIZE: usize = 10 * 1024 * 1024;
    let line =
        "// nothing to see on this line, which is as long as a line of a comment usually is\n";
    let comment = line.repeat(SIZE / line.len());
    assert!(is_found(&go(&format!("{GO}{comment}{GO_CLIENT}"))));
    assert!(is_found(&rust(&format!("{RUST}{comment}{RUST_CLIENT}"))));
    let data = "0123456789abcdef".repeat(SIZE / 16);
    assert!(is_found(&go(&format!(
        "{GO}const data = \"{data}\"\n{GO_CLIENT}"
    ))));
    assert!(is_found(&rust(&format!(
        "{RUST}const DATA: &str = \"{data}\";\n{RUST_CLIENT}"
    ))));
}

/// The comments of a file are read from its tree: where there is none, nobody parsed it.
#[test]
fn files_that_cannot_hold_a_client_are_not_parsed() {
    let comment = "// redvet: ignore[pool/size-implicit] told by a test\n";
    for (text, parsed) in [
        (format!("package main\n{comment}func main() {{}}\n"), false),
        (format!("{GO}{comment}func main() {{}}\n"), false),
        (format!("{GO}{comment}{GO_CLIENT}"), true),
    ] {
        assert_eq!(!go(&text).comments.is_empty(), parsed, "{text}");
    }
    for (text, parsed) in [
        (format!("{comment}fn main() {{}}\n"), false),
        (
            format!("use sqlx::Pool;\n{comment}fn main() {{ Pool::builder(); }}\n"),
            false,
        ),
        (format!("{RUST}{comment}{RUST_CLIENT}"), true),
    ] {
        assert_eq!(!rust(&text).comments.is_empty(), parsed, "{text}");
    }
}

const WORDS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ";",
    ",",
    ".",
    ":",
    "::",
    "=",
    ":=",
    "=>",
    "->",
    "|",
    "&",
    "*",
    "!",
    "?",
    "'",
    "\"",
    "`",
    "\n",
    "//",
    "/*",
    "*/",
    "#[",
    "func ",
    "fn ",
    "let ",
    "mut ",
    "if ",
    "else ",
    "for ",
    "match ",
    "switch ",
    "case ",
    "return ",
    "impl ",
    "struct ",
    "type ",
    "use ",
    "mod ",
    "async ",
    "move ",
    "||",
    "redis",
    ".NewClient(",
    "&redis.Options{",
    "PoolSize: ",
    "Pool::builder()",
    "redis.Redis(",
    "def f(x):\n    ",
    "class C:\n    ",
    "with ",
    "f\"{",
    "**",
    ".max_size(",
    ".build(",
    "RedisConnectionManager::new(",
    "r#\"",
    "b'",
    "0x",
    "1_000",
    "é",
    "\u{0}",
    "\u{feff}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let text = String::from_utf8_lossy(&bytes);
        go(&format!("{GO}{text}{GO_CLIENT}"));
        rust(&format!("{RUST}{text}{RUST_CLIENT}"));
        go(&text);
        rust(&text);
        python(&text);
        python(&format!("{PYTHON}{text}{PYTHON_CLIENT}"));
    }

    #[test]
    fn any_words_are_read(words in proptest::collection::vec(0..WORDS.len(), 0..80)) {
        let text: String = words.iter().map(|at| WORDS[*at]).collect();
        go(&format!("{GO}{text}{GO_CLIENT}"));
        rust(&format!("{RUST}{text}{RUST_CLIENT}"));
        python(&format!("{PYTHON}{text}{PYTHON_CLIENT}"));
    }
}
