//! A signed collection of Notary v1, the server that has it, and a site that demands it.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::{Digest, Timestamp};
use doorward_testkit::{Collection, Image, KeyKind, NotaryKey, NotaryServer, Publication, Target};
use serde_json::Value;

use crate::common::{Run, Site, secret};

/// The time that tests of trust decide at.
pub(crate) const NOW: &str = "2026-01-01T12:00:00Z";

pub(crate) const GUN: &str = "registry.example/shop/web";
pub(crate) const IMAGE: &str = "registry.example/shop/web:1.0";

pub(crate) struct TrustSite {
    pub(crate) site: Site,
    pub(crate) server: NotaryServer,
    pub(crate) collection: Collection,
    /// The time to decide at, if not now.
    at: Option<&'static str>,
}

impl TrustSite {
    /// The files below the folder `state` that hold what is remembered.
    pub(crate) fn remembered(&self) -> Vec<PathBuf> {
        let scopes = std::fs::read_dir(self.site.path("state/scopes")).unwrap();
        let files = scopes.flat_map(|scope| std::fs::read_dir(scope.unwrap().path()).unwrap());
        let files = files.map(|file| file.unwrap().path());
        let found: Vec<_> = files
            .filter(|file| file.extension().is_some_and(|end| end == "json"))
            .collect();
        assert!(!found.is_empty());
        found
    }

    /// The image [`IMAGE`], released as that tag at a fixed time, by a collection that is otherwise empty.
    pub(crate) fn new() -> Self {
        Self::published(at(NOW), Some(NOW))
    }

    /// The same, just now: what is decided at another time is not remembered.
    pub(crate) fn live() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap());
        Self::published(now, None)
    }

    fn published(now: Timestamp, at: Option<&'static str>) -> Self {
        let site = Site::new();
        let mut collection = Collection::new(GUN, now);
        site.push("shop/web");
        collection.add_target("1.0", Target::image(&Image::sample("shop/web")));
        let mut trust = Self {
            site,
            server: NotaryServer::builder().start_blocking(),
            collection,
            at,
        };
        trust.publish();
        trust
    }

    pub(crate) fn publish(&mut self) -> Publication {
        let publication = self.collection.publish();
        self.server.publish(&publication);
        publication
    }

    pub(crate) fn digest(&self) -> Digest {
        Image::sample("shop/web").digest().clone()
    }

    pub(crate) fn pins(&self) -> String {
        format!("pins: {{rootKeyIds: [{}]}}", self.collection.root_key_id())
    }

    /// Writes `site.yaml`: a cluster policy whose `trust` has these fields besides the server.
    pub(crate) fn demand(&self, fields: &str) {
        self.demand_of("doorward.dev/v1", fields);
    }

    pub(crate) fn demand_of(&self, group: &str, fields: &str) {
        let url = self.server.url();
        self.write_policy(group, &format!("trustServer: \"{url}\", {fields}"));
    }

    /// The same where the fields say which servers.
    pub(crate) fn demand_at(&self, fields: &str) {
        self.write_policy("doorward.dev/v1", fields);
    }

    fn write_policy(&self, group: &str, fields: &str) {
        let text = format!(
            "apiVersion: {group}\nkind: ClusterImagePolicy\nmetadata: {{name: shop}}\nspec:\n  repositories:\n  - name: \
             \"registry.example/shop/*\"\n    policy:\n      trust: {{enabled: true, {fields}}}\n"
        );
        self.site.write("site.yaml", &text);
    }

    /// Adds the Secret of a signer to the files.
    pub(crate) fn signer(&self, name: &str, key: &NotaryKey) {
        let text = format!(
            "{}  name: {name}\n",
            secret("doorward", name, "publicKey", &key.public_pem())
        );
        self.site.write(&format!("signers/{name}.yaml"), &text);
    }

    /// The command, which finds the images of `registry.example` in the site's registry, at the site's time.
    pub(crate) fn doorward(&self, arguments: &[&str]) -> Run {
        let at = self.at.map(|at| ["--at", at]);
        let at = at.as_ref().map_or(&[][..], |at| &at[..]);
        self.site
            .doorward(&[arguments, at].concat())
            .env(
                "DOORWARD_MIRROR",
                format!("registry.example={}", self.site.registry.address()),
            )
            .run()
    }

    pub(crate) fn verify(&self, more: &[&str]) -> Run {
        self.doorward(&[&["verify", IMAGE, "-f", "site.yaml"], more].concat())
    }

    /// The exit, and the one image of the report.
    pub(crate) fn verify_json(&self, more: &[&str]) -> (i32, Value) {
        let run = self.verify(&[&["-o", "json"], more].concat());
        (run.code, run.json()["images"][0].clone())
    }

    pub(crate) fn inspect(&self, more: &[&str]) -> Run {
        self.doorward(&[&["inspect", IMAGE], more].concat())
    }

    /// Writes the trust directory of a client that knows the collection as it was published.
    pub(crate) fn trust_directory(&self, publication: &Publication) {
        for role in ["root", "timestamp", "snapshot", "targets"] {
            let file = publication.file(&format!("{role}.json")).unwrap();
            let path = format!("docker/tuf/{GUN}/metadata/{role}.json");
            self.site.write(&path, std::str::from_utf8(file).unwrap());
        }
    }

    /// The output with what differs between runs replaced.
    pub(crate) fn normal(&self, text: &str) -> String {
        text.replace(&self.server.url(), "NOTARY")
            .replace(&self.collection.root_key_id(), "ROOTKEY")
            .replace(&self.collection.root_key_id()[..12], "ROOTKEY")
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn key(seed: u64) -> NotaryKey {
    NotaryKey::seeded(KeyKind::P256, seed)
}
