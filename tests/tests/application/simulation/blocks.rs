//! Settings of staking and slashing, changed as governance changes them.

use agora_proto::cosmos::slashing::v1beta1 as slashing;
use agora_proto::cosmos::staking::v1beta1 as staking;
use agora_proto::pack;
use rand::Rng;

use super::parts::Part;
use super::world::World;
use crate::support::{authority, decision};

pub(super) struct Parameters;

impl Part for Parameters {
    fn name(&self) -> &'static str {
        "parameters"
    }

    fn weight(&self) -> u32 {
        1
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let authority = authority().to_string();
        let message = if world.rng.gen_bool(0.5) {
            let path = "/cosmos.staking.v1beta1.Query/Params";
            let now: staking::QueryParamsResponse =
                world.chain.query(path, &staking::QueryParamsRequest {}).unwrap();
            let mut params = now.params.unwrap();
            params.max_validators = world.rng.gen_range(2..7);
            params.max_entries = world.rng.gen_range(1..9);
            pack(&staking::MsgUpdateParams { authority, params: Some(params) })
        } else {
            let path = "/cosmos.slashing.v1beta1.Query/Params";
            let now: slashing::QueryParamsResponse =
                world.chain.query(path, &slashing::QueryParamsRequest {}).unwrap();
            let mut params = now.params.unwrap();
            params.signed_blocks_window = world.rng.gen_range(4..30);
            pack(&slashing::MsgUpdateParams { authority, params: Some(params) })
        };
        let from = world.pick();
        let message = decision(&from, message);
        world.rich_draft(&from).msg(&message).bytes()
    }
}
