//! The servers over real sockets, against recorded exchanges of a Cosmos SDK node.

mod cors;
mod grpc;
mod limits;
mod reflection;
mod rest;
mod services;
mod support;
mod web;
