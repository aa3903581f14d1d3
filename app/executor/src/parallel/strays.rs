//! Keys that were touched and not said to be.

use hashbrown::HashTable;

use super::plan::Plan;
use super::touched::Touch;

/// A key that was touched and not said to be.
#[derive(Clone, Copy, Debug)]
struct Stray {
    hash: u64,
    /// The bits of all touches.
    kinds: u8,
    /// A group that did it.
    group: u32,
    /// Whether others did as well.
    many: bool,
}

impl Stray {
    fn join(&mut self, other: Self) {
        self.kinds |= other.kinds;
        self.many |= other.many || other.group != self.group;
    }

    /// Whether several groups touch it in ways that do not commute.
    fn is_shared(self) -> bool {
        self.many && self.kinds == Touch::Change as u8
    }
}

/// The strays of one runner: mostly parameters and totals, the same for every transaction, so the last ones are at hand.
pub(crate) struct Strays {
    at_hand: Vec<Option<Stray>>,
    list: Vec<Stray>,
}

/// How many are at hand.
const PLACES: u64 = 256;

impl Default for Strays {
    fn default() -> Self {
        Self { at_hand: (0..PLACES).map(|_| None).collect(), list: Vec::new() }
    }
}

impl Strays {
    /// Notes that a group touched the key with this hash.
    pub(crate) fn note(&mut self, hash: u64, touch: Touch, group: u32) {
        let fresh = Stray { hash, kinds: touch as u8, group, many: false };
        let place = usize::try_from(hash % PLACES).ok().and_then(|place| self.at_hand.get_mut(place));
        match place {
            Some(Some(known)) if known.hash == hash => known.join(fresh),
            Some(place) => self.list.extend(place.replace(fresh)),
            None => self.list.push(fresh),
        }
    }
}

/// Whether anybody met: a stray of one group with a stray of another, or with what another has said.
pub(crate) fn met<'s>(all: impl Iterator<Item = &'s Strays>, plan: &Plan) -> bool {
    let mut table: HashTable<Stray> = HashTable::new();
    for stray in all.flat_map(|strays| strays.list.iter().chain(strays.at_hand.iter().flatten())) {
        match table.find_mut(stray.hash, |known| known.hash == stray.hash) {
            Some(known) => known.join(*stray),
            None => {
                table.insert_unique(stray.hash, *stray, |known| known.hash);
            }
        }
    }
    if table.iter().any(|stray| stray.is_shared()) {
        return true;
    }
    !table.is_empty()
        && plan.mentions().iter().any(|mention| {
            table.find(mention.hash, |stray| stray.hash == mention.hash).is_some_and(|stray| {
                let own = Stray {
                    hash: mention.hash,
                    kinds: mention.touch as u8,
                    group: plan.name_for(mention),
                    many: false,
                };
                let mut both = *stray;
                both.join(own);
                both.is_shared()
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_meet_unless_they_commute() {
        use Touch::{Add, Change, Read};
        for (touches, meet) in [
            (vec![(1, Read), (2, Read)], false),
            (vec![(1, Add), (2, Add)], false),
            (vec![(1, Read), (1, Change)], false),
            (vec![(1, Read), (2, Add)], true),
            (vec![(1, Change), (2, Read)], true),
            (vec![(1, Change), (2, Change)], true),
        ] {
            let mut one = Strays::default();
            // Whatever was at hand before.
            for (group, touch) in &touches {
                one.note(5, *touch, *group);
                one.note(5 + PLACES, Read, *group);
            }
            assert_eq!(met([one].iter(), &Plan::default()), meet, "{touches:?}");
            let apart: Vec<Strays> = touches
                .iter()
                .map(|(group, touch)| {
                    let mut strays = Strays::default();
                    strays.note(5, *touch, *group);
                    strays
                })
                .collect();
            assert_eq!(met(apart.iter(), &Plan::default()), meet, "{touches:?} by several runners");
        }
    }
}
