use super::*;

fn builder() -> StatementBuilder {
    Statement::builder("p", Level::Strict)
        .trust_store("ca:acme".parse().expect("a store"))
        .identities(TrustedIdentities::any())
}

#[test]
fn a_statement_has_the_actions_of_its_level() {
    use ValidationKind::{Authenticity, Expiry, Integrity, Revocation};
    for (level, actions) in [
        (Level::Strict, [Action::Enforce; 4]),
        (
            Level::Permissive,
            [Action::Enforce, Action::Enforce, Action::Log, Action::Log],
        ),
        (
            Level::Audit,
            [Action::Enforce, Action::Log, Action::Log, Action::Log],
        ),
    ] {
        let statement = Statement::builder("p", level)
            .trust_store("ca:acme".parse().expect("a store"))
            .identities(TrustedIdentities::any())
            .build()
            .expect("a statement");
        let got = [Integrity, Authenticity, Expiry, Revocation].map(|kind| statement.action(kind));
        assert_eq!(got, actions, "{level:?}");
    }
}

#[test]
fn only_revocation_can_be_skipped() {
    let skipping = |kind| builder().overriding(kind, Action::Skip).build();
    assert!(skipping(ValidationKind::Revocation).is_ok());
    for kind in [
        ValidationKind::Authenticity,
        ValidationKind::AuthenticTimestamp,
        ValidationKind::Expiry,
    ] {
        assert!(skipping(kind).is_err(), "{kind}");
    }
}

#[test]
fn what_is_of_no_level_can_not_be_changed() {
    for kind in [
        ValidationKind::Integrity,
        ValidationKind::Attributes,
        ValidationKind::Artifact,
        ValidationKind::UserMetadata,
    ] {
        for action in [Action::Enforce, Action::Log, Action::Skip] {
            assert_eq!(
                builder().overriding(kind, action).build(),
                Err(StatementError::NotOverridable { kind, action })
            );
        }
    }
}

#[test]
fn an_action_is_chosen_once() {
    let kind = ValidationKind::Expiry;
    let twice = builder()
        .overriding(kind, Action::Log)
        .overriding(kind, Action::Enforce);
    assert_eq!(twice.build(), Err(StatementError::OverriddenTwice { kind }));
}

#[test]
fn a_statement_without_stores_or_identities_is_none() {
    let no_stores = Statement::builder("p", Level::Audit).identities(TrustedIdentities::any());
    assert_eq!(no_stores.build(), Err(StatementError::NoTrustStore));
    let no_identities =
        Statement::builder("p", Level::Audit).trust_store("ca:acme".parse().expect("a store"));
    assert_eq!(no_identities.build(), Err(StatementError::NoIdentities));
}

#[test]
fn reserved_annotations_are_not_user_metadata() {
    let demanded: BTreeMap<_, _> = [("io.cncf.notary.x".to_owned(), String::new())].into();
    assert!(builder().user_metadata(demanded.clone()).build().is_err());
    let statement = builder().build().expect("a statement");
    assert!(statement.with_user_metadata(demanded).is_err());
}
