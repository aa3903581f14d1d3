// CosmJS 0.39 against a node; see ../README.md.

import { createRequire } from "node:module";
import * as amino from "@cosmjs/amino";
import { FaucetClient } from "@cosmjs/faucet-client";
import * as proto from "@cosmjs/proto-signing";
import * as stargate from "@cosmjs/stargate";
import * as tendermint from "@cosmjs/tendermint-rpc";
import { run } from "../suites/cosmjs/index.mjs";

const require = createRequire(import.meta.url);
const types = {
  ...require("cosmjs-types/cosmos/tx/v1beta1/tx"),
  ...require("cosmjs-types/cosmos/bank/v1beta1/query"),
  ...require("cosmjs-types/cosmos/bank/v1beta1/authz"),
  ...require("cosmjs-types/cosmos/authz/v1beta1/authz"),
  ...require("cosmjs-types/cosmos/feegrant/v1beta1/feegrant"),
  ...require("cosmjs-types/cosmos/gov/v1beta1/gov"),
};

await run("CosmJS 0.39", { amino, FaucetClient, proto, stargate, tendermint, types });
