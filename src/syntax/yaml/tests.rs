//! YAML as people write it, and any bytes: trees, spans and the way back to the file.

use super::*;
use crate::source::FileId;
use proptest::prelude::*;
use serde_json::json;

fn read(text: &str) -> YamlStream {
    parse(&Excerpt::whole(FileId(0), text.into()))
}

fn root(text: &str) -> YamlNode {
    let stream = read(text);
    assert_eq!(stream.errors, [], "{text}");
    assert_eq!(stream.documents.len(), 1, "{text}");
    stream.documents[0].root.clone()
}

fn under(text: &str, span: Span) -> String {
    text[span.range()].to_owned()
}

/// Every line of a block's value stands in the file as it is.
fn assert_lines_map(text: &str, node: &YamlNode) {
    let value = node.scalar().unwrap().value();
    let mut at = 0;
    for line in value.text().split_inclusive('\n') {
        let body = line.trim_end_matches('\n');
        assert_eq!(under(text, value.span(at..at + body.len())), body);
        at += line.len();
    }
}

#[test]
fn a_tree_has_keys_items_and_their_places() {
    let text = "spec:\n  ports:\n    - 6379\n    - {name: x, port: 26379}\n  on: true\n";
    let root = root(text);
    assert_eq!(
        root.at("spec.ports.1.port").unwrap().as_str(),
        Some("26379")
    );
    let ports = root.at("spec.ports").unwrap();
    assert_eq!(
        under(text, ports.span),
        "- 6379\n    - {name: x, port: 26379}"
    );
    let entry = root.get("spec").unwrap().entry("on").unwrap();
    assert_eq!(under(text, entry.key.span), "on");
    assert_eq!(entry.value.as_bool(), Some(true));
    assert!(root.at("spec.none.0").is_none());
    assert!(root.pointer("/spec/ports/0").is_some());
}

#[test]
fn keys_with_dots_and_slashes_are_reached_by_pointer() {
    let root = root("a/b.c: {d~e: 1}\n");
    assert_eq!(root.pointer("/a~1b.c/d~0e").unwrap().as_str(), Some("1"));
    assert_eq!(root.get("a/b.c").unwrap().entries().len(), 1);
}

#[test]
fn block_scalars_lead_back_to_the_file() {
    for line_break in ["\n", "\r\n"] {
        for (written, value) in [
            ("k: |\n  a\n   b\n\n  c\nz: 1\n", "a\n b\n\nc\n"),
            ("k: |-\n  a\n  b\n\nz: 1\n", "a\nb"),
            ("k: |+\n  a\n\n\nz: 1\n", "a\n\n\n"),
            ("k: |2\n    a\n   b\nz: 1\n", "  a\n b\n"),
            ("k: |2-   # why\n    a\nz: 1\n", "  a"),
            ("k: |\n\n\n  a\nz: 1\n", "\n\na\n"),
            ("k: !!str |\n  a  \n   \n  b\nz: 1\n", "a  \n \nb\n"),
            ("- |\n  a\n  b\n", "a\nb\n"),
            ("k:\n- |\n a\n", "a\n"),
            ("k: |\n  a", "a\n"),
            ("k: |-\n  a", "a"),
            ("\u{feff}| # c\n a\n", "a\n"),
            ("--- |\n a\n b\n", "a\nb\n"),
            ("- - k: &x |\n      a\n    z: 1\n", "a\n"),
        ] {
            let text = written.replace('\n', line_break);
            let root = root(&text);
            let node = first_block(&root).unwrap();
            assert_eq!(node.as_str(), Some(value), "{text:?}");
            assert_lines_map(&text, node);
            let header = node.scalar().unwrap().header().unwrap();
            assert!(under(&text, header).starts_with('|'), "{text:?}");
        }
    }
}

fn first_block(node: &YamlNode) -> Option<&YamlNode> {
    if node.scalar().is_some_and(|s| s.header().is_some()) {
        return Some(node);
    }
    let values = node.entries().iter().map(|entry| &entry.value);
    node.items().iter().chain(values).find_map(first_block)
}

