//! What the demonstration is about: three images, a key and a policy.
//!
//! The images, the public key and the signatures are recorded: no key that signs is in this program. The test
//! `what_is_recorded_is_what_the_test_kit_makes` makes them again and compares them, and with `DOORWARD_BLESS=1` it
//! writes them.

use doorward::simple_signing::codes as simple_codes;
use std::io;

use doorward_core::{Code, Digest};

use super::loopback::{Loopback, Page, Pages};

/// What the registry is called in the story.
pub(super) const REGISTRY: &str = "registry.example";
/// The most of a line of the policy that is shown.
const WIDTH: usize = 100;

/// Who signs in it: the public half of a key of the test kit.
const KEY: &str = include_str!("recorded/releases.asc");
/// Signed.
const WEB: &[u8] = include_bytes!("recorded/web.manifest.json");
const WEB_SIGNATURE: &[u8] = include_bytes!("recorded/web.signature");
/// Signed by nobody.
const CART: &[u8] = include_bytes!("recorded/cart.manifest.json");
/// Not what was signed.
const PAY: &[u8] = include_bytes!("recorded/pay.manifest.json");
const PAY_SIGNATURE: &[u8] = include_bytes!("recorded/pay.signature");

/// A registry and a signature store with the images of the story.
pub(super) struct Story {
    pub(super) registry: Loopback,
    pub(super) store: Loopback,
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
    /// Opens the servers and fills them.
    ///
    /// # Errors
    /// If the system gives no port to one.
    pub(super) fn set_up() -> io::Result<Self> {
        // What a registry says to a client that asks whether it is one.
        let mut manifests = Pages::from([("/v2/".to_owned(), page("application/json", b"{}"))]);
        for (repository, manifest) in [("web", WEB), ("cart", CART), ("pay", PAY)] {
            for reference in ["1.0".to_owned(), Digest::sha256(manifest).to_string()] {
                let path = format!("/v2/shop/{repository}/manifests/{reference}");
                manifests.insert(
                    path,
                    page("application/vnd.oci.image.manifest.v1+json", manifest),
                );
            }
        }
        let mut signatures = Pages::new();
        for (repository, manifest, signature) in
            [("web", WEB, WEB_SIGNATURE), ("pay", PAY, PAY_SIGNATURE)]
        {
            let digest = Digest::sha256(manifest);
            let path = format!(
                "/shop/{repository}@{}={}/signature-1",
                digest.algorithm(),
                digest.hex()
            );
            signatures.insert(path, page("application/octet-stream", signature));
        }
        let name = |repository: &str| format!("{REGISTRY}/{repository}:1.0");
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
        Ok(Self {
            registry: Loopback::bind(manifests)?,
            store: Loopback::bind(signatures)?,
            scenes,
        })
    }

    /// The policy, and the Secret with the key.
    pub(super) fn policy(&self) -> String {
        let key: String = KEY.lines().map(|line| format!("    {line}\n")).collect();
        format!(
            "apiVersion: doorward.dev/v1\n\
             kind: ClusterImagePolicy\n\
             metadata: {{name: shop}}\n\
             spec:\n\
             \x20 repositories:\n\
             \x20 - name: \"{REGISTRY}/shop/*\"\n\
             \x20   policy:\n\
             \x20     simple:\n\
             \x20       storeURL: \"http://{}\"\n\
             \x20       requirements:\n\
             \x20       - {{type: signedBy, keySecret: release-key, keySecretNamespace: trust}}\n\
             ---\n\
             apiVersion: v1\n\
             kind: Secret\n\
             metadata: {{name: release-key, namespace: trust}}\n\
             stringData:\n\
             \x20 key: |\n{key}",
            self.store.address()
        )
    }
}

const fn page(media_type: &'static str, content: &'static [u8]) -> Page {
    Page {
        media_type,
        content,
    }
}

/// A line of the policy, without the inside of the key.
pub(super) fn abridged(line: &str) -> &str {
    line.get(..WIDTH).unwrap_or(line)
}
