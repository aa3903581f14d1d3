//! The REST gateway: `google.api.http` rules in, SDK-shaped JSON out.

mod message;
mod openapi;
mod router;
mod scalar;
mod template;
mod url;

use std::sync::{Arc, OnceLock};

use agora_proto::json::{JsonCodec, write_value};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use prost_reflect::DynamicMessage;
use prost_reflect::prost::Message;
use serde_json::json;
use tonic::body::Body;

use self::router::{Found, Router};
use super::backend::{Backend, HEIGHT, Refused, asked_height, too_late};
use super::config::Cors;
use super::grpc::{Grpc, content_is};
use super::listen::Handler;
use crate::query::{QueryAnswer, QueryStatus};

/// The height header as grpc-gateway spells it, in requests and answers.
const GATEWAY_HEIGHT: &str = "grpc-metadata-x-cosmos-block-height";

/// The REST port; answers grpc-web as well.
pub(super) struct RestPort {
    inner: Arc<Inner>,
    grpc: Grpc,
    cors: Cors,
}

/// What a request's blocking part needs.
struct Inner {
    backend: Arc<Backend>,
    router: Router,
    json: JsonCodec,
    openapi: OnceLock<String>,
}

/// A refusal on its way out: HTTP status, gRPC status and the height to name.
struct Refusal {
    http: StatusCode,
    status: QueryStatus,
    height: Option<u64>,
}

impl Refusal {
    /// A refusal before any state was read.
    fn early(status: QueryStatus) -> Self {
        Self { http: http_status(status.code), status, height: None }
    }

    fn not_implemented() -> Self {
        Self::early(QueryStatus { code: 12, message: "Not Implemented".to_owned() })
    }

    fn invalid(message: impl ToString) -> Self {
        Self::early(QueryStatus { code: 3, message: message.to_string() })
    }
}

impl RestPort {
    pub(super) fn new(backend: Arc<Backend>, grpc: Grpc, cors: Cors) -> Result<Self, String> {
        let router = Router::new(&backend)?;
        let json = JsonCodec::new(backend.pool());
        Ok(Self { inner: Arc::new(Inner { backend, router, json, openapi: OnceLock::new() }), grpc, cors })
    }

    async fn rest(&self, request: Request<Incoming>) -> Response<Body> {
        let uri = request.uri();
        if let Some(clean) = url::cleaned(uri.path()) {
            let query = uri.query().map(|q| format!("?{q}")).unwrap_or_default();
            return redirect(&format!("{clean}{query}"));
        }
        let head = request.method() == Method::HEAD;
        let mut response = match self.call(request).await {
            Ok(response) => response,
            Err(refusal) => refusal_response(&refusal),
        };
        if head {
            *response.body_mut() = Body::empty();
        }
        response
    }

    async fn call(&self, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
        let limit = self.inner.backend.limits.request_timeout;
        let (parts, body) = request.into_parts();
        if parts.method == Method::GET {
            match parts.uri.path() {
                "/" => return Ok(json_response(StatusCode::OK, write_value(&self.inner.router.index()))),
                "/openapi.json" => return Ok(json_response(StatusCode::OK, self.openapi().await?)),
                _ => {}
            }
        }
        let found =
            self.inner.router.find(&parts.method, parts.uri.path()).ok_or_else(Refusal::not_implemented)?;
        let height = asked_height(height_values(&parts.headers)).map_err(Refusal::early)?;
        let body =
            match tokio::time::timeout(limit, read(body, self.inner.backend.limits.max_body_bytes)).await {
                Ok(read) => read?,
                Err(_) => return Err(Refusal::early(too_late(limit))),
            };
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let inner = Arc::clone(&self.inner);
        let work = move || Ok(inner.answer(&found, &query, &body, height));
        let (answer, text) = self.inner.backend.run(limit, work).await.map_err(Refusal::early)??;
        let mut response = json_response(StatusCode::OK, text);
        for name in [HEIGHT, GATEWAY_HEIGHT] {
            response.headers_mut().insert(name, HeaderValue::from(answer.height));
        }
        Ok(response)
    }
}

