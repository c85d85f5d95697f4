//! What a call of the servers' own client program sends: a probe's `redis-cli --tls -a X ping`,
//! as facts of the connection that it opens. Which option means what is said in `knowledge/shapes`.

use crate::extract::process_environment::{ANY_OTHER, ProcessEnvironment};
use crate::extract::script::ShellCommand;
use crate::facts::connection::{ConnectionAddress, RawConnection};
use crate::facts::fact_path::ConnectionFact;
use crate::facts::raw::ArgWord;
use crate::facts::words::ConnectionOrigin;
use crate::facts::{Cause, Datum, FactValue, Strength};
use crate::knowledge::shapes::{ClientOptions, DeploymentShapes};
use crate::source::Span;

/// The connection that a probe opens to the server of its own container; none where it calls no client
/// program, calls it in different ways, or asks another host.
pub fn probe(
    name: String,
    anchor: Span,
    commands: &[ShellCommand],
    script: &str,
    environment: &ProcessEnvironment,
    shapes: &DeploymentShapes,
) -> Option<RawConnection> {
    let reader = ClientCallReader {
        options: &shapes.servers.client_options,
        default_port: shapes.servers.server_ports.first()?.parse().ok()?,
        signs_in: signs_in(script, environment, &shapes.servers.client_options),
    };
    let mut calls = commands.iter().filter_map(|command| {
        let at = command
            .words
            .iter()
            .position(|word| shapes.is_client_program(&word.text))?;
        // Behind another program's words it may be anything.
        (at == 0 || is_wrapped(command, at)).then(|| reader.read(command, at))
    });
    let first = calls.next()??;
    let same = |other: &RawConnection| {
        let known = |call: &RawConnection| -> Vec<Option<Datum>> {
            let facts = call.facts.values();
            facts.map(|value| value.known_datum().cloned()).collect()
        };
        known(other) == known(&first)
    };
    let agrees = calls.all(|call| call.as_ref().is_some_and(same));
    let is_own = match first.address.host.as_deref() {
        None => true,
        Some(host) => shapes.is_loopback(host),
    };
    (agrees && is_own).then(|| RawConnection {
        name,
        anchor,
        address: ConnectionAddress::default(),
        ..first
    })
}

/// `timeout 5 redis-cli ping`: what stands before it names a program and no file.
fn is_wrapped(command: &ShellCommand, at: usize) -> bool {
    let before = &command.words[..at];
    at <= 3 && before.iter().all(|word| word.unresolved.is_none())
}

/// Whether a variable gives the client program a password: a script may set it, too.
fn signs_in(
    script: &str,
    environment: &ProcessEnvironment,
    options: &ClientOptions,
) -> Result<bool, Cause> {
    let mut variables = options.password_variables.iter();
    if variables.any(|name| script.contains(name.as_str()) || environment.contains_key(name)) {
        return Ok(true);
    }
    match environment.get(ANY_OTHER) {
        Some(Err(reason)) => Err(reason.clone()),
        _ => Ok(false),
    }
}

struct ClientCallReader<'a> {
    options: &'a ClientOptions,
    default_port: i64,
    signs_in: Result<bool, Cause>,
}

impl ClientCallReader<'_> {
    /// What the words behind the program's name say; none where a word is not known that may be an
    /// option.
    fn read(&self, command: &ShellCommand, at: usize) -> Option<RawConnection> {
        let program = &command.words[at];
        let options = self.options;
        let mut call = ClientCall {
            host: None,
            port: Ok(self.default_port),
            tls: false,
            password: false,
            user: false,
            strict: false,
        };
        let mut words = command.words[at + 1..].iter();
        while let Some(word) = words.next() {
            if word.unresolved.is_some() {
                return None;
            }
            let text = word.text.as_str();
            if !text.starts_with('-') {
                break;
            }
            let is = |names: &[String]| names.iter().any(|name| name == text);
            if is(&options.unread) {
                return None;
            }
            call.tls |= is(&options.tls);
            call.strict |= is(&options.strict);
            if !is(&options.with_value) {
                continue;
            }
            let value = words.next()?;
            if is(&options.host) {
                call.host = Some(value);
            } else if is(&options.port) {
                call.port = number(value);
            } else if is(&options.password) {
                call.password = true;
            } else if is(&options.user) {
                call.user = true;
            }
        }
        Some(self.connection(call, command, program.span))
    }

    fn connection(&self, call: ClientCall<'_>, command: &ShellCommand, at: Span) -> RawConnection {
        let password = match (call.password, &self.signs_in) {
            (true, _) | (false, Ok(true)) => FactValue::set(true, at),
            (false, Ok(false)) => FactValue::set(false, at),
            (false, Err(reason)) => FactValue::set_unknown(reason.clone(), at),
        };
        let port = match call.port {
            Ok(port) => FactValue::set(Datum::Int(port), at),
            Err(reason) => FactValue::set_unknown(reason, at),
        };
        // What reads its output looks for the answer that it wants.
        let checks = call.strict || command.piped;
        // The exit code of this call is ignored, so a refusal has no certain effect.
        let strength = if checks {
            Strength::Certain
        } else {
            Strength::Assumed
        };
        let password = password.with_strength(strength);
        let mut found = RawConnection::new(ConnectionOrigin::Probe, String::new(), at);
        // A name that only the running container knows is the container's own.
        found.address.host = call
            .host
            .filter(|host| host.unresolved.is_none() && !host.text.contains('$'))
            .map(|host| host.text.clone());
        found.facts.extend([
            (ConnectionFact::Tls, FactValue::set(call.tls, at)),
            (ConnectionFact::Password, password),
            (ConnectionFact::User, FactValue::set(call.user, at)),
            (ConnectionFact::Port, port),
            (ConnectionFact::ChecksAnswer, FactValue::set(checks, at)),
        ]);
        found
    }
}

/// The options of one call.
struct ClientCall<'a> {
    host: Option<&'a ArgWord>,
    port: Result<i64, Cause>,
    tls: bool,
    password: bool,
    user: bool,
    /// An error reply is a failure.
    strict: bool,
}

fn number(word: &ArgWord) -> Result<i64, Cause> {
    match &word.unresolved {
        Some(reason) => Err(reason.clone()),
        None => word.text.parse().map_err(|_| Cause::Text {
            text: word.text.clone(),
            fact: "is not a port",
        }),
    }
}
