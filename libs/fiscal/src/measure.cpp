#include "kassaflow/fiscal/measure.hpp"

#include <algorithm>
#include <array>

namespace kassaflow::fiscal {
namespace {

struct Unit {
  std::string_view okei;
  std::uint8_t tag;
};

constexpr std::array kUnits{
    Unit{"796", 0},  Unit{"163", 10}, Unit{"166", 11}, Unit{"168", 12},  Unit{"4", 20},    Unit{"5", 21},
    Unit{"6", 22},   Unit{"51", 30},  Unit{"53", 31},  Unit{"55", 32},   Unit{"111", 40},  Unit{"112", 41},
    Unit{"113", 42}, Unit{"245", 50}, Unit{"233", 51}, Unit{"359", 70},  Unit{"356", 71},  Unit{"355", 72},
    Unit{"354", 73}, Unit{"256", 80}, Unit{"257", 81}, Unit{"2553", 82}, Unit{"2554", 83},
};

}  // namespace

std::optional<std::uint8_t> measure_from_okei(std::string_view okei) {
  if (okei.empty()) return std::nullopt;
  const auto significant = okei.find_first_not_of('0');
  const auto* unit = significant == std::string_view::npos
                         ? kUnits.end()
                         : std::ranges::find(kUnits, okei.substr(significant), &Unit::okei);
  return unit == kUnits.end() ? kMeasureOther : unit->tag;
}

bool is_measure(std::int64_t code) {
  return code == kMeasureOther || std::ranges::find(kUnits, code, &Unit::tag) != kUnits.end();
}

}  // namespace kassaflow::fiscal
