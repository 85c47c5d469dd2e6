#include "kassaflow/settings/settings.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

extern char** environ;

namespace kassaflow::settings {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit kUnits[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

std::optional<Duration> parse_duration(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits || number > INT64_C(1000000000)) return std::nullopt;
  for (const auto& unit : kUnits) {
    if (text.substr(digits) == unit.name) return Duration(number * unit.ms);
  }
  return std::nullopt;
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_'; }
bool is_ipv6(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.'; }

bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return !text.empty() && (std::ranges::all_of(text, is_name) || std::ranges::all_of(text, is_ipv6));
}

// "host:port"
bool is_peer(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool bare = host.find(':') == std::string_view::npos || host.starts_with('[');
  return is_host(host) && bare && error == std::errc() && end == digits.data() + digits.size() && port != 0;
}

bool are_peers(std::string_view text) {
  while (!text.empty()) {
    const std::string_view peer = text.substr(0, text.find(','));
    if (!is_peer(peer)) return false;
    text.remove_prefix(std::min(peer.size() + 1, text.size()));
  }
  return true;
}

// A key that was written wrongly is named; anything else in its place may be a value.
std::string named(const std::string& key) {
  constexpr std::size_t kLongest = 64;
  const auto in_keys = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return key.size() <= kLongest && std::ranges::all_of(key, in_keys) ? "unknown key " + key : "not a key";
}

// What yaml-cpp says, without what it quotes behind a colon.
std::string fault_of(const YAML::Exception& error) { return error.msg.substr(0, error.msg.find(':')); }

std::string variable_of(const std::string& key) {
  std::string name = "KASSAFLOW_" + key;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::string text((std::istreambuf_iterator<char>(file)), {});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

std::string to_text(Duration duration) {
  for (const auto& unit : kUnits) {
    if (duration.count() % unit.ms == 0 && duration.count() >= unit.ms)
      return std::to_string(duration.count() / unit.ms) + std::string(unit.name);
  }
  return "0ms";
}

std::optional<std::int64_t> Settings::parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void Settings::add(Key key) { keys_.push_back(std::move(key)); }

void Settings::text(std::string& target, std::string key, std::string description) {
  add({std::move(key), std::move(description), target, "text", [&target](const std::string& value) {
         target = value;
         return true;
       }});
}

void Settings::host(std::string& target, std::string key, std::string description) {
  add({std::move(key), std::move(description), target, "an IP address or a host name",
       [&target](const std::string& value) {
         target = value;
         return is_host(value);
       }});
}

void Settings::peer(std::string& target, std::string key, std::string description) {
  add({std::move(key), std::move(description), target, "host:port", [&target](const std::string& value) {
         target = value;
         return value.empty() || is_peer(value);
       }});
}

void Settings::peers(std::string& target, std::string key, std::string description) {
  add({std::move(key), std::move(description), target, "host:port[,host:port…]", [&target](const std::string& value) {
         target = value;
         return are_peers(value);
       }});
}

void Settings::secret(Secret& target, const std::string& key, std::string description) {
  const auto set = [&target](const std::string& value) {
    target = Secret(value);
    return true;
  };
  add({key, std::move(description), "", "text", set});
  add({key + "_file", "file that holds " + key, "", "a readable file", [&target](const std::string& path) {
         if (path.empty()) return true;
         const auto value = read_file(path);
         if (value) target = Secret(*value);
         return value.has_value();
       }});
}

void Settings::duration(Duration& target, std::string key, Duration min, Duration max, std::string description) {
  check(min <= target && target <= max, "a setting's default is within its bounds");
  add({std::move(key), std::move(description), to_text(target),
       "a duration from " + to_text(min) + " to " + to_text(max) + ", such as 500ms, 5s, 15m, 2h",
       [&target, min, max](const std::string& value) {
         const auto parsed = parse_duration(value);
         if (!parsed || *parsed < min || *parsed > max) return false;
         target = *parsed;
         return true;
       }});
}

void Settings::port(std::uint16_t& target, std::string key, std::string description) {
  number<std::uint16_t>(target, std::move(key), 0, 65535, "", std::move(description) + "; 0 takes a free one");
}

void Settings::flag(bool& target, std::string key, std::string description) {
  add({std::move(key), std::move(description), target ? "true" : "false", "true or false",
       [&target](const std::string& value) {
         if (value != "true" && value != "false" && value != "1" && value != "0") return false;
         target = value == "true" || value == "1";
         return true;
       }});
}

std::vector<std::string> Settings::load(const std::string& path,
                                        const std::map<std::string, std::string>& environment) {
  std::vector<std::string> problems;
  const auto set = [&](const Key& key, const std::string& value, const std::string& where) {
    if (key.set(value)) return;
    problems.push_back(where + ": the value is not allowed for " + key.name + ": give " + key.allowed);
  };
  if (!path.empty()) {
    try {
      const auto root = YAML::LoadFile(path);
      if (!root.IsMap() && !root.IsNull()) return {path + ": must be a map of key: value"};
      for (const auto& entry : root) {
        const auto name = entry.first.as<std::string>();
        const auto where = path + ":" + std::to_string(entry.first.Mark().line + 1);
        const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const Key& known) { return known.name == name; });
        if (key == keys_.end()) {
          problems.push_back(where + ": " + named(name) + "; print-default-config lists the known ones");
        } else if (!entry.second.IsScalar() && !entry.second.IsNull()) {
          problems.push_back(where + ": " + name + " must be a single value");
        } else {
          set(*key, entry.second.IsNull() ? "" : entry.second.as<std::string>(), where);
        }
      }
    } catch (const YAML::BadFile&) {
      problems.push_back(path + ": cannot be read");
    } catch (const YAML::Exception& error) {
      problems.push_back(path + ":" + std::to_string(error.mark.line + 1) + ": " + fault_of(error));
    }
  }
  for (const auto& key : keys_) {
    const auto variable = variable_of(key.name);
    if (const auto found = environment.find(variable); found != environment.end()) set(key, found->second, variable);
  }
  return problems;
}

std::string Settings::default_yaml() const {
  std::ostringstream out;
  for (const auto& key : keys_) {
    out << "# " << key.description << "\n# " << key.allowed << "; environment: " << variable_of(key.name) << "\n"
        << (key.default_text.empty() ? "# " + key.name + ":" : key.name + ": " + key.default_text) << "\n\n";
  }
  return out.str();
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view pair(*entry);
    if (const auto equals = pair.find('='); equals != std::string_view::npos)
      result.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return result;
}

}  // namespace kassaflow::settings
