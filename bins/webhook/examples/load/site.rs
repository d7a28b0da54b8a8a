//! What surrounds the webhook: registry, store, key, policy, certificate.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use doorward_core::MediaType;
use doorward_testkit::{Image, KeyKind, Lookaside, OpenPgpSigner, Registry, TlsAuthority};

pub(crate) struct Site {
    pub(crate) registry: Registry,
    pub(crate) authority: TlsAuthority,
    pub(crate) store: Lookaside,
    signer: OpenPgpSigner,
    directory: tempfile::TempDir,
}

impl Site {
    /// With the key that most have.
    pub(crate) async fn start() -> Self {
        Self::signing_with(KeyKind::Rsa3072).await
    }

    /// With a key that signs a hundred thousand images within seconds.
    pub(crate) async fn quick() -> Self {
        Self::signing_with(KeyKind::Ed25519).await
    }

    async fn signing_with(kind: KeyKind) -> Self {
        let site = Self {
            registry: Registry::builder().start().await,
            authority: TlsAuthority::new(),
            store: Lookaside::builder().start().await,
            signer: OpenPgpSigner::new(kind),
            directory: tempfile::tempdir().unwrap(),
        };
        let certificate = site.authority.issue("127.0.0.1");
        fs::write(site.path("tls.crt"), certificate.certificate_pem).unwrap();
        fs::write(site.path("tls.key"), certificate.key_pem).unwrap();
        fs::write(site.path("policy.yaml"), site.policy("")).unwrap();
        site
    }

    /// Adds these entries to the policy. What was started before does not see them at once.
    pub(crate) fn add_policy(&self, entries: &str) {
        fs::write(self.path("policy.yaml"), self.policy(entries)).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn signed(&self, name: &str) -> String {
        let reference = self.unsigned(name);
        let digest = self.registry.resolve(name, "1").unwrap();
        self.store
            .put(name, &digest, self.signer.sign(&reference, &digest));
        reference
    }

    /// Signed images that are a manifest and nothing else, so that a hundred thousand of them have room in this process.
    pub(crate) fn signed_small(&self, names: &[String]) -> Vec<String> {
        let images: Vec<_> = names.iter().map(|name| small(name)).collect();
        let references: Vec<_> = names
            .iter()
            .map(|name| self.registry.reference(name, "1"))
            .collect();
        // All of them before anything else is kept: to compress one takes 300 KiB for a moment, and what is kept in between
        // would leave a gap each time that is never filled again.
        let signatures: Vec<_> = references
            .iter()
            .zip(&images)
            .map(|(reference, image)| self.signer.sign(reference, image.digest()))
            .collect();
        for ((name, image), signature) in names.iter().zip(&images).zip(signatures) {
            let digest = self.registry.push_image(name, "1", image);
            self.store.put(name, &digest, signature);
        }
        references
    }

    pub(crate) fn unsigned(&self, name: &str) -> String {
        self.registry.push_image(name, "1", &Image::sample(name));
        self.registry.reference(name, "1")
    }

    pub(crate) fn set_latency(&self, round_trip: Duration) {
        self.registry.set_latency(round_trip);
        self.store.set_latency(round_trip);
    }

    /// The requests of a run are counted by nobody and would only fill memory.
    pub(crate) fn forget_requests(&self) {
        self.registry.take_requests();
        self.store.take_requests();
    }

    fn policy(&self, more: &str) -> String {
        let key: String = self
            .signer
            .public_key_armored()
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: release}}\nspec:\n  repositories:\n\
             \x20 - name: 'free.example/*'\n    policy: {{unchecked: true}}\n\
             \x20 - name: '{}/*'\n    policy:\n      simple:\n        storeURL: '{}'\n        requirements:\n\
             \x20       - {{type: signedBy, keySecret: release-key}}\n\
             {more}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: release-key, namespace: doorward}}\nstringData:\n\
             \x20 key: |\n{key}",
            self.registry.address(),
            self.store.url(),
        )
    }
}

fn small(name: &str) -> Image {
    let manifest = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{0}\",\"config\":{{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"digest\":\
         \"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2}},\"layers\":[],\"annotations\":{{\
         \"name\":\"{name}\"}}}}",
        MediaType::OCI_MANIFEST.as_str()
    );
    Image::from_manifest(MediaType::OCI_MANIFEST, manifest.into_bytes(), [])
}
