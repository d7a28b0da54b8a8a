//! What a verification plug-in of the Notary Project answers, about a signature that holds. Nothing is admitted unless it
//! says so by its name, in its protocol.

#![no_main]

use std::sync::{Arc, LazyLock};

use doorward_core::{
    Budget, Descriptor, FetchError, Fetched, Meter, Pinned, PluginCommand, Resource, Run, Timestamp,
};
use doorward_fuzz::held::Held;
use doorward_notation::{
    Level, NotationSession, PluginRule, SessionInput, Statement, StoreType, TrustStore,
    TrustStores, TrustedIdentities,
};
use doorward_testkit::{CertificateBuilder, EnvelopeBuilder, Image};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const NAME: &str = "com.example.signer";
const METADATA: &str = r#"{"name":"com.example.signer","version":"1.2.0","supportedContractVersions":["1.0"],"capabilities":["SIGNATURE_VERIFIER.TRUSTED_IDENTITY","SIGNATURE_VERIFIER.REVOCATION_CHECK"]}"#;
const VERDICT: &str = r#"{"verificationResults":{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{"success":true},"SIGNATURE_VERIFIER.REVOCATION_CHECK":{"success":true}},"processedAttributes":["io.example.a"]}"#;

#[derive(Arbitrary, Debug)]
struct Input {
    metadata: Said,
    verdict: Said,
    /// Whether it decides alone who the signer may be. It is nobody whom the statement names.
    replaces: bool,
}

/// What a plug-in says: what it should, with a part replaced, or anything.
#[derive(Arbitrary, Debug)]
enum Said {
    Anything(Vec<u8>),
    Changed { at: u16, cut: u8, with: Vec<u8> },
    Well,
}

impl Said {
    fn of(&self, well: &str) -> Vec<u8> {
        match self {
            Self::Anything(bytes) => bytes.clone(),
            Self::Changed { at, cut, with } => {
                let mut bytes = well.as_bytes().to_vec();
                let at = usize::from(*at) % bytes.len();
                let end = bytes.len().min(at + usize::from(*cut));
                bytes.splice(at..end, with.iter().copied());
                bytes
            }
            Self::Well => well.as_bytes().to_vec(),
        }
    }
}

struct World {
    image: Descriptor,
    held: Held,
    stores: Arc<TrustStores>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let root = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&root);
    let image = Image::sample("app").manifest().descriptor();
    let envelope = EnvelopeBuilder::new(&[&leaf, &root], &image)
        .attribute("io.cncf.notary.verificationPlugin", true, NAME)
        .attribute("io.example.a", true, "x")
        .build();
    let mut held = Held::default();
    let kind = "application/vnd.cncf.notary.signature";
    held.attach(&image, &envelope.attached_to(&image), Some(kind));
    let store = TrustStore::read(StoreType::Ca, [root.der()]);
    let stores = TrustStores::new().with("ca:acme".parse().expect("a store"), store);
    World {
        image,
        held,
        stores: Arc::new(stores),
    }
});

fuzz_target!(|input: Input| {
    let World {
        image,
        held,
        stores,
    } = &*WORLD;
    let rule = PluginRule::new(NAME.parse().expect("a name"));
    let (rule, identities) = if input.replaces {
        let nobody = TrustedIdentities::compatible(&["x509.subject: C=US, ST=WA, O=nobody"]);
        (rule.replacing_identity(), nobody.expect("an identity"))
    } else {
        (rule, TrustedIdentities::any())
    };
    let statement = Statement::builder("fuzz", Level::Strict)
        .trust_store("ca:acme".parse().expect("a store"))
        .identities(identities)
        .plugin(rule)
        .build()
        .expect("a statement");
    let repository = "registry.example/app".parse().expect("a repository");
    let pinned = Pinned::new(repository, image.digest.clone());
    let session = SessionInput::new(pinned, Arc::new(statement), Arc::clone(stores), NOW);
    let mut run = Run::new(NotationSession::new(session.described(Some(image.clone()))));
    let mut meter = Meter::new(Budget::default());
    let (metadata, verdict) = (input.metadata.of(METADATA), input.verdict.of(VERDICT));
    let mut asked = 0;
    let judged = run.to_end(&mut meter, |fetch| {
        asked += 1;
        assert!(asked <= 16, "the session does not end");
        match &fetch.resource {
            Resource::Plugin { command, .. } => {
                let said = match command {
                    PluginCommand::GetPluginMetadata => &metadata,
                    PluginCommand::VerifySignature => &verdict,
                };
                Ok(Fetched::new(said.clone(), None, "plug-in"))
            }
            Resource::Revocation { .. } => Err(FetchError::NotFound),
            _ => held.answer(fetch),
        }
    });
    if judged.is_ok() {
        let metadata: Value = serde_json::from_slice(&metadata).expect("it is JSON");
        assert_eq!(metadata["name"], NAME);
        let verdict: Value = serde_json::from_slice(&verdict).expect("it is JSON");
        let of = |capability: &str| {
            let named = metadata["capabilities"].as_array().into_iter().flatten();
            named.clone().any(|one| one == capability)
        };
        let said = |capability: &str| {
            let name = format!("SIGNATURE_VERIFIER.{capability}");
            !of(&name) || verdict["verificationResults"][&name]["success"] == true
        };
        assert!(
            said("TRUSTED_IDENTITY") && said("REVOCATION_CHECK"),
            "{verdict}"
        );
        assert!(!input.replaces || of("SIGNATURE_VERIFIER.TRUSTED_IDENTITY"));
        let processed = verdict["processedAttributes"].as_array();
        assert!(processed.is_some_and(|all| all.iter().any(|one| one == "io.example.a")));
    }
});
