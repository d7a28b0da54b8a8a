//! The `doorward` command and the `notary` client before the same trust server.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{Judged, verify};
use crate::image::Image;
use crate::notary::{Client, GUN, TrustSite, option};

mod story;
mod takeover;
mod tampering;
mod tls;
mod tokens;

/// Somebody who has seen the collection before: the memory of the command, and that of the client beside it.
struct Reader<'s> {
    site: &'s TrustSite,
    client: Client,
    state: PathBuf,
}

impl<'s> Reader<'s> {
    /// One who has seen nothing yet.
    fn new(site: &'s TrustSite, name: &str) -> Self {
        Self {
            site,
            client: Client::new(&site.proxy.url()),
            state: site.files().join(format!("state-{name}")),
        }
    }

    /// Judges `TAG`, or `@DIGEST`.
    fn judge(&self, objects: &Path, name: &str, more: &[(&str, &OsStr)]) -> Judged {
        let mut options = vec![
            option("--filename", objects),
            option("--state-dir", &self.state),
        ];
        options.extend_from_slice(more);
        verify(self.site.files(), &options, &reference(name))
    }

    /// That an image is allowed and pinned.
    #[track_caller]
    fn allows(&self, objects: &Path, name: &str, image: &Image) -> Value {
        let Judged { exit, report } = self.judge(objects, name, &[]);
        let found = &report["images"][0];
        assert_eq!(exit, 0, "{report:#}");
        assert_eq!(found["verdict"], "allow", "{report:#}");
        assert_eq!(found["digest"], image.digest().as_str());
        assert_eq!(found["pinned"], format!("{GUN}@{}", image.digest()));
        report
    }

    /// That an image is denied, for this reason.
    #[track_caller]
    fn denies(&self, objects: &Path, name: &str, code: &str) {
        self.denies_with(objects, name, &[], code, 3);
    }

    #[track_caller]
    fn denies_with(
        &self,
        objects: &Path,
        name: &str,
        more: &[(&str, &OsStr)],
        code: &str,
        exit: i32,
    ) {
        let got = self.judge(objects, name, more);
        let found = &got.report["images"][0];
        assert_eq!(found["code"], code, "{:#}", got.report);
        assert_eq!(found["verdict"], "deny", "{:#}", got.report);
        assert_eq!(found["pinned"], Value::Null);
        assert_eq!(got.exit, exit, "{:#}", got.report);
    }

    /// That the client agrees: the tag is released as this image, or not at all.
    #[track_caller]
    fn client_sees(&self, tag: &str, image: Option<&Image>) {
        assert_eq!(self.client.released(tag), image.map(Image::digest));
    }
}

fn reference(name: &str) -> String {
    match name.strip_prefix('@') {
        Some(digest) => format!("{GUN}@{digest}"),
        None => format!("{GUN}:{name}"),
    }
}
