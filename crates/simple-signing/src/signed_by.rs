//! One signature against one `signedBy`: the checks that turn arithmetic into trust.
//!
//! containers-signature(5), "OpenPGP signature verification", lists five demands: a signed message, a trusted key, a
//! signature that holds, a payload that is authenticated before it is read, no expiry. The order of the checks is that
//! of the reference implementation.

use crate::codes;
use doorward_core::{BudgetExceeded, Check, Code, Fact, Meter, Rejection, Timestamp};

use crate::accepted::Claim;
use crate::claim::Content;
use crate::issuer;
use crate::keyring::hex;
use crate::limits::CLOCK_SKEW;
use crate::openpgp::component::Component;
use crate::openpgp::material::{Material, MaterialError};
use crate::openpgp::message::{SignedMessage, Unread};
use crate::openpgp::signature::{Signature, Use, protects_data};
use crate::{Certificate, Keyring, SignatureBlob, SignedIdentity, Subject};

/// The checks of one signature, in order. A refusal reports those before it as passed.
const CHECKS: [&str; 7] = [
    "message",
    "key",
    "algorithm",
    "signature",
    "validity",
    "claim",
    "identity",
];

/// How many trusted keys a message lists.
const LISTED_KEYS: usize = 4;

/// The checks of a signature that was accepted.
pub(crate) fn passed() -> impl Iterator<Item = Check> {
    CHECKS.iter().map(|check| Check::enforced(check, true))
}

/// A refusal at the check of this name.
fn refuse(at: &'static str, code: Code, detail: String) -> Rejection {
    let before = CHECKS.iter().take_while(|check| **check != at);
    let mut checks: Vec<_> = before.map(|check| Check::enforced(check, true)).collect();
    checks.push(Check::enforced(at, false));
    Rejection::new(code, detail).with_checks(checks)
}

/// Reads `blob`, which may be no message: it must be an OpenPGP signed message (containers-signature(5), "OpenPGP
/// signature verification").
///
/// # Errors
/// If reading it would cost too much.
pub(crate) fn read(
    blob: &SignatureBlob,
    meter: &mut Meter,
) -> Result<Result<SignedMessage, Rejection>, BudgetExceeded> {
    match SignedMessage::parse_within(&blob.bytes, meter) {
        Ok(message) => Ok(Ok(message)),
        Err(Unread::Budget(exceeded)) => Err(exceeded),
        Err(Unread::Message(error)) => Ok(Err(refuse(
            "message",
            codes::MALFORMED_MESSAGE,
            format!("{}: {error}", blob.source),
        ))),
    }
}

/// Verifies `message`, which is from `source`, and compares what it says with `subject`.
pub(crate) fn verify(
    keyring: &Keyring,
    identity: &SignedIdentity,
    subject: &Subject,
    message: &SignedMessage,
    source: &str,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Claim, Rejection> {
    let signer = authenticate(keyring, message, source, now, meter)?;

    // From here on the content is what a trusted key signed: no byte of it was read before (containers-signature(5),
    // "The cryptographic signature").
    let content = Content::parse(message.content()).map_err(|error| {
        refuse(
            "claim",
            codes::PAYLOAD_INVALID,
            format!("{source}: {}", shorten(&error.to_string())),
        )
    })?;
    // containers-signature(5), `critical.image.docker-manifest-digest`.
    if content.digest != *subject.digest() {
        return Err(refuse(
            "claim",
            codes::DIGEST_MISMATCH,
            format!(
                "{source} is for {}, expected {}",
                content.digest,
                subject.digest()
            ),
        )
        .with_fact(Fact::Digests {
            expected: subject.digest().clone(),
            actual: content.digest,
        }));
    }
    // containers-signature(5), `critical.identity.docker-reference`; containers-policy.json(5), `signedIdentity`.
    if !identity.accepts(subject.image(), &content.reference) {
        return Err(refuse(
            "identity",
            codes::IDENTITY_MISMATCH,
            format!(
                "{source} is for {:?}, expected {}",
                shorten(&content.reference),
                identity.expectation(subject.image())
            ),
        ));
    }
    let certificate = keyring.certificate_of(signer.component);
    Ok(Claim {
        content,
        fingerprint: certificate
            .map(|c| c.fingerprint().to_owned())
            .unwrap_or_default(),
        user_id: certificate.and_then(|c| c.user_ids().first().cloned()),
        signed_at: Timestamp::from_unix(signer.signed_at),
        source: source.to_owned(),
        valid_until: signer.valid_until,
    })
}

/// The key that made a signature, which is good now.
struct Signer<'a> {
    component: &'a Component,
    signed_at: i64,
    valid_until: Option<Timestamp>,
}

