//! New coins come by themselves; what can be done is change how many, as governance does.

use agora_proto::cosmos::mint::v1beta1 as wire;
use agora_proto::pack;
use prost_types::Any;
use rand::Rng;

use super::parts::Part;
use super::world::World;
use crate::support::{authority, decision};

pub(super) struct Issue;

impl Part for Issue {
    fn name(&self) -> &'static str {
        "mint"
    }

    fn weight(&self) -> u32 {
        1
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let (message, from) = (change(world), world.pick());
        let message = decision(&from, message);
        world.rich_draft(&from).msg(&message).bytes()
    }
}

/// Other parameters, as the authority sets them.
pub(super) fn change(world: &mut World) -> Any {
    let now: wire::QueryParamsResponse =
        world.chain.query("/cosmos.mint.v1beta1.Query/Params", &wire::QueryParamsRequest {}).unwrap();
    let thousandths = |n: u32| (u128::from(n) * 10_u128.pow(15)).to_string();
    let (least, more) = (world.rng.gen_range(0..200), world.rng.gen_range(0..300));
    let params = wire::Params {
        inflation_min: thousandths(least),
        inflation_max: thousandths(least + more),
        inflation_rate_change: thousandths(world.rng.gen_range(0..500)),
        ..now.params.unwrap()
    };
    pack(&wire::MsgUpdateParams { authority: authority().to_string(), params: Some(params) })
}
