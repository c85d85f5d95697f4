//! Which servers hold the jobs of a job library: a workload is given one by a variable that only such a
//! library reads. Which variables these are is passed in.

use super::{FactLinker, HostReference};
use crate::facts::linked::QueueUse;
use crate::facts::raw::GivenVariables;

impl FactLinker<'_> {
    /// The workloads that keep jobs in a server, by the variable that says so: each use with the
    /// server's place among the deployed ones.
    pub(super) fn queue_uses(
        &self,
        is_queue_variable: &dyn Fn(&str) -> bool,
    ) -> Vec<(usize, QueueUse)> {
        let workloads = self.raw.workloads.iter().enumerate();
        let uses = workloads.flat_map(|(index, workload)| {
            let names = workload.environment.iter().filter_map(GivenVariables::name);
            let meant = names.filter(|name| is_queue_variable(name));
            meant.flat_map(move |name| {
                let text = self.raw.variable(index, name).and_then(Result::ok);
                let host = text.as_deref().and_then(host_of);
                let queue_use = QueueUse {
                    workload: workload.name.clone(),
                    variable: name.to_owned(),
                    at: workload.anchor,
                };
                let servers = host.map_or_else(Vec::new, |host| {
                    self.find_reached_bodies(&HostReference {
                        host,
                        at: workload.anchor,
                        namespace: workload.namespace.as_ref(),
                        composed: workload.composed,
                    })
                });
                servers
                    .into_iter()
                    .map(move |body| (body, queue_use.clone()))
            })
        });
        uses.collect()
    }
}

/// The host of an address, with or without a scheme, user, port and database.
fn host_of(address: &str) -> Option<&str> {
    let rest = match address.split_once("://") {
        // Jobs may be kept in a server of another kind.
        Some((scheme, _)) if !SCHEMES.contains(&scheme) => return None,
        Some((_, rest)) => rest,
        None => address,
    };
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host);
    (!host.is_empty()).then_some(host)
}

const SCHEMES: [&str; 4] = ["redis", "rediss", "valkey", "valkeys"];

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn addresses_have_a_host() {
        for (address, host) in [
            ("redis://:secret@jobs:6379/0", Some("jobs")),
            ("rediss://jobs.shop.svc", Some("jobs.shop.svc")),
            ("jobs:6379", Some("jobs")),
            ("jobs", Some("jobs")),
            ("amqp://rabbit", None),
            ("", None),
        ] {
            assert_eq!(host_of(address), host, "{address}");
        }
    }
}
