//! A server that speaks TLS with a certificate of the site's own authority.

use super::reference;
use crate::command::verify;
use crate::image::Image;
use crate::notary::{Client, Server, are_there, option, pins, write_objects};

#[test]
fn a_server_is_believed_to_be_itself_only_with_the_authority_of_the_site() {
    if !are_there() {
        return;
    }
    let server = Server::start_with_tls();
    let authority = server.authority().expect("it speaks TLS");
    let publisher = Client::new(&server.url()).with_authority(authority);
    let image = Image::new("one");
    publisher.init();
    publisher.add("targets", "1", &image);

    let home = tempfile::tempdir().unwrap();
    let objects = home.path().join("objects.json");
    let trust = pins(&[&publisher.root_key_id()]);
    write_objects(&objects, &server.url(), trust, &[]);
    let state = home.path().join("state");
    let options = [
        option("--filename", &objects),
        option("--state-dir", &state),
        option("--ca-file", authority),
    ];

    let stranger = verify(home.path(), &options[..2], &reference("1"));
    assert_eq!(stranger.exit, 5, "{:#}", stranger.report);
    let found = &stranger.report["images"][0];
    assert_eq!(found["code"], "notary-server-unavailable");

    let known = verify(home.path(), &options, &reference("1"));
    assert_eq!(known.exit, 0, "{:#}", known.report);
    let found = &known.report["images"][0];
    assert_eq!(found["digest"], image.digest().as_str());
}
