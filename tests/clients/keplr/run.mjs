// Keplr: its own check of a suggested chain, and the way its wallet sends; see ../README.md.

import { createRequire } from "node:module";
import WebSocket from "ws";
import { assert, equal, eventually, matches, rejected, Suite, within } from "../lib/checks.mjs";
import { answers, json, mnemonic, node, webSocket } from "../lib/node.mjs";

const require = createRequire(import.meta.url);
const validator = require("@keplr-wallet/chain-validator");
const { BaseAccount, Bech32Address, encodeSecp256k1Pubkey, encodeSecp256k1Signature, serializeSignDoc } = require("@keplr-wallet/cosmos");
const { Hash, Mnemonic, PrivKeySecp256k1 } = require("@keplr-wallet/crypto");
const { MsgSend } = require("@keplr-wallet/proto-types/cosmos/bank/v1beta1/tx");
const { PubKey } = require("@keplr-wallet/proto-types/cosmos/crypto/secp256k1/keys");
const { SignMode } = require("@keplr-wallet/proto-types/cosmos/tx/signing/v1beta1/signing");
const { AuthInfo, TxBody, TxRaw } = require("@keplr-wallet/proto-types/cosmos/tx/v1beta1/tx");

const suite = new Suite("Keplr 0.13", node.skipped);
await suite.require("the node answers", answers);

const currency = { coinDenom: "AGO", coinMinimalDenom: node.denom, coinDecimals: 6 };
/** What a web page hands to `experimentalSuggestChain`. */
const chain = {
  rpc: node.rpc,
  rest: node.rest,
  chainId: node.chainId,
  chainName: "Agora devnet",
  bip44: { coinType: 118 },
  bech32Config: Bech32Address.defaultBech32Config(node.prefix),
  currencies: [currency],
  feeCurrencies: [{ ...currency, gasPriceStep: { low: 0.025, average: 0.05, high: 0.1 } }],
  stakeCurrency: currency,
  features: [],
};

await suite.check("the suggested chain is valid", async () => {
  const accepted = await validator.validateBasicChainInfoType(chain);
  equal(accepted.chainId, node.chainId, "chain id");
  await rejected(validator.validateBasicChainInfoType({ ...chain, bech32Config: undefined }), "a chain without prefixes");
});

await suite.check("the RPC server is the chain's, WebSocket included", () =>
  validator.checkRPCConnectivity(node.chainId, node.rpc, (url) => new WebSocket(url)));

await suite.check("the REST server is the chain's", () => validator.checkRestConnectivity(node.chainId, node.rest));

await suite.check("another version of the chain is noticed", async () => {
  const other = node.chainId.replace(/-\d+$/, "-999");
  // Functions, not promises: one that fails while the other is waited for would be an error that nothing waited for.
  const probes = [
    () => validator.checkRPCConnectivity(other, node.rpc, (url) => new WebSocket(url)),
    () => validator.checkRestConnectivity(other, node.rest),
  ];
  for (const probe of probes) {
    assert((await rejected(probe(), "another version")) instanceof validator.DifferentChainVersionError, "another error");
  }
});

let features;
await suite.check("the features are probed without a failed probe but those of other chains", async () => {
  const failed = [];
  const { log } = console;
  console.log = (line) => failed.push(String(line));
  try {
    features = await validator.checkChainFeatures(chain);
  } finally {
    console.log = log;
  }
  // Keplr takes an answer without a fee market for a failed probe.
  const unexpected = failed.filter((line) => !(node.skipped.has("feemarket") && /\(feemarket\)/.test(line)));
  equal(unexpected, [], "failed probes");
  assert(features.includes("query:/cosmos/bank/v1beta1/spendable_balances"), `features ${features}`);
});

await suite.checkTopic("feemarket", "the fee market is recognised and names a price", async () => {
  assert(features?.includes("feemarket"), `features ${features}`);
  const { status, body } = await json(`${node.rest}/feemarket/v1/gas_prices`);
  equal(status, 200, "status");
  const price = body.prices.find((candidate) => candidate.denom === node.denom);
  assert(price && Number(price.amount) > 0, `prices ${JSON.stringify(body.prices)}`);
  equal((await json(`${node.rest}/feemarket/v1/gas_price/${node.denom}`)).body.price.denom, node.denom, "price of the denom");
});

