//! Programs that somebody uses who signs images, with settings of one folder alone.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::image::Image;
use crate::tools::must;

/// A program that reads and writes its settings in `home`, and runs there.
pub(crate) fn program(home: &Path, name: &str) -> Command {
    let mut command = Command::new(name);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .current_dir(home);
    command
}

/// Pushes an image to `team/NAME:1` with skopeo, and says what it is called by digest.
pub(crate) fn push(home: &Path, registry: SocketAddr, name: &str) -> String {
    push_as(home, registry, name, "1", name)
}

/// Pushes the image with a label to `team/NAME:TAG`, and says what it is called by digest.
pub(crate) fn push_as(
    home: &Path,
    registry: SocketAddr,
    name: &str,
    tag: &str,
    label: &str,
) -> String {
    let (image, layout) = (Image::new(label), tempfile::tempdir().unwrap());
    image.write(layout.path());
    let repository = format!("{registry}/team/{name}");
    must(
        program(home, "skopeo")
            .args(["--insecure-policy", "copy", "--quiet"])
            .arg("--dest-tls-verify=false")
            .arg(format!("oci:{}:image", layout.path().display()))
            .arg(format!("docker://{repository}:{tag}")),
    );
    format!("{repository}@{}", image.digest())
}
