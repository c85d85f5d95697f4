//! Which directives say who can reach a server. What they come to is for `resolve`.

use serde::Deserialize;

/// Which directives decide who can reach a server, and what it asks of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessShapes {
    pub addresses: String,
    /// Addresses that lead to the own host alone; `*` ends a pattern.
    pub loopback: Vec<String>,
    pub ports: Vec<String>,
    pub password: String,
    pub users_file: String,
    /// Names of users, which servers hide in their logs like passwords.
    pub user_names: Vec<String>,
    /// The user that every connection is until it says otherwise.
    pub default_user: String,
    /// The rule that lets a user in without a password.
    pub open_rule: String,
    /// The directive that refuses other hosts while there is no password.
    pub protection: String,
    /// Series in which addresses that somebody wrote lift that protection.
    pub lifted_by_addresses: Vec<String>,
    /// The password that a replica sends to its primary.
    pub primary_password: Vec<String>,
    /// The user that it names there.
    pub primary_user: Vec<String>,
    /// Whether it does so over TLS.
    pub primary_tls: String,
    /// The directive that limits output buffers, each value for a class of connections.
    pub output_buffers: String,
    /// The class that replicas are of.
    pub replica_class: String,
}
