#pragma once
// Settings: a YAML file, overridden by environment. Every key has a description, a default and bounds, from which
// `print-default-config`, `check-config` and the error texts are made. Unknown keys are errors.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/base/secret.hpp"

namespace kassaflow::settings {

using Duration = std::chrono::milliseconds;

// A flat list of keys; the YAML file is a flat map `key: value`. The environment variable of key `push_retry_min` is
// KASSAFLOW_PUSH_RETRY_MIN.
class Settings {
 public:
  void text(std::string& target, std::string key, std::string description);  // default = target's value now
  void secret(Secret& target, std::string key, std::string description);     // `<key>_file` names a file instead
  void duration(Duration& target, std::string key, Duration min, Duration max,
                std::string description);  // "500ms", "5s", "15m", "2h"
  void number(std::int64_t& target, std::string key, std::int64_t min, std::int64_t max, std::string description);
  void flag(bool& target, std::string key, std::string description);  // true/false/1/0

  // Reads the file (empty path: none), then the environment; every problem is one line naming file or variable, key,
  // value and what is allowed.
  [[nodiscard]] std::vector<std::string> load(const std::string& path,
                                              const std::map<std::string, std::string>& environment);
  [[nodiscard]] std::string default_yaml() const;  // commented; defaults as registered

 private:
  struct Key {
    std::string name, description, default_text, allowed;
    std::function<bool(const std::string&)> set;  // false: not allowed
    bool secret = false;
  };
  std::vector<Key> keys_;
  void add(Key key);
};

[[nodiscard]] std::map<std::string, std::string> process_environment();

}  // namespace kassaflow::settings
