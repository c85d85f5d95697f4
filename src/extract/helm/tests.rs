//! What becomes of a template with the chart's own values.

use super::named::{MAX_SPENT, NamedTemplates};
use super::{TemplateValues, fill};
use crate::source::{Excerpt, FileId};
use crate::syntax::yaml;

const VALUES: &str = r#"
redis:
  image: {repository: valkey, tag: "8.0"}
  maxmemory: 2gb
  large: 2147483648
  replicas: 3
  off: false
  word: yes
  empty: ""
  resources: {}
  sized:
    limits: {memory: 1Gi}
    list: [a, "b c"]
  config: |
    maxmemory 1gb
    timeout 30
  more:
    - --appendonly
    - "yes"
"#;

/// The template with all that could be filled in, or nothing.
fn filled(template: &str) -> Option<String> {
    let values = yaml::parse(&Excerpt::whole(FileId(1), VALUES.into()));
    let chart = yaml::parse(&Excerpt::whole(FileId(2), "appVersion: 7.4.1\n".into()));
    let known = TemplateValues {
        values: &values.documents.first()?.root,
        chart: chart.documents.first().map(|document| &document.root),
        named: None,
    };
    let filled = fill(&Excerpt::whole(FileId(0), template.into()), known)?;
    Some(filled.excerpt.text().to_owned())
}

#[test]
fn what_the_values_say_is_written() {
    for (template, expected) in [
        ("a: {{ .Values.redis.maxmemory }}", "a: 2gb"),
        ("a: {{ .Values.redis.maxmemory | quote }}", "a: \"2gb\""),
        ("a: {{ quote $.Values.redis.replicas }}", "a: \"3\""),
        ("a: {{ .Values.redis.empty | default \"1gb\" }}", "a: 1gb"),
        ("a: {{ default 5 .Values.redis.gone }}", "a: 5"),
        ("a: {{ .Values.redis.large | int64 }}", "a: 2147483648"),
        ("a: {{ .Chart.AppVersion }}", "a: 7.4.1"),
        (
            "image: \"{{ .Values.redis.image.repository }}:{{ .Values.redis.image.tag | default .Chart.AppVersion }}\"",
            "image: \"valkey:8.0\"",
        ),
        (
            "a: {{ printf \"%s:%v\" .Values.redis.image.repository .Values.redis.image.tag }}",
            "a: valkey:8.0",
        ),
        ("a: {{ (index .Values \"redis\").maxmemory }}", "a: 2gb"),
        (
            "r:\n  {{- toYaml .Values.redis.resources | nindent 2 }}\nb: 1",
            "r:\n  {}\nb: 1",
        ),
        (
            "r: {{- toYaml .Values.redis.sized | nindent 2 }}",
            "r:\n  limits:\n    memory: 1Gi\n  list:\n    - a\n    - \"b c\"",
        ),
        (
            "t: |\n{{ .Values.redis.config | indent 2 }}",
            "t: |\n  maxmemory 1gb\n  timeout 30\n  ",
        ),
        (
            "{{- with .Values.redis.sized }}\nr: {{ .limits.memory }}\n{{- end }}\n",
            "\nr: 1Gi\n",
        ),
        (
            "a:\n{{- if .Values.redis.resources }}\n  b: 1\n{{- end }}\nc: 2",
            "a:\nc: 2",
        ),
        (
            "c: |\n  hz 20\n  {{- if .Values.redis.off }}\n  appendonly yes\n  {{- end }}\nd: 1",
            "c: |\n  hz 20\nd: 1",
        ),
        (
            "a:\n{{- with .Values.redis.gone }}\n  b: {{ . }}\n{{- else }}\n  b: {{ .Values.redis.maxmemory }}\n{{- end }}",
            "a:\n  b: 2gb",
        ),
        ("a: {{ .Values.redis.maxmemory | upper }}", "a: 2GB"),
        (
            "{{ if not .Values.redis.gone }}a: 1{{ else }}a: 2{{ end }}",
            "a: 1",
        ),
        (
            "{{ if and .Values.redis.maxmemory (eq .Values.redis.maxmemory \"1gb\") }}a: 1{{ else }}a: 2{{ end }}",
            "a: 2",
        ),
        (
            "{{ if hasKey .Values.redis \"gone\" }}a: 1{{ else }}{{ end }}b: {{ ternary \"x\" \"y\" (ne .Values.redis.replicas 3) }}",
            "b: y",
        ),
        (
            "c: |\n  {{- range $key, $value := .Values.redis.sized.limits }}\n  {{ $key }} {{ $value }}\n  {{- end }}\nd: 1",
            "c: |\n  memory 1Gi\nd: 1",
        ),
        (
            "{{- range .Values.redis.sized.list }}\n- {{ . }}\n{{- end }}",
            "\n- a\n- b c",
        ),
        (
            "{{- $r := .Values.redis -}}\na: {{ $r.maxmemory }}",
            "{{- $r := .Values.redis -}}\na: 2gb",
        ),
    ] {
        assert_eq!(filled(template).as_deref(), Some(expected), "{template}");
    }
}

