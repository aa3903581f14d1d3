// Connecting, and what can be asked before anything was signed.

import { assert, equal, eventually, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";

export async function accounts(suite, world) {
  const { direct, proto, stargate, tendermint } = world;

  await suite.check("connectComet takes the node for CometBFT 0.38", async () => {
    assert(tendermint.isComet38Client(await tendermint.connectComet(node.rpc)), "another client was chosen from the version in /status");
  });

  await suite.check("a read-only client sees chain id and height", async () => {
    const client = await stargate.StargateClient.connect(node.rpc);
    equal(await client.getChainId(), node.chainId, "chain id");
    const height = await client.getHeight();
    assert(Number.isInteger(height) && height > 0, `height ${height}`);
    client.disconnect();
  });

  await suite.check("blocks follow each other", async () => {
    const height = await direct.client.getHeight();
    await eventually(async () => (await direct.client.getHeight()) > height, `a block after ${height}`);
  });

  await suite.check("an account that never was is null, with no balance", async () => {
    const nobody = await world.stranger();
    equal(await direct.client.getAccount(nobody), null, "account");
    equal(await direct.client.getBalance(nobody, node.denom), { denom: node.denom, amount: "0" }, "balance");
    equal(await direct.client.getAllBalances(nobody), [], "balances");
    matches((await rejected(direct.client.getSequence(nobody), "sequence")).message, /does not exist on chain/, "error");
  });

  await suite.check("an address that only received coins has an account without a key", async () => {
    const account = await direct.client.getAccount(direct.address);
    assert(account, "account is null");
    equal(account.address, direct.address, "address");
    equal(account.pubkey, null, "public key");
    equal(account.sequence, 0, "sequence");
    equal(await direct.client.getBalance(direct.address, node.denom), world.coins(world.funded[direct.address])[0], "balance");
    equal([...(await direct.client.getAllBalances(direct.address))], world.coins(world.funded[direct.address]), "balances");
  });

  await suite.check("an address that is no address is refused in words", async () => {
    for (const bad of ["agora1notanaddress", "", `${direct.address.slice(0, -1)}!`]) {
      const error = await rejected(direct.client.getBalance(bad, node.denom), `balance of "${bad}"`);
      matches(error.message, /address|bech32|empty/i, "error");
    }
  });

  await suite.check("the bank query client reads supply and metadata", async () => {
    const query = stargate.QueryClient.withExtensions(world.comet, stargate.setupBankExtension, stargate.setupAuthExtension);
    const supply = await query.bank.supplyOf(node.denom);
    equal(supply.denom, node.denom, "denom");
    assert(BigInt(supply.amount) > 0n, "no supply");
    const total = await query.bank.totalSupply();
    assert(total.supply.some((coin) => coin.denom === node.denom && BigInt(coin.amount) > 0n), "total supply lacks the native denom");
    equal((await query.bank.supplyOf("nosuchdenom")).amount, "0", "supply of an unknown denom");
    assert(Array.isArray(await query.bank.denomsMetadata()), "no list of metadata");
    matches((await query.auth.account(direct.address)).typeUrl, /^\/cosmos\.auth\.v1beta1\.BaseAccount$/, "account type");
  });

  await suite.checkTopic("metadata", "the native denom is described for people", async () => {
    const query = stargate.QueryClient.withExtensions(world.comet, stargate.setupBankExtension);
    const metadata = await query.bank.denomMetadata(node.denom);
    equal(metadata.base, node.denom, "base");
    const display = metadata.denomUnits.find((unit) => unit.denom === metadata.display);
    assert(display && display.exponent === 6, `the display unit ${metadata.display} has not 6 decimals`);
  });

  await suite.check("a query path that does not exist is an error with a code", async () => {
    const response = await world.comet.abciQuery({ path: "/no.such.Query/Method", data: new Uint8Array() });
    assert(response.code !== 0, "code 0");
    matches(response.log, /unknown|not found|unimplemented/i, "log");
  });

  await suite.check("gas is simulated without a signature", async () => {
    const gas = await direct.client.simulate(direct.address, [world.send(direct.address, await world.stranger(), 1)], "a memo");
    assert(Number.isInteger(gas) && gas > 0 && gas < 10_000_000, `gas ${gas}`);
    const tooMuch = [world.send(direct.address, await world.stranger(), 10n ** 30n)];
    matches((await rejected(direct.client.simulate(direct.address, tooMuch, ""), "simulation")).message, /insufficient funds/, "error");
  });

  await suite.check("every address of one wallet can be derived and used", async () => {
    const wallet = await proto.DirectSecp256k1HdWallet.generate(12, { prefix: node.prefix, hdPaths: [0, 1].map((i) => stargate.makeCosmoshubPath(i)) });
    const [first, second] = await wallet.getAccounts();
    assert(first.address !== second.address, "both paths give one address");
    equal(await direct.client.getAccount(second.address), null, "account");
  });
}
