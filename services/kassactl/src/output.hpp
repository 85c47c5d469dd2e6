#pragma once
// What is shown: the same value as JSON or YAML, or a table for people. Texts come from outside; a terminal shows all
// of each and does nothing else with it (text/visible.hpp): a table holds it made visible, JSON and YAML escaped. Pure.

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace kassaflow::kassactl {

enum class Format : unsigned char { table, json, yaml };

// The first row is the head. Columns are aligned by characters, not bytes; a cell is one line.
using Table = std::vector<std::vector<std::string>>;

[[nodiscard]] std::string to_json(const boost::json::value& value);  // indented, ends with a line feed
[[nodiscard]] std::string to_yaml(const boost::json::value& value);
[[nodiscard]] std::string to_text(const Table& table);

// "2026-06-01T12:00:00.250Z"; milliseconds only where there are some. null for 0, which means unknown everywhere here.
[[nodiscard]] boost::json::value to_time(std::int64_t unix_ms);

}  // namespace kassaflow::kassactl
