// gRPC as grpcurl speaks it: list, describe, call, with nothing compiled in; then gRPC-Web. See ../README.md.

import { assert, equal, eventually, matches, rejected, Suite, within } from "../lib/checks.mjs";
import { answers, json, node } from "../lib/node.mjs";
import { Caller, Reflection } from "./reflection.mjs";

const suite = new Suite("gRPC", node.skipped);
await suite.require("the node answers", answers);

const BANK = "cosmos.bank.v1beta1.Query";
const AUTH = "cosmos.auth.v1beta1.Query";
const BLOCKS = "cosmos.base.tendermint.v1beta1.Service";
const TX = "cosmos.tx.v1beta1.Service";

const reflection = new Reflection(node.grpc, "v1alpha");
const caller = new Caller(node.grpc);
let bank;

await suite.require("reflection v1alpha lists the services", async () => {
  const services = await reflection.services();
  for (const service of [BANK, AUTH, BLOCKS, TX, "cosmos.base.node.v1beta1.Service"]) assert(services.includes(service), `${service} is not listed`);
});

await suite.checkTopic("reflection-v1", "reflection v1 lists the same", async () => {
  const newer = new Reflection(node.grpc, "v1");
  const [one, other] = [await newer.services(), await reflection.services()];
  equal(one.filter((name) => !name.startsWith("grpc.reflection")), other.filter((name) => !name.startsWith("grpc.reflection")), "services");
  newer.close();
});

await suite.check("every service that is listed can be described", async () => {
  for (const service of await reflection.services()) {
    const root = await reflection.root(service);
    const methods = Object.values(root.lookupService(service).methods);
    assert(methods.length > 0, `${service} has no methods`);
    for (const method of methods) {
      root.lookupType(method.requestType);
      root.lookupType(method.responseType);
    }
  }
}, 120_000);

await suite.require("the bank queries are described as the SDK defines them", async () => {
  bank = await reflection.root(BANK);
  const { AllBalances } = bank.lookupService(BANK).methods;
  matches(AllBalances.requestType, /QueryAllBalancesRequest$/, "request");
  equal(bank.lookupType("cosmos.bank.v1beta1.QueryAllBalancesRequest").fields.address.id, 1, "number of the address");
});

await suite.check("an unknown symbol is NOT_FOUND", async () => {
  const error = await rejected(reflection.ask({ fileContainingSymbol: "no.such.Service" }), "an unknown symbol");
  equal(error.code, 5, "code");
});

// Somebody who holds coins, found by the chain itself.
const holder = async () => (await caller.unary(bank, BANK, "DenomOwners", { denom: node.denom, pagination: { limit: 1 } })).value.denom_owners[0].address;

await suite.check("supply and balances are read", async () => {
  const { value } = await caller.unary(bank, BANK, "TotalSupply", {});
  assert(value.supply.some((coin) => coin.denom === node.denom && BigInt(coin.amount) > 0n), `supply ${JSON.stringify(value.supply)}`);
  const address = await holder();
  const { balances } = (await caller.unary(bank, BANK, "AllBalances", { address })).value;
  const one = (await caller.unary(bank, BANK, "Balance", { address, denom: node.denom })).value.balance;
  equal(balances.find((coin) => coin.denom === node.denom), one, "balance");
});

await suite.check("gRPC and REST say the same", async () => {
  const { body } = await json(`${node.rest}/cosmos/bank/v1beta1/supply/by_denom?denom=${node.denom}`);
  const { value } = await caller.unary(bank, BANK, "SupplyOf", { denom: node.denom });
  equal(value.amount.denom, body.amount.denom, "denom");
  assert(BigInt(value.amount.amount) >= BigInt(body.amount.amount), "the supply shrank");
  const params = await json(`${node.rest}/cosmos/bank/v1beta1/params`);
  equal((await caller.unary(bank, BANK, "Params", {})).value.params.default_send_enabled, params.body.params.default_send_enabled, "params");
});

