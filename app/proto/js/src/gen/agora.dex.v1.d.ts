// Generated from the definitions of agora.dex.v1: do not edit.

import type { MessageType, ServiceType } from "../wire.js";
import type * as cosmos_base_query_v1beta1 from "./cosmos.base.query.v1beta1.js";
import type * as cosmos_base_v1beta1 from "./cosmos.base.v1beta1.js";
import type * as google_protobuf from "./google.protobuf.js";

/** Two coins, liquidity in ranges of prices. The price is that of the first coin in the second, in base units. */
export interface Concentrated {
  /** The root of the price, times 2^96. */
  sqrtPrice: string;
  /** The greatest tick whose price is at most the price; 1.0001^tick. */
  tick: number;
  /** Liquidity in force at the price. */
  liquidity: string;
  /** Ranges begin and end at its multiples. */
  tickSpacing: number;
  /** Fees of the first coin per unit of liquidity, times 2^128, modulo 2^256. */
  feeGrowth0: string;
  /** The same of the second coin. */
  feeGrowth1: string;
}
export const Concentrated: MessageType<Concentrated>;

/** Two coins whose reserves keep their product: x * y = k. */
export interface ConstantProduct {
}
export const ConstantProduct: MessageType<ConstantProduct>;

/** One exchange in a pool. */
export interface Exchange {
  poolId: string;
  /** What the pool takes; whoever swaps gives the taker fee as well. */
  tokenIn: cosmos_base_v1beta1.Coin;
  tokenOut: cosmos_base_v1beta1.Coin;
  /** What stays with the liquidity providers, of token_in; of token_out in a stable pool. */
  fee: cosmos_base_v1beta1.Coin;
  /** What the chain takes beside what the pool takes, of the denom of token_in. */
  takerFee: cosmos_base_v1beta1.Coin;
}
export const Exchange: MessageType<Exchange>;

/** The genesis section. The coins of the pools and the shares are balances of the bank. */
export interface GenesisState {
  params: Params;
  pools: Pool[];
  positions: Position[];
  ticks: Tick[];
  /** Every record that is kept, by pool and time. */
  priceRecords: PriceRecord[];
  /** Pools whose next record is due though nobody touches them. Those without any need not be listed. */
  duePools: string[];
  /** Taker fees collected and not yet handed on; they lie in their account. */
  takerFees: cosmos_base_v1beta1.Coin[];
  /** The time of a late block, if the chain looks out for standing still, in nanoseconds since 1970. */
  lastBlock: bigint;
  /** When exchanges may go on after it stood still, in nanoseconds since 1970. */
  recovered: bigint;
}
export const GenesisState: MessageType<GenesisState>;

/** One exchange on the way: in a pool, for a coin. */
export interface Hop {
  /** The pool. */
  poolId: string;
  /** What it pays out. */
  denomOut: string;
  /** Exact in: the least it must pay out. Exact out: the most it may take. Zero or absent: no limit of its own. */
  limit: string;
}
export const Hop: MessageType<Hop>;

export interface MsgCollectFees {
  sender: string;
  positionId: string;
}
export const MsgCollectFees: MessageType<MsgCollectFees>;

export interface MsgCollectFeesResponse {
  fees: cosmos_base_v1beta1.Coin[];
}
export const MsgCollectFeesResponse: MessageType<MsgCollectFeesResponse>;

export interface MsgCreateConcentratedPool {
  sender: string;
  denom0: string;
  /** After denom_0 in the order of bytes. */
  denom1: string;
  /** 0.0001, 0.0005, 0.003 or 0.01, with ticks 1, 10, 60 and 200 apart. */
  swapFee: string;
  /** The first price: base units of denom_1 for a base unit of denom_0. Absent if sqrt_price is given. */
  price: string;
  /** The root of the first price, times 2^96. Absent if price is given. */
  sqrtPrice: string;
}
export const MsgCreateConcentratedPool: MessageType<MsgCreateConcentratedPool>;

export interface MsgCreateConcentratedPoolResponse {
  poolId: string;
  address: string;
  tick: number;
}
export const MsgCreateConcentratedPoolResponse: MessageType<MsgCreateConcentratedPoolResponse>;

