//! The same certificates shown to GnuPG: where we say that it decides alike, it does; where it is more lenient, that is
//! written down here.
//!
//! Skipped, by name, where `gpg` is not installed; with `DOORWARD_REQUIRE_TOOLS=1` that is a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

use pgp::packet::{SignatureType, SubpacketData};

use crate::build::{CREATED, DAY, Owner, Says, YEAR, ask, critical, revoking, user_packet};

const ALICE: &str = "alice <alice@r.example>";

/// How GnuPG's answer compares with ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    Both(bool),
    /// GnuPG accepts and we refuse.
    Stricter,
}

/// A GnuPG home of its own, removed at the end.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        use std::os::unix::fs::DirBuilderExt as _;
        let name = format!("doorward-gpg-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .expect("a directory");
        Self(path)
    }

    fn gpg(&self, command: &str, file: &Path) -> String {
        let output = Command::new("gpg")
            .arg("--homedir")
            .arg(&self.0)
            .args(["--batch", "--no-tty", "--no-autostart", "--status-fd", "1"])
            .args(["--trust-model", "always", command])
            .args(["--faked-system-time", "20261128T000000!"])
            .arg(file)
            .output()
            .expect("gpg runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether GnuPG takes the message as one good signature, once it has these sources.
    fn accepts(&self, sources: &[Vec<u8>], message: &[u8]) -> bool {
        for (at, source) in sources.iter().enumerate() {
            let path = self.0.join(at.to_string());
            std::fs::write(&path, source).expect("written");
            self.gpg("--import", &path);
        }
        let path = self.0.join("message");
        std::fs::write(&path, message).expect("written");
        let said = self.gpg("--verify", &path);
        let bad = ["EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG", "EXPSIG"];
        said.contains("[GNUPG:] GOODSIG")
            && !bad
                .iter()
                .any(|word| said.contains(&format!("[GNUPG:] {word}")))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn alice() -> Owner {
    Owner::new(1)
}

fn certificate(direct: &[Says], users: &[(&str, Says)]) -> Vec<u8> {
    let mut parts = vec![alice().primary_packet()];
    parts.extend(direct.iter().map(|says| alice().direct(says)));
    for (id, says) in users {
        parts.push(user_packet(id));
        parts.push(alice().about_user(SignatureType::CertPositive, id, says));
    }
    parts.concat()
}

/// How Alice's certificate may be put together, by what it shows.
fn cases() -> Vec<(&'static str, Vec<Vec<u8>>, Answers)> {
    use Answers::{Both, Stricter};
    let good = Says::at(CREATED);
    let later = Says::at(CREATED + DAY);
    let ended = good.clone().lifetime(YEAR);
    let longer = later.clone().lifetime(10 * YEAR);
    let mut certifies = good.clone();
    certifies.sign = Some(false);
    let taken_back = |id| alice().about_user(SignatureType::CertRevocation, id, &revoking());
    let revocation =
        |says: &Says| alice().about_key_of(&alice(), SignatureType::KeyRevocation, says);
    let mut early = revoking();
    early.at = CREATED - 1;
    let policy = critical(SubpacketData::PolicyURI("https://r.example".into()));
    let one = |says: &Says| certificate(&[], &[(ALICE, says.clone())]);
    let key = one(&good);
    let bob = Owner::new(2);
    let named = certificate(
        &[good.clone().with(bob.names_as_revoker())],
        &[(ALICE, good.clone())],
    );
    let bobs = bob.about_key_of(&alice(), SignatureType::KeyRevocation, &revoking());
    let bob = bob.certificate("bob").concat();
    vec![
        ("plain", vec![key.clone()], Both(true)),
        ("expired", vec![one(&ended)], Both(false)),
        (
            "direct-lifted",
            vec![certificate(
                &[ended.clone(), later.clone()],
                &[(ALICE, good.clone())],
            )],
            Both(true),
        ),
        (
            "direct-lifted-first",
            vec![certificate(
                &[later.clone(), ended.clone()],
                &[(ALICE, good.clone())],
            )],
            Both(true),
        ),
        (
            "direct-lifted-user-ends",
            vec![certificate(
                &[ended.clone(), later.clone()],
                &[(ALICE, ended.clone())],
            )],
            Both(false),
        ),
        (
            "direct-ends-user-longer",
            vec![certificate(
                std::slice::from_ref(&ended),
                &[(ALICE, longer.clone())],
            )],
            Both(false),
        ),
        (
            "direct-certifies-user-signs",
            vec![certificate(
                std::slice::from_ref(&certifies),
                &[(ALICE, later.clone())],
            )],
            Both(false),
        ),
        (
            "direct-signs-user-certifies",
            vec![certificate(
                std::slice::from_ref(&good),
                &[(ALICE, certifies)],
            )],
            Both(true),
        ),
        (
            "newer-user-longer",
            vec![certificate(
                &[],
                &[("a", ended.clone()), ("b", longer.clone())],
            )],
            Both(true),
        ),
        (
            "newer-user-silent",
            vec![certificate(
                &[],
                &[("a", ended.clone()), ("b", later.clone())],
            )],
            Both(false),
        ),
        (
            "only-user-taken-back",
            vec![[key.clone(), taken_back(ALICE)].concat()],
            Both(true),
        ),
        (
            "only-user-taken-back-expired",
            vec![[one(&ended), taken_back(ALICE)].concat()],
            Stricter,
        ),
        (
            "newer-user-taken-back-other-ends",
            vec![
                [
                    certificate(&[], &[("a", ended), ("b", longer)]),
                    taken_back("b"),
                ]
                .concat(),
            ],
            Both(false),
        ),
        (
            "early-self-signature",
            vec![one(&Says::at(CREATED - 1))],
            Both(false),
        ),
        ("critical-policy", vec![one(&good.with(policy))], Stricter),
        (
            "revoked",
            vec![[key.clone(), revocation(&revoking())].concat()],
            Both(false),
        ),
        (
            "revoked-early",
            vec![[key.clone(), revocation(&early)].concat()],
            Stricter,
        ),
        (
            "revoked-apart",
            vec![key.clone(), revocation(&revoking())],
            Both(false),
        ),
        (
            "revoked-before",
            vec![revocation(&revoking()), key.clone()],
            Stricter,
        ),
        (
            "revoked-behind-another",
            vec![[key, bob.clone(), revocation(&revoking())].concat()],
            Stricter,
        ),
        (
            "designated",
            vec![bob, [named.clone(), bobs.clone()].concat()],
            Both(false),
        ),
        (
            "designated-absent",
            vec![[named, bobs].concat()],
            Both(true),
        ),
    ]
}

/// Self-signatures that GnuPG counts and that do not bind here, behind ones that do.
fn forbidding() -> Vec<(&'static str, Vec<Vec<u8>>, Answers)> {
    use Answers::{Both, Stricter};
    let policy = || critical(SubpacketData::PolicyURI("https://r.example".into()));
    let good = Says::at(CREATED);
    let ended = good.clone().lifetime(YEAR);
    let newer = Says::at(CREATED + 2 * DAY).with(policy());
    let ends = newer.clone().lifetime(YEAR);
    let certify = |says: &Says| Says {
        sign: Some(false),
        ..says.clone()
    };
    let user = |id, says: &Says| alice().about_user(SignatureType::CertPositive, id, says);
    let one = |says: &Says| certificate(&[], &[(ALICE, says.clone())]);
    let behind = |first: &Says, then: &Says| vec![[one(first), user(ALICE, then)].concat()];
    let two = [("a", certify(&good)), ("b", Says::at(CREATED + DAY))];
    let two = certificate(&[], &two);
    vec![
        ("newer-policy-ends", behind(&good, &ends), Both(false)),
        (
            "newer-policy-certifies",
            behind(&good, &certify(&newer)),
            Both(false),
        ),
        ("newer-policy-lifts", behind(&ended, &newer), Stricter),
        (
            "older-policy-ended",
            behind(&ends, &{
                let mut lifted = good.clone();
                lifted.at += 3 * DAY;
                lifted
            }),
            Both(true),
        ),
        (
            "direct-policy-ends",
            vec![certificate(&[ends], &[(ALICE, good.clone())])],
            Both(false),
        ),
        // GnuPG no longer hears what was said before of "b", and asks "a".
        (
            "newer-policy-silent",
            vec![[two, user("b", &newer.silent())].concat()],
            Both(false),
        ),
    ]
}

/// Alice's key as one of its own and as Bob's subkey, revoked as one of the two.
fn wherever() -> Vec<(&'static str, Vec<Vec<u8>>, Answers)> {
    use Answers::{Both, Stricter};
    let good = Says::at(CREATED);
    let own = certificate(&[], &[(ALICE, good.clone())]);
    let bob = Owner::new(2);
    let bound = [
        bob.certificate("bob").concat(),
        alice().subkey_packet(),
        bob.bind(&alice(), &good, &good),
    ]
    .concat();
    let ended = [own.clone(), alice().revocation()].concat();
    let typ = SignatureType::SubkeyRevocation;
    let withdrawn = [bound.clone(), bob.about_subkey(&alice(), typ, &revoking())].concat();
    vec![
        ("bound", vec![bound.clone()], Both(true)),
        ("twice", vec![own.clone(), bound.clone()], Both(true)),
        (
            "ended-and-bound",
            vec![ended.clone(), bound.clone()],
            Both(false),
        ),
        (
            "withdrawn-and-own",
            vec![withdrawn.clone(), own.clone()],
            Both(false),
        ),
        // It takes the key that came first.
        ("bound-and-ended", vec![bound.clone(), ended], Stricter),
        ("own-and-withdrawn", vec![own, withdrawn], Stricter),
        (
            "bound-and-revocation",
            vec![bound, alice().revocation()],
            Stricter,
        ),
    ]
}

#[test]
fn gnupg_ranks_self_signatures_and_revocations_as_we_say_that_it_does() {
    let test = "gnupg_ranks_self_signatures_and_revocations_as_we_say_that_it_does";
    if Command::new("gpg").arg("--version").output().is_err() {
        assert!(
            std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
            "gpg is not installed, and DOORWARD_REQUIRE_TOOLS=1 forbids skipping {test}"
        );
        eprintln!("skipped {test}: gpg is not installed");
        return;
    }
    for (name, sources, expected) in [cases(), forbidding(), wherever()].concat() {
        let message = alice().sign();
        let ours = ask(&sources, &message).is_ok();
        let theirs = Home::new(name).accepts(&sources, &message);
        let found = match (ours, theirs) {
            (false, true) => Answers::Stricter,
            (ours, theirs) => {
                assert_eq!(ours, theirs, "{name}: we accept what GnuPG refuses");
                Answers::Both(ours)
            }
        };
        assert_eq!(found, expected, "{name}");
    }
}
