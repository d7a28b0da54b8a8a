//! The `rsa` crate leaks timing in operations with private keys, and has no fix. None are made here: this crate only
//! verifies. A grep keeps it so.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test reads the sources"
)]

use std::path::Path;

/// Names in `pgp` that make, hold or use private keys. `Tag::SecretKey`, a packet type to refuse, is none.
const FORBIDDEN: [&str; 13] = [
    "SignedSecretKey",
    "SecretKeyParams",
    "SecretParams",
    "PlainSecretParams",
    "SigningKey",
    "DecryptionKey",
    "EncryptionKey",
    "packet::SecretKey",
    "packet::SecretSubkey",
    "PublicOrSecret",
    ".decrypt(",
    "MessageBuilder",
    "Password",
];

#[test]
fn no_production_code_touches_private_keys() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = 0;
    for folder in ["src", "../crypto/src"] {
        look(&root.join(folder), &mut files);
    }
    assert!(files > 20, "only {files} files were looked at");
}

fn look(folder: &Path, files: &mut usize) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            look(&path, files);
            continue;
        }
        // Tests make their own signatures.
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        *files += 1;
        let text = std::fs::read_to_string(&path).expect("a source file");
        let production = text.split("#[cfg(test)]").next().expect("a first part");
        for name in FORBIDDEN {
            assert!(!production.contains(name), "{} uses {name}", path.display());
        }
    }
}
