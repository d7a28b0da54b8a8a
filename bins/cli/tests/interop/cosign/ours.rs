//! Signatures that the test kit makes, judged by both generations of cosign and by `doorward`.

use std::fs;

use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, CosignSignature, Image, Registry};

use super::site::{ALLOWED, KEY, Site, refused};
use crate::tools::run;

const REPOSITORY: &str = "team/ours";

/// A registry of the test kit, and a key of it that `doorward` and cosign trust from now on.
struct Kit {
    site: Site,
    key: CosignKey,
    registry: Registry,
}

impl Kit {
    fn set_up() -> Option<Self> {
        let site = Site::set_up()?;
        let key = CosignKey::generate();
        fs::write(site.path("release.pub"), key.public_pem()).unwrap();
        site.trust(KEY, "");
        let registry = Registry::builder().start_blocking();
        Some(Self {
            site,
            key,
            registry,
        })
    }

    /// Stores an image with what `sign` makes of a signature in the form, and says what the image is called by digest.
    fn store(
        &self,
        name: &str,
        form: CosignForm,
        sign: impl FnOnce(CosignBuilder<'_>) -> CosignBuilder<'_>,
    ) -> String {
        let image = Image::sample(name);
        let digest = self.registry.push_image(REPOSITORY, name, &image);
        let signature = sign(CosignBuilder::new(&self.key, &image).form(form)).build();
        let suffix = match form {
            CosignForm::Layer => "sig",
            CosignForm::Envelope => "att",
            CosignForm::Bundle | CosignForm::Message => "",
        };
        if suffix.is_empty() {
            let referrer = signature.referrer(&image.manifest().descriptor());
            self.registry.push_referrer(REPOSITORY, &referrer);
        } else {
            let tag = CosignSignature::tag(&digest, suffix);
            let manifest = CosignSignature::manifest(&[signature]);
            self.registry.push_image(REPOSITORY, &tag, &manifest);
        }
        format!("{}/{REPOSITORY}@{digest}", self.registry.address())
    }

    /// Whether cosign accepts the image by the key.
    fn cosign(&self, program: &str, verb: &[&str], image: &str) -> bool {
        let mut command = self.site.program(program);
        command.args(verb).args(["--key", "release.pub"]);
        command.args(["--insecure-ignore-tlog", "--allow-http-registry", image]);
        let output = run(&mut command);
        let said = String::from_utf8_lossy(&output.stderr);
        // A refusal that is none would make every comparison true.
        assert!(
            output.status.success() || said.contains("signatures") || said.contains("attestations"),
            "{image}: {said}"
        );
        output.status.success()
    }
}

#[test]
fn cosign_and_doorward_agree_on_signatures_of_the_test_kit_with_and_without_the_referrers_api() {
    let Some(kit) = Kit::set_up() else { return };
    for has_api in [true, false] {
        kit.registry.set_referrers(has_api);
        for (form, programs) in [
            (CosignForm::Layer, &["cosign", "cosign2"][..]),
            (CosignForm::Bundle, &["cosign"]),
        ] {
            let name = |what: &str| format!("{what}-{form:?}-{has_api}").to_lowercase();
            let good = kit.store(&name("good"), form, |builder| builder);
            let forged = kit.store(&name("forged"), form, |builder| builder.forged());
            let other = Image::sample("another");
            let moved = kit.store(&name("moved"), form, |builder| {
                builder.claiming(other.digest())
            });
            for program in programs {
                let accepts = |image: &str| kit.cosign(program, &["verify"], image);
                assert!(accepts(&good), "{program} {form:?} {has_api}");
                assert!(!accepts(&forged), "{program} {form:?} {has_api}");
                assert!(!accepts(&moved), "{program} {form:?} {has_api}");
            }
            assert_eq!(kit.site.doorward(&good), ALLOWED);
            // A bundle hints at its key, a layer does not.
            let does_not_hold = match form {
                CosignForm::Layer => "sigstore-unknown-key",
                _ => "sigstore-bad-signature",
            };
            assert_eq!(kit.site.doorward(&forged), refused(does_not_hold));
            assert_eq!(
                kit.site.doorward(&moved),
                refused("sigstore-digest-mismatch")
            );
        }
    }
}

fn spdx(builder: CosignBuilder<'_>) -> CosignBuilder<'_> {
    let document = serde_json::json!({"spdxVersion": "SPDX-2.3"});
    builder.predicate("https://spdx.dev/Document", document)
}

#[test]
fn cosign_accepts_attestations_of_the_test_kit_for_their_type_alone() {
    let Some(kit) = Kit::set_up() else { return };
    kit.registry.set_referrers(true);
    for (form, programs) in [
        (CosignForm::Envelope, &["cosign", "cosign2"][..]),
        (CosignForm::Bundle, &["cosign"]),
    ] {
        let name = format!("{form:?}").to_lowercase();
        let good = kit.store(&name, form, spdx);
        let forged = kit.store(&format!("{name}-forged"), form, |b| spdx(b).forged());
        for program in programs {
            let accepts = |image: &str, kind: &str| {
                kit.cosign(program, &["verify-attestation", "--type", kind], image)
            };
            assert!(accepts(&good, "spdxjson"), "{program} {form:?}");
            assert!(!accepts(&good, "cyclonedx"), "{program} {form:?}");
            assert!(!accepts(&forged, "spdxjson"), "{program} {form:?}");
        }
    }
}
