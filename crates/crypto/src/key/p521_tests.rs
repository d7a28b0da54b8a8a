use super::*;

/// Made by openssl, as are the signatures over [`MESSAGE`].
const PEM: &str = "-----BEGIN PUBLIC KEY-----
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAJcKZvTjDJAPKsdfeX95RyIRBkblS
OgoVkOOvrVYb3/E1w6jL54uNF8vkJpA7I5BgEeYdrseoROUUjQU03L7S0l0A56MM
+9nIl3rzKuVN3ePy1Jtog2r58uwnnUB6MpTmwJjLJ5OYIp1xuyBfqkXVpaAvwEWl
aG3XoyH6/gRNnK7To7U=
-----END PUBLIC KEY-----
";
const MESSAGE: &[u8] = b"signed with SHA-256";
const SHA384: &str = "\
    3081880242010391ae01f0df3e13cb74db600350e9df47010cd060aef7f0d2025ed0e21cf6e8fa843020e3831f5a1eb0fa\
    844442104a414bbeedbd41d2025ad9e1f95d2b6af135024201de053df1b41d2914095f0c37711e8075639a21a8fd127dd0\
    7e0e2063902448745ae8905bd3c8c7678fc985bda66638a23d83639530c59b59587d44396b1e54ac5a";
const R: &str = "\
    017939536fc4dc94de4ac685b9afa9296e91ff7fdf5686554cf69a679f633451d1352b5f854a2836adcdecda2174cb0ae7\
    bd06b79ad65283db2cff60270036004290";
const S: &str = "\
    01c7781ca686edf47d30b539a08351b56cacc2577f4f41cfeaef36df502e417c4451f183acab1d0cad4d1fce4ac8ceec0a\
    6875ead3772f91c8ee3485fd0c7f71946d";

const DER_384: SignatureAlgorithm = SignatureAlgorithm::EcdsaP521Sha384;
const DER_512: SignatureAlgorithm = SignatureAlgorithm::EcdsaP521Sha512;
const FIXED_512: SignatureAlgorithm = SignatureAlgorithm::EcdsaP521Sha512Fixed;

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hexadecimal")
}

fn sha512() -> Vec<u8> {
    bytes(&format!("308188 0242 {R} 0242 {S}").replace(' ', ""))
}

#[test]
fn a_signature_is_verified_with_its_own_hash_and_encoding_alone() {
    let key = PublicKey::from_pem(PEM.as_bytes()).expect("valid");
    let fixed = [bytes(R), bytes(S)].concat();
    for (made, signature) in [
        (DER_384, bytes(SHA384)),
        (DER_512, sha512()),
        (FIXED_512, fixed),
    ] {
        for algorithm in SignatureAlgorithm::ALL {
            let outcome = key.verify(*algorithm, MESSAGE, &signature);
            assert_eq!(
                outcome.is_ok(),
                *algorithm == made,
                "{algorithm} for {made}"
            );
        }
        let other = key.verify(made, b"something else", &signature);
        assert_eq!(other, Err(VerifyError::BadSignature));
    }
}

#[test]
fn what_is_near_a_signature_in_der_is_none() {
    let key = PublicKey::from_pem(PEM.as_bytes()).expect("valid");
    let good = sha512();
    let refused = |signature: &[u8], what: &str| {
        let outcome = key.verify(DER_512, MESSAGE, signature);
        assert_eq!(outcome, Err(VerifyError::BadSignature), "{what}");
    };
    for byte in 0..good.len() {
        let mut changed = good.clone();
        changed[byte] ^= 1;
        refused(&changed, "a bit flipped");
    }
    refused(&[], "nothing");
    refused(&good[..good.len() - 1], "cut short");
    refused(&[&good[..], &[0]].concat(), "a byte behind it");
    refused(
        &[&[0x30, 0x82, 0x00, 0x88], &good[3..]].concat(),
        "a longer length",
    );
    let padded = format!("308189 0243 00{R} 0242 {S}").replace(' ', "");
    refused(&bytes(&padded), "a zero in front of an integer");
    refused(&bytes("3006020100020100"), "zeros");
}