await suite.check("the height of the answer is in the metadata, and a height can be asked for", async () => {
  const address = await holder();
  const latest = await caller.unary(bank, BANK, "AllBalances", { address });
  const height = Number(latest.header.get("x-cosmos-block-height")[0] ?? latest.trailer.get("x-cosmos-block-height")[0]);
  assert(height > 1, `height ${height}`);
  const before = await caller.unary(bank, BANK, "AllBalances", { address }, height - 1);
  const echoed = before.header.get("x-cosmos-block-height")[0] ?? before.trailer.get("x-cosmos-block-height")[0];
  equal(echoed, String(height - 1), "height");
  assert(Array.isArray(before.value.balances), "no balances");
});

await suite.check("a height that is not there yet, and one that is no number, are refused", async () => {
  const address = await holder();
  for (const height of [900_000_000, "abc"]) {
    const error = await rejected(caller.unary(bank, BANK, "AllBalances", { address }, height), `height ${height}`);
    assert([2, 3, 11].includes(error.code) && error.details.length > 5, `code ${error.code}: ${error.details}`);
  }
});

await suite.check("a bad address is INVALID_ARGUMENT, an unknown account NOT_FOUND", async () => {
  equal((await rejected(caller.unary(bank, BANK, "AllBalances", { address: "nonsense" }), "a bad address")).code, 3, "code");
  const auth = await reflection.root(AUTH);
  const error = await rejected(caller.unary(auth, AUTH, "Account", { address: await nobody() }), "an unknown account");
  equal(error.code, 5, `code (${error.details})`);
  matches(error.details, /not found/, "details");
});

await suite.check("an account comes as Any, of a type that reflection knows", async () => {
  const auth = await reflection.root(AUTH);
  const { account } = (await caller.unary(auth, AUTH, "Account", { address: await holder() })).value;
  const typeName = account.type_url.replace(/^\//, "");
  (await reflection.root(typeName)).lookupType(typeName);
});

await suite.check("blocks and node information are read", async () => {
  const blocks = await reflection.root(BLOCKS);
  const info = (await caller.unary(blocks, BLOCKS, "GetNodeInfo", {})).value;
  equal(info.default_node_info.network, node.chainId, "chain id");
  const { sdk_block } = (await caller.unary(blocks, BLOCKS, "GetLatestBlock", {})).value;
  equal(sdk_block.header.chain_id, node.chainId, "chain id of the block");
  const height = sdk_block.header.height;
  equal((await caller.unary(blocks, BLOCKS, "GetBlockByHeight", { height })).value.sdk_block.header.height, height, "height");
  await eventually(async () => BigInt((await caller.unary(blocks, BLOCKS, "GetLatestBlock", {})).value.sdk_block.header.height) > BigInt(height), "the next block");
});

await suite.check("lists come in pages", async () => {
  const first = (await caller.unary(bank, BANK, "DenomOwners", { denom: node.denom, pagination: { limit: 1, count_total: true } })).value;
  equal(first.denom_owners.length, 1, "entries");
  assert(BigInt(first.pagination.total) > 1n, `total ${first.pagination.total}`);
  const second = (await caller.unary(bank, BANK, "DenomOwners", { denom: node.denom, pagination: { limit: 1, key: first.pagination.next_key } })).value;
  assert(second.denom_owners[0].address !== first.denom_owners[0].address, "the second page is the first");
});

await suite.check("an unknown transaction is NOT_FOUND, garbage to broadcast has its code", async () => {
  const tx = await reflection.root(TX);
  equal((await rejected(caller.unary(tx, TX, "GetTx", { hash: "0".repeat(64) }), "an unknown hash")).code, 5, "code");
  const { tx_response: outcome } = (await caller.unary(tx, TX, "BroadcastTx", { tx_bytes: Buffer.from([1, 2, 3]).toString("base64"), mode: 2 })).value;
  equal([outcome.code, outcome.codespace], [2, "sdk"], "code and codespace");
});

await suite.check("unknown services and methods are UNIMPLEMENTED", async () => {
  for (const path of ["/no.such.Service/Method", `/${BANK}/NoSuchMethod`]) {
    equal((await rejected(caller.raw(path, Buffer.alloc(0)), path)).code, 12, path);
  }
});

await suite.check("a malformed request is an error, not a broken connection", async () => {
  const error = await rejected(caller.raw(`/${BANK}/AllBalances`, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1])), "a malformed request");
  assert([3, 13].includes(error.code), `code ${error.code}: ${error.details}`);
  assert((await caller.unary(bank, BANK, "Params", {})).value.params, "the next call fails");
});

