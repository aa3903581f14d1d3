//! Signed transfers, as fast as they are taken.

use agora_proto::cosmos::auth::v1beta1::{QueryAccountInfoRequest, QueryAccountInfoResponse};
use agora_runtime::Runtime;
use agora_tests::Account;
use agora_tests::txs::Draft;
use prost::Message as _;
use tendermint::Hash;
use tendermint_rpc::{Client as _, HttpClient};

/// Transactions of an account that wait together.
const BURST: u64 = 6;

/// Sends transfers until the node is gone; those that were answered as committed, with their height where it was told.
///
/// Of a burst only the last is waited for: the others, of lower sequences, are committed when it is.
pub(crate) async fn send_until_it_fails(
    client: HttpClient,
    sender: Account,
    tag: u64,
) -> Vec<(Hash, Option<u32>)> {
    let mut committed = Vec::new();
    let _gone = bursts(&client, &sender, tag, &mut committed).await;
    committed
}

async fn bursts(
    client: &HttpClient,
    sender: &Account,
    tag: u64,
    committed: &mut Vec<(Hash, Option<u32>)>,
) -> Result<(), tendermint_rpc::Error> {
    let runtime = Runtime::standard().unwrap();
    let chain_id = client.status().await?.node_info.network.to_string();
    let receiver = Account::new("receiver");
    loop {
        let first = sequence(client, sender).await?;
        let draft = |sequence| {
            Draft::new(runtime.registry().pool(), &chain_id, sender, sequence)
                .send(&receiver, "1uago")
                .fee("1000uago")
                // A transaction that was lost with the memory of a killed node is not sent again: the next differs.
                .memo(format!("{tag} {sequence}"))
                .bytes()
        };
        let mut waiting = Vec::new();
        for sequence in first..first + BURST {
            let sent = client.broadcast_tx_sync(draft(sequence)).await?;
            if sent.code.is_err() {
                break;
            }
            waiting.push(sent.hash);
        }
        if waiting.len() as u64 != BURST {
            continue;
        }
        let answer = client.broadcast_tx_commit(draft(first + BURST)).await?;
        if answer.check_tx.code.is_ok() && answer.tx_result.code.is_ok() {
            committed.extend(waiting.into_iter().map(|hash| (hash, None)));
            committed.push((answer.hash, Some(u32::try_from(answer.height.value()).unwrap())));
        }
    }
}

/// The next sequence of an account.
async fn sequence(client: &HttpClient, account: &Account) -> Result<u64, tendermint_rpc::Error> {
    let request = QueryAccountInfoRequest { address: account.address.to_string() };
    let path = "/cosmos.auth.v1beta1.Query/AccountInfo".to_owned();
    let answer = client.abci_query(Some(path), request.encode_to_vec(), None, false).await?;
    let info = QueryAccountInfoResponse::decode(answer.value.as_slice()).unwrap();
    Ok(info.info.map_or(0, |info| info.sequence))
}
