//! The rules, and what they say of one platform of an image.

use doorward_core::text::one_line;
use doorward_core::{
    Check, Fingerprint, ImageConfiguration, Manifest, Platform, Reference, ReferenceError,
    Rejection, Timestamp,
};
use doorward_policy::pattern::{glob, matches_image};
use doorward_policy::{ImageRules, ImageUser};

use super::codes;

/// What an image is built on (OCI image specification, "Pre-Defined Annotation Keys").
const BASE: &str = "org.opencontainers.image.base.name";
/// How far the clock of a build machine may be ahead, in seconds.
const SKEW: i64 = 300;
/// The greatest user number of Linux for which runtimes agree what it is: beyond, some take it for another.
const MAX_USER: u32 = i32::MAX as u32;

/// The rules of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rules(ImageRules);

impl Rules {
    pub(super) fn of(rules: &ImageRules) -> Self {
        Self(rules.clone())
    }

    pub(super) fn encode(&self, out: &mut Fingerprint) {
        let ImageRules {
            max_age,
            user,
            labels,
            architectures,
            bases,
        } = &self.0;
        out.flag(max_age.is_some())
            .text(max_age.unwrap_or_default().as_nanos().to_string())
            .flag(*user == Some(ImageUser::NonRoot))
            .number(labels.len());
        for (name, value) in labels {
            out.text(name).text(value);
        }
        for list in [architectures, bases] {
            out.number(list.len());
            for item in list {
                out.text(item);
            }
        }
    }

    /// The checks that are made, all of them passed.
    pub(super) fn checks(&self) -> Vec<Check> {
        let made = [
            ("image-age", self.0.max_age.is_some()),
            ("image-user", self.0.user.is_some()),
            ("image-labels", !self.0.labels.is_empty()),
            ("image-architecture", !self.0.architectures.is_empty()),
            ("image-base", !self.0.bases.is_empty()),
        ];
        let made = made.into_iter().filter(|(_, is_made)| *is_made);
        made.map(|(name, _)| Check::enforced(name, true)).collect()
    }

