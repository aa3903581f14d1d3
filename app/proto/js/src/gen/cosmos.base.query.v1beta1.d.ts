// Generated from the definitions of cosmos.base.query.v1beta1: do not edit.

import type { MessageType } from "../wire.js";

export interface PageRequest {
  key: Uint8Array;
  offset: bigint;
  limit: bigint;
  countTotal: boolean;
  reverse: boolean;
}
export const PageRequest: MessageType<PageRequest>;

export interface PageResponse {
  nextKey: Uint8Array;
  total: bigint;
}
export const PageResponse: MessageType<PageResponse>;
