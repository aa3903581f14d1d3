//! The devnet as the servers see it.

use std::sync::Arc;

use tendermint_abci::Application;
use tendermint_proto::v0_38::abci::{
    RequestCheckTx, RequestQuery, ResponseCheckTx, ResponseFinalizeBlock, ResponseInfo, ResponseQuery,
};
use tendermint_proto::v0_38::types::{ConsensusParams, Validator};
use tokio::sync::broadcast;

use super::guard::{Fault, guarded};
use super::index::{Found, Place};
use super::mempool::AddError;
use super::store::StoredBlock;
use super::{Core, Devnet, DevnetError, VERSION, producer, replay, validators};
use crate::chain::{
    BlockEvent, BlockInfo, Chain, ChainError, CommitInfo, IndexedTx, Order, SearchPage, Status,
};
use crate::event_query::Query;

/// Items per page when none are asked for.
const DEFAULT_PER_PAGE: usize = 30;

impl From<DevnetError> for ChainError {
    fn from(error: DevnetError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Fault> for ChainError {
    fn from(fault: Fault) -> Self {
        Self::Internal(fault.to_string())
    }
}

impl<A: Application> Devnet<A> {
    /// The application, unless the chain has stopped: half a node must not look like a whole one.
    fn live(&self) -> Result<A, ChainError> {
        if let Some(reason) = self.failure() {
            return Err(ChainError::Internal(format!("the devnet has stopped: {reason}")));
        }
        if self.core.orders.lock().ended {
            return Err(DevnetError::Stopped.into());
        }
        Ok(self.core.app.lock().clone())
    }

    /// A height at which there is a block.
    fn height(&self, height: Option<u64>) -> Result<u64, ChainError> {
        let head = self.core.head.read().state.height;
        self.core.check_height(height.unwrap_or(head), head)
    }

    /// A height whose validators and parameters are known: up to that of the block being made.
    fn next_height(&self, height: Option<u64>) -> Result<u64, ChainError> {
        let next = self.core.head.read().state.height + 1;
        self.core.check_height(height.unwrap_or(next), next)
    }

    fn stored(&self, height: u64) -> Result<StoredBlock, ChainError> {
        self.core.store.block(height)?.ok_or_else(|| missing(height))
    }

    /// The transactions at `places`; those of one block, which are neighbours, read it once.
    fn indexed(&self, places: &[Place]) -> Result<Vec<IndexedTx>, ChainError> {
        let mut txs = Vec::with_capacity(places.len());
        for neighbours in places.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(height, _)) = neighbours.first() else { continue };
            let block = self.block(Some(height))?;
            let results = self.block_results(Some(height))?.1;
            let data = block.block.data.as_ref().ok_or_else(|| missing(height))?;
            for &(_, index) in neighbours {
                let tx = data.txs.get(index as usize).ok_or_else(|| missing(height))?.clone();
                let result = results.tx_results.get(index as usize).ok_or_else(|| missing(height))?.clone();
                txs.push(IndexedTx { hash: super::hashes::sha256(&tx), height, index, tx, result });
            }
        }
        Ok(txs)
    }
}

impl<A> Core<A> {
    fn check_height(&self, height: u64, last: u64) -> Result<u64, ChainError> {
        let first = self.genesis.initial_height;
        if height == 0 {
            return Err(ChainError::Height(format!("height must be greater than 0, but got {height}")));
        }
        if height > last {
            return Err(ChainError::Height(format!(
                "height {height} must be less than or equal to the current blockchain height {last}"
            )));
        }
        if height < first {
            return Err(ChainError::Height(format!(
                "height {height} is not available, lowest height is {first}"
            )));
        }
        Ok(height)
    }
}

fn missing(height: u64) -> ChainError {
    ChainError::Internal(format!("the block of height {height} is not in the store; reset the devnet"))
}

/// The matches of one page: how many to skip and how many to take.
fn page_of(total: usize, page: usize, per_page: usize) -> Result<(usize, usize), ChainError> {
    let per_page = if per_page == 0 { DEFAULT_PER_PAGE } else { per_page };
    let pages = total.div_ceil(per_page).max(1);
    if page == 0 || page > pages {
        return Err(ChainError::Query(format!("page should be within [1, {pages}] range, given {page}")));
    }
    let skip = (page - 1).saturating_mul(per_page);
    Ok((skip, per_page.min(total.saturating_sub(skip))))
}

