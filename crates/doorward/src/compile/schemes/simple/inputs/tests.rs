use std::sync::Arc;

use doorward_core::Basic;
use doorward_simple_signing::Keyring;
use doorward_testkit::{KeyKind, OpenPgpSigner};

use super::*;

fn key(inputs: &SimpleInputs) -> Option<Digest> {
    let mut out = Fingerprint::default();
    inputs.encode(&mut out).ok()?;
    Some(out.digest())
}

fn signed_by(keys: &str, identity: SignedIdentity) -> Keyed {
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let keyring = Keyring::parse([signer.public_key_armored().as_bytes()]);
    Keyed {
        requirement: Requirement::SignedBy {
            keyring: Arc::new(keyring.unwrap()),
            identity,
        },
        keys: Some(Digest::sha256(keys.as_bytes())),
    }
}

fn store(base: &str, access: Option<(&str, &str)>) -> Store {
    Store::Lookaside {
        base: base.to_owned(),
        access: access.map(|(username, password)| Basic::new(username, password)),
    }
}

fn base() -> SimpleInputs {
    SimpleInputs {
        reference: "r.example/app:1".parse().unwrap(),
        digest: Digest::sha256(b"image"),
        located: "r.example/app".parse().unwrap(),
        requirements: vec![signed_by("k", SignedIdentity::MatchExact)],
        store: store("https://s.example", Some(("u", "p"))),
        skip_unreadable: true,
    }
}

/// Every way in which one part of the inputs can differ, each beside the original.
fn flipped() -> Vec<(&'static str, SimpleInputs)> {
    let identity = |identity| vec![signed_by("k", identity)];
    let exact = |name| SignedIdentity::exact_reference(name).unwrap();
    let repository = |name| SignedIdentity::exact_repository(name).unwrap();
    let remap = |from, to| SignedIdentity::remap(from, to).unwrap();
    let mut all = vec![
        (
            "tag",
            SimpleInputs {
                reference: "r.example/app:2".parse().unwrap(),
                ..base()
            },
        ),
        (
            "repository",
            SimpleInputs {
                reference: "r.example/apq:1".parse().unwrap(),
                ..base()
            },
        ),
        (
            "digest",
            SimpleInputs {
                digest: Digest::sha256(b"other"),
                ..base()
            },
        ),
        (
            "located",
            SimpleInputs {
                located: "mirror.example/app".parse().unwrap(),
                ..base()
            },
        ),
        (
            "skip_unreadable",
            SimpleInputs {
                skip_unreadable: false,
                ..base()
            },
        ),
    ];
    for (name, store) in [
        ("no store", Store::None),
        ("base", store("https://t.example", Some(("u", "p")))),
        ("user", store("https://s.example", Some(("v", "p")))),
        ("password", store("https://s.example", Some(("u", "q")))),
        ("cut", store("https://s.example", Some(("up", "")))),
        ("no access", store("https://s.example", None)),
    ] {
        all.push((name, SimpleInputs { store, ..base() }));
    }
    for (name, requirements) in [
        ("nothing", Vec::new()),
        ("reject", vec![Keyed::keyless(Requirement::Reject)]),
        (
            "accept",
            vec![Keyed::keyless(Requirement::InsecureAcceptAnything)],
        ),
        (
            "twice",
            vec![
                signed_by("k", SignedIdentity::MatchExact),
                signed_by("k", SignedIdentity::MatchExact),
            ],
        ),
        (
            "other keys",
            vec![signed_by("l", SignedIdentity::MatchExact)],
        ),
        ("default", identity(SignedIdentity::MatchRepoDigestOrExact)),
        ("any tag", identity(SignedIdentity::MatchRepository)),
        ("exact 1", identity(exact("r.example/x:1"))),
        ("exact 2", identity(exact("r.example/x:2"))),
        ("in x", identity(repository("r.example/x"))),
        ("in y", identity(repository("r.example/y"))),
        ("remap a", identity(remap("a.example/b", "c.example"))),
        ("remap b", identity(remap("a.example", "b.example/c"))),
        ("remap from", identity(remap("x.example/b", "c.example"))),
        ("remap to", identity(remap("a.example/b", "y.example"))),
    ] {
        all.push((
            name,
            SimpleInputs {
                requirements,
                ..base()
            },
        ));
    }
    // What would be the same bytes, if it did not say where the requirements end and the store begins.
    for (name, requirements, store) in [
        (
            "requirements like a store",
            vec![
                Keyed::keyless(Requirement::Reject),
                Keyed::keyless(Requirement::InsecureAcceptAnything),
            ],
            Store::None,
        ),
        (
            "a store like requirements",
            Vec::new(),
            store(&"\0".repeat(8), None),
        ),
    ] {
        all.push((
            name,
            SimpleInputs {
                requirements,
                store,
                ..base()
            },
        ));
    }
    all
}

#[test]
fn another_value_of_any_input_has_another_key() {
    let mut all = vec![("base", base())];
    all.extend(flipped());
    for (number, (name, one)) in all.iter().enumerate() {
        assert!(key(one).is_some(), "{name}");
        for (other_name, other) in all.iter().skip(number + 1) {
            assert_ne!(key(one), key(other), "{name} and {other_name}");
        }
    }
}

#[test]
fn the_same_inputs_have_the_same_key() {
    assert_eq!(key(&base()), key(&base()));
}

#[test]
fn keys_of_unknown_origin_are_not_remembered() {
    let mut keyed = signed_by("k", SignedIdentity::MatchExact);
    keyed.keys = None;
    let inputs = SimpleInputs {
        requirements: vec![keyed],
        ..base()
    };
    assert_eq!(key(&inputs), None);
}
