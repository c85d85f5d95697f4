//! The arguments of servers as lines: raw words and the series that may read them in, lines out. Which
//! series these are, `resolve` says; how one splits the words, `extract`.

use crate::extract::command;
use crate::facts::Cause;
use crate::facts::linked::{LinkedFacts, LinkedServer, ServerBody};
use crate::facts::raw::{ConfPart, RawFacts};
use crate::knowledge::servers::ServerSeries;

/// Arguments become lines: what is an option and what a value is known once the server is, by the
/// series that `of` gives.
pub(super) fn read_arguments<'k>(
    raw: &mut RawFacts,
    linked: &LinkedFacts,
    of: impl Fn(&RawFacts, &LinkedServer) -> Vec<&'k ServerSeries>,
) {
    let differs = Cause::version();
    for server in &linked.servers {
        let ServerBody::Deployed(index) = server.body else {
            continue;
        };
        let has_arguments = |part: &ConfPart| matches!(part, ConfPart::Arguments { .. });
        if !raw.servers[index].conf.iter().any(has_arguments) {
            continue;
        }
        let series = of(raw, server);
        for part in &mut raw.servers[index].conf {
            if let ConfPart::Arguments { words, behind_file } = part {
                let lines = command::plausible_lines(&series, words, *behind_file, &differs);
                *part = ConfPart::Lines(lines);
            }
        }
    }
}