/// The places in `0..total` of one page, in its order.
fn places(total: usize, skip: usize, take: usize, order: Order) -> impl Iterator<Item = usize> {
    (skip..skip.saturating_add(take)).map(move |place| match order {
        Order::Ascending => place,
        Order::Descending => total.saturating_sub(1).saturating_sub(place),
    })
}

fn parse(query: &str) -> Result<Query, ChainError> {
    Query::parse(query).map_err(|e| ChainError::Query(e.to_string()))
}

impl<A: Application> Chain for Devnet<A> {
    fn status(&self) -> Result<Status, ChainError> {
        self.live()?;
        let core = &self.core;
        let (latest, state) = {
            let head = core.head.read();
            (head.block.clone(), Arc::clone(&head.state))
        };
        let earliest = core.store.first_block().map(|height| self.block(Some(height))).transpose()?;
        let us = core.home.validator_address();
        let ours = state.validators.validators.iter().find(|v| v.address == us).cloned();
        let validator = ours.unwrap_or_else(|| Validator {
            address: us.to_vec(),
            pub_key: validators::update(&core.home.validator_pub_key(), 0).pub_key,
            ..Default::default()
        });
        Ok(Status {
            network: core.genesis.chain_id.clone(),
            moniker: core.config.moniker.clone(),
            node_id: core.home.node_id(),
            comet_version: VERSION.to_owned(),
            listen_addr: core.config.listen_addr.clone(),
            rpc_address: core.config.rpc_address.clone(),
            app_version: state.app_version(),
            latest,
            earliest,
            catching_up: false,
            validator,
        })
    }

    fn block(&self, height: Option<u64>) -> Result<Arc<BlockInfo>, ChainError> {
        let height = self.height(height)?;
        {
            let head = self.core.head.read();
            if let Some(block) = head.block.as_ref().filter(|_| head.state.height == height) {
                return Ok(Arc::clone(block));
            }
        }
        Ok(Arc::new(producer::block_info(self.stored(height)?).0))
    }

    fn height_by_hash(&self, hash: &[u8]) -> Result<Option<u64>, ChainError> {
        Ok(if hash.len() == 32 { self.core.index.read().block(hash)? } else { None })
    }

    fn block_results(&self, height: Option<u64>) -> Result<(u64, Arc<ResponseFinalizeBlock>), ChainError> {
        let height = self.height(height)?;
        {
            let head = self.core.head.read();
            if let Some(results) = head.results.as_ref().filter(|_| head.state.height == height) {
                return Ok((height, Arc::clone(results)));
            }
        }
        let results = self.core.store.results(height)?.ok_or_else(|| missing(height))?;
        Ok((height, Arc::new(results)))
    }

    fn commit(&self, height: Option<u64>) -> Result<CommitInfo, ChainError> {
        let height = self.height(height)?;
        {
            let head = self.core.head.read();
            if let (Some(block), Some(commit), true) =
                (&head.block, &head.seen_commit, head.state.height == height)
            {
                let header = block.block.header.clone().ok_or_else(|| missing(height))?;
                return Ok(CommitInfo { header, commit: commit.clone(), canonical: false });
            }
        }
        let header = self.stored(height)?.block.header.ok_or_else(|| missing(height))?;
        let commit = self.stored(height + 1)?.block.last_commit.ok_or_else(|| missing(height + 1))?;
        Ok(CommitInfo { header, commit, canonical: true })
    }

    fn validators(&self, height: Option<u64>) -> Result<(u64, Vec<Validator>), ChainError> {
        let height = self.next_height(height)?;
        let state = self.core.store.state(height - 1)?.ok_or_else(|| missing(height - 1))?;
        Ok((height, state.validators.validators))
    }

