#include "kassaflow/text/visible.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "kassaflow/fiscal/text.hpp"
#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

void run(std::string_view input) {
  const std::string shown = visible(input);
  require(fiscal::is_utf8(shown), "what is shown is UTF-8");
  require(std::ranges::none_of(shown, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }), "it is one line");
  require(visible(shown) == shown, "all of it is seen");
  std::string json;
  append_json(json, input);
  require(visible(json) == json, "JSON is seen, too");
  const std::string parsed(boost::json::parse(json).as_string());
  require(!fiscal::is_utf8(input) || parsed == input, "JSON gives the text back");
}

constexpr Cost kCosts[] = {
    {"plain", [](std::size_t bytes) { return repeated(bytes, "a"); }},
    {"russian", [](std::size_t bytes) { return repeated(bytes, "я"); }},
    {"control_characters", [](std::size_t bytes) { return repeated(bytes, "\x1B\n"); }},
    {"marks_of_direction", [](std::size_t bytes) { return repeated(bytes, "\u202E"); }},
    {"joiners", [](std::size_t bytes) { return repeated(bytes, "\u200D"); }},
    {"emoji", [](std::size_t bytes) { return repeated(bytes, "👨\u200D"); }},
    {"broken", [](std::size_t bytes) { return repeated(bytes, "\xF0\x9F\x98"); }},
};

}  // namespace

constinit const Target visible_text{"visible_text", run, kCosts};

}  // namespace kassaflow::fuzz
