// Generated from the definitions of agora.staking.v1: do not edit.

import type { MessageType, ServiceType } from "../wire.js";

export interface QueryConcentrationRequest {
}
export const QueryConcentrationRequest: MessageType<QueryConcentrationRequest>;

export interface QueryConcentrationResponse {
  /** Validators in the set. */
  validators: bigint;
  /** Their power together. */
  totalPower: bigint;
  /** The fewest validators that together can stop the chain: a third of the power or more. */
  nakamotoCoefficient: bigint;
  /** From 0, all alike, to almost 1, one has all; rounded down. */
  gini: string;
  /** The sum of the squares of the parts of the power, from one by the number of validators to 1; rounded down. */
  hhi: string;
}
export const QueryConcentrationResponse: MessageType<QueryConcentrationResponse>;

export interface Query {
  concentration(request?: Partial<QueryConcentrationRequest>): Promise<QueryConcentrationResponse>;
}
export const Query: ServiceType<Query>;
