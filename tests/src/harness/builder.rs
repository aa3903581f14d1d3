//! How a chain is set up.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_framework::Module;
use agora_primitives::{Address, Coins};
use agora_runtime::Runtime;
use serde_json::{Value, json};

use super::chain::TestChain;
use crate::txs::{Addressed, coins};

/// What makes the list of modules, again after every restart.
pub type Modules = Arc<dyn Fn() -> Vec<Arc<dyn Module>> + Send + Sync>;

/// A chain to be.
#[must_use]
pub struct Builder {
    chain_id: String,
    modules: Modules,
    balances: BTreeMap<Address, Coins>,
    sections: Vec<(String, Value)>,
    app_state: Option<Value>,
    initial_height: u64,
    genesis_time: u64,
    operator: Option<Address>,
    recorded: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            chain_id: "agora-test-1".to_owned(),
            modules: Arc::new(agora_runtime::modules),
            balances: BTreeMap::new(),
            sections: Vec::new(),
            app_state: None,
            initial_height: 1,
            genesis_time: super::chain::GENESIS_TIME,
            operator: None,
            recorded: false,
        }
    }
}

impl Builder {
    /// The chain id.
    pub fn chain_id(mut self, chain_id: &str) -> Self {
        chain_id.clone_into(&mut self.chain_id);
        self
    }

    /// The modules, instead of the chain's own list.
    pub fn modules(mut self, modules: impl Fn() -> Vec<Arc<dyn Module>> + Send + Sync + 'static) -> Self {
        self.modules = Arc::new(modules);
        self
    }

    /// The chain's own modules and one more, which is the same after every restart.
    pub fn module(self, module: Arc<dyn Module>) -> Self {
        self.modules(move || {
            let mut modules = agora_runtime::modules();
            modules.push(Arc::clone(&module));
            modules
        })
    }

    /// Accounts with 1,000,000,000uago and 1,000,000uusdc each.
    pub fn accounts<'a>(self, accounts: impl IntoIterator<Item = &'a crate::txs::Account>) -> Self {
        accounts
            .into_iter()
            .fold(self, |builder, account| builder.balance(account, "1000000uusdc,1000000000uago"))
    }

    /// What an account holds.
    pub fn balance(mut self, holder: &impl Addressed, amount: &str) -> Self {
        self.balances.insert(holder.address(), coins(amount));
        self
    }

    /// What accounts hold.
    pub fn balances<'a, A: Addressed + 'a>(
        self,
        balances: impl IntoIterator<Item = (&'a A, &'a str)>,
    ) -> Self {
        balances.into_iter().fold(self, |builder, (holder, amount)| builder.balance(holder, amount))
    }

    /// Replaces a value in the genesis, by JSON pointer: `/feemarket/params/enabled`.
    pub fn genesis(mut self, pointer: &str, value: Value) -> Self {
        self.sections.push((pointer.to_owned(), value));
        self
    }

    /// A whole application state, such as an export, instead of the defaults.
    pub fn app_state(mut self, state: Value) -> Self {
        self.app_state = Some(state);
        self
    }

    /// A validator of power 10, for which this account stakes: the chain has votes and proposers then.
    pub fn validator(mut self, operator: &impl Addressed) -> Self {
        self.operator = Some(operator.address());
        self
    }

    /// The height of the first block.
    pub fn initial_height(mut self, height: u64) -> Self {
        self.initial_height = height;
        self
    }

    /// The time of genesis, in nanoseconds since 1970: for an export, the time of the last block exported.
    pub fn genesis_time(mut self, time: u64) -> Self {
        self.genesis_time = time;
        self
    }

    /// Keeps what consensus asks and is answered.
    pub fn recorded(mut self) -> Self {
        self.recorded = true;
        self
    }

    /// Goes on where another chain stands: its id, its state, its height and its time.
    pub fn continuing(self, chain: &TestChain) -> Self {
        self.chain_id(chain.chain_id())
            .app_state(chain.export())
            .initial_height(chain.height() + 1)
            .genesis_time(chain.time())
    }

    /// The genesis state.
    ///
    /// # Panics
    /// If a pointer leads nowhere.
    #[must_use]
    pub fn state(&self, runtime: &Runtime) -> Value {
        let mut state = self.app_state.clone().unwrap_or_else(|| runtime.default_genesis());
        for (holder, held) in &self.balances {
            let held: Vec<Value> = held
                .iter()
                .map(|c| json!({"denom": c.denom.as_str(), "amount": c.amount.to_string()}))
                .collect();
            let balances = state["bank"]["balances"].as_array_mut().expect("balances");
            balances.push(json!({"address": holder.to_string(), "coins": held}));
        }
        if let Some(operator) = &self.operator {
            state["staking"]["operator"] = operator.to_string().into();
        }
        for (pointer, value) in &self.sections {
            *state.pointer_mut(pointer).unwrap_or_else(|| panic!("genesis has no {pointer}")) = value.clone();
        }
        state
    }

    /// Starts the chain: InitChain and a first block without transactions.
    ///
    /// # Panics
    /// If the chain does not start.
    #[must_use]
    pub fn build(self) -> TestChain {
        let runtime = Runtime::new((self.modules)()).expect("a consistent list of modules");
        let state = self.state(&runtime);
        let validators = self.operator.iter().map(|_| (super::validators::FIRST_KEY, 10)).collect();
        TestChain::start(
            runtime,
            self.modules,
            &self.chain_id,
            (self.initial_height, self.genesis_time),
            &state,
            validators,
            self.recorded,
        )
    }
}
