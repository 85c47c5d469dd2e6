#pragma once
// Every alarm there is, by name: a log line at level error whose event begins with `alarm.` and that asks for a person
// (docs/runbooks/alarms.md). To log one of them counts it; `./dev lint` finds one that is not in the list, and one that
// nobody logs any more. Thread-safe.

#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace kassaflow::log {

inline constexpr std::string_view kAlarmPrefix = "alarm.";

// By name.
inline constexpr std::string_view kAlarms[] = {
    "alarm.callback_unread",
    "alarm.contradiction",
    "alarm.denial_contradicted",
    "alarm.document_claimed_twice",
    "alarm.driver_failed",
    "alarm.evidence_without_attempt",
    "alarm.foreign_callback",
    "alarm.foreign_receipt",
    "alarm.foreign_record",
    "alarm.foreign_storage",
    "alarm.journal_behind",
    "alarm.journal_not_durable",
    "alarm.journal_taken_back",
    "alarm.kafka_batch_not_taken",
    "alarm.kafka_log_replaced",
    "alarm.kafka_partitions",
    "alarm.kafka_records_lost",
    "alarm.kafka_topic_settings",
    "alarm.no_standby_in_sync",
    "alarm.number_skipped",
    "alarm.outcome_left_out",
    "alarm.pending_too_long",
    "alarm.portal_refuses",
    "alarm.printed_after_denial",
    "alarm.receipt_refused",
    "alarm.receipt_unreadable",
    "alarm.record_out_of_limits",
    "alarm.refused_record",
    "alarm.register_fault",
    "alarm.second_document",
    "alarm.shift",
    "alarm.storage_changed",
    "alarm.test_register",
    "alarm.unreadable_record",
};

// How often each was logged since the process began, in the order of kAlarms.
[[nodiscard]] std::array<std::uint64_t, std::size(kAlarms)> alarms_logged();

}  // namespace kassaflow::log
