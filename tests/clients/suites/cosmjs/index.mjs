// CosmJS against the node: one text for every CosmJS version, which hands in its packages.

import { Suite } from "../../lib/checks.mjs";
import { answers, node } from "../../lib/node.mjs";
import { accounts } from "./accounts.mjs";
import { acting } from "./authz.mjs";
import { blocks } from "./blocks.mjs";
import { exchange } from "./dex.mjs";
import { errors } from "./errors.mjs";
import { faucet } from "./faucet.mjs";
import { feeGrants } from "./feegrant.mjs";
import { governance } from "./gov.mjs";
import { multisig } from "./multisig.mjs";
import { search } from "./search.mjs";
import { sending } from "./sending.mjs";
import { setUp } from "./world.mjs";
import { staking } from "./staking.mjs";
import { subscriptions } from "./subscriptions.mjs";

const parts = {
  accounts,
  sending,
  staking,
  gov: governance,
  feegrant: feeGrants,
  authz: acting,
  multisig,
  search,
  blocks,
  subscriptions,
  errors,
  faucet,
  dex: exchange,
};

/** Runs everything (or the parts named in AGORA_ONLY) with the given packages; ends the process. */
export async function run(label, packages) {
  const suite = new Suite(label, node.skipped);
  await suite.require("the node answers", answers);
  let world;
  await suite.require("fresh accounts are funded", async () => {
    world = await setUp(packages);
  });
  const only = process.env.AGORA_ONLY?.split(",") ?? Object.keys(parts);
  for (const [name, part] of Object.entries(parts)) {
    if (only.includes(name)) await part(suite, world);
  }
  suite.finish();
}
