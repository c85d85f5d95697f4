//! Asks the Go libraries what they hold, and redvet what it says that they hold.
//!
//! Every function of `tests/oracle_go` builds one client; beside those written by hand some are
//! generated here. A Go toolchain runs them all and prints the options that the library then has.
//! Whatever redvet reports as known must be one of those; what it calls unknown is only counted.
//!
//! Two variables say where things are: `REDVET_GO` the `go` command, `REDVET_GO_SOURCES` a folder
//! with the libraries' sources as in a GOPATH (`src/github.com/redis/go-redis/v9/...`). Without them
//! the test says that it is skipped. CONTRIBUTING.md tells how to get both.

use crate::support::assert_no_faults;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use redvet::analysis::{InputFile, ProjectInputs, analyze};
use redvet::discover::FileKind;
use redvet::facts::estate::Subject;
use redvet::facts::fact_path::ClientFact;
use redvet::facts::{Datum, Explicitness, FactValue, Meaning};
use redvet::knowledge::Knowledge;
use redvet::source::Sources;

/// Fewer would mean that redvet has lost sight of the programs.
const LEAST_COMPARISONS: usize = 4_400;

/// A library whose clients tell what they hold.
struct Library {
    dir: &'static str,
    import: &'static str,
    version: &'static str,
    /// What tells, of a value `client`: the name of the options, or nothing for the value itself.
    holds: &'static str,
}

const LIBRARIES: [Library; 3] = [
    Library {
        dir: "v9",
        import: "github.com/redis/go-redis/v9",
        version: "v9.7.3",
        holds: "Options",
    },
    Library {
        dir: "v8",
        import: "github.com/go-redis/redis/v8",
        version: "v8.11.5",
        holds: "Options",
    },
    Library {
        dir: "redigo",
        import: "github.com/gomodule/redigo",
        version: "v1.9.2",
        holds: "",
    },
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_go")
}

/// The Go files of a library's programs: path and text.
fn programs(library: &Library) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder().join(library.dir))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "go"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    if library.holds == "Options" {
        let text = generated(library.import, library.dir == "v9");
        files.push(("generated.go".to_owned(), text));
    }
    files.sort();
    files
}

/// Ways to write a figure, and ways to write a duration.
const FIGURES: [&str; 12] = [
    "15",
    "1_00",
    "1 << 5",
    "0x20",
    "size",
    "size * 2 - 1",
    "max(3, size)",
    "min(size, 7)",
    "int(time.Minute / time.Second)",
    "grown",
    "counted()",
    "017",
];
const DURATIONS: [&str; 12] = [
    "5 * time.Second",
    "time.Second * 5",
    "time.Minute",
    "1500 * time.Millisecond",
    "time.Duration(3) * time.Second",
    "time.Duration(time.Second * 5)",
    "time.Duration(int(time.Second) * size)",
    "pause",
    "pause + time.Second",
    "time.Second * 1.0",
    "waited()",
    "time.Duration(2.5 * float64(time.Second))",
];

/// Programs that write these figures in many forms.
fn generated(import: &str, nine: bool) -> String {
    let idle = if nine {
        "ConnMaxIdleTime"
    } else {
        "IdleTimeout"
    };
    let mut text = format!(
        "package main\n\nimport (\n\t\"time\"\n\n\t\"{import}\"\n)\n\nconst (\n\tsize = 9\n\tpause = 700 * time.Millisecond\n)\n\nvar grown = 4\n\nfunc init() {{ grown = 40 }}\n\nfunc counted() int {{ return size + 1 }}\n\nfunc waited() time.Duration {{ return pause * 2 }}\n"
    );
    for (at, figure) in FIGURES.iter().enumerate() {
        let other = FIGURES[(at + 5) % FIGURES.len()];
        let wait = DURATIONS[at % DURATIONS.len()];
        let read = DURATIONS[(at + 3) % DURATIONS.len()];
        let fields = format!(
            "PoolSize: {figure}, MinIdleConns: {other}, {idle}: {wait}, ReadTimeout: {read}"
        );
        let forms = [
            format!("return redis.NewClient(&redis.Options{{{fields}}})"),
            format!(
                "opt := &redis.Options{{{fields}}}\n\topt.PoolSize = {other}\n\treturn redis.NewClient(opt)"
            ),
            format!(
                "var opt redis.Options\n\topt.PoolSize = {figure}\n\topt.{idle} = {wait}\n\treturn redis.NewClient(&opt)"
            ),
            format!(
                "opt := new(redis.Options)\n\topt.PoolSize, opt.MinIdleConns = {figure}, {other}\n\treturn redis.NewClient(opt)"
            ),
            format!(
                "made := func(n int) *redis.Options {{\n\t\treturn &redis.Options{{PoolSize: n, ReadTimeout: {read}}}\n\t}}\n\treturn redis.NewClient(made({figure}))"
            ),
            format!(
                "base := redis.Options{{{fields}}}\n\topt := base\n\topt.PoolSize = {other}\n\treturn redis.NewClient(&opt)"
            ),
            format!(
                "opt := &redis.Options{{}}\n\tif grown > 3 {{\n\t\topt.PoolSize = {figure}\n\t}} else {{\n\t\topt.PoolSize = {other}\n\t}}\n\treturn redis.NewClient(opt)"
            ),
            format!(
                "opt, err := redis.ParseURL(\"redis://h:1/2?pool_size=21&read_timeout=4s\")\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n\topt.MinIdleConns = {figure}\n\topt.{idle} = {wait}\n\treturn redis.NewClient(opt)"
            ),
        ];
        for (form, body) in forms.iter().enumerate() {
            text.push_str(&format!(
                "\nfunc made{at}x{form}() *redis.Client {{\n\t{body}\n}}\n"
            ));
        }
    }
    text
}

