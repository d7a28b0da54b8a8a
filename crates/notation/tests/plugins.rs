//! Signatures that name a plug-in, and what plug-ins say about them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod held;

use std::sync::{Arc, Mutex};

use doorward_core::{
    Action, Answer, Budget, Class, Descriptor, Digest, Fetch, FetchError, Fetched, MediaType,
    Meter, Pinned, PluginCommand, Rejection, Resource, Run, Selector, Timestamp,
};
use doorward_notation::{
    GivenRevocation, Level, NotationSession, PluginRule, SessionInput, Statement, StatementBuilder,
    StoreType, TrustStore, TrustStores, TrustedIdentities, ValidationKind, codes,
};
use doorward_testkit::{
    CertificateBuilder, Certified, EnvelopeBuilder, EnvelopeKind, Image, ListBuilder,
    ListedCertificate, outage,
};
use held::{Held, list};
use serde_json::{Value, json};

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const NAME: &str = "com.example.signer";
const IDENTITY: &str = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";
const REVOCATION: &str = "SIGNATURE_VERIFIER.REVOCATION_CHECK";
const NAMES_IT: &str = "io.cncf.notary.verificationPlugin";
const MINIMUM: &str = "io.cncf.notary.verificationPluginMinVersion";
/// An identity that nobody has.
const NOBODY: &str = "x509.subject: C=US, ST=WA, O=nobody";

/// A signer, what its certificate says about revocation, and the plug-in.
struct World {
    root: Certified,
    leaf: Certified,
    held: Held,
    listed: Vec<Value>,
    given: Option<Vec<u8>>,
    metadata: Answer,
    verdict: Answer,
    asked: Mutex<Vec<(String, PluginCommand, Value)>>,
    authorities: Mutex<usize>,
}

fn image() -> Descriptor {
    Image::sample("app").manifest().descriptor()
}

fn said(value: &Value) -> Answer {
    Ok(Fetched::new(value.to_string(), None, "plug-in"))
}

fn capabilities(of: &[&str]) -> Answer {
    said(&json!({
        "name": NAME, "version": "1.2.0", "supportedContractVersions": ["1.0"], "capabilities": of,
    }))
}

fn yes() -> Value {
    json!({"verificationResults": {IDENTITY: {"success": true}, REVOCATION: {"success": true}},
        "processedAttributes": ["io.example.a"]})
}

fn no(capability: &str) -> Answer {
    let mut verdict = yes();
    verdict["verificationResults"][capability] = json!({"success": false, "reason": "it is\na no"});
    said(&verdict)
}

impl World {
    fn new() -> Self {
        Self::under("root", &CertificateBuilder::code_signer("leaf"))
    }

    /// By a signer below another root.
    fn of_stranger() -> Self {
        let mut world = Self::under("stranger", &CertificateBuilder::code_signer("leaf"));
        world.attach(&world.envelope());
        world
    }

    /// Whose certificate names a list of what was revoked, which cannot be had.
    fn unknown() -> Self {
        let lists = ["http://ca.example/l"];
        Self::under(
            "root",
            &CertificateBuilder::code_signer("leaf").lists(&lists),
        )
    }

    fn under(root: &str, leaf: &CertificateBuilder) -> Self {
        let root = CertificateBuilder::authority(root).self_signed();
        Self {
            leaf: leaf.issued_by(&root),
            root,
            held: Held::default(),
            listed: Vec::new(),
            given: None,
            metadata: capabilities(&[IDENTITY, REVOCATION]),
            verdict: said(&yes()),
            asked: Mutex::default(),
            authorities: Mutex::default(),
        }
    }

    fn envelope(&self) -> EnvelopeBuilder {
        EnvelopeBuilder::new(&[&self.leaf, &self.root], &image())
            .attribute(NAMES_IT, true, NAME)
            .attribute("io.example.a", true, "x")
    }

    fn attach(&mut self, envelope: &EnvelopeBuilder) {
        let envelope = envelope.build();
        let attached = envelope.attached_to(&image());
        let bytes = attached.manifest().bytes();
        self.held.put(envelope.media_type(), envelope.bytes());
        let digest: Digest = self.held.put(&MediaType::OCI_MANIFEST, bytes);
        self.listed.push(json!({
            "mediaType": MediaType::OCI_MANIFEST, "digest": digest.as_str(), "size": bytes.len(),
            "artifactType": "application/vnd.cncf.notary.signature",
        }));
    }

