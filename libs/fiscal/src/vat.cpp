#include "kassaflow/fiscal/vat.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace kassaflow::fiscal {
namespace {

struct Rate {
  Vat vat;
  std::int64_t percent;
  Vat calculated;
  std::string_view word;  // of the configuration; calculated rates have none, the gateway chooses them
  std::string_view russian;
};

constexpr std::array kRates{
    Rate{Vat::none, 0, Vat::none, "none", "без НДС"},
    Rate{Vat::vat_0, 0, Vat::vat_0, "0", "НДС 0%"},
    Rate{Vat::vat_5, 5, Vat::vat_5_105, "5", "НДС 5%"},
    Rate{Vat::vat_7, 7, Vat::vat_7_107, "7", "НДС 7%"},
    Rate{Vat::vat_10, 10, Vat::vat_10_110, "10", "НДС 10%"},
    Rate{Vat::vat_20, 20, Vat::vat_20_120, "20", "НДС 20%"},
    Rate{Vat::vat_22, 22, Vat::vat_22_122, "22", "НДС 22%"},
    Rate{Vat::vat_5_105, 5, Vat::vat_5_105, "", "НДС 5/105"},
    Rate{Vat::vat_7_107, 7, Vat::vat_7_107, "", "НДС 7/107"},
    Rate{Vat::vat_10_110, 10, Vat::vat_10_110, "", "НДС 10/110"},
    Rate{Vat::vat_20_120, 20, Vat::vat_20_120, "", "НДС 20/120"},
    Rate{Vat::vat_22_122, 22, Vat::vat_22_122, "", "НДС 22/122"},
};

// A value outside the enumeration is a bug of the caller; codes.hpp is the way in.
const Rate& rate(Vat vat) { return *std::ranges::find(kRates, vat, &Rate::vat); }

}  // namespace

Result<Vat> parse_vat(std::string_view word) {
  const auto found = word.empty() ? kRates.end() : std::ranges::find(kRates, word, &Rate::word);
  if (found == kRates.end()) return fail(kVatUnknown, "VAT must be one of none, 0, 5, 7, 10, 20, 22");
  return found->vat;
}

Vat calculated(Vat plain) { return rate(plain).calculated; }

bool is_calculated(Vat vat) { return rate(vat).word.empty(); }

Kopecks vat_amount(Kopecks sum, Vat vat) {
  const std::int64_t percent = rate(vat).percent;
  const std::int64_t whole = 100 + percent;
  return Kopecks((2 * sum.value() * percent + whole) / (2 * whole));
}

std::string_view russian_name(Vat vat) { return rate(vat).russian; }

}  // namespace kassaflow::fiscal
