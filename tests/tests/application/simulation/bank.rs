//! Payments.

use agora_primitives::module_address;
use agora_tests::Account;
use rand::Rng;

use super::parts::Part;
use super::world::World;

pub(super) struct Payments;

#[derive(Clone, Copy)]
enum Deed {
    Send,
    SendAll,
    MultiSend,
    Overspend,
    ToNewcomer,
    ToModule,
    Committee,
}

const DEEDS: [(u32, Deed); 7] = [
    (40, Deed::Send),
    (3, Deed::SendAll),
    (15, Deed::MultiSend),
    (5, Deed::Overspend),
    (8, Deed::ToNewcomer),
    (3, Deed::ToModule),
    (5, Deed::Committee),
];

/// Some coins.
pub(super) fn amount(world: &mut World) -> String {
    let (small, usdc) = (world.rng.gen_range(1..1_000_000), world.rng.gen_range(1..1_000));
    match world.rng.gen_range(0..3) {
        0 => format!("{small}uago"),
        1 => format!("{usdc}uusdc"),
        _ => format!("{small}uago,{usdc}uusdc"),
    }
}

impl Part for Payments {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn weight(&self) -> u32 {
        35
    }

    fn transaction(&mut self, world: &mut World) -> Vec<u8> {
        let (from, to, amount) = (world.pick(), world.pick(), amount(world));
        let draft = world.draft(&from);
        match world.choose(&DEEDS) {
            Deed::Send => draft.send(&to, &amount).bytes(),
            Deed::SendAll => {
                let rest = world.chain.balance(&from, "uusdc");
                draft.send(&to, &format!("{rest}uusdc")).bytes()
            }
            Deed::MultiSend => {
                draft.multi_send(&[(&to, &amount), (&from, "1uago"), (&world.committee, "2uago")]).bytes()
            }
            Deed::Overspend => {
                let more = world.chain.balance(&from, "uago") + 1;
                draft.send(&to, "1uago").send(&to, &format!("{more}uago")).bytes()
            }
            Deed::ToNewcomer => {
                let number: u32 = world.rng.r#gen();
                let newcomer = Account::new(&format!("newcomer {number}"));
                if number.is_multiple_of(4) && world.accounts.len() < 60 {
                    world.accounts.push(newcomer.clone());
                }
                draft.send(&newcomer, "5000000uago").bytes()
            }
            Deed::ToModule => draft.send(&module_address("fee_collector"), "1uago").bytes(),
            Deed::Committee => {
                let committee = world.committee.clone();
                world.chain.draft(&committee).send(&to, "3uago").bytes()
            }
        }
    }
}
