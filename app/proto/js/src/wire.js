// Messages as bytes: protobuf's wire format, from lists of fields.

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const DECIMALS = 18;

/** Grows as it is written to. */
class Writer {
  bytes = [];

  varint(number) {
    let rest = BigInt.asUintN(64, BigInt(number));
    while (rest > 127n) {
      this.bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.bytes.push(Number(rest));
  }

  block(block) {
    this.varint(block.length);
    for (const byte of block) this.bytes.push(byte);
  }
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  varint() {
    let number = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) break;
      number |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, number);
    }
    throw new Error("a number in the message does not end");
  }

  block() {
    const length = Number(this.varint());
    if (this.at + length > this.bytes.length) throw new Error("the message is shorter than it says");
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  skip(wire) {
    if (wire === VARINT) this.varint();
    else if (wire === BYTES) this.block();
    else if (wire === FIXED64) this.at += 8;
    else if (wire === FIXED32) this.at += 4;
    else throw new Error(`the message has a field of wire type ${wire}`);
  }
}

/** A decimal such as "0.003" as the wire has it: an integer, 10^18 of which are one. */
export function toAtomics(text) {
  const found = /^(-?)([0-9]+)(?:\.([0-9]{1,18}))?$/.exec(text);
  if (!found) throw new Error(`"${text}" is not a decimal of at most 18 places`);
  const [, sign, whole, places = ""] = found;
  const digits = `${whole}${places.padEnd(DECIMALS, "0")}`.replace(/^0+(?=.)/, "");
  return digits === "0" ? "0" : `${sign}${digits}`;
}

/** The wire's integer as a decimal, without needless zeros; all 18 places if `full`. */
export function fromAtomics(text, full = false) {
  const found = /^(-?)([0-9]+)$/.exec(text);
  if (!found) throw new Error(`"${text}" is not a decimal of the wire`);
  const digits = found[2].padStart(DECIMALS + 1, "0");
  const [whole, places] = [digits.slice(0, -DECIMALS).replace(/^0+(?=.)/, ""), digits.slice(-DECIMALS)];
  const shown = full ? places : places.replace(/0+$/, "");
  return `${found[1]}${whole}${shown ? `.${shown}` : ""}`;
}

const utf8 = { encode: (text) => new TextEncoder().encode(text), decode: (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
const text = { wire: BYTES, zero: "", write: (writer, value) => writer.block(utf8.encode(String(value))), read: (reader) => utf8.decode(reader.block()) };
const number = (zero, read) => ({ wire: VARINT, zero, write: (writer, value) => writer.varint(value), read: (reader) => read(reader.varint()) });

/** How each type of a field is written and read. */
const scalars = {
  string: text,
  integer: text,
  decimal: {
    ...text,
    write: (writer, value) => writer.block(utf8.encode(toAtomics(String(value)))),
    read: (reader) => fromAtomics(utf8.decode(reader.block())),
  },
  bytes: { wire: BYTES, zero: new Uint8Array(), write: (writer, value) => writer.block(value), read: (reader) => reader.block().slice() },
  bool: number(false, (value) => value !== 0n),
  int32: number(0, (value) => Number(BigInt.asIntN(32, value))),
  uint32: number(0, (value) => Number(BigInt.asUintN(32, value))),
  int64: number(0n, (value) => BigInt.asIntN(64, value)),
  uint64: number(0n, (value) => value),
};

/** The name of a field in JavaScript: `token_in` is `tokenIn`. */
const camelCase = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

function makeField([id, name, kind, ...flags]) {
  const inner = typeof kind === "function" ? kind : undefined;
  const is = (flag) => flags.includes(flag);
  return { id, name, key: camelCase(name), kind, inner, scalar: inner ? undefined : scalars[kind], list: is("list"), keep: is("keep"), coins: is("coins"), choice: is("choice") };
}

const isZero = (field, value) => (field.kind === "bytes" ? value.length === 0 : value === field.scalar.zero || value === "" || value === 0 || value === 0n);

function writeOne(writer, field, value, tagged = true) {
  if (tagged) writer.varint((field.id << 3) | (field.inner ? BYTES : field.scalar.wire));
  if (field.inner) writer.block(field.inner().encode(value).finish());
  else field.scalar.write(writer, value);
}

function write(fields, value) {
  const writer = new Writer();
  for (const field of fields) {
    const own = value[field.key];
    if (own === undefined || own === null) continue;
    if (!field.list) {
      if (field.inner || field.choice || !isZero(field, own)) writeOne(writer, field, own);
    } else if (field.inner || field.scalar.wire === BYTES) {
      for (const item of own) writeOne(writer, field, item);
    } else if (own.length > 0) {
      // Numbers of a list lie side by side.
      const packed = new Writer();
      for (const item of own) writeOne(packed, field, item, false);
      writer.varint((field.id << 3) | BYTES);
      writer.block(packed.bytes);
    }
  }
  return Uint8Array.from(writer.bytes);
}

/** A message in which nothing is said. */
function empty(fields) {
  const value = {};
  for (const field of fields) {
    if (field.list) value[field.key] = [];
    else if (!field.inner && !field.choice) value[field.key] = field.scalar.zero;
  }
  return value;
}

function readOne(reader, field) {
  return field.inner ? field.inner().decode(reader.block()) : field.scalar.read(reader);
}

function read(fields, bytes) {
  const [reader, value] = [new Reader(bytes), empty(fields)];
  while (reader.at < bytes.length) {
    const tag = Number(reader.varint());
    const [id, wire] = [tag >>> 3, tag & 7];
    const field = fields.find((candidate) => candidate.id === id);
    const own = field && (field.inner ? BYTES : field.scalar.wire);
    if (!field) reader.skip(wire);
    else if (field.list && wire === BYTES && own === VARINT) {
      const packed = new Reader(reader.block());
      while (packed.at < packed.bytes.length) value[field.key].push(readOne(packed, field));
    } else if (wire !== own) throw new Error(`${field.name} has wire type ${wire}`);
    else if (field.list) value[field.key].push(readOne(reader, field));
    else value[field.key] = readOne(reader, field);
  }
  return value;
}

/** A type of messages, in the form that CosmJS's registry takes. */
export function message(name, aminoName, list) {
  const fields = list.map(makeField);
  const keys = new Set(fields.map((field) => field.key));
  const complete = (partial) => {
    for (const key of Object.keys(partial)) {
      if (!keys.has(key)) throw new Error(`${name} has no field ${key}`);
    }
    const value = empty(fields);
    for (const field of fields) {
      const own = partial[field.key];
      if (own === undefined || own === null) continue;
      if (!field.inner) value[field.key] = own;
      else value[field.key] = field.list ? own.map((item) => field.inner().fromPartial(item)) : field.inner().fromPartial(own);
    }
    return value;
  };
  return {
    typeUrl: `/${name}`,
    aminoName,
    fields,
    encode: (value) => ({ finish: () => write(fields, value) }),
    decode: (bytes) => read(fields, bytes),
    fromPartial: complete,
    message: (partial) => ({ typeUrl: `/${name}`, value: complete(partial) }),
  };
}

/** A service: its methods, and a client of them over anything that can ask. */
export function service(name, methods) {
  const client = (rpc) => {
    const call = ([method, input, output]) => async (request = {}) => {
      const bytes = input.encode(input.fromPartial(request)).finish();
      return output.decode(await rpc.request(name, method, bytes));
    };
    return Object.fromEntries(Object.entries(methods).map(([key, method]) => [key, call(method)]));
  };
  return { name, methods, client };
}
