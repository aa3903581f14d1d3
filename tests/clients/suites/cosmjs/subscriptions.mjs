// The WebSocket: events as they happen, and ordinary calls over the same connection.

import { assert, equal, within } from "../../lib/checks.mjs";
import { node, webSocket } from "../../lib/node.mjs";

/** The first `count` items of a stream, then unsubscribed. */
function take(stream, count, what) {
  const items = [];
  let subscription;
  const all = new Promise((resolve, reject) => {
    subscription = stream.subscribe({
      next: (item) => {
        items.push(item);
        if (items.length === count) resolve([...items]);
      },
      error: reject,
      complete: () => reject(new Error(`${what}: the stream ended after ${items.length} of ${count}`)),
    });
  });
  return within(all, 20_000, what).finally(() => subscription?.unsubscribe());
}

export async function subscriptions(suite, world) {
  const { direct, ledger, stargate, tendermint } = world;
  // CosmJS loses every request if none was queued by the time the connection opens: so ask at once, before
  // anything that takes time. (`create` is a promise in older versions, the client itself in newer ones.)
  const open = async () => {
    const client = await tendermint.Comet38Client.create(new tendermint.WebsocketClient(webSocket));
    await client.status();
    return client;
  };

  await suite.check("new blocks arrive one after the other", async () => {
    const client = await open();
    const blocks = await take(client.subscribeNewBlock(), 3, "three blocks");
    const heights = blocks.map((block) => block.header.height);
    equal(heights, [0, 1, 2].map((i) => heights[0] + i), "heights");
    equal(blocks[2].header.chainId, node.chainId, "chain id");
    client.disconnect();
  });

  await suite.check("new headers arrive and are those of the blocks", async () => {
    const client = await open();
    const [header] = await take(client.subscribeNewBlockHeader(), 1, "a header");
    const { block } = await world.comet.block(header.height);
    equal(Buffer.from(header.appHash).toString("hex"), Buffer.from(block.header.appHash).toString("hex"), "app hash");
    client.disconnect();
  });

  await suite.check("a subscriber gets the transactions of its query and no others", async () => {
    const client = await open();
    const to = await world.stranger();
    const arrived = take(client.subscribeTx(`transfer.recipient='${to}'`), 1, "the transaction");
    await client.status(); // answered in order, so the node knows of the subscription by now
    const other = await ledger.client.sendTokens(ledger.address, await world.stranger(), world.coins(3), "auto");
    stargate.assertIsDeliverTxSuccess(other);
    const own = await direct.client.sendTokens(direct.address, to, world.coins(4), "auto");
    stargate.assertIsDeliverTxSuccess(own);
    const [event] = await arrived;
    equal(Buffer.from(event.hash).toString("hex").toUpperCase(), own.transactionHash, "hash");
    equal([event.height, event.result.code, event.result.gasUsed], [own.height, 0, own.gasUsed], "height, code, gas");
    assert(event.result.events.some((item) => item.type === "transfer"), "no transfer event");
    client.disconnect();
  });

  await suite.check("several subscriptions share a connection, and one can end alone", async () => {
    const client = await open();
    const [blocks, headers] = await Promise.all([
      take(client.subscribeNewBlock(), 1, "a block"),
      take(client.subscribeNewBlockHeader(), 2, "two headers"),
    ]);
    assert(blocks[0].header.height > 0 && headers[1].height === headers[0].height + 1, "heights");
    equal((await client.status()).nodeInfo.network, node.chainId, "a call on the same connection");
    const [again] = await take(client.subscribeNewBlock(), 1, "a block again");
    assert(again.header.height >= blocks[0].header.height, "the second subscription gives an older block");
    client.disconnect();
  });

  await suite.check("a wallet signs and sends over the WebSocket alone", async () => {
    const client = await stargate.SigningStargateClient.connectWithSigner(webSocket, direct.wallet, {
      gasPrice: world.gasPrice,
      broadcastPollIntervalMs: 250,
    });
    assert((await client.getHeight()) > 0, "no height"); // at once, see `open`
    const result = await client.sendTokens(direct.address, await world.stranger(), world.coins(5), "auto");
    stargate.assertIsDeliverTxSuccess(result);
    client.disconnect();
  });
}
