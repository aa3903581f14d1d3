//! The page that lists the endpoints.

use super::routes::METHODS;

/// The page, with links to `host`.
pub(crate) fn page(host: &str) -> String {
    // The name comes from the client: anything but the characters of a host could be markup.
    let safe: String = host
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '[' | ']'))
        .collect();
    let mut text = String::from("<html><body><br>Available endpoints:<br>");
    text.push_str("<br>Endpoints that require arguments:<br>");
    for method in METHODS {
        let args: Vec<String> = method.params.iter().map(|(name, _)| format!("{name}=_")).collect();
        let link = format!("//{safe}/{}?{}", method.name, args.join("&"));
        text.push_str(&format!("<a href=\"{link}\">{link}</a></br>"));
    }
    text.push_str("</body></html>");
    text
}
