// A 2-of-3 treasury: the members sign amino documents, the parts are put together by CosmJS.

import { assert, equal, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { balance, feePaid } from "./world.mjs";

export async function multisig(suite, world) {
  const { direct, group, groupAddress, members, stargate } = world;

  /** Bytes of a transaction of the group, signed by the given members. */
  async function signed(signers, sequence, messages, fee, memo = "treasury") {
    const account = await direct.client.getAccount(groupAddress);
    assert(account, "the group has no account");
    const data = { accountNumber: account.accountNumber, sequence: sequence ?? account.sequence, chainId: node.chainId };
    const signatures = new Map();
    let bodyBytes;
    for (const member of signers) {
      const tx = await member.client.sign(member.address, messages, fee, memo, data);
      signatures.set(member.address, tx.signatures[0]);
      bodyBytes = tx.bodyBytes;
    }
    return stargate.makeMultisignedTxBytes(group, data.sequence, fee, bodyBytes, signatures);
  }

  for (const [first, second] of [[0, 2], [2, 1]]) {
    await suite.check(`members ${first + 1} and ${second + 1} of three spend together`, async () => {
      const to = await world.stranger();
      const before = await balance(world, groupAddress);
      const bytes = await signed([members[first], members[second]], undefined, [world.send(groupAddress, to, 111)], world.fee(400_000));
      const result = await direct.client.broadcastTx(bytes, 30_000, 250);
      stargate.assertIsDeliverTxSuccess(result);
      equal(await balance(world, to), 111n, "the recipient's balance");
      equal(before - (await balance(world, groupAddress)), 111n + feePaid(result.events), "what the group paid");
    });
  }

  await suite.check("the account of the group shows its threshold key", async () => {
    const account = await direct.client.getAccount(groupAddress);
    equal(account.pubkey?.type, "tendermint/PubKeyMultisigThreshold", "key type");
    equal(account.pubkey.value.threshold, "2", "threshold");
    equal(account.pubkey.value.pubkeys.length, 3, "members");
  });

  await suite.check("one signature of the two is refused", async () => {
    const bytes = await signed([members[0]], undefined, [world.send(groupAddress, await world.stranger(), 1)], world.fee(400_000));
    const error = await rejected(direct.client.broadcastTx(bytes, 5_000, 250), "one signature");
    equal(error.code, 4, "code");
    matches(error.message, /signature/i, "error");
  });

  await suite.check("a signature over another sequence is refused", async () => {
    const { sequence } = await direct.client.getSequence(groupAddress);
    const bytes = await signed([members[0], members[1]], sequence + 3, [world.send(groupAddress, await world.stranger(), 1)], world.fee(400_000));
    const error = await rejected(direct.client.broadcastTx(bytes, 5_000, 250), "a wrong sequence");
    equal(error.code, 32, "code");
  });
}
