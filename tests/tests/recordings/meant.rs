//! The differences that are meant.

/// What this chain's CheckTx answers instead - code, codespace, log - and why.
pub(crate) struct Meant {
    pub(crate) case: &'static str,
    pub(crate) answer: (u32, &'static str, &'static str),
    pub(crate) reason: &'static str,
}

const PLACE: &str = "names the place, the rule and the remedy; code and codespace are the same";
const TIMES: &str = "times are written as everywhere else, RFC 3339";
const LATE: &str = "block time: ..., timeout timestamp: 2026-01-01T00:00:00Z: tx timeout";
const OPTION: &str = "extension option \"/cosmos.bank.v1beta1.MsgSend\" is not supported: tx parse error";

const fn meant(case: &'static str, code: u32, log: &'static str, reason: &'static str) -> Meant {
    Meant { case, answer: (code, "sdk", log), reason }
}

pub(crate) const MEANT: &[Meant] = &[
    meant(
        "ante_unknown_account",
        9,
        "fee payer address: agora19e8xhlzm6a8hzwdcpz7r6cwk5xtl05nd3wewwn does not exist: unknown address",
        "an address, not its raw bytes, which are not even UTF-8",
    ),
    meant("ante_timeout_timestamp_passed", 42, LATE, TIMES),
    meant("unordered_fail_expired", 42, LATE, TIMES),
    meant("ante_critical_extension_option", 2, OPTION, PLACE),
    meant("ante_non_critical_extension_option", 2, OPTION, PLACE),
    meant(
        "ante_critical_extension_unknown_type",
        2,
        "body.extension_options: unknown type url \"/no.such.Type\": use \"/\" and the full name of a message of this \
         chain: tx parse error",
        PLACE,
    ),
    meant(
        "ante_critical_unknown_field_in_body",
        2,
        "body: unknown field 100 (wire type 2): remove it or use newer definitions: tx parse error",
        PLACE,
    ),
    meant(
        "ante_tx_raw_unknown_field",
        2,
        "unknown field 100 (wire type 2): remove it or use newer definitions: tx parse error",
        PLACE,
    ),
    meant(
        "ante_tx_raw_fields_out_of_order",
        2,
        "body: field 1 after field 3: the fields of TxRaw must ascend (ADR-027): tx parse error",
        PLACE,
    ),
    meant(
        "ante_tx_raw_duplicate_body",
        2,
        "body: given more than once: only repeated fields may be, and only one member of a oneof may be set: tx parse \
         error",
        "two bodies are two readings of the same bytes; the SDK takes them",
    ),
    meant(
        "ante_tx_raw_trailing_byte",
        2,
        "field number 0 is out of range: use 1 to 536870911: tx parse error",
        PLACE,
    ),
    meant(
        "ante_garbage_bytes",
        2,
        "wire type 7 is not allowed: groups are not part of proto3: tx parse error",
        PLACE,
    ),
    meant(
        "ante_unknown_message_type",
        2,
        "body.messages: unknown type url \"/no.such.Msg\": use \"/\" and the full name of a message of this chain: tx \
         parse error",
        PLACE,
    ),
    meant(
        "ante_type_is_not_a_message",
        6,
        "no message handler found for \"/cosmos.bank.v1beta1.SendAuthorization\": unknown request",
        "a type that is known and not handled is an unknown request, whatever it is",
    ),
    meant(
        "ante_message_bytes_malformed",
        2,
        "body.messages(cosmos.bank.v1beta1.MsgSend): input ends within a field: 3 bytes needed, 2 left: tx parse error",
        PLACE,
    ),
    meant(
        "ante_message_all_defaults",
        7,
        "empty address string is not allowed: invalid address",
        "every error has a registered code",
    ),
    meant(
        "ante_auth_info_without_fee",
        2,
        "auth_info has no fee; state at least a gas limit: tx parse error",
        "the SDK panics here",
    ),
];

