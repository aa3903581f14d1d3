//! Any message of the definitions as a table or a record.

use agora_proto::agora::cli::v1::Kind as CliKind;
use agora_proto::options;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use super::Labels;
use crate::amount::Coin;
use crate::dynamic::Definitions;
use crate::terminal::Table;

/// A table of more columns than this is hard to read; records take their place.
const MAX_COLUMNS: usize = 7;
/// A wider table breaks on most terminals; records take its place.
const MAX_WIDTH: usize = 140;
/// What stands for an empty value.
const NOTHING: &str = "-";
/// The message that amounts come as.
const COIN: &str = "cosmos.base.v1beta1.Coin";
/// Nesting beyond this is shown as JSON.
const MAX_DEPTH: u32 = 12;

/// Something to be shown.
#[derive(Debug)]
pub enum View {
    /// One line.
    Line(String),
    /// One table.
    Table(Table),
    /// Several records, one after the other.
    Records(Vec<Table>),
    /// There is nothing.
    Nothing,
}

/// Lays messages out.
pub struct Renderer<'a> {
    definitions: &'a Definitions,
    labels: &'a dyn Labels,
}

impl<'a> Renderer<'a> {
    /// A renderer that knows these definitions, names and units.
    pub fn new(definitions: &'a Definitions, labels: &'a dyn Labels) -> Self {
        Self { definitions, labels }
    }

    /// The answer to a query, given as its JSON: a list becomes a table, a single thing a record.
    pub fn answer(&self, message: &MessageDescriptor, value: &Value) -> View {
        let fields: Vec<FieldDescriptor> =
            message.fields().filter(|field| !is_page_response(field)).collect();
        let [field] = fields.as_slice() else { return self.record(message, value) };
        let Some(inner) = value.get(field.name()) else { return self.record(message, value) };
        match (field.kind(), inner) {
            (Kind::Message(element), Value::Array(items)) if field.is_list() => self.list(&element, items),
            (Kind::Message(element), Value::Object(_)) if !field.is_map() => {
                if let Some(coin) = coin_of(&element, inner) {
                    return View::Line(self.labels.amount(&coin));
                }
                self.record(&element, inner)
            }
            (_, Value::Array(items)) if field.is_list() => {
                let mut table = Table::new([title(field.name())]);
                items.iter().for_each(|item| {
                    table.row([self.scalar(field, item)]);
                });
                if items.is_empty() { View::Nothing } else { View::Table(table) }
            }
            _ => View::Line(self.scalar(field, inner)),
        }
    }

    fn record(&self, message: &MessageDescriptor, value: &Value) -> View {
        let rows = self.rows(message, value);
        if rows.is_empty() {
            return View::Nothing;
        }
        let mut table = Table::fields();
        rows.into_iter().for_each(|(key, text)| {
            table.row([key, text]);
        });
        View::Table(table)
    }

