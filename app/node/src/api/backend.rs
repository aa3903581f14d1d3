//! What both servers share: the services behind them, the bounds on running queries, and heights.

use std::sync::Arc;
use std::time::Duration;

use prost_reflect::DescriptorPool;
use tokio::sync::Semaphore;

use super::config::Limits;
use crate::query::{QueryAnswer, QueryService, QueryStatus};

/// The height header, in requests and answers of all transports.
pub(super) const HEIGHT: &str = "x-cosmos-block-height";

/// Says the height of the newest committed state (`None` before the first block). Called for every refused query:
/// it must be quick.
pub type HeadHeight = Arc<dyn Fn() -> Option<u64> + Send + Sync>;

/// A refused query.
pub(super) struct Refused {
    pub(super) status: QueryStatus,
    /// The height it was read at; `None` where no state was read.
    pub(super) height: Option<u64>,
}

/// The services and the rules under which they are called.
pub(super) struct Backend {
    service: Arc<dyn QueryService>,
    pool: DescriptorPool,
    head: HeadHeight,
    permits: Arc<Semaphore>,
    pub(super) limits: Limits,
}

impl Backend {
    pub(super) fn new(
        service: Arc<dyn QueryService>,
        pool: DescriptorPool,
        head: HeadHeight,
        limits: Limits,
    ) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(limits.max_queries.max(1)));
        Arc::new(Self { service, pool, head, permits, limits })
    }

    /// The definitions that are served.
    pub(super) fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// Whether `path` is answered.
    pub(super) fn has(&self, path: &str) -> bool {
        self.service.has(path)
    }

    /// Answers `path`; blocks. A request that is refused and does not even decode is called malformed.
    pub(super) fn query(
        &self,
        path: &str,
        request: &[u8],
        height: Option<u64>,
    ) -> Result<QueryAnswer, Refused> {
        self.service.query(path, request, height).map_err(|status| {
            let malformed = method_of(&self.pool, path)
                .and_then(|method| prost_reflect::DynamicMessage::decode(method.input(), request).err());
            match malformed {
                Some(error) => {
                    let message = format!("grpc: error unmarshalling request: {error}");
                    Refused { status: QueryStatus { code: 13, message }, height: None }
                }
                None => Refused { status, height: self.height_of_error(height) },
            }
        })
    }

    /// Runs blocking `work` on a thread that may block, when its turn comes and within `limit`.
    ///
    /// # Errors
    /// Code 8 when no turn came, 4 when the work took too long, 13 when it panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> Result<T, QueryStatus> + Send + 'static,
    ) -> Result<T, QueryStatus> {
        let turn = tokio::time::timeout(limit, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = turn else {
            return Err(QueryStatus {
                code: 8,
                message: "too many queries at once: try again later".to_owned(),
            });
        };
        // The permit stays with the thread: work that outlives its request still counts.
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        match tokio::time::timeout(limit, task).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => {
                tracing::error!(%panic, "a query handler panicked");
                Err(QueryStatus {
                    code: 13,
                    message: "the query failed inside the node: see its log".to_owned(),
                })
            }
            Err(_) => Err(too_late(limit)),
        }
    }

    /// The height to name beside a refused query for `asked`: none where there is no such state.
    fn height_of_error(&self, asked: Option<u64>) -> Option<u64> {
        let head = (self.head)()?;
        match asked {
            Some(height) => (height <= head).then_some(height),
            None => Some(head),
        }
    }
}

/// The refusal of a request that took longer than `limit`.
pub(super) fn too_late(limit: Duration) -> QueryStatus {
    QueryStatus {
        code: 4,
        message: format!("no answer within {limit:?}: ask for less, for example by pages"),
    }
}

/// The method at a gRPC path such as `/cosmos.bank.v1beta1.Query/Balance`.
pub(super) fn method_of(pool: &DescriptorPool, path: &str) -> Option<prost_reflect::MethodDescriptor> {
    let (service, name) = path.strip_prefix('/')?.split_once('/')?;
    pool.get_service_by_name(service)?.methods().find(|method| method.name() == name)
}

/// Reads the height a client asks for; 0 and several contradicting values mean the latest.
///
/// # Errors
/// Code 3 if the value is not a height.
pub(super) fn asked_height<'a>(
    values: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Option<u64>, QueryStatus> {
    let mut values = values.into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(value);
    match text.parse::<i64>() {
        Ok(0) => Ok(None),
        Ok(height) => u64::try_from(height).map(Some).map_err(|_| QueryStatus {
            code: 3,
            message: "invalid request: cannot query with height < 0; please provide a valid height"
                .to_owned(),
        }),
        Err(_) => Err(QueryStatus {
            code: 3,
            message: format!(
                "invalid request: invalid height header \"{HEIGHT}\": \"{text}\" is not a whole number"
            ),
        }),
    }
}