await suite.check("an unknown account is read as new, a bad address is an error", async () => {
  const nobody = new Bech32Address(PrivKeySecp256k1.generateRandomKey().getPubKey().getCosmosAddress()).toBech32(node.prefix);
  equal((await json(`${node.rest}/cosmos/auth/v1beta1/accounts/${nobody}`)).status, 404, "status of an unknown account");
  const account = await BaseAccount.fetchFromRest(node.rest, nobody, true);
  equal([account.getAddress(), account.getSequence().toString()], [nobody, "0"], "account");
  const { body } = await json(`${node.rest}/cosmos/bank/v1beta1/balances/${nobody}?pagination.limit=1000`);
  equal(body.balances, [], "balances");
  await rejected(BaseAccount.fetchFromRest(node.rest, "test", true), "a bad address");
});

// --- sending as the wallet does: amino document, simulation and broadcast over REST, then a look over the WebSocket

const key = new PrivKeySecp256k1(Mnemonic.generateWalletFromMnemonic(mnemonic("CAROL"), "m/44'/118'/0'/0/0"));
const publicKey = key.getPubKey();
const address = new Bech32Address(publicKey.getCosmosAddress()).toBech32(node.prefix);

function transaction(to, amount, account, fee, mode, signature, memo) {
  const value = MsgSend.encode({ fromAddress: address, toAddress: to, amount }).finish();
  const keyBytes = PubKey.encode({ key: publicKey.toBytes() }).finish();
  return TxRaw.encode({
    bodyBytes: TxBody.encode(TxBody.fromPartial({ messages: [{ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value }], memo })).finish(),
    authInfoBytes: AuthInfo.encode({
      signerInfos: [
        {
          publicKey: { typeUrl: "/cosmos.crypto.secp256k1.PubKey", value: keyBytes },
          modeInfo: { single: { mode }, multi: undefined },
          sequence: account.getSequence().toString(),
        },
      ],
      fee: { amount: fee.amount, gasLimit: fee.gas, payer: "", granter: "" },
    }).finish(),
    signatures: [signature],
  }).finish();
}

async function sendLikeKeplr(to, amount, memo) {
  const account = await BaseAccount.fetchFromRest(node.rest, address, true);
  const coins = [{ denom: node.denom, amount: String(amount) }];
  const empty = transaction(to, coins, account, { amount: [], gas: "0" }, SignMode.SIGN_MODE_LEGACY_AMINO_JSON, new Uint8Array(64), memo);
  const simulated = await json(`${node.rest}/cosmos/tx/v1beta1/simulate`, { tx_bytes: Buffer.from(empty).toString("base64") });
  equal(simulated.status, 200, `status of the simulation (${JSON.stringify(simulated.body).slice(0, 200)})`);
  const gas = Math.ceil(Number(simulated.body.gas_info.gas_used) * 1.5);
  const fee = { amount: [{ denom: node.denom, amount: String(Math.ceil(gas * Number(node.gasPrice))) }], gas: String(gas) };
  const document = {
    chain_id: node.chainId,
    account_number: account.getAccountNumber().toString(),
    sequence: account.getSequence().toString(),
    fee,
    msgs: [{ type: "cosmos-sdk/MsgSend", value: { from_address: address, to_address: to, amount: coins } }],
    memo,
  };
  const { r, s } = key.signDigest32(Hash.sha256(serializeSignDoc(document)));
  const signature = encodeSecp256k1Signature(publicKey.toBytes(), Uint8Array.from([...r, ...s]));
  equal(signature.pub_key, encodeSecp256k1Pubkey(publicKey.toBytes()), "key in the signature");
  const bytes = transaction(to, coins, account, fee, SignMode.SIGN_MODE_LEGACY_AMINO_JSON, Buffer.from(signature.signature, "base64"), memo);
  const { status, body } = await json(`${node.rest}/cosmos/tx/v1beta1/txs`, { tx_bytes: Buffer.from(bytes).toString("base64"), mode: "BROADCAST_MODE_SYNC" });
  equal([status, body.tx_response?.code], [200, 0], `status and code (${JSON.stringify(body).slice(0, 300)})`);
  equal(body.tx_response.txhash, Buffer.from(Hash.sha256(bytes)).toString("hex").toUpperCase(), "hash");
  return { hash: body.tx_response.txhash, sequence: Number(document.sequence) };
}

