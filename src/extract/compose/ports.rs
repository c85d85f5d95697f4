//! Whether something outside of a project's own networks can connect to a service, and to which ports.

use crate::extract::compose::service::ComposeService;
use crate::facts::Cause;
use crate::syntax::yaml::YamlNode;

/// A port is published on an address of the host that is not its loopback, or the service has the
/// host's own network.
pub(super) fn reachable(service: &ComposeService<'_>) -> Result<bool, Cause> {
    if let Some(node) = service.node("network_mode") {
        match service
            .text(node)
            .map(|text| text.known_text().map(str::to_owned))
        {
            Some(Ok(mode)) if mode == "host" => return Ok(true),
            Some(Ok(_)) => {}
            Some(Err(reason)) => return Err(reason),
            None => return Err(Cause::Deployment("its network is unknown")),
        }
    }
    let mut unknown = None;
    for port in service.nodes("ports").flat_map(|(_, node)| node.items()) {
        match address(service, port) {
            Ok(address) if !is_loopback(&address) => return Ok(true),
            Ok(_) => {}
            Err(reason) => unknown = Some(reason),
        }
    }
    unknown.map_or(Ok(false), Err)
}

/// The ports of the container that are published or named, as far as they are written.
pub(super) fn list_open_ports(service: &ComposeService<'_>) -> Vec<String> {
    let published = service.nodes("ports").flat_map(|(_, node)| node.items());
    let published = published.filter_map(|port| {
        if port.is_map() {
            return service.known_text(port.get("target"));
        }
        let text = service.text(port)?;
        // The container's own port comes last, whatever is known of the host's.
        let own = text.text().rfind(':').map_or(0, |at| at + 1);
        text.slice(own..text.text().len())
            .known_text()
            .map(str::to_owned)
            .ok()
    });
    let named = service.nodes("expose").flat_map(|(_, node)| node.items());
    let named = named.filter_map(|port| service.known_text(Some(port)));
    let ports = published.chain(named);
    // `6379/tcp`
    ports
        .map(|port| port.split('/').next().unwrap_or_default().to_owned())
        .collect()
}

/// The address that a port is published on; empty for all of them.
fn address(service: &ComposeService<'_>, port: &YamlNode) -> Result<String, Cause> {
    if port.is_map() {
        return match port.get("host_ip").and_then(|node| service.text(node)) {
            Some(text) => text.known_text().map(str::to_owned),
            None => Ok(String::new()),
        };
    }
    let Some(text) = service.text(port) else {
        return Ok(String::new());
    };
    let written = text.text();
    // HOST-ADDRESS:PORT:PORT; the address of the sixth version of the protocol stands in brackets.
    let mut colons = written
        .match_indices(':')
        .map(|(at, _)| at)
        .filter(|at| text.placeholder(&(*at..*at + 1)).is_none())
        .rev();
    let before_ports = colons.nth(1);
    match before_ports {
        None => Ok(String::new()),
        Some(at) => text.slice(0..at).known_text().map(str::to_owned),
    }
}

/// The ports of the container that are published, on whatever address; one that is not known as it is
/// written. In the host's own network none is: `ports` are discarded there.
pub(super) fn list_published_ports(service: &ComposeService<'_>) -> Vec<String> {
    if service.known_text(service.node("network_mode")).as_deref() == Some("host") {
        return Vec::new();
    }
    let ports = service.nodes("ports").flat_map(|(_, node)| node.items());
    ports.filter_map(|port| target(service, port)).collect()
}

/// The container's port: what stands behind the last colon, without the protocol.
fn target(service: &ComposeService<'_>, port: &YamlNode) -> Option<String> {
    let node = port.get("target").unwrap_or(port);
    let text = service.text(node)?;
    let written = text.text();
    let start = written.rfind(':').map_or(0, |at| at + 1);
    let end = written.rfind('/').filter(|at| *at > start);
    let target = text.slice(start..end.unwrap_or(written.len()));
    Some(target.known_text().unwrap_or(target.text()).to_owned())
}

fn is_loopback(address: &str) -> bool {
    let address = address.trim_matches(['[', ']']);
    address.starts_with("127.") || address == "::1" || address == "localhost"
}
