//! The page as text: what it must not hold, and what each part shows.

use crate::finding::{EstateView, GaugePart, GaugeView, Note};
use crate::report::full::samples;

use super::render;

fn nothing() -> EstateView {
    EstateView {
        schema_version: 1,
        servers: Vec::new(),
        clients: Vec::new(),
        services: Vec::new(),
        notes: Vec::new(),
    }
}

#[test]
fn a_page_asks_for_nothing_and_runs_its_own_script_only() {
    let page = render(&samples::report(), &nothing());
    for asking in ["<link rel=\"stylesheet", " src=", "@import", "url("] {
        assert!(!page.contains(asking), "{asking}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("script-src 'sha256-"));
    assert!(
        !page.contains(" style="),
        "shapes are attributes of drawings"
    );
}

#[test]
fn text_of_others_stays_text() {
    let mut report = samples::report();
    let bad = "</pre><script>alert(1)</script>\u{1b}[31m";
    report.findings[0].message = bad.to_owned();
    report.findings[0].rule = "a\" onclick=\"x".to_owned();
    report.findings[0].url = Some("javascript:alert(1)".to_owned());
    report.findings[0].subject.name = bad.to_owned();
    report.findings[0].help = Some(bad.to_owned());
    report.findings[0].labels[0].text = bad.to_owned();
    report.notes = vec![Note {
        path: Some(bad.to_owned()),
        message: bad.to_owned(),
    }];
    let page = render(&report, &nothing());
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    assert!(!page.contains("\" onclick"), "{page}");
    assert!(!page.contains("javascript:"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
}

#[test]
fn suppressed_findings_are_there_and_not_shown() {
    let page = render(&samples::report(), &nothing());
    assert_eq!(page.matches("<article class=\"finding").count(), 3);
    assert_eq!(page.matches(" hidden data-suppressed").count(), 1);
    assert!(page.contains("suppressed by comment: a test password"));
}

#[test]
fn a_bar_shows_what_is_beyond_the_limit() {
    let gauge = |amount, capacity| GaugeView {
        title: "memory",
        capacity,
        capacity_text: "limit".to_owned(),
        parts: vec![GaugePart {
            name: "data".to_owned(),
            amount,
            text: "some".to_owned(),
        }],
        spare: Some("left".to_owned()),
    };
    let half = super::servers::gauge(&gauge(Some(1.0), Some(2.0)));
    assert!(
        half.contains("width=\"500.0\"") && !half.contains("limit\""),
        "{half}"
    );
    let over = super::servers::gauge(&gauge(Some(4.0), Some(2.0)));
    assert!(over.contains("class=\"limit\" x=\"497.0\""), "{over}");
    let unknown = super::servers::gauge(&gauge(None, None));
    assert!(!unknown.contains("class=\"bar\"") && unknown.contains("data: some"));
}

#[test]
fn what_is_not_known_is_striped() {
    let part = |amount| GaugePart {
        name: "a".to_owned(),
        amount,
        text: "some".to_owned(),
    };
    let gauge = GaugeView {
        title: "connections",
        capacity: Some(10.0),
        capacity_text: "ten".to_owned(),
        parts: vec![part(Some(5.0)), part(None)],
        spare: None,
    };
    let bar = super::servers::gauge(&gauge);
    assert!(bar.contains("class=\"unseen\" x1=\"500.0\""), "{bar}");
}
