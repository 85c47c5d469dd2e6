#pragma once
// How records that were set aside are shown, and what is to be done about each (docs/runbooks/set-aside.md). Pure.

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "kassaflow/v1/set_aside.pb.h"
#include "output.hpp"

namespace kassaflow::kassactl {

// What one service has set aside.
struct SetAside {
  std::string service;
  std::vector<v1::SetAsideRecord> records;
};

[[nodiscard]] std::string to_do(const std::string& service, const v1::SetAsideRecord& record);
[[nodiscard]] boost::json::value set_aside_objects(const std::vector<SetAside>& all);
[[nodiscard]] Table set_aside_table(const std::vector<SetAside>& all);

}  // namespace kassaflow::kassactl
