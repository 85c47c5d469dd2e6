#pragma once
// What both drivers say alike: findings for answers that never came, and the care for what leaves a driver.

#include <string>
#include <string_view>

#include "kassaflow/base/secret.hpp"
#include "kassaflow/http/transport.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers {

// Finding::code of an answer of which only the status is understood: "http_404".
[[nodiscard]] std::string http_code(int http_status);

// Unknown, with an alarm: the answer contradicts itself or what was asked (exactly-once.md 7, 8).
[[nodiscard]] Finding contradiction(std::string code, std::string text);

// A fiscal POST whose answer did not come. Bytes that may have left leave the outcome unknown, however few they were:
// bytes of an aborted socket may still arrive (exactly-once.md 6).
[[nodiscard]] Finding lost_post(const http::Failure& failure);
// A question whose answer did not come: nothing was learned.
[[nodiscard]] Finding lost_question(const http::Failure& failure);

// This key was posted before, so a refusal of the repeat says nothing about the first post: certainty becomes
// "unknown".
[[nodiscard]] Finding of_repeat(Finding found);

// Keeps the answer's bytes within kRawAnswerLimit and removes the credential wherever a register echoed it.
[[nodiscard]] Finding fit_to_leave(Finding found, const Secret& credential, std::string_view raw_answer);

// Fiscal attributes for people: "ФН 7380440800000001, ФД 1204, ФП 3115223344"; empty when there are none.
[[nodiscard]] std::string in_words(const fiscal::FiscalDocument& document);

}  // namespace kassaflow::registers
