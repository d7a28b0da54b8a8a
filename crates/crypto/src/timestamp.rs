//! Time stamps of an authority (RFC 3161).

mod attributes;
mod cms;
mod error;
mod info;
mod path;

use doorward_core::{BudgetExceeded, Timestamp};

pub use error::TimestampError;

use crate::ber;
use crate::checks::Stop;
use crate::{Certificate, OrderedChain, SignatureChecks};
use attributes::SignedAttributes;
use cms::{SignedData, SignerInfo};
use info::TimestampInfo;
use path::Tries;

/// Bytes of a token. Those of public authorities have 2 to 8 KiB, most of it certificates.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// That an authority saw a message at a time. Only [`verify_timestamp`] makes one, so that it is the evidence.
///
/// It says nothing about revocation: [`Self::chain`] is what to ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct VerifiedTimestamp {
    chain: OrderedChain,
    generated: Timestamp,
    earliest: Timestamp,
    latest: Timestamp,
    policy: String,
}

impl VerifiedTimestamp {
    /// The chain of the authority from the signer's certificate to the trusted one.
    pub const fn chain(&self) -> &OrderedChain {
        &self.chain
    }

    /// The time in the token, to the second that had begun.
    #[must_use]
    pub const fn generated(&self) -> Timestamp {
        self.generated
    }

    /// The first second at which the message may have been seen, by the accuracy that the authority claims.
    #[must_use]
    pub const fn earliest(&self) -> Timestamp {
        self.earliest
    }

    /// The second by the end of which the message was seen, rounded up to a whole one: a limit that is a whole second
    /// is kept by this one exactly if it is kept by the exact time.
    #[must_use]
    pub const fn latest(&self) -> Timestamp {
        self.latest
    }

    /// The policy of the authority, an object identifier with dots between.
    #[must_use]
    pub fn policy(&self) -> &str {
        &self.policy
    }
}

/// Checks a `TimeStampToken` (RFC 3161, section 2.4.2) over `message`, which the authority saw as a hash, against the
/// trusted certificates of authorities. In a signature of the Notary Project the message is the bytes of the signature.
///
/// 1. The token is a `SignedData` of version 3 (RFC 5652, section 5.1) with a `TSTInfo` of version 1.
/// 2. The imprint is the hash of the message, by SHA-256, SHA-384 or SHA-512.
/// 3. One of its signers is right: its signed attributes are about this content (RFC 5652, section 11) and name its
///    certificate (RFC 5816, section 2), and the signature over them is that of the certificate's key.
/// 4. The certificates in the token lead from it to an anchor that is self-signed. All are valid at the time of the
///    token, which may be long ago, and as [`Profile::TimeStamping`](crate::Profile::TimeStamping) demands.
///
/// Lengths of the indefinite form of BER are taken (RFC 5652, section 5.1). That the `tsa` in the token is a name of
/// the signer is not checked: by RFC 3161, section 2.4.2, the certificate identifies the signer.
///
/// Anybody can fill a token with certificates and signers, for only its content is signed. So all that costs nothing is
/// looked at first, then the chain from the anchor down, then the signature; and after two signatures in all that do
/// not hold, no more is tried.
///
/// # Errors
/// [`BudgetExceeded`]. Within the result, [`TimestampError`]; of several signers, that of the last one.
pub fn verify_timestamp(
    token: &[u8],
    message: &[u8],
    anchors: &[Certificate],
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<VerifiedTimestamp, TimestampError>, BudgetExceeded> {
    if token.len() > MAX_TOKEN_BYTES {
        return Ok(Err(TimestampError::TooLarge {
            limit: MAX_TOKEN_BYTES,
        }));
    }
    Stop::settle(match SignedData::read(token) {
        Err(TimestampError::Malformed) => match ber::to_der(token) {
            Err(_) => Err(TimestampError::Malformed.into()),
            Ok(token) => SignedData::read(&token)
                .map_err(Stop::from)
                .and_then(|signed| verify(&signed, message, anchors, checks)),
        },
        read => read
            .map_err(Stop::from)
            .and_then(|signed| verify(&signed, message, anchors, checks)),
    })
}

fn verify(
    signed: &SignedData<'_>,
    message: &[u8],
    anchors: &[Certificate],
    checks: &mut SignatureChecks<'_>,
) -> Result<VerifiedTimestamp, Stop<TimestampError>> {
    let info = TimestampInfo::read(signed.content)?;
    if info.hash.of(message).as_ref() != info.imprint {
        return Err(TimestampError::Imprint.into());
    }
    let mut reason = TimestampError::NoSigner;
    let mut tries = Tries::default();
    for signer in &signed.signers {
        match verify_signer(signer, signed, &info, anchors, &mut tries, checks) {
            Ok(chain) => {
                return Ok(VerifiedTimestamp {
                    chain,
                    generated: info.generated(),
                    earliest: info.earliest(),
                    latest: info.latest(),
                    policy: info.policy(),
                });
            }
            Err(Stop::Refused(error)) => reason = error,
            Err(exceeded) => return Err(exceeded),
        }
    }
    Err(reason.into())
}

fn verify_signer(
    signer: &SignerInfo<'_>,
    signed: &SignedData<'_>,
    info: &TimestampInfo<'_>,
    anchors: &[Certificate],
    tries: &mut Tries,
    checks: &mut SignatureChecks<'_>,
) -> Result<OrderedChain, Stop<TimestampError>> {
    let attributes = SignedAttributes::read(signer.attributes)?;
    // RFC 5652, section 11.2.
    if signer.hash.of(signed.content).as_ref() != attributes.digest {
        return Err(TimestampError::ContentDigest.into());
    }
    let certificate = signed
        .certificates
        .iter()
        .find(|certificate| signer.is(certificate))
        .ok_or(TimestampError::SignerUnknown)?;
    // RFC 5816, section 2.2.1: that it is this certificate is signed too.
    if !attributes.certificate.is(certificate) {
        return Err(TimestampError::SigningCertificate.into());
    }
    let chain = path::find(
        certificate,
        &signed.certificates,
        anchors,
        info,
        tries,
        checks,
    )?;
    if let Some(time) = attributes.signing_time {
        chain.valid_at(time).map_err(TimestampError::SigningTime)?;
    }
    tries.are_left()?;
    let key = certificate.key();
    let verified = signer
        .scheme
        .verify(key, &signer.signed_bytes(), signer.signature, checks)?;
    if let Err(error) = verified {
        tries.failed();
        return Err(TimestampError::Signature(error).into());
    }
    Ok(chain)
}
