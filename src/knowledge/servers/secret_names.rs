//! Which names stand for secrets, right or misspelt: collected once, for every value asks it.
//!
//! Which series count is [`servers`](super)'s business.

use std::collections::HashMap;

use super::{DirectiveSpec, ServerSeries};
use crate::nearest::nearest;

/// The names of some series, and which of them have a value that is never shown.
#[derive(Debug, Default)]
pub(super) struct SecretNames {
    /// Every name and alias in lower case, and whether it stands for a secret in any series.
    known: HashMap<String, bool>,
    /// The names of the secrets themselves.
    secret: Vec<String>,
}

impl SecretNames {
    pub(super) fn of<'s>(series: impl Iterator<Item = &'s ServerSeries>) -> Self {
        let mut all = Self::default();
        for series in series {
            for (name, directive) in series.names() {
                *all.known.entry(name.to_owned()).or_default() |= directive.is_secret();
            }
            let secrets = series.directives().filter(|d| d.is_secret());
            all.secret
                .extend(secrets.map(|d: &DirectiveSpec| d.name.clone()));
        }
        all.secret.sort();
        all.secret.dedup();
        all
    }

    /// Whether a name is one of theirs, or may be meant as one where nobody knows it.
    pub(super) fn contains(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let secrets = self.secret.iter().map(String::as_str);
        let known = self.known.get(&name).copied();
        known.unwrap_or_else(|| nearest(&name, secrets).is_some())
    }
}
