//! The cases: what is demanded, times what is the matter, times how that counts, times how the image is named.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use doorward_core::Digest;

use crate::scheme::{Matter, Scheme};
use crate::world::{HUB, World};

/// How an entry counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    Enforce,
    Warn,
    Audit,
    /// `mutateImage: false`.
    Unpinned,
    /// `onUnavailable: warn`.
    Lenient,
    /// `keepTag: true`.
    Kept,
}

impl Setting {
    pub(crate) const ALL: [Self; 6] = [
        Self::Enforce,
        Self::Warn,
        Self::Audit,
        Self::Unpinned,
        Self::Lenient,
        Self::Kept,
    ];

    pub(crate) fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    pub(crate) fn fields(self) -> &'static str {
        match self {
            Self::Enforce => "",
            Self::Warn => "mode: warn, ",
            Self::Audit => "mode: audit, ",
            Self::Unpinned => "mutateImage: false, ",
            Self::Lenient => "onUnavailable: warn, ",
            Self::Kept => "keepTag: true, ",
        }
    }

    /// What of an image is looked at under it. Everything is looked at where it enforces.
    fn matters(self) -> &'static [Matter] {
        match self {
            Self::Enforce => &Matter::ALL,
            Self::Warn | Self::Audit => &[
                Matter::Right,
                Matter::Unsigned,
                Matter::Tampered,
                Matter::Gone,
                Matter::Broken,
            ],
            Self::Lenient => &[
                Matter::Right,
                Matter::Unsigned,
                Matter::Forbidden,
                Matter::Broken,
            ],
            Self::Unpinned => &[Matter::Right, Matter::Expired],
            Self::Kept => &[Matter::Right, Matter::Misnamed],
        }
    }
}

/// How an image is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Tag,
    Digest,
    Both,
    /// Without the host of Docker Hub, which is a mirror.
    Short,
}

/// A situation that differs from every other.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// What it is called in a failure.
    pub(crate) name: String,
    pub(crate) namespace: &'static str,
    /// The image, as it is written.
    pub(crate) image: String,
    pub(crate) setting: Setting,
    /// Whether its entry pins.
    pub(crate) is_pinned: bool,
    /// The service account that it runs as, and the pull secrets that the API server puts into a Pod of that.
    pub(crate) account: &'static str,
    pub(crate) pull_secrets: &'static [&'static str],
    /// The value of the label `tier` of the object.
    pub(crate) tier: Option<&'static str>,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, namespace: &'static str, image: String) -> Self {
        Self {
            name: name.into(),
            namespace,
            image,
            setting: Setting::Enforce,
            is_pinned: true,
            account: "default",
            pull_secrets: &[],
            tier: None,
        }
    }

    /// The labels of the object.
    pub(crate) fn labels(&self) -> BTreeMap<&'static str, &'static str> {
        self.tier.map(|tier| ("tier", tier)).into_iter().collect()
    }

    /// Whether the image is named by its digest.
    pub(crate) fn names_digest(&self) -> bool {
        self.image.contains('@')
    }
}

/// The product, and the policy that governs it.
pub(crate) fn product(world: &World) -> (Vec<Case>, String) {
    let mut cases = Vec::new();
    let mut policy =
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: product}\n\
                      spec:\n  repositories:\n"
            .to_owned();
    for scheme in Scheme::ALL {
        for setting in Setting::ALL {
            let entry = format!("{}-{}", scheme.name(), setting.name());
            let mut pins = Vec::new();
            for &matter in setting.matters() {
                let path = format!("{entry}/{}", matter.name());
                let name = format!("{}/{path}", world.registry.address());
                let (digest, pin) = world.push(scheme, matter, &name, &path);
                pins.extend(pin);
                for form in forms(setting, matter) {
                    let image = match form {
                        Form::Tag => format!("{name}:1"),
                        Form::Digest => format!("{name}@{digest}"),
                        Form::Both => format!("{name}:1@{digest}"),
                        Form::Short => {
                            let (hub, mirrored) =
                                (format!("docker.io/{path}"), format!("{HUB}/{path}"));
                            pins.extend(world.push(scheme, matter, &hub, &mirrored).1);
                            format!("{path}:1")
                        }
                    };
                    let mut case = Case::new(format!("{path}, {form:?}"), "shop", image);
                    (case.setting, case.is_pinned) = (setting, setting != Setting::Unpinned);
                    cases.push(case);
                }
            }
            // Named by a digest of something else: what was right does not help.
            if setting == Setting::Enforce {
                let other = Digest::sha256(entry.as_bytes());
                let name = format!("{}/{entry}/right:1@{other}", world.registry.address());
                cases.push(Case::new(
                    format!("{entry}, digest of another"),
                    "shop",
                    name,
                ));
            }
            let body = format!("{{{}{}}}", setting.fields(), world.demand(scheme, &pins));
            for host in [world.registry.address().as_str(), "docker.io"] {
                writeln!(policy, "  - {{name: '{host}/{entry}/*', policy: {body}}}").unwrap();
            }
        }
    }
    (cases, policy)
}

/// How images are named under a setting.
fn forms(setting: Setting, matter: Matter) -> &'static [Form] {
    match (setting, matter) {
        (Setting::Enforce, Matter::Right | Matter::Unsigned) => {
            &[Form::Tag, Form::Digest, Form::Both, Form::Short]
        }
        (Setting::Enforce, Matter::Stranger | Matter::Broken) => &[Form::Tag, Form::Digest],
        (Setting::Kept, Matter::Right) => &[Form::Tag, Form::Digest, Form::Both],
        (Setting::Audit | Setting::Warn, Matter::Right) => &[Form::Tag, Form::Short],
        _ => &[Form::Tag],
    }
}