/// The key of the ring that made the signature, of those that it names (RFC 9580, sections 5.2.3.12 and 5.2.3.35).
fn authenticate<'a>(
    keyring: &'a Keyring,
    message: &SignedMessage,
    source: &str,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Signer<'a>, Rejection> {
    let signature = &message.signature;
    let mut best: Option<Rejection> = None;
    let mut hashed = None;
    for component in issuer::candidates(keyring, signature) {
        let (bytes, digest) = match &hashed {
            Some(hashed) => hashed,
            None => hashed.insert(digest(message, source)?),
        };
        let outcome = check_key(keyring, component, source).and_then(|material| {
            let hashed = Hashed { bytes, digest };
            arithmetic(material, signature, &hashed, source, meter)?;
            check_times(keyring, component, signature, source, now)
        });
        match outcome {
            Ok(signer) => return Ok(signer),
            Err(refusal) if refusal.code() == Code::BUDGET_EXCEEDED => return Err(refusal),
            Err(refusal) if best.as_ref().is_none_or(|b| b.rank() < refusal.rank()) => {
                best = Some(refusal);
            }
            Err(_) => {}
        }
    }
    Err(best.unwrap_or_else(|| unknown_key(keyring, signature, source)))
}

fn unknown_key(keyring: &Keyring, signature: &Signature, source: &str) -> Rejection {
    let named = issuer::named(signature);
    let signer = named.as_ref().map_or_else(
        || "a key that it does not name".to_owned(),
        |key| format!("key {key}"),
    );
    let rejection = refuse(
        "key",
        codes::UNKNOWN_KEY,
        format!(
            "{source} was made by {signer}; trusted is {}",
            trusted(keyring)
        ),
    );
    match named {
        Some(key) => rejection.with_fact(Fact::Key(key)),
        None => rejection,
    }
}

/// The trusted keys, for messages.
pub(crate) fn trusted(keyring: &Keyring) -> String {
    let certificates = keyring.certificates();
    let labels: Vec<_> = certificates
        .iter()
        .take(LISTED_KEYS)
        .map(|c| c.label())
        .collect();
    match certificates.len().saturating_sub(LISTED_KEYS) {
        0 => labels.join(" or "),
        more => format!("{} or one of {more} more", labels.join(" or ")),
    }
}

/// What was hashed, and its hash.
struct Hashed<'a> {
    bytes: &'a [u8],
    digest: &'a [u8],
}

/// Checks the hash algorithm (RFC 9580, section 9.5), and what the signature demands of its readers (section 5.2.3.7),
/// and hashes (section 5.2.4).
fn digest(message: &SignedMessage, source: &str) -> Result<(Vec<u8>, Vec<u8>), Rejection> {
    let signature = &message.signature;
    let hash = signature.hash;
    if !protects_data(hash) {
        return Err(refuse(
            "algorithm",
            codes::WEAK_ALGORITHM,
            format!("{source} is protected by {hash} only; expected SHA-2 or SHA-3"),
        ));
    }
    if signature.demands_unknown(Use::Data) {
        return Err(refuse(
            "message",
            codes::MALFORMED_MESSAGE,
            format!("{source} has a critical notation or subpacket that is not evaluated here"),
        ));
    }
    let digest = message.digest().ok_or_else(|| {
        refuse(
            "algorithm",
            codes::WEAK_ALGORITHM,
            format!("{source} uses a hash that is not supported"),
        )
    })?;
    // The signature carries the first two bytes of the hash. Damage shows here before any arithmetic.
    if !signature.announces(digest) {
        return Err(mismatch(source));
    }
    Ok((message.hashed(), digest.to_vec()))
}

fn mismatch(source: &str) -> Rejection {
    refuse(
        "signature",
        codes::BAD_SIGNATURE,
        format!("{source} does not match the content it signs, so one of the two was changed"),
    )
}

/// Whether what the ring says about a key lets it sign: its binding, flags and algorithm.
fn check_key<'a>(
    keyring: &Keyring,
    component: &'a Component,
    source: &str,
) -> Result<&'a Material, Rejection> {
    let standing = component.standing.as_ref().map(AsRef::as_ref);
    standing.map_err(|flaw| {
        refuse(
            "key",
            codes::KEY_UNUSABLE,
            format!("{source} was made by {}: {flaw}", owner(keyring, component)),
        )
    })
}

