//! A long random walk on concentrated pools: swaps that end a unit around ticks, ranges at the ends of all prices, dust. After each
//! step the liquidity in force is the sum of the ranges around the price, and fees paid out and owed never exceed fees paid in.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::Event;
use agora_proto::cosmos::base::v1beta1::Coin;
use prost::Message as _;

use super::common::{Random, World, account, coins, curve, millionths, open, route, swap_in, swap_out};
use super::{holds_and_finds, operations};
use crate::math::sqrt_price::{Round, amount0, amount1};
use crate::math::tick::{MAX_TICK, sqrt_price_at};

const DENOMS: [&str; 2] = ["aaa", "bbb"];
const EACH: &str = "28356863910078205288614550619314017621aaa,28356863910078205288614550619314017621bbb";
/// The steps in one pool.
const STEPS: u64 = 100;
/// The most positions at once.
const MOST: usize = 8;

struct Walk {
    world: World,
    random: Random,
    pool: String,
    fee: u128,
    spacing: i32,
    /// Owner, id, liquidity, range.
    positions: Vec<(u8, String, u128, (i32, i32))>,
    taken: [u128; 2],
    paid: [u128; 2],
    done: u64,
}

fn add(sums: &mut [u128; 2], coins: &[Coin]) {
    for coin in coins {
        let index = DENOMS.iter().position(|denom| *denom == coin.denom).unwrap();
        sums[index] += coin.amount.parse::<u128>().unwrap();
    }
}

impl Walk {
    /// A fresh pool at a price of one, at a price of any size, or at an end of all prices.
    fn new(mut random: Random) -> Self {
        let mut world = World::new(3, EACH);
        let (fee, spacing) = [(100u128, 1), (3000, 60)][usize::try_from(random.below(2)).unwrap()];
        let last = MAX_TICK - 1;
        let tick = match random.below(4) {
            0 => -MAX_TICK + i32::try_from(random.below(100)).unwrap(),
            1 => last - i32::try_from(random.below(100)).unwrap(),
            2 => i32::try_from(random.below(1_000_000)).unwrap() - 500_000,
            _ => 0,
        };
        let message = wire::MsgCreateConcentratedPool {
            sender: account(1).to_string(),
            denom_0: "aaa".into(),
            denom_1: "bbb".into(),
            swap_fee: millionths(fee),
            price: String::new(),
            sqrt_price: sqrt_price_at(tick).unwrap().to_string(),
        };
        let pool = world.ok::<wire::MsgCreateConcentratedPoolResponse>(&message).pool_id;
        let mut walk = Self {
            world,
            random,
            pool,
            fee,
            spacing,
            positions: vec![],
            taken: [0; 2],
            paid: [0; 2],
            done: 0,
        };
        for _ in 0..4 {
            walk.open();
        }
        walk
    }

    fn who(&mut self) -> u8 {
        1 + u8::try_from(self.random.below(3)).unwrap()
    }

    fn most(&mut self) -> String {
        let sizes = if self.random.below(4) == 0 { 4 } else { 110 };
        format!("{}aaa,{}bbb", self.random.sized(sizes), self.random.sized(sizes))
    }

    fn open(&mut self) {
        if self.positions.len() >= MOST {
            return;
        }
        let end = MAX_TICK / self.spacing * self.spacing;
        let now = curve(&self.world, &self.pool).tick / self.spacing * self.spacing;
        let wide = if self.random.below(3) == 0 { 20_000 } else { 5 };
        let at = |random: &mut Random| {
            let tick = now
                + (i32::try_from(random.below(2 * wide + 1)).unwrap() - i32::try_from(wide).unwrap())
                    * self.spacing;
            if random.below(12) == 0 {
                [-end, end][usize::try_from(random.below(2)).unwrap()]
            } else {
                tick.clamp(-end, end)
            }
        };
        let (a, b) = (at(&mut self.random), at(&mut self.random));
        let (who, most, range) = (self.who(), self.most(), (a.min(b), a.max(b)));
        if let Ok(done) = self.world.run(&open(who, &self.pool, range, &most)) {
            let opened = wire::MsgOpenPositionResponse::decode(done.response.as_slice()).unwrap();
            self.positions.push((who, opened.position_id, opened.liquidity.parse().unwrap(), range));
            self.done += 1;
        }
    }

