//! The definitions are complete, agree with each other and with what Cosmos clients expect.

use agora_proto::options::{
    HttpMethod, HttpRule, amino_message_encoding, amino_name, cli_argument, cli_command, cli_group,
    field_options, http_rules, is_msg_service, module_query_safe, signer_fields,
};
use agora_proto::prost::{Message, Name};
use agora_proto::prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};
use agora_proto::types::agora::cli::v1::Kind as Argument;
use agora_proto::types::cosmos::{auth, bank, base, staking, tx};
use agora_proto::{descriptor_pool, type_url};

fn message(name: &str) -> MessageDescriptor {
    descriptor_pool().get_message_by_name(name).unwrap_or_else(|| panic!("no message {name}"))
}

fn field(message_name: &str, name: &str) -> FieldDescriptor {
    message(message_name).get_field_by_name(name).unwrap_or_else(|| panic!("no field {message_name}.{name}"))
}

fn methods() -> impl Iterator<Item = MethodDescriptor> {
    descriptor_pool().services().flat_map(|service| service.methods().collect::<Vec<_>>())
}

fn method(service: &str, name: &str) -> MethodDescriptor {
    methods()
        .find(|method| method.parent_service().full_name() == service && method.name() == name)
        .unwrap_or_else(|| panic!("no method {service}/{name}"))
}

/// Follows a dotted field path through messages.
fn resolve(message: &MessageDescriptor, path: &str) -> Option<FieldDescriptor> {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let field = message.get_field_by_name(head)?;
    match (rest, field.kind()) {
        (None, _) => Some(field),
        (Some(rest), Kind::Message(inner)) => resolve(&inner, rest),
        _ => None,
    }
}

#[test]
fn a_generated_type_and_its_descriptor_encode_alike() {
    let coin = base::v1beta1::Coin { denom: "uago".into(), amount: "1500000".into() };
    let send = bank::v1beta1::MsgSend {
        from_address: "agora1from".into(),
        to_address: "agora1to".into(),
        amount: vec![coin],
    };
    let bytes = send.encode_to_vec();
    let dynamic =
        DynamicMessage::decode(message(&bank::v1beta1::MsgSend::full_name()), bytes.as_slice()).unwrap();
    assert_eq!(dynamic.encode_to_vec(), bytes);
    assert_eq!(dynamic.transcode_to::<bank::v1beta1::MsgSend>().unwrap(), send);
}

#[test]
fn type_urls_are_a_slash_and_the_full_name() {
    assert_eq!(type_url::<bank::v1beta1::MsgSend>(), "/cosmos.bank.v1beta1.MsgSend");
    assert_eq!(type_url::<staking::v1beta1::MsgDelegate>(), "/cosmos.staking.v1beta1.MsgDelegate");
    let any = agora_proto::prost_types::Any::from_msg(&auth::v1beta1::BaseAccount::default()).unwrap();
    assert_eq!(any.type_url, "/cosmos.auth.v1beta1.BaseAccount");
}

#[test]
fn transactions_know_the_fields_of_unordered_transactions() {
    let body = message(&tx::v1beta1::TxBody::full_name());
    let number = |name: &str| body.get_field_by_name(name).map(|field| field.number());
    assert_eq!(number("unordered"), Some(4));
    assert_eq!(number("timeout_timestamp"), Some(5));
    assert_eq!(number("extension_options"), Some(1023));
    assert_eq!(number("non_critical_extension_options"), Some(2047));
}

#[test]
fn amino_options_are_read() {
    let of = |name: &str| amino_name(&message(name));
    assert_eq!(of("cosmos.bank.v1beta1.MsgSend").as_deref(), Some("cosmos-sdk/MsgSend"));
    assert_eq!(of("cosmos.staking.v1beta1.MsgUndelegate").as_deref(), Some("cosmos-sdk/MsgUndelegate"));
    assert_eq!(of("cosmos.bank.v1beta1.MsgSendResponse"), None);
    let key = message("cosmos.crypto.secp256k1.PubKey");
    assert_eq!(amino_message_encoding(&key).as_deref(), Some("key_field"));
}

#[test]
fn field_options_are_read_and_go_types_lose_their_path() {
    let amount = field_options(&field("cosmos.bank.v1beta1.MsgSend", "amount"));
    assert_eq!(amount.castrepeated.as_deref(), Some("Coins"));
    assert_eq!(amount.amino_encoding.as_deref(), Some("legacy_coins"));
    assert_eq!(amount.nullable, Some(false));
    assert!(amount.dont_omitempty && !amount.stdtime && !amount.embed);

    let decimal = field_options(&field("cosmos.base.v1beta1.DecCoin", "amount"));
    assert_eq!(decimal.customtype.as_deref(), Some("LegacyDec"));
    assert_eq!(decimal.scalar.as_deref(), Some("cosmos.Dec"));

    let key = field_options(&field("cosmos.auth.v1beta1.BaseAccount", "pub_key"));
    assert_eq!(key.amino_field_name.as_deref(), Some("public_key"));
    assert_eq!(key.nullable, None);

    assert!(field_options(&field("cosmos.vesting.v1beta1.BaseVestingAccount", "base_account")).embed);
    assert!(field_options(&field("cosmos.staking.v1beta1.Params", "unbonding_time")).stdduration);
    assert!(field_options(&field("cosmos.tx.v1beta1.TxBody", "timeout_timestamp")).stdtime);
    let member = field_options(&field("cosmos.staking.v1beta1.StakeAuthorization", "allow_list"));
    assert_eq!(member.oneof_name.as_deref(), Some("cosmos-sdk/StakeAuthorization/AllowList"));
}

