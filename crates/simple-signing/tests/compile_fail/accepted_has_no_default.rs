use doorward_simple_signing::Accepted;

fn main() {
    let _ = Accepted::default();
}
