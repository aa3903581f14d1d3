//! The faucet of a development network: `POST /credit {"address": ..., "denom": ...}`, as CosmJS's `FaucetClient` calls it.
//!
//! Every credit is an ordinary transaction of the faucet's own account. The client does not name a content type that
//! means anything and ignores the status, so any body that is JSON is read, and refusals are 4xx with words.

use std::sync::Arc;
use std::time::Duration;

use agora_framework::wire::wire_coin;
use agora_primitives::{Address, Coin};
use agora_proto::cosmos::auth::v1beta1::{BaseAccount, QueryAccountInfoRequest, QueryAccountInfoResponse};
use agora_proto::cosmos::bank::v1beta1::MsgSend;
use agora_proto::cosmos::crypto::secp256k1::PubKey;
use agora_proto::cosmos::tx::signing::v1beta1::SignMode;
use agora_proto::cosmos::tx::v1beta1::mode_info::{Single, Sum};
use agora_proto::cosmos::tx::v1beta1::{AuthInfo, Fee, ModeInfo, SignDoc, SignerInfo, TxBody, TxRaw};
use agora_proto::pack;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use prost::Message;
use secp256k1::{PublicKey, SECP256K1, SecretKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower_http::cors::CorsLayer;

use crate::chain::{Chain, ChainError};
use crate::query::QueryService;

/// Gas of a transfer, with room to spare.
const GAS: u64 = 200_000;
/// How long a credit waits for its block.
const INCLUSION: Duration = Duration::from_secs(30);

/// What a faucet gives.
#[derive(Clone, Debug)]
pub struct FaucetConfig {
    /// The account it pays from.
    pub secret_key: [u8; 32],
    /// The chain id.
    pub chain_id: String,
    /// What one credit is, by denom.
    pub credits: Vec<Coin>,
    /// The most a caller may ask for with `amount`, as a multiple of a credit.
    pub most: u128,
    /// The fee of a credit.
    pub fee: Coin,
}

/// A faucet.
pub struct Faucet {
    config: FaucetConfig,
    key: SecretKey,
    public: PublicKey,
    address: Address,
    chain: Arc<dyn Chain>,
    queries: Arc<dyn QueryService>,
    /// The next sequence, once known. Held while a transaction is made, so that credits queue.
    sequence: parking_lot::Mutex<Option<u64>>,
}

/// A credit that was refused.
type Refusal = (StatusCode, String);

fn bad(what: impl ToString) -> Refusal {
    (StatusCode::BAD_REQUEST, what.to_string())
}

fn broken(what: impl ToString) -> Refusal {
    (StatusCode::SERVICE_UNAVAILABLE, what.to_string())
}

impl Faucet {
    /// A faucet on a running chain.
    ///
    /// # Errors
    /// The key is no secp256k1 key.
    pub fn new(
        config: FaucetConfig,
        chain: Arc<dyn Chain>,
        queries: Arc<dyn QueryService>,
    ) -> Result<Self, String> {
        let key =
            SecretKey::from_byte_array(config.secret_key).map_err(|e| format!("the faucet's key: {e}"))?;
        let public = PublicKey::from_secret_key(SECP256K1, &key);
        let address = Address::from_secp256k1(&public.serialize());
        Ok(Self { config, key, public, address, chain, queries, sequence: parking_lot::Mutex::new(None) })
    }

    /// The HTTP routes: `POST /credit`, `GET /status`.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/credit", post(credit))
            .route("/status", get(status))
            .route("/", get(status))
            .layer(DefaultBodyLimit::max(4096))
            .layer(CorsLayer::permissive())
            .with_state(self)
    }

    fn parse(&self, body: &[u8]) -> Result<(Address, Coin), Refusal> {
        let request: Value = serde_json::from_slice(body).map_err(|e| {
            bad(format_args!(
                "the body is not JSON ({e}); send {{\"address\": \"agora1...\", \"denom\": \"uago\"}}"
            ))
        })?;
        let text = |field: &str| request.get(field).and_then(Value::as_str);
        let to = text("address").ok_or_else(|| bad("the field \"address\" is missing"))?;
        let to: Address = to.parse().map_err(|e| bad(format_args!("address {to:?}: {e}")))?;
        let denom = text("denom").ok_or_else(|| bad("the field \"denom\" is missing"))?;
        let known: Vec<&str> = self.config.credits.iter().map(|c| c.denom.as_str()).collect();
        let credit = self.config.credits.iter().find(|c| c.denom.as_str() == denom).ok_or_else(|| {
            bad(format_args!("this faucet has no {denom:?}; it gives {}", known.join(", ")))
        })?;
        let most = credit.amount.saturating_mul(self.config.most);
        let amount = match request.get("amount") {
            None | Some(Value::Null) => credit.amount,
            Some(amount) => {
                let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
                text.parse().ok().filter(|a| (1..=most).contains(a)).ok_or_else(|| {
                    bad(format_args!("the amount {text} must be 1 to {most} base units of {denom}"))
                })?
            }
        };
        Ok((to, Coin::new(amount, credit.denom.clone())))
    }

    /// Pays; returns the transaction's hash once it is in a block.
    fn pay(&self, to: &Address, coin: &Coin) -> Result<String, Refusal> {
        let hash = self.send(to, coin)?;
        let begun = std::time::Instant::now();
        while begun.elapsed() < INCLUSION {
            match self.chain.tx(&hash) {
                Ok(Some(tx)) if tx.result.code == 0 => return Ok(hex::encode_upper(hash)),
                Ok(Some(tx)) => return Err(broken(format_args!("the payment failed: {}", tx.result.log))),
                Ok(None) => std::thread::sleep(Duration::from_millis(50)),
                Err(error) => return Err(broken(error)),
            }
        }
        Err(broken(format_args!("the payment {} is not in a block yet", hex::encode_upper(hash))))
    }

    fn send(&self, to: &Address, coin: &Coin) -> Result<[u8; 32], Refusal> {
        let mut sequence = self.sequence.lock();
        // A wrong guess is corrected once: somebody else may have used the published key.
        for _ in 0..2 {
            let next = match *sequence {
                Some(next) => next,
                None => self.asked_sequence()?,
            };
            let tx = self.sign(to, coin, next);
            let hash: [u8; 32] = Sha256::digest(&tx).into();
            match self.chain.broadcast(tx) {
                Ok(check) if check.code == 0 => {
                    *sequence = next.checked_add(1);
                    return Ok(hash);
                }
                Ok(check) if check.code == 32 && sequence.is_some() => *sequence = None,
                Ok(check) => {
                    *sequence = None;
                    return Err(broken(format_args!("the payment was refused: {}", check.log)));
                }
                Err(ChainError::TxInCache) => *sequence = None,
                Err(error) => return Err(broken(error)),
            }
        }
        Err(broken("the faucet's sequence keeps changing; try again"))
    }

    fn asked_sequence(&self) -> Result<u64, Refusal> {
        let request = QueryAccountInfoRequest { address: self.address.to_string() };
        let answer = self
            .queries
            .query("/cosmos.auth.v1beta1.Query/AccountInfo", &request.encode_to_vec(), None)
            .map_err(|e| broken(format_args!("the faucet's account {} cannot be read: {e}", self.address)))?;
        let info = QueryAccountInfoResponse::decode(answer.value.as_slice()).map_err(broken)?.info;
        Ok(info.unwrap_or_else(BaseAccount::default).sequence)
    }

    fn sign(&self, to: &Address, coin: &Coin, sequence: u64) -> Vec<u8> {
        let message = MsgSend {
            from_address: self.address.to_string(),
            to_address: to.to_string(),
            amount: vec![wire_coin(coin)],
        };
        let body = TxBody { messages: vec![pack(&message)], memo: "faucet".to_owned(), ..Default::default() };
        let mode = ModeInfo { sum: Some(Sum::Single(Single { mode: SignMode::Direct.into() })) };
        let signer = SignerInfo {
            public_key: Some(pack(&PubKey { key: self.public.serialize().to_vec() })),
            mode_info: Some(mode),
            sequence,
        };
        let fee = Fee { amount: vec![wire_coin(&self.config.fee)], gas_limit: GAS, ..Default::default() };
        let auth_info = AuthInfo { signer_infos: vec![signer], fee: Some(fee), ..Default::default() };
        let document = SignDoc {
            body_bytes: body.encode_to_vec(),
            auth_info_bytes: auth_info.encode_to_vec(),
            chain_id: self.config.chain_id.clone(),
            account_number: 0,
        };
        let digest: [u8; 32] = Sha256::digest(document.encode_to_vec()).into();
        let signature = SECP256K1.sign_ecdsa(secp256k1::Message::from_digest(digest), &self.key);
        TxRaw {
            body_bytes: document.body_bytes,
            auth_info_bytes: document.auth_info_bytes,
            signatures: vec![signature.serialize_compact().to_vec()],
        }
        .encode_to_vec()
    }
}

async fn credit(State(faucet): State<Arc<Faucet>>, body: Bytes) -> (StatusCode, String) {
    let paid = tokio::task::spawn_blocking(move || {
        let (to, coin) = faucet.parse(&body)?;
        let hash = faucet.pay(&to, &coin)?;
        Ok::<_, Refusal>(json!({ "address": to.to_string(), "amount": coin.to_string(), "txhash": hash }))
    });
    match paid.await {
        Ok(Ok(answer)) => (StatusCode::OK, answer.to_string()),
        Ok(Err(refusal)) => refusal,
        Err(error) => broken(error),
    }
}

async fn status(State(faucet): State<Arc<Faucet>>) -> (StatusCode, String) {
    let credits: Vec<String> = faucet.config.credits.iter().map(ToString::to_string).collect();
    let answer = json!({
        "status": "ok",
        "chainId": faucet.config.chain_id,
        "address": faucet.address.to_string(),
        "chainTokens": faucet.config.credits.iter().map(|c| c.denom.to_string()).collect::<Vec<_>>(),
        "credits": credits
    });
    (StatusCode::OK, answer.to_string())
}
