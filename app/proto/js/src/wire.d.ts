/** Something of which parts may be left out, at every depth. */
export type DeepPartial<T> = T extends Uint8Array | bigint
  ? T
  : T extends (infer Item)[]
    ? DeepPartial<Item>[]
    : T extends object
      ? { [Key in keyof T]?: DeepPartial<T[Key]> }
      : T;

/** A message with the name of its type, as CosmJS signs and sends it. */
export interface EncodeObject<T> {
  readonly typeUrl: string;
  readonly value: T;
}

/** A type of messages, in the form that CosmJS's registry takes. */
export interface MessageType<T> {
  readonly typeUrl: string;
  /** The name in amino documents; absent for what is no message of a transaction. */
  readonly aminoName: string | undefined;
  encode(value: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
  /** Fills in what is left out; throws on fields that the message does not have. */
  fromPartial(partial: DeepPartial<T>): T;
  /** The message for `signAndBroadcast`. */
  message(partial: DeepPartial<T>): EncodeObject<T>;
}

/** What a client asks through: CosmJS's `createProtobufRpcClient(queryClient)`. */
export interface Rpc {
  request(service: string, method: string, data: Uint8Array): Promise<Uint8Array>;
}

/** A service. */
export interface ServiceType<Client> {
  readonly name: string;
  client(rpc: Rpc): Client;
}

/** A decimal such as "0.003" as the wire has it: an integer, 10^18 of which are one. */
export function toAtomics(text: string): string;
/** The wire's integer as a decimal, without needless zeros; all 18 places if `full`. */
export function fromAtomics(text: string, full?: boolean): string;
