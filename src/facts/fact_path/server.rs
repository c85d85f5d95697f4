//! The facts of servers beside their directives, with their types.

use super::{FactEntry, FactPath, Type, fact_table};
use crate::facts::words::{RolloutTrigger, ServerKind, ServiceQuality, StorageKind};

fact_table! {
    /// A fact of a server beside the effective values of its directives.
    ServerFact in Server {
        Name = "name": Text, "`Kind/name`, or the path of a configuration that nothing deploys";
        Kind = "kind": Text of ServerKind::WORDS,
            "`standalone`, `replication`, `cluster` or `sentinel`";
        Flavor = "flavor": Text, "`redis` or `valkey`";
        Version = "version": Text, "the version as far as it is known, e.g. `7.2.6` or `7`";
        LimitOwner = "holder" named "limit_owner": Text,
            "what its limits are written on, as people call it: `container`, `service` (compose), `unit` (systemd), `release` (a chart's values), the kind of an operator's resource, `server` where nothing deploys it";
        LimitsMemory = "limits.memory": Size, "the memory limit";
        LimitsMemoryField = "limits.memory_field": Text,
            "where the holder takes a memory limit: `resources.limits.memory`";
        LimitsCpu = "limits.cpu": Cores, "the CPU limit";
        RequestsMemory = "requests.memory": Size, "the memory request";
        RequestsCpu = "requests.cpu": Cores, "the CPU request";
        Replicas = "replicas": Int, "how many processes run this configuration";
        StorageKind = "storage.kind": Text of StorageKind::WORDS,
            "what the data directory is on: `persistent`, `ephemeral` or `none`";
        Deployed = "deployed": Bool,
            "a workload or custom resource runs it (a bare configuration file is a server too)";
        Exporter = "exporter": Bool, "a metrics exporter runs beside it";
        ExporterField = "exporter_field": Text,
            "the field that switches it on, for an operator's resource or a chart's values";
        ImageReference = "image.reference": Text, "the container's image as it is written";
        ImagePin = "image.pin": Text of &[
            "digest", "version", "moving", "latest", "none", "unknown"
        ],
            "how far the image says which version runs: `digest`, `version`, `moving` (a tag of the official image without a version), `latest` or `none`";
        ConfigName = "config.name": Text,
            "the ConfigMap or Secret that holds the configuration text, `Kind/name`";
        ConfigUsed = "config.used": Bool,
            "a server of the scanned tree reads that ConfigMap or Secret";
        Rollout = "rollout": Text of RolloutTrigger::WORDS,
            "what starts the pods anew when a mounted configuration changes: `checksum`, `reloader`, `renamed` (a hash or version in the name, or an immutable object) or `none`";
        ProbesLiveness = "probes.liveness": Bool, "a liveness probe restarts the container";
        ProbesReadiness = "probes.readiness": Bool,
            "a readiness probe takes the container out of its Services";
        ProbesStartup = "probes.startup": Bool, "a startup probe holds the liveness probe back";
        ProbesDelay = "probes.delay": Duration,
            "how long the liveness probe waits before its first question";
        ProbesPatience = "probes.patience": Duration,
            "how long the liveness probe bears failures: period x threshold";
        FilesystemReadOnly = "filesystem.read_only": Bool,
            "the container cannot write to its own layer";
        Qos = "qos": Text of ServiceQuality::WORDS,
            "the pod's quality of service: `guaranteed`, `burstable` or `best-effort`";
        Role = "role": Text of &["cache", "durable", "queue"],
            "`cache`, `durable` or `queue`: declared in redvet.toml, or what its clients use it for";
        Managed = "managed": Bool,
            "a provider runs it: it decides by itself what its parameters do not say";
        Exposed = "exposed": Bool,
            "something beyond its own host can open a connection: it listens on more than the loopback, and a port is published or a Service leads to it";
        Reachable = "reachable": Bool, "a port of it is published, where its deployment says so";
        Authentication = "authentication": Text of &["none", "password", "acl"],
            "what it asks of whoever connects: `none`, `password` or `acl`";
        ConnectionsTotal = "connections.total": Int,
            "the sum over linked clients of pool size, processes and nodes";
        ConnectionsAtLeast = "connections.at_least": Int, "the known lower bound of that sum";
    }
}
