//! The certificate of a signer: who it is for, who vouched for that, and what it says about a build.

use doorward_crypto::{Certificate, KeyError, Purpose};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::candidate::CandidateError;
use crate::{VerificationKey, WorkflowClaims, limits};

/// What all extensions of Fulcio begin with: 1.3.6.1.4.1.57264.1.
const FULCIO: &str = "1.3.6.1.4.1.57264.1.";
/// A name that is neither an email address nor a URI, such as that of a user (Fulcio, `oid-info`).
const OTHER_NAME: &str = "1.3.6.1.4.1.57264.1.7";
const GITHUB: &str = "https://github.com/";
/// The tag of a `UTF8String`.
const UTF8: u8 = 0x0c;

/// What a signer's certificate says. Whether anybody is to believe it is another question.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    certificate: Certificate,
    spki: Vec<u8>,
    dns: Vec<String>,
    emails: Vec<String>,
    uris: Vec<String>,
    others: Vec<String>,
    /// How many names it has of kinds that nobody goes by here, such as addresses of machines.
    foreign: usize,
    issuer: Option<String>,
    build: Build,
}

/// What it says about a build.
#[derive(Clone, Debug, Default)]
struct Build {
    repository: Option<String>,
    reference: Option<String>,
    workflow_name: Option<String>,
    workflow_trigger: Option<String>,
    runner_environment: Option<String>,
}

impl Leaf {
    pub(crate) fn read(der: &[u8]) -> Result<Self, CandidateError> {
        let malformed = |reason: &str| CandidateError::malformed("the certificate", reason);
        let certificate =
            Certificate::from_der(der).map_err(|error| malformed(&error.to_string()))?;
        let (_, read) =
            X509Certificate::from_der(der).map_err(|_| malformed("it is no certificate"))?;
        let mut leaf = Self {
            certificate,
            spki: read.public_key().raw.to_vec(),
            dns: Vec::new(),
            emails: Vec::new(),
            uris: Vec::new(),
            others: Vec::new(),
            foreign: 0,
            issuer: None,
            build: Build::default(),
        };
        let mut fulcio = Vec::new();
        for extension in read.extensions() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension() {
                for name in &names.general_names {
                    leaf.name(name)
                        .ok_or_else(|| malformed("a name in it cannot be read"))?;
                }
                continue;
            }
            let oid = extension.oid.to_id_string();
            if let Some(number) = oid.strip_prefix(FULCIO).and_then(|arc| arc.parse().ok()) {
                let value = claim(number, extension.value);
                let value = value.ok_or_else(|| malformed("a claim in it cannot be read"))?;
                fulcio.push((number, value));
            }
        }
        let of = |number: u32| {
            let found = fulcio.iter().find(|(other, _)| *other == number);
            found.map(|(_, value)| value.clone())
        };
        // Older certificates have the first of both, newer ones both.
        leaf.issuer = match (of(1), of(8)) {
            (Some(old), Some(new)) if old != new => {
                return Err(malformed("it names two issuers"));
            }
            (old, new) => new.or(old),
        };
        // So do these.
        let repository = match (of(5), of(12)) {
            (Some(old), Some(new)) if old != new && path_of(&new) != Some(old.as_str()) => {
                return Err(malformed("it names two repositories"));
            }
            (old, new) => new.map(short).or(old),
        };
        leaf.build = Build {
            repository,
            reference: of(14).or_else(|| of(6)),
            workflow_name: of(4),
            workflow_trigger: of(20).or_else(|| of(2)),
            runner_environment: of(11),
        };
        Ok(leaf)
    }

    fn name(&mut self, name: &GeneralName<'_>) -> Option<()> {
        let (kind, text) = match name {
            GeneralName::DNSName(text) => (&mut self.dns, (*text).to_owned()),
            GeneralName::OtherName(oid, value) if oid.to_id_string() == OTHER_NAME => {
                // An explicit tag 0 around a `UTF8String`.
                let value = value.strip_prefix(&[0xa0])?;
                let (length, value) = value.split_first()?;
                (usize::from(*length) == value.len() && *length < 0x80).then_some(())?;
                (&mut self.others, utf8(value)?)
            }
            GeneralName::RFC822Name(text) => (&mut self.emails, (*text).to_owned()),
            GeneralName::URI(text) => (&mut self.uris, (*text).to_owned()),
            GeneralName::Invalid(..) => return None,
            _ => {
                self.foreign += 1;
                return Some(());
            }
        };
        (text.len() <= limits::IDENTITY_BYTES).then(|| kind.push(text))
    }

    pub(crate) const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its key, as it stands in it.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub(crate) fn key(&self) -> Result<VerificationKey, KeyError> {
        VerificationKey::from_spki_der(&self.spki)
    }

    /// Whether it says that it is for signing code. One that says nothing of purposes is not.
    pub(crate) fn signs_code(&self) -> bool {
        let purposes = self.certificate.extended_key_usage();
        purposes.is_some_and(|purposes| purposes.contains(Purpose::CodeSigning))
    }

    /// Who vouched for the identity.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// All names that a person or a program may go by.
    pub(crate) fn identities(&self) -> impl Iterator<Item = &str> {
        let named = self.emails.iter().chain(&self.uris);
        named
            .chain(&self.others)
            .chain(&self.dns)
            .map(String::as_str)
    }

    /// The one identity that an authority for short-lived certificates gives. Returns `None` if there is not exactly one name, of
    /// whatever kind: nobody would know which was checked when it was issued.
    pub(crate) fn identity(&self) -> Option<&str> {
        let mut names = self.identities();
        names
            .next()
            .filter(|_| names.next().is_none() && self.foreign == 0)
    }

    pub(crate) fn dns(&self) -> &[String] {
        &self.dns
    }

    pub(crate) fn emails(&self) -> &[String] {
        &self.emails
    }

    pub(crate) fn uris(&self) -> &[String] {
        &self.uris
    }

    /// The first of the claims about a build that is not what it must be, by name, with what the certificate says.
    pub(crate) fn differs(&self, claims: &WorkflowClaims) -> Option<(&'static str, Option<&str>)> {
        let WorkflowClaims {
            repository,
            reference,
            workflow_name,
            workflow_trigger,
            runner_environment,
        } = claims;
        let Build {
            repository: of_repository,
            reference: of_reference,
            workflow_name: of_name,
            workflow_trigger: of_trigger,
            runner_environment: of_runner,
        } = &self.build;
        [
            ("repository", repository, of_repository),
            ("ref", reference, of_reference),
            ("workflow name", workflow_name, of_name),
            ("workflow trigger", workflow_trigger, of_trigger),
            ("runner environment", runner_environment, of_runner),
        ]
        .into_iter()
        .find_map(|(name, demanded, said)| {
            let demanded = demanded.as_ref()?;
            let met = said.as_deref().is_some_and(|said| demanded.matches(said));
            (!met).then_some((name, said.as_deref()))
        })
    }
}

