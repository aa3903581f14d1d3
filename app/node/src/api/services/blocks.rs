//! `cosmos.base.tendermint.v1beta1.Service`: blocks, validator sets, block results, raw ABCI queries.

use agora_proto::types::cosmos::base::query::v1beta1::{PageRequest, PageResponse};
use agora_proto::types::cosmos::base::tendermint::v1beta1::{
    AbciQueryRequest, AbciQueryResponse, GetBlockByHeightRequest, GetBlockByHeightResponse,
    GetBlockResultsRequest, GetBlockResultsResponse, GetLatestBlockRequest, GetLatestBlockResponse,
    GetLatestBlockResultsRequest, GetLatestBlockResultsResponse, GetLatestValidatorSetRequest,
    GetLatestValidatorSetResponse, GetValidatorSetByHeightRequest, GetValidatorSetByHeightResponse,
    Validator,
};
use tendermint_proto::v0_38::abci::RequestQuery;

use super::convert::{recast, sdk_block, validator};
use super::{Call, INVALID_ARGUMENT, UNKNOWN, chain_error, refuse, signed};
use crate::query::QueryStatus;

/// Entries of a page when none are asked for.
const DEFAULT_LIMIT: u64 = 100;

impl Call<'_> {
    pub(super) fn latest_block(
        &self,
        _: GetLatestBlockRequest,
    ) -> Result<GetLatestBlockResponse, QueryStatus> {
        let block = self.block(None)?;
        Ok(GetLatestBlockResponse {
            block_id: block.block_id,
            block: block.block,
            sdk_block: block.sdk_block,
        })
    }

    pub(super) fn block_by_height(
        &self,
        request: GetBlockByHeightRequest,
    ) -> Result<GetBlockByHeightResponse, QueryStatus> {
        let height = self.stored(request.height, "requested block height is bigger than the chain length")?;
        self.block(Some(height))
    }

    fn block(&self, height: Option<u64>) -> Result<GetBlockByHeightResponse, QueryStatus> {
        let info = self.node.chain.block(height).map_err(chain_error)?;
        Ok(GetBlockByHeightResponse {
            block_id: Some(recast(&info.block_id)?),
            block: Some(recast(&info.block)?),
            sdk_block: Some(sdk_block(&info.block, &self.node.config.consensus_prefix)?),
        })
    }

    /// The height, if the chain has reached it.
    fn stored(&self, height: i64, beyond: &str) -> Result<u64, QueryStatus> {
        let head = self.head()?;
        match u64::try_from(height) {
            Ok(height) if height > head => Err(refuse(INVALID_ARGUMENT, beyond)),
            Ok(height) if height > 0 => Ok(height),
            _ => Err(refuse(UNKNOWN, format!("height must be greater than 0, but got {height}"))),
        }
    }

    pub(super) fn latest_block_results(
        &self,
        _: GetLatestBlockResultsRequest,
    ) -> Result<GetLatestBlockResultsResponse, QueryStatus> {
        let results = self.results(None)?;
        Ok(GetLatestBlockResultsResponse {
            height: results.height,
            txs_results: results.txs_results,
            finalize_block_events: results.finalize_block_events,
            validator_updates: results.validator_updates,
            consensus_param_updates: results.consensus_param_updates,
            app_hash: results.app_hash,
        })
    }

    pub(super) fn block_results(
        &self,
        request: GetBlockResultsRequest,
    ) -> Result<GetBlockResultsResponse, QueryStatus> {
        let height = self.stored(request.height, "requested block height is bigger than the chain length")?;
        self.results(Some(height))
    }

    fn results(&self, height: Option<u64>) -> Result<GetBlockResultsResponse, QueryStatus> {
        let (height, results) = self.node.chain.block_results(height).map_err(chain_error)?;
        Ok(GetBlockResultsResponse {
            height: signed(height),
            txs_results: results.tx_results.iter().map(recast).collect::<Result<_, _>>()?,
            finalize_block_events: results.events.iter().map(recast).collect::<Result<_, _>>()?,
            validator_updates: results.validator_updates.iter().map(recast).collect::<Result<_, _>>()?,
            consensus_param_updates: results.consensus_param_updates.as_ref().map(recast).transpose()?,
            app_hash: results.app_hash.to_vec(),
        })
    }

    pub(super) fn latest_validator_set(
        &self,
        request: GetLatestValidatorSetRequest,
    ) -> Result<GetLatestValidatorSetResponse, QueryStatus> {
        let (block_height, validators, pagination) = self.validator_set(None, request.pagination)?;
        Ok(GetLatestValidatorSetResponse { block_height, validators, pagination: Some(pagination) })
    }

    pub(super) fn validator_set_by_height(
        &self,
        request: GetValidatorSetByHeightRequest,
    ) -> Result<GetValidatorSetByHeightResponse, QueryStatus> {
        let height = self.stored(request.height, "requested block height is bigger then the chain length")?;
        let (block_height, validators, pagination) = self.validator_set(Some(height), request.pagination)?;
        Ok(GetValidatorSetByHeightResponse { block_height, validators, pagination: Some(pagination) })
    }

    fn validator_set(
        &self,
        height: Option<u64>,
        page: Option<PageRequest>,
    ) -> Result<(i64, Vec<Validator>, PageResponse), QueryStatus> {
        let page = page.unwrap_or_default();
        let (height, all) = self.node.chain.validators(height).map_err(chain_error)?;
        let prefix = &self.node.config.consensus_prefix;
        let limit = if page.limit == 0 { DEFAULT_LIMIT } else { page.limit };
        let validators = all
            .iter()
            .skip(usize::try_from(page.offset).unwrap_or(usize::MAX))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(|entry| validator(entry, prefix))
            .collect();
        let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let height = signed(height);
        Ok((height, validators, PageResponse { next_key: Vec::new(), total }))
    }

    pub(super) fn abci_query(&self, request: AbciQueryRequest) -> Result<AbciQueryResponse, QueryStatus> {
        // A gRPC path has a route of its own; through here it would lose its status code.
        let first = request.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if !matches!(first, "app" | "store" | "p2p") {
            return Err(refuse(INVALID_ARGUMENT, format!("unsupported ABCI query path: {}", request.path)));
        }
        let request = RequestQuery {
            data: request.data.into(),
            path: request.path,
            height: request.height,
            prove: request.prove,
        };
        recast(&self.node.chain.abci_query(request).map_err(chain_error)?)
    }
}
