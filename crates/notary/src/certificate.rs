//! Which root keys may stand for a repository.

use doorward_core::Timestamp;
use doorward_crypto::Certificate;

use crate::Key;
use crate::limits::CERTIFICATE_SKEW;

/// Whether a root key may stand for `gun`, and why not.
///
/// It must be in a certificate: exactly one that is not an authority's (RFC 5280, section 4.2.1.9), and that first,
/// with those of its issuers behind it. The certificate names the repository, or a beginning of its name with a star
/// behind. With `now` given, as for a root that shall be trusted from now on, it must be valid then too (RFC 5280,
/// section 4.1.2.5); a root that is only asked whether it signed its successor need not be.
pub(crate) fn may_stand_for(key: &Key, gun: &str, now: Option<Timestamp>) -> Result<(), String> {
    key.usable().map_err(str::to_owned)?;
    let Some((leaf, issuers)) = key.certificates().split_first() else {
        return Err("it is not in a certificate".to_owned());
    };
    if leaf.is_authority() {
        return Err("its first certificate is that of an authority".to_owned());
    }
    if !issuers.iter().all(Certificate::is_authority) {
        return Err("it has two certificates that are not of an authority".to_owned());
    }
    let name = leaf.common_name().unwrap_or_default();
    let named = name == gun
        || name
            .strip_suffix('*')
            .is_some_and(|beginning| gun.starts_with(beginning));
    if !named {
        return Err("its certificate is for another name".to_owned());
    }
    if !key.is_plainly_spelled() {
        return Err("its certificates are not spelled plainly".to_owned());
    }
    // Laxer than the clause by a day about the beginning, as the original, because clocks differ.
    let Some(now) = now else { return Ok(()) };
    if leaf.not_after() < now {
        return Err(format!("its certificate expired at {}", leaf.not_after()));
    }
    if leaf.not_before() > now.plus(CERTIFICATE_SKEW) {
        return Err(format!(
            "its certificate is not valid before {}",
            leaf.not_before()
        ));
    }
    if issuers.iter().any(|issuer| issuer.not_after() < now) {
        return Err("the certificate of an issuer has expired".to_owned());
    }
    Ok(())
}
