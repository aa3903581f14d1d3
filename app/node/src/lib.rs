//! The node: ABCI server, devnet block producer, RPC, gRPC, REST, configuration.
