#include "view.hpp"

#include "kassaflow/base/check.hpp"
#include "kassaflow/configuration/ownership.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/rpc/page.hpp"
#include "push_sql.hpp"

namespace kassaflow::status {

using postgres::from_bytea;
using postgres::IntArray;
using postgres::TextArray;
using receipts::PortalWord;

std::string_view state_word(v1::ReceiptState state) {
  const auto known = records::from_record(state);
  return known ? receipts::to_string(*known) : std::string_view();
}

PortalWord portal_word(v1::ReceiptState state) {
  const auto known = records::from_record(state);
  return known ? receipts::portal_word(*known) : PortalWord::wait;
}

fiscal::FiscalDocument document_of(const v1::ReceiptOutcome& outcome) {
  auto document = records::from_record(outcome.fiscal());
  if (document.printed_at_s == 0 && !outcome.fiscal().told_by_person()) {
    document.printed_at_s = records::finished_at_ms(outcome) / 1000;
    document.printed_at_is_gateway_clock = true;
  }
  return document;
}

bool is_of(const v1::ReceiptOutcome& outcome, const configuration::Installation& portal) {
  return outcome.installation() == portal.id.str() && outcome.tenant() == portal.tenant.str();
}

Answer answer_for(const std::optional<ViewEntry>& known, const configuration::Installation& portal) {
  if (!known || known->installation != portal.id || !is_of(known->outcome, portal)) return Answer::wait;
  switch (portal_word(known->outcome.state())) {
    case PortalWord::done:
      return Answer::done;
    case PortalWord::error:
      return known->uncovered_posts || known->outdated || known->error_withheld ? Answer::wait
                                                                                : Answer::error_if_current;
    case PortalWord::wait:
      return Answer::wait;
  }
  never();
}

namespace {

constexpr std::size_t kDetailLimit = 300;  // characters

template <class Message>
Owner owner_of(const Message& message, bool told) {
  return {TenantId(message.tenant()), InstallationId(message.installation()), told};
}

std::string named(const Owner& owner) {
  return "tenant " + owner.tenant.str() + " and installation " + owner.installation.str();
}

// An accepted post makes a receipt visible before the journal has spoken.
v1::ReceiptOutcome from_post(const v1::ReceiptAccepted& post) {
  v1::ReceiptOutcome outcome;
  outcome.set_receipt_id(post.receipt_id());
  outcome.set_state(v1::RECEIPT_STATE_QUEUED);
  outcome.set_tenant(post.tenant());
  outcome.set_installation(post.installation());
  outcome.set_pool(post.pool());
  outcome.set_unique_id(post.unique_id());
  outcome.set_cashbox(post.cashbox());
  outcome.set_total_kopecks(post.receipt().total_kopecks());
  outcome.set_content_digest(post.content_digest());
  outcome.set_accepted_at_ms(post.accepted_at_ms());
  return outcome;
}

const InstallationId kSeveral("*");  // no id of a document

class NewsReader {
 public:
  explicit NewsReader(const configuration::Snapshot& configuration) : configuration_(configuration) {}

  void read(const postgres::Portion<kafka::Record>& portion) {
    for (const auto& record : portion.items) {
      if (portion.handling != postgres::Handling::take_in) {
        set_aside(record, kafka::Why::refused, std::string(fiscal::cut(portion.refusal, kDetailLimit)));
      } else if (record.topic == records::kReceiptsTopic) {
        read_into(posts_, record);
      } else {
        read_into(told_, record);
      }
    }
  }

  [[nodiscard]] std::set<ReceiptId> receipts() const {
    std::set<ReceiptId> ids;
    for (const auto& [post, record] : posts_) ids.emplace(post.receipt_id());
    for (const auto& [outcome, record] : told_) ids.emplace(outcome.receipt_id());
    return ids;
  }

  [[nodiscard]] News news(Owners owners) && {
    for (auto& [outcome, record] : told_) hear(std::move(outcome), *record, owners);
    for (const auto& [post, record] : posts_) hear(post, *record, owners);
    for (const auto& [receipt, offset] : doubts_) news_.doubtful.insert(receipt);
    return std::move(news_);
  }

 private:
  template <class Message>
  using Read = std::vector<std::pair<Message, const kafka::Record*>>;

