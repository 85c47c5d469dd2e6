#pragma once
// Settings: a YAML file, overridden by environment. Each key is declared once: name, bounds with their unit, what it
// does and what happens when it is reached. `print-default-config`, `check-config`, `docs/settings/` and the error
// texts are made of the declarations. Unknown keys are errors.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kassaflow/base/check.hpp"
#include "kassaflow/base/secret.hpp"
#include "kassaflow/base/words.hpp"

namespace kassaflow::settings {

using Duration = std::chrono::milliseconds;
// As in a file: "25s".
[[nodiscard]] std::string to_text(Duration duration);

// A flat list of keys; the YAML file is a flat map `key: value`. The environment variable of key `push_retry_min` is
// KASSAFLOW_PUSH_RETRY_MIN. A key's default is what its target holds when it is declared; the target must outlive the
// keys.
class Settings {
 public:
  void text(std::string& target, std::string key, std::string description);
  void host(std::string& target, std::string key, std::string description);   // an IP address or a name, to listen on
  void peer(std::string& target, std::string key, std::string description);   // "host:port", or nothing
  void peers(std::string& target, std::string key, std::string description);  // "host:port[,host:port…]", or nothing
  void secret(Secret& target, const std::string& key, std::string description);  // `<key>_file` names a file instead
  void duration(Duration& target, std::string key, Duration min, Duration max,
                std::string description);                             // "500ms", "5s", "15m", "2h"
  void flag(bool& target, std::string key, std::string description);  // true/false/1/0
  void port(std::uint16_t& target, std::string key, std::string description);

  // `unit` says what is counted, in the plural: "bytes"; empty: nothing that has a name.
  template <std::integral T>
  void number(T& target, std::string key, T min, T max, const std::string& unit, std::string description) {
    check(min <= target && target <= max, "a setting's default is within its bounds");
    add({std::move(key), std::move(description), std::to_string(target),
         "a number" + (unit.empty() ? unit : " of " + unit) + between(min, max),
         [&target, min, max](const std::string& value) {
           const auto parsed = parse_number(value);
           if (!parsed || std::cmp_less(*parsed, min) || std::cmp_greater(*parsed, max)) return false;
           target = static_cast<T>(*parsed);
           return true;
         }});
  }

  // One word of a closed list.
  template <class Value, std::size_t size>
  void choice(Value& target, std::string key, const Words<Value, size>& words, std::string description) {
    std::string allowed;
    for (const auto& [word, value] : words) allowed += (allowed.empty() ? "" : " | ") + std::string(word);
    add({std::move(key), std::move(description), std::string(word_of(words, target)), std::move(allowed),
         [&target, words](const std::string& value) {
           const auto known = value_of(words, value);
           if (known) target = *known;
           return known.has_value();
         }});
  }

  // Reads the file (empty path: none), then the environment; every problem is one line naming file or variable, key and
  // what is allowed. It quotes nothing that was given: whatever it was meant for, it may be an address with its
  // password.
  [[nodiscard]] std::vector<std::string> load(const std::string& path,
                                              const std::map<std::string, std::string>& environment);
  [[nodiscard]] std::string default_yaml() const;  // commented; defaults as declared

 private:
  struct Key {
    std::string name, description, default_text, allowed;
    std::function<bool(const std::string&)> set;  // false: not allowed
  };
  static std::optional<std::int64_t> parse_number(std::string_view text);
  static std::string between(std::integral auto min, std::integral auto max) {
    return " from " + std::to_string(min) + " to " + std::to_string(max);
  }
  void add(Key key);

  std::vector<Key> keys_;
};

[[nodiscard]] std::map<std::string, std::string> process_environment();

}  // namespace kassaflow::settings
