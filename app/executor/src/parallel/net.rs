//! What a worker has to hand over of the state: the net changes of whole groups, by shard.

use agora_state::{Net, SHARDS, StateKey, shard_of};

/// Changes of one shard, with the hashes of their keys.
pub(crate) type Filed = Vec<(u64, StateKey, Net)>;

/// Net changes, filed by shard.
#[derive(Default)]
pub(crate) struct Nets {
    lists: [Filed; SHARDS],
    /// The sum of the sizes of all additions: no sum moves further than this, in whatever order.
    moved: u128,
    hot: HotSums,
}

impl Nets {
    /// Counts an addition of a transaction.
    pub(crate) const fn moves(&mut self, delta: i128) {
        self.moved = self.moved.saturating_add(delta.unsigned_abs());
    }

    /// How far any sum may have moved on the way.
    pub(crate) const fn moved(&self) -> u128 {
        self.moved
    }

    /// What becomes of a key, whose hash this is. Additions to the same sum are added up first where they can be.
    pub(crate) fn take(&mut self, hash: u64, key: StateKey, net: Net) {
        let delta = match net {
            Net::Add(delta) => delta,
            value => return self.file(hash, key, value),
        };
        if let Some((hash, key, delta)) = self.hot.add(hash, key, delta) {
            self.file(hash, key, Net::Add(delta));
        }
    }

    /// Files what is still being added up.
    pub(crate) fn finish(&mut self) {
        for (hash, key, delta) in self.hot.drain() {
            self.file(hash, key, Net::Add(delta));
        }
    }

    /// The lists, one for each shard; none are left.
    pub(crate) fn take_lists(&mut self) -> [Filed; SHARDS] {
        std::mem::take(&mut self.lists)
    }

    fn file(&mut self, hash: u64, key: StateKey, net: Net) {
        if let Some(list) = self.lists.get_mut(shard_of(hash)) {
            list.push((hash, key, net));
        }
    }
}

/// Sums that many transactions add to, added up before they are filed: the fee pool, a supply, a much-paid account.
struct HotSums {
    places: Vec<Option<(u64, StateKey, i128)>>,
}

impl Default for HotSums {
    fn default() -> Self {
        Self { places: (0..64).map(|_| None).collect() }
    }
}

impl HotSums {
    /// Adds to a sum; gives what had to make room.
    fn add(&mut self, hash: u64, key: StateKey, delta: i128) -> Option<(u64, StateKey, i128)> {
        let index = usize::try_from(hash & 63).unwrap_or_default();
        let place = self.places.get_mut(index)?;
        if let Some((known, held, sum)) = place
            && *known == hash
            && *held == key
        {
            return match sum.checked_add(delta) {
                Some(total) => {
                    *sum = total;
                    None
                }
                None => Some((hash, key, delta)),
            };
        }
        place.replace((hash, key, delta))
    }

    fn drain(&mut self) -> Vec<(u64, StateKey, i128)> {
        self.places.iter_mut().filter_map(Option::take).collect()
    }
}