export interface MsgCreatePool {
  sender: string;
  /** Two coins; their ratio is the first price. */
  coins: cosmos_base_v1beta1.Coin[];
  /** 0 to 0.1 in steps of 0.000001. */
  swapFee: string;
}
export const MsgCreatePool: MessageType<MsgCreatePool>;

export interface MsgCreatePoolResponse {
  poolId: string;
  address: string;
  /** What the sender was given; the locked ones not included. */
  shares: cosmos_base_v1beta1.Coin;
}
export const MsgCreatePoolResponse: MessageType<MsgCreatePoolResponse>;

export interface MsgCreateStablePool {
  sender: string;
  /** Two to eight coins of like worth. */
  coins: cosmos_base_v1beta1.Coin[];
  /** How flat the curve is around equal reserves: 1 to 1000000. */
  amplification: bigint;
  /** 0 to 0.1 in steps of 0.000001. */
  swapFee: string;
  /** What a base unit of each coin counts for, by denom; 1 for those not named. */
  rates: cosmos_base_v1beta1.DecCoin[];
  /** Who may move the rates; nobody if empty. */
  rateProvider: string;
}
export const MsgCreateStablePool: MessageType<MsgCreateStablePool>;

export interface MsgCreateWeightedPool {
  sender: string;
  /** Two to eight coins. */
  coins: cosmos_base_v1beta1.Coin[];
  /** One for each coin, by denom; each at least 0.01, together 1. */
  weights: cosmos_base_v1beta1.DecCoin[];
  /** 0 to 0.1 in steps of 0.000001. */
  swapFee: string;
}
export const MsgCreateWeightedPool: MessageType<MsgCreateWeightedPool>;