await suite.check("fifty calls at once on one connection are answered", async () => {
  const answered = await Promise.all(Array.from({ length: 50 }, () => caller.unary(bank, BANK, "SupplyOf", { denom: node.denom })));
  assert(answered.every(({ value }) => value.amount.denom === node.denom), "not all");
});

// --- gRPC-Web: the same calls from a browser, by HTTP/1.1 on the REST port

/** Frames of a gRPC-Web body: the message, and the trailers as an object. */
function frames(bytes) {
  const found = { trailers: {} };
  for (let at = 0; at + 5 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    const content = bytes.subarray(at + 5, at + 5 + length);
    if (bytes[at] & 0x80) {
      for (const line of content.toString().split("\r\n").filter(Boolean)) {
        const colon = line.indexOf(":");
        found.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
      }
    } else {
      found.message = content;
    }
    at += 5 + length;
  }
  return found;
}

/** Base64 that was written piece by piece, with padding after each piece. */
const unpacked = (text) => Buffer.concat((text.match(/[A-Za-z0-9+/]+={0,2}/g) ?? []).map((piece) => Buffer.from(piece, "base64")));

async function grpcWeb(method, request, text) {
  const message = Buffer.from(request);
  const frame = Buffer.concat([Buffer.from([0]), Buffer.from(new Uint32Array([message.length]).buffer).reverse(), message]);
  const type = text ? "application/grpc-web-text" : "application/grpc-web+proto";
  const response = await within(
    fetch(`${node.rest}/${method}`, { method: "POST", headers: { "content-type": type, "x-grpc-web": "1" }, body: text ? frame.toString("base64") : frame }),
    15_000,
    "gRPC-Web",
  );
  const body = Buffer.from(await response.arrayBuffer());
  const { message: answer, trailers } = frames(text ? unpacked(body.toString()) : body);
  return { http: response.status, answer, status: trailers["grpc-status"] ?? response.headers.get("grpc-status"), words: trailers["grpc-message"] ?? response.headers.get("grpc-message") };
}

for (const text of [false, true]) {
  await suite.checkTopic("grpc-web", `a call goes through by gRPC-Web in its ${text ? "text" : "binary"} form`, async () => {
    const input = bank.lookupType("cosmos.bank.v1beta1.QuerySupplyOfRequest");
    const output = bank.lookupType("cosmos.bank.v1beta1.QuerySupplyOfResponse");
    const { http, answer, status } = await grpcWeb(`${BANK}/SupplyOf`, input.encode({ denom: node.denom }).finish(), text);
    equal([http, status], [200, "0"], "HTTP status and gRPC status");
    equal(output.decode(answer).amount.denom, node.denom, "denom");
  });
}

await suite.checkTopic("grpc-web", "an error by gRPC-Web is 200 with its status and words", async () => {
  const input = bank.lookupType("cosmos.bank.v1beta1.QueryAllBalancesRequest");
  const { http, status, words } = await grpcWeb(`${BANK}/AllBalances`, input.encode({ address: "nonsense" }).finish(), false);
  equal([http, status], [200, "3"], "HTTP status and gRPC status");
  assert(words?.length > 5, "no words");
});

/** An address that surely holds nothing: the hash of the moment. */
async function nobody() {
  const { createHash } = await import("node:crypto");
  const bytes = createHash("sha256").update(`${process.hrtime.bigint()}${process.pid}`).digest().subarray(0, 20);
  const padded = bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
  const { body } = await json(`${node.rest}/cosmos/auth/v1beta1/bech32/${encodeURIComponent(padded)}`);
  assert(body.address_string, `no address from bytes: ${JSON.stringify(body)}`);
  return body.address_string;
}

reflection.close();
caller.close();
suite.finish();
