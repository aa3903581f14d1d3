// Generated from the definitions of agora.distribution.v1: do not edit.

import { message, service } from "../wire.js";
import * as cosmos_base_query_v1beta1 from "./cosmos.base.query.v1beta1.js";
import * as cosmos_base_v1beta1 from "./cosmos.base.v1beta1.js";
import * as google_protobuf from "./google.protobuf.js";

export const AutoCompound = message("agora.distribution.v1.AutoCompound", undefined, [
  [1, "validator_address", "string"],
  [2, "next", () => google_protobuf.Timestamp, "keep"],
]);

export const MsgCompound = message("agora.distribution.v1.MsgCompound", "agora/distribution/MsgCompound", [
  [1, "delegator_address", "string"],
  [2, "validator_address", "string"],
]);

export const MsgCompoundResponse = message("agora.distribution.v1.MsgCompoundResponse", undefined, [
  [1, "amount", () => cosmos_base_v1beta1.Coin, "keep"],
]);

export const MsgSetAutoCompound = message("agora.distribution.v1.MsgSetAutoCompound", "agora/distribution/MsgAutoCompound", [
  [1, "delegator_address", "string"],
  [2, "validator_address", "string"],
  [3, "enabled", "bool"],
]);

export const MsgSetAutoCompoundResponse = message("agora.distribution.v1.MsgSetAutoCompoundResponse", undefined, []);

export const QueryAutoCompoundsRequest = message("agora.distribution.v1.QueryAutoCompoundsRequest", undefined, [
  [1, "delegator_address", "string"],
  [2, "pagination", () => cosmos_base_query_v1beta1.PageRequest],
]);

export const QueryAutoCompoundsResponse = message("agora.distribution.v1.QueryAutoCompoundsResponse", undefined, [
  [1, "auto_compounds", () => AutoCompound, "list", "keep"],
  [2, "pagination", () => cosmos_base_query_v1beta1.PageResponse],
]);

export const Query = service("agora.distribution.v1.Query", {
  autoCompounds: ["AutoCompounds", QueryAutoCompoundsRequest, QueryAutoCompoundsResponse],
});

export const Msg = service("agora.distribution.v1.Msg", {
  compound: ["Compound", MsgCompound, MsgCompoundResponse],
  setAutoCompound: ["SetAutoCompound", MsgSetAutoCompound, MsgSetAutoCompoundResponse],
});