    fn signed() -> Self {
        let mut world = Self::new();
        world.attach(&world.envelope());
        world
    }

    fn answer(&self, fetch: &Fetch) -> Answer {
        match &fetch.resource {
            Resource::Referrers { .. } => list(&self.listed),
            Resource::Manifest {
                selector: Selector::Tag(_),
                ..
            } => list(&[]),
            Resource::Revocation { .. } => {
                *self.authorities.lock().unwrap() += 1;
                Err(FetchError::NotFound)
            }
            Resource::Plugin {
                name,
                command,
                request,
            } => {
                let request = serde_json::from_slice(request).unwrap();
                let asked = (name.to_string(), *command, request);
                self.asked.lock().unwrap().push(asked);
                match command {
                    PluginCommand::GetPluginMetadata => self.metadata.clone(),
                    PluginCommand::VerifySignature => self.verdict.clone(),
                }
            }
            _ => self.held.answer(fetch),
        }
    }

    fn judge(&self, statement: StatementBuilder) -> Result<(), Rejection> {
        let store = TrustStore::read(StoreType::Ca, [self.root.der()]);
        let given = GivenRevocation::read(self.given.clone()).unwrap();
        let stores = TrustStores::new()
            .with("ca:acme".parse().unwrap(), store)
            .with_revocation(Arc::new(given));
        let repository = "registry.example/app".parse().unwrap();
        let pinned = Pinned::new(repository, image().digest);
        let statement = Arc::new(statement.build().unwrap());
        let input = SessionInput::new(pinned, statement, Arc::new(stores), NOW);
        let mut run = Run::new(NotationSession::new(input.described(Some(image()))));
        let mut meter = Meter::new(Budget::default());
        run.to_end(&mut meter, |fetch| self.answer(fetch)).map(drop)
    }

    /// By a statement at the level `strict` that allows the plug-in.
    fn code(&self) -> Option<String> {
        self.code_by(statement(Level::Strict).plugin(rule()))
    }

    fn code_by(&self, statement: StatementBuilder) -> Option<String> {
        let judged = self.judge(statement);
        judged.err().map(|rejection| rejection.code().to_string())
    }

    fn calls(&self) -> Vec<PluginCommand> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(_, command, _)| *command).collect()
    }
}

fn rule() -> PluginRule {
    PluginRule::new(NAME.parse().unwrap())
}

fn statement(level: Level) -> StatementBuilder {
    by(level, TrustedIdentities::any())
}

fn by(level: Level, identities: TrustedIdentities) -> StatementBuilder {
    Statement::builder("s", level)
        .trust_store("ca:acme".parse().unwrap())
        .identities(identities)
}

fn nobody() -> TrustedIdentities {
    TrustedIdentities::compatible(&[NOBODY]).unwrap()
}

fn some(code: doorward_core::Code) -> Option<String> {
    Some(code.to_string())
}

#[test]
fn a_plug_in_that_says_yes_to_all_that_it_is_asked_lets_a_good_signature_hold() {
    for kind in [EnvelopeKind::Jws, EnvelopeKind::Cose] {
        let mut world = World::new();
        world.attach(
            &world
                .envelope()
                .kind(kind)
                .attribute(MINIMUM, true, "1.2.0"),
        );
        assert_eq!(world.code(), None);
        assert_eq!(
            world.calls(),
            [
                PluginCommand::GetPluginMetadata,
                PluginCommand::VerifySignature
            ]
        );
    }
}

#[test]
fn a_plug_in_is_asked_as_the_reference_asks() {
    let mut world = World::new();
    world.attach(&world.envelope().attribute("io.example.b", false, "y"));
    let mut verdict = yes();
    verdict["processedAttributes"] = json!(["io.example.b", "io.example.a"]);
    world.verdict = said(&verdict);
    assert_eq!(world.code(), None);
    let asked = world.asked.lock().unwrap();
    assert_eq!(
        asked[0],
        (NAME.to_owned(), PluginCommand::GetPluginMetadata, json!({}))
    );
    let chain = asked[1].2["signature"]["certificateChain"].clone();
    assert_eq!(chain.as_array().unwrap().len(), 2);
    let expected = json!({
        "contractVersion": "1.0",
        "signature": {
            "criticalAttributes": {
                "contentType": "application/vnd.cncf.notary.payload.v1+json",
                "signingScheme": "notary.x509",
                "expiry": "0001-01-01T00:00:00Z",
                "extendedAttributes": {"io.example.a": "x", "io.example.b": "y"},
            },
            "unprocessedAttributes": ["io.example.a", "io.example.b"],
            "certificateChain": chain,
        },
        "trustPolicy": {"trustedIdentities": ["*"], "signatureVerification": [IDENTITY, REVOCATION]},
    });
    assert_eq!(asked[1].2, expected);
}

