use super::*;

#[test]
fn key_usages_are_bits_from_the_first() {
    let usage = KeyUsage::read(true, &[0x03, 0x02, 0x07, 0x80]).expect("bits");
    assert!(usage.is_critical());
    assert!(usage.contains(KeyUse::DigitalSignature));
    assert!(!usage.contains(KeyUse::NonRepudiation));
    let usage = KeyUsage::read(false, &[0x03, 0x03, 0x07, 0x06, 0x80]).expect("bits");
    assert!(usage.contains(KeyUse::KeyCertSign) && usage.contains(KeyUse::CrlSign));
    assert!(usage.contains(KeyUse::DecipherOnly) && !usage.contains(KeyUse::EncipherOnly));
}

#[test]
fn key_usages_of_another_form_are_malformed() {
    for value in [
        &[][..],
        &[0x03, 0x00],
        &[0x03, 0x02, 0x08, 0x80],
        &[0x03, 0x04, 0x00, 0x80, 0x80, 0x80],
        &[0x04, 0x02, 0x07, 0x80],
        &[0x03, 0x02, 0x07, 0x80, 0x00],
    ] {
        assert_eq!(KeyUsage::read(true, value), Err(Malformed), "{value:x?}");
    }
}

#[test]
fn basic_constraints_are_read_with_their_default() {
    let read = |value: &[u8]| BasicConstraints::read(true, value);
    let none = read(&[0x30, 0x00]).expect("empty");
    assert!(!none.is_authority() && none.path_length().is_none());
    let spelled = read(&[0x30, 0x03, 0x01, 0x01, 0x00]).expect("false");
    assert!(!spelled.is_authority());
    let length = [0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x02];
    assert_eq!(read(&length).expect("both").path_length(), Some(2));
    for malformed in [
        &[0x30, 0x03, 0x01, 0x01, 0x01][..],
        &[0x30, 0x03, 0x02, 0x01, 0xff],
        &[0x30, 0x06, 0x01, 0x01, 0xff, 0x04, 0x01, 0x02],
        &[0x30, 0x00, 0x00],
        &[0x31, 0x00],
    ] {
        assert_eq!(read(malformed), Err(Malformed), "{malformed:x?}");
    }
}

fn purposes(of: &[&[u8]]) -> Vec<u8> {
    let mut content = Vec::new();
    for oid in of {
        content.push(0x06);
        content.push(u8::try_from(oid.len()).expect("short"));
        content.extend_from_slice(oid);
    }
    let mut value = vec![0x30, u8::try_from(content.len()).expect("short")];
    value.append(&mut content);
    value
}

#[test]
fn an_unknown_purpose_is_one_more_purpose() {
    let stamp = Purpose::TimeStamping.oid();
    let read = |of: &[&[u8]]| ExtendedKeyUsage::read(true, &purposes(of)).expect("purposes");
    assert!(read(&[stamp]).is_exactly(Purpose::TimeStamping));
    assert!(read(&[stamp, stamp]).is_exactly(Purpose::TimeStamping));
    for more in [&[0x2a, 0x03][..], Purpose::Any.oid()] {
        let read = read(&[more, stamp]);
        assert!(read.contains(Purpose::TimeStamping));
        assert!(!read.is_exactly(Purpose::TimeStamping));
        assert!(!read.contains(Purpose::CodeSigning));
    }
}

#[test]
fn no_purpose_at_all_is_malformed() {
    assert_eq!(ExtendedKeyUsage::read(true, &purposes(&[])), Err(Malformed));
    assert_eq!(
        ExtendedKeyUsage::read(true, &[0x30, 0x02, 0x05, 0x00]),
        Err(Malformed)
    );
}

#[test]
fn every_purpose_has_an_identifier_of_its_own() {
    for purpose in Purpose::ALL {
        let same = Purpose::ALL
            .iter()
            .filter(|other| other.oid() == purpose.oid());
        assert_eq!(same.count(), 1, "{purpose}");
    }
}
