//! What every store must do, as functions that any store can be held to.
//!
//! Each takes a store that is new and empty, and panics where it falls short.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a suite of tests"
)]

pub mod accounts;
pub mod appending;
pub mod audit;
pub mod credits;
pub mod deletion;
pub mod door;
pub mod friends;
pub mod governing;
pub mod guests;
pub mod keys;
pub mod many_rooms;
pub mod model;
pub mod order;
pub mod people;
pub mod presence;
pub mod purge;
pub mod reading;
pub mod retention;
pub mod rooms;
pub mod roster;
pub mod scram;
pub mod search;
pub mod second_factor;
pub mod spelling;
pub mod talking;
pub mod transactions;
pub(crate) mod world;
pub mod worn;

use crate::Store;

/// A demand on a store: its name and its test.
pub type Demand = (&'static str, fn(&dyn Store));

macro_rules! demands {
    ($($module:ident: $($name:ident)*;)*) => {
        &[$($((concat!(stringify!($module), "::", stringify!($name)), $module::$name),)*)*]
    };
}

/// All of them.
pub const ALL: &[Demand] = demands! {
    accounts:
        sessions_are_listed_moved_touched_and_ended
        the_session_longest_unused_makes_room_an_online_one_last
        a_session_unused_for_its_lifetime_is_swept_away
        a_record_is_replaced_only_by_who_knows_it
        a_code_is_good_once_for_its_account_and_its_purpose
        an_accounts_good_invites_are_counted
        an_erased_account_leaves_what_it_said_and_nothing_else;
    appending:
        numbers_are_gap_free_and_time_never_runs_back
        a_membership_change_by_one_writer_makes_the_others_append_stale
        a_stale_append_is_refused_alone
        joining_and_leaving_change_the_members_once
        writers_in_threads_leave_no_gap
        a_room_that_keeps_nothing_counts_all_the_same
        a_log_begins_with_what_is_kept_first;
    audit:
        the_audit_log_is_read_newest_first_by_filter_and_in_pages
        an_action_undone_leaves_no_entry;
    door:
        allowed_addresses_are_listed_replaced_and_taken_out
        a_lockdown_is_kept_until_it_is_lifted
        what_somebody_said_is_found_wherever_it_stands_and_taken_out;
    purge:
        what_was_purged_is_nobodys_to_read_until_that_is_undone
        a_purge_cannot_be_undone_when_its_time_is_over;
    credits:
        credits_move_and_sum_to_zero
        a_keyed_movement_is_made_once
        founded_rooms_are_counted;
    deletion:
        a_deletion_blanks_the_message_and_all_its_edits
        what_is_deleted_cannot_be_edited;
    friends:
        both_sides_see_one_friendship
        a_block_makes_what_was_decided_before_it_stale
        acquaintances_share_a_room_or_were_written_to
        whether_strangers_are_welcome_is_kept;
    governing:
        a_role_is_changed_and_makes_stale_what_was_decided_before
        a_renamed_account_may_take_its_old_name_back_and_nobody_else_may
        bans_from_the_server_are_found_listed_and_lifted
        decided_reports_are_forgotten_after_their_time;
    guests:
        an_erased_guest_leaves_what_it_said_and_its_name_is_free
        a_passing_room_goes_with_its_last_member;
    keys:
        the_same_request_under_its_key_is_kept_once
        a_retry_is_answered_even_after_the_rules_moved
        a_key_is_forgotten_after_its_lifetime;
    many_rooms:
        many_rooms_at_once_answer_as_each_by_itself;
    model:
        the_store_is_what_a_plain_model_says;
    order:
        kicks_and_bans_end_memberships_and_bans_stay
        roles_are_kept_and_a_new_founder_makes_the_old_one_an_admin
        a_hidden_room_is_known_to_those_it_concerns
        a_room_is_renamed_and_its_old_name_is_kept_for_it
        a_room_is_open_to_whoever_is_in_its_groups;
    people:
        an_account_is_found_by_id_and_skeleton_and_its_name_is_unique
        a_session_has_two_good_tokens
        the_newest_addresses_of_an_account_are_known_and_no_others
        app_tokens_are_listed_found_and_voided
        an_invite_is_good_once_until_it_expires
        settings_are_kept_whole;
    presence:
        a_display_name_is_ones_own_unless_the_roster_has_it
        keys_have_values_and_a_bound;
    reading:
        ranges_keep_to_the_grant_and_to_their_anchor
        since_finds_the_first_event_of_a_time
        unread_counts_messages_after_the_marker
        one_who_came_later_has_no_unread_from_before
        a_marker_moves_forward_only;
    rooms:
        a_room_is_found_every_way
        a_pair_has_one_direct_conversation
        rooms_of_an_account_come_in_order_and_in_pages
        a_renewed_log_begins_again
        renamed_logs_keep_what_they_hold;
    retention:
        what_is_past_its_time_goes_from_the_oldest
        unread_leaves_out_what_was_pruned
        an_edit_goes_with_its_message
        a_room_that_becomes_ram_forgets;
    scram:
        a_verifier_is_kept_until_the_password_changes;
    second_factor:
        a_second_factor_is_used_up_code_by_code;
    search:
        words_prefixes_and_phrases_are_found_newest_first
        what_was_sought_is_marked
        only_the_newest_words_are_found
        a_search_keeps_to_the_grants
        authors_times_and_pages_narrow_a_search
        a_log_that_began_anew_is_searched_anew
        standings_are_what_reading_is_decided_on;
    spelling:
        a_name_is_shown_as_it_was_written_and_found_by_any_spelling
        no_name_looks_like_anothers_as_that_is_written
        a_freed_spelling_is_kept_with_its_name
        rooms_keep_their_spelling_too;
    talking:
        mentions_are_counted_after_the_marker
        a_manner_goes_with_its_words
        until_when_one_has_read_only_rises
        reactions_stand_once_and_are_bounded
        a_quote_is_what_stands_now;
    roster:
        a_roster_replaces_the_one_before_and_says_what_changed;
    transactions:
        what_is_not_committed_leaves_nothing
        a_part_is_undone_alone
        readers_see_only_what_is_committed;
    worn:
        a_worn_name_is_nobody_elses
        a_name_that_is_taken_off_is_free_at_once;
};
