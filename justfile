# Short names for plain commands. Nothing here cannot be typed without `just`.

# List the recipes
default:
    @just --list

# Show what Doorward does: no network, no other program
demo:
    cargo run -p doorward-cli -- demo

# Set up what the tests need and run all of them
test *arguments:
    scripts/test {{ arguments }}

# What a change must pass, or only the sections named
ci *sections:
    bash .ci/run {{ sections }}

# Format all code
format:
    cargo fmt --all
    cargo fmt --manifest-path fuzz/Cargo.toml --all

# Lint all code
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Write the generated pages of the book anew
generate:
    scripts/generate

# Check the book: generated pages, links, reason codes, policies
book:
    cargo test -p doorward-cli --test book

# Fuzz for some seconds each: every target, or those named
fuzz seconds="10" *targets:
    scripts/fuzz {{ seconds }} {{ targets }}

# Run benchmarks whose name contains the text
bench name="":
    cargo bench -p doorward-benches -- {{ name }}

# Measure the webhook's CPU and memory per review
load *arguments:
    scripts/load {{ arguments }}

# The API documentation
doc:
    cargo doc --workspace --no-deps --open
