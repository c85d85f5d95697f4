//! What is read from each way in which real code configures a client, and what is not.

use super::*;
use crate::facts::raw::{ErrorHandling, Folded, OptionWrite};
use crate::facts::slot::{Encoding, Slot};
use crate::knowledge::clients::built_in;
use crate::source::{SourceFile, Sources};

const SECOND: i64 = 1_000_000_000;

struct Read {
    sources: Sources,
    raw: Raw,
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
    let files = files.iter().map(add).collect();
    let raw = extract(files, built_in());
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
    let raw = extract_snippet(excerpt, "README.md", built_in());
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

fn value(client: &RawClient, ident: &str) -> Folded {
    write(client, ident).value.clone()
}

fn reason(folded: &Folded) -> String {
    match folded {
        Folded::Unknown(cause) => cause.to_string(),
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
    assert_eq!(value(client, "PoolSize"), Folded::Int(20));
    assert_eq!(read.at(write(client, "PoolSize").span), "20");
    assert!(client.rest_unknown.is_none());
    let Slot::InsertField {
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
    assert_eq!(*encoding, Encoding::Go { time });
}

#[test]
fn the_style_of_a_literal_on_one_line() {
    let read = v9("var c = redis.NewClient(&redis.Options{Addr: \"a:1\"})\n");
    let Slot::InsertField { at, style, .. } = &read.only().insert else {
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
fn a_literal_in_a_variable_and_assignments_in_order() {
    let read = v9(
        "func f() {\n\topt := &redis.Options{PoolSize: 1}\n\topt.PoolSize = 2\n\topt.MinIdleConns = 3\n\tredis.NewClient(opt)\n\topt.PoolSize = 9\n}\n",
    );
    let client = read.only();
    assert_eq!(value(client, "PoolSize"), Folded::Int(2));
    assert_eq!(value(client, "MinIdleConns"), Folded::Int(3));
    assert!(matches!(client.insert, Slot::InsertField { .. }));
}

#[test]
fn options_by_value_and_new() {
    let read = v9(
        "func f() {\n\tvar a redis.UniversalOptions\n\ta.PoolSize = 2\n\tredis.NewUniversalClient(&a)\n\tb := new(redis.Options)\n\tb.PoolSize = 3\n\tredis.NewClient(b)\n}\n",
    );
    assert_eq!(value(&read.raw.clients[0], "PoolSize"), Folded::Int(2));
    assert_eq!(value(&read.raw.clients[1], "PoolSize"), Folded::Int(3));
}

#[test]
fn every_spelling_of_a_duration() {
    for (code, expected) in [
        ("5 * time.Second", Folded::Duration(5 * SECOND)),
        ("time.Second * 5", Folded::Duration(5 * SECOND)),
        ("time.Second", Folded::Duration(SECOND)),
        ("time.Second * 1.0", Folded::Duration(SECOND)),
        ("500 * time.Millisecond", Folded::Duration(SECOND / 2)),
        (
            "time.Duration(3) * time.Second",
            Folded::Duration(3 * SECOND),
        ),
        (
            "time.Duration(time.Second * 5)",
            Folded::Duration(5 * SECOND),
        ),
        (
            "time.Duration(int(time.Second) * 4)",
            Folded::Duration(4 * SECOND),
        ),
        ("idle", Folded::Duration(300 * SECOND)),
        ("typed", Folded::Duration(7)),
        ("-1", Folded::Int(-1)),
        ("4", Folded::Int(4)),
        ("0", Folded::Int(0)),
    ] {
        let read = v9(&format!(
            "const idle = 5 * time.Minute\nconst typed time.Duration = 7\nfunc f() {{ redis.NewClient(&redis.Options{{ConnMaxIdleTime: {code}}}) }}\n"
        ));
        assert_eq!(value(read.only(), "ConnMaxIdleTime"), expected, "{code}");
    }
}

#[test]
fn every_spelling_of_a_number() {
    for (code, expected) in [
        ("1_000", 1000),
        ("0x10", 16),
        ("1 << 19", 1 << 19),
        ("base * 2", 40),
        ("second", 20),
        ("sized", 7),
        ("int(base)", 20),
        ("max(base, 30)", 30),
        ("size()", 12),
        ("scaled(3)", 30),
    ] {
        let read = v9(&format!(
            "const (\n\tbase = 20\n\tsecond\n)\nvar sized = 7\nfunc size() int {{ return 12 }}\nfunc scaled(n int) int {{ return 10 * n }}\nfunc f() {{ redis.NewClient(&redis.Options{{PoolSize: {code}}}) }}\n"
        ));
        assert_eq!(
            value(read.only(), "PoolSize"),
            Folded::Int(expected),
            "{code}"
        );
    }
}

#[test]
fn what_comes_from_elsewhere_is_set_and_named() {
    for (code, expected) in [
        ("cfg.Redis.PoolSize", "`cfg.Redis.PoolSize`"),
        (
            "viper.GetInt(\"redis.pool\")",
            "`viper.GetInt(\"redis.pool\")`",
        ),
        (
            "envInt(\"REDIS_POOL_SIZE\", 20)",
            "`envInt(\"REDIS_POOL_SIZE\", …)`",
        ),
        ("other.PoolSize", "`other.PoolSize`"),
        ("size", "`size`"),
        ("counter", "`counter`"),
    ] {
        let read = v9(&format!(
            "var counter = 1\nfunc g() {{ counter++ }}\nfunc f(size int) {{ redis.NewClient(&redis.Options{{PoolSize: {code}}}) }}\n"
        ));
        let client = read.only();
        assert_eq!(reason(&value(client, "PoolSize")), expected, "{code}");
        assert!(!write(client, "PoolSize").conditional);
    }
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
    assert_eq!(value(client, "PoolSize"), Folded::Int(5));
    let Slot::InsertAssignment {
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
fn what_becomes_of_the_error() {
    use ErrorHandling::{Checked, Discarded, Unchecked, Unknown};
    for (code, expected) in [
        ("o, _ := redis.ParseURL(u)\n\tredis.NewClient(o)", Discarded),
        (
            "o, err := redis.ParseURL(u)\n\t_ = err\n\tredis.NewClient(o)",
            Unchecked,
        ),
        (
            "o, err := redis.ParseURL(u)\n\tredis.NewClient(o)\n\terr = g()\n\tif err != nil {\n\t\treturn\n\t}",
            Unchecked,
        ),
        (
            "o, err := redis.ParseURL(u)\n\tredis.NewClient(o)\n\tif err := g(); err != nil {\n\t\treturn\n\t}",
            Unchecked,
        ),
        (
            "o, err := redis.ParseURL(u)\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tredis.NewClient(o)",
            Checked,
        ),
        (
            "o, err := redis.ParseURL(u)\n\tredis.NewClient(o)\n\tlog.Println(err)",
            Checked,
        ),
        (
            "if o, err := redis.ParseURL(u); err == nil {\n\t\tredis.NewClient(o)\n\t}",
            Checked,
        ),
        (
            "o, err := redis.ParseURL(u)\n\tmust(err)\n\tredis.NewClient(o)",
            Checked,
        ),
        ("redis.NewClient(must2(redis.ParseURL(u)))", Checked),
        (
            "var err error\n\tdefer func() { log.Println(err) }()\n\tvar o *redis.Options\n\to, err = redis.ParseURL(u)\n\tredis.NewClient(o)",
            Unknown,
        ),
    ] {
        let read = v9(&format!(
            "func must2(o *redis.Options, err error) *redis.Options {{\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\treturn o\n}}\nfunc f(u string) {{\n\t{code}\n}}\n"
        ));
        assert_eq!(error_of(read.only()), expected, "{code}");
    }
}

#[test]
fn an_error_that_is_returned_by_name_is_checked() {
    let read = v9(
        "func f(u string) (err error) {\n\tvar o *redis.Options\n\to, err = redis.ParseURL(u)\n\tredis.NewClient(o)\n\treturn\n}\n",
    );
    assert_eq!(error_of(read.only()), ErrorHandling::Checked);
}

#[test]
fn the_insertion_stands_after_the_check_of_the_error() {
    let read = v9(
        "func f(u string) error {\n\to, err := redis.ParseURL(u)\n\tif err != nil {\n\t\treturn err\n\t}\n\tredis.NewClient(o)\n\treturn nil\n}\n",
    );
    let Slot::InsertAssignment { at, .. } = &read.only().insert else {
        panic!();
    };
    let text = read.sources.get(at.file).text();
    assert!(text[..at.start as usize].ends_with("return err\n\t}"));
}

#[test]
fn assignments_in_branches_are_conditional_unless_every_branch_makes_them() {
    let read = v9(
        "func f(c Config) {\n\to := &redis.Options{}\n\tif c.A > 0 {\n\t\to.PoolSize = 5\n\t}\n\tif c.B {\n\t\to.MinIdleConns = 2\n\t} else {\n\t\to.MinIdleConns = 2\n\t}\n\tswitch {\n\tcase c.D:\n\t\to.MaxRetries = 1\n\tdefault:\n\t\to.MaxRetries = 2\n\t}\n\tfor _, x := range c.E {\n\t\to.DB = x\n\t}\n\tredis.NewClient(o)\n}\n",
    );
    let client = read.only();
    assert!(write(client, "PoolSize").conditional);
    assert!(write(client, "DB").conditional);
    assert!(!write(client, "MinIdleConns").conditional);
    assert_eq!(value(client, "MinIdleConns"), Folded::Int(2));
    assert!(!write(client, "MaxRetries").conditional);
    assert!(reason(&value(client, "MaxRetries")).contains("branches"));
}

#[test]
fn an_assignment_in_the_constructors_own_branch_is_certain() {
    let read = v9(
        "func f(on bool) {\n\tif on {\n\t\to := &redis.Options{}\n\t\to.PoolSize = 5\n\t\tredis.NewClient(o)\n\t}\n}\n",
    );
    assert!(!write(read.only(), "PoolSize").conditional);
}

#[test]
fn a_helper_of_the_package_is_seen_through() {
    let read = v9(
        "func tune(o *redis.Options, n int) {\n\tif n > 0 {\n\t\to.PoolSize = n\n\t} else {\n\t\to.PoolSize = 7\n\t}\n\to.PoolTimeout = 4 * time.Second\n}\nfunc f(u string) {\n\to, err := redis.ParseURL(u)\n\tif err != nil {\n\t\treturn\n\t}\n\ttune(o, 3)\n\tredis.NewClient(o)\n}\n",
    );
    let client = read.only();
    assert!(client.rest_unknown.is_none());
    assert!(!write(client, "PoolSize").conditional);
    assert_eq!(value(client, "PoolTimeout"), Folded::Duration(4 * SECOND));
}

#[test]
fn options_that_escape_are_unknown() {
    for escape in [
        "other.Tune(o)",
        "s.opts = o",
        "ch <- o",
        "x := holder{o}\n\t_ = x",
        "go func() { o.PoolSize = 1 }()",
    ] {
        let read = v9(&format!(
            "func f(s *S, ch chan *redis.Options) {{\n\to := &redis.Options{{PoolSize: 5}}\n\t{escape}\n\to.MinIdleConns = 2\n\tredis.NewClient(o)\n}}\n"
        ));
        let client = read.only();
        assert!(client.rest_unknown.is_some(), "{escape}");
        assert!(
            matches!(value(client, "PoolSize"), Folded::Unknown(_)),
            "{escape}"
        );
        assert_eq!(value(client, "MinIdleConns"), Folded::Int(2), "{escape}");
        assert_eq!(client.insert, Slot::None);
    }
}

#[test]
fn factories_of_the_package() {
    let read = v9(
        "func options(n int) *redis.Options {\n\treturn &redis.Options{PoolSize: n}\n}\ntype S struct{}\nfunc (s *S) clusterOptions() *redis.ClusterOptions {\n\treturn &redis.ClusterOptions{PoolSize: 8}\n}\nfunc parsed(u string) (*redis.Options, error) {\n\treturn redis.ParseURL(u)\n}\nfunc f(s *S) {\n\tredis.NewClient(options(6))\n\tredis.NewClusterClient(s.clusterOptions())\n\to := func() *redis.Options { return &redis.Options{PoolSize: 9} }\n\tredis.NewClient(o())\n\tp, _ := parsed(\"redis://cache:7000\")\n\tredis.NewClient(p)\n}\n",
    );
    let clients = &read.raw.clients;
    assert_eq!(clients.len(), 4);
    assert_eq!(value(&clients[0], "PoolSize"), Folded::Int(6));
    assert_eq!(value(&clients[1], "PoolSize"), Folded::Int(8));
    assert_eq!(value(&clients[2], "PoolSize"), Folded::Int(9));
    assert_eq!(error_of(&clients[3]), ErrorHandling::Discarded);
    assert_eq!(clients[3].hosts, [("cache".to_owned(), 7000)]);
}

#[test]
fn several_returns_are_joined() {
    let read = v9(
        "func options(big bool) *redis.Options {\n\tif big {\n\t\treturn &redis.Options{PoolSize: 9, DB: 1}\n\t}\n\treturn &redis.Options{PoolSize: 9}\n}\nfunc f() { redis.NewClient(options(true)) }\n",
    );
    let client = read.only();
    assert_eq!(value(client, "PoolSize"), Folded::Int(9));
    assert!(write(client, "DB").conditional);
}

#[test]
fn imports_under_other_names() {
    for (import, call) in [
        (
            "goredis \"github.com/redis/go-redis/v9\"",
            "goredis.NewClient(&goredis.Options{PoolSize: 5})",
        ),
        (
            ". \"github.com/redis/go-redis/v9\"",
            "NewClient(&Options{PoolSize: 5})",
        ),
        (
            "\"github.com/redis/go-redis/v9\"",
            "redis.NewClient(&redis.Options{PoolSize: 5})",
        ),
        (
            "\"github.com/redis/go-redis/v9\"",
            "redis.NewClient(&Mine{PoolSize: 5})",
        ),
    ] {
        let alias = if call.contains("Mine") {
            "type Mine = redis.Options\n"
        } else {
            ""
        };
        let text = format!("package a\n\nimport {import}\n\n{alias}func f() {{ {call} }}\n");
        let read = package(&[("a.go", &text)]);
        assert_eq!(value(read.only(), "PoolSize"), Folded::Int(5), "{call}");
    }
}

#[test]
fn what_only_looks_like_a_client() {
    for code in [
        // A re-export, not a construction.
        "var NewClient = redis.NewClient\n",
        // A variable and a parameter take the package's name.
        "func f(redis Wrapper) { redis.NewClient(&Options{PoolSize: 5}) }\n",
        "func f() { redis := wrapper(); redis.NewClient(1) }\n",
        // Comments and strings.
        "// redis.NewClient(&redis.Options{PoolSize: 5})\nvar s = `redis.NewClient(&redis.Options{})`\n",
        // Another type with the same field.
        "var p = pond.New(pond.Options{PoolSize: 5})\n",
        // A method of the same name.
        "func f(w Wrapper) { w.NewClient(&redis.Options{}) }\n",
        // A function of the package of the same name.
        "func NewClient(o any) {}\nfunc f() { NewClient(&redis.Options{}) }\n",
    ] {
        let read = v9(code);
        assert!(read.raw.clients.is_empty(), "{code}");
    }
}

#[test]
fn a_package_of_the_same_name_is_no_library() {
    let text = "package a\n\nimport \"example.com/wrapper/redis\"\n\nfunc f() { redis.NewClient(&redis.Options{PoolSize: 5}) }\n";
    assert!(package(&[("a.go", text)]).raw.clients.is_empty());
}

#[test]
fn constants_come_from_the_whole_package_but_not_from_its_tests() {
    let main = "package a\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc f() { redis.NewClient(&redis.Options{PoolSize: size, MinIdleConns: fake}) }\n";
    let other = "package a\n\nconst size = 30\n";
    let test = "package a\n\nconst fake = 1\n";
    let read = package(&[("a.go", main), ("b.go", other), ("a_test.go", test)]);
    assert_eq!(value(read.only(), "PoolSize"), Folded::Int(30));
    assert!(matches!(
        value(read.only(), "MinIdleConns"),
        Folded::Unknown(_)
    ));
}

#[test]
fn a_constant_that_two_builds_declare_is_unknown() {
    let main = "package a\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc f() { redis.NewClient(&redis.Options{PoolSize: size}) }\n";
    let read = package(&[
        ("a.go", main),
        ("b_linux.go", "package a\n\nconst size = 1\n"),
        ("b_windows.go", "package a\n\nconst size = 2\n"),
    ]);
    assert!(matches!(value(read.only(), "PoolSize"), Folded::Unknown(_)));
}

#[test]
fn options_of_the_package_that_nothing_changes() {
    let read = v9("var opts = &redis.Options{PoolSize: 4}\nfunc f() { redis.NewClient(opts) }\n");
    assert_eq!(value(read.only(), "PoolSize"), Folded::Int(4));
    let read = v9(
        "var opts = &redis.Options{PoolSize: 4}\nfunc g() { opts.PoolSize = 5 }\nfunc f() { redis.NewClient(opts) }\n",
    );
    assert!(read.only().rest_unknown.is_some());
}

#[test]
fn clients_in_function_literals_and_methods() {
    let read = v9(
        "type S struct{}\nfunc (s *S) start() {\n\to := &redis.Options{PoolSize: 3}\n\ts.once.Do(func() {\n\t\ts.c = redis.NewClient(o)\n\t})\n}\n",
    );
    let client = read.only();
    assert_eq!(client.function.as_deref(), Some("S.start"));
    assert_eq!(value(client, "PoolSize"), Folded::Int(3));
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
    let Slot::InsertAssignment { at, .. } = &before.insert else {
        panic!("{:?}", before.insert);
    };
    assert_eq!(at.start as usize, DOCUMENT.find("\nredisClient").unwrap());
    assert_eq!(error_of(after), ErrorHandling::Checked);
    assert_eq!(value(after, "PoolSize"), Folded::Int(200));
    assert_eq!(value(after, "PoolTimeout"), Folded::Duration(4 * SECOND));
    assert_eq!(
        value(after, "ConnMaxIdleTime"),
        Folded::Duration(300 * SECOND)
    );
    assert_eq!(value(after, "ConnMaxLifetime"), Folded::Int(0));
    // Only v9 has these fields, and both halves are of one library.
    assert_eq!(before.libraries, ["go-redis-v9"]);
    assert_eq!(after.libraries, ["go-redis-v9"]);
    assert_eq!(read.raw.comments.len(), 8);
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
fn code_that_cannot_be_read_takes_only_itself_away() {
    let read = v9(
        "func a() { redis.NewClient(&redis.Options{PoolSize: 5, ... }) }\nfunc b() { redis.NewClient(&redis.Options{PoolSize: 6}) }\n",
    );
    let known: Vec<_> = read
        .raw
        .clients
        .iter()
        .map(|c| value(c, "PoolSize"))
        .collect();
    assert_eq!(known, [Folded::Int(6)]);
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
fn a_reason_never_quotes_a_literal_that_may_be_secret() {
    let read =
        v9("func f() { redis.NewClient(&redis.Options{Addr: get(\"redis://:s3cret@h\")}) }\n");
    assert_eq!(reason(&value(read.only(), "Addr")), "`get(…)`");
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
fn a_figure_made_from_a_variable_is_not_that_variable() {
    let read = v9(
        "func f() {\n\tn := os.Getenv(\"N\")\n\tredis.NewClient(&redis.Options{Addr: n, PoolSize: n / 2, ReadTimeout: time.Duration(n) * time.Second})\n}\n",
    );
    let client = read.only();
    assert_eq!(reason(&value(client, "Addr")), "environment variable N");
    for ident in ["PoolSize", "ReadTimeout"] {
        assert_eq!(reason(&value(client, ident)), "a figure made from N");
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
    assert_eq!(value(client, "MaxIdle"), Folded::Int(3));
    assert_eq!(
        value(client, "DialReadTimeout"),
        Folded::Duration(5 * SECOND)
    );
    assert_eq!(value(client, "DialDatabase"), Folded::Int(2));
    assert!(client.carried_unknown.is_none());
    assert!(read.at(client.anchor).starts_with("redis.Pool{"));
    assert!(
        read.at(client.carried_anchor.unwrap())
            .starts_with("redis.Dial(")
    );
    assert!(matches!(client.insert, Slot::InsertField { .. }));
}

#[test]
fn a_pool_whose_connections_are_opened_elsewhere_in_the_package() {
    for dial in [
        "dial",
        "func() (redis.Conn, error) { return dial() }",
        "s.dial",
    ] {
        let read = redigo(&format!(
            "type S struct{{}}\nfunc dial() (redis.Conn, error) {{\n\treturn redis.Dial(\"tcp\", \"cache:6379\", redis.DialConnectTimeout(time.Second))\n}}\nfunc (s *S) dial() (redis.Conn, error) {{ return dial() }}\nfunc pool(s *S) *redis.Pool {{ return &redis.Pool{{Dial: {dial}}} }}\n"
        ));
        let client = read.only();
        assert_eq!(
            value(client, "DialConnectTimeout"),
            Folded::Duration(SECOND)
        );
        assert_eq!(client.hosts, [("cache".to_owned(), 6379)], "{dial}");
    }
    let read = redigo(
        "func pool(d func() (redis.Conn, error)) *redis.Pool { return &redis.Pool{Dial: d} }\n",
    );
    assert!(read.only().carried_unknown.is_some());
    let read = redigo("func pool() *redis.Pool { return &redis.Pool{MaxActive: 5} }\n");
    assert!(read.only().carried_unknown.is_some());
}

#[test]
fn fields_of_a_pool_that_are_assigned_later() {
    let read = redigo(
        "func pool(big bool) *redis.Pool {\n\tp := &redis.Pool{MaxIdle: 3}\n\tp.MaxActive = 50\n\tif big {\n\t\tp.Wait = true\n\t}\n\treturn p\n}\n",
    );
    let client = read.only();
    assert_eq!(value(client, "MaxActive"), Folded::Int(50));
    assert!(!write(client, "MaxActive").conditional);
    assert!(write(client, "Wait").conditional);
    let read = redigo(
        "type S struct{ pool *redis.Pool }\nfunc (s *S) start() {\n\ts.pool = &redis.Pool{MaxIdle: 3}\n}\nfunc (s *S) tune() { s.pool.MaxActive = 4 }\n",
    );
    assert!(write(read.only(), "MaxActive").conditional);
    let read = redigo(
        "func pool(big bool) *redis.Pool {\n\tvar p *redis.Pool\n\tif big {\n\t\tp = &redis.Pool{MaxIdle: 30}\n\t} else {\n\t\tp = &redis.Pool{MaxIdle: 3}\n\t}\n\tp.MaxActive = 50\n\tregister(p)\n\treturn p\n}\n",
    );
    assert_eq!(read.raw.clients.len(), 2);
    for client in &read.raw.clients {
        assert_eq!(value(client, "MaxActive"), Folded::Int(50));
    }
}

#[test]
fn options_made_by_functions() {
    let read = redigo(
        "func dial(pw string, secure bool, more ...redis.DialOption) {\n\toptions := []redis.DialOption{redis.DialReadTimeout(time.Second), redis.DialTLSSkipVerify(true)}\n\tif pw != \"\" {\n\t\toptions = append(options, redis.DialPassword(pw))\n\t}\n\tredis.Dial(\"tcp\", \"a:1\", options...)\n\tredis.Dial(\"tcp\", \"b:1\", more...)\n\tredis.DialURL(\"redis://c:7000\")\n\tredis.DialTimeout(\"tcp\", \"d:1\", time.Second, 0, 2*time.Second)\n\tredis.Dial(\"tcp\", \"e:1\", redis.DialTLSConfig(&tls.Config{InsecureSkipVerify: secure}))\n\tvar given []redis.DialOption\n\tgiven = append(given, redis.DialDatabase(4))\n\tredis.Dial(\"tcp\", \"f:1\", given...)\n}\n",
    );
    let clients = &read.raw.clients;
    assert_eq!(clients.len(), 6);
    assert_eq!(value(&clients[0], "DialTLSSkipVerify"), Folded::Bool(true));
    assert!(write(&clients[0], "DialPassword").conditional);
    assert!(clients[0].rest_unknown.is_none());
    assert!(clients[1].rest_unknown.is_some());
    assert_eq!(clients[2].hosts, [("c".to_owned(), 7000)]);
    assert!(!clients[2].source.as_ref().unwrap().fallible);
    assert_eq!(value(&clients[3], "DialReadTimeout"), Folded::Int(0));
    assert_eq!(
        value(&clients[3], "DialWriteTimeout"),
        Folded::Duration(2 * SECOND)
    );
    assert_eq!(value(&clients[5], "DialDatabase"), Folded::Int(4));
    assert!(clients[5].rest_unknown.is_none());
    let skip = write(&clients[4], "DialTLSConfig.InsecureSkipVerify");
    assert_eq!(reason(&skip.value), "`secure`");
}

#[test]
fn what_stands_inside_the_value_of_a_field() {
    let text = "package a\n\nimport (\n\t\"crypto/tls\"\n\n\t\"github.com/redis/go-redis/v9\"\n)\n\nfunc conf() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }\nfunc f(c *tls.Config) {\n\tredis.NewClient(&redis.Options{TLSConfig: &tls.Config{InsecureSkipVerify: true}})\n\tredis.NewClient(&redis.Options{TLSConfig: conf()})\n\to := &redis.Options{TLSConfig: &tls.Config{}}\n\to.TLSConfig.InsecureSkipVerify = true\n\tredis.NewClient(o)\n\tredis.NewClient(&redis.Options{TLSConfig: c})\n\tredis.NewClient(&redis.Options{TLSConfig: &tls.Config{ServerName: \"a\"}})\n\tt := &tls.Config{}\n\tt.InsecureSkipVerify = true\n\tredis.NewClient(&redis.Options{TLSConfig: t})\n}\n";
    let read = package(&[("a.go", text)]);
    let inner = |n: usize| {
        let writes = &read.raw.clients[n].writes;
        let found = writes
            .iter()
            .find(|w| w.ident == "TLSConfig.InsecureSkipVerify");
        found.map(|w| w.value.clone())
    };
    let truth = Some(Folded::Bool(true));
    assert_eq!(
        (inner(0), inner(1), inner(2)),
        (truth.clone(), truth.clone(), truth.clone())
    );
    assert!(matches!(inner(3), Some(Folded::Unknown(_))));
    assert_eq!(inner(4), None);
    assert_eq!(inner(5), truth);
}

#[test]
fn options_made_by_a_chain_of_methods() {
    let text = "package a\n\nimport (\n\t\"time\"\n\n\tglide \"github.com/valkey-io/valkey-glide/go/v2\"\n\t\"github.com/valkey-io/valkey-glide/go/v2/config\"\n)\n\nfunc f() {\n\tcfg := config.NewClientConfiguration().WithUseTLS(true).WithRequestTimeout(5 * time.Second)\n\tcfg.WithDatabaseId(3)\n\tglide.NewClient(cfg)\n}\n";
    let read = package(&[("a.go", text)]);
    let client = read.only();
    assert_eq!(value(client, "WithUseTLS"), Folded::Bool(true));
    assert_eq!(
        value(client, "WithRequestTimeout"),
        Folded::Duration(5 * SECOND)
    );
    assert_eq!(value(client, "WithDatabaseId"), Folded::Int(3));
}

#[test]
fn a_library_that_passes_options_on() {
    let text = "package a\n\nimport \"github.com/hibiken/asynq\"\n\nfunc f() {\n\tasynq.NewServer(asynq.RedisClientOpt{Addr: \"a:1\", PoolSize: 4}, asynq.Config{})\n\tasynq.NewClient(asynq.RedisClusterClientOpt{Addrs: nodes})\n}\n";
    let read = package(&[("a.go", text)]);
    assert_eq!(value(&read.raw.clients[0], "PoolSize"), Folded::Int(4));
    assert_eq!(read.raw.clients[1].option_type, "RedisClusterClientOpt");
}
