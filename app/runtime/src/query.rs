//! Queries and simulations: reads of one view of one height.

use agora_consensus::api as consensus;
use agora_framework::{AppError, BlockInfo, PackedEvent, QueryCtx, QueryError};
use agora_proto::cosmos::base::abci::v1beta1::{GasInfo, Result as MsgResult, TxMsgData};
use agora_proto::cosmos::tx::v1beta1::{SimulateRequest, SimulateResponse};
use agora_proto::tendermint::abci;
use agora_state::StateRead;
use prost::Message;
use sha2::{Digest, Sha256};

use crate::ante::Purpose;
use crate::runtime::Runtime;
use crate::tx::Decode;
use crate::tx_exec::{Depth, Job, TxResult};

/// The path of the simulation, which only the application can answer.
const SIMULATE: &str = "/cosmos.tx.v1beta1.Service/Simulate";

impl Runtime {
    /// The head a state describes.
    ///
    /// # Errors
    /// Storage fails, or there was no genesis.
    pub fn head(&self, state: &dyn StateRead) -> Result<BlockInfo, AppError> {
        let head = consensus::head(state)?;
        Ok(BlockInfo { chain_id: consensus::chain_id(state)?, height: head.height, time: head.time })
    }

    /// Whether a gRPC path is answered here.
    #[must_use]
    pub fn has_query(&self, path: &str) -> bool {
        path == SIMULATE || self.registry().has_query(path)
    }

    /// The gRPC paths answered here.
    pub fn query_paths(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.registry().query_paths().chain(std::iter::once(SIMULATE))
    }

    /// Answers a gRPC path from a state.
    ///
    /// # Errors
    /// Code 12 for an unknown path, else what the module says.
    pub fn query(&self, state: &dyn StateRead, path: &str, request: &[u8]) -> Result<Vec<u8>, QueryError> {
        if path == SIMULATE {
            let request = SimulateRequest::decode(request)
                .map_err(|e| QueryError::invalid(format_args!("malformed request: {e}")))?;
            return self.answer_simulation(state, request).map(|answer| answer.encode_to_vec());
        }
        let block = self.head(state)?;
        self.registry().answer(&QueryCtx::new(state, &block, self.registry()), path, request)
    }

    /// Runs a transaction without its signatures and forgets what it did.
    ///
    /// # Errors
    /// Only what must stop the node; a failing transaction is a result.
    pub fn simulate(&self, state: &dyn StateRead, bytes: &[u8]) -> Result<TxResult, AppError> {
        let block = self.head(state)?;
        let tx = match self.decode_as(bytes, Sha256::digest(bytes).into(), Decode::Unsigned) {
            Ok(tx) => tx,
            Err(error) => return Ok(TxResult::failed(&error, 0, 0)),
        };
        let job = Job { runtime: self, block: &block, purpose: Purpose::Simulate, depth: Depth::Messages };
        Ok(job.run(&tx, false, state)?.output)
    }

    fn answer_simulation(
        &self,
        state: &dyn StateRead,
        request: SimulateRequest,
    ) -> Result<SimulateResponse, QueryError> {
        #[allow(deprecated)] // Older clients send the transaction as an object.
        let bytes = match (request.tx_bytes, request.tx) {
            (bytes, _) if !bytes.is_empty() => bytes,
            (_, Some(tx)) => tx.encode_to_vec(),
            _ => return Err(QueryError::invalid("empty txBytes is not allowed")),
        };
        let result = self.simulate(state, &bytes)?;
        if !result.is_ok() {
            let message = format!("{} with gas used: '{}'", result.log, result.gas_used);
            return Err(QueryError { grpc: 2, message });
        }
        let msg_responses =
            TxMsgData::decode(result.data.as_slice()).map(|d| d.msg_responses).unwrap_or_default();
        #[allow(deprecated)] // `data` is still read by older clients.
        let own = MsgResult {
            data: result.data,
            log: String::new(),
            events: result.events.iter().map(wire_event).collect(),
            msg_responses,
        };
        Ok(SimulateResponse {
            gas_info: Some(GasInfo { gas_wanted: u64::MAX, gas_used: result.gas_used }),
            result: Some(own),
        })
    }
}

fn wire_event(event: PackedEvent<'_>) -> abci::Event {
    abci::Event {
        r#type: event.kind.to_string(),
        attributes: event
            .attributes()
            .map(|(key, value)| abci::EventAttribute {
                key: key.to_string(),
                value: value.to_string(),
                index: false,
            })
            .collect(),
    }
}
