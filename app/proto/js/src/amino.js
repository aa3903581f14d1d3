// Messages as amino JSON: what hardware wallets show and sign. The rules are those of app/proto/src/amino.

import { fromAtomics, toAtomics } from "./wire.js";

const EPOCH = { seconds: -62135596800n, nanos: 0 };

/** A time as the document has it: RFC 3339 without trailing zeros. */
function timeText({ seconds, nanos }) {
  const text = new Date(Number(seconds) * 1000).toISOString().replace(/\.000Z$/, "");
  const fraction = nanos === 0 ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
  return `${text}${fraction}Z`;
}

function timeOf(text) {
  const found = /^(.*?)(?:\.([0-9]{1,9}))?Z$/.exec(text);
  const milliseconds = found ? Date.parse(`${found[1]}Z`) : Number.NaN;
  if (Number.isNaN(milliseconds)) throw new Error(`"${text}" is not a time in UTC`);
  return { seconds: BigInt(milliseconds / 1000), nanos: Number((found[2] ?? "").padEnd(9, "0")) };
}

const base64 = {
  encode: (bytes) => btoa(String.fromCharCode(...bytes)),
  decode: (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)),
};

const isTime = (type) => type.typeUrl === "/google.protobuf.Timestamp";

/** One value as the document has it. */
function shown(field, value) {
  if (field.inner) return isTime(field.inner()) ? timeText(value) : toAmino(field.inner(), value);
  switch (field.kind) {
    case "decimal":
      return value === "" ? "0" : fromAtomics(toAtomics(String(value)), true);
    case "integer":
      return value === "" ? "0" : String(value);
    case "int64":
    case "uint64":
      return String(value);
    case "bytes":
      return base64.encode(value);
    default:
      return value;
  }
}

/** What stands for a field that is empty and must not be left out. */
function kept(field) {
  if (field.list) return field.coins ? [] : null;
  if (field.inner) return isTime(field.inner()) ? timeText(EPOCH) : toAmino(field.inner(), field.inner().fromPartial({}));
  return field.kind === "bytes" ? null : shown(field, field.scalar.zero);
}

function isEmpty(field, value) {
  if (value === undefined || value === null) return true;
  if (field.list || field.kind === "bytes") return value.length === 0;
  // A message that is there is shown, however little it says.
  return !field.inner && (value === field.scalar.zero || value === "");
}

/** The fields of a message in an amino document. */
export function toAmino(type, value) {
  const document = {};
  for (const field of type.fields) {
    const own = value[field.key];
    if (!isEmpty(field, own)) document[field.name] = field.list ? own.map((item) => shown(field, item)) : shown(field, own);
    else if (field.keep && !field.choice) document[field.name] = kept(field);
  }
  return document;
}

/** One value from a document. */
function read(field, value) {
  if (field.inner) return isTime(field.inner()) ? timeOf(value) : fromAmino(field.inner(), value);
  switch (field.kind) {
    case "decimal":
      return fromAtomics(toAtomics(value));
    case "int64":
    case "uint64":
      return BigInt(value);
    case "bytes":
      return base64.decode(value);
    default:
      return value;
  }
}

/** The message of an amino document's fields. */
export function fromAmino(type, document) {
  const partial = {};
  for (const field of type.fields) {
    const own = document[field.name];
    if (own === undefined || own === null) continue;
    partial[field.key] = field.list ? own.map((item) => read(field, item)) : read(field, own);
  }
  return type.fromPartial(partial);
}

/** The converter of a type, in the form that CosmJS's `AminoTypes` takes. */
export function converter(type) {
  return {
    aminoType: type.aminoName,
    toAmino: (value) => toAmino(type, type.fromPartial(value)),
    fromAmino: (document) => fromAmino(type, document),
  };
}
