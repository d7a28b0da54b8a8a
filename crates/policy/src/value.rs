//! Values that several checks share: secrets, URLs, quorums.

use crate::LintCode;
use crate::diagnostic::quoted;
use crate::node::{Kind, Node};
use crate::schema;
use crate::walk::{Object, Walk};

/// A Secret that a policy names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretRef {
    /// The Secret's name.
    pub name: String,
    /// The namespace it is read from, if the policy says so.
    pub namespace: Option<String>,
}

/// How many of several alternatives must pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quorum {
    /// Every one.
    All,
    /// At least one.
    #[default]
    Any,
    /// At least this many; never zero, never more than there are.
    AtLeast(u32),
}

impl Quorum {
    /// How many of `of` that is.
    #[must_use]
    pub fn of(self, of: usize) -> usize {
        match self {
            Self::All => of,
            Self::Any => 1,
            Self::AtLeast(needed) => usize::try_from(needed).unwrap_or(usize::MAX),
        }
    }
}

impl Walk<'_> {
    /// Where absence is a mistake, reports an empty text in `field`: it would mean the same as no field.
    fn refuse_blank(&mut self, object: &Object<'_>, field: &'static str) {
        if self.explicit {
            let at = object.place(field);
            let message = format!("`{field}` has no value");
            self.inside(field, |walk| {
                walk.meaning(LintCode::MissingField, at, message);
            });
        }
    }

    /// Reports that `field`, which has no text, is required: where it is empty, or is not there and that was not reported when
    /// the mapping was read. One of another type was reported too.
    fn refuse_absent(&mut self, object: &Object<'_>, field: &'static str) {
        let is_missed = match object.field(field) {
            Some(node) => node.as_str().is_some(),
            None => !object.always_has(field),
        };
        if is_missed {
            self.missing(object, field);
        }
    }

    /// The name of a Kubernetes object in `field`, or nothing if it is absent or empty.
    pub(crate) fn object_name(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
    ) -> Option<String> {
        let name = self.string(object, field)?;
        if name.is_empty() {
            self.refuse_blank(object, field);
            return None;
        }
        let at = object.place(field);
        let allowed =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if !name.bytes().all(allowed) {
            let message = format!("{} is not the name of a Kubernetes object", quoted(name));
            self.inside(field, |walk| {
                walk.meaning(LintCode::InvalidValue, at, message);
            });
        }
        Some(name.to_owned())
    }

    /// The same, where the schema requires a value.
    pub(crate) fn required_name(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
    ) -> Option<String> {
        let name = self.object_name(object, field);
        if name.is_none() {
            self.refuse_absent(object, field);
        }
        name
    }

    /// A non-empty string in `field`.
    pub(crate) fn required_string(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
    ) -> Option<String> {
        let text = self.string(object, field);
        if text.is_none_or(str::is_empty) {
            self.refuse_absent(object, field);
        }
        text.map(str::to_owned)
    }

    /// A `{name, namespace}`.
    pub(crate) fn secret(&mut self, node: &Node) -> Option<SecretRef> {
        let secret = self.object(node, &schema::SECRET)?;
        Some(SecretRef {
            name: self.required_name(&secret, "name")?,
            namespace: self.object_name(&secret, "namespace"),
        })
    }

    /// Notes that a cluster policy reads a key from wherever the workload is.
    pub(crate) fn note_key_namespace(&mut self, object: &Object<'_>, field: &'static str) {
        if self.is_cluster {
            let message = "without a namespace, this secret is read from the webhook's own; Portieris reads it from that of \
                           the workload, where anyone who may write secrets chooses the key; name the namespace that holds it";
            self.note(LintCode::KeyNamespace, object.place(field), message);
        }
    }

    /// An `http` or `https` URL in `field`.
    pub(crate) fn web_url(&mut self, object: &Object<'_>, field: &'static str) -> Option<String> {
        let url = self.string(object, field)?;
        if url.is_empty() {
            self.refuse_blank(object, field);
            return None;
        }
        self.check_web_url(object, field, url);
        Some(url.to_owned())
    }

    /// URLs in `field`, with commas between them. An empty text is none.
    pub(crate) fn web_urls(&mut self, object: &Object<'_>, field: &'static str) -> Vec<String> {
        let Some(text) = self.string(object, field) else {
            return Vec::new();
        };
        if text.is_empty() {
            self.refuse_blank(object, field);
            return Vec::new();
        }
        let urls: Vec<&str> = text.split(',').map(str::trim).collect();
        for url in &urls {
            self.check_web_url(object, field, url);
        }
        urls.into_iter().map(str::to_owned).collect()
    }

    fn check_web_url(&mut self, object: &Object<'_>, field: &'static str, url: &str) {
        let at = object.place(field);
        self.inside(field, |walk| match check_url(url) {
            Ok(true) => {}
            Ok(false) => walk.note(
                LintCode::HttpStore,
                at,
                "what is fetched over http can be held back or replaced on the way, so the server is refused unless \
                 `--plain-http` names its host, or it is this machine and is shown no credential",
            ),
            Err(why) => walk.meaning(LintCode::InvalidValue, at, why),
        });
    }

    /// `any`, `all` or a number in `require`, over `of` alternatives.
    pub(crate) fn quorum(&mut self, object: &Object<'_>, default: Quorum, of: usize) -> Quorum {
        const FIELD: &str = "require";
        let Some(node) = object.field(FIELD) else {
            return default;
        };
        self.inside(FIELD, |walk| match &node.kind {
            Kind::String(text) if text == "any" => Quorum::Any,
            Kind::String(text) if text == "all" => Quorum::All,
            Kind::String(text) => {
                walk.unknown_value(node.at, text, ["any", "all"].into_iter());
                default
            }
            Kind::Number(number) => {
                let wanted = number
                    .as_u64()
                    .and_then(|n| u32::try_from(n).ok())
                    .unwrap_or(0);
                let most = u32::try_from(of).unwrap_or(u32::MAX);
                if wanted == 0 || wanted > most {
                    let message = format!("of {of} alternatives, {number} cannot be required");
                    walk.form(LintCode::InvalidValue, node.at, message);
                }
                Quorum::AtLeast(wanted)
            }
            _ => {
                walk.expected(node, "`any`, `all` or a number");
                default
            }
        })
    }

    /// The whole number in `field`, within the bounds that the table has for it.
    pub(crate) fn number(&mut self, object: &Object<'_>, field: &'static str) -> Option<u8> {
        let node = object.field(field)?;
        self.inside(field, |walk| {
            let Kind::Number(number) = &node.kind else {
                walk.expected(node, "a number");
                return None;
            };
            let (least, most) = object.bounds_of(field);
            let value = number.as_u64().and_then(|value| u8::try_from(value).ok());
            let value = value.filter(|value| (least..=most).contains(value));
            if value.is_none() {
                let message = format!("{number} is not a whole number from {least} to {most}");
                walk.form(LintCode::InvalidValue, node.at, message);
            }
            value
        })
    }

    /// A mapping of strings in `field`, such as labels.
    pub(crate) fn string_map(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
    ) -> Vec<(String, String)> {
        let Some(node) = object.field(field) else {
            return Vec::new();
        };
        self.inside(field, |walk| {
            let Kind::Mapping(members) = &node.kind else {
                walk.expected(node, "a mapping");
                return Vec::new();
            };
            let mut pairs: Vec<(String, String)> = Vec::new();
            walk.bound_members(object, field, members);
            for member in members {
                if let Some(text) = walk.text(&member.value) {
                    pairs.push((member.key.clone(), text.to_owned()));
                }
            }
            pairs.sort();
            if let Some([(key, _), _]) = pairs.windows(2).find_map(|pair| match pair {
                [a, b] if a.0 == b.0 => Some([a, b]),
                _ => None,
            }) {
                let message = format!("{} stands here twice", quoted(key));
                walk.form(LintCode::DuplicateKey, node.at, message);
            }
            pairs
        })
    }

    /// A list of non-empty strings in `field`.
    pub(crate) fn strings(&mut self, object: &Object<'_>, field: &'static str) -> Vec<String> {
        self.every(object, field, Self::filled_text)
    }

    /// A string that is not empty.
    pub(crate) fn filled_text(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        if text.is_empty() {
            let message = "an empty string has no meaning here";
            self.meaning(LintCode::InvalidValue, node.at, message);
        }
        Some(text.to_owned())
    }
}

