#include "kassaflow/fiscal/qr.hpp"

#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/timezone.hpp"
#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

void run(std::string_view input) {
  const auto read = fiscal::parse_qr(input);
  if (!read) return;
  require(!read->sum || *read->sum <= fiscal::kMaxAmount, "a sum is within its limits");
  const std::string written = fiscal::build_qr(*read);
  const auto again = fiscal::parse_qr(written);
  require(again.has_value() && fiscal::build_qr(*again) == written, "what is written is read back");
  require(again->names_document() == read->names_document(), "a document stays one");
  if (read->local_s) {
    for (const char* zone : {"Europe/Moscow", "Asia/Kamchatka"}) {
      const auto unix_s = fiscal::local_to_unix(*read->local_s, zone);
      require(!unix_s || *unix_s <= *read->local_s, "zones of Russia are east of Greenwich");
    }
  }
}

constexpr std::size_t kLongest = 512;  // bytes; what is longer is not looked at

constexpr Cost kCosts[] = {
    {"parts", [](std::size_t bytes) { return repeated(bytes, "a=&"); }, nullptr, kLongest},
    {"long_value", [](std::size_t bytes) { return repeated(bytes, "1", "fp="); }, nullptr, kLongest},
    {"beyond_the_limit", [](std::size_t bytes) { return repeated(bytes, "t=2&"); }},
};

}  // namespace

constinit const Target qr{"qr", run, kCosts};

}  // namespace kassaflow::fuzz
