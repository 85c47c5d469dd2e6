#pragma once
// The view: what the journal has said of each receipt, kept in the schema `status` with the positions in the same
// transaction. Outcomes are applied by revision and `done` is terminal; a post is covered once an outcome names it
// (exactly-once.md 12, 14).
//
// The SQL functions run on pool or Kafka threads; the rules are pure.

#include <cstdint>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/positions/positions.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/v1/records.pb.h"
#include "kassaflow/v1/status.pb.h"

namespace kassaflow::status {

// What the portal may be told of a receipt.
struct ViewEntry {
  InstallationId installation;
  v1::ReceiptOutcome outcome;
  bool uncovered_posts = false;  // an accepted post no outcome has named yet
  bool outdated = false;         // told before a log was lost: the journal may have said more since
  bool error_withheld = false;   // an operator retries it: its error is never told (exactly-once.md 16)
  std::int64_t pushed_at_ms = 0;
};

enum class Answer : std::uint8_t { wait, done, error_if_current };

// Pure. CHECK_URL for a receipt asked by `installation` (I3, I5, exactly-once.md 14). `error_if_current`: ERROR,
// provided the view has reached the log ends read after the question came.
[[nodiscard]] Answer answer_for(const std::optional<ViewEntry>& known, const InstallationId& installation);

// True when the view has taken in every record before `ends`; unknown (empty) ends are never reached, nor are those of
// another log than the one that was read.
[[nodiscard]] bool reached(const kafka::ReadPositions& stored, const std::vector<kafka::LogEnd>& ends);

// Pure. The register's attributes, as the portal is told them. PRINT_END_TIME alone may be our own clock: when the
// receipt was finished, which a repeated post does not change (exactly-once.md 19). Never of a document a person typed:
// that was finished when somebody looked, and the OFD finds it by its own time only.
[[nodiscard]] fiscal::FiscalDocument document_of(const v1::ReceiptOutcome& outcome);
[[nodiscard]] std::int64_t finished_at_ms(const v1::ReceiptOutcome& outcome);

// WAIT for what is none of the states.
[[nodiscard]] receipts::PortalWord portal_word(v1::ReceiptState state);
// "queued", …; empty for what is none of the states.
[[nodiscard]] std::string_view state_word(v1::ReceiptState state);

// Pure. What a batch of both topics brings.
struct News {
  std::map<ReceiptId, v1::ReceiptOutcome> outcomes;         // the highest revision of each; 0: only its post is known
  std::map<std::pair<ReceiptId, std::string>, bool> posts;  // receipt and post -> an outcome names it
  std::vector<kafka::Record> unreadable;
};
[[nodiscard]] News read_news(const std::vector<kafka::Record>& batch);

namespace sql {
// Returns the records that could not be read; the positions behind them are stored too. `push_delay_ms` after an
// outcome it is pushed.
std::vector<kafka::Record> apply(pqxx::work& work, const std::vector<kafka::Record>& batch, std::int64_t push_delay_ms);
std::optional<ViewEntry> find(pqxx::work& work, const ReceiptId& receipt);

// The portal is about to be told the error of this revision; false: it must not be, it changed, is outdated or withheld
// or has a post no outcome has named. PushedEnd and withheld exclude each other, for ever (exactly-once.md 16).
bool tell_error(pqxx::work& work, const ReceiptId& receipt, std::uint64_t revision);
v1::WithholdErrorResponse::Verdict withhold_error(pqxx::work& work, const ReceiptId& receipt, std::uint64_t revision);

struct Filter {
  TenantId tenant;  // empty: any, as the next two
  PoolId pool;
  std::string state;
  std::int64_t since_ms = 0;
  std::uint32_t limit = 100;
};
std::vector<ViewEntry> list(pqxx::work& work, const Filter& filter);
// An entry for each that is known. Prepared: ingress asks this all the time.
v1::LookUpResponse look_up(pqxx::transaction_base& session, const v1::LookUpRequest& request);
}  // namespace sql

}  // namespace kassaflow::status
