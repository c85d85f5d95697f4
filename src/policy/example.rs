//! A small estate, a vocabulary and rules for the tests of this module.

use std::collections::BTreeMap;

use crate::facts::cause::Cause;
use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::estate::{Estate, RelatedSubject, Subject, SubjectKind};
use crate::facts::fact_path::{FactPath, ServerFact};
use crate::facts::intent::FixSafety;
use crate::facts::value::{Datum, Explicitness, FactValue, Meaning, Strength};
use crate::facts::vocabulary::{FactType, Vocabulary};
use crate::finding::Severity;
use crate::policy::param::RuleParam;
use crate::policy::rule_source::{
    EditDraft, FixDraft, LoneSettings, OperationDraft, RuleDraft, TextVariant,
};
use crate::policy::rule_source::{RuleDocs, RuleProfile};
use crate::source::{Excerpt, FileId, Span};

pub(super) const GIB: u64 = 1 << 30;

pub(super) fn span(at: usize) -> Span {
    Span::new(FileId(0), at, at + 5)
}

pub(super) fn text(text: &str) -> Excerpt {
    Excerpt::whole(FileId(7), text.into())
}

fn conf(directive: &str) -> FactPath {
    FactPath::Conf(directive.to_owned())
}

pub(super) fn vocabulary() -> Vocabulary {
    let directives = [
        ("maxmemory", FactType::Size),
        ("timeout", FactType::Duration),
        ("hz", FactType::Int),
        ("appendonly", FactType::Text),
        ("maxmemory-policy", FactType::Text),
        ("save", FactType::List),
        ("requirepass", FactType::Text),
        ("io-threads", FactType::Int),
    ];
    let options = [
        ("pool.max_size", FactType::Int),
        ("pool.wait_timeout", FactType::Duration),
        ("retry.max", FactType::Int),
    ];
    let words = [
        ("appendonly", ["no", "yes"]),
        ("maxmemory-policy", ["allkeys-lru", "noeviction"]),
    ];
    Vocabulary {
        directives: directives.map(|(n, t)| (n.to_owned(), t)).into(),
        options: options.map(|(n, t)| (n.to_owned(), t)).into(),
        words: words
            .map(|(n, w)| (conf(n), w.map(str::to_owned).to_vec()))
            .into(),
        aliases: [("slave-priority".to_owned(), "replica-priority".to_owned())].into(),
    }
}

/// A server with 32 GiB, `maxmemory` written, `timeout` by default, `hz` unknown, `io-threads`
/// absent, and two clients: one certain, one assumed with an unknown pool size.
pub(super) fn estate() -> Estate {
    let mut server = Subject::new(
        SubjectKind::Server,
        "StatefulSet/redis",
        "redis.yaml",
        span(0),
    );
    let slot = EditTarget::Replace {
        span: span(10),
        encoding: TextEncoding::ConfWords,
    };
    let maxmemory = FactValue::set(Datum::Size(30 * GIB), span(10)).with_slot(slot);
    server.put(conf("maxmemory"), maxmemory);
    server.put(
        ServerFact::LimitsMemory,
        FactValue::set(Datum::Size(32 * GIB), span(20)),
    );
    let timeout =
        FactValue::default(Datum::Duration(0.0), "redis 7.2").with_anchor_when_unset(span(1));
    server.put(conf("timeout"), timeout);
    server.put(
        conf("hz"),
        FactValue::unknown(Cause::Image("the image is not visible")),
    );
    server.put(
        conf("appendonly"),
        FactValue::default(Datum::Text("no".to_owned()), "redis 7.2"),
    );
    let save = ["900 1", "300 10"]
        .map(|w| Datum::Text(w.to_owned()))
        .to_vec();
    server.put(conf("save"), FactValue::set(Datum::List(save), span(30)));
    let mut secret = FactValue::set("hunter2", span(40));
    secret.secret = true;
    server.put(conf("requirepass"), secret);
    server.put(
        ServerFact::Role,
        FactValue::from_derived("cache").with_strength(Strength::Assumed),
    );
    server.clients = [(0, Strength::Certain), (1, Strength::Assumed)]
        .map(related)
        .to_vec();
    Estate {
        servers: vec![server],
        clients: vec![client("main.go:connect", 0), other_client()],
        ..Estate::default()
    }
}

