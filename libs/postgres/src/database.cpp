#include "kassaflow/postgres/database.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "connect.hpp"
#include "kassaflow/postgres/database_run.hpp"

namespace kassaflow::postgres {

namespace {
constexpr std::size_t kQueueLimit = 10000;  // beyond it the database is too slow for what is asked: fail at once

Error unavailable(const std::string& message) { return {kUnavailable, message}; }

// SQLSTATE when the server sent one, else empty.
std::string sqlstate_of(const std::exception& error) {
  const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error);
  return sql == nullptr ? std::string() : sql->sqlstate();
}

// The server says that it ends the session (connection exception, shutdown, crash of another backend, idle limits).
bool ends_session(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25P03";
}

// The values are at fault, and will be again: cardinality (one row twice in a statement), data, constraint, limits of
// the program (an index row that is too long).
bool is_about_values(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 4> kClasses{"21", "22", "23", "54"};
  return std::ranges::any_of(kClasses, [&](auto one) { return sqlstate.starts_with(one); });
}

// libpqxx tells the loss of a session in several ways; `open` is what the connection itself thinks afterwards.
Error read_failure(const std::exception& error, bool committing, bool open) {
  const auto sqlstate = sqlstate_of(error);
  const bool in_doubt = dynamic_cast<const pqxx::in_doubt_error*>(&error) != nullptr;
  if (in_doubt || !open || ends_session(sqlstate) || dynamic_cast<const pqxx::broken_connection*>(&error) != nullptr) {
    return {in_doubt || committing ? kInDoubt : kUnavailable, error.what()};
  }
  const auto message = std::string(error.what()) + (sqlstate.empty() ? "" : " (SQLSTATE " + sqlstate + ")");
  return {is_about_values(sqlstate) ? kData : kRefused, message};
}

// Between tasks nothing is due on the socket of a session: what comes there is its end.
bool has_ended(const pqxx::connection& connection) {
  pollfd socket{connection.sock(), POLLIN, 0};
  return socket.fd < 0 || poll(&socket, 1, 0) != 0;
}

bool reached_server(const Result<std::monostate>& result) {
  return result || result.error().code == kRefused || result.error().code == kData;
}
}  // namespace

struct Database::Impl {
  struct Job {
    DatabaseAccess::Task task;
    DatabaseAccess::Read read;  // instead of a task
    DatabaseAccess::Done done;
  };

  explicit Impl(DatabaseOptions o) : options(std::move(o)) {
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
      auto result = attempt(connection, job);
      healthy = reached_server(result);
      job.done(std::move(result));
    }
  }

  Result<std::monostate> attempt(std::unique_ptr<pqxx::connection>& connection, const Job& job) {
    bool committing = false;
    try {
      if (connection && has_ended(*connection)) connection.reset();
      if (!connection) {
        // Else a server that is away would hold the end of the process for a time-out a task.
        if (stopping) return tl::unexpected(unavailable("shutting down without a connection"));
        connection = connect();
      }
      if (job.read) {
        pqxx::nontransaction session(*connection);
        job.read(session);
        return std::monostate{};
      }
      pqxx::work transaction(*connection);
      job.task(transaction);
      committing = true;
      transaction.commit();
      return std::monostate{};
    } catch (const std::exception& error) {
      auto failure = read_failure(error, committing, connection && connection->is_open());
      // A session that is over is dropped, never used again.
      if (failure.code == kUnavailable || failure.code == kInDoubt) connection.reset();
      return tl::unexpected(std::move(failure));
    }
  }

  [[nodiscard]] std::unique_ptr<pqxx::connection> connect() const {
    auto connection = std::make_unique<pqxx::connection>(checked(options.uri));
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
    // Our statements are small; compiling one, or sharing it out, costs more than the statement.
    setup.exec("set jit = off");
    setup.exec("set max_parallel_workers_per_gather = 0");
    setup.exec("set statement_timeout = " + std::to_string(options.statement_timeout_ms));
    setup.exec("set idle_in_transaction_session_timeout = " + std::to_string(options.standstill_timeout_ms));
    return connection;
  }

  DatabaseOptions options;
  std::mutex mutex;
  std::condition_variable ready;
  std::deque<Job> jobs;
  std::atomic<bool> stopping{false};
  std::atomic<bool> healthy{true};
  std::vector<std::thread> threads;
};

Database::Database(DatabaseOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}
Database::~Database() = default;

bool Database::healthy() const { return impl_->healthy; }

void DatabaseAccess::submit(Database& database, Task task, Done done) {
  database.impl_->submit({std::move(task), {}, std::move(done)});
}

void DatabaseAccess::submit(Database& database, Read read, Done done) {
  database.impl_->submit({{}, std::move(read), std::move(done)});
}

Result<std::monostate> Database::run_blocking(const std::function<void(pqxx::work&)>& task) {
  std::promise<Result<std::monostate>> done;
  impl_->submit({task, {}, [&done](Result<std::monostate> result) { done.set_value(std::move(result)); }});
  return done.get_future().get();
}

}  // namespace kassaflow::postgres
