//! What lies in a store and is no signature.

use super::*;

#[test]
fn a_file_that_is_no_signature_spoils_the_store_unless_such_are_passed_over() {
    let stored = |index: usize| match index {
        1 => bytes(b"<html>"),
        2 => bytes(GOOD),
        _ => Err(FetchError::NotFound),
    };
    let strict = SimpleSession::new(input(vec![signed_by()]));
    let (_, outcome) = drive(strict, &Err(FetchError::NotSupported), &stored);
    assert_eq!(code(outcome), codes::STORE_MALFORMED);
    let lenient = SimpleSession::new(input(vec![signed_by()])).skipping_unreadable();
    let (_, outcome) = drive(lenient, &Err(FetchError::NotSupported), &stored);
    assert!(outcome.is_ok());
}

#[test]
fn passing_over_lets_nothing_in_that_is_not_signed() {
    let session = SimpleSession::new(input(vec![signed_by()])).skipping_unreadable();
    let (_, outcome) = drive(
        session,
        &Err(FetchError::NotSupported),
        &|index| match index {
            1 => bytes(b"<html>"),
            2 => bytes(STRANGER),
            3 => bytes(b""),
            _ => Err(FetchError::NotFound),
        },
    );
    assert_eq!(code(outcome), codes::UNKNOWN_KEY);
}

#[test]
fn what_was_passed_over_is_named_where_nothing_else_is_there() {
    let session = SimpleSession::new(input(vec![signed_by()])).skipping_unreadable();
    let (_, outcome) = drive(session, &Err(FetchError::NotSupported), &|index| {
        if index <= 2 {
            bytes(b"<html>")
        } else {
            Err(FetchError::NotFound)
        }
    });
    let rejection = outcome.expect_err("must be refused");
    assert_eq!(rejection.code(), codes::STORE_MALFORMED);
    assert_eq!(rejection.causes().len(), 1);
}

/// What a web interface answers under every name.
fn page(_: usize) -> Answer {
    let html = Some(MediaType::new("text/html; charset=utf-8"));
    Ok(Fetched::new(b"<!DOCTYPE html>".to_vec(), html, "test"))
}

#[test]
fn a_store_address_that_leads_to_a_web_page_is_asked_once_and_called_what_it_is() {
    for session in [
        SimpleSession::new(input(vec![signed_by()])),
        SimpleSession::new(input(vec![signed_by()])).skipping_unreadable(),
    ] {
        let (rounds, outcome) = drive(session, &Err(FetchError::NotSupported), &page);
        assert_eq!(rounds, [3], "nothing is asked for after the first answer");
        let rejection = outcome.expect_err("must be refused");
        assert_eq!(rejection.code(), codes::STORE_MALFORMED);
        assert!(
            rejection
                .detail()
                .ends_with("/signature-1 answers with text/html, so this is no signature store"),
            "{rejection}"
        );
    }
}

#[test]
fn nothing_is_asked_for_after_the_first_object_that_cannot_be_a_signature() {
    // Whatever the index, the length of the store and the kind of object.
    let odd: [&dyn Fn() -> Answer; 4] = [&|| page(1), &|| bytes(b""), &|| bytes(b"{}"), &|| {
        bytes(b"\0sigstore-json\n{}")
    }];
    for odd in odd {
        for at in 1..40 {
            let session = SimpleSession::new(input(vec![signed_by()])).skipping_unreadable();
            let asked = std::cell::RefCell::new(Vec::new());
            let (rounds, outcome) = drive(session, &Err(FetchError::NotSupported), &|index| {
                asked.borrow_mut().push(index);
                if index < at { bytes(STRANGER) } else { odd() }
            });
            assert!(outcome.is_err());
            let last = asked.borrow().iter().copied().max().unwrap_or_default();
            let asked_before: usize = rounds.iter().rev().skip(1).sum();
            assert!(
                asked_before <= at,
                "a round was begun after it: {at} {rounds:?}"
            );
            assert!(last < at + 2 + MAX_WINDOW, "{at}: {last}");
        }
    }
}

#[test]
fn a_trusted_signature_before_a_web_page_still_counts() {
    let session = SimpleSession::new(input(vec![signed_by()])).skipping_unreadable();
    let stored = |index| if index == 1 { bytes(GOOD) } else { page(index) };
    let (rounds, outcome) = drive(session, &Err(FetchError::NotSupported), &stored);
    assert_eq!(rounds, [3]);
    assert!(outcome.is_ok());
}

#[test]
fn what_a_file_is_called_by_the_server_does_not_spoil_a_signature() {
    let stored = |index| match index {
        1 => Ok(Fetched::new(
            GOOD.to_vec(),
            Some(MediaType::new("text/html")),
            "test",
        )),
        _ => Err(FetchError::NotFound),
    };
    let session = SimpleSession::new(input(vec![signed_by()]));
    let (_, outcome) = drive(session, &Err(FetchError::NotSupported), &stored);
    assert!(outcome.is_ok());
}

#[test]
fn a_media_type_that_is_made_up_is_not_repeated() {
    for made_up in [
        "text/html\u{1b}[31m",
        "text/ visit evil.test",
        &format!("text/{}", "x".repeat(100)),
    ] {
        let session = SimpleSession::new(input(vec![signed_by()]));
        let (_, outcome) = drive(session, &Err(FetchError::NotSupported), &|_| {
            Ok(Fetched::new(
                b"<".to_vec(),
                Some(MediaType::new(made_up)),
                "test",
            ))
        });
        let rejection = outcome.expect_err("must be refused");
        assert!(!rejection.detail().contains("text/"), "{rejection}");
    }
}
