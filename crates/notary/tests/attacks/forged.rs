//! Every publication that the test kit forges: one thing is wrong with it, and all else signed and listed as it should
//! be.

use doorward_core::Code;
use doorward_notary::codes;
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
                let codes = [codes::$first $(, codes::$later)?];
                refused(NotaryAttack::$attack, codes[0], codes[codes.len() - 1]);
            }
        )*
    };
}

forged! {
    a_signature_with_one_bit_flipped: BadSignature => THRESHOLD;
    a_root_that_is_too_large: BulkyRoot => TOO_LARGE;
    a_timestamp_that_is_too_large: BulkyTimestamp => TOO_LARGE;
    a_member_that_differs_in_case_only: CaseFoldedMember => METADATA_INVALID;
    lists_nested_too_deep: DeepNesting => METADATA_INVALID;
    a_delegation_whose_name_climbs_out: DelegationClimbs => METADATA_INVALID;
    a_delegation_that_nobody_need_sign: DelegationThresholdZero => METADATA_INVALID;
    a_delegation_to_the_snapshot: DelegationToBaseRole => METADATA_INVALID;
    a_delegation_to_a_grandchild: DelegationToGrandchild => METADATA_INVALID;
    a_signature_in_another_encoding: DerSignature => THRESHOLD;
    a_member_that_is_there_twice: DuplicateMember => METADATA_INVALID;
    an_empty_file: Empty => METADATA_INVALID;
    a_version_with_an_exponent: ExponentVersion => METADATA_INVALID;
    a_version_with_a_fraction: FractionalVersion => METADATA_INVALID;
    a_version_beyond_64_bits: HugeVersion => METADATA_INVALID;
    a_string_that_is_not_utf8: InvalidUtf8 => METADATA_INVALID;
    a_key_under_an_id_that_is_not_its_own: KeyIdMismatch => METADATA_INVALID;
    a_listed_length_that_is_too_large: ListedLengthTooLarge => HASH_MISMATCH;
    a_listed_length_that_is_too_small: ListedLengthTooSmall => HASH_MISMATCH;
    a_file_that_never_expires: MissingExpiry => METADATA_INVALID;
    a_root_without_one_of_its_roles: MissingRole => METADATA_INVALID;
    a_target_of_negative_length: NegativeLength => TARGET_INVALID;
    a_negative_version: NegativeVersion => METADATA_INVALID;
    a_root_that_nobody_signed: NoRootSignatures => THRESHOLD then ROOT_ROTATION;
    targets_that_nobody_signed: NoSignatures => THRESHOLD;
    a_file_that_signs_null: NullSigned => METADATA_INVALID;
    a_good_signature_over_other_content: OtherContent => THRESHOLD;
    a_method_that_does_not_fit_the_key: OtherMethod => THRESHOLD;
    a_snapshot_that_lists_another_root: OtherRootListed => HASH_MISMATCH;
    a_second_hash_that_is_wrong: OtherSha512Listed => HASH_MISMATCH;
    other_targets_than_are_listed: OtherTargetsListed => HASH_MISMATCH;
    a_file_of_another_type: OtherType => METADATA_INVALID;
    a_key_that_is_listed_twice_to_reach_the_threshold: RepeatedKeyId => METADATA_INVALID;
    a_signature_that_is_there_twice_to_reach_the_threshold: RepeatedSignature => THRESHOLD;
    a_root_signed_by_a_stranger: RootByStranger => THRESHOLD then ROOT_ROTATION;
    a_root_that_has_expired: RootExpired => ROLE_EXPIRED;
    one_key_under_two_ids_to_reach_the_threshold: SameKeyTwice => THRESHOLD;
    a_target_hash_that_is_too_short: ShortTargetHash => TARGET_INVALID;
    a_snapshot_signed_by_a_stranger: SnapshotByStranger => THRESHOLD;
    a_snapshot_that_has_expired: SnapshotExpired => ROLE_EXPIRED;
    a_snapshot_that_does_not_list_the_root: SnapshotWithoutRoot => ROLE_MISSING;
    a_snapshot_that_does_not_list_the_targets: SnapshotWithoutTargets => ROLE_MISSING;
    a_target_without_the_hash_that_images_go_by: TargetWithoutSha256 => TARGET_INVALID;
    targets_signed_by_a_stranger: TargetsByStranger => THRESHOLD;
    targets_that_have_expired: TargetsExpired => ROLE_EXPIRED;
    a_negative_threshold: ThresholdNegative => METADATA_INVALID;
    too_few_signatures_for_the_threshold: ThresholdNotMet => THRESHOLD;
    a_threshold_of_zero: ThresholdZero => METADATA_INVALID;
    a_timestamp_signed_by_a_stranger: TimestampByStranger => THRESHOLD;
    a_timestamp_that_has_expired: TimestampExpired => ROLE_EXPIRED;
    a_timestamp_that_does_not_list_the_snapshot: TimestampWithoutSnapshot => ROLE_MISSING;
    a_second_document_behind_the_first: TrailingData => METADATA_INVALID;
    a_file_that_is_cut_short: Truncated => METADATA_INVALID;
    a_role_with_a_key_that_is_not_listed: UnlistedKey => METADATA_INVALID;
    a_version_of_zero: ZeroVersion => METADATA_INVALID;
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
