#include "common/wire_json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <utility>

#include "common/text.hpp"

namespace kassaflow::registers {
namespace {

constexpr std::size_t kDepthLimit = 32;
constexpr std::size_t kValuesLimit = 50'000;

// Receives the parser's events and builds the tree.
class TreeBuilder {
 public:
  using error_code = boost::json::error_code;
  using string_view = boost::json::string_view;
  static constexpr std::size_t max_object_size = kValuesLimit;
  static constexpr std::size_t max_array_size = kValuesLimit;
  static constexpr std::size_t max_key_size = 1024;
  static constexpr std::size_t max_string_size = 1024 * 1024;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code& error) { return open(Json::Kind::object, error); }
  bool on_array_begin(error_code& error) { return open(Json::Kind::array, error); }
  bool on_object_end(std::size_t, error_code& error) { return close(error); }
  bool on_array_end(std::size_t, error_code& error) { return close(error); }
  bool on_key_part(string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_key(string_view part, std::size_t, error_code&) {
    keep(part);
    key_ = std::exchange(pending_, {});
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) { return keep(part); }
  bool on_string(string_view part, std::size_t, error_code& error) { return scalar(Json::Kind::string, part, error); }
  bool on_number_part(string_view part, error_code&) { return keep(part); }
  bool on_int64(std::int64_t, string_view part, error_code& error) { return scalar(Json::Kind::number, part, error); }
  bool on_uint64(std::uint64_t, string_view part, error_code& error) { return scalar(Json::Kind::number, part, error); }
  bool on_double(double, string_view part, error_code& error) { return scalar(Json::Kind::number, part, error); }
  bool on_bool(bool value, error_code& error) { return scalar(Json::Kind::boolean, value ? "true" : "false", error); }
  bool on_null(error_code& error) { return scalar(Json::Kind::null, "", error); }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

  [[nodiscard]] Json take() { return std::move(root_); }

 private:
  bool keep(string_view part) {
    pending_.append(part.data(), part.size());
    return true;
  }
  bool counted(error_code& error) {
    if (++count_ <= kValuesLimit) return true;
    error = boost::json::error::exception;
    return false;
  }
  bool add(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else {
      stack_.back().value.values.push_back({std::exchange(key_, {}), std::move(value)});
    }
    return true;
  }
  bool scalar(Json::Kind kind, string_view part, error_code& error) {
    keep(part);
    return counted(error) && add(Json(kind, std::exchange(pending_, {})));
  }
  bool open(Json::Kind kind, error_code& error) {
    stack_.push_back({std::exchange(key_, {}), Json(kind)});
    return counted(error);
  }
  bool close(error_code&) {
    auto [key, value] = std::move(stack_.back());
    stack_.pop_back();
    key_ = std::move(key);
    return add(std::move(value));
  }

  Json root_;
  std::vector<JsonMember> stack_;
  std::string key_;
  std::string pending_;
  std::size_t count_ = 0;
};

void flatten(const Json& json, std::string& out) {
  if (json.kind == Json::Kind::string || json.kind == Json::Kind::number) {
    if (json.text.empty()) return;
    if (!out.empty()) out += "; ";
    out += json.text;
  }
  for (const auto& [key, value] : json.values) flatten(value, out);
}

}  // namespace

Json::Json() = default;
Json::Json(Kind given_kind, std::string given_text) : kind(given_kind), text(std::move(given_text)) {}
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

const Json& Json::operator[](std::string_view key) const {
  static const Json nothing;
  const auto found = std::ranges::find(values, key, &JsonMember::key);
  return is_object() && found != values.end() ? found->value : nothing;
}

bool Json::has(std::string_view key) const {
  return is_object() && std::ranges::any_of(values, [&](const JsonMember& member) { return member.key == key; });
}

bool Json::says_nothing() const {
  switch (kind) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return text == "false";
    case Kind::number:
      return text == "0";
    case Kind::string:
      return trimmed(text).empty();
    case Kind::array:
    case Kind::object:
      return values.empty();
  }
  return true;
}

std::string Json::digits() const {
  if (kind != Kind::number && kind != Kind::string) return {};
  const std::string_view value = trimmed(text);
  return all_digits(value) ? std::string(value) : std::string();
}

std::string_view Json::scalar() const {
  return kind == Kind::number || kind == Kind::string ? std::string_view(text) : std::string_view();
}

std::string Json::flat() const {
  std::string out;
  flatten(*this, out);
  return out;
}

std::optional<Json> parse_json(std::string_view utf8) {
  boost::json::parse_options options;
  options.max_depth = kDepthLimit;
  boost::json::basic_parser<TreeBuilder> parser(options);
  boost::json::error_code error;
  const std::size_t read = parser.write_some(false, utf8.data(), utf8.size(), error);
  if (error || !parser.done() || read != utf8.size()) return std::nullopt;
  return parser.handler().take();
}

}  // namespace kassaflow::registers
