//! Lists of proposals, filtered.

use agora_framework::{PageRequest, PageResponse, QueryCtx, QueryError, paginate};
use agora_primitives::Address;
use agora_proto::cosmos::gov::v1 as wire;
use agora_state::{Page, StateError};

use crate::state::{BALLOTS, CONTENTS, DEPOSITS, PROPOSALS, VOTES};
use crate::types::Proposal;
use crate::wire::wire_proposal;

/// Proposals that one request looks at, at most: beyond, the page ends early and its key leads on.
const MOST_SEEN: usize = 10_000;

/// What is asked for.
pub(super) struct Filter {
    /// None for any.
    pub(super) status: i32,
    pub(super) voter: Option<Address>,
    pub(super) depositor: Option<Address>,
}

impl Filter {
    /// Reads a filter; addresses may be empty.
    pub(super) fn new(status: i32, voter: &str, depositor: &str) -> Result<Self, QueryError> {
        let account = |text: &str| match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(QueryError::internal),
        };
        Ok(Self { status, voter: account(voter)?, depositor: account(depositor)? })
    }

    fn admits(&self, ctx: &QueryCtx<'_>, id: u64, proposal: &Proposal) -> Result<bool, StateError> {
        if self.status != 0
            && wire_proposal(id, proposal, crate::types::Content::default()).status != self.status
        {
            return Ok(false);
        }
        if let Some(voter) = self.voter {
            let Some(ballot) = BALLOTS.get(ctx, &id)? else { return Ok(false) };
            if !VOTES.has(ctx, &((id, ballot.round), voter))? {
                return Ok(false);
            }
        }
        match self.depositor {
            Some(depositor) => DEPOSITS.has(ctx, &(id, depositor)),
            None => Ok(true),
        }
    }
}

/// A page of proposals.
pub(super) fn proposals(
    ctx: &QueryCtx<'_>,
    filter: &Filter,
    request: Option<PageRequest>,
) -> Result<(Vec<wire::Proposal>, PageResponse), QueryError> {
    let mut seen = 0usize;
    let (found, page) = paginate(request, |from, reverse, limit| {
        let (mut entries, mut from) = (Vec::new(), from.map(<[u8]>::to_vec));
        loop {
            let room = limit.saturating_sub(entries.len());
            let page = PROPOSALS.page(ctx, &[], from.as_deref(), reverse, room)?;
            seen = seen.saturating_add(page.entries.len());
            for (id, proposal) in page.entries {
                if filter.admits(ctx, id, &proposal)? {
                    entries.push((id, proposal));
                }
            }
            let next = page.next;
            if next.is_none() || entries.len() >= limit || seen >= MOST_SEEN {
                return Ok(Page { entries, next: next_match(ctx, filter, next, reverse, &mut seen)? });
            }
            from = next;
        }
    })?;
    let mut shown = Vec::with_capacity(found.len());
    for (id, proposal) in found {
        shown.push(wire_proposal(id, &proposal, CONTENTS.get(ctx, &id)?.unwrap_or_default()));
    }
    Ok((shown, page))
}

/// The key of the next proposal that is asked for: a list ends with the last one that is.
fn next_match(
    ctx: &QueryCtx<'_>,
    filter: &Filter,
    mut next: Option<Vec<u8>>,
    reverse: bool,
    seen: &mut usize,
) -> Result<Option<Vec<u8>>, StateError> {
    while let Some(key) = next {
        if *seen >= MOST_SEEN {
            return Ok(Some(key));
        }
        let page = PROPOSALS.page(ctx, &[], Some(&key), reverse, 1)?;
        *seen = seen.saturating_add(1);
        for (id, proposal) in &page.entries {
            if filter.admits(ctx, *id, proposal)? {
                return Ok(Some(key));
            }
        }
        next = page.next;
    }
    Ok(None)
}
