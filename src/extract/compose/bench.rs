//! Compose projects that something is tried on: many releases side by side, or the nodes of a cluster
//! on one machine. What is made of a sample is decided where findings are.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::compose::ComposeTree;
use crate::facts::raw::{ConfPart, RawServer};
use crate::knowledge::shapes::ImageReference;

/// Marks the servers of a project that hold nothing, because they are there to try something on.
pub(super) fn mark_samples(servers: &mut [RawServer], tree: &ComposeTree<'_>) {
    let known = &tree.shapes.servers;
    let is_bench = count_releases(servers) >= known.bench_releases;
    let nodes = find_nodes(servers, tree);
    let is_cluster = nodes.len() >= known.bench_servers;
    for (at, server) in servers.iter_mut().enumerate() {
        // What stands beside the nodes may be in use: it is judged.
        server.sample |= is_bench || is_cluster && nodes.contains(&at);
    }
}

fn count_releases(servers: &[RawServer]) -> usize {
    let images = servers
        .iter()
        .filter_map(|server| server.image.as_ref()?.known_text());
    let releases: BTreeSet<(String, String)> = images
        .map(ImageReference::parse)
        .filter_map(|image| {
            let tag = image.tag?;
            let major = tag.split(|c: char| !c.is_ascii_digit()).next()?.to_owned();
            (!major.is_empty()).then_some((image.name, major))
        })
        .collect();
    releases.len()
}

/// The servers that are nodes of one cluster: they say so, or are one image under numbered names.
fn find_nodes(servers: &[RawServer], tree: &ComposeTree<'_>) -> BTreeSet<usize> {
    let mut nodes = BTreeSet::new();
    let mut numbered: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, server) in servers.iter().enumerate() {
        if is_clustered(server, tree) {
            nodes.insert(at);
        }
        let stem = server.name.trim_end_matches(|c: char| c.is_ascii_digit());
        let image = server.image.as_ref().and_then(|image| image.known_text());
        let made_of = (image, server.built_from.as_deref());
        if stem.len() < server.name.len() && made_of != (None, None) {
            numbered.entry((stem, made_of)).or_default().push(at);
        }
    }
    // Two numbered servers may be two services of their own: only as many as make a bench are nodes.
    let enough = tree.shapes.servers.bench_servers;
    nodes.extend(
        numbered
            .into_values()
            .filter(|of| of.len() >= enough)
            .flatten(),
    );
    nodes
}

/// Whether arguments or a file of the tree switch the cluster on. A server whose text is not seen here
/// is judged like any other.
fn is_clustered(server: &RawServer, tree: &ComposeTree<'_>) -> bool {
    let name = tree.shapes.servers.cluster_mode.as_str();
    let switches = |said: &str, value: &str| {
        said.trim_start_matches('-').eq_ignore_ascii_case(name) && value.eq_ignore_ascii_case("yes")
    };
    server.conf.iter().any(|part| match part {
        ConfPart::Lines(lines) => lines.iter().any(|line| match &line.words[..] {
            [said, value, ..] => switches(&said.text, &value.text),
            _ => false,
        }),
        ConfPart::Arguments { words, .. } => words.windows(2).any(|pair| match pair {
            [said, value] => switches(&said.text, &value.text),
            _ => false,
        }),
        ConfPart::Generated { lines, .. } => lines.iter().any(|(said, values)| {
            let value = values.as_ref().and_then(|values| values.first());
            value.is_some_and(|value| switches(said, value))
        }),
        ConfPart::File { path, .. } => tree.text(path).is_some_and(|text| {
            text.lines().any(|line| {
                let mut words = line.split_whitespace();
                matches!((words.next(), words.next()), (Some(said), Some(value)) if switches(said, value))
            })
        }),
        _ => false,
    })
}
