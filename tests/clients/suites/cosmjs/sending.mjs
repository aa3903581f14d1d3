// Transactions as a wallet makes them: both sign modes, fees, memos, sequences, time-outs.

import { assert, equal, eventually, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { attribute, balance, feePaid } from "./world.mjs";

/** Sends, and checks everything that must have changed and nothing more. */
async function sendAndCheck(world, from, amount, memo) {
  const to = await world.stranger();
  const [before, { sequence }] = [await balance(world, from.address), await from.client.getSequence(from.address)];
  const result = await from.client.sendTokens(from.address, to, world.coins(amount), "auto", memo);
  world.stargate.assertIsDeliverTxSuccess(result);
  equal(await balance(world, to), BigInt(amount), "the recipient's balance");
  const fee = feePaid(result.events);
  assert(fee > 0n, "no fee was paid");
  equal(before - (await balance(world, from.address)), BigInt(amount) + fee, "what the sender paid");
  equal((await from.client.getSequence(from.address)).sequence, sequence + 1, "sequence");
  return { to, result };
}

export async function sending(suite, world) {
  const { direct, ledger, stargate, types } = world;

  await suite.check("coins are sent with a direct signature and an automatic fee", async () => {
    const { to, result } = await sendAndCheck(world, direct, 1_234_567, "first");
    equal(result.rawLog, "", "the log of a success");
    equal(result.msgResponses.map((response) => response.typeUrl), ["/cosmos.bank.v1beta1.MsgSendResponse"], "message responses");
    assert(result.gasUsed > 0n && result.gasUsed <= result.gasWanted, `gas used ${result.gasUsed} of ${result.gasWanted}`);
    matches(result.transactionHash, /^[0-9A-F]{64}$/, "hash");
    const transfer = result.events.filter((event) => event.type === "transfer").at(-1);
    const attributes = Object.fromEntries(transfer.attributes.map(({ key, value }) => [key, value]));
    equal(attributes, { recipient: to, sender: direct.address, amount: `1234567${node.denom}`, msg_index: "0" }, "transfer event");
    equal(attribute(result.events, "message", "action"), "/cosmos.bank.v1beta1.MsgSend", "action");
    const account = await direct.client.getAccount(direct.address);
    equal(account.pubkey?.type, "tendermint/PubKeySecp256k1", "key type of the account");
  });

  await suite.check("coins are sent with an amino signature", async () => {
    const { result } = await sendAndCheck(world, ledger, 7_654, "amino");
    const { authInfo } = decode(world, (await ledger.client.getTx(result.transactionHash)).tx);
    equal(authInfo.signerInfos[0].modeInfo?.single?.mode, 127, "sign mode");
  });

  for (const [name, who] of [["a direct", direct], ["an amino", ledger]]) {
    await suite.check(`a memo of odd characters survives ${name} signature`, async () => {
      const memo = 'a<b>&"c"\\ café 北京 \u{1F3DB} |';
      const { result } = await sendAndCheck(world, who, 1, memo);
      equal(decode(world, (await who.client.getTx(result.transactionHash)).tx).body.memo, memo, "memo");
    });

    await suite.check(`several messages go in one transaction with ${name} signature`, async () => {
      const [one, two] = [await world.stranger(), await world.stranger()];
      const multiSend = {
        typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend",
        value: {
          inputs: [{ address: who.address, coins: world.coins(30) }],
          outputs: [{ address: one, coins: world.coins(10) }, { address: two, coins: world.coins(20) }],
        },
      };
      const result = await who.client.signAndBroadcast(who.address, [multiSend, world.send(who.address, one, 5)], "auto");
      stargate.assertIsDeliverTxSuccess(result);
      equal([await balance(world, one), await balance(world, two)], [15n, 20n], "balances");
      equal(result.msgResponses.map((response) => response.typeUrl.split(".").at(-1)), ["MsgMultiSendResponse", "MsgSendResponse"], "responses");
      const indices = new Set(result.events.flatMap((event) => event.attributes).filter(({ key }) => key === "msg_index").map(({ value }) => value));
      equal([...indices].sort(), ["0", "1"], "msg_index values");
    });

    await suite.check(`a time-out height is signed and kept with ${name} signature`, async () => {
      const height = await who.client.getHeight();
      const messages = [world.send(who.address, await world.stranger(), 1)];
      stargate.assertIsDeliverTxSuccess(await who.client.signAndBroadcast(who.address, messages, "auto", "", BigInt(height + 1000)));
      const late = await rejected(who.client.signAndBroadcast(who.address, messages, world.fee(200_000), "", 1n), "a height that has passed");
      equal(late.code, 30, "code");
      matches(late.message, /timeout height/, "error");
    });
  }

  await suite.check("an explicit fee is taken as offered, gas limit included", async () => {
    const fee = { amount: world.coins(54_321), gas: "300000" };
    const result = await direct.client.sendTokens(direct.address, await world.stranger(), world.coins(1), fee);
    stargate.assertIsDeliverTxSuccess(result);
    equal(feePaid(result.events), 54_321n, "fee");
    equal(result.gasWanted, 300_000n, "gas wanted");
  });

  await suite.check("transactions signed ahead with following sequences all land", async () => {
    const { accountNumber, sequence } = await direct.client.getSequence(direct.address);
    const to = await world.stranger();
    const hashes = [];
    for (let i = 0; i < 5; i += 1) {
      const data = { accountNumber, sequence: sequence + i, chainId: node.chainId };
      const tx = await direct.client.sign(direct.address, [world.send(direct.address, to, 2)], world.fee(200_000), "", data);
      hashes.push(await direct.client.broadcastTxSync(types.TxRaw.encode(tx).finish()));
    }
    for (const hash of hashes) {
      const found = await eventually(() => direct.client.getTx(hash), `transaction ${hash}`);
      equal(found.code, 0, "code");
    }
    equal(await balance(world, to), 10n, "the recipient's balance");
    equal((await direct.client.getSequence(direct.address)).sequence, sequence + 5, "sequence");
  });

  await suite.check("a wait that ends too early names the transaction, which still lands", async () => {
    const { accountNumber, sequence } = await direct.client.getSequence(direct.address);
    const data = { accountNumber, sequence, chainId: node.chainId };
    const tx = await direct.client.sign(direct.address, [world.send(direct.address, await world.stranger(), 2)], world.fee(200_000), "", data);
    const error = await rejected(direct.client.broadcastTx(types.TxRaw.encode(tx).finish(), 0, 0), "a wait of nothing");
    equal(error.constructor.name, "TimeoutError", "error class");
    matches(error.message, /was submitted but was not yet found on the chain/, "error");
    await eventually(() => direct.client.getTx(error.txId), `transaction ${error.txId}`);
  });

  if (stargate.queryDynamicGasPrice) {
    await suite.checkTopic("feemarket", "the fee follows the gas price that the node names", async () => {
      const query = new stargate.QueryClient(world.comet);
      assert(await stargate.checkDynamicGasPriceSupport(query, node.denom, node.chainId), "the feemarket path does not answer");
      const price = Number((await stargate.queryDynamicGasPrice(query, node.denom, node.chainId)).toString());
      assert(price > 0, `price ${price}`);
      // So low that falling back to it would be refused or at least seen in the fee.
      const floor = stargate.GasPrice.fromString(`0.000000000001${node.denom}`);
      const client = await world.connect(direct.wallet, { gasPrice: { denom: node.denom, minGasPrice: floor, multiplier: 1.3 } });
      const result = await client.sendTokens(direct.address, await world.stranger(), world.coins(1), "auto");
      stargate.assertIsDeliverTxSuccess(result);
      const paid = Number(feePaid(result.events)) / Number(result.gasWanted);
      assert(paid >= price * 0.99 && paid <= price * 2, `paid ${paid} per gas at a price of ${price}`);
      client.disconnect();
    });
  }
}

/** The parts of a transaction's bytes. */
function decode({ types }, bytes) {
  const raw = types.TxRaw.decode(bytes);
  return { body: types.TxBody.decode(raw.bodyBytes), authInfo: types.AuthInfo.decode(raw.authInfoBytes) };
}
