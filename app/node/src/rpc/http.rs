//! HTTP: JSON-RPC in a POST, calls by URI, the list of endpoints, and the door to the WebSocket.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use ::http::{Request, StatusCode};
use axum::body::{Body, HttpBody as _};
use axum::extract::FromRequestParts as _;
use axum::extract::ws::WebSocketUpgrade;
use axum::response::Response;
use http_body_util::BodyExt as _;

use super::jsonrpc::{Fault, Id, Outcome, envelope, parse_body};
use super::node::Node;
use super::params::Args;
use super::routes::{Method, Run};
use super::server::ConnectionSlot;
use super::{index, jsonrpc, socket};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html");
/// Immutable answers may be kept for a day.
const A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");
const SERVER_TIME: HeaderName = HeaderName::from_static("x-server-time");
const NO_SNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
/// A body that is too large is read to this many times the limit, so that its sender can read the refusal.
const DRAIN_FACTOR: usize = 16;

/// Answers one request.
pub(crate) async fn handle(node: Arc<Node>, slot: ConnectionSlot, request: Request<Body>) -> Response {
    let asked = request.headers().clone();
    if let Some(mut response) = node.cors.preflight(request.method(), &asked) {
        stamp(response.headers_mut());
        return response;
    }
    let path = request.uri().path().to_owned();
    let mut response = match path.strip_prefix('/').unwrap_or(&path) {
        "" => post(&node, request).await,
        "websocket" => upgrade(node.clone(), slot, request).await,
        name => match Method::find(name) {
            Some(method) => uri(&node, method, request.uri().query().unwrap_or_default()).await,
            None => not_found(),
        },
    };
    node.cors.mark(&asked, response.headers_mut());
    stamp(response.headers_mut());
    response
}

fn stamp(headers: &mut HeaderMap) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    headers.insert(SERVER_TIME, HeaderValue::from(now));
}

async fn post(node: &Arc<Node>, request: Request<Body>) -> Response {
    let host = request.headers().get(HOST).and_then(|h| h.to_str().ok()).unwrap_or_default().to_owned();
    let body = match read_body(node, request.into_body()).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    if body.is_empty() {
        return respond(StatusCode::OK, HTML, index::page(&host));
    }
    let requests = match parse_body(&body) {
        Ok(requests) => requests,
        Err(fault) => return fault_response(StatusCode::INTERNAL_SERVER_ERROR, fault),
    };
    drop(body);
    let limit = node.config.max_batch;
    if requests.len() > limit {
        let text = format!("batch request exceeds maximum ({limit}) allowed number of requests");
        return fault_response(StatusCode::OK, Fault::invalid_request(text));
    }
    let (mut answers, mut keep) = (Vec::new(), true);
    for request in requests {
        let Some(id) = request.id.clone() else { continue };
        let (outcome, cacheable) = one(node, &request).await;
        keep &= cacheable;
        answers.push(envelope(Some(&id), &outcome));
    }
    match answers.as_slice() {
        [] => Response::new(Body::empty()),
        [only] => json_response(StatusCode::OK, only.clone(), keep),
        many => json_response(StatusCode::OK, format!("[{}]", many.join(",")), keep),
    }
}

/// Runs one call; says also whether its answer may be cached.
async fn one(node: &Arc<Node>, request: &jsonrpc::Request) -> (Outcome, bool) {
    let method = Method::find(&request.method).filter(|m| !matches!(m.run, Run::Socket(_)));
    let Some(method) = method else { return (Err(Fault::method_not_found()), false) };
    match Args::from_json(request.params.as_ref(), method.params) {
        Err(fault) => (Err(fault), false),
        Ok(args) => {
            let cacheable = method.cacheable(&args);
            (node.call(method, args).await, cacheable)
        }
    }
}

async fn uri(node: &Arc<Node>, method: &'static Method, query: &str) -> Response {
    if matches!(method.run, Run::Socket(_)) {
        let text = envelope(Some(&Id::URI), &Err(Fault::method_not_found()));
        return json_response(StatusCode::NOT_FOUND, text, false);
    }
    let (outcome, cacheable) = match Args::from_uri(query, method.params) {
        Err(fault) => (Err(fault), false),
        Ok(args) => {
            let cacheable = method.cacheable(&args);
            (node.call(method, args).await, cacheable)
        }
    };
    let status = if outcome.is_ok() { StatusCode::OK } else { StatusCode::INTERNAL_SERVER_ERROR };
    json_response(status, envelope(Some(&Id::URI), &outcome), cacheable && outcome.is_ok())
}

async fn upgrade(node: Arc<Node>, slot: ConnectionSlot, request: Request<Body>) -> Response {
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => {
            let limit = node.config.max_body_bytes;
            upgrade
                .max_message_size(limit)
                .max_frame_size(limit)
                .on_upgrade(move |socket| socket::serve(node, socket, slot))
        }
        Err(_) => {
            let mut response = respond(StatusCode::BAD_REQUEST, PLAIN, "Bad Request\n".to_owned());
            let headers = response.headers_mut();
            headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
            headers.insert(NO_SNIFF, HeaderValue::from_static("nosniff"));
            response
        }
    }
}

/// Reads the body within the limits of size and time; the error is the response to send.
async fn read_body(node: &Node, mut body: Body) -> Result<Vec<u8>, Response> {
    let limit = node.config.max_body_bytes;
    let patience = limit.saturating_mul(DRAIN_FACTOR);
    let reading = async {
        let (mut bytes, mut total) = (Vec::new(), 0usize);
        while total <= patience {
            match body.frame().await {
                None => return Ok((bytes, total)),
                Some(Err(e)) => return Err(e.to_string()),
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    total = total.saturating_add(data.len());
                    if total <= limit {
                        bytes.extend_from_slice(&data);
                    }
                }
            }
        }
        Ok((bytes, total))
    };
    let problem = match tokio::time::timeout(node.config.read_timeout, reading).await {
        Ok(Ok((bytes, total))) if total <= limit => return Ok(bytes),
        Ok(Ok(_)) => "http: request body too large".to_owned(),
        Ok(Err(e)) => e,
        Err(_) => "the body did not arrive in time".to_owned(),
    };
    let fault = Fault::invalid_request(format!("error reading request body: {problem}"));
    let mut response = fault_response(StatusCode::BAD_REQUEST, fault);
    if !body.is_end_stream() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Err(response)
}

fn fault_response(status: StatusCode, fault: Fault) -> Response {
    json_response(status, envelope(None, &Err(fault)), false)
}

fn json_response(status: StatusCode, text: String, cacheable: bool) -> Response {
    let mut response = respond(status, JSON, text);
    if cacheable {
        response.headers_mut().insert(CACHE_CONTROL, A_DAY);
    }
    response
}

fn not_found() -> Response {
    let mut response = respond(StatusCode::NOT_FOUND, PLAIN, "404 page not found\n".to_owned());
    response.headers_mut().insert(NO_SNIFF, HeaderValue::from_static("nosniff"));
    response
}

fn respond(status: StatusCode, kind: HeaderValue, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
