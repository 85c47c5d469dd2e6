#include <algorithm>
#include <pqxx/pqxx>
#include <stdexcept>

#include "connect.hpp"
#include "kassaflow/base/sha256.hpp"
#include "kassaflow/postgres/database.hpp"
#include "kassaflow/text/hex.hpp"

namespace kassaflow::postgres {

namespace {

std::string checksum(const Migration& migration) { return hex(sha256(migration.sql)); }

// The highest number that was applied.
int check_applied(pqxx::connection& connection, const std::string& schema, const std::vector<Migration>& migrations) {
  pqxx::work work(connection);
  int highest = 0;
  for (const auto& row : work.exec("select number, coalesce(sha256, '') from schema_migrations")) {
    const int number = row[0].as<int>();
    const auto known = row[1].as<std::string>();
    highest = std::max(highest, number);
    const auto migration = std::ranges::find(migrations, number, &Migration::number);
    if (migration == migrations.end()) continue;
    const auto now = checksum(*migration);
    if (known.empty()) {
      work.exec_params("update schema_migrations set sha256 = $2 where number = $1", number, now);
    } else if (known != now) {
      throw std::runtime_error("schema " + schema + ": migration " + std::to_string(number) + " (" + migration->name +
                               ") is not the one that was applied: give its file back its old text, and put the "
                               "change into a new migration");
    }
  }
  work.commit();
  return highest;
}

}  // namespace

void migrate(const std::string& uri, const std::string& schema, const std::vector<Migration>& migrations) {
  pqxx::connection connection(checked(uri));
  {
    // Held by the session, so that replicas starting together wait for the first.
    pqxx::nontransaction setup(connection);
    setup.exec("set client_min_messages = warning");
    setup.exec_params("select pg_advisory_lock(hashtext('kassaflow/' || $1))", schema);
    // Asked first: `create schema if not exists` wants the right to make one also where it exists.
    if (setup.exec_params1("select to_regnamespace(quote_ident($1)) is null", schema)[0].as<bool>()) {
      setup.exec("create schema " + setup.quote_name(schema));
    }
    setup.exec("set search_path = " + setup.quote_name(schema));
    setup.exec(
        "create table if not exists schema_migrations (number int primary key, name text not null, applied_at "
        "timestamptz not null default now())");
    // Hex. Null: applied by a version that did not look; it becomes what this version has.
    setup.exec("alter table schema_migrations add column if not exists sha256 text");
  }
  const int applied = check_applied(connection, schema, migrations);
  if (!migrations.empty() && applied > migrations.back().number) {
    throw std::runtime_error("schema " + schema + " is at migration " + std::to_string(applied) +
                             ", this program knows only " + std::to_string(migrations.back().number) +
                             ": run a newer version");
  }
  for (const auto& migration : migrations) {
    if (migration.number <= applied) continue;
    pqxx::work work(connection);
    work.exec(migration.sql);
    work.exec_params("insert into schema_migrations (number, name, sha256) values ($1, $2, $3)", migration.number,
                     migration.name, checksum(migration));
    work.commit();
  }
}

}  // namespace kassaflow::postgres
