//! The programs of the field against ours: gpg makes the keys, skopeo signs and pushes into docker-registry, and the
//! `doorward` command and webhook judge what they left there.
//!
//! Needs skopeo, gpg and docker-registry (`scripts/install-tools`). Without them the tests here say so and pass,
//! unless `DOORWARD_REQUIRE_TOOLS=1`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod cases;
mod gpg;
mod image;
mod lookaside;
mod registry;
mod site;
mod skopeo;
mod tools;

use cases::Cases;
use site::Site;
use skopeo::Skopeo;

/// What makes every other comparison here worth something: skopeo, judging by the same files, accepts what it
/// signed and refuses the rest.
#[test]
fn skopeo_accepts_what_was_signed_and_nothing_else() {
    let Some(site) = Site::set_up() else { return };
    let Cases { policy, cases } = Cases::prepare(&site);
    let version = Skopeo::version();
    for case in cases {
        if version[..] >= case.skopeo_since[..] {
            assert_eq!(
                site.skopeo.allows(&policy, &case.reference),
                case.expected.is_ok(),
                "{}",
                case.reference
            );
        }
    }
}
