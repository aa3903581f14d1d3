import type { MessageType } from "./wire.js";

export * as dex from "./gen/agora.dex.v1.js";
export * as distribution from "./gen/agora.distribution.v1.js";
export * as mint from "./gen/agora.mint.v1.js";
export * as staking from "./gen/agora.staking.v1.js";
export { fromAtomics, toAtomics } from "./wire.js";
export type { DeepPartial, EncodeObject, MessageType, Rpc, ServiceType } from "./wire.js";

/** For `new Registry([...defaultRegistryTypes, ...registryTypes])`. */
export const registryTypes: ReadonlyArray<[string, MessageType<any>]>;

/** A message in an amino document and back. */
export interface AminoConverter {
  readonly aminoType: string;
  toAmino(value: any): any;
  fromAmino(document: any): any;
}

/** For `new AminoTypes({ ...createDefaultAminoConverters(), ...aminoConverters })`. */
export const aminoConverters: Record<string, AminoConverter>;

/** A time for deadlines, so many seconds from now. */
export function secondsFromNow(seconds: number): { seconds: bigint; nanos: number };
