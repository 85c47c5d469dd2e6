#pragma once
// Answers to the portal's PRINT_URL and CHECK_URL in its exact form (protocols/bitrix24.md §6, §7). HTTP status is
// always 200. Pure; thread-safe. Texts for people are what a form of the portal shows: what is unseen in them, ends a
// line or is no UTF-8 is made visible (text/visible.hpp).

#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::bitrix24 {

inline constexpr std::size_t kErrorTextLimit = 2000;  // characters of one text for a manager; longer ones are cut
inline constexpr std::size_t kErrorsLimit = 20;       // texts of one answer; the rest is counted in a last one

// {"UUID":"…"}
[[nodiscard]] std::string print_accepted(std::string_view uuid);

// {"ERRORS":["…"]}: always a non-empty array, else the check hangs in the portal for ever (§6).
[[nodiscard]] std::string print_refused(const std::vector<std::string>& errors);
[[nodiscard]] std::string print_refused(std::string_view error);

// {"STATUS":"WAIT","ERRORS":["…"]}, to a request that may have been meant for PRINT_URL or for CHECK_URL: each reader
// finds its own key. ERRORS alone would be DONE to CHECK_URL's, WAIT alone would hang the check for PRINT_URL's.
[[nodiscard]] std::string refused_either(std::string_view error);

// {"STATUS":"WAIT"}
[[nodiscard]] std::string check_wait();

// {"STATUS":"DONE","UUID":…}; what the register did not tell is left out.
[[nodiscard]] std::string check_done(std::string_view uuid, const fiscal::FiscalDocument& document);

// {"STATUS":"ERROR","UUID":…,"ERROR":…}
[[nodiscard]] std::string check_error(std::string_view uuid, std::string_view text);

}  // namespace kassaflow::bitrix24
