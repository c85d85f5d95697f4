//! Templates as charts hold them: what is masked, what stays, and where it stands.

use super::*;
use crate::source::{Excerpt, FileId};
use crate::syntax::yaml::{self, YamlNode};

fn masked(text: &str) -> String {
    let masked = mask(text);
    assert_eq!(masked.text.len(), text.len());
    masked.text.into_owned()
}

fn root(text: &str) -> YamlNode {
    let stream = yaml::parse(&Excerpt::whole(FileId(0), text.into()));
    assert_eq!(stream.errors, [], "{text}\n{}", masked(text));
    stream.documents[0].root.clone()
}

#[test]
fn actions_in_a_line_become_letters_and_others_blanks() {
    assert_eq!(masked("a: {{ .x }}-{{ .y }}\n"), "a: xxxxxxxx-xxxxxxxx\n");
    assert_eq!(masked("{{ $k }}: v\n"), "xxxxxxxx: v\n");
    assert_eq!(masked("a:\n  {{- if x }} # c\n"), "a:\n              # c\n");
    assert_eq!(masked("a: {{ f\n  \"}}\" }}\n"), "a: xxxx\n         \n");
    assert_eq!(
        masked("{{/* don't }} {{ */}}\nb: 1\n"),
        "                     \nb: 1\n"
    );
    assert_eq!(
        masked("{% if x %}\r\na: 1\r\n{# c #}\r\n"),
        "          \r\na: 1\r\n       \r\n"
    );
}

