// Generated from the definitions of google.protobuf: do not edit.

import type { MessageType } from "../wire.js";

export interface Timestamp {
  seconds: bigint;
  nanos: number;
}
export const Timestamp: MessageType<Timestamp>;
