#include "kassaflow/configuration/words.hpp"

#include <array>
#include <utility>

namespace kassaflow::configuration {
namespace {

template <class T, std::size_t N>
std::optional<T> find(const std::array<std::pair<std::string_view, T>, N>& words, std::string_view word) {
  for (const auto& [text, meaning] : words) {
    if (text == word) return meaning;
  }
  return std::nullopt;
}

using fiscal::Ffd;
using fiscal::Taxation;

constexpr std::array<std::pair<std::string_view, Taxation>, 5> kTaxations{{
    {"osn", Taxation::osn},
    {"usn_income", Taxation::usn_income},
    {"usn_income_outcome", Taxation::usn_income_outcome},
    {"esn", Taxation::esn},
    {"patent", Taxation::patent},
}};

constexpr std::array<std::pair<std::string_view, Ffd>, 2> kFfds{{{"1.05", Ffd::v1_05}, {"1.2", Ffd::v1_2}}};

constexpr std::array<std::pair<std::string_view, MarkedWithoutCode>, 2> kMarkedWithoutCode{
    {{"refuse", MarkedWithoutCode::refuse}, {"allow", MarkedWithoutCode::allow}}};

}  // namespace

std::optional<Taxation> taxation_of(std::string_view word) { return find(kTaxations, word); }
std::optional<Ffd> ffd_of(std::string_view word) { return find(kFfds, word); }
std::optional<MarkedWithoutCode> marked_without_code_of(std::string_view word) {
  return find(kMarkedWithoutCode, word);
}

}  // namespace kassaflow::configuration
