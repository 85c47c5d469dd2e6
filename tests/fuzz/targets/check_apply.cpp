#include "kassaflow/bitrix24/check_apply.hpp"

#include "kassaflow/fiscal/text.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {

void check_apply(std::string_view input) {
  using bitrix24::Reaction;
  for (const auto told : {bitrix24::PushedEnd::done, bitrix24::PushedEnd::error}) {
    for (const int status : {200, 302, 400, 401, 403, 429, 500, 503}) {
      const auto verdict = bitrix24::classify_check_apply(told, {status, input, "https://b24.example/rest/"});
      require(fiscal::is_utf8(verdict.reason), "a reason can be logged");
      require(verdict.reaction != Reaction::done || status < 500, "a failure of the portal is not an acknowledgement");
    }
  }
}

}  // namespace kassaflow::fuzz
