//! GnuPG's opinion of what the signer makes.
//!
//! Skipped, by name, where `gpg` is not installed; with `DOORWARD_REQUIRE_TOOLS=1` that is a failure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};

use doorward_core::{Digest, Timestamp};
use doorward_testkit::{
    Attack, CertificateFlaw, Claim, Compression, KeyKind, OpenPgpSigner, SignOptions,
};

/// Says that a test is skipped because `gpg` is missing, or fails if that is not allowed.
fn is_missing(test: &str) -> bool {
    if Command::new("gpg").arg("--version").output().is_ok() {
        return false;
    }
    assert!(
        std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "gpg is not installed, and DOORWARD_REQUIRE_TOOLS=1 forbids skipping {test}"
    );
    eprintln!("skipped {test}: gpg is not installed");
    true
}

/// A GnuPG home of its own with one certificate in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let private = std::fs::Permissions::from_mode(0o700);
        Self(
            tempfile::Builder::new()
                .prefix("gpg")
                .permissions(private)
                .tempdir()
                .unwrap(),
        )
    }

    fn gpg(&self, arguments: &[&OsStr]) -> Output {
        Command::new("gpg")
            .arg("--homedir")
            .arg(self.0.path())
            .args(["--batch", "--no-tty", "--no-autostart", "--status-fd", "1"])
            .args(["--trust-model", "always"])
            .args(arguments)
            .output()
            .unwrap()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn import(&self, certificate: &[u8]) -> Output {
        let path = self.file("certificate", certificate);
        self.gpg(&["--import".as_ref(), path.as_os_str()])
    }

    /// What `gpg` says, and whether it takes the message as one good signature by a key that is fit to sign.
    fn verify(&self, blob: &[u8]) -> (String, bool) {
        let path = self.file("message", blob);
        let output = self.gpg(&["--verify".as_ref(), path.as_os_str()]);
        let status = String::from_utf8_lossy(&output.stdout).into_owned();
        let has = |word: &str| status.contains(&format!("[GNUPG:] {word}"));
        let spoiled = [
            "EXPKEYSIG",
            "EXPSIG",
            "REVKEYSIG",
            "BADSIG",
            "ERRSIG",
            "KEYREVOKED",
        ];
        let good = output.status.success()
            && has("GOODSIG")
            && has("VALIDSIG")
            && !spoiled.iter().any(|word| has(word));
        let errors = String::from_utf8_lossy(&output.stderr);
        (format!("{status}{errors}"), good)
    }
}

fn claim() -> Claim {
    Claim::new(
        "registry.example/team/app:1.0",
        &Digest::sha256(b"manifest"),
    )
}

#[test]
fn gnupg_takes_the_signatures_of_every_kind_of_key() {
    if is_missing("gnupg_takes_the_signatures_of_every_kind_of_key") {
        return;
    }
    for kind in KeyKind::ALL {
        for subkey in [None, Some(KeyKind::Ed25519), Some(kind)] {
            let builder = OpenPgpSigner::builder(kind);
            let signer = match subkey {
                None => builder.build(),
                Some(subkey) => builder.signing_subkey(subkey).build(),
            };
            let home = Home::new();
            let import = home.import(signer.public_key_armored().as_bytes());
            assert!(import.status.success(), "{kind:?}: {import:?}");
            for options in [
                SignOptions::new(),
                SignOptions::new().compression(Compression::None),
                SignOptions::new().compression(Compression::Zlib),
                SignOptions::new().partial_lengths(),
                SignOptions::new().text(),
            ] {
                let blob = signer.sign_claim(&claim(), &options);
                let (said, good) = home.verify(&blob);
                assert!(good, "{kind:?} {subkey:?} {options:?}: {said}");
                assert!(said.contains(&signer.signing_fingerprint()), "{said}");
                assert!(said.contains(&signer.fingerprint()), "{said}");
            }
        }
    }
}

