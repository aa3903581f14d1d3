//! The reference: two constant products in exact ratios, what every account holds, and whose the positions are.

use super::ratio::Ratio;

/// The accounts that act.
pub(crate) const ACCOUNTS: usize = 3;
/// What each holds at first of `aaa`, `bbb` and `ccc`.
pub(crate) const EACH: u128 = 1_000_000_000_000;
/// The fees of the two pools, in millionths.
pub(crate) const FEES: [u128; 2] = [3000, 0];
/// Shares that nobody has.
const LOCKED: u128 = 1000;

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Along pools, from a coin to another; a limit a unit beyond what there is must fail.
    Swap { who: usize, path: Path, exact_in: bool, amount: u128, too_strict: bool },
    /// Coins in proportion.
    Join { who: usize, pool: usize, most: [u128; 2] },
    /// Shares for coins in proportion.
    JoinExact { who: usize, pool: usize, shares: u128 },
    /// Shares back; a part of the account's, in millionths, or more than it has.
    Exit { who: usize, pool: usize, part: u128 },
    /// A position.
    Open { who: usize, width: i32 },
    /// A quarter of a position, by its owner or somebody else.
    Decrease { who: usize, position: usize },
    /// A position handed on.
    Transfer { who: usize, position: usize, to: usize },
    /// A swap through the positions.
    Cross { who: usize, up: bool, amount: u128 },
    /// A pool of another kind, joined or left in one coin, exact on some side.
    Single { who: usize, kind: usize, way: usize, amount: u128 },
    /// Time.
    Wait,
}

/// From one of `aaa`, `bbb`, `ccc` to another: pool 0 is of the first two, pool 1 of the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Path {
    /// The pools on the way, with the coins that go in and come out.
    pub(crate) fn hops(self) -> Vec<(usize, usize, usize)> {
        match (self.from, self.to) {
            (0, 2) => vec![(0, 0, 1), (1, 1, 2)],
            (2, 0) => vec![(1, 2, 1), (0, 1, 0)],
            (from, to) => vec![(from.min(to), from, to)],
        }
    }
}

/// Why a step fails: codespace and code.
pub(crate) type Refusal = (&'static str, u32);

const LIMIT: Refusal = ("dex", 3);
const AMOUNT: Refusal = ("dex", 6);
const GONE: Refusal = ("dex", 9);
const FUNDS: Refusal = ("sdk", 5);
const RIGHTS: Refusal = ("sdk", 4);

/// A constant product of coin `n` and coin `n + 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pool {
    pub(crate) reserves: [u128; 2],
    pub(crate) shares: u128,
    fee: u128,
}

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) pools: [Pool; 2],
    /// By account and coin.
    pub(crate) coins: [[u128; 3]; ACCOUNTS],
    /// By account and pool.
    pub(crate) shares: [[u128; 2]; ACCOUNTS],
    /// Owner and quarters left.
    pub(crate) positions: Vec<(usize, u8)>,
    /// What the last step does: an amount, or why it fails. Nothing where the model does not say.
    pub(crate) outcome: Option<Result<u128, Refusal>>,
}

impl Model {
    /// Account 0 has made the pools.
    pub(crate) fn new() -> Self {
        let reserves = [[4_000_000, 9_000_000], [1_000_000, 1_000_000]];
        let made = [6_000_000, 1_000_000];
        let mut coins = [[EACH; 3]; ACCOUNTS];
        for (pool, [x, y]) in reserves.iter().enumerate() {
            coins[0][pool] -= x;
            coins[0][pool + 1] -= y;
        }
        let mut shares = [[0; 2]; ACCOUNTS];
        shares[0] = made.map(|made| made - LOCKED);
        let pool = |n: usize| Pool { reserves: reserves[n], shares: made[n], fee: FEES[n] };
        Self { pools: [pool(0), pool(1)], coins, shares, positions: vec![], outcome: None }
    }

    /// Takes a step, or stays as it is where it must fail.
    pub(crate) fn take(&mut self, step: &Step) {
        let mut after = self.clone();
        let outcome = match step {
            Step::Swap { who, path, exact_in, amount, too_strict } => {
                Some(after.swap(*who, *path, *exact_in, *amount, *too_strict))
            }
            Step::Join { who, pool, most } => Some(after.join(*who, *pool, *most)),
            Step::JoinExact { who, pool, shares } => {
                Some(after.join_exact(*who, *pool, *shares).map(|()| *shares))
            }
            Step::Exit { who, pool, part } => Some(after.exit(*who, *pool, *part)),
            Step::Open { who, .. } => {
                after.positions.push((*who, 4));
                None
            }
            Step::Decrease { who, position } => after.decrease(*who, *position),
            Step::Transfer { who, position, to } => after.transfer(*who, *position, *to),
            Step::Cross { .. } | Step::Single { .. } | Step::Wait => None,
        };
        if !matches!(outcome, Some(Err(_))) {
            *self = after;
        }
        self.outcome = outcome;
    }

