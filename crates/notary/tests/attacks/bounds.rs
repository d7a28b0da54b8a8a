//! Data without end, and more of everything than anybody needs.

use bytes::Bytes;
use doorward_core::{Code, FetchError, Fetched};
use doorward_notary::codes;
use doorward_testkit::{Collection, Delegation, NotaryKey, Tampering};
use serde_json::{Value, json};

use crate::signer::signer;
use crate::support::client::{
    Client, answer, builder, collection, delegating, is_refused, key, released, target,
};

#[test]
fn an_answer_without_end_is_cut_off_for_each_file() {
    let publication = delegating().publish();
    let files: Vec<String> = Client::new().accepts(&publication, "1.0").asked.concat();
    let endless = Bytes::from(vec![b' '; 11 << 20]);
    for long in files {
        let outcome = Client::new().asks(&mut |file| {
            if file == long {
                return Ok(Fetched::new(endless.clone(), None, file));
            }
            answer(&publication, file)
        });
        // Where a length is listed, one byte more is already another file.
        let listed = long.matches('.').count() > 1;
        let code = if listed {
            codes::HASH_MISMATCH
        } else {
            codes::TOO_LARGE
        };
        is_refused(&outcome, code);
    }
}

#[test]
fn white_space_behind_a_file_is_no_way_around_its_length() {
    let publication = collection().publish();
    for role in ["snapshot", "targets"] {
        let long = [publication.role(role), &b" "[..]].concat();
        let padded = publication.clone().with_role(role, long);
        Client::new().refuses(&padded, codes::HASH_MISMATCH);
    }
}

#[test]
fn a_file_is_not_asked_for_if_it_is_listed_as_larger_than_any_should_be() {
    let mut publisher = collection();
    publisher.publish();
    for length in [(10 << 20) + 1, i64::MAX] {
        let forged = publisher.forge(&[Tampering::of("snapshot").listed_length("targets", length)]);
        let outcome = Client::new().refuses(&forged, codes::TOO_LARGE);
        assert!(
            !outcome
                .asked
                .concat()
                .iter()
                .any(|file| file.starts_with("targets"))
        );
        let forged =
            publisher.forge(&[Tampering::of("timestamp").listed_length("snapshot", length)]);
        Client::new().refuses(&forged, codes::TOO_LARGE);
    }
}

#[test]
fn more_signatures_than_are_looked_at_are_refused_before_any_is_verified() {
    let mut publisher = collection();
    publisher.publish();
    let repeated = |count: usize| {
        publisher.forge(&[Tampering::of("timestamp").edit_envelope(move |envelope| {
            let one = envelope["signatures"][0].clone();
            envelope["signatures"] = vec![one; count].into();
        })])
    };
    Client::new().accepts(&repeated(64), "1.0");
    let outcome = Client::new().refuses(&repeated(65), codes::TOO_LARGE);
    assert_eq!(outcome.signatures, 1, "that of the root alone");
}

#[test]
fn more_keys_of_a_role_than_are_read_are_refused() {
    let keys: Vec<NotaryKey> = (0..65).map(key).collect();
    let with = |count: usize| {
        let mut publisher = released(builder().targets_keys(&keys[..count]));
        publisher.publish();
        // They need not all sign.
        publisher.forge(&[Tampering::of("targets").signed_by(&keys[..1])])
    };
    Client::new().accepts(&with(64), "1.0");
    Client::new().refuses(&with(65), codes::TOO_LARGE);
}

#[test]
fn bad_signatures_without_end_run_into_the_budget_of_the_decision() {
    // Sixty signatures that name a key and do not fit, in each of several roots that have to be followed.
    let mut publisher = collection();
    let first = publisher.publish();
    let bad = |envelope: &mut Value| {
        let mut all = Vec::new();
        for _ in 0..60 {
            let mut one = envelope["signatures"][1].clone();
            one["sig"] = json!("AAAA".repeat(16));
            all.push(one);
        }
        all.extend(
            envelope["signatures"]
                .as_array()
                .cloned()
                .unwrap_or_default(),
        );
        envelope["signatures"] = all.into();
    };
    let mut last = first.clone();
    let mut roots = Vec::new();
    for seed in 0..6 {
        publisher.rotate_root_key(&crate::support::client::root_key(seed));
        let forged = publisher.forge(&[Tampering::of("root").edit_envelope(bad)]);
        roots.push((publisher.version("root") + 1, forged.role("root").clone()));
        last = publisher.publish();
    }
    for (version, bytes) in roots {
        last = last.with_file(&format!("{version}.root.json"), bytes);
    }
    Client::after(&first).refuses(&last, Code::BUDGET_EXCEEDED);
}

#[test]
fn more_delegations_than_are_read_for_one_decision_are_refused() {
    let mut publisher = collection();
    let mut client = Client::new();
    let sign = |publisher: &mut Collection, client: &mut Client, number| {
        let name = format!("s{number}");
        publisher
            .delegate(Delegation::new(&format!("targets/{name}"), &[key(number)]))
            .add_target_to(&format!("targets/{name}"), "1.0", target("1.0"));
        client.question.signers.push(signer(&name, &key(number)));
    };
    for number in 0..64 {
        sign(&mut publisher, &mut client, number);
    }
    let mut most = Client::new();
    most.question.signers.clone_from(&client.question.signers);
    most.accepts(&publisher.publish(), "1.0");
    sign(&mut publisher, &mut client, 64);
    let outcome = client.refuses(&publisher.publish(), codes::TOO_LARGE);
    let asked = outcome.asked.concat();
    assert!(
        !asked.iter().any(|file| file.starts_with("targets/")),
        "{asked:?}"
    );
}

#[test]
fn a_server_that_cuts_an_answer_off_by_itself_is_not_believed() {
    let publication = collection().publish();
    let outcome = Client::new().asks(&mut |file| match file {
        "timestamp.json" => Err(FetchError::TooLarge { limit: 1 }),
        other => answer(&publication, other),
    });
    is_refused(&outcome, codes::TOO_LARGE);
}
