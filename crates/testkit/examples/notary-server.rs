//! Serves a signed collection for a minute or until killed, so that other programs can be tried on it.
//!
//! `cargo run -p doorward-testkit --example notary-server -- [GUN] [TIME]`

use std::error::Error;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use doorward_core::Timestamp;
use doorward_testkit::{Collection, Delegation, Image, KeyKind, NotaryKey, NotaryServer, Target};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let gun = arguments
        .next()
        .unwrap_or_else(|| "registry.example/team/app".to_owned());
    let now = match arguments.next() {
        Some(time) => time.parse()?,
        None => {
            let elapsed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            Timestamp::from_unix(i64::try_from(elapsed)?)
        }
    };
    // Signed an hour ago, so that no clock in the neighbourhood is behind it.
    let mut collection = Collection::new(&gun, now.plus(-3_600));
    let app = Image::sample("app");
    collection
        .add_target("1.0", Target::image(&app))
        .delegate(Delegation::new(
            "targets/releases",
            &[NotaryKey::seeded(KeyKind::P384, 1)],
        ))
        .delegate(Delegation::new(
            "targets/alice",
            &[NotaryKey::seeded(KeyKind::Rsa2048, 0)],
        ))
        .add_target_to("targets/releases", "1.1", Target::image(&app))
        .add_target_to("targets/alice", "1.1", Target::image(&app));
    let server = NotaryServer::builder().start_blocking();
    server.publish(&collection.publish());
    let mut out = std::io::stdout();
    writeln!(out, "{} {gun} {}", server.url(), collection.root_key_id())?;
    out.flush()?;
    std::thread::sleep(Duration::from_secs(60));
    for request in server.requests() {
        writeln!(out, "{} {:?}", request.line(), request.status)?;
    }
    Ok(())
}
