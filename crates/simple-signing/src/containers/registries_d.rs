//! `registries.d` (containers-registries.d(5)): where the signatures of which registry are kept.

use std::collections::BTreeMap;

use doorward_core::Reference;
use serde_yaml::{Mapping, Value};

use super::scope::{canonical, scopes};
use crate::limits::POLICY_BYTES;

/// The merged files of a `registries.d` folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistriesD {
    default: Option<Section>,
    scopes: BTreeMap<String, Section>,
    /// The same by the canonical spelling of their hosts; of two, the first.
    spelled: BTreeMap<String, Section>,
}

/// Why a `registries.d` folder is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistriesDError {
    /// Two files have a section for the same scope, or both a default.
    #[error("{file}: {scope} was defined before, in {first}")]
    Duplicate {
        /// The second file.
        file: String,
        /// The scope, or `default-docker`.
        scope: String,
        /// The file that has it already.
        first: String,
    },
    /// A file is not YAML of the right form, or larger than is read.
    #[error("{file}: {detail}")]
    Malformed {
        /// The file.
        file: String,
        /// What is wrong.
        detail: String,
    },
}

/// One section. Unknown members are for other programs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Section {
    lookaside: Option<String>,
    /// The old name of `lookaside`.
    sigstore: Option<String>,
}

impl RegistriesD {
    /// Merges files, each with its name for messages. Pass those that end in `.yaml`, in any order.
    ///
    /// # Errors
    /// [`RegistriesDError`].
    pub fn parse<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, RegistriesDError> {
        let mut merged = Self::default();
        let mut owners: BTreeMap<String, &str> = BTreeMap::new();
        for (name, bytes) in files {
            let mut claim = |scope: &str| match owners.insert(scope.to_owned(), name) {
                None => Ok(()),
                Some(first) => Err(RegistriesDError::Duplicate {
                    file: name.to_owned(),
                    scope: scope.to_owned(),
                    first: first.to_owned(),
                }),
            };
            let (default, sections) = read(name, bytes)?;
            if let Some(section) = default {
                claim("default-docker")?;
                merged.default = Some(section);
            }
            for (scope, section) in sections {
                // No scope has a space, so these two cannot be taken for each other.
                claim(&format!("docker {scope:?}"))?;
                merged.scopes.insert(scope, section);
            }
        }
        for (scope, section) in &merged.scopes {
            merged
                .spelled
                .entry(canonical(scope))
                .or_insert_with(|| section.clone());
        }
        Ok(merged)
    }

    /// The base address of the lookaside store for an image that is kept at `located`. `None` if no section names
    /// one; other programs then use a folder of the machine they run on.
    ///
    /// A section without an address does not end the search, although the manual page says so: the programs that
    /// share these files go on. At each level the registry counts as it is written, and then in its canonical spelling,
    /// which these programs do not know.
    #[must_use]
    pub fn lookaside(&self, located: &Reference) -> Option<String> {
        let located = located.clone().or_latest().digest_only();
        // From the whole reference to the widest wildcard. The two spellings need not have equally many levels.
        let written = scopes(&located);
        let meant = scopes(&located.canonical());
        (0..written.len().max(meant.len()))
            .flat_map(|level| {
                let written = written.get(level).and_then(|scope| self.scopes.get(scope));
                let meant = meant.get(level).and_then(|scope| self.spelled.get(scope));
                written.into_iter().chain(meant)
            })
            .chain(&self.default)
            .find_map(Section::address)
            .map(normal)
    }
}

/// An address as a parser of URLs sees it: its scheme in small letters, a file with the empty host that it may leave
/// out.
fn normal(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once(':') else {
        return address.to_owned();
    };
    let scheme = scheme.to_ascii_lowercase();
    let slashes = if scheme == "file" && rest.starts_with('/') && !rest.starts_with("//") {
        "//"
    } else {
        ""
    };
    format!("{scheme}:{slashes}{rest}")
}

impl Section {
    /// A section; an empty one says nothing.
    fn read(value: &Value, place: &str) -> Result<Self, String> {
        let text = |name: &str| match value.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("{name} of {place} is not a string")),
        };
        match value {
            Value::Null => Ok(Self::default()),
            Value::Mapping(_) => Ok(Self {
                lookaside: text("lookaside")?,
                sigstore: text("sigstore")?,
            }),
            _ => Err(format!("{place} is not a mapping")),
        }
    }

    fn address(&self) -> Option<&str> {
        [&self.lookaside, &self.sigstore]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|address| !address.is_empty())
    }
}

/// The default section and the sections by scope of one file.
type File = (Option<Section>, Vec<(String, Section)>);

