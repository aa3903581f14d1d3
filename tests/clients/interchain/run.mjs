// InterchainJS: a second JavaScript stack that shares no code with CosmJS; see ../README.md.

import { createRequire } from "node:module";
import { assert, equal, eventually, matches, Suite } from "../lib/checks.mjs";
import { answers, json, mnemonic, node } from "../lib/node.mjs";

// Its ES modules are made for bundlers (imports without file names); Node takes its CommonJS build.
const require = createRequire(import.meta.url);
const { AminoSigner, createCosmosQueryClient, DirectSigner, generateMnemonic, Secp256k1HDWallet } = require("@interchainjs/cosmos");
const { BinaryWriter } = require("@interchainjs/cosmos-types/binary");

const suite = new Suite("InterchainJS 1.21", node.skipped);
await suite.require("the node answers", answers);

const walletOf = (words) =>
  Secp256k1HDWallet.fromMnemonic(words, { derivations: [{ prefix: node.prefix, hdPath: "m/44'/118'/0'/0/0" }] });
const wallet = await walletOf(mnemonic("BOB"));
const [{ address }] = await wallet.getAccountsData();
const stranger = async () => (await (await walletOf(generateMnemonic())).getAccountsData())[0].address;

const coins = (amount) => [{ denom: node.denom, amount: String(amount) }];
const send = (to, amount) => ({ typeUrl: "/cosmos.bank.v1beta1.MsgSend", value: { fromAddress: address, toAddress: to, amount: coins(amount) } });
const balance = async (of) => BigInt((await json(`${node.rest}/cosmos/bank/v1beta1/balances/${of}/by_denom?denom=${node.denom}`)).body.balance.amount);

// The package of types has no messages of bank; an application brings its own, as here.
const encodeCoin = ({ denom, amount }, writer = BinaryWriter.create()) => writer.uint32(10).string(denom).uint32(18).string(amount);
const msgSend = {
  typeUrl: "/cosmos.bank.v1beta1.MsgSend",
  aminoType: "cosmos-sdk/MsgSend",
  fromPartial: (value) => value,
  encode({ fromAddress, toAddress, amount }, writer = BinaryWriter.create()) {
    writer.uint32(10).string(fromAddress).uint32(18).string(toAddress);
    for (const coin of amount) encodeCoin(coin, writer.uint32(26).fork()).ldelim();
    return writer;
  },
  toAmino: ({ fromAddress, toAddress, amount }) => ({ from_address: fromAddress, to_address: toAddress, amount }),
  fromAmino: (value) => ({ fromAddress: value.from_address, toAddress: value.to_address, amount: value.amount }),
};

let client;
const settings = () => ({ queryClient: client, chainId: node.chainId, addressPrefix: node.prefix, gasPrice: `${node.gasPrice}${node.denom}`, multiplier: 1.5 });
const direct = () => {
  const signer = new DirectSigner(wallet, settings());
  signer.addEncoders([msgSend]);
  return signer;
};

await suite.require("a query client connects and reads the status", async () => {
  client = await createCosmosQueryClient(node.rpc);
  equal((await client.getStatus()).nodeInfo.network, node.chainId, "chain id");
});

await suite.check("blocks, results, validators and consensus parameters are read", async () => {
  const height = (await client.getStatus()).syncInfo.latestBlockHeight;
  equal((await client.getBlock(height)).header.height, height, "block");
  equal(Number((await client.getBlockResults(height)).height), Number(height), "block results");
  assert((await client.getValidators(height)).validators.length > 0, "no validators");
  assert(await client.getConsensusParams(height), "no consensus parameters");
  assert((await client.getBlockchain(1, 2)).blockMetas.length > 0, "no headers");
});

await suite.check("coins are sent with a direct signature and an estimated fee", async () => {
  const to = await stranger();
  const response = await direct().signAndBroadcast({ messages: [send(to, 4321)], memo: "second stack" });
  const result = await response.wait(30_000, 300);
  equal(result.code, 0, `code (${result.rawLog})`);
  equal(await balance(to), 4321n, "the recipient's balance");
});

await suite.check("coins are sent with an amino signature", async () => {
  const to = await stranger();
  const signer = new AminoSigner(wallet, settings());
  signer.addEncoders([msgSend]);
  signer.addConverters([msgSend]);
  const response = await signer.signAndBroadcast({ messages: [send(to, 1234)], memo: "amino of the second stack", options: { signerAddress: address } });
  const result = await response.wait(30_000, 300);
  equal(result.code, 0, `code (${result.rawLog})`);
  equal(await balance(to), 1234n, "the recipient's balance");
});

await suite.check("sending more than one has fails in words", async () => {
  // With an explicit fee: this client takes a failed simulation for one that needs no gas.
  const fee = { amount: coins(50_000), gas: "300000" };
  const response = await direct().signAndBroadcast({ messages: [send(await stranger(), 10n ** 16n)], fee });
  const code = response.broadcastResponse.code;
  const { code: final, rawLog } = code === 0 ? await response.wait(30_000, 300) : { code, rawLog: response.broadcastResponse.log };
  equal(final, 5, "code");
  matches(rawLog, /insufficient funds/, "log");
});

await suite.checkTopic("unordered", "unordered transactions land without a sequence, once", async () => {
  const to = await stranger();
  const timeoutTimestamp = { type: "absolute", value: new Date(Date.now() + 60_000) };
  const signed = await direct().sign({ messages: [send(to, 77)], fee: { amount: coins(50_000), gas: "300000" }, options: { unordered: true, timeoutTimestamp, sequence: 0n } });
  const result = await (await signed.broadcast()).wait(30_000, 300);
  equal(result.code, 0, `code (${result.rawLog})`);
  await eventually(async () => (await balance(to)) === 77n, "the payment");
  const again = await signed.broadcast().catch((error) => error);
  assert(again instanceof Error || again.broadcastResponse.code !== 0, "the same bytes were taken twice");
  equal(await balance(to), 77n, "the balance after the second try");
});

suite.finish();
