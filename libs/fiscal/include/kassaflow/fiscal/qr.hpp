#pragma once
// Content of a receipt's QR code [1196]: t=…&s=…&fn=…&i=…&fp=…&n=… (protocols/ffd.md §7, protocols/itkassa.md §12).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/money.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::fiscal {

inline constexpr ErrorKind kQrMalformed{"qr.malformed"};

struct Qr {
  std::optional<std::int64_t> local_s;            // t: local time of the register as if it were UTC (timezone.hpp)
  std::optional<Kopecks> sum;                     // s
  std::string fn;                                 // fn: digits as told, at most 16
  std::uint32_t fd = 0;                           // i, 0 = unknown
  std::string fp;                                 // fp: 0..10 digits as told
  std::optional<SettlementType> settlement_type;  // n, absent for 0

  // False for what test registers and non-fiscal documents show: no FN, number 0, or a sign of zeros only.
  [[nodiscard]] bool names_document() const;
  bool operator==(const Qr&) const = default;
};

// Keys in any order and case; unknown keys are ignored, absent and empty ones are unknown. "t=19700101T000000" is
// unknown too. Fails with kQrMalformed on a value that cannot be read, a repeated key or more than 512 bytes.
[[nodiscard]] Result<Qr> parse_qr(std::string_view text);

// Every part, with seconds; unknown ones as the vendors' empty values.
[[nodiscard]] std::string build_qr(const Qr& qr);

}  // namespace kassaflow::fiscal
