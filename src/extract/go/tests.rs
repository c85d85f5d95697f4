//! What the pages under `fixtures/clients/` cannot show of reading Go: where an option is written in,
//! marks of secrets, snippets, and code of any shape. What is known of the options of a
//! client, and what becomes of errors, is shown there.

use super::*;
use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::raw::{ConstValue, ErrorHandling, OptionWrite};
use crate::knowledge::clients::load_built_in;
use crate::source::{SourceFile, Sources};

const SECOND: i64 = 1_000_000_000;

struct Read {
    sources: Sources,
    raw: RawFacts,
}

fn package(files: &[(&str, &str)]) -> Read {
    let mut sources = Sources::default();
    let add = |(path, text): &(&str, &str)| {
        let id = sources.add(SourceFile::new(*path, *text));
        GoFile {
            path: (*path).to_owned(),
            excerpt: Excerpt::whole(id, (*text).into()),
        }
    };
    let files: Vec<GoFile> = files.iter().map(add).collect();
    let raw = extract(&files, &GoPackagePaths::new(), load_built_in());
    Read { sources, raw }
}

/// A file that imports go-redis v9, `time` and `os`, with this code at its end.
fn v9(code: &str) -> Read {
    let text = format!(
        "package app\n\nimport (\n\t\"os\"\n\t\"time\"\n\n\t\"github.com/redis/go-redis/v9\"\n)\n\n{code}"
    );
    package(&[("app/main.go", &text)])
}

fn snippet(text: &str) -> Read {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("README.md", text));
    let excerpt = Excerpt::whole(id, text.into());
    let raw = extract_snippet(excerpt, "README.md", load_built_in());
    Read { sources, raw }
}

impl Read {
    fn only(&self) -> &RawClient {
        assert_eq!(self.raw.clients.len(), 1, "{:#?}", self.raw.clients);
        &self.raw.clients[0]
    }

    fn at(&self, span: crate::source::Span) -> &str {
        self.sources.slice(span)
    }
}

fn write<'a>(client: &'a RawClient, ident: &str) -> &'a OptionWrite {
    let found = client.writes.iter().find(|w| w.ident == ident);
    found.unwrap_or_else(|| panic!("{ident} in {:#?}", client.writes))
}

fn value(client: &RawClient, ident: &str) -> ConstValue {
    write(client, ident).value.clone()
}

fn reason(folded: &ConstValue) -> String {
    match folded {
        ConstValue::Unknown(cause) => cause.to_string(),
        other => panic!("known: {other:?}"),
    }
}

fn error_of(client: &RawClient) -> ErrorHandling {
    client.source.as_ref().unwrap().error
}

#[test]
fn an_inline_literal() {
    let read = v9(
        "func connect() *redis.Client {\n\treturn redis.NewClient(&redis.Options{\n\t\tAddr:     \"cache:6380\",\n\t\tPoolSize: 20,\n\t})\n}\n",
    );
    let client = read.only();
    assert_eq!(client.libraries, ["go-redis-v9"]);
    assert_eq!(client.option_type, "Options");
    assert_eq!(client.function.as_deref(), Some("connect"));
    assert_eq!(client.dir, "app");
    assert_eq!(client.hosts, [("cache".to_owned(), 6380)]);
    assert_eq!(value(client, "PoolSize"), ConstValue::Int(20));
    assert_eq!(read.at(write(client, "PoolSize").span), "20");
    assert!(client.rest_unknown.is_none());
    let EditTarget::InsertField {
        at,
        style,
        encoding,
        ..
    } = &client.insert
    else {
        panic!("{:?}", client.insert);
    };
    assert_eq!(style.own_line.as_deref(), Some("\t\t"));
    assert!(style.follows && style.comma_before);
    let text = read.sources.get(at.file).text();
    assert!(text[..at.start as usize].ends_with("PoolSize: 20,"));
    let time = Some("time".to_owned());
    assert_eq!(*encoding, TextEncoding::Go { time });
}

#[test]
fn the_style_of_a_literal_on_one_line() {
    let read = v9("var c = redis.NewClient(&redis.Options{Addr: \"a:1\"})\n");
    let EditTarget::InsertField { at, style, .. } = &read.only().insert else {
        panic!();
    };
    assert_eq!(
        (style.own_line.clone(), style.follows, style.comma_before),
        (None, true, false)
    );
    let text = read.sources.get(at.file).text();
    assert!(text[at.start as usize..].starts_with("})"));
    assert_eq!(read.only().function, None);
}

