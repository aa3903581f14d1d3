// Governance through CosmJS's own messages and query extension, unmodified. It asks and, as a hardware wallet, signs in the
// older form, v1beta1; directly it signs v1 as well.

import { assert, equal, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { attribute } from "./world.mjs";

/** CosmJS leaves decimals of the older form as the wire has them: the digits of an integer, as bytes. */
const digits = (bytes) => new TextDecoder().decode(bytes);

export async function governance(suite, world) {
  const { comet, proto, stargate, types } = world;
  const { ProposalStatus, TextProposal, VoteOption } = types;
  const query = stargate.QueryClient.withExtensions(comet, stargate.setupGovExtension, stargate.setupStakingExtension);
  const registry = new proto.Registry(stargate.defaultRegistryTypes);
  const coin = (amount) => ({ denom: node.denom, amount: String(amount) });
  const send = async (who, typeUrl, value) => {
    const result = await who.client.signAndBroadcast(who.address, [{ typeUrl, value }], "auto");
    stargate.assertIsDeliverTxSuccess(result);
    return result;
  };
  const status = async (id) => (await query.gov.proposal(id)).proposal.status;
  const text = (title) => ({
    typeUrl: "/cosmos.gov.v1beta1.TextProposal",
    value: TextProposal.encode(TextProposal.fromPartial({ title, description: "What it is about: <a & b>" })).finish(),
  });

  await suite.checkTopic("gov", "the parameters of governance are read", async () => {
    const { depositParams } = await query.gov.params("deposit");
    equal(depositParams.minDeposit, [coin(10_000_000)], "deposit");
    const { votingParams } = await query.gov.params("voting");
    assert(votingParams.votingPeriod.seconds > 0n, "nobody can vote in no time");
    const { tallyParams } = await query.gov.params("tallying");
    equal(digits(tallyParams.quorum), "334000000000000000", "quorum");
    equal(digits(tallyParams.vetoThreshold), "334000000000000000", "veto");
  });

  for (const [name, signs] of [["a direct", "direct"], ["an amino", "amino"]]) {
    await suite.checkTopic("gov", `a proposal is made, paid for and voted on with ${name} signature`, async () => {
      const who = await world.newcomer(signs, 30_000_000);
      const [{ operatorAddress }] = (await query.staking.validators("BOND_STATUS_BONDED")).validators;
      stargate.assertIsDeliverTxSuccess(await who.client.delegateTokens(who.address, operatorAddress, coin(2_000_000), "auto"));
      const content = text(`Of ${who.address}`);
      const made = await send(who, "/cosmos.gov.v1beta1.MsgSubmitProposal", { content, initialDeposit: [coin(4_000_000)], proposer: who.address });
      const id = attribute(made.events, "submit_proposal", "proposal_id");
      const { proposal } = await query.gov.proposal(id);
      equal([proposal.proposalId, proposal.status], [BigInt(id), ProposalStatus.PROPOSAL_STATUS_DEPOSIT_PERIOD], "the proposal");
      equal(proposal.content, content, "its content");
      equal(proposal.totalDeposit, [coin(4_000_000)], "its deposit");

      await send(who, "/cosmos.gov.v1beta1.MsgDeposit", { proposalId: BigInt(id), depositor: who.address, amount: [coin(6_000_000)] });
      equal(await status(id), ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD, "with a whole deposit");
      equal((await query.gov.deposit(id, who.address)).deposit.amount, [coin(10_000_000)], "a deposit");
      equal((await query.gov.deposits(id)).deposits.map((one) => one.depositor), [who.address], "deposits");

      await send(who, "/cosmos.gov.v1beta1.MsgVote", { proposalId: BigInt(id), voter: who.address, option: VoteOption.VOTE_OPTION_NO });
      const { vote } = await query.gov.vote(id, who.address);
      equal(vote.options, [{ option: VoteOption.VOTE_OPTION_NO, weight: "1000000000000000000" }], "a vote");
      equal(vote.option, VoteOption.VOTE_OPTION_UNSPECIFIED, "the field from before there were weights");
      const options = [
        { option: VoteOption.VOTE_OPTION_YES, weight: "700000000000000000" },
        { option: VoteOption.VOTE_OPTION_ABSTAIN, weight: "300000000000000000" },
      ];
      await send(who, "/cosmos.gov.v1beta1.MsgVoteWeighted", { proposalId: BigInt(id), voter: who.address, options });
      equal((await query.gov.votes(id)).votes.map((one) => one.options), [options], "votes");
      const { tally } = await query.gov.tally(id);
      equal([tally.yes, tally.abstain, tally.no, tally.noWithVeto], ["1400000", "600000", "0", "0"], "tally");

      const of = async (status, depositor, voter) => (await query.gov.proposals(status, depositor, voter)).proposals.map((one) => String(one.proposalId));
      equal(await of(ProposalStatus.PROPOSAL_STATUS_VOTING_PERIOD, who.address, who.address), [id], "proposals of somebody");
      equal(await of(ProposalStatus.PROPOSAL_STATUS_DEPOSIT_PERIOD, who.address, ""), [], "those that wait for their deposit");
    });
  }

  await suite.checkTopic("gov", "messages are proposed and voted on in the newer form", async () => {
    const who = await world.newcomer("direct", 30_000_000);
    const authority = "agora10d07y265gmmuvt4z0w9aw880jnsr700jlefwgc";
    const messages = [registry.encodeAsAny(world.send(authority, who.address, 7))];
    const value = { messages, initialDeposit: [coin(10_000_000)], proposer: who.address, metadata: "", title: "Seven", summary: "For who asks" };
    const made = await send(who, "/cosmos.gov.v1.MsgSubmitProposal", value);
    const id = BigInt(attribute(made.events, "submit_proposal", "proposal_id"));
    equal(attribute(made.events, "submit_proposal", "proposal_messages"), "/cosmos.bank.v1beta1.MsgSend", "what it would do");
    await send(who, "/cosmos.gov.v1.MsgVote", { proposalId: id, voter: who.address, option: VoteOption.VOTE_OPTION_YES, metadata: "" });
    equal((await query.gov.vote(id.toString(), who.address)).vote.options[0].option, VoteOption.VOTE_OPTION_YES, "the vote");
  });

  await suite.checkTopic("gov", "who votes on what is not there, or asks for it, is told so", async () => {
    const { direct } = world;
    const vote = { typeUrl: "/cosmos.gov.v1beta1.MsgVote", value: { proposalId: 999_999n, voter: direct.address, option: VoteOption.VOTE_OPTION_YES } };
    matches((await rejected(direct.client.signAndBroadcast(direct.address, [vote], "auto"), "a vote")).message, /999999/, "why");
    matches((await rejected(query.gov.proposal(999_999), "a proposal")).message, /999999.*(doesn't exist|not found)/, "why");
    const poor = { typeUrl: "/cosmos.gov.v1beta1.MsgSubmitProposal", value: { content: text("Poor"), initialDeposit: [coin(1)], proposer: direct.address } };
    matches((await rejected(direct.client.signAndBroadcast(direct.address, [poor], "auto"), "a deposit")).message, /minimum deposit|initial deposit/, "why");
  });
}