#[test]
fn a_signer_cannot_choose_a_plug_in_that_the_policy_does_not_allow() {
    let world = World::signed();
    let other = PluginRule::new("com.example.signe".parse().unwrap());
    for builder in [
        statement(Level::Audit),
        statement(Level::Audit).plugin(other),
    ] {
        assert_eq!(world.code_by(builder), some(codes::PLUGIN_UNAVAILABLE));
    }
    assert_eq!(world.calls(), []);
    for (name, value) in [
        (NAMES_IT, ""),
        (NAMES_IT, "../../x"),
        (NAMES_IT, "COM.example.signer"),
        (MINIMUM, "1.0.0"),
    ] {
        let mut world = World::new();
        let envelope = EnvelopeBuilder::new(&[&world.leaf, &world.root], &image());
        world.attach(&envelope.attribute(name, true, value));
        assert_eq!(
            world.code(),
            some(codes::PLUGIN_UNAVAILABLE),
            "{name} {value}"
        );
        assert_eq!(world.calls(), []);
    }
}

#[test]
fn a_stranger_cannot_make_a_plug_in_run() {
    let stranger = World::of_stranger();
    let mut world = World::new();
    world.held = stranger.held;
    world.listed = stranger.listed;
    for level in [Level::Strict, Level::Permissive] {
        let code = world.code_by(statement(level).plugin(rule()));
        assert_eq!(code, some(codes::UNTRUSTED_ROOT));
    }
    let code = world.code_by(statement(Level::Audit).plugin(rule()));
    assert_eq!(code, some(codes::PLUGIN_FAILED));
    assert_eq!(world.calls(), []);
}

#[test]
fn nothing_that_is_refused_without_a_plug_in_has_one_run() {
    let mut expired = World::new();
    expired.attach(&expired.envelope().expires(NOW.plus(-1)));
    let mut forged = World::new();
    forged.attach(&forged.envelope().forged());
    let listed = World::signed();
    for world in [&expired, &forged] {
        assert!(world.code().is_some());
        assert_eq!(world.calls(), []);
    }
    let code = listed.code_by(by(Level::Strict, nobody()).plugin(rule()));
    assert_eq!(code, some(codes::UNTRUSTED_IDENTITY));
    assert_eq!(listed.calls(), []);
}

#[test]
fn a_plug_in_that_gives_no_answer_is_a_failed_validation_and_no_outage() {
    let detail = || "x".to_owned();
    let errors = [
        FetchError::Unavailable { detail: detail() },
        outage("x"),
        FetchError::Unauthorized { detail: detail() },
        FetchError::TooLarge { limit: 7 },
        FetchError::Malformed { detail: detail() },
        FetchError::NotFound,
        FetchError::NotAsked { detail: detail() },
        FetchError::Internal { detail: detail() },
    ];
    for error in errors {
        for about_metadata in [true, false] {
            let mut world = World::signed();
            let slot = if about_metadata {
                &mut world.metadata
            } else {
                &mut world.verdict
            };
            *slot = Err(error.clone());
            for level in [Level::Strict, Level::Audit] {
                let refused = world.judge(statement(level).plugin(rule())).unwrap_err();
                assert_eq!(refused.code(), codes::PLUGIN_FAILED, "{error}");
                assert_eq!(refused.class(), Class::Untrusted);
                assert_eq!(refused.outage(), None);
            }
        }
    }
}

#[test]
fn without_a_host_no_plug_in_is_there() {
    let mut world = World::signed();
    world.metadata = Err(FetchError::NotSupported);
    for level in [Level::Strict, Level::Audit] {
        let code = world.code_by(statement(level).plugin(rule()));
        assert_eq!(code, some(codes::PLUGIN_UNAVAILABLE));
    }
    assert!(
        world
            .calls()
            .iter()
            .all(|call| *call == PluginCommand::GetPluginMetadata)
    );
}

