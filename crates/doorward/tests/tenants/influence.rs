//! No byte of a Secret out of reach influences a decision, whatever the policy.

use super::*;

fn reference() -> impl Strategy<Value = Value> {
    let namespace = prop::sample::select(vec![None, Some(OWN), Some(OTHER), Some(SHARED)]);
    let name = prop::sample::select(vec!["release", "store", "database", "signer", "nosuch"]);
    (namespace, name).prop_map(|(namespace, name)| match namespace {
        None => json!({"name": name}),
        Some(namespace) => json!({"name": name, "namespace": namespace}),
    })
}

fn simple() -> impl Strategy<Value = Value> {
    let store = prop::option::of(prop::sample::select(vec![
        "https://evil.test",
        "http://evil.test",
        "https://user:word@evil.test/x",
    ]));
    let secret = prop::option::of(prop::sample::select(vec!["release", "store", "database"]));
    let keys = prop::collection::vec(reference(), 1..4);
    (store, secret, keys).prop_map(|(store, secret, keys)| {
        let requirements: Vec<Value> = keys
            .iter()
            .map(|key| signed_by(key["namespace"].as_str(), key["name"].as_str().unwrap()))
            .collect();
        let mut simple = json!({"requirements": requirements});
        if let Some(store) = store {
            simple["storeURL"] = json!(store);
        }
        if let Some(secret) = secret {
            simple["storeSecret"] = json!(secret);
        }
        simple
    })
}

fn trust() -> impl Strategy<Value = Value> {
    let list = || prop::collection::vec(reference(), 0..3);
    (list(), list(), list()).prop_map(|(signers, roots, authorities)| {
        json!({
            "enabled": true,
            "trustServer": "https://evil.test",
            "signerSecrets": signers,
            "pins": {
                "trustOnFirstUse": true,
                "certificateSecrets": roots,
                "caSecrets": authorities,
            },
        })
    })
}

fn body() -> impl Strategy<Value = Value> {
    let plain = || {
        prop_oneof![
            simple().prop_map(|simple| json!({"simple": simple})),
            trust().prop_map(|trust| json!({"trust": trust})),
            (simple(), trust())
                .prop_map(|(simple, trust)| json!({"simple": simple, "trust": trust})),
        ]
    };
    prop_oneof![
        plain(),
        prop::collection::vec(plain(), 2..4).prop_map(|all| json!({"anyOf": all})),
    ]
}

/// What may lie under the names that policies use.
fn content() -> impl Strategy<Value = Option<Secret>> {
    prop_oneof![
        Just(None),
        Just(Some(items(&[]))),
        Just(Some(key(KeyKind::Ed25519))),
        Just(Some(key(KeyKind::P256))),
        Just(Some(login("hunter2 of another namespace"))),
        Just(Some(login("hunter2 of another namespace").for_stores())),
        any::<Vec<u8>>().prop_map(|bytes| Some(items(&[
            ("key", &bytes),
            ("name", &bytes),
            ("publicKey", &bytes),
            ("certificate", &bytes),
            ("username", &bytes),
            ("password", &bytes),
        ]))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_byte_of_another_namespaces_secret_influences_what_a_policy_says_or_asks(
        body in body(),
        others in prop::collection::vec(content(), 5),
    ) {
        let mut with = secrets();
        for (name, secret) in ["release", "store", "database", "signer", "nosuch"].iter().zip(others) {
            if let Some(secret) = secret {
                with.insert(OTHER, *name, secret);
            }
        }
        let (alone, beside) = (
            decide("ImagePolicy", &body, secrets()),
            decide("ImagePolicy", &body, with),
        );
        prop_assert_eq!(alone.observable(), beside.observable());
        prop_assert!(beside.looked_in.iter().all(|namespace| namespace != OTHER));
        // What a store is sent is what was made for stores, or what the address of the store says itself.
        for sent in beside.sent() {
            let of_the_store = Basic::new("postgres", "hunter2 of the store");
            prop_assert!(sent == of_the_store || sent == Basic::new("user", "word"), "{:?}", sent.username());
        }
    }
}
