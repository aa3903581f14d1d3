//! Cross-origin rules: which pages in a browser may call.

use ::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use ::http::{Method, StatusCode};
use axum::body::Body;
use axum::response::Response;

/// The origins that are let in.
#[derive(Clone, Debug)]
pub(crate) struct Cors {
    origins: Vec<String>,
}

impl Cors {
    pub(crate) fn new(origins: &[String]) -> Self {
        Self { origins: origins.to_vec() }
    }

    /// The answer to a browser that asks before it calls; `None` if this is not such a question.
    pub(crate) fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<Response> {
        let asked = request.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        if self.origins.is_empty() || method != Method::OPTIONS {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
        headers.insert(VARY, HeaderValue::from_static(vary));
        let simple = [b"GET".as_slice(), b"POST", b"HEAD"].contains(&asked.as_bytes());
        if let (Some(origin), true) = (self.allowed(request), simple) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, asked.clone());
            if let Some(names) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
            }
        }
        Some(response)
    }

    /// Adds what the answer to an ordinary request needs.
    pub(crate) fn mark(&self, request: &HeaderMap, response: &mut HeaderMap) {
        if self.origins.is_empty() {
            return;
        }
        response.entry(VARY).or_insert(HeaderValue::from_static("Origin"));
        if let Some(origin) = self.allowed(request) {
            response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
    }

    fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        if self.origins.iter().any(|o| o == "*") {
            return Some(HeaderValue::from_static("*"));
        }
        let text = origin.to_str().ok()?.to_ascii_lowercase();
        self.origins
            .iter()
            .any(|pattern| matches(&pattern.to_ascii_lowercase(), &text))
            .then(|| origin.clone())
    }
}

fn matches(pattern: &str, origin: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == origin,
        Some((before, after)) => {
            origin.len() >= before.len().saturating_add(after.len())
                && origin.starts_with(before)
                && origin.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn origins_match_exactly_or_by_one_star() {
        assert!(matches("https://a.example", "https://a.example"));
        assert!(!matches("https://a.example", "https://a.example.evil"));
        assert!(matches("https://*.a.example", "https://x.a.example"));
        assert!(!matches("https://*.a.example", "https://a.example"));
        assert!(!matches("ab*ba", "aba"));
    }
}
