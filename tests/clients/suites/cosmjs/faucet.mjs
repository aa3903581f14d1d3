// The faucet of a devnet, called as CosmJS's own client calls it.

import { assert, equal, eventually } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";

export async function faucet(suite, world) {
  const { direct, FaucetClient } = world;
  const held = async (address) => BigInt((await direct.client.getBalance(address, node.denom)).amount);

  await suite.checkTopic("faucet", "the faucet pays an address that asks", async () => {
    assert(node.faucet, "AGORA_FAUCET is not set");
    const address = await world.stranger();
    await new FaucetClient(node.faucet).credit(address, node.denom);
    await eventually(async () => (await held(address)) > 0n, "a payment");
    assert(await direct.client.getAccount(address), "the paid address has no account");
  });

  await suite.checkTopic("faucet", "several ask at once and each is paid", async () => {
    assert(node.faucet, "AGORA_FAUCET is not set");
    const addresses = await Promise.all(Array.from({ length: 5 }, () => world.stranger()));
    await Promise.all(addresses.map((address) => new FaucetClient(node.faucet).credit(address, node.denom)));
    for (const address of addresses) await eventually(async () => (await held(address)) > 0n, `a payment to ${address}`);
  });

  await suite.checkTopic("faucet", "the faucet refuses what it cannot pay, in words", async () => {
    assert(node.faucet, "AGORA_FAUCET is not set");
    const ask = async (body) => {
      const response = await fetch(`${node.faucet}/credit`, { method: "POST", headers: { "content-type": "application/json" }, body });
      return { status: response.status, text: await response.text() };
    };
    const address = await world.stranger();
    for (const body of [
      JSON.stringify({ address: "nonsense", denom: node.denom }),
      JSON.stringify({ address, denom: "unobtainium" }),
      JSON.stringify({ denom: node.denom }),
      "{",
    ]) {
      const { status, text } = await ask(body);
      assert(status >= 400 && status < 500, `${body}: status ${status}`);
      assert(text.length > 5, `${body}: no words`);
    }
    equal(await held(address), 0n, "balance");
  });
}