/// Whether the URL is `https` (true) or `http` (false), or why it cannot be used.
fn check_url(url: &str) -> Result<bool, String> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| {
        format!(
            "a URL begins with `https://`; did you mean {}?",
            quoted(&format!("https://{url}"))
        )
    })?;
    check_server(scheme, rest).map_err(str::to_owned)
}

fn check_server(scheme: &str, rest: &str) -> Result<bool, &'static str> {
    let secure = if scheme.eq_ignore_ascii_case("https") {
        true
    } else if scheme.eq_ignore_ascii_case("http") {
        false
    } else {
        return Err("only `https` and `http` URLs can be used here");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("credentials do not belong in a URL; name a secret that holds them");
    }
    if authority.is_empty() || authority.starts_with(':') {
        return Err("the URL has no host");
    }
    if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("the URL contains white space");
    }
    if rest.contains(['?', '#']) {
        return Err("a base URL has neither a query nor a fragment");
    }
    Ok(secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_urls_without_credentials_are_taken() {
        assert_eq!(check_url("https://s.example/store"), Ok(true));
        assert_eq!(check_url("HTTP://s.example:80"), Ok(false));
        for url in [
            "s.example",
            "ftp://x",
            "file:///x",
            "https://",
            "https://:80/",
            "https://u:p@h/",
            "https://h/ x",
            "https://h/?q",
        ] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }
}
