//! What reaches a terminal: no character of what is read that could drive it, colour only where it is
//! wanted, lines as wide as it is. A pseudo-terminal comes from `script`, which every Debian has.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Everything that a person may write, with an escape sequence in it.
fn hostile() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join(".git")).unwrap();
    let write = |path: &str, text: &str| {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let bad = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{202e}";
    write(
        &format!("a{bad}b/redis{bad}.conf"),
        &format!(
            "# redvet: ignore[conf/{bad}] {bad}\nno-such{bad} 1\nport {bad}\ndir \"{bad}\"\nhz 100 # {bad}\n"
        ),
    );
    write(
        "deploy.yaml",
        &format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: \"c\\e[31m\", namespace: \"n\\e[2J\" }}\ndata:\n  redis.conf: |\n    timeout e{bad}\n    maxmemory 1gb\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: \"s\\e[31m\", namespace: \"n\\e[2J\" }}\nspec:\n  template:\n    spec:\n      containers:\n        - name: redis\n          image: \"redis:7.2\\e[31m\"\n          volumeMounts: [{{ name: conf, mountPath: /usr/local/etc/redis }}]\n          command: [redis-server, /usr/local/etc/redis/redis.conf]\n      volumes: [{{ name: conf, configMap: {{ name: \"c\\e[31m\" }} }}]\n"
        ),
    );
    write(
        "main.go",
        &format!(
            "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc main() {{\n\t// {bad}\n\tredis.NewClient(&redis.Options{{Addr: \"h\\x1b[31m{bad}\", PoolSize: -1}})\n}}\n"
        ),
    );
    write(
        "go.mod",
        "module m\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n",
    );
    write(
        "redvet.toml",
        "[[waiver]]\nrule = \"pool/size-invalid\"\nreason = \"r\\u001b[31m\"\nowner = \"o\\u001b[31m\"\nexpires = 2020-01-01\n",
    );
    place
}

/// Standard output and error together.
fn run(place: &Path, args: &[&str], env: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
    command.args(args).current_dir(place);
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "COLUMNS"] {
        command.env_remove(name);
    }
    let output = command.envs(env.iter().copied()).output().unwrap();
    assert!(
        !output.stdout.is_empty() || !output.stderr.is_empty(),
        "{args:?}"
    );
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// A character that shows nothing and changes what is shown.
fn drives(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text without the styles that we write ourselves.
fn unstyled(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let (style, rest) = part.split_once('m').unwrap_or(("?", part));
        let is_style = style.chars().all(|c| c.is_ascii_digit() || c == ';');
        assert!(is_style, "a sequence that is no style: {part:?}");
        out.push_str(rest);
    }
    out
}

const COMMANDS: &[&[&str]] = &[
    &["check"],
    &["check", "--show-undetermined"],
    &["check", "--format", "concise"],
    &["check", "--format", "markdown"],
    &["check", "--format", "github"],
    &["check", "--format", "html"],
    &["check", "--statistics"],
    &["check", "--show-files"],
    &["check", "--show-settings"],
    &["check", "no-such\u{1b}[31m"],
    &["check", "--stdin-filename", "a\u{1b}[31m.conf"],
    &["check", "--select", "no/such\u{1b}[31m"],
    &["check", "--config", "no-such\u{1b}[31m"],
    &["check", "--baseline", "no-such\u{1b}[31m"],
    &["check", "--diff"],
    &["effective"],
    &["effective", "--all"],
    &["upgrade", "--from", "redis:6.0", "--to", "redis:8.0"],
    &["baseline", "check", "--file", "no-such\u{1b}[31m"],
    &["explain", "no/such\u{1b}[31m"],
    &["init", "--dry-run"],
    &["rules", "new", "a\u{1b}[31m"],
];

/// A patch holds the file as it is, or it could not be applied; the file's own bytes are the reader's.
fn is_verbatim(args: &[&str]) -> bool {
    args.contains(&"--diff")
}

#[test]
fn nothing_that_is_read_drives_the_terminal() {
    let place = hostile();
    for args in COMMANDS.iter().filter(|args| !is_verbatim(args)) {
        let text = run(place.path(), args, &[]);
        assert_eq!(
            text.chars().find(|c| drives(*c)),
            None,
            "{args:?}\n{text:?}"
        );
        let styled = run(place.path(), &[&["--color", "always"], *args].concat(), &[]);
        let plain = unstyled(&styled);
        assert_eq!(
            plain.chars().find(|c| drives(*c)),
            None,
            "{args:?}\n{styled:?}"
        );
    }
}

#[test]
fn colour_is_used_where_it_is_wanted() {
    let place = hostile();
    let has_color = |args: &[&str], env: &[(&str, &str)]| {
        run(place.path(), &[&["check"], args].concat(), env).contains('\u{1b}')
    };
    assert!(!has_color(&[], &[]), "a pipe is no person");
    assert!(has_color(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!has_color(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!has_color(
        &[],
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
    assert!(has_color(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!has_color(
        &["--color", "never"],
        &[("CLICOLOR_FORCE", "1")]
    ));
    for format in ["json", "sarif", "github", "markdown", "html"] {
        assert!(
            !has_color(&["--format", format], &[("CLICOLOR_FORCE", "1")]),
            "{format}"
        );
    }
}

/// What a pseudo-terminal of so many columns gets to see.
#[cfg(target_os = "linux")]
fn on_terminal(place: &Path, columns: usize, env: &[(&str, &str)]) -> String {
    let program = env!("CARGO_BIN_EXE_redvet");
    // The shell sets COLUMNS anew after a command; what is asked for comes behind it.
    let env: String = env
        .iter()
        .map(|(name, value)| format!("{name}={value} "))
        .collect();
    let line = format!("stty rows 40 cols {columns}; env {env} '{program}' check");
    let mut command = Command::new("script");
    command
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(place)
        .env("TERM", "xterm-256color");
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "GITHUB_ACTIONS", "COLUMNS"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .replace("\r\n", "\n")
}

/// The widest line but for headings: those are one line a finding, for whoever searches.
#[cfg(target_os = "linux")]
fn widest(text: &str) -> usize {
    let is_ours = |line: &&str| line.starts_with(' ') || line.starts_with('│');
    let lines = text.lines().filter(is_ours);
    lines.map(|line| line.chars().count()).max().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_colour_and_lines_of_its_width() {
    let place = tempfile::tempdir().unwrap();
    let long = format!("timeout eleven {}\n", "x".repeat(300));
    fs::write(place.path().join("redis.conf"), long + "maxmemory 0\n").unwrap();
    let wide = on_terminal(place.path(), 160, &[]);
    assert!(wide.contains("\u{1b}[1;31merror"), "{wide}");
    let narrow = on_terminal(place.path(), 60, &[]);
    let (wide, narrow) = (widest(&unstyled(&wide)), widest(&unstyled(&narrow)));
    assert!(narrow <= 60, "{narrow}");
    assert!((100..=160).contains(&wide), "{wide}");
    let plain = on_terminal(place.path(), 60, &[("NO_COLOR", "1")]);
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let told = on_terminal(place.path(), 160, &[("COLUMNS", "60"), ("NO_COLOR", "1")]);
    assert!(widest(&told) <= 60, "{told}");
}
