// A small runner: one line per check ("ok" / "not ok"), in order, each with a time limit; the exit code is the verdict.

import { isDeepStrictEqual } from "node:util";

/** Thrown by the assertions below; anything else that is thrown fails a check just as well. */
class Failure extends Error {}

const shown = (value) => {
  if (typeof value === "string") return JSON.stringify(value);
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}` : inner)) ?? String(value);
  } catch {
    return String(value);
  }
};

/** Fails unless `condition` is truthy. */
export function assert(condition, message) {
  if (!condition) throw new Failure(message);
}

/** Fails unless both are deeply equal; the message shows both. */
export function equal(actual, expected, what) {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Failure(`${what}: expected ${shown(expected)}, got ${shown(actual)}`);
  }
}

/** Fails unless `text` matches `pattern`. */
export function matches(text, pattern, what) {
  if (!pattern.test(String(text))) throw new Failure(`${what}: expected ${pattern}, got ${shown(text)}`);
}

/** Waits for `promise` to reject and returns what it was rejected with. */
export async function rejected(promise, what) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Failure(`${what}: expected an error, got ${shown(value)?.slice(0, 300)}`);
}

/** Calls `probe` every 200 ms until it gives something truthy, which is returned. */
export async function eventually(probe, what, limitMs = 15_000) {
  const end = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Failure(`${what}: not so after ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** `promise`, or a failure after `limitMs`. */
export function within(promise, limitMs, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Failure(`${what}: no answer within ${limitMs / 1000} s`)), limitMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

const oneLine = (error) => {
  const text = error instanceof Error ? `${error.message || error.name}` : shown(error);
  const cause = error?.cause?.code ?? error?.cause?.message ?? error?.code;
  return (cause === undefined || text.includes(cause) ? text : `${text} (${cause})`).replace(/\s+/g, " ").slice(0, 700);
};

/** The checks of one client. Ends the process: 0 if all passed, 1 otherwise. */
export class Suite {
  #name;
  #skipped;
  #count = 0;
  #failed = 0;
  #skips = 0;

  /** `skipped`: topics that are left out, each said aloud. */
  constructor(name, skipped = new Set()) {
    this.#name = name;
    this.#skipped = skipped;
    console.log(`# ${name}`);
  }

  /** Runs one check; a failure is reported and the next check still runs. */
  async check(title, run, limitMs = 45_000) {
    this.#count += 1;
    try {
      await within(Promise.resolve().then(run), limitMs, "the check");
      console.log(`ok ${this.#count} - ${title}`);
      return true;
    } catch (error) {
      this.#failed += 1;
      console.log(`not ok ${this.#count} - ${title}`);
      console.log(`# ${oneLine(error)}`);
      if (process.env.AGORA_TRACE && error?.stack) console.log(error.stack.replace(/^/gm, "# "));
      return false;
    }
  }

  /** Like `check`, unless `topic` is among the topics left out. */
  async checkTopic(topic, title, run, limitMs) {
    if (!this.#skipped.has(topic)) return this.check(title, run, limitMs);
    this.#count += 1;
    this.#skips += 1;
    console.log(`ok ${this.#count} - ${title} # SKIP AGORA_SKIP names ${topic}`);
    return true;
  }

  /** A condition without which nothing else makes sense: one line, and the end. */
  async require(title, run, limitMs) {
    if (!(await this.check(title, run, limitMs))) {
      console.log(`Bail out! ${this.#name}: ${title}`);
      process.exit(1);
    }
  }

  /** Prints the sum and ends the process. */
  finish() {
    const passed = this.#count - this.#failed - this.#skips;
    console.log(`1..${this.#count}`);
    console.log(`# ${this.#name}: ${passed} passed, ${this.#failed} failed, ${this.#skips} skipped`);
    process.exit(this.#failed === 0 && passed > 0 ? 0 : 1);
  }
}

// A client that loses an error in the background must not look like success.
process.on("unhandledRejection", (error) => {
  console.log(`not ok - an error that nothing waited for`);
  console.log(`# ${oneLine(error)}`);
  process.exit(1);
});
