//! Declarations of programs in redvet.toml that match nothing in the tree.

use crate::facts::Estate;
use crate::facts::linked::LinkedFacts;
use crate::facts::raw::RawFacts;

/// What `redvet.toml` names and the tree does not have.
pub(super) fn unmet(
    linked: &LinkedFacts,
    estate: &Estate,
    raw: &RawFacts,
) -> Vec<(Option<String>, String)> {
    let mut notes = Vec::new();
    for program in &linked.programs {
        let Some(declared) = program.declared.map(|at| &raw.declared[at]) else {
            continue;
        };
        let name = &declared.name;
        if program.package.is_none() && program.clients.is_empty() {
            notes.push(format!(
                "[[service]] `{name}`: no program or client in its paths"
            ));
        }
        if let (Some((workload, _)), true) = (&declared.workload, program.workloads.is_empty()) {
            notes.push(format!(
                "[[service]] `{name}`: no workload named `{workload}` found"
            ));
        }
        if let Some((server, _)) = &declared.server
            && !estate.servers.iter().any(|s| s.name == *server)
        {
            notes.push(format!(
                "[[service]] `{name}`: no server named `{server}` found"
            ));
        }
    }
    notes.into_iter().map(|note| (None, note)).collect()
}
