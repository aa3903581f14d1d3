// Blocks, commits, validators and the rest of the RPC that has no transaction in it.

import { assert, equal, eventually, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";

const hex = (bytes) => Buffer.from(bytes ?? []).toString("hex").toUpperCase();

export async function blocks(suite, world) {
  const { comet, direct, stargate, tendermint } = world;

  await suite.check("status describes node, chain and validator", async () => {
    const { nodeInfo, syncInfo, validatorInfo } = await comet.status();
    equal(nodeInfo.network, node.chainId, "network");
    assert(/^0\.38\./.test(nodeInfo.version), `version ${nodeInfo.version}`);
    equal(nodeInfo.id.length, 20, "length of the node id");
    equal(nodeInfo.other.get("tx_index"), "on", "tx_index");
    equal(syncInfo.catchingUp, false, "catching up");
    equal([syncInfo.latestBlockHash.length, syncInfo.latestAppHash.length], [32, 32], "hash lengths");
    assert(Math.abs(Date.now() - syncInfo.latestBlockTime.getTime()) < 24 * 3600_000, `block time ${syncInfo.latestBlockTime.toISOString()}`);
    assert(validatorInfo.votingPower > 0n, "no voting power");
  });

  await suite.check("block 1 has no predecessor, block 2 names it", async () => {
    const [first, second] = [await comet.block(1), await eventually(() => comet.block(2).catch(() => undefined), "block 2")];
    equal(first.block.header.height, 1, "height");
    equal(first.block.header.lastBlockId, null, "block before block 1");
    equal(first.block.lastCommit, null, "commit before block 1");
    equal(hex(second.block.header.lastBlockId.hash), hex(first.blockId.hash), "block before block 2");
    assert(first.blockId.parts.total >= 1, "no parts");
  });

  await suite.check("a block is sealed by the commit in the next one", async () => {
    const height = (await direct.client.getHeight()) - 1;
    const [{ blockId }, { header, commit }, next] = [await comet.block(height), await comet.commit(height), await comet.block(height + 1)];
    equal(hex(commit.blockId.hash), hex(blockId.hash), "commit");
    equal(header.height, height, "height of the header");
    equal(hex(next.block.lastCommit.blockId.hash), hex(blockId.hash), "last commit of the next block");
    assert(next.block.lastCommit.signatures.some((signature) => signature.signature?.length === 64), "no signature");
    assert(next.block.header.time.getTime() > header.time.getTime(), "time does not grow");
  });

  await suite.check("the validators of a height are those that the header commits to", async () => {
    const height = await direct.client.getHeight();
    const { validators, total, blockHeight } = await comet.validatorsAll(height);
    equal([total, blockHeight], [validators.length, height], "total and height");
    for (const validator of validators) {
      equal(validator.pubkey.algorithm, "ed25519", "key algorithm");
      equal(hex(validator.address), tendermint.pubkeyToAddress("ed25519", validator.pubkey.data), "address");
      assert(validator.votingPower > 0n, "no voting power");
    }
    const proposer = hex((await comet.block(height)).block.header.proposerAddress);
    assert(validators.some((validator) => hex(validator.address) === proposer), "the proposer is not among them");
  });

  await suite.check("block results give each transaction's outcome", async () => {
    const result = await direct.client.sendTokens(direct.address, await world.stranger(), world.coins(9), "auto");
    stargate.assertIsDeliverTxSuccess(result);
    const results = await comet.blockResults(result.height);
    equal(results.height, result.height, "height");
    const own = results.results[result.txIndex];
    equal([own.code, own.gasUsed, own.gasWanted], [0, result.gasUsed, result.gasWanted], "outcome");
    equal(own.events.map((event) => event.type), result.events.map((event) => event.type), "event types");
    const blockEvents = results.finalizeBlockEvents ?? results.endBlockEvents;
    assert(Array.isArray(blockEvents), "no list of block events");
  });

  await suite.check("headers in a range come newest first", async () => {
    const height = await direct.client.getHeight();
    const { lastHeight, blockMetas } = await comet.blockchain(Math.max(1, height - 2), height);
    assert(lastHeight >= height, `last height ${lastHeight}`);
    const heights = blockMetas.map((meta) => meta.header.height);
    equal(heights, [...heights].sort((a, b) => b - a), "order");
    equal(heights[0], height, "first");
    for (const meta of blockMetas) equal(hex(meta.blockId.hash), hex((await comet.block(meta.header.height)).blockId.hash), "block id");
  });

  await suite.check("health, abci_info, genesis and the pool answer", async () => {
    equal(await comet.health(), null, "health");
    const info = await comet.abciInfo();
    assert(info.lastBlockHeight > 0 && info.lastBlockAppHash.length === 32, `abci_info ${info.lastBlockHeight}`);
    const genesis = await comet.genesis();
    equal(genesis.chainId, node.chainId, "chain id of the genesis");
    assert(genesis.appState && typeof genesis.appState === "object", "no app state");
    const { total, totalBytes } = await comet.numUnconfirmedTxs();
    assert(total >= 0 && totalBytes >= 0, `pool ${total}, ${totalBytes}`);
  });

  await suite.check("a height that is not there yet is refused in words", async () => {
    const height = (await direct.client.getHeight()) + 1_000_000;
    for (const ask of ["block", "blockResults", "commit"]) {
      const error = await rejected(comet[ask](height), `${ask} of the future`);
      assert(/height/.test(error.message), `${ask}: ${error.message}`);
    }
  });

  await suite.check("an older state is read at its height", async () => {
    const { QueryClient, setupBankExtension } = stargate;
    const height = (await direct.client.getHeight()) - 1;
    const request = world.types.QueryBalanceRequest.encode({ address: direct.address, denom: node.denom, resolveDenom: false }).finish();
    const result = await direct.client.sendTokens(direct.address, await world.stranger(), world.coins(77), "auto");
    stargate.assertIsDeliverTxSuccess(result);
    const at = async (h) => world.types.QueryBalanceResponse.decode((await new QueryClient(comet).queryAbci("/cosmos.bank.v1beta1.Query/Balance", request, h)).value).balance.amount;
    assert(BigInt(await at(height)) > BigInt(await at(result.height)) + 76n, "both heights give one balance");
    const now = await QueryClient.withExtensions(comet, setupBankExtension).bank.balance(direct.address, node.denom);
    equal(await at(result.height), now.amount, "the latest height");
  });

  await suite.check("ten calls in one JSON-RPC batch are answered each", async () => {
    const batch = await tendermint.Comet38Client.create(new tendermint.HttpBatchClient(node.rpc, { dispatchInterval: 50, batchSizeLimit: 10 }));
    const height = await direct.client.getHeight();
    const answers = await Promise.all([
      ...Array.from({ length: 8 }, (_, i) => batch.block(Math.max(1, height - i))),
      batch.status(),
      rejected(batch.block(height + 1_000_000), "a future block in the batch"),
    ]);
    answers.slice(0, 8).forEach((answer, i) => equal(answer.block.header.height, Math.max(1, height - i), "height"));
    equal(answers[8].nodeInfo.network, node.chainId, "status in the batch");
    batch.disconnect();
  });
}