#[test]
fn gnupg_reads_the_claim_out_of_a_message() {
    if is_missing("gnupg_reads_the_claim_out_of_a_message") {
        return;
    }
    let signer = OpenPgpSigner::new(KeyKind::P256);
    let home = Home::new();
    home.import(&signer.public_key_binary());
    let message = home.file("message", &signer.sign_claim(&claim(), &SignOptions::new()));
    let out = home.0.path().join("payload");
    home.gpg(&[
        "--output".as_ref(),
        out.as_os_str(),
        "--decrypt".as_ref(),
        message.as_os_str(),
    ]);
    assert_eq!(std::fs::read_to_string(out).unwrap(), claim().to_json());
}

#[test]
fn gnupg_refuses_every_flawed_certificate() {
    if is_missing("gnupg_refuses_every_flawed_certificate") {
        return;
    }
    for kind in [KeyKind::Ed25519, KeyKind::Rsa2048] {
        for flaw in CertificateFlaw::ALL {
            let signer = OpenPgpSigner::builder(kind).flaw(flaw).build();
            let home = Home::new();
            home.import(&signer.public_key_binary());
            let late = SignOptions::new().created(Timestamp::from_unix(1_710_000_000));
            let (said, good) = home.verify(&signer.sign_claim(&claim(), &late));
            assert!(!good, "{kind:?} {flaw:?}: {said}");
        }
    }
}

#[test]
fn gnupg_sees_expiry_as_it_was_ordered() {
    if is_missing("gnupg_sees_expiry_as_it_was_ordered") {
        return;
    }
    let good = |signer: &OpenPgpSigner, options: &SignOptions| {
        let home = Home::new();
        home.import(&signer.public_key_binary());
        home.verify(&signer.sign_claim(&claim(), options)).1
    };
    let lasting = OpenPgpSigner::new(KeyKind::Ed25519);
    assert!(!good(&lasting, &SignOptions::new().expires_after(60)));
    assert!(good(
        &lasting,
        &SignOptions::new().expires_after(u32::MAX / 2)
    ));
    let expired = OpenPgpSigner::builder(KeyKind::Ed25519)
        .expires_after(86_401)
        .build();
    assert!(!good(&expired, &SignOptions::new()));
    let valid = OpenPgpSigner::builder(KeyKind::Ed25519)
        .expires_after(u32::MAX / 2)
        .build();
    assert!(good(&valid, &SignOptions::new()));
    let revoked = OpenPgpSigner::builder(KeyKind::Ed25519)
        .revoked_at(Timestamp::from_unix(1_710_000_000))
        .build();
    assert!(!good(&revoked, &SignOptions::new()));
}

#[test]
fn gnupg_takes_the_revocation_certificate_as_a_second_block_and_as_a_second_file() {
    if is_missing("gnupg_takes_the_revocation_certificate_as_a_second_block_and_as_a_second_file") {
        return;
    }
    let signer = OpenPgpSigner::new(KeyKind::Ed25519);
    let message = signer.sign_claim(&claim(), &SignOptions::new());
    let key = signer.public_key_armored();
    let revocation = signer.revocation_certificate_armored();
    let both = format!("{key}{revocation}");
    for files in [vec![&both], vec![&key, &revocation]] {
        let home = Home::new();
        for file in files {
            home.import(file.as_bytes());
        }
        let (said, good) = home.verify(&message);
        assert!(!good && said.contains("REVKEYSIG"), "{said}");
    }
}

#[test]
fn gnupg_refuses_the_attacks_on_the_signature_itself() {
    if is_missing("gnupg_refuses_the_attacks_on_the_signature_itself") {
        return;
    }
    let signer = OpenPgpSigner::new(KeyKind::Rsa2048);
    let home = Home::new();
    home.import(&signer.public_key_binary());
    for attack in [
        Attack::CertificationType,
        Attack::CriticalNotation,
        Attack::Empty,
        Attack::ForgedIssuer,
        Attack::Html,
        Attack::LeadingLiteral,
        Attack::NestedCompression,
        Attack::NoCreationTime,
        Attack::NoSignature,
        Attack::PlainJson,
        Attack::SwappedClaim,
        Attack::TrailingGarbage,
        Attack::TrailingMessage,
        Attack::Truncated,
        Attack::TwoLiterals,
        Attack::Unsigned,
    ] {
        let (said, good) = home.verify(&attack.forge(&signer, &claim()));
        assert!(!good, "{attack:?}: {said}");
    }
}