#[test]
fn what_a_transcript_does_not_have_is_not_taken_for_a_failure_of_the_plug_in() {
    let mut world = World::signed();
    world.verdict = Err(FetchError::NotRecorded);
    assert_eq!(world.code().as_deref(), Some("transcript-not-recorded"));
}

#[test]
fn a_plug_in_that_lies_or_says_too_little_fails_at_every_level() {
    let mut empty = yes();
    empty["processedAttributes"] = json!([]);
    let mut half = yes();
    half["verificationResults"]
        .as_object_mut()
        .unwrap()
        .remove(REVOCATION);
    let good = capabilities(&[IDENTITY, REVOCATION]);
    let liar = json!({"name": "com.example.other", "version": "1.2.0",
        "supportedContractVersions": ["1.0"], "capabilities": [IDENTITY]});
    for (metadata, verdict) in [
        (said(&liar), said(&yes())),
        (capabilities(&[]), said(&yes())),
        (capabilities(&["SIGNATURE_GENERATOR.RAW"]), said(&yes())),
        (said(&json!({})), said(&yes())),
        (good.clone(), said(&empty)),
        (good.clone(), said(&half)),
        (good.clone(), said(&json!({}))),
        (good, Ok(Fetched::new(&b"no JSON"[..], None, "x"))),
    ] {
        let mut world = World::signed();
        world.metadata = metadata;
        world.verdict = verdict;
        for level in [Level::Strict, Level::Audit] {
            let code = world.code_by(statement(level).plugin(rule()));
            assert_eq!(code, some(codes::PLUGIN_FAILED));
        }
    }
}

#[test]
fn a_plug_in_older_than_the_signer_demands_gives_no_verdict() {
    for (minimum, code) in [
        ("1.2.0", None),
        ("1.1.99", None),
        ("1.2.1", some(codes::PLUGIN_FAILED)),
        ("2.0.0", some(codes::PLUGIN_FAILED)),
        ("1.2", some(codes::PLUGIN_UNAVAILABLE)),
        ("", some(codes::PLUGIN_UNAVAILABLE)),
    ] {
        let mut world = World::new();
        world.attach(&world.envelope().attribute(MINIMUM, true, minimum));
        assert_eq!(world.code(), code, "{minimum}");
    }
}

#[test]
fn a_plug_in_that_says_no_is_heard_with_its_reason() {
    for capability in [IDENTITY, REVOCATION] {
        let mut world = World::signed();
        world.verdict = no(capability);
        let refused = world
            .judge(statement(Level::Strict).plugin(rule()))
            .unwrap_err();
        assert_eq!(refused.code(), codes::PLUGIN_REFUSED);
        assert!(refused.to_string().contains("it is\\na no"), "{refused}");
        // What a level only logs it only logs of a plug-in.
        assert_eq!(world.code_by(statement(Level::Audit).plugin(rule())), None);
        let replacing = rule().replacing_identity().replacing_revocation();
        assert_eq!(
            world.code_by(statement(Level::Strict).plugin(replacing)),
            some(codes::PLUGIN_REFUSED)
        );
    }
}

#[test]
fn a_plug_in_does_not_widen_the_identities_unless_the_policy_says_so_by_name() {
    let world = World::signed();
    let strict = || by(Level::Strict, nobody());
    assert_eq!(
        world.code_by(strict().plugin(rule())),
        some(codes::UNTRUSTED_IDENTITY)
    );
    let revocation_only = rule().replacing_revocation();
    assert_eq!(
        world.code_by(strict().plugin(revocation_only)),
        some(codes::UNTRUSTED_IDENTITY)
    );
    let replacing = || rule().replacing_identity();
    assert_eq!(world.code_by(strict().plugin(replacing())), None);
    // What it cannot do, it does not replace.
    let mut world = World::signed();
    world.metadata = capabilities(&[REVOCATION]);
    assert_eq!(
        world.code_by(strict().plugin(replacing())),
        some(codes::UNTRUSTED_IDENTITY)
    );
    // Nor is it asked in place of the trust stores.
    let stranger = World::of_stranger();
    world.held = stranger.held;
    world.listed = stranger.listed;
    assert_eq!(
        world.code_by(strict().plugin(replacing())),
        some(codes::UNTRUSTED_ROOT)
    );
}

