// Staking, distribution, slashing and mint through CosmJS's own messages and query extensions, unmodified.

import { assert, equal, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { attribute } from "./world.mjs";

export async function staking(suite, world) {
  const { comet, stargate } = world;
  const query = stargate.QueryClient.withExtensions(
    comet,
    stargate.setupStakingExtension,
    stargate.setupDistributionExtension,
    stargate.setupSlashingExtension,
    stargate.setupMintExtension,
  );
  const coin = (amount) => ({ denom: node.denom, amount: String(amount) });
  const gas = "auto";
  const sent = (result) => {
    stargate.assertIsDeliverTxSuccess(result);
    return result;
  };
  let validator;

  await suite.checkTopic("staking", "the validators, the pool and the parameters are read", async () => {
    const { validators } = await query.staking.validators("BOND_STATUS_BONDED");
    assert(validators.length > 0, "nobody is bonded");
    validator = validators[0].operatorAddress;
    matches(validator, /^agoravaloper1/, "operator");
    equal((await query.staking.validator(validator)).validator.operatorAddress, validator, "the same alone");
    const { pool } = await query.staking.pool();
    assert(BigInt(pool.bondedTokens) >= BigInt(validators[0].tokens), "the pool holds less than a validator");
    const { params } = await query.staking.params();
    equal([params.bondDenom, params.unbondingTime.seconds], [node.denom, 1_814_400n], "parameters");
    const { historicalInfo } = await query.staking.historicalInfo(2).then((answer) => ({ historicalInfo: answer.hist }));
    equal(historicalInfo.header.height, 2n, "the height of a past header");
  });

  for (const [name, who] of [["a direct", world.direct], ["an amino", world.ledger]]) {
    await suite.checkTopic("staking", `coins are delegated, earn and are taken back with ${name} signature`, async () => {
      const before = BigInt((await query.staking.validator(validator)).validator.tokens);
      sent(await who.client.delegateTokens(who.address, validator, coin(2_000_000), gas));
      const held = await query.staking.delegation(who.address, validator);
      equal(held.delegationResponse.balance, coin(2_000_000), "delegation");
      equal(await who.client.getDelegation(who.address, validator), coin(2_000_000), "delegation, by the client");
      equal((await who.client.getBalanceStaked(who.address)), coin(2_000_000), "staked");
      assert(BigInt((await query.staking.validator(validator)).validator.tokens) >= before + 2_000_000n, "tokens");
      const listed = await query.staking.delegatorDelegations(who.address);
      equal(listed.delegationResponses.length, 1, "delegations");
      equal((await query.staking.delegatorValidators(who.address)).validators[0].operatorAddress, validator, "validators");

      const withdrawn = sent(await who.client.withdrawRewards(who.address, validator, gas));
      matches(attribute(withdrawn.events, "withdraw_rewards", "amount"), /^[1-9][0-9]*uago$/, "what was earned");

      const left = sent(await who.client.undelegateTokens(who.address, validator, coin(500_000), gas));
      matches(attribute(left.events, "unbond", "completion_time"), /^20..-..-..T/, "when it is paid");
      const { unbond } = await query.staking.unbondingDelegation(who.address, validator);
      equal(unbond.entries.map((entry) => entry.balance), ["500000"], "what leaves");
      const back = {
        typeUrl: "/cosmos.staking.v1beta1.MsgCancelUnbondingDelegation",
        value: { delegatorAddress: who.address, validatorAddress: validator, amount: coin(200_000), creationHeight: unbond.entries[0].creationHeight },
      };
      sent(await who.client.signAndBroadcast(who.address, [back], gas));
      equal((await query.staking.unbondingDelegation(who.address, validator)).unbond.entries[0].balance, "300000", "what still leaves");
      equal((await query.staking.delegatorUnbondingDelegations(who.address)).unbondingResponses.length, 1, "all that leaves");
    });

    await suite.checkTopic("staking", `rewards go where they are told and the community pool is paid with ${name} signature`, async () => {
      const elsewhere = await world.stranger();
      const messages = [
        { typeUrl: "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress", value: { delegatorAddress: who.address, withdrawAddress: elsewhere } },
        { typeUrl: "/cosmos.distribution.v1beta1.MsgFundCommunityPool", value: { amount: [coin(1_000)], depositor: who.address } },
        { typeUrl: "/cosmos.distribution.v1beta1.MsgWithdrawDelegatorReward", value: { delegatorAddress: who.address, validatorAddress: validator } },
      ];
      sent(await who.client.signAndBroadcast(who.address, messages, gas));
      equal((await query.distribution.delegatorWithdrawAddress(who.address)).withdrawAddress, elsewhere, "withdraw address");
      assert(BigInt((await who.client.getBalance(elsewhere, node.denom)).amount) > 0n, "nothing was paid there");
      const { pool } = await query.distribution.communityPool();
      equal(pool[0].denom, node.denom, "community pool");
    });
  }

  await suite.checkTopic("staking", "rewards, commission and parameters of distribution are read", async () => {
    const { address } = world.direct;
    equal((await query.distribution.delegatorValidators(address)).validators, [validator], "validators");
    equal((await query.distribution.delegationTotalRewards(address)).rewards[0].validatorAddress, validator, "total rewards");
    assert((await query.distribution.delegationRewards(address, validator)).rewards !== undefined, "rewards");
    assert((await query.distribution.validatorCommission(validator)).commission.commission.length > 0, "commission");
    assert((await query.distribution.validatorOutstandingRewards(validator)).rewards.rewards.length > 0, "outstanding");
    equal((await query.distribution.validatorSlashes(validator, 1, 1_000_000)).slashes, [], "slashes");
    equal((await query.distribution.params()).params.communityTax, "20000000000000000", "community tax");
  });

  await suite.checkTopic("staking", "slashing and mint are read", async () => {
    const { params } = await query.slashing.params();
    equal(params.signedBlocksWindow, 100n, "window");
    const { info } = await query.slashing.signingInfos();
    assert(info.length > 0, "no signing infos");
    equal((await query.slashing.signingInfo(info[0].address)).valSigningInfo.tombstoned, false, "tombstoned");
    const inflation = (await query.mint.inflation()).toFloatApproximation();
    assert(inflation > 0.05 && inflation < 0.25, `inflation ${inflation}`);
    assert((await query.mint.annualProvisions()).toFloatApproximation() > 0, "provisions");
    equal((await query.mint.params()).mintDenom, node.denom, "mint denom");
  });

  await suite.checkTopic("staking", "who takes back more than it has is told so", async () => {
    const { direct } = world;
    const refused = await rejected(direct.client.undelegateTokens(direct.address, validator, coin(999_000_000), gas), "undelegate");
    matches(refused.message, /invalid shares amount|not enough|more than/, "why");
  });
}