  void set_aside(const kafka::Record& record, kafka::Why why, std::string detail) {
    news_.aside.push_back({record, why, std::move(detail)});
    const bool may_be_the_journals = record.topic == records::kOutcomesTopic && why != kafka::Why::foreign;
    if (may_be_the_journals && receipts::is_uuid(record.key)) doubts_[ReceiptId(record.key)] = record.offset;
  }

  template <class Message>
  void read_into(Read<Message>& messages, const kafka::Record& record) {
    Message message;
    const auto read = records::read(record.value, message);
    if (!read) {
      const bool limits = read.error().code == records::kOutOfLimits;
      return set_aside(record, limits ? kafka::Why::out_of_limits : kafka::Why::unreadable, read.error().message);
    }
    const auto owner = owner_of(message, false);
    const auto why =
        configuration::contradiction(configuration_, {owner.tenant, owner.installation, PoolId(message.pool())});
    if (why.empty()) {
      messages.emplace_back(std::move(message), &record);
    } else {
      set_aside(record, kafka::Why::foreign,
                "receipt " + message.receipt_id() + " is of " + named(owner) + ", and " + why);
    }
  }

  void hear(v1::ReceiptOutcome outcome, const kafka::Record& record, Owners& owners) {
    const ReceiptId receipt(outcome.receipt_id());
    const auto owner = owner_of(outcome, true);
    auto& known = owners[receipt];
    if (known.told && !known.is(owner)) return foreign(receipt, owner, known, record);
    known = owner;
    // A receipt's outcomes lie in one partition, in their order.
    if (const auto doubt = doubts_.find(receipt); doubt != doubts_.end() && doubt->second < record.offset) {
      doubts_.erase(doubt);
    }
    for (const auto& post : outcome.covered_post_ids()) news_.posts[{receipt, post}].add({.covered = true});
    auto& newest = news_.outcomes[receipt];
    if (newest.revision() < outcome.revision()) newest = std::move(outcome);
  }

  void hear(const v1::ReceiptAccepted& post, const kafka::Record& record, Owners& owners) {
    const ReceiptId receipt(post.receipt_id());
    const auto owner = owner_of(post, false);
    const auto known = owners.try_emplace(receipt, owner).first->second;
    // Whoever's the receipt is in the end: posts of that installation count.
    news_.posts[{receipt, post.post_id()}].add({.installation = owner.installation});
    if (!known.is(owner)) return foreign(receipt, owner, known, record);
    news_.outcomes.emplace(receipt, from_post(post));
  }

  void foreign(const ReceiptId& receipt, const Owner& owner, const Owner& known, const kafka::Record& record) {
    set_aside(record, kafka::Why::foreign,
              "receipt " + receipt.str() + " is of " + named(owner) + " here, and of " + named(known) + " before");
  }

