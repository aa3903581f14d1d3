//! The end of a block: what is due costs, up to a cap; what is not due does not.

use agora_bank::api as bank;
use agora_executor::Sequential;
use agora_primitives::{Address, Denom, module_address};
use agora_runtime::{BlockOutcome, Runtime};
use agora_state::encode_sum;
use anyhow::ensure;
use serde_json::{Value, json};

use crate::cli::Setting;
use crate::memory::Memory;
use crate::report::{Report, Table, progress};
use crate::rounds::Rounds;
use crate::summary::{Figure, shown};
use crate::transfers::{GENESIS_TIME, address, block, first_writes};

/// What a chain has.
#[derive(Clone, Copy)]
struct Load {
    accounts: u64,
    /// Unbondings and proposals that end in the second block.
    due: [u64; 2],
    /// The same in a year.
    idle: [u64; 2],
}

/// As many unbondings and proposals as end in one block at most.
const CAPS: [u64; 2] = [1_000, 100];

/// What a validator has at stake, in base units.
const STAKE: u64 = 1_000_000_000_000;

/// What leaves it in each unbonding.
const LEAVING: u64 = 1_000;

/// A year in seconds.
const YEAR: u64 = 31_536_000;

pub(crate) fn run(setting: &Setting) -> anyhow::Result<Report> {
    let (few, many, times, rounds) =
        if setting.quick { (1_000, 20_000, 2, 5) } else { (10_000, 1_000_000, 10, 15) };
    let more = CAPS.map(|cap| cap * times);
    let nothing = [0, 0];
    let cases = [
        ("due", "as much is due as ends in a block", Load { accounts: few, due: CAPS, idle: nothing }),
        ("beside much", "beside much that is not due", Load { accounts: many, due: CAPS, idle: more }),
        ("more due", "many times as much is due", Load { accounts: few, due: more, idle: nothing }),
        ("nothing due", "nothing of much is due", Load { accounts: many, due: nothing, idle: more }),
    ];
    let runtime = Runtime::standard()?;
    let mut chains = Vec::new();
    for (name, title, load) in cases {
        progress(format_args!("{title}: {} accounts", load.accounts));
        let state = open(&runtime, load)?;
        ends(&runtime, state.clone(), load)?;
        chains.push((name, title, load, state));
    }
    let mut measured = Rounds::default();
    for round in 0..=rounds {
        let mut this = Rounds::default();
        for (name, _, _, state) in &chains {
            this.time(name, || end(&runtime, state, 2))?;
        }
        if round > 0 {
            measured.append(&this);
        }
    }
    let mut report = Report::new(format!("block-end: blocks without transactions, {rounds} rounds"));
    let columns = ["", "accounts", "unbondings due", "of", "proposals due", "of", "time", "middle half"];
    let mut table = Table::new("The end of a block, against the first row", &columns);
    for (name, title, load, _) in &chains {
        let ratio = measured.ratio(name, "due");
        let [unbondings, proposals] =
            [0, 1].map(|kind| [load.due[kind], load.due[kind] + load.idle[kind]].map(|n| n.to_string()));
        let [due, all] = unbondings;
        let [proposals_due, proposals] = proposals;
        table.row([
            (*title).to_owned(),
            load.accounts.to_string(),
            due,
            all,
            proposals_due,
            proposals,
            format!("{} x", shown(ratio.median)),
            format!("{} to {}", shown(ratio.low), shown(ratio.high)),
        ]);
    }
    report.tables.push(table);
    for (name, figure, meaning) in [
        ("beside much", "block_end_beside_much", "the same is due beside many accounts and much that is not"),
        ("more due", "block_end_when_more_is_due", "many times as much is due: the cap holds"),
    ] {
        let value = measured.ratio(name, "due").median;
        report.figures.push(Figure::new(figure, meaning, value, "x").bars(1.0, 1.5));
    }
    let idle = measured.ratio("nothing due", "due").median * 100.0;
    let meaning = "nothing of much is due, against a block in which as much ends as may";
    report.figures.push(Figure::new("block_end_idle", meaning, idle, "%"));
    Ok(report)
}

/// A block without transactions.
fn end(runtime: &Runtime, state: &Memory, height: u64) -> anyhow::Result<BlockOutcome> {
    let none: [Vec<u8>; 0] = [];
    runtime
        .finalize(&Sequential, state, &block(height), &none)
        .map_err(|e| anyhow::anyhow!("block {height}: {e}"))
}

/// What is due ends, in as many blocks as the caps say, and nothing else does.
fn ends(runtime: &Runtime, mut state: Memory, load: Load) -> anyhow::Result<()> {
    let mut ended = [0, 0];
    let blocks = load.due.iter().zip(CAPS).map(|(due, cap)| due.div_ceil(cap)).max().unwrap_or(0);
    for height in 2..2 + blocks + 1 {
        let outcome = end(runtime, &state, height)?;
        for (kind, event) in ["complete_unbonding", "inactive_proposal"].into_iter().enumerate() {
            let count = outcome.events.iter().filter(|e| e.kind == event).count() as u64;
            ensure!(count <= CAPS[kind], "{count} times {event} in block {height}");
            ended[kind] += count;
        }
        state.0.extend(outcome.writes);
    }
    ensure!(ended == load.due, "{ended:?} ended, {:?} were due", load.due);
    Ok(())
}

