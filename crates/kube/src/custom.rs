//! Resources that are not Kubernetes' own, and where their images stand.

mod error;
mod find;
mod path;
mod preset;

use crate::resource::{GroupVersionResource, WorkloadKind};

pub use error::CustomWorkloadError;
pub(crate) use find::Found;
pub(crate) use path::{CustomPath, Holds};

/// The most resources that are configured. Each is a rule of the webhook configurations, and a value in metrics.
const MAX_RESOURCES: usize = 64;
/// The most paths of one resource, each of which is a walk through every object.
const MAX_PATHS: usize = 16;

/// Custom resources, and the paths at which pod specifications or images stand in their objects.
///
/// A group is configured as a whole: its versions have the same paths, or each those of its own, of which the others have
/// none. What none of the paths finds anything in is refused, unless one of them [may be absent](Self::parse).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomWorkloads {
    /// In the order of group and resource.
    resources: Vec<CustomWorkload>,
}

/// One custom resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CustomWorkload {
    group: String,
    resource: String,
    /// At least one.
    paths: Vec<CustomPath>,
}

impl CustomWorkloads {
    /// The resources of two lists of settings: where pod specifications stand, and where single images do.
    ///
    /// Each is `GROUP/RESOURCE=POINTER`. The resource is the plural that the API serves it under, such as
    /// `argoproj.io/rollouts`. The pointer is a JSON pointer (RFC 6901) in which `*` stands for every element of a list and
    /// every value of an object. A `?` at its end says that an object may rightly have nothing there. In the first list, one
    /// of the [names](Self::preset_names) stands for the resources of a project that is known.
    ///
    /// # Errors
    /// If one of them is not of this form, names a resource whose images are known already, leads to the annotation that
    /// pinning writes ([`ORIGINAL_IMAGES`](crate::ORIGINAL_IMAGES)), or is one too many: there may be 64 resources, with 16
    /// paths each.
    pub fn parse<'s>(
        pod_specs: impl IntoIterator<Item = &'s str>,
        images: impl IntoIterator<Item = &'s str>,
    ) -> Result<Self, CustomWorkloadError> {
        let mut all = Self::default();
        for setting in pod_specs {
            match setting.split_once('=') {
                Some(_) => all.add(setting, Holds::PodSpec)?,
                None => {
                    let settings =
                        preset::named(setting).ok_or_else(|| CustomWorkloadError::form(setting))?;
                    for setting in settings {
                        all.add(setting, Holds::PodSpec)?;
                    }
                }
            }
        }
        for setting in images {
            all.add(setting, Holds::Image)?;
        }
        Ok(all)
    }

    /// The names that stand for the resources of a project.
    pub fn preset_names() -> impl Iterator<Item = &'static str> {
        preset::names()
    }

    fn add(&mut self, setting: &str, holds: Holds) -> Result<(), CustomWorkloadError> {
        let form = || CustomWorkloadError::form(setting);
        let (place, pointer) = setting.split_once('=').ok_or_else(form)?;
        let (group, resource) = place.split_once('/').ok_or_else(form)?;
        if !is_group(group) || !is_resource(resource) {
            return Err(form());
        }
        if WorkloadKind::is_own(group, resource) {
            return Err(CustomWorkloadError::Known {
                resource: place.to_owned(),
            });
        }
        let path =
            CustomPath::parse(pointer, holds).ok_or_else(|| CustomWorkloadError::Pointer {
                setting: error::shown(setting),
            })?;
        if path.meets_original_images() {
            return Err(CustomWorkloadError::OwnAnnotation {
                setting: error::shown(setting),
            });
        }
        let place_of = |custom: &CustomWorkload| {
            (custom.group.as_str(), custom.resource.as_str()).cmp(&(group, resource))
        };
        let place = match self.resources.binary_search_by(place_of) {
            Ok(place) => place,
            Err(_) if self.resources.len() >= MAX_RESOURCES => {
                return Err(CustomWorkloadError::TooManyResources {
                    limit: MAX_RESOURCES,
                });
            }
            Err(place) => {
                let custom = CustomWorkload {
                    group: group.to_owned(),
                    resource: resource.to_owned(),
                    paths: Vec::new(),
                };
                self.resources.insert(place, custom);
                place
            }
        };
        let Some(custom) = self.resources.get_mut(place) else {
            return Ok(());
        };
        if custom.paths.contains(&path) {
            return Ok(());
        }
        if custom.paths.len() >= MAX_PATHS {
            return Err(CustomWorkloadError::TooManyPaths {
                resource: custom.label(),
                limit: MAX_PATHS,
            });
        }
        custom.paths.push(path);
        Ok(())
    }

    /// None at all.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            resources: Vec::new(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// Group and plural of each, in order: what the webhook configurations must name beside the resources of Kubernetes'
    /// own, in all versions.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &str)> {
        let each = self.resources.iter();
        each.map(|custom| (custom.group.as_str(), custom.resource.as_str()))
    }

    /// Each in all versions, as rules of webhooks name it: the empty version stands for all.
    #[must_use]
    pub fn in_every_version(&self) -> Vec<GroupVersionResource> {
        let each = self
            .resources()
            .map(|(group, resource)| GroupVersionResource {
                group: group.to_owned(),
                version: String::new(),
                resource: resource.to_owned(),
            });
        each.collect()
    }

    /// The same as options of a program: `--workload=` and `--image-field=` with the settings that they were [parsed
    /// from](Self::parse), each name of a project as the resources that it stands for.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let each = self.resources.iter();
        let paths = each.flat_map(|custom| custom.paths.iter().map(move |path| (custom, path)));
        let arguments = paths.map(|(custom, path)| {
            let option = match path.holds {
                Holds::PodSpec => "workload",
                Holds::Image => "image-field",
            };
            let mark = if path.may_be_absent { "?" } else { "" };
            format!(
                "--{option}={}/{}={path}{mark}",
                custom.group, custom.resource
            )
        });
        arguments.collect()
    }

    /// The one that is served as `resource`, in whichever version.
    pub(crate) fn of_resource(&self, resource: &GroupVersionResource) -> Option<&CustomWorkload> {
        let mut each = self.resources.iter();
        each.find(|custom| custom.group == resource.group && custom.resource == resource.resource)
    }

    /// The one that an object is of which says what it is. An object names its kind, from which the plural is formed as
    /// Kubernetes forms it where nobody says otherwise.
    pub(crate) fn of_object(&self, api_version: &str, kind: &str) -> Option<&CustomWorkload> {
        let (group, _) = api_version.split_once('/')?;
        // Kubernetes' own guess, and what the makers of kinds such as `Gateway` say instead.
        let plurals = [plural(kind), format!("{}s", kind.to_ascii_lowercase())];
        let mut each = self.resources.iter();
        each.find(|custom| custom.group == group && plurals.contains(&custom.resource))
    }
}

