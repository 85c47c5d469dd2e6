#include "kassaflow/postgres/schema.hpp"

#include <algorithm>
#include <pqxx/pqxx>
#include <stdexcept>

#include "connect.hpp"
#include "kassaflow/base/sha256.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/text/hex.hpp"

namespace kassaflow::postgres {

namespace {

std::string checksum(const Migration& migration) { return hex(sha256(migration.sql)); }

int highest_of(const Schema& schema) { return schema.migrations.empty() ? 0 : schema.migrations.back().number; }

// Null: a newer version's.
const Migration* find_migration(const Schema& schema, int number) {
  const auto found = std::ranges::find(schema.migrations, number, &Migration::number);
  return found == schema.migrations.end() ? nullptr : &*found;
}

// Of a schema whose table schema_migrations is in the search path: the highest number that was applied. Throws when
// this program cannot work on it.
int check_applied(pqxx::transaction_base& work, const Schema& schema) {
  int highest = 0;
  int oldest_program = 0;
  for (const auto& row : work.exec("select number, coalesce(sha256, ''), oldest_program from schema_migrations")) {
    const int number = row[0].as<int>();
    const auto known = row[1].as<std::string>();
    highest = std::max(highest, number);
    oldest_program = std::max(oldest_program, row[2].as<int>());
    const auto* migration = find_migration(schema, number);
    if (migration == nullptr || known.empty() || known == checksum(*migration)) continue;
    throw std::runtime_error("schema " + schema.name + ": migration " + std::to_string(number) + " (" +
                             migration->name +
                             ") is not the one that was applied: give its file back its old text, and put the "
                             "change into a new migration");
  }
  if (oldest_program > highest_of(schema)) {
    throw std::runtime_error("schema " + schema.name + " is at migration " + std::to_string(highest) +
                             " and wants programs that know migration " + std::to_string(oldest_program) +
                             "; this one knows only " + std::to_string(highest_of(schema)) + ": run a newer version");
  }
  return highest;
}

// Applied by a version that did not look: it becomes what this version has.
void remember_checksums(pqxx::transaction_base& work, const Schema& schema) {
  for (const auto& row : work.exec("select number from schema_migrations where sha256 is null")) {
    const auto* migration = find_migration(schema, row[0].as<int>());
    if (migration == nullptr) continue;
    work.exec_params("update schema_migrations set sha256 = $2 where number = $1", migration->number,
                     checksum(*migration));
  }
}

}  // namespace

void migrate(const std::string& uri, const Schema& schema) {
  pqxx::connection connection(checked(uri));
  {
    // Held by the session, so that replicas starting together wait for the first.
    pqxx::nontransaction setup(connection);
    setup.exec("set client_min_messages = warning");
    setup.exec_params("select pg_advisory_lock(hashtext('kassaflow/' || $1))", schema.name);
    // Asked first: `create schema if not exists` wants the right to make one also where it exists.
    if (setup.exec_params1("select to_regnamespace(quote_ident($1)) is null", schema.name)[0].as<bool>()) {
      setup.exec("create schema " + setup.quote_name(schema.name));
    }
    setup.exec("set search_path = " + setup.quote_name(schema.name));
    setup.exec(
        "create table if not exists schema_migrations (number int primary key, name text not null, applied_at "
        "timestamptz not null default now())");
    // sha256: hex. oldest_program: as in Migration.
    setup.exec(
        "alter table schema_migrations add column if not exists sha256 text, add column if not exists oldest_program "
        "int not null default 0");
  }
  int applied = 0;
  {
    pqxx::work work(connection);
    applied = check_applied(work, schema);
    remember_checksums(work, schema);
    work.commit();
  }
  for (const auto& migration : schema.migrations) {
    if (migration.number <= applied) continue;
    pqxx::work work(connection);
    work.exec(migration.sql);
    work.exec_params("insert into schema_migrations (number, name, sha256, oldest_program) values ($1, $2, $3, $4)",
                     migration.number, migration.name, checksum(migration), migration.oldest_program);
    work.commit();
  }
}

int migrate_by_hand(const std::string& uri, const Schema& schema) {
  migrate(uri, schema);
  log::info("schema.migrated", {{"schema", schema.name}, {"migration", highest_of(schema)}});
  return 0;
}

std::string missing_in(const std::string& uri, const Schema& schema) {
  const std::string to_do = "; run `migrate` of this version";
  const std::string connection_string = checked(uri);
  try {
    pqxx::connection connection(connection_string);
    pqxx::read_transaction work(connection);
    // The column came last, so a schema without it was made by an older version.
    if (!work.exec_params1("select exists (select from pg_attribute where attrelid = to_regclass(quote_ident($1) || "
                           "'.schema_migrations') and attname = 'oldest_program')",
                           schema.name)[0]
             .as<bool>()) {
      return "schema " + schema.name + " is not there yet, or an older version's" + to_do;
    }
    work.exec("set local search_path = " + work.quote_name(schema.name));
    const int applied = check_applied(work, schema);
    if (applied >= highest_of(schema)) return {};
    return "schema " + schema.name + " is at migration " + std::to_string(applied) + ", this program wants " +
           std::to_string(highest_of(schema)) + to_do;
  } catch (const pqxx::broken_connection&) {
    return "PostgreSQL does not answer, or does not let us in";
  }
}

void SchemaSettings::add_to(settings::Settings& keys) {
  keys.flag(migrate_at_start, "migrate_at_start",
            "bring the schema to this version at start; false: wait, not ready, until `migrate` has done so");
}

std::string SchemaSettings::prepare(const std::string& uri, const Schema& schema) const {
  if (!migrate_at_start) return missing_in(uri, schema);
  migrate(uri, schema);
  return {};
}

}  // namespace kassaflow::postgres
