#pragma once
// What itkassa's answers prove about an attempt (protocols/itkassa.md §6, §11, §13; exactly-once.md 7, 8). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/evidence.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::itkassa {

// What was posted, read back from the stored bytes of the attempt.
struct Requested {
  std::string key;
  std::string remote_id;  // empty while unknown
  std::string cre_item_id;
  std::string type;  // of the command: sale … closeSession
  RequestedContent content;
  std::string timezone;  // IANA, of the register's clock
};
[[nodiscard]] Requested requested_of(const AttemptRef& attempt, const std::string& cre_item_id,
                                     const std::string& timezone);

enum class QueryBy : std::uint8_t { id, key };

// Answer to the POST of the document; `repeated` as in AttemptRef is the caller's business (of_repeat).
[[nodiscard]] Finding read_posted(int http_status, std::string_view body, const Requested& requested);
[[nodiscard]] Finding read_queried(int http_status, std::string_view body, const Requested& requested, QueryBy by);
// As they are written there, empty where it names none.
struct NamedInCallback {
  std::string cre_item_id;
  std::string key;
  std::string document_id;
};
// nullopt: no JSON object.
[[nodiscard]] std::optional<NamedInCallback> named_in_callback(std::string_view body);
// nullopt: malformed, or about another document.
[[nodiscard]] std::optional<Finding> read_called_back(std::string_view body, const Requested& requested);

}  // namespace kassaflow::registers::itkassa
