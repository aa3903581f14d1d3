//! gRPC server reflection (v1 and v1alpha, the same messages), answered from the descriptors that are served.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use agora_proto::types::grpc::reflection::v1::server_reflection_request::MessageRequest as Query;
use agora_proto::types::grpc::reflection::v1::server_reflection_response::MessageResponse as Reply;
use agora_proto::types::grpc::reflection::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};
use futures::{Stream, TryStreamExt};
use prost_reflect::{DescriptorPool, FileDescriptor};
use tonic::{Code, Status, Streaming};

use super::backend::Backend;

/// The two names reflection goes by.
const NAMES: [&str; 2] = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/// Whether the path is the one method of reflection.
pub(super) fn is_reflection(path: &str) -> bool {
    path.strip_prefix('/')
        .and_then(|p| p.strip_suffix("/ServerReflectionInfo"))
        .is_some_and(|name| NAMES.contains(&name))
}

/// What reflection tells.
pub(super) struct Reflection {
    pool: DescriptorPool,
    /// The services with at least one method that is answered, reflection included.
    services: BTreeSet<String>,
    /// The encoded definition of each file, custom options included.
    files: BTreeMap<String, Vec<u8>>,
}

impl Reflection {
    pub(super) fn new(backend: &Backend) -> Self {
        let pool = backend.pool().clone();
        let mut services: BTreeSet<String> = pool
            .services()
            .filter(|s| s.methods().any(|m| backend.has(&format!("/{}/{}", s.full_name(), m.name()))))
            .map(|s| s.full_name().to_owned())
            .collect();
        services
            .extend(NAMES.iter().filter(|n| pool.get_service_by_name(n).is_some()).map(|&n| n.to_owned()));
        let files = pool.files().map(|f| (f.name().to_owned(), f.encode_to_vec())).collect();
        Self { pool, services, files }
    }

    /// Whether a service of this name is answered.
    pub(super) fn serves(&self, service: &str) -> bool {
        self.services.contains(service)
    }

    /// Answers a client's stream of questions, in order.
    pub(super) fn answers(
        self: Arc<Self>,
        questions: Streaming<ServerReflectionRequest>,
    ) -> impl Stream<Item = Result<ServerReflectionResponse, Status>> + Send {
        let mut sent = HashSet::new();
        questions.map_ok(move |request| self.answer(request, &mut sent))
    }

    /// Answers one question; `sent` are the files this stream was given already.
    fn answer(
        &self,
        request: ServerReflectionRequest,
        sent: &mut HashSet<String>,
    ) -> ServerReflectionResponse {
        let reply = match &request.message_request {
            Some(Query::ListServices(_)) => Ok(Reply::ListServicesResponse(ListServiceResponse {
                service: self.services.iter().map(|name| ServiceResponse { name: name.clone() }).collect(),
            })),
            Some(Query::FileByFilename(name)) => self
                .pool
                .get_file_by_name(name)
                .map(|file| self.files(&file, sent))
                .ok_or_else(|| format!("no file {name:?} is served")),
            Some(Query::FileContainingSymbol(symbol)) => self
                .file_of(symbol.strip_prefix('.').unwrap_or(symbol))
                .map(|file| self.files(&file, sent))
                .ok_or_else(|| format!("no symbol {symbol:?} is served")),
            Some(Query::FileContainingExtension(wanted)) => self
                .extensions(&wanted.containing_type)
                .and_then(|mut found| {
                    found.find(|e| i64::from(e.number()) == i64::from(wanted.extension_number))
                })
                .map(|extension| self.files(&extension.parent_file(), sent))
                .ok_or_else(|| {
                    format!(
                        "no extension {} of {:?} is served",
                        wanted.extension_number, wanted.containing_type
                    )
                }),
            Some(Query::AllExtensionNumbersOfType(name)) => self
                .extensions(name)
                .map(|found| {
                    let numbers: BTreeSet<i32> =
                        found.filter_map(|e| i32::try_from(e.number()).ok()).collect();
                    Reply::AllExtensionNumbersResponse(ExtensionNumberResponse {
                        base_type_name: name.clone(),
                        extension_number: numbers.into_iter().collect(),
                    })
                })
                .ok_or_else(|| format!("no message {name:?} is served")),
            None => {
                let error = ErrorResponse {
                    error_code: Code::InvalidArgument.into(),
                    error_message: "the request asks for nothing: set one of its message_request fields"
                        .to_owned(),
                };
                return response(request, Reply::ErrorResponse(error));
            }
        };
        let reply = reply.unwrap_or_else(|error_message| {
            Reply::ErrorResponse(ErrorResponse { error_code: Code::NotFound.into(), error_message })
        });
        response(request, reply)
    }

    /// The file and what it imports, without what this stream has already (the file itself is always there, first).
    fn files(&self, file: &FileDescriptor, sent: &mut HashSet<String>) -> Reply {
        let mut found = Vec::new();
        let mut waiting = vec![file.clone()];
        let mut seen = HashSet::new();
        while let Some(next) = waiting.pop() {
            if !seen.insert(next.name().to_owned()) {
                continue;
            }
            if (sent.insert(next.name().to_owned()) || next == *file)
                && let Some(encoded) = self.files.get(next.name())
            {
                found.push(encoded.clone());
            }
            waiting.extend(next.dependencies());
        }
        Reply::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto: found })
    }

    /// The file that defines `symbol`: a message, enum, service or extension, or a part of one.
    fn file_of(&self, symbol: &str) -> Option<FileDescriptor> {
        let pool = &self.pool;
        let whole = |name: &str| {
            (pool.get_service_by_name(name).map(|d| d.parent_file()))
                .or_else(|| pool.get_message_by_name(name).map(|d| d.parent_file()))
                .or_else(|| pool.get_enum_by_name(name).map(|d| d.parent_file()))
                .or_else(|| pool.get_extension_by_name(name).map(|d| d.parent_file()))
        };
        if let Some(file) = whole(symbol) {
            return Some(file);
        }
        let (parent, part) = symbol.rsplit_once('.')?;
        let method = || pool.get_service_by_name(parent)?.methods().find(|m| m.name() == part).map(|_| ());
        let field = || {
            let message = pool.get_message_by_name(parent)?;
            let known =
                message.get_field_by_name(part).is_some() || message.oneofs().any(|o| o.name() == part);
            known.then_some(())
        };
        let value = || pool.get_enum_by_name(parent)?.get_value_by_name(part).map(|_| ());
        method().or_else(field).or_else(value)?;
        whole(parent)
    }

    fn extensions(&self, message: &str) -> Option<impl Iterator<Item = prost_reflect::ExtensionDescriptor>> {
        let message = self.pool.get_message_by_name(message.strip_prefix('.').unwrap_or(message))?;
        Some(message.extensions().collect::<Vec<_>>().into_iter())
    }
}

fn response(request: ServerReflectionRequest, reply: Reply) -> ServerReflectionResponse {
    ServerReflectionResponse {
        valid_host: request.host.clone(),
        original_request: Some(request),
        message_response: Some(reply),
    }
}
