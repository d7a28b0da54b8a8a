mod recording;

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
        Resource::Plugin {
            name: "com.example.signer".parse().unwrap(),
            command: crate::PluginCommand::VerifySignature,
            request: Bytes::from_static(b"{}"),
        },
        Resource::Plugin {
            name: "a".parse().unwrap(),
            command: crate::PluginCommand::GetPluginMetadata,
            request: Bytes::new(),
        },
        Resource::Referrers {
            repository: repository(),
            digest: digest(),
        },
        Resource::Referrers {
            repository: "nginx".parse().unwrap(),
            digest: digest(),
        },
        Resource::Revocation {
            url: "http://ca.example/a.crl".to_owned(),
            request: None,
        },
        Resource::Revocation {
            url: "http://ocsp.example".to_owned(),
            request: Some(vec![0x30, 0, 0xff].into()),
        },
        Resource::SignatureExtension {
            repository: "[::1]:5000/a".parse().unwrap(),
            digest: digest(),
        },
        Resource::VulnerabilityStatus {
            repository: "us.icr.io/shop/web".parse().unwrap(),
            digest: digest(),
            account: None,
        },
        Resource::VulnerabilityStatus {
            repository: "us.icr.io/shop/web".parse().unwrap(),
            digest: digest(),
            account: Some("a \"b\"".to_owned()),
        },
    ];
    let mut all: Vec<Fetch> = resources
        .into_iter()
        .map(|resource| Fetch::new(resource, usize::MAX))
        .collect();
    let list = Resource::Revocation {
        url: "http://ca.example/a.crl".to_owned(),
        request: None,
    };
    all.push(Fetch::new(list, 9).by(Digest::sha256(b"authority")));
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
        FetchError::CredentialProvider { detail: detail() },
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
    let newer = Fetched::new(&b"newer"[..], None, "s");
    let beside = newer.clone().beside(Bytes::from_static(b"verified"));
    let known = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    all.push(Ok(beside.clone()));
    all.push(Ok(beside.knowing(known.clone())));
    all.push(Ok(newer.knowing(known)));
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

#[test]
fn a_list_of_referrers_is_of_no_type() {
    let text = String::from_utf8(sample().to_bytes().unwrap()).unwrap();
    let (head, rest) = text.split_once(r#"{"kind":"referrers","#).unwrap();
    let (members, rest) = rest.split_once('}').unwrap();
    for more in [r#""artifactType":null"#, r#""artifactType":"a/b""#] {
        let typed = format!(r#"{head}{{"kind":"referrers",{members},{more}}}{rest}"#);
        let member = "resource";
        assert_eq!(
            Transcript::from_bytes(typed.as_bytes()),
            Err(TranscriptError::Shape { member })
        );
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
