// Generated from the definitions of agora.mint.v1: do not edit.

import type { MessageType, ServiceType } from "../wire.js";
import type * as cosmos_base_v1beta1 from "./cosmos.base.v1beta1.js";

export interface MsgBurn {
  sender: string;
  amount: cosmos_base_v1beta1.Coin[];
}
export const MsgBurn: MessageType<MsgBurn>;

export interface MsgBurnResponse {
}
export const MsgBurnResponse: MessageType<MsgBurnResponse>;

export interface Msg {
  /** Destroys coins of the sender: the supply is less by them for ever. */
  burn(request?: Partial<MsgBurn>): Promise<MsgBurnResponse>;
}
export const Msg: ServiceType<Msg>;
