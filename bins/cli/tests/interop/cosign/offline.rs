//! What cosign signed, carried to a machine without a network: a layout on disk decides alone.

use std::process::Command;

use serde_json::Value;

use super::instance::{DEVELOPER, Keyless, WAYS, identity};
use super::site::{ALLOWED, KEY, Maker, Site, refused};
use super::store::tag;
use crate::command::doorward;
use crate::tools::{are_perhaps_there, must, run};

/// Whether this system can run a program in a network of its own, in which there is nobody, not even itself.
fn has_unshare() -> bool {
    let works = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "true"])
        .output();
    let works = works.is_ok_and(|output| output.status.success());
    if !works {
        eprintln!("unshare makes no networks here: only --offline denies it");
    }
    works
}

impl Site {
    /// Carries an image and what is signed of it into a layout on disk.
    fn carry(&self, maker: Maker, image: &str, layout: &str) {
        let (repository, _) = image.split_once('@').unwrap();
        let mut oras = self.program("oras");
        oras.args(["cp", "-r", "--from-plain-http", "--to-oci-layout"]);
        must(oras.args([image, &format!("{layout}:1")]));
        if maker.is_layer() {
            let tag = tag(image, ".sig");
            let mut oras = self.program("oras");
            oras.args(["cp", "--from-plain-http", "--to-oci-layout"]);
            must(oras.args([format!("{repository}:{tag}"), format!("{layout}:{tag}")]));
        }
    }

    /// The exit code of `doorward verify` in a network with nobody, and the code of a refusal.
    fn offline(&self, image: &str, layout: &str) -> (i32, Option<String>) {
        let verify = doorward(self.home());
        let mut command = if has_unshare() {
            let mut unshare = self.program("unshare");
            unshare.args(["--user", "--map-root-user", "--net"]);
            unshare.arg(verify.get_program());
            unshare
        } else {
            verify
        };
        command
            .current_dir(self.home())
            .args(["verify", image, "--output", "json", "--offline"]);
        let output = run(command.args(["--layout", layout, "--filename", "site.yaml"]));
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)));
        let code = report["images"][0]["code"].as_str().map(str::to_owned);
        (output.status.code().unwrap(), code)
    }
}

#[test]
fn a_policy_with_a_key_decides_without_a_network_what_cosign_signed() {
    let Some(site) = Site::set_up() else { return };
    if !are_perhaps_there(&["oras"]) {
        return;
    }
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let image = site.push(&format!("carried{number}"));
        let (unsigned, signed) = (format!("unsigned{number}"), format!("signed{number}"));
        must(
            site.program("oras")
                .args(["cp", "--from-plain-http", "--to-oci-layout", &image])
                .arg(format!("{unsigned}:1")),
        );
        site.sign(maker, KEY, &[], &image);
        site.carry(maker, &image, &signed);
        site.trust(KEY, "");
        assert_eq!(
            site.offline(&image, &unsigned),
            refused("sigstore-none"),
            "{maker:?}"
        );
        assert_eq!(site.offline(&image, &signed), ALLOWED, "{maker:?}");
        site.trust("stranger", "");
        let (exit, code) = site.offline(&image, &signed);
        assert_eq!((exit, code), refused("sigstore-unknown-key"), "{maker:?}");
    }
}

#[test]
fn a_keyless_policy_with_a_root_at_hand_decides_without_a_network_what_cosign_signed() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    if !are_perhaps_there(&["oras"]) {
        return;
    }
    let issuer = keyless.instance.issuer();
    for (number, way) in WAYS.into_iter().enumerate() {
        let image = keyless.site.push(&format!("carried-keyless{number}"));
        let layout = format!("keyless{number}");
        keyless.sign(way, &image);
        keyless.site.carry(way.maker, &image, &layout);
        for (subject, expected) in [
            (DEVELOPER, ALLOWED),
            ("eve@acme.test", refused("sigstore-untrusted-identity")),
        ] {
            keyless.trust(&keyless.root, &identity(&issuer, subject));
            assert_eq!(keyless.site.offline(&image, &layout), expected, "{way:?}");
        }
    }
}
