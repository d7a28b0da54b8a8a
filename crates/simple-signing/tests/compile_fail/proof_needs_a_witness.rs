use doorward_core::Proof;
use doorward_simple_signing::unverified_claim;

fn main() {
    let _ = Proof::of(&unverified_claim(b"").unwrap());
}
