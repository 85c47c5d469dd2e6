#include "kassaflow/postgres/pool.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "kassaflow/postgres/pool_run.hpp"

namespace kassaflow::postgres {

namespace {
constexpr std::size_t kQueueLimit = 10000;  // beyond it the database is too slow for what is asked: fail at once

Error unavailable(const std::string& message) { return {"postgres.unavailable", message}; }
}  // namespace

struct Pool::Impl {
  struct Job {
    std::function<void(pqxx::work&)> task;
    PoolAccess::Done done;
  };

  explicit Impl(PoolOptions o) : options(std::move(o)) {
    for (std::size_t i = 0; i < options.threads; ++i) threads.emplace_back([this] { serve(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    ready.notify_all();
    for (auto& thread : threads) thread.join();
  }

  void submit(Job job) {
    {
      const std::lock_guard lock(mutex);
      if (jobs.size() < kQueueLimit) {
        jobs.push_back(std::move(job));
        ready.notify_one();
        return;
      }
    }
    job.done(tl::unexpected(unavailable("too many tasks wait for PostgreSQL")));
  }

  void serve() {
    std::unique_ptr<pqxx::connection> connection;
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex);
        ready.wait(lock, [this] { return stopping || !jobs.empty(); });
        if (jobs.empty()) return;
        job = std::move(jobs.front());
        jobs.pop_front();
      }
      auto result = attempt(connection, job.task);
      healthy = result.has_value() || result.error().code == "postgres.error";
      job.done(std::move(result));
    }
  }

  Result<std::monostate> attempt(std::unique_ptr<pqxx::connection>& connection,
                                 const std::function<void(pqxx::work&)>& task) {
    bool committing = false;
    try {
      if (!connection) connection = connect();
      pqxx::work transaction(*connection);
      task(transaction);
      committing = true;
      transaction.commit();
      return std::monostate{};
    } catch (const pqxx::in_doubt_error& error) {
      connection.reset();
      return fail("postgres.in_doubt", error.what());
    } catch (const pqxx::broken_connection& error) {
      connection.reset();
      return committing ? fail("postgres.in_doubt", error.what()) : tl::unexpected(unavailable(error.what()));
    } catch (const std::exception& error) {
      // libpqxx reports some losses of the connection as plain SQL errors: what is not open is dropped.
      if (connection && !connection->is_open()) {
        connection.reset();
        return tl::unexpected(unavailable(error.what()));
      }
      return fail("postgres.error", error.what());
    }
  }

  [[nodiscard]] std::unique_ptr<pqxx::connection> connect() const {
    auto connection = std::make_unique<pqxx::connection>(options.uri);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    connection->inhibit_reactivation(
        true);  // deprecated without a successor in 6.x; without it a lost session comes back silently
#pragma clang diagnostic pop
    pqxx::nontransaction setup(*connection);
    setup.exec("set application_name = " + setup.quote(options.application_name));
    setup.exec("set search_path = " + setup.quote_name(options.search_path));
    setup.exec("set synchronous_commit = on");
    setup.exec("set client_min_messages = warning");
    setup.exec("set statement_timeout = " + std::to_string(options.statement_timeout_ms));
    return connection;
  }

  PoolOptions options;
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<Job> jobs;
  bool stopping = false;
  std::atomic<bool> healthy{true};
  std::vector<std::thread> threads;
};

Pool::Pool(PoolOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}
Pool::~Pool() = default;

bool Pool::healthy() const { return impl_->healthy; }

void PoolAccess::submit(Pool& pool, std::function<void(pqxx::work&)> task, Done done) {
  pool.impl_->submit({std::move(task), std::move(done)});
}

Result<std::monostate> Pool::run_blocking(const std::function<void(pqxx::work&)>& task) {
  std::promise<Result<std::monostate>> done;
  impl_->submit({task, [&done](Result<std::monostate> result) { done.set_value(std::move(result)); }});
  return done.get_future().get();
}

}  // namespace kassaflow::postgres
