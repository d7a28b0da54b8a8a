//! The reason codes of the images that a build used.

doorward_core::codes! {
    CYCLE = "material-cycle", Untrusted, 9, "the builds of images say that they used each other";
    DIGEST_MISSING = "material-digest-missing", Untrusted, 9, "the provenance names an image that the build used without its digest";
    NO_POLICY = "material-no-policy", Untrusted, 9, "no policy governs an image that the build used";
    REFUSED = "material-refused", Untrusted, 9, "an image that the build used is not admitted by the policy that governs it";
    TOO_MANY = "material-too-many", Untrusted, 9, "builds used more images than are judged";
    UNIDENTIFIED = "material-unidentified", Untrusted, 9, "which image the build used cannot be told from the provenance";
    UNLISTED = "material-unlisted", Untrusted, 9, "nothing says which images a build used";
}
