#include "kassaflow/bitrix24/check_apply.hpp"

#include "kassaflow/fiscal/text.hpp"
#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

void run(std::string_view input) {
  using bitrix24::Reaction;
  for (const auto told : {bitrix24::PushedEnd::done, bitrix24::PushedEnd::error}) {
    for (const int status : {200, 302, 400, 401, 403, 429, 500, 503}) {
      const auto verdict = bitrix24::classify_check_apply(told, {status, input, "https://b24.example/rest/"});
      require(fiscal::is_utf8(verdict.reason), "a reason can be logged");
      require(verdict.reaction != Reaction::done || status < 500, "a failure of the portal is not an acknowledgement");
    }
  }
}

void read_once(std::string_view input) {
  (void)bitrix24::classify_check_apply(bitrix24::PushedEnd::done, {200, input, {}});
}

constexpr Cost kCosts[] = {
    {"members",
     [](std::size_t bytes) {
       return numbered(
           bytes, [](std::size_t i) { return "\"" + std::to_string(i) + "\":0,"; }, "{", R"("result":true})");
     },
     read_once},
    {"members_of_one_name",
     [](std::size_t bytes) { return repeated(bytes, R"("result":false,)", "{", R"("result":true})"); }, read_once},
    {"objects_in_a_list",
     [](std::size_t bytes) { return repeated(bytes, R"({"a":{}},)", R"({"x":[)", R"({}],"result":true})"); },
     read_once},
    {"depth", [](std::size_t bytes) { return repeated(bytes, R"({"time":)"); }, read_once},
    {"long_code", [](std::size_t bytes) { return repeated(bytes, "A", R"({"error":")", R"("})"); }, read_once},
    {"escapes", [](std::size_t bytes) { return repeated(bytes, "\\u0041", R"({"error":")", R"("})"); }, read_once},
    {"long_number", [](std::size_t bytes) { return repeated(bytes, "9", R"({"time":{"operating_reset_at":)", "}}"); },
     read_once},
    {"long_key", [](std::size_t bytes) { return repeated(bytes, "k", R"({")", R"(":1})"); }, read_once},
};

}  // namespace

constinit const Target check_apply{"check_apply", run, kCosts};

}  // namespace kassaflow::fuzz
