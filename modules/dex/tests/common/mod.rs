//! The bank and the exchange on a state in memory: messages run as in a block, one at a time.
#![allow(dead_code, unused_imports)] // Each test file uses a part.

mod make;
mod random;
mod watched;

use std::sync::Arc;

use agora_bank::Bank;
use agora_dex::Dex;
use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::{
    AppError, BlockInfo, Event, ExecCtx, GasMeter, GenesisCtx, Module, QueryCtx, QueryError, Registry, TxInfo,
};
use agora_primitives::{Address, module_address};
use agora_proto::cosmos::base::v1beta1::Coin;
use agora_state::{EmptyState, Overlay, StateKey, StateRead, TrackedView};
use prost::{Message, Name};
use serde_json::{Value, json};

pub(crate) use make::{
    amount, coin, coins, curve, figures, kinds, millionths, n, open, route, swap_in, swap_out,
};
pub(crate) use random::Random;
use watched::Watched;

/// Nanoseconds in a second.
pub(crate) const SECOND: u64 = 1_000_000_000;
/// Enough for every test of concentrated pools.
pub(crate) const RICHER: &str = "1000000000000000000000000000000aaa,1000000000000000000000000000000bbb";
/// Enough for every test of pools with shares.
pub(crate) const RICH: &str =
    "1000000000000000000000000aaa,1000000000000000000000000bbb,1000000000000000000000000ccc";

/// What a message that succeeded did.
pub(crate) struct Done {
    /// The encoded response.
    pub(crate) response: Vec<u8>,
    /// The events.
    pub(crate) events: Vec<Event>,
    /// The gas.
    pub(crate) gas: u64,
    /// The keys whose values were replaced.
    pub(crate) written: Vec<StateKey>,
    /// The keys of sums that were added to.
    pub(crate) added: Vec<StateKey>,
}

/// A chain of two modules.
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) state: Overlay<EmptyState>,
    pub(crate) block: BlockInfo,
    sequence: u64,
}

/// An account.
pub(crate) fn account(n: u8) -> Address {
    Address::from_20([n; 20])
}

/// The account of governance.
pub(crate) fn authority() -> Address {
    module_address("gov")
}

impl World {
    /// A chain on which the first accounts hold coins, and making a pool costs nothing.
    pub(crate) fn new(accounts: u8, each: &str) -> Self {
        let coin = |c: &Coin| json!({"denom": c.denom, "amount": c.amount});
        let held: Vec<Value> = coins(each).iter().map(coin).collect();
        let balances: Vec<Value> =
            (1..=accounts).map(|n| json!({"address": account(n).to_string(), "coins": held})).collect();
        let mut bank = Bank.default_genesis();
        bank["balances"] = balances.into();
        let mut dex = Dex.default_genesis();
        dex["params"]["pool_creation_fee"]["amount"] = "0".into();
        Self::from_genesis(&bank, &dex)
    }

    /// A chain with these sections.
    pub(crate) fn from_genesis(bank: &Value, dex: &Value) -> Self {
        Self::try_from_genesis(bank, dex).unwrap()
    }

    /// As [`World::from_genesis`], or what is wrong with them.
    pub(crate) fn try_from_genesis(bank: &Value, dex: &Value) -> Result<Self, AppError> {
        let modules: Vec<Arc<dyn Module>> = vec![Arc::new(Bank), Arc::new(Dex)];
        let registry = Registry::new(modules).unwrap();
        let mut state = Overlay::new(EmptyState);
        for (module, section) in registry.modules().to_vec().iter().zip([bank, dex]) {
            let mut view = TrackedView::new(&state);
            let mut ctx = GenesisCtx::new(&mut view, &registry);
            module.init_genesis(&mut ctx, section)?;
            let (changes, _) = view.finish();
            state.apply(changes).unwrap();
        }
        let block = BlockInfo { chain_id: "test".into(), height: 1, time: 1_000_000 * SECOND };
        Ok(Self { registry, state, block, sequence: 0 })
    }