    fn change(&mut self) {
        if self.positions.is_empty() {
            return;
        }
        let index = usize::try_from(self.random.below(u64::try_from(self.positions.len()).unwrap())).unwrap();
        let (owner, position_id, liquidity, _) = self.positions[index].clone();
        let sender = account(owner).to_string();
        match self.random.below(4) {
            0 => {
                let coins_max = coins(&self.most());
                let message = wire::MsgIncreasePosition {
                    sender,
                    position_id,
                    coins_max,
                    liquidity_min: String::new(),
                    deadline: None,
                };
                let Ok(done) = self.world.run(&message) else { return };
                let more = wire::MsgIncreasePositionResponse::decode(done.response.as_slice()).unwrap();
                self.positions[index].2 += more.liquidity.parse::<u128>().unwrap();
                add(&mut self.paid, &more.fees);
            }
            1 => {
                let message = wire::MsgCollectFees { sender, position_id };
                let collected: wire::MsgCollectFeesResponse = self.world.ok(&message);
                add(&mut self.paid, &collected.fees);
            }
            _ => {
                let part = (liquidity >> self.random.below(3)).max(1);
                let message = wire::MsgDecreasePosition {
                    sender,
                    position_id,
                    liquidity: part.to_string(),
                    coins_min: vec![],
                    deadline: None,
                };
                // What was put in can always be taken out.
                let left: wire::MsgDecreasePositionResponse = self.world.ok(&message);
                add(&mut self.paid, &left.fees);
                self.positions[index].2 -= part;
                if part == liquidity {
                    self.positions.remove(index);
                }
            }
        }
        self.done += 1;
    }

    /// Dust, any size, or what leads to an end of a range and a unit more or less.
    fn amount(&mut self, zero_for_one: bool) -> u128 {
        let bits = if self.random.below(3) == 0 { 4 } else { 120 };
        let any = self.random.sized(bits);
        if self.positions.is_empty() || self.random.below(2) == 0 {
            return any;
        }
        let index = usize::try_from(self.random.below(u64::try_from(self.positions.len()).unwrap())).unwrap();
        let (_, _, _, range) = self.positions[index];
        let target =
            sqrt_price_at([range.0, range.1][usize::try_from(self.random.below(2)).unwrap()]).unwrap();
        let now = curve(&self.world, &self.pool);
        let (price, liquidity) = (now.sqrt_price.parse().unwrap(), now.liquidity.parse().unwrap());
        let amount = if zero_for_one { amount0 } else { amount1 };
        let net = amount(price, target, liquidity, Round::Ceil).and_then(|net| u128::try_from(net).ok());
        let Some(net) = net.filter(|net| *net < 1 << 100) else { return any };
        let gross = net + (net * self.fee).div_ceil(1_000_000 - self.fee);
        (gross + u128::from(self.random.below(3))).saturating_sub(1).max(1)
    }

    fn swap(&mut self) {
        let zero_for_one = self.random.below(2) == 0;
        let (give, take) = if zero_for_one { (0, 1) } else { (1, 0) };
        let way = [route(&[(&self.pool, DENOMS[take])])];
        let (who, amount) = (self.who(), self.amount(zero_for_one));
        let done = if self.random.below(4) > 0 {
            self.world.run(&swap_in(who, &format!("{amount}{}", DENOMS[give]), DENOMS[take], &way))
        } else {
            let most = format!("{}{}", 1u128 << 124, DENOMS[give]);
            self.world.run(&swap_out(who, &most, &format!("{amount}{}", DENOMS[take]), &way))
        };
        let Ok(done) = done else { return };
        self.taken[give] += fee(&done.events);
        self.done += 1;
    }

    /// Fees owed and paid out against those taken in: never more.
    fn check_fees(&self) {
        let mut owed = self.paid;
        for (_, position_id, ..) in &self.positions {
            let request = wire::QueryPositionRequest { position_id: position_id.clone() };
            let view: wire::QueryPositionResponse = self.world.query("Position", &request).unwrap();
            add(&mut owed, &view.position.unwrap().fees);
        }
        for (index, denom) in DENOMS.iter().enumerate() {
            let (owed, taken) = (owed[index], self.taken[index]);
            assert!(owed <= taken, "{owed}{denom} are owed of {taken} taken");
        }
    }
}

/// The fee of the exchange.
fn fee(events: &[Event]) -> u128 {
    let event = events.iter().find(|event| event.kind == "swapped").unwrap();
    let (_, fee) = event.attributes.iter().find(|(key, _)| key.as_ref() == "fee").unwrap();
    let fee = fee.to_string();
    fee.trim_end_matches(char::is_alphabetic).parse().unwrap()
}

/// A quarter of all operations.
fn walk() {
    let steps = operations() / 4;
    let mut walk = Walk::new(Random::new(4));
    let mut done = 0;
    for number in 1..=steps {
        match walk.random.below(8) {
            0 => walk.open(),
            1 | 2 => walk.change(),
            _ => walk.swap(),
        }
        // All invariants after every step; on long walks after every tenth.
        if steps <= 10_000 || number % 10 == 0 {
            walk.world.check();
        }
        if number % 10 == 0 {
            walk.check_fees();
            walk.world.check_exact();
        }
        if number % STEPS == 0 {
            walk.check_fees();
            done += walk.done;
            walk = Walk::new(walk.random);
        }
    }
    done += walk.done;
    assert!(done > steps / 4, "too little happened: {done} of {steps}");
}

#[test]
fn liquidity_in_force_is_the_sum_of_the_ranges_and_fees_owed_never_exceed_fees_taken() {
    let bugs = ["growth:rounded_up", "concentrated:tick_passed_over", "position:fees_from_before"];
    holds_and_finds(&bugs, walk);
}
