//! Policy texts that are cut.

/// Every check the format has, in block style; quoted and plain words, lists, comments.
pub(crate) const BLOCK: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: release
spec:
  floor: true
  repositories:
  - name: \"registry.example/*\"
    policy:
      mode: enforce
      mutateImage: true
      onUnavailable: deny
      trust:
        enabled: true
        trustServer: https://notary.example
        signerSecrets:
        - name: alice
          namespace: keys
        pins:
          rootKeyIds:
          - fb81c9d28159de999eebc8b385feca42fdc26a202aee9c61be1b87c0a278c02e
        maxStaleness: 1h30m
      simple:
        storeURL: \"https://sigs.example/store\"
        requirements:
        - type: signedBy
          keySecret: release-key
          keySecretNamespace: doorward
          signedIdentity:
            type: matchExactRepository
            dockerRepository: registry.example/team/app
";

pub(crate) const TRUNCATED: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: release
spec:
  floor: true
  repositories:
  - name: \"127.0.0.1:5000/*\"
    policy:
      simple:
        storeURL: \"http://127.0.0.1:9/sigs\"
        requirements:
        - type: signedBy
          keySecret: release-key
";

/// Entries without demands stand last, as the linter wants them.
pub(crate) const SEVERAL: &str = "apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata:
  name: mine
  namespace: production
spec:
  repositories:
  - name: registry.example/prod/*
    policy:
      simple:
        requirements:
        - {type: reject}
  - name: registry.example/team/*-prod*
    policy:
      notation:
        level: strict
        trustStores:
        - type: ca
          configMap: acme-ca
        identityMatching: wider
        honourInvalidityDate: true
        trustedIdentities:
        - \"x509.subject: C=US, ST=WA, O=acme\"
        userMetadata:
          build: \"42\"
  - name: registry.example/public/*
    policy:
      unchecked: true
";

pub(crate) const REVERSED: &str = "kind: ImagePolicy
spec:
  repositories:
  - policy:
      simple:
        requirements:
        - keySecret: k
          type: signedBy
    name: other.example/*
  - policy:
      unchecked: true
    name: registry.example/public/*
apiVersion: doorward.dev/v1
metadata:
  namespace: production
  name: mine
";

pub(crate) const SIGSTORE: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: keyless}
spec:
  floor: true
  repositories:
  - name: '*'
    policy:
      anyOf:
      - sigstore:
          authorities:
          - name: ci
            keyless:
              issuer: https://issuer.example
              subjectRegExp: ^https://ci\\.example/
          - keySecret: cosign
          require: 2
      - trust:
          enabled: true
      attestations:
      - predicateType: https://spdx.dev/Document
        signedBy:
          sigstore: {authorities: [{keySecret: k}]}
        conditions:
        - predicate.ok
        denyPackages:
        - left-pad
        maxAge: 24h
      vulnerability:
        ICCRVA:
          account: a
          enabled: true
        report:
          maxAge: 72h
          maxSeverity: high
          signedBy:
            simple: {requirements: [{type: reject}]}
          failOn:
          - CVE-2021-44228
          ignore:
          - id: CVE-2026-1
            reason: not reachable
            until: 2026-12-31
          onlyFixable: true
          vex:
            statuses:
            - not_affected
            signedBy:
              trust: {enabled: true}
";

pub(crate) const FLOW: &str = "{apiVersion: doorward.dev/v1, kind: ClusterImagePolicy, metadata: {name: p}, spec: {repositories: [{name: '*', policy: {unchecked: true}}, {name: registry.example/*, policy: {simple: {requirements: [{type: signedBy, keySecret: k}]}}}], floor: true}}";

pub(crate) const MIXED: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: p} # who
spec: {repositories: [{name: registry.example/*, policy: {simple: {requirements: [{type: reject}]}}}], floor: true}
";

pub(crate) const ANCHORS: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: p}
spec:
  repositories:
  - name: registry.example/team/*
    policy: &strict
      simple:
        requirements: &r
        - type: reject
  - name: registry.example/prod/*
    policy: *strict
  - name: registry.example/*
    policy:
      <<: *strict
      simple: {requirements: *r}
";

pub(crate) const LIST: &str = "apiVersion: v1
kind: List
items:
- apiVersion: doorward.dev/v1
  kind: ClusterImagePolicy
  metadata:
    name: p
  spec:
    floor: true
    repositories:
    - name: '*'
      policy:
        trust:
          enabled: true
";

pub(crate) const TYPED_LIST: &str = "kind: ImagePolicyList
apiVersion: doorward.dev/v1
items:
- metadata:
    name: p
    namespace: shop
  spec:
    repositories:
    - name: '*'
      policy:
        simple:
          requirements:
          - type: reject
";

pub(crate) const LITERAL: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: p
spec:
  repositories:
  - name: |-
      registry.example/prod/*
    policy:
      simple:
        requirements:
        - type: signedBy
          keySecret: >-
            release-key
  - name: >-
      registry.example/public/*
    policy: {unchecked: true}
";

/// The second document takes back what the first lets in, so a cut between them can only be told from the outside.
pub(crate) const DOCUMENTS: &str = "apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: floor
spec:
  floor: true
  repositories:
  - name: '*'
    policy:
      simple:
        requirements:
        - type: reject
---
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: base
spec:
  repositories:
  - name: '*'
    policy:
      unchecked: true
";

pub(crate) const PORTIERIS: &str = "apiVersion: portieris.cloud.ibm.com/v1
kind: ClusterImagePolicy
metadata:
  name: p
spec:
  repositories:
  - name: registry.example/prod/*
    policy:
      mutateImage: true
      trust:
        enabled: true
        signerSecrets:
        - name: a
      simple:
        requirements:
        - type: signedBy
          keySecret: k
          signedIdentity:
            type: matchExact
      vulnerability:
        ICCRVA:
          enabled: true
  - name: \"*\"
    policy: {}
";

/// Policies that let everything in, in the cluster and in one namespace.
pub(crate) const BASE: &[u8] = b"apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: base}\nspec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
pub(crate) const OWN: &[u8] = b"apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: own, namespace: shop}\nspec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";

pub(crate) const WHOLE: [(&str, &str); 13] = [
    ("block", BLOCK),
    ("truncated", TRUNCATED),
    ("several", SEVERAL),
    ("reversed", REVERSED),
    ("sigstore", SIGSTORE),
    ("flow", FLOW),
    ("mixed", MIXED),
    ("anchors", ANCHORS),
    ("list", LIST),
    ("typed list", TYPED_LIST),
    ("literal", LITERAL),
    ("documents", DOCUMENTS),
    ("portieris", PORTIERIS),
];
