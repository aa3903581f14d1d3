// Where the node is and who holds money on it, from the environment.

import { within } from "./checks.mjs";

const environment = process.env;
const without = (url) => url.replace(/\/+$/, "");

/** The node under test. Every value has the devnet's default, except the mnemonics. */
export const node = {
  rpc: without(environment.AGORA_RPC ?? "http://127.0.0.1:26657"),
  rest: without(environment.AGORA_REST ?? "http://127.0.0.1:1317"),
  grpc: environment.AGORA_GRPC ?? "127.0.0.1:9090",
  faucet: environment.AGORA_FAUCET ? without(environment.AGORA_FAUCET) : undefined,
  chainId: environment.AGORA_CHAIN_ID ?? "agora-dev-1",
  denom: environment.AGORA_DENOM ?? "uago",
  prefix: environment.AGORA_PREFIX ?? "agora",
  /** Decimal price of one unit of gas that the node certainly accepts. */
  gasPrice: environment.AGORA_GAS_PRICE ?? "0.05",
  skipped: new Set((environment.AGORA_SKIP ?? "").split(",").map((topic) => topic.trim()).filter(Boolean)),
};

/** The WebSocket address of the RPC server, without the `/websocket` path. */
export const webSocket = node.rpc.replace(/^http/, "ws");

/** The mnemonic of a funded account; `who` in capital letters. */
export function mnemonic(who) {
  const words = environment[`AGORA_MNEMONIC_${who}`];
  if (!words) {
    console.log(`Bail out! AGORA_MNEMONIC_${who} is not set: the mnemonic of a funded account is needed`);
    process.exit(1);
  }
  return words;
}

/** Throws one clear error unless the node answers and is the right chain. */
export async function answers() {
  let body;
  try {
    const response = await within(fetch(`${node.rpc}/status`), 10_000, `${node.rpc}/status`);
    body = await response.json();
  } catch (error) {
    throw new Error(`no node answers at ${node.rpc}: ${error.cause?.code ?? error.cause?.message ?? error.message}`);
  }
  const chainId = (body.result ?? body).node_info?.network;
  if (chainId !== node.chainId) throw new Error(`the node at ${node.rpc} is chain ${chainId}, not ${node.chainId}`);
}

/** GET or POST of JSON: the status and the decoded body. */
export async function json(url, body) {
  const request = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await within(fetch(url, request), 20_000, url);
  const text = await response.text();
  try {
    return { status: response.status, headers: response.headers, body: JSON.parse(text) };
  } catch {
    throw new Error(`${url} answered ${response.status} with something that is not JSON: ${text.slice(0, 200)}`);
  }
}
