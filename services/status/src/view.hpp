#pragma once
// The view: what the journal has said of each receipt, kept in the schema `status` with the positions in the same
// transaction. Outcomes are applied by revision and `done` is terminal; a post is covered once an outcome names it
// (exactly-once.md 12, 14).
//
// The SQL functions run on pool or Kafka threads; the rules are pure.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/kafka/set_aside.hpp"
#include "kassaflow/positions/positions.hpp"
#include "kassaflow/postgres/portions.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/v1/records.pb.h"
#include "kassaflow/v1/status.pb.h"

namespace kassaflow::status {

// What the portal may be told of a receipt.
struct ViewEntry {
  InstallationId installation;
  v1::ReceiptOutcome outcome;
  bool uncovered_posts = false;  // an accepted post no outcome has named yet
  bool outdated = false;         // told before a log was lost, or an outcome of it set aside: more may have been said
  bool error_withheld = false;   // an operator retries it: its error is never told (exactly-once.md 16)
  std::int64_t pushed_at_ms = 0;
};

enum class Answer : std::uint8_t { wait, done, error_if_current };

// Pure. What is told to `portal` of a receipt (I3, I5, exactly-once.md 14). `error_if_current`: ERROR, provided the
// view has reached the log ends read after the question came.
[[nodiscard]] Answer answer_for(const std::optional<ViewEntry>& known, const configuration::Installation& portal);
// Pure. The receipt is that installation's, and its tenant's.
[[nodiscard]] bool is_of(const v1::ReceiptOutcome& outcome, const configuration::Installation& portal);

// Pure. The register's attributes, as the portal is told them. PRINT_END_TIME alone may be our own clock: when the
// receipt was finished, which a repeated post does not change (exactly-once.md 19). Never of a document a person typed:
// that was finished when somebody looked, and the OFD finds it by its own time only.
[[nodiscard]] fiscal::FiscalDocument document_of(const v1::ReceiptOutcome& outcome);

// WAIT for what is none of the states.
[[nodiscard]] receipts::PortalWord portal_word(v1::ReceiptState state);
// "queued", …; empty for what is none of the states.
[[nodiscard]] std::string_view state_word(v1::ReceiptState state);

// Whose a receipt is.
struct Owner {
  TenantId tenant;
  InstallationId installation;
  bool told = false;  // by the journal, which stands; else only a post has said so

  [[nodiscard]] bool is(const Owner& other) const {
    return tenant == other.tenant && installation == other.installation;
  }
};
using Owners = std::map<ReceiptId, Owner>;

// An accepted post.
struct Post {
  bool covered = false;              // an outcome names it
  InstallationId installation = {};  // that accepted it; empty: only an outcome has named it

  // The same post, as another record says it. Of one that several installations say is theirs, each has it.
  void add(const Post& other);
  [[nodiscard]] bool is_uncovered_post_of(const InstallationId& receipts_installation) const;
};

// What a portion of both topics brings.
struct News {
  std::map<ReceiptId, v1::ReceiptOutcome> outcomes;         // the highest revision of each; 0: only its post is known
  std::map<std::pair<ReceiptId, std::string>, Post> posts;  // by receipt and post
  std::vector<kafka::SetAside> aside;
  std::set<ReceiptId> doubtful;  // an outcome of it was set aside: nothing older is a ground for an ERROR
};
// Pure but for `find_owners`, which is asked once: whose those are that the view knows. The journal's word on whose a
// receipt is stands over a post's, and its first over another.
[[nodiscard]] News read_news(const configuration::Snapshot& configuration,
                             const postgres::Portion<kafka::Record>& portion,
                             const std::function<Owners(const std::set<ReceiptId>&)>& find_owners);

namespace sql {
// Takes a portion in, or sets it aside, with the positions behind it. Returns what was set aside. `push_delay_ms` after
// an outcome it is pushed.
std::vector<kafka::SetAside> apply(pqxx::work& work, const configuration::Snapshot& configuration,
                                   const postgres::Portion<kafka::Record>& portion, std::int64_t push_delay_ms);
std::optional<ViewEntry> find(pqxx::work& work, const ReceiptId& receipt);

// The portal is about to be told the error of this revision; false: it must not be, it changed, is outdated or withheld
// or has a post no outcome has named. PushedEnd and withheld exclude each other, for ever (exactly-once.md 16).
bool tell_error(pqxx::work& work, const ReceiptId& receipt, std::uint64_t revision);
// `asker`: whose the receipt is for whoever asks; of another's nothing has come here yet.
v1::WithholdErrorResponse::Verdict withhold_error(pqxx::work& work, const ReceiptId& receipt, const Owner& asker,
                                                  std::uint64_t revision);

struct Filter {
  TenantId tenant;  // empty: any, as the next two
  PoolId pool;
  std::string state;
  std::int64_t since_ms = 0;
  std::uint32_t limit = 100;
};
std::vector<ViewEntry> list(pqxx::work& work, const Filter& filter);
// Records that were set aside, as the request says; and what is too old of them is forgotten: how many.
v1::ListSetAsideResponse list_set_aside(pqxx::work& work, const v1::ListSetAsideRequest& request);
int forget_set_aside(pqxx::work& work, std::chrono::milliseconds age);
// An entry for each that is known. Prepared: ingress asks this all the time.
v1::LookUpResponse look_up(pqxx::transaction_base& session, const v1::LookUpRequest& request);
}  // namespace sql

}  // namespace kassaflow::status
