//! Phantoms: changes of other groups inside what a transaction has scanned.

use agora_state::{Entries, KeyRange, Space, StateKey, StoreId};

use super::worker::Worker;

/// What was looked at by one scan.
struct Scan<'c> {
    store: StoreId,
    space: Space,
    /// First key, inclusive.
    start: &'c [u8],
    end: End<'c>,
    tx: usize,
    group: u32,
}

#[derive(Clone, Copy)]
enum End<'c> {
    /// The scan stopped here, at its limit, and saw this key.
    Through(&'c [u8]),
    Before(&'c [u8]),
    Open,
}

impl End<'_> {
    fn reaches(&self, key: &[u8]) -> bool {
        match self {
            Self::Through(last) => key <= *last,
            Self::Before(end) => key < *end,
            Self::Open => true,
        }
    }
}

impl<'c> Scan<'c> {
    fn new(range: &'c KeyRange, found: &'c Entries, tx: usize, group: u32) -> Self {
        let stopped = found.last().filter(|_| found.len() >= range.limit).map(|(key, _)| key.as_slice());
        let end = range.end.as_deref().map_or(End::Open, End::Before);
        let (start, end) = match stopped {
            Some(last) if range.reverse => (last, end),
            Some(last) => (range.start.as_slice(), End::Through(last)),
            None => (range.start.as_slice(), end),
        };
        Self { store: range.store, space: range.space, start, end, tx, group }
    }

    fn place(&self) -> (StoreId, Space, &'c [u8]) {
        (self.store, self.space, self.start)
    }
}

/// All scans of a chunk, by where they start.
pub(crate) struct Scans<'c> {
    sorted: Vec<Scan<'c>>,
}

impl<'c> Scans<'c> {
    pub(crate) fn of<T>(workers: &'c [Worker<T>]) -> Self {
        let records = workers.iter().filter(|worker| worker.scanned).flat_map(|worker| &worker.records);
        let mut sorted: Vec<Scan<'c>> = records
            .flat_map(|record| {
                let ranges = record.executed.log.ranges.iter();
                ranges.map(move |(range, found)| Scan::new(range, found, record.tx, record.group))
            })
            .collect();
        sorted.sort_unstable_by(|a, b| a.place().cmp(&b.place()));
        Self { sorted }
    }

    /// A key that was changed where a later transaction of another group has looked; none if all scans hold.
    pub(crate) fn first_disturbed<T>(&self, workers: &[Worker<T>]) -> Option<StateKey> {
        let records = workers.iter().flat_map(|worker| &worker.records);
        for record in records {
            let changes = &record.executed.changes;
            for key in changes.writes.keys().chain(changes.deltas.keys()) {
                if self.looked_at(key, record.tx, record.group) {
                    return Some(key.clone());
                }
            }
        }
        None
    }

    fn looked_at(&self, key: &StateKey, tx: usize, group: u32) -> bool {
        let place = (key.store, key.space, key.key.as_slice());
        let before = self.sorted.partition_point(|scan| scan.place() <= place);
        let candidates = self.sorted.get(..before).unwrap_or_default().iter().rev();
        candidates
            .take_while(|scan| scan.store == key.store && scan.space == key.space)
            .any(|scan| scan.tx > tx && scan.group != group && scan.end.reaches(&key.key))
    }
}
