//! Messages closed by the breaker, as wallets meet it.

use agora_primitives::module_address;
use agora_proto::cosmos::circuit::v1 as circuit;
use agora_proto::pack;

use crate::support::{decision, governed};

#[test]
fn a_closed_module_is_refused_by_the_mempool_and_in_blocks_and_the_rest_runs() {
    let (mut chain, alice, bob) = governed();
    let authority = module_address("gov").to_string();
    let entries = vec!["bank".to_owned()];
    let before = chain.tx(&bob).send(&alice, "1uago").bytes();
    let trip =
        circuit::MsgTripCircuitBreaker { authority: authority.clone(), msg_type_urls: entries.clone() };
    let _ = chain.tx(&alice).msg(&decision(&alice, pack(&trip))).gas_and_fee(200_000).run().expect_ok();
    let _ = chain.recheck(&before).expect_code("circuit", 2);
    let _ = chain.tx(&bob).send(&alice, "1uago").check().expect_code("circuit", 2);
    let mined = chain.tx(&bob).send(&alice, "1uago").run();
    let mined = mined.expect_code("circuit", 2).saying("opens it with MsgResetCircuitBreaker");
    assert!(mined.delta(&bob, "uago") < 0, "the fee is paid in a block");
    let reset = circuit::MsgResetCircuitBreaker { authority, msg_type_urls: entries };
    let _ = chain.tx(&alice).msg(&decision(&alice, pack(&reset))).gas_and_fee(200_000).run().expect_ok();
    let _ = chain.tx(&bob).send(&alice, "1uago").run().expect_ok();
}
