//! What is demanded of an image, and what may be the matter with one.

use doorward_core::{Descriptor, Digest, MediaType};
use doorward_testkit::{
    Blob, CertificateBuilder, Certified, Claim, Collection, CosignBuilder, CosignKey,
    CosignSignature, EnvelopeBuilder, Image, ImageBuilder, OpenPgpSigner, SignOptions, Target,
};

use crate::world::{NOW, World};

/// What an entry demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Simple,
    Notation,
    Sigstore,
    Notary,
    /// A signed report of vulnerabilities.
    Report,
    /// A signed bill of materials.
    Materials,
    /// `simple` or `notation`.
    Either,
    /// `simple` and `sigstore`.
    Both,
}

impl Scheme {
    pub(crate) const ALL: [Self; 8] = [
        Self::Simple,
        Self::Notation,
        Self::Sigstore,
        Self::Notary,
        Self::Report,
        Self::Materials,
        Self::Either,
        Self::Both,
    ];

    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// What is the matter with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matter {
    /// Nothing.
    Right,
    Unsigned,
    /// Signed by somebody whom nobody trusts.
    Stranger,
    /// What is signed is not what is there.
    Tampered,
    Expired,
    /// Signed by one who is trusted, as something else.
    Misnamed,
    /// The registry has no such image, or the trust server no such tag.
    Gone,
    /// The server that has it does not show it.
    Forbidden,
    /// The server that has it is out.
    Broken,
}

impl Matter {
    pub(crate) const ALL: [Self; 9] = [
        Self::Right,
        Self::Unsigned,
        Self::Stranger,
        Self::Tampered,
        Self::Expired,
        Self::Misnamed,
        Self::Gone,
        Self::Forbidden,
        Self::Broken,
    ];

    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    /// Whether the server that has the image is kept from showing it; the image itself is right.
    fn is_of_servers(self) -> bool {
        matches!(self, Self::Forbidden | Self::Broken)
    }
}

/// Those who sign.
pub(crate) struct Signers {
    pub(crate) openpgp: OpenPgpSigner,
    strange_openpgp: OpenPgpSigner,
    pub(crate) root: Certified,
    build: Certified,
    other: Certified,
    strange_root: Certified,
    strange_build: Certified,
    pub(crate) cosign: CosignKey,
    strange_cosign: CosignKey,
}

impl Signers {
    pub(crate) fn new() -> Self {
        let root = CertificateBuilder::authority("root").self_signed();
        let strange_root = CertificateBuilder::authority("strange").self_signed();
        let signer = |organisation: &str, root: &Certified| {
            let subject = [
                ("2.5.4.6", "US"),
                ("2.5.4.8", "WA"),
                ("2.5.4.10", organisation),
                ("2.5.4.3", "build"),
            ];
            CertificateBuilder::code_signer("build")
                .subject(&subject)
                .issued_by(root)
        };
        Self {
            openpgp: OpenPgpSigner::new(doorward_testkit::KeyKind::Ed25519),
            strange_openpgp: OpenPgpSigner::builder(doorward_testkit::KeyKind::Ed25519)
                .seed(7)
                .build(),
            build: signer("Acme", &root),
            other: signer("Other", &root),
            strange_build: signer("Acme", &strange_root),
            root,
            strange_root,
            cosign: CosignKey::generate(),
            strange_cosign: CosignKey::generate(),
        }
    }
}

const REPORT: &str = "application/sarif+json";
const MATERIALS: &str = "application/vnd.cyclonedx+json";
const EMPTY: MediaType = MediaType::from_static("application/vnd.oci.empty.v1+json");

const BY_NOTATION: &str = "{trustStores: [{type: ca, secret: root, namespace: trust}], trustedIdentities: \
                           ['x509.subject: C=US, ST=WA, O=Acme']}";

