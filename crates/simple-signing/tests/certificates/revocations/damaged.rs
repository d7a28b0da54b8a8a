//! Revocations that cannot be read, or were made up.

use super::*;

#[test]
fn a_revocation_that_cannot_be_read_ends_the_key_behind_which_it_stands() {
    for version in [2, 5, 7] {
        let mut body = alice().revocation();
        // Version and type stand behind a header of six bytes.
        body[6] = version;
        if version == 2 {
            body[8] = 0x20;
        }
        let source = [key(), body.clone()].concat();
        assert_eq!(refused(&[source], &alice().sign()), codes::KEY_REVOKED);
        let both = [key(), bob().certificate(BOB).concat(), body].concat();
        assert_eq!(
            refused(std::slice::from_ref(&both), &bob().sign()),
            codes::KEY_REVOKED
        );
        assert!(ask(&[both], &alice().sign()).is_ok());
    }
}

#[test]
fn a_revocation_that_is_cut_short_ends_the_key_behind_which_it_stands() {
    let whole = alice().revocation();
    for length in 2..whole.len() - 6 {
        let cut = packet(Tag::Signature, &whole[6..6 + length]);
        let source = [key(), cut.clone()].concat();
        assert_eq!(
            refused(&[source], &alice().sign()),
            codes::KEY_REVOKED,
            "{length}"
        );
        // Alone, nobody knows whose it is.
        let error = ring(&[key(), cut]).err();
        assert_eq!(error, Some(KeyringError::UnreadableRevocation), "{length}");
    }
}

#[test]
fn a_damaged_revocation_that_stands_alone_and_names_a_key_ends_it() {
    let mut revocation = alice().revocation();
    let last = revocation.len() - 1;
    revocation[last] ^= 1;
    let refusal = ask(&[key(), revocation.clone()], &alice().sign()).expect_err("refused");
    assert_eq!(refusal.code(), codes::KEY_REVOKED);
    assert!(refusal.detail().contains("does not verify"), "{refusal}");
    // Behind the key it could have been attached by anybody on the way, and is what it is for GnuPG: nothing.
    assert!(ask(&[[key(), revocation].concat()], &alice().sign()).is_ok());
}

#[test]
fn a_revocation_of_a_key_that_is_not_in_the_ring_ends_no_other() {
    assert!(ask(&[key(), bob().revocation()], &alice().sign()).is_ok());
}
