//! Images as an honest site and an attacker leave them, and what must become of each.

use std::fs;
use std::path::PathBuf;

use crate::gpg::Key;
use crate::image::Image;
use crate::site::Site;

/// An image in the registry of a [`Site`].
pub(crate) struct Case {
    /// The reference to judge.
    pub(crate) reference: String,
    /// The digest that it must be pinned to, or the codes with one of which it must be refused.
    pub(crate) expected: Result<doorward_core::Digest, &'static [&'static str]>,
    /// The first version of skopeo that judges so. Older ones refuse every signature by a subkey.
    pub(crate) skopeo_since: [u32; 2],
}

impl Case {
    /// The reference without tag and digest.
    pub(crate) fn repository(&self) -> doorward_core::Repository {
        let reference: doorward_core::Reference = self.reference.parse().unwrap();
        reference.into_repository()
    }

    /// The codes, one of which it must be refused with.
    pub(crate) fn codes(&self) -> &[&str] {
        self.expected.as_ref().err().copied().unwrap_or_default()
    }

    /// The same under policy objects, which pass over what lies in a store and is not a signature.
    pub(crate) fn codes_under_objects(&self) -> &[&str] {
        match self.codes() {
            ["simple-store-malformed"] => &["simple-no-signature", "simple-store-malformed"],
            codes => codes,
        }
    }
}

/// The images, and the policy that all are judged by, in both forms.
pub(crate) struct Cases {
    /// A `policy.json`.
    pub(crate) policy: PathBuf,
    /// A file of policy objects.
    pub(crate) objects: PathBuf,
    pub(crate) cases: Vec<Case>,
}

impl Cases {
    /// Fills the registry and the signature store of `site`.
    pub(crate) fn prepare(site: &Site) -> Self {
        let release = site.gpg.rsa4096("release@example.test");
        let trusted = [
            ("rsa4096", [0, 0], release),
            ("ed25519", [0, 0], site.gpg.ed25519("edwards@example.test")),
            ("p256", [0, 0], site.gpg.p256("nist@example.test")),
            (
                "subkey",
                [1, 22],
                site.gpg.signing_subkey("subkey@example.test"),
            ),
        ];
        let keys: Vec<&Key> = trusted.iter().map(|(_, _, key)| key).collect();
        let stranger = site.gpg.ed25519("stranger@example.test");
        let policy = site.policy_signed_by(&keys);
        let objects = site.objects_signed_by(&keys);
        let release = &trusted[0].2;
        let mut cases = Vec::new();

        for (name, skopeo_since, key) in &trusted {
            let image = Image::new(name);
            let reference = site.push_signed(&format!("team/{name}:1"), &image, key);
            cases.push(Case {
                reference,
                expected: Ok(image.digest()),
                skopeo_since: *skopeo_since,
            });
            // By digest: the signed name has the tag, which the default identity rule lets pass.
            let reference = format!(
                "{}@{}",
                site.reference(&format!("team/{name}")),
                image.digest()
            );
            cases.push(Case {
                reference,
                expected: Ok(image.digest()),
                skopeo_since: *skopeo_since,
            });
        }
        let mut denied = |reference: String, codes: &'static [&'static str]| {
            cases.push(Case {
                reference,
                expected: Err(codes),
                skopeo_since: [0, 0],
            });
        };

        denied(
            site.push("team/unsigned:1", &Image::new("unsigned")),
            &["simple-no-signature"],
        );
        denied(
            site.push_signed("team/stranger:1", &Image::new("stranger"), &stranger),
            &["simple-unknown-key"],
        );

        // A signed tag that someone moves to an image of their own.
        site.push_signed("team/moved:1", &Image::new("before"), release);
        denied(
            site.push("team/moved:1", &Image::new("after")),
            &["simple-no-signature"],
        );

        // The same, with the signature of the old image put beside the new one.
        let (good, evil) = (Image::new("good"), Image::new("evil"));
        site.push_signed("team/transplanted:1", &good, release);
        let reference = site.push("team/transplanted:1", &evil);
        site.copy_signature(("team/transplanted", &good), ("team/transplanted", &evil));
        denied(reference, &["simple-digest-mismatch"]);

        // The very image that was signed, under a name it was not signed for.
        let image = Image::new("renamed");
        site.push_signed("team/original:1", &image, release);
        let reference = site.push("team/renamed:1", &image);
        site.copy_signature(("team/original", &image), ("team/renamed", &image));
        denied(reference, &["simple-identity-mismatch"]);

        // A signature with one bit changed near its end, where the packet of the signature itself is.
        let image = Image::new("flipped");
        let reference = site.push_signed("team/flipped:1", &image, release);
        site.change_signature("team/flipped", &image, |bytes| {
            let at = bytes.len() - 32;
            bytes[at] ^= 1;
        });
        denied(
            reference,
            &["simple-bad-signature", "simple-malformed-message"],
        );

        // A signature cut short.
        let image = Image::new("truncated");
        let reference = site.push_signed("team/truncated:1", &image, release);
        site.change_signature("team/truncated", &image, |bytes| {
            bytes.truncate(bytes.len() / 2);
        });
        denied(
            reference,
            &["simple-bad-signature", "simple-malformed-message"],
        );

        // A store that answers with a page instead of a signature.
        let image = Image::new("page");
        let reference = site.push_signed("team/page:1", &image, release);
        site.change_signature("team/page", &image, |bytes| {
            *bytes = b"<html>moved</html>".to_vec();
        });
        denied(reference, &["simple-store-malformed"]);

        Self {
            policy,
            objects,
            cases,
        }
    }
}

impl Site {
    /// Puts the first signature of one image beside another, as someone who may write to the store can.
    fn copy_signature(&self, from: (&str, &Image), to: (&str, &Image)) {
        let target = self.lookaside.file(to.0, &to.1.digest(), 1);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(self.lookaside.file(from.0, &from.1.digest(), 1), target).unwrap();
    }

    /// Changes the first signature of an image in place.
    fn change_signature(&self, path: &str, image: &Image, change: impl FnOnce(&mut Vec<u8>)) {
        let file = self.lookaside.file(path, &image.digest(), 1);
        let mut bytes = fs::read(&file).unwrap();
        change(&mut bytes);
        fs::write(file, bytes).unwrap();
    }
}
