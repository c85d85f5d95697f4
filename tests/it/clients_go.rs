//! From Go code and go.mod to the facts that rules read: versions, defaults, special figures, URLs
//! and what is left open.

// A helper that does not find its fact ends the test.

use redvet::extract::go::{GoFile, GoPackagePaths, extract, extract_snippet, module};
use redvet::facts::edit_target::EditTarget;
use redvet::facts::estate::Subject;
use redvet::facts::value::{Datum, Explicitness, FactValue, Meaning, ValueState};
use redvet::facts::vocabulary::Vocabulary;
use redvet::knowledge::clients::load_built_in;
use redvet::resolve::client::{ClientLocation, resolve};
use redvet::source::{Excerpt, SourceFile, Sources};

const V9: &str = "github.com/redis/go-redis/v9";
const V8: &str = "github.com/go-redis/redis/v8";

/// The clients of one function body, built with this version of this library (none: no go.mod).
fn clients(import: &str, version: &str, body: &str) -> Vec<Subject> {
    let mut sources = Sources::default();
    let text = format!(
        "package app\n\nimport (\n\t\"os\"\n\t\"time\"\n\n\t\"{import}\"\n)\n\nfunc connect() {{\n\t{body}\n}}\n"
    );
    let id = sources.add(SourceFile::new("app/main.go", text.as_str()));
    let file = GoFile {
        path: "app/main.go".to_owned(),
        excerpt: Excerpt::whole(id, text.as_str().into()),
    };
    let mut raw = extract(&[file], &GoPackagePaths::new(), load_built_in());
    if !version.is_empty() {
        let text = format!("module a\n\ngo 1.24\n\nrequire {import} {version}\n");
        let id = sources.add(SourceFile::new("go.mod", text.as_str()));
        let excerpt = Excerpt::whole(id, text.as_str().into());
        raw.modules.push(module::read("go.mod", &excerpt));
    }
    resolve(&raw, load_built_in(), &[], |client| {
        let path = sources.path(client.anchor).to_owned();
        ClientLocation {
            name_prefix: path.clone(),
            path,
        }
    })
}

fn client(import: &str, version: &str, body: &str) -> Subject {
    let mut all = clients(import, version, body);
    assert_eq!(all.len(), 1, "{body}");
    all.remove(0)
}

fn v9(fields: &str) -> Subject {
    client(
        V9,
        "v9.7.0",
        &format!("redis.NewClient(&redis.Options{{{fields}}})"),
    )
}

/// A listed fact of a client, or one of its options.
fn find<'a>(subject: &'a Subject, path: &str) -> Option<&'a FactValue> {
    match Vocabulary::find_listed(subject.kind, path) {
        Some(fact) => subject.fact(fact),
        None => subject.option(path),
    }
}

fn fact<'a>(subject: &'a Subject, path: &str) -> &'a FactValue {
    let value = find(subject, path);
    value.unwrap_or_else(|| panic!("{path} of {:?}", subject.facts.keys()))
}

fn set(subject: &Subject, path: &str) -> Datum {
    match &fact(subject, path).state {
        ValueState::Set(datum) => datum.clone(),
        other => panic!("{path}: {other:?}"),
    }
}

fn default(subject: &Subject, path: &str) -> Datum {
    match &fact(subject, path).state {
        ValueState::Default(datum) => datum.clone(),
        other => panic!("{path}: {other:?}"),
    }
}

fn unknown(subject: &Subject, path: &str) -> String {
    match &fact(subject, path).state {
        ValueState::Unknown(cause) => cause.to_string(),
        other => panic!("{path}: {other:?}"),
    }
}

fn special(raw: Datum, meaning: Meaning) -> Datum {
    let raw = Box::new(raw);
    Datum::Special { raw, meaning }
}

