//! skopeo, with settings of its own: nothing on the machine is read or changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::gpg::{Gpg, Key};
use crate::image::Image;
use crate::tools::{must, run};

/// How to call skopeo at one site.
pub(crate) struct Skopeo {
    registries_d: PathBuf,
    gpg_home: PathBuf,
}

impl Skopeo {
    pub(crate) fn new(registries_d: PathBuf, gpg: &Gpg) -> Self {
        Self {
            registries_d,
            gpg_home: gpg.home().to_owned(),
        }
    }

    /// The version, as numbers that compare.
    pub(crate) fn version() -> Vec<u32> {
        let text = String::from_utf8(must(Command::new("skopeo").arg("--version"))).unwrap();
        text.split(|c: char| !c.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .take(3)
            .collect()
    }

    /// Pushes an image, signed if a key is given.
    pub(crate) fn push(&self, image: &Image, reference: &str, key: Option<&Key>) {
        let layout = tempfile::tempdir().unwrap();
        image.write(layout.path());
        let mut command = self.command();
        command.args([
            "--insecure-policy",
            "copy",
            "--quiet",
            "--dest-tls-verify=false",
        ]);
        if let Some(key) = key {
            command.args(["--sign-by", &key.signs_with]);
        }
        command
            .arg(format!("oci:{}:image", layout.path().display()))
            .arg(format!("docker://{reference}"));
        must(&mut command);
    }

    /// Whether skopeo copies the image under a `policy.json`.
    pub(crate) fn allows(&self, policy: &Path, reference: &str) -> bool {
        let target = tempfile::tempdir().unwrap();
        let output = run(self
            .command()
            .arg("--policy")
            .arg(policy)
            .args(["copy", "--quiet", "--src-tls-verify=false"])
            .arg(format!("docker://{reference}"))
            .arg(format!("dir:{}", target.path().display())));
        let error = String::from_utf8_lossy(&output.stderr);
        // A refusal that is none would make every comparison true.
        assert!(
            output.status.success()
                || error.contains("Source image rejected")
                || error.contains("ignature"),
            "{reference}: {error}"
        );
        output.status.success()
    }

    fn command(&self) -> Command {
        let mut command = Command::new("skopeo");
        command
            .env("GNUPGHOME", &self.gpg_home)
            .arg("--registries.d")
            .arg(&self.registries_d);
        command
    }
}
