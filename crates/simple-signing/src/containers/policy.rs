//! `policy.json` (containers-policy.json(5)): which requirements govern which image.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use doorward_core::Reference;
use doorward_core::json::{self, Limits, Value};

use super::error::ContainersPolicyError;
use super::fields::{Fields, wrong};
use super::keys::KeySource;
use super::requirement::{self, Written};
use super::scope::{canonical, scopes};
use super::transport;
use crate::limits::{KEYRING_BYTES, POLICY_BYTES};
use crate::{Keyring, KeyringError, Requirement};

/// The only transport whose images reach this crate.
const TRANSPORT: &str = "docker";
/// Bytes of all key files of one policy.
const KEY_BYTES: usize = 4 * KEYRING_BYTES;

/// A policy file, its form checked and its keys not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainersPolicy {
    default: Vec<Written>,
    /// Requirements of the transport `docker` by scope; the empty scope is the transport's own default.
    scopes: Vec<(String, Vec<Written>)>,
}

impl ContainersPolicy {
    /// Reads a policy file (containers-policy.json(5), "Format"). Anything unknown or said twice refuses the whole
    /// file.
    ///
    /// # Errors
    /// [`ContainersPolicyError`].
    pub fn parse(text: &[u8]) -> Result<Self, ContainersPolicyError> {
        let document =
            json::parse(text, Limits::bytes(POLICY_BYTES)).map_err(ContainersPolicyError::Json)?;
        let top = Fields::of(&document, "policy")?;
        top.only(&["default", "transports"])?;
        let default = top
            .get("default")
            .ok_or_else(|| ContainersPolicyError::Missing {
                place: "policy".to_owned(),
                name: "default",
            })?;
        let default = requirement::list(default, "default")?;
        let mut docker = Vec::new();
        if let Some(transports) = top.get("transports") {
            for (name, scopes) in object(transports, "transports")? {
                for (scope, list) in object(scopes, &format!("transports.{name}"))? {
                    let place = format!("transports.{name}[{scope:?}]");
                    if let Some(detail) = transport::problem(name, scope) {
                        return Err(ContainersPolicyError::Invalid { place, detail });
                    }
                    // Other transports' requirements must be well-formed too, and then mean nothing here.
                    let list = requirement::list(list, &place)?;
                    if name == TRANSPORT {
                        docker.push((scope.clone(), list));
                    }
                }
            }
        }
        Ok(Self {
            default,
            scopes: docker,
        })
    }

    /// Reads the keys that the policy names with `read`, which gets each path once, as written, and says why a file
    /// could not be had in a fragment of its own.
    ///
    /// A `signedBy` whose keys cannot be read is not an error of the file: it is never met, and is listed in
    /// [`CompiledContainersPolicy::problems`]. Images under other scopes are not touched by it.
    ///
    /// # Errors
    /// [`ContainersPolicyError::KeysTooLarge`].
    pub fn load(
        self,
        read: &mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<CompiledContainersPolicy, ContainersPolicyError> {
        let mut loader = Loader {
            read,
            files: HashMap::new(),
            rings: Vec::new(),
            bytes: 0,
            problems: Vec::new(),
        };
        let default = loader.compile(&self.default, "default")?;
        let mut scopes = HashMap::new();
        for (scope, list) in &self.scopes {
            scopes.insert(scope.clone(), loader.compile(list, scope)?);
        }
        let mut spelled: HashMap<String, Vec<String>> = HashMap::new();
        for (scope, _) in &self.scopes {
            spelled
                .entry(canonical(scope))
                .or_default()
                .push(scope.clone());
        }
        Ok(CompiledContainersPolicy {
            default,
            scopes,
            spelled,
            problems: loader.problems,
        })
    }
}

fn object<'a>(
    value: &'a Value,
    place: &str,
) -> Result<&'a [(String, Value)], ContainersPolicyError> {
    Fields::of(value, place)
        .map(|fields| fields.members())
        .map_err(|_| wrong(place, "an object"))
}

struct Loader<'a> {
    read: &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    files: HashMap<String, Result<Vec<u8>, String>>,
    /// Rings made so far, so that scopes with the same keys share one.
    rings: Vec<(KeySource, Result<Arc<Keyring>, String>)>,
    bytes: usize,
    problems: Vec<KeyProblem>,
}

