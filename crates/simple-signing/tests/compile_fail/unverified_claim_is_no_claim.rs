use doorward_simple_signing::{Claim, unverified_claim};

fn main() {
    let _: Claim = unverified_claim(b"").unwrap().into();
}
