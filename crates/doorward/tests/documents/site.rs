//! A registry with an image, policies that demand documents, and signers.

use std::sync::Arc;

use doorward::core::{Descriptor, Digest, Fetcher, MediaType, Tag, Timestamp};
use doorward::policy::PolicySet;
use doorward::{Context, Decision, Engine, KeySources, Rules, StaticSecrets, Verdict};
use doorward_testkit::{
    Blob, CertificateBuilder, Certified, EnvelopeBuilder, Image, ImageBuilder, Registry,
};
use serde_json::json;

use crate::namespace::{context, fetcher, policies, policy_of, root_secret};

pub(crate) use crate::namespace::NOW;
pub(crate) const HOUR: i64 = 3600;
const EMPTY: MediaType = MediaType::from_static("application/vnd.oci.empty.v1+json");
const REPOSITORY: &str = "team/app";

pub(crate) struct Site {
    pub(crate) registry: Registry,
    pub(crate) root: Certified,
    /// Who makes reports.
    pub(crate) scanner: Certified,
    /// Who says which vulnerabilities matter.
    pub(crate) security: Certified,
    /// Somebody whom nobody trusts.
    pub(crate) stranger: Certified,
    pub(crate) image: Image,
    secrets: StaticSecrets,
    rules: Rules,
    pub(crate) engine: Engine,
    fetcher: Arc<dyn Fetcher>,
}

/// A signature by the certificate with this common name.
pub(crate) fn by(name: &str) -> String {
    format!(
        "{{notation: {{trustStores: [{{type: ca, secret: acme}}], trustedIdentities: ['x509.subject: C=US, ST=WA, \
         O=Acme, CN={name}']}}}}"
    )
}

/// That no finding is graver than `high`, and more.
pub(crate) fn report(more: &str) -> String {
    format!(
        "vulnerability: {{report: {{maxSeverity: high, signedBy: {}{more}}}}}",
        by("scanner")
    )
}

/// That there is a document of this type, and more.
pub(crate) fn attestation(kind: &str, more: &str) -> String {
    format!(
        "attestations: [{{artifactType: {kind}, signedBy: {}{more}}}]",
        by("scanner")
    )
}

fn subject(name: &str) -> Vec<(&'static str, String)> {
    [
        ("2.5.4.6", "US"),
        ("2.5.4.8", "WA"),
        ("2.5.4.10", "Acme"),
        ("2.5.4.3", name),
    ]
    .map(|(oid, value)| (oid, value.to_owned()))
    .to_vec()
}

pub(crate) fn named(builder: CertificateBuilder, name: &str) -> CertificateBuilder {
    let subject = subject(name);
    let subject: Vec<(&str, &str)> = subject
        .iter()
        .map(|(oid, value)| (*oid, value.as_str()))
        .collect();
    builder.subject(&subject)
}

impl Site {
    /// A site whose policy demands this.
    pub(crate) async fn under(body: &str) -> Self {
        Self::with(body, true).await
    }

    pub(crate) async fn with(body: &str, api: bool) -> Self {
        let registry = Registry::builder().referrers(api).start().await;
        let image = Image::sample("app");
        registry.push_image(REPOSITORY, "1", &image);
        let root = CertificateBuilder::authority("root").self_signed();
        let strange = CertificateBuilder::authority("strange").self_signed();
        let signer = |name: &str, root: &Certified| {
            named(CertificateBuilder::code_signer(name), name).issued_by(root)
        };
        let mut secrets = StaticSecrets::default();
        secrets.insert("shop", "acme", root_secret(&root));
        let mut site = Self {
            scanner: signer("scanner", &root),
            security: signer("security", &root),
            stranger: signer("scanner", &strange),
            fetcher: fetcher(&registry),
            engine: Engine::default(),
            rules: Rules::Policies(Arc::new(PolicySet::default())),
            registry,
            root,
            image,
            secrets,
        };
        site.govern(body);
        site
    }

    /// Puts a policy with this body into force.
    pub(crate) fn govern(&mut self, body: &str) {
        let policy = policy_of(&self.registry, &format!(" {{{body}}}\n"));
        let (set, mistakes) = policies(&policy);
        assert!(mistakes.is_empty(), "{mistakes:?}\n{policy}");
        self.rules = Rules::Policies(Arc::new(set));
    }

    pub(crate) fn secret(&mut self, name: &str, certificate: &Certified) {
        self.secrets.insert("shop", name, root_secret(certificate));
    }

    pub(crate) fn subject(&self) -> Descriptor {
        self.image.manifest().descriptor()
    }

    pub(crate) fn digest(&self) -> Digest {
        self.image.digest().clone()
    }

    /// A manifest that attaches this content to the image.
    pub(crate) fn document(&self, kind: &'static str, content: &str) -> Image {
        document_of(&self.subject(), kind, content)
    }

    pub(crate) fn push(&self, document: &Image) -> Digest {
        self.registry.push_referrer(REPOSITORY, document)
    }

    /// Pushes a manifest that no list names.
    pub(crate) fn push_unlisted(&self, manifest: &Image) -> Digest {
        self.registry.push_untagged(REPOSITORY, manifest)
    }