impl World {
    /// The fields of a body that demand this. `pins` are the root keys of the collections that it governs.
    pub(crate) fn demand(&self, scheme: Scheme, pins: &[String]) -> String {
        let simple = format!(
            "simple: {{storeURL: '{}', requirements: [{{type: signedBy, keySecret: release, keySecretNamespace: trust}}]}}",
            self.store.url()
        );
        let notation = format!("notation: {BY_NOTATION}");
        let sigstore = "sigstore: {authorities: [{keySecret: cosign, keySecretNamespace: trust, annotations: {env: prod}}]}";
        match scheme {
            Scheme::Simple => simple,
            Scheme::Notation => notation,
            Scheme::Sigstore => sigstore.to_owned(),
            Scheme::Notary => format!(
                "trust: {{enabled: true, trustServer: '{}', pins: {{rootKeyIds: [{}]}}}}",
                self.trust.url(),
                pins.join(", ")
            ),
            Scheme::Report => format!(
                "vulnerability: {{report: {{maxSeverity: high, maxAge: 72h, signedBy: {{{notation}}}}}}}"
            ),
            Scheme::Materials => format!(
                "attestations: [{{artifactType: {MATERIALS}, maxAge: 720h, signedBy: {{{notation}}}}}]"
            ),
            Scheme::Either => format!("anyOf: [{{{simple}}}, {{{notation}}}]"),
            Scheme::Both => format!("{simple}, {sigstore}"),
        }
    }

    /// Pushes an image with this the matter with it. `name` is what it is called without a tag, and `repository` where the
    /// registry has it. Returns its digest, and the root key to pin if it has a collection.
    pub(crate) fn push(
        &self,
        scheme: Scheme,
        matter: Matter,
        name: &str,
        repository: &str,
    ) -> (Digest, Option<String>) {
        let image = Image::sample(name);
        let digest = image.digest().clone();
        if matter != Matter::Gone {
            self.registry.push_image(repository, "1", &image);
        }
        if matches!(matter, Matter::Gone | Matter::Unsigned) && scheme != Scheme::Notary {
            return (digest, None);
        }
        let signed = if matter.is_of_servers() {
            Matter::Right
        } else {
            matter
        };
        let mut pin = None;
        match scheme {
            Scheme::Simple => self.sign_simple(signed, name, repository, &digest),
            Scheme::Notation => self.sign_notation(signed, repository, &image),
            Scheme::Sigstore => self.sign_sigstore(signed, repository, &image),
            Scheme::Notary => pin = self.publish(signed, name, &image),
            Scheme::Report => self.attach(signed, repository, &image, REPORT, &report(signed)),
            Scheme::Materials => self.attach(signed, repository, &image, MATERIALS, COMPONENTS),
            // By the one that was not tried first.
            Scheme::Either => self.sign_notation(signed, repository, &image),
            Scheme::Both => {
                self.sign_simple(Matter::Right, name, repository, &digest);
                self.sign_sigstore(signed, repository, &image);
            }
        }
        (digest, pin)
    }

    pub(crate) fn sign_simple(
        &self,
        matter: Matter,
        name: &str,
        repository: &str,
        digest: &Digest,
    ) {
        let name = format!("{name}:1");
        let signers = &self.signers;
        let claim = Claim::new(&name, digest);
        let blob = match matter {
            Matter::Stranger => signers.strange_openpgp.sign(&name, digest),
            Matter::Tampered => signers
                .openpgp
                .sign(&name, &Digest::sha256(b"another image")),
            Matter::Expired => {
                let a_day = SignOptions::new()
                    .created(NOW.plus(-2 * 86_400))
                    .expires_after(86_400);
                signers.openpgp.sign_claim(&claim, &a_day)
            }
            Matter::Misnamed => signers.openpgp.sign("r.example/another:1", digest),
            _ => signers.openpgp.sign(&name, digest),
        };
        self.store.put(repository, digest, blob);
    }

    fn envelope(&self, matter: Matter, target: &Descriptor) -> EnvelopeBuilder {
        let signers = &self.signers;
        let chain = match matter {
            Matter::Stranger => [&signers.strange_build, &signers.strange_root],
            Matter::Misnamed => [&signers.other, &signers.root],
            _ => [&signers.build, &signers.root],
        };
        let at = NOW.plus(-3600);
        let envelope = EnvelopeBuilder::new(&chain, target).signed_at(at);
        match matter {
            Matter::Expired => envelope.expires(NOW.plus(-60)),
            Matter::Tampered => envelope.forged(),
            _ => envelope,
        }
    }

