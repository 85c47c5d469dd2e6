// backup check: whether a database that was restored from a backup can be gone on with. It is read, and nothing else.

#include <boost/json.hpp>
#include <fstream>
#include <pqxx/pqxx>

#include "commands.hpp"
#include "kassaflow/audit/chain.hpp"
#include "kassaflow/postgres/audit_log.hpp"
#include "kassaflow/postgres/connection_string.hpp"
#include "kassaflow/text/visible.hpp"
#include "output.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

constexpr const char* kSchemas[] = {"registry", "fiscalizer", "status"};
constexpr const char* kAudited[] = {"registry", "fiscalizer"};
constexpr int kRowsTogether = 1000;

struct Findings {
  json::object facts;
  std::vector<std::string> faults;
};

std::string read_uri(const std::string& file) {
  std::ifstream in(file);
  std::string uri;
  if (!std::getline(in, uri)) throw Failure("--postgres-file " + file + " cannot be read, or is empty");
  if (const std::string wrong = postgres::wrong_with(Secret(uri)); !wrong.empty())
    throw Failure("the connection string in " + file + " " + wrong);
  return uri;
}

void check_schemas(pqxx::work& work, Findings& found) {
  json::object migrations;
  for (const char* schema : kSchemas) {
    const bool there =
        work.exec_params1("select to_regclass($1 || '.schema_migrations') is not null", schema)[0].as<bool>();
    if (!there) {
      found.faults.push_back(std::string("schema ") + schema + " is not there");
      continue;
    }
    migrations[schema] =
        work.exec1("select coalesce(max(number), 0) from " + std::string(schema) + ".schema_migrations")[0].as<int>();
  }
  found.facts["migrations"] = std::move(migrations);
}

void check_audit(pqxx::work& work, Findings& found) {
  json::object ends;
  for (const char* schema : kAudited) {
    work.exec("set local search_path = " + std::string(schema));
    audit::Verifier verifier;
    audit::Part part;
    do {
      part = postgres::audit_after(work, verifier.head().number, kRowsTogether);
      for (const auto& fault : verifier.take(part.rows)) found.faults.push_back(std::string(schema) + ": " + fault);
    } while (!part.rows.empty());
    for (const auto& fault : verifier.finish(part.head)) found.faults.push_back(std::string(schema) + ": " + fault);
    ends[schema] = part.head.number;
  }
  found.facts["auditRows"] = std::move(ends);
}

void count_receipts(pqxx::work& work, Findings& found) {
  json::object states;
  for (const auto& row : work.exec("select state, count(*) from fiscalizer.receipts group by state order by state")) {
    states[row[0].as<std::string>()] = row[1].as<std::int64_t>();
  }
  found.facts["receipts"] = std::move(states);
  found.facts["newestChange"] = to_time(
      work.exec1("select coalesce((extract(epoch from max(changed_at)) * 1000)::bigint, 0) from fiscalizer.receipts")[0]
          .as<std::int64_t>());
}

// What one moment of a working database never shows.
void check_moment(pqxx::work& work, Findings& found) {
  const auto count = [&](const char* query, const char* what) {
    const auto rows = work.exec1(query)[0].as<std::int64_t>();
    if (rows > 0) found.faults.push_back(std::to_string(rows) + " " + what);
  };
  count("select count(*) from fiscalizer.receipts where state = 'done' and fiscal is null",
        "receipts are done without a document");
  count(
      "select count(*) from fiscalizer.receipts r where state = 'done' and not exists "
      "(select from fiscalizer.attempts a where a.receipt = r.id and a.outcome = 'printed')",
      "receipts are done without an attempt that printed them");
  count(
      "select count(*) from fiscalizer.receipts where sequence > (select last_value from fiscalizer.journal_sequence)",
      "receipts have a sequence that was not given out yet");
  count(
      "select count(*) from status.receipts s join fiscalizer.receipts r on r.id = s.id where s.revision > r.revision",
      "receipts are newer in the view than in the journal: the schemas are of different moments");
}

}  // namespace

int check_backup(const Session& session, const std::string& postgres_file) {
  Findings found;
  try {
    pqxx::connection connection(read_uri(postgres_file));
    pqxx::work work(connection);
    work.exec("set transaction isolation level repeatable read, read only");
    check_schemas(work, found);
    if (found.faults.empty()) {
      check_audit(work, found);
      count_receipts(work, found);
      check_moment(work, found);
    }
  } catch (const pqxx::failure& error) {
    throw Failure(std::string("the restored database: ") + error.what());
  }
  std::string text;
  for (const auto& fact : found.facts) {
    text += std::string(fact.key()) + "  " + json::serialize(fact.value()) + "\n";
  }
  for (const auto& fault : found.faults) text += "WRONG: " + visible(fault) + "\n";
  if (found.faults.empty()) text += "it can be gone on with\n";
  found.facts["faults"] = json::value_from(found.faults);
  show(session, found.facts, text);
  return found.faults.empty() ? 0 : 1;
}

}  // namespace kassaflow::kassactl