    pub(crate) fn envelope(&self, signer: &Certified, document: &Image) -> EnvelopeBuilder {
        let target = document.manifest().descriptor();
        EnvelopeBuilder::new(&[signer, &self.root], &target).signed_at(NOW.plus(-HOUR))
    }

    /// Attaches a signature to a document.
    pub(crate) fn sign(&self, envelope: &EnvelopeBuilder, document: &Image) {
        let target = document.manifest().descriptor();
        self.push(&envelope.build().attached_to(&target));
    }

    /// Attaches a document that somebody signs at a time.
    pub(crate) fn attach_by(
        &self,
        signer: &Certified,
        kind: &'static str,
        content: &str,
        at: Timestamp,
    ) -> Digest {
        let document = self.document(kind, content);
        let digest = self.push(&document);
        self.sign(&self.envelope(signer, &document).signed_at(at), &document);
        digest
    }

    /// Attaches a document that the scanner signs at a time.
    pub(crate) fn attach_at(&self, kind: &'static str, content: &str, at: Timestamp) -> Digest {
        self.attach_by(&self.scanner, kind, content, at)
    }

    pub(crate) fn attach(&self, kind: &'static str, content: &str) -> Digest {
        self.attach_at(kind, content, NOW.plus(-HOUR))
    }

    /// Attaches a statement that those sign who may say which vulnerabilities matter.
    pub(crate) fn state(&self, content: &str) -> Digest {
        let kind = crate::texts::OPENVEX;
        self.attach_by(&self.security, kind, content, NOW.plus(-HOUR))
    }

    /// Puts a list under the tag that clients write.
    pub(crate) fn list_under_tag(&self, of: &Digest, entries: &[(&Image, Option<&str>)]) {
        let entries: Vec<_> = entries
            .iter()
            .map(|(image, kind)| {
                let descriptor = image.manifest().descriptor();
                let mut entry = json!({
                    "mediaType": descriptor.media_type, "digest": descriptor.digest.as_str(), "size": descriptor.size,
                });
                if let Some(kind) = kind {
                    entry["artifactType"] = json!(kind);
                }
                entry
            })
            .collect();
        let index =
            json!({"schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": entries});
        let index = Image::from_manifest(MediaType::OCI_INDEX, index.to_string().into_bytes(), []);
        let digest = self.push_unlisted(&index);
        let tag = Tag::of_referrers(of);
        self.registry.tag(REPOSITORY, tag.as_str(), &digest);
    }

    pub(crate) fn tag(&self) -> String {
        self.registry.reference(REPOSITORY, "1")
    }

    pub(crate) fn by_digest(&self) -> String {
        format!(
            "{}/{REPOSITORY}@{}",
            self.registry.address(),
            self.image.digest()
        )
    }

    pub(crate) async fn decide_about(&self, image: &str) -> Verdict {
        let context = context(&self.rules, &self.secrets, &self.fetcher, NOW);
        let context = context.remembering_in("shop");
        self.engine.decide(image, &context).await
    }

    /// A decision with what is known of keys at addresses.
    pub(crate) async fn decide_beside(&self, keys: &KeySources) -> Verdict {
        let secrets = keys.beside(&self.secrets);
        let context = Context::new(&self.rules, &secrets, Arc::clone(&self.fetcher), NOW);
        let context = context.in_namespace("shop");
        self.engine.decide(&self.tag(), &context).await
    }

    pub(crate) async fn decide(&self) -> Verdict {
        self.decide_about(&self.tag()).await
    }

    /// The verdict, which is that the image is admitted.
    pub(crate) async fn admitted(&self) -> Verdict {
        let verdict = self.decide().await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", said(&verdict));
        assert_eq!(verdict.pinned().unwrap().digest(), self.image.digest());
        verdict
    }

    /// Asserts that the image is admitted.
    pub(crate) async fn admits(&self) {
        let _ = self.admitted().await;
    }

    /// The code of the refusal.
    pub(crate) async fn refused(&self) -> &'static str {
        let verdict = self.decide().await;
        assert_eq!(verdict.decision(), Decision::Deny, "it is admitted");
        verdict.code().expect("it is refused").as_str()
    }
}

/// A manifest that attaches content to what `subject` describes.
pub(crate) fn document_of(subject: &Descriptor, kind: &'static str, content: &str) -> Image {
    manifest(kind)
        .blob(Blob::new(MediaType::from_static(kind), content.to_owned()))
        .subject(subject.clone())
        .build()
}

/// The beginning of a manifest of this artifact type.
pub(crate) fn manifest(kind: &str) -> ImageBuilder {
    ImageBuilder::new()
        .artifact_type(kind)
        .config(Blob::new(EMPTY, "{}"))
}

/// The reason of a refusal with all that led to it.
pub(crate) fn said(verdict: &Verdict) -> String {
    let causes = verdict.rejection().map(|rejection| {
        let causes = rejection.causes().iter();
        causes
            .map(|one| format!("\n  {}: {one}", one.code()))
            .collect::<String>()
    });
    format!(
        "{:?}: {}{}",
        verdict.code(),
        verdict.message(),
        causes.unwrap_or_default()
    )
}
