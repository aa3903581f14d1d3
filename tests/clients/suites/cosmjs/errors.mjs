// What goes wrong for people must be told to them: the SDK's code, and words that name the cause.

import { assert, equal, eventually, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { balance, feePaid } from "./world.mjs";

/** Code, text and where it was refused, whether by CheckTx (an exception) or in a block (a result). */
async function refusal(promise) {
  try {
    const result = await promise;
    return { code: result.code, text: result.rawLog ?? "", result };
  } catch (error) {
    return { code: error.code, codespace: error.codespace, text: error.log ?? error.message };
  }
}

function readable({ code, codespace, text }, expected, pattern) {
  assert(expected.includes(code), `code: expected ${expected.join(" or ")}, got ${code} (${text})`);
  if (codespace !== undefined) equal(codespace, "sdk", "codespace");
  matches(text, pattern, "text");
  assert(text.length > 10 && !/panic|goroutine|stack backtrace/.test(text), `not readable: ${text}`);
}

export async function errors(suite, world) {
  const { direct, ledger, proto, stargate, types } = world;
  const ample = () => world.fee(200_000);
  const bytesOf = (tx) => types.TxRaw.encode(tx).finish();
  const broadcast = (tx) => direct.client.broadcastTx(bytesOf(tx), 30_000, 250);
  const data = async (change = {}) => {
    const { accountNumber, sequence } = await direct.client.getSequence(direct.address);
    return { accountNumber, sequence, chainId: node.chainId, ...change };
  };
  const signed = async (change, fee = ample(), messages, memo = "") =>
    direct.client.sign(direct.address, messages ?? [world.send(direct.address, await world.stranger(), 1)], fee, memo, await data(change));

  for (const [name, who] of [["direct", direct], ["amino", ledger]]) {
    await suite.check(`more than one has: insufficient funds, and only the fee is gone (${name})`, async () => {
      const [before, { sequence }] = [await balance(world, who.address), await who.client.getSequence(who.address)];
      const outcome = await refusal(who.client.sendTokens(who.address, await world.stranger(), world.coins(10n ** 15n), ample()));
      readable(outcome, [5], /insufficient funds/);
      const after = await balance(world, who.address);
      if (outcome.result) {
        equal(before - after, feePaid(outcome.result.events), "what was paid");
        equal((await who.client.getSequence(who.address)).sequence, sequence + 1, "sequence");
      } else {
        equal(after, before, "balance after a refusal");
      }
    });
  }

  await suite.check("with an automatic fee the same is known before signing", async () => {
    const error = await rejected(direct.client.sendTokens(direct.address, await world.stranger(), world.coins(10n ** 15n), "auto"), "too much");
    matches(error.message, /insufficient funds/, "error");
  });

  await suite.check("a denom nobody has: insufficient funds", async () => {
    const amount = [{ denom: "unobtainium", amount: "1" }];
    readable(await refusal(direct.client.sendTokens(direct.address, await world.stranger(), amount, ample())), [5], /insufficient funds/);
  });

  await suite.check("a fee larger than the balance: insufficient funds", async () => {
    const tx = await signed({}, { amount: world.coins(10n ** 15n), gas: "200000" });
    readable(await refusal(broadcast(tx)), [5], /insufficient funds/);
  });

  await suite.check("no fee and a small fee: insufficient fee, with what is required", async () => {
    for (const amount of [[], world.coins(1)]) {
      readable(await refusal(broadcast(await signed({}, { amount, gas: "200000" }))), [13], new RegExp(`insufficient fee.*required.*${node.denom}`, "s"));
    }
  });

  await suite.check("a fee in another denom: insufficient fee", async () => {
    const tx = await signed({}, { amount: [{ denom: "unobtainium", amount: "1000000" }], gas: "200000" });
    readable(await refusal(broadcast(tx)), [5, 13], /insufficient/);
  });

  await suite.check("a wrong sequence: both numbers are named", async () => {
    const { sequence } = await data();
    for (const wrong of [sequence + 7, Math.max(0, sequence - 1)]) {
      readable(await refusal(broadcast(await signed({ sequence: wrong }))), [32], new RegExp(`expected ${sequence}, got ${wrong}`));
    }
  });

  await suite.check("the same bytes a second time are refused", async () => {
    const bytes = bytesOf(await signed({}));
    stargate.assertIsDeliverTxSuccess(await direct.client.broadcastTx(bytes, 30_000, 250));
    const again = await rejected(direct.client.broadcastTxSync(bytes), "the same bytes");
    assert([19, 32].includes(again.code) || /already exists in cache/.test(again.message), `error ${again.message}`);
  });

  await suite.check("a wrong chain id: the signature does not verify, and the right one is named", async () => {
    readable(await refusal(broadcast(await signed({ chainId: "other-1" }))), [4], new RegExp(`signature verification failed.*${node.chainId}`, "s"));
    const document = await ledger.client.sign(ledger.address, [world.send(ledger.address, await world.stranger(), 1)], ample(), "", {
      ...(await ledger.client.getSequence(ledger.address)),
      chainId: "other-1",
    });
    readable(await refusal(broadcast(document)), [4], /signature verification failed/);
  });

  await suite.check("a changed signature, a changed body, no signature: refused", async () => {
    const tx = await signed({});
    const flipped = Uint8Array.from(tx.signatures[0], (byte, i) => (i === 40 ? byte ^ 1 : byte));
    readable(await refusal(broadcast({ ...tx, signatures: [flipped] })), [4], /signature verification failed/);
    const body = types.TxBody.decode(tx.bodyBytes);
    const bodyBytes = types.TxBody.encode({ ...body, memo: "changed on the way" }).finish();
    readable(await refusal(broadcast({ ...tx, bodyBytes })), [4], /signature verification failed/);
    readable(await refusal(broadcast({ ...tx, signatures: [] })), [4, 15], /signature/i);
  });

  await suite.check("gas that does not suffice: out of gas, with the place and both figures", async () => {
    readable(await refusal(broadcast(await signed({}, { amount: world.coins(100_000), gas: "1000" }))), [11], /out of gas.*gasWanted.*gasUsed/s);
  });

  await suite.check("recipients that are no addresses of this chain are refused", async () => {
    const [foreign] = await (await proto.DirectSecp256k1HdWallet.generate(12, { prefix: "cosmos" })).getAccounts();
    for (const to of [foreign.address, "nonsense", `${direct.address.slice(0, -1)}b`]) {
      readable(await refusal(direct.client.sendTokens(direct.address, to, world.coins(1), ample())), [7], /invalid.*address|address/);
    }
  });

  await suite.check("nothing, zero and a nameless denom are no amounts", async () => {
    for (const amount of [[], world.coins(0), [{ denom: "", amount: "1" }]]) {
      readable(await refusal(direct.client.sendTokens(direct.address, await world.stranger(), amount, ample())), [10], /coins|amount|denom/);
    }
  });

  await suite.check("spending from somebody else's account is refused", async () => {
    const messages = [world.send(ledger.address, direct.address, 1)];
    readable(await refusal(broadcast(await signed({}, ample(), messages))), [4, 8], /pub ?key|signature|signer/i);
  });

  await suite.check("a memo that is too long is refused with the limit", async () => {
    readable(await refusal(broadcast(await signed({}, ample(), undefined, "m".repeat(257)))), [12], /256/);
    stargate.assertIsDeliverTxSuccess(await broadcast(await signed({}, ample(), undefined, "m".repeat(256))));
  });

  await suite.check("a signer whom the chain does not know is refused", async () => {
    const wallet = await proto.DirectSecp256k1HdWallet.generate(12, { prefix: node.prefix });
    const [{ address }] = await wallet.getAccounts();
    const client = await world.connect(wallet);
    const tx = await client.sign(address, [world.send(address, direct.address, 1)], ample(), "", { accountNumber: 0, sequence: 0, chainId: node.chainId });
    readable(await refusal(broadcast(tx)), [5, 9], /unknown address|does not exist|insufficient funds/);
    client.disconnect();
  });

  await suite.check("bytes that are no transaction are refused", async () => {
    for (const bytes of [Uint8Array.of(1, 2, 3, 4), Uint8Array.from({ length: 300 }, (_, i) => (i * 7 + Date.now()) & 255)]) {
      const error = await rejected(direct.client.broadcastTxSync(bytes), "no transaction");
      readable({ ...error, text: error.log }, [2], /tx parse error|decode|proto/i);
    }
  });

  await suite.check("a message type that nobody knows is refused by its name", async () => {
    const tx = await signed({});
    const body = types.TxBody.decode(tx.bodyBytes);
    body.messages[0].typeUrl = "/no.such.MsgAtAll";
    const error = await rejected(direct.client.broadcastTxSync(bytesOf({ ...tx, bodyBytes: types.TxBody.encode(body).finish() })), "unknown message");
    readable({ ...error, text: error.log }, [2, 6], /no\.such\.MsgAtAll/);
  });

  await suite.check("after all of this a plain send still works", async () => {
    const result = await eventually(() => direct.client.sendTokens(direct.address, ledger.address, world.coins(1), "auto"), "a send");
    stargate.assertIsDeliverTxSuccess(result);
  });
}
