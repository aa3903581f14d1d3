// Agora's messages and queries for CosmJS.

import { converter } from "./amino.js";
import * as dex from "./gen/agora.dex.v1.js";
import * as distribution from "./gen/agora.distribution.v1.js";
import * as mint from "./gen/agora.mint.v1.js";
import * as staking from "./gen/agora.staking.v1.js";

export { fromAtomics, toAtomics } from "./wire.js";
export { dex, distribution, mint, staking };

/** The services whose methods are messages of transactions: a module with messages has a line here. */
const services = [dex.Msg, distribution.Msg, mint.Msg];

const messages = services.flatMap((service) => Object.values(service.methods).map(([, input]) => input));

/** For `new Registry([...defaultRegistryTypes, ...registryTypes])`. */
export const registryTypes = messages.map((type) => [type.typeUrl, type]);

/** For `new AminoTypes({ ...createDefaultAminoConverters(), ...aminoConverters })`. */
export const aminoConverters = Object.fromEntries(messages.map((type) => [type.typeUrl, converter(type)]));

/** A time for deadlines, so many seconds from now. */
export function secondsFromNow(seconds) {
  return { seconds: BigInt(Math.floor(Date.now() / 1000) + seconds), nanos: 0 };
}
