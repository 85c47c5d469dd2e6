#pragma once
// How much a field of a record may hold. read.hpp checks it in whoever reads a record, and in whoever writes one:
// nobody writes what nobody would read. Amounts and texts of a receipt have the law's limits (fiscal/rules.hpp), ids
// those of configuration documents (documents::is_id). A limit that is lowered makes records unreadable that lie in a
// topic.

#include <cstddef>
#include <cstdint>

namespace kassaflow::records {

inline constexpr std::size_t kUniqueIdDigits = 20;                    // the portal's number of a check
inline constexpr std::size_t kPortalUuidLimit = 100;                  // characters
inline constexpr std::int64_t kLatestDateCreate_s = 999'999'999'999;  // of 12 digits
inline constexpr std::size_t kDigestLimit = 32;                       // bytes: SHA-256
inline constexpr std::size_t kWordLimit =
    64;  // characters: a kind of warning, a check type, a protocol, a journal's id
inline constexpr std::size_t kWarningLimit = 500;  // characters of a warning's text
inline constexpr std::size_t kNameLimit = 128;     // characters: a register's identity, an attempt's key, a remote id
inline constexpr std::size_t kCallbackLimit = 256 * 1024;        // bytes of a callback's body
inline constexpr std::size_t kErrorLimit = 2000;                 // characters: an error, a detail, a reason
inline constexpr int kAttemptsLimit = 50;                        // of an outcome, the latest
inline constexpr std::int64_t kLatest_ms = 253'402'300'799'999;  // 9999-12-31: of every time

}  // namespace kassaflow::records