/// Functions of a file that take nothing and build a client.
fn builders(text: &str) -> Vec<&str> {
    let named = |line: &'_ str| -> Option<(usize, usize)> {
        let rest = line.strip_prefix("func ")?;
        let (name, rest) = rest.split_once("()")?;
        let client = rest.contains("Client {")
            || rest.contains("Client) {")
            || rest.contains("Ring {")
            || rest.contains("Pool {");
        let plain = !name.contains(['(', '[', ' ']);
        (client && plain).then_some((5, 5 + name.len()))
    };
    text.lines()
        .filter_map(|line| named(line).map(|(from, to)| &line[from..to]))
        .collect()
}

/// The program that calls every builder and prints what each client holds.
fn printer(library: &Library, files: &[(String, String)]) -> String {
    let mut text = String::from(
        "package main\n\nimport (\n\t\"fmt\"\n\t\"reflect\"\n)\n\nfunc show(id string, client any) {\n\tvalue := reflect.ValueOf(client)\n\tdefer value.MethodByName(\"Close\").Call(nil)\n",
    );
    if !library.holds.is_empty() {
        text.push_str(&format!(
            "\tvalue = value.MethodByName(\"{}\").Call(nil)[0]\n",
            library.holds
        ));
    }
    text.push_str(
        "\tvalue = value.Elem()\n\tfor i := 0; i < value.NumField(); i++ {\n\t\tfield := value.Type().Field(i)\n\t\tif !field.IsExported() {\n\t\t\tcontinue\n\t\t}\n\t\tswitch held := value.Field(i); held.Kind() {\n\t\tcase reflect.Int, reflect.Int64:\n\t\t\tfmt.Printf(\"%s\\t%s\\t%d\\n\", id, field.Name, held.Int())\n\t\tcase reflect.Bool, reflect.String:\n\t\t\tfmt.Printf(\"%s\\t%s\\t%v\\n\", id, field.Name, held.Interface())\n\t\t}\n\t}\n}\n\nfunc main() {\n",
    );
    for (path, source) in files {
        for name in builders(source) {
            text.push_str(&format!("\tshow(\"{path}:{name}\", {name}())\n"));
        }
    }
    text.push_str("}\n");
    text
}

type Held = BTreeMap<String, BTreeMap<String, String>>;

/// What the library holds, by program and field.
fn held(library: &Library, files: &[(String, String)], go: &str, sources: &str) -> Held {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("oracle-go-{}", library.dir));
    fs::create_dir_all(&place).unwrap();
    for (path, text) in files {
        fs::write(place.join(path), text).unwrap();
    }
    fs::write(place.join("printer.go"), printer(library, files)).unwrap();
    let output = Command::new(go)
        .args(["run", "."])
        .env("GO111MODULE", "off")
        .env("GOFLAGS", "")
        // Nothing answers; threads that ask for names would pile up.
        .env("GODEBUG", "netdns=go")
        .env("GOPATH", sources)
        .current_dir(&place)
        .output()
        .unwrap_or_else(|error| panic!("{go}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().take(20).collect();
    assert!(output.status.success(), "{}: {said:#?}", library.dir);
    let mut held = Held::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let mut words = line.split('\t').map(str::to_owned);
        let (id, field) = (words.next().unwrap(), words.next().unwrap());
        let value = words.next().unwrap_or_default();
        held.entry(id).or_default().insert(field, value);
    }
    held
}

