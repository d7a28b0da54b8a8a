use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, KeyPair,
};

use super::*;
use crate::KeyAlgorithm;

/// Made by openssl: an RSA key of 1024 bits, certified over SHA-256.
const SHORT_RSA: &str = "-----BEGIN CERTIFICATE-----
MIICDDCCAXWgAwIBAgIUOab9aWhcHhFUZI1+1JAw9hZ1mLUwDQYJKoZIhvcNAQEL
BQAwGDEWMBQGA1UEAwwNc2hvcnQuZXhhbXBsZTAeFw0yNjExMjUxNTU4NDNaFw00
NjExMjAxNTU4NDNaMBgxFjAUBgNVBAMMDXNob3J0LmV4YW1wbGUwgZ8wDQYJKoZI
hvcNAQEBBQADgY0AMIGJAoGBAK1tjUS3qAFXRursihao8eq/V0dvZqYou8pA6nX1
ZFWf3Ol2BuMmH9lNua4nqWXh6PScxE3rjEHBJqFMwdG/QUmCMJU2x0GajT4GS5xi
w7QJvwYA9sLqREnMTeGRS6LVDBkiFXUkVV7FyHNzbZ4meEVIxMy/kyxHWaxT7lUK
mQepAgMBAAGjUzBRMB0GA1UdDgQWBBTsYkfwqrGSQzyHgqbDbU2b4hcHBzAfBgNV
HSMEGDAWgBTsYkfwqrGSQzyHgqbDbU2b4hcHBzAPBgNVHRMBAf8EBTADAQH/MA0G
CSqGSIb3DQEBCwUAA4GBAGOoRsyxppN7tRCERykRPD7CdsvVLV695+X2V06v9XIa
p+uJUCcOvX3i/aGoRGQRAstyy322L7auOEGmNniucI9Dtu27KaUqA+2nHLFureK9
AuT3xL9DJEKs+qggN2etP0l7cst8uvtA9dDGxW10rtWzjwchXq8c1nYdyZB58zHl
-----END CERTIFICATE-----
";

/// Made by openssl: a P-256 key, certified over SHA-1.
const OVER_SHA1: &str = "-----BEGIN CERTIFICATE-----
MIIBgTCCASigAwIBAgIUfxqx46RSlFac3NlHhgI5CiFXMI0wCQYHKoZIzj0EATAX
MRUwEwYDVQQDDAxzaGExLmV4YW1wbGUwHhcNMjYxMTI1MTU1ODQzWhcNNDYxMTIw
MTU1ODQzWjAXMRUwEwYDVQQDDAxzaGExLmV4YW1wbGUwWTATBgcqhkjOPQIBBggq
hkjOPQMBBwNCAAR+55cBvPcSo/BhAoSj6V1AfWw7cWVWwNyL5xReyJxB1bAcERD0
huWhJjrsKdARFvxP5HNT2KsmrEOwxDRvfC/jo1MwUTAdBgNVHQ4EFgQUqWa08jU/
D32dRiwb5Ux9ymQ4A3kwHwYDVR0jBBgwFoAUqWa08jU/D32dRiwb5Ux9ymQ4A3kw
DwYDVR0TAQH/BAUwAwEB/zAJBgcqhkjOPQQBA0gAMEUCIAwrabJY6/t2YVh5GBdy
3Xd/PQo/SOwK0hNAemROkZivAiEAiYuHX838AZy96f5hQfilB9anv/OAPRFODIcb
uR6AHgk=
-----END CERTIFICATE-----
";

const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
/// `BasicConstraints` with `cA` absent and true (RFC 5280, section 4.2.1.9).
const NOT_CA: [u8; 2] = [0x30, 0x00];
const CA: [u8; 5] = [0x30, 0x03, 0x01, 0x01, 0xff];

fn key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key")
}

fn parameters(names: &[&str]) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    for name in names {
        parameters
            .distinguished_name
            .push(DnType::CommonName, *name);
    }
    parameters
}

fn made(parameters: &CertificateParams) -> rcgen::Certificate {
    parameters.self_signed(&key()).expect("a certificate")
}

fn read(parameters: &CertificateParams) -> Certificate {
    Certificate::from_der(made(parameters).der()).expect("it is one")
}

