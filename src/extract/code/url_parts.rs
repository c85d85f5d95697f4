//! The parts of a connection URL that code writes apart, and the URL that says the same.

use crate::extract::code::fold;
use crate::facts::raw::ConstValue;

/// What is known of the URL so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::extract) struct UrlParts {
    pub(in crate::extract) scheme: Option<String>,
    pub(in crate::extract) host: Option<ConstValue>,
    pub(in crate::extract) port: Option<ConstValue>,
    pub(in crate::extract) database: Option<ConstValue>,
    pub(in crate::extract) user: Option<ConstValue>,
    pub(in crate::extract) password: Option<ConstValue>,
    pub(in crate::extract) insecure: Option<ConstValue>,
}

impl UrlParts {
    /// The URL that says the same; one part that is not known leaves all of it open.
    pub(in crate::extract) fn url(&self) -> ConstValue {
        let all = [
            &self.host,
            &self.port,
            &self.database,
            &self.user,
            &self.password,
            &self.insecure,
        ];
        let mut given = all.into_iter().flatten();
        let is_open =
            |v: &&ConstValue| matches!(v, ConstValue::Unknown(_) | ConstValue::Fallback(_));
        match given.find(is_open) {
            Some(ConstValue::Fallback(fallback)) => ConstValue::Unknown(fallback.source.clone()),
            Some(open) => open.clone(),
            None => self
                .text()
                .map_or_else(|| fold::unknown("an address"), ConstValue::Text),
        }
    }

    fn text(&self) -> Option<String> {
        let text = |part: &Option<ConstValue>| match part {
            Some(ConstValue::Text(text)) if !text.is_empty() => Some(encode_part(text)),
            _ => None,
        };
        let figure = |part: &Option<ConstValue>| match part {
            Some(ConstValue::Int(n)) => Some(*n),
            _ => None,
        };
        let (user, password) = (text(&self.user), text(&self.password));
        let login = match (user, password) {
            (None, None) => String::new(),
            (user, Some(password)) => format!("{}:{password}@", user.unwrap_or_default()),
            (Some(user), None) => format!("{user}@"),
        };
        let database = figure(&self.database).filter(|n| *n != 0);
        let path = database.map_or_else(String::new, |n| format!("/{n}"));
        let insecure = self.insecure == Some(ConstValue::Bool(true));
        let end = if insecure { "#insecure" } else { "" };
        let scheme = self.scheme.as_deref()?;
        let Some(ConstValue::Text(host)) = &self.host else {
            return None;
        };
        let port = figure(&self.port)?;
        Some(format!("{scheme}://{login}{host}:{port}{path}{end}"))
    }

    /// What another value says is said by this one too.
    pub(in crate::extract) fn take(&mut self, other: Self) {
        let Self {
            scheme,
            host,
            port,
            database,
            user,
            password,
            insecure,
        } = other;
        self.scheme = scheme.or(self.scheme.take());
        for (own, new) in [
            (&mut self.host, host),
            (&mut self.port, port),
            (&mut self.database, database),
            (&mut self.user, user),
            (&mut self.password, password),
            (&mut self.insecure, insecure),
        ] {
            if new.is_some() {
                *own = new;
            }
        }
    }
}

/// A user or a password as a URL spells it.
fn encode_part(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    text.chars()
        .map(|c| match plain(c) {
            true => c.to_string(),
            false => c
                .to_string()
                .bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_a_url() {
        let text = |text: &str| Some(ConstValue::Text(text.to_owned()));
        let mut parts = UrlParts {
            scheme: Some("rediss".to_owned()),
            host: text("cache"),
            port: Some(ConstValue::Int(6380)),
            insecure: Some(ConstValue::Bool(true)),
            ..UrlParts::default()
        };
        parts.take(UrlParts {
            user: text("svc"),
            password: text("a/b"),
            database: Some(ConstValue::Int(2)),
            ..UrlParts::default()
        });
        let url = "rediss://svc:a%2Fb@cache:6380/2#insecure";
        assert_eq!(parts.url(), ConstValue::Text(url.to_owned()));
        parts.port = Some(fold::from_environment("PORT"));
        assert_eq!(parts.url(), fold::from_environment("PORT"));
    }
}
