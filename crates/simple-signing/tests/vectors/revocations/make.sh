#!/bin/sh
# Makes the certificates, revocations and claims in the folders beside this script with gpg (2.2.40 made those here).
# The private keys end with the temporary folder. Run it from this folder; every file is made anew.
set -eu

TIME=20250601T000000!
KINDS="ed25519 rsa2048 nistp256 nistp384 nistp521"
HASHES="MD5 SHA1 RIPEMD160 SHA224 SHA256 SHA384 SHA512"
IMAGE=$(printf '{"schemaVersion":2}' | sha256sum | cut -d' ' -f1)
CLAIM="{\"critical\":{\"type\":\"atomic container signature\",\"image\":{\"docker-manifest-digest\":\"sha256:$IMAGE\"},\"identity\":{\"docker-reference\":\"r.example/a:1\"}},\"optional\":{}}"

home() {
    GNUPGHOME=$(mktemp -d)
    export GNUPGHOME
}

away() {
    gpgconf --kill gpg-agent
    rm -rf "$GNUPGHOME"
}

run() {
    gpg --batch --yes --no-tty --quiet --faked-system-time "$TIME" --pinentry-mode loopback --passphrase '' \
        --allow-weak-digest-algos "$@" 2>> "$GNUPGHOME/log"
}

# What gpg asks for when it revokes, answered.
answer() {
    gpg --no-tty --quiet --faked-system-time "$TIME" --pinentry-mode loopback --passphrase '' \
        --allow-weak-digest-algos --armor --command-fd 0 "$@" 2>> "$GNUPGHOME/log"
}

fingerprint() {
    run --with-colons --list-keys "$1" | awk -F: '$1 == "fpr" { print $10 }' | sed -n "$2p"
}

sign() {
    printf '%s' "$CLAIM" | run --digest-algo SHA512 --local-user "$1" --sign
}

# made/KIND: a key, a claim that it signed, and revocations of it with each hash.
for kind in $KINDS; do
    home
    mkdir -p "made/$kind"
    run --quick-generate-key "alice <alice@r.example>" "$kind" cert,sign 0
    key=$(fingerprint alice 1)
    run --armor --export "$key" > "made/$kind/key.asc"
    sign "$key" > "made/$kind/claim.sig"
    for hash in $HASHES; do
        printf 'y\n1\n\ny\n' | answer --cert-digest-algo "$hash" --gen-revoke "$key" > "made/$kind/$hash.asc" ||
            rm "made/$kind/$hash.asc" # What gpg refuses to make.
    done
    away
done

# subkey: a key whose signing subkey was revoked with SHA-1, before and after.
home
mkdir -p subkey
run --quick-generate-key "alice <alice@r.example>" ed25519 cert 0
key=$(fingerprint alice 1)
run --quick-add-key "$key" ed25519 sign 0
run --armor --export "$key" > subkey/before.asc
sign "$(fingerprint alice 2)!" > subkey/claim.sig
printf 'key 1\nrevkey\ny\n1\n\ny\nsave\n' | answer --cert-digest-algo SHA1 --edit-key "$key"
run --armor --export "$key" > subkey/after.asc
away

