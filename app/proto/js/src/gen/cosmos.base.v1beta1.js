// Generated from the definitions of cosmos.base.v1beta1: do not edit.

import { message } from "../wire.js";

export const Coin = message("cosmos.base.v1beta1.Coin", undefined, [
  [1, "denom", "string"],
  [2, "amount", "integer", "keep"],
]);

export const DecCoin = message("cosmos.base.v1beta1.DecCoin", undefined, [
  [1, "denom", "string"],
  [2, "amount", "decimal"],
]);
