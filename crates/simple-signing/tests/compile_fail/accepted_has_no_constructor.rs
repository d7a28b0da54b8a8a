use doorward_core::Digest;
use doorward_simple_signing::Accepted;

fn main() {
    let _ = Accepted {
        digest: Digest::sha256(b""),
        claims: Vec::new(),
        checks: Vec::new(),
    };
}