#[test]
fn the_url_and_its_name() {
    let read = v9(
        "func f() error {\n\turl := os.Getenv(\"REDIS_URL\")\n\topts, err := redis.ParseURL(url)\n\tif err != nil {\n\t\treturn err\n\t}\n\topts.PoolSize = 5\n\tclient := redis.NewClient(opts)\n\treturn client.Close()\n}\n",
    );
    let client = read.only();
    let source = client.source.as_ref().unwrap();
    assert_eq!(source.call, "ParseURL");
    assert_eq!(source.url_name.as_deref(), Some("REDIS_URL"));
    assert_eq!(reason(&source.url), "environment variable REDIS_URL");
    assert_eq!(source.error, ErrorHandling::Checked);
    assert_eq!(value(client, "PoolSize"), ConstValue::Int(5));
    let EditTarget::InsertAssignment {
        at,
        receiver,
        indent,
        ..
    } = &client.insert
    else {
        panic!();
    };
    assert_eq!((receiver.as_str(), indent.as_str()), ("opts", "\t"));
    let text = read.sources.get(at.file).text();
    assert!(text[..at.start as usize].ends_with("opts.PoolSize = 5"));
}

#[test]
fn the_insertion_stands_after_the_check_of_the_error() {
    let read = v9(
        "func f(u string) error {\n\to, err := redis.ParseURL(u)\n\tif err != nil {\n\t\treturn err\n\t}\n\tredis.NewClient(o)\n\treturn nil\n}\n",
    );
    let EditTarget::InsertAssignment { at, .. } = &read.only().insert else {
        panic!();
    };
    let text = read.sources.get(at.file).text();
    assert!(text[..at.start as usize].ends_with("return err\n\t}"));
}

#[test]
fn options_that_escape_are_not_edited() {
    for escape in ["other.Tune(o)", "s.opts = o", "ch <- o"] {
        let read = v9(&format!(
            "func f(s *S, ch chan *redis.Options) {{\n\to := &redis.Options{{}}\n\t{escape}\n\tredis.NewClient(o)\n}}\n"
        ));
        assert_eq!(read.only().insert, EditTarget::None, "{escape}");
    }
}

/// The snippet of the document: both halves in one fence, on the same names.
const DOCUMENT: &str = "// Current (using defaults):\nredisOpts, err := redis.ParseURL(redisURL)\nredisClient := redis.NewClient(redisOpts)\n\n// Recommended (explicit pooling for production):\nredisOpts, err := redis.ParseURL(redisURL)\nif err != nil {\n    return err\n}\n\n// Production connection pool tuning\nredisOpts.PoolSize = 200          // Increase from 160 for burst capacity\nredisOpts.MinIdleConns = 50       // Keep 50 warm connections (avoid dial latency)\nredisOpts.PoolTimeout = 4 * time.Second   // Wait up to 4s for connection from pool\nredisOpts.ConnMaxIdleTime = 5 * time.Minute  // Recycle idle connections\nredisOpts.ConnMaxLifetime = 0     // No max lifetime (connections don't expire)\n\nredisClient := redis.NewClient(redisOpts)\n";

#[test]
fn both_halves_of_the_document() {
    let read = snippet(DOCUMENT);
    let [before, after] = read.raw.clients.as_slice() else {
        panic!("{:#?}", read.raw.clients);
    };
    assert!(before.writes.is_empty());
    assert_eq!(error_of(before), ErrorHandling::Unchecked);
    assert_eq!(
        before.source.as_ref().unwrap().url_name.as_deref(),
        Some("redisURL")
    );
    let EditTarget::InsertAssignment { at, .. } = &before.insert else {
        panic!("{:?}", before.insert);
    };
    assert_eq!(at.start as usize, DOCUMENT.find("\nredisClient").unwrap());
    assert_eq!(error_of(after), ErrorHandling::Checked);
    assert_eq!(value(after, "PoolSize"), ConstValue::Int(200));
    assert_eq!(
        value(after, "PoolTimeout"),
        ConstValue::Duration(4 * SECOND)
    );
    assert_eq!(
        value(after, "ConnMaxIdleTime"),
        ConstValue::Duration(300 * SECOND)
    );
    assert_eq!(value(after, "ConnMaxLifetime"), ConstValue::Int(0));
    // Only v9 has these fields, and both halves are of one library.
    assert_eq!(before.libraries, ["go-redis-v9"]);
    assert_eq!(after.libraries, ["go-redis-v9"]);
}

