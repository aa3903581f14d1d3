//! Validators that fall silent or sign twice, and who want to come back.

use agora_proto::cosmos::slashing::v1beta1::MsgUnjail;
use agora_tests::harness::FIRST_KEY;
use rand::Rng;
use rand::seq::SliceRandom;

use super::parts::Part;
use super::world::World;

#[derive(Default)]
pub(super) struct Misdeeds {
    /// Who is silent, until which height.
    silent: Vec<([u8; 32], u64)>,
}

impl Part for Misdeeds {
    fn name(&self) -> &'static str {
        "slashing"
    }

    fn weight(&self) -> u32 {
        3
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let at = world.rng.gen_range(0..world.operators.len());
        let operator = world.operators[at].0.clone();
        let message = MsgUnjail { validator_addr: operator.address.to_bech32("agoravaloper") };
        world.rich_draft(&operator).msg(&message).bytes()
    }

    fn before_block(&mut self, world: &mut World) {
        let height = world.chain.height();
        let (over, silent) = self.silent.iter().copied().partition(|(_, until)| *until <= height);
        self.silent = silent;
        for (key, _) in over {
            world.chain.validators().silence(key, false);
        }
        let set = world.chain.validators().set().clone();
        let others: Vec<([u8; 32], u64)> = set.into_iter().filter(|(key, _)| *key != FIRST_KEY).collect();
        let Some((key, power)) = others.choose(&mut world.rng).copied() else { return };
        if world.rng.gen_ratio(1, 12) {
            world.chain.validators().silence(key, true);
            self.silent.push((key, height + world.rng.gen_range(1..16)));
        }
        if world.rng.gen_ratio(1, 80) {
            let time = world.chain.time();
            let ago = world.rng.gen_range(0..height.min(10));
            world.chain.validators().sign_twice(key, power, height - ago, time);
        }
    }
}
