//! Fixes, applied: what is written in each kind of place, byte for byte, and what must hold for the
//! fixes of every fixture page and estate.

use crate::support::harness::{Harness, Sample, estates, repository};
use redvet::finding::{Finding, Fix, Report, Severity};
use redvet::fix::rounds::{FixOutcome, run_rounds};
use redvet::fix::{FixLevel, FixedFile, fix_of};
use redvet::tester;

fn mended(harness: &Harness, sample: &Sample, allowed: &dyn Fn(&Finding) -> bool) -> FixOutcome {
    let check = |instead: &[FixedFile]| harness.check(&sample.with(instead));
    run_rounds(
        harness.check(sample),
        &|_, finding| fix_of(finding, FixLevel::Unsafe).is_some() && allowed(finding),
        &check,
    )
}

/// The text after all fixes of a rule.
fn fixed(rule: &str, path: &str, text: &str) -> String {
    let mut harness = Harness::new();
    // Alone, so that no bundle takes its fix.
    harness.select = vec![rule.to_owned()];
    let sample = harness.texts([(path, text)]);
    let mended = mended(&harness, &sample, &|finding| finding.rule == rule);
    let file = mended.files.into_iter().next();
    file.map_or_else(|| text.to_owned(), |file| file.after)
}

const CONFIG_MAP: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: cache
data:
  redis.conf: |
    # What the cache runs with.
    maxmemory 2gb  # two
    save 900 1\t# often
    hz 10
";

#[test]
fn a_trailing_comment_gets_its_own_line_in_every_kind_of_text() {
    let rule = "conf/trailing-comment";
    assert_eq!(
        fixed(rule, "redis.conf", "hz 10   # a\r\n\r\nport 1 # b"),
        "# a\r\nhz 10\r\n\r\n# b\r\nport 1"
    );
    let after = CONFIG_MAP
        .replace(
            "    maxmemory 2gb  # two\n",
            "    # two\n    maxmemory 2gb\n",
        )
        .replace("    save 900 1\t# often\n", "    # often\n    save 900 1\n");
    assert_eq!(fixed(rule, "cache.yaml", CONFIG_MAP), after);
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(fixed(rule, "cache.yaml", &crlf(CONFIG_MAP)), crlf(&after));
    let page = "- Then:\n\n  ```conf\n  maxmemory 2gb # two\n  hz 10\n  timeout 0\n  ```\n";
    assert_eq!(
        fixed(rule, "page.md", page),
        page.replace("maxmemory 2gb # two", "# two\n  maxmemory 2gb")
    );
}

#[test]
fn a_directive_is_set_where_it_stands_or_after_the_last_line() {
    let (rule, defrag) = ("latency/hz-too-low", "memory/active-defrag-off");
    let after = CONFIG_MAP.replace("    hz 10\n", "    hz 100\n");
    assert_eq!(fixed(rule, "cache.yaml", CONFIG_MAP), after);
    let after = format!("{CONFIG_MAP}    activedefrag yes\n");
    assert_eq!(fixed(defrag, "cache.yaml", CONFIG_MAP), after);
    let bare = CONFIG_MAP.trim_end();
    let after = format!("{bare}\n    activedefrag yes");
    assert_eq!(fixed(defrag, "cache.yaml", bare), after);
}

/// The figure is the directive's own, in the text and in the title.
#[test]
fn a_timeout_is_written_in_seconds() {
    let harness = Harness::new();
    let report = harness.check(&harness.texts([("redis.conf", "timeout 0\n")]));
    let finding = report
        .shown_findings()
        .find(|f| f.rule == "network/idle-timeout-off")
        .unwrap();
    let fix = finding.fix.as_ref().unwrap();
    assert_eq!(fix.title, "Set timeout to 600");
    assert_eq!(fix.edits[0].replacement, "600");
}