#[test]
fn a_snippet_may_be_of_every_library_with_such_names() {
    let read = snippet("rdb := redis.NewClient(&redis.Options{PoolSize: 5})\n");
    let all = ["go-redis-v6", "go-redis-v7", "go-redis-v8", "go-redis-v9"];
    assert_eq!(read.only().libraries, all);
    assert!(
        snippet("c := http.NewClient(&http.Options{PoolSize: 5})\n")
            .raw
            .clients
            .is_empty()
    );
}

#[test]
fn a_snippet_that_leaves_lines_out_tells_no_rest() {
    let read = snippet("opts, err := redis.ParseURL(url)\n...\nrdb := redis.NewClient(opts)\n");
    assert!(read.raw.clients.iter().all(|c| c.rest_unknown.is_some()));
}

#[test]
fn secrets_are_marked_where_they_stand() {
    let read = v9(
        "const pw = \"hunter2\"\nfunc f() {\n\tredis.NewClient(&redis.Options{Password: pw})\n\to, _ := redis.ParseURL(\"redis://:s3cret@cache:6379\")\n\tredis.NewClient(o)\n}\n",
    );
    let secrets: Vec<_> = read.raw.secrets.iter().map(|s| read.at(*s)).collect();
    assert_eq!(secrets, ["\"hunter2\"", "s3cret"]);
}

#[test]
fn what_the_calls_of_the_package_say() {
    let main = "package a\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar c = redis.NewClient(&redis.Options{})\n";
    let other = "package a\n\nfunc g() { c.XReadGroup(ctx, args) }\n";
    let read = package(&[("a.go", main), ("b.go", other)]);
    assert_eq!(read.only().uses, ["blocking", "streams"]);
}

#[test]
fn deep_nesting_neither_panics_nor_hangs() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(5000), close.repeat(5000));
    for code in [
        deep("(", ")"),
        deep("-", ""),
        deep("f(", ")"),
        deep("[]int{", "}"),
    ] {
        let read = v9(&format!(
            "func f() {{ redis.NewClient(&redis.Options{{PoolSize: {code}}}) }}\n"
        ));
        assert!(read.raw.clients.len() <= 1);
    }
    let blocks = format!(
        "func f() {{ {}{} redis.NewClient(nil) }}",
        "if x {".repeat(3000),
        "}".repeat(3000)
    );
    assert!(v9(&blocks).raw.clients.len() <= 1);
}

#[test]
fn ten_thousand_open_braces_end_in_bounded_time() {
    let head = "func f() { redis.NewClient(&redis.Options{PoolSize: 5})\n";
    for open in ["{", "(", "func() {", "if x {", "[]any{"] {
        let code = format!("{head}{}\n", open.repeat(10_000));
        assert!(v9(&code).raw.clients.len() <= 1, "{open}");
    }
}

#[test]
fn a_text_that_would_take_for_ever_is_given_up() {
    let mut code = "func f(u string) {\n\to, err := redis.ParseURL(u)\n".to_owned();
    for n in 0..3000 {
        code.push_str(&format!("\tv{n} := {n}\n\tif v{n} > 0 {{\n\t}}\n"));
    }
    code.push_str("\tredis.NewClient(o)\n\tif err != nil {\n\t}\n}\n");
    let read = v9(&code);
    let claims = |c: &RawClient| error_of(c) == ErrorHandling::Unchecked;
    assert!(!read.raw.clients.iter().any(claims));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Any mixture of the words of such code is read without a panic, and every span is in the text.
    #[test]
    fn any_words_are_read(words in proptest::collection::vec(0usize..WORDS.len(), 0..60)) {
        let text = words.iter().map(|at| WORDS[*at]).collect::<Vec<_>>().join(" ");
        let text = format!("redis.NewClient(opts)\n{text}");
        let read = snippet(&text);
        for client in &read.raw.clients {
            assert!(!read.at(client.anchor).is_empty());
            for write in &client.writes {
                assert!(read.sources.get(write.span.file).text().get(write.span.range()).is_some());
            }
        }
    }
}

