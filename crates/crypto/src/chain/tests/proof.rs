//! What the proof says is what was verified.

use super::*;

fn names(chain: &VerifiedChain) -> Vec<&str> {
    chain.path().filter_map(Certificate::common_name).collect()
}

#[test]
fn the_path_that_is_told_is_the_one_that_was_used() {
    let root = Made::root("root", 2020..=2040);
    let outer = root.authority("outer", 2020..=2040);
    let inner = outer.authority("inner", 2020..=2040);
    let stranger = Made::root("stranger", 2020..=2040);
    let leaf = inner.leaf(2020..=2040, &CODE_SIGNING);
    let presented = [&stranger, &outer, &root, &inner];
    let told = chain(&leaf, &presented, &[&stranger, &root], 2030).expect("a path");
    assert_eq!(told.leaf(), &leaf);
    assert_eq!(told.anchor(), &root.certificate);
    let between = [inner.certificate.clone(), outer.certificate.clone()];
    assert_eq!(told.intermediates(), between);
    assert_eq!(names(&told), ["leaf", "inner", "outer", "root"]);
}

#[test]
fn an_intermediate_that_is_an_anchor_ends_the_path() {
    let root = Made::root("root", 2020..=2040);
    let between = root.authority("between", 2020..=2040);
    let leaf = between.leaf(2020..=2040, &CODE_SIGNING);
    let told = chain(&leaf, &[&between], &[&root, &between], 2030).expect("a path");
    assert_eq!(names(&told), ["leaf", "between"]);
    assert_eq!(told.intermediates(), []);
}

#[test]
fn of_anchors_with_one_name_the_one_that_issued_it_is_told() {
    let namesakes = [2035, 2036, 2037, 2038].map(|end| Made::root("root", 2020..=end));
    let [first, second, issuer, last] = &namesakes;
    let leaf = issuer.leaf(2020..=2040, &CODE_SIGNING);
    let expired = Made::root("root", 2020..=2029);
    let anchors = [&expired, first, second, issuer, last];
    let told = chain(&leaf, &[], &anchors, 2030).expect("a path");
    assert_eq!(told.anchor(), &issuer.certificate);
}

#[test]
fn of_two_intermediates_with_one_key_the_valid_one_is_told() {
    let root = Made::root("root", 2020..=2040);
    let between = root.authority("between", 2020..=2040);
    let leaf = between.leaf(2020..=2040, &CODE_SIGNING);
    let issuer = Issuer::from_params(&root.parameters, &root.key);
    let older = parameters("between", true, &(2020..=2029))
        .signed_by(&between.key, &issuer)
        .expect("a certificate");
    let older = Certificate::from_der(older.der()).expect("it is one");
    let presented = [older, between.certificate.clone()];
    let purposes = [Purpose::CodeSigning];
    let anchors = [root.certificate.clone()];
    let told = verify_chain(&leaf, &presented, &anchors, &purposes, year(2030)).expect("a path");
    assert_eq!(told.intermediates(), [between.certificate]);
}

#[test]
fn a_leaf_that_is_the_anchor_is_a_path_of_two() {
    let own = Made::new(None, parameters("own", false, &(2020..=2040)));
    let told = chain(&own.certificate, &[], &[&own], 2030).expect("a path");
    assert_eq!(names(&told), ["own", "own"]);
    assert_eq!(told.anchor(), told.leaf());
}

#[test]
fn the_purpose_and_time_are_those_that_were_verified() {
    let root = Made::root("root", 2020..=2040);
    let leaf = root.leaf(2020..=2025, &[ExtendedKeyUsagePurpose::ServerAuth]);
    let anchors = [root.certificate.clone()];
    let purposes = [Purpose::CodeSigning, Purpose::ServerAuth, Purpose::Any];
    // A time that was stamped, when the leaf had not expired.
    let told = verify_chain(&leaf, &[], &anchors, &purposes, year(2023)).expect("a path");
    assert_eq!(told.purpose(), Purpose::ServerAuth);
    assert_eq!(told.verified_at(), year(2023));
}