fn go(literal: &str, rest: &str) -> String {
    format!(
        "package main\n\nimport (\n\t\"time\"\n\n\t\"github.com/redis/go-redis/v9\"\n)\n\n\
         var wait = time.Second\n\nfunc main() {{}}\n\n{literal}\n{rest}"
    )
}

fn fixed_go(rule: &str, text: &str) -> String {
    let mut harness = Harness::new();
    harness.select = vec![rule.to_owned()];
    let module =
        "module example.com/cache\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";
    let sample = harness.texts([("go.mod", module), ("cache.go", text)]);
    let mended = mended(&harness, &sample, &|finding| finding.rule == rule);
    let file = mended.files.into_iter().next();
    file.map_or_else(|| text.to_owned(), |file| file.after)
}

#[test]
fn a_field_goes_into_the_literal_in_its_own_style() {
    let rule = "pool/idle-time-implicit";
    let own_lines = |field: &str| {
        let literal = "var client = redis.NewClient(&redis.Options{\n\tAddr: \"localhost:6379\",";
        go(&format!("{literal}{field}\n}})"), "")
    };
    assert_eq!(
        fixed_go(rule, &own_lines("")),
        own_lines("\n\tConnMaxIdleTime: 5 * time.Minute,")
    );
    let inline = |field: &str| {
        let literal = "var client = redis.NewClient(&redis.Options{Addr: \"localhost:6379\"";
        go(&format!("{literal}{field}}})"), "")
    };
    assert_eq!(
        fixed_go("pool/size-implicit", &inline("")),
        inline(", PoolSize: 200")
    );
}

#[test]
fn after_a_parsed_url_options_are_assigned_behind_the_check_of_its_error() {
    let text = |assignments: &str| {
        let check = "func connect(url string) (*redis.Client, error) {\n\
             \topts, err := redis.ParseURL(url)\n\tif err != nil {\n\t\treturn nil, err\n\t}";
        let rest = format!("{assignments}\treturn redis.NewClient(opts), nil\n}}\n");
        go(check, &rest)
    };
    let size = "\topts.PoolSize = 200\n";
    assert_eq!(fixed_go("pool/size-implicit", &text("")), text(size));
    let earlier = "\topts.PoolTimeout = wait\n";
    assert_eq!(
        fixed_go("pool/size-implicit", &text(earlier)),
        text(&format!("{earlier}{size}"))
    );
}

/// Whether a fix that was left would have brought an error.
fn does_harm(mended: &FixOutcome, fix: &Fix, check: &dyn Fn(&[FixedFile]) -> Report) -> bool {
    let sources = &mended.report.sources;
    let mut files = mended.files.clone();
    for edit in fix.edits.iter().rev() {
        let path = sources.path(edit.span);
        if !files.iter().any(|file| file.path == path) {
            let text = sources.get(edit.span.file).text();
            files.push(FixedFile {
                path: path.to_owned(),
                before: text.clone(),
                after: text.to_string(),
            });
        }
        let file = files.iter_mut().find(|file| file.path == path).unwrap();
        file.after
            .replace_range(edit.span.range(), &edit.replacement);
    }
    errors(&check(&files)).len() > errors(&mended.report).len()
}

fn errors(report: &Report) -> Vec<String> {
    let errors = report
        .shown_findings()
        .filter(|f| f.severity == Severity::Error);
    errors.map(|f| f.rule.clone()).collect()
}

