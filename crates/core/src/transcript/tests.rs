use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{
    Answer, Basic, Digest, Distrust, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Handshake,
    Outage, OutageCause, Resource, Scheme, Selector, ServerTrouble, StateError, StateFuture,
    StateKey, StateStore, Stored, Timestamp,
};

const PASSWORD: &str = "hunter2-hunter2";
const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0sWxatPabB8h+4ulmaenBR2mo6Ta\n\
    cOTmMg4FquhNhmlbEwgB1c2G9/+u0R4GhApdSQqPjdPiuqBqn/ZKeplh7g==\n\
    -----END PUBLIC KEY-----\n";

/// Polls once: nothing here waits.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

fn manifest(tag: &str) -> Fetch {
    let resource = Resource::Manifest {
        repository: "r.example/a".parse().unwrap(),
        selector: Selector::Tag(tag.parse().unwrap()),
    };
    Fetch::new(resource, 100)
}

fn lookaside(url: &str) -> Fetch {
    let resource = Resource::Lookaside {
        url: url.to_owned(),
        access: Some(Basic::new("alice", PASSWORD)),
    };
    Fetch::new(resource, 100)
}

fn every_resource() -> Vec<Fetch> {
    let repository = || "R.example:5000/a/b".parse().unwrap();
    let digest = || Digest::sha256(b"x");
    let resources = [
        Resource::Blob {
            repository: repository(),
            digest: digest(),
        },
        Resource::Manifest {
            repository: repository(),
            selector: Selector::Digest(digest()),
        },
        Resource::NotaryMetadata {
            servers: vec!["https://one.example".to_owned(), "http://t".to_owned()],
            gun: repository(),
            file: "timestamp.json".to_owned(),
        },
        Resource::Referrers {
            repository: repository(),
            digest: digest(),
            artifact_type: Some(crate::MediaType::OCI_INDEX),
        },
        Resource::Referrers {
            repository: "nginx".parse().unwrap(),
            digest: digest(),
            artifact_type: None,
        },
        Resource::SignatureExtension {
            repository: "[::1]:5000/a".parse().unwrap(),
            digest: digest(),
        },
    ];
    let mut all: Vec<Fetch> = resources
        .into_iter()
        .map(|resource| Fetch::new(resource, usize::MAX))
        .collect();
    all.push(manifest("v1.0_x"));
    all.push(lookaside("https://s.example/a@b/c"));
    all.push(lookaside("file:///srv/a"));
    all
}

fn every_answer() -> Vec<Answer> {
    let detail = || "a \"detail\"\u{1}\u{e4}\u{2028}".to_owned();
    let shake = |distrust| {
        FetchError::Handshake(Handshake {
            host: "r.example:1".to_owned(),
            distrust,
        })
    };
    let out = |cause| FetchError::Outage(Outage::replayed(cause, detail()));
    let mut all: Vec<Answer> = [
        FetchError::AddressNotAllowed { detail: detail() },
        FetchError::DigestMismatch {
            expected: Digest::sha256(b"1"),
            actual: Digest::sha256(b"2"),
        },
        shake(Distrust::NameMismatch(vec!["a".to_owned(), String::new()])),
        shake(Distrust::NameMismatch(Vec::new())),
        shake(Distrust::NotTls),
        shake(Distrust::Expired),
        shake(Distrust::NotYetValid),
        shake(Distrust::Revoked),
        shake(Distrust::UnknownIssuer(None)),
        shake(Distrust::UnknownIssuer(Some("CN".to_owned()))),
        shake(Distrust::Other("what".to_owned())),
        FetchError::Insecure { detail: detail() },
        FetchError::Internal { detail: detail() },
        FetchError::Malformed { detail: detail() },
        FetchError::NotAsked { detail: detail() },
        FetchError::NotFound,
        FetchError::NotInLayout { detail: detail() },
        FetchError::NotRecorded,
        FetchError::NotSupported,
        out(OutageCause::ConnectionLost),
        out(OutageCause::ConnectionRefused),
        out(OutageCause::NameNotResolved),
        out(OutageCause::NoConnection),
        out(OutageCause::NoRoute),
        out(OutageCause::Silent),
        out(OutageCause::Trouble(ServerTrouble::of(503).unwrap())),
        FetchError::TooLarge { limit: usize::MAX },
        FetchError::Unauthorized { detail: detail() },
        FetchError::Unavailable { detail: detail() },
    ]
    .into_iter()
    .map(Err)
    .collect();
    all.push(Ok(Fetched::new(
        vec![0, 255, b'"'],
        Some(crate::MediaType::OCI_INDEX),
        "https://r.example/v2",
    )));
    all.push(Ok(Fetched::new(Bytes::new(), None, "")));
    all
}

