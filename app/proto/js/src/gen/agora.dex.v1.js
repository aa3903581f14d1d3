// Generated from the definitions of agora.dex.v1: do not edit.

import { message, service } from "../wire.js";
import * as cosmos_base_query_v1beta1 from "./cosmos.base.query.v1beta1.js";
import * as cosmos_base_v1beta1 from "./cosmos.base.v1beta1.js";
import * as google_protobuf from "./google.protobuf.js";

export const Concentrated = message("agora.dex.v1.Concentrated", undefined, [
  [1, "sqrt_price", "integer"],
  [2, "tick", "int32"],
  [3, "liquidity", "integer"],
  [4, "tick_spacing", "uint32"],
  [5, "fee_growth_0", "integer"],
  [6, "fee_growth_1", "integer"],
]);

export const ConstantProduct = message("agora.dex.v1.ConstantProduct", undefined, []);

export const Exchange = message("agora.dex.v1.Exchange", undefined, [
  [1, "pool_id", "string"],
  [2, "token_in", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "token_out", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "fee", () => cosmos_base_v1beta1.Coin, "keep"],
  [5, "taker_fee", () => cosmos_base_v1beta1.Coin, "keep"],
]);

export const GenesisState = message("agora.dex.v1.GenesisState", undefined, [
  [1, "params", () => Params, "keep"],
  [2, "pools", () => Pool, "list", "keep"],
  [3, "positions", () => Position, "list", "keep"],
  [4, "ticks", () => Tick, "list", "keep"],
  [5, "price_records", () => PriceRecord, "list", "keep"],
  [6, "due_pools", "string", "list"],
  [7, "taker_fees", () => cosmos_base_v1beta1.Coin, "list", "keep"],
  [8, "last_block", "uint64"],
  [9, "recovered", "uint64"],
]);

export const Hop = message("agora.dex.v1.Hop", undefined, [
  [1, "pool_id", "string"],
  [2, "denom_out", "string"],
  [3, "limit", "integer"],
]);

export const MsgCollectFees = message("agora.dex.v1.MsgCollectFees", "agora/dex/MsgCollectFees", [
  [1, "sender", "string"],
  [2, "position_id", "string"],
]);

export const MsgCollectFeesResponse = message("agora.dex.v1.MsgCollectFeesResponse", undefined, [
  [1, "fees", () => cosmos_base_v1beta1.Coin, "list", "keep"],
]);

export const MsgCreateConcentratedPool = message("agora.dex.v1.MsgCreateConcentratedPool", "agora/dex/MsgCreateConcentratedPool", [
  [1, "sender", "string"],
  [2, "denom_0", "string"],
  [3, "denom_1", "string"],
  [4, "swap_fee", "decimal"],
  [5, "price", "decimal"],
  [6, "sqrt_price", "integer"],
]);

export const MsgCreateConcentratedPoolResponse = message("agora.dex.v1.MsgCreateConcentratedPoolResponse", undefined, [
  [1, "pool_id", "string"],
  [2, "address", "string"],
  [3, "tick", "int32"],
]);

