//! What the demonstration is about: three images, a key and a policy.

use doorward::simple_signing::codes as simple_codes;
use doorward_core::Code;
use doorward_testkit::{Image, KeyKind, Lookaside, OpenPgpSigner, Registry};

/// What the registry is called in the story.
pub(super) const REGISTRY: &str = "registry.example";
/// Who signs in it.
const SIGNER: &str =
    "Example Shop releases (public test key, trust nothing) <releases@shop.example>";
/// The most of a line of the policy that is shown.
const WIDTH: usize = 100;

/// A registry and a signature store with the images of the story. They stop when it is dropped.
pub(super) struct Story {
    pub(super) registry: Registry,
    pub(super) store: Lookaside,
    signer: OpenPgpSigner,
    pub(super) scenes: Vec<Scene>,
}

/// One image and what must become of it.
pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) what: &'static str,
    pub(super) image: String,
    /// Nothing, or the code of the refusal.
    pub(super) expected: Option<Code>,
}

impl Story {
    /// Starts the servers and fills them.
    pub(super) fn set_up() -> Self {
        let registry = Registry::builder().start_blocking();
        let store = Lookaside::builder().start_blocking();
        let signer = OpenPgpSigner::builder(KeyKind::Ed25519)
            .user_id(SIGNER)
            .build();
        let name = |repository: &str| format!("{REGISTRY}/{repository}:1.0");

        let signed = registry.push_image("shop/web", "1.0", &Image::sample("the web shop"));
        store.put("shop/web", &signed, signer.sign(&name("shop/web"), &signed));

        registry.push_image("shop/cart", "1.0", &Image::sample("the shopping cart"));

        let good = Image::sample("the payment service");
        let evil = registry.push_image(
            "shop/pay",
            "1.0",
            &Image::sample("the payment service, with a back door"),
        );
        store.put(
            "shop/pay",
            &evil,
            signer.sign(&name("shop/pay"), good.digest()),
        );

        let scenes = vec![
            Scene {
                title: "A signed image",
                what: "The release key signed it under this very name.",
                image: name("shop/web"),
                expected: None,
            },
            Scene {
                title: "An unsigned image",
                what: "Somebody pushed it and nobody signed it.",
                image: name("shop/cart"),
                expected: Some(simple_codes::NO_SIGNATURE),
            },
            Scene {
                title: "A tampered image",
                what: "The tag was moved to other content, and the genuine signature was copied beside that.",
                image: name("shop/pay"),
                expected: Some(simple_codes::DIGEST_MISMATCH),
            },
        ];
        Self {
            registry,
            store,
            signer,
            scenes,
        }
    }

    /// The policy, and the Secret with the key.
    pub(super) fn policy(&self) -> String {
        let key: String = self
            .signer
            .public_key_armored()
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        format!(
            "apiVersion: doorward.dev/v1\n\
             kind: ClusterImagePolicy\n\
             metadata: {{name: shop}}\n\
             spec:\n\
             \x20 repositories:\n\
             \x20 - name: \"{REGISTRY}/shop/*\"\n\
             \x20   policy:\n\
             \x20     simple:\n\
             \x20       storeURL: \"{}\"\n\
             \x20       requirements:\n\
             \x20       - {{type: signedBy, keySecret: release-key, keySecretNamespace: trust}}\n\
             ---\n\
             apiVersion: v1\n\
             kind: Secret\n\
             metadata: {{name: release-key, namespace: trust}}\n\
             stringData:\n\
             \x20 key: |\n{key}",
            self.store.url()
        )
    }
}

/// A line of the policy, without the inside of the key.
pub(super) fn abridged(line: &str) -> &str {
    line.get(..WIDTH).unwrap_or(line)
}
