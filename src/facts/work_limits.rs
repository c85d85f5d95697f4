//! How much a run reads, works out and shows: the figures that a project may set, with what each may
//! be set to. Bounds of single files that no project reaches are in `bounds`.
//!
//! A limit that is reached is told where it cut something off, with the key to raise.

use std::ops::Range;

use crate::facts::overlay_scope::OverlayScope;
use crate::facts::raw::{RawFacts, RawServer};
use crate::source::Span;

/// A figure of `[limits]`: what holds where nothing is set, and what may be set. More than the most
/// would cost what the limit is there to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitRange {
    pub default: u64,
    pub least: u64,
    pub most: u64,
}

/// Bytes of a file that is read.
pub const FILE_SIZE: LimitRange = LimitRange {
    default: 64 << 20,
    least: 1 << 10,
    most: 1 << 30,
};
/// Servers of a tree: each costs about a millisecond and a hundred kilobytes.
pub const SERVERS: LimitRange = LimitRange {
    default: 10_000,
    least: 1,
    most: 100_000,
};
/// Clients of a tree.
pub const CLIENTS: LimitRange = LimitRange {
    default: 10_000,
    least: 1,
    most: 100_000,
};
/// Bytes of a name in reports. Kubernetes allows 253 in a name; ours has a kind and a container with it.
pub const NAME_LENGTH: LimitRange = LimitRange {
    default: 600,
    least: 64,
    most: 4_096,
};
/// Findings that a report lists.
pub const FINDINGS: LimitRange = LimitRange {
    default: 20_000,
    least: 1,
    most: 1_000_000,
};
/// Steps that the expressions of one rule may take for one subject.
pub const EXPRESSION_STEPS: LimitRange = LimitRange {
    default: 500_000,
    least: 1_000,
    most: 5_000_000,
};

/// The limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkLimits {
    pub file_size: u64,
    pub servers: usize,
    pub clients: usize,
    pub name_length: usize,
    pub findings: usize,
    pub expression_steps: usize,
}

impl Default for WorkLimits {
    fn default() -> Self {
        let of = |range: LimitRange| usize::try_from(range.default).unwrap_or(usize::MAX);
        Self {
            file_size: FILE_SIZE.default,
            servers: of(SERVERS),
            clients: of(CLIENTS),
            name_length: of(NAME_LENGTH),
            findings: of(FINDINGS),
            expression_steps: of(EXPRESSION_STEPS),
        }
    }
}

impl WorkLimits {
    /// These, and no more than others allow.
    #[must_use]
    pub fn within(self, outer: Self) -> Self {
        Self {
            file_size: self.file_size.min(outer.file_size),
            servers: self.servers.min(outer.servers),
            clients: self.clients.min(outer.clients),
            name_length: self.name_length.min(outer.name_length),
            findings: self.findings.min(outer.findings),
            expression_steps: self.expression_steps.min(outer.expression_steps),
        }
    }
}

/// What is left of the limits of a tree while its parts are taken in.
#[derive(Clone, Copy, Debug)]
pub struct TreeLimits {
    limits: WorkLimits,
    servers: usize,
    texts: usize,
    clients: usize,
}

impl TreeLimits {
    pub fn new(limits: WorkLimits) -> Self {
        Self {
            limits,
            servers: limits.servers,
            // A text is read for a server, or is one; what no server reads costs far less.
            texts: limits.servers.saturating_mul(2),
            clients: limits.clients,
        }
    }

    /// Leaves out of a part of the tree what is beyond the limits, and tells how much that is.
    pub fn cut(&mut self, raw: &mut RawFacts) {
        let set = |what: &str, left_out: usize, most: usize, key: &str| {
            format!(
                "the tree holds more than {most} {what}: {left_out} were left out, beginning here; raise `{key}` under [limits] of redvet.toml"
            )
        };
        let servers = raw.servers.iter().map(|server| server.anchor);
        if let Some((at, left_out)) = count_beyond(servers, &mut self.servers) {
            raw.servers.truncate(raw.servers.len() - left_out);
            let why = set("servers", left_out, self.limits.servers, "servers");
            raw.problems.push((at, why));
        }
        let texts = raw.texts.iter().map(|text| text.excerpt.span_all());
        if let Some((at, left_out)) = count_beyond(texts, &mut self.texts) {
            raw.texts.truncate(raw.texts.len() - left_out);
            let most = self.limits.servers.saturating_mul(2);
            let why = set("configuration texts", left_out, most, "servers");
            raw.problems.push((at, why));
        }
        let clients = raw.clients.iter().map(|client| client.anchor);
        if let Some((at, left_out)) = count_beyond(clients, &mut self.clients) {
            raw.clients.truncate(raw.clients.len() - left_out);
            let why = set("clients", left_out, self.limits.clients, "clients");
            raw.problems.push((at, why));
        }
        let (servers, texts) = (raw.servers.len(), raw.texts.len());
        for extent in &mut raw.extents {
            extent.clamp(servers, texts);
        }
        let most = self.limits.name_length;
        let mut long = raw
            .servers
            .iter_mut()
            .filter_map(|server| shorten(server, most));
        let first = long.next();
        long.for_each(drop);
        for text in &mut raw.texts {
            text.name =
                shorten_name(&text.name, most).unwrap_or_else(|| std::mem::take(&mut text.name));
        }
        raw.notes.extend(first.map(|at| {
            let why = format!(
                "names of more than {most} bytes are shown shortened; raise `name-length` under [limits] of redvet.toml"
            );
            (at, why)
        }));
    }
}

/// The first place that is beyond what is left, and how many there are; takes from what is left.
fn count_beyond(
    places: impl ExactSizeIterator<Item = Span>,
    left: &mut usize,
) -> Option<(Span, usize)> {
    let (count, most) = (places.len(), *left);
    *left = most.saturating_sub(count);
    let mut places = places;
    Some((places.nth(most)?, count - most))
}

fn shorten(server: &mut RawServer, most: usize) -> Option<Span> {
    server.name = shorten_name(&server.name, most)?;
    Some(server.anchor)
}

/// A name that is too long, cut; what tells it from others of the same beginning is kept as a number.
fn shorten_name(name: &str, most: usize) -> Option<String> {
    if name.len() <= most {
        return None;
    }
    let mut end = most.saturating_sub(20);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    // FNV-1a: the same in every run and on every machine.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Some(format!("{}…{hash:016x}", &name[..end]))
}

impl OverlayScope {
    /// Facts beyond these numbers were left out.
    fn clamp(&mut self, servers: usize, texts: usize) {
        let within = |range: &Range<usize>, most: usize| range.start.min(most)..range.end.min(most);
        self.servers = within(&self.servers, servers);
        self.texts = within(&self.texts, texts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_edge() {
        let name = "é".repeat(40);
        assert_eq!(shorten_name(&name, 80), None);
        let cut = shorten_name(&name, 79).unwrap();
        assert!(cut.len() <= 79 && cut.starts_with('é'), "{cut}");
        assert_ne!(shorten_name(&format!("{name}x"), 79), Some(cut));
    }
}