#[test]
fn a_certificate_says_its_name_its_key_and_its_time() {
    let mut wanted = parameters(&["registry.example/team/app"]);
    let seconds = |seconds| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    wanted.not_before = seconds(1_700_000_000);
    wanted.not_after = seconds(1_800_000_000);
    let pair = key();
    let der = wanted.self_signed(&pair).expect("a certificate");
    let certificate = Certificate::from_der(der.der()).expect("it is one");
    assert_eq!(certificate.common_name(), Some("registry.example/team/app"));
    assert_eq!(
        certificate.key().map(PublicKey::algorithm),
        Ok(KeyAlgorithm::EcP256)
    );
    assert_eq!(certificate.der(), der.der().as_ref());
    assert_eq!(certificate.fingerprint(), Digest::sha256(der.der()));
    assert!(!certificate.is_authority());
    assert!(!certificate.is_weakly_signed());
    let at = |seconds| certificate.is_valid_at(Timestamp::from_unix(seconds));
    let validity = [1_699_999_999, 1_700_000_000, 1_800_000_000, 1_800_000_001].map(at);
    assert_eq!(validity, [false, true, true, false]);
}

#[test]
fn a_certificate_without_a_common_name_has_none() {
    let mut wanted = parameters(&[]);
    wanted
        .distinguished_name
        .push(DnType::OrganizationName, "registry.example/team/app");
    assert_eq!(read(&wanted).common_name(), None);
}

#[test]
fn an_authority_is_one_only_where_the_certificate_says_so() {
    let mut wanted = parameters(&["a"]);
    for (is_ca, expected) in [
        (IsCa::NoCa, false),
        (IsCa::ExplicitNoCa, false),
        (IsCa::Ca(BasicConstraints::Unconstrained), true),
        (IsCa::Ca(BasicConstraints::Constrained(0)), true),
    ] {
        wanted.is_ca = is_ca;
        assert_eq!(read(&wanted).is_authority(), expected);
    }
}

#[test]
fn a_certificate_that_says_twice_whether_it_is_an_authority_is_refused() {
    for (first, second) in [
        (&NOT_CA[..], &CA[..]),
        (&CA, &NOT_CA),
        (&NOT_CA, &NOT_CA),
        (&CA, &CA),
    ] {
        let mut wanted = parameters(&["a"]);
        wanted.custom_extensions = [first, second]
            .map(|value| CustomExtension::from_oid_content(BASIC_CONSTRAINTS, value.to_vec()))
            .to_vec();
        assert_eq!(
            Certificate::from_der(made(&wanted).der()),
            Err(CertificateError::Malformed)
        );
    }
}

#[test]
fn bytes_behind_a_certificate_or_too_few_of_them_are_refused() {
    let der = made(&parameters(&["a"])).der().to_vec();
    for behind in [&[0][..], &[0x05, 0x00], &der] {
        let long = [&der[..], behind].concat();
        assert_eq!(
            Certificate::from_der(&long),
            Err(CertificateError::Malformed)
        );
    }
    for cut in 0..der.len() {
        assert_eq!(
            Certificate::from_der(&der[..cut]),
            Err(CertificateError::Malformed),
            "{cut}"
        );
    }
}

#[test]
fn certificates_are_read_from_pem_in_their_order() {
    let text = ["first", "second", "third"]
        .map(|name| made(&parameters(&[name])).pem())
        .concat();
    let read = Certificate::from_pem(text.as_bytes()).expect("three");
    let names: Vec<_> = read.iter().filter_map(Certificate::common_name).collect();
    assert_eq!(names, ["first", "second", "third"]);
}

#[test]
fn a_text_without_certificates_is_not_pem_certificates() {
    let der = made(&parameters(&["a"])).der().to_vec();
    for text in [&b""[..], b"no certificate here", &der] {
        assert_eq!(Certificate::from_pem(text), Err(CertificateError::NotPem));
    }
}

#[test]
fn a_private_key_among_certificates_is_refused_wherever_it_stands() {
    let (pair, wanted) = (key(), parameters(&["a"]));
    let certificate = wanted.self_signed(&pair).expect("a certificate").pem();
    let private = pair.serialize_pem();
    for text in [
        private.clone(),
        format!("{private}{certificate}"),
        format!("{certificate}{private}"),
        format!("{certificate}{private}{certificate}"),
    ] {
        let refused = Certificate::from_pem(text.as_bytes()).expect_err("it holds a private key");
        assert_eq!(refused, CertificateError::NotPem);
        let shown = format!("{refused} {refused:?}");
        assert!(!shown.contains(private.lines().nth(1).expect("a line")));
    }
}