const WORDS: &[&str] = &[
    "opts",
    ":=",
    "=",
    "&redis.Options{",
    "}",
    "redis.ParseURL(",
    ")",
    "(",
    "{",
    "\n",
    "if",
    "err",
    "!= nil",
    "for",
    "switch",
    "case",
    "default:",
    "return",
    "func()",
    "func f() {",
    "\"é\\u00e9\"",
    "PoolSize:",
    "20,",
    ",",
    ".",
    "opts.PoolSize =",
    "const",
    "var",
    "time.Second",
    "*",
    "-1",
    "redis.NewClient(",
    "...",
    "// c",
    "_",
    "go",
    "defer",
    "`",
    "package a",
    "import",
    "\"x\"",
    "[]string{",
    "map[string]string{",
    "range",
    "<-",
    "type T =",
    "redis.Options",
    "\r\n",
    "\t",
];

/// A file that imports redigo and `time`, with this code at its end.
fn redigo(code: &str) -> Read {
    let text = format!(
        "package app\n\nimport (\n\t\"crypto/tls\"\n\t\"time\"\n\n\t\"github.com/gomodule/redigo/redis\"\n)\n\n{code}"
    );
    package(&[("app/main.go", &text)])
}

#[test]
fn a_literal_that_is_the_pool_itself() {
    let read = redigo(
        "func pool(addr string) *redis.Pool {\n\treturn &redis.Pool{\n\t\tMaxIdle: 3,\n\t\tDial: func() (redis.Conn, error) {\n\t\t\treturn redis.Dial(\"tcp\", addr, redis.DialReadTimeout(5*time.Second), redis.DialDatabase(2))\n\t\t},\n\t}\n}\n",
    );
    let client = read.only();
    assert_eq!(client.libraries, ["redigo"]);
    assert_eq!(client.option_type, "Pool");
    assert_eq!(value(client, "MaxIdle"), ConstValue::Int(3));
    assert_eq!(
        value(client, "DialReadTimeout"),
        ConstValue::Duration(5 * SECOND)
    );
    assert_eq!(value(client, "DialDatabase"), ConstValue::Int(2));
    assert!(client.carried_unknown.is_none());
    assert!(read.at(client.anchor).starts_with("redis.Pool{"));
    assert!(
        read.at(client.carried_anchor.unwrap())
            .starts_with("redis.Dial(")
    );
    assert!(matches!(client.insert, EditTarget::InsertField { .. }));
}

#[test]
fn options_made_by_a_chain_of_methods() {
    let text = "package a\n\nimport (\n\t\"time\"\n\n\tglide \"github.com/valkey-io/valkey-glide/go/v2\"\n\t\"github.com/valkey-io/valkey-glide/go/v2/config\"\n)\n\nfunc f() {\n\tcfg := config.NewClientConfiguration().WithUseTLS(true).WithRequestTimeout(5 * time.Second)\n\tcfg.WithDatabaseId(3)\n\tglide.NewClient(cfg)\n}\n";
    let read = package(&[("a.go", text)]);
    let client = read.only();
    assert_eq!(value(client, "WithUseTLS"), ConstValue::Bool(true));
    assert_eq!(
        value(client, "WithRequestTimeout"),
        ConstValue::Duration(5 * SECOND)
    );
    assert_eq!(value(client, "WithDatabaseId"), ConstValue::Int(3));
}

#[test]
fn a_library_that_passes_options_on() {
    let text = "package a\n\nimport \"github.com/hibiken/asynq\"\n\nfunc f() {\n\tasynq.NewServer(asynq.RedisClientOpt{Addr: \"a:1\", PoolSize: 4}, asynq.Config{})\n\tasynq.NewClient(asynq.RedisClusterClientOpt{Addrs: nodes})\n}\n";
    let read = package(&[("a.go", text)]);
    assert_eq!(value(&read.raw.clients[0], "PoolSize"), ConstValue::Int(4));
    assert_eq!(read.raw.clients[1].option_type, "RedisClusterClientOpt");
}
