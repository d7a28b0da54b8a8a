//! A token service as a registry has one: it signs what notary-server believes.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::GUN;
use super::openssl::DelegationKey;
use crate::http::{Request, Response, serve};
use crate::tools::must;

/// The only account of the service.
pub(super) const ACCOUNT: &str = "robot";
pub(crate) const PASSWORD: &str = "open sesame";

const ISSUER: &str = "token.example";
const SERVICE: &str = "notary.example";
/// Seconds that a token counts.
const LIFETIME: u64 = 300;

/// A running service. It lives as long as the test process.
pub(crate) struct TokenService {
    address: SocketAddr,
    signer: Arc<Signer>,
}

impl TokenService {
    /// Starts the service, or nothing if the programs are not there.
    pub(crate) fn start() -> Option<Self> {
        if !super::are_there() {
            return None;
        }
        let signer = Arc::new(Signer::new());
        let shared = Arc::clone(&signer);
        Some(Self {
            address: serve(move |request| shared.answer(request)),
            signer,
        })
    }

    /// Where it listens, without TLS.
    #[allow(dead_code, reason = "the tests of one program use it")]
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What notary-server must know of the service.
    pub(super) fn server_options(&self) -> Value {
        json!({"type": "token", "options": {
            "realm": format!("http://{}/token", self.address),
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": self.signer.key.certificate,
        }})
    }
}

/// Who signs tokens.
struct Signer {
    folder: TempDir,
    key: DelegationKey,
}

impl Signer {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = DelegationKey::rsa2048(folder.path(), "tokens");
        Self { folder, key }
    }

    /// A client that shows no account gets a token that opens nothing, as services with public repositories do; one
    /// that shows a wrong one gets none.
    fn answer(&self, request: &Request) -> Response {
        let right = format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("{ACCOUNT}:{PASSWORD}"))
        );
        let access = match request.header("authorization") {
            None => json!([]),
            Some(shown) if shown == right => {
                json!([{"type": "repository", "name": GUN, "actions": ["pull", "push", "*"]}])
            }
            Some(_) => return Response::new(401, ""),
        };
        let token = self.sign(&access);
        Response::new(200, json!({"token": token}).to_string())
    }

    fn sign(&self, access: &Value) -> String {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let pem = self.key.certificate_pem();
        let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let header = json!({"typ": "JWT", "alg": "RS256", "x5c": [der]});
        let claims = json!({
            "iss": ISSUER, "aud": SERVICE, "sub": ACCOUNT, "jti": "1",
            "iat": now, "nbf": now - 10, "exp": now + LIFETIME, "access": access,
        });
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = sha256_signature(&self.key.key, self.folder.path(), &signed);
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

fn sha256_signature(key: &Path, folder: &Path, text: &str) -> Vec<u8> {
    // Requests may come at the same time; each has a file of its own.
    let file = tempfile::NamedTempFile::new_in(folder).unwrap();
    std::fs::write(&file, text).unwrap();
    must(
        Command::new("openssl")
            .args(["dgst", "-sha256", "-sign"])
            .arg(key)
            .arg(file.path()),
    )
}
