//! One test a behaviour of the walk, each on a small tree of its own.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

fn tree(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

fn pattern(
    kind: FileKind,
    claim: MatchConfidence,
    globs: &[&str],
    needles: &[&str],
) -> InputPattern {
    let owned = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
    InputPattern {
        kind,
        claim,
        globs: owned(globs),
        any_case: false,
        needles: owned(needles),
    }
}

fn patterns() -> InputPatterns {
    InputPatterns::new(&[
        pattern(
            FileKind::ConfText,
            MatchConfidence::Name,
            &["redis*.conf"],
            &[],
        ),
        pattern(
            FileKind::Yaml,
            MatchConfidence::Kind,
            &["*.yaml", "*.yml"],
            &["redis"],
        ),
        pattern(
            FileKind::Text,
            MatchConfidence::Content,
            &["*"],
            &["maxmemory "],
        ),
    ])
    .unwrap()
}

fn found(dir: &Path, exclude: &[&str]) -> WalkedFiles {
    let project_tree = ProjectRoot::at_path(dir).unwrap();
    let exclude = ExcludePatterns::new(exclude.iter().copied()).unwrap();
    walk(&project_tree, &patterns(), exclude)
}

fn paths(found: &WalkedFiles) -> Vec<&str> {
    found.files.iter().map(|f| f.path.as_str()).collect()
}

const CONF: &[u8] = b"maxmemory 1gb\n";

#[test]
fn the_nearest_settings_or_repository_above_is_the_root() {
    let dir = tree(&[
        ("repo/.git/HEAD", b""),
        ("repo/a/redvet.toml", b""),
        ("repo/a/b/redis.conf", CONF),
        ("repo/c/redis.conf", CONF),
    ]);
    let root = dir.path().canonicalize().unwrap();
    let deep = ProjectRoot::of(&dir.path().join("repo/a/b/redis.conf")).unwrap();
    assert_eq!(deep.root, root.join("repo/a"));
    assert_eq!(deep.settings, Some(root.join("repo/a/redvet.toml")));
    assert_eq!(deep.only, None);
    let other = ProjectRoot::of(&dir.path().join("repo/c")).unwrap();
    assert_eq!((other.root, other.settings), (root.join("repo"), None));
}

#[test]
fn without_a_root_a_file_is_alone() {
    let dir = tree(&[("a/redis.conf", CONF), ("a/redis-2.conf", CONF)]);
    let project_tree = ProjectRoot::of(&dir.path().join("a/redis.conf")).unwrap();
    let found = walk(&project_tree, &patterns(), ExcludePatterns::default());
    assert_eq!(paths(&found), ["redis.conf"]);
    let folder = ProjectRoot::of(&dir.path().join("a")).unwrap();
    assert_eq!(
        walk(&folder, &patterns(), ExcludePatterns::default())
            .files
            .len(),
        2
    );
}

#[test]
fn isolated_narrows_to_the_path() {
    let dir = tree(&[("redvet.toml", b""), ("a/redis.conf", CONF)]);
    let project_tree = ProjectRoot::at_path(&dir.path().join("a")).unwrap();
    assert_eq!(
        project_tree.root,
        dir.path().canonicalize().unwrap().join("a")
    );
    assert_eq!(project_tree.settings, None);
}

#[test]
fn files_come_sorted_with_kind_and_text() {
    let dir = tree(&[("z/redis.conf", CONF), ("a.yaml", b"image: Redis\n")]);
    let found = found(dir.path(), &[]);
    assert_eq!(paths(&found), ["a.yaml", "z/redis.conf"]);
    assert_eq!(found.files[0].kind, FileKind::Yaml);
    assert_eq!(found.files[1].kind, FileKind::ConfText);
    assert_eq!(found.files[1].text.as_bytes(), CONF);
    assert!(found.files[1].absolute.is_absolute());
}

#[test]
fn a_kind_without_its_needle_is_passed_over() {
    let dir = tree(&[("a.yaml", b"image: nginx\n"), ("b.yml", b"image: redis\n")]);
    assert_eq!(paths(&found(dir.path(), &[])), ["b.yml"]);
}

#[test]
fn other_text_is_recognised_by_its_content() {
    let dir = tree(&[("cache.cfg", CONF), ("notes", b"nothing\n")]);
    let found = found(dir.path(), &[]);
    assert_eq!(paths(&found), ["cache.cfg"]);
    assert_eq!(found.files[0].kind, FileKind::Text);
}

#[test]
fn hidden_folders_are_read_and_git_is_not() {
    let dir = tree(&[(".github/redis.conf", CONF), (".git/redis.conf", CONF)]);
    assert_eq!(paths(&found(dir.path(), &[])), [".github/redis.conf"]);
}

#[test]
fn ignore_files_hold_without_a_repository() {
    let dir = tree(&[
        (".gitignore", b"a.redis.conf\nb/\n"),
        (".redvetignore", b"redis-c.conf\n"),
        ("b/redis.conf", CONF),
        ("redis-c.conf", CONF),
        ("redis.conf", CONF),
    ]);
    assert_eq!(paths(&found(dir.path(), &[])), ["redis.conf"]);
}

#[test]
fn an_ignore_file_above_the_root_changes_nothing() {
    let dir = tree(&[(".gitignore", b"*.conf\n"), ("a/redis.conf", CONF)]);
    assert_eq!(paths(&found(&dir.path().join("a"), &[])), ["redis.conf"]);
}

#[test]
fn vendored_folders_are_skipped_below_the_root_only() {
    let dir = tree(&[
        ("go.mod", b"module a\n"),
        ("vendor/redis.conf", CONF),
        ("vendor/x/redis.conf", CONF),
        ("a/node_modules/redis.conf", CONF),
    ]);
    assert_eq!(paths(&found(dir.path(), &[])), Vec::<&str>::new());
    let inside = found(&dir.path().join("vendor"), &[]);
    assert_eq!(paths(&inside), ["redis.conf", "x/redis.conf"]);
}

#[test]
fn a_folder_is_vendored_only_beside_what_fills_it() {
    let dir = tree(&[
        ("event/target/redis.conf", CONF),
        ("vendor/redis.conf", CONF),
        ("third_party/redis.conf", CONF),
        ("rust/Cargo.toml", b"[package]\n"),
        ("rust/target/redis.conf", CONF),
        ("java/pom.xml", b"<project/>\n"),
        ("java/target/redis.conf", CONF),
        ("built/target/CACHEDIR.TAG", b"x"),
        ("built/target/redis.conf", CONF),
        ("go/go.mod", b"module a\n"),
        ("go/third_party/redis.conf", CONF),
        ("listed/vendor/modules.txt", b"# x\n"),
        ("listed/vendor/redis.conf", CONF),
    ]);
    assert_eq!(
        paths(&found(dir.path(), &[])),
        [
            "event/target/redis.conf",
            "third_party/redis.conf",
            "vendor/redis.conf"
        ]
    );
}

#[test]
fn excluded_folders_and_files_are_not_read() {
    let dir = tree(&[
        ("docs/a/redis.conf", CONF),
        ("x/docs/redis.conf", CONF),
        ("x/redis-old.conf", CONF),
        ("x/redis.conf", CONF),
    ]);
    let found = found(dir.path(), &["./docs/**", "x/docs/", "*-old.conf"]);
    assert_eq!(paths(&found), ["x/redis.conf"]);
}

#[test]
fn configuration_that_is_no_text_is_told_and_other_files_are_not() {
    let dir = tree(&[
        ("redis.conf", b"a\0b"),
        ("redis-latin.conf", b"maxmemory \xff\n"),
        ("x.yaml", b"redis \0"),
        ("y.bin", b"maxmemory \xff"),
    ]);
    let found = found(dir.path(), &[]);
    assert_eq!(paths(&found), Vec::<&str>::new());
    let named: Vec<_> = found
        .unreadable
        .iter()
        .map(|(path, why)| format!("{path}: {why}"))
        .collect();
    assert_eq!(
        named,
        [
            "redis-latin.conf: not valid UTF-8",
            "redis.conf: not a text file (NUL byte near the start)"
        ]
    );
}

#[test]
fn a_file_too_large_is_told_without_being_read() {
    let dir = tree(&[("redis.conf", b"")]);
    let file = fs::File::create(dir.path().join("redis.conf")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    let found = found(dir.path(), &[]);
    assert_eq!(
        found.unreadable,
        [(
            "redis.conf".to_owned(),
            "larger than 64 MiB (`file-size` under [limits] of redvet.toml)".to_owned()
        )]
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let outside = tree(&[("redis.conf", CONF)]);
    let dir = tree(&[("a/redis.conf", CONF)]);
    let link = |from: &Path, to: &str| std::os::unix::fs::symlink(from, dir.path().join(to));
    link(outside.path(), "out").unwrap();
    link(&outside.path().join("redis.conf"), "redis.conf").unwrap();
    link(dir.path(), "loop").unwrap();
    assert_eq!(paths(&found(dir.path(), &[])), ["a/redis.conf"]);
}

#[test]
fn a_named_path_that_is_missing_or_no_text_is_an_error() {
    let dir = tree(&[("x.bin", b"\0")]);
    let missing = ProjectRoot::of(&dir.path().join("nope")).unwrap_err();
    assert!(
        matches!(missing, DiscoverError::Missing { .. }),
        "{missing}"
    );
    let missing = read(&dir.path().join("nope")).unwrap_err();
    assert!(
        matches!(missing, DiscoverError::Missing { .. }),
        "{missing}"
    );
    let binary = read(&dir.path().join("x.bin")).unwrap_err();
    assert!(
        matches!(binary, DiscoverError::Unreadable { .. }),
        "{binary}"
    );
}

#[test]
fn a_named_file_is_read_as_its_name_says_even_if_ignored() {
    let dir = tree(&[
        ("redvet.toml", b""),
        (".gitignore", b"*.yaml\n"),
        ("a/b.yaml", b"nothing\n"),
        ("a/notes", b"nothing\n"),
    ]);
    let path = dir.path().join("a/b.yaml");
    let project_tree = ProjectRoot::of(&path).unwrap();
    let file = read_named(&project_tree, &path, &patterns()).unwrap();
    assert_eq!(
        (file.path.as_str(), file.kind),
        ("a/b.yaml", FileKind::Yaml)
    );
    let mut found = walk(&project_tree, &patterns(), ExcludePatterns::default());
    assert_eq!(paths(&found), Vec::<&str>::new());
    found.include(file.clone());
    found.include(file);
    assert_eq!(paths(&found), ["a/b.yaml"]);
}

#[test]
fn the_same_tree_gives_the_same_result() {
    let files: Vec<(String, Vec<u8>)> = (0..200)
        .map(|n| (format!("d{}/redis-{n}.conf", n % 7), CONF.to_vec()))
        .collect();
    let borrowed: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(path, content)| (path.as_str(), content.as_slice()))
        .collect();
    let dir = tree(&borrowed);
    let first = found(dir.path(), &[]);
    assert_eq!(first.files.len(), 200);
    assert!(first.files.is_sorted_by(|a, b| a.path < b.path));
    assert_eq!(first, found(dir.path(), &[]));
}

#[test]
fn a_bad_pattern_is_an_error() {
    let bad = pattern(FileKind::Yaml, MatchConfidence::Kind, &["{a"], &[]);
    assert!(InputPatterns::new(&[bad]).is_err());
    assert!(ExcludePatterns::new(["a["]).is_err());
}