    fn sign_notation(&self, matter: Matter, repository: &str, image: &Image) {
        let target = image.manifest().descriptor();
        let envelope = self.envelope(matter, &target).build();
        self.registry
            .push_referrer(repository, &envelope.attached_to(&target));
    }

    fn sign_sigstore(&self, matter: Matter, repository: &str, image: &Image) {
        let signers = &self.signers;
        let (key, env) = match matter {
            Matter::Stranger => (&signers.strange_cosign, "prod"),
            Matter::Misnamed => (&signers.cosign, "dev"),
            _ => (&signers.cosign, "prod"),
        };
        let builder = CosignBuilder::new(key, image).annotation("env", env);
        let builder = match matter {
            Matter::Tampered => builder.claiming(&Digest::sha256(b"another image")),
            // Keys do not end: the signature is no longer one.
            Matter::Expired => builder.forged(),
            _ => builder,
        };
        let manifest = CosignSignature::manifest(&[builder.build()]);
        let tag = CosignSignature::tag(image.digest(), "sig");
        self.registry.push_image(repository, &tag, &manifest);
    }

    /// Publishes a collection of this name.
    fn publish(&self, matter: Matter, name: &str, image: &Image) -> Option<String> {
        if matter == Matter::Unsigned {
            return None;
        }
        let mut collection = Collection::new(name, NOW.plus(-86_400));
        let tag = if matter == Matter::Gone { "2" } else { "1" };
        let target = match matter {
            Matter::Misnamed => Image::sample("released as another"),
            _ => image.clone(),
        };
        collection.add_target(tag, Target::image(&target));
        if matter == Matter::Expired {
            collection.set_expires("targets", NOW.plus(-60));
        }
        let mut publication = collection.publish();
        if matter == Matter::Tampered {
            let before = publication.clone();
            let targets = String::from_utf8(before.role("targets").to_vec()).unwrap();
            let changed = targets.replacen("\"expires\":\"20", "\"expires\":\"21", 1);
            assert_ne!(changed, targets);
            publication = publication.with_role("targets", changed);
        }
        self.trust.publish(&publication);
        // The root of a stranger is one that no policy pins.
        (matter != Matter::Stranger).then(|| collection.root_key_id())
    }

    /// Attaches a document, and its signature to that.
    fn attach(
        &self,
        matter: Matter,
        repository: &str,
        image: &Image,
        kind: &'static str,
        text: &str,
    ) {
        let document = ImageBuilder::new()
            .artifact_type(kind)
            .config(Blob::new(EMPTY, "{}"))
            .blob(Blob::new(MediaType::from_static(kind), text.to_owned()))
            .subject(image.manifest().descriptor())
            .build();
        self.registry.push_referrer(repository, &document);
        let target = document.manifest().descriptor();
        let envelope = match matter {
            // The document is too old, and not its signature.
            Matter::Expired => self
                .envelope(Matter::Right, &target)
                .signed_at(NOW.plus(-40 * 86_400)),
            _ => self.envelope(matter, &target),
        };
        self.registry
            .push_referrer(repository, &envelope.build().attached_to(&target));
    }
}

const COMPONENTS: &str =
    r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}"#;

/// A report whose gravest finding is tolerated, unless that is what is the matter.
fn report(matter: Matter) -> String {
    let score = if matter == Matter::Misnamed {
        "9.8"
    } else {
        "5.0"
    };
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Trivy", "rules": [
            {{"id": "CVE-2026-1", "properties": {{"security-severity": "{score}"}}}}]}}}},
            "results": [{{"ruleId": "CVE-2026-1", "ruleIndex": 0, "level": "error", "message": {{"text":
            "Package: openssl\nInstalled Version: 3.0.1\nVulnerability CVE-2026-1\nFixed Version: 3.0.2"}}}}]}}]}}"#
    )
}