#[test]
fn what_only_looks_like_an_action_stays() {
    for text in ["a: {{ b\n", "a: }} {{\n", "{% \n", "a: {{ \" \n{{ b"] {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn common_charts_can_be_read() {
    let text = "\
{{- if .Values.enabled -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include \"x.fullname\" . }}-{{ .Values.a }}
  labels:
    {{- include \"x.labels\" . | nindent 4 }}
  annotations:
    a: \"{{ .Values.image }}:{{ .Values.tag | default \"7\" }}\"
    {{- with .Values.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
data:
  {{ $key }}: v
  replicas: {{ .Values.replicas }}
  {{- if .Values.b }}
  replicas: 2
  {{- else }}
  replicas: 3
  {{- end }}
  static: yes
{{- end }}
";
    let root = root(text);
    let name = root.at("metadata.name").unwrap();
    assert!(name.has_placeholder());
    assert_eq!(
        name.as_str(),
        Some("{{ include \"x.fullname\" . }}-{{ .Values.a }}")
    );
    assert!(root.at("metadata.labels").unwrap().is_open());
    assert!(root.at("metadata.annotations").unwrap().is_open());
    assert!(root.at("metadata.annotations.a").unwrap().has_placeholder());
    assert!(root.get("data").unwrap().is_open());
    assert!(!root.is_open());
    assert!(!root.get("metadata").unwrap().is_open());
    assert!(!root.get("kind").unwrap().has_placeholder());
    assert_eq!(root.get("data").unwrap().entries().len(), 5);
}

#[test]
fn text_in_a_block_is_kept_with_its_actions() {
    let text = "\
data:
  redis.conf: |
    maxmemory 64mb
    {{- with .Values.extra }}
    {{- . | nindent 4 }}
    {{- end }}
  other: {{ .Values.other }}
{{- end }}
";
    let root = root(text);
    let conf = root.pointer("/data/redis.conf").unwrap();
    let expected = "maxmemory 64mb\n{{- with .Values.extra }}\n{{- . | nindent 4 }}\n{{- end }}\n";
    assert_eq!(conf.as_str(), Some(expected));
    assert!(conf.has_placeholder());
    let value = conf.scalar().unwrap().value();
    assert_eq!(&text[value.span(0..9).range()], "maxmemory");
    assert!(root.at("data.other").unwrap().has_placeholder());
}

#[test]
fn actions_to_the_left_of_a_block_belong_to_it() {
    for line_break in ["\n", "\r\n"] {
        let text = "\
data:
  a.conf: |-
{{ .Files.Get \"a.conf\" | indent 4 }}
  b.conf: |
    port 1
{{- if .Values.x }}
    port 2
{{- end }}
{{- if .Values.y }}
  c.conf: |- {{ tpl .Values.c . | nindent 4 }}
  d.conf: |
    {{- range .Values.d }}
      deeper
    flat
    {{- end }}
{{- end }}
  e: {{ .Values.e }}
"
        .replace('\n', line_break);
        let root = root(&text);
        for (key, value) in [
            ("a.conf", "{{ .Files.Get \"a.conf\" | indent 4 }}"),
            ("b.conf", "port 1\n{{- if .Values.x }}\nport 2\n"),
            ("c.conf", "{{ tpl .Values.c . | nindent 4 }}"),
            (
                "d.conf",
                "{{- range .Values.d }}\n  deeper\nflat\n{{- end }}\n",
            ),
        ] {
            let node = root.get("data").unwrap().get(key).unwrap();
            assert_eq!(node.as_str().unwrap().replace("\r\n", "\n"), value, "{key}");
            assert!(node.has_placeholder(), "{key}");
            let value = node.scalar().unwrap().value();
            assert_eq!(&text[value.span(0..4).range()], &value.text()[..4]);
        }
        assert!(
            root.get("data")
                .unwrap()
                .get("e")
                .unwrap()
                .has_placeholder()
        );
    }
}

#[test]
fn yaml_with_braces_in_its_strings_is_no_template() {
    let text = "\
receivers:
  - title: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}'
    text: >-
      {{ range .Alerts }}
      {{ .Annotations.description }}
      {{ end }}
    body: |
      {{ define \"x\" }}
        a: b
      {{ end }}
    plain: on {{ $labels.instance }} now
";
    let root = root(text);
    let first = &root.at("receivers.0").unwrap();
    let folded = "{{ range .Alerts }} {{ .Annotations.description }} {{ end }}";
    assert_eq!(first.get("text").unwrap().as_str(), Some(folded));
    let literal = "{{ define \"x\" }}\n  a: b\n{{ end }}\n";
    assert_eq!(first.get("body").unwrap().as_str(), Some(literal));
    assert!(first.get("plain").unwrap().has_placeholder());
    assert!(!first.is_open());
}

#[test]
fn a_template_that_is_no_yaml_keeps_what_can_be_read() {
    let text = "a: {{ .x }}\nb: [\n---\nc: {{ .y }}\n";
    let stream = yaml::parse(&Excerpt::whole(FileId(0), text.into()));
    assert_eq!(stream.errors.len(), 1);
    assert_eq!(stream.documents.len(), 2);
    assert!(stream.documents[0].root.get("a").unwrap().has_placeholder());
    assert!(stream.documents[1].root.get("c").unwrap().has_placeholder());
}

#[test]
fn a_missing_value_is_open_only_if_an_action_writes_it() {
    let text = "\
a:
  {{- toYaml .Values.a | nindent 2 }}
b:
{{- if .x }}
  c:
{{- end }}
{{ include \"d\" . }}
";
    let root = root(text);
    assert!(root.get("a").unwrap().is_open());
    assert!(root.get("b").unwrap().is_open());
    assert!(root.is_open());
    let text = "a:\n  b:\n{{- end }}\n";
    assert!(!self::root(text).at("a.b").unwrap().is_open());
}

#[test]
fn a_value_written_below_its_key_may_go_on() {
    let text = "labels: {{- include \"x\" . | nindent 2 }}\n  a: b\nother: {{- f | nindent 2 }}\n";
    let root = root(text);
    assert_eq!(root.at("labels.a").unwrap().as_str(), Some("b"));
    assert!(root.get("labels").unwrap().is_open());
    assert!(root.get("other").unwrap().is_open());
    assert!(!root.is_open());
}

#[test]
fn an_action_writes_the_block_that_has_no_other_lines() {
    let text = "data:\n  a: |\n{{- include \"a\" . }}\n\n  b: |\n{{- if x }}\n{{ f }}\n{{- end }}\n  c: 1\n  d: |\n    e\n{{ f }}\n";
    let data = root(text).get("data").unwrap().clone();
    assert_eq!(
        data.get("a").unwrap().as_str(),
        Some("{{- include \"a\" . }}\n")
    );
    assert_eq!(
        data.get("b").unwrap().as_str(),
        Some("{{- if x }}\n{{ f }}\n")
    );
    assert!(data.get("a").unwrap().has_placeholder() && !data.is_open());
    assert_eq!(data.get("d").unwrap().as_str(), Some("e\n{{ f }}\n"));
    assert_eq!(data.entries().len(), 4);
}

#[test]
fn lines_of_actions_do_not_hide_comments() {
    let text =
        "a: |\n  b\n{{- end }} # one\n{{- if x }}\nc: {{ x }} # two\n{{ f }}\r# three {{ x }}\n";
    let stream = yaml::parse(&Excerpt::whole(FileId(0), text.into()));
    let found: Vec<_> = stream.comments.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(found, ["one", "two", "three {{ x }}"]);
    assert_eq!(
        stream.documents[0].root.get("a").unwrap().as_str(),
        Some("b\n")
    );
}

#[test]
fn hostile_braces_take_no_time() {
    for piece in [
        "{{ ",
        "{{/* ",
        "{# ",
        "{{ ` ",
        "{{ \" ' ",
        "{{ \"}}\" ",
        "{{ `\n",
        "{{ '\\'\n",
    ] {
        let text = piece.repeat(100_000);
        let _ = masked(&text);
        let _ = masked(&format!("{text} `\"'}}}} */}}}} #}}"));
    }
}

#[test]
fn placeholders_of_build_tools_are_actions() {
    for (text, masked) in [
        ("a: @NAME_1@\n", true),
        ("a: \"@NAME@/x\"\n", true),
        ("a: me@NAME@x\n", false),
        ("a: '@name@'\n", false),
        ("a: '@@'\n", false),
        ("a: '@N@'\n", false),
    ] {
        assert_eq!(is_templated(text), masked, "{text}");
        assert_eq!(mask(text).placeholders.len(), usize::from(masked), "{text}");
    }
}

#[test]
fn a_condition_around_a_whole_value_opens_that_value_alone() {
    let text =
        "a:\n  b:\n    {{- with .x }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n  c: 1\n";
    let tree = root(text);
    let a = tree.get("a").unwrap();
    assert!(!a.is_open(), "{a:?}");
    assert!(a.get("b").unwrap().is_open());
    assert_eq!(a.at("c").and_then(YamlNode::as_str), Some("1"));
    // Here the condition goes on to the next entry.
    let text =
        "a:\n  b:\n    {{- toYaml .x | nindent 4 }}\n    {{- if .y }}\n  c: 1\n    {{- end }}\n";
    assert!(root(text).get("a").unwrap().is_open());
}

#[test]
fn an_entry_with_its_condition_on_its_line_leaves_the_collection_open() {
    for text in [
        "a:\n  - x\n  {% if y %}- z{% endif %}\nb: 1\n",
        "a:\n  c: x\n  {{- if .y }}d: z{{ end }}\nb: 1\n",
    ] {
        let root = root(text);
        let a = root.get("a").unwrap();
        assert!(a.is_open(), "{text}");
        assert_eq!(a.items().len() + a.entries().len(), 1, "{text}");
        assert!(!root.get("b").unwrap().is_open(), "{text}");
    }
    // A part of a value is none.
    assert_eq!(
        masked("{% if y %}z{% endif %}: 1\n"),
        "xxxxxxxxxxzxxxxxxxxxxx: 1\n"
    );
}
