use super::*;

const ENDS: &[u8] = include_bytes!("../../../tests/vectors/keys/expired.gpg");

#[test]
fn a_session_tells_the_first_second_in_which_a_key_of_the_policy_is_over() {
    let keys = |key: &[u8]| Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse([key]).expect("valid")),
        identity: SignedIdentity::default(),
    };
    let ends = |requirements| {
        let expiries = SimpleSession::new(input(requirements)).expiries();
        let told = expiries
            .iter()
            .map(|end| format!("{} {}", end.name, end.at));
        told.collect::<Vec<_>>()
    };
    assert_eq!(ends(vec![signed_by()]), [""; 0]);
    assert_eq!(ends(vec![Requirement::Reject]), [""; 0]);
    assert_eq!(
        ends(vec![signed_by(), keys(ENDS)]),
        ["keys 2024-03-01T00:00:01Z"]
    );
}
