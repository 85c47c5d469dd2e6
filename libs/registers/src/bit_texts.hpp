#pragma once
// Russian texts of the BIT driver and the register drivers behind it, classified by word stems (protocols/bit-driver.md
// §8, §10). Pure. Fails closed: what is not recognised is `unclear`, and an unclear failure is an unknown outcome.

#include <cstdint>
#include <string_view>

namespace kassaflow::registers::bit {

enum class TextClass : std::uint8_t {
  unclear,
  ambiguous,  // paper, cover, printer, link: the receipt may be in the storage already
  duplicate,  // the order id is known: says nothing about how it ended
  shift_expired,
  shift_closed,
  shift_open,
  register_fault,  // token, format of the packet, CORS, licence, exhausted storage
  data,            // the receipt itself
};

// `packet`: the text refuses the whole packet, so its format and JSON are meant, not a field of the receipt.
[[nodiscard]] TextClass classify(std::string_view utf8, bool packet);

}  // namespace kassaflow::registers::bit
