//! What holds whichever of two branches ran: of values, of the names and objects of a state, of options.
//!
//! Where one branch needs a variable of the environment, the other says what holds without it. What the
//! two do not agree on is open, and never the value of one of them.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::interpreter::{CodeInterpreter, ReturnedValue};
use super::options::{ObjectId, OptionsHeap, OptionsObject, OptionsParts};
use super::precondition::BranchDifference;
use super::value::{
    CodeField, CodeHeap, CodeObject, CodeObjectKind, CodeState, CodeValue, ObjectAliases,
};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

/// How deep mappings that are joined may lie in each other; one may hold itself.
const MAX_NESTED_MAPPINGS: usize = 6;
/// Keys of two mappings that are joined. Branch upon branch adds to them.
const MAX_JOINED_KEYS: usize = 250;

impl<'m> CodeInterpreter<'_, 'm> {
    /// The state behind two branches of which one ran.
    pub(in crate::extract) fn join_states(
        &mut self,
        first: CodeState<'m>,
        second: CodeState<'m>,
    ) -> CodeState<'m> {
        // A branch that left the function says nothing of what comes behind it.
        match (first.dead, second.dead) {
            (true, false) => return second,
            (false, true) => return first,
            _ => {}
        }
        let (ours, theirs) = (first.needs.clone(), second.needs.clone());
        self.join(BranchDifference::of(&ours, &theirs))
            .states(first, second)
    }

    pub(super) fn join<'j>(&'j mut self, sides: BranchDifference<'j>) -> BranchJoin<'j, 'm> {
        BranchJoin {
            sides,
            keeps_causes: self.is_typed(),
            left_behind: &self.left_behind,
            next_object: &mut self.next_object,
            aliases: &mut self.aliases,
            depth: 0,
            options: OptionsHeap::new(),
            heap: CodeHeap::new(),
        }
    }

    /// A value that is one of two, with the objects that there are here.
    pub(super) fn join_values(
        &mut self,
        values: [CodeValue; 2],
        sides: BranchDifference<'_>,
    ) -> CodeValue {
        let state = self.state();
        let (options, heap) = (
            std::mem::take(&mut state.options),
            std::mem::take(&mut state.heap),
        );
        let mut join = self.join(sides);
        (join.options, join.heap) = (options, heap);
        let [ours, theirs] = values;
        let joined = join.values(ours, theirs);
        let (options, heap) = (join.options, join.heap);
        let state = self.state();
        (state.options, state.heap) = (options, heap);
        joined
    }

    /// What a body gives, whichever of these ends it is left by; nothing where there is none.
    pub(super) fn join_ends(
        &mut self,
        mut ends: Vec<ReturnedValue<'m>>,
    ) -> Option<ReturnedValue<'m>> {
        // First what a variable gives in all its ways, then what holds without it.
        ends.sort_by_key(|end| end.needs.is_empty());
        let ends = ends.into_iter();
        ends.reduce(|ours, theirs| self.join_two_ends(ours, theirs))
    }

    pub(super) fn join_two_ends(
        &mut self,
        ours: ReturnedValue<'m>,
        theirs: ReturnedValue<'m>,
    ) -> ReturnedValue<'m> {
        let heap = std::mem::take(&mut self.state().heap);
        let mut join = self.join(BranchDifference::of(&ours.needs, &theirs.needs));
        join.join_options(ours.options, theirs.options);
        join.heap = heap;
        let value = join.values(ours.value, theirs.value);
        let (options, heap) = (join.options, join.heap);
        self.state().heap = heap;
        ReturnedValue {
            value,
            options,
            needs: ours.needs.intersection(&theirs.needs).cloned().collect(),
        }
    }
}

/// The join of two branches.
pub(super) struct BranchJoin<'j, 'm> {
    pub(super) sides: BranchDifference<'j>,
    /// The objects as both branches found them.
    pub(super) left_behind: &'j BTreeMap<ObjectId, Rc<CodeObject<'m>>>,
    pub(super) next_object: &'j mut u32,
    /// A value that has another one beside it is named after what it comes from.
    pub(super) keeps_causes: bool,
    /// Objects that stand for others, and those for which others stand.
    pub(super) aliases: &'j mut ObjectAliases,
    /// How many mappings around these are being joined.
    pub(super) depth: usize,
    /// The options and objects of both, as far as they are joined.
    pub(super) options: OptionsHeap<'m>,
    pub(super) heap: CodeHeap<'m>,
}