    fn consensus_params(&self, height: Option<u64>) -> Result<(u64, ConsensusParams), ChainError> {
        let height = self.next_height(height)?;
        let state = self.core.store.state(height - 1)?.ok_or_else(|| missing(height - 1))?;
        Ok((height, state.params))
    }

    fn genesis(&self) -> Result<Arc<str>, ChainError> {
        Ok(Arc::clone(&self.core.genesis_text))
    }

    fn tx(&self, hash: &[u8; 32]) -> Result<Option<IndexedTx>, ChainError> {
        let place = self.core.index.read().tx(hash)?;
        Ok(self.indexed(place.as_slice())?.pop())
    }

    fn tx_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<IndexedTx>, ChainError> {
        let query = parse(query)?;
        let (total, found): (usize, Vec<Place>) = {
            let index = self.core.index.read();
            match index.search_txs(&query)? {
                Found::Places(hits) => {
                    let (skip, take) = page_of(hits.len(), page, per_page)?;
                    let chosen = places(hits.len(), skip, take, order);
                    (hits.len(), chosen.filter_map(|place| hits.get(place).copied()).collect())
                }
                Found::Heights(heights) => {
                    let first = index.txs_before(*heights.start());
                    let end = index.txs_before(heights.end().saturating_add(1));
                    let total = usize::try_from(end.saturating_sub(first)).unwrap_or(usize::MAX);
                    let (skip, take) = page_of(total, page, per_page)?;
                    let chosen = places(total, skip, take, order);
                    (total, chosen.filter_map(|place| index.nth_tx(first + place as u64)).collect())
                }
            }
        };
        Ok(SearchPage { items: self.indexed(&found)?, total })
    }

    fn block_search(
        &self,
        query: &str,
        page: usize,
        per_page: usize,
        order: Order,
    ) -> Result<SearchPage<Arc<BlockInfo>>, ChainError> {
        let query = parse(query)?;
        let found = self.core.index.read().search_blocks(&query)?;
        let (total, heights): (usize, Vec<u64>) = match found {
            Found::Places(hits) => {
                let (skip, take) = page_of(hits.len(), page, per_page)?;
                let chosen = places(hits.len(), skip, take, order);
                (hits.len(), chosen.filter_map(|place| hits.get(place).map(|hit| hit.0)).collect())
            }
            Found::Heights(heights) => {
                let total = heights.end().saturating_add(1).saturating_sub(*heights.start());
                let total = usize::try_from(total).unwrap_or(usize::MAX);
                let (skip, take) = page_of(total, page, per_page)?;
                (
                    total,
                    places(total, skip, take, order).map(|place| heights.start() + place as u64).collect(),
                )
            }
        };
        let items = heights.into_iter().map(|height| self.block(Some(height))).collect::<Result<_, _>>()?;
        Ok(SearchPage { items, total })
    }

    fn broadcast(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        let app = self.live()?;
        let response = self.core.mempool.add(&app, tx).map_err(|error| match error {
            AddError::Refused(error) => error,
            AddError::Fault(fault) => fault.into(),
        })?;
        if response.code == 0 {
            let mut orders = self.core.orders.lock();
            orders.arrivals += 1;
            self.core.work.notify_all();
        }
        Ok(response)
    }

    fn check_tx(&self, tx: Vec<u8>) -> Result<ResponseCheckTx, ChainError> {
        let app = self.live()?;
        Ok(guarded("CheckTx", || app.check_tx(RequestCheckTx { tx: tx.into(), r#type: 0 }))?)
    }

    fn unconfirmed(&self, limit: usize) -> Result<(Vec<Vec<u8>>, usize, usize), ChainError> {
        self.live()?;
        Ok(self.core.mempool.waiting(limit))
    }

    fn abci_query(&self, request: RequestQuery) -> Result<ResponseQuery, ChainError> {
        let app = self.live()?;
        Ok(guarded("Query", || app.query(request))?)
    }

    fn abci_info(&self) -> Result<ResponseInfo, ChainError> {
        let app = self.live()?;
        Ok(guarded("Info", || app.info(replay::info_request()))?)
    }

    fn subscribe(&self) -> broadcast::Receiver<BlockEvent> {
        self.core.events.subscribe()
    }
}
