//! An image whose signer's certificate says where to ask about its revocation.

use super::site::{ALLOWED, Site, refused};
use crate::pki::Kind;

/// `doorward` asks on loopback only if it may.
pub(super) const MAY_ASK: [(&str, &str); 1] = [("--allow-address", "127.0.0.1")];

/// A site and an image of it that one key signed.
pub(super) struct Revocable {
    pub(super) site: Site,
    pub(super) image: String,
}

impl Revocable {
    /// With the key `name`, whose certificate has these extensions.
    pub(super) fn set_up(name: &str, extensions: &str) -> Option<Self> {
        let site = Site::set_up()?;
        site.signer(name, Kind::P256, extensions);
        let image = site.push(name);
        site.sign(name, &[], &image);
        Some(Self { site, image })
    }

    pub(super) fn doorward(&self) -> (i32, Option<String>) {
        self.site.doorward_with(&MAY_ASK, &self.image)
    }

    pub(super) fn both_accept(&self) {
        assert_eq!(self.site.notation_refuses(&self.image), None);
        assert_eq!(self.doorward(), ALLOWED);
    }

    pub(super) fn both_refuse(&self, code: &str) {
        let told = self.site.notation_refuses(&self.image).unwrap();
        assert!(told.contains("revo"), "{told}");
        assert_eq!(self.doorward(), refused(code));
    }
}
