//! Rewards, commission and the community pool.

use agora_proto::cosmos::distribution::v1beta1 as wire;
use agora_tests::txs::wire_coins;
use rand::Rng;

use super::parts::Part;
use super::world::World;

pub(super) struct Rewards;

impl Part for Rewards {
    fn name(&self) -> &'static str {
        "distribution"
    }

    fn weight(&self) -> u32 {
        10
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let (from, to) = (world.pick(), world.pick());
        let draft = world.rich_draft(&from);
        let validator_address = world.validator();
        let delegator_address = from.address.to_string();
        let amount = wire_coins(&super::bank::amount(world));
        match world.rng.gen_range(0..8) {
            0..4 => {
                let message = wire::MsgWithdrawDelegatorReward { delegator_address, validator_address };
                draft.msg(&message).bytes()
            }
            4 => {
                let (operator, _) = &world.operators[world.rng.gen_range(0..world.operators.len())];
                let (operator, fee) = (operator.clone(), world.chain.fee_for(400_000));
                let validator_address = operator.address.to_bech32("agoravaloper");
                let message = wire::MsgWithdrawValidatorCommission { validator_address };
                world.chain.draft(&operator).gas(400_000).fee(&fee).msg(&message).bytes()
            }
            5 => {
                let withdraw_address = to.address.to_string();
                draft.msg(&wire::MsgSetWithdrawAddress { delegator_address, withdraw_address }).bytes()
            }
            6 => draft.msg(&wire::MsgFundCommunityPool { amount, depositor: delegator_address }).bytes(),
            _ => {
                let depositor = delegator_address;
                let message = wire::MsgDepositValidatorRewardsPool { depositor, validator_address, amount };
                draft.msg(&message).bytes()
            }
        }
    }
}
