//! This chain beside recordings of a node of the Cosmos SDK: the same requests and the same transactions, address by
//! address, have the same answers - but for the differences that are meant, which are listed with their reasons.

#[path = "recordings/abci_query.rs"]
mod abci_query;
#[path = "recordings/chain.rs"]
mod chain;
#[path = "recordings/http.rs"]
mod http;
#[path = "recordings/mapping.rs"]
mod mapping;
#[path = "recordings/meant.rs"]
mod meant;
#[path = "recordings/resign.rs"]
mod resign;
#[path = "recordings/rest.rs"]
mod rest;
#[path = "recordings/shape.rs"]
mod shape;
#[path = "recordings/transactions.rs"]
mod transactions;
#[path = "recordings/vectors.rs"]
mod vectors;
