// The package in CosmJS's registry, amino types and signing client, for the compiler alone.

import { Registry } from "@cosmjs/proto-signing";
import {
  AminoTypes,
  QueryClient,
  SigningStargateClient,
  createDefaultAminoConverters,
  createProtobufRpcClient,
  defaultRegistryTypes,
} from "@cosmjs/stargate";
import { aminoConverters, dex, registryTypes } from "agora-client";

declare const queries: QueryClient;

export const options = {
  registry: new Registry([...defaultRegistryTypes, ...registryTypes]),
  aminoTypes: new AminoTypes({ ...createDefaultAminoConverters(), ...aminoConverters }),
};

export async function leave(client: SigningStargateClient, sender: string) {
  const query = dex.Query.client(createProtobufRpcClient(queries));
  const { pools } = await query.pools({});
  const exit = dex.MsgExit.message({ sender, shares: pools[0]?.shares ?? { denom: "lp/1", amount: "1" } });
  return client.signAndBroadcast(sender, [exit], "auto");
}
