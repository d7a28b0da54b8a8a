//! Public keys and certificates that are neither in a policy nor in a Secret: at an address, or in a key management service.

use doorward_core::{Algorithm, Digest, Scheme};

use crate::node::Node;
use crate::walk::{Object, Walk};
use crate::{LintCode, schema};

/// Where a public key, a ring of keys or certificates are fetched from, and by what they are recognised.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeySource {
    /// A key of a key management service, which a program of the operator's exports.
    Kms {
        /// Its address, such as `awskms:///alias/release`.
        uri: String,
        /// The digest of the key (DER `SubjectPublicKeyInfo`), if the policy says it. Without it the service decides which
        /// key it is.
        fingerprint: Option<Digest>,
    },
    /// A file on a web server.
    Url {
        /// Its address, on `https`.
        url: String,
        /// What it must be.
        pin: KeyPin,
        /// What is in it.
        form: KeyForm,
    },
}

/// What is in a file with keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyForm {
    /// Certificates, in PEM or DER: a trust store of the Notary Project.
    Certificates,
    /// OpenPGP public keys, armored or binary: a key ring of simple signing.
    OpenPgp,
    /// One public key in PEM: that of an authority of sigstore.
    PublicKey,
}

impl KeyForm {
    /// What it is called in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Certificates => "certificates",
            Self::OpenPgp => "key ring",
            Self::PublicKey => "key",
        }
    }

    /// Whose signatures are verified with it.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Certificates => Scheme::NOTATION,
            Self::OpenPgp => Scheme::SIMPLE_SIGNING,
            Self::PublicKey => Scheme::SIGSTORE,
        }
    }
}

/// What a key or the file that it is in must be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPin {
    /// The SHA-256 of the file, byte by byte.
    File(Digest),
    /// The SHA-256 of the key, as DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
    Key(Digest),
    /// The fingerprint of the one primary key, in upper-case hexadecimal digits (RFC 9580, section 5.5.4).
    OpenPgp(String),
}

impl KeySource {
    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Kms { uri, .. } => uri,
            Self::Url { url, .. } => url,
        }
    }

    /// What the key or its file must be, if the policy says so.
    #[must_use]
    pub fn pin(&self) -> Option<KeyPin> {
        match self {
            Self::Kms { fingerprint, .. } => fingerprint.clone().map(KeyPin::Key),
            Self::Url { pin, .. } => Some(pin.clone()),
        }
    }

    /// What is there.
    #[must_use]
    pub const fn form(&self) -> KeyForm {
        match self {
            Self::Kms { .. } => KeyForm::PublicKey,
            Self::Url { form, .. } => *form,
        }
    }
}

/// Reads the `keyURL` of an authority of sigstore.
pub(crate) fn read_url(walk: &mut Walk<'_>, node: &Node) -> Option<KeySource> {
    let object = walk.object(node, &schema::KEY_URL)?;
    let (url, file) = read_file(walk, &object, "a key is");
    let key = fingerprint(walk, &object).map(KeyPin::Key);
    let pin = one_pin(walk, &object, file, key)?;
    Some(KeySource::Url {
        url: url?,
        pin,
        form: KeyForm::PublicKey,
    })
}

/// Reads the `keyURL` of a requirement of simple signing.
pub(crate) fn read_keyring_url(walk: &mut Walk<'_>, node: &Node) -> Option<KeySource> {
    let object = walk.object(node, &schema::KEYRING_URL)?;
    let (url, file) = read_file(walk, &object, "a key is");
    let key = pinned(
        walk,
        &object,
        "fingerprint",
        |text| {
            let is_whole = matches!(text.len(), 40 | 64) && is_hexadecimal(text);
            is_whole.then(|| KeyPin::OpenPgp(text.to_ascii_uppercase()))
        },
        "the fingerprint of an OpenPGP key is 40 hexadecimal digits, or 64 for a key of version 6, without spaces, as \
         `gpg --with-colons --fingerprint` prints that of the primary key; a key ID is too short to be one",
    );
    let pin = one_pin(walk, &object, file, key)?;
    Some(KeySource::Url {
        url: url?,
        pin,
        form: KeyForm::OpenPgp,
    })
}

/// Reads `certificateURL`.
pub(crate) fn read_certificate_url(walk: &mut Walk<'_>, node: &Node) -> Option<KeySource> {
    let object = walk.object(node, &schema::CERTIFICATE_URL)?;
    let (url, file) = read_file(walk, &object, "certificates are");
    Some(KeySource::Url {
        url: url?,
        pin: file?,
        form: KeyForm::Certificates,
    })
}

