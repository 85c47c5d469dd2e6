#include "kassaflow/postgres/database.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
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

// What is told of the tasks and connections; without a reader nothing is.
class Told {
 public:
  Told(metrics::Metrics* metrics, std::string schema) : metrics_(metrics), schema_(std::move(schema)) {
    if (metrics_ == nullptr) return;
    waiting_ = &metrics_->gauge("kassaflow_sql_waiting");
    idle_ = &metrics_->gauge("kassaflow_sql_connections", {{"state", "idle"}});
    busy_ = &metrics_->gauge("kassaflow_sql_connections", {{"state", "busy"}});
    seconds_ = &metrics_->histogram("kassaflow_sql_seconds");
  }
  void waits(int more) { add(waiting_, more); }
  void is_open(int more) { add(idle_, more); }
  void is_busy(int more) {
    add(idle_, -more);
    add(busy_, more);
  }
  void took(std::chrono::steady_clock::duration time) {
    if (seconds_ != nullptr) seconds_->observe(std::chrono::duration<double>(time).count());
  }
  void see_schema(pqxx::transaction_base& session) {
    if (metrics_ == nullptr || schema_.empty()) return;
    const auto version = session.exec1("select coalesce(max(number), 0) from schema_migrations")[0].as<double>();
    metrics_->gauge("kassaflow_schema_version", {{"schema", schema_}}).set(version);
  }

 private:
  static void add(metrics::Gauge* gauge, int more) {
    if (gauge != nullptr) gauge->add(more);
  }

  metrics::Metrics* metrics_;
  std::string schema_;
  metrics::Gauge* waiting_ = nullptr;
  metrics::Gauge* idle_ = nullptr;
  metrics::Gauge* busy_ = nullptr;
  metrics::Histogram* seconds_ = nullptr;
};

// A connection, counted as long as it is there.
class Session {
 public:
  Session(std::unique_ptr<pqxx::connection> connection, Told& told) : connection_(std::move(connection)), told_(told) {
    told_.is_open(1);
  }
  ~Session() { told_.is_open(-1); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  [[nodiscard]] pqxx::connection& operator*() const { return *connection_; }

 private:
  std::unique_ptr<pqxx::connection> connection_;
  Told& told_;
};

// Busy as long as it lives, and then the time is told.
class Busy {
 public:
  explicit Busy(Told& told) : told_(told) { told_.is_busy(1); }
  ~Busy() {
    told_.is_busy(-1);
    told_.took(std::chrono::steady_clock::now() - began_);
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  Told& told_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};
}  // namespace

struct Database::Impl {
  struct Job {
    DatabaseAccess::Task task;
    DatabaseAccess::Read read;  // instead of a task
    DatabaseAccess::Done done;
  };

  explicit Impl(DatabaseOptions o) : options(std::move(o)), told(options.metrics, options.search_path) {
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
        told.waits(1);
        ready.notify_one();
        return;
      }
    }
    job.done(tl::unexpected(unavailable("too many tasks wait for PostgreSQL")));
  }

  void serve() {
    std::unique_ptr<Session> session;
    for (;;) {
      Job job;
      {
        std::unique_lock lock(mutex);
        ready.wait(lock, [this] { return stopping || !jobs.empty(); });
        if (jobs.empty()) return;
        job = std::move(jobs.front());
        jobs.pop_front();
        told.waits(-1);
      }
      auto result = attempt(session, job);
      healthy = reached_server(result);
      job.done(std::move(result));
    }
  }

  Result<std::monostate> attempt(std::unique_ptr<Session>& session, const Job& job) {
    bool committing = false;
    try {
      if (session && has_ended(**session)) session.reset();
      if (!session) {
        // Else a server that is away would hold the end of the process for a time-out a task.
        if (stopping) return tl::unexpected(unavailable("shutting down without a connection"));
        session = std::make_unique<Session>(connect(), told);
      }
      const Busy busy(told);
      if (job.read) {
        pqxx::nontransaction reading(**session);
        job.read(reading);
        return std::monostate{};
      }
      pqxx::work transaction(**session);
      job.task(transaction);
      committing = true;
      transaction.commit();
      return std::monostate{};
    } catch (const std::exception& error) {
      auto failure = read_failure(error, committing, session && (**session).is_open());
      // A session that is over is dropped, never used again.
      if (failure.code == kUnavailable || failure.code == kInDoubt) session.reset();
      return tl::unexpected(std::move(failure));
    }
  }

  [[nodiscard]] std::unique_ptr<pqxx::connection> connect() {
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
    told.see_schema(setup);
    return connection;
  }

  DatabaseOptions options;
  Told told;
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