#[test]
fn a_damaged_certificate_among_good_ones_spoils_the_text() {
    let good = made(&parameters(&["a"])).pem();
    let unfinished = good.replace("-----END CERTIFICATE-----", "");
    assert!(Certificate::from_pem(format!("{good}{unfinished}").as_bytes()).is_err());
    let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
    assert_eq!(
        Certificate::from_pem(format!("{good}{empty}").as_bytes()),
        Err(CertificateError::Malformed)
    );
}

#[test]
fn more_certificates_than_are_read_are_refused() {
    let one = made(&parameters(&["a"])).pem();
    let read = |count| Certificate::from_pem(one.repeat(count).as_bytes());
    assert_eq!(read(256).map(|all| all.len()), Ok(256));
    assert_eq!(read(257), Err(CertificateError::TooMany { limit: 256 }));
}

#[test]
fn a_certificate_for_a_key_that_is_too_short_is_read_but_its_key_is_refused() {
    let read = Certificate::from_pem(SHORT_RSA.as_bytes()).expect("a certificate");
    assert_eq!(read[0].common_name(), Some("short.example"));
    assert_eq!(read[0].key(), Err(KeyError::RsaModulus { bits: 1024 }));
    assert!(!read[0].is_weakly_signed());
}

#[test]
fn a_certificate_that_is_signed_over_sha1_says_so() {
    let read = Certificate::from_pem(OVER_SHA1.as_bytes()).expect("a certificate");
    assert!(read[0].is_weakly_signed());
    assert!(read[0].key().is_ok());
}

#[test]
fn the_key_of_a_certificate_has_the_fingerprint_of_the_key_alone() {
    let pair = key();
    let wanted = parameters(&["a"]);
    let certificate = |pair: &KeyPair| {
        let der = wanted.self_signed(pair).expect("a certificate");
        Certificate::from_der(der.der()).expect("it is one")
    };
    let print = |certificate: &Certificate| certificate.key().expect("a key").fingerprint();
    let alone = PublicKey::from_pem(pair.public_key_pem().as_bytes()).expect("a key");
    let (once, again) = (certificate(&pair), certificate(&pair));
    assert_eq!(print(&once), alone.fingerprint());
    assert_eq!(print(&again), alone.fingerprint());
    assert_ne!(print(&certificate(&key())), alone.fingerprint());
    assert_ne!(once.fingerprint(), alone.fingerprint());
}

#[test]
fn debug_output_is_short() {
    let shown = format!("{:?}", read(&parameters(&["a"])));
    assert!(
        shown.starts_with("Certificate { common_name: Some(\"a\")"),
        "{shown}"
    );
    assert!(shown.len() < 120, "{shown}");
}

#[test]
fn a_list_of_purposes_without_any_is_malformed() {
    let mut wanted = parameters(&["leaf"]);
    let empty = CustomExtension::from_oid_content(&[2, 5, 29, 37], vec![0x30, 0]);
    wanted.custom_extensions = vec![empty];
    let refused = Certificate::from_der(made(&wanted).der());
    assert_eq!(refused, Err(CertificateError::Malformed));
}

#[test]
fn an_extension_that_is_there_twice_is_malformed_whatever_it_is() {
    for oid in [&[2, 5, 29, 15][..], &[2, 5, 29, 37], &[1, 2, 3, 4]] {
        let content = match oid[2] {
            29 if oid[3] == 15 => vec![0x03, 0x02, 0x07, 0x80],
            29 => vec![0x30, 0x04, 0x06, 0x02, 0x2a, 0x03],
            _ => vec![0x05, 0x00],
        };
        let extension = CustomExtension::from_oid_content(oid, content);
        let mut wanted = parameters(&["leaf"]);
        wanted.custom_extensions = vec![extension.clone()];
        assert!(Certificate::from_der(made(&wanted).der()).is_ok());
        wanted.custom_extensions = vec![extension.clone(), extension];
        let refused = Certificate::from_der(made(&wanted).der());
        assert_eq!(refused, Err(CertificateError::Malformed), "{oid:?}");
    }
}
