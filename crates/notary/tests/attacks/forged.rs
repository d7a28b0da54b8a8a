//! Every publication that the test kit forges: one thing is wrong with it, and all else signed and listed as it should
//! be.

use doorward_core::Code;
use doorward_testkit::NotaryAttack;

use crate::support::client::{Client, collection};

/// Shows a forged publication to somebody who sees the collection for the first time, and to somebody who has seen what
/// it was made from.
#[track_caller]
fn refused(attack: NotaryAttack, first: Code, later: Code) {
    let mut publisher = collection();
    let honest = publisher.publish();
    let forged = attack.forge(&publisher);
    Client::new().refuses(&forged, first);
    let mut client = Client::after(&honest);
    client.refuses(&forged, later);
}

macro_rules! forged {
    ($($name:ident: $attack:ident => $first:ident $(then $later:ident)?;)*) => {
        const NAMED: &[NotaryAttack] = &[$(NotaryAttack::$attack),*];

        $(
            #[test]
            fn $name() {
                let codes = [Code::$first $(, Code::$later)?];
                refused(NotaryAttack::$attack, codes[0], codes[codes.len() - 1]);
            }
        )*
    };
}

forged! {
    a_signature_with_one_bit_flipped: BadSignature => NotaryThreshold;
    a_root_that_is_too_large: BulkyRoot => NotaryTooLarge;
    a_timestamp_that_is_too_large: BulkyTimestamp => NotaryTooLarge;
    a_member_that_differs_in_case_only: CaseFoldedMember => NotaryMetadataInvalid;
    lists_nested_too_deep: DeepNesting => NotaryMetadataInvalid;
    a_delegation_whose_name_climbs_out: DelegationClimbs => NotaryMetadataInvalid;
    a_delegation_that_nobody_need_sign: DelegationThresholdZero => NotaryMetadataInvalid;
    a_delegation_to_the_snapshot: DelegationToBaseRole => NotaryMetadataInvalid;
    a_delegation_to_a_grandchild: DelegationToGrandchild => NotaryMetadataInvalid;
    a_signature_in_another_encoding: DerSignature => NotaryThreshold;
    a_member_that_is_there_twice: DuplicateMember => NotaryMetadataInvalid;
    an_empty_file: Empty => NotaryMetadataInvalid;
    a_version_with_an_exponent: ExponentVersion => NotaryMetadataInvalid;
    a_version_with_a_fraction: FractionalVersion => NotaryMetadataInvalid;
    a_version_beyond_64_bits: HugeVersion => NotaryMetadataInvalid;
    a_string_that_is_not_utf8: InvalidUtf8 => NotaryMetadataInvalid;
    a_key_under_an_id_that_is_not_its_own: KeyIdMismatch => NotaryMetadataInvalid;
    a_listed_length_that_is_too_large: ListedLengthTooLarge => NotaryHashMismatch;
    a_listed_length_that_is_too_small: ListedLengthTooSmall => NotaryHashMismatch;
    a_file_that_never_expires: MissingExpiry => NotaryMetadataInvalid;
    a_root_without_one_of_its_roles: MissingRole => NotaryMetadataInvalid;
    a_target_of_negative_length: NegativeLength => NotaryTargetInvalid;
    a_negative_version: NegativeVersion => NotaryMetadataInvalid;
    a_root_that_nobody_signed: NoRootSignatures => NotaryThreshold then NotaryRootRotation;
    targets_that_nobody_signed: NoSignatures => NotaryThreshold;
    a_file_that_signs_null: NullSigned => NotaryMetadataInvalid;
    a_good_signature_over_other_content: OtherContent => NotaryThreshold;
    a_method_that_does_not_fit_the_key: OtherMethod => NotaryThreshold;
    a_snapshot_that_lists_another_root: OtherRootListed => NotaryHashMismatch;
    a_second_hash_that_is_wrong: OtherSha512Listed => NotaryHashMismatch;
    other_targets_than_are_listed: OtherTargetsListed => NotaryHashMismatch;
    a_file_of_another_type: OtherType => NotaryMetadataInvalid;
    a_key_that_is_listed_twice_to_reach_the_threshold: RepeatedKeyId => NotaryMetadataInvalid;
    a_signature_that_is_there_twice_to_reach_the_threshold: RepeatedSignature => NotaryThreshold;
    a_root_signed_by_a_stranger: RootByStranger => NotaryThreshold then NotaryRootRotation;
    a_root_that_has_expired: RootExpired => NotaryRoleExpired;
    one_key_under_two_ids_to_reach_the_threshold: SameKeyTwice => NotaryThreshold;
    a_target_hash_that_is_too_short: ShortTargetHash => NotaryTargetInvalid;
    a_snapshot_signed_by_a_stranger: SnapshotByStranger => NotaryThreshold;
    a_snapshot_that_has_expired: SnapshotExpired => NotaryRoleExpired;
    a_snapshot_that_does_not_list_the_root: SnapshotWithoutRoot => NotaryRoleMissing;
    a_snapshot_that_does_not_list_the_targets: SnapshotWithoutTargets => NotaryRoleMissing;
    a_target_without_the_hash_that_images_go_by: TargetWithoutSha256 => NotaryTargetInvalid;
    targets_signed_by_a_stranger: TargetsByStranger => NotaryThreshold;
    targets_that_have_expired: TargetsExpired => NotaryRoleExpired;
    a_negative_threshold: ThresholdNegative => NotaryMetadataInvalid;
    too_few_signatures_for_the_threshold: ThresholdNotMet => NotaryThreshold;
    a_threshold_of_zero: ThresholdZero => NotaryMetadataInvalid;
    a_timestamp_signed_by_a_stranger: TimestampByStranger => NotaryThreshold;
    a_timestamp_that_has_expired: TimestampExpired => NotaryRoleExpired;
    a_timestamp_that_does_not_list_the_snapshot: TimestampWithoutSnapshot => NotaryRoleMissing;
    a_second_document_behind_the_first: TrailingData => NotaryMetadataInvalid;
    a_file_that_is_cut_short: Truncated => NotaryMetadataInvalid;
    a_role_with_a_key_that_is_not_listed: UnlistedKey => NotaryMetadataInvalid;
    a_version_of_zero: ZeroVersion => NotaryMetadataInvalid;
}

#[test]
fn every_forgery_of_the_test_kit_has_a_test_here() {
    let missing: Vec<_> = NotaryAttack::ALL
        .iter()
        .filter(|attack| !NAMED.contains(attack))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_all_of_them_were_made_from_is_released() {
    let mut publisher = collection();
    let mut client = Client::new();
    for _ in 0..3 {
        client.accepts(&publisher.publish(), "1.0");
    }
}
