// Finding transactions again: by hash, by event, by height, page by page.

import { createHash } from "node:crypto";
import { assert, equal, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";

const hex = (bytes) => Buffer.from(bytes).toString("hex").toUpperCase();

export async function search(suite, world) {
  const { comet, direct, stargate } = world;
  let to;
  const sent = [];
  await suite.check("three transactions are sent to search for", async () => {
    to = await world.stranger();
    for (const amount of [101, 102, 103]) {
      const result = await direct.client.sendTokens(direct.address, to, world.coins(amount), "auto", `search ${amount}`);
      stargate.assertIsDeliverTxSuccess(result);
      sent.push(result);
    }
  });
  if (sent.length !== 3) return;

  await suite.check("getTx gives the transaction back, whole", async () => {
    const found = await direct.client.getTx(sent[0].transactionHash);
    assert(found, "null");
    equal(hex(createHash("sha256").update(found.tx).digest()), sent[0].transactionHash, "hash of the bytes");
    for (const field of ["height", "txIndex", "code", "gasUsed", "gasWanted", "rawLog"]) equal(found[field], sent[0][field], field);
    equal(found.events, sent[0].events, "events");
    equal(await direct.client.getTx("0".repeat(64)), null, "an unknown hash");
  });

  await suite.check("searchTx finds by sender, by recipient, by both and by message", async () => {
    const hashes = sent.map((result) => result.transactionHash).sort();
    const byRecipient = await direct.client.searchTx([{ key: "transfer.recipient", value: to }]);
    equal(byRecipient.map((tx) => tx.hash).sort(), hashes, "by recipient");
    const bySender = await direct.client.searchTx([{ key: "transfer.sender", value: direct.address }]);
    assert(hashes.every((hash) => bySender.some((tx) => tx.hash === hash)), "by sender: not all are there");
    // CometBFT's index wants the conditions to hold within one event, so no other event's keys are mixed in.
    const byBoth = await direct.client.searchTx(`transfer.sender='${direct.address}' AND transfer.recipient='${to}'`);
    equal(byBoth.map((tx) => tx.hash).sort(), hashes, "by both");
    const byMessage = await direct.client.searchTx(`message.action='/cosmos.bank.v1beta1.MsgSend' AND message.sender='${direct.address}'`);
    assert(hashes.every((hash) => byMessage.some((tx) => tx.hash === hash)), "by message: not all are there");
    equal(await direct.client.searchTx([{ key: "transfer.recipient", value: await world.stranger() }]), [], "a stranger");
  });

  await suite.check("searchTx finds by height and by a range of heights", async () => {
    const [first, , last] = sent.map((result) => result.height);
    const at = await direct.client.searchTx([{ key: "tx.height", value: first }]);
    assert(at.some((tx) => tx.hash === sent[0].transactionHash), "not found at its height");
    assert(at.every((tx) => tx.height === first), "another height was found");
    const range = await direct.client.searchTx(`transfer.recipient='${to}' AND tx.height>${first} AND tx.height<=${last}`);
    equal(range.map((tx) => tx.hash).sort(), sent.filter((result) => result.height > first).map((result) => result.transactionHash).sort(), "in the range");
  });

  await suite.check("searchTx finds by account and sequence", async () => {
    const { sequence } = await direct.client.getSequence(direct.address);
    const found = await direct.client.searchTx([{ key: "tx.acc_seq", value: `${direct.address}/${sequence - 1}` }]);
    equal(found.map((tx) => tx.hash), [sent[2].transactionHash], "the last transaction");
  });

  await suite.check("txSearch pages in both directions and counts", async () => {
    const query = `transfer.recipient='${to}'`;
    const pages = [];
    for (const page of [1, 2, 3]) {
      const { txs, totalCount } = await comet.txSearch({ query, page, per_page: 1, order_by: "asc" });
      equal([txs.length, totalCount], [1, 3], `page ${page}`);
      pages.push(hex(txs[0].hash));
    }
    equal(pages, sent.map((result) => result.transactionHash), "ascending order");
    const newest = await comet.txSearch({ query, page: 1, per_page: 2, order_by: "desc" });
    equal(newest.txs.map((tx) => hex(tx.hash)), [pages[2], pages[1]], "descending order");
    matches((await rejected(comet.txSearch({ query, page: 9, per_page: 1 }), "page 9")).message, /page should be within/, "error");
    equal((await comet.txSearchAll({ query, per_page: 1 })).txs.length, 3, "all pages");
  });

  await suite.check("a query that cannot be read is refused in words", async () => {
    for (const bad of ["transfer.sender=", "transfer.sender='a' OR transfer.sender='b'", "'"]) {
      const error = await rejected(direct.client.searchTx(bad), bad);
      assert(error.message.length > 20 && !/undefined|panic/.test(error.message), `error ${error.message}`);
    }
  });

  await suite.check("a transaction comes with a proof that leads to its block", async () => {
    const found = await comet.tx({ hash: Buffer.from(sent[1].transactionHash, "hex"), prove: true });
    const { block } = await comet.block(found.height);
    equal(hex(found.proof.rootHash), hex(block.header.dataHash), "root");
    equal(found.proof.proof.index, found.index, "index in the proof");
    equal(found.proof.proof.total, block.txs.length, "transactions in the proof");
    const sha = (...parts) => createHash("sha256").update(Buffer.concat(parts.map((part) => Buffer.from(part)))).digest();
    let { index, total } = found.proof.proof;
    const leaf = sha([0], sha(found.tx));
    equal(hex(found.proof.proof.leafHash), hex(leaf), "leaf");
    equal(hex(rootOf(leaf, index, total, found.proof.proof.aunts, sha)), hex(block.header.dataHash), "computed root");
  });

  await suite.check("block search counts the blocks of a height range", async () => {
    const height = sent[0].height;
    const found = await comet.blockSearch({ query: `block.height >= ${height} AND block.height <= ${height + 1}`, page: 1, per_page: 10, order_by: "asc" });
    equal(found.totalCount, 2, "total");
    equal(found.blocks.map((block) => block.block.header.height), [height, height + 1], "heights");
  });

  await suite.check("the bytes of the block hold the transaction", async () => {
    const block = await direct.client.getBlock(sent[0].height);
    equal(block.header.chainId, node.chainId, "chain id");
    equal(hex(createHash("sha256").update(block.txs[sent[0].txIndex]).digest()), sent[0].transactionHash, "hash");
  });
}

/** Merkle root over a leaf and its aunts, by RFC 6962. */
function rootOf(leaf, index, total, aunts, sha) {
  if (total === 1) return leaf;
  let split = 1;
  while (split * 2 < total) split *= 2;
  const rest = aunts.slice(0, -1);
  const aunt = aunts.at(-1);
  return index < split
    ? sha([1], rootOf(leaf, index, split, rest, sha), aunt)
    : sha([1], aunt, rootOf(leaf, index - split, total - split, rest, sha));
}
