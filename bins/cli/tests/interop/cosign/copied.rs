//! What becomes of signatures where an image is copied.

use super::site::{ALLOWED, KEY, Maker, Site};
use super::store::tag;
use crate::tools::{are_perhaps_there, must};

impl Site {
    /// An image in another repository, of the same digest.
    fn elsewhere(&self, image: &str, repository: &str) -> String {
        let (_, digest) = image.split_once('@').unwrap();
        format!("{}/{repository}@{digest}", self.address())
    }

    /// `skopeo copy` of one manifest and what it names.
    fn skopeo_copy(&self, from: &str, to: &str) {
        let mut copy = self.program("skopeo");
        copy.args(["--insecure-policy", "copy", "--quiet"]);
        copy.args(["--src-tls-verify=false", "--dest-tls-verify=false"]);
        must(copy.args([format!("docker://{from}"), format!("docker://{to}")]));
    }

    /// Says in so many words that there is no signature.
    fn says_that_the_signature_is_lost(&self, image: &str) {
        let got = self.judge(image);
        let image = &got.report["images"][0];
        assert_eq!(got.exit, 3, "{}", got.report);
        assert_eq!(image["code"], "sigstore-none");
        let message = image["message"].as_str().unwrap();
        assert!(message.contains("no sigstore signature"), "{message}");
    }
}

#[test]
fn skopeo_leaves_signatures_of_cosign_behind_and_doorward_says_so() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let image = site.push(&format!("left{number}"));
        site.sign(maker, KEY, &[], &image);
        let repository = format!("copies/left{number}");
        let copy = site.elsewhere(&image, &repository);
        site.skopeo_copy(&image, &format!("{}/{repository}:1", site.address()));
        site.says_that_the_signature_is_lost(&copy);
        // Layers are an image of their own, under a tag that can be named.
        if maker.is_layer() {
            let (from, _) = image.split_once('@').unwrap();
            let tag = tag(&image, ".sig");
            let to = format!("{}/{repository}:{tag}", site.address());
            site.skopeo_copy(&format!("{from}:{tag}"), &to);
            assert_eq!(site.doorward(&copy), ALLOWED, "{maker:?}");
        }
    }
}

#[test]
fn oras_takes_bundles_along_that_refer_to_an_image_and_no_layers() {
    let Some(site) = Site::set_up() else { return };
    if !are_perhaps_there(&["oras"]) {
        return;
    }
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let image = site.push(&format!("taken{number}"));
        site.sign(maker, KEY, &[], &image);
        let repository = format!("copies/taken{number}");
        let copy = site.elsewhere(&image, &repository);
        let to = format!("{}/{repository}:1", site.address());
        let mut oras = site.program("oras");
        oras.args(["cp", "-r", "--from-plain-http", "--to-plain-http"]);
        must(oras.args([&image, &to]));
        if maker.is_layer() {
            site.says_that_the_signature_is_lost(&copy);
        } else {
            assert_eq!(site.doorward(&copy), ALLOWED, "{maker:?}");
        }
    }
}

#[test]
fn what_cosign_copies_is_allowed_if_it_is_a_layer_and_a_list_that_it_overwrote_is_named() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let name = format!("whole{number}");
        let image = site.push(&name);
        site.sign(maker, KEY, &[], &image);
        let (from, _) = image.split_once('@').unwrap();
        let to = format!("{}/copies/{name}:1", site.address());
        let mut copy = site.program("cosign");
        copy.args(["copy", "--allow-http-registry", &format!("{from}:1"), &to]);
        must(&mut copy);
        let copy = site.elsewhere(&image, &format!("copies/{name}"));
        if maker.is_layer() {
            assert_eq!(site.doorward(&copy), ALLOWED, "{maker:?}");
            continue;
        }
        // Without the referrers API cosign writes the image itself where the list of what refers to it belongs.
        let got = site.judge(&copy);
        let image = &got.report["images"][0];
        assert_eq!(got.exit, 3, "{}", got.report);
        assert_eq!(image["code"], "registry-malformed");
        let message = image["message"].as_str().unwrap();
        assert!(message.contains("not an image index"), "{message}");
    }
}
