#include "kassaflow/configuration/words.hpp"

#include "kassaflow/base/words.hpp"

namespace kassaflow::configuration {
namespace {

using fiscal::Ffd;
using fiscal::Taxation;

constexpr Words<Taxation, 5> kTaxations{{
    {"osn", Taxation::osn},
    {"usn_income", Taxation::usn_income},
    {"usn_income_outcome", Taxation::usn_income_outcome},
    {"esn", Taxation::esn},
    {"patent", Taxation::patent},
}};

constexpr Words<Ffd, 2> kFfds{{{"1.05", Ffd::v1_05}, {"1.2", Ffd::v1_2}}};

constexpr Words<MarkedWithoutCode, 2> kMarkedWithoutCode{
    {{"refuse", MarkedWithoutCode::refuse}, {"allow", MarkedWithoutCode::allow}}};

}  // namespace

std::optional<Taxation> taxation_of(std::string_view word) { return value_of(kTaxations, word); }
std::optional<Ffd> ffd_of(std::string_view word) { return value_of(kFfds, word); }
std::optional<MarkedWithoutCode> marked_without_code_of(std::string_view word) {
  return value_of(kMarkedWithoutCode, word);
}

}  // namespace kassaflow::configuration
