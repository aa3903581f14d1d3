//! Finds the method for a request line.

use std::collections::BTreeMap;
use std::sync::Arc;

use agora_proto::options::{http_rules, is_msg_service};
use http::Method;
use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};
use serde_json::{Value, json};

use super::super::backend::Backend;
use super::template::{self, Segment, Template};
use super::{openapi, url};

/// One HTTP rule of one method.
#[derive(Debug)]
pub(super) struct Route {
    /// The method asked.
    pub(super) method: MethodDescriptor,
    /// Its gRPC path.
    pub(super) path: String,
    /// What of the request the body holds: a field, `*` for all of it, empty for nothing.
    pub(super) body: String,
    /// The verb: `GET`, `POST`, ...
    pub(super) verb: &'static str,
    template: Template,
    text: String,
}

impl Route {
    /// The fields that the path fills.
    pub(super) fn variables(&self) -> impl Iterator<Item = &[String]> {
        self.template.variables.iter().map(|variable| variable.field.as_slice())
    }

    /// The path as OpenAPI writes it, variables without patterns.
    pub(super) fn open_path(&self) -> String {
        let mut path = String::new();
        let (_, template) = self.text.split_once(' ').unwrap_or_default();
        for part in template.split_inclusive('}') {
            match part.split_once('=') {
                Some((name, _)) => path.extend([name, "}"]),
                None => path.push_str(part),
            }
        }
        path
    }
}

/// A route and the fields its path fills, unescaped.
pub(super) struct Found {
    pub(super) route: Arc<Route>,
    pub(super) fields: Vec<(Vec<String>, String)>,
}

/// All routes, as a tree over path segments for each HTTP method. A literal wins over a variable, a variable over
/// the rest of a path; between equal rules the one declared first wins.
pub(super) struct Router {
    trees: BTreeMap<String, Node>,
    /// Those that can be reached, sorted by verb and path.
    routes: Vec<Arc<Route>>,
}

#[derive(Default)]
struct Node {
    literals: BTreeMap<String, Node>,
    one: Option<Box<Node>>,
    rest: Option<Arc<Route>>,
    here: Option<Arc<Route>>,
}

impl Router {
    /// The routes of every method that is answered.
    ///
    /// # Errors
    /// A rule that cannot be read, or names a field its request does not have.
    pub(super) fn new(backend: &Backend) -> Result<Self, String> {
        let mut router = Self { trees: BTreeMap::new(), routes: Vec::new() };
        for service in backend.pool().services().filter(|service| !is_msg_service(service)) {
            for method in service.methods() {
                let path = format!("/{}/{}", service.full_name(), method.name());
                if !backend.has(&path) {
                    continue;
                }
                for rule in http_rules(&method) {
                    let template =
                        template::parse(&rule.path).map_err(|e| format!("{}: {e}", method.full_name()))?;
                    let route = Route {
                        method: method.clone(),
                        path: path.clone(),
                        body: rule.body,
                        verb: rule.method.as_str(),
                        template,
                        text: format!("{} {}", rule.method.as_str(), rule.path),
                    };
                    check(&route)?;
                    router.add(route);
                }
            }
        }
        router.routes.sort_by(|a, b| a.text.cmp(&b.text));
        Ok(router)
    }

    fn add(&mut self, route: Route) {
        let route = Arc::new(route);
        let mut node = self.trees.entry(route.verb.to_owned()).or_default();
        let mut last = false;
        for segment in &route.template.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text.clone()).or_default(),
                Segment::One => node.one.get_or_insert_with(Box::default),
                Segment::Rest => {
                    last = true;
                    break;
                }
            };
        }
        let place = if last { &mut node.rest } else { &mut node.here };
        if place.is_none() {
            *place = Some(Arc::clone(&route));
            self.routes.push(route);
        }
    }

    /// The route of a request line, if there is one whose variables can be unescaped.
    pub(super) fn find(&self, verb: &Method, path: &str) -> Option<Found> {
        let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let route = self.trees.get(verb.as_str())?.walk(&segments)?;
        let mut fields = Vec::with_capacity(route.template.variables.len());
        for variable in &route.template.variables {
            let end = variable.start.checked_add(variable.length)?;
            let taken = match route.template.segments.get(end.checked_sub(1)?)? {
                Segment::Rest => segments.get(variable.start..)?,
                _ => segments.get(variable.start..end)?,
            };
            fields.push((variable.field.clone(), url::unescape(&taken.join("/"), false).ok()?));
        }
        Some(Found { route, fields })
    }

    /// What `GET /` shows.
    pub(super) fn index(&self) -> Value {
        json!({
            "name": "agora",
            "api": "cosmos rest gateway; grpc-web is answered here too",
            "openapi": "/openapi.json",
            "routes": self.routes.iter().map(|route| route.text.as_str()).collect::<Vec<_>>(),
        })
    }

    /// What `GET /openapi.json` shows.
    pub(super) fn openapi(&self) -> Value {
        openapi::document(self.routes.iter().map(Arc::as_ref))
    }
}

impl Node {
    fn walk(&self, segments: &[&str]) -> Option<Arc<Route>> {
        let Some((first, others)) = segments.split_first() else {
            return self.here.clone();
        };
        let literal = || self.literals.get(*first)?.walk(others);
        let one = || self.one.as_ref()?.walk(others);
        literal().or_else(one).or_else(|| self.rest.clone())
    }
}

/// Whether the variables and the body of a route are fields of its request.
fn check(route: &Route) -> Result<(), String> {
    let input = route.method.input();
    for variable in &route.template.variables {
        let mut message: Option<MessageDescriptor> = Some(input.clone());
        for name in &variable.field {
            let field = message.take().and_then(|m| m.get_field_by_name(name)).ok_or_else(|| {
                format!("{}: the request of {} has no field {name:?}", route.text, route.method.full_name())
            })?;
            message = match field.kind() {
                Kind::Message(inner) => Some(inner),
                _ => None,
            };
        }
    }
    let body = route.body.as_str();
    if !body.is_empty() && body != "*" && input.get_field_by_name(body).is_none() {
        return Err(format!(
            "{}: the request of {} has no field {body:?}",
            route.text,
            route.method.full_name()
        ));
    }
    Ok(())
}