#[test]
fn a_plug_in_does_not_silence_revocation_unless_the_policy_says_so_by_name() {
    let mut world = World::unknown();
    world.attach(&world.envelope());
    assert_eq!(world.code(), some(codes::REVOCATION_UNKNOWN));
    // The failure is certain, so the plug-in is not asked for its verdict.
    assert_eq!(world.calls(), [PluginCommand::GetPluginMetadata]);
    let identity_only = statement(Level::Strict).plugin(rule().replacing_identity());
    assert_eq!(
        world.code_by(identity_only),
        some(codes::REVOCATION_UNKNOWN)
    );
    let asked = *world.authorities.lock().unwrap();
    let replacing = || statement(Level::Strict).plugin(rule().replacing_revocation());
    assert_eq!(world.code_by(replacing()), None);
    assert_eq!(*world.authorities.lock().unwrap(), asked);
    world.metadata = capabilities(&[IDENTITY]);
    assert_eq!(world.code_by(replacing()), some(codes::REVOCATION_UNKNOWN));
}

#[test]
fn a_plug_in_that_decides_about_revocation_decides_also_where_a_list_was_given() {
    let leaf = CertificateBuilder::code_signer("leaf").serial(7);
    let mut world = World::under("root", &leaf);
    world.attach(&world.envelope());
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW.plus(-3600),
        reason: None,
        invalid_since: None,
    };
    world.given = Some(ListBuilder::new(&world.root, NOW).entry(revoked).build());
    assert_eq!(world.code(), some(codes::REVOKED));
    let replacing = || statement(Level::Strict).plugin(rule().replacing_revocation());
    assert_eq!(world.code_by(replacing()), None);
    world.verdict = no(REVOCATION);
    assert_eq!(world.code_by(replacing()), some(codes::PLUGIN_REFUSED));
    world.metadata = capabilities(&[IDENTITY]);
    assert_eq!(world.code_by(replacing()), some(codes::REVOKED));
}

#[test]
fn where_revocation_is_skipped_no_plug_in_is_asked_about_it() {
    let mut world = World::signed();
    world.verdict = no(REVOCATION);
    let skipping = statement(Level::Strict)
        .overriding(ValidationKind::Revocation, Action::Skip)
        .plugin(rule());
    assert_eq!(world.code_by(skipping), None);
    let asked = world.asked.lock().unwrap();
    assert_eq!(
        asked[1].2["trustPolicy"]["signatureVerification"],
        json!([IDENTITY])
    );
}

#[test]
fn many_signatures_ask_what_a_plug_in_is_once_and_for_each_verdict_once() {
    let mut world = World::new();
    world.verdict = no(IDENTITY);
    for number in 0..5 {
        let number = number.to_string();
        world.attach(&world.envelope().attribute("io.example.n", false, &number));
    }
    let mut verdict = yes();
    verdict["processedAttributes"] = json!(["io.example.a", "io.example.n"]);
    verdict["verificationResults"][IDENTITY] = json!({"success": false});
    world.verdict = said(&verdict);
    assert_eq!(world.code(), some(codes::NO_ACCEPTED_SIGNATURE));
    let calls = world.calls();
    let metadata = calls
        .iter()
        .filter(|call| **call == PluginCommand::GetPluginMetadata);
    assert_eq!((metadata.count(), calls.len()), (1, 6));
}

#[test]
fn a_plug_in_that_fails_for_one_signature_takes_nothing_from_another() {
    let mut world = World::signed();
    world.metadata = Err(FetchError::NotSupported);
    let plain = EnvelopeBuilder::new(&[&world.leaf, &world.root], &image());
    world.attach(&plain);
    assert_eq!(world.code(), None);
}

#[test]
fn a_statement_allows_each_plug_in_once_and_no_more_than_sixteen() {
    let twice = statement(Level::Strict)
        .plugin(rule())
        .plugin(rule().replacing_identity());
    assert!(twice.build().is_err());
    let many = |count: usize| {
        (0..count).fold(statement(Level::Strict), |builder, number| {
            builder.plugin(PluginRule::new(format!("p{number}").parse().unwrap()))
        })
    };
    assert!(many(16).build().is_ok() && many(17).build().is_err());
}
