#pragma once
// Structured logs: one JSON line an event on standard error. Fields are typed; a Secret cannot be a field. Whatever a
// text holds, it ends no line and does nothing to a terminal (text/visible.hpp). Thread-safe. Texts are English.

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace kassaflow::log {

enum class Level { debug, info, warn, error };

// Views what it is given: made in the call that writes the line, not kept.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, const std::string& value) : key_(key), value_(std::string_view(value)) {}
  template <std::integral T>
  Field(std::string_view key, T value) : key_(key), value_(static_cast<std::int64_t>(value)) {}
  Field(std::string_view key, bool value) : key_(key), value_(value) {}
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] const std::variant<std::string_view, std::int64_t, bool>& value() const { return value_; }

 private:
  std::string_view key_;
  std::variant<std::string_view, std::int64_t, bool> value_;
};

// {"ts":"2026-…Z","level":"info","service":"ingress","event":"receipt.accepted","receipt":"…","trace":"…"}
void write(Level level, std::string_view event, std::span<const Field> fields);
inline void write(Level level, std::string_view event, std::initializer_list<Field> fields = {}) {
  write(level, event, std::span(fields.begin(), fields.size()));
}
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
  write(Level::error, event, fields);
}

// Who writes, and from which level on; at start, before there are threads.
void configure(std::string service, Level minimum);

// From now on lines below warn are written together, by flush(): `soon` is called, from any thread, when the first
// of them waits, and has flush() run shortly. A warning or an error is written at once, with what waits. An empty
// `soon` ends this.
void gather(std::function<void()> soon);
void flush();

}  // namespace kassaflow::log
