#include <pqxx/pqxx>
#include <stdexcept>

#include "connect.hpp"
#include "kassaflow/postgres/pool.hpp"

namespace kassaflow::postgres {

void migrate(const std::string& uri, const std::string& schema, const std::vector<Migration>& migrations) {
  pqxx::connection connection(with_time_limits(uri));
  {
    // Held by the session, so that replicas starting together wait for the first.
    pqxx::nontransaction setup(connection);
    setup.exec("set client_min_messages = warning");
    setup.exec_params("select pg_advisory_lock(hashtext('kassaflow/' || $1))", schema);
    setup.exec("create schema if not exists " + setup.quote_name(schema));
    setup.exec("set search_path = " + setup.quote_name(schema));
    setup.exec(
        "create table if not exists schema_migrations (number int primary key, name text not null, applied_at "
        "timestamptz not null default now())");
  }
  int applied = 0;
  {
    pqxx::work work(connection);
    applied = work.exec1("select coalesce(max(number), 0) from schema_migrations")[0].as<int>();
  }
  if (!migrations.empty() && applied > migrations.back().number) {
    throw std::runtime_error("schema " + schema + " is at migration " + std::to_string(applied) +
                             ", this program knows only " + std::to_string(migrations.back().number) +
                             ": run a newer version");
  }
  for (const auto& migration : migrations) {
    if (migration.number <= applied) continue;
    pqxx::work work(connection);
    work.exec(std::string(migration.sql));
    work.exec_params("insert into schema_migrations (number, name) values ($1, $2)", migration.number,
                     std::string(migration.name));
    work.commit();
  }
}

}  // namespace kassaflow::postgres