export interface MsgDecreasePosition {
  sender: string;
  positionId: string;
  /** How much liquidity to take out. */
  liquidity: string;
  /** May be empty; fees do not count. */
  coinsMin: cosmos_base_v1beta1.Coin[];
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgDecreasePosition: MessageType<MsgDecreasePosition>;

export interface MsgDecreasePositionResponse {
  coinsOut: cosmos_base_v1beta1.Coin[];
  fees: cosmos_base_v1beta1.Coin[];
}
export const MsgDecreasePositionResponse: MessageType<MsgDecreasePositionResponse>;

export interface MsgExit {
  sender: string;
  shares: cosmos_base_v1beta1.Coin;
  /** May be empty. */
  coinsMin: cosmos_base_v1beta1.Coin[];
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgExit: MessageType<MsgExit>;

export interface MsgExitResponse {
  coinsOut: cosmos_base_v1beta1.Coin[];
}
export const MsgExitResponse: MessageType<MsgExitResponse>;

export interface MsgExitSingle {
  sender: string;
  shares: cosmos_base_v1beta1.Coin;
  /** Its denom is what is paid out. */
  coinOutMin: cosmos_base_v1beta1.Coin;
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgExitSingle: MessageType<MsgExitSingle>;

export interface MsgExitSingleExactOut {
  sender: string;
  coinOut: cosmos_base_v1beta1.Coin;
  /** Its denom says which pool. */
  sharesMax: cosmos_base_v1beta1.Coin;
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgExitSingleExactOut: MessageType<MsgExitSingleExactOut>;

export interface MsgExitSingleExactOutResponse {
  /** The shares given back. */
  shares: cosmos_base_v1beta1.Coin;
}
export const MsgExitSingleExactOutResponse: MessageType<MsgExitSingleExactOutResponse>;

export interface MsgIncreasePosition {
  sender: string;
  positionId: string;
  coinsMax: cosmos_base_v1beta1.Coin[];
  /** The least liquidity to receive. */
  liquidityMin: string;
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgIncreasePosition: MessageType<MsgIncreasePosition>;

export interface MsgIncreasePositionResponse {
  liquidity: string;
  coinsIn: cosmos_base_v1beta1.Coin[];
  fees: cosmos_base_v1beta1.Coin[];
}
export const MsgIncreasePositionResponse: MessageType<MsgIncreasePositionResponse>;

export interface MsgJoin {
  sender: string;
  poolId: string;
  /** All coins of the pool; what exceeds the proportion is not taken. */
  coinsMax: cosmos_base_v1beta1.Coin[];
  /** The least shares to receive. */
  sharesMin: string;
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgJoin: MessageType<MsgJoin>;

export interface MsgJoinExactShares {
  sender: string;
  shares: cosmos_base_v1beta1.Coin;
  coinsMax: cosmos_base_v1beta1.Coin[];
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgJoinExactShares: MessageType<MsgJoinExactShares>;

export interface MsgJoinResponse {
  coinsIn: cosmos_base_v1beta1.Coin[];
  shares: cosmos_base_v1beta1.Coin;
}
export const MsgJoinResponse: MessageType<MsgJoinResponse>;

export interface MsgJoinSingle {
  sender: string;
  poolId: string;
  coinIn: cosmos_base_v1beta1.Coin;
  /** The least shares to receive. */
  sharesMin: string;
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgJoinSingle: MessageType<MsgJoinSingle>;

export interface MsgJoinSingleExactShares {
  sender: string;
  shares: cosmos_base_v1beta1.Coin;
  /** Its denom is what is given. */
  coinInMax: cosmos_base_v1beta1.Coin;
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgJoinSingleExactShares: MessageType<MsgJoinSingleExactShares>;

export interface MsgOpenPosition {
  sender: string;
  poolId: string;
  /** A multiple of the pool's spacing. */
  tickLower: number;
  /** A multiple of the pool's spacing. */
  tickUpper: number;
  /** One or both; what exceeds the proportion is not taken. */
  coinsMax: cosmos_base_v1beta1.Coin[];
  /** The least liquidity to receive. */
  liquidityMin: string;
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgOpenPosition: MessageType<MsgOpenPosition>;

export interface MsgOpenPositionResponse {
  positionId: string;
  liquidity: string;
  coinsIn: cosmos_base_v1beta1.Coin[];
}
export const MsgOpenPositionResponse: MessageType<MsgOpenPositionResponse>;

export interface MsgRampAmplification {
  authority: string;
  poolId: string;
  /** 1 to 1000000, and within ten times of the present one. */
  amplification: bigint;
  /** At least a day from the block's time. */
  until?: google_protobuf.Timestamp;
}
export const MsgRampAmplification: MessageType<MsgRampAmplification>;

export interface MsgRampAmplificationResponse {
}
export const MsgRampAmplificationResponse: MessageType<MsgRampAmplificationResponse>;

export interface MsgSetPoolBreaker {
  authority: string;
  poolId: string;
  /** True trips the breaker, false resets it. */
  halted: boolean;
}
export const MsgSetPoolBreaker: MessageType<MsgSetPoolBreaker>;

export interface MsgSetPoolBreakerResponse {
}
export const MsgSetPoolBreakerResponse: MessageType<MsgSetPoolBreakerResponse>;

export interface MsgSetRates {
  sender: string;
  poolId: string;
  /** New rates by denom; those not named stay. Each moves by at most 1 % a block. */
  rates: cosmos_base_v1beta1.DecCoin[];
}
export const MsgSetRates: MessageType<MsgSetRates>;

export interface MsgSetRatesResponse {
}
export const MsgSetRatesResponse: MessageType<MsgSetRatesResponse>;

export interface MsgSwapExactIn {
  sender: string;
  /** What is exchanged; all of it goes in. */
  tokenIn: cosmos_base_v1beta1.Coin;
  /** The least the routes together must give; its denom is what they all end in. */
  tokenOutMin: cosmos_base_v1beta1.Coin;
  /** 1 to 8. */
  routes: Route[];
  /** The swap fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgSwapExactIn: MessageType<MsgSwapExactIn>;

export interface MsgSwapExactInResponse {
  tokenOut: cosmos_base_v1beta1.Coin;
}
export const MsgSwapExactInResponse: MessageType<MsgSwapExactInResponse>;

export interface MsgSwapExactOut {
  sender: string;
  /** The most the routes together may take; its denom is what they all begin with. */
  tokenInMax: cosmos_base_v1beta1.Coin;
  /** What is received, exactly. */
  tokenOut: cosmos_base_v1beta1.Coin;
  /** 1 to 8. */
  routes: Route[];
  /** Fails in a block whose time is later. Absent: it does not expire. */
  deadline?: google_protobuf.Timestamp;
}
export const MsgSwapExactOut: MessageType<MsgSwapExactOut>;

export interface MsgSwapExactOutResponse {
  tokenIn: cosmos_base_v1beta1.Coin;
}
export const MsgSwapExactOutResponse: MessageType<MsgSwapExactOutResponse>;

export interface MsgTransferPosition {
  sender: string;
  positionId: string;
  recipient: string;
}
export const MsgTransferPosition: MessageType<MsgTransferPosition>;

export interface MsgTransferPositionResponse {
}
export const MsgTransferPositionResponse: MessageType<MsgTransferPositionResponse>;

export interface MsgUpdateParams {
  authority: string;
  params: Params;
}
export const MsgUpdateParams: MessageType<MsgUpdateParams>;

export interface MsgUpdateParamsResponse {
}
export const MsgUpdateParamsResponse: MessageType<MsgUpdateParamsResponse>;

/** What exchanges took out of a pool, net of what they brought, by window of time. */
export interface Outflows {
  /** When the present window began, in seconds since 1970. */
  began: bigint;
  /** Of each reserve in the window before; negative if more came in. */
  earlier: string[];
  /** Of each reserve in the present window. */
  present: string[];
}
export const Outflows: MessageType<Outflows>;

/** The taker fee of exchanges between two coins, either way. */
export interface PairRate {
  denom0: string;
  denom1: string;
  /** 0 to 0.05 in steps of 0.000001. */
  rate: string;
}
export const PairRate: MessageType<PairRate>;

/** What governance sets. */
export interface Params {
  /** What making a pool costs; goes to the fee collector. Zero: nothing. */
  poolCreationFee: cosmos_base_v1beta1.Coin;
  /** What the chain takes of every exchange. */
  takerFee: TakerFee;
  /** What an exchange may do to a pool. */
  protection: Protection;
}
export const Params: MessageType<Params>;

/** A pool: coins at an address of its own, and the rule by which they are exchanged. */
export interface Pool {
  /** 1 to 16 hexadecimal digits. */
  id: string;
  /** Holds the coins of the pool; follows from the id. */
  address: string;
  /** The part of what comes in that stays with the liquidity providers: 0 to 0.1 in steps of 0.000001. */
  swapFee: string;
  /** What the pool counts as its own, by denom. Coins sent to the address from outside are not counted. */
  reserves: cosmos_base_v1beta1.Coin[];
  /** The shares that exist, locked ones included. */
  shares: cosmos_base_v1beta1.Coin;
  constantProduct?: ConstantProduct;
  weighted?: Weighted;
  stable?: Stable;
  concentrated?: Concentrated;
  /** Whether the breaker is tripped: liquidity in proportion can leave, nothing else. */
  halted: boolean;
  /** What exchanges took out of late; absent while there is no limit to it. */
  outflows?: Outflows;
}
export const Pool: MessageType<Pool>;

/** Liquidity in a range of a concentrated pool: an object that can be handed on. */
export interface Position {
  /** 1 to 16 hexadecimal digits. */
  id: string;
  poolId: string;
  owner: string;
  tickLower: number;
  tickUpper: number;
  liquidity: string;
  /** Fee growth within the range up to which fees were paid out, times 2^128, modulo 2^256. */
  feeGrowthInside0: string;
  feeGrowthInside1: string;
  /** What was deposited, less what was withdrawn in proportion: the measure of divergence. */
  deposited: cosmos_base_v1beta1.Coin[];
}
export const Position: MessageType<Position>;

/** A position and what it is worth now. */
export interface PositionView {
  position?: Position;
  /** What would be paid out for all its liquidity. */
  coins: cosmos_base_v1beta1.Coin[];
  /** Fees earned and not paid out. */
  fees: cosmos_base_v1beta1.Coin[];
  /** Whether the price lies in its range. */
  inRange: boolean;
}
export const PositionView: MessageType<PositionView>;

/** Two coins of a pool in a record. */
export interface PricePair {
  /** The price of the first in the second, times 2^128. */
  price0: string;
  /** The price of the second in the first, times 2^128. */
  price1: string;
  /** The first price times milliseconds, summed up to the time of the record, modulo 2^256. */
  sum0: string;
  /** The same of the second price. */
  sum1: string;
  /** The logarithm to base two of the first price, times 2^64, moving by a bounded amount a record. */
  log: string;
  /** The logarithm times milliseconds, summed up to the time of the record. */
  logSum: string;
}
export const PricePair: MessageType<PricePair>;

/** The price at the end of the last block before a time. */
export interface PricePoint {
  time?: google_protobuf.Timestamp;
  /** Base units of the quote coin for one of the base coin, rounded down to 18 decimals. Zero: it could not be computed. */
  price: string;
  /** The same times 2^128, rounded down. */
  priceX128: string;
}
export const PricePoint: MessageType<PricePoint>;

/** What is known of a pool's prices from the end of a block on. */
export interface PriceRecord {
  poolId: string;
  /** The block's time in milliseconds since 1970. */
  time: bigint;
  /** The time of the next record; zero while there is none. */
  until: bigint;
  /** Each pair of the reserves, the earlier in the order of denoms first. */
  pairs: PricePair[];
  /** Whether the prices could be computed. */
  priced: boolean;
  /** The last time up to which they could not, in milliseconds since 1970; zero if they always could. */
  errorTime: bigint;
  /** Of a pool's last record: the time of the record that is next to be merged with the one after it. */
  merging: bigint;
}
export const PriceRecord: MessageType<PriceRecord>;

/** Limits that hold for every pool. Whatever they say, leaving in proportion is possible. */
export interface Protection {
  /**
   * How far an exchange may take the price from where it was when the block began: to 1 + this times as much, or to as much by it. In
   * steps of 0.000001, 100 at most; zero: anywhere.
   */
  priceBand: string;
  /**
   * The part of a reserve that exchanges may take out within the window, net of what they bring. In steps of 0.000001, below one;
   * zero: all.
   */
  outflowLimit: string;
  /** In seconds; 60 to 604800 if there is a limit. */
  outflowWindow: bigint;
  /** Seconds between two blocks from which on the chain counts as having stood still, a week at most; zero: never. */
  downtime: bigint;
  /** For how many seconds after that nobody may exchange, a day at most. */
  recovery: bigint;
}
export const Protection: MessageType<Protection>;

export interface QueryFindRouteRequest {
  /** What to give; what to receive if exact_out. */
  token?: cosmos_base_v1beta1.Coin;
  /** What to receive; what to give if exact_out. */
  denom: string;
  /** Whether the token is what is received, exactly. */
  exactOut: boolean;
  /** 1 to 6; 4 if zero. */
  maxHops: number;
  /** 1 to 3; 3 if zero. */
  maxRoutes: number;
}
export const QueryFindRouteRequest: MessageType<QueryFindRouteRequest>;

export interface QueryFindRouteResponse {
  /** As swaps take them. */
  routes: Route[];
  tokenIn: cosmos_base_v1beta1.Coin;
  tokenOut: cosmos_base_v1beta1.Coin;
  /** Each exchange on the way, route by route. */
  exchanges: Exchange[];
  /** The price along the routes before the swap and without fees: base units received for a base unit given. */
  spotPrice: string;
  /** How much of what the spot price promises the fees take, in millionths. */
  feeShare: number;
  /** How much of what the spot price promises after fees is lost because the swap moves the prices, in millionths. */
  priceImpact: number;
}
export const QueryFindRouteResponse: MessageType<QueryFindRouteResponse>;

export interface QueryPairPoolsRequest {
  base: string;
  quote: string;
}
export const QueryPairPoolsRequest: MessageType<QueryPairPoolsRequest>;

export interface QueryPairPoolsResponse {
  /** At most 6, those with most of the first coin first. */
  pools: Pool[];
}
export const QueryPairPoolsResponse: MessageType<QueryPairPoolsResponse>;

export interface QueryParamsRequest {
}
export const QueryParamsRequest: MessageType<QueryParamsRequest>;

export interface QueryParamsResponse {
  params: Params;
}
export const QueryParamsResponse: MessageType<QueryParamsResponse>;

export interface QueryPoolRequest {
  poolId: string;
}
export const QueryPoolRequest: MessageType<QueryPoolRequest>;

export interface QueryPoolResponse {
  pool?: Pool;
}
export const QueryPoolResponse: MessageType<QueryPoolResponse>;

export interface QueryPoolsRequest {
  pagination?: cosmos_base_query_v1beta1.PageRequest;
}
export const QueryPoolsRequest: MessageType<QueryPoolsRequest>;

export interface QueryPoolsResponse {
  pools: Pool[];
  pagination?: cosmos_base_query_v1beta1.PageResponse;
}
export const QueryPoolsResponse: MessageType<QueryPoolsResponse>;

export interface QueryPositionRequest {
  positionId: string;
}
export const QueryPositionRequest: MessageType<QueryPositionRequest>;

export interface QueryPositionResponse {
  position?: PositionView;
}
export const QueryPositionResponse: MessageType<QueryPositionResponse>;

export interface QueryPositionsRequest {
  owner: string;
  pagination?: cosmos_base_query_v1beta1.PageRequest;
}
export const QueryPositionsRequest: MessageType<QueryPositionsRequest>;

export interface QueryPositionsResponse {
  positions: PositionView[];
  pagination?: cosmos_base_query_v1beta1.PageResponse;
}
export const QueryPositionsResponse: MessageType<QueryPositionsResponse>;

export interface QueryPriceHistoryRequest {
  poolId: string;
  /** What is priced. */
  base: string;
  /** In what. */
  quote: string;
  /** Absent: a day ago. Not before the first record in any case. */
  from?: google_protobuf.Timestamp;
  /** Absent: now. */
  to?: google_protobuf.Timestamp;
  /** 2 to 200; 60 if zero. */
  points: number;
}
export const QueryPriceHistoryRequest: MessageType<QueryPriceHistoryRequest>;

export interface QueryPriceHistoryResponse {
  /** At equal distances, both ends included. */
  points: PricePoint[];
}
export const QueryPriceHistoryResponse: MessageType<QueryPriceHistoryResponse>;

export interface QueryQuoteSwapExactInRequest {
  tokenIn?: cosmos_base_v1beta1.Coin;
  routes: Route[];
}
export const QueryQuoteSwapExactInRequest: MessageType<QueryQuoteSwapExactInRequest>;

export interface QueryQuoteSwapExactInResponse {
  tokenOut?: cosmos_base_v1beta1.Coin;
  /** Each exchange on the way, route by route. */
  exchanges: Exchange[];
}
export const QueryQuoteSwapExactInResponse: MessageType<QueryQuoteSwapExactInResponse>;

export interface QueryQuoteSwapExactOutRequest {
  denomIn: string;
  tokenOut?: cosmos_base_v1beta1.Coin;
  routes: Route[];
}
export const QueryQuoteSwapExactOutRequest: MessageType<QueryQuoteSwapExactOutRequest>;

export interface QueryQuoteSwapExactOutResponse {
  tokenIn?: cosmos_base_v1beta1.Coin;
  /** Each exchange on the way, route by route. */
  exchanges: Exchange[];
}
export const QueryQuoteSwapExactOutResponse: MessageType<QueryQuoteSwapExactOutResponse>;

export interface QuerySpotPriceRequest {
  poolId: string;
  /** What is priced. */
  base: string;
  /** In what. */
  quote: string;
}
export const QuerySpotPriceRequest: MessageType<QuerySpotPriceRequest>;

export interface QuerySpotPriceResponse {
  /** Base units of the quote coin for one of the base coin, fees aside, rounded down to 18 decimals. */
  price: string;
  /** The same times 2^128, rounded down. */
  priceX128: string;
}
export const QuerySpotPriceResponse: MessageType<QuerySpotPriceResponse>;

export interface QueryTicksRequest {
  poolId: string;
  pagination?: cosmos_base_query_v1beta1.PageRequest;
}
export const QueryTicksRequest: MessageType<QueryTicksRequest>;

export interface QueryTicksResponse {
  ticks: Tick[];
  pagination?: cosmos_base_query_v1beta1.PageResponse;
}
export const QueryTicksResponse: MessageType<QueryTicksResponse>;

export interface QueryTwapRequest {
  poolId: string;
  /** What is priced. */
  base: string;
  /** In what. */
  quote: string;
  /** Within the last 48 hours; counted in milliseconds. */
  start?: google_protobuf.Timestamp;
  /** Absent: now. Equal to the start: the price in force then. */
  end?: google_protobuf.Timestamp;
}
export const QueryTwapRequest: MessageType<QueryTwapRequest>;

export interface QueryTwapResponse {
  /** Base units of the quote coin for one of the base coin, fees aside, rounded down to 18 decimals. */
  price: string;
  /** The same times 2^128, rounded down. */
  priceX128: string;
}
export const QueryTwapResponse: MessageType<QueryTwapResponse>;

/** A way from one coin to another. */
export interface Route {
  /** In the order in which the coins pass; 1 to 6. */
  hops: Hop[];
  /** The share of the amount that goes this way, as a weight among the routes. Zero only if it is the only one. */
  weight: bigint;
}
export const Route: MessageType<Route>;

/** Two to eight coins of like worth. */
export interface Stable {
  /** The amplification with two decimals, when the ramp began. */
  amplification: bigint;
  /** In seconds since 1970. Equal to ramp_end: there is no ramp. */
  rampStart: bigint;
  /** The amplification with two decimals, when the ramp ends. */
  rampAmplification: bigint;
  rampEnd: bigint;
  /** What a base unit of each coin counts for, by denom. */
  rates: cosmos_base_v1beta1.DecCoin[];
  /** Who may move the rates; nobody if empty. */
  rateProvider: string;
  /** The height at which the rates were last moved. */
  ratesHeight: bigint;
}
export const Stable: MessageType<Stable>;

/** A fee beside that of the pool, off what comes in, once for each exchange of a route. */
export interface TakerFee {
  /** 0 to 0.05 in steps of 0.000001. */
  rate: string;
  /** Pairs with a rate of their own; at most 100. */
  pairs: PairRate[];
  /** What the community has of it; with the other two one. It stays in the account of the taker fees. */
  communityShare: string;
  /** What those who stake have of it; goes to the fee collector. */
  stakerShare: string;
  /** What is destroyed of it if it is the native coin; of other coins the community has it. */
  burnShare: string;
}
export const TakerFee: MessageType<TakerFee>;

/** Where ranges begin or end. */
export interface Tick {
  poolId: string;
  tick: number;
  /** Liquidity of all ranges that begin or end here. */
  liquidityGross: string;
  /** What is added to the liquidity in force when the price rises past; may be negative. */
  liquidityNet: string;
  /** Fees earned on the other side than the price, times 2^128, modulo 2^256. */
  feeGrowthOutside0: string;
  feeGrowthOutside1: string;
}
export const Tick: MessageType<Tick>;

/** Two to eight coins: the product of each reserve to the power of its weight is kept. */
export interface Weighted {
  /** By denom; each at least 0.01, together 1. */
  weights: cosmos_base_v1beta1.DecCoin[];
}
export const Weighted: MessageType<Weighted>;

export interface Query {
  pool(request?: Partial<QueryPoolRequest>): Promise<QueryPoolResponse>;
  pools(request?: Partial<QueryPoolsRequest>): Promise<QueryPoolsResponse>;
  /** What a swap would give now: the same computation as the swap's own. */
  quoteSwapExactIn(request?: Partial<QueryQuoteSwapExactInRequest>): Promise<QueryQuoteSwapExactInResponse>;
  /** What a swap would cost now: the same computation as the swap's own. */
  quoteSwapExactOut(request?: Partial<QueryQuoteSwapExactOutRequest>): Promise<QueryQuoteSwapExactOutResponse>;
  position(request?: Partial<QueryPositionRequest>): Promise<QueryPositionResponse>;
  positions(request?: Partial<QueryPositionsRequest>): Promise<QueryPositionsResponse>;
  /** Where the ranges of a concentrated pool begin and end, by price. */
  ticks(request?: Partial<QueryTicksRequest>): Promise<QueryTicksResponse>;
  /** The price at which a pool would exchange next to nothing now. */
  spotPrice(request?: Partial<QuerySpotPriceRequest>): Promise<QuerySpotPriceResponse>;
  /** The mean of the price over time, from the ends of blocks. */
  twap(request?: Partial<QueryTwapRequest>): Promise<QueryTwapResponse>;
  /** The geometric mean, by logarithms that move by a bounded amount a block. */
  geometricTwap(request?: Partial<QueryTwapRequest>): Promise<QueryTwapResponse>;
  /** The price at up to 200 times, for a chart. */
  priceHistory(request?: Partial<QueryPriceHistoryRequest>): Promise<QueryPriceHistoryResponse>;
  params(request?: Partial<QueryParamsRequest>): Promise<QueryParamsResponse>;
  /**
   * The best way from one coin to another that a bounded search finds: one route, or several that share the amount. The
   * figures are the swap's own.
   */
  findRoute(request?: Partial<QueryFindRouteRequest>): Promise<QueryFindRouteResponse>;
  /** The pools in which two coins are exchanged for each other. */
  pairPools(request?: Partial<QueryPairPoolsRequest>): Promise<QueryPairPoolsResponse>;
}
export const Query: ServiceType<Query>;

export interface Msg {
  /** Makes a pool of two coins whose reserves keep their product. */
  createPool(request?: Partial<MsgCreatePool>): Promise<MsgCreatePoolResponse>;
  /** Exchanges an exact amount for as much as the routes give. */
  swapExactIn(request?: Partial<MsgSwapExactIn>): Promise<MsgSwapExactInResponse>;
  /** Makes a pool of two to eight coins with weights. */
  createWeightedPool(request?: Partial<MsgCreateWeightedPool>): Promise<MsgCreatePoolResponse>;
  /** Makes a pool of two to eight coins of like worth. */
  createStablePool(request?: Partial<MsgCreateStablePool>): Promise<MsgCreatePoolResponse>;
  /** Makes a pool of two coins whose liquidity lies in ranges of prices. It begins empty. */
  createConcentratedPool(request?: Partial<MsgCreateConcentratedPool>): Promise<MsgCreateConcentratedPoolResponse>;
  /** Adds liquidity in proportion; gives as many shares as the coins allow. */
  join(request?: Partial<MsgJoin>): Promise<MsgJoinResponse>;
  /** Adds liquidity in proportion, for an exact number of shares. */
  joinExactShares(request?: Partial<MsgJoinExactShares>): Promise<MsgJoinResponse>;
  /** Takes liquidity out in proportion. */
  exit(request?: Partial<MsgExit>): Promise<MsgExitResponse>;
  /** Adds liquidity in one coin; a part of it is in effect swapped for the others. */
  joinSingle(request?: Partial<MsgJoinSingle>): Promise<MsgJoinResponse>;
  /** Takes liquidity out in one coin. */
  exitSingle(request?: Partial<MsgExitSingle>): Promise<MsgExitResponse>;
  /** Puts liquidity into a range of a concentrated pool. */
  openPosition(request?: Partial<MsgOpenPosition>): Promise<MsgOpenPositionResponse>;
  /** Adds to a position. Fees earned are paid out. */
  increasePosition(request?: Partial<MsgIncreasePosition>): Promise<MsgIncreasePositionResponse>;
  /** Takes liquidity out of a position. Fees earned are paid out. Without liquidity the position ends. */
  decreasePosition(request?: Partial<MsgDecreasePosition>): Promise<MsgDecreasePositionResponse>;
  /** Pays out the fees a position has earned. */
  collectFees(request?: Partial<MsgCollectFees>): Promise<MsgCollectFeesResponse>;
  /** Hands a position on, with the fees it has earned. */
  transferPosition(request?: Partial<MsgTransferPosition>): Promise<MsgTransferPositionResponse>;
  /** Exchanges as little as the routes need for an exact amount. */
  swapExactOut(request?: Partial<MsgSwapExactOut>): Promise<MsgSwapExactOutResponse>;
  /** Moves the amplification of a stable pool over time; the authority only. */
  rampAmplification(request?: Partial<MsgRampAmplification>): Promise<MsgRampAmplificationResponse>;
  /** Moves the rates of a stable pool; its rate provider only. */
  setRates(request?: Partial<MsgSetRates>): Promise<MsgSetRatesResponse>;
  /** Trips or resets the breaker of a pool; the authority only. */
  setPoolBreaker(request?: Partial<MsgSetPoolBreaker>): Promise<MsgSetPoolBreakerResponse>;
  /** Replaces the settings; the authority only. */
  updateParams(request?: Partial<MsgUpdateParams>): Promise<MsgUpdateParamsResponse>;
  /** Adds liquidity in one coin, for an exact number of shares. */
  joinSingleExactShares(request?: Partial<MsgJoinSingleExactShares>): Promise<MsgJoinResponse>;
  /** Takes an exact amount of one coin out. */
  exitSingleExactOut(request?: Partial<MsgExitSingleExactOut>): Promise<MsgExitSingleExactOutResponse>;
}
export const Msg: ServiceType<Msg>;
