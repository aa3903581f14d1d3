//! The REST routes that Keplr and ping.pub ask for, each with what they read of the answer.

use agora_genesis::dev_accounts::VALIDATOR;
use agora_primitives::Address;
use agora_tests::process::{Kind, Node};
use serde_json::Value;

/// A route; its status; what its answer must have, by JSON pointer.
type Route = (&'static str, u16, &'static [&'static str]);

/// Routes of what is there. `{account}` has coins and stakes with `{validator}`, whose key is `{consensus}`.
const ROUTES: [Route; 68] = [
    (
        "/cosmos/base/tendermint/v1beta1/node_info",
        200,
        &["/default_node_info/network", "/application_version/version"],
    ),
    ("/cosmos/base/tendermint/v1beta1/syncing", 200, &["/syncing"]),
    (
        "/cosmos/base/tendermint/v1beta1/blocks/latest",
        200,
        &["/block_id/hash", "/block/header/chain_id", "/block/last_commit"],
    ),
    ("/cosmos/base/tendermint/v1beta1/blocks/2", 200, &["/block/header/proposer_address", "/block/data/txs"]),
    ("/cosmos/base/tendermint/v1beta1/blocks/999999999", 400, &["/code", "/message", "/details"]),
    (
        "/cosmos/base/tendermint/v1beta1/validatorsets/latest",
        200,
        &["/block_height", "/validators/0/pub_key/key", "/validators/0/voting_power"],
    ),
    ("/cosmos/base/tendermint/v1beta1/validatorsets/2", 200, &["/validators/0/proposer_priority"]),
    ("/cosmos/base/node/v1beta1/config", 200, &["/minimum_gas_price"]),
    ("/cosmos/auth/v1beta1/params", 200, &["/params/max_memo_characters"]),
    (
        "/cosmos/auth/v1beta1/accounts/{account}",
        200,
        &["/account/@type", "/account/sequence", "/account/account_number"],
    ),
    // As a Cosmos SDK node answers.
    ("/cosmos/auth/v1beta1/accounts/test", 500, &["/code", "/message"]),
    (
        "/cosmos/auth/v1beta1/module_accounts",
        200,
        &["/accounts/0/base_account/address", "/accounts/0/permissions"],
    ),
    ("/cosmos/bank/v1beta1/params", 200, &["/params/default_send_enabled"]),
    (
        "/cosmos/bank/v1beta1/balances/{account}?pagination.limit=1000",
        200,
        &["/balances/0/denom", "/balances/0/amount", "/pagination"],
    ),
    ("/cosmos/bank/v1beta1/spendable_balances/{account}?pagination.limit=1000", 200, &["/balances/0/amount"]),
    ("/cosmos/bank/v1beta1/spendable_balances/test", 400, &["/code", "/message", "/details"]),
    ("/cosmos/bank/v1beta1/supply", 200, &["/supply/0/denom", "/pagination/total"]),
    ("/cosmos/bank/v1beta1/supply/by_denom?denom=uago", 200, &["/amount/amount"]),
    (
        "/cosmos/bank/v1beta1/denoms_metadata",
        200,
        &["/metadatas/0/denom_units/0/exponent", "/metadatas/0/display"],
    ),
    (
        "/cosmos/staking/v1beta1/params",
        200,
        &["/params/unbonding_time", "/params/max_validators", "/params/bond_denom"],
    ),
    ("/cosmos/staking/v1beta1/pool", 200, &["/pool/bonded_tokens", "/pool/not_bonded_tokens"]),
    (
        "/cosmos/staking/v1beta1/validators?status=BOND_STATUS_BONDED&pagination.limit=300",
        200,
        &[
            "/validators/0/operator_address",
            "/validators/0/consensus_pubkey/key",
            "/validators/0/tokens",
            "/validators/0/delegator_shares",
            "/validators/0/commission/commission_rates/rate",
            "/validators/0/description/moniker",
            "/validators/0/jailed",
            "/validators/0/status",
            "/validators/0/min_self_delegation",
            "/pagination/total",
        ],
    ),
    ("/cosmos/staking/v1beta1/validators?status=none", 400, &["/code", "/message"]),
    (
        "/cosmos/staking/v1beta1/validators/{validator}",
        200,
        &["/validator/unbonding_time", "/validator/commission/update_time"],
    ),
    (
        "/cosmos/staking/v1beta1/validators/{validator}/delegations",
        200,
        &["/delegation_responses/0/delegation/shares", "/delegation_responses/0/balance/amount"],
    ),
    (
        "/cosmos/staking/v1beta1/validators/{validator}/delegations/{account}",
        200,
        &["/delegation_response/balance/denom"],
    ),
    ("/cosmos/staking/v1beta1/validators/{validator}/unbonding_delegations", 200, &["/unbonding_responses"]),
    (
        "/cosmos/staking/v1beta1/validators/{validator}/delegations/{account}/unbonding_delegation",
        404,
        &["/code", "/message"],
    ),
    (
        "/cosmos/staking/v1beta1/delegations/{account}",
        200,
        &["/delegation_responses/0/delegation/validator_address"],
    ),
    (
        "/cosmos/staking/v1beta1/delegators/{account}/unbonding_delegations",
        200,
        &["/unbonding_responses", "/pagination"],
    ),
    ("/cosmos/staking/v1beta1/delegators/{account}/redelegations", 200, &["/redelegation_responses"]),
    ("/cosmos/staking/v1beta1/delegators/{account}/validators", 200, &["/validators/0/operator_address"]),
    (
        "/cosmos/staking/v1beta1/delegators/{account}/validators/{validator}",
        200,
        &["/validator/operator_address"],
    ),
    ("/cosmos/staking/v1beta1/historical_info/2", 200, &["/hist/header/height", "/hist/valset"]),
    ("/cosmos/distribution/v1beta1/params", 200, &["/params/community_tax", "/params/withdraw_addr_enabled"]),
    ("/cosmos/distribution/v1beta1/community_pool", 200, &["/pool/0/denom", "/pool/0/amount"]),
    (
        "/cosmos/distribution/v1beta1/delegators/{account}/rewards",
        200,
        &["/rewards/0/validator_address", "/rewards/0/reward/0/amount", "/total/0/amount"],
    ),
    ("/cosmos/distribution/v1beta1/delegators/{account}/rewards/{validator}", 200, &["/rewards/0/amount"]),
    ("/cosmos/distribution/v1beta1/delegators/{account}/validators", 200, &["/validators/0"]),
    ("/cosmos/distribution/v1beta1/delegators/{account}/withdraw_address", 200, &["/withdraw_address"]),
    (
        "/cosmos/distribution/v1beta1/validators/{validator}",
        200,
        &["/operator_address", "/self_bond_rewards", "/commission"],
    ),
    (
        "/cosmos/distribution/v1beta1/validators/{validator}/commission",
        200,
        &["/commission/commission/0/amount"],
    ),
    (
        "/cosmos/distribution/v1beta1/validators/{validator}/outstanding_rewards",
        200,
        &["/rewards/rewards/0/amount"],
    ),
    ("/cosmos/distribution/v1beta1/validators/{validator}/slashes", 200, &["/slashes", "/pagination"]),
    (
        "/cosmos/slashing/v1beta1/params",
        200,
        &["/params/signed_blocks_window", "/params/slash_fraction_double_sign"],
    ),
    (
        "/cosmos/slashing/v1beta1/signing_infos?pagination.limit=300",
        200,
        &["/info/0/address", "/info/0/missed_blocks_counter", "/info/0/tombstoned"],
    ),
    (
        "/cosmos/slashing/v1beta1/signing_infos/{consensus}",
        200,
        &["/val_signing_info/jailed_until", "/val_signing_info/start_height"],
    ),
    ("/cosmos/evidence/v1beta1/evidence", 200, &["/evidence"]),
    (
        "/cosmos/mint/v1beta1/params",
        200,
        &["/params/mint_denom", "/params/goal_bonded", "/params/blocks_per_year"],
    ),
    ("/cosmos/mint/v1beta1/inflation", 200, &["/inflation"]),
    ("/cosmos/mint/v1beta1/annual_provisions", 200, &["/annual_provisions"]),
    ("/cosmos/tx/v1beta1/txs?query=tx.height=2", 200, &["/txs", "/tx_responses", "/total"]),
    (
        "/cosmos/tx/v1beta1/txs/0000000000000000000000000000000000000000000000000000000000000000",
        404,
        &["/code", "/message"],
    ),
    ("/cosmos/tx/v1beta1/txs/block/2", 200, &["/block_id/hash", "/block/header/height"]),
    ("/cosmos/gov/v1/params/voting", 200, &["/params/voting_period", "/params/min_deposit/0/denom"]),
    ("/cosmos/gov/v1/params/deposit", 200, &["/params/max_deposit_period"]),
    ("/cosmos/gov/v1/params/tallying", 200, &["/params/quorum", "/params/threshold"]),
    ("/cosmos/gov/v1/proposals", 200, &["/proposals", "/pagination"]),
    ("/cosmos/gov/v1beta1/params/voting", 200, &["/voting_params/voting_period"]),
    ("/cosmos/gov/v1beta1/params/deposit", 200, &["/deposit_params/min_deposit/0/amount"]),
    ("/cosmos/gov/v1beta1/params/tallying", 200, &["/tally_params/quorum"]),
    ("/cosmos/gov/v1beta1/proposals", 200, &["/proposals", "/pagination"]),
    ("/cosmos/authz/v1beta1/grants/granter/{account}", 200, &["/grants"]),
    ("/cosmos/authz/v1beta1/grants/grantee/{account}", 200, &["/grants"]),
    ("/cosmos/feegrant/v1beta1/allowances/{account}", 200, &["/allowances"]),
    ("/cosmos/feegrant/v1beta1/issued/{account}", 200, &["/allowances"]),
    ("/cosmos/upgrade/v1beta1/current_plan", 200, &[]),
    ("/cosmos/upgrade/v1beta1/module_versions", 200, &["/module_versions/0/name"]),
];

/// Fee market, and what stands for modules that this chain will never have: wallets probe them.
const OTHERS: [Route; 8] = [
    ("/feemarket/v1/gas_prices", 200, &["/prices/0/denom", "/prices/0/amount"]),
    ("/feemarket/v1/params", 200, &["/params/enabled"]),
    ("/cosmos/consensus/v1/params", 200, &["/params/block/max_bytes"]),
    ("/cosmos/params/v1beta1/params?subspace=staking&key=UnbondingTime", 501, &["/code", "/message"]),
    ("/cosmos/nft/v1beta1/classes", 501, &["/code"]),
    ("/cosmwasm/wasm/v1/contract/test/smart/test", 501, &["/code"]),
    ("/ibc/apps/transfer/v1/params", 501, &["/code"]),
    ("/no/such/route", 501, &["/code", "/message", "/details"]),
];

struct Explorer {
    rest: String,
    names: [(&'static str, String); 3],
}

impl Explorer {
    fn of(node: &Node) -> Self {
        let operator: Address = VALIDATOR.address.parse().unwrap();
        let rest = node.field("rest").to_owned();
        let set = node.rpc("validators")["validators"].take();
        let key: [u8; 20] = hex::decode(set[0]["address"].as_str().unwrap()).unwrap().try_into().unwrap();
        let names = [
            ("{account}", VALIDATOR.address.to_owned()),
            ("{validator}", operator.to_bech32("agoravaloper")),
            ("{consensus}", Address::from_20(key).to_bech32("agoravalcons")),
        ];
        Self { rest, names }
    }

    fn ask(&self, path: &str) -> (u16, Value) {
        let path = self.names.iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, value));
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let mut answer = config.new_agent().get(format!("{}{path}", self.rest)).call().unwrap();
        let status = answer.status().as_u16();
        (status, answer.body_mut().read_json().unwrap_or_else(|e| panic!("{path}: {e}")))
    }

    /// What is wrong with the answer of a route.
    fn judge(&self, (path, status, members): Route) -> Option<String> {
        let (found, body) = self.ask(path);
        if found != status {
            return Some(format!("{path}: {found} and not {status}: {body}"));
        }
        let missing = members.iter().find(|member| body.pointer(member).is_none_or(Value::is_null));
        missing.map(|member| format!("{path}: no {member} in {body}"))
    }
}

fn check(node: &Node) {
    node.wait_height(4);
    let explorer = Explorer::of(node);
    let wrong: Vec<String> =
        ROUTES.into_iter().chain(OTHERS).filter_map(|route| explorer.judge(route)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_routes_of_wallets_and_explorers_have_the_right_shapes_on_a_devnet() {
    let node = Node::start(Kind::Devnet).unwrap();
    check(&node);
}

#[test]
fn the_routes_of_wallets_and_explorers_have_the_right_shapes_under_cometbft() {
    if let Some(node) = Node::start(Kind::Comet) {
        check(&node);
    }
}

#[test]
fn a_route_of_another_shape_is_found() {
    let node = Node::start(Kind::Devnet).unwrap();
    let explorer = Explorer::of(&node);
    let wrong = explorer.judge(("/cosmos/mint/v1beta1/inflation", 200, &["/inflation_rate"])).unwrap();
    assert!(wrong.contains("no /inflation_rate in"), "{wrong}");
    let wrong = explorer.judge(("/cosmos/mint/v1beta1/inflation", 404, &[])).unwrap();
    assert!(wrong.contains("200 and not 404"), "{wrong}");
}
