//! Root certificates that must not count, and root keys that are somebody else's.

use doorward_notary::codes;
use doorward_notary::{KeyId, Pins};
use doorward_testkit::{Collection, RootCertificate, RootCertificateFlaw, Tampering};

use crate::support::client::{Client, DAY, GUN, builder, key, now, released, root_key, target};

fn flawed(flaw: RootCertificateFlaw) {
    let bad = flaw.root_key(GUN, now());
    let mut publisher = released(builder().root_keys(std::slice::from_ref(&bad)));
    let publication = publisher.publish();
    Client::new().refuses(&publication, codes::ROOT_CERTIFICATE);
    // To pin the key does not mend its certificate.
    let mut client = Client::new();
    client.question.pins = Pins::Keys {
        ids: vec![KeyId::from(bad.id().as_str())],
        certificates: [].into(),
    };
    client.refuses(&publication, codes::ROOT_CERTIFICATE);
    // Beside a good key that has not signed, it still does not count.
    let mut publisher = released(builder().root_keys(&[root_key(1), bad.clone()]));
    publisher.publish();
    let forged = publisher.forge(&[Tampering::of("root").signed_by(&[bad])]);
    Client::new().refuses(&forged, codes::THRESHOLD);
}

macro_rules! flaws {
    ($($name:ident: $flaw:ident;)*) => {
        const NAMED: &[RootCertificateFlaw] = &[$(RootCertificateFlaw::$flaw),*];

        $(
            #[test]
            fn $name() {
                flawed(RootCertificateFlaw::$flaw);
            }
        )*
    };
}

flaws! {
    a_root_key_in_the_certificate_of_an_authority: Authority;
    a_root_key_behind_the_certificate_of_its_authority: AuthorityFirst;
    a_root_certificate_that_has_expired: Expired;
    a_root_key_without_a_certificate: NoCertificate;
    a_root_certificate_that_is_not_valid_yet: NotYetValid;
    a_root_certificate_for_another_repository: OtherName;
    a_root_certificate_for_other_repositories: OtherPattern;
    a_root_certificate_for_a_beginning_of_the_name_without_a_star: PartOfName;
    a_root_certificate_that_is_spelled_otherwise: Respelt;
    a_root_certificate_that_is_signed_over_sha1: Sha1;
    a_root_certificate_for_a_short_key: ShortKey;
    a_root_key_in_two_certificates_that_are_no_authority: TwoLeaves;
}

#[test]
fn every_flaw_of_the_test_kit_has_a_test_here() {
    assert_eq!(NAMED, RootCertificateFlaw::ALL);
}

#[test]
fn the_collection_of_another_repository_is_refused() {
    let mut other = Collection::new("registry.example/team/other", now());
    let publication = other.add_target("1.0", target("1.0")).publish();
    Client::new().refuses(&publication, codes::ROOT_CERTIFICATE);
}

#[test]
fn names_of_certificates_match_as_a_whole_or_up_to_a_star() {
    for (name, good) in [
        (GUN, true),
        ("*", true),
        ("registry.example/*", true),
        ("registry.example/team/a*", true),
        ("registry.example/team/app*", true),
        ("", false),
        ("registry.example", false),
        ("registry.example/*/app", false),
        ("registry.example/team/ap?", false),
        ("registry.example/team/app-1*", false),
        ("Registry.example/team/app", false),
        ("registry.example/team/app ", false),
        ("registry.example/team/app:1.0", false),
    ] {
        let root = RootCertificate::new(name, now()).self_signed(&key(1));
        let publication = released(builder().root_keys(&[root])).publish();
        let code = Client::new().sees(&publication).code();
        let expected = (!good).then_some(codes::ROOT_CERTIFICATE);
        assert_eq!(code, expected, "{name:?}");
    }
}

#[test]
fn a_root_certificate_counts_until_its_last_second_also_when_it_is_remembered() {
    let end = now().plus(7 * DAY);
    let root = RootCertificate::new(GUN, now())
        .valid(now(), end)
        .self_signed(&key(1));
    let publication = released(builder().root_keys(&[root])).publish();
    let mut client = Client::after(&publication).at(end);
    client.accepts(&publication, "1.0");
    client = client.at(end.plus(1));
    client.refuses(&publication, codes::ROOT_CERTIFICATE);
}

#[test]
fn a_root_certificate_may_begin_a_day_ahead_of_the_clock() {
    for (ahead, good) in [(DAY, true), (DAY + 1, false)] {
        let root = RootCertificate::new(GUN, now())
            .valid(now().plus(ahead), now().plus(100 * DAY))
            .self_signed(&key(1));
        let publication = released(builder().root_keys(&[root])).publish();
        assert_eq!(
            Client::new().sees(&publication).result.is_ok(),
            good,
            "{ahead}"
        );
    }
}

#[test]
fn an_expired_certificate_does_not_carry_a_new_root() {
    let end = now().plus(DAY);
    let root = RootCertificate::new(GUN, now())
        .valid(now(), end)
        .self_signed(&key(1));
    let mut publisher = released(builder().root_keys(&[root]));
    let first = publisher.publish();
    let second = publisher
        .set_now(end.plus(DAY))
        .rotate_targets_key(&key(2))
        .publish();
    let mut client = Client::after(&first).at(end.plus(DAY));
    client.refuses(&second, codes::ROOT_CERTIFICATE);
    Client::new()
        .at(end.plus(DAY))
        .refuses(&second, codes::ROOT_CERTIFICATE);
}

#[test]
fn an_expired_certificate_still_hands_over_to_its_successor() {
    let end = now().plus(DAY);
    let root = RootCertificate::new(GUN, now())
        .valid(now(), end)
        .self_signed(&key(1));
    let mut publisher = released(builder().root_keys(&[root]));
    let first = publisher.publish();
    let second = publisher
        .set_now(end.plus(DAY))
        .rotate_root_key(&root_key(2))
        .publish();
    let mut client = Client::after(&first).at(end.plus(DAY));
    client.accepts(&second, "1.0");
}
