#pragma once
// The view: what the journal has said of each receipt, kept in the schema `status` with the offsets in the same
// transaction. Outcomes are applied by revision and `done` is terminal; a post is covered once an outcome names it
// (exactly-once.md 12, 14).
//
// The SQL functions run on pool or Kafka threads; the rules are pure.

#include <cstdint>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/postgres/pool.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::status {

inline constexpr const char* kSchema = "status";
[[nodiscard]] const std::vector<postgres::Migration>& migrations();

using Positions = std::map<std::pair<std::string, std::int32_t>, std::int64_t>;

// What the portal may be told of a receipt.
struct Known {
  std::string installation;
  v1::ReceiptOutcome outcome;
  bool uncovered_posts = false;  // an accepted post no outcome has named yet
  std::int64_t pushed_at_ms = 0;
};

enum class Answer : std::uint8_t { wait, done, error_if_current };

// Pure. CHECK_URL for a receipt asked by `installation` (I3, I5, exactly-once.md 14). `error_if_current`: ERROR,
// provided the view has reached the log ends read after the question came.
[[nodiscard]] Answer answer_for(const std::optional<Known>& known, const std::string& installation);

// True when the view has taken in every record before `ends`.
[[nodiscard]] bool reached(const Positions& stored, const std::vector<kafka::Consumer::Lag>& ends);

namespace sql {
// Returns the records that could not be read; their offsets are stored too. `push_delay_ms` after an outcome it is
// pushed.
std::vector<kafka::Record> take_in(pqxx::work& work, const std::vector<kafka::Record>& batch,
                                   std::int64_t push_delay_ms);
Positions positions(pqxx::work& work);
std::optional<Known> find(pqxx::work& work, const std::string& receipt_id);

struct Filter {
  std::string tenant, pool, state;
  std::int64_t since_ms = 0;
  std::uint32_t limit = 100;
};
std::vector<Known> list(pqxx::work& work, const Filter& filter);
std::vector<Known> look_up(pqxx::work& work, const std::vector<std::string>& ids);
}  // namespace sql

}  // namespace kassaflow::status