impl Loader<'_> {
    fn compile(
        &mut self,
        list: &[Written],
        scope: &str,
    ) -> Result<Vec<Requirement>, ContainersPolicyError> {
        let mut requirements = Vec::with_capacity(list.len());
        for written in list {
            requirements.push(match written {
                Written::InsecureAcceptAnything => Requirement::InsecureAcceptAnything,
                Written::Reject => Requirement::Reject,
                Written::Unsupported { what } => Requirement::Unsupported { what: what.clone() },
                Written::SignedBy { keys, identity } => match self.ring(keys)? {
                    Ok(keyring) => Requirement::SignedBy {
                        keyring,
                        identity: identity.clone(),
                    },
                    Err(why) => {
                        self.problems.push(KeyProblem {
                            scope: scope.to_owned(),
                            why: why.clone(),
                        });
                        Requirement::KeysUnusable { why }
                    }
                },
            });
        }
        Ok(requirements)
    }

    fn ring(
        &mut self,
        keys: &KeySource,
    ) -> Result<Result<Arc<Keyring>, String>, ContainersPolicyError> {
        if let Some((_, ring)) = self.rings.iter().find(|(known, _)| known == keys) {
            return Ok(ring.clone());
        }
        let ring = match keys {
            KeySource::Data(data) => {
                Keyring::parse([data.as_slice()]).map_err(|error| format!("keyData: {error}"))
            }
            KeySource::Paths(paths) => self.files(paths)?,
        };
        let ring = ring.map(Arc::new);
        self.rings.push((keys.clone(), ring.clone()));
        Ok(ring)
    }

    fn files(
        &mut self,
        paths: &[String],
    ) -> Result<Result<Keyring, String>, ContainersPolicyError> {
        for path in paths {
            if self.files.contains_key(path) {
                continue;
            }
            let content = (self.read)(path);
            self.bytes += content.as_ref().map_or(0, Vec::len);
            if self.bytes > KEY_BYTES {
                return Err(ContainersPolicyError::KeysTooLarge { limit: KEY_BYTES });
            }
            self.files.insert(path.clone(), content);
        }
        let mut sources = Vec::new();
        for path in paths {
            match self.files.get(path) {
                Some(Ok(content)) => sources.push(content.as_slice()),
                Some(Err(why)) => return Ok(Err(format!("{path}: {why}"))),
                None => return Ok(Err(format!("{path}: not read"))),
            }
        }
        Ok(Keyring::parse(sources)
            .map_err(|error: KeyringError| format!("{}: {error}", paths.join(", "))))
    }
}

/// A policy with its keys.
#[derive(Clone, Debug)]
pub struct CompiledContainersPolicy {
    default: Vec<Requirement>,
    scopes: HashMap<String, Vec<Requirement>>,
    /// The scopes by their canonical spelling.
    spelled: HashMap<String, Vec<String>>,
    problems: Vec<KeyProblem>,
}

/// Keys that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProblem {
    /// The scope of the requirement that names them, or `default`.
    pub scope: String,
    /// Which, and why.
    pub why: String,
}

/// The requirements that govern an image.
#[derive(Clone, Debug)]
pub struct ContainersMatch<'a> {
    /// The scope that matched; `docker` for the transport's default, `default` for the policy's. Several with commas
    /// between them, where spellings of the image select different ones.
    pub scope: String,
    /// All of these must be met.
    pub requirements: Cow<'a, [Requirement]>,
}

impl CompiledContainersPolicy {
    /// The requirements for `image`, by its logical name. The most specific scope decides alone
    /// (containers-policy.json(5), "Format"), for the image as it is written and for its canonical spelling. If these
    /// are different scopes, both must be satisfied: stricter than the programs that share the file, which compare
    /// texts only, because there another spelling of a registry leads to another scope.
    #[must_use]
    pub fn select(&self, image: &Reference) -> ContainersMatch<'_> {
        let image = image.clone().or_latest().digest_only();
        let written = scopes(&image)
            .into_iter()
            .find_map(|scope| self.scopes.get_key_value(&scope));
        let meant = scopes(&image.canonical())
            .into_iter()
            .find_map(|scope| self.spelled.get(&scope));
        let mut found: Vec<(&str, &[Requirement])> = Vec::new();
        found.extend(written.map(|(scope, list)| (scope.as_str(), list.as_slice())));
        for scope in meant.into_iter().flatten() {
            if let Some(list) = self.scopes.get(scope)
                && !found.iter().any(|(known, _)| known == scope)
            {
                found.push((scope, list));
            }
        }
        if found.is_empty() {
            found.push(match self.scopes.get("") {
                Some(requirements) => (TRANSPORT, requirements),
                None => ("default", &self.default),
            });
        }
        let names: Vec<&str> = found.iter().map(|(scope, _)| *scope).collect();
        ContainersMatch {
            scope: names.join(", "),
            requirements: match found.as_slice() {
                [(_, only)] => Cow::Borrowed(only),
                all => all
                    .iter()
                    .flat_map(|(_, list)| list.iter().cloned())
                    .collect(),
            },
        }
    }

    /// Requirements that are never met because their keys could not be read.
    #[must_use]
    pub fn problems(&self) -> &[KeyProblem] {
        &self.problems
    }
}

#[cfg(test)]
mod tests;
