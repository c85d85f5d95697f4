//! Servers of which only a part can be seen: what is not written, or all of it, is assumed.

use crate::facts::defaults::ChartDefaults;
use crate::facts::raw::RawServer;
use crate::facts::{Explicitness, FactValue, Strength, Subject};
use crate::source::FileId;

/// Which facts of a server are assumed: those that are not written, or all.
pub(super) fn of_server(deployed: Option<&RawServer>, server: &mut Subject) {
    let Some(doubt) = deployed.and_then(|server| server.doubt.as_ref()) else {
        return;
    };
    let assume = |value: &mut FactValue| {
        if doubt.all || value.written != Explicitness::Yes {
            value.strength = Strength::Assumed;
            value.because.push(doubt.reason.to_string());
        }
    };
    server.facts.values_mut().for_each(assume);
    server.conf.change_all(assume);
    let reason = doubt.reason.to_string();
    if !server.not_visible.contains(&reason) {
        server.not_visible.push(reason);
    }
}

/// What a chart's own values say holds for a release that is given nothing else.
pub(super) fn of_defaults(defaults: &ChartDefaults, files: &[FileId], subject: &mut Subject) {
    if !defaults.concern(files) {
        return;
    }
    let assume = |value: &mut FactValue| {
        if defaults.hold(value) {
            value.strength = Strength::Assumed;
            value.because.push(ChartDefaults::REASON.to_owned());
        }
    };
    subject.facts.values_mut().for_each(assume);
    subject.conf.change_all(assume);
}

/// The lines of a server that may not be.
pub(super) fn of_lines(deployed: Option<&RawServer>, lines: &mut [Subject]) {
    let doubt = deployed.and_then(|server| server.doubt.as_ref());
    if !doubt.is_some_and(|doubt| doubt.all) {
        return;
    }
    let facts = lines.iter_mut().flat_map(|line| line.facts.values_mut());
    facts.for_each(|value| value.strength = Strength::Assumed);
}
