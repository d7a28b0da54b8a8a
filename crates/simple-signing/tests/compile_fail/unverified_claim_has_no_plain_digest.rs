use doorward_simple_signing::unverified_claim;

fn main() {
    let claim = unverified_claim(b"").unwrap();
    let _ = claim.digest();
}
