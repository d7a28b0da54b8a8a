//! Revocation lists and responses that somebody brought along, so that nobody need be asked.

use bytes::Bytes;
use doorward_core::Fingerprint;
use rustls_pki_types::pem::{PemObject, SectionKind};

use crate::limits;

/// Why files are no answers of authorities.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GivenError {
    /// A file is neither a revocation list in DER or PEM, nor an OCSP response in DER.
    #[error("a file is neither a revocation list nor an OCSP response")]
    Malformed,
    /// The files have more bytes than are read.
    #[error("the files have more than {limit} bytes together")]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
    /// There are more lists and responses than are read.
    #[error("there are more than {limit} revocation lists and OCSP responses")]
    TooMany {
        /// The bound.
        limit: usize,
    },
}

/// Revocation lists (RFC 5280, section 5) and OCSP responses (RFC 6960) that are given beside trust stores: for places
/// without a network, and for answers that must not depend on one.
///
/// They are trusted no more than if an authority had just given them. What is signed by the issuer of a certificate,
/// covers it and holds now decides about it before anybody is asked; everything else says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenRevocation {
    pub(crate) lists: Vec<Bytes>,
    pub(crate) responses: Vec<Bytes>,
}

impl GivenRevocation {
    /// The most bytes of all files together.
    pub const MAX_BYTES: usize = limits::GIVEN_BYTES;

    /// Reads files: each one or more lists in PEM (RFC 7468, section 6), one list in DER, or one OCSP response in DER.
    /// At most 32 MiB and 64 lists and responses. Whether any of them holds is looked at when it is used.
    ///
    /// # Errors
    /// [`GivenError`]. One file that is something else fails all: it may be what somebody relies on.
    pub fn read<F: Into<Bytes>>(files: impl IntoIterator<Item = F>) -> Result<Self, GivenError> {
        let mut given = Self::default();
        let mut bytes: usize = 0;
        for file in files {
            let file = file.into();
            bytes = bytes.saturating_add(file.len());
            if bytes > limits::GIVEN_BYTES {
                let limit = limits::GIVEN_BYTES;
                return Err(GivenError::TooLarge { limit });
            }
            given.add(file)?;
            if given.lists.len() + given.responses.len() > limits::GIVEN_ANSWERS {
                let limit = limits::GIVEN_ANSWERS;
                return Err(GivenError::TooMany { limit });
            }
        }
        Ok(given)
    }

    fn add(&mut self, file: Bytes) -> Result<(), GivenError> {
        match first_of_sequence(&file) {
            Some(SEQUENCE) => self.lists.push(file),
            // RFC 6960, section 4.2.1: the status stands first.
            Some(ENUMERATED) => self.responses.push(file),
            _ => {
                let before = self.lists.len();
                for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(&file) {
                    let (kind, der) = section.map_err(|_| GivenError::Malformed)?;
                    if kind != SectionKind::Crl || self.lists.len() > limits::GIVEN_ANSWERS {
                        return Err(GivenError::Malformed);
                    }
                    self.lists.push(der.into());
                }
                if self.lists.len() == before {
                    return Err(GivenError::Malformed);
                }
            }
        }
        Ok(())
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.responses.is_empty()
    }

    /// Appends all of it, for a key of what is decided by it.
    pub(crate) fn encode(&self, out: &mut Fingerprint) {
        let Self { lists, responses } = self;
        for answers in [lists, responses] {
            out.number(answers.len());
            for answer in answers {
                out.bytes(answer);
            }
        }
    }
}

const SEQUENCE: u8 = 0x30;
const ENUMERATED: u8 = 0x0a;

/// The tag of the first element in a DER `SEQUENCE` (X.690, section 8.1). Returns `None` if the bytes do not begin with
/// one.
fn first_of_sequence(der: &[u8]) -> Option<u8> {
    let (&tag, rest) = der.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let more = if length < 0x80 { 0 } else { length & 0x7f };
    (tag == SEQUENCE)
        .then(|| rest.get(usize::from(more)).copied())
        .flatten()
}

#[cfg(test)]
mod tests {
    use doorward_core::Timestamp;
    use doorward_testkit::{CertificateBuilder, ListBuilder, OcspBuilder, OcspSays};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

    fn list() -> Vec<u8> {
        let root = CertificateBuilder::authority("root").self_signed();
        ListBuilder::new(&root, NOW).build()
    }

    fn pem(label: &str, der: &[u8]) -> Vec<u8> {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n").into_bytes()
    }

    #[test]
    fn lists_in_either_form_and_responses_are_told_apart() {
        let root = CertificateBuilder::authority("root").self_signed();
        let leaf = CertificateBuilder::code_signer("leaf").issued_by(&root);
        let response = OcspBuilder::new(&leaf, &root, OcspSays::Good, NOW).build();
        let two = [pem("X509 CRL", &list()), pem("X509 CRL", &list())].concat();
        let given = GivenRevocation::read([list(), response, two]).expect("files");
        assert_eq!((given.lists.len(), given.responses.len()), (3, 1));
    }

    #[test]
    fn a_file_that_is_something_else_fails_all() {
        for other in [
            Vec::new(),
            b"hello".to_vec(),
            pem("CERTIFICATE", &list()),
            [pem("X509 CRL", &list()), pem("CERTIFICATE", &list())].concat(),
            vec![0x30],
            vec![0x30, 0x02, 0x02, 0x00],
            vec![0x30, 0xff],
        ] {
            let read = GivenRevocation::read([list(), other.clone()]);
            assert_eq!(read, Err(GivenError::Malformed), "{other:?}");
        }
    }

    #[test]
    fn numbers_and_bytes_are_bounded() {
        let many = std::iter::repeat_n(list(), limits::GIVEN_ANSWERS + 1);
        assert!(matches!(
            GivenRevocation::read(many),
            Err(GivenError::TooMany { .. })
        ));
        let mut large = list();
        large.resize(limits::GIVEN_BYTES + 1, 0);
        assert!(matches!(
            GivenRevocation::read([large]),
            Err(GivenError::TooLarge { .. })
        ));
    }
}
