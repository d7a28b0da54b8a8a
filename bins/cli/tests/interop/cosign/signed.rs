//! Signatures that cosign made.

use super::site::{ALLOWED, KEY, Maker, Site, refused};

#[test]
fn what_either_generation_of_cosign_signs_is_allowed_in_every_form_and_by_its_key_alone() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let image = site.push(&format!("signed{number}"));
        assert_eq!(site.doorward(&image), refused("sigstore-none"), "{maker:?}");
        site.sign(maker, "stranger", &[], &image);
        assert_eq!(
            site.doorward(&image),
            refused("sigstore-unknown-key"),
            "{maker:?}"
        );
        site.sign(maker, KEY, &[], &image);
        assert_eq!(site.doorward(&image), ALLOWED, "{maker:?}");
        // By its tag, too, and then pinned to what was signed.
        let (repository, _) = image.split_once('@').unwrap();
        let got = site.judge(&format!("{repository}:1"));
        assert_eq!(got.exit, 0, "{maker:?}: {}", got.report);
        assert_eq!(got.report["images"][0]["pinned"], image.as_str());
    }
}

#[test]
fn annotations_that_cosign_signed_are_those_that_a_policy_can_demand() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let image = site.push(&format!("annotated{number}"));
        site.sign(maker, KEY, &["-a", "env=prod", "-a", "team=web"], &image);
        for (demanded, expected) in [
            ("", ALLOWED),
            ("{env: prod}", ALLOWED),
            ("{env: prod, team: web}", ALLOWED),
            ("{env: test}", refused("sigstore-annotation-mismatch")),
            (
                "{env: prod, rank: a}",
                refused("sigstore-annotation-mismatch"),
            ),
        ] {
            let further = match demanded {
                "" => String::new(),
                demanded => format!(", annotations: {demanded}"),
            };
            site.trust(KEY, &further);
            assert_eq!(site.doorward(&image), expected, "{maker:?} {demanded}");
        }
    }
}
