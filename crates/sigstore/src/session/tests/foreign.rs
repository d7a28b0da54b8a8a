//! What somebody who is trusted said about something else, attached to this image.

use super::*;
use crate::{LogDemand, TrustedRoot};

const FORMS: [CosignForm; 2] = [CosignForm::Bundle, CosignForm::Layer];

/// The codes and signatures of a refusal and of all its causes.
fn told(refused: &Rejection) -> Vec<(Code, bool)> {
    let all = std::iter::once(refused).chain(refused.causes());
    all.map(|one| (one.code(), codes::is_left_open(one)))
        .collect()
}

#[test]
fn a_genuine_signature_of_another_image_leaves_nothing_open_about_this_one() {
    for form in FORMS {
        let mut world = World::new();
        let key = std::mem::replace(&mut world.key, CosignKey::generate());
        let other = Digest::sha256(b"another image");
        let genuine = CosignBuilder::new(&key, &world.image).form(form);
        let foreign = world.attach(&genuine.claiming(&other).build());
        let ours = world.bundle(&key);
        world.key = key;
        let api = world.api();
        world.list(&api, std::slice::from_ref(&foreign), None);
        let refused = world.decide(world.input().latest(true));
        let refused = refused.expect_err("it is for another image");
        let expected = vec![(codes::DIGEST_MISMATCH, false)];
        assert_eq!(told(&refused), expected, "{form:?}");
        world.list(&api, &[foreign, ours], None);
        for wants_latest in [false, true] {
            let decided = world.decide(world.input().latest(wants_latest));
            assert!(decided.is_ok(), "{form:?} {wants_latest}: {decided:?}");
        }
    }
}

#[test]
fn what_a_genuine_signature_of_another_image_lacks_leaves_nothing_open_about_this_one() {
    for form in FORMS {
        let mut world = World::new();
        let key = std::mem::replace(&mut world.key, CosignKey::generate());
        let other = Digest::sha256(b"another image");
        let genuine = CosignBuilder::new(&key, &world.image).form(form);
        let foreign = world.attach(&genuine.clone().claiming(&other).build());
        let without_log = world.attach(&genuine.build());
        world.key = key;
        let mut input = world.input();
        let demands = Demands {
            log: LogDemand::Required,
            trusted_root: Some(Arc::new(root())),
            ..Demands::default()
        };
        let key = VerificationKey::from_pem(world.key.public_pem().as_bytes()).expect("a key");
        let authority = Authority::keys(vec![key], demands).expect("an authority");
        input.authorities = Arc::from([authority]);
        let api = world.api();
        world.list(&api, &[foreign], None);
        let refused = world.decide(input.clone()).expect_err("it is refused");
        assert_eq!(told(&refused), vec![(codes::DIGEST_MISMATCH, false)]);
        // The same of this image is what may count.
        world.list(&api, &[without_log], None);
        let refused = world.decide(input).expect_err("it is refused");
        assert_eq!(told(&refused), vec![(codes::LOG_MISSING, true)]);
    }
}

fn root() -> TrustedRoot {
    let packed = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    let files = doorward_testkit::Cases::open(packed);
    let root = files.read("trust/trusted_root.json").expect("a root");
    TrustedRoot::parse(root).expect("a root")
}
