//! Validators and delegations.

use agora_proto::cosmos::staking::v1beta1 as wire;
use agora_tests::txs::wire_coins;
use rand::Rng;

use super::parts::Part;
use super::world::World;

pub(super) struct Stakes;

#[derive(Clone, Copy)]
enum Deed {
    BecomeValidator,
    EditValidator,
    Delegate,
    Undelegate,
    Redelegate,
    CancelUnbonding,
}

const DEEDS: [(u32, Deed); 6] = [
    (2, Deed::BecomeValidator),
    (2, Deed::EditValidator),
    (12, Deed::Delegate),
    (8, Deed::Undelegate),
    (6, Deed::Redelegate),
    (4, Deed::CancelUnbonding),
];

impl Part for Stakes {
    fn name(&self) -> &'static str {
        "staking"
    }

    fn weight(&self) -> u32 {
        25
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let from = world.pick();
        let draft = world.rich_draft(&from);
        let (validator_address, other) = (world.validator(), world.validator());
        let delegator_address = from.address.to_string();
        let amount = Some(wire_coins(&format!("{}uago", world.units(40_000_000))).remove(0));
        match world.choose(&DEEDS) {
            Deed::BecomeValidator => {
                let mut key = [0; 32];
                key[..8].copy_from_slice(&(world.operators.len() as u64 + 7).to_be_bytes());
                if !world.operators.iter().any(|(operator, _)| operator.address == from.address) {
                    world.operators.push((from.clone(), key));
                }
                let units = world.rng.gen_range(1..30_000_000);
                draft.msg(&crate::staking::create(&from, key, units)).bytes()
            }
            Deed::EditValidator => {
                let rate = world.rng.gen_range(0..=210_u128) * 10_u128.pow(15);
                let message = wire::MsgEditValidator {
                    description: Some(wire::Description {
                        moniker: format!("edited {rate}"),
                        ..Default::default()
                    }),
                    validator_address: from.address.to_bech32("agoravaloper"),
                    commission_rate: rate.to_string(),
                    min_self_delegation: String::new(),
                };
                draft.msg(&message).bytes()
            }
            Deed::Delegate => {
                draft.msg(&wire::MsgDelegate { delegator_address, validator_address, amount }).bytes()
            }
            Deed::Undelegate => {
                draft.msg(&wire::MsgUndelegate { delegator_address, validator_address, amount }).bytes()
            }
            Deed::Redelegate => {
                let message = wire::MsgBeginRedelegate {
                    delegator_address,
                    validator_src_address: validator_address,
                    validator_dst_address: other,
                    amount,
                };
                draft.msg(&message).bytes()
            }
            Deed::CancelUnbonding => {
                let height = i64::try_from(world.chain.height()).unwrap();
                let message = wire::MsgCancelUnbondingDelegation {
                    delegator_address,
                    validator_address,
                    amount: Some(wire_coins("1uago").remove(0)),
                    creation_height: height - world.rng.gen_range(0..height.min(20)),
                };
                draft.msg(&message).bytes()
            }
        }
    }
}
