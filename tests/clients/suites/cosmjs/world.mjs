// What all parts share: clients, and accounts made for this run, so that runs do not disturb each other.

import { mnemonic, node } from "../../lib/node.mjs";

/** How often CosmJS asks whether a transaction is in a block; its default of 3 s makes a test slow. */
const pollMs = 250;

/** Makes clients and funds the accounts of this run from the first funded account. */
export async function setUp(packages) {
  const { amino, proto, stargate, tendermint } = packages;
  const prefix = { prefix: node.prefix };
  const gasPrice = stargate.GasPrice.fromString(`${node.gasPrice}${node.denom}`);
  const options = { gasPrice, broadcastPollIntervalMs: pollMs };
  const connect = (wallet, more = {}) =>
    stargate.SigningStargateClient.connectWithSigner(node.rpc, wallet, { ...options, ...more });
  const person = async (wallet) => {
    const [{ address, pubkey }] = await wallet.getAccounts();
    return { address, pubkey, wallet, client: await connect(wallet) };
  };

  const alice = await person(await proto.DirectSecp256k1HdWallet.fromMnemonic(mnemonic("ALICE"), prefix));
  const direct = await person(await proto.DirectSecp256k1HdWallet.generate(24, prefix));
  const ledger = await person(await amino.Secp256k1HdWallet.generate(12, prefix));
  const members = [];
  for (let i = 0; i < 3; i += 1) members.push(await person(await amino.Secp256k1HdWallet.generate(12, prefix)));
  const group = amino.createMultisigThresholdPubkey(members.map((m) => amino.encodeSecp256k1Pubkey(m.pubkey)), 2);
  const groupAddress = amino.pubkeyToAddress(group, node.prefix);
  const stranger = async () => (await proto.DirectSecp256k1HdWallet.generate(12, prefix)).getAccounts().then((all) => all[0].address);

  const coins = (amount) => [{ denom: node.denom, amount: String(amount) }];
  const send = (from, to, amount) => ({
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: from, toAddress: to, amount: Array.isArray(amount) ? amount : coins(amount) },
  });
  /** A fee that the node certainly accepts. */
  const fee = (gas) => stargate.calculateFee(gas, gasPrice);

  const grants = [[direct.address, 20_000_000], [ledger.address, 20_000_000], [groupAddress, 10_000_000]];
  const fund = async (all) => {
    const messages = all.map(([to, amount]) => send(alice.address, to, amount));
    await retryingSequence(async () => stargate.assertIsDeliverTxSuccess(await alice.client.signAndBroadcast(alice.address, messages, "auto")));
  };
  await fund(grants);
  /** Somebody who holds this much, and signs directly or, as hardware wallets do, amino documents. */
  const newcomer = async (signs, amount = 0) => {
    const kinds = { direct: proto.DirectSecp256k1HdWallet, amino: amino.Secp256k1HdWallet };
    const who = await person(await kinds[signs].generate(12, prefix));
    if (amount > 0) await fund([[who.address, amount]]);
    return who;
  };

  return {
    ...packages,
    alice,
    comet: await tendermint.connectComet(node.rpc),
    coins,
    connect,
    direct,
    fee,
    funded: Object.fromEntries(grants),
    gasPrice,
    group,
    groupAddress,
    ledger,
    members,
    newcomer,
    send,
    stranger,
  };
}

/** Another suite may spend from the same account at the same moment: sign again with the next sequence. */
async function retryingSequence(action) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (attempt === 8 || !/sequence|already (exists )?in (the )?(mempool )?cache/i.test(error.message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300 * attempt));
    }
  }
}

/** The value of the first attribute `type.key`, or undefined. */
export function attribute(events, type, key) {
  for (const event of events) {
    if (event.type !== type) continue;
    const found = event.attributes.find((candidate) => candidate.key === key);
    if (found) return found.value;
  }
  return undefined;
}

/** Base units that a transaction paid as its fee, from its events. */
export function feePaid(events) {
  const fee = attribute(events, "tx", "fee");
  if (fee === undefined) throw new Error("the transaction has no tx.fee event");
  return fee === "" ? 0n : BigInt(fee.replace(/[^0-9].*$/, ""));
}

/** What an address holds of the native denom. */
export async function balance(world, address) {
  return BigInt((await world.direct.client.getBalance(address, node.denom)).amount);
}