/** Keplr's tracer: one subscription for the hash, and one query in case it is in a block already. */
function trace(hash) {
  const socket = new WebSocket(`${webSocket}/websocket`);
  const found = new Promise((resolve, reject) => {
    const call = (id, method, params) => socket.send(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
    socket.on("open", () => {
      call(1, "subscribe", [`tm.event='Tx' AND tx.hash='${hash}'`]);
      const ask = setInterval(() => call(2, "tx_search", { query: `tx.hash='${hash}'`, prove: false, page: "1", per_page: "1", order_by: "desc" }), 1000);
      socket.on("close", () => clearInterval(ask));
    });
    socket.on("message", (data) => {
      const { result, error } = JSON.parse(data.toString());
      if (error) reject(new Error(JSON.stringify(error)));
      if (result?.data?.value?.TxResult) resolve(result.data.value.TxResult.result);
      if (result?.total_count === "1") resolve(result.txs[0].tx_result);
    });
    socket.on("error", reject);
  });
  return within(found, 20_000, `the trace of ${hash}`).finally(() => socket.close());
}

const recipient = () => new Bech32Address(PrivKeySecp256k1.generateRandomKey().getPubKey().getCosmosAddress()).toBech32(node.prefix);
const spendable = async (of) => (await json(`${node.rest}/cosmos/bank/v1beta1/spendable_balances/${of}?pagination.limit=1000`)).body.balances;

await suite.check("a send is simulated, signed, broadcast over REST and traced over the WebSocket", async () => {
  const to = recipient();
  const { hash, sequence } = await sendLikeKeplr(to, 2468, "from Keplr & <co>");
  const outcome = await trace(hash);
  equal(Number(outcome.code ?? 0), 0, "code");
  equal(await spendable(to), [{ denom: node.denom, amount: "2468" }], "the recipient's spendable balance");
  const after = await eventually(async () => {
    const account = await BaseAccount.fetchFromRest(node.rest, address, true);
    return Number(account.getSequence().toString()) > sequence && account;
  }, "the next sequence");
  matches(after.getType(), /^\/cosmos\.auth\.v1beta1\.BaseAccount$/, "account type");
  // The index may be a moment behind the event.
  const indexed = await eventually(async () => {
    const answer = await json(`${node.rest}/cosmos/tx/v1beta1/txs/${hash}`);
    return answer.status === 200 && answer.body;
  }, "the transaction over REST");
  equal([indexed.tx_response.code, indexed.tx.body.memo], [0, "from Keplr & <co>"], "the transaction over REST");
});

await suite.check("a refused transaction is 200 with its code", async () => {
  const account = await BaseAccount.fetchFromRest(node.rest, address, true);
  const fee = { amount: [{ denom: node.denom, amount: "100000" }], gas: "200000" };
  const bytes = transaction(recipient(), [{ denom: node.denom, amount: "1" }], account, fee, SignMode.SIGN_MODE_LEGACY_AMINO_JSON, new Uint8Array(64), "");
  const { status, body } = await json(`${node.rest}/cosmos/tx/v1beta1/txs`, { tx_bytes: Buffer.from(bytes).toString("base64"), mode: "BROADCAST_MODE_SYNC" });
  equal([status, body.tx_response.code, body.tx_response.codespace], [200, 4, "sdk"], "status, code, codespace");
  matches(body.tx_response.raw_log, /signature verification failed/, "log");
});

suite.finish();
