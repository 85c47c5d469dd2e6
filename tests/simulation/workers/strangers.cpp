#include "strangers.hpp"

#include <cstdio>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/records/convert.hpp"
#include "outcome_publisher.hpp"

namespace kassaflow::simulation {

using fiscalizer::journal::Transaction;
using namespace std::chrono_literals;

namespace {

constexpr const char* kRubbish = "\xff\xff";
constexpr const char* kRefused = "13131313";  // a portal's number that the tables do not hold
constexpr int kPage = 100;

}  // namespace

Strangers::Strangers(World& world, Books& books) : world_(world), books_(books), dice_(world.plan.seed, "strangers") {
  world_.memory.refuse_receipts([](const auto& unique_id, auto) { return unique_id == kRefused; });
}

asio::awaitable<void> Strangers::write() {
  while (world_.posting) {
    co_await async::pause_for(world_.clock, 1s + dice_.up_to(20s));
    if (world_.suffers(Kind::strangers)) write_one();
  }
}

std::string Strangers::uuid() {
  char text[37];
  std::snprintf(text, sizeof text, "%08x-9999-8999-8999-%012x", dice_.below(UINT32_MAX), dice_.below(UINT32_MAX));
  return text;
}

const Known* Strangers::some_receipt() {
  auto& receipts = books_.receipts();
  if (receipts.empty()) return nullptr;
  const auto& receipt = std::next(receipts.begin(), dice_.below(static_cast<std::uint32_t>(receipts.size())))->second;
  return receipt.revision > 0 ? &receipt : nullptr;
}

// Of tenant other, and all of it its own.
v1::ReceiptAccepted Strangers::post() {
  v1::ReceiptAccepted post;
  post.set_receipt_id(uuid());
  post.set_post_id(uuid());
  post.set_tenant(kOtherTenant);
  post.set_installation(kOtherInstallation);
  post.set_pool(kOtherPool);
  post.set_unique_id(kRefused);
  post.set_date_create_s(world_.clock.unix_s() + 1'000'000);
  post.set_accepted_at_ms(world_.clock.unix_ms());
  post.set_content_digest("theirs");
  post.set_digest_version(1);
  post.mutable_receipt()->add_lines()->set_name("Чужое");
  return post;
}

// Done, by a document that nobody has printed.
v1::ReceiptOutcome Strangers::outcome_of(const Known& receipt) {
  v1::ReceiptOutcome outcome;
  outcome.set_receipt_id(receipt.id.str());
  outcome.set_revision(receipt.revision + 1000);
  outcome.set_journal_head(1'000'000'000);
  outcome.set_state(v1::RECEIPT_STATE_DONE);
  outcome.set_generation(1);
  outcome.set_tenant(kOtherTenant);
  outcome.set_installation(kOtherInstallation);
  outcome.set_pool(kOtherPool);
  outcome.mutable_fiscal()->set_fn("9960440300000001");
  outcome.mutable_fiscal()->set_fd(1);
  outcome.mutable_covered_post_ids()->Assign(receipt.posts.begin(), receipt.posts.end());
  return outcome;
}

void Strangers::append(Log& log, const std::string& key, std::string value) {
  log.append(key, std::move(value), world_.clock.unix_ms());
}

void Strangers::write_one() {
  const auto* receipt = some_receipt();
  const auto what = dice_.below(9);
  world_.say("a stranger writes, kind " + std::to_string(what));
  switch (what) {
    case 0:
      return append(world_.posts, "driver", kRubbish);
    case 1:
      return append(world_.callbacks, "cloud", kRubbish);
    case 2: {  // no text, no time and no number that a database holds
      auto record = post();
      record.set_accepted_at_ms(INT64_MAX);
      record.set_digest_version(UINT32_MAX);
      record.mutable_receipt()->mutable_lines(0)->set_name(std::string("a\0b", 3));
      return append(world_.posts, "mixed", record.SerializeAsString());
    }
    case 3:  // within all limits, and the tables refuse it
      return append(world_.posts, "driver", post().SerializeAsString());
    case 4: {  // into our registers
      auto record = post();
      record.set_unique_id("1");
      record.set_pool("mixed");
      return append(world_.posts, "mixed", record.SerializeAsString());
    }
    default:
      break;
  }
  if (receipt == nullptr) return;
  // The first outcome of a receipt is believed: only the journal's own is, also in a topic that was made again.
  if (what >= 7 && !world_.outcomes.has(receipt->id.str())) return;
  switch (what) {
    case 5: {  // our receipt, printed again as theirs
      auto record = post();
      record.set_receipt_id(receipt->id.str());
      return append(world_.posts, "mixed", record.SerializeAsString());
    }
    case 6: {  // what a cloud has told, as theirs
      for (std::size_t partition = 0; partition < world_.callbacks.partitions(); ++partition) {
        for (const auto& told : world_.callbacks.read(partition, 0, 1)) {
          v1::RegisterCallback record;
          if (!record.ParseFromString(told.value)) continue;
          record.set_tenant(kOtherTenant);
          append(world_.callbacks, told.key, record.SerializeAsString());
        }
      }
      return;
    }
    case 7:
      return append(world_.outcomes, receipt->id.str(), outcome_of(*receipt).SerializeAsString());
    default:  // perhaps the journal's, for all that can be told of it
      return append(world_.outcomes, receipt->id.str(), kRubbish);
  }
}

// The tool refuses while the journal is not open (republish.cpp).
asio::awaitable<void> Strangers::publish_again() {
  for (bool open = false;;) {
    world_.memory.transact([&](Transaction& tx) { open = tx.trust(false).stage == fiscalizer::Stage::open; });
    if (open) break;
    co_await async::pause_for(world_.clock, 10s);
  }
  for (ReceiptId last;;) {
    std::vector<fiscalizer::Outcome> page;
    world_.memory.transact([&](Transaction& tx) { page = tx.outcomes(last, kPage, fiscalizer::kAttemptsShown); });
    if (page.empty()) co_return;
    for (const auto& outcome : page) {
      append(world_.outcomes, outcome.id.str(), fiscalizer::record_of(outcome).SerializeAsString());
    }
    last = page.back().id;
  }
}

}  // namespace kassaflow::simulation