  const configuration::Snapshot& configuration_;
  Read<v1::ReceiptAccepted> posts_;
  Read<v1::ReceiptOutcome> told_;
  std::map<ReceiptId, std::int64_t> doubts_;  // offset of the last outcome that was set aside
  News news_;
};

}  // namespace

void Post::add(const Post& other) {
  covered = covered || other.covered;
  if (other.installation.empty() || other.installation == installation) return;
  installation = installation.empty() ? other.installation : kSeveral;
}

bool Post::is_uncovered_post_of(const InstallationId& receipts_installation) const {
  return !covered && (installation.empty() || installation == kSeveral || installation == receipts_installation);
}

News read_news(const configuration::Snapshot& configuration, const postgres::Portion<kafka::Record>& portion,
               const std::function<Owners(const std::set<ReceiptId>&)>& find_owners) {
  NewsReader reader(configuration);
  reader.read(portion);
  return std::move(reader).news(find_owners(reader.receipts()));
}

namespace sql {
namespace {

// Whose those are that are known; they stay as they are until the end of the transaction.
Owners lock_owners(pqxx::work& work, const std::set<ReceiptId>& receipts) {
  TextArray ids;
  for (const auto& receipt : receipts) ids.add(receipt.str());
  Owners owners;
  for (const auto& row : work.exec_params(
           "select id, tenant, installation, revision > 0 from receipts where id = any($1::uuid[]) order by id for "
           "update",
           ids.str())) {
    owners[ReceiptId(row[0].as<std::string>())] = {TenantId(row[1].as<std::string>()),
                                                   InstallationId(row[2].as<std::string>()), row[3].as<bool>()};
  }
  return owners;
}

// Of those receipts, the posts that outcomes have named: one may come again, or after the outcome that names it.
std::set<std::pair<ReceiptId, std::string>> named_before(pqxx::work& work, const std::set<ReceiptId>& receipts) {
  std::set<std::pair<ReceiptId, std::string>> named;
  TextArray ids;
  for (const auto& receipt : receipts) ids.add(receipt.str());
  for (const auto& row :
       work.exec_params("select outcome from receipts where revision > 0 and id = any($1::uuid[])", ids.str())) {
    v1::ReceiptOutcome outcome;
    if (!outcome.ParseFromString(from_bytea(row[0].as<std::string>()))) continue;
    for (const auto& post : outcome.covered_post_ids()) named.emplace(outcome.receipt_id(), post);
  }
  return named;
}

// Kept only as long as no outcome names it. After write_receipts, which holds their receipts: who takes in an outcome
// and who takes in the post it names see each other.
void write_posts(pqxx::work& work, const std::map<std::pair<ReceiptId, std::string>, Post>& posts) {
  std::set<ReceiptId> posted;
  TextArray covered, covered_ids;
  for (const auto& [key, post] : posts) {
    if (!post.covered) {
      posted.insert(key.first);
      continue;
    }
    covered.add(key.first.str());
    covered_ids.add(key.second);
  }
  work.exec_params(
      "delete from posts where (receipt, post_id) in (select r, i from unnest($1::uuid[], $2::uuid[]) as c(r, i))",
      covered.str(), covered_ids.str());
  if (posted.empty()) return;
  const auto named = named_before(work, posted);
  TextArray came, came_ids, installations;
  for (const auto& [key, post] : posts) {
    if (post.covered || named.contains(key)) continue;
    came.add(key.first.str());
    came_ids.add(key.second);
    installations.add(post.installation.str());
  }
  work.exec_params(
      "insert into posts as p (receipt, post_id, covered, installation) select r, i, false, n from unnest($1::uuid[], "
      "$2::uuid[], $3::text[]) as n(r, i, n) order by r, i on conflict (receipt, post_id) do update set installation = "
      "case when p.installation = '' then excluded.installation else '*' end where excluded.installation <> "
      "p.installation",
      came.str(), came_ids.str(), installations.str());
}

void write_receipts(pqxx::work& work, const std::map<ReceiptId, v1::ReceiptOutcome>& outcomes,
                    std::int64_t push_delay_ms) {
  TextArray ids, tenants, installations, pools, states, bodies;
  IntArray revisions, generations, accepted, push;
  for (const auto& [id, outcome] : outcomes) {
    ids.add(id.str());
    tenants.add(outcome.tenant());
    installations.add(outcome.installation());
    pools.add(outcome.pool());
    states.add(state_word(outcome.state()));
    revisions.add(outcome.revision());
    generations.add(outcome.generation());
    accepted.add(outcome.accepted_at_ms());
    bodies.add_bytes(outcome.SerializeAsString());
    push.add(portal_word(outcome.state()) != PortalWord::wait ? 1 : 0);
  }
  // A higher revision wins and done is terminal. The journal's first word says whose the receipt is, whatever posts
  // said before. Another outcome cancels a push that has become wrong: of a re-opened receipt nothing is pushed, of a
  // finished one the new outcome. `is_same`: only posts were added to what is known; a receipt that failed, was printed
  // again and failed between two batches is not (its generation is higher), nor is one whose error was withheld. A
  // revision that is told again, after a log was lost, is no longer outdated.
  work.exec_params(
      "insert into receipts as r (id, tenant, installation, pool, state, revision, generation, accepted_at, outcome, "
      "push_due, logs) "
      "select id, tenant, installation, pool, state, revision, generation, to_timestamp(accepted_ms / 1000.0), "
      "outcome, "
      "case when push <> 0 then now() + make_interval(secs => $11::bigint / 1000.0) end, "
      "(select coalesce(sum(log), 0) from offsets) "
      "from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], "
      "$8::bigint[], $9::bytea[], $10::int[]) "
      "as n(id, tenant, installation, pool, state, revision, generation, accepted_ms, outcome, push) "
      "on conflict (id) do update set (tenant, installation, pool, state, revision, generation, outcome, push_due, "
      "push_tries, pushed_at, error_told_at, logs) = (select excluded.tenant, excluded.installation, excluded.pool, "
      "excluded.state, excluded.revision, excluded.generation, excluded.outcome, "
      "case when is_same then r.push_due else excluded.push_due end, case when is_same then r.push_tries else 0 end, "
      "case when is_same then r.pushed_at end, case when is_same then r.error_told_at end, excluded.logs "
      "from (select r.revision = excluded.revision or (r.state = excluded.state and "
      "r.generation = excluded.generation and r.error_withheld_revision < r.revision) as is_same) compared) "
      "where (r.revision = 0 or (r.tenant, r.installation) = (excluded.tenant, excluded.installation)) and "
      "((r.revision < excluded.revision and (r.state <> 'done' or excluded.state = 'done')) "
      "or (r.revision = excluded.revision and r.revision > 0 and r.logs < excluded.logs))",
      ids.str(), tenants.str(), installations.str(), pools.str(), states.str(), revisions.str(), generations.str(),
      accepted.str(), bodies.str(), push.str(), push_delay_ms);
  now_due(work, ids.str());
}

// The journal may have said more of them than is known: outdated until it says something again.
void doubt(pqxx::work& work, const std::set<ReceiptId>& receipts) {
  if (receipts.empty()) return;
  TextArray ids;
  for (const auto& receipt : receipts) ids.add(receipt.str());
  work.exec_params("update receipts set logs = -1 where id = any($1::uuid[])", ids.str());
}

void keep(pqxx::work& work, const std::vector<kafka::SetAside>& aside) {
  for (const auto& [record, why, detail] : aside) {
    TextArray raw;
    raw.add_bytes(record.key);
    raw.add_bytes(record.value);
    work.exec_params(
        "insert into set_aside (topic, partition, log, record_offset, key, value, why, detail) values ($1, $2, $3, $4, "
        "($5::bytea[])[1], ($5::bytea[])[2], $6, $7) on conflict do nothing",
        record.topic, record.partition, record.log, record.offset, raw.str(), std::string(to_string(why)), detail);
  }
}

// Post::is_uncovered_post_of, in SQL.
const std::string kUncovered =
    "exists (select 1 from posts p where p.receipt = r.id and not p.covered and p.installation in ('', '*', "
    "r.installation))";

const std::string kColumns =
    "select r.installation, r.outcome, " + kUncovered +
    ", "
    "coalesce((extract(epoch from r.pushed_at) * 1000)::bigint, 0), r.error_withheld_revision >= r.revision, "
    "r.logs < (select coalesce(sum(log), 0) from offsets) from receipts r ";

std::vector<ViewEntry> read(const pqxx::result& rows) {
  std::vector<ViewEntry> result;
  for (const auto& row : rows) {
    ViewEntry known;
    known.installation = InstallationId(row[0].as<std::string>());
    if (!known.outcome.ParseFromString(from_bytea(row[1].as<std::string>()))) continue;
    known.uncovered_posts = row[2].as<bool>();
    known.pushed_at_ms = row[3].as<std::int64_t>();
    known.error_withheld = row[4].as<bool>();
    known.outdated = row[5].as<bool>();
    result.push_back(std::move(known));
  }
  return result;
}

}  // namespace

std::vector<kafka::SetAside> apply(pqxx::work& work, const configuration::Snapshot& configuration,
                                   const postgres::Portion<kafka::Record>& portion, std::int64_t push_delay_ms) {
  auto news = read_news(configuration, portion, [&](const auto& receipts) { return lock_owners(work, receipts); });
  write_receipts(work, news.outcomes, push_delay_ms);
  write_posts(work, news.posts);
  if (portion.handling != postgres::Handling::keep_bare) doubt(work, news.doubtful);
  keep(work, news.aside);
  positions::store(work, kafka::after(portion.items));
  return std::move(news.aside);
}

std::optional<ViewEntry> find(pqxx::work& work, const ReceiptId& receipt) {
  auto found = read(work.exec_params(kColumns + "where r.id = $1::uuid", receipt.str()));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<ViewEntry> list(pqxx::work& work, const Filter& filter) {
  return read(work.exec_params(
      kColumns + "where ($1 = '' or r.tenant = $1) and ($2 = '' or r.pool = $2) and ($3 = '' or r.state = $3) "
                 "and r.accepted_at >= to_timestamp($4::bigint / 1000.0) order by r.accepted_at desc, r.id limit $5",
      filter.tenant.str(), filter.pool.str(), filter.state, filter.since_ms, filter.limit));
}

v1::ListSetAsideResponse list_set_aside(pqxx::work& work, const v1::ListSetAsideRequest& request) {
  const auto& after = request.after();
  v1::ListSetAsideResponse response;
  for (const auto& row : work.exec_params(
           "select (extract(epoch from set_aside_at) * 1000000)::bigint, topic, partition, log, record_offset, "
           "substr(key, 1, $1), length(value), why, detail from set_aside where $2 or "
           "(set_aside_at, topic, partition, log, record_offset) < "
           "('epoch'::timestamptz + $3::bigint * interval '1 microsecond', $4, $5::int, $6::bigint, $7::bigint) "
           "order by set_aside_at desc, topic desc, partition desc, log desc, record_offset desc limit $8",
           kafka::kKeyShown, !request.has_after(), after.at_us(), after.topic(), after.partition(), after.log(),
           after.offset(), rpc::page_limit(request))) {
    auto& record = *response.add_records();
    auto& place = *record.mutable_place();
    place.set_at_us(row[0].as<std::int64_t>());
    place.set_topic(row[1].as<std::string>());
    place.set_partition(row[2].as<std::int32_t>());
    place.set_log(row[3].as<std::int64_t>());
    place.set_offset(row[4].as<std::int64_t>());
    record.set_key(from_bytea(row[5].as<std::string>()));
    record.set_bytes(row[6].as<std::int64_t>());
    record.set_why(row[7].as<std::string>());
    record.set_detail(row[8].as<std::string>());
  }
  return response;
}

int forget_set_aside(pqxx::work& work, std::chrono::milliseconds age) {
  return static_cast<int>(
      work.exec_params("delete from set_aside where set_aside_at < now() - make_interval(secs => $1::bigint / 1000.0)",
                       static_cast<std::int64_t>(age.count()))
          .affected_rows());
}

bool tell_error(pqxx::work& work, const ReceiptId& receipt, std::uint64_t revision) {
  static const std::string kTell =
      "update receipts r set error_told_at = coalesce(error_told_at, now()) where id = $1::uuid and revision = $2 and "
      "state = 'failed' and error_withheld_revision < revision and logs = (select coalesce(sum(log), 0) from offsets) "
      "and not " +
      kUncovered;
  return work.exec_params(kTell, receipt.str(), revision).affected_rows() == 1;
}

v1::WithholdErrorResponse::Verdict withhold_error(pqxx::work& work, const ReceiptId& receipt, const Owner& asker,
                                                  std::uint64_t revision) {
  const auto rows = work.exec_params(
      "select revision, state = 'failed', error_told_at is not null, tenant, installation from receipts where id = "
      "$1::uuid for update",
      receipt.str());
  if (rows.empty()) return v1::WithholdErrorResponse::BEHIND;
  if (!asker.is({TenantId(rows[0][3].as<std::string>()), InstallationId(rows[0][4].as<std::string>())})) {
    log::warn("withhold.foreign", {{"receipt", receipt.str()}, {"asked_for", named(asker)}});
    return v1::WithholdErrorResponse::BEHIND;
  }
  const auto known = rows[0][0].as<std::uint64_t>();
  if (known < revision) return v1::WithholdErrorResponse::BEHIND;
  if (known > revision || !rows[0][1].as<bool>()) return v1::WithholdErrorResponse::PASSED;
  if (rows[0][2].as<bool>()) return v1::WithholdErrorResponse::TOLD;
  work.exec_params("update receipts set error_withheld_revision = revision, push_due = null where id = $1::uuid",
                   receipt.str());
  return v1::WithholdErrorResponse::WITHHELD;
}

v1::LookUpResponse look_up(pqxx::transaction_base& session, const v1::LookUpRequest& request) {
  constexpr const char* kName = "look_up";
  session.conn().prepare(kName, "select outcome from receipts where id = any($1::uuid[])");
  TextArray list;
  for (const auto& id : request.receipt_ids()) list.add(id);
  v1::LookUpResponse response;
  for (const auto& row : session.exec_prepared(kName, list.str())) {
    v1::ReceiptOutcome outcome;
    if (!outcome.ParseFromString(from_bytea(row[0].as<std::string>()))) continue;
    auto& entry = *response.add_entries();
    entry.set_receipt_id(std::move(*outcome.mutable_receipt_id()));
    entry.set_state(outcome.state());
    entry.set_content_digest(std::move(*outcome.mutable_content_digest()));
    entry.set_digest_version(outcome.digest_version());
    entry.set_tenant(std::move(*outcome.mutable_tenant()));
    entry.set_installation(std::move(*outcome.mutable_installation()));
  }
  return response;
}

}  // namespace sql
}  // namespace kassaflow::status
