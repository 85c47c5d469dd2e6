#pragma once
// What the services must know of a register protocol beside how to speak it (driver.hpp): its document, what is unique
// about its registers, its pauses, its callbacks. A protocol is a folder under src/; protocols.cpp lists them, and
// nobody else says their names. What a new protocol does not answer does not compile.
//
// Pure and thread-safe; protocols live as long as the program.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::async {
class Clock;
}  // namespace kassaflow::async
namespace kassaflow::http {
class Transport;
}  // namespace kassaflow::http
namespace kassaflow::v1 {
class Register;
}  // namespace kassaflow::v1

namespace kassaflow::registers {

class Driver;
struct RegisterSettings;

// What is wrong with a document. Quotes no credential.
struct Problem {
  std::string key;      // as in the YAML grammar
  std::string message;  // English, follows the key: "is missing"
};

// Something that at most one register over all tenants may have (exactly-once.md 9).
struct Claim {
  std::string what;   // "register", or a word of the protocol's; stored, so it does not change
  std::string value;  // no credential: its hash
  std::string key;    // of the grammar, where the value stands
  std::string taken;  // English, said before the name of the document that has it already: "is the token of"
};
inline constexpr std::string_view kRegisterClaim = "register";

// Where its registers are reached.
enum class Endpoint : std::uint8_t {
  none,     // nowhere: there is no device
  movable,  // the document names an address; it may change at any time
  fixed,    // it names one that stays while the register exists: what is under way there is asked for there
};

// How long something lasts at a protocol's registers: a setting of the fiscalizer.
struct DurationSetting {
  const char* name;
  std::chrono::milliseconds standard;
  std::chrono::milliseconds least;
  std::chrono::milliseconds longest;
  const char* description;  // English
};
// The values in force of all protocols' settings, by name.
using Durations = std::map<std::string, std::chrono::milliseconds>;

// How long a lane waits for what. Of a register that can be asked only the questions' pauses count, of one that cannot
// only `quiet`.
struct Timers {
  std::chrono::milliseconds longest_answer{};  // to one sending, its connection included
  std::chrono::milliseconds first_question{};  // after a lost answer
  std::chrono::milliseconds poll{};            // between questions about what is in the register's own queue
  std::chrono::milliseconds repost_grace{};    // clean negatives before the same bytes leave again (exactly-once.md 7)
  std::chrono::milliseconds quiet{};           // rest after a lost answer, before a document proves anything (6)
};

// A protocol's part of a register's document, with its credentials. Only the protocol knows what is in it.
class ProtocolSettings {
 public:
  ProtocolSettings() = default;
  ProtocolSettings(const ProtocolSettings&) = default;
  ProtocolSettings& operator=(const ProtocolSettings&) = default;
  virtual ~ProtocolSettings() = default;
};

// What a callback is about: the physical register (empty: it names none), and the attempt by key or by the name the
// register knows it by; of these either may be empty.
struct CallbackNames {
  RegisterIdentity identity;
  std::string key;
  std::string remote_id;
};

// How a cloud tells the end of a document by itself, at /callbacks/{protocol}/{token}.
class Callbacks {
 public:
  using Headers = std::function<std::string_view(std::string_view name)>;  // empty: there is no such header

  virtual ~Callbacks() = default;
  // What the token in the URL is derived from; empty: this register has no callbacks.
  [[nodiscard]] virtual std::string key(const v1::Register& document) const = 0;
  virtual void set_key(v1::Register& document, std::string key) const = 0;
  // The caller knows the key of the register with these settings, which hold one.
  [[nodiscard]] virtual bool authentic(const ProtocolSettings& settings, const Headers& headers) const = 0;
  // nullopt: it cannot be read.
  [[nodiscard]] virtual std::optional<CallbackNames> named_in(std::string_view body) const = 0;
};

inline constexpr ErrorKind kReceiptTotal{"receipt.total"};

class Protocol {
 public:
  virtual ~Protocol() = default;

  // The word of documents, URLs and logs. The field of v1::Register with this name holds the protocol's own settings.
  [[nodiscard]] virtual std::string_view name() const = 0;

  // --- its document ---

  [[nodiscard]] virtual Endpoint endpoint() const = 0;
  // False: nothing its registers print is a fiscal document, so they share no pool with registers that are devices.
  [[nodiscard]] bool has_device() const { return endpoint() != Endpoint::none; }
  // What is wrong with the protocol's own keys.
  [[nodiscard]] virtual std::vector<Problem> check(const v1::Register& document) const = 0;
  // The physical register over all tenants, by which the journal knows it: "protocol:…". Its value is empty when the
  // document lacks what it is made of, as it does where that is a credential that this service is not sent.
  [[nodiscard]] virtual Claim identity(const v1::Register& document) const = 0;
  // What else no two registers may share. Of a document that is checked.
  [[nodiscard]] virtual std::vector<Claim> further_claims(const v1::Register&) const { return {}; }
  // Never null. Keys that are not set, or not sent to this service, are empty.
  [[nodiscard]] virtual std::shared_ptr<const ProtocolSettings> read(const v1::Register& document) const = 0;
  // Null: its registers never call back.
  [[nodiscard]] virtual const Callbacks* callbacks() const { return nullptr; }

  // --- printing ---

  // The rule of Driver::render that is asked before a receipt is accepted. Fails with kReceiptTotal and a Russian
  // text without a full stop.
  [[nodiscard]] virtual Result<void> check_total(fiscal::Kopecks) const { return {}; }
  // The idempotency key of attempt `number` (from 1) of a receipt or report, the same after a crash (exactly-once.md
  // 1).
  [[nodiscard]] virtual std::string attempt_key(std::string_view id, std::uint32_t number) const = 0;
  [[nodiscard]] virtual std::span<const DurationSetting> duration_settings() const = 0;
  [[nodiscard]] virtual Timers timers(const Durations& durations) const = 0;
  // For settings that were read from a document of this protocol. All that the driver sends goes through `transport`;
  // that and `clock` outlive it.
  [[nodiscard]] virtual std::unique_ptr<Driver> make_driver(const RegisterSettings& settings,
                                                            const Durations& durations, http::Transport& transport,
                                                            async::Clock& clock) const = 0;
};

[[nodiscard]] std::span<const Protocol* const> protocols();
// Null: there is none of this name.
[[nodiscard]] const Protocol* find_protocol(std::string_view name);
// Null: the document says none, or one that this version does not speak.
[[nodiscard]] const Protocol* find_protocol(const v1::Register& document);

// Every setting of every protocol at its standard value.
[[nodiscard]] Durations standard_durations();

inline constexpr ErrorKind kUnknownProtocol{"register.unknown_protocol",
                                            "start a version of this program that speaks it, or correct the document"};
// The document as lanes and callbacks use it; the time zone stays empty, it is the pool's. Fails with
// kUnknownProtocol for what this version does not speak.
[[nodiscard]] Result<RegisterSettings> read_settings(const v1::Register& document);

}  // namespace kassaflow::registers
