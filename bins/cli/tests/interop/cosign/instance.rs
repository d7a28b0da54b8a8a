//! A site whose people and workflows sign without keys, by an instance of Sigstore of the test kit.

use std::fs;
use std::process::{Command, Output};

use doorward_testkit::{SigstoreIdentity, SigstoreInstance, SigstoreLog};
use serde_json::Value;

use super::site::{Maker, Site};
use crate::tools::{must, run};

/// Whom the signatures are by of which a test does not say otherwise.
pub(super) const DEVELOPER: &str = "dev@acme.test";

/// How a signature comes about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) maker: Maker,
    pub(super) log: SigstoreLog,
    pub(super) has_stamp: bool,
}

const fn way(maker: Maker, log: SigstoreLog, has_stamp: bool) -> Way {
    Way {
        maker,
        log,
        has_stamp,
    }
}

/// Every way that there is. The second version of the log tells no time, so that a stamp must.
pub(super) const WAYS: [Way; 7] = [
    way(Maker::SecondLayer, SigstoreLog::First, false),
    way(Maker::SecondLayer, SigstoreLog::First, true),
    way(Maker::ThirdLayer, SigstoreLog::First, false),
    way(Maker::ThirdLayer, SigstoreLog::First, true),
    way(Maker::ThirdBundle, SigstoreLog::First, false),
    way(Maker::ThirdBundle, SigstoreLog::First, true),
    way(Maker::ThirdBundle, SigstoreLog::Second, true),
];

/// The authority for an identity, as a policy has it.
pub(super) fn identity(issuer: &str, subject: &str) -> String {
    format!("issuer: \"{issuer}\", subject: \"{subject}\"")
}

pub(super) struct Keyless {
    pub(super) site: Site,
    pub(super) root: Value,
    pub(super) instance: SigstoreInstance,
}

impl Keyless {
    /// A site at which `doorward` trusts the developer.
    pub(super) fn set_up() -> Option<Self> {
        let site = Site::set_up()?;
        let instance = SigstoreInstance::start_blocking("acme");
        let keyless = Self {
            site,
            root: instance.trusted_root(),
            instance,
        };
        keyless.trust(&keyless.root, &keyless.developer());
        for (name, content) in [
            ("root.json", keyless.root.to_string()),
            ("authority.pem", keyless.instance.authority_pem()),
            ("log.pub", keyless.instance.log_pem()),
            ("ctfe.pub", keyless.instance.certificate_log_pem()),
        ] {
            fs::write(keyless.site.path(name), content).unwrap();
        }
        Some(keyless)
    }

    /// The authority for the developer, by the issuer of the instance.
    pub(super) fn developer(&self) -> String {
        identity(&self.instance.issuer(), DEVELOPER)
    }

    /// From now on `doorward` demands a signature by this identity, according to this trusted root.
    pub(super) fn trust(&self, root: &Value, identity: &str) {
        let authority = format!("{{keyless: {{{identity}}}, trustRootSecret: root}}");
        let root = root.to_string();
        let secrets = [("root", "trusted_root.json", root.as_str())];
        self.site.govern(&secrets, &authority);
    }

    /// The developer signs an image.
    pub(super) fn sign(&self, way: Way, image: &str) {
        let identity = SigstoreIdentity::email(DEVELOPER);
        self.sign_with(way, &self.instance.identity_token(&identity), image);
    }

    /// Somebody with a token signs an image.
    pub(super) fn sign_with(&self, way: Way, token: &str, image: &str) {
        must(&mut self.signing(way, token, image));
    }

    /// Somebody with the key `release` signs an image in a bundle, and has it logged.
    pub(super) fn sign_with_key(&self, log: SigstoreLog, image: &str) {
        // The newer log takes nothing without a stamp, since it tells no time.
        let config = self
            .instance
            .signing_config(log, log == SigstoreLog::Second);
        fs::write(self.site.path("config.json"), config.to_string()).unwrap();
        let mut sign = self.site.program("cosign");
        sign.args(["sign", "--yes", "--allow-http-registry"]);
        must(sign.args([
            "--key",
            "release.key",
            "--signing-config",
            "config.json",
            image,
        ]));
    }

    /// The command by which somebody does so.
    pub(super) fn signing(&self, way: Way, token: &str, image: &str) -> Command {
        let mut sign = self.site.program(way.maker.program());
        fs::write(self.site.path("token"), token).unwrap();
        sign.args(["sign", "--yes", "--allow-http-registry"]);
        sign.args(["--identity-token", "token"]);
        let url = self.instance.url();
        if way.maker.is_layer() {
            sign.args(["--fulcio-url", &url, "--rekor-url", &url]);
            if way.has_stamp {
                sign.args(["--timestamp-server-url", &format!("{url}/api/v1/timestamp")]);
            }
            sign.env("SIGSTORE_ROOT_FILE", "authority.pem")
                .env("SIGSTORE_REKOR_PUBLIC_KEY", "log.pub")
                .env("SIGSTORE_CT_LOG_PUBLIC_KEY_FILE", "ctfe.pub");
        } else {
            let config = self.instance.signing_config(way.log, way.has_stamp);
            fs::write(self.site.path("config.json"), config.to_string()).unwrap();
            sign.args(["--signing-config", "config.json"]);
        }
        if way.maker == Maker::ThirdLayer {
            sign.args(["--new-bundle-format=false", "--use-signing-config=false"]);
        }
        sign.arg(image);
        sign
    }

    /// What `cosign verify` of the third generation says by this identity, according to this trusted root.
    pub(super) fn cosign(
        &self,
        root: &Value,
        (issuer, subject): (&str, &str),
        image: &str,
    ) -> Output {
        fs::write(self.site.path("root.json"), root.to_string()).unwrap();
        let mut verify = self.site.program("cosign");
        verify.args(["verify", "--allow-http-registry"]);
        verify.args(["--trusted-root", "root.json"]);
        verify.args(["--certificate-oidc-issuer", issuer]);
        run(verify.args(["--certificate-identity", subject, image]))
    }
}
