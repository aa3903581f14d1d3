// Runs all clients (or those named as arguments) one after the other; the exit code is the verdict.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const clients = ["cosmjs-0.39", "cosmjs-0.32", "keplr", "interchain", "grpc"];
const chosen = process.argv.length > 2 ? process.argv.slice(2) : clients;
const failed = [];
for (const client of chosen) {
  if (!clients.includes(client)) {
    console.error(`there is no client ${client}; there are ${clients.join(", ")}`);
    process.exit(2);
  }
  const script = fileURLToPath(new URL(`${client}/run.mjs`, import.meta.url));
  if (spawnSync(process.execPath, [script], { stdio: "inherit" }).status !== 0) failed.push(client);
}
console.log(failed.length === 0 ? `# all clients passed: ${chosen.join(", ")}` : `# clients that failed: ${failed.join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);
