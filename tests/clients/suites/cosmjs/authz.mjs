// Acting for others through CosmJS's own messages and query extension, unmodified. It has no amino form of these messages.

import { equal, matches, rejected } from "../../lib/checks.mjs";
import { node } from "../../lib/node.mjs";
import { balance } from "./world.mjs";

const SEND = "/cosmos.bank.v1beta1.MsgSend";
const VOTE = "/cosmos.gov.v1beta1.MsgVote";

export async function acting(suite, world) {
  const { comet, proto, stargate, types } = world;
  const { GenericAuthorization, SendAuthorization } = types;
  const query = stargate.QueryClient.withExtensions(comet, stargate.setupAuthzExtension);
  const registry = new proto.Registry(stargate.defaultRegistryTypes);
  const any = (typeUrl, type, value) => ({ typeUrl, value: type.encode(type.fromPartial(value)).finish() });
  const does = async (who, messages) => {
    const result = await who.client.signAndBroadcast(who.address, messages, "auto");
    stargate.assertIsDeliverTxSuccess(result);
    return result;
  };
  const exec = (grantee, messages) => ({
    typeUrl: "/cosmos.authz.v1beta1.MsgExec",
    value: { grantee: grantee.address, msgs: messages.map((message) => registry.encodeAsAny(message)) },
  });
  let granter;
  let grantee;

  await suite.checkTopic("authz", "rights are given and read", async () => {
    granter = await world.newcomer("direct", 5_000_000);
    grantee = await world.newcomer("direct", 5_000_000);
    const names = { granter: granter.address, grantee: grantee.address };
    const limited = any("/cosmos.bank.v1beta1.SendAuthorization", SendAuthorization, { spendLimit: world.coins(1_000), allowList: [] });
    const expiration = { seconds: BigInt(Math.floor(Date.now() / 1000)) + 86_400n, nanos: 0 };
    const free = any("/cosmos.authz.v1beta1.GenericAuthorization", GenericAuthorization, { msg: VOTE });
    const grant = (grant) => ({ typeUrl: "/cosmos.authz.v1beta1.MsgGrant", value: { ...names, grant } });
    await does(granter, [grant({ authorization: limited, expiration }), grant({ authorization: free })]);

    const { grants } = await query.authz.grants(granter.address, grantee.address, SEND);
    equal(grants, [{ authorization: limited, expiration }], "a right");
    const all = (await query.authz.grants(granter.address, grantee.address, "")).grants;
    equal(all.map((one) => one.authorization.typeUrl).sort(), [free.typeUrl, limited.typeUrl], "all rights");
    const given = (await query.authz.granterGrants(granter.address)).grants;
    equal(given.map((one) => [one.grantee, one.authorization.typeUrl]).length, 2, "what is given");
    const had = (await query.authz.granteeGrants(grantee.address)).grants;
    equal(had.map((one) => one.granter), [granter.address, granter.address], "what is had");
    equal((await query.authz.granteeGrants(granter.address)).grants, [], "the other way");
  });

  await suite.checkTopic("authz", "a right is used until it is used up, and other rights are left", async () => {
    const to = await world.stranger();
    const before = await balance(world, granter.address);
    await does(grantee, [exec(grantee, [world.send(granter.address, to, 400), world.send(granter.address, to, 100)])]);
    equal(await balance(world, to), 500n, "what was sent");
    equal(await balance(world, granter.address), before - 500n, "what the granter holds");
    const left = (await query.authz.grants(granter.address, grantee.address, SEND)).grants[0].authorization;
    equal(SendAuthorization.decode(left.value).spendLimit, world.coins(500), "what is left");

    const over = grantee.client.signAndBroadcast(grantee.address, [exec(grantee, [world.send(granter.address, to, 501)])], "auto");
    matches((await rejected(over, "too much")).message, /requested amount is more than spend limit/, "why");
    const twice = exec(grantee, [world.send(granter.address, to, 300), world.send(granter.address, to, 300)]);
    await rejected(grantee.client.signAndBroadcast(grantee.address, [twice], "auto"), "too much in two messages");
    equal(await balance(world, to), 500n, `${node.denom} of messages that failed together`);

    await does(grantee, [exec(grantee, [exec(grantee, [world.send(granter.address, to, 500)])])]);
    equal(await balance(world, to), 1_000n, "what was sent in all");
    const none = await rejected(query.authz.grants(granter.address, grantee.address, SEND), "a right that is used up");
    matches(none.message, /not found/, "why");
    equal((await query.authz.grants(granter.address, grantee.address, VOTE)).grants.length, 1, "the other right");
  });

  await suite.checkTopic("authz", "a right is taken back, and nobody acts without one", async () => {
    const value = { granter: granter.address, grantee: grantee.address, msgTypeUrl: VOTE };
    await does(granter, [{ typeUrl: "/cosmos.authz.v1beta1.MsgRevoke", value }]);
    equal((await query.authz.granterGrants(granter.address)).grants, [], "what is given");
    const vote = { typeUrl: VOTE, value: { proposalId: 1n, voter: granter.address, option: 1 } };
    const acted = grantee.client.signAndBroadcast(grantee.address, [exec(grantee, [vote])], "auto");
    matches((await rejected(acted, "a vote")).message, /authorization not found/, "why");
    const again = granter.client.signAndBroadcast(granter.address, [{ typeUrl: "/cosmos.authz.v1beta1.MsgRevoke", value }], "auto");
    matches((await rejected(again, "twice")).message, /not found/, "why");
  });
}
