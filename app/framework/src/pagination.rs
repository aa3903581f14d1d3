//! Pages of lists, by the Cosmos SDK's conventions.

use crate::errors::QueryError;
use agora_proto::cosmos::base::query::v1beta1 as wire;
use agora_state::{Page, StateError};

/// The page asked for on the wire.
pub type PageRequest = wire::PageRequest;
/// What the wire says of the rest.
pub type PageResponse = wire::PageResponse;

/// Entries of a page when the request names no limit.
const DEFAULT_LIMIT: u64 = 100;
/// The most entries of a page. More are cut, and `next_key` goes on.
const MAX_LIMIT: u64 = 1000;
/// The most entries walked to count a total or to skip an offset.
const MAX_WALK: u64 = 100_000;

/// Runs a paginated list: `fetch(from, reverse, limit)` reads entries from a raw key on.
///
/// As in the SDK: no limit means 100 and a counted total; with a limit the total is counted only when asked; a key and an
/// offset exclude each other; with a key nothing is counted.
///
/// # Errors
/// Key and offset together; a walk beyond the bound; whatever `fetch` meets.
pub fn paginate<K, V>(
    request: Option<PageRequest>,
    mut fetch: impl FnMut(Option<&[u8]>, bool, usize) -> Result<Page<K, V>, StateError>,
) -> Result<(Vec<(K, V)>, PageResponse), QueryError> {
    let request = request.unwrap_or_default();
    if request.offset > 0 && !request.key.is_empty() {
        return Err(QueryError::invalid("invalid request, either offset or key is expected, got both"));
    }
    let (limit, count) = match request.limit {
        0 => (DEFAULT_LIMIT, request.key.is_empty()),
        limit => (limit.min(MAX_LIMIT), request.count_total && request.key.is_empty()),
    };
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    if !request.key.is_empty() {
        let page = fetch(Some(&request.key), request.reverse, size(limit))?;
        let next_key = page.next.unwrap_or_default();
        return Ok((page.entries, PageResponse { next_key, total: 0 }));
    }
    if request.offset > MAX_WALK {
        return Err(QueryError::invalid(format_args!(
            "offset {} exceeds {MAX_WALK}; page by key instead",
            request.offset
        )));
    }
    // Skip in bounded pages, so that an offset does not load what it skips at once.
    let mut from: Option<Vec<u8>> = None;
    let mut skipped = 0u64;
    while skipped < request.offset {
        let step = (request.offset.saturating_sub(skipped)).min(MAX_LIMIT);
        let page = fetch(from.as_deref(), request.reverse, size(step))?;
        skipped = skipped.saturating_add(page.entries.len() as u64);
        match page.next {
            Some(next) => from = Some(next),
            // Beyond the end the offset itself is the total, as the SDK answers.
            None => {
                return Ok((
                    Vec::new(),
                    PageResponse { next_key: Vec::new(), total: total(count, request.offset) },
                ));
            }
        }
    }
    let page = fetch(from.as_deref(), request.reverse, size(limit))?;
    let mut seen = request.offset.saturating_add(page.entries.len() as u64);
    let mut rest = page.next.clone();
    while count && let Some(next) = rest {
        let more = fetch(Some(&next), request.reverse, size(MAX_LIMIT))?;
        seen = seen.saturating_add(more.entries.len() as u64);
        rest = more.next.filter(|_| seen < MAX_WALK);
    }
    Ok((page.entries, PageResponse { next_key: page.next.unwrap_or_default(), total: total(count, seen) }))
}

/// [`paginate`] among the entries whose raw keys begin with `prefix`; keys of pages are what comes after it.
///
/// `fetch` is given whole keys.
///
/// # Errors
/// As [`paginate`].
pub fn paginate_within<K, V>(
    request: Option<PageRequest>,
    prefix: &[u8],
    mut fetch: impl FnMut(Option<&[u8]>, bool, usize) -> Result<Page<K, V>, StateError>,
) -> Result<(Vec<(K, V)>, PageResponse), QueryError> {
    paginate(request, |from, reverse, limit| {
        let from = from.map(|rest| [prefix, rest].concat());
        let mut page = fetch(from.as_deref(), reverse, limit)?;
        page.next = page.next.map(|next| next.get(prefix.len()..).unwrap_or_default().to_vec());
        Ok(page)
    })
}

const fn total(count: bool, seen: u64) -> u64 {
    if count { seen } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fetched = Result<Page<u64, ()>, StateError>;

    fn fetch(items: u64) -> impl FnMut(Option<&[u8]>, bool, usize) -> Fetched {
        move |from, reverse, limit| {
            let mut keys: Vec<u64> = (0..items).collect();
            if reverse {
                keys.reverse();
            }
            if let Some(from) = from {
                let from = u64::from_be_bytes(from.try_into().unwrap());
                keys.retain(|k| if reverse { *k <= from } else { *k >= from });
            }
            let next = keys.get(limit).map(|k| k.to_be_bytes().to_vec());
            Ok(Page { entries: keys.into_iter().take(limit).map(|k| (k, ())).collect(), next })
        }
    }

    fn keys(entries: &[(u64, ())]) -> Vec<u64> {
        entries.iter().map(|(k, ())| *k).collect()
    }

    #[test]
    fn without_a_limit_a_hundred_entries_and_the_total_are_given() {
        let (entries, page) = paginate(None, fetch(2500)).unwrap();
        assert_eq!((entries.len(), page.total), (100, 2500));
        assert_eq!(page.next_key, 100u64.to_be_bytes());
    }

    #[test]
    fn pages_by_key_walk_the_whole_list_once_in_both_directions() {
        for reverse in [false, true] {
            let mut all = Vec::new();
            let mut key = Vec::new();
            loop {
                let request = PageRequest { key, limit: 7, reverse, ..Default::default() };
                let (entries, page) = paginate(Some(request), fetch(100)).unwrap();
                all.extend(keys(&entries));
                assert_eq!(page.total, 0);
                key = page.next_key;
                if key.is_empty() {
                    break;
                }
            }
            if reverse {
                all.reverse();
            }
            assert_eq!(all, (0..100).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_offset_skips_and_beyond_the_end_gives_itself_as_total() {
        let request = PageRequest { offset: 95, limit: 10, count_total: true, ..Default::default() };
        let (entries, page) = paginate(Some(request), fetch(100)).unwrap();
        assert_eq!((keys(&entries), page.total), ((95..100).collect(), 100));
        let request = PageRequest { offset: 250, count_total: true, ..Default::default() };
        let (entries, page) = paginate(Some(request), fetch(100)).unwrap();
        assert_eq!((entries.len(), page.total), (0, 250));
    }

    #[test]
    fn key_and_offset_together_are_refused() {
        let request = PageRequest { key: vec![0; 8], offset: 1, ..Default::default() };
        assert_eq!(paginate(Some(request), fetch(1)).unwrap_err().grpc, 3);
    }
}
