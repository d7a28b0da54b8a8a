//! Which words are identifiers of licences.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The identifiers of the SPDX License List 3.28, deprecated ones included, that have not both a digit and a hyphen, in lower
/// case.
static WORDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| LISTED.split_ascii_whitespace().collect());

const LISTED: &str = "\
    0bsd aal abstyles adacore-doc adobe-display-postscript adobe-glyph adobe-utopia adsl \
    advanced-cryptics-dictionary afmparse aladdin alglib-documentation amd-newlib amdplpa aml aml-glslang ampas \
    antlr-pd antlr-pd-fallback any-osi any-osi-perl-modules apafml artistic-dist aspell-ru baekmuk bahyph barr \
    bcrypt-solar-designer beerware bitstream-charter bitstream-vera blessing boehm-gc boehm-gc-without-fee borceux \
    bsd-advertising-acknowledgement bsd-attribution-hpnd-disclaimer bsd-inferno-nettverk bsd-mark-modifications \
    bsd-protection bsd-source-beginning-file bsd-source-code bsd-systemics buddy caldera caldera-no-preamble \
    capec-tou catharon cc-pddc cecill-b cecill-c cfitsio check-cvs checkmk clartistic clips cmu-mach \
    cmu-mach-nodoc cnri-jython cnri-python cnri-python-gpl-compatible cornell-lossless-jpeg cronyx crossword \
    cryptoswift crystalstacker cube curl cve-tou diffmark doc docbook-dtd docbook-schema docbook-stylesheet \
    docbook-xml dotseqn dsdp dtoa dvipdfm egenix entessa epics eudatagrid eurosym fair fbm fdk-aac \
    ferguson-twofish freebsd-doc freeimage fsfap fsfap-no-warranty-disclaimer fsful fsfullr fsfullrsd fsfullrwd \
    ftl furuseth fwlw game-programming-gems gcr-docs gd generic-xts giftware gl2ps glide glulxe glwtpl gnuplot \
    graphics-gems gtkbook gutmann haskellreport hdf5 hdparm hidapi hpnd hpnd-dec hpnd-doc hpnd-doc-sell \
    hpnd-export-us hpnd-export-us-acknowledgement hpnd-export-us-modify hpnd-fenneberg-livingston hpnd-inria-imag \
    hpnd-intel hpnd-kevlin-henney hpnd-markus-kuhn hpnd-merchantability-variant hpnd-mit-disclaimer hpnd-netrek \
    hpnd-pbmplus hpnd-sell-mit-disclaimer-xserver hpnd-sell-regexpr hpnd-sell-variant \
    hpnd-sell-variant-critical-systems hpnd-sell-variant-mit-disclaimer hpnd-sell-variant-mit-disclaimer-rev \
    hpnd-smc hpnd-uc hpnd-uc-export-us htmltidy hyphen-bulgarian ibm-pibs icu iec-code-components-eula ijg \
    ijg-short imagemagick imatix imlib2 info-zip innosetup intel intel-acpi ipa isc isc-veillard iso-permission \
    jam jove jpl-image jpnic json kastrup kazlib knuth-ctan latex2e leptonica lgpllr libpng libtiff \
    libutil-david-nugent linux-man-pages-copyleft linux-man-pages-copyleft-var linux-openib loop lpd-document lsof \
    lucida-bitmap-fonts magaz mailprio makeindex man2html martin-birgmeier mcphee-slideshow metamail minpack mips \
    miros mit mit-advertising mit-click mit-cmu mit-enna mit-feh mit-festival mit-khronos-old mit-modern-variant \
    mit-open-group mit-stk mit-testregex mit-wu mitnfa mmixware motosoto mpeg-ssg mpi-permissive mpich2 mplus \
    ms-lpl ms-pl ms-rl mtll multics mup naumen ncbi-pd ncl ncsa net-snmp netcdf newsletr ngpl ngrep nist-pd \
    nist-pd-fallback nist-pd-tnt nist-software nlpl nokia nosl noweb nrl ntia-pd ntp nunit oar occt-pl offis ogtsl \
    oml openssl openssl-standalone openvision ossp padl pixar pkgconf plexus pnmstitch postgresql ppl psfrag \
    psutils python-ldap qhull radvd rdisc rsa-md rscpl ruby ruby-pty sax-pd saxpath scea schemereport sendmail \
    sgi-opengl sgmlug-pm sgp4 sissl sl sleepycat smail-gpl smlnj smppl snia snprintf sofa softsurfer soundex \
    ssh-keyscan ssh-openssh ssh-short ssleay-standalone standardml-nj sun-ppp sunpro swl swrule symlinks tcl \
    tcp-wrappers tekhvc termreadkey thirdeye threeparttable tmate tosl tpdl trustedqsl ttwl ttyp0 ucar ulem \
    umich-merit unicode-tou unixcrypt unlicense unlicense-libtelnet unlicense-libwhirlpool unrar urt-rle vim \
    vixie-cron vostrom w3c w3m widget-workshop wordnet wsuipa wtfnmfpl wtfpl wwl wxwindows x11 xerox xfig xinetd \
    xkeyboard-config-zinoviev xlock xnet xpp xskat xzoom zed zeeff zlib zlib-acknowledgement";

/// Whether a word, by its form, stands for a licence: an identifier of the list, one with a version such as `GPL-3.0-only`,
/// which newer lists have too, or a reference to a licence of the document's own.
///
/// Of "AGPL-3.0 or later" the last word does not, so that it is no alternative to the first.
pub(super) fn is_licence(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let is_reference = ["licenseref-", "documentref-"]
        .iter()
        .any(|prefix| word.starts_with(prefix));
    let base = word.strip_suffix('+').unwrap_or(&word);
    let is_versioned = base.contains('-') && base.bytes().any(|b| b.is_ascii_digit());
    is_reference || is_versioned || WORDS.contains(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_speak_of_versions_are_no_licences() {
        for word in [
            "later",
            "newer",
            "above",
            "greater",
            "any",
            "higher",
            "version",
            "Public",
            "3.0",
            "v3",
            "NONE",
            "NOASSERTION",
            "unknown",
            "",
            "+",
            "later+",
        ] {
            assert!(!is_licence(word), "{word}");
        }
        for word in [
            "MIT",
            "mit",
            "ISC",
            "0BSD",
            "X11",
            "Apache-2.0",
            "GPL-2.0+",
            "Zlib+",
            "LicenseRef-a",
            "DocumentRef-a:LicenseRef-b",
            "MPL-2.0-no-copyleft-exception",
            "Linux-OpenIB",
        ] {
            assert!(is_licence(word), "{word}");
        }
    }
}