/// What must hold wherever fixes are applied: each cures, a second run has nothing to do, and what
/// could be read before can be read after.
fn assert_sound(place: &str, check: &dyn Fn(&[FixedFile]) -> Report) {
    let level = FixLevel::Unsafe;
    let allowed = |_: &Report, finding: &Finding| fix_of(finding, level).is_some();
    let before = check(&[]);
    let unreadable = broken(&before);
    let mended = run_rounds(before, &allowed, check);
    let left: Vec<_> = mended
        .report
        .shown_findings()
        .filter(|f| fix_of(f, level).is_some_and(|fix| !does_harm(&mended, fix, check)))
        .collect();
    let left: Vec<_> = left.iter().map(|f| (&f.rule, &f.message)).collect();
    assert!(
        left.is_empty(),
        "{place}: not cured: {left:?}\n{:?}",
        mended.files
    );
    assert!(
        broken(&mended.report) <= unreadable,
        "{place}: {:?}",
        mended.files
    );
    let files = mended.files;
    let again = run_rounds(mended.report, &allowed, &|_| check(&files));
    assert_eq!((again.applied, again.files.len()), (0, 0), "{place}");
    for file in files.iter().filter(|file| file.path.ends_with(".go")) {
        assert!(
            is_go(&file.after) || !is_go(&file.before),
            "{place}: {}",
            file.after
        );
    }
}

/// How many inputs and lines cannot be read as what they are.
fn broken(report: &Report) -> usize {
    let kinds = ["meta/unreadable-input", "conf/syntax-error"];
    report
        .shown_findings()
        .filter(|f| kinds.contains(&f.rule.as_str()))
        .count()
}

fn is_go(text: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser
        .set_language(&tree_sitter_go::LANGUAGE.into())
        .unwrap();
    !parser.parse(text, None).unwrap().root_node().has_error()
}

#[test]
fn the_fixes_of_every_estate_are_sound() {
    let harness = Harness::new();
    for estate in estates() {
        let sample = harness.folder(&repository("fixtures/estates").join(&estate));
        assert_sound(&estate, &|instead| harness.check(&sample.with(instead)));
    }
}

#[test]
fn the_fixes_of_every_page_are_sound() {
    let harness = Harness::new();
    let pages = repository("fixtures/rules");
    for entry in walkdir::WalkDir::new(&pages) {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|e| e != "md") {
            continue;
        }
        let name = entry
            .path()
            .strip_prefix(&pages)
            .unwrap()
            .with_extension("");
        let rule = name.to_str().unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for (at, case) in tester::parse_page(rule, rule, &text)
            .cases
            .iter()
            .enumerate()
        {
            let files = case
                .files
                .iter()
                .map(|f| (f.path.as_str(), f.text.as_str()));
            let sample = harness.texts(files);
            assert_sound(&format!("{rule} case {at}"), &|instead| {
                harness.check(&sample.with(instead))
            });
        }
    }
}

/// Two findings of one name, of which the first run cures none before the third is gone.
#[test]
fn one_run_does_what_a_second_would() {
    let harness = Harness::new();
    let settings = "profile = \"strict\"\n[defaults]\nserver = \"valkey:8.1\"\n";
    let text = "requirepass hunter2\ntimeout 600 # ten\nmasterauth hunter2\nport 6379\nmasterauth hunter2 # x\n";
    let sample = harness.texts([("redvet.toml", settings), ("redis.conf", text)]);
    assert_sound("two equal lines", &|instead| {
        harness.check(&sample.with(instead))
    });
}

/// A pool of the recommended size needs more connections than this server takes.
#[test]
fn a_fix_leaves_no_new_error() {
    let harness = Harness::new();
    let code = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc main() {\n\tredis.NewClient(&redis.Options{Addr: \"redis:6379\"})\n}\n";
    let compose = "services:\n  redis:\n    image: redis:7.2\n    command: redis-server --maxclients 100\n  app:\n    build: .\n    environment: { REDIS: redis }\n";
    let files = [
        ("main.go", code),
        (
            "go.mod",
            "module example.com/app\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.3\n",
        ),
        ("compose.yaml", compose),
        (
            "Dockerfile",
            "FROM golang:1.22\nCOPY . .\nRUN go build -o /app .\nCMD [\"/app\"]\n",
        ),
    ];
    let sample = harness.texts(files);
    let before = harness.check(&sample);
    let after = mended(&harness, &sample, &|_| true);
    assert_eq!(errors(&before), errors(&after.report), "{:?}", after.files);
}
