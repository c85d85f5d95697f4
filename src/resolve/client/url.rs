//! Connection URLs as a library's parser reads them: what a folded URL sets, and what it refuses.

use crate::facts::cause::Cause;
use crate::facts::quantity;
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::model::{
    ClientModel, DurationSyntax, OptionModel, OptionSourceModel, UnknownParam, UrlPart, ValueKind,
};
use crate::knowledge::clients::version::LibraryVersion;
use crate::source::MASK;

/// A URL, taken apart.
pub(in crate::resolve) struct ConnectionUrl {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    host: String,
    path: String,
    fragment: String,
    query: Vec<(String, String)>,
}

impl ConnectionUrl {
    pub(in crate::resolve) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user_info, host) = match authority.rsplit_once('@') {
            Some((user_info, host)) => (Some(user_info), host),
            None => (None, authority),
        };
        let (user, password) = match user_info.map(|u| u.split_once(':').unwrap_or((u, ""))) {
            Some((user, password)) => (decode_percent(user), decode_percent(password)),
            None => (None, None),
        };
        let filled = |text: Option<String>| text.filter(|t| !t.is_empty());
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            user: filled(user),
            password: filled(password),
            host: host.to_owned(),
            path: path.to_owned(),
            fragment: fragment.to_owned(),
            query: query.split('&').filter_map(parameter).collect(),
        })
    }

    /// Whether its scheme asks for TLS.
    pub(in crate::resolve) fn is_encrypted(&self) -> bool {
        // `rediss-cluster` asks for it too.
        let scheme = self.scheme.split('-').next().unwrap_or_default();
        matches!(scheme, "rediss" | "valkeys")
    }

    /// The database that its path names.
    pub(in crate::resolve) fn database(&self) -> Option<i64> {
        self.path.trim_matches('/').parse().ok()
    }

    /// Why the parser refuses the URL, if it does.
    pub(super) fn find_refusal(
        &self,
        parser: &OptionSourceModel,
        model: &ClientModel,
        version: LibraryVersion,
    ) -> Option<String> {
        if !parser.schemes.contains(&self.scheme) {
            return Some(format!("the scheme `{}` is not accepted", self.scheme));
        }
        if parser.unknown_param == UnknownParam::Ignored {
            return None;
        }
        let known = |name: &str| {
            let mut rows = model
                .option
                .iter()
                .flat_map(|o| o.url_params(&parser.call, version));
            rows.any(|row| row.param == name)
        };
        let mut unknown = self.query.iter().filter(|(name, _)| !known(name));
        let name = &unknown.next()?.0;
        Some(format!("the parameter `{name}` is not accepted"))
    }

    /// The value that the URL's query gives an option; the first parameter that is there decides.
    pub(super) fn parameter(
        &self,
        option: &OptionModel,
        parser: &OptionSourceModel,
        version: LibraryVersion,
    ) -> Option<Result<ConstValue, String>> {
        option.url_params(&parser.call, version).find_map(|row| {
            let (_, text) = self.query.iter().rfind(|(name, _)| *name == row.param)?;
            if row.opaque {
                let cause = Cause::UrlParameter(row.param.clone());
                return Some(Ok(ConstValue::Unknown(cause)));
            }
            if !row.on_for.is_empty() {
                let on = row.on_for.iter().any(|own| text.eq_ignore_ascii_case(own));
                return Some(Ok(ConstValue::Bool(on)));
            }
            let value = parse_typed(text, option.kind, parser.durations);
            Some(value.ok_or_else(|| format!("the value of `{}` is not accepted", row.param)))
        })
    }

    /// The value that another part of the URL gives an option.
    pub(super) fn part(&self, part: UrlPart, kind: ValueKind) -> Option<ConstValue> {
        match part {
            UrlPart::Host => {
                let host = ConstValue::Text(self.host.clone());
                let given = !self.host.is_empty();
                given.then(|| match kind {
                    ValueKind::List => ConstValue::List(vec![host]),
                    _ => host,
                })
            }
            UrlPart::Port => {
                let (_, port) = self.host.rsplit_once(':')?;
                port.parse().ok().map(ConstValue::Int)
            }
            UrlPart::Database => self.database().map(ConstValue::Int),
            UrlPart::User => self.user.clone().map(ConstValue::Text),
            UrlPart::Insecure => (self.fragment == "insecure").then_some(ConstValue::Bool(true)),
            UrlPart::Password => self.password.clone().map(ConstValue::Text),
            UrlPart::Scheme => match (self.scheme.as_str(), kind) {
                (_, ValueKind::Tls) if self.is_encrypted() => Some(ConstValue::Bool(true)),
                ("unix", ValueKind::String) => Some(ConstValue::Text("unix".to_owned())),
                _ => None,
            },
        }
    }
}

