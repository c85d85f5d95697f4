//! The facts of servers beside their directives, with their types.

use super::{FactEntry, FactPath, FactType, fact_table};
use crate::facts::words::{RemoteAccess, RolloutTrigger, ServerKind, ServiceQuality, StorageKind};

fact_table! {
    /// A fact of a server beside the effective values of its directives.
    ServerFact in Server {
        Name = "name": Text, "`Kind/name`, or the path of a configuration file that is not deployed";
        Kind = "kind": Text of ServerKind::WORDS,
            "`standalone`, `replication`, `cluster` or `sentinel`";
        Flavor = "flavor": Text, "`redis` or `valkey`";
        Version = "version": Text, "the known part of the version, such as `7.2.6` or `7`";
        LimitOwner = "holder" named "limit_owner": Text,
            "what the resource limits belong to: `container`, `service` (Compose), `unit` (systemd), `release` (Helm values), the kind of an operator's resource, or `server` if it is not deployed";
        LimitsMemory = "limits.memory": Size, "the memory limit";
        LimitsMemoryField = "limits.memory_field": Text,
            "the field that sets the memory limit, such as `resources.limits.memory`";
        LimitsCpu = "limits.cpu": Cores, "the CPU limit";
        RequestsMemory = "requests.memory": Size, "the memory request";
        RequestsCpu = "requests.cpu": Cores, "the CPU request";
        Replicas = "replicas": Int, "number of processes with this configuration";
        StorageKind = "storage.kind": Text of StorageKind::WORDS,
            "storage of the data directory: `persistent`, `ephemeral` or `none`";
        StorageNodeKind = "storage.node_kind": Text of StorageKind::WORDS,
            "storage of the file in which a node of a cluster keeps its identity: `persistent`, `ephemeral` or `none`";
        StorageWritable = "storage.writable": Bool,
            "the server can write its data directory";
        StorageShared = "storage.shared": Bool,
            "all its processes keep their data on one volume";
        StorageUnused = "storage.unused": Text,
            "where a persistent volume is mounted that holds nothing of the server because the data directory is elsewhere, or `none`";
        DataDirectory = "data_dir": Text, "the data directory";
        Mounts = "mounts": List, "the paths at which volumes are mounted in its container";
        MainProcess = "main_process": Bool,
            "it is the process that its container waits for: the container ends with it";
        ReplicasUnrelated = "replicas_unrelated": Bool,
            "its processes know nothing of each other, and a client may reach any of them under one name";
        UpdateOverlaps = "update_overlaps": Bool,
            "an update starts a new process while the old one still runs";
        VariablesUnread = "variables.unread": Text,
            "variables of its container that are meant for the server and that nothing reads, or `none`";
        VariablesPassword = "variables.password": Bool,
            "one of them holds a password";
        DuplicateKey = "duplicate_key": Text,
            "a key that is written twice in a mapping that the server is read from, or `none`";
        DuplicateKeyLast = "duplicate_key_last": Text,
            "the same key where it is written last, which is the one that counts";
        Deployed = "deployed": Bool,
            "a workload or custom resource runs it (a configuration file alone is a server too)";
        WatchedBySentinel = "sentinel": Bool, "a sentinel watches it and promotes its replicas";
        Exporter = "exporter": Bool, "it has a metrics exporter";
        ExporterField = "exporter_field": Text,
            "the field that enables the exporter, for an operator's resource or Helm values";
        ImageReference = "image.reference": Text, "the container image as written";
        ImagePin = "image.pin": Text of &[
            "digest", "version", "moving", "latest", "none", "unknown"
        ],
            "how the image is pinned: `digest`, `version`, `moving` (a tag of the official image without a version), `latest` or `none`";
        ImageFrozen = "image.frozen": Text,
            "what became of the image, if its publisher no longer updates it";
        ImageFrozenSince = "image.frozen_since": Text, "since when, as `2025-08-28`";
        SupportSeries = "support.series": Text, "the series of the version, such as `redis 7.2`";
        SupportNewest = "support.newest": Text, "the newest known release of that series";
        SupportEnded = "support.ended": Bool,
            "the series gets no more security fixes on the day of the check";
        SupportUntil = "support.until": Text,
            "the day on which the security fixes end, as `2026-12-01`";
        SupportSuccessor = "support.successor": Text,
            "the newest known release of the next series that gets security fixes";
        VulnerabilityName = "hole.name" named "vulnerability.name": Text,
            "the gravest vulnerability of the exact version that a later patch of its series fixes";
        VulnerabilityAbout = "hole.about" named "vulnerability.about": Text,
            "what it lets an attacker do";
        VulnerabilityFixedIn = "hole.fixed_in" named "vulnerability.fixed_in": Text,
            "the patch that fixes it";
        ConfigName = "config.name": Text,
            "the ConfigMap or Secret that contains the configuration, `Kind/name`";
        ConfigUsed = "config.used": Bool,
            "a server in the scanned tree uses that ConfigMap or Secret";
        Rollout = "rollout": Text of RolloutTrigger::WORDS,
            "what restarts the pods when a mounted configuration changes: `checksum`, `reloader`, `renamed` (a hash or version in the name, or an immutable object) or `none`";
        ProbesLiveness = "probes.liveness": Bool, "it has a liveness probe";
        ProbesReadiness = "probes.readiness": Bool,
            "it has a readiness probe";
        ProbesStartup = "probes.startup": Bool, "it has a startup probe";
        ProbesDelay = "probes.delay": Duration,
            "initial delay of the liveness probe";
        ProbesPatience = "probes.patience": Duration,
            "how long the liveness probe tolerates failures: period x threshold";
        FilesystemReadOnly = "filesystem.read_only": Bool,
            "the root filesystem is read-only";
        Qos = "qos": Text of ServiceQuality::WORDS,
            "quality of service class of the pod: `guaranteed`, `burstable` or `best-effort`";
        Role = "role": Text of &["cache", "durable", "queue"],
            "`cache`, `durable` or `queue`: declared in redvet.toml, or derived from its clients";
        Managed = "managed": Bool,
            "a managed service, where the provider decides unset parameters";
        Exposed = "exposed": Bool,
            "reachable from other hosts: it listens beyond loopback, and a port is published or a Service selects it";
        ReachedBy = "reached_by": Text,
            "what leads to it from outside its container: a published port, a Service or a linked client";
        RemoteAccess = "remote_access": Text of RemoteAccess::WORDS,
            "what happens to connections from other hosts: `accepted`, `loopback` (it does not listen for them) or `protected` (protected mode refuses them)";
        Replicated = "replicated": Bool,
            "its data are copied to replicas, or it is one";
        ReplicaBuffer = "replica_buffer": Size,
            "hard limit of the output buffer of a replica's connection; 0 is none";
        Reachable = "reachable": Bool, "a port is published";
        Authentication = "authentication": Text of &["none", "password", "acl"],
            "required authentication: `none`, `password` or `acl`";
        ConnectionsTotal = "connections.total": Int,
            "sum over linked clients of pool size x processes x nodes";
        ConnectionsAtLeast = "connections.at_least": Int, "the known lower bound of that sum";
    }
}
