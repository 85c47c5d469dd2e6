#pragma once
// One item of the post into one line, up to its amounts, which only the whole receipt can settle.

#include <optional>
#include <vector>

#include "codes.hpp"
#include "complaint_list.hpp"
#include "kassaflow/bitrix24/mapping.hpp"
#include "kassaflow/fiscal/reconcile.hpp"

namespace kassaflow::bitrix24 {

struct LineDraft {
  fiscal::Line line;                           // without price, quantity and sum
  fiscal::RawLine amounts;                     // as posted
  std::vector<fiscal::Warning> warnings = {};  // their `line` is still to be set
};

// `index` counts from 0. Nothing after a complaint.
[[nodiscard]] std::optional<LineDraft> map_line(Form::Node item, std::size_t index, const CheckType& type,
                                                const MappingSettings& settings, ComplaintList& complaints);

}  // namespace kassaflow::bitrix24
