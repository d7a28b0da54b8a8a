//! What was answered.

use serde::{Serialize, Serializer};

use super::TranscriptError;
use super::asked::bare;
use super::form::{Base64, decoded};
use super::read::{Members, shape, text};
use crate::json::Value;
use crate::{
    Answer, Digest, Distrust, FetchError, Fetched, Handshake, MediaType, Outage, OutageCause,
    ServerTrouble,
};

/// The most names of a certificate that are kept, as many as a handshake tells.
const MAX_NAMES: usize = 1 << 10;
/// The most answers that are kept because they revoke something, as many as an engine keeps of all.
const MAX_KNOWN: usize = 1 << 10;

/// What is kept of an answer: its source without what stands in a URL beside its path.
pub(super) fn kept(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    if let Ok(fetched) = &mut answer {
        let kept = bare(&fetched.source);
        fetched.source = kept;
    }
    answer
}

/// An answer as it is written. `None` if there was none before the decision ended.
pub(super) struct AnswerForm<'a>(pub(super) Option<&'a Answer>);

#[derive(Serialize)]
#[serde(
    tag = "outcome",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
enum Form<'a> {
    AddressNotAllowed {
        detail: &'a str,
    },
    CredentialProvider {
        detail: &'a str,
    },
    DigestMismatch {
        expected: &'a str,
        actual: &'a str,
    },
    Fetched {
        media_type: Option<&'a str>,
        source: &'a str,
        bytes: Base64<'a>,
    },
    /// Beside an older one that an earlier session verified.
    FetchedBeside {
        media_type: Option<&'a str>,
        source: &'a str,
        bytes: Base64<'a>,
        verified_before: Base64<'a>,
    },
    /// The same, with what an earlier session verified that revokes for good.
    FetchedKnowing {
        media_type: Option<&'a str>,
        source: &'a str,
        bytes: Base64<'a>,
        verified_before: Option<Base64<'a>>,
        revoked_before: Vec<Base64<'a>>,
    },
    Handshake {
        host: &'a str,
        distrust: &'static str,
        names: &'a [String],
        said: Option<&'a str>,
    },
    Insecure {
        detail: &'a str,
    },
    Internal {
        detail: &'a str,
    },
    Malformed {
        detail: &'a str,
    },
    None,
    NotAsked {
        detail: &'a str,
    },
    NotFound,
    NotInLayout {
        detail: &'a str,
    },
    NotRecorded,
    NotSupported,
    Outage {
        cause: &'static str,
        status: Option<u16>,
        detail: &'a str,
    },
    TooLarge {
        limit: usize,
    },
    Unauthorized {
        detail: &'a str,
    },
    Unavailable {
        detail: &'a str,
    },
}

impl Serialize for AnswerForm<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = match self.0 {
            None => Form::None,
            Some(Ok(fetched)) => {
                let media_type = fetched.media_type.as_ref().map(MediaType::as_str);
                let (source, bytes) = (fetched.source.as_str(), Base64(&fetched.bytes));
                let revoked_before = fetched.revoked_before.iter();
                let revoked_before: Vec<_> = revoked_before.map(|one| Base64(one)).collect();
                match &fetched.verified_before {
                    verified if !revoked_before.is_empty() => Form::FetchedKnowing {
                        media_type,
                        source,
                        bytes,
                        verified_before: verified.as_deref().map(Base64),
                        revoked_before,
                    },
                    None => Form::Fetched {
                        media_type,
                        source,
                        bytes,
                    },
                    Some(verified) => Form::FetchedBeside {
                        media_type,
                        source,
                        bytes,
                        verified_before: Base64(verified),
                    },
                }
            }
            Some(Err(error)) => failure(error),
        };
        form.serialize(serializer)
    }
}

fn failure(error: &FetchError) -> Form<'_> {
    match error {
        FetchError::AddressNotAllowed { detail } => Form::AddressNotAllowed { detail },
        FetchError::CredentialProvider { detail } => Form::CredentialProvider { detail },
        FetchError::DigestMismatch { expected, actual } => Form::DigestMismatch {
            expected: expected.as_str(),
            actual: actual.as_str(),
        },
        FetchError::Handshake(Handshake { host, distrust }) => {
            let (distrust, names, said): (_, &[String], _) = match distrust {
                Distrust::NameMismatch(names) => ("name-mismatch", names, None),
                Distrust::NotTls => ("not-tls", &[], None),
                Distrust::Expired => ("expired", &[], None),
                Distrust::NotYetValid => ("not-yet-valid", &[], None),
                Distrust::Revoked => ("revoked", &[], None),
                Distrust::UnknownIssuer(issuer) => ("unknown-issuer", &[], issuer.as_deref()),
                Distrust::Other(said) => ("other", &[], Some(said.as_str())),
            };
            Form::Handshake {
                host,
                distrust,
                names,
                said,
            }
        }
        FetchError::Insecure { detail } => Form::Insecure { detail },
        FetchError::Internal { detail } => Form::Internal { detail },
        FetchError::Malformed { detail } => Form::Malformed { detail },
        FetchError::NotAsked { detail } => Form::NotAsked { detail },
        FetchError::NotFound => Form::NotFound,
        FetchError::NotInLayout { detail } => Form::NotInLayout { detail },
        FetchError::NotRecorded => Form::NotRecorded,
        FetchError::NotSupported => Form::NotSupported,
        FetchError::Outage(outage) => Form::Outage {
            cause: match outage.cause() {
                OutageCause::ConnectionLost => "connection-lost",
                OutageCause::ConnectionRefused => "connection-refused",
                OutageCause::NameNotResolved => "name-not-resolved",
                OutageCause::NoConnection => "no-connection",
                OutageCause::NoRoute => "no-route",
                OutageCause::Silent => "silent",
                OutageCause::Trouble(_) => "trouble",
            },
            status: match outage.cause() {
                OutageCause::Trouble(trouble) => Some(trouble.status()),
                _ => None,
            },
            detail: outage.detail(),
        },
        FetchError::TooLarge { limit } => Form::TooLarge { limit: *limit },
        FetchError::Unauthorized { detail } => Form::Unauthorized { detail },
        FetchError::Unavailable { detail } => Form::Unavailable { detail },
    }
}

