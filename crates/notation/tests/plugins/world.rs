//! A signer, what its certificate says about revocation, and the plug-in.

use std::sync::{Arc, Mutex};

use doorward_core::{
    Answer, Budget, Descriptor, Digest, Fetch, FetchError, Fetched, MediaType, Meter, Pinned,
    PluginCommand, Rejection, Resource, Run, Selector, Timestamp,
};
use doorward_notation::{
    GivenRevocation, Level, NotationSession, PluginRule, SessionInput, Statement, StatementBuilder,
    StoreType, TrustStore, TrustStores, TrustedIdentities,
};
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder, Image};
use serde_json::{Value, json};

use crate::held::{Held, list};

/// 2026-01-01.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
pub(crate) const NAME: &str = "com.example.signer";
pub(crate) const IDENTITY: &str = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";
pub(crate) const REVOCATION: &str = "SIGNATURE_VERIFIER.REVOCATION_CHECK";
pub(crate) const NAMES_IT: &str = "io.cncf.notary.verificationPlugin";
pub(crate) const MINIMUM: &str = "io.cncf.notary.verificationPluginMinVersion";
/// An identity that nobody has.
pub(crate) const NOBODY: &str = "x509.subject: C=US, ST=WA, O=nobody";

/// A signer, what its certificate says about revocation, and the plug-in.
pub(crate) struct World {
    pub(crate) root: Certified,
    pub(crate) leaf: Certified,
    pub(crate) held: Held,
    pub(crate) listed: Vec<Value>,
    pub(crate) given: Option<Vec<u8>>,
    pub(crate) metadata: Answer,
    pub(crate) verdict: Answer,
    pub(crate) asked: Mutex<Vec<(String, PluginCommand, Value)>>,
    pub(crate) authorities: Mutex<usize>,
}

pub(crate) fn image() -> Descriptor {
    Image::sample("app").manifest().descriptor()
}

pub(crate) fn said(value: &Value) -> Answer {
    Ok(Fetched::new(value.to_string(), None, "plug-in"))
}

pub(crate) fn capabilities(of: &[&str]) -> Answer {
    said(&json!({
        "name": NAME, "version": "1.2.0", "supportedContractVersions": ["1.0"], "capabilities": of,
    }))
}

pub(crate) fn yes() -> Value {
    json!({"verificationResults": {IDENTITY: {"success": true}, REVOCATION: {"success": true}},
        "processedAttributes": ["io.example.a"]})
}

pub(crate) fn no(capability: &str) -> Answer {
    let mut verdict = yes();
    verdict["verificationResults"][capability] = json!({"success": false, "reason": "it is\na no"});
    said(&verdict)
}

impl World {
    pub(crate) fn new() -> Self {
        Self::under("root", &CertificateBuilder::code_signer("leaf"))
    }

    /// By a signer below another root.
    pub(crate) fn of_stranger() -> Self {
        let mut world = Self::under("stranger", &CertificateBuilder::code_signer("leaf"));
        world.attach(&world.envelope());
        world
    }

    /// Whose certificate names a list of what was revoked, which cannot be had.
    pub(crate) fn unknown() -> Self {
        let lists = ["http://ca.example/l"];
        Self::under(
            "root",
            &CertificateBuilder::code_signer("leaf").lists(&lists),
        )
    }

    pub(crate) fn under(root: &str, leaf: &CertificateBuilder) -> Self {
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

    pub(crate) fn envelope(&self) -> EnvelopeBuilder {
        EnvelopeBuilder::new(&[&self.leaf, &self.root], &image())
            .attribute(NAMES_IT, true, NAME)
            .attribute("io.example.a", true, "x")
    }

    pub(crate) fn attach(&mut self, envelope: &EnvelopeBuilder) {
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

    pub(crate) fn signed() -> Self {
        let mut world = Self::new();
        world.attach(&world.envelope());
        world
    }

    pub(crate) fn answer(&self, fetch: &Fetch) -> Answer {
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

    pub(crate) fn judge(&self, statement: StatementBuilder) -> Result<(), Rejection> {
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
    pub(crate) fn code(&self) -> Option<String> {
        self.code_by(statement(Level::Strict).plugin(rule()))
    }

    pub(crate) fn code_by(&self, statement: StatementBuilder) -> Option<String> {
        let judged = self.judge(statement);
        judged.err().map(|rejection| rejection.code().to_string())
    }

    pub(crate) fn calls(&self) -> Vec<PluginCommand> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(_, command, _)| *command).collect()
    }
}

pub(crate) fn rule() -> PluginRule {
    PluginRule::new(NAME.parse().unwrap())
}

pub(crate) fn statement(level: Level) -> StatementBuilder {
    by(level, TrustedIdentities::any())
}

pub(crate) fn by(level: Level, identities: TrustedIdentities) -> StatementBuilder {
    Statement::builder("s", level)
        .trust_store("ca:acme".parse().unwrap())
        .identities(identities)
}

pub(crate) fn nobody() -> TrustedIdentities {
    TrustedIdentities::compatible(&[NOBODY]).unwrap()
}

pub(crate) fn some(code: doorward_core::Code) -> Option<String> {
    Some(code.to_string())
}
