//! The reason codes of image rules.

doorward_core::codes! {
    AGE_UNKNOWN = "image-age-unknown", Untrusted, 6, "the image does not say when it was made, and the policy bounds its age";
    ARCHITECTURE_NOT_ALLOWED = "image-architecture-not-allowed", Untrusted, 6, "the image runs on what the policy does not list";
    BASE_NOT_ALLOWED = "image-base-not-allowed", Untrusted, 6, "the image is built on what the policy does not list";
    BASE_UNKNOWN = "image-base-unknown", Untrusted, 6, "the image does not say what it is built on, and the policy lists what it may be";
    CONFIGURATION_INVALID = "image-configuration-invalid", Integrity, 5, "the manifest or the configuration of the image cannot be read";
    LABEL = "image-label", Untrusted, 6, "the image lacks a label that the policy demands, or has it with another value";
    NO_CONFIGURATION = "image-no-configuration", Untrusted, 6, "what the policy judges as an image is another artifact";
    RUNS_AS_ROOT = "image-runs-as-root", Untrusted, 6, "the image runs as root, or may";
    TOO_MANY_PLATFORMS = "image-too-many-platforms", Integrity, 5, "the image has more platforms than are looked at";
    TOO_OLD = "image-too-old", Untrusted, 6, "the image was made longer ago than the policy allows";
}