fn parameter(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let value = value.replace('+', " ");
    let name = decode_percent(name)?;
    (!name.is_empty()).then_some((name, decode_percent(&value)?))
}

/// Percent-encoding resolved; nothing where it is broken.
fn decode_percent(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let code = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
            bytes.push(u8::try_from(code).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// A parameter's text as the option's value. Blank stands for the default: the zero value.
fn parse_typed(text: &str, kind: ValueKind, durations: DurationSyntax) -> Option<ConstValue> {
    match kind {
        ValueKind::Int | ValueKind::Bytes if text.is_empty() => Some(ConstValue::Int(0)),
        ValueKind::Int | ValueKind::Bytes => text.parse().ok().map(ConstValue::Int),
        ValueKind::Bool if durations == DurationSyntax::Seconds => {
            let off = ["", "0", "f", "false", "n", "no"];
            Some(ConstValue::Bool(
                !off.contains(&text.to_lowercase().as_str()),
            ))
        }
        ValueKind::Bool => match text {
            "" | "0" | "false" => Some(ConstValue::Bool(false)),
            "1" | "true" => Some(ConstValue::Bool(true)),
            _ => None,
        },
        ValueKind::Duration if text.is_empty() => Some(ConstValue::Int(0)),
        ValueKind::Duration => duration(text, durations),
        ValueKind::List => Some(ConstValue::List(vec![ConstValue::Text(text.to_owned())])),
        _ => Some(ConstValue::Text(text.to_owned())),
    }
}

fn duration(text: &str, syntax: DurationSyntax) -> Option<ConstValue> {
    if syntax == DurationSyntax::Seconds {
        let seconds: f64 = text.parse().ok()?;
        return Some(ConstValue::Duration((seconds * 1e9).round() as i64));
    }
    let figure = text.parse::<i64>().ok();
    match (syntax, figure) {
        (DurationSyntax::GoOrSeconds, Some(seconds)) if seconds <= 0 => Some(ConstValue::Int(-1)),
        (DurationSyntax::GoOrSeconds, Some(seconds)) => {
            Some(ConstValue::Duration(seconds.saturating_mul(1_000_000_000)))
        }
        (_, Some(0)) => Some(ConstValue::Duration(0)),
        (_, Some(_)) => None,
        (_, None) => {
            let seconds = quantity::duration(text)?;
            Some(ConstValue::Duration((seconds * 1e9).round() as i64))
        }
    }
}

/// The URL as it may be shown: the password masked.
pub(super) fn mask_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return MASK.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let tail = tail.split('?').next().unwrap_or("");
    let shown = match authority.rsplit_once('@') {
        Some((user_info, host)) => {
            let user = user_info.split(':').next().unwrap_or("");
            format!("{user}:{MASK}@{host}")
        }
        None => authority.to_owned(),
    };
    format!("{scheme}://{shown}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_urls() {
        let read = |text| duration(text, DurationSyntax::GoOrSeconds);
        assert_eq!(read("3"), Some(ConstValue::Duration(3_000_000_000)));
        assert_eq!(read("0"), Some(ConstValue::Int(-1)));
        assert_eq!(read("180s"), Some(ConstValue::Duration(180_000_000_000)));
        assert_eq!(read("soon"), None);
    }

    #[test]
    fn a_masked_url_shows_neither_password_nor_query() {
        assert_eq!(
            mask_url("redis://u:s3cret@h:1/0?password=x"),
            "redis://u:***@h:1/0"
        );
        assert_eq!(mask_url("redis://h:1"), "redis://h:1");
        assert_eq!(mask_url("s3cret"), "***");
    }

    #[test]
    fn broken_urls_do_not_panic() {
        for text in ["", "://", "a://%", "a://b?%zz=1", "a://@:@/?=&&", "a://b/%"] {
            let _ = ConnectionUrl::parse(text);
            let _ = mask_url(text);
        }
    }
}
