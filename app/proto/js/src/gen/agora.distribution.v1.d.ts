// Generated from the definitions of agora.distribution.v1: do not edit.

import type { MessageType, ServiceType } from "../wire.js";
import type * as cosmos_base_query_v1beta1 from "./cosmos.base.query.v1beta1.js";
import type * as cosmos_base_v1beta1 from "./cosmos.base.v1beta1.js";
import type * as google_protobuf from "./google.protobuf.js";

/** A delegation whose rewards are delegated once a day. */
export interface AutoCompound {
  validatorAddress: string;
  /** When they are delegated next. */
  next: google_protobuf.Timestamp;
}
export const AutoCompound: MessageType<AutoCompound>;

export interface MsgCompound {
  delegatorAddress: string;
  validatorAddress: string;
}
export const MsgCompound: MessageType<MsgCompound>;

export interface MsgCompoundResponse {
  /** What was delegated. */
  amount: cosmos_base_v1beta1.Coin;
}
export const MsgCompoundResponse: MessageType<MsgCompoundResponse>;

export interface MsgSetAutoCompound {
  delegatorAddress: string;
  validatorAddress: string;
  enabled: boolean;
}
export const MsgSetAutoCompound: MessageType<MsgSetAutoCompound>;

export interface MsgSetAutoCompoundResponse {
}
export const MsgSetAutoCompoundResponse: MessageType<MsgSetAutoCompoundResponse>;

export interface QueryAutoCompoundsRequest {
  delegatorAddress: string;
  pagination?: cosmos_base_query_v1beta1.PageRequest;
}
export const QueryAutoCompoundsRequest: MessageType<QueryAutoCompoundsRequest>;

export interface QueryAutoCompoundsResponse {
  autoCompounds: AutoCompound[];
  pagination?: cosmos_base_query_v1beta1.PageResponse;
}
export const QueryAutoCompoundsResponse: MessageType<QueryAutoCompoundsResponse>;

export interface Query {
  autoCompounds(request?: Partial<QueryAutoCompoundsRequest>): Promise<QueryAutoCompoundsResponse>;
}
export const Query: ServiceType<Query>;

export interface Msg {
  /** Pays a delegation and delegates the staked coin among its rewards to the same validator. */
  compound(request?: Partial<MsgCompound>): Promise<MsgCompoundResponse>;
  /** Has the chain compound a delegation once a day, or stop doing so. */
  setAutoCompound(request?: Partial<MsgSetAutoCompound>): Promise<MsgSetAutoCompoundResponse>;
}
export const Msg: ServiceType<Msg>;