    fn list(&self, element: &MessageDescriptor, items: &[Value]) -> View {
        if items.is_empty() {
            return View::Nothing;
        }
        if items.iter().all(|item| coin_of(element, item).is_some()) {
            let mut table = Table::new(["amount", "denom"]).align_right(0);
            for coin in items.iter().filter_map(|item| coin_of(element, item)) {
                table.row([self.labels.amount(&coin), coin.denom]);
            }
            return View::Table(table);
        }
        let rows: Vec<Vec<(String, String)>> = items.iter().map(|item| self.rows(element, item)).collect();
        let mut columns: Vec<String> = Vec::new();
        for (key, _) in rows.iter().flatten() {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
        let width_of = |column: &String| {
            let cells =
                rows.iter().flatten().filter(|(key, _)| key == column).map(|(_, text)| text.chars().count());
            cells.max().unwrap_or_default().max(column.chars().count()).saturating_add(2)
        };
        let width: usize = columns.iter().map(width_of).sum();
        if columns.len() > MAX_COLUMNS
            || width > MAX_WIDTH
            || columns.iter().any(|column| column.contains('['))
        {
            let records = rows.into_iter().map(|row| {
                let mut table = Table::fields();
                row.into_iter().for_each(|(key, text)| {
                    table.row([key, text]);
                });
                table
            });
            return View::Records(records.collect());
        }
        let mut table = Table::new(columns.clone());
        for row in rows {
            let cell =
                |column: &String| row.iter().find(|(key, _)| key == column).map(|(_, text)| text.clone());
            table.row(columns.iter().map(|column| cell(column).unwrap_or_default()));
        }
        View::Table(table)
    }

    /// The fields of a message as names and texts; nested ones as `outer.inner`.
    pub fn rows(&self, message: &MessageDescriptor, value: &Value) -> Vec<(String, String)> {
        let mut out = Vec::new();
        self.flatten(message, value, "", &mut out, 0);
        out
    }

    fn flatten(
        &self,
        message: &MessageDescriptor,
        value: &Value,
        prefix: &str,
        out: &mut Vec<(String, String)>,
        depth: u32,
    ) {
        let Value::Object(fields) = value else {
            out.push((key_of(prefix, ""), text_of(value)));
            return;
        };
        if depth > MAX_DEPTH {
            out.push((key_of(prefix, ""), value.to_string()));
            return;
        }
        if let Some(coin) = coin_of(message, value) {
            out.push((key_of(prefix, "amount"), self.labels.amount(&coin)));
            return;
        }
        if let Some(Value::String(url)) = fields.get("@type") {
            out.push((join(prefix, "type"), url.trim_start_matches('/').to_owned()));
            if let Ok(inner) = self.definitions.message_of_url(url)
                && inner.full_name() != message.full_name()
            {
                let content: Map<String, Value> = fields
                    .iter()
                    .filter(|(key, _)| *key != "@type")
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect();
                return self.flatten(&inner, &Value::Object(content), prefix, out, depth.saturating_add(1));
            }
        }
        for (key, value) in fields {
            let path = join(prefix, key);
            match message.get_field_by_name(key) {
                Some(field) => self.field(&field, value, &path, out, depth),
                None if key == "@type" => {}
                None => out.push((path, text_of(value))),
            }
        }
    }

    fn field(
        &self,
        field: &FieldDescriptor,
        value: &Value,
        path: &str,
        out: &mut Vec<(String, String)>,
        depth: u32,
    ) {
        match (field.kind(), value) {
            (Kind::Message(element), Value::Array(items)) if field.is_list() => {
                let coins: Option<Vec<Coin>> = items.iter().map(|item| coin_of(&element, item)).collect();
                if element.full_name() == COIN
                    && let Some(coins) = coins
                {
                    out.push((path.to_owned(), self.labels.amounts(&coins)));
                    return;
                }
                if items.is_empty() {
                    out.push((path.to_owned(), NOTHING.to_owned()));
                }
                for (at, item) in items.iter().enumerate() {
                    self.flatten(&element, item, &format!("{path}[{at}]"), out, depth.saturating_add(1));
                }
            }
            (Kind::Message(element), Value::Object(_)) if !field.is_map() => {
                self.flatten(&element, value, path, out, depth.saturating_add(1));
            }
            (_, Value::Array(items)) => {
                let texts: Vec<String> = items.iter().map(|item| self.scalar(field, item)).collect();
                out.push((
                    path.to_owned(),
                    if texts.is_empty() { NOTHING.to_owned() } else { texts.join(", ") },
                ));
            }
            _ => out.push((path.to_owned(), self.scalar(field, value))),
        }
    }

    fn scalar(&self, field: &FieldDescriptor, value: &Value) -> String {
        match (options::cli_argument(field).kind, value) {
            (CliKind::Address, Value::String(text)) if !text.is_empty() => self.labels.named(text),
            (CliKind::Decimal, Value::String(text)) => shorten_decimal(text),
            _ => text_of(value),
        }
    }
}

fn is_page_response(field: &FieldDescriptor) -> bool {
    matches!(field.kind(), Kind::Message(message) if message.full_name() == "cosmos.base.query.v1beta1.PageResponse")
}

/// The key that the next page starts from, where an answer has one.
pub fn next_page_key(value: &Value) -> Option<&str> {
    value.get("pagination")?.get("next_key")?.as_str().filter(|key| !key.is_empty())
}

/// A coin from its JSON.
fn coin_of(message: &MessageDescriptor, value: &Value) -> Option<Coin> {
    if message.full_name() != COIN {
        return None;
    }
    let amount = value.get("amount")?.as_str()?.parse().ok()?;
    Some(Coin::new(amount, value.get("denom")?.as_str()?))
}

/// A decimal of 18 digits without needless zeros.
fn shorten_decimal(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
        }
        None => text.to_owned(),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => NOTHING.to_owned(),
        Value::String(text) => text.clone(),
        Value::Null => NOTHING.to_owned(),
        Value::Array(items) if items.is_empty() => NOTHING.to_owned(),
        other => other.to_string(),
    }
}

