use super::*;

fn at(url: &str) -> Origin {
    Origin::of(&url.parse().expect("an URL")).expect("one")
}

fn origin(number: usize) -> Origin {
    at(&format!("https://h{number}.example"))
}

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn answer(origin: &Origin, kind: ExchangeKind, status: u16) -> Answer<'_> {
    Answer {
        origin,
        address: Some(HERE),
        kind,
        is_first: false,
        status: StatusCode::from_u16(status).expect("a status"),
        is_shown: false,
    }
}

#[test]
fn a_server_that_answered_is_up_for_a_moment_and_known_for_a_while() {
    let (ledger, now) = (Ledger::default(), Instant::now());
    assert!(!ledger.is_up(&origin(1), now) && !ledger.is_known(&origin(1), now));
    ledger.answered(&origin(1), now);
    assert!(ledger.is_up(&origin(1), now) && ledger.is_known(&origin(1), now));
    assert!(!ledger.is_known(&origin(2), now));
    assert!(!ledger.is_up(&origin(1), now + STILL_UP));
    assert!(ledger.is_known(&origin(1), now + STILL_UP));
    assert!(!ledger.is_known(&origin(1), now + KNOWN));
}

#[test]
fn a_server_that_refused_a_credential_says_nothing_by_being_out_on_any_port_for_a_while() {
    let (ledger, now) = (Ledger::default(), Instant::now());
    let server = at("https://h.example");
    let refused = Answer {
        is_shown: true,
        ..answer(&server, ExchangeKind::Manifest, 401)
    };
    ledger.note(&refused, false, now);
    for url in [
        "https://h.example",
        "http://h.example",
        "https://h.example:5000",
    ] {
        assert!(ledger.is_provoked(&at(url), now), "{url}");
        assert!(!ledger.is_provoked(&at(url), now + PROVOKED), "{url}");
    }
    // Nor does what has another name at the same address.
    assert!(ledger.is_address_provoked(HERE, now));
    let mapped = "::ffff:192.0.2.1".parse().expect("an address");
    assert!(ledger.is_address_provoked(mapped, now));
    assert!(!ledger.is_address_provoked(HERE, now + PROVOKED));
    for number in 0..=3 * MAX_KNOWN {
        ledger.note_provocation(&origin(number), now);
    }
    assert!(ledger.is_provoked(&server, now));
}

#[test]
fn a_registry_whose_token_service_may_have_shut_this_machine_out_says_nothing_by_being_out() {
    let (ledger, now) = (Ledger::default(), Instant::now());
    let (registry, service) = (at("https://r.example"), at("https://t.example"));
    ledger.note_service(&registry, service.host());
    assert!(!ledger.is_provoked(&registry, now));
    // Another registry led wrong credentials there.
    ledger.note_provocation(&service, now);
    assert!(ledger.is_provoked(&registry, now));
    assert!(!ledger.is_provoked(&registry, now + PROVOKED));
}

#[test]
fn refusals_of_what_requesters_chose_are_a_reason_to_shut_this_machine_out() {
    use ExchangeKind::{Lookaside, Manifest, NotaryMetadata, Ping, Token};
    let server = origin(1);
    for (kind, status, reason_at) in [
        (Manifest, 429, Some(1)),
        (Ping, 429, Some(1)),
        (Token, 429, Some(1)),
        (Manifest, 401, Some(3)),
        (Manifest, 403, Some(3)),
        (Manifest, 404, Some(3)),
        (Manifest, 400, Some(3)),
        (NotaryMetadata, 404, Some(3)),
        (Token, 403, Some(3)),
        (Lookaside, 403, Some(3)),
        // Every reading of signatures ends so, and every use of a registry begins so.
        (Lookaside, 404, None),
        (Ping, 401, None),
        (Manifest, 200, None),
    ] {
        let (ledger, now) = (Ledger::default(), Instant::now());
        let mut found = None;
        for number in 1..=9 {
            ledger.note(&answer(&server, kind, status), status == 429, now);
            if ledger.is_provoked(&server, now) {
                found.get_or_insert(number);
            }
        }
        assert_eq!(found, reason_at, "{kind} {status}");
    }
}

