# The images of the webhook (the last stage, and so the default), of the command (--target cli) and of Gatekeeper's provider.
#
#   docker build -t REGISTRY/doorward-webhook .
#   docker build -t REGISTRY/doorward --target cli .
#   docker build -t REGISTRY/doorward-gatekeeper --target gatekeeper .
#
# Nothing is in them but the program, the C library and the certificates of public authorities: no shell, no package manager.
# They run as the user 65532, write nowhere, and need no rights of the kernel. Where a build must be the same each time, give
# both bases by digest: --build-arg RUST=…@sha256:… --build-arg RUNTIME=…@sha256:…

# The Rust of rust-toolchain.toml, on the Debian whose C library the other base has.
ARG RUST=docker.io/library/rust:1.95.0-bookworm
ARG RUNTIME=gcr.io/distroless/cc-debian12:nonroot

FROM ${RUST} AS build
# What the file names is there already, and rustfmt and clippy build nothing.
ENV RUSTUP_TOOLCHAIN=1.95.0 CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never
# Paths of the machine that builds are in no program.
ENV RUSTFLAGS="--remap-path-prefix=/src=. --remap-path-prefix=/usr/local/cargo/registry=registry"
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package doorward-cli --package doorward-gatekeeper --package doorward-webhook \
    && install -D -m 755 target/release/doorward target/release/doorward-gatekeeper target/release/doorward-webhook -t /out

FROM ${RUNTIME} AS cli
LABEL org.opencontainers.image.title="doorward" \
      org.opencontainers.image.description="Verifies container images against policy" \
      org.opencontainers.image.source="https://github.com/doorward/doorward" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/doorward /usr/bin/doorward
USER 65532:65532
ENTRYPOINT ["/usr/bin/doorward"]

FROM ${RUNTIME} AS gatekeeper
LABEL org.opencontainers.image.title="doorward-gatekeeper" \
      org.opencontainers.image.description="Tells Gatekeeper which images may run, and by which digest" \
      org.opencontainers.image.source="https://github.com/doorward/doorward" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/doorward-gatekeeper /usr/bin/doorward-gatekeeper
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["/usr/bin/doorward-gatekeeper"]

FROM ${RUNTIME} AS webhook
LABEL org.opencontainers.image.title="doorward-webhook" \
      org.opencontainers.image.description="Admits container images into a Kubernetes cluster only as far as policy allows" \
      org.opencontainers.image.source="https://github.com/doorward/doorward" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /out/doorward-webhook /usr/bin/doorward-webhook
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["/usr/bin/doorward-webhook"]
