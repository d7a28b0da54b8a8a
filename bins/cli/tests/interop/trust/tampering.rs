//! What somebody between a reader and the server can do, and what becomes of each.

use std::ffi::OsStr;
use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::Timestamp;

use super::Reader;
use crate::image::Image;
use crate::notary::proxy::Tampering;
use crate::notary::{Client, Keys, Server, TrustSite, first_use, pins};

/// A day longer than a server lets a timestamp live.
const FIFTEEN_DAYS: i64 = 15 * 24 * 60 * 60;

/// A site with the tag `1`, and that image.
fn published() -> Option<(TrustSite, Image)> {
    let site = TrustSite::set_up(Keys::Local)?;
    let image = Image::new("one");
    site.publisher.init();
    site.publisher.add("targets", "1", &image);
    Some((site, image))
}

#[test]
fn an_earlier_state_is_refused_by_a_client_that_saw_a_later_one() {
    let Some((site, one)) = published() else {
        return;
    };
    let objects = site.objects("pinned.json", pins(&[&site.publisher.root_key_id()]), &[]);
    let reader = Reader::new(&site, "reader");
    reader.allows(&objects, "1", &one);
    reader.client_sees("1", Some(&one));
    let earlier = site.proxy.take_recording();

    let two = Image::new("two");
    site.publisher.add("targets", "1", &two);
    reader.allows(&objects, "1", &two);
    reader.client_sees("1", Some(&two));

    site.proxy.tamper(Tampering::Replay(earlier));
    reader.denies(&objects, "1", "notary-rollback");
    assert_eq!(reader.client.list(), None);
    // A client that comes now cannot know, until the timestamp expires.
    Reader::new(&site, "newcomer").allows(&objects, "1", &one);

    site.proxy.tamper(Tampering::None);
    reader.allows(&objects, "1", &two);
}

#[test]
fn another_root_under_the_same_name_is_refused() {
    let Some((site, one)) = published() else {
        return;
    };
    let pinned = site.objects("pinned.json", pins(&[&site.publisher.root_key_id()]), &[]);
    let first = site.objects("first-use.json", first_use(), &[]);
    let reader = Reader::new(&site, "reader");
    reader.allows(&first, "1", &one);
    reader.client_sees("1", Some(&one));

    let evil = Server::start(Keys::Local, None);
    let mallory = Client::new(&evil.url());
    mallory.init();
    // Later versions than the honest ones: this is no rollback.
    for n in 0..3 {
        mallory.add("targets", "1", &Image::new(&format!("evil {n}")));
    }
    site.proxy.tamper(Tampering::Redirect(evil.address()));
    reader.denies(&first, "1", "notary-root-rotation");
    assert_eq!(reader.client.list(), None);
    Reader::new(&site, "pinning").denies(&pinned, "1", "notary-pin-mismatch");

    site.proxy.tamper(Tampering::None);
    reader.allows(&first, "1", &one);
}

#[test]
fn pins_of_another_key_are_met_by_nothing() {
    let Some((site, _)) = published() else {
        return;
    };
    let other = "0".repeat(64);
    let objects = site.objects("other.json", pins(&[&other]), &[]);
    Reader::new(&site, "reader").denies(&objects, "1", "notary-pin-mismatch");
    let without = site.objects("none.json", serde_json::json!({}), &[]);
    Reader::new(&site, "unpinned").denies(&without, "1", "notary-pin-required");
}

#[test]
fn a_changed_file_is_refused_wherever_the_change_is() {
    let Some((site, one)) = published() else {
        return;
    };
    let objects = site.objects("pinned.json", pins(&[&site.publisher.root_key_id()]), &[]);
    let flip: fn(&mut Vec<u8>) = |bytes| {
        // In the signature at the end, so that the form stays what it was.
        let at = bytes.len() - 20;
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    };
    for (file, code) in [
        ("root", "notary-threshold"),
        ("timestamp", "notary-threshold"),
        ("snapshot.", "notary-hash-mismatch"),
        ("targets.", "notary-hash-mismatch"),
    ] {
        site.proxy.tamper(Tampering::Change(file, flip));
        let reader = Reader::new(&site, file);
        reader.denies(&objects, "1", code);
        assert_eq!(reader.client.list(), None, "{file}");
        // Nothing of it stays.
        site.proxy.tamper(Tampering::None);
        reader.allows(&objects, "1", &one);
    }
}

#[test]
fn a_timestamp_that_is_not_renewed_expires() {
    let Some((site, one)) = published() else {
        return;
    };
    let objects = site.objects("pinned.json", pins(&[&site.publisher.root_key_id()]), &[]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap());
    let later = now.plus(FIFTEEN_DAYS).to_string();
    let at = ("--at", OsStr::new(&later));
    Reader::new(&site, "late").denies_with(&objects, "1", &[at], "notary-role-expired", 3);
    Reader::new(&site, "timely").allows(&objects, "1", &one);
}

#[test]
fn a_server_that_is_gone_is_inconclusive_and_not_a_verdict() {
    let Some((mut site, one)) = published() else {
        return;
    };
    let objects = site.objects("pinned.json", pins(&[&site.publisher.root_key_id()]), &[]);
    Reader::new(&site, "reader").allows(&objects, "1", &one);
    site.server.stop();
    for name in ["reader", "newcomer"] {
        let reader = Reader::new(&site, name);
        reader.denies_with(&objects, "1", &[], "notary-server-unavailable", 5);
    }
}
