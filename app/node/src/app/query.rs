//! Queries: gRPC paths, store keys with proofs, and the few paths of the application itself.

use agora_framework::errors::sdk;
use agora_framework::{AppError, ErrorCode};
use agora_state::{Space, StateError, StateKey, StateRead, StoreId};
use agora_store::StoreError;
use tendermint_proto::v0_38::abci::{RequestQuery, ResponseQuery};
use tendermint_proto::v0_38::crypto::{ProofOp, ProofOps};

use super::App;
use crate::query::{QueryAnswer, QueryService, QueryStatus};

const STORE_UNKNOWN: ErrorCode = ErrorCode::new("store", 4, "unknown request");
const STORE_EMPTY_KEY: ErrorCode = ErrorCode::new("store", 3, "tx parse error");
const STORE_NO_PROOF: ErrorCode = ErrorCode::new("store", 7, "invalid request");

/// The modules' queries as a service, for gRPC and REST.
#[derive(Clone)]
pub struct AppQueries(pub App);

impl QueryService for AppQueries {
    fn has(&self, path: &str) -> bool {
        self.0.runtime().has_query(path)
    }

    fn query(&self, path: &str, request: &[u8], height: Option<u64>) -> Result<QueryAnswer, QueryStatus> {
        let snapshot = self.0.store().snapshot(height).map_err(|e| height_status(&e))?;
        match self.0.runtime().query(&snapshot, path, request) {
            Ok(value) => Ok(QueryAnswer { value, height: snapshot.height() }),
            Err(error) => Err(QueryStatus { code: error.grpc, message: error.message }),
        }
    }
}

/// A height that is not there, in the words of the Cosmos SDK.
fn height_error(error: &StateError) -> AppError {
    match error {
        StateError::UnknownHeight { height, latest, .. } if height > latest => {
            sdk::INVALID_HEIGHT.wrap("cannot query with height in the future; please provide a valid height")
        }
        StateError::UnknownHeight { height, earliest, .. } => sdk::NOT_FOUND.wrap(format_args!(
            "failed to load state at height {height}; version does not exist (earliest height is: {earliest})"
        )),
        other => other.clone().into(),
    }
}

/// The same over gRPC, where the Cosmos SDK says what kind of error it is first.
fn height_status(error: &StateError) -> QueryStatus {
    let error = height_error(error);
    let text = [sdk::INVALID_HEIGHT, sdk::NOT_FOUND].into_iter().find(|code| code.code == error.code);
    let message =
        match text.and_then(|code| Some((code, error.log.strip_suffix(code.text)?.strip_suffix(": ")?))) {
            Some((code, detail)) => {
                format!("codespace {} code {}: {}: {detail}", code.codespace, code.code, code.text)
            }
            None => agora_framework::QueryError::from(error).message,
        };
    QueryStatus { code: 2, message }
}

/// Answers an ABCI query.
pub(super) fn answer(app: &App, request: &RequestQuery) -> ResponseQuery {
    let path = request.path.as_str();
    let answered = match path.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice() {
        [""] => Err(sdk::UNKNOWN_REQUEST.wrap("no query path provided")),
        ["app", rest @ ..] => app_path(app, rest, request),
        ["p2p", "filter", "addr" | "id", _, ..] => Ok(ResponseQuery::default()),
        ["p2p", ..] => Err(sdk::UNKNOWN_REQUEST.wrap("path should be p2p filter <addr|id> <parameter>")),
        ["store", store, "key"] => store_key(app, store, request),
        ["store", _, rest @ ..] => {
            Err(STORE_UNKNOWN.wrap(format_args!("unexpected query path: /{}", rest.join("/"))))
        }
        _ if path.starts_with('/') => grpc_path(app, request),
        _ => Err(sdk::UNKNOWN_REQUEST.wrap("unknown query path")),
    };
    answered.unwrap_or_else(|error| refused(&error, 0))
}

fn refused(error: &AppError, height: i64) -> ResponseQuery {
    ResponseQuery {
        code: error.code,
        log: error.log.clone(),
        codespace: error.codespace.to_owned(),
        height,
        ..Default::default()
    }
}

/// The height asked for; `None` for the latest.
fn asked_height(request: &RequestQuery) -> Result<Option<u64>, AppError> {
    match u64::try_from(request.height) {
        Ok(0) => Ok(None),
        Ok(height) => Ok(Some(height)),
        Err(_) => {
            Err(sdk::INVALID_REQUEST.wrap("cannot query with height < 0; please provide a valid height"))
        }
    }
}

fn signed(height: u64) -> i64 {
    i64::try_from(height).unwrap_or(i64::MAX)
}

fn refuse_early_proof(request: &RequestQuery) -> Result<(), AppError> {
    if request.prove && request.height == 1 {
        return Err(sdk::INVALID_REQUEST
            .wrap("cannot query with proof when height <= 1; please provide a valid height"));
    }
    Ok(())
}

