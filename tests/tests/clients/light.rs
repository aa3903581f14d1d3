//! `tendermint-light-client-verifier`, unmodified, over RPC: what IBC and light wallets believe a chain by.

use std::time::Duration;

use tendermint::Time;
use tendermint::block::Header;
use tendermint::block::signed_header::SignedHeader;
use tendermint::trust_threshold::TrustThresholdFraction;
use tendermint::validator::Set;
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::types::{TrustedBlockState, UntrustedBlockState};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier as _};
use tendermint_rpc::client::CompatMode;
use tendermint_rpc::{Client as _, HttpClient, Paging};

use agora_tests::process::{Kind, Node};

/// Blocks that are followed.
const BLOCKS: u32 = 8;

struct LightBlock {
    signed_header: SignedHeader,
    validators: Set,
    next_validators: Set,
}

impl LightBlock {
    async fn fetch(client: &HttpClient, height: u32) -> Self {
        let signed_header = client.commit(height).await.unwrap().signed_header;
        let proposer = signed_header.header.proposer_address;
        Self {
            signed_header,
            validators: Set::with_proposer(validators(client, height).await, proposer).unwrap(),
            next_validators: Set::without_proposer(validators(client, height + 1).await),
        }
    }
}

async fn validators(client: &HttpClient, height: u32) -> Vec<tendermint::validator::Info> {
    client.validators(height, Paging::All).await.unwrap().validators
}

fn verify(trusted: &LightBlock, untrusted: &LightBlock) -> Verdict {
    let options = Options {
        trust_threshold: TrustThresholdFraction::ONE_THIRD,
        trusting_period: Duration::from_secs(3600),
        clock_drift: Duration::from_secs(10),
    };
    let header = &trusted.signed_header.header;
    ProdVerifier::default().verify_update_header(
        UntrustedBlockState {
            signed_header: &untrusted.signed_header,
            validators: &untrusted.validators,
            next_validators: Some(&untrusted.next_validators),
        },
        TrustedBlockState {
            chain_id: &header.chain_id,
            header_time: header.time,
            height: header.height,
            next_validators: &trusted.next_validators,
            next_validators_hash: header.next_validators_hash,
        },
        &options,
        Time::now(),
    )
}

/// The same block with another header.
fn forged(block: &LightBlock, change: impl FnOnce(&mut Header)) -> LightBlock {
    let mut header = block.signed_header.header.clone();
    change(&mut header);
    LightBlock {
        signed_header: SignedHeader::new(header, block.signed_header.commit.clone()).unwrap(),
        validators: block.validators.clone(),
        next_validators: block.next_validators.clone(),
    }
}

async fn follow(node: &Node) {
    let client = HttpClient::builder(node.field("rpc").parse().unwrap())
        .compat_mode(CompatMode::V0_38)
        .build()
        .unwrap();
    let mut chain = Vec::new();
    for height in 1..=BLOCKS {
        chain.push(LightBlock::fetch(&client, height).await);
    }
    for pair in chain.windows(2) {
        let height = pair[1].signed_header.header.height;
        assert_eq!(verify(&pair[0], &pair[1]), Verdict::Success, "block {height}");
    }
    for leap in &chain[2..] {
        let height = leap.signed_header.header.height;
        assert_eq!(verify(&chain[0], leap), Verdict::Success, "leap to {height}");
    }
    // The check can fail: another state or time is another block.
    let state = forged(&chain[3], |header| header.app_hash = vec![1; 32].try_into().unwrap());
    let time = forged(&chain[3], |header| header.time = (header.time + Duration::from_nanos(1)).unwrap());
    for (name, block) in [("state", &state), ("time", &time)] {
        assert!(matches!(verify(&chain[2], block), Verdict::Invalid(_)), "a forged {name} is believed");
        assert!(
            matches!(verify(&chain[0], block), Verdict::Invalid(_)),
            "a forged {name} is believed in a leap"
        );
    }
}

#[tokio::test]
async fn a_light_client_follows_a_devnet_block_by_block_and_by_leaps() {
    let node = Node::start(Kind::Devnet).unwrap();
    node.wait_height(u64::from(BLOCKS) + 1);
    follow(&node).await;
}

#[tokio::test]
async fn a_light_client_follows_a_node_under_cometbft_block_by_block_and_by_leaps() {
    let Some(node) = Node::start(Kind::Comet) else { return };
    node.wait_height(u64::from(BLOCKS) + 1);
    follow(&node).await;
}