#[test]
fn the_defaults_of_the_pinned_version() {
    let subject = v9("Addr: \"cache:6379\"");
    assert_eq!(subject.name, "app/main.go:connect");
    assert_eq!(set(&subject, "version"), Datum::Text("9.7.0".into()));
    assert_eq!(set(&subject, "library"), Datum::Text("go-redis-v9".into()));
    assert_eq!(set(&subject, "kind"), Datum::Text("standalone".into()));
    assert_eq!(default(&subject, "timeout.read"), Datum::Duration(3.0));
    assert_eq!(default(&subject, "timeout.write"), Datum::Duration(3.0));
    assert_eq!(default(&subject, "pool.wait_timeout"), Datum::Duration(4.0));
    assert_eq!(
        default(&subject, "conn.max_idle_time"),
        Datum::Duration(1800.0)
    );
    assert_eq!(default(&subject, "retry.max"), Datum::Int(3));
    assert_eq!(default(&subject, "pool.min_idle"), Datum::Int(0));
    let never = special(Datum::Duration(0.0), Meaning::Unlimited);
    assert_eq!(default(&subject, "conn.max_lifetime"), never);
    let size = fact(&subject, "pool.max_size");
    assert_eq!(size.derived_from.as_deref(), Some("10 x GOMAXPROCS"));
    assert_eq!(size.own_name.as_deref(), Some("PoolSize"));
    assert_eq!(size.written, Explicitness::No);
    assert!(matches!(&size.slot, EditTarget::InsertField { ident, .. } if ident == "PoolSize"));
    assert_eq!(set(&subject, "cpu_multiple"), Datum::Int(10));
    assert_eq!(set(&subject, "checks_on_borrow"), Datum::Bool(true));
    assert_eq!(set(&subject, "reaps"), Datum::Bool(false));
    assert!(find(&subject, "url").is_none());
    assert!(
        find(&subject, "buffer.read").is_none(),
        "9.7.0 has no such option"
    );
}

#[test]
fn a_newer_version_has_other_defaults() {
    let subject = client(V9, "v9.22.0", "redis.NewClient(&redis.Options{})");
    assert_eq!(default(&subject, "timeout.read"), Datum::Duration(5.0));
    assert_eq!(default(&subject, "pool.wait_timeout"), Datum::Duration(6.0));
    assert_eq!(default(&subject, "buffer.read"), Datum::Size(32_768));
}

#[test]
fn a_withdrawn_release() {
    let retracted = |version| {
        set(
            &client(V9, version, "redis.NewClient(&redis.Options{})"),
            "retracted",
        )
    };
    assert_eq!(retracted("v9.7.2"), Datum::Bool(true));
    assert_eq!(retracted("v9.7.3"), Datum::Bool(false));
}

#[test]
fn without_a_version_only_what_never_changed_is_known() {
    let subject = client(V9, "", "redis.NewClient(&redis.Options{})");
    assert!(unknown(&subject, "timeout.read").contains("version of go-redis v9"));
    assert_eq!(
        default(&subject, "conn.max_idle_time"),
        Datum::Duration(1800.0)
    );
    assert_eq!(
        fact(&subject, "pool.max_size").derived_from.as_deref(),
        Some("10 x GOMAXPROCS")
    );
    assert!(matches!(
        fact(&subject, "version").state,
        ValueState::Unknown(_)
    ));
    // A field that only later releases have narrows the version down.
    let subject = client(
        V9,
        "",
        "redis.NewClient(&redis.Options{ReadBufferSize: 1 << 20, PipelinePoolSize: 1})",
    );
    assert_eq!(default(&subject, "timeout.read"), Datum::Duration(5.0));
}

#[test]
fn v8_has_other_names_and_a_reaper() {
    let subject = client(
        V8,
        "v8.11.5",
        "redis.NewClient(&redis.Options{IdleTimeout: 2 * time.Minute})",
    );
    assert_eq!(set(&subject, "conn.max_idle_time"), Datum::Duration(120.0));
    assert_eq!(
        fact(&subject, "conn.max_idle_time").own_name.as_deref(),
        Some("IdleTimeout")
    );
    assert_eq!(
        fact(&subject, "conn.max_lifetime").own_name.as_deref(),
        Some("MaxConnAge")
    );
    assert_eq!(set(&subject, "reaps"), Datum::Bool(true));
    let cluster = client(
        V8,
        "v8.11.5",
        "redis.NewClusterClient(&redis.ClusterOptions{})",
    );
    assert_eq!(set(&cluster, "reaps"), Datum::Bool(false));
    let old = client(V8, "v8.10.0", "redis.NewClient(&redis.Options{})");
    assert_eq!(
        fact(&old, "pool.max_size").derived_from.as_deref(),
        Some("10 x NumCPU")
    );
    let any = client(V8, "", "redis.NewClient(&redis.Options{})");
    let follows = fact(&any, "pool.max_size").derived_from.as_deref();
    assert_eq!(follows, Some("10 x NumCPU or 10 x GOMAXPROCS"));
    assert_eq!(set(&any, "cpu_multiple"), Datum::Int(10));
}

