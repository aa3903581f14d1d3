// A client that knows nothing but the server's address and learns the rest by reflection, as grpcurl does.

import grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import descriptors from "protobufjs/ext/descriptor/index.js";
import { fileURLToPath } from "node:url";

const protocol = protobuf.loadSync(fileURLToPath(new URL("reflection.proto", import.meta.url)));
const Request = protocol.lookupType("ServerReflectionRequest");
const Response = protocol.lookupType("ServerReflectionResponse");
const encode = (type) => (value) => Buffer.from(type.encode(value).finish());

/** Asks the server's reflection service of one version ("v1" or "v1alpha"). */
export class Reflection {
  #client;
  #path;

  constructor(address, version) {
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure());
    this.#path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  }

  /** One question, one answer; an error response becomes an exception with its gRPC code. */
  ask(question) {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeBidiStreamRequest(this.#path, encode(Request), (bytes) => Response.decode(bytes), new grpc.Metadata(), { deadline: Date.now() + 15_000 });
      call.on("data", (answer) => {
        call.end();
        if (answer.errorResponse) reject(Object.assign(new Error(answer.errorResponse.errorMessage), { code: answer.errorResponse.errorCode }));
        else resolve(answer);
      });
      call.on("error", reject);
      call.write(Request.create(question));
    });
  }

  /** Names of all services, sorted. */
  async services() {
    const { listServicesResponse } = await this.ask({ listServices: "*" });
    return listServicesResponse.service.map(({ name }) => name).sort();
  }

  /** A protobufjs root with the file that defines a symbol, and all files that it imports. */
  async root(symbol) {
    const files = new Map();
    const take = (answer) => {
      for (const bytes of answer.fileDescriptorResponse.fileDescriptorProto) {
        const file = descriptors.FileDescriptorProto.decode(bytes);
        files.set(file.name, file);
      }
    };
    take(await this.ask({ fileContainingSymbol: symbol }));
    for (;;) {
      const absent = [...files.values()].flatMap((file) => file.dependency).filter((name) => !files.has(name));
      if (absent.length === 0) break;
      for (const name of new Set(absent)) {
        take(await this.ask({ fileByFilename: name }));
        if (!files.has(name)) throw new Error(`the server does not give ${name}, which it imports`);
      }
    }
    return protobuf.Root.fromDescriptor({ file: inOrder(files) });
  }

  close() {
    this.#client.close();
  }
}

/** Imported files before those that import them. */
function inOrder(files) {
  const ordered = [];
  const seen = new Set();
  const visit = (file) => {
    if (seen.has(file.name)) return;
    seen.add(file.name);
    for (const name of file.dependency) visit(files.get(name));
    ordered.push(file);
  };
  for (const file of files.values()) visit(file);
  return ordered;
}

/** Calls methods whose types came by reflection; messages are plain objects whose fields have the names of the definitions (snake_case). */
export class Caller {
  #client;

  constructor(address) {
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure());
  }

  /** Gives { value, header, trailer }; rejects with a ServiceError. `height`: ask for the state of that height. */
  unary(root, service, method, request, height) {
    const definition = root.lookupService(service).methods[method];
    const [input, output] = [root.lookupType(definition.requestType), root.lookupType(definition.responseType)];
    const metadata = new grpc.Metadata();
    if (height !== undefined) metadata.set("x-cosmos-block-height", String(height));
    return new Promise((resolve, reject) => {
      let header = new grpc.Metadata();
      let value;
      const decode = (bytes) => output.toObject(output.decode(bytes), { longs: String, defaults: true, bytes: String });
      const call = this.#client.makeUnaryRequest(`/${service}/${method}`, encode(input), decode, input.fromObject(request), metadata, { deadline: Date.now() + 15_000 }, (error, answer) => {
        if (error) reject(error);
        else value = answer;
      });
      call.on("metadata", (received) => (header = received));
      call.on("status", (status) => value !== undefined && resolve({ value, header, trailer: status.metadata }));
    });
  }

  /** A call with bytes as they are, for what a typed client would not send. */
  raw(path, bytes) {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, (value) => value, (value) => value, bytes, new grpc.Metadata(), { deadline: Date.now() + 15_000 }, (error, answer) =>
        error ? reject(error) : resolve(answer));
    });
  }

  close() {
    this.#client.close();
  }
}
