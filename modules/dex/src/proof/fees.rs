//! A position opened and closed around others' fees.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_proto::cosmos::base::v1beta1::Coin;

use super::common::{RICHER, World, account};
use super::holds_and_finds;

fn of(coins: &[Coin], denom: &str) -> u128 {
    coins.iter().find(|c| c.denom == denom).map_or(0, |c| c.amount.parse().unwrap())
}

fn close(
    world: &mut World,
    who: u8,
    opened: &wire::MsgOpenPositionResponse,
) -> wire::MsgDecreasePositionResponse {
    world.ok(&wire::MsgDecreasePosition {
        sender: account(who).to_string(),
        position_id: opened.position_id.clone(),
        liquidity: opened.liquidity.clone(),
        coins_min: vec![],
        deadline: None,
    })
}

/// A thousand times the liquidity comes right before the others' fees are paid out and goes right after, in the same range,
/// over it and inside it.
fn a_position_around_a_harvest() {
    for range in [(-600, 600), (-60_000, 60_000), (-60, 60), (-600, 60), (0, 600)] {
        let mut world = World::new(4, RICHER);
        let id = world.concentrated(1, 3000);
        let provider = world.open(1, &id, (-600, 600), "1000000000aaa,1000000000bbb");
        let mut paid = 0;
        for _ in 0..10 {
            let out = world.swap(4, &id, "10000000aaa", "bbb");
            world.swap(4, &id, &format!("{out}bbb"), "aaa");
            paid += 30_000;
        }
        let sandwich = world.open(3, &id, range, "1000000000000aaa,1000000000000bbb");
        let collect =
            wire::MsgCollectFees { sender: account(1).to_string(), position_id: provider.position_id };
        let earned: wire::MsgCollectFeesResponse = world.ok(&collect);
        let left = close(&mut world, 3, &sandwich);
        assert_eq!(left.fees, [], "{range:?}: nothing was earned meanwhile");
        for denom in ["aaa", "bbb"] {
            assert!(of(&left.coins_out, denom) <= of(&sandwich.coins_in, denom), "{range:?}");
        }
        assert!((paid - 20..=paid).contains(&of(&earned.fees, "aaa")), "{range:?}: {:?}", earned.fees);
        world.check();
        world.check_exact();
    }
}

#[test]
fn a_position_opened_and_closed_around_a_harvest_earns_nothing() {
    holds_and_finds(&["position:fees_from_before"], a_position_around_a_harvest);
}
