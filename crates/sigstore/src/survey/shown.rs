//! What is published of something that may be a signature, and what people see of it.

use doorward_core::text::{one_line, size};
use doorward_core::{Digest, Field, Part};
use serde::Serialize;

use crate::discovery::{Form, Located};
use crate::{COSIGN_SIGNATURE, Candidate};

/// The most characters that are shown of what a signature says: more than any name has.
const MAX_TEXT: usize = 512;

/// Something that may be a signature or an attestation.
#[derive(Debug)]
pub(super) struct Shown {
    /// Where it was found.
    place: String,
    pub(super) located: Located,
    unverified: Option<Unverified>,
    /// Why it cannot be shown.
    pub(super) unreadable: Option<String>,
}

/// What it says about itself.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Unverified {
    /// The type of its statement, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    predicate_type: Option<String>,
    /// Who its certificate says signed. Nothing for a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
    /// Who its certificate says vouched for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    /// The digest that it says it is for.
    digest: Option<String>,
    /// Whether that is the one of the image.
    digest_is_of_image: bool,
}

/// The published form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Published {
    form: &'static str,
    digest: String,
    size: u64,
    place: String,
    /// What it says about itself, believed by nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    unverified: Option<Unverified>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

impl Shown {
    pub(super) const fn at(place: String, located: Located) -> Self {
        Self {
            place,
            located,
            unverified: None,
            unreadable: None,
        }
    }

    /// Keeps what it says about itself.
    pub(super) fn claims(&mut self, candidate: &Candidate, image: &Digest) {
        let short = |text: &str| one_line(text, MAX_TEXT);
        let (signer, issuer) = match candidate.unverified_signer() {
            Some((signer, issuer)) => (Some(short(&signer)), issuer.as_deref().map(short)),
            None => (None, None),
        };
        // A statement may be about more than the image.
        let is_of_image = candidate.unverified_is_for(image);
        let digest = match is_of_image {
            true => Some(image.to_string()),
            false => candidate.unverified_digest(),
        };
        self.unverified = Some(Unverified {
            predicate_type: candidate.unverified_predicate_type().map(short),
            signer,
            issuer,
            digest_is_of_image: is_of_image,
            digest: digest.as_deref().map(short),
        });
    }

    fn is_attestation(&self) -> bool {
        let named = self.unverified.as_ref();
        let named = named.and_then(|claims| claims.predicate_type.as_deref());
        self.located.form == Form::Attestation
            || self.located.says_otherwise()
            || named.is_some_and(|named| named != COSIGN_SIGNATURE)
    }

    pub(super) fn published(self) -> Published {
        Published {
            form: self.located.form.as_str(),
            digest: self.located.blob.digest.to_string(),
            size: self.located.blob.size,
            place: self.place,
            unverified: self.unverified,
            unreadable: self.unreadable,
        }
    }
}

/// How much there is.
pub(super) fn count(shown: &[Shown]) -> Field {
    let attestations = shown.iter().filter(|one| one.is_attestation()).count();
    let noun =
        |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    let text = format!(
        "{}, {}",
        noun(shown.len() - attestations, "signature"),
        noun(attestations, "attestation")
    );
    Field::new("sigstore", text)
}

/// Each with what it says.
pub(super) fn parts(shown: &[Shown]) -> Vec<Part> {
    let mut parts = Vec::new();
    for (one, number) in shown.iter().zip(1..) {
        let what = match one.located.form {
            Form::Layer => "sigstore signature",
            Form::Bundle if one.is_attestation() => "sigstore attestation (bundle)",
            Form::Bundle => "sigstore signature (bundle)",
            Form::Attestation => "sigstore attestation",
        };
        parts.push(Part::Claim(format!("{number} {what} (unverified)")));
        let bytes = usize::try_from(one.located.blob.size).unwrap_or(usize::MAX);
        let digest = format!("{} ({})", one.located.blob.digest, size(bytes));
        parts.push(Field::new("digest", digest).into());
        parts.push(Field::new("found in", one_line(&one.place, MAX_TEXT)).into());
        if let Some(claims) = &one.unverified {
            claimed(claims, &mut parts);
        }
        if let Some(why) = &one.unreadable {
            parts.push(Field::new("unreadable", one_line(why, MAX_TEXT)).into());
        }
    }
    parts
}

fn claimed(claims: &Unverified, parts: &mut Vec<Part>) {
    let by = match (&claims.signer, &claims.issuer) {
        (Some(signer), Some(issuer)) => {
            Field::new("signed by", signer).and(format!("says {issuer}"))
        }
        (Some(signer), None) => Field::new("signed by", signer),
        (None, _) => Field::new("signed by", "a key"),
    };
    parts.push(by.into());
    if let Some(kind) = &claims.predicate_type {
        parts.push(Field::new("statement", kind).into());
    }
    let whose = if claims.digest_is_of_image {
        "the image"
    } else {
        "NOT the image"
    };
    let digest = claims
        .digest
        .as_deref()
        .unwrap_or("nothing that can be read");
    parts.push(Field::new("signs", format!("{whose}: {digest}")).into());
}
