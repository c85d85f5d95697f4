//! A server of which nobody has written anything but its limits: after all fixes it has the values of
//! the source document's server section, but where the facts are against them. A real server starts
//! with what the fixes wrote, and reports the same.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::live::installed::installed;
use crate::live::server::{Live, Seen};
use crate::support::harness::{Harness, Sample, repository};
use redvet::finding::Finding;
use redvet::fix::rounds::run_rounds;
use redvet::fix::{FixLevel, FixedFile, fix_of};

/// Where the effective value is another one than the document's: the directive, the document's, ours,
/// and why. Sizes in bytes, as servers report them.
const OTHERWISE: &[(&str, &str, &str, &str)] = &[
    (
        "maxmemory",
        "30064771072",
        "25769803776",
        "the document calls 28 GiB \"88 %\" of 32Gi; the fix leaves a quarter for fragmentation, buffers and the fork of a rewrite",
    ),
    (
        "maxmemory-policy",
        "allkeys-lru",
        "noeviction",
        "nothing says what the server is for, and eviction deletes streams whole: no fix, the default stays",
    ),
    (
        "lazyfree-lazy-eviction",
        "yes",
        "no",
        "with noeviction nothing is evicted: the rule speaks only where something can be",
    ),
];

const MANIFEST: &str = "deploy/redis.yaml";

/// An almost empty file on a persistent volume, with 32Gi and 4 CPUs.
fn manifest(image: &str) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata: {{name: redis-conf}}
data:
  redis.conf: |
    # Nothing is tuned.
    port 6379
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: redis}}
spec:
  serviceName: redis
  selector: {{matchLabels: {{app: redis}}}}
  template:
    metadata: {{labels: {{app: redis}}}}
    spec:
      containers:
        - name: redis
          image: {image}
          command: [redis-server, /etc/redis/redis.conf]
          resources:
            limits: {{memory: 32Gi, cpu: \"4\"}}
          volumeMounts:
            - {{name: conf, mountPath: /etc/redis}}
            - {{name: data, mountPath: /data}}
      volumes:
        - {{name: conf, configMap: {{name: redis-conf}}}}
  volumeClaimTemplates:
    - metadata: {{name: data}}
      spec:
        accessModes: [ReadWriteOnce]
        resources: {{requests: {{storage: 100Gi}}}}
"
    )
}

/// The manifest after every fix, safe and unsafe.
fn mended(harness: &Harness, image: &str) -> String {
    let text = manifest(image);
    let sample = harness.texts([(MANIFEST, text.as_str())]);
    let check = |instead: &[FixedFile]| harness.check(&sample.with(instead));
    let allowed = |finding: &Finding| fix_of(finding, FixLevel::Unsafe).is_some();
    let mended = run_rounds(
        harness.check(&sample),
        &|_, finding| allowed(finding),
        &check,
    );
    let left: Vec<_> = mended
        .report
        .shown_findings()
        .filter(|f| allowed(f))
        .collect();
    assert!(left.is_empty(), "not cured: {left:?}");
    let [file] = mended.files.try_into().unwrap();
    assert_eq!(file.path, MANIFEST);
    file.after
}

/// The directives of the document's server section and their values, without the comments that no
/// server takes.
fn document() -> BTreeMap<String, String> {
    let path = repository("fixtures/source-document/REDIS_OPTIMIZATION.md");
    let text = std::fs::read_to_string(path).unwrap();
    let block = text.split("```").nth(1).unwrap();
    let lines = block
        .lines()
        .skip(1)
        .map(|line| line.split('#').next().unwrap().trim());
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs
        .map(|(name, value)| (name.to_owned(), plain(value.trim())))
        .collect()
}

/// A value as a server reports it: sizes in bytes.
fn plain(value: &str) -> String {
    let units = [("gb", 30), ("mb", 20), ("kb", 10)];
    let found = units.iter().find_map(|(unit, bits)| {
        let number: u64 = value.strip_suffix(unit)?.parse().ok()?;
        Some((number << bits).to_string())
    });
    found.unwrap_or_else(|| value.to_owned())
}

fn shown(value: &serde_json::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What the server of a sample will run with, for these directives.
fn effective(harness: &Harness, sample: &Sample, names: &[&String]) -> BTreeMap<String, String> {
    let view = harness.effective(sample);
    let [server] = &view.servers[..] else {
        panic!("one server: {:?}", view.servers);
    };
    let value = |name: &&String| {
        let value = &server.conf[*name];
        assert!(
            matches!(value.state, "set" | "default"),
            "{name}: {value:?}"
        );
        ((*name).clone(), shown(&value.value))
    };
    names.iter().map(value).collect()
}

/// The document's values, with those that are ours in their place.
fn expected() -> BTreeMap<String, String> {
    let mut values = document();
    for (name, theirs, ours, why) in OTHERWISE {
        let value = values.get_mut(*name).unwrap();
        assert_eq!(value, theirs, "{name}");
        assert_ne!(theirs, ours, "{why}");
        (*ours).clone_into(value);
    }
    values
}

#[test]
fn all_fixes_lead_to_the_documents_values() {
    let harness = Harness::new();
    let expected = expected();
    assert_eq!(expected.len(), 23);
    let names: Vec<&String> = expected.keys().collect();
    for image in ["redis:6.2", "redis:7.2"] {
        let before = manifest(image);
        let before = harness.texts([(MANIFEST, before.as_str())]);
        let untuned = effective(&harness, &before, &names);
        let moved = names
            .iter()
            .filter(|name| untuned[**name] != expected[**name]);
        assert!(moved.count() > 10, "the fixes have something to do");
        let after = mended(&harness, image);
        let sample = harness.texts([(MANIFEST, after.as_str())]);
        assert_eq!(effective(&harness, &sample, &names), expected, "{image}");
    }
}

/// The configuration that a manifest's ConfigMap holds.
fn configuration(manifest: &str) -> String {
    let first = manifest.split("\n---\n").next().unwrap();
    let map: serde_yaml::Value = serde_yaml::from_str(first).unwrap();
    map["data"]["redis.conf"].as_str().unwrap().to_owned()
}

/// A server that is installed here and was built with the allocator that defragments.
fn servers() -> Vec<Live> {
    let binaries: Vec<PathBuf> = installed();
    let servers = binaries.into_iter().map(Live::new);
    servers
        .filter_map(|mut server| server.build().bundled_allocator.then_some(server))
        .collect()
}

#[test]
fn a_real_server_starts_with_what_the_fixes_wrote_and_reports_it() {
    let servers = servers();
    if servers.is_empty() {
        println!("no server with the bundled allocator is installed: nothing is compared");
    }
    let harness = Harness::new();
    let expected = expected();
    for mut server in servers {
        let (flavor, version) = server.version();
        let image = match flavor.as_str() {
            "redis" => format!("redis:{version}"),
            flavor => format!("{flavor}/{flavor}:{version}"),
        };
        let text = configuration(&mended(&harness, &image));
        let seen = server.start(&text);
        let Seen::Started(values) = seen else {
            panic!("{image} does not start with:\n{text}");
        };
        let values: BTreeMap<String, String> = values.into_iter().collect();
        for (name, value) in &expected {
            // Some versions ignore a directive of the document and do not report it.
            if let Some(reported) = values.get(name) {
                assert_eq!(reported, value, "{image}: {name}");
            }
        }
        println!("{image} reports all of it");
    }
}