pub(super) fn read(value: &Value) -> Result<Option<Answer>, TranscriptError> {
    let mut members = Members::of(value, "answer")?;
    let outcome = members.text("outcome")?;
    let answer = match outcome {
        "none" => None,
        "fetched" | "fetched-beside" | "fetched-knowing" => {
            let media_type = members.optional("mediaType")?.map(MediaType::new);
            let source = members.text("source")?;
            let bytes = decoded(members.text("bytes")?, "bytes")?;
            let mut fetched = Fetched::new(bytes, media_type, source);
            if outcome == "fetched-beside" {
                let verified = decoded(members.text("verifiedBefore")?, "verifiedBefore")?;
                fetched = fetched.beside(verified.into());
            }
            if outcome == "fetched-knowing" {
                if let Some(verified) = members.optional("verifiedBefore")? {
                    fetched = fetched.beside(decoded(verified, "verifiedBefore")?.into());
                }
                let known = members.list("revokedBefore", MAX_KNOWN, |one| {
                    decoded(&text(one, "revokedBefore")?, "revokedBefore")
                })?;
                // Without any it is written in another way.
                if known.is_empty() {
                    return Err(shape("revokedBefore"));
                }
                fetched = fetched.knowing(known.into_iter().map(Into::into).collect());
            }
            Some(Ok(fetched))
        }
        _ => Some(Err(error(outcome, &mut members)?)),
    };
    members.end()?;
    Ok(answer)
}

fn error(outcome: &str, members: &mut Members<'_>) -> Result<FetchError, TranscriptError> {
    let error = match outcome {
        "digest-mismatch" => FetchError::DigestMismatch {
            expected: members.parsed::<Digest>("expected")?,
            actual: members.parsed::<Digest>("actual")?,
        },
        "handshake" => FetchError::Handshake(handshake(members)?),
        "not-found" => FetchError::NotFound,
        "not-recorded" => FetchError::NotRecorded,
        "not-supported" => FetchError::NotSupported,
        "outage" => {
            let cause = members.text("cause")?;
            let status = match members.next("status")? {
                Value::Null => None,
                Value::Number(digits) => Some(digits.parse().map_err(|_| shape("status"))?),
                _ => return Err(shape("status")),
            };
            let detail = members.text("detail")?.to_owned();
            let cause = match (cause, status) {
                ("connection-lost", None) => OutageCause::ConnectionLost,
                ("connection-refused", None) => OutageCause::ConnectionRefused,
                ("name-not-resolved", None) => OutageCause::NameNotResolved,
                ("no-connection", None) => OutageCause::NoConnection,
                ("no-route", None) => OutageCause::NoRoute,
                ("silent", None) => OutageCause::Silent,
                ("trouble", Some(status)) => {
                    OutageCause::Trouble(ServerTrouble::of(status).ok_or(shape("status"))?)
                }
                _ => return Err(shape("cause")),
            };
            FetchError::Outage(Outage::replayed(cause, detail))
        }
        "too-large" => FetchError::TooLarge {
            limit: members.number("limit")?,
        },
        _ => {
            let detail = members.text("detail")?.to_owned();
            match outcome {
                "address-not-allowed" => FetchError::AddressNotAllowed { detail },
                "credential-provider" => FetchError::CredentialProvider { detail },
                "insecure" => FetchError::Insecure { detail },
                "internal" => FetchError::Internal { detail },
                "malformed" => FetchError::Malformed { detail },
                "not-asked" => FetchError::NotAsked { detail },
                "not-in-layout" => FetchError::NotInLayout { detail },
                "unauthorized" => FetchError::Unauthorized { detail },
                "unavailable" => FetchError::Unavailable { detail },
                _ => return Err(shape("outcome")),
            }
        }
    };
    Ok(error)
}

fn handshake(members: &mut Members<'_>) -> Result<Handshake, TranscriptError> {
    let host = members.text("host")?.to_owned();
    let distrust = members.text("distrust")?;
    let names = members.list("names", MAX_NAMES, |name| text(name, "names"))?;
    let said = members.optional("said")?.map(str::to_owned);
    let distrust = match (distrust, said) {
        ("name-mismatch", None) => Distrust::NameMismatch(names),
        ("unknown-issuer", issuer) if names.is_empty() => Distrust::UnknownIssuer(issuer),
        ("other", Some(said)) if names.is_empty() => Distrust::Other(said),
        ("not-tls", None) if names.is_empty() => Distrust::NotTls,
        ("expired", None) if names.is_empty() => Distrust::Expired,
        ("not-yet-valid", None) if names.is_empty() => Distrust::NotYetValid,
        ("revoked", None) if names.is_empty() => Distrust::Revoked,
        _ => return Err(shape("distrust")),
    };
    Ok(Handshake { host, distrust })
}