impl CustomWorkload {
    pub(crate) fn group(&self) -> &str {
        &self.group
    }

    pub(crate) fn paths(&self) -> &[CustomPath] {
        &self.paths
    }

    /// Whether single images stand in its objects: somebody else than a kubelet runs them.
    pub(crate) fn holds_images(&self) -> bool {
        self.paths.iter().any(|path| path.holds == Holds::Image)
    }

    /// The plural that the API serves it under.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    /// `rollouts.argoproj.io`: what the definition of the resource is called.
    pub(crate) fn label(&self) -> String {
        format!("{}.{}", self.resource, self.group)
    }
}

/// A group is the name of a domain: Kubernetes' own without a dot are known.
fn is_group(text: &str) -> bool {
    text.len() <= 253
        && text.contains('.')
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(is_letter))
}

fn is_resource(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(is_letter)
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// The plural of a kind (`UnsafeGuessKindToResource` of `k8s.io/apimachinery`).
fn plural(kind: &str) -> String {
    let name = kind.to_ascii_lowercase();
    match name.as_bytes().last() {
        Some(b's') => format!("{name}es"),
        Some(b'y') => format!("{}ies", name.get(..name.len() - 1).unwrap_or_default()),
        _ => format!("{name}s"),
    }
}

#[cfg(test)]
mod tests;