fn sample() -> Transcript {
    let mut fetches: Vec<FetchRecord> = every_resource()
        .iter()
        .map(|fetch| FetchRecord::new(Asked::of(fetch)))
        .collect();
    for (number, answer) in every_answer().into_iter().enumerate() {
        let mut record = FetchRecord::new(Asked::of(&manifest(&format!("t{number}"))));
        record.answer = Some(answer);
        fetches.push(record);
    }
    let remembered = [
        None,
        Some(MemoryAnswer::Loaded(Ok(Stored::Nothing))),
        Some(MemoryAnswer::Loaded(Ok(Stored::Lost))),
        Some(MemoryAnswer::Loaded(Ok(Stored::Found(Bytes::from_static(
            b"m",
        ))))),
        Some(MemoryAnswer::Loaded(Err(StateError::Invalid {
            detail: "x".to_owned(),
        }))),
        Some(MemoryAnswer::Loaded(Err(StateError::Full {
            detail: "x".to_owned(),
        }))),
        Some(MemoryAnswer::Replaced(Ok(true))),
        Some(MemoryAnswer::Replaced(Ok(false))),
        Some(MemoryAnswer::Replaced(Err(StateError::Unavailable {
            detail: String::new(),
        }))),
    ];
    let memory = remembered.map(|answer| MemoryRecord {
        image: "r.example/a:1".to_owned(),
        key: Digest::sha256(b"key"),
        about: "it".to_owned(),
        answer,
    });
    let public = BTreeMap::from([
        ("publicKey".to_owned(), Bytes::from_static(KEY.as_bytes())),
        ("name".to_owned(), Bytes::from_static(b"alice")),
    ]);
    Transcript {
        program: "test 1".to_owned(),
        at: Timestamp::from_unix(-1),
        namespace: Some("shop".to_owned()),
        images: vec!["r.example/a:1".to_owned(), "\u{0}".to_owned()],
        settings: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        policies: vec![PolicyText {
            source: "p.yaml".into(),
            text: "{\"kind\": \"x\"}\n".into(),
        }],
        secrets: vec![
            SecretRecord::new("a", "b", Found::Public(public)),
            SecretRecord::new("a", "c", Found::Nothing),
            SecretRecord::new("a", "d", Found::Invalid("no".to_owned())),
            SecretRecord::new("a", "e", Found::Unavailable("no".to_owned())),
            SecretRecord::of("a", "f", true, [("password", &b"\xff"[..])]),
        ],
        names: vec![
            NameRecord {
                repository: "nginx".parse().unwrap(),
                located: "m.example/hub/nginx".parse().unwrap(),
                other_name: None,
            },
            NameRecord {
                repository: "r.example/a".parse().unwrap(),
                located: "r.example/a".parse().unwrap(),
                other_name: Some("r.example:80".parse().unwrap()),
            },
        ],
        fetches,
        memory: memory.to_vec(),
        report: Some(Digest::sha256(b"report")),
    }
}

#[test]
fn what_is_written_is_read_again_with_every_kind_of_answer_and_resource() {
    let sample = sample();
    let bytes = sample.to_bytes().unwrap();
    assert_eq!(Transcript::from_bytes(&bytes), Ok(sample));
    let nothing = Transcript::default();
    let bytes = nothing.to_bytes().unwrap();
    assert_eq!(Transcript::from_bytes(&bytes), Ok(nothing));
}

#[test]
fn the_format_is_this_one() {
    let mut transcript = Transcript::default();
    let mut record = FetchRecord::new(Asked::of(&lookaside("https://s.example/a?token=x")));
    record.answer = Some(Ok(Fetched::new(
        &b"hi"[..],
        None,
        "https://s.example/a?token=x",
    )));
    record.answer = record.answer.map(|answer| answer::kept(&answer));
    transcript.fetches.push(record);
    let text = String::from_utf8(transcript.to_bytes().unwrap()).unwrap();
    let (head, decision) = text.split_once(",\"decision\":").unwrap();
    assert!(
        head.starts_with(
            r#"{"apiVersion":"transcript.doorward.dev/v1","kind":"DecisionTranscript","digest":"sha256:"#
        ),
        "{head}"
    );
    assert_eq!(
        decision,
        concat!(
            r#"{"program":"","at":0,"namespace":null,"images":[],"settings":{},"policies":[],"secrets":[],"names":[],"#,
            r#""fetches":[{"resource":{"kind":"lookaside","url":"https://s.example/a"},"maxBytes":100,"answer":"#,
            r#"{"outcome":"fetched","mediaType":null,"source":"https://s.example/a","bytes":"aGk="}}],"#,
            r#""memory":[],"report":null}}"#,
            "\n"
        )
    );
}

#[test]
fn the_same_content_in_other_bytes_is_no_transcript() {
    let bytes = sample().to_bytes().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    for (other, error) in [
        (format!("{text}\n"), TranscriptError::NotCanonical),
        (text.trim_end().to_owned(), TranscriptError::NotCanonical),
        (
            text.replacen("\"at\":-1", "\"at\": -1", 1),
            TranscriptError::NotCanonical,
        ),
        (
            text.replacen("\"at\":-1", "\"at\":-2", 1),
            TranscriptError::Changed,
        ),
        (
            text.replacen("\"shop\"", "\"sh\\u006fp\"", 1),
            TranscriptError::NotCanonical,
        ),
        (
            text.replacen("dev/v1", "dev/v2", 1),
            TranscriptError::Version,
        ),
        (
            text.replacen("\"at\":-1", "\"at\":-1,\"more\":1", 1),
            TranscriptError::Shape {
                member: "namespace",
            },
        ),
    ] {
        assert_eq!(Transcript::from_bytes(other.as_bytes()), Err(error));
    }
}

proptest! {
    #[test]
    fn a_transcript_with_a_changed_byte_is_none(place: prop::sample::Index, mask in 1..=255_u8) {
        let mut bytes = sample().to_bytes().unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= mask;
        prop_assert!(Transcript::from_bytes(&bytes).is_err());
    }

    #[test]
    fn the_beginning_of_a_transcript_is_none(end: prop::sample::Index) {
        let bytes = sample().to_bytes().unwrap();
        prop_assert!(Transcript::from_bytes(&bytes[..end.index(bytes.len())]).is_err());
    }
}

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
    recording.secret(SecretRecord::of(
        "a",
        "b",
        true,
        [
            ("username", &b"alice"[..]),
            ("password", PASSWORD.as_bytes()),
        ],
    ));
    let transcript = recording.transcript().unwrap();
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
    let key = StateKey::new("cluster", Scheme::NOTARY, Vec::new(), "r.example/a");
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