# designated/KIND: a key that names a revoker of that kind, the revoker's key, and the revocation by it.
for kind in brainpoolP256r1:19 secp256k1:19 dsa2048:17 rsa1024:1 rsa2048:1; do
    number=${kind#*:}
    kind=${kind%:*}
    home
    mkdir -p "designated/$kind"
    run --quick-generate-key "revoker <revoker@r.example>" "$kind" cert,sign 0
    revoker=$(fingerprint revoker 1)
    run --generate-key <<END
%no-protection
Key-Type: EDDSA
Key-Curve: ed25519
Key-Usage: sign
Name-Email: alice@r.example
Revoker: $number:$revoker
Expire-Date: 0
%commit
END
    key=$(fingerprint alice 1)
    run --armor --export "$key" > "designated/$kind/key.asc"
    run --armor --export "$revoker" > "designated/$kind/revoker.asc"
    sign "$key" > "designated/$kind/claim.sig"
    printf 'y\n1\n\ny\n' | answer --desig-revoke "$key" > "designated/$kind/revocation.asc"
    away
done

# certifier/KIND: a primary key of a kind that is refused, and a claim that its Ed25519 subkey signed.
for kind in rsa1024 dsa2048 secp256k1 brainpoolP256r1; do
    home
    mkdir -p "certifier/$kind"
    run --quick-generate-key "alice <alice@r.example>" "$kind" cert 0
    key=$(fingerprint alice 1)
    run --quick-add-key "$key" ed25519 sign 0
    run --armor --export "$key" > "certifier/$kind/key.asc"
    sign "$(fingerprint alice 2)!" > "certifier/$kind/claim.sig"
    away
done

# bound/KIND-HASH: a certificate whose own signatures use that hash, and a claim; with SHA-224 by its Ed25519 subkey (gpg
# makes no back signatures with the others).
for kind in ed25519 rsa2048; do
    for hash in SHA1 SHA224 RIPEMD160; do
        home
        mkdir -p "bound/$kind-$hash"
        run --cert-digest-algo "$hash" --quick-generate-key "alice <alice@r.example>" "$kind" cert,sign 0
        key=$(fingerprint alice 1)
        signer=$key
        if [ "$hash" = SHA224 ]; then
            run --cert-digest-algo "$hash" --quick-add-key "$key" ed25519 sign 0
            signer=$(fingerprint alice 2)
        fi
        run --armor --export "$key" > "bound/$kind-$hash/key.asc"
        sign "$signer!" > "bound/$kind-$hash/claim.sig"
        away
    done
done

# forbids/PART: a key of which its owner ended that part with a self-signature that gpg counts and that does not bind here,
# for its hash; before and after, and a claim by that part.
for part in key subkey; do
    home
    mkdir -p "forbids/$part"
    run --quick-generate-key "alice <alice@r.example>" rsa2048 cert,sign 0
    key=$(fingerprint alice 1)
    run --quick-add-key "$key" rsa2048 sign 0
    subkey=$(fingerprint alice 2)
    run --armor --export "$key" > "forbids/$part/before.asc"
    set -- "$key" 20250701T000000
    signer=$key
    if [ "$part" = subkey ]; then
        set -- "$@" "$subkey"
        signer=$subkey
    fi
    sign "$signer!" > "forbids/$part/claim.sig"
    # Of two times the last counts; this one is a day later.
    run --cert-digest-algo RIPEMD160 --faked-system-time 20250602T000000! --quick-set-expire "$@"
    run --armor --export "$key" > "forbids/$part/after.asc"
    away
done

# wherever: a key that has a certificate of its own and is a subkey of two others, and a claim that it signed; its
# revocation certificate, its own certificate with it, and the first of the others once it took the subkey back.
home
mkdir -p wherever
run --quick-generate-key "shared <shared@r.example>" ed25519 cert,sign 0
shared=$(fingerprint shared 1)
grip=$(run --with-colons --with-keygrip --list-keys shared | awk -F: '$1 == "grp" { print $10; exit }')
run --armor --export "$shared" > wherever/own.asc
sign "$shared!" > wherever/claim.sig
printf 'y\n1\n\ny\n' | answer --gen-revoke "$shared" > wherever/revocation.asc
for name in alice bob; do
    run --quick-generate-key "$name <$name@r.example>" ed25519 cert 0
    # The time stands still, so that the subkey is as old as the key and has its fingerprint. Kind 13 is a key that there
    # is; its usage is asked for last.
    printf 'addkey\n13\n%s\ns\ne\na\ns\nq\n0\nsave\n' "$grip" | answer --expert --edit-key "$name"
    run --armor --export "$name" > "wherever/$name.asc"
done
printf 'key 1\nrevkey\ny\n1\n\ny\nsave\n' | answer --edit-key alice
run --armor --export alice > wherever/alice-revoked.asc
run --import wherever/revocation.asc
run --armor --export "=shared <shared@r.example>" > wherever/own-revoked.asc
away