#[test]
fn every_transaction_message_names_signers_that_are_its_fields() {
    let mut count = 0_u32;
    for method in methods().filter(|method| is_msg_service(method.parent_service())) {
        let input = method.input();
        let signers = signer_fields(&input);
        assert!(!signers.is_empty(), "{} names no signer", input.full_name());
        for signer in signers {
            assert!(
                input.get_field_by_name(&signer).is_some(),
                "{} has no field {signer}",
                input.full_name()
            );
        }
        count += 1;
    }
    assert!(count > 40, "only {count} messages");
}

#[test]
fn http_rules_are_read() {
    let balance = method("cosmos.bank.v1beta1.Query", "Balance");
    let path = "/cosmos/bank/v1beta1/balances/{address}/by_denom".to_owned();
    assert_eq!(http_rules(&balance), [HttpRule { method: HttpMethod::Get, path, body: String::new() }]);
    let simulate = http_rules(&method("cosmos.tx.v1beta1.Service", "Simulate"));
    assert_eq!((simulate[0].method, simulate[0].body.as_str()), (HttpMethod::Post, "*"));
    assert!(http_rules(&method("cosmos.bank.v1beta1.Msg", "Send")).is_empty());
    assert!(module_query_safe(&balance));
}

#[test]
fn every_path_variable_is_a_field_of_the_request() {
    let mut count = 0_u32;
    for method in methods() {
        for rule in http_rules(&method) {
            let variables = rule.path.split('{').skip(1).filter_map(|part| part.split('}').next());
            for variable in variables.map(|text| text.split('=').next().unwrap_or(text)) {
                let found = resolve(&method.input(), variable);
                assert!(found.is_some(), "{} has no field {variable}", method.input().full_name());
                count += 1;
            }
        }
    }
    assert!(count > 50, "only {count} variables");
}

#[test]
fn every_positional_argument_is_a_field_and_no_two_commands_share_a_name() {
    let mut commands = std::collections::BTreeSet::new();
    for service in descriptor_pool().services() {
        let Some(group) = cli_group(&service) else { continue };
        for method in service.methods() {
            let command = cli_command(&method);
            for name in &command.positional {
                let found = method.input().get_field_by_name(name).is_some();
                assert!(found, "{} has no field {name}", method.input().full_name());
            }
            let key = (is_msg_service(&service), group.name.clone(), command.name.clone());
            assert!(commands.insert(key), "{} {} exists twice", group.name, command.name);
        }
    }
    assert!(commands.len() > 100, "only {} commands", commands.len());
}

#[test]
fn commands_and_arguments_are_read_and_gaps_are_derived() {
    let send = cli_command(&method("cosmos.bank.v1beta1.Msg", "Send"));
    assert_eq!((send.name.as_str(), send.hidden), ("send", false));
    assert_eq!(send.positional, ["from_address", "to_address", "amount"]);
    let unnamed = cli_command(&method("cosmos.gov.v1beta1.Query", "TallyResult"));
    assert_eq!((unnamed.name.as_str(), unnamed.help.as_str()), ("tally-result", ""));

    let kind = |message: &str, name: &str| cli_argument(&field(message, name)).kind;
    assert_eq!(kind("cosmos.bank.v1beta1.MsgSend", "amount"), Argument::Coins);
    assert_eq!(kind("cosmos.bank.v1beta1.QueryBalanceRequest", "address"), Argument::Address);
    assert_eq!(kind("cosmos.bank.v1beta1.QueryBalanceRequest", "denom"), Argument::Denom);
    assert_eq!(kind("cosmos.staking.v1beta1.MsgDelegate", "amount"), Argument::Coin);
    assert_eq!(kind("cosmos.staking.v1beta1.MsgDelegate", "validator_address"), Argument::ValidatorAddress);
    assert_eq!(kind("cosmos.gov.v1.MsgSubmitProposal", "messages"), Argument::Messages);
    assert_eq!(kind("cosmos.staking.v1beta1.Params", "unbonding_time"), Argument::Duration);
    assert_eq!(kind("cosmos.gov.v1.MsgVote", "proposal_id"), Argument::Unspecified);
    assert_eq!(cli_argument(&field("cosmos.gov.v1.MsgVote", "proposal_id")).flag, "proposal-id");
}

#[test]
fn every_query_of_the_set_is_reachable_over_http() {
    for method in methods() {
        let service = method.parent_service();
        if service.name() == "Query" {
            assert!(
                !http_rules(&method).is_empty(),
                "{}/{} has no route",
                service.full_name(),
                method.name()
            );
        }
    }
}
