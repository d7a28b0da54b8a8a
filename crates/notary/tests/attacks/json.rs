//! Spellings that two readers could understand differently. More of them are in [`super::forged`].

use doorward_notary::codes;
use doorward_testkit::{Publication, Tampering};
use serde_json::json;

use crate::support::client::{Client, RELEASES, collection, delegating, target};

/// The next publication with the file of a role respelled after it was signed, and listed so.
fn respelled(role: &str, from: &str, to: &str) -> Publication {
    let mut publisher = delegating();
    publisher.publish();
    publisher.forge(&[Tampering::of(role).respell(from, to)])
}

#[test]
fn a_member_that_is_there_twice_is_refused_at_every_level() {
    for (role, from, to) in [
        ("targets", "{", r#"{"signed":{},"#),
        ("targets", "{", r#"{"signatures":[],"#),
        ("targets", r#""signed":{"#, r#""signed":{"targets":{},"#),
        ("targets", r#""1.0":"#, r#""1.0":{},"1.0":"#),
        ("targets", r#""sha256":"#, r#""sha256":"","sha256":"#),
        (
            "targets",
            r#""threshold":"#,
            r#""threshold":2,"threshold":"#,
        ),
        ("targets", r#""public":"#, r#""public":"","public":"#),
        ("targets", r#""keyid":"#, r#""keyid":"","keyid":"#),
        ("root", r#""targets":{"#, r#""targets":{},"targets":{"#),
        ("snapshot", r#""targets":{"#, r#""targets":{},"targets":{"#),
        (
            "timestamp",
            r#""snapshot":{"#,
            r#""snapshot":{},"snapshot":{"#,
        ),
        (RELEASES, r#""1.0":"#, r#""1.0":{},"\u0031.0":"#),
    ] {
        let outcome = Client::new().sees(&respelled(role, from, to));
        assert_eq!(outcome.code(), Some(codes::METADATA_INVALID), "{role} {to}");
    }
}

#[test]
fn a_member_in_another_case_is_refused_at_every_level() {
    let mut publisher = delegating();
    publisher.publish();
    for (role, pointer) in [
        ("targets", "/Targets"),
        ("targets", "/TARGETS"),
        ("targets", "/target\u{17f}"),
        ("targets", "/_Type"),
        ("targets", "/Expires"),
        ("targets", "/Delegations"),
        ("targets", "/delegations/Roles"),
        ("targets", "/delegations/\u{212a}eys"),
        ("targets", "/delegations/roles/0/Threshold"),
        ("targets", "/delegations/roles/0/KeyIDs"),
        ("targets", "/delegations/roles/0/Paths"),
        ("root", "/Roles"),
        ("root", "/roles/Targets"),
        ("root", "/roles/targets/Threshold"),
        ("snapshot", "/Meta"),
        ("snapshot", "/meta/targets/Length"),
        ("snapshot", "/meta/targets/hashes/SHA256"),
        ("timestamp", "/Version"),
    ] {
        let forged = publisher.forge(&[Tampering::of(role).set(pointer, json!(1))]);
        let outcome = Client::new().sees(&forged);
        assert_eq!(
            outcome.code(),
            Some(codes::METADATA_INVALID),
            "{role} {pointer}"
        );
    }
    for member in ["Signed", "SIGNED", "\u{17f}igned", "Signatures"] {
        let forged = publisher
            .forge(&[Tampering::of("targets")
                .edit_envelope(move |envelope| envelope[member] = json!([]))]);
        Client::new().refuses(&forged, codes::METADATA_INVALID);
    }
}

#[test]
fn an_entry_in_another_case_releases_nothing() {
    for member in ["Hashes", "LENGTH"] {
        let mut publisher = collection();
        publisher.publish();
        let pointer = format!("/targets/1.0/{member}");
        let forged = publisher.forge(&[Tampering::of("targets").set(&pointer, json!(1))]);
        Client::new().refuses(&forged, codes::TARGET_INVALID);
    }
}

#[test]
fn another_spelling_of_the_same_value_is_still_signed() {
    for (from, to) in [
        (r#""signed":"#, " \"signed\" :\r\n\t"),
        (r#""1.0""#, r#""\u0031.0""#),
        (r#""_type""#, r#""\u005ftype""#),
        (r#""Targets""#, r#""T\u0061rgets""#),
    ] {
        Client::new().accepts(&respelled("targets", from, to), "1.0");
    }
}

#[test]
fn another_spelling_that_is_another_value_is_not() {
    for (from, to) in [
        (r#""version":2"#, r#""version":3"#),
        (r#""1.0""#, r#""1.1""#),
        (r#""Targets","#, r#""Targets","x":null,"#),
        (r#""paths":[""]"#, r#""paths":["","x"]"#),
    ] {
        Client::new().refuses(&respelled("targets", from, to), codes::THRESHOLD);
    }
}

#[test]
fn what_is_not_a_plain_integer_is_refused_wherever_it_stands() {
    for number in [
        "2.0",
        "2e0",
        "2E0",
        "0.2e1",
        "-0",
        "9223372036854775808",
        "18446744073709551617",
        "1e400",
    ] {
        for (role, member) in [
            ("timestamp", "version"),
            ("root", "version"),
            ("targets", "threshold"),
        ] {
            let from = format!("\"{member}\":");
            let to = format!("\"x\":{number},\"{member}\":");
            let outcome = Client::new().sees(&respelled(role, &from, &to));
            assert_eq!(
                outcome.code(),
                Some(codes::METADATA_INVALID),
                "{role} {number}"
            );
        }
    }
}

#[test]
fn integers_that_a_float_cannot_hold_stay_apart() {
    let exact = (1_i64 << 53) + 1;
    let mut publisher = collection();
    publisher.set_version("timestamp", exact);
    let newer = publisher.publish();
    let older = publisher.forge(&[Tampering::of("timestamp").version(exact - 1)]);
    let mut client = Client::after(&newer);
    assert_eq!(client.version("timestamp"), exact.unsigned_abs());
    client.refuses(&older, codes::ROLLBACK);
}

#[test]
fn texts_that_are_no_unicode_are_refused() {
    for bytes in [
        &br#""\ud800""#[..],
        br#""\udc00\ud800""#,
        b"\"\xff\"",
        b"\"\xc0\xaf\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
    ] {
        let mut publisher = collection();
        publisher.publish();
        let forged = publisher.forge(&[Tampering::of("targets").rewrite(move |file| {
            let at = file.windows(5).position(|part| part == b"\"1.0\"");
            let (before, after) = file.split_at(at.expect("the tag"));
            [before, bytes, b":1,", after].concat()
        })]);
        Client::new().refuses(&forged, codes::METADATA_INVALID);
    }
}

#[test]
fn what_is_not_one_document_is_refused() {
    let bad: [fn(Vec<u8>) -> Vec<u8>; 8] = [
        |file| [b"\xef\xbb\xbf", &file[..]].concat(),
        |file| [&file[..], b"]"].concat(),
        |file| [&file[..], &file[..]].concat(),
        |file| [b"[", &file[..], b"]"].concat(),
        |file| [b"//\n", &file[..]].concat(),
        |file| [&file[..], b"\0"].concat(),
        |_| b"null".to_vec(),
        |_| b"{}".to_vec(),
    ];
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let mut publisher = collection();
        publisher.publish();
        for rewrite in bad {
            let forged = publisher.forge(&[Tampering::of(role).rewrite(rewrite)]);
            Client::new().refuses(&forged, codes::METADATA_INVALID);
        }
    }
}

#[test]
fn null_in_place_of_anything_that_must_be_there_is_refused() {
    for (role, pointers) in [
        (
            "root",
            &["/_type", "/version", "/expires", "/keys", "/roles"][..],
        ),
        ("root", &["/roles/targets", "/roles/targets/keyids"]),
        ("timestamp", &["/_type", "/version", "/expires", "/meta"]),
        ("snapshot", &["/_type", "/version", "/expires", "/meta"]),
        ("targets", &["/_type", "/version", "/expires"]),
    ] {
        for pointer in pointers {
            let mut publisher = collection();
            publisher.publish();
            let forged = publisher.forge(&[Tampering::of(role).set(pointer, json!(null))]);
            let outcome = Client::new().sees(&forged);
            assert_eq!(
                outcome.code(),
                Some(codes::METADATA_INVALID),
                "{role} {pointer}"
            );
        }
    }
    for member in ["signed", "signatures"] {
        for role in ["root", "timestamp", "snapshot", "targets"] {
            let mut publisher = collection();
            publisher.publish();
            let forged = publisher
                .forge(&[Tampering::of(role)
                    .edit_envelope(move |envelope| envelope[member] = json!(null))]);
            Client::new().refuses(&forged, codes::METADATA_INVALID);
        }
    }
}

#[test]
fn nesting_without_end_is_refused_without_running_out_of_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let mut publisher = collection();
        publisher.publish();
        let deep = format!("{}1{}", open.repeat(200_000), close.repeat(200_000));
        let forged = publisher.forge(&[Tampering::of("targets").bytes(deep.into_bytes())]);
        Client::new().refuses(&forged, codes::METADATA_INVALID);
    }
}

#[test]
fn what_a_publisher_adds_does_not_matter_as_long_as_it_is_signed() {
    let mut publisher = collection();
    let custom = json!({"b": [1, null, true], "a": {"\u{e9}\n\"\\": "\u{2028}<&>"}});
    publisher.add_target("1.0", target("1.0").with_custom(custom));
    Client::new().accepts(&publisher.publish(), "1.0");
}
