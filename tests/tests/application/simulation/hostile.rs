//! Transactions that the chain must refuse or survive.

use agora_tests::faults::proto::agora::faults::v1::MsgPanic;
use rand::Rng;

use super::parts::Part;
use super::world::World;

pub(super) struct Nuisance;

#[derive(Clone, Copy)]
enum Deed {
    Unordered,
    Replay,
    TooCheap,
    OutOfGas,
    Panic,
}

const DEEDS: [(u32, Deed); 5] =
    [(10, Deed::Unordered), (4, Deed::Replay), (3, Deed::TooCheap), (4, Deed::OutOfGas), (2, Deed::Panic)];

impl Part for Nuisance {
    fn name(&self) -> &'static str {
        "hostile"
    }

    fn weight(&self) -> u32 {
        12
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let (from, to, amount) = (world.pick(), world.pick(), super::bank::amount(world));
        let draft = world.draft(&from);
        match world.choose(&DEEDS) {
            Deed::Unordered => {
                let timeout = world.chain.next_time() + world.rng.gen_range(0..20_000_000_000);
                draft.send(&to, &amount).unordered(timeout).bytes()
            }
            Deed::Replay => world.last.clone(),
            Deed::TooCheap => draft.send(&to, &amount).fee("1uago").bytes(),
            Deed::OutOfGas => draft.send(&to, &amount).gas(world.rng.gen_range(1..90_000)).bytes(),
            Deed::Panic => {
                let signer = from.address.to_string();
                let last_words = "a planted panic of the simulation".to_owned();
                draft.msg(&MsgPanic { signer, last_words }).bytes()
            }
        }
    }
}
