//! What a site that has used the client for long brings along: its trust directory.

use serde_json::{Value, json};

use super::Reader;
use crate::command::doorward;
use crate::image::Image;
use crate::notary::proxy::Tampering;
use crate::notary::{Client, GUN, Keys, Server, TrustSite};
use crate::tools::must;

/// A site, and its image as `1`.
fn published() -> Option<(TrustSite, Image)> {
    let site = TrustSite::set_up(Keys::Local)?;
    let image = Image::new("one");
    site.publisher.init();
    site.publisher.add("targets", "1", &image);
    Some((site, image))
}

#[test]
fn what_the_client_trusts_is_taken_over_and_nothing_else_is_believed() {
    let Some((site, one)) = published() else {
        return;
    };
    let without_pins = site.objects("no-pins.json", json!({}), &[]);
    let reader = Reader::new(&site, "reader");
    reader.denies(&without_pins, "1", "notary-pin-required");
    // The publisher rotates after the client was last there; both must walk from the old root to the new one.
    reader.client_sees("1", Some(&one));
    site.publisher.rotate("root");
    site.publisher.rotate("root");
    must(
        doorward(site.files())
            .args(["trust", "import"])
            .arg(reader.client.trust_directory())
            .args([GUN, "--trust-server", &site.proxy.url(), "--state-dir"])
            .arg(&reader.state),
    );
    reader.allows(&without_pins, "1", &one);
    reader.client_sees("1", Some(&one));

    let evil = Server::start(Keys::Local, None);
    let mallory = Client::new(&evil.url());
    mallory.init();
    for n in 0..6 {
        mallory.add("targets", "1", &Image::new(&format!("evil {n}")));
    }
    site.proxy.tamper(Tampering::Redirect(evil.address()));
    reader.denies(&without_pins, "1", "notary-root-rotation");
    assert_eq!(reader.client.list(), None);
}

#[test]
fn the_pins_that_are_printed_are_those_of_the_publisher() {
    let Some((site, one)) = published() else {
        return;
    };
    let printed = must(
        doorward(site.files())
            .args(["trust", "pin", GUN, "--output", "json"])
            .args(["--trust-server", &site.proxy.url()]),
    );
    let pin: Value = serde_json::from_slice(&printed).unwrap();
    assert_eq!(pin["rootKeyIds"], json!([site.publisher.root_key_id()]));
    assert_eq!(pin["firstUse"], true);
    let pins = json!({"pins": {"rootKeyIds": pin["rootKeyIds"]}});
    let objects = site.objects("printed.json", pins, &[]);
    Reader::new(&site, "reader").allows(&objects, "1", &one);
}