/// The address of a file, and its SHA-256.
fn read_file(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    what: &str,
) -> (Option<String>, Option<KeyPin>) {
    let url = walk.required_string(object, "url");
    if let Some(url) = url.as_deref().filter(|url| !url.is_empty()) {
        if url.starts_with("https://") {
            walk.web_url(object, "url");
        } else {
            let message = format!("{what} fetched over `https` only");
            walk.inside("url", |walk| {
                walk.meaning(LintCode::InvalidValue, object.place("url"), message);
            });
        }
    }
    let file = pinned(
        walk,
        object,
        "sha256",
        |text| format!("sha256:{text}").parse().ok(),
        "the SHA-256 of a file is 64 hexadecimal digits in lower case, as `sha256sum` writes it",
    );
    (url, file.map(KeyPin::File))
}

/// The one pin of the two.
fn one_pin(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    file: Option<KeyPin>,
    key: Option<KeyPin>,
) -> Option<KeyPin> {
    let named = ["sha256", "fingerprint"].map(|field| object.field(field).is_some());
    if named == [true, true] || named == [false, false] {
        let message = "an address alone does not say which key is trusted, because who serves it could exchange it: name \
                       exactly one of `sha256`, the SHA-256 of the file, and `fingerprint`, that of the key";
        walk.form(LintCode::InvalidValue, object.at, message);
        return None;
    }
    file.or(key)
}

/// Reads `keyKMS`.
pub(crate) fn read_kms(walk: &mut Walk<'_>, node: &Node) -> Option<KeySource> {
    let object = walk.object(node, &schema::KEY_KMS)?;
    let uri = walk.required_string(&object, "uri");
    let fingerprint = fingerprint(walk, &object);
    if let Some(uri) = uri.as_deref().filter(|uri| !uri.is_empty())
        && !is_kms(uri)
    {
        let message = "the address of a key is `SCHEME://KEY`, such as `awskms:///alias/release`; SCHEME has up to 32 \
                       lower-case letters and digits, and says which program is asked";
        walk.inside("uri", |walk| {
            walk.meaning(LintCode::InvalidValue, object.place("uri"), message);
        });
    }
    if !walk.is_cluster {
        // The program asks with the rights of the operator.
        let message = "`keyKMS` has a meaning only in a ClusterImagePolicy: the service is asked in the operator's name";
        walk.meaning(LintCode::MisplacedField, object.at, message);
    }
    if fingerprint.is_none() && object.field("fingerprint").is_none() {
        let message = "without `fingerprint`, who may change the key in the service chooses whose signatures count";
        walk.note(LintCode::UnpinnedKey, object.at, message);
    }
    Some(KeySource::Kms {
        uri: uri?,
        fingerprint,
    })
}

/// Whether a text is the address of a key: a scheme that can be part of the name of a program, and something after it
/// without white space.
fn is_kms(uri: &str) -> bool {
    let Some((scheme, key)) = uri.split_once("://") else {
        return false;
    };
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=32).contains(&scheme.len())
        && scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(is_word)
        && !key.is_empty()
        && key.chars().all(|c| c.is_ascii_graphic())
}

fn fingerprint(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<Digest> {
    pinned(
        walk,
        object,
        "fingerprint",
        |text| {
            let read = text.parse::<Digest>().ok();
            read.filter(|digest| digest.algorithm() == Algorithm::Sha256)
        },
        "the fingerprint of a key is `sha256:` and 64 hexadecimal digits in lower case, as reports write it",
    )
}

fn is_hexadecimal(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_hexdigit())
}

/// What `read` makes of the text in `field`; `otherwise` says what it must be.
fn pinned<T>(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
    otherwise: &str,
) -> Option<T> {
    let text = walk.string(object, field)?;
    let read = read(text);
    if read.is_none() {
        walk.inside(field, |walk| {
            walk.meaning(LintCode::InvalidValue, object.place(field), otherwise);
        });
    }
    read
}

#[cfg(test)]
mod tests {
    use super::is_kms;

    #[test]
    fn the_scheme_of_a_service_can_be_part_of_the_name_of_a_program_and_nothing_else() {
        for uri in [
            "awskms:///alias/release",
            "gcpkms://projects/p/locations/global/keyRings/r/cryptoKeys/k",
            "azurekms://vault.example/key",
            "hashivault://release",
            "pkcs11://token?x=y",
        ] {
            assert!(is_kms(uri), "{uri}");
        }
        for uri in [
            "",
            "awskms",
            "awskms:",
            "awskms://",
            "://release",
            "AWSKMS://release",
            "aws-kms://release",
            "../kms://release",
            "aws/kms://release",
            "1kms://release",
            "awskms://re lease",
            "awskms://re\nlease",
            "awskms://schlüssel",
            "abcdefghijklmnopqrstuvwxyzabcdefg://release",
        ] {
            assert!(!is_kms(uri), "{uri}");
        }
    }
}
