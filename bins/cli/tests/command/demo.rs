//! The demonstration.

use crate::common::Site;

#[test]
fn it_tells_the_whole_story_with_nothing_but_itself() {
    let site = Site::new();
    let run = site
        .doorward(&["demo"])
        // Nothing of the surroundings counts: no proxy, no configuration of Docker, no programs.
        .env("PATH", "")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("DOCKER_CONFIG", "/nonexistent")
        .run();
    run.expect(
        0,
        &[
            "kind: ClusterImagePolicy",
            "ALLOWED  registry.example/shop/web:1.0",
            "registry.example/shop/web@sha256:",
            "DENIED  registry.example/shop/cart:1.0",
            "simple-no-signature",
            "DENIED  registry.example/shop/pay:1.0",
            "simple-digest-mismatch",
        ],
    );
    assert_eq!(run.stderr, "");
    assert!(site.registry.requests().is_empty());
}
