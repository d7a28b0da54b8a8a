use doorward_simple_signing::Claim;

fn other(claim: Claim) -> Claim {
    Claim {
        source: String::new(),
        ..claim
    }
}

fn main() {}
