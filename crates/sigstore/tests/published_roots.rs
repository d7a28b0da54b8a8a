//! The trusted roots that the public instance and GitHub publish.
#![allow(clippy::unwrap_used, missing_docs)]

use doorward_sigstore::TrustedRoot;

#[test]
fn the_trusted_roots_that_instances_publish_can_be_used_as_a_whole() {
    for (name, bytes) in [
        (
            "sigstore",
            &include_bytes!("vectors/trust/published/sigstore.json")[..],
        ),
        (
            "github",
            include_bytes!("vectors/trust/published/github.json"),
        ),
    ] {
        let read = TrustedRoot::parse(bytes);
        assert!(read.is_ok(), "{name}: {:?}", read.err());
    }
}