#[test]
fn a_line_break_of_two_bytes_is_one_in_the_value() {
    let text = "k: |\r\n  a\r\n  b\r\n";
    let root = root(text);
    let value = root.get("k").unwrap().scalar().unwrap().value().clone();
    assert_eq!(value.text(), "a\nb\n");
    assert_eq!(under(text, value.span(1..2)), "\r\n");
    assert_eq!(under(text, value.span(2..3)), "b");
}

#[test]
fn an_empty_block_has_a_place_after_its_header() {
    for (text, at) in [
        ("a: |\nb: 1\n", 5),
        ("a: |\n\n\nb: 1\n", 5),
        ("a: |-  # c\r\n# d\r\nb: 1\r\n", 12),
        ("a: |\n", 5),
        ("a: |", 4),
        ("x:\n  a: |\n  b: 1\n", 10),
        ("- |\n- b\n", 4),
    ] {
        let root = root(text);
        let node = first_block(&root).unwrap();
        assert_eq!(node.as_str(), Some(""), "{text:?}");
        assert_eq!(node.span, Span::new(FileId(0), at, at), "{text:?}");
        assert_eq!(node.scalar().unwrap().indent(), None);
    }
}

#[test]
fn folded_quoted_and_plain_scalars_lead_back_to_the_file() {
    for (written, value, part, source) in [
        (
            "k: >\n  a\n  b\n\n  c\n   d\n  e\n",
            "a b\nc\n d\ne\n",
            "b",
            "b",
        ),
        ("k: >-\n\n  a\n  b\n\n\nz: 1\n", "\na b", "a", "a"),
        ("k: 'it''s\n  so\n\n  it'\n", "it's so\nit", "'", "''"),
        (
            "k: \"a\\tb\\\n   c \\u00e9 \\ud83d\\ude00 \n  d\"\n",
            "a\tbc é 😀 d",
            "é",
            "\\u00e9",
        ),
        (
            "k: \"a\\tb \\ud83d\\ude00\"\n",
            "a\tb 😀",
            "😀",
            "\\ud83d\\ude00",
        ),
        ("k: \"a \\\n\n   b\"\n", "a \nb", "b", "b"),
        ("k: a b\n  c\n\n  d # e\n", "a b c\nd", "c", "c"),
        ("k: \"a\nb\"\n", "a b", "b", "b"),
    ] {
        for line_break in ["\n", "\r\n"] {
            let text = written.replace('\n', line_break);
            let root = root(&text);
            let excerpt = root.get("k").unwrap().scalar().unwrap().value();
            assert_eq!(excerpt.text(), value, "{text:?}");
            let at = value.find(part).unwrap();
            let span = excerpt.span(at..at + part.len());
            assert_eq!(under(&text, span), source, "{text:?}");
        }
    }
}

#[test]
fn a_byte_order_mark_shifts_nothing() {
    let text = "\u{feff}# note\na: b\n";
    let stream = read(text);
    let root = &stream.documents[0].root;
    assert_eq!(under(text, root.get("a").unwrap().span), "b");
    assert!(stream.comments[0].own_line);
}

#[test]
fn indentless_sequences_start_at_their_dash() {
    let text = "k:\n- a\n- b\n";
    assert_eq!(under(text, root(text).get("k").unwrap().span), "- a\n- b");
}

#[test]
fn values_without_text_stand_at_their_key() {
    let text = "a:\n\n# c\nb: ~\nc:\n";
    let root = root(text);
    let span = root.get("a").unwrap().span;
    assert_eq!((span.start, span.end), (2, 2));
    assert!(root.entries().iter().all(|entry| entry.value.is_null()));
}

#[test]
fn aliases_and_merge_keys_are_resolved() {
    let text = "\
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one: {<<: *base, b: 9}
two:
  <<: [*base, *more]
three: *more
";
    let root = root(text);
    assert_eq!(root.get("one").unwrap().to_json(), json!({"b": 9, "a": 1}));
    let two = root.get("two").unwrap();
    assert_eq!(two.to_json(), json!({"a": 1, "b": 2, "c": 4}));
    assert_eq!(two.get("c").unwrap().span, root.at("more.c").unwrap().span);
    assert_eq!(root.at("three.b").unwrap().as_str(), Some("3"));
}

