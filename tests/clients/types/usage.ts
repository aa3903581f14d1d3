// What a program does with the client package, for the compiler alone: each line marked as an error must be one.

import { aminoConverters, dex, fromAtomics, registryTypes, secondsFromNow, type Rpc } from "agora-client";

declare const rpc: Rpc;

export async function trade(sender: string) {
  const query = dex.Query.client(rpc);
  const found = await query.findRoute({ token: { denom: "uago", amount: "10000000" }, denom: "uusdc" });
  const swap = dex.MsgSwapExactIn.message({
    sender,
    tokenIn: found.tokenIn,
    tokenOutMin: { denom: "uusdc", amount: "49500000" },
    routes: found.routes,
    deadline: secondsFromNow(120),
  });
  const typeUrl: string = swap.typeUrl;
  const given: string = swap.value.tokenIn.amount;
  const bytes: Uint8Array = dex.MsgSwapExactIn.encode(swap.value).finish();
  const again: dex.MsgSwapExactIn = dex.MsgSwapExactIn.decode(bytes);
  return { typeUrl, given, again };
}

export async function look(poolId: string) {
  const { pool } = await dex.Query.client(rpc).pool({ poolId });
  // An answer may lack what its definition does not promise.
  if (pool === undefined) return undefined;
  const fee: string = fromAtomics(pool.swapFee);
  const tick: number | undefined = pool.concentrated?.tick;
  const downtime: bigint | undefined = (await dex.Query.client(rpc).params({})).params?.protection?.downtime;
  return { fee, tick, downtime, names: Object.keys(aminoConverters), count: registryTypes.length };
}

// @ts-expect-error an amount is text
dex.MsgSwapExactIn.message({ tokenIn: { denom: "uago", amount: 1 } });
// @ts-expect-error there is no such field
dex.MsgExit.fromPartial({ share: { denom: "lp/1", amount: "1" } });
// @ts-expect-error ticks are numbers
dex.MsgOpenPosition.fromPartial({ tickLower: "60" });
// @ts-expect-error the types of the registry are read only
registryTypes.push(["/x", dex.MsgExit]);
// @ts-expect-error a query has its own request
void dex.Query.client(rpc).pool({ owner: "agora1" });
