// Generated from the definitions of cosmos.base.v1beta1: do not edit.

import type { MessageType } from "../wire.js";

export interface Coin {
  denom: string;
  amount: string;
}
export const Coin: MessageType<Coin>;

export interface DecCoin {
  denom: string;
  amount: string;
}
export const DecCoin: MessageType<DecCoin>;