fn related((index, strength): (usize, Strength)) -> RelatedSubject {
    RelatedSubject {
        index,
        strength,
        evidence: "host name".to_owned(),
    }
}

fn client(name: &str, at: usize) -> Subject {
    let mut client = Subject::new(SubjectKind::Client, name, "main.go", span(100 + at));
    let size = FactValue::set(Datum::Int(200), span(110)).with_name("PoolSize");
    client.put(FactPath::Option("pool.max_size".to_owned()), size);
    let retries = Datum::Special {
        raw: Box::new(Datum::Int(-1)),
        meaning: Meaning::Off,
    };
    client.put(
        FactPath::Option("retry.max".to_owned()),
        FactValue::set(retries, span(120)),
    );
    let forever = Datum::Special {
        raw: Box::new(Datum::Duration(0.0)),
        meaning: Meaning::Unlimited,
    };
    let mut wait = FactValue::default(forever, "go-redis 9.7");
    wait.written = Explicitness::MaybeElsewhere(Cause::UrlMaySet(Some("REDIS_URL".to_owned())));
    wait.derived_from = Some("the read timeout".to_owned());
    client.put(FactPath::Option("pool.wait_timeout".to_owned()), wait);
    client.server = Some(related((0, Strength::Certain)));
    client
}

fn other_client() -> Subject {
    let mut client = Subject::new(SubjectKind::Client, "worker.go:run", "worker.go", span(200));
    let size = FactValue::set_unknown(
        Cause::EnvironmentVariable("POOL_SIZE".to_owned()),
        span(210),
    )
    .with_name("PoolSize");
    client.put(FactPath::Option("pool.max_size".to_owned()), size);
    client
}

/// A rule about servers with this assertion, everything else plain.
pub(super) fn rule(assert: &str) -> RuleDraft {
    RuleDraft {
        id: "memory/example".to_owned(),
        title: "an example".to_owned(),
        subject: SubjectKind::Server,
        severity: Severity::Error,
        profile: RuleProfile::Recommended,
        audience: None,
        preview: false,
        non_waivable: false,
        params: BTreeMap::from([("max".to_owned(), ratio(0.88))]),
        lets: Vec::new(),
        when: None,
        assert: Some(text(assert)),
        bundle: Vec::new(),
        needs: Vec::new(),
        otherwise: LoneSettings::Alone,
        yields_to: Vec::new(),
        cases: Vec::new(),
        message: variants(&[(None, "too high")]),
        help: Vec::new(),
        consequence: Vec::new(),
        at: variants(&[(None, "server.conf[\"maxmemory\"]")]),
        labels: Vec::new(),
        per_file: None,
        fixes: Vec::new(),
        docs: RuleDocs::default(),
    }
}

pub(super) fn ratio(default: f64) -> RuleParam {
    RuleParam {
        ty: FactType::Ratio,
        default: Datum::Float(default),
        min: Some(Datum::Float(0.1)),
        max: Some(Datum::Float(1.0)),
        about: String::new(),
    }
}

pub(super) fn variants(list: &[(Option<&str>, &str)]) -> Vec<TextVariant> {
    let variant = |(when, body): &(Option<&str>, &str)| TextVariant {
        when: when.map(text),
        text: text(body),
    };
    list.iter().map(variant).collect()
}

/// A fix that sets one fact.
pub(super) fn set(path: &str, to: &str) -> FixDraft {
    FixDraft {
        when: None,
        safety: FixSafety::Unsafe,
        title: None,
        edits: vec![EditDraft {
            when: None,
            operation: OperationDraft::Set {
                path: text(path),
                to: text(to),
            },
        }],
    }
}
