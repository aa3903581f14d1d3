//! `cosmos.tx.v1beta1.Service`: looking transactions up, sending them, and their two encodings.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_proto::pack;
use agora_proto::types::cosmos::base::abci::v1beta1::TxResponse;
use agora_proto::types::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use agora_proto::types::cosmos::tx::v1beta1::{
    BroadcastMode, BroadcastTxRequest, BroadcastTxResponse, GetBlockWithTxsRequest, GetBlockWithTxsResponse,
    GetTxRequest, GetTxResponse, GetTxsEventRequest, GetTxsEventResponse, OrderBy, Tx, TxDecodeRequest,
    TxDecodeResponse, TxEncodeRequest, TxEncodeResponse,
};
use prost::Message;
use sha2::{Digest, Sha256};

use super::convert::{recast, whole_seconds};
use super::{Call, INTERNAL, INVALID_ARGUMENT, NOT_FOUND, UNKNOWN, chain_error, refuse, signed};
use crate::chain::{BlockInfo, ChainError, IndexedTx, Order};
use crate::query::QueryStatus;

/// Transactions of a page when none are asked for, and at most.
const PAGE: u64 = 100;

impl Call<'_> {
    pub(super) fn get_tx(&self, request: GetTxRequest) -> Result<GetTxResponse, QueryStatus> {
        if request.hash.is_empty() {
            return Err(refuse(INVALID_ARGUMENT, "tx hash cannot be empty"));
        }
        let bytes = from_hex(&request.hash).map_err(|why| refuse(UNKNOWN, why))?;
        let found = match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(hash) => self.node.chain.tx(&hash).map_err(chain_error)?,
            Err(_) => None,
        };
        let tx = found.ok_or_else(|| refuse(NOT_FOUND, format!("tx not found: {}", request.hash)))?;
        let block = self.node.chain.block(Some(tx.height)).map_err(chain_error)?;
        let (tx, response) = self.shown(&tx, &block)?;
        Ok(GetTxResponse { tx: Some(tx), tx_response: Some(response) })
    }

    #[expect(deprecated, reason = "older clients still send events and read pagination")]
    pub(super) fn get_txs_event(
        &self,
        request: GetTxsEventRequest,
    ) -> Result<GetTxsEventResponse, QueryStatus> {
        let failed = |error: ChainError| refuse(INTERNAL, format!("failed to search for txs: {error}"));
        let query =
            if request.query.is_empty() { request.events.join(" AND ") } else { request.query.clone() };
        if query.is_empty() {
            return Err(refuse(INTERNAL, "query cannot be empty"));
        }
        let page = request.page.max(1);
        let limit = if request.limit == 0 { PAGE } else { request.limit.min(PAGE) };
        let order = match request.order_by() {
            OrderBy::Desc => Order::Descending,
            OrderBy::Asc | OrderBy::Unspecified => Order::Ascending,
        };
        let found = self
            .node
            .chain
            .tx_search(
                &query,
                usize::try_from(page).unwrap_or(usize::MAX),
                usize::try_from(limit).unwrap_or(usize::MAX),
                order,
            )
            .map_err(failed)?;
        let total = u64::try_from(found.total).unwrap_or(u64::MAX);
        let pages = total.div_ceil(limit).max(1);
        if page > pages {
            let range = format!("page should be within [1, {pages}] range, given {page}");
            return Err(failed(ChainError::Query(range)));
        }
        let mut blocks: BTreeMap<u64, Arc<BlockInfo>> = BTreeMap::new();
        let mut response = GetTxsEventResponse { total, ..GetTxsEventResponse::default() };
        for tx in &found.items {
            let block = match blocks.get(&tx.height) {
                Some(block) => Arc::clone(block),
                None => {
                    let block = self
                        .node
                        .chain
                        .block(Some(tx.height))
                        .map_err(|error| refuse(INTERNAL, error.to_string()))?;
                    blocks.insert(tx.height, Arc::clone(&block));
                    block
                }
            };
            let (tx, shown) = self.shown(tx, &block)?;
            response.txs.push(tx);
            response.tx_responses.push(shown);
        }
        Ok(response)
    }

    /// The decoded transaction and its result.
    fn shown(&self, tx: &IndexedTx, block: &BlockInfo) -> Result<(Tx, TxResponse), QueryStatus> {
        let decoded = self.decoded(&tx.tx)?;
        let result = &tx.result;
        let response = TxResponse {
            height: signed(tx.height),
            txhash: hex::encode_upper(tx.hash),
            codespace: result.codespace.clone(),
            code: result.code,
            data: hex::encode_upper(&result.data),
            raw_log: result.log.clone(),
            logs: Vec::new(),
            info: result.info.clone(),
            gas_wanted: result.gas_wanted,
            gas_used: result.gas_used,
            tx: Some(pack(&decoded)),
            timestamp: whole_seconds(&block.block),
            events: result.events.iter().map(recast).collect::<Result<_, _>>()?,
        };
        Ok((decoded, response))
    }

    fn decoded(&self, bytes: &[u8]) -> Result<Tx, QueryStatus> {
        let refused = |why: String| refuse(UNKNOWN, format!("codespace sdk code 2: tx parse error: {why}"));
        self.node.strict.check_tx_raw(bytes).map_err(|error| refused(error.to_string()))?;
        Tx::decode(bytes).map_err(|error| refused(error.to_string()))
    }

    pub(super) fn get_block_with_txs(
        &self,
        request: GetBlockWithTxsRequest,
    ) -> Result<GetBlockWithTxsResponse, QueryStatus> {
        let head = self.head()?;
        let height = u64::try_from(request.height).ok().filter(|height| (1..=head).contains(height)).ok_or_else(|| {
            let asked = request.height;
            refuse(
                UNKNOWN,
                format!(
                    "codespace sdk code 26: invalid height: requested height {asked} but height must not be less than 1 \
                     or greater than the current height {head}"
                ),
            )
        })?;
        let info = self.node.chain.block(Some(height)).map_err(chain_error)?;
        let all = info.block.data.as_ref().map(|data| data.txs.as_slice()).unwrap_or_default();
        let PageRequest { offset, limit, reverse, .. } = request.pagination.unwrap_or_default();
        let (start, count) =
            (usize::try_from(offset).unwrap_or(usize::MAX), if limit == 0 { PAGE } else { limit });
        if start >= all.len() && start > 0 && !all.is_empty() {
            let message = format!("cannot paginate {} txs with offset {offset} and limit {limit}", all.len());
            return Err(refuse(
                UNKNOWN,
                format!("codespace sdk code 18: invalid request: out of range: {message}"),
            ));
        }
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let decode = |bytes: &Vec<u8>| self.decoded(bytes);
        let txs: Vec<Tx> = if reverse {
            all.iter().rev().skip(start).take(count).map(decode).collect::<Result<_, _>>()?
        } else {
            all.iter().skip(start).take(count).map(decode).collect::<Result<_, _>>()?
        };
        Ok(GetBlockWithTxsResponse {
            txs,
            block_id: Some(recast(&info.block_id)?),
            block: Some(recast(&info.block)?),
            pagination: Some(PageResponse {
                next_key: Vec::new(),
                total: u64::try_from(all.len()).unwrap_or(u64::MAX),
            }),
        })
    }

    pub(super) fn broadcast_tx(
        &self,
        request: BroadcastTxRequest,
    ) -> Result<BroadcastTxResponse, QueryStatus> {
        if request.tx_bytes.is_empty() {
            return Err(refuse(INVALID_ARGUMENT, "invalid empty tx"));
        }
        let mode = request.mode();
        if !matches!(mode, BroadcastMode::Sync | BroadcastMode::Async) {
            let message = "unsupported return type unspecified; supported types: sync, async";
            return Err(refuse(UNKNOWN, message));
        }
        let txhash = hex::encode_upper(Sha256::digest(&request.tx_bytes));
        let sent = TxResponse { txhash, ..TxResponse::default() };
        let refused = |code: u32| TxResponse { code, codespace: "sdk".to_owned(), ..sent.clone() };
        let response = match self.node.chain.broadcast(request.tx_bytes) {
            // Whoever asks for no answer gets none about the check, though it was made.
            Ok(_) if mode == BroadcastMode::Async => sent,
            Ok(check) => TxResponse {
                code: check.code,
                codespace: check.codespace,
                data: hex::encode_upper(&check.data),
                raw_log: check.log,
                ..sent
            },
            Err(ChainError::TxInCache) => refused(19),
            Err(ChainError::MempoolFull { .. }) => refused(20),
            Err(ChainError::TxTooLarge { .. }) => refused(21),
            Err(error) => return Err(chain_error(error)),
        };
        Ok(BroadcastTxResponse { tx_response: Some(response) })
    }

    pub(super) fn tx_decode(&self, request: TxDecodeRequest) -> Result<TxDecodeResponse, QueryStatus> {
        if request.tx_bytes.is_empty() {
            return Err(refuse(INVALID_ARGUMENT, "invalid empty tx bytes"));
        }
        Ok(TxDecodeResponse { tx: Some(self.decoded(&request.tx_bytes)?) })
    }

    pub(super) fn tx_encode(&self, request: TxEncodeRequest) -> Result<TxEncodeResponse, QueryStatus> {
        let tx = request.tx.ok_or_else(|| refuse(INVALID_ARGUMENT, "invalid empty tx"))?;
        Ok(TxEncodeResponse { tx_bytes: tx.encode_to_vec() })
    }
}

/// Hex of either case, refused in the words clients know: the first wrong character counts before the length.
fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    if let Some(c) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(format!("encoding/hex: invalid byte: U+{:04X} '{c}'", u32::from(c)));
    }
    hex::decode(text).map_err(|_| "encoding/hex: odd length hex string".to_owned())
}
