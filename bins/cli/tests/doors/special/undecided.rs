//! What keeps an image from being judged.

use super::Special;
use crate::cases::Setting;
use crate::scheme::{Matter, Scheme};
use crate::world::World;

impl<'w> Special<'w> {
    /// A registry that is no more, under every setting.
    pub(crate) fn down(world: &'w World) -> Self {
        let mut special = Self {
            world,
            cases: Vec::new(),
            documents: Vec::new(),
        };
        special.account("shop", "default", None);
        let down = &world.down;
        for scheme in [Scheme::Simple, Scheme::Sigstore] {
            for setting in Setting::ALL {
                let entry = format!("{}-{}", scheme.name(), setting.name());
                let body = format!("{}{}", setting.fields(), world.demand(scheme, &[]));
                special.documents.push(format!(
                    "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: {entry}}}\nspec: \
                     {{repositories: [{{name: '{down}/{entry}/*', policy: {{{body}}}}}]}}\n"
                ));
                let image = format!("{down}/{entry}/app:1");
                special.case("down", "shop", image).setting = setting;
            }
        }
        special
    }

    /// What is no name of an image, in the place of all other cases.
    pub(crate) fn unreadable(&mut self) {
        let host = self.world.registry.address();
        self.cases.clear();
        for image in [
            format!("{host}/Upper:1"),
            format!("{host}/app:1@sha256:abc"),
            format!("{host}/app@sha256:{}", "g".repeat(64)),
            "registry.example:080/app".to_owned(),
            "http://registry.example/app".to_owned(),
            "127.1/app".to_owned(),
        ] {
            self.case("no reference", "shop", image);
        }
    }

    /// Policies that cannot be what was meant, and what they govern.
    pub(crate) fn wrong(world: &'w World) -> Self {
        let mut special = Self {
            world,
            cases: Vec::new(),
            documents: Vec::new(),
        };
        special.account("shop", "default", None);
        special.account("own", "default", None);
        for (name, body) in [
            ("misspelt", "simple: {requirement: []}"),
            ("empty", ""),
            (
                "contradicting",
                "unchecked: true, simple: {requirements: [{type: reject}]}",
            ),
            ("warning", "mode: warn, simple: {requirements: []}"),
            (
                "no-mode",
                "mode: sometimes, simple: {requirements: [{type: reject}]}",
            ),
            ("lenient", "onUnavailable: warn, trust: {enabled: maybe}"),
        ] {
            special.cluster(name, "", &format!("{name}/*"), "", body);
            let image = special.push(Matter::Right, name);
            special.both(name, "shop", &image);
        }
        special.own("own", "mistaken", "*", "simpel: {}");
        let image = special.push(Matter::Right, "own");
        special.both("of the namespace", "own", &image);
        special
    }
}
