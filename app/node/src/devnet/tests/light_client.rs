use tendermint::block::signed_header::SignedHeader;
use tendermint::trust_threshold::TrustThresholdFraction;
use tendermint::validator::Set;
use tendermint_light_client_verifier::options::Options;
use tendermint_light_client_verifier::types::{TrustedBlockState, UntrustedBlockState};
use tendermint_light_client_verifier::{ProdVerifier, Verdict, Verifier as _};

use super::*;

struct LightBlock {
    header: SignedHeader,
    validators: Set,
    next_validators: Set,
}

fn set(devnet: &Devnet<App>, height: u64) -> Set {
    let (_, validators) = devnet.validators(Some(height)).expect("known");
    Set::new(validators.into_iter().map(|v| v.try_into().expect("a validator")).collect(), None)
}

fn light_block(devnet: &Devnet<App>, height: u64) -> LightBlock {
    let info = devnet.commit(Some(height)).expect("known");
    let header = SignedHeader::new(
        info.header.try_into().expect("a header"),
        info.commit.try_into().expect("a commit"),
    );
    LightBlock {
        header: header.expect("fit together"),
        validators: set(devnet, height),
        next_validators: set(devnet, height + 1),
    }
}

fn verify(trusted: &LightBlock, untrusted: &LightBlock) -> Verdict {
    let options = Options {
        trust_threshold: TrustThresholdFraction::ONE_THIRD,
        trusting_period: Duration::from_secs(1_000_000_000),
        clock_drift: Duration::from_secs(10),
    };
    let now = tendermint::Time::now();
    ProdVerifier::default().verify_update_header(
        UntrustedBlockState {
            signed_header: &untrusted.header,
            validators: &untrusted.validators,
            next_validators: Some(&untrusted.next_validators),
        },
        TrustedBlockState {
            chain_id: &trusted.header.header.chain_id,
            header_time: trusted.header.header.time,
            height: trusted.header.header.height,
            next_validators: &trusted.next_validators,
            next_validators_hash: trusted.header.header.next_validators_hash,
        },
        &options,
        now,
    )
}

#[test]
fn light_clients_follow_block_by_block_and_by_leaps_while_validators_change() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    let changed = include(&devnet, "power=25");
    include(&devnet, "other=7");
    include(&devnet, "power=40");
    let last = devnet.mine(3).expect("mined");
    // Updates of a block rule the block after the next.
    assert_eq!(devnet.validators(Some(changed + 1)).expect("known").1[0].voting_power, 10);
    assert_eq!(devnet.validators(Some(changed + 2)).expect("known").1[0].voting_power, 25);
    assert_eq!(devnet.validators(Some(last)).expect("known").1.len(), 2);
    let chain: Vec<LightBlock> = (1..=last).map(|height| light_block(&devnet, height)).collect();
    for pair in chain.windows(2) {
        assert_eq!(verify(&pair[0], &pair[1]), Verdict::Success, "block {}", pair[1].header.header.height);
    }
    for leap in &chain[2..] {
        assert_eq!(verify(&chain[0], leap), Verdict::Success, "leap to {}", leap.header.header.height);
    }
    // The check can fail: another app hash is another block.
    let info = devnet.commit(Some(3)).expect("known");
    let mut header: tendermint::block::Header = info.header.try_into().expect("a header");
    header.app_hash = vec![1; 32].try_into().expect("a hash");
    let forged = LightBlock {
        header: SignedHeader::new(header, info.commit.try_into().expect("a commit")).expect("same height"),
        validators: set(&devnet, 3),
        next_validators: set(&devnet, 4),
    };
    assert!(matches!(verify(&chain[1], &forged), Verdict::Invalid(_)));
}

#[test]
fn headers_carry_what_consensus_says_they_carry() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    include(&devnet, "a=1");
    let last = include(&devnet, "b=2");
    assert!(!devnet.commit(None).expect("known").canonical);
    for height in 2..=last {
        let (block, before) =
            (devnet.block(Some(height)).expect("known"), devnet.block(Some(height - 1)).expect("known"));
        let header = block.block.header.clone().expect("a header");
        let results = devnet.block_results(Some(height - 1)).expect("known").1;
        let commit = block.block.last_commit.clone().expect("a commit");
        assert_eq!(header.app_hash, results.app_hash.to_vec());
        assert_eq!(header.last_results_hash, hashes::results(&results.tx_results));
        assert_eq!(header.last_block_id.as_ref(), Some(&before.block_id));
        assert_eq!(header.last_commit_hash, hashes::commit(&commit));
        assert_eq!(header.version.as_ref().map(|v| (v.block, v.app)), Some((11, 3)));
        // The time of a block is the median time of its last commit, and grows.
        assert_eq!(header.time, commit.signatures[0].timestamp);
        let times =
            [&before.block, &block.block].map(|b| b.header.as_ref().and_then(|h| h.time).expect("a time"));
        assert!(clock::nanos(times[0]) < clock::nanos(times[1]));
        assert_eq!(devnet.commit(Some(height - 1)).expect("known").commit, commit);
        assert_eq!(devnet.height_by_hash(&block.block_id.hash).expect("known"), Some(height));
    }
}

#[test]
fn an_application_that_gives_the_power_to_others_stops_the_chain_with_the_reason() {
    let home = tempfile::tempdir().expect("a folder");
    let devnet = start(home.path(), &App::default());
    include(&devnet, "other=7");
    let error = devnet.mine(3).expect_err("10 of 17 is not more than two thirds").to_string();
    assert!(error.contains("holds 10 of 17 voting power"), "{error}");
    assert!(devnet.status().expect_err("stopped").to_string().contains("10 of 17"));
    assert!(devnet.broadcast(b"a=1".to_vec()).is_err());
    assert_eq!(devnet.block(Some(2)).expect("still there").block.data.clone().expect("data").txs.len(), 1);
    assert!(devnet.stop().is_err());
}
