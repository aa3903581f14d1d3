// Fees from other accounts through CosmJS's own messages and query extension, unmodified: the fee of a transaction names who
// pays it.

import { assert, equal, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { balance, feePaid } from "./world.mjs";

export async function feeGrants(suite, world) {
  const { comet, stargate, types } = world;
  const { AllowedMsgAllowance, BasicAllowance, PeriodicAllowance } = types;
  const query = stargate.QueryClient.withExtensions(comet, stargate.setupFeegrantExtension);
  const any = (typeUrl, type, value) => ({ typeUrl, value: type.encode(type.fromPartial(value)).finish() });
  const basic = (amount) => any("/cosmos.feegrant.v1beta1.BasicAllowance", BasicAllowance, { spendLimit: world.coins(amount) });
  const limit = async (granter, grantee) => {
    const { allowance } = await query.feegrant.allowance(granter.address, grantee.address);
    return BigInt(BasicAllowance.decode(allowance.allowance.value).spendLimit[0].amount);
  };
  const grant = (granter, grantee, allowance) => ({
    typeUrl: "/cosmos.feegrant.v1beta1.MsgGrantAllowance",
    value: { granter: granter.address, grantee: grantee.address, allowance },
  });
  const revoke = (granter, grantee) => ({
    typeUrl: "/cosmos.feegrant.v1beta1.MsgRevokeAllowance",
    value: { granter: granter.address, grantee: grantee.address },
  });
  const sent = (result) => {
    stargate.assertIsDeliverTxSuccess(result);
    return result;
  };
  /** Something that an account without coins can do, with a fee from elsewhere. */
  const withdrawTo = async (who, granter) => {
    const value = { delegatorAddress: who.address, withdrawAddress: await world.stranger() };
    const message = { typeUrl: "/cosmos.distribution.v1beta1.MsgSetWithdrawAddress", value };
    return who.client.signAndBroadcast(who.address, [message], { ...world.fee(200_000), granter: granter.address });
  };
  let granter;

  await suite.checkTopic("feegrant", "allowances of each kind are granted and read", async () => {
    granter = await world.newcomer("direct", 20_000_000);
    const [one, other, third] = [await world.newcomer("direct"), await world.newcomer("direct"), await world.newcomer("direct")];
    const periodic = {
      basic: { spendLimit: world.coins(500_000) },
      period: { seconds: 3_600n, nanos: 0 },
      periodSpendLimit: world.coins(100_000),
    };
    const narrow = { allowance: basic(300_000), allowedMessages: ["/cosmos.gov.v1beta1.MsgVote"] };
    const messages = [
      grant(granter, one, basic(700_000)),
      grant(granter, other, any("/cosmos.feegrant.v1beta1.PeriodicAllowance", PeriodicAllowance, periodic)),
      grant(granter, third, any("/cosmos.feegrant.v1beta1.AllowedMsgAllowance", AllowedMsgAllowance, narrow)),
    ];
    sent(await granter.client.signAndBroadcast(granter.address, messages, "auto"));
    equal(await limit(granter, one), 700_000n, "a limit");
    const { allowances } = await query.feegrant.allowances(other.address);
    equal(allowances.map((each) => [each.granter, each.grantee]), [[granter.address, other.address]], "allowances of somebody");
    const found = PeriodicAllowance.decode(allowances[0].allowance.value);
    equal([found.basic.spendLimit, found.period.seconds, found.periodSpendLimit], [world.coins(500_000), 3_600n, world.coins(100_000)], "a period");
    const { allowance } = await query.feegrant.allowance(granter.address, third.address);
    equal(AllowedMsgAllowance.decode(allowance.allowance.value), AllowedMsgAllowance.fromPartial(narrow), "messages");

    sent(await withdrawTo(other, granter));
    const after = PeriodicAllowance.decode((await query.feegrant.allowance(granter.address, other.address)).allowance.allowance.value);
    const paid = BigInt(world.fee(200_000).amount[0].amount);
    equal([after.periodCanSpend, after.basic.spendLimit], [world.coins(100_000n - paid), world.coins(500_000n - paid)], "what is left");
    assert(after.periodReset.seconds > 1_700_000_000n, "its first use begins no period");
    matches((await rejected(withdrawTo(third, granter), "another message")).message, /message does not exist in allowed messages/, "why");
  });

  for (const [name, signs] of [["a direct", "direct"], ["an amino", "amino"]]) {
    await suite.checkTopic("feegrant", `who holds nothing acts with ${name} signature at another's expense`, async () => {
      const grantee = await world.newcomer(signs);
      sent(await granter.client.signAndBroadcast(granter.address, [grant(granter, grantee, basic(50_000))], "auto"));
      const before = await balance(world, granter.address);
      const fee = feePaid(sent(await withdrawTo(grantee, granter)).events);
      assert(fee > 0n, "nothing was paid");
      equal(await balance(world, granter.address), before - fee, "what the granter holds");
      equal(await balance(world, grantee.address), 0n, "what the grantee holds");
      equal(await limit(granter, grantee), 50_000n - fee, "the limit");

      sent(await granter.client.signAndBroadcast(granter.address, [revoke(granter, grantee)], "auto"));
      matches((await rejected(withdrawTo(grantee, granter), "without an allowance")).message, /does not allow to pay fees for .*: no allowance/, "why");
      matches((await rejected(query.feegrant.allowance(granter.address, grantee.address), "a question")).message, /not found/, "why");
      equal((await query.feegrant.allowances(grantee.address)).allowances, [], "allowances");
    });
  }

  await suite.checkTopic("feegrant", "no more is paid than is allowed", async () => {
    const grantee = await world.newcomer("direct");
    sent(await granter.client.signAndBroadcast(granter.address, [grant(granter, grantee, basic(9))], "auto"));
    matches((await rejected(withdrawTo(grantee, granter), "too much")).message, /fee limit exceeded/, "why");
    const again = await rejected(granter.client.signAndBroadcast(granter.address, [grant(granter, grantee, basic(9))], "auto"), "twice");
    matches(again.message, /fee allowance already exists/, "why");
    equal((await query.feegrant.allowance(granter.address, grantee.address)).allowance.granter, granter.address, `in ${node.denom}`);
  });
}
