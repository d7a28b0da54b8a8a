//! Registries, a store, a trust server, and the documents of a cluster.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Timestamp;
use doorward_registry::RegistryClient;
use doorward_testkit::{Authentication, Fault, FaultRule, Lookaside, NotaryServer, Registry};

use crate::scheme::Signers;

/// 2026-01-01T12:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp::from_unix(1_767_268_800);
/// Where the registry has what is on Docker Hub.
pub(crate) const HUB: &str = "hub";
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) struct World {
    pub(crate) registry: Registry,
    /// One that shows nothing to strangers.
    pub(crate) private: Registry,
    /// The address of one that is no more.
    pub(crate) down: String,
    pub(crate) store: Lookaside,
    pub(crate) trust: NotaryServer,
    pub(crate) signers: Signers,
}

impl World {
    pub(crate) fn start() -> Self {
        let down = Registry::builder().start_blocking();
        down.stop();
        let world = Self {
            registry: Registry::builder().start_blocking(),
            private: Registry::builder()
                .authentication(Authentication::Bearer)
                .account("jo", PASSWORD)
                .start_blocking(),
            down: down.address(),
            store: Lookaside::builder().start_blocking(),
            trust: NotaryServer::builder().start_blocking(),
            signers: Signers::new(),
        };
        for (status, matter) in [(403, "forbidden"), (503, "broken")] {
            let rule = || FaultRule::new(Fault::Status(status)).on(format!("/v2/*/{matter}/*"));
            world.registry.fault(rule());
            world.trust.fault(rule());
        }
        world
    }

    /// Everything is asked without TLS.
    pub(crate) fn plain(&self) -> [String; 5] {
        [
            self.registry.address(),
            self.private.address(),
            self.down.clone(),
            self.store.address(),
            self.trust.address(),
        ]
    }

    /// Where Docker Hub is, here.
    pub(crate) fn hub(&self) -> String {
        format!("{}/{HUB}", self.registry.address())
    }

    /// The Secrets with the keys of those who sign.
    pub(crate) fn keys(&self) -> String {
        let signers = &self.signers;
        [
            secret(
                "trust",
                "release",
                "key",
                &signers.openpgp.public_key_armored(),
            ),
            secret("trust", "root", "root.crt", &signers.root.pem()),
            secret(
                "trust",
                "cosign",
                "cosign.pub",
                &signers.cosign.public_pem(),
            ),
        ]
        .join("---\n")
    }

    /// What asks, as the command does with the same options.
    pub(crate) fn client(&self) -> RegistryClient {
        let mut builder = RegistryClient::builder()
            .no_proxy()
            .mirror("docker.io", self.hub());
        for host in self.plain() {
            builder = builder.plain_http(host);
        }
        builder.build().unwrap()
    }
}

/// A Secret of one item.
pub(crate) fn secret(namespace: &str, name: &str, item: &str, value: &str) -> String {
    let value = STANDARD.encode(value);
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {{{item}: {value}}}\n"
    )
}