fn title(name: &str) -> String {
    name.replace('_', " ")
}

fn key_of(prefix: &str, otherwise: &str) -> String {
    if prefix.is_empty() { otherwise.to_owned() } else { prefix.to_owned() }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::amount::DenomTable;

    struct Plain;

    impl Labels for Plain {
        fn amount(&self, coin: &Coin) -> String {
            DenomTable::builtin().format(coin)
        }

        fn name(&self, address: &str) -> Option<String> {
            (address == "agora1a").then(|| "alice".to_owned())
        }
    }

    fn text(message: &str, value: Value) -> String {
        let definitions = Definitions::of_modules().unwrap();
        let descriptor = definitions.message(message).unwrap();
        match Renderer::new(&definitions, &Plain).answer(&descriptor, &value) {
            View::Line(line) => line,
            View::Table(table) => table.render(false, false),
            View::Records(records) => {
                records.iter().map(|one| one.render(false, false)).collect::<Vec<_>>().join("\n")
            }
            View::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn one_coin_is_a_line_and_several_are_a_table() {
        let balance = json!({ "balance": { "denom": "uago", "amount": "1500000" } });
        assert_eq!(text("cosmos.bank.v1beta1.QueryBalanceResponse", balance), "1.5 AGO");
        let balances = json!({ "balances": [{ "denom": "ibc/A", "amount": "2" }, { "denom": "uago", "amount": "1500000" }] });
        assert_eq!(
            text("cosmos.bank.v1beta1.QueryAllBalancesResponse", balances),
            " amount  denom\n2 ibc/A  ibc/A\n1.5 AGO  uago\n"
        );
        assert_eq!(
            text("cosmos.bank.v1beta1.QueryAllBalancesResponse", json!({ "balances": [] })),
            "nothing"
        );
    }

    #[test]
    fn an_any_is_a_record_of_its_content_with_names_for_addresses() {
        let account = json!({ "account": {
            "@type": "/cosmos.auth.v1beta1.BaseAccount", "address": "agora1a", "pub_key": null,
            "account_number": "0", "sequence": "7",
        } });
        assert_eq!(
            text("cosmos.auth.v1beta1.QueryAccountResponse", account),
            "type            cosmos.auth.v1beta1.BaseAccount\naddress         alice (agora1a)\npub_key         -\n\
             account_number  0\nsequence        7\n"
        );
    }

    #[test]
    fn a_table_that_is_too_wide_becomes_records() {
        let owner =
            |address: &str| json!({ "address": address, "balance": { "denom": "uago", "amount": "1" } });
        let name = "cosmos.bank.v1beta1.QueryDenomOwnersResponse";
        let narrow = text(name, json!({ "denom_owners": [owner("agora1a"), owner("agora1b")] }));
        assert_eq!(narrow.lines().count(), 3, "{narrow}");
        let wide = text(name, json!({ "denom_owners": [owner(&"x".repeat(200)), owner("agora1b")] }));
        assert_eq!(wide.lines().count(), 5, "{wide}");
    }

    #[test]
    fn empty_lists_of_messages_are_shown_as_nothing_not_as_zero() {
        let params = json!({ "params": { "send_enabled": [], "default_send_enabled": true } });
        assert_eq!(
            text("cosmos.bank.v1beta1.QueryParamsResponse", params),
            "send_enabled          -\ndefault_send_enabled  true\n"
        );
    }
}
