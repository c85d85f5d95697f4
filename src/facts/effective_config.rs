//! The effective configuration of a server: what something decides, and the directives that nothing is
//! written for, whose values servers of the same series share. How it is worked out is left to `resolve`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::edit_target::EditTarget;
use crate::facts::value::{Explicitness, FactValue};
use crate::source::Span;

/// Where values that are not written could be added, and where a finding on them is placed.
#[derive(Clone, Debug)]
pub struct UnsetAnchor {
    pub place: Span,
    pub append: EditTarget,
    /// By directive: the field that makes an operator or chart write it.
    pub switches: BTreeMap<String, Span>,
    /// So many directives at their own default make a file a copy of the one that a release ships.
    pub shipped_lines: usize,
}

/// Values by the directive's canonical name, without a place where they could be written.
pub type SharedDirectives = Arc<BTreeMap<String, FactValue>>;

/// The value of every directive that a server knows.
///
/// A series has hundreds of directives and a configuration decides a few: the others are held once for
/// all servers of the series, and where one of them would be written is asked of its server.
#[derive(Clone, Debug, Default)]
pub struct EffectiveConfig {
    decided: BTreeMap<String, FactValue>,
    unset: SharedDirectives,
    anchor: Option<UnsetAnchor>,
}

impl EffectiveConfig {
    /// What is decided, and the values of directives that are not: of those that are in both the
    /// decided one counts.
    pub fn new(
        mut decided: BTreeMap<String, FactValue>,
        unset: SharedDirectives,
        anchor: UnsetAnchor,
    ) -> Self {
        for (name, value) in &mut decided {
            value.anchor_when_unset = Some(anchor.place_of(name));
            if matches!(value.slot, EditTarget::None) && value.written != Explicitness::Yes {
                value.slot = anchor.edit_target_of(name);
            }
        }
        Self {
            decided,
            unset,
            anchor: Some(anchor),
        }
    }

    pub fn get(&self, directive: &str) -> Option<&FactValue> {
        let decided = self.decided.get(directive);
        decided.or_else(|| self.unset.get(directive))
    }

    /// A directive's value with the place where it is or would be written: for a fact that is made of it.
    pub fn to_owned_value(&self, directive: &str) -> Option<FactValue> {
        Some(FactValue {
            slot: self.edit_target(directive)?,
            anchor_when_unset: self.place(directive),
            ..self.get(directive)?.clone()
        })
    }

    /// Sets what is decided for a directive.
    pub fn put(&mut self, directive: String, value: FactValue) {
        self.decided.insert(directive, value);
    }

    /// Every directive, those that are decided first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FactValue)> {
        let unset = self.unset.iter();
        let unset = unset.filter(|(name, _)| !self.decided.contains_key(*name));
        let all = self.decided.iter().chain(unset);
        all.map(|(name, value)| (name.as_str(), value))
    }

    /// The values that something decides: no other one has a place in a file.
    pub fn decided(&self) -> impl Iterator<Item = &FactValue> {
        self.decided.values()
    }

    pub fn decided_mut(&mut self) -> impl Iterator<Item = &mut FactValue> {
        self.decided.values_mut()
    }

    /// Changes values for this server alone: from here on it shares none.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut FactValue)) {
        let unset = Arc::make_mut(&mut self.unset).values_mut();
        self.decided.values_mut().chain(unset).for_each(&mut change);
    }

    /// Where a finding on a directive stands: where it is written, else where it would be.
    pub fn place(&self, directive: &str) -> Option<Span> {
        let of_anchor = || Some(self.anchor.as_ref()?.place_of(directive));
        self.get(directive)?.place().or_else(of_anchor)
    }

    /// Where and how a directive could be written; `None` for one that the server does not know.
    pub fn edit_target(&self, directive: &str) -> Option<EditTarget> {
        if let Some(decided) = self.decided.get(directive) {
            return Some(decided.slot.clone());
        }
        self.unset.get(directive)?;
        let anchor = self.anchor.as_ref();
        Some(anchor.map_or(EditTarget::None, |anchor| anchor.edit_target_of(directive)))
    }
}

impl UnsetAnchor {
    fn place_of(&self, directive: &str) -> Span {
        self.switches.get(directive).copied().unwrap_or(self.place)
    }

    /// The place for a line, with the directive's name filled in.
    fn edit_target_of(&self, directive: &str) -> EditTarget {
        match self.append.clone() {
            EditTarget::InsertLine {
                at,
                indent,
                newline,
                break_before,
                ..
            } => EditTarget::InsertLine {
                at,
                indent,
                newline,
                break_before,
                name: directive.to_owned(),
            },
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::value::Datum;
    use crate::source::FileId;

    fn value(number: i64) -> FactValue {
        FactValue::from_derived(Datum::Int(number))
    }

    fn server(shared: &SharedDirectives, at: usize) -> EffectiveConfig {
        let place = Span::new(FileId(0), at, at);
        let anchor = UnsetAnchor {
            place,
            append: EditTarget::InsertLine {
                at: place,
                indent: String::new(),
                newline: "\n",
                break_before: false,
                name: String::new(),
            },
            switches: BTreeMap::new(),
            shipped_lines: 1,
        };
        let decided = BTreeMap::from([("hz".to_owned(), value(100))]);
        EffectiveConfig::new(decided, Arc::clone(shared), anchor)
    }

    #[test]
    fn servers_share_what_nothing_is_written_for_and_each_has_its_own_place() {
        let defaults = [("hz", 10), ("timeout", 0)];
        let defaults = defaults.map(|(name, number)| (name.to_owned(), value(number)));
        let shared: SharedDirectives = Arc::new(BTreeMap::from(defaults));
        let (mut one, other) = (server(&shared, 3), server(&shared, 7));
        let number = |config: &EffectiveConfig, name| config.get(name).and_then(FactValue::number);
        assert_eq!(number(&one, "hz"), Some(100.0));
        assert_eq!(one.iter().count(), 2);
        assert_eq!(other.place("timeout").map(|at| at.start), Some(7));
        assert_eq!(other.place("unknown"), None);
        let target = one.edit_target("timeout");
        let is_named = |name: &str| name == "timeout";
        assert!(
            matches!(&target, Some(EditTarget::InsertLine { name, at, .. }) if is_named(name) && at.start == 3),
            "{target:?}"
        );
        one.change_all(|value| value.strength = crate::facts::Strength::Assumed);
        let strength = |config: &EffectiveConfig| config.get("timeout").map(|value| value.strength);
        assert_eq!(strength(&one), Some(crate::facts::Strength::Assumed));
        assert_eq!(strength(&other), Some(crate::facts::Strength::Certain));
    }
}
