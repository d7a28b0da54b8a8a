//! What is recorded, and what a replay makes of it.

use super::*;

/// Answers everything with the same.
struct Always(Answer);

impl Fetcher for Always {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::ready(self.0.clone()))
    }
}

struct Never;

impl Fetcher for Never {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn no_credential_and_nothing_beside_the_path_of_a_url_is_written() {
    let recording = Recording::new();
    let source = format!("https://{PASSWORD}@s.example/x?token={PASSWORD}#{PASSWORD}");
    let fetcher = recording.fetcher(Always(Ok(Fetched::new(&b"x"[..], None, &source))));
    now(fetcher.fetch(&lookaside(&source))).unwrap().unwrap();
    let resource = Resource::NotaryMetadata {
        servers: vec![source],
        gun: "r.example/a".parse().unwrap(),
        file: "root.json".to_owned(),
    };
    now(fetcher.fetch(&Fetch::new(resource, 9)))
        .unwrap()
        .unwrap();
    let mut transcript = recording.transcript().unwrap();
    transcript.secrets.push(SecretRecord::of(
        "a",
        "b",
        true,
        [
            ("username", &b"alice"[..]),
            ("password", PASSWORD.as_bytes()),
        ],
    ));
    let text = String::from_utf8(transcript.to_bytes().unwrap()).unwrap();
    assert!(
        !text.contains(PASSWORD) && !text.contains("alice"),
        "{text}"
    );
    assert!(text.contains(r#""https://s.example/x""#), "{text}");
    assert!(
        text.contains(r#"{"password":true,"username":true}"#),
        "{text}"
    );
}

#[test]
fn a_transcript_that_somebody_else_put_a_credential_into_is_none() {
    for url in ["https://a:b@s.example/x", "https://s.example/x?y"] {
        let mut asked = lookaside(url);
        if let Resource::Lookaside { access, .. } = &mut asked.resource {
            *access = None;
        }
        let transcript = sample();
        let text = String::from_utf8(transcript.to_bytes().unwrap()).unwrap();
        let text = text.replacen("https://s.example/a@b/c", url, 1);
        assert_eq!(
            Transcript::from_bytes(text.as_bytes()),
            Err(TranscriptError::Shape { member: "resource" }),
            "{url}"
        );
    }
}

#[test]
fn a_secret_is_written_down_if_all_of_it_is_public_by_its_form_and_else_nothing_of_it() {
    let of = |items: &[(&str, &[u8])]| {
        let record = SecretRecord::of("a", "b", false, items.iter().copied());
        matches!(record.found, Found::Public(_))
    };
    let key = KEY.as_bytes();
    assert!(of(&[("publicKey", key)]) && of(&[("publicKey", key), ("name", b"alice\n")]));
    assert!(of(&[("key", [key, b"\n", key].concat().as_slice())]));
    let private = KEY.replace("PUBLIC KEY", "PRIVATE KEY");
    let cut = KEY.replace("-----END PUBLIC KEY-----", "");
    let beside = format!("password: {PASSWORD}\n{KEY}");
    let behind = format!("{KEY}{PASSWORD}");
    // As a private key begins: with a number.
    let number = "-----BEGIN PUBLIC KEY-----\nMAMCAQE=\n-----END PUBLIC KEY-----\n";
    for other in [
        private.as_str(),
        &cut,
        &beside,
        &behind,
        number,
        PASSWORD,
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
    ] {
        assert!(!of(&[("key", other.as_bytes())]), "{other}");
        assert!(
            !of(&[("publicKey", key), ("other", other.as_bytes())]),
            "{other}"
        );
    }
    assert!(!of(&[("name", b"alice")]) && !of(&[]));
    assert!(!of(&[("publicKey", key), ("name", b"one\ntwo")]));
    let marked = SecretRecord::of("a", "b", true, [("key", key)]);
    assert!(matches!(marked.found, Found::Withheld { .. }));
}

#[test]
fn packets_of_openpgp_are_public_up_to_the_first_that_is_not() {
    let of = |bytes: &[u8]| {
        let record = SecretRecord::of("a", "b", false, [("key", bytes)]);
        matches!(record.found, Found::Public(_))
    };
    // New format: a public key and a user ID. Old format: the same.
    let new = [0xc6, 1, 0xff, 0xcd, 1, b'a'];
    let old = [0x98, 1, 0xff, 0xb4, 1, b'a'];
    assert!(of(&new) && of(&old));
    // A secret key, a literal, a packet in parts, one that is longer than the rest, one without its length.
    for tail in [
        &[0xc5, 1, 0xff][..],
        &[0xcb, 1, b'a'],
        &[0xc6, 0xe1, 0xff],
        &[0xc6, 9, 0xff],
        &[0xc6],
        &[0x9b],
        &[0],
    ] {
        assert!(!of(&[&new, tail].concat()), "{tail:?}");
        assert!(!of(&[tail, &[0xff]].concat()), "{tail:?}");
    }
}

#[test]
fn a_replay_answers_as_was_answered_and_knows_nothing_else() {
    let recording = Recording::new();
    for answer in [
        Err(FetchError::NotFound),
        Ok(Fetched::new(&b"x"[..], None, "s")),
    ] {
        let fetcher = recording.fetcher(Always(answer));
        assert!(now(fetcher.fetch(&manifest("1"))).is_some());
    }
    let cut = recording.fetcher(Never);
    assert!(now(cut.fetch(&manifest("2"))).is_none());
    let replay = Replay::new(recording.transcript().unwrap());
    assert!(!replay.transcript().is_finished());
    let ask = |fetch: &Fetch| now(replay.fetch(fetch));
    assert_eq!(ask(&manifest("1")), Some(Err(FetchError::NotFound)));
    assert!(ask(&manifest("1")).is_some_and(|answer| answer.is_ok()));
    assert_eq!(ask(&manifest("2")), None);
    assert_eq!(replay.missing(), None);
    for unknown in [
        manifest("1"),
        manifest("3"),
        Fetch::new(manifest("2").resource, 99),
    ] {
        assert_eq!(ask(&unknown), Some(Err(FetchError::NotRecorded)));
    }
    assert_eq!(
        replay.missing().as_deref(),
        Some("manifest r.example/a:1"),
        "the first of them"
    );
}

#[test]
fn answers_of_two_authorities_at_one_address_are_told_apart_in_whichever_order_they_are_asked() {
    let of = |authority: &[u8]| {
        let list = Resource::Revocation {
            url: "http://ca.example/a.crl".to_owned(),
            request: None,
        };
        Fetch::new(list, 9).by(Digest::sha256(authority))
    };
    let recording = Recording::new();
    for name in [&b"a"[..], b"b"] {
        let answer = Fetched::new(&b"list"[..], None, "s").beside(name.to_vec().into());
        let fetcher = recording.fetcher(Always(Ok(answer)));
        now(fetcher.fetch(&of(name))).unwrap().unwrap();
    }
    let bytes = recording.transcript().unwrap().to_bytes().unwrap();
    let replay = Replay::new(Transcript::from_bytes(&bytes).unwrap());
    for name in [&b"b"[..], b"a"] {
        let answer = now(replay.fetch(&of(name))).unwrap().unwrap();
        assert_eq!(answer.verified_before.as_deref(), Some(name));
    }
}

#[test]
fn what_does_not_pass_the_check_of_answers_is_written_down_as_refused() {
    let resource = Resource::Blob {
        repository: "r.example/a".parse().unwrap(),
        digest: Digest::sha256(b"right"),
    };
    let fetch = Fetch::new(resource, 9);
    let recording = Recording::new();
    let fetcher = recording.fetcher(Always(Ok(Fetched::new(&b"wrong"[..], None, "s"))));
    let answer = now(fetcher.fetch(&fetch)).unwrap();
    assert!(matches!(answer, Err(FetchError::DigestMismatch { .. })));
    let transcript = recording.transcript().unwrap();
    assert_eq!(transcript.fetches[0].answer, Some(answer));
}

#[test]
fn an_outage_of_a_transcript_is_none_for_a_live_decision() {
    let witnessed = {
        #[allow(clippy::disallowed_methods, reason = "the test is the transport")]
        Outage::witnessed(OutageCause::Silent, "r.example is silent")
    };
    let recording = Recording::new();
    let live = Err(FetchError::Outage(witnessed.clone()));
    let fetcher = recording.fetcher(Always(live));
    now(fetcher.fetch(&manifest("1"))).unwrap().unwrap_err();
    let bytes = recording.transcript().unwrap().to_bytes().unwrap();
    let replay = Replay::new(Transcript::from_bytes(&bytes).unwrap());
    let replayed = now(replay.fetch(&manifest("1"))).unwrap().unwrap_err();
    let outage = replayed.outage().unwrap().clone();
    assert!(outage.is_replayed() && outage != witnessed);
    assert_eq!(
        replayed.to_string(),
        FetchError::Outage(witnessed.clone()).to_string()
    );
    let all = Outage::of_all(&[witnessed.clone(), outage], "both").unwrap();
    assert_eq!(FetchError::Outage(all).believed_live().outage(), None);
    assert_eq!(replayed.believed_live().outage(), None);
    let seen = FetchError::Outage(witnessed);
    assert_eq!(seen.clone().believed_live(), seen);
}

#[test]
fn a_recording_with_more_than_fits_is_none() {
    let recording = Recording::new();
    let mebibytes = Fetched::new(vec![0; 8 << 20], None, "s");
    let fetcher = recording.fetcher(Always(Ok(mebibytes)));
    let fetch = Fetch::new(manifest("1").resource, 8 << 20);
    for _ in 0..4 {
        now(fetcher.fetch(&fetch)).unwrap().unwrap();
    }
    assert!(recording.transcript().unwrap().to_bytes().is_ok());
    now(fetcher.fetch(&fetch)).unwrap().unwrap();
    assert!(matches!(
        recording.transcript(),
        Err(TranscriptError::TooLarge { .. })
    ));
}

/// Remembers nothing and keeps nothing.
struct Forgetful;

impl StateStore for Forgetful {
    fn load<'a>(&'a self, _: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(std::future::ready(Ok(Stored::Lost)))
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a Bytes>,
        _: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Ok(false)))
    }
}

#[test]
fn remembered_trust_answers_each_image_as_it_did() {
    let key = StateKey::new("cluster", Scheme::custom("toy"), Vec::new(), "r.example/a");
    let recording = Recording::new();
    let memory = recording.memory(&Forgetful, "one");
    assert_eq!(now(memory.load(&key)), Some(Ok(Stored::Lost)));
    let write = |store: &dyn StateStore| now(store.replace_for("n", &key, None, Bytes::new()));
    assert_eq!(write(&memory), Some(Ok(false)));
    let replay = Replay::new(recording.transcript().unwrap());
    let memory = replay.memory("one");
    assert_eq!(write(&memory), Some(Ok(false)));
    assert_eq!(now(memory.load(&key)), Some(Ok(Stored::Lost)));
    assert_eq!(replay.missing(), None);
    let other = replay.memory("two");
    assert!(now(other.load(&key)).unwrap().is_err());
    assert!(replay.missing().is_some());
}

#[test]
fn a_config_map_that_is_not_in_a_transcript_is_called_one() {
    for (name, expected) in [
        ("roots".to_owned(), "secret shop/roots"),
        (
            SecretRecord::name_of_config_map("roots"),
            "ConfigMap shop/roots",
        ),
    ] {
        let replay = Replay::new(Recording::new().transcript().unwrap());
        assert_eq!(replay.secret("shop", &name), None);
        assert_eq!(replay.missing().as_deref(), Some(expected));
    }
}
