//! Writes what the targets about certificates, time stamps and revocation start from into `fuzz/seeds`.

use std::error::Error;
use std::fs;
use std::path::Path;

use doorward_fuzz::pki::KNOWN;

fn main() -> Result<(), Box<dyn Error>> {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for (target, files) in [
        ("crl", KNOWN.lists()),
        ("ocsp_response", KNOWN.responses()),
        ("ordered_chain", KNOWN.chains()),
        ("timestamp_token", KNOWN.stamps()),
    ] {
        let folder = seeds.join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in files {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