/// The first state of such a chain.
fn open(runtime: &Runtime, load: Load) -> anyhow::Result<Memory> {
    let counted = |kind: usize| (0..load.due[kind] + load.idle[kind]).map(move |i| (i, i < load.due[kind]));
    let time = |due: bool| {
        let seconds = GENESIS_TIME / 1_000_000_000 + if due { 2 } else { YEAR };
        let time = time::OffsetDateTime::from_unix_timestamp(seconds as i64)?;
        time.format(&time::format_description::well_known::Rfc3339).map_err(anyhow::Error::from)
    };
    let (soon, late) = (time(true)?, time(false)?);
    let when = |due: bool| if due { &soon } else { &late };
    let owner = Address::from_20([1; 20]);
    let mut app_state = runtime.default_genesis();
    let unbondings: Vec<Value> = counted(0).map(|(i, due)| unbonding(i, when(due), &owner)).collect();
    let held = |holder: Address, amount: u64| {
        json!({
            "address": holder.to_string(),
            "coins": [{"denom": "uago", "amount": amount.to_string()}],
        })
    };
    let mut balances = vec![held(owner, STAKE), held(module_address("bonded_tokens_pool"), STAKE)];
    if !unbondings.is_empty() {
        let leaving = LEAVING * unbondings.len() as u64;
        balances.push(held(module_address("not_bonded_tokens_pool"), leaving));
    }
    app_state["bank"]["balances"] = balances.into();
    app_state["staking"]["validators"] = json!([validator(&owner)]);
    app_state["staking"]["delegations"] = json!([{
        "delegator_address": owner.to_string(),
        "validator_address": owner.to_bech32("agoravaloper"),
        "shares": format!("{STAKE}.000000000000000000"),
    }]);
    app_state["staking"]["unbonding_delegations"] = unbondings.into();
    let proposals: Vec<Value> =
        counted(1).map(|(i, due)| proposal(i + 1, when(due), &soon, &owner)).collect();
    app_state["gov"]["starting_proposal_id"] = (proposals.len() + 1).to_string().into();
    app_state["gov"]["proposals"] = proposals.into();
    let mut state = Memory(first_writes(runtime, app_state)?);
    // Accounts do nothing here but be there: the document of a million would take gigabytes.
    let denom = Denom::native();
    for account in 0..load.accounts {
        state.0.insert(bank::balance_key(&address(account), &denom), encode_sum(1_000_000));
    }
    let first = end(runtime, &state, 1)?;
    ensure!(first.events.iter().all(|e| e.kind != "complete_unbonding"), "something ended in block 1");
    state.0.extend(first.writes);
    Ok(state)
}

fn validator(owner: &Address) -> Value {
    json!({
        "operator_address": owner.to_bech32("agoravaloper"),
        "consensus_pubkey": {
            "@type": "/cosmos.crypto.ed25519.PubKey",
            "key": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        },
        "jailed": false,
        "status": "BOND_STATUS_BONDED",
        "tokens": STAKE.to_string(),
        "delegator_shares": format!("{STAKE}.000000000000000000"),
        "description": { "moniker": "v", "identity": "", "website": "", "security_contact": "", "details": "" },
        "unbonding_height": "0",
        "unbonding_time": "1970-01-01T00:00:00Z",
        "commission": {
            "commission_rates": { "rate": "0.1", "max_rate": "0.2", "max_change_rate": "0.01" },
            "update_time": "1970-01-01T00:00:00Z",
        },
        "min_self_delegation": "1",
        "unbonding_on_hold_ref_count": "0",
        "unbonding_ids": [],
    })
}

fn unbonding(account: u64, until: &str, operator: &Address) -> Value {
    json!({
        "delegator_address": address(account).to_string(),
        "validator_address": operator.to_bech32("agoravaloper"),
        "entries": [{
            "creation_height": "0",
            "completion_time": until,
            "initial_balance": LEAVING.to_string(),
            "balance": LEAVING.to_string(),
            "unbonding_id": "0",
            "unbonding_on_hold_ref_count": "0",
        }],
    })
}

fn proposal(id: u64, until: &str, submitted: &str, proposer: &Address) -> Value {
    json!({
        "id": id.to_string(),
        "messages": [],
        "status": "PROPOSAL_STATUS_DEPOSIT_PERIOD",
        "submit_time": submitted,
        "deposit_end_time": until,
        "total_deposit": [],
        "metadata": "",
        "title": "One of many",
        "summary": "",
        "proposer": proposer.to_string(),
        "expedited": false,
        "failed_reason": "",
    })
}