export const MsgCreatePool = message("agora.dex.v1.MsgCreatePool", "agora/dex/MsgCreatePool", [
  [1, "sender", "string"],
  [2, "coins", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [3, "swap_fee", "decimal"],
]);

export const MsgCreatePoolResponse = message("agora.dex.v1.MsgCreatePoolResponse", undefined, [
  [1, "pool_id", "string"],
  [2, "address", "string"],
  [3, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
]);

export const MsgCreateStablePool = message("agora.dex.v1.MsgCreateStablePool", "agora/dex/MsgCreateStablePool", [
  [1, "sender", "string"],
  [2, "coins", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [3, "amplification", "uint64"],
  [4, "swap_fee", "decimal"],
  [5, "rates", () => cosmos_base_v1beta1.DecCoin, "list"],
  [6, "rate_provider", "string"],
]);

export const MsgCreateWeightedPool = message("agora.dex.v1.MsgCreateWeightedPool", "agora/dex/MsgCreateWeightedPool", [
  [1, "sender", "string"],
  [2, "coins", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [3, "weights", () => cosmos_base_v1beta1.DecCoin, "list"],
  [4, "swap_fee", "decimal"],
]);

export const MsgDecreasePosition = message("agora.dex.v1.MsgDecreasePosition", "agora/dex/MsgDecreasePosition", [
  [1, "sender", "string"],
  [2, "position_id", "string"],
  [3, "liquidity", "integer"],
  [4, "coins_min", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [5, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgDecreasePositionResponse = message("agora.dex.v1.MsgDecreasePositionResponse", undefined, [
  [1, "coins_out", () => cosmos_base_v1beta1.Coin, "list", "keep"],
  [2, "fees", () => cosmos_base_v1beta1.Coin, "list", "keep"],
]);

export const MsgExit = message("agora.dex.v1.MsgExit", "agora/dex/MsgExit", [
  [1, "sender", "string"],
  [2, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "coins_min", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [4, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgExitResponse = message("agora.dex.v1.MsgExitResponse", undefined, [
  [1, "coins_out", () => cosmos_base_v1beta1.Coin, "list", "keep"],
]);

export const MsgExitSingle = message("agora.dex.v1.MsgExitSingle", "agora/dex/MsgExitSingle", [
  [1, "sender", "string"],
  [2, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "coin_out_min", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgExitSingleExactOut = message("agora.dex.v1.MsgExitSingleExactOut", "agora/dex/MsgExitSingleExactOut", [
  [1, "sender", "string"],
  [2, "coin_out", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "shares_max", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgExitSingleExactOutResponse = message("agora.dex.v1.MsgExitSingleExactOutResponse", undefined, [
  [1, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
]);

export const MsgIncreasePosition = message("agora.dex.v1.MsgIncreasePosition", "agora/dex/MsgIncreasePosition", [
  [1, "sender", "string"],
  [2, "position_id", "string"],
  [3, "coins_max", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [4, "liquidity_min", "integer"],
  [5, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgIncreasePositionResponse = message("agora.dex.v1.MsgIncreasePositionResponse", undefined, [
  [1, "liquidity", "integer"],
  [2, "coins_in", () => cosmos_base_v1beta1.Coin, "list", "keep"],
  [3, "fees", () => cosmos_base_v1beta1.Coin, "list", "keep"],
]);

export const MsgJoin = message("agora.dex.v1.MsgJoin", "agora/dex/MsgJoin", [
  [1, "sender", "string"],
  [2, "pool_id", "string"],
  [3, "coins_max", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [4, "shares_min", "integer"],
  [5, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgJoinExactShares = message("agora.dex.v1.MsgJoinExactShares", "agora/dex/MsgJoinExactShares", [
  [1, "sender", "string"],
  [2, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "coins_max", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [4, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgJoinResponse = message("agora.dex.v1.MsgJoinResponse", undefined, [
  [1, "coins_in", () => cosmos_base_v1beta1.Coin, "list", "keep"],
  [2, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
]);

export const MsgJoinSingle = message("agora.dex.v1.MsgJoinSingle", "agora/dex/MsgJoinSingle", [
  [1, "sender", "string"],
  [2, "pool_id", "string"],
  [3, "coin_in", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "shares_min", "integer"],
  [5, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgJoinSingleExactShares = message("agora.dex.v1.MsgJoinSingleExactShares", "agora/dex/MsgJoinSingleExactShares", [
  [1, "sender", "string"],
  [2, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "coin_in_max", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgOpenPosition = message("agora.dex.v1.MsgOpenPosition", "agora/dex/MsgOpenPosition", [
  [1, "sender", "string"],
  [2, "pool_id", "string"],
  [3, "tick_lower", "int32"],
  [4, "tick_upper", "int32"],
  [5, "coins_max", () => cosmos_base_v1beta1.Coin, "list", "keep", "coins"],
  [6, "liquidity_min", "integer"],
  [7, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgOpenPositionResponse = message("agora.dex.v1.MsgOpenPositionResponse", undefined, [
  [1, "position_id", "string"],
  [2, "liquidity", "integer"],
  [3, "coins_in", () => cosmos_base_v1beta1.Coin, "list", "keep"],
]);

export const MsgRampAmplification = message("agora.dex.v1.MsgRampAmplification", "agora/dex/MsgRampAmplification", [
  [1, "authority", "string"],
  [2, "pool_id", "string"],
  [3, "amplification", "uint64"],
  [4, "until", () => google_protobuf.Timestamp],
]);

export const MsgRampAmplificationResponse = message("agora.dex.v1.MsgRampAmplificationResponse", undefined, []);

export const MsgSetPoolBreaker = message("agora.dex.v1.MsgSetPoolBreaker", "agora/dex/MsgSetPoolBreaker", [
  [1, "authority", "string"],
  [2, "pool_id", "string"],
  [3, "halted", "bool"],
]);

export const MsgSetPoolBreakerResponse = message("agora.dex.v1.MsgSetPoolBreakerResponse", undefined, []);

export const MsgSetRates = message("agora.dex.v1.MsgSetRates", "agora/dex/MsgSetRates", [
  [1, "sender", "string"],
  [2, "pool_id", "string"],
  [3, "rates", () => cosmos_base_v1beta1.DecCoin, "list"],
]);

export const MsgSetRatesResponse = message("agora.dex.v1.MsgSetRatesResponse", undefined, []);

export const MsgSwapExactIn = message("agora.dex.v1.MsgSwapExactIn", "agora/dex/MsgSwapExactIn", [
  [1, "sender", "string"],
  [2, "token_in", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "token_out_min", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "routes", () => Route, "list"],
  [5, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgSwapExactInResponse = message("agora.dex.v1.MsgSwapExactInResponse", undefined, [
  [1, "token_out", () => cosmos_base_v1beta1.Coin, "keep"],
]);

export const MsgSwapExactOut = message("agora.dex.v1.MsgSwapExactOut", "agora/dex/MsgSwapExactOut", [
  [1, "sender", "string"],
  [2, "token_in_max", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "token_out", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "routes", () => Route, "list"],
  [5, "deadline", () => google_protobuf.Timestamp],
]);

export const MsgSwapExactOutResponse = message("agora.dex.v1.MsgSwapExactOutResponse", undefined, [
  [1, "token_in", () => cosmos_base_v1beta1.Coin, "keep"],
]);

export const MsgTransferPosition = message("agora.dex.v1.MsgTransferPosition", "agora/dex/MsgTransferPosition", [
  [1, "sender", "string"],
  [2, "position_id", "string"],
  [3, "recipient", "string"],
]);

export const MsgTransferPositionResponse = message("agora.dex.v1.MsgTransferPositionResponse", undefined, []);

export const MsgUpdateParams = message("agora.dex.v1.MsgUpdateParams", "agora/dex/MsgUpdateParams", [
  [1, "authority", "string"],
  [2, "params", () => Params, "keep"],
]);

export const MsgUpdateParamsResponse = message("agora.dex.v1.MsgUpdateParamsResponse", undefined, []);

export const Outflows = message("agora.dex.v1.Outflows", undefined, [
  [1, "began", "uint64"],
  [2, "earlier", "integer", "list"],
  [3, "present", "integer", "list"],
]);

export const PairRate = message("agora.dex.v1.PairRate", undefined, [
  [1, "denom_0", "string"],
  [2, "denom_1", "string"],
  [3, "rate", "decimal"],
]);

export const Params = message("agora.dex.v1.Params", undefined, [
  [1, "pool_creation_fee", () => cosmos_base_v1beta1.Coin, "keep"],
  [2, "taker_fee", () => TakerFee, "keep"],
  [3, "protection", () => Protection, "keep"],
]);

export const Pool = message("agora.dex.v1.Pool", undefined, [
  [1, "id", "string"],
  [2, "address", "string"],
  [3, "swap_fee", "decimal"],
  [4, "reserves", () => cosmos_base_v1beta1.Coin, "list", "keep"],
  [5, "shares", () => cosmos_base_v1beta1.Coin, "keep"],
  [10, "constant_product", () => ConstantProduct, "choice"],
  [11, "weighted", () => Weighted, "choice"],
  [12, "stable", () => Stable, "choice"],
  [13, "concentrated", () => Concentrated, "choice"],
  [14, "halted", "bool"],
  [15, "outflows", () => Outflows],
]);

export const Position = message("agora.dex.v1.Position", undefined, [
  [1, "id", "string"],
  [2, "pool_id", "string"],
  [3, "owner", "string"],
  [4, "tick_lower", "int32"],
  [5, "tick_upper", "int32"],
  [6, "liquidity", "integer"],
  [7, "fee_growth_inside_0", "integer"],
  [8, "fee_growth_inside_1", "integer"],
  [9, "deposited", () => cosmos_base_v1beta1.Coin, "list", "keep"],
]);

export const PositionView = message("agora.dex.v1.PositionView", undefined, [
  [1, "position", () => Position],
  [2, "coins", () => cosmos_base_v1beta1.Coin, "list", "keep"],
  [3, "fees", () => cosmos_base_v1beta1.Coin, "list", "keep"],
  [4, "in_range", "bool"],
]);

export const PricePair = message("agora.dex.v1.PricePair", undefined, [
  [1, "price_0", "integer"],
  [2, "price_1", "integer"],
  [3, "sum_0", "integer"],
  [4, "sum_1", "integer"],
  [5, "log", "integer"],
  [6, "log_sum", "integer"],
]);

export const PricePoint = message("agora.dex.v1.PricePoint", undefined, [
  [1, "time", () => google_protobuf.Timestamp],
  [2, "price", "decimal"],
  [3, "price_x128", "integer"],
]);

export const PriceRecord = message("agora.dex.v1.PriceRecord", undefined, [
  [1, "pool_id", "string"],
  [2, "time", "uint64"],
  [3, "until", "uint64"],
  [4, "pairs", () => PricePair, "list", "keep"],
  [5, "priced", "bool"],
  [6, "error_time", "uint64"],
  [7, "merging", "uint64"],
]);

export const Protection = message("agora.dex.v1.Protection", undefined, [
  [1, "price_band", "decimal"],
  [2, "outflow_limit", "decimal"],
  [3, "outflow_window", "uint64"],
  [4, "downtime", "uint64"],
  [5, "recovery", "uint64"],
]);

export const QueryFindRouteRequest = message("agora.dex.v1.QueryFindRouteRequest", undefined, [
  [1, "token", () => cosmos_base_v1beta1.Coin],
  [2, "denom", "string"],
  [3, "exact_out", "bool"],
  [4, "max_hops", "uint32"],
  [5, "max_routes", "uint32"],
]);

export const QueryFindRouteResponse = message("agora.dex.v1.QueryFindRouteResponse", undefined, [
  [1, "routes", () => Route, "list"],
  [2, "token_in", () => cosmos_base_v1beta1.Coin, "keep"],
  [3, "token_out", () => cosmos_base_v1beta1.Coin, "keep"],
  [4, "exchanges", () => Exchange, "list"],
  [5, "spot_price", "decimal"],
  [6, "fee_share", "uint32"],
  [7, "price_impact", "uint32"],
]);

export const QueryPairPoolsRequest = message("agora.dex.v1.QueryPairPoolsRequest", undefined, [
  [1, "base", "string"],
  [2, "quote", "string"],
]);

export const QueryPairPoolsResponse = message("agora.dex.v1.QueryPairPoolsResponse", undefined, [
  [1, "pools", () => Pool, "list", "keep"],
]);

export const QueryParamsRequest = message("agora.dex.v1.QueryParamsRequest", undefined, []);

export const QueryParamsResponse = message("agora.dex.v1.QueryParamsResponse", undefined, [
  [1, "params", () => Params, "keep"],
]);

export const QueryPoolRequest = message("agora.dex.v1.QueryPoolRequest", undefined, [
  [1, "pool_id", "string"],
]);

export const QueryPoolResponse = message("agora.dex.v1.QueryPoolResponse", undefined, [
  [1, "pool", () => Pool],
]);

export const QueryPoolsRequest = message("agora.dex.v1.QueryPoolsRequest", undefined, [
  [1, "pagination", () => cosmos_base_query_v1beta1.PageRequest],
]);

export const QueryPoolsResponse = message("agora.dex.v1.QueryPoolsResponse", undefined, [
  [1, "pools", () => Pool, "list"],
  [2, "pagination", () => cosmos_base_query_v1beta1.PageResponse],
]);

export const QueryPositionRequest = message("agora.dex.v1.QueryPositionRequest", undefined, [
  [1, "position_id", "string"],
]);

export const QueryPositionResponse = message("agora.dex.v1.QueryPositionResponse", undefined, [
  [1, "position", () => PositionView],
]);

export const QueryPositionsRequest = message("agora.dex.v1.QueryPositionsRequest", undefined, [
  [1, "owner", "string"],
  [2, "pagination", () => cosmos_base_query_v1beta1.PageRequest],
]);

export const QueryPositionsResponse = message("agora.dex.v1.QueryPositionsResponse", undefined, [
  [1, "positions", () => PositionView, "list"],
  [2, "pagination", () => cosmos_base_query_v1beta1.PageResponse],
]);

export const QueryPriceHistoryRequest = message("agora.dex.v1.QueryPriceHistoryRequest", undefined, [
  [1, "pool_id", "string"],
  [2, "base", "string"],
  [3, "quote", "string"],
  [4, "from", () => google_protobuf.Timestamp],
  [5, "to", () => google_protobuf.Timestamp],
  [6, "points", "uint32"],
]);

export const QueryPriceHistoryResponse = message("agora.dex.v1.QueryPriceHistoryResponse", undefined, [
  [1, "points", () => PricePoint, "list", "keep"],
]);

export const QueryQuoteSwapExactInRequest = message("agora.dex.v1.QueryQuoteSwapExactInRequest", undefined, [
  [1, "token_in", () => cosmos_base_v1beta1.Coin],
  [2, "routes", () => Route, "list"],
]);

export const QueryQuoteSwapExactInResponse = message("agora.dex.v1.QueryQuoteSwapExactInResponse", undefined, [
  [1, "token_out", () => cosmos_base_v1beta1.Coin],
  [2, "exchanges", () => Exchange, "list"],
]);

export const QueryQuoteSwapExactOutRequest = message("agora.dex.v1.QueryQuoteSwapExactOutRequest", undefined, [
  [1, "denom_in", "string"],
  [2, "token_out", () => cosmos_base_v1beta1.Coin],
  [3, "routes", () => Route, "list"],
]);

export const QueryQuoteSwapExactOutResponse = message("agora.dex.v1.QueryQuoteSwapExactOutResponse", undefined, [
  [1, "token_in", () => cosmos_base_v1beta1.Coin],
  [2, "exchanges", () => Exchange, "list"],
]);

export const QuerySpotPriceRequest = message("agora.dex.v1.QuerySpotPriceRequest", undefined, [
  [1, "pool_id", "string"],
  [2, "base", "string"],
  [3, "quote", "string"],
]);

export const QuerySpotPriceResponse = message("agora.dex.v1.QuerySpotPriceResponse", undefined, [
  [1, "price", "decimal"],
  [2, "price_x128", "integer"],
]);

export const QueryTicksRequest = message("agora.dex.v1.QueryTicksRequest", undefined, [
  [1, "pool_id", "string"],
  [2, "pagination", () => cosmos_base_query_v1beta1.PageRequest],
]);

export const QueryTicksResponse = message("agora.dex.v1.QueryTicksResponse", undefined, [
  [1, "ticks", () => Tick, "list"],
  [2, "pagination", () => cosmos_base_query_v1beta1.PageResponse],
]);

export const QueryTwapRequest = message("agora.dex.v1.QueryTwapRequest", undefined, [
  [1, "pool_id", "string"],
  [2, "base", "string"],
  [3, "quote", "string"],
  [4, "start", () => google_protobuf.Timestamp],
  [5, "end", () => google_protobuf.Timestamp],
]);

export const QueryTwapResponse = message("agora.dex.v1.QueryTwapResponse", undefined, [
  [1, "price", "decimal"],
  [2, "price_x128", "integer"],
]);

export const Route = message("agora.dex.v1.Route", undefined, [
  [1, "hops", () => Hop, "list"],
  [2, "weight", "uint64"],
]);

export const Stable = message("agora.dex.v1.Stable", undefined, [
  [1, "amplification", "uint64"],
  [2, "ramp_start", "uint64"],
  [3, "ramp_amplification", "uint64"],
  [4, "ramp_end", "uint64"],
  [5, "rates", () => cosmos_base_v1beta1.DecCoin, "list"],
  [6, "rate_provider", "string"],
  [7, "rates_height", "uint64"],
]);

export const TakerFee = message("agora.dex.v1.TakerFee", undefined, [
  [1, "rate", "decimal"],
  [2, "pairs", () => PairRate, "list", "keep"],
  [3, "community_share", "decimal"],
  [4, "staker_share", "decimal"],
  [5, "burn_share", "decimal"],
]);

export const Tick = message("agora.dex.v1.Tick", undefined, [
  [1, "pool_id", "string"],
  [2, "tick", "int32"],
  [3, "liquidity_gross", "integer"],
  [4, "liquidity_net", "integer"],
  [5, "fee_growth_outside_0", "integer"],
  [6, "fee_growth_outside_1", "integer"],
]);

export const Weighted = message("agora.dex.v1.Weighted", undefined, [
  [1, "weights", () => cosmos_base_v1beta1.DecCoin, "list"],
]);

export const Query = service("agora.dex.v1.Query", {
  pool: ["Pool", QueryPoolRequest, QueryPoolResponse],
  pools: ["Pools", QueryPoolsRequest, QueryPoolsResponse],
  quoteSwapExactIn: ["QuoteSwapExactIn", QueryQuoteSwapExactInRequest, QueryQuoteSwapExactInResponse],
  quoteSwapExactOut: ["QuoteSwapExactOut", QueryQuoteSwapExactOutRequest, QueryQuoteSwapExactOutResponse],
  position: ["Position", QueryPositionRequest, QueryPositionResponse],
  positions: ["Positions", QueryPositionsRequest, QueryPositionsResponse],
  ticks: ["Ticks", QueryTicksRequest, QueryTicksResponse],
  spotPrice: ["SpotPrice", QuerySpotPriceRequest, QuerySpotPriceResponse],
  twap: ["Twap", QueryTwapRequest, QueryTwapResponse],
  geometricTwap: ["GeometricTwap", QueryTwapRequest, QueryTwapResponse],
  priceHistory: ["PriceHistory", QueryPriceHistoryRequest, QueryPriceHistoryResponse],
  params: ["Params", QueryParamsRequest, QueryParamsResponse],
  findRoute: ["FindRoute", QueryFindRouteRequest, QueryFindRouteResponse],
  pairPools: ["PairPools", QueryPairPoolsRequest, QueryPairPoolsResponse],
});

export const Msg = service("agora.dex.v1.Msg", {
  createPool: ["CreatePool", MsgCreatePool, MsgCreatePoolResponse],
  swapExactIn: ["SwapExactIn", MsgSwapExactIn, MsgSwapExactInResponse],
  createWeightedPool: ["CreateWeightedPool", MsgCreateWeightedPool, MsgCreatePoolResponse],
  createStablePool: ["CreateStablePool", MsgCreateStablePool, MsgCreatePoolResponse],
  createConcentratedPool: ["CreateConcentratedPool", MsgCreateConcentratedPool, MsgCreateConcentratedPoolResponse],
  join: ["Join", MsgJoin, MsgJoinResponse],
  joinExactShares: ["JoinExactShares", MsgJoinExactShares, MsgJoinResponse],
  exit: ["Exit", MsgExit, MsgExitResponse],
  joinSingle: ["JoinSingle", MsgJoinSingle, MsgJoinResponse],
  exitSingle: ["ExitSingle", MsgExitSingle, MsgExitResponse],
  openPosition: ["OpenPosition", MsgOpenPosition, MsgOpenPositionResponse],
  increasePosition: ["IncreasePosition", MsgIncreasePosition, MsgIncreasePositionResponse],
  decreasePosition: ["DecreasePosition", MsgDecreasePosition, MsgDecreasePositionResponse],
  collectFees: ["CollectFees", MsgCollectFees, MsgCollectFeesResponse],
  transferPosition: ["TransferPosition", MsgTransferPosition, MsgTransferPositionResponse],
  swapExactOut: ["SwapExactOut", MsgSwapExactOut, MsgSwapExactOutResponse],
  rampAmplification: ["RampAmplification", MsgRampAmplification, MsgRampAmplificationResponse],
  setRates: ["SetRates", MsgSetRates, MsgSetRatesResponse],
  setPoolBreaker: ["SetPoolBreaker", MsgSetPoolBreaker, MsgSetPoolBreakerResponse],
  updateParams: ["UpdateParams", MsgUpdateParams, MsgUpdateParamsResponse],
  joinSingleExactShares: ["JoinSingleExactShares", MsgJoinSingleExactShares, MsgJoinResponse],
  exitSingleExactOut: ["ExitSingleExactOut", MsgExitSingleExactOut, MsgExitSingleExactOutResponse],
});
