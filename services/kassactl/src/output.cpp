#include "output.hpp"

#include <date/date.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json.hpp>

#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/visible.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

void indent(std::string& out, int depth) { out.append(2 * static_cast<std::size_t>(depth), ' '); }

void write_json(std::string& out, const json::value& value, int depth) {
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    out += "{\n";
    for (auto entry = object->begin(); entry != object->end(); ++entry) {
      indent(out, depth + 1);
      append_json(out, {entry->key().data(), entry->key().size()});
      out += ": ";
      write_json(out, entry->value(), depth + 1);
      out += std::next(entry) == object->end() ? "\n" : ",\n";
    }
    indent(out, depth);
    out += "}";
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    out += "[\n";
    for (auto item = array->begin(); item != array->end(); ++item) {
      indent(out, depth + 1);
      write_json(out, *item, depth + 1);
      out += std::next(item) == array->end() ? "\n" : ",\n";
    }
    indent(out, depth);
    out += "]";
  } else if (const auto* text = value.if_string()) {
    append_json(out, {text->data(), text->size()});
  } else {
    out += json::serialize(value);
  }
}

void write_yaml(YAML::Emitter& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::object:
      out << YAML::BeginMap;
      for (const auto& entry : value.get_object()) {
        out << YAML::Key << std::string(entry.key()) << YAML::Value;
        write_yaml(out, entry.value());
      }
      out << YAML::EndMap;
      break;
    case json::kind::array:
      out << YAML::BeginSeq;
      for (const auto& item : value.get_array()) write_yaml(out, item);
      out << YAML::EndSeq;
      break;
    // Always quoted: "0000000001047487" and "10" are texts.
    case json::kind::string:
      out << YAML::DoubleQuoted << std::string(value.get_string());
      break;
    case json::kind::bool_:
      out << value.get_bool();
      break;
    case json::kind::null:
      out << YAML::Null;
      break;
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      out << json::serialize(value);
      break;
  }
}

}  // namespace

std::string to_json(const json::value& value) {
  std::string out;
  write_json(out, value, 0);
  return out + "\n";
}

std::string to_yaml(const json::value& value) {
  YAML::Emitter emitter;
  write_yaml(emitter, value);
  // yaml-cpp escapes the ends of lines in a text, and not all that is unseen. Both ways to escape are YAML's.
  std::string out;
  for (std::string_view rest = emitter.c_str(); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    out += visible(line) + "\n";
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return out;
}

std::string to_text(const Table& table) {
  Table shown = table;
  std::vector<std::size_t> widths;
  for (auto& row : shown) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = visible(row[i]);
      widths[i] = std::max(widths[i], fiscal::characters(row[i]));
    }
  }
  std::string out;
  for (auto& row : shown) {
    while (!row.empty() && row.back().empty()) row.pop_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - fiscal::characters(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

json::value to_time(std::int64_t unix_ms) {
  if (unix_ms == 0) return nullptr;
  const date::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
  if (unix_ms % 1000 == 0) return json::string(date::format("%FT%TZ", date::floor<std::chrono::seconds>(time)));
  return json::string(date::format("%FT%TZ", time));
}

}  // namespace kassaflow::kassactl