fn read(name: &str, bytes: &[u8]) -> Result<File, RegistriesDError> {
    let malformed = |detail: String| RegistriesDError::Malformed {
        file: name.to_owned(),
        detail,
    };
    if bytes.len() > POLICY_BYTES {
        return Err(malformed(format!("larger than {POLICY_BYTES} bytes")));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("not UTF-8".into()))?;
    // Mappings refuse a key that comes twice, which structures would not.
    let mut file: Value =
        serde_yaml::from_str(text).map_err(|error| malformed(error.to_string()))?;
    // `<<: *section`, which the programs that share these files follow.
    file.apply_merge()
        .map_err(|error| malformed(error.to_string()))?;
    let file = match file {
        Value::Null => Mapping::new(),
        Value::Mapping(file) => file,
        _ => return Err(malformed("the file is not a mapping".into())),
    };
    let default = match file.get("default-docker") {
        None | Some(Value::Null) => None,
        Some(value) => Some(Section::read(value, "default-docker").map_err(malformed)?),
    };
    let mut sections = Vec::new();
    match file.get("docker") {
        None | Some(Value::Null) => {}
        Some(Value::Mapping(scopes)) => {
            for (scope, value) in scopes {
                let scope = scope
                    .as_str()
                    .ok_or_else(|| malformed("a scope of docker is not a string".into()))?;
                let section = Section::read(value, scope).map_err(malformed)?;
                sections.push((scope.to_owned(), section));
            }
        }
        Some(_) => return Err(malformed("docker is not a mapping".into())),
    }
    Ok((default, sections))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<RegistriesD, RegistriesDError> {
        RegistriesD::parse([("a.yaml", text.as_bytes())])
    }

    fn address(text: &str, image: &str) -> Option<String> {
        one(text)
            .expect("valid")
            .lookaside(&image.parse().expect("valid"))
    }

    #[test]
    fn the_most_specific_section_with_an_address_is_used() {
        let text = "
default-docker: {lookaside: 'https://default'}
docker:
  r.example: {lookaside: 'https://host'}
  r.example/ns: {lookaside-staging: 'file:///x'}
  r.example/ns/app: {sigstore: 'https://old'}
  '*.example': {lookaside: 'https://wild'}
";
        for (image, expected) in [
            ("r.example/ns/app:1", "https://old"),
            ("r.example/ns/other:1", "https://host"),
            ("q.example/x", "https://wild"),
            ("q.test/x", "https://default"),
            ("R.example:443/ns/app:1", "https://old"),
        ] {
            assert_eq!(address(text, image).as_deref(), Some(expected), "{image}");
        }
    }

    #[test]
    fn the_new_name_wins_over_the_old_one_unless_it_is_empty() {
        let both =
            |new: &str| format!("default-docker: {{lookaside: '{new}', sigstore: 'https://old'}}");
        assert_eq!(
            address(&both("https://new"), "x").as_deref(),
            Some("https://new")
        );
        assert_eq!(address(&both(""), "x").as_deref(), Some("https://old"));
    }

    #[test]
    fn a_folder_that_names_nothing_gives_nothing() {
        for text in [
            "",
            "{}",
            "docker:",
            "docker: {r.example: }",
            "other: 1",
            "# only a comment",
        ] {
            assert_eq!(address(text, "r.example/x"), None, "{text}");
        }
        assert_eq!(RegistriesD::parse([]), Ok(RegistriesD::default()));
    }

    #[test]
    fn unknown_members_are_ignored() {
        let text = "docker: {r.example: {x: 1, use-sigstore-attachments: true, lookaside: 'https://l'}}\ny: 2";
        assert_eq!(address(text, "r.example/a").as_deref(), Some("https://l"));
    }

    #[test]
    fn merge_keys_are_followed_and_what_is_written_out_wins() {
        let text = "
base: &base {lookaside: 'https://base', sigstore: 'https://old'}
scopes: &scopes
  merged.example: {lookaside: 'https://merged'}
docker:
  <<: *scopes
  a.example: {<<: *base}
  b.example: {lookaside: 'https://own', <<: *base}
  c.example: {<<: [{sigstore: 'https://first'}, *base]}
";
        for (image, expected) in [
            ("a.example/x", "https://base"),
            ("b.example/x", "https://own"),
            ("c.example/x", "https://base"),
            ("merged.example/x", "https://merged"),
        ] {
            assert_eq!(address(text, image).as_deref(), Some(expected), "{image}");
        }
        for text in [
            "docker: {a.example: {<<: 7}}",
            "docker: {a.example: {<<: [7]}}",
        ] {
            assert!(one(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_are_read_as_a_parser_of_urls_reads_them() {
        for (written, expected) in [
            ("HTTP://s.example/A", "http://s.example/A"),
            ("Https://s.example", "https://s.example"),
            ("file:/srv/sigs", "file:///srv/sigs"),
            ("FILE:///srv/sigs", "file:///srv/sigs"),
            ("file://host/srv", "file://host/srv"),
            ("srv", "srv"),
        ] {
            let text = format!("default-docker: {{lookaside: '{written}'}}");
            assert_eq!(address(&text, "x").as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_same_scope_in_two_files_is_refused() {
        for text in [
            "docker: {r.example: {lookaside: 'https://l'}}",
            "default-docker: {}",
        ] {
            assert!(matches!(
                RegistriesD::parse([("a.yaml", text.as_bytes()), ("b.yaml", text.as_bytes())]),
                Err(RegistriesDError::Duplicate { .. })
            ));
        }
    }

    #[test]
    fn the_same_scope_twice_in_one_file_is_refused() {
        let text = "docker:\n  r.example: {lookaside: 'https://a'}\n  r.example: {lookaside: 'https://b'}\n";
        assert!(matches!(one(text), Err(RegistriesDError::Malformed { .. })));
    }

    #[test]
    fn a_scope_named_like_the_default_does_not_collide_with_it() {
        let text = "default-docker: {lookaside: 'https://a'}\ndocker: {default-docker: {lookaside: 'https://b'}}";
        assert_eq!(address(text, "x").as_deref(), Some("https://a"));
    }

    #[test]
    fn files_that_are_not_yaml_of_this_form_are_refused() {
        for text in [
            "[",
            "docker: [",
            "7",
            "docker: 7",
            "docker: {r: {lookaside: [1]}}",
            "\u{0}",
        ] {
            assert!(
                matches!(one(text), Err(RegistriesDError::Malformed { .. })),
                "{text:?}"
            );
        }
        assert!(RegistriesD::parse([("a", &b"\xff"[..])]).is_err());
    }
}
