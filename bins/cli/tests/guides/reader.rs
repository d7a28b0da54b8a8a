//! Somebody who follows a guide in a new folder, with a registry of the test's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::steps::{Step, shows, steps};
use crate::image::Image;
use crate::registry::Registry;
use crate::tools::{are_perhaps_there, must, run};

/// The registry of the guides.
const REGISTRY: &str = "registry.example";

pub(super) struct Reader {
    registry: Registry,
    folder: TempDir,
    /// What stands in the guides, and what is there instead.
    instead: Vec<(String, String)>,
}

impl Reader {
    /// Somebody who pushed two images, `team/app:1` and `team/app:2`; `None` if a program is missing that the guides use.
    pub(super) fn begin() -> Option<Self> {
        if !are_perhaps_there(&[
            "bash",
            "docker-registry",
            "kubectl",
            "notation",
            "openssl",
            "oras",
        ]) {
            return None;
        }
        let registry = Registry::start();
        // Under this name the tools speak plain HTTP without an option for it.
        let address = format!("localhost:{}", registry.address().port());
        let reader = Self {
            registry,
            folder: tempfile::tempdir().unwrap(),
            instead: vec![
                (format!("https://{REGISTRY}"), format!("http://{address}")),
                (REGISTRY.to_owned(), address.clone()),
            ],
        };
        fs::create_dir(reader.path("home")).unwrap();
        fs::create_dir(reader.path("work")).unwrap();
        for tag in ["1", "2"] {
            let layout = tempfile::tempdir().unwrap();
            Image::new(tag).write(layout.path());
            let from = format!("{}:image", layout.path().display());
            let to = format!("{address}/team/app:{tag}");
            let mut push = reader.program("oras");
            must(push.args(["cp", "--from-oci-layout", &from, &to]));
        }
        Some(reader)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder in which the commands are typed.
    pub(super) fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// Something else stands in the place of what the guide names.
    pub(super) fn replace(&mut self, named: &str, by: &str) {
        self.instead.push((named.to_owned(), by.to_owned()));
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        let doorward = Path::new(env!("CARGO_BIN_EXE_doorward"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(doorward.parent().unwrap().to_owned());
        let path = std::env::join_paths(folders.chain(std::env::split_paths(&path))).unwrap();
        let plain = format!("localhost:{}", self.registry.address().port());
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("DOORWARD_PLAIN_HTTP", plain)
            .current_dir(self.work());
        command
    }

    /// Does what a guide says, in one shell, to the end.
    ///
    /// # Panics
    /// If a command fails, or does not refuse where the guide says so, or prints something else than the guide shows.
    pub(super) fn follow(&self, page: &str) {
        let steps = steps(page);
        let mut script = String::from("set -eu -o pipefail\n");
        let name = |kind: &str, number: usize| self.path(&format!("{kind}-{number}"));
        for (number, step) in steps.iter().enumerate() {
            let (file, printed) = (name("step", number), name("printed", number));
            let (text, line) = match step {
                Step::File { path, content } => {
                    (content, format!("cp {} '{path}'\n", file.display()))
                }
                Step::Commands { text, refused, .. } => {
                    let mut line = format!("source {} >{} 2>&1", file.display(), printed.display());
                    if *refused {
                        // Behind this, the shell would pass over the failure of any command but the last.
                        let lines = text.lines().filter(|line| !line.ends_with('\\'));
                        assert!(
                            lines.count() == 1 && !text.contains(['|', ';', '&']),
                            "{text}"
                        );
                        line.push_str(" && exit 99 || test $? = 3");
                    }
                    line.push('\n');
                    (text, line)
                }
            };
            fs::write(&file, self.localised(text)).unwrap();
            script.push_str(&line);
        }
        let output = run(self.program("bash").args(["-c", &script]));
        let mut last = String::new();
        for (number, step) in steps.iter().enumerate() {
            let Step::Commands {
                text,
                output: shown,
                ..
            } = step
            else {
                continue;
            };
            let Ok(printed) = fs::read(name("printed", number)) else {
                panic!("the last step failed: {last}");
            };
            let printed = self.generalised(&String::from_utf8_lossy(&printed));
            let shown = shown.as_deref();
            assert!(
                shown.is_none_or(|shown| shows(shown, &printed)),
                "{text}printed\n{printed}and not\n{}",
                shown.unwrap_or_default()
            );
            last = format!("{text}{printed}");
        }
        assert!(output.status.success(), "the last step failed: {last}");
    }

    fn localised(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (named, by) in &self.instead {
            text = text.replace(named, by);
        }
        text
    }

    fn generalised(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (named, by) in &self.instead {
            text = text.replace(by, named);
        }
        text
    }
}
