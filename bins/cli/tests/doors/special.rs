//! What is no product: whose policy governs, what is wrong with it, who is excepted, and who may pull.

mod excepted;
mod governing;
mod undecided;

use doorward_core::Digest;
use serde_json::json;

use crate::cases::{Case, Setting};
use crate::scheme::{Matter, Scheme};
use crate::world::{PASSWORD, World, secret};

/// Cases, and the documents that they are decided by.
pub(crate) struct Special<'w> {
    world: &'w World,
    pub(crate) cases: Vec<Case>,
    pub(crate) documents: Vec<String>,
}

impl<'w> Special<'w> {
    pub(crate) fn all(world: &'w World) -> Self {
        let mut special = Self {
            world,
            cases: Vec::new(),
            documents: Vec::new(),
        };
        special.namespaces();
        special.undemanding();
        special.mistaken();
        special.private();
        special.of_the_namespace();
        special.of_portieris();
        special.floors();
        special.selected();
        special.excepted();
        special.deferred();
        special
    }

    fn namespaces(&mut self) {
        for name in [
            "shop", "prod", "own", "excepted", "old", "older", "closed", "lost",
        ] {
            let env = if name == "prod" { "prod" } else { "dev" };
            // Of one nobody knows the labels.
            if name != "lost" {
                self.documents.push(format!(
                    "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{env: {env}}}}}\n"
                ));
            }
            if name != "closed" {
                self.account(name, "default", None);
            }
        }
    }