#[test]
fn what_cannot_be_worked_out_stays() {
    for template in [
        "a: {{ include \"x.name\" . }}",
        "a: {{ .Values.redis.gone }}",
        "a: {{ .Values.gone.deeper }}",
        "a: {{ .Release.Name }}",
        // Numbers of many digits are printed with an exponent, and older YAML takes `yes` for a truth value.
        "a: {{ .Values.redis.large }}",
        "a: {{ .Values.redis.word }}",
        "{{ if .Values.redis.word }}a: 1{{ end }}",
        "{{ if eq .Values.redis.large \"2gb\" }}a: 1{{ end }}",
        "{{ if not .Values.redis.maxmemory }}\nkind: Pod\n{{ end }}",
        "{{ if not .Values.redis.maxmemory }}\nsidecar:\n  image: valkey\n{{ end }}",
        "a:\n{{ if not .Values.redis.maxmemory }}\n- x\n{{ end }}",
        "{{ define \"x\" }}a: {{ .Values.redis.maxmemory }}{{ end }}",
        "a: {{ .Values.redis.maxmemory | b64enc }}",
        "a: {{ .Values.redis.maxmemory",
        "{{ end }}{{ .Values.redis.maxmemory }}",
        "{{ if .Values.redis.maxmemory }}{{ .Values.redis.maxmemory }}",
    ] {
        assert_eq!(filled(template), None, "{template}");
    }
}

#[test]
fn a_value_keeps_its_place_among_the_values() {
    let values = yaml::parse(&Excerpt::whole(FileId(1), VALUES.into()));
    let template = Excerpt::whole(FileId(0), "x: {{ .Values.redis.maxmemory }}\ny: 1\n".into());
    let known = TemplateValues {
        values: &values.documents[0].root,
        chart: None,
        named: None,
    };
    let excerpt = fill(&template, known).unwrap().excerpt;
    let value = excerpt.span(3..6);
    assert_eq!(value.file, FileId(1));
    assert_eq!(&VALUES[value.range()], "2gb");
    // What holds more than the value stands in the template.
    let line = excerpt.span(0..6);
    assert_eq!((line.file, line.range()), (FileId(0), 0..32));
    assert_eq!(&template.text()[excerpt.span(7..8).range()], "y");
}

#[test]
fn what_grows_with_every_step_is_not_followed() {
    let mut template = "{{ $a := \"0123456789\" }}".to_owned();
    for _ in 0..40 {
        template += "{{ $a := printf \"%s%s\" $a $a }}";
    }
    template += "{{ $a }}{{ .Values.redis.maxmemory }}";
    let filled = filled(&template).unwrap();
    assert!(filled.ends_with("{{ $a }}2gb"), "{filled}");

    let values = format!("a: &a [x, y, z]\n{}", (1..9).map(grown).collect::<String>());
    let values = yaml::parse(&Excerpt::whole(FileId(1), values.into()));
    let known = TemplateValues {
        values: &values.documents[0].root,
        chart: None,
        named: None,
    };
    let template = Excerpt::whole(FileId(0), "a: {{ toYaml .Values | nindent 2 }}".into());
    assert!(fill(&template, known).is_none());

    let deep = "{{ with .Values.redis }}".repeat(100) + "x" + &"{{ end }}".repeat(100);
    assert!(fill(&Excerpt::whole(FileId(0), deep.into()), known).is_none());
}

/// A list of four aliases of the list before it.
fn grown(step: u8) -> String {
    let name = |step: u8| char::from(b'a' + step);
    let (name, before) = (name(step), name(step - 1));
    format!("{name}: &{name} [*{before}, *{before}, *{before}, *{before}]\n")
}

/// The bodies of calls are paid for before they are looked at, with what a file may cost.
#[test]
fn bodies_of_calls_have_a_budget() {
    let called = |length: usize, template: &str| {
        let (head, tail) = ("{{ define \"x\" }}{{/* ", " */}}1gb{{ end }}");
        let filler = "-".repeat(length - head.len() - tail.len());
        let helpers = Excerpt::whole(FileId(3), format!("{head}{filler}{tail}").into());
        let named = NamedTemplates::new([&helpers]);
        let values = yaml::parse(&Excerpt::whole(FileId(1), VALUES.into()));
        let known = TemplateValues {
            values: &values.documents.first()?.root,
            chart: None,
            named: Some(&named),
        };
        let filled = fill(&Excerpt::whole(FileId(0), template.into()), known)?;
        Some(filled.excerpt.text().to_owned())
    };
    let once = "a: {{ include \"x\" . }}\n";
    let twice = format!("{once}{once}");
    assert_eq!(called(MAX_SPENT, once).as_deref(), Some("a: 1gb\n"));
    assert_eq!(called(MAX_SPENT + 1, once), None);
    let half = called(MAX_SPENT / 2 - 100, &twice);
    assert_eq!(half.as_deref(), Some("a: 1gb\na: 1gb\n"));
    let most = called(MAX_SPENT / 2 + 1, &twice);
    assert_eq!(most, Some(format!("a: 1gb\n{once}")));
}