/// The bytes of the request are the recorded ones.
const ELSEWHERE: &str = "it asks for a validator of the recorded chain";
const LATER: &str = "comes with vesting";
const SEALED: &str = "deposits lie in an account of their own, so that of governance needs no rights";
const NUMBERS: &str = "account numbers are 0: nothing is found by them";
const STORY: &str = "other accounts and switches than on the recorded chain, in the same form";
const ALONE: &str = "one validator, no transaction in the newest block, no hook with events";
const MISTAKE: &str = "a caller's mistake is 400 and not 500";

/// A REST exchange, the status of this chain and a part of its body, and why.
type Rest = (&'static str, u16, &'static str, &'static str);

pub(crate) const REST: &[Rest] = &[
    ("module account", 200, "\"name\":\"gov\",\"permissions\":[]", SEALED),
    ("continuous vesting", 404, "not found", LATER),
    ("periodic vesting", 404, "not found", LATER),
    ("spendable balances of a vesting account", 200, "\"balances\":[]", LATER),
    ("balances of the same vesting account", 200, "\"balances\":[]", LATER),
    ("module accounts", 200, "cosmos.auth.v1beta1.ModuleAccount", LATER),
    ("accounts, limit 2", 200, "\"next_key\":\"", STORY),
    ("accounts, next page", 200, "\"next_key\":\"", STORY),
    ("accounts, offset and total", 200, "\"total\":\"", STORY),
    ("pagination: limit zero means default 100", 200, "\"next_key\":null", STORY),
    ("denom owners", 200, "\"denom\":\"ufoo\"", STORY),
    ("denom owners, limit 1", 200, "\"denom\":\"uago\"", STORY),
    ("send enabled", 200, "{\"denom\":\"ufrozen\",\"enabled\":false}", STORY),
    ("bech32 prefix", 200, "{\"bech32_prefix\":\"agora\"}", "the prefix"),
    (
        "string to bytes, same pattern: parsed as bytes first",
        400,
        "an address has 20 or 32 bytes, got 33",
        "an address of this chain happens to be base64",
    ),
    ("address by account id, path number is ignored", 404, "account number", NUMBERS),
    ("address by account id", 404, "account number", NUMBERS),
    ("height header: not a number", 400, "is not a whole number", MISTAKE),
    ("height header: negative", 400, "cannot query with height < 0; please provide a valid height", MISTAKE),
    ("root", 200, "\"openapi\":\"/openapi.json\"", "a page for people and tools, where the SDK has none"),
    ("latest block", 200, "\"sdk_block\":", ALONE),
    ("validator set, page", 200, "\"validators\":[]", ALONE),
    ("block results", 200, "coin_received", ALONE),
    ("latest block results", 200, "\"validator_updates\":[]", ALONE),
    (
        "abci query: store key with proof",
        200,
        "\"type\":\"ics23:jmt\"",
        "keys of the store are laid out otherwise",
    ),
    ("interfaces", 200, "interface_names", "served, from the definitions"),
    ("implementations", 200, "implementation_message_names", "served, from the definitions"),
    ("implementations unknown", 200, "implementation_message_names", "served, from the definitions"),
];

/// An `abci_query`, our code, codespace and a part of the log, and why.
type Query = (&'static str, u32, &'static str, &'static str, &'static str);

pub(crate) const ABCI_QUERY: &[Query] = &[
    ("gRPC path: delegation not found", 6, "sdk", "expected 'agoravaloper' got 'cosmosvaloper'", ELSEWHERE),
    ("gRPC path: malformed request bytes", 18, "sdk", "malformed request: ", PLACE),
    (
        "app/simulate",
        9,
        "sdk",
        "fee payer address: agora19e8xhlzm6a8hzwdcpz7r6cwk5xtl05nd3wewwn does not exist",
        "an address, not its raw bytes",
    ),
    ("app/simulate, garbage", 2, "sdk", "failed to simulate tx: field number 0 is out of range", PLACE),
    (
        "store subspace (prefix)",
        4,
        "store",
        "unexpected query path: /subspace",
        "without bounds; lists are asked for by the modules' queries, in pages",
    ),
    (
        "store key future height with proof",
        7,
        "store",
        "height 99999999 is not available: this node has 1 to ",
        "says which heights there are",
    ),
];