#[test]
fn written_values_have_units() {
    let subject =
        v9("PoolSize: 20, PoolTimeout: 4 * time.Second, ConnMaxIdleTime: 4, Password: \"pw\"");
    assert_eq!(set(&subject, "pool.max_size"), Datum::Int(20));
    assert_eq!(set(&subject, "pool.wait_timeout"), Datum::Duration(4.0));
    assert_eq!(set(&subject, "conn.max_idle_time"), Datum::Duration(4e-9));
    assert!(find(&subject, "cpu_multiple").is_none());
    assert!(fact(&subject, "auth.password").secret);
    assert!(matches!(
        fact(&subject, "pool.max_size").slot,
        EditTarget::Replace { .. }
    ));
}

#[test]
fn special_figures() {
    let meaning = |fields: &str, path: &str| match set(&v9(fields), path) {
        Datum::Special { meaning, .. } => meaning,
        other => panic!("{other:?}"),
    };
    assert_eq!(meaning("PoolSize: -5", "pool.max_size"), Meaning::Panics);
    assert_eq!(meaning("MaxRetries: -1", "retry.max"), Meaning::Off);
    assert_eq!(
        meaning("MaxRetries: -2", "retry.max"),
        Meaning::SendsNothing
    );
    assert_eq!(meaning("ReadTimeout: -1", "timeout.read"), Meaning::Off);
    assert_eq!(
        meaning("ConnMaxIdleTime: -1", "conn.max_idle_time"),
        Meaning::Unlimited
    );
    assert_eq!(
        meaning("ConnMaxLifetime: 0", "conn.max_lifetime"),
        Meaning::Unlimited
    );
    // Without a read deadline the wait has a figure of its own.
    let subject = v9("ReadTimeout: -1");
    assert_eq!(
        default(&subject, "pool.wait_timeout"),
        Datum::Duration(30.0)
    );
    let off = special(Datum::Int(-1), Meaning::Off);
    assert_eq!(default(&subject, "timeout.write"), off);
}

#[test]
fn a_zero_stands_for_the_default() {
    let subject = v9("MaxRetries: 0, PoolSize: 0, MinIdleConns: 0");
    let retries = fact(&subject, "retry.max");
    let replaced = special(Datum::Int(3), Meaning::Replaced);
    assert_eq!(retries.state, ValueState::Default(replaced));
    assert_eq!(retries.written, Explicitness::No);
    assert_eq!(retries.overrides[0].text, "0");
    assert!(retries.span().is_some());
    let size = fact(&subject, "pool.max_size");
    assert_eq!(size.written, Explicitness::No);
    assert_eq!(size.derived_from.as_deref(), Some("10 x GOMAXPROCS"));
    // Here the zero is the default itself, and somebody wrote it.
    assert_eq!(set(&subject, "pool.min_idle"), Datum::Int(0));
}

#[test]
fn what_a_library_ignores_keeps_its_default() {
    let subject = client(
        V9,
        "v9.7.0",
        "redis.NewClusterClient(&redis.ClusterOptions{ReadTimeout: -1, WriteTimeout: -2})",
    );
    let read = fact(&subject, "timeout.read");
    let replaced = special(Datum::Duration(3.0), Meaning::Replaced);
    assert_eq!(read.state, ValueState::Default(replaced));
    assert_eq!(read.written, Explicitness::Yes);
    assert_eq!(
        set(&subject, "timeout.write"),
        special(Datum::Int(-2), Meaning::Off)
    );
    assert_eq!(
        fact(&subject, "pool.max_size").derived_from.as_deref(),
        Some("5 x GOMAXPROCS")
    );
    let subject = client(
        V9,
        "v9.7.0",
        "redis.NewFailoverClusterClient(&redis.FailoverOptions{DB: 3})",
    );
    let replaced = special(Datum::Int(0), Meaning::Replaced);
    assert_eq!(
        fact(&subject, "conn.db").state,
        ValueState::Default(replaced)
    );
    assert_eq!(set(&subject, "cpu_multiple"), Datum::Int(5));
}