impl<'m> BranchJoin<'_, 'm> {
    pub(super) fn states(mut self, ours: CodeState<'m>, theirs: CodeState<'m>) -> CodeState<'m> {
        self.join_options(ours.options, theirs.options);
        self.join_heaps(ours.heap, theirs.heap);
        CodeState {
            variables: self.named(ours.variables, theirs.variables),
            places: self.named(ours.places, theirs.places),
            dead: ours.dead && theirs.dead,
            // What only one of them needed is not needed behind them.
            needs: ours.needs.intersection(&theirs.needs).cloned().collect(),
            options: self.options,
            heap: self.heap,
        }
    }

    /// A name that only one branch binds may not be bound at all; whoever reads it relies on that branch.
    fn named(
        &mut self,
        ours: BTreeMap<String, CodeValue>,
        mut theirs: BTreeMap<String, CodeValue>,
    ) -> BTreeMap<String, CodeValue> {
        let mut joined = BTreeMap::new();
        for (name, our) in ours {
            let value = match theirs.remove(&name) {
                Some(their) => self.values(our, their),
                None => our,
            };
            joined.insert(name, value);
        }
        joined.extend(theirs);
        joined
    }

    /// The value that both branches agree on, or what is known of either.
    pub(super) fn values(&mut self, ours: CodeValue, theirs: CodeValue) -> CodeValue {
        if ours == theirs {
            return ours;
        }
        match (ours, theirs) {
            (CodeValue::Plain(ours), CodeValue::Plain(theirs)) => {
                CodeValue::Plain(self.plain(ours, theirs))
            }
            (CodeValue::Object(a), CodeValue::Object(b)) => self.one_mapping(a, b),
            (CodeValue::Options(a), CodeValue::Options(b)) => self.one_of(a, b),
            (CodeValue::Reference(a), CodeValue::Reference(b)) => {
                let joined = self.one_of(a, b);
                // Whichever of the two is written to from here on, it is not known which.
                for id in [a, b] {
                    if let Some(object) = self.options.get_mut(&id) {
                        Rc::make_mut(object).invalidate(&Cause::Branches);
                    }
                }
                match joined {
                    CodeValue::Options(id) => CodeValue::Reference(id),
                    other => other,
                }
            }
            // A variable that is nil before one branch gives it options.
            (CodeValue::Options(id), CodeValue::Plain(ConstValue::Nil))
            | (CodeValue::Plain(ConstValue::Nil), CodeValue::Options(id)) => CodeValue::Options(id),
            (CodeValue::Error(mut ours), CodeValue::Error(theirs)) => {
                for id in theirs {
                    if !ours.contains(&id) {
                        ours.push(id);
                    }
                }
                CodeValue::Error(ours)
            }
            (CodeValue::Error(ids), _) | (_, CodeValue::Error(ids)) => CodeValue::Error(ids),
            (CodeValue::Several(ours), CodeValue::Several(theirs))
                if ours.len() == theirs.len() =>
            {
                let pairs = ours.into_iter().zip(theirs);
                let joined = pairs.map(|(a, b)| self.values(a, b)).collect();
                CodeValue::Several(joined)
            }
            (CodeValue::Wrapped(ours), CodeValue::Wrapped(theirs)) => {
                CodeValue::Wrapped(Box::new(self.values(*ours, *theirs)))
            }
            (CodeValue::Own(own, ours), CodeValue::Own(other, theirs)) if own == other => {
                let fields = ours.zip(theirs).map(|(ours, theirs)| {
                    let both = ours.iter().filter_map(|(name, our)| {
                        let their = theirs.get(name)?.clone();
                        Some((name.clone(), self.values(our.clone(), their)))
                    });
                    Rc::new(both.collect())
                });
                CodeValue::Own(own, fields)
            }
            _ => CodeValue::unknown(Cause::Branches),
        }
    }

    fn plain(&self, ours: ConstValue, theirs: ConstValue) -> ConstValue {
        match self.keeps_causes {
            true => self.sides.join(ours, theirs),
            false => {
                let fallback = self.sides.fallback(&ours, &theirs);
                fallback.unwrap_or(ConstValue::Unknown(Cause::Branches))
            }
        }
    }

    /// A mapping that is one of two, key by key.
    fn one_mapping(&mut self, a: ObjectId, b: ObjectId) -> CodeValue {
        let find = |id| self.heap.get(&id).or_else(|| self.left_behind.get(&id));
        let mappings = find(a).zip(find(b)).filter(|(ours, theirs)| {
            let all = [ours, theirs].into_iter();
            self.depth < MAX_NESTED_MAPPINGS
                && ours.fields.len() + theirs.fields.len() <= MAX_JOINED_KEYS
                && all
                    .into_iter()
                    .all(|one| matches!(one.kind, CodeObjectKind::Record))
        });
        let Some((ours, theirs)) =
            mappings.map(|(ours, theirs)| (Rc::clone(ours), Rc::clone(theirs)))
        else {
            return CodeValue::unknown(Cause::Branches);
        };
        self.depth += 1;
        let joined = self.join_objects(&ours, &theirs);
        self.depth -= 1;
        let id = self.next_id();
        self.heap.insert(id, Rc::new(joined));
        self.aliases.add(id, [a, b]);
        CodeValue::Object(id)
    }

    fn next_id(&mut self) -> ObjectId {
        let id = ObjectId(*self.next_object);
        *self.next_object += 1;
        id
    }

    fn one_of(&mut self, a: ObjectId, b: ObjectId) -> CodeValue {
        let (Some(first), Some(second)) = (self.options.get(&a), self.options.get(&b)) else {
            return CodeValue::unknown(Cause::Branches);
        };
        let parts = [first.parts.clone(), second.parts.clone()];
        let mut joined = first.as_one_of((a, b), second, &self.sides);
        joined.parts = self.join_parts(parts);
        CodeValue::Options(self.add_options(joined))
    }

    fn add_options(&mut self, object: OptionsObject<'m>) -> ObjectId {
        let id = self.next_id();
        self.options.insert(id, Rc::new(object));
        id
    }

    /// Options of both branches; those of one branch only are reached by no other.
    pub(super) fn join_options(&mut self, ours: OptionsHeap<'m>, theirs: OptionsHeap<'m>) {
        self.options = ours;
        let mut parted = Vec::new();
        for (id, object) in theirs {
            let joined = match self.options.remove(&id) {
                Some(own) if Rc::ptr_eq(&own, &object) => own,
                Some(own) => {
                    if own.parts != object.parts {
                        parted.push((id, [own.parts.clone(), object.parts.clone()]));
                    }
                    Rc::new(own.join(&object, &self.sides))
                }
                None => object,
            };
            self.options.insert(id, joined);
        }
        for (id, parts) in parted {
            let joined = self.join_parts(parts);
            if let Some(object) = self.options.get_mut(&id) {
                Rc::make_mut(object).parts = joined;
            }
        }
    }

    /// The parts of a value that is one of two; a part that one of them does not have is all defaults
    /// there.
    fn join_parts(&mut self, [ours, mut theirs]: [OptionsParts; 2]) -> OptionsParts {
        let mut joined = OptionsParts::new();
        let pairs = ours.into_iter().map(|(ident, id)| {
            let other = theirs.remove(&ident);
            (ident, id, other)
        });
        let mut pairs: Vec<_> = pairs.collect();
        pairs.extend(theirs.into_iter().map(|(ident, id)| (ident, id, None)));
        for (ident, id, other) in pairs {
            let one = self.options.get(&id).filter(|_| other != Some(id));
            let Some(one) = one.map(Rc::clone) else {
                joined.insert(ident, id);
                continue;
            };
            let other = other.and_then(|other| self.options.get(&other).map(Rc::clone));
            let other = other.unwrap_or_else(|| {
                let library = Rc::clone(&one.library);
                Rc::new(OptionsObject::new(library, one.option_type.clone()))
            });
            let parts = [one.parts.clone(), other.parts.clone()];
            let mut both = one.join(&other, &self.sides);
            both.parts = self.join_parts(parts);
            joined.insert(ident, self.add_options(both));
        }
        joined
    }

    /// Objects of both branches. What only one changed is in the other as both found it; one that only
    /// one made may not be there, which whoever holds it knows.
    fn join_heaps(&mut self, ours: CodeHeap<'m>, mut theirs: CodeHeap<'m>) {
        let found = self.left_behind;
        for (id, our) in ours {
            let their = theirs.remove(&id).or_else(|| found.get(&id).cloned());
            let object = match their {
                Some(their) if !Rc::ptr_eq(&our, &their) => {
                    Rc::new(self.join_objects(&our, &their))
                }
                _ => our,
            };
            self.heap.insert(id, object);
        }
        for (id, their) in theirs {
            let object = match found.get(&id) {
                Some(our) => Rc::new(self.join_objects(our, &their)),
                None => their,
            };
            self.heap.insert(id, object);
        }
    }

    fn join_objects(&mut self, ours: &CodeObject<'m>, theirs: &CodeObject<'m>) -> CodeObject<'m> {
        let mut joined = ours.clone();
        for (name, field) in &mut joined.fields {
            field.conditional |= !theirs.fields.contains_key(name);
        }
        for (name, their) in &theirs.fields {
            let field = match ours.fields.get(name) {
                Some(our) if our.value == their.value => CodeField {
                    conditional: our.conditional || their.conditional,
                    ..our.clone()
                },
                Some(our) => CodeField {
                    value: self.values(our.value.clone(), their.value.clone()),
                    at: their.at,
                    conditional: our.conditional || their.conditional,
                },
                None => CodeField {
                    conditional: true,
                    ..their.clone()
                },
            };
            joined.fields.insert(name.clone(), field);
        }
        joined.rest_unknown = ours.rest_unknown.clone().or(theirs.rest_unknown.clone());
        joined
    }
}