/// A repository as people write it: without the address of GitHub.
fn short(uri: String) -> String {
    let path = uri.strip_prefix(GITHUB).map(str::to_owned);
    path.unwrap_or(uri)
}

/// The path of a repository at an address.
fn path_of(uri: &str) -> Option<&str> {
    let (_, behind) = uri.split_once("://")?;
    let (_, path) = behind.split_once('/')?;
    Some(path)
}

/// The value of an extension of Fulcio: bare text up to number 6, and a `UTF8String` from 8 on (`oid-info`). Some have one
/// where bare text should be, which no bare text begins like.
fn claim(number: u32, value: &[u8]) -> Option<String> {
    if value.len() > limits::IDENTITY_BYTES {
        return None;
    }
    match number {
        0..=7 => utf8(value).or_else(|| Some(std::str::from_utf8(value).ok()?.to_owned())),
        _ => utf8(value),
    }
}

/// The text of a `UTF8String` in DER, which must be all there is.
fn utf8(der: &[u8]) -> Option<String> {
    let (tag, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, text) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81 => {
            let (length, text) = rest.split_first()?;
            (*length >= 0x80).then_some((usize::from(*length), text))?
        }
        0x82 => {
            let (length, text) = rest.split_first_chunk()?;
            let length = u16::from_be_bytes(*length);
            (length >= 0x100).then_some((usize::from(length), text))?
        }
        _ => return None,
    };
    let whole = *tag == UTF8 && text.len() == length;
    let text = whole.then(|| std::str::from_utf8(text).ok())??;
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use doorward_testkit::{CertificateBuilder, asn1};

    use super::*;

    const EMAIL: (u8, &[u8]) = (0x81, b"dev@acme.test");

    /// With these names, and these claims by their numbers.
    fn leaf(names: &[(u8, &[u8])], claims: &[(u32, &[u8])]) -> Result<Leaf, CandidateError> {
        let names: Vec<_> = names
            .iter()
            .map(|(tag, name)| asn1(*tag, &[name]))
            .collect();
        let mut builder = CertificateBuilder::code_signer("signer").extension(
            "2.5.29.17",
            false,
            &asn1(0x30, &[&names.concat()]),
        );
        for (number, value) in claims {
            builder = builder.extension(&format!("{FULCIO}{number}"), false, value);
        }
        Leaf::read(builder.self_signed().der())
    }

    #[test]
    fn a_name_of_any_kind_beside_the_identity_makes_it_one_of_several() {
        let identity = |names: &[(u8, &[u8])]| {
            let leaf = leaf(names, &[]).expect("a certificate");
            leaf.identity().map(str::to_owned)
        };
        assert_eq!(identity(&[EMAIL]).as_deref(), Some("dev@acme.test"));
        // Another email, a host, a URI, an address, an identifier, the name of a directory, and a name of a kind that is not known.
        let others: [(u8, &[u8]); 7] = [
            (0x81, b"other@acme.test"),
            (0x82, b"acme.test"),
            (0x86, b"https://acme.test"),
            (0x87, &[10, 0, 0, 1]),
            (0x88, &[0x2a, 0x03]),
            (0xa4, b"\x30\x00"),
            (0xa0, b"\x06\x03\x2a\x03\x04\xa0\x04\x0c\x02ab"),
        ];
        for other in others {
            for names in [[EMAIL, other], [other, EMAIL]] {
                assert_eq!(identity(&names), None, "{other:?}");
            }
        }
    }

    #[test]
    fn a_certificate_that_names_two_repositories_is_refused() {
        let text = |text: &str| asn1(0x0c, &[text.as_bytes()]);
        let repository = |old: Option<&str>, new: Option<&str>| {
            let new = new.map(text);
            let claims = old.map(|old| (5, old.as_bytes())).into_iter();
            let claims = claims.chain(new.iter().map(|new| (12, new.as_slice())));
            let claims: Vec<_> = claims.collect();
            leaf(&[EMAIL], &claims).map(|leaf| leaf.build.repository)
        };
        let some = |text: &str| Ok(Some(text.to_owned()));
        let at_github = Some("https://github.com/acme/app");
        assert_eq!(repository(Some("acme/app"), at_github), some("acme/app"));
        assert_eq!(repository(None, at_github), some("acme/app"));
        assert_eq!(repository(Some("acme/app"), None), some("acme/app"));
        let elsewhere = "https://git.acme.test/acme/app";
        assert_eq!(
            repository(Some("acme/app"), Some(elsewhere)),
            some(elsewhere)
        );
        for other in [
            "acme/other",
            "mallory/app",
            "app",
            "",
            "https://github.com/mallory/app",
        ] {
            assert!(repository(Some(other), at_github).is_err(), "{other}");
        }
    }

    #[test]
    fn a_text_in_der_has_one_spelling() {
        assert_eq!(utf8(b"\x0c\x02ab").as_deref(), Some("ab"));
        let long = [&b"\x0c\x81\x80"[..], &[b'a'; 128]].concat();
        assert_eq!(utf8(&long).map(|text| text.len()), Some(128));
        let longer = [&b"\x0c\x82\x01\x00"[..], &[b'a'; 256]].concat();
        assert_eq!(utf8(&longer).map(|text| text.len()), Some(256));
        for bad in [
            &b""[..],
            b"\x0c",
            b"\x0c\x03ab",
            b"\x0c\x01ab",
            b"\x13\x02ab",
            b"\x0c\x81\x02ab",
            b"\x0c\x82\x00\x02ab",
            b"\x0c\x80ab\0\0",
            b"\x0c\x02\xff\xfe",
        ] {
            assert_eq!(utf8(bad), None, "{bad:?}");
        }
    }
}