impl RestPort {
    /// The OpenAPI document, made when it is first asked for.
    async fn openapi(&self) -> Result<String, Refusal> {
        let inner = Arc::clone(&self.inner);
        let work = move || Ok(inner.openapi.get_or_init(|| write_value(&inner.router.openapi())).clone());
        self.inner.backend.run(self.inner.backend.limits.request_timeout, work).await.map_err(Refusal::early)
    }
}

impl Inner {
    /// Builds the request message, asks, renders the answer. Blocks.
    fn answer(
        &self,
        found: &Found,
        query: &str,
        body: &Bytes,
        height: Option<u64>,
    ) -> Result<(QueryAnswer, String), Refusal> {
        let request = message::build(&self.json, found, query, body).map_err(Refusal::invalid)?;
        let route = &found.route;
        let late = |Refused { status, height }| Refusal { http: http_status(status.code), status, height };
        let answer = self.backend.query(&route.path, &request.encode_to_vec(), height).map_err(late)?;
        let failed = |message: String| {
            let status = QueryStatus { code: 13, message: format!("the answer of {} {message}", route.path) };
            late(Refused { status, height: Some(answer.height) })
        };
        let response = DynamicMessage::decode(route.method.output(), answer.value.as_slice())
            .map_err(|error| failed(format!("does not decode: {error}")))?;
        let text =
            self.json.to_json(&response).map_err(|error| failed(format!("has no json form: {error}")))?;
        Ok((answer, text))
    }
}

impl Handler for RestPort {
    async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let headers = request.headers().clone();
        let grpc = content_is(&headers, "application/grpc-web")
            || (request.version() == Version::HTTP_2 && content_is(&headers, "application/grpc"));
        let mut response = if let Some(preflight) = self.cors.preflight(request.method(), &headers) {
            preflight
        } else if grpc {
            self.grpc.web(request).await
        } else {
            self.rest(request).await
        };
        self.cors.apply(&headers, &mut response);
        response
    }
}

/// The values of either height header.
fn height_values(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    [GATEWAY_HEIGHT, HEIGHT].into_iter().flat_map(|name| headers.get_all(name)).map(HeaderValue::as_bytes)
}

async fn read(body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal {
            http: StatusCode::PAYLOAD_TOO_LARGE,
            status: QueryStatus {
                code: 8,
                message: format!("request body is too large: at most {limit} bytes"),
            },
            height: None,
        }),
        Err(error) => Err(Refusal::invalid(format!("the request body did not arrive whole: {error}"))),
    }
}

fn refusal_response(refusal: &Refusal) -> Response<Body> {
    let body = json!({ "code": refusal.status.code, "message": refusal.status.message, "details": [] });
    let mut response = json_response(refusal.http, write_value(&body));
    if let Some(height) = refusal.height {
        response.headers_mut().insert(GATEWAY_HEIGHT, HeaderValue::from(height));
    }
    response
}

fn json_response(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(Bytes::from(text))));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn redirect(location: &str) -> Response<Body> {
    let Ok(value) = HeaderValue::from_str(location) else {
        return refusal_response(&Refusal::invalid("the path holds a character that a path cannot hold"));
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response.headers_mut().insert(header::LOCATION, value);
    response
}

/// The HTTP status grpc-gateway gives a gRPC code.
fn http_status(code: u32) -> StatusCode {
    match code {
        0 => StatusCode::OK,
        1 => StatusCode::REQUEST_TIMEOUT,
        3 | 9 | 11 => StatusCode::BAD_REQUEST,
        4 => StatusCode::GATEWAY_TIMEOUT,
        5 => StatusCode::NOT_FOUND,
        6 | 10 => StatusCode::CONFLICT,
        7 => StatusCode::FORBIDDEN,
        8 => StatusCode::TOO_MANY_REQUESTS,
        12 => StatusCode::NOT_IMPLEMENTED,
        14 => StatusCode::SERVICE_UNAVAILABLE,
        16 => StatusCode::UNAUTHORIZED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
