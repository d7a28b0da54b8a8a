//! What vouches for a signature with a certificate.

use doorward_core::{Code, Fact, Meter, Rejection, Timestamp};

use crate::codes;
use crate::engine::{Engine, Signed, Vouched, Without};
use crate::leaf::Leaf;

/// What the engine vouches for, of a signature that the key of this certificate made. The certificate was valid at each time.
pub(super) fn vouched(
    engine: &Engine,
    bundle: &str,
    signed: Signed<'_>,
    without: Without,
    leaf: &Leaf,
    meter: &mut Meter,
) -> Result<Vouched, Rejection> {
    match engine.verify_certificate(bundle, signed, without, meter) {
        Ok(vouched) => {
            valid_at(leaf, &vouched.times)?;
            Ok(vouched)
        }
        // One answer for whatever is wrong with the certificates, and most often it is the time.
        Err(refused) if refused.code() == codes::CERTIFICATE_UNTRUSTED => {
            match engine.times(bundle, signed, meter) {
                Ok(vouched) => valid_at(leaf, &vouched.times)?,
                Err(other) if other.code() == Code::BUDGET_EXCEEDED => return Err(other),
                Err(_) => {}
            }
            Err(refused)
        }
        Err(refused) => Err(refused),
    }
}

/// That the certificate was valid at every time that somebody vouches for. The engine has seen to that where it accepts; the
/// answer of a library is not what a certificate is believed for.
fn valid_at(leaf: &Leaf, times: &[Timestamp]) -> Result<(), Rejection> {
    let certificate = leaf.certificate();
    let Some(outside) = times.iter().find(|time| !certificate.is_valid_at(**time)) else {
        return Ok(());
    };
    let detail = format!(
        "the signature was made at {outside}, and the certificate was valid from {} to {}",
        certificate.not_before(),
        certificate.not_after()
    );
    let rejection = Rejection::new(codes::CERTIFICATE_EXPIRED, detail);
    Err(rejection.with_fact(Fact::Time(*outside)))
}
