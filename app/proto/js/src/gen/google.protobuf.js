// Generated from the definitions of google.protobuf: do not edit.

import { message } from "../wire.js";

export const Timestamp = message("google.protobuf.Timestamp", undefined, [
  [1, "seconds", "int64"],
  [2, "nanos", "int32"],
]);