    fn account(&mut self, namespace: &str, name: &str, pull_secret: Option<&str>) {
        let secrets = pull_secret.map(|secret| format!("{{name: {secret}}}"));
        self.documents.push(format!(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: {namespace}}}\nimagePullSecrets: [{}]\n",
            secrets.unwrap_or_default()
        ));
    }

    /// A policy of the cluster with one entry.
    fn cluster(&mut self, name: &str, head: &str, path: &str, more: &str, body: &str) {
        let host = self.world.registry.address();
        self.documents.push(format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: {name}}}\nspec: {{{head}repositories: \
             [{{name: '{host}/{path}', {more}policy: {{{body}}}}}]}}\n"
        ));
    }

    /// A policy of a namespace with one entry.
    fn own(&mut self, namespace: &str, name: &str, path: &str, body: &str) {
        let host = self.world.registry.address();
        self.documents.push(format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: \
             {{repositories: [{{name: '{host}/{path}', policy: {{{body}}}}}]}}\n"
        ));
    }

    fn simple(&self) -> String {
        self.world.demand(Scheme::Simple, &[])
    }

    /// Pushes an image for simple signing. Returns what it is called without a tag, and its digest.
    fn push(&self, matter: Matter, folder: &str) -> (String, Digest) {
        let path = format!("{folder}/{}", matter.name());
        let name = format!("{}/{path}", self.world.registry.address());
        let (digest, _) = self.world.push(Scheme::Simple, matter, &name, &path);
        (name, digest)
    }

    /// A case, which its author may change further.
    fn case(&mut self, name: &str, namespace: &'static str, image: String) -> &mut Case {
        self.cases.push(Case::new(
            format!("{name}: {image} in {namespace}"),
            namespace,
            image,
        ));
        self.cases.last_mut().unwrap()
    }

    /// An image by its tag and by its digest.
    fn both(&mut self, name: &str, namespace: &'static str, image: &(String, Digest)) {
        self.case(name, namespace, format!("{}:1", image.0));
        self.case(name, namespace, format!("{}@{}", image.0, image.1));
    }

    /// Nothing is demanded, or nobody says what.
    fn undemanding(&mut self) {
        self.cluster("unchecked", "", "unchecked/*", "", "unchecked: true");
        let simple = self.simple();
        self.cluster("tagged", "", "tagged/*:1", "", &simple);
        let accept = "simple: {requirements: [{type: insecureAcceptAnything}]}";
        self.cluster("accepted", "", "accepted/*", "", accept);
        let reject = "simple: {requirements: [{type: reject}]}";
        self.cluster("rejected", "", "rejected/*", "", reject);
        for folder in ["unchecked", "nobody", "tagged", "accepted", "rejected"] {
            for matter in [Matter::Right, Matter::Gone] {
                let image = self.push(matter, folder);
                self.both(folder, "shop", &image);
            }
        }
        for image in ["nobody-knows-it", "elsewhere.example/app:1"] {
            self.case("not governed", "shop", image.to_owned());
        }
    }

    /// Something is wrong with the policy, or with what it names.
    fn mistaken(&mut self) {
        for (name, body) in [
            (
                "no-key",
                "simple: {requirements: [{type: signedBy, keySecret: nosuch, keySecretNamespace: trust}]}",
            ),
            (
                "no-root",
                "notation: {trustStores: [{type: ca, secret: nosuch, namespace: trust}], trustedIdentities: ['*']}",
            ),
            (
                "no-cosign",
                "sigstore: {authorities: [{keySecret: nosuch, keySecretNamespace: trust}]}",
            ),
            (
                "bad-key",
                "simple: {requirements: [{type: signedBy, keySecret: garbage, keySecretNamespace: trust}]}",
            ),
            (
                "bad-cosign",
                "sigstore: {authorities: [{keySecret: garbage, keySecretNamespace: trust}]}",
            ),
            ("unpinned-root", "trust: {enabled: true}"),
        ] {
            self.cluster(name, "", &format!("{name}/*"), "", body);
            let image = self.push(Matter::Right, name);
            self.both(name, "shop", &image);
        }
        for (mode, setting) in [("warn", Setting::Warn), ("audit", Setting::Audit)] {
            let name = format!("{mode}-no-key");
            let body = format!(
                "mode: {mode}, simple: {{requirements: [{{type: signedBy, keySecret: nosuch, keySecretNamespace: trust}}]}}"
            );
            self.cluster(&name, "", &format!("{name}/*"), "", &body);
            let (image, _) = self.push(Matter::Right, &name);
            self.case(&name, "shop", format!("{image}:1")).setting = setting;
        }
        self.documents
            .push(secret("trust", "garbage", "key", "no key"));
    }

    /// Only who has a pull secret sees the image.
    fn private(&mut self) {
        let world = self.world;
        let host = world.private.address();
        let simple = self.simple();
        self.documents.push(format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: private}}\nspec: {{repositories: \
             [{{name: '{host}/*', policy: {{{simple}}}}}]}}\n"
        ));
        for (name, password) in [("pull", PASSWORD), ("wrong", "battery staple")] {
            let login = json!({"auths": {host.as_str(): {"username": "jo", "password": password}}});
            self.documents.push(secret(
                "closed",
                name,
                ".dockerconfigjson",
                &login.to_string(),
            ));
        }
        self.account("closed", "default", Some("pull"));
        self.account("closed", "mistyped", Some("wrong"));
        self.account("closed", "forgetful", Some("nosuch"));
        for matter in [
            Matter::Right,
            Matter::Unsigned,
            Matter::Tampered,
            Matter::Gone,
        ] {
            let repository = format!("private/{}", matter.name());
            let name = format!("{host}/{repository}");
            let image = doorward_testkit::Image::sample(&name);
            if matter != Matter::Gone {
                world.private.push_image(&repository, "1", &image);
            }
            if matter != Matter::Unsigned {
                world.sign_simple(matter, &name, &repository, image.digest());
            }
            for image in [format!("{name}:1"), format!("{name}@{}", image.digest())] {
                for (account, pull_secrets) in [
                    ("default", &["pull"][..]),
                    ("mistyped", &["wrong"][..]),
                    ("forgetful", &["nosuch"][..]),
                ] {
                    let case = self.case(account, "closed", image.clone());
                    (case.account, case.pull_secrets) = (account, pull_secrets);
                }
                // Nobody there has a secret for it.
                self.case("private", "shop", image);
            }
        }
    }
}