#[test]
fn tags_of_a_format_are_kept() {
    let text =
        "a: !reset []\nb: !override\n- 1\nc: !reset\nd: !!str 1\ne: !x {f: 1}\ng: !x\n  h: 1\n";
    let root = root(text);
    let tags: Vec<_> = root.entries().iter().map(|e| e.value.tag()).collect();
    let own = [Some("!reset"), Some("!override"), Some("!reset"), None];
    assert_eq!(tags[..4], own);
    assert_eq!(tags[4..], [Some("!x"), Some("!x")]);
}

#[test]
fn aliases_cannot_blow_up_a_document() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let items = vec![format!("*a{}", n - 1); 10].join(", ");
        text += &format!("a{n}: &a{n} [{items}]\n");
    }
    let stream = read(&text);
    assert!(stream.errors[0].message.contains("too many nodes"));
    let mut deep = String::from("a0: &a0 x\n");
    for n in 1..5 {
        let (open, close) = ("[".repeat(200), "]".repeat(200));
        deep += &format!("a{n}: &a{n} {open}*a{}{close}\n", n - 1);
    }
    let stream = read(&deep);
    assert!(stream.errors[0].message.contains("too deeply"));
}

#[test]
fn odd_aliases_are_mistakes_and_not_the_end() {
    let stream = read("a: *none\nb: &b [*b]\nc: 1\n");
    assert_eq!(stream.errors.len(), 2);
    assert_eq!(
        stream.documents[0].root.at("c").unwrap().as_str(),
        Some("1")
    );
}

#[test]
fn a_broken_document_does_not_hide_the_others() {
    let text = "a: 1\nb: [\n---\nc: 2\n---\nd: 3\ne: f: g\n---\nh: 4\n";
    let stream = read(text);
    assert_eq!(stream.errors.len(), 2);
    let complete: Vec<_> = stream.documents.iter().map(|d| d.complete).collect();
    assert_eq!(complete, [false, true, false, true]);
    let roots: Vec<_> = stream.documents.iter().map(|d| &d.root).collect();
    assert_eq!(roots[0].get("a").unwrap().as_str(), Some("1"));
    assert_eq!(roots[1].get("c").unwrap().as_str(), Some("2"));
    assert_eq!(roots[2].get("d").unwrap().as_str(), Some("3"));
    assert_eq!(roots[3].get("h").unwrap().as_str(), Some("4"));
    let line = text[..stream.errors[1].span.start as usize].lines().count();
    assert_eq!(line, 7);
}

#[test]
fn deep_nesting_is_a_mistake() {
    for text in [
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(9000),
    ] {
        assert!(!read(&text).errors.is_empty());
    }
}

#[test]
fn comments_keep_their_place() {
    let text = "# top\na: 1 # side\n\n  # own\r\nb: |  # head\n  # no comment\n";
    let stream = read(text);
    let found: Vec<_> = stream
        .comments
        .iter()
        .map(|c| (c.text.as_str(), c.own_line, under(text, c.span)))
        .collect();
    assert_eq!(
        found,
        [
            ("top", true, "# top".to_owned()),
            ("side", false, "# side".to_owned()),
            ("own", true, "# own".to_owned()),
            ("head", false, "# head".to_owned()),
        ]
    );
    assert_eq!(read(&"# x\n".repeat(500)).comments.len(), 500);
}

#[test]
fn plain_scalars_are_typed_by_the_core_schema() {
    let text = "[1, -2, +3, 0x1F, 0o17, 1.5, .5, 1e3, 1., ~, null, , True, no, 'true', \"1\", 1a, 0x, -, 1_000, .inf, 12e03, !!str 5, 99999999999999999999, 08]";
    let expected = json!([
        1, -2, 3, 31, 15, 1.5, 0.5, 1000.0, 1.0, null, null, null, true, "no", "true", "1", "1a",
        "0x", "-", "1_000", ".inf", 12000.0, "5", 1e20, 8
    ]);
    let text = text.replace(" , True", " ~, True").replace(" -,", " '-',");
    assert_eq!(root(&text).to_json(), expected);
}

#[test]
fn of_a_key_written_twice_the_last_counts() {
    let root = root("a: 1\na: 2\n");
    assert_eq!(root.entries().len(), 2);
    assert_eq!(root.get("a").unwrap().as_str(), Some("2"));
    assert_eq!(root.to_json(), json!({"a": 2}));
}

