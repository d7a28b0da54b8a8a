//! Which reason codes an exception may name, held against every one that is published.
#![allow(clippy::panic, missing_docs)]

use std::collections::BTreeMap;

use doorward::codes;
use doorward::core::Class;
use doorward::policy::{ExceptionCode, Never, NoException, exception_code_table};

#[test]
fn every_published_code_is_in_one_half_of_the_table_and_no_other_is() {
    let table: BTreeMap<&str, Option<Never>> = exception_code_table().into_iter().collect();
    let published: BTreeMap<&str, Class> = codes()
        .iter()
        .map(|code| (code.as_str(), code.class()))
        .collect();
    let named: Vec<&str> = table.keys().copied().collect();
    assert_eq!(named, published.keys().copied().collect::<Vec<_>>());
    assert_eq!(
        table.len(),
        exception_code_table().len(),
        "each stands once"
    );
    for (name, never) in table {
        let class = published[name];
        let fits = match never {
            None => class == Class::Untrusted,
            Some(Never::Integrity) => class == Class::Integrity,
            Some(Never::Configuration) => {
                matches!(class, Class::Configuration | Class::Internal)
            }
            Some(Never::NoPolicy) => class == Class::NoPolicy,
            Some(Never::NoAnswer) => matches!(class, Class::Unavailable | Class::Untrusted),
            Some(_) => matches!(class, Class::Unavailable | Class::Untrusted),
        };
        assert!(fits, "{name} of class {class}: {never:?}");
    }
}

#[test]
fn no_code_but_one_about_trust_can_be_named_by_an_exception() {
    for code in codes() {
        match ExceptionCode::named(code.as_str()) {
            Ok(named) => {
                assert_eq!(code.class(), Class::Untrusted, "{code}");
                assert!(named.is(code), "{code}");
            }
            Err(NoException::Never(_)) => {}
            Err(other) => panic!("{code}: {other}"),
        }
    }
    for unknown in ["", "simple-no-signatures", "SIMPLE-NO-SIGNATURE", "*"] {
        assert_eq!(ExceptionCode::named(unknown), Err(NoException::Unknown));
    }
}
