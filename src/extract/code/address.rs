//! Connection URLs and addresses in client code: the host that they lead to, and the secret in them.

use std::ops::Range;

use crate::extract::code::form::{CodeExpressionForm, CodeFile};
use crate::facts::raw::{ConstValue, OptionWrite, RawClient};
use crate::knowledge::clients::LibraryModel;
use crate::knowledge::clients::model::OptionRole;
use crate::source::Span;
use crate::syntax::code::CodeTree;

/// The hosts and ports that a client connects to, as far as they are written.
pub(in crate::extract) fn hosts(
    client: &RawClient,
    libraries: &[&LibraryModel],
) -> Vec<(String, u16)> {
    let Some(library) = libraries.first() else {
        return Vec::new();
    };
    let port = library.head.client.default_port;
    let mut found = Vec::new();
    for write in &client.writes {
        let option = library
            .model()
            .and_then(|m| m.option_named(&client.option_type, &write.ident));
        if option.is_some_and(|o| o.role == Some(OptionRole::Address)) {
            addresses(&write.value, port, &mut found);
        }
    }
    let port_of = |write: &&OptionWrite| {
        let model = library.model();
        let option = model.and_then(|m| m.option_named(&client.option_type, &write.ident));
        option.is_some_and(|o| o.role == Some(OptionRole::Port))
    };
    if let Some(write) = client.writes.iter().find(port_of) {
        match write.value {
            ConstValue::Int(port) => {
                let port = u16::try_from(port).ok();
                let hosts = found.into_iter();
                found = hosts.filter_map(|(host, _)| Some((host, port?))).collect();
            }
            // A host without its port is no address.
            _ => found.clear(),
        }
    }
    if let Some(ConstValue::Text(url)) = client.source.as_ref().map(|s| &s.url) {
        found.extend(url_host(url, port));
    }
    found
}

fn addresses(value: &ConstValue, port: u16, found: &mut Vec<(String, u16)>) {
    match value {
        ConstValue::Text(text) if text.contains("://") => found.extend(url_host(text, port)),
        ConstValue::Text(text) => found.extend(host_and_port(text, port)),
        ConstValue::List(items) => items.iter().for_each(|item| addresses(item, port, found)),
        _ => {}
    }
}

fn url_host(url: &str, port: u16) -> Option<(String, u16)> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let address = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host_and_port(address, port)
}

/// `host:port`, `host`, `[::1]:port`.
fn host_and_port(address: &str, port: u16) -> Option<(String, u16)> {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, figures)) if !figures.contains(']') => (host, figures.parse().ok()?),
        _ => (address, port),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty() && !host.starts_with('/')).then(|| (host.to_owned(), port))
}

/// Passwords in URLs in string literals.
pub(in crate::extract) fn url_secrets(tree: &CodeTree) -> Vec<Span> {
    let mut found = Vec::new();
    if !tree.excerpt().text().contains("://") {
        return found;
    }
    tree.walk(|node| {
        if node.kind().ends_with("string_literal")
            && let Some(range) = password_in(tree.text(node))
        {
            let start = node.start_byte();
            let span = start + range.start..start + range.end;
            found.push(tree.excerpt().span(span));
        }
    });
    found
}

/// The same in the literals of a lowered file.
pub(in crate::extract) fn text_secrets(file: &CodeFile) -> Vec<Span> {
    let literals = file.expressions.iter().filter(|expression| {
        matches!(&expression.form, CodeExpressionForm::Constant(ConstValue::Text(text)) if text.contains("://"))
    });
    let text = file.excerpt.text();
    let found = literals.filter_map(|literal| {
        let start = literal.range.start;
        let range = password_in(text.get(literal.range.clone())?)?;
        Some(file.excerpt.span(start + range.start..start + range.end))
    });
    found.collect()
}

/// The password in `scheme://user:password@host`.
fn password_in(text: &str) -> Option<Range<usize>> {
    let start = text.find("://")? + 3;
    let rest = &text[start..];
    let end = rest
        .find(['/', '?', '#', '"', '`', '\'', ' '])
        .unwrap_or(rest.len());
    let user_info = &rest[..rest[..end].rfind('@')?];
    let colon = user_info.find(':')?;
    let range = start + colon + 1..start + user_info.len();
    (!range.is_empty()).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_urls_and_addresses() {
        let host = |url| url_host(url, 6379);
        assert_eq!(
            host("redis://u:p@cache:6380/1"),
            Some(("cache".into(), 6380))
        );
        assert_eq!(host("rediss://cache?db=1"), Some(("cache".into(), 6379)));
        assert_eq!(host("redis://[::1]:7000"), Some(("::1".into(), 7000)));
        assert_eq!(host("unix:///run/redis.sock"), None);
        assert_eq!(host_and_port(":6379", 6379), None);
    }

    #[test]
    fn the_password_and_nothing_else_is_secret() {
        let text = "\"redis://user:s3cret@host:6379/0\"";
        assert_eq!(&text[password_in(text).unwrap()], "s3cret");
        assert_eq!(password_in("\"redis://host:6379\""), None);
        assert_eq!(password_in("\"redis://:@host\""), None);
    }
}
