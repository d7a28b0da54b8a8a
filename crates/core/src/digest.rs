//! Content digests: `algorithm:hex`.

use std::fmt;
use std::str::FromStr;

/// A digest algorithm registered by the OCI image specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `sha256`, the only algorithm every registry serves.
    Sha256,
    /// `sha384`, accepted by the reference grammar of the field although OCI does not register it.
    Sha384,
    /// `sha512`.
    Sha512,
}

impl Algorithm {
    /// The name used in front of the colon.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// How many lower-case hexadecimal digits the encoded part has.
    #[must_use]
    pub const fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    fn ring(self) -> &'static ring::digest::Algorithm {
        match self {
            Self::Sha256 => &ring::digest::SHA256,
            Self::Sha384 => &ring::digest::SHA384,
            Self::Sha512 => &ring::digest::SHA512,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The digest of some content, in the form `algorithm:hex` of the OCI image specification
/// ("Descriptors", section "Digests").
///
/// Only registered algorithms with exactly their number of lower-case hexadecimal digits parse, so two digests name
/// the same content if and only if they are equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    text: String,
    algorithm: Algorithm,
}

impl Digest {
    /// The SHA-256 digest of `bytes`.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::compute(Algorithm::Sha256, bytes)
    }

    /// The digest of `bytes` under `algorithm`.
    #[must_use]
    pub fn compute(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hashing = Hashing::new(algorithm);
        hashing.update(bytes);
        hashing.finish()
    }

    fn of_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        let mut text = String::with_capacity(algorithm.as_str().len() + 1 + algorithm.hex_len());
        text.push_str(algorithm.as_str());
        text.push(':');
        for byte in hash {
            for nibble in [byte >> 4, byte & 0xf] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Self { text, algorithm }
    }

    /// Whether `bytes` have this digest (OCI image specification, "Descriptors", section "Verification").
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        Self::compute(self.algorithm, bytes) == *self
    }

    /// The algorithm before the colon.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hexadecimal part after the colon.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// The whole text, `algorithm:hex`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Content that is hashed piece by piece, for what is too large to be held.
///
/// ```
/// use doorward_core::{Algorithm, Digest, Hashing};
///
/// let mut hashing = Hashing::new(Algorithm::Sha256);
/// hashing.update(b"one piece, ");
/// hashing.update(b"and another");
/// assert_eq!(hashing.finish(), Digest::sha256(b"one piece, and another"));
/// ```
#[derive(Clone)]
pub struct Hashing {
    algorithm: Algorithm,
    context: ring::digest::Context,
}

impl Hashing {
    /// Of nothing yet.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            context: ring::digest::Context::new(algorithm.ring()),
        }
    }

    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.context.update(piece);
    }

    /// The digest of all pieces together.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::of_hash(self.algorithm, self.context.finish().as_ref())
    }
}

impl fmt::Debug for Hashing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashing")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.text)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (name, hex) = text.split_once(':').ok_or(DigestError::Malformed)?;
        let algorithm = match name {
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            _ => return Err(DigestError::UnknownAlgorithm),
        };
        if hex.len() != algorithm.hex_len() {
            return Err(DigestError::WrongLength {
                expected: algorithm.hex_len(),
                actual: hex.len(),
            });
        }
        if !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError::NotLowercaseHex);
        }
        Ok(Self {
            text: text.to_owned(),
            algorithm,
        })
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a text is not a digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// There is no colon between algorithm and hexadecimal part.
    #[error("a digest has the form algorithm:hex")]
    Malformed,
    /// The hexadecimal part has an upper-case letter or another character.
    #[error("the encoded part of a digest is lower-case hexadecimal")]
    NotLowercaseHex,
    /// The algorithm is not one of [`Algorithm`].
    #[error("unknown digest algorithm")]
    UnknownAlgorithm,
    /// The hexadecimal part does not have the algorithm's length.
    #[error("the encoded part of the digest has {actual} characters, expected {expected}")]
    WrongLength {
        /// Digits the algorithm needs.
        expected: usize,
        /// Digits found.
        actual: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        assert_eq!(Digest::sha256(b"").as_str(), EMPTY);
        assert!(Digest::sha256(b"").matches(b""));
        assert!(!Digest::sha256(b"").matches(b"x"));
    }

    #[test]
    fn upper_case_hex_is_refused() {
        assert_eq!(
            EMPTY
                .to_uppercase()
                .replace("SHA256", "sha256")
                .parse::<Digest>(),
            Err(DigestError::NotLowercaseHex)
        );
    }

    #[test]
    fn a_short_digest_is_refused() {
        assert!(matches!(
            "sha256:abcd".parse::<Digest>(),
            Err(DigestError::WrongLength { .. })
        ));
    }

    #[test]
    fn an_unregistered_algorithm_is_refused() {
        assert_eq!(
            "md5:00".parse::<Digest>(),
            Err(DigestError::UnknownAlgorithm)
        );
        assert_eq!("sha256".parse::<Digest>(), Err(DigestError::Malformed));
    }

    #[test]
    fn digests_of_the_same_content_under_different_algorithms_differ() {
        assert_ne!(
            Digest::compute(Algorithm::Sha512, b"x"),
            Digest::compute(Algorithm::Sha256, b"x")
        );
    }
}