    fn swap(
        &mut self,
        who: usize,
        path: Path,
        exact_in: bool,
        amount: u128,
        too_strict: bool,
    ) -> Result<u128, Refusal> {
        let mut moving = amount;
        let hops = path.hops();
        let order: Vec<_> = if exact_in { hops } else { hops.into_iter().rev().collect() };
        for (pool, from, to) in order {
            let pool = &mut self.pools[pool];
            let (i, j) = if from < to { (0, 1) } else { (1, 0) };
            let kept = Ratio::millionths(1_000_000 - pool.fee);
            let (x, y) = (Ratio::whole(pool.reserves[i]), Ratio::whole(pool.reserves[j]));
            let (given, taken) = if exact_in {
                let net = Ratio::whole(moving).times(&kept);
                (moving, net.times(&y).over(&x.plus(&net)).floor())
            } else {
                let rest = pool.reserves[j].checked_sub(moving).filter(|rest| *rest > 0).ok_or(AMOUNT)?;
                (x.times(&Ratio::whole(moving)).over(&Ratio::whole(rest).times(&kept)).ceil(), moving)
            };
            if taken == 0 || given == 0 {
                return Err(AMOUNT);
            }
            pool.reserves[i] += given;
            pool.reserves[j] -= taken;
            moving = if exact_in { taken } else { given };
        }
        // An exact output that costs a unit meets even the limit of one.
        if too_strict && (exact_in || moving > 1) {
            return Err(LIMIT);
        }
        let (given, taken) = if exact_in { (amount, moving) } else { (moving, amount) };
        let held = &mut self.coins[who];
        held[path.from] = held[path.from].checked_sub(given).ok_or(FUNDS)?;
        held[path.to] += taken;
        Ok(moving)
    }

    fn pay_in(&mut self, who: usize, pool: usize, shares: u128) -> Result<(), Refusal> {
        let part = Ratio::whole(shares).over(&Ratio::whole(self.pools[pool].shares));
        let cost = self.pools[pool].reserves.map(|reserve| Ratio::whole(reserve).times(&part).ceil());
        for (side, cost) in cost.into_iter().enumerate() {
            let held = &mut self.coins[who][pool + side];
            *held = held.checked_sub(cost).ok_or(FUNDS)?;
            self.pools[pool].reserves[side] += cost;
        }
        self.pools[pool].shares += shares;
        self.shares[who][pool] += shares;
        Ok(())
    }

    fn join(&mut self, who: usize, pool: usize, most: [u128; 2]) -> Result<u128, Refusal> {
        let all = Ratio::whole(self.pools[pool].shares);
        let given = |side: usize| {
            Ratio::whole(most[side]).times(&all).over(&Ratio::whole(self.pools[pool].reserves[side])).floor()
        };
        let shares = given(0).min(given(1));
        if shares == 0 {
            return Err(AMOUNT);
        }
        self.pay_in(who, pool, shares).map(|()| shares)
    }

    fn join_exact(&mut self, who: usize, pool: usize, shares: u128) -> Result<(), Refusal> {
        self.pay_in(who, pool, shares)
    }

    /// The shares that a part stands for.
    pub(crate) fn part(&self, who: usize, pool: usize, part: u128) -> u128 {
        (self.shares[who][pool] * part / 1_000_000).max(1)
    }

    fn exit(&mut self, who: usize, pool: usize, part: u128) -> Result<u128, Refusal> {
        let shares = self.part(who, pool, part);
        let target = &mut self.pools[pool];
        if shares >= target.shares {
            return Err(AMOUNT);
        }
        let ratio = Ratio::whole(shares).over(&Ratio::whole(target.shares));
        let worth = target.reserves.map(|reserve| Ratio::whole(reserve).times(&ratio).floor());
        if worth == [0, 0] {
            return Err(AMOUNT);
        }
        let held = &mut self.shares[who][pool];
        *held = held.checked_sub(shares).ok_or(FUNDS)?;
        target.shares -= shares;
        for (side, worth) in worth.into_iter().enumerate() {
            target.reserves[side] -= worth;
            self.coins[who][pool + side] += worth;
        }
        Ok(worth[0])
    }

    fn owned(&mut self, who: usize, position: usize) -> Option<Result<&mut (usize, u8), Refusal>> {
        let count = self.positions.len();
        let found = self.positions.get_mut(position % count.max(1))?;
        Some(match found {
            (_, 0) => Err(GONE),
            (owner, _) if *owner != who => Err(RIGHTS),
            found => Ok(found),
        })
    }

    fn decrease(&mut self, who: usize, position: usize) -> Option<Result<u128, Refusal>> {
        Some(self.owned(who, position)?.map(|(_, quarters)| {
            *quarters -= 1;
            0
        }))
    }

    fn transfer(&mut self, who: usize, position: usize, to: usize) -> Option<Result<u128, Refusal>> {
        Some(self.owned(who, position)?.map(|(owner, _)| {
            *owner = to;
            0
        }))
    }
}
