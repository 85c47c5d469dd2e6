#include "republish.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <stdexcept>

#include "journal/postgres_store.hpp"
#include "kafka_published.hpp"
#include "kassaflow/async/clock.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/records/topics.hpp"
#include "migrations.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using journal::Transaction;

namespace {

constexpr int kPage = 500;
constexpr const char* kClient = "fiscalizer-republish";

// The next page. An older state of the journal is not told (exactly-once.md 17).
std::vector<Outcome> page_after(Transaction& tx, const ReceiptId& last) {
  if (tx.trust(false).stage != Stage::open) throw std::runtime_error("the journal is not open; a fiscalizer opens it");
  return tx.outcomes(last, kPage, kAttemptsShown);
}

asio::awaitable<int> tell_all(journal::Store& store, PublishOutcome publish) {
  ReceiptId last;
  std::size_t told = 0;
  for (;;) {
    const auto page = co_await store.run([last](Transaction& tx) { return page_after(tx, last); });
    if (!page) {
      report(log::Level::error, "republish.failed", page.error(), {{"told", told}});
      co_return 1;
    }
    if (page->empty()) break;
    const auto sent = (co_await publish_all(async::machine_clock(), publish, *page)).size();
    told += sent;
    if (sent < page->size()) {
      log::error("republish.failed", {{"told", told}, {"detail", "Kafka did not confirm all; run it again"}});
      co_return 1;
    }
    last = page->back().id;
  }
  log::info("republish.done", {{"told", told}});
  co_return 0;
}

}  // namespace

int republish(const FiscalizerSettings& settings) {
  asio::io_context io(1);
  postgres::Database database(
      {.uri = settings.postgres.reveal(), .application_name = kClient, .threads = 1, .search_path = kSchema});
  journal::PostgresStore store(database);
  kafka::Producer producer(io.get_executor(),
                           {.connection = settings.kafka, .client_id = kClient, .topics = {records::kOutcomesTopic}});
  int code = 1;
  asio::co_spawn(io, tell_all(store, publish_to(producer)), [&](const std::exception_ptr& bug, int done) {
    kRethrow(bug);
    code = done;
    io.stop();
  });
  io.run();
  return code;
}

}  // namespace kassaflow::fiscalizer