#[test]
fn images_without_a_first_signature_are_a_reason_for_their_store_to_shut_this_machine_out() {
    let (ledger, store, now) = (Ledger::default(), origin(1), Instant::now());
    let none = Answer {
        is_first: true,
        ..answer(&store, ExchangeKind::Lookaside, 404)
    };
    for number in 1..=3 {
        assert!(!ledger.is_provoked(&store, now), "{number}");
        ledger.note(&none, false, now);
    }
    assert!(ledger.is_provoked(&store, now));
}

#[test]
fn very_many_requests_are_a_reason_to_shut_this_machine_out_and_few_an_hour_are_none() {
    let (ledger, now) = (Ledger::default(), Instant::now());
    let mut later = now;
    for _ in 0..1_000 {
        ledger.answered(&origin(1), later);
        later += Duration::from_secs(1);
    }
    assert!(!ledger.is_provoked(&origin(1), later));
    for _ in 0..=200 {
        ledger.answered(&origin(1), later);
    }
    assert!(ledger.is_provoked(&origin(1), later));
}

#[test]
fn a_name_is_known_by_any_server_that_has_it() {
    let (ledger, now) = (Ledger::default(), Instant::now());
    ledger.answered(&origin(1), now);
    assert!(ledger.knows_name("h1.example", now));
    assert!(!ledger.knows_name("h2.example", now));
    assert!(!ledger.knows_name("h1.example", now + KNOWN));
}

#[test]
fn many_servers_cannot_make_it_forget_one_nor_change_what_is_said_of_others() {
    let (ledger, now) = (Ledger::default(), Instant::now());
    ledger.answered(&origin(0), now);
    for number in 1..=1_100 {
        let stranger = at(&format!("https://{number}.stranger.example"));
        ledger.answered(&stranger, now);
        ledger.note_provocation(&stranger, now);
    }
    assert!(ledger.is_up(&origin(0), now));
    assert!(!ledger.is_up(&origin(0), now + STILL_UP));
    let others = (1..=1_000).map(origin);
    let touched = others
        .filter(|other| ledger.is_up(other, now) || ledger.is_provoked(other, now))
        .count();
    assert!(touched < 250, "{touched} of 1,000");
    assert!(ledger.pages().known.len() <= MAX_KNOWN);
}

#[test]
fn connections_are_kept_for_a_bounded_number_of_servers() {
    let (ledger, now) = (Ledger::default(), Instant::now());
    let pooled = (0..1000).filter(|n| ledger.may_pool(&origin(*n), now));
    assert_eq!(pooled.count(), MAX_POOLED);
    assert!(ledger.may_pool(&origin(0), now));
    assert!(!ledger.may_pool(&origin(999), now));
    assert!(ledger.may_pool(&origin(999), now + POOL_IDLE));
}

#[test]
fn exchanges_under_way_with_a_server_or_its_address_are_a_crowd_and_were_one_for_a_moment() {
    let (ledger, now) = (Arc::new(Ledger::default()), Instant::now());
    let known = |ledger: &Ledger, origin: &Origin, address: &str| {
        let answer = Answer {
            address: Some(address.parse().expect("an address")),
            ..answer(origin, ExchangeKind::Manifest, 200)
        };
        ledger.note(&answer, false, now);
    };
    known(&ledger, &origin(1), "192.0.2.1");
    known(&ledger, &origin(2), "192.0.2.2");
    known(&ledger, &origin(3), "192.0.2.1");
    let begin = |number, count| -> Vec<_> {
        (0..count)
            .map(|_| ledger.begin(&origin(number), now))
            .collect()
    };
    let few = begin(1, CROWD);
    assert!(!ledger.is_crowded(&origin(1), now));
    drop(begin(1, 1));
    for (number, crowded) in [(1, true), (2, false), (3, true)] {
        assert_eq!(ledger.is_crowded(&origin(number), now), crowded, "{number}");
    }
    drop(few);
    assert!(ledger.is_crowded(&origin(1), now), "it was a moment ago");
    let later = now + STILL_UP;
    assert!(!ledger.is_crowded(&origin(1), later));
    // One by one with several names of an address, or with who knows whom.
    for others in [[3, 3, 3, 3, 3], [11, 12, 13, 14, 15]] {
        let held: Vec<_> = others
            .iter()
            .map(|number| ledger.begin(&origin(*number), later))
            .collect();
        assert!(ledger.is_crowded(&origin(1), later));
        drop(held);
    }
    assert!(ledger.pages().open.is_empty());
}
