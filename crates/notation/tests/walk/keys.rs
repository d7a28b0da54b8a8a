use std::collections::{BTreeMap, BTreeSet};

use doorward_core::{Action, Fingerprint};
use doorward_notation::{
    InvalidityDate, Level, PluginRule, Statement, StatementBuilder, StoreType, TrustStore,
    TrustStoreError, TrustStores, TrustedIdentities, ValidationKind, VerifyTimestamp,
};
use doorward_testkit::CertificateBuilder;

fn key(builder: StatementBuilder) -> String {
    let mut out = Fingerprint::default();
    builder.build().expect("a statement").encode(&mut out);
    out.digest().to_string()
}

#[test]
fn statements_that_differ_in_anything_have_other_keys() {
    let of = |name: &str, level, identities: TrustedIdentities| {
        Statement::builder(name, level)
            .trust_store("ca:x".parse().expect("a store"))
            .identities(identities)
    };
    let base = || of("p", Level::Strict, TrustedIdentities::any());
    let compatible = |entries: &[&str]| TrustedIdentities::compatible(entries).expect("identities");
    let wider = |entries: &[&str]| TrustedIdentities::wider(entries).expect("identities");
    let name = "x509.subject: C=US, ST=WA, O=x";
    let listed = |identities| of("p", Level::Strict, identities);
    let metadata = |key: &str, value: &str| {
        let demanded: BTreeMap<_, _> = [(key.to_owned(), value.to_owned())].into();
        base().user_metadata(demanded)
    };
    let plugin = |name: &str| PluginRule::new(name.parse().expect("a name"));
    let builders = [
        base(),
        of("q", Level::Strict, TrustedIdentities::any()),
        of("p", Level::Permissive, TrustedIdentities::any()),
        of("p", Level::Audit, TrustedIdentities::any()),
        base().overriding(ValidationKind::Revocation, Action::Skip),
        base().overriding(ValidationKind::Revocation, Action::Log),
        base().overriding(ValidationKind::Expiry, Action::Log),
        base().trust_store("ca:y".parse().expect("a store")),
        base().trust_store("tsa:y".parse().expect("a store")),
        listed(compatible(&[name])),
        listed(compatible(&["foo:bar"])),
        listed(wider(&[name])),
        listed(wider(&["x509.san: dns:x"])),
        listed(wider(&["x509.san: email:x"])),
        base().verify_timestamp(VerifyTimestamp::AfterCertExpiry),
        base().tsa_revocation(Action::Log),
        base().tsa_revocation(Action::Skip),
        base().invalidity_date(InvalidityDate::Ignored),
        base().invalidity_date(InvalidityDate::OfAnyVerifiedTime),
        base().plugin(plugin("a")),
        base().plugin(plugin("b")),
        base().plugin(plugin("a").replacing_identity()),
        base().plugin(plugin("a").replacing_revocation()),
        base().plugin(plugin("a")).plugin(plugin("b")),
        metadata("a", "bc"),
        metadata("ab", "c"),
    ];
    let count = builders.len();
    let keys: BTreeSet<String> = builders.into_iter().map(key).collect();
    assert_eq!(keys.len(), count);
}

#[test]
fn stores_that_differ_in_a_certificate_or_a_name_have_other_keys() {
    let read = |serial| {
        let root = CertificateBuilder::authority("root")
            .serial(serial)
            .self_signed();
        TrustStore::read(StoreType::Ca, [root.der()])
    };
    let key = |name: &str, store| {
        let mut out = Fingerprint::default();
        let stores = TrustStores::new().with(name.parse().expect("a store"), store);
        stores.encode(&mut out);
        out.digest().to_string()
    };
    let keys: BTreeSet<String> = [
        key("ca:x", read(1)),
        key("ca:x", read(2)),
        key("ca:y", read(1)),
        key("signingAuthority:x", read(1)),
        key("ca:x", Err(TrustStoreError::Missing)),
        key("ca:x", Err(TrustStoreError::Empty)),
    ]
    .into();
    assert_eq!(keys.len(), 6);
}
