//! The page as text: what it must not hold, and what each part shows.

use crate::finding::{
    EstateView, FaultCopy, Fix, GaugePart, GaugeView, Report, ReportNote, TextEdit,
};
use crate::report::full::samples;

use super::{PageHeader, render as render_page};

fn render(report: &Report, estate: &EstateView) -> String {
    render_page(report, estate, &[], &PageHeader::default())
}

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
    report.notes = vec![ReportNote {
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
        brief: "some".to_owned(),
        tight_from: Some(0.8),
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
        brief: String::new(),
        tight_from: None,
    };
    let bar = super::servers::gauge(&gauge);
    assert!(bar.contains("class=\"unseen\" x1=\"500.0\""), "{bar}");
}

#[test]
fn the_header_says_what_was_checked() {
    let header = PageHeader {
        repository: Some("shop/<b>".to_owned()),
        commit: Some("0123abc".to_owned()),
        date: Some("2026-01-31".to_owned()),
    };
    let page = render_page(&samples::report(), &nothing(), &[], &header);
    for part in [
        "<title>shop/&lt;b&gt;: 1 error, 1 warning</title>",
        "<h1>shop/&lt;b&gt; <small>",
        "commit <code>0123abc</code> · 2026-01-31 · redvet ",
        "<p class=\"verdict\">1 server (StatefulSet/redis) has errors; 1 server (StatefulSet/other) has warnings</p>",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[test]
fn lines_are_marked_and_secrets_masked() {
    let page = render(&samples::report(), &nothing());
    assert!(!page.contains("hunter2"), "{page}");
    assert!(
        page.contains("maxmemory <mark class=\"first\">31gb</mark>"),
        "{page}"
    );
    assert!(page.contains("the kernel kills the container above 32 GiB</span>"));
    assert!(!page.contains('╭'), "no box is drawn of characters");
}

#[test]
fn a_fix_is_shown_as_the_lines_that_it_changes() {
    let mut report = samples::report();
    report.findings[0].fix = Some(Fix {
        safe: true,
        title: "Lower `maxmemory`".to_owned(),
        edits: vec![TextEdit {
            span: report.findings[0].primary,
            replacement: "28gb".to_owned(),
        }],
    });
    let page = render(&report, &nothing());
    assert!(page.contains("Lower <code>maxmemory</code>"), "{page}");
    assert!(page.contains("line removed\"><span class=\"sign\">-</span>maxmemory 31gb"));
    assert!(page.contains("line added\"><span class=\"sign\">+</span>maxmemory 28gb"));
    assert!(!page.contains("hunter2"), "{page}");
}

#[test]
fn a_bundle_shows_its_parts_and_a_fault_its_copies() {
    let mut report = samples::report();
    let part = report.findings[2].clone();
    let copy = FaultCopy {
        subject: part.subject.clone(),
        at: part.primary,
    };
    report.findings[0].parts = vec![part];
    report.findings[0].also = vec![copy];
    let page = render(&report, &nothing());
    assert!(
        page.contains("<details class=\"parts\"><summary>1 part</summary>"),
        "{page}"
    );
    assert!(
        page.contains("<summary>the same in 1 more place</summary>"),
        "{page}"
    );
}

/// The first findings of a rule are shown and the rest is a fold: no page is as long as its findings.
#[test]
fn a_long_run_of_one_message_is_folded() {
    let mut report = samples::report();
    let again = report.findings[0].clone();
    report.findings.extend(std::iter::repeat_n(again, 30));
    let page = render(&report, &nothing());
    assert!(page.contains("<summary>27 more places</summary>"), "{page}");
    assert_eq!(page.matches("<article class=\"finding").count(), 33);
}
