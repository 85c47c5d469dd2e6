#pragma once
// One register protocol, written for the unknown outcome: every conversation ends in a Finding that says
// what is known, with the bytes that say so. A driver speaks; what to do next is decided by the caller (the lane).
//
// Thread-safety: a driver object belongs to one lane and is used by one coroutine at a time.

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/http/transport.hpp"
#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registers {

// What one conversation proved about one attempt.
enum class Fact : std::uint8_t {
  printed,      // the register signed a document
  not_printed,  // certainly no document exists and none can appear from the bytes sent
  pending,      // the register's own queue has it; ask again
  absent,       // a clean negative to a question by key: not there so far (exactly-once.md 7)
  unknown,      // bytes may have reached the register, or the answer contradicts itself
};

// Why it was not printed, or why nothing could be learned; decides what the lane does.
enum class Cause : std::uint8_t {
  none,
  data,            // the receipt cannot be printed anywhere as it is -> failed
  register_fault,  // paper, FN, licence, token: stop the register, keep the receipt
  transient,       // link down, overload: back off, same register
  shift_expired,   // close the shift; the next attempt finds it closed
  shift_closed,    // open the shift, then a new attempt
  test_register,   // its document says another kind than it is: with not_printed, only a document without legal force
                   // was made; with printed, a real one on what was to be a test register. A person must see to it
  ambiguous,       // only with Fact::unknown
};
inline constexpr Cause kCauses[] = {Cause::none,          Cause::data,         Cause::register_fault, Cause::transient,
                                    Cause::shift_expired, Cause::shift_closed, Cause::test_register,  Cause::ambiguous};

// The words they are stored and logged under; they do not change. A word of a later version is `unknown` and `none`.
[[nodiscard]] std::string_view to_string(Fact fact);
[[nodiscard]] std::string_view to_string(Cause cause);
[[nodiscard]] Fact fact_from(std::string_view word);
[[nodiscard]] Cause cause_from(std::string_view word);

struct Finding {
  Fact fact = Fact::unknown;
  Cause cause = Cause::none;
  std::string code;  // protocol's own code or a stable word ("http_502"), for logs and people
  std::string text;  // register's text or ours; shown to people, no secrets
  std::optional<fiscal::FiscalDocument> document;  // with printed: what the register told
  std::string remote_id;                           // the name the register knows it by, once told
  std::string raw_answer;                          // bytes of the answer, at most kRawAnswerLimit
  bool refused = false;                            // unknown: the peer does not take these bytes, and says so
  bool warning = false;                            // printed, but the answer also reported a fault
  bool alarm = false;  // the answer contradicts itself or what was asked (exactly-once.md 7, 8)
};
inline constexpr std::size_t kRawAnswerLimit = 64 * 1024;
[[nodiscard]] Finding finding(Fact fact, Cause cause, std::string code, std::string text);

// Finding::code of a document that left the cloud's queue without a result (itkassa.md §6.3): a person must ask.
inline constexpr const char* kLeftQueue = "left_queue";

// The bytes of one attempt, rendered before anything is sent and stored with the attempt (exactly-once.md 1).
struct Rendered {
  std::string body;
};

// An attempt as the journal has it.
struct AttemptRef {
  std::string key;                 // idempotency key / order id: chosen once per attempt
  std::string remote_id;           // the name the register knows it by, empty while unknown
  std::string body;                // Rendered::body, as stored
  std::int64_t total_kopecks = 0;  // to compare with what the register echoes
  fiscal::SettlementType settlement_type = fiscal::SettlementType::income;
  bool repeated = false;  // this key was posted before: an error code may only mean "already known"
  // The last document the journal knew of this register when the attempt was opened, 0 = none: the same for every
  // sending, as one register has one open attempt.
  std::uint64_t document_before = 0;
};

struct Health {
  // Why it is not up.
  enum class Why : std::uint8_t {
    unreachable,  // no connection to it, or to its cloud
    answer,       // what was answered is not understood
    credentials,  // the cloud does not take them
    disabled,     // switched off in the cloud
    storage,      // the term of its fiscal storage is over
    licence,      // the cloud's is over
    missing,      // the cloud has no such register
  };
  // What it tells of its fiscal storage; what it does not is nullopt. Times are Unix time.
  struct Storage {
    std::optional<std::int64_t> ends_at_s;
    std::optional<std::int64_t> unsent;          // documents that have not reached the OFD
    std::optional<std::int64_t> unsent_since_s;  // of the oldest of them; nullopt also when there is none
  };

  bool up = false;
  Why why = Why::unreachable;       // with !up
  std::string detail;               // why not, or a warning
  std::string fn;                   // as read now, empty = unknown
  std::string registration_number;  // as read now, empty = unknown
  std::optional<bool> test;         // whether it prints without legal force, as read now; nullopt = it does not say
  enum class Shift : std::uint8_t { unknown, open, closed, expired } shift = Shift::unknown;
  Storage storage = {};
};

struct Capabilities {
  bool query_by_key = false;              // ask() can settle a lost answer
  bool absent_may_be_sent_again = false;  // what ask() finds absent may be sent again (exclusive: nobody else feeds it)
  bool same_key_deduplicated = false;     // sending the identical bytes again is safe
  bool manages_shifts = false;            // false: the lane opens and closes shifts itself
};

enum class ShiftCommand : std::uint8_t { open, close };

class Driver {
 public:
  virtual ~Driver() = default;

  [[nodiscard]] virtual Capabilities capabilities() const = 0;

  // No I/O; the same bytes each time but for the time zone's code, which may change with the date. Fails with
  // Error{code, Russian text naming line and field} when this protocol or this till cannot express
  // the receipt (Cause::data for the caller), e.g. a VAT rate it has no name for.
  [[nodiscard]] virtual Result<Rendered> render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                                const std::string& key) const = 0;

  // Sends the stored bytes once on a connection of its own: connect, `guard`, write, read. Never repeats.
  virtual boost::asio::awaitable<Finding> send(const AttemptRef& attempt, http::WriteGuard& guard) = 0;

  // Asks for the attempt, by remote_id or by key. Only with capabilities().query_by_key.
  virtual boost::asio::awaitable<Finding> ask(const AttemptRef& attempt) = 0;

  // Pure. What a callback says about `attempt`; nullopt when it is about something else.
  [[nodiscard]] virtual std::optional<Finding> read_callback(const AttemptRef& attempt,
                                                             std::string_view body) const = 0;

  // A shift report: a fiscal document too, so it is an attempt with rendered bytes and a guard of its own.
  [[nodiscard]] virtual Rendered render_shift(ShiftCommand command, const fiscal::Till& till,
                                              const std::string& key) const = 0;
  virtual boost::asio::awaitable<Finding> send_shift(ShiftCommand command, const AttemptRef& attempt,
                                                     http::WriteGuard& guard) = 0;

  // Harmless probe; never prints.
  virtual boost::asio::awaitable<Health> probe() = 0;
};

// What the registry knows of one register.
struct RegisterSettings {
  RegisterId id;
  TenantId tenant;
  const Protocol* protocol = nullptr;           // not null in settings that were read (read_settings)
  std::shared_ptr<const ProtocolSettings> own;  // the protocol's part, not null either
  RegisterIdentity identity;                    // the physical register over all tenants (exactly-once.md 9)
  std::string endpoint;                         // absolute http(s) URL
  std::string registration_number;              // empty: the register tells it, or nobody knows it
  bool exclusive = true;
  bool test = false;     // a test register: its documents have no legal force
  std::string timezone;  // IANA, of the register's clock
};

}  // namespace kassaflow::registers
