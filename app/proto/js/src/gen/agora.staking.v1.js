// Generated from the definitions of agora.staking.v1: do not edit.

import { message, service } from "../wire.js";

export const QueryConcentrationRequest = message("agora.staking.v1.QueryConcentrationRequest", undefined, []);

export const QueryConcentrationResponse = message("agora.staking.v1.QueryConcentrationResponse", undefined, [
  [1, "validators", "uint64"],
  [2, "total_power", "uint64"],
  [3, "nakamoto_coefficient", "uint64"],
  [4, "gini", "decimal"],
  [5, "hhi", "decimal"],
]);

export const Query = service("agora.staking.v1.Query", {
  concentration: ["Concentration", QueryConcentrationRequest, QueryConcentrationResponse],
});
