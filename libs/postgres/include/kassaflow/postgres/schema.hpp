#pragma once
// A service's schema: which migrations it has, which this program wants, and who brings it there. Versions meet on one
// schema while replicas are replaced one by one, so a program works on a newer one, unless that says it no longer fits.

#include <string>
#include <vector>

#include "kassaflow/settings/settings.hpp"

namespace kassaflow::postgres {

struct Migration {
  int number;
  std::string name;
  std::string sql;
  // The oldest programs that still work after it are those that know this migration; 0: all that worked before it do.
  int oldest_program = 0;
};

struct Schema {
  std::string name;
  std::vector<Migration> migrations;  // in order
};

// Creates the schema, then applies missing migrations in order, each in a transaction, under an advisory lock. What was
// applied is remembered with its SHA-256. Throws std::exception when the schema no longer fits this program, when a
// migration that was applied has other SQL now, when one fails, or when the server does not answer.
void migrate(const std::string& uri, const Schema& schema);

// The sub-command `migrate`: the same, with a line in the log; the exit code.
inline constexpr const char* kMigrateDescription = "bring the schema to this version; may be repeated";
int migrate_by_hand(const std::string& uri, const Schema& schema);

// Empty when this program can work on the schema, else what is missing yet. Changes nothing. Throws std::exception for
// what no waiting mends: as migrate() does, but not for a server that is away.
[[nodiscard]] std::string missing_in(const std::string& uri, const Schema& schema);

struct SchemaSettings {
  bool migrate_at_start = true;
  void add_to(settings::Settings& keys);
  // For runtime::ServiceDefinition::prepare: migrates, or says what is missing until somebody else has done it.
  [[nodiscard]] std::string prepare(const std::string& uri, const Schema& schema) const;
};

}  // namespace kassaflow::postgres