    /// The last second at which an image that was made at `created` is not too old.
    pub(super) fn until(&self, created: Timestamp) -> Option<Timestamp> {
        let seconds = self.0.max_age?.as_secs();
        Some(created.plus(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }

    /// Whether one platform of an image is as the rules demand.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub(super) fn judge(
        &self,
        manifest: &Manifest,
        configuration: &ImageConfiguration,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        self.age(configuration, now)?;
        self.user(configuration)?;
        self.labels(configuration)?;
        self.architecture(&configuration.platform)?;
        self.base(manifest, configuration)
    }

    fn age(&self, configuration: &ImageConfiguration, now: Timestamp) -> Result<(), Rejection> {
        if self.0.max_age.is_none() {
            return Ok(());
        }
        let unknown = |detail: String| Err(Rejection::new(codes::AGE_UNKNOWN, detail));
        let Some(created) = configuration.created else {
            return unknown("the configuration does not say when it was made".to_owned());
        };
        if created > now.plus(SKEW) {
            return unknown(format!("it was made at {created}, which is in the future"));
        }
        match self.until(created) {
            Some(until) if now > until => {
                let detail = format!("it was made at {created}, and counted until {until}");
                Err(Rejection::new(codes::TOO_OLD, detail))
            }
            _ => Ok(()),
        }
    }

    /// As the kubelet judges `runAsNonRoot`: a number other than zero. What number a name stands for is written in a
    /// layer.
    fn user(&self, configuration: &ImageConfiguration) -> Result<(), Rejection> {
        let Some(ImageUser::NonRoot) = self.0.user else {
            return Ok(());
        };
        let refused = |detail: String| Err(Rejection::new(codes::RUNS_AS_ROOT, detail));
        let written = configuration.user.as_str();
        let user = written.split_once(':').map_or(written, |(user, _)| user);
        if user.is_empty() {
            return refused("the configuration names no user, which is root".to_owned());
        }
        if !user.bytes().all(|byte| byte.is_ascii_digit()) {
            let shown = one_line(user, 100);
            return refused(format!(
                "it runs as {shown:?}; which number that is cannot be told from outside, so a number must be there"
            ));
        }
        match user.parse::<u32>() {
            Ok(0) => refused("it runs as the user 0, which is root".to_owned()),
            Ok(number) if number <= MAX_USER => Ok(()),
            _ => refused(format!("{} is no user number", one_line(user, 100))),
        }
    }

    fn labels(&self, configuration: &ImageConfiguration) -> Result<(), Rejection> {
        for (name, wanted) in &self.0.labels {
            let detail = match configuration.labels.get(name) {
                Some(value) if glob(wanted, value) => continue,
                Some(value) => {
                    let value = one_line(value, 100);
                    format!("the label {name:?} is {value:?}, and must be {wanted:?}")
                }
                None => format!("it has no label {name:?}, which must be {wanted:?}"),
            };
            return Err(Rejection::new(codes::LABEL, detail));
        }
        Ok(())
    }

    fn architecture(&self, platform: &Platform) -> Result<(), Rejection> {
        let Platform {
            architecture,
            os,
            variant,
            ..
        } = platform;
        let is_listed = |wanted: &String| {
            let mut parts = wanted.split('/');
            match (parts.next(), parts.next(), parts.next()) {
                (Some(only), None, _) => only == architecture,
                (Some(system), Some(processor), kind) => {
                    system == os
                        && processor == architecture
                        && kind.is_none_or(|kind| Some(kind) == variant.as_deref())
                }
                (None, ..) => false,
            }
        };
        if self.0.architectures.is_empty() || self.0.architectures.iter().any(is_listed) {
            return Ok(());
        }
        let detail = format!(
            "it runs on {os}/{architecture}, and may run on {}",
            self.0.architectures.join(", ")
        );
        Err(Rejection::new(codes::ARCHITECTURE_NOT_ALLOWED, detail))
    }

    /// The annotation of the manifest says what an image is built on, or a label, as some builders have it. Where they
    /// name different images, nobody knows, and neither where one of them names none. The text is compared as the image
    /// that it names, for that is what a builder has pulled: what only looks like a listed name is not.
    fn base(
        &self,
        manifest: &Manifest,
        configuration: &ImageConfiguration,
    ) -> Result<(), Rejection> {
        if self.0.bases.is_empty() {
            return Ok(());
        }
        let annotation = named("annotation", manifest.annotations.get(BASE))?;
        let label = named("label", configuration.labels.get(BASE))?;
        let base = match (annotation, label) {
            (Some(a), Some(b)) if a != b => {
                return Err(base_unknown(format!(
                    "its annotation {BASE} names {a}, and its label {b}"
                )));
            }
            (Some(base), _) | (None, Some(base)) => base.canonical().or_latest(),
            (None, None) => {
                return Err(base_unknown(format!(
                    "it has neither the annotation nor the label {BASE}"
                )));
            }
        };
        let mut allowed = self.0.bases.iter();
        if allowed.any(|pattern| matches_image(pattern, &base)) {
            return Ok(());
        }
        let beside_digest = match (base.tag(), base.digest()) {
            (Some(_), Some(_)) => "; a tag beside a digest does not count",
            _ => "",
        };
        let detail = format!("it is built on {base}{beside_digest}");
        Err(Rejection::new(codes::BASE_NOT_ALLOWED, detail))
    }
}

/// The image that a text of an image names as what it is built on.
fn named(place: &str, text: Option<&String>) -> Result<Option<Reference>, Rejection> {
    let Some(text) = text else { return Ok(None) };
    let reference = text.parse().map_err(|error: ReferenceError| {
        let shown = one_line(text, 200);
        base_unknown(format!(
            "its {place} {BASE} is {shown:?}, which names no image: {error}"
        ))
    })?;
    Ok(Some(reference))
}

fn base_unknown(detail: String) -> Rejection {
    Rejection::new(codes::BASE_UNKNOWN, detail)
}