/// The key and whose it is, for messages.
fn owner(keyring: &Keyring, component: &Component) -> String {
    let certificate = keyring.certificate_of(component);
    let label = certificate.map(Certificate::label).unwrap_or_default();
    let key = hex(&component.fingerprint);
    if certificate.is_some_and(|c| c.fingerprint() == key) {
        label
    } else {
        format!("subkey {key} of {label}")
    }
}

/// Whether the key made the signature (RFC 9580, section 5.2.4).
fn arithmetic(
    material: &Material,
    signature: &Signature,
    hashed: &Hashed<'_>,
    source: &str,
    meter: &mut Meter,
) -> Result<(), Rejection> {
    meter.signature()?;
    material
        .verify(
            signature.public_key,
            signature.hash,
            hashed.bytes,
            hashed.digest,
            &signature.bytes,
        )
        .map_err(|error| match error {
            MaterialError::Mismatch | MaterialError::OtherAlgorithm => mismatch(source),
            MaterialError::WeakHash => refuse(
                "algorithm",
                codes::WEAK_ALGORITHM,
                format!(
                    "{source} uses {}, which is too short for its key",
                    signature.hash
                ),
            ),
        })
}

/// Whether key and signature are good at `now`. Made after the arithmetic, so that a refusal here is about a
/// signature that the key did make.
///
/// Asked of now, and not of when the signature was made, as GnuPG does: stricter than RFC 9580 demands, because the
/// date of a signature is its maker's word.
fn check_times<'a>(
    keyring: &Keyring,
    component: &'a Component,
    signature: &Signature,
    source: &str,
    now: Timestamp,
) -> Result<Signer<'a>, Rejection> {
    let refuse = |code, detail: String, fact| Err(refuse("validity", code, detail).with_fact(fact));
    let show = Timestamp::from_unix;
    // Sections 5.2.1.11 and 5.2.1.12.
    if let Some(revocation) = component.revoked {
        let detail = format!(
            "{source} was made by {}, {revocation}",
            owner(keyring, component)
        );
        let key = Fact::Key(hex(&component.fingerprint));
        return refuse(codes::KEY_REVOKED, detail, key);
    }
    // Section 5.2.3.13.
    if let Some(end) = component.good_until
        && now.unix() > end
    {
        let owner = owner(keyring, component);
        let detail = format!(
            "{source} was made by {owner}, which expired at {}",
            show(end)
        );
        return refuse(codes::KEY_EXPIRED, detail, Fact::Time(show(end)));
    }
    // Section 5.2.3.11: every signature has a date, in its hashed area.
    let Some(signed_at) = signature.created() else {
        let detail = format!("{source} does not say when it was made");
        return Err(self::refuse("message", codes::MALFORMED_MESSAGE, detail));
    };
    if signed_at < component.created {
        let detail = format!(
            "{source} was made at {}, before its key, which was made at {}",
            show(signed_at),
            show(component.created)
        );
        let made = Fact::Time(show(signed_at));
        return refuse(codes::SIGNATURE_IN_FUTURE, detail, made);
    }
    // Stricter than GnuPG, because a date to come makes an expiry that is counted from it later than it says.
    if signed_at > now.unix().saturating_add(CLOCK_SKEW) {
        let detail = format!("{source} was made at {}, it is now {now}", show(signed_at));
        let made = Fact::Time(show(signed_at));
        return refuse(codes::SIGNATURE_IN_FUTURE, detail, made);
    }
    // Section 5.2.3.18; containers-signature(5), "OpenPGP signature verification".
    let end = signature.expires();
    if let Some(end) = end
        && now.unix() >= end
    {
        return refuse(
            codes::SIGNATURE_EXPIRED,
            format!("{source} expired at {}", show(end)),
            Fact::Time(show(end)),
        );
    }
    let last = end.map(|end| end - 1);
    let valid_until = [last, component.good_until].into_iter().flatten().min();
    Ok(Signer {
        component,
        signed_at,
        valid_until: valid_until.map(Timestamp::from_unix),
    })
}

/// A text of the signer's choice, cut to a length that fits a message.
fn shorten(text: &str) -> String {
    text.chars().take(512).collect()
}
