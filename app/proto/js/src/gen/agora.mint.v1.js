// Generated from the definitions of agora.mint.v1: do not edit.

import { message, service } from "../wire.js";
import * as cosmos_base_v1beta1 from "./cosmos.base.v1beta1.js";

export const MsgBurn = message("agora.mint.v1.MsgBurn", "agora/mint/MsgBurn", [
  [1, "sender", "string"],
  [2, "amount", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
]);

export const MsgBurnResponse = message("agora.mint.v1.MsgBurnResponse", undefined, []);

export const Msg = service("agora.mint.v1.Msg", {
  burn: ["Burn", MsgBurn, MsgBurnResponse],
});
