//! gRPC from the descriptors: one service that takes every path, bytes in and bytes out.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, ProstCodec};
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Status};
use tonic_web::GrpcWebLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::backend::{Backend, HEIGHT, asked_height, too_late};
use super::config::Cors;
use super::listen::Handler;
use super::reflection::{Reflection, is_reflection};
use crate::query::QueryStatus;

/// Answers gRPC calls; cheap to clone.
#[derive(Clone)]
pub(super) struct Grpc {
    backend: Arc<Backend>,
    reflection: Arc<Reflection>,
}

impl Grpc {
    pub(super) fn new(backend: Arc<Backend>) -> Self {
        let reflection = Arc::new(Reflection::new(&backend));
        Self { backend, reflection }
    }

    /// Answers a grpc-web call, or a gRPC call on HTTP/2.
    pub(super) async fn web(&self, mut request: Request<Incoming>) -> Response<Body> {
        accept_own_form(request.headers_mut());
        match GrpcWebLayer::new().layer(self.clone()).oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let limit = client_timeout(request.headers())
            .unwrap_or(Duration::MAX)
            .min(self.backend.limits.request_timeout);
        let path: Arc<str> = request.uri().path().into();
        if is_reflection(&path) {
            // A stream lives as long as its client wants; the connection's own bounds end a dead one.
            let reflection = Arc::clone(&self.reflection);
            let service = service_fn(move |request: tonic::Request<tonic::Streaming<_>>| {
                let answers = Arc::clone(&reflection).answers(request.into_inner());
                async move { Ok::<_, Status>(tonic::Response::new(answers)) }
            });
            return tonic::server::Grpc::new(ProstCodec::default()).streaming(service, request).await;
        }
        if !self.backend.has(&path) {
            return Status::unimplemented(self.unknown(&path)).into_http();
        }
        let (backend, max) = (Arc::clone(&self.backend), self.backend.limits.max_message_bytes);
        let service = service_fn(move |request: tonic::Request<Bytes>| {
            let (backend, path) = (Arc::clone(&backend), Arc::clone(&path));
            async move { unary(&backend, path, request, limit).await }
        });
        let mut grpc = tonic::server::Grpc::new(BytesCodec)
            .max_decoding_message_size(max)
            .max_encoding_message_size(max);
        // The limit covers the arrival of the message as well, which `unary` cannot see.
        match tokio::time::timeout(limit, grpc.unary(service, request)).await {
            Ok(response) => response,
            Err(_) => status(&too_late(limit), None).into_http(),
        }
    }

    fn unknown(&self, path: &str) -> String {
        let Some((service, method)) = path.strip_prefix('/').and_then(|p| p.split_once('/')) else {
            return format!("malformed method name: {path:?}");
        };
        if self.reflection.serves(service) {
            format!("unknown method {method} for service {service}")
        } else {
            format!("unknown service {service}")
        }
    }
}

async fn unary(
    backend: &Arc<Backend>,
    path: Arc<str>,
    request: tonic::Request<Bytes>,
    limit: Duration,
) -> Result<tonic::Response<Bytes>, Status> {
    let height = asked_height(request.metadata().get_all(HEIGHT).iter().map(|v| v.as_bytes()))
        .map_err(|refused| status(&refused, None))?;
    let message = request.into_inner();
    let worker = Arc::clone(backend);
    let work = move || Ok(worker.query(&path, &message, height));
    match backend.run(limit, work).await.map_err(|refused| status(&refused, None))? {
        Ok(answer) => {
            let mut response = tonic::Response::new(Bytes::from(answer.value));
            response.metadata_mut().insert(HEIGHT, MetadataValue::from(answer.height));
            Ok(response)
        }
        Err(refused) => Err(status(&refused.status, refused.height)),
    }
}

/// The gRPC form of a refusal, naming the height it was read at.
fn status(refused: &QueryStatus, height: Option<u64>) -> Status {
    let code = i32::try_from(refused.code).map_or(Code::Unknown, Code::from_i32);
    let mut metadata = MetadataMap::new();
    if let Some(height) = height {
        metadata.insert(HEIGHT, MetadataValue::from(height));
    }
    Status::with_metadata(code, refused.message.clone(), metadata)
}

/// The deadline of the `grpc-timeout` header: at most eight digits and a unit.
fn client_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(value.checked_mul(3600)?),
        "M" => Duration::from_secs(value.checked_mul(60)?),
        "S" => Duration::from_secs(value),
        "m" => Duration::from_millis(value),
        "u" => Duration::from_micros(value),
        "n" => Duration::from_nanos(value),
        _ => return None,
    })
}

impl Service<Request<Body>> for Grpc {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

/// Whether the request's content type begins with `kind`.
pub(super) fn content_is(headers: &HeaderMap, kind: &str) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(kind.as_bytes()))
}

/// A browser that asks in text is answered in text, unless it accepts the binary form by name. The layer goes by
/// `accept` alone, which scripts leave out or fill with `*/*`.
fn accept_own_form(headers: &mut HeaderMap) {
    if !content_is(headers, "application/grpc-web-text") {
        return;
    }
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !matches!(accepted, "application/grpc-web" | "application/grpc-web+proto") {
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/grpc-web-text"));
    }
}

/// The gRPC port: gRPC on HTTP/2, grpc-web on either version.
pub(super) struct GrpcPort {
    pub(super) grpc: Grpc,
    pub(super) cors: Cors,
}

impl Handler for GrpcPort {
    async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let headers = request.headers().clone();
        let web = content_is(&headers, "application/grpc-web");
        let plain = request.version() == Version::HTTP_2 && content_is(&headers, "application/grpc");
        let mut response = if let Some(preflight) = self.cors.preflight(request.method(), &headers) {
            preflight
        } else if web || plain {
            self.grpc.web(request).await
        } else {
            let text =
                "this port speaks grpc (over http/2) and grpc-web: send content-type application/grpc\n";
            let mut response = Response::new(Body::new(http_body_util::Full::from(text)));
            *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            response
        };
        self.cors.apply(&headers, &mut response);
        response
    }
}

/// Messages as they are on the wire.
pub(super) struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = from.remaining();
        Ok(Some(from.copy_to_bytes(length)))
    }
}
