//! Generates the RSA keys in `src/keys`. They were made once; run this only to add one.
//!
//! `cargo run --release -p doorward-testkit --example generate-rsa-keys -- DIRECTORY`
#![allow(
    clippy::unwrap_used,
    reason = "a program run by hand may stop with a panic"
)]

use pgp::composed::{ArmorOptions, KeyType, SecretKeyParamsBuilder};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn main() {
    let directory = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for bits in [2048_u32, 3072, 4096] {
        for seed in 0..2 {
            let mut rng = ChaCha20Rng::seed_from_u64(u64::from(bits) * 2 + seed);
            let mut params = SecretKeyParamsBuilder::default();
            params
                .key_type(KeyType::Rsa(bits))
                .can_certify(true)
                .can_sign(true)
                .created_at(pgp::types::Timestamp::from_secs(1_704_067_200))
                .primary_user_id(
                    "PUBLIC TEST KEY, TRUST NOTHING <testkit@doorward.invalid>".to_owned(),
                );
            let key = params.build().unwrap().generate(&mut rng).unwrap();
            let text = key.to_armored_string(ArmorOptions::default()).unwrap();
            let path = format!("{directory}/TEST-ONLY-rsa{bits}-{seed}.asc");
            std::fs::write(path, text).unwrap();
        }
    }
}