#[test]
fn an_excerpt_in_an_excerpt_leads_back_to_the_file() {
    let text = "> k: |\n>   conf: |\n>     port 1\n";
    let file = Excerpt::whole(FileId(0), text.into());
    let mut builder = file.builder();
    for (start, line) in [(2, 7), (9, 19), (21, 34)] {
        builder.push(start..line);
    }
    let stream = parse(&builder.finish());
    let value = stream.documents[0].root.get("k").unwrap().scalar().unwrap();
    let inner = parse(value.value());
    let conf = inner.documents[0].root.get("conf").unwrap();
    assert_eq!(conf.as_str(), Some("port 1\n"));
    assert_eq!(under(text, conf.span).trim(), "port 1");
}

/// Pieces that make up YAML more often than arbitrary characters do.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "a",
        "key: ",
        "- ",
        "\n",
        "\r\n",
        "  ",
        "    ",
        "|",
        "|2-",
        ">",
        ">+",
        "'",
        "''",
        "\"",
        "\\n",
        "\\u00e9",
        "\\",
        "# c",
        " #",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "<<: ",
        "---\n",
        "...\n",
        "\t",
        "é",
        "\u{feff}",
        "? ",
        ": ",
        "!!str ",
        "!t ",
        "%YAML 1.2\n",
        "{{ x }}",
        "{{- if y }}",
        "{{- end }}",
        "{% if z %}",
        "{# c #}",
        "{{ \"}}\" }}",
        "`",
        "{{/* it's */}}",
        "nindent 4 }}",
        "{{ .x | indent 4 }}\n",
        "\r",
        "\u{2028}",
        "\u{0}",
        "x: |\n  y\n",
    ]);
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat())
}

fn check_everything(text: &str) {
    let stream = read(text);
    for document in &stream.documents {
        assert!(document.span.end as usize <= text.len());
        check_node(text, &document.root);
        let _ = document.root.to_json();
    }
    for span in stream.errors.iter().map(|error| error.span) {
        assert!(text.get(span.range()).is_some());
    }
    for comment in &stream.comments {
        assert!(text[comment.span.range()].starts_with('#'), "{text:?}");
    }
}

fn check_node(text: &str, node: &YamlNode) {
    assert!(text.get(node.span.range()).is_some(), "{text:?} {node:?}");
    let values = node
        .entries()
        .iter()
        .flat_map(|entry| [&entry.key, &entry.value]);
    values
        .chain(node.items())
        .for_each(|node| check_node(text, node));
    let Some(scalar) = node.scalar() else { return };
    if matches!(scalar.style(), ScalarStyle::Plain | ScalarStyle::Literal) && !text.contains('\r') {
        for (at, part) in scalar.as_str().split_inclusive('\n').scan(0, |at, line| {
            *at += line.len();
            Some((*at - line.len(), line.trim_end_matches('\n')))
        }) {
            let span = scalar.value().span(at..at + part.len());
            let source = text.get(span.range()).unwrap();
            if scalar.style() == ScalarStyle::Literal || !source.contains('\n') {
                assert_eq!(source, part, "{text:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(1500)
    })]

    #[test]
    fn any_text_can_be_read(text in "\\PC*") {
        check_everything(&text);
    }

    #[test]
    fn any_fragments_can_be_read(text in fragments()) {
        check_everything(&text);
    }

    /// What a block says is what its lines say, however they are indented and broken.
    #[test]
    fn a_block_gives_back_its_lines(
        lines in prop::collection::vec("[a-z#:\"'{} ]{0,6}[a-z]|", 1..8),
        indent in 1_usize..5,
        crlf in any::<bool>(),
    ) {
        let line_break = if crlf { "\r\n" } else { "\n" };
        let pad = " ".repeat(indent);
        let mut text = format!("k: |{indent}+{line_break}");
        for line in &lines {
            text += &format!("{}{line}{line_break}", if line.is_empty() { "" } else { &pad });
        }
        let root = root(&text);
        let node = root.get("k").unwrap();
        prop_assert_eq!(node.as_str().unwrap(), lines.join("\n") + "\n");
        assert_lines_map(&text, node);
    }
}
