// Generated from the definitions of cosmos.base.query.v1beta1: do not edit.

import { message } from "../wire.js";

export const PageRequest = message("cosmos.base.query.v1beta1.PageRequest", undefined, [
  [1, "key", "bytes"],
  [2, "offset", "uint64"],
  [3, "limit", "uint64"],
  [4, "count_total", "bool"],
  [5, "reverse", "bool"],
]);

export const PageResponse = message("cosmos.base.query.v1beta1.PageResponse", undefined, [
  [1, "next_key", "bytes"],
  [2, "total", "uint64"],
]);