/// What redvet says of each program's client.
fn said(library: &Library, files: &[(String, String)]) -> Vec<Subject> {
    let module = format!(
        "module example.org/oracle\n\ngo 1.24\n\nrequire {} {}\n",
        library.import, library.version
    );
    let input = |path: &str, kind, text: &str| InputFile {
        path: path.to_owned(),
        kind,
        text: Arc::from(text),
    };
    let mut inputs = vec![input("go.mod", FileKind::GoMod, &module)];
    inputs.extend(
        files
            .iter()
            .map(|(path, text)| input(path, FileKind::Go, text)),
    );
    let project = ProjectInputs {
        inputs,
        ..ProjectInputs::default()
    };
    let knowledge = Knowledge::embedded().unwrap();
    analyze(Sources::default(), &project, &knowledge)
        .estate
        .clients
}

/// Whether a value is what is held; nothing where the two cannot be compared.
fn agrees(datum: &Datum, held: &str) -> Option<bool> {
    let figure = held.parse::<i64>().ok();
    Some(match datum {
        Datum::Special { raw, meaning } => match meaning {
            Meaning::Off | Meaning::Unlimited => figure? <= 0,
            Meaning::Replaced => agrees(raw, held)?,
            _ => return None,
        },
        Datum::Int(n) => figure? == *n,
        Datum::Size(n) => u64::try_from(figure?).ok()? == *n,
        Datum::Duration(seconds) => (seconds * 1e9 - figure? as f64).abs() < 1.0,
        Datum::Bool(flag) => held == flag.to_string(),
        Datum::Text(text) => held == text,
        _ => return None,
    })
}

/// Of several clients that a program builds the last one, which is the one that it gives.
fn last_of_each(clients: Vec<Subject>) -> BTreeMap<String, Subject> {
    let program = |client: &Subject| {
        let (base, count) = client.name.rsplit_once('/').unwrap_or((&client.name, ""));
        let counted = count.parse::<u32>().is_ok();
        if counted {
            base.to_owned()
        } else {
            client.name.clone()
        }
    };
    clients
        .into_iter()
        .map(|client| (program(&client), client))
        .collect()
}

/// Runs the libraries, if there is a toolchain with their sources.
#[test]
fn what_is_said_to_be_known_is_what_the_library_holds() {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(go), Some(sources)) = (variable("REDVET_GO"), variable("REDVET_GO_SOURCES")) else {
        eprintln!("skipped: REDVET_GO and REDVET_GO_SOURCES do not name a toolchain and sources");
        return;
    };
    let (mut compared, mut unknown, mut built) = (0, 0, 0);
    let mut wrong = Vec::new();
    for library in &LIBRARIES {
        let files = programs(library);
        let held = held(library, &files, &go, &sources);
        built += held.len();
        for (id, client) in last_of_each(said(library, &files)) {
            let Some(fields) = held.get(&id) else {
                continue;
            };
            // The options of a client for several nodes: a node's own defaults are not told.
            let kind = client.fact(ClientFact::Kind).and_then(FactValue::text);
            let nodes = matches!(kind, Some("cluster" | "ring"));
            for (key, value) in &client.facts {
                if nodes && value.written != Explicitness::Yes {
                    continue;
                }
                let field = value.own_name.as_ref().and_then(|name| fields.get(name));
                let Some(field) = field else { continue };
                let Some(datum) = value.known_datum() else {
                    unknown += 1;
                    continue;
                };
                match agrees(datum, field) {
                    Some(true) => compared += 1,
                    Some(false) => wrong.push(format!(
                        "{}/{} {key}: {datum:?}, held {field}",
                        library.dir, client.name
                    )),
                    None => {}
                }
            }
        }
    }
    eprintln!("{built} programs: {compared} known values agree, {unknown} are called unknown");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared >= LEAST_COMPARISONS, "only {compared} comparisons");
}

/// What can be seen without a toolchain: redvet sees a client in every program.
#[test]
fn every_program_has_a_client() {
    for library in &LIBRARIES {
        let files = programs(library);
        let said: Vec<String> = said(library, &files).into_iter().map(|c| c.name).collect();
        let all = files.iter().flat_map(|(path, text)| {
            let names = builders(text).into_iter();
            names.map(move |name| format!("{path}:{name}"))
        });
        // A pool that another function or the package makes is named for where it is made.
        let elsewhere = ["redigo/plain.go:fromPackage", "v9/tricky.go:recovered"];
        let missing: Vec<String> = all
            .filter(|id| !said.contains(id))
            .filter(|id| !elsewhere.contains(&format!("{}/{id}", library.dir).as_str()))
            .collect();
        assert_no_faults(&format!("{} tells of every function", library.dir), missing);
    }
}