#[test]
fn a_universal_client_is_what_its_options_make_it() {
    let kind = |fields: &str| {
        let body = format!("redis.NewUniversalClient(&redis.UniversalOptions{{{fields}}})");
        let subject = client(V9, "v9.8.0", &body);
        let follows = fact(&subject, "pool.max_size").derived_from.clone();
        (
            fact(&subject, "kind").text().map(str::to_owned),
            follows.unwrap(),
        )
    };
    let pair = |kind: &str, follows: &str| (Some(kind.to_owned()), follows.to_owned());
    assert_eq!(
        kind("Addrs: []string{\"a:1\"}"),
        pair("standalone", "10 x GOMAXPROCS")
    );
    assert_eq!(
        kind("Addrs: []string{\"a:1\", \"b:1\"}"),
        pair("cluster", "5 x GOMAXPROCS")
    );
    assert_eq!(
        kind("MasterName: \"m\""),
        pair("sentinel", "10 x GOMAXPROCS")
    );
    assert_eq!(
        kind("MasterName: \"m\", IsClusterMode: true"),
        pair("sentinel", "5 x GOMAXPROCS")
    );
    let open = (None, "5 x GOMAXPROCS or 10 x GOMAXPROCS".to_owned());
    assert_eq!(kind("Addrs: cfg.Addrs"), open);
}

#[test]
fn a_url_that_is_not_seen_could_set_what_the_parser_knows() {
    let body = "o, err := redis.ParseURL(os.Getenv(\"REDIS_URL\"))\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\to.MinIdleConns = 5\n\tredis.NewClient(o)";
    let subject = client(V9, "v9.7.0", body);
    let size = fact(&subject, "pool.max_size");
    assert_eq!(
        unknown(&subject, "pool.max_size"),
        "the URL from REDIS_URL could set it"
    );
    assert!(
        matches!(&size.written, Explicitness::MaybeElsewhere(cause) if cause.to_string().contains("REDIS_URL"))
    );
    assert_eq!(size.derived_from.as_deref(), Some("10 x GOMAXPROCS"));
    assert!(
        matches!(&size.slot, EditTarget::InsertAssignment { ident, receiver, .. } if ident == "PoolSize" && receiver == "o")
    );
    assert_eq!(set(&subject, "pool.min_idle"), Datum::Int(5));
    assert_eq!(set(&subject, "url"), Datum::Text("REDIS_URL".into()));
    assert_eq!(set(&subject, "url_error"), Datum::Text("checked".into()));
    // No parser of this version has a parameter for it.
    assert_eq!(
        default(&subject, "timeout.honour_context"),
        Datum::Bool(false)
    );
    // Before 8.11.4 a URL sets no pool option.
    let old = client(V8, "v8.11.3", body);
    assert_eq!(fact(&old, "pool.max_size").written, Explicitness::No);
    assert_eq!(default(&old, "conn.max_idle_time"), Datum::Duration(300.0));
}

#[test]
fn a_folded_url_decides() {
    let url = |url: &str| {
        let body = format!("o, _ := redis.ParseURL(\"{url}\")\n\tredis.NewClient(o)");
        client(V9, "v9.7.0", &body)
    };
    let subject = url(
        "redis://u:s3cret@cache:6380/2?pool_size=100&idle_timeout=180s&pool_timeout=0&read_timeout=6",
    );
    assert_eq!(set(&subject, "pool.max_size"), Datum::Int(100));
    assert_eq!(set(&subject, "conn.max_idle_time"), Datum::Duration(180.0));
    assert_eq!(
        set(&subject, "pool.wait_timeout"),
        special(Datum::Int(-1), Meaning::Off)
    );
    assert_eq!(set(&subject, "timeout.read"), Datum::Duration(6.0));
    assert_eq!(set(&subject, "conn.db"), Datum::Int(2));
    assert_eq!(set(&subject, "conn.addr"), Datum::Text("cache:6380".into()));
    assert!(fact(&subject, "auth.password").secret);
    assert_eq!(default(&subject, "pool.min_idle"), Datum::Int(0));
    assert_eq!(fact(&subject, "pool.min_idle").written, Explicitness::No);
    assert_eq!(
        set(&subject, "url"),
        Datum::Text("redis://u:***@cache:6380/2".into())
    );
    assert!(unknown(&url("redis://cache?pool=1"), "pool.max_size").contains("`pool`"));
    assert!(unknown(&url("http://cache"), "pool.max_size").contains("`http`"));
    let subject = url("redis://cache?pool_size=");
    assert_eq!(fact(&subject, "pool.max_size").written, Explicitness::No);
}