    /// Time passes.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.block.height += 1;
        self.block.time += seconds * SECOND;
    }

    /// Runs a message with a limit of gas; nothing stays if it fails.
    pub(crate) fn run_within<M: Message + Name>(&mut self, gas: u64, message: &M) -> Result<Done, AppError> {
        self.run_watched(&GasMeter::new(gas), message, &mut |_| {})
    }

    /// Runs a message and shows the state as it is after each single write to `watch`; nothing stays if it fails.
    pub(crate) fn run_watched<M: Message + Name>(
        &mut self,
        meter: &GasMeter,
        message: &M,
        watch: &mut dyn FnMut(&dyn StateRead),
    ) -> Result<Done, AppError> {
        let any = prost_types::Any { type_url: agora_proto::type_url::<M>(), value: message.encode_to_vec() };
        let message = self.registry.decode(&any)?;
        let info =
            TxInfo { hash: [0; 32], signers: message.signers()?, sequence: self.sequence, msg_index: 0 };
        self.sequence += 1;
        let mut view = Watched { view: TrackedView::new(&self.state), watch };
        let mut ctx = ExecCtx::new(&mut view, meter, &self.block, info, &self.registry);
        let response = message.execute(&mut ctx)?;
        let events = ctx.take_events();
        if let Some(error) = meter.exhausted() {
            return Err(error);
        }
        let (changes, _) = view.view.finish();
        let written = changes.writes.keys().cloned().collect();
        let added = changes.deltas.keys().cloned().collect();
        self.state.apply(changes).unwrap();
        Ok(Done { response: response.value, events, gas: meter.used(), written, added })
    }

    /// Runs a message.
    pub(crate) fn run<M: Message + Name>(&mut self, message: &M) -> Result<Done, AppError> {
        self.run_within(50_000_000, message)
    }

    /// Runs a message that succeeds; returns its response.
    #[track_caller]
    pub(crate) fn ok<R: Message + Default>(&mut self, message: &impl Name) -> R {
        match self.run(message) {
            Ok(done) => R::decode(done.response.as_slice()).unwrap(),
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs a message that is refused with this code.
    #[track_caller]
    pub(crate) fn refused(&mut self, codespace: &str, code: u32, message: &impl Name) -> String {
        match self.run(message) {
            Ok(_) => panic!("it succeeded"),
            Err(error) => {
                assert_eq!((error.codespace, error.code), (codespace, code), "{error}");
                error.log
            }
        }
    }

    /// Asks a query.
    pub(crate) fn query<Req: Message, Res: Message + Default>(
        &self,
        name: &str,
        request: &Req,
    ) -> Result<Res, QueryError> {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        let path = format!("/agora.dex.v1.Query/{name}");
        let answer = self.registry.answer(&ctx, &path, &request.encode_to_vec())?;
        Ok(Res::decode(answer.as_slice()).unwrap())
    }

    /// What an account holds.
    pub(crate) fn balance(&self, holder: &Address, denom: &str) -> u128 {
        agora_bank::api::balance(&self.state, holder, &denom.parse().unwrap()).unwrap()
    }

    /// A pool.
    pub(crate) fn pool(&self, id: &str) -> wire::Pool {
        let request = wire::QueryPoolRequest { pool_id: id.to_owned() };
        self.query::<_, wire::QueryPoolResponse>("Pool", &request).unwrap().pool.unwrap()
    }

    /// The reserve of a pool.
    pub(crate) fn reserve(&self, id: &str, denom: &str) -> u128 {
        self.pool(id).reserves.iter().find(|c| c.denom == denom).unwrap().amount.parse().unwrap()
    }

    /// The sections of both modules.
    pub(crate) fn export(&self) -> (Value, Value) {
        let ctx = QueryCtx::new(&self.state, &self.block, &self.registry);
        (Bank.export_genesis(&ctx).unwrap(), Dex.export_genesis(&ctx).unwrap())
    }

    /// Every invariant of the exchange and the supply of the bank. The bank's list of holders is made by the end of a block,
    /// which there is none of here.
    #[track_caller]
    pub(crate) fn check(&self) {
        let all = Dex.invariants().into_iter().chain(Bank.invariants().into_iter().take(1));
        for invariant in all {
            if let Err(why) = (invariant.check)(&self.state) {
                panic!("{:?} does not hold: {why}", invariant.name);
            }
        }
    }

    /// The address of every pool holds exactly its reserves and its locked shares.
    #[track_caller]
    pub(crate) fn check_exact(&self) {
        let pools: wire::QueryPoolsResponse =
            self.query("Pools", &wire::QueryPoolsRequest::default()).unwrap();
        for pool in pools.pools {
            let address: Address = pool.address.parse().unwrap();
            for reserve in &pool.reserves {
                assert_eq!(self.balance(&address, &reserve.denom).to_string(), reserve.amount, "{}", pool.id);
            }
        }
    }
}