fn grpc_path(app: &App, request: &RequestQuery) -> Result<ResponseQuery, AppError> {
    refuse_early_proof(request)?;
    let height = asked_height(request)?;
    let own = AppQueries(app.clone());
    let services = app.inner.services.read().clone();
    let answer = if own.has(&request.path) {
        // Heights are refused in the words of ABCI here, not of gRPC.
        app.store().snapshot(height).map_err(|e| height_error(&e))?;
        own.query(&request.path, &request.data, height)
    } else if let Some(services) = services.filter(|s| s.has(&request.path)) {
        services.query(&request.path, &request.data, height)
    } else {
        return Err(sdk::UNKNOWN_REQUEST.wrap("unknown query path"));
    };
    let height = height.or_else(|| app.store().latest().map(|c| c.height)).unwrap_or_default();
    Ok(match answer {
        Ok(answer) => {
            ResponseQuery { value: answer.value.into(), height: signed(answer.height), ..Default::default() }
        }
        Err(status) => refused(&abci_error(&status), signed(height)),
    })
}

/// A gRPC status as the Cosmos SDK shows it over ABCI; clients look for `code = NotFound` in it.
fn abci_error(status: &QueryStatus) -> AppError {
    let (name, code) = match status.code {
        5 => ("NotFound", sdk::KEY_NOT_FOUND),
        3 => ("InvalidArgument", sdk::INVALID_REQUEST),
        9 => ("FailedPrecondition", sdk::INVALID_REQUEST),
        16 => ("Unauthenticated", sdk::UNAUTHORIZED),
        12 => ("Unimplemented", sdk::UNKNOWN_REQUEST),
        13 => ("Internal", sdk::UNKNOWN_REQUEST),
        _ => ("Unknown", sdk::UNKNOWN_REQUEST),
    };
    code.wrap(format_args!("rpc error: code = {name} desc = {}", status.message))
}

fn store_key(app: &App, store: &str, request: &RequestQuery) -> Result<ResponseQuery, AppError> {
    refuse_early_proof(request)?;
    let height = asked_height(request)?;
    let store = app
        .store()
        .stores()
        .iter()
        .find(|id| id.name() == store)
        .copied()
        .ok_or_else(|| STORE_UNKNOWN.wrap(format_args!("no such store: {store}")))?;
    if request.data.is_empty() {
        return Err(STORE_EMPTY_KEY.wrap("query cannot be zero length"));
    }
    let key = state_key(store, &request.data);
    if request.prove { with_proof(app, height, &key) } else { without_proof(app, height, &key, request) }
}

fn state_key(store: StoreId, key: &[u8]) -> StateKey {
    StateKey { store, space: Space::Tree, key: key.into() }
}

fn without_proof(
    app: &App,
    height: Option<u64>,
    key: &StateKey,
    request: &RequestQuery,
) -> Result<ResponseQuery, AppError> {
    let head = ResponseQuery { key: key.key.to_vec().into(), ..Default::default() };
    let snapshot = match app.store().snapshot(height) {
        Ok(snapshot) => snapshot,
        // A height that is not there is an empty answer here, as in the Cosmos SDK.
        Err(StateError::UnknownHeight { .. }) => {
            return Ok(ResponseQuery {
                log: "version does not exist".to_owned(),
                height: request.height,
                ..head
            });
        }
        Err(error) => return Err(error.into()),
    };
    let value = snapshot.get(key)?.map(|v| v.to_vec()).unwrap_or_default();
    Ok(ResponseQuery { value: value.into(), height: signed(snapshot.height()), ..head })
}

fn with_proof(app: &App, height: Option<u64>, key: &StateKey) -> Result<ResponseQuery, AppError> {
    // The head's hash stands in no header yet, so the latest height that can be checked is the one before.
    let latest = app.store().latest().map_or(0, |c| c.height);
    let height = height.or(Some(latest).filter(|h| *h > 0));
    let proof = app.store().prove(height, key).map_err(|error| match error {
        StoreError::State(error @ StateError::UnknownHeight { .. }) => STORE_NO_PROOF
            .wrap(format_args!("proof is unexpectedly empty; ensure height has not been pruned: {error}")),
        other => sdk::NOT_FOUND.wrap(other),
    })?;
    let ops = proof
        .ops
        .into_iter()
        .map(|op| ProofOp { r#type: op.kind.to_owned(), key: op.key, data: op.data })
        .collect();
    Ok(ResponseQuery {
        key: key.key.to_vec().into(),
        value: proof.value.map(|v| v.to_vec()).unwrap_or_default().into(),
        proof_ops: Some(ProofOps { ops }),
        height: signed(proof.height),
        ..Default::default()
    })
}

fn app_path(app: &App, path: &[&str], request: &RequestQuery) -> Result<ResponseQuery, AppError> {
    let height = app.store().latest().map(|c| signed(c.height)).unwrap_or_default();
    match path {
        ["version"] => Ok(ResponseQuery {
            value: env!("CARGO_PKG_VERSION").as_bytes().to_vec().into(),
            height,
            codespace: "sdk".to_owned(),
            ..Default::default()
        }),
        ["simulate"] => {
            let snapshot = app.snapshot(None)?;
            let result = app.runtime().simulate(&snapshot, &request.data)?;
            if result.is_ok() {
                Ok(ResponseQuery { value: result.data.into(), height, ..Default::default() })
            } else {
                let log = format!("failed to simulate tx: {}", result.log);
                Ok(ResponseQuery {
                    code: result.code,
                    codespace: result.codespace,
                    log,
                    ..Default::default()
                })
            }
        }
        _ => Err(sdk::UNKNOWN_REQUEST.wrap(format_args!("unknown query: [app {}]", path.join(" ")))),
    }
}
