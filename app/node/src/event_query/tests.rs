use super::*;

fn error(text: &str) -> String {
    Query::parse(text).expect_err("must be refused").to_string()
}

fn events(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let mut events = BTreeMap::<String, Vec<String>>::new();
    for (key, value) in pairs {
        events.entry((*key).to_owned()).or_default().push((*value).to_owned());
    }
    events
}

fn holds(query: &str, pairs: &[(&str, &str)]) -> bool {
    Query::parse(query).expect(query).matches(&events(pairs))
}

#[test]
fn bad_syntax_is_refused_in_the_words_of_a_recorded_node() {
    assert_eq!(error("abc"), "offset 3: EOF");
    assert_eq!(error(""), "offset 0: EOF");
    assert_eq!(error("tx.height=1 OR tx.height=2"), "offset 12: got tag, want 6");
    assert_eq!(
        error("message.module=bank"),
        "offset 15: got tag, wanted number, timestamp, datestamp or string"
    );
    assert_eq!(error("a.b='x"), "offset 4: EOF");
    assert_eq!(error("a.b=1 AND"), "offset 9: EOF");
    assert_eq!(error("a.b<'x'"), "offset 4: got string, wanted number, timestamp or datestamp");
    assert_eq!(error("a.b CONTAINS 5"), "offset 13: got number, wanted string");
    assert_eq!(error("='x'"), "offset 0: got = operator, wanted tag");
    assert_eq!(error("a.b ! 1"), "offset 4: invalid input ! at offset 5");
    assert!(error("a.b > DATE 2013-13-01").starts_with("offset 6: invalid DATE value"));
    assert_eq!(error("a.b > DATE 1800-01-01"), "offset 6: datestamp year 1800 out of range");
}

#[test]
fn conditions_hold_when_any_value_of_the_attribute_fits() {
    let pairs = [("transfer.amount", "8atom"), ("transfer.amount", "20.5stake"), ("tm.event", "Tx")];
    assert!(holds("tm.event='Tx' AND transfer.amount=8", &pairs));
    assert!(holds("transfer.amount>20.4 AND transfer.amount<20.6", &pairs));
    assert!(holds("transfer.amount CONTAINS 'stake'", &pairs));
    assert!(holds("transfer.amount EXISTS", &pairs));
    assert!(holds("transfer EXISTS", &pairs));
    assert!(!holds("transfer.amount>20.5", &pairs));
    assert!(!holds("transfer.amount='8'", &pairs));
    assert!(!holds("transfer.sender EXISTS", &pairs));
    assert!(!holds("trans EXISTS", &pairs));
    assert!(!holds("tm.event='Tx'", &[]));
}

#[test]
fn numbers_are_compared_exactly_at_any_size() {
    let big = [("a.b", "340282366920938463463374607431768211456")];
    assert!(holds("a.b>340282366920938463463374607431768211455", &big));
    assert!(holds("a.b=340282366920938463463374607431768211456.000", &big));
    assert!(!holds("a.b>340282366920938463463374607431768211456", &big));
    assert!(holds("a.b>=007", &[("a.b", "7.0")]));
    assert!(Number::parse("-2") < Number::parse("-1.5") && Number::parse("-0") == Number::parse("0"));
    assert_eq!(Number::parse("5stake"), None);
}

#[test]
fn dates_and_times_are_compared_as_such() {
    assert!(holds("a.b>=DATE 2013-05-03", &[("a.b", "2013-05-03")]));
    assert!(holds("a.b<TIME 2013-05-03T14:45:00Z", &[("a.b", "2013-05-03T16:44:59+02:00")]));
    assert!(!holds("a.b<TIME 2013-05-03T14:45:00Z", &[("a.b", "yesterday")]));
    assert!(holds("TIME='x'", &[("TIME", "x")]));
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "[a-z.=<>'0-9 _ANDTIMEXSCO:-]{0,40}", wild in ".{0,20}") {
        for text in [text, wild] {
            match Query::parse(&text) {
                Ok(query) => { query.matches(&events(&[("a.b", "5")])); }
                Err(error) => assert!(error.to_string().starts_with("offset ")),
            }
        }
    }
}
