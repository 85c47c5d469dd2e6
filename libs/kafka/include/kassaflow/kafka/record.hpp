#pragma once
// A record as a reader gets it.

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace kassaflow::kafka {

using Partition = std::pair<std::string, std::int32_t>;  // topic and number

struct Record {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t log = 0;  // of the partition's logs the one it was read from (read_position.hpp)
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  // LogAppendTime
  std::string key;
  std::string value;
  std::map<std::string, std::string> headers;
};

}  // namespace kassaflow::kafka
