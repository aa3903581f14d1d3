// The exchange through the client package of this repository: its types in CosmJS's registry and amino converters.

import * as agora from "../../../../app/proto/js/src/index.js";
import { assert, equal, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { attribute } from "./world.mjs";

const { dex } = agora;

/** The same account with a client that knows the chain's own messages. */
async function trader(world, person) {
  const { proto, stargate } = world;
  const registry = new proto.Registry([...stargate.defaultRegistryTypes, ...agora.registryTypes]);
  const aminoTypes = new stargate.AminoTypes({ ...stargate.createDefaultAminoConverters(), ...agora.aminoConverters });
  return { ...person, client: await world.connect(person.wallet, { registry, aminoTypes }) };
}

export async function exchange(suite, world) {
  const { comet, stargate } = world;
  const query = dex.Query.client(stargate.createProtobufRpcClient(new stargate.QueryClient(comet)));
  const people = [["a direct", await trader(world, world.direct)], ["an amino", await trader(world, world.ledger)]];
  const coin = (amount, denom) => ({ denom, amount: String(amount) });
  const send = async (who, messages) => {
    const result = await who.client.signAndBroadcast(who.address, messages, "auto");
    stargate.assertIsDeliverTxSuccess(result);
    return result;
  };
  const held = async (who, denom) => BigInt((await who.client.getBalance(who.address, denom)).amount);

  await suite.checkTopic("dex", "the package writes a message as CosmJS's own types do", async () => {
    const sample = { denom: "uago", amount: "12345678901234567890" };
    equal(dex.MsgExit.fromPartial({ shares: sample }).shares, sample, "a nested message");
    const { types } = world;
    const request = { address: "agora1x", pagination: { key: Uint8Array.of(1, 2), offset: 0n, limit: 300n, countTotal: true, reverse: false } };
    const theirs = types.QueryAllBalancesRequest.encode(types.QueryAllBalancesRequest.fromPartial(request)).finish();
    // The owner and the page have the same numbers here.
    const ours = dex.QueryPositionsRequest.encode(dex.QueryPositionsRequest.fromPartial({ owner: request.address, pagination: request.pagination })).finish();
    equal([...ours], [...theirs], "bytes");
    equal(dex.QueryPositionsRequest.decode(theirs).pagination, request.pagination, "what is read back");
    const ticks = dex.MsgOpenPosition.fromPartial({ tickLower: -887220, tickUpper: 60, deadline: { seconds: -1n, nanos: 5 } });
    equal(dex.MsgOpenPosition.decode(dex.MsgOpenPosition.encode(ticks).finish()), ticks, "negative numbers");
    equal([agora.toAtomics("0.003"), agora.fromAtomics("3000000000000000"), agora.toAtomics("-12")], ["3000000000000000", "0.003", "-12000000000000000000"], "decimals");
    for (const wrong of ["", "1.", "1e3", "0.1234567890123456789"]) {
      matches((await rejected((async () => agora.toAtomics(wrong))(), wrong)).message, /not a decimal/, wrong);
    }
    matches((await rejected((async () => dex.MsgExit.fromPartial({ share: sample }))(), "a wrong field")).message, /has no field share/, "error");
  });

  for (const [name, who] of people) {
    await suite.checkTopic("dex", `a route is found and swapped with ${name} signature, exact in and exact out`, async () => {
      const found = await query.findRoute({ token: coin(1_000_000, node.denom), denom: "uusdc" });
      assert(found.routes.length > 0 && BigInt(found.tokenOut.amount) > 0n, "no route");
      const before = await held(who, "uusdc");
      const swap = dex.MsgSwapExactIn.message({
        sender: who.address,
        tokenIn: found.tokenIn,
        tokenOutMin: found.tokenOut,
        routes: found.routes,
        deadline: agora.secondsFromNow(120),
      });
      const result = await send(who, [swap]);
      equal((await held(who, "uusdc")) - before, BigInt(found.tokenOut.amount), "what the quote promised");
      const response = dex.MsgSwapExactInResponse.decode(result.msgResponses[0].value);
      equal(response.tokenOut, found.tokenOut, "response");
      equal(attribute(result.events, "swapped", "trader"), who.address, "event");

      const back = await query.findRoute({ token: coin(100_000, node.denom), denom: "uusdc", exactOut: true });
      const usdc = await held(who, "uusdc");
      await send(who, [dex.MsgSwapExactOut.message({ sender: who.address, tokenInMax: back.tokenIn, tokenOut: back.tokenOut, routes: back.routes })]);
      equal(usdc - (await held(who, "uusdc")), BigInt(back.tokenIn.amount), "what it cost");
    });

    await suite.checkTopic("dex", `a pool is made and given liquidity with ${name} signature`, async () => {
      const pool = dex.MsgCreateConcentratedPool.message({ sender: who.address, denom0: node.denom, denom1: "uusdc", swapFee: "0.003", price: "5.000000000000000001" });
      const made = await send(who, [pool]);
      const id = attribute(made.events, "pool_created", "pool_id");
      const range = { tickLower: -60, tickUpper: 60_000 };
      const coins = [coin(1_000_000, node.denom), coin(1_000_000, "uusdc")];
      await send(who, [dex.MsgOpenPosition.message({ sender: who.address, poolId: id, ...range, coinsMax: coins, liquidityMin: "1", deadline: agora.secondsFromNow(60) })]);
      const { positions } = await query.positions({ owner: who.address });
      const own = positions.find(({ position }) => position.poolId === id);
      equal([own.position.tickLower, own.position.tickUpper, own.inRange], [-60, 60_000, true], "range");
      const answer = await query.pool({ poolId: id });
      equal(answer.pool.swapFee, "0.003", "fee");
      assert(answer.pool.concentrated !== undefined && answer.pool.stable === undefined, "the curve is not the one that was made");
    });
  }

  await suite.checkTopic("dex", "a swap for less than was asked is refused with the module's own code", async () => {
    const [[, who]] = people;
    const found = await query.findRoute({ token: coin(1_000, node.denom), denom: "uusdc" });
    const more = coin(BigInt(found.tokenOut.amount) + 1n, "uusdc");
    const swap = dex.MsgSwapExactIn.message({ sender: who.address, tokenIn: found.tokenIn, tokenOutMin: more, routes: found.routes });
    const result = await who.client.signAndBroadcast(who.address, [swap], world.fee(400_000));
    equal(result.code, 3, "code");
    matches(result.rawLog, /at least/, "log");
  });
  for (const [, who] of people) who.client.disconnect();
}
