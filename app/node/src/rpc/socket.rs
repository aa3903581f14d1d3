//! The WebSocket: every method, and subscriptions.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::hub::Events;
use super::jsonrpc::{Fault, Id, Outcome, envelope, parse_message};
use super::methods::MAX_QUERY_BYTES;
use super::node::{Node, Slot, Slots, blocking};
use super::params::Args;
use super::routes::{Method, Run, SocketCall};
use super::server::{ConnectionSlot, stopping};
use crate::event_query::Query;

/// The client is gone, or too slow.
struct Gone;

/// Talks to one client until it leaves.
pub(crate) async fn serve(node: Arc<Node>, socket: WebSocket, slot: ConnectionSlot) {
    let mut session = Session {
        write_timeout: node.config.write_timeout,
        node,
        socket,
        subscriptions: Vec::new(),
        feed: None,
    };
    // Either way the connection ends here.
    let _ = session.run(slot).await;
}

struct Session {
    node: Arc<Node>,
    socket: WebSocket,
    write_timeout: Duration,
    subscriptions: Vec<Subscription>,
    /// Open while there are subscriptions.
    feed: Option<Feed>,
}

struct Subscription {
    id: Id,
    text: String,
    query: Arc<Query>,
}

struct Feed {
    events: Receiver<Events>,
    _slot: Slot,
}

impl Session {
    async fn run(&mut self, mut slot: ConnectionSlot) -> Result<(), Gone> {
        let period = self.node.config.ping_interval.max(Duration::from_millis(10));
        let mut ping = interval_at(Instant::now() + period, period);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.message(text.as_bytes()).await?,
                        Some(Ok(Message::Binary(bytes))) => self.message(&bytes).await?,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                    }
                }
                events = next_events(&mut self.feed) => self.block(events).await?,
                _ = ping.tick() => {
                    if heard.elapsed() > period.saturating_mul(2) {
                        return Err(Gone);
                    }
                    self.send(Message::Ping(Vec::new().into())).await?;
                }
                () = stopping(&mut slot.stop) => {
                    return self.send(Message::Close(None)).await;
                }
            }
        }
    }

    async fn message(&mut self, message: &[u8]) -> Result<(), Gone> {
        let request = match parse_message(message) {
            Ok(request) => request,
            Err(fault) => return self.answer(None, Err(fault)).await,
        };
        let Some(id) = request.id else { return Ok(()) };
        let outcome = match Method::find(&request.method) {
            None => Err(Fault::method_not_found()),
            Some(method) => match Args::from_json(request.params.as_ref(), method.params) {
                Err(fault) => Err(fault),
                Ok(args) => match method.run {
                    Run::Socket(SocketCall::Subscribe) => self.subscribe(id.clone(), args.text("query")),
                    Run::Socket(SocketCall::Unsubscribe) => self.unsubscribe(args.text("query")),
                    Run::Socket(SocketCall::UnsubscribeAll) => self.unsubscribe_all(),
                    Run::Call(_) | Run::BroadcastCommit => self.node.call(method, args).await,
                },
            },
        };
        self.answer(Some(&id), outcome).await
    }

    fn subscribe(&mut self, id: Id, text: &str) -> Outcome {
        let limit = self.node.config.max_subscriptions_per_client;
        if self.subscriptions.len() >= limit {
            return Err(Fault::internal(format!("max_subscriptions_per_client {limit} reached")));
        }
        if text.len() > MAX_QUERY_BYTES {
            return Err(Fault::internal("maximum query length exceeded"));
        }
        let query = Query::parse(text).map_err(|e| Fault::internal(format!("failed to parse query: {e}")))?;
        if self.subscriptions.iter().any(|s| s.text == text) {
            return Err(Fault::internal("already subscribed"));
        }
        if self.feed.is_none() {
            let Some(slot) = Slots::take(&self.node.subscribers) else {
                let limit = self.node.config.max_subscription_clients;
                return Err(Fault::internal(format!("max_subscription_clients {limit} reached")));
            };
            self.feed = Some(Feed { events: self.node.hub.subscribe(), _slot: slot });
        }
        self.subscriptions.push(Subscription { id, text: text.to_owned(), query: Arc::new(query) });
        Ok("{}".to_owned())
    }

    fn unsubscribe(&mut self, text: &str) -> Outcome {
        let found = self.subscriptions.iter().position(|s| s.text == text);
        let at = found.ok_or_else(|| Fault::internal("subscription not found"))?;
        self.subscriptions.remove(at);
        self.close_idle_feed();
        Ok("{}".to_owned())
    }

    fn unsubscribe_all(&mut self) -> Outcome {
        if self.subscriptions.is_empty() {
            return Err(Fault::internal("subscription not found"));
        }
        self.subscriptions.clear();
        self.close_idle_feed();
        Ok("{}".to_owned())
    }

    fn close_idle_feed(&mut self) {
        if self.subscriptions.is_empty() {
            self.feed = None;
        }
    }

    async fn block(&mut self, events: Result<Events, RecvError>) -> Result<(), Gone> {
        match events {
            Ok(events) => {
                // Event by event, so that only one message at a time waits in memory for a slow client.
                for at in 0..events.len() {
                    let wanting = self.wanting(&events, at);
                    for message in messages(&events, at, wanting).await {
                        self.send(Message::Text(message.into())).await?;
                    }
                }
                Ok(())
            }
            Err(RecvError::Closed) => Err(Gone),
            Err(RecvError::Lagged(_)) => {
                self.feed = None;
                let reason = "client is not pulling messages fast enough";
                let fault = Fault::server(format!("subscription was canceled (reason: {reason})"));
                for cancelled in std::mem::take(&mut self.subscriptions) {
                    self.answer(Some(&cancelled.id), Err(fault.clone())).await?;
                }
                Ok(())
            }
        }
    }

    /// The ids and queries of the subscriptions that want the event at this place of the list.
    fn wanting(&self, events: &Events, at: usize) -> Vec<(Id, String)> {
        let Some(event) = events.get(at) else { return Vec::new() };
        let matching = self.subscriptions.iter().filter(|s| s.query.matches(&event.tags));
        matching.map(|s| (s.id.clone(), s.text.clone())).collect()
    }

    async fn answer(&mut self, id: Option<&Id>, outcome: Outcome) -> Result<(), Gone> {
        self.send(Message::Text(envelope(id, &outcome).into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(self.write_timeout, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Gone),
        }
    }
}

/// The messages that the event at this place makes for the subscriptions that want it.
async fn messages(events: &Events, at: usize, wanting: Vec<(Id, String)>) -> Vec<String> {
    if wanting.is_empty() {
        return Vec::new();
    }
    let events = events.clone();
    let render = move || {
        let event = events.get(at);
        wanting
            .iter()
            .filter_map(|(id, query)| event.map(|e| envelope(Some(id), &Ok(e.result(query)))))
            .collect()
    };
    blocking(render).await.unwrap_or_default()
}

/// The next block's events; never, while there is no feed.
async fn next_events(feed: &mut Option<Feed>) -> Result<Events, RecvError> {
    match feed {
        Some(feed) => feed.events.recv().await,
        None => std::future::pending().await,
    }
}