#[test]
fn values_from_elsewhere_are_set_and_unknown() {
    let subject = v9("PoolSize: cfg.PoolSize, TLSConfig: tlsConfig()");
    let size = fact(&subject, "pool.max_size");
    assert_eq!(size.written, Explicitness::Yes);
    assert_eq!(
        unknown(&subject, "pool.max_size"),
        "it comes from `cfg.PoolSize`"
    );
    assert_eq!(fact(&subject, "tls.config").written, Explicitness::Yes);
    let subject = client(V9, "v9.7.0", "redis.NewClient(options.Load())");
    assert_eq!(
        unknown(&subject, "pool.max_size"),
        "the options come from `options.Load()`"
    );
    assert!(matches!(
        fact(&subject, "pool.max_size").written,
        Explicitness::Unknown(_)
    ));
}

#[test]
fn two_clients_of_one_function_have_two_names() {
    let all = clients(
        V9,
        "v9.7.0",
        "redis.NewClient(&redis.Options{})\n\tredis.NewRing(&redis.RingOptions{})",
    );
    let names: Vec<_> = all.iter().map(|s| s.identity.as_str()).collect();
    assert_eq!(names, ["app/main.go:connect", "app/main.go:connect/2"]);
}

#[test]
fn the_nearest_module_file_counts() {
    let mut sources = Sources::default();
    let mut raw = redvet::facts::raw::RawFacts::default();
    for (path, version) in [
        ("go.mod", "v9.7.0"),
        ("svc/go.mod", "v9.22.0"),
        ("other/go.mod", "v9.0.0"),
    ] {
        let text = format!("require {V9} {version}\n");
        let id = sources.add(SourceFile::new(path, text.as_str()));
        raw.modules.push(module::read(
            path,
            &Excerpt::whole(id, text.as_str().into()),
        ));
    }
    let text = format!("package a\nimport \"{V9}\"\nvar c = redis.NewClient(&redis.Options{{}})\n");
    let id = sources.add(SourceFile::new("svc/a/a.go", text.as_str()));
    let file = GoFile {
        path: "svc/a/a.go".to_owned(),
        excerpt: Excerpt::whole(id, text.as_str().into()),
    };
    raw.absorb(extract(&[file], &GoPackagePaths::new(), load_built_in()));
    let place = |_: &_| ClientLocation {
        path: "svc/a/a.go".to_owned(),
        name_prefix: "svc/a/a.go".to_owned(),
    };
    let subjects = resolve(&raw, load_built_in(), &[], place);
    assert_eq!(set(&subjects[0], "version"), Datum::Text("9.22.0".into()));
    assert_eq!(subjects[0].name, "svc/a/a.go");
}

#[test]
fn of_a_snippet_only_what_holds_for_all_libraries_is_said() {
    let mut sources = Sources::default();
    let text = "opts, err := redis.ParseURL(url)\nrdb := redis.NewClient(opts)\n";
    let id = sources.add(SourceFile::new("README.md", text));
    let raw = extract_snippet(
        Excerpt::whole(id, text.into()),
        "README.md",
        load_built_in(),
    );
    let place = |_: &_| ClientLocation {
        path: "README.md".to_owned(),
        name_prefix: "README.md#1".to_owned(),
    };
    let subject = resolve(&raw, load_built_in(), &[], place).remove(0);
    assert_eq!(subject.name, "README.md#1");
    assert!(matches!(
        fact(&subject, "library").state,
        ValueState::Unknown(_)
    ));
    assert_eq!(set(&subject, "url_error"), Datum::Text("unchecked".into()));
    let multiple = find(&subject, "cpu_multiple");
    assert!(multiple.is_none(), "go-redis v6 began with a fixed size");
    let size = fact(&subject, "pool.max_size");
    assert!(
        matches!(size.written, Explicitness::MaybeElsewhere(_)),
        "{size:?}"
    );
    let idle = fact(&subject, "conn.max_idle_time");
    let both = Some("ConnMaxIdleTime or IdleTimeout");
    assert_eq!(
        idle.own_name.as_deref(),
        both,
        "the majors call it differently"
    );
    assert_eq!(idle.slot, EditTarget::None);
}
