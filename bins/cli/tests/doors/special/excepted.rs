//! What is let through for a time.

use super::Special;
use crate::cases::Setting;
use crate::scheme::Matter;

impl<'w> Special<'w> {
    /// Exceptions, those that count and those that do not.
    pub(super) fn excepted(&mut self) {
        let host = self.world.registry.address();
        let simple = self.simple();
        for (name, more, fields) in [
            ("allowing", "exceptions: allowed, ", ""),
            ("cluster-only", "exceptions: cluster, ", ""),
            ("denying", "", ""),
            (
                "allowing-unpinned",
                "exceptions: allowed, ",
                "mutateImage: false, ",
            ),
        ] {
            let body = format!("{fields}{simple}");
            self.cluster(name, "", &format!("{name}/*"), more, &body);
        }
        let mut write = |kind: &str, name: &str, images: &str, code: &str, until: &str| {
            let namespace = if kind == "ImageException" {
                ", namespace: excepted"
            } else {
                ""
            };
            self.documents.push(format!(
                "apiVersion: doorward.dev/v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\nspec: {{images: ['{host}/{images}'], \
                 codes: [{code}], until: {until}, reason: the vendor signs it on Friday}}\n"
            ));
        };
        let (soon, none) = ("2026-01-05", "simple-no-signature");
        write("ImageException", "counts", "allowing/unsigned", none, soon);
        write(
            "ImageException",
            "of-nobody",
            "cluster-only/unsigned",
            none,
            soon,
        );
        write("ImageException", "denied", "denying/unsigned", none, soon);
        write(
            "ImageException",
            "unpinned",
            "allowing-unpinned/unsigned",
            none,
            soon,
        );
        write(
            "ImageException",
            "other-code",
            "allowing/stranger",
            none,
            soon,
        );
        write(
            "ImageException",
            "over",
            "allowing/misnamed",
            "simple-identity-mismatch",
            "2025-12-31",
        );
        write(
            "ImageException",
            "too-long",
            "allowing/expired",
            "simple-signature-expired",
            "2027-01-01",
        );
        write(
            "ClusterImageException",
            "of-all",
            "cluster-only/misnamed",
            "simple-identity-mismatch",
            soon,
        );
        for (folder, matters) in [
            (
                "allowing",
                &[
                    Matter::Unsigned,
                    Matter::Stranger,
                    Matter::Misnamed,
                    Matter::Expired,
                    Matter::Tampered,
                ][..],
            ),
            ("cluster-only", &[Matter::Unsigned, Matter::Misnamed][..]),
            ("denying", &[Matter::Unsigned][..]),
            ("allowing-unpinned", &[Matter::Unsigned][..]),
        ] {
            for &matter in matters {
                let image = self.push(matter, folder);
                for namespace in ["excepted", "shop"] {
                    self.both("exception", namespace, &image);
                }
            }
        }
        for case in &mut self.cases {
            case.is_pinned &= !case.image.contains("/allowing-unpinned/");
        }
    }

    /// Entries that refuse only from a time on.
    pub(super) fn deferred(&mut self) {
        let simple = self.simple();
        for (name, from) in [("to-come", "2026-02-01"), ("come", "2025-12-01")] {
            let from = format!("effectiveFrom: {from}, ");
            self.cluster(name, "", &format!("{name}/*"), &from, &simple);
            for matter in [
                Matter::Right,
                Matter::Unsigned,
                Matter::Tampered,
                Matter::Broken,
            ] {
                let image = self.push(matter, name);
                self.both(name, "shop", &image);
            }
        }
        // Until then they warn, also of what nothing pins.
        let to_come = self.cases.iter_mut();
        to_come
            .filter(|case| case.image.contains("/to-come/"))
            .for_each(|case| case.setting = Setting::Warn);
    }
}
