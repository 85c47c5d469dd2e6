#include "plans.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

namespace kassaflow::statements {

namespace json = boost::json;

namespace {

constexpr std::int64_t kMostOfAFleet = 5000;
constexpr std::int64_t kPagesOfAStatement = 400;
constexpr std::int64_t kPagesOfAnItem = 40;

std::string text_of(const json::object& node, const char* key) {
  const auto* found = node.if_contains(key);
  return found == nullptr || !found->is_string() ? std::string() : std::string(found->as_string());
}

double number_of(const json::object& node, const char* key) {
  const auto* found = node.if_contains(key);
  return found == nullptr ? 0 : found->to_number<double>();
}

void read_node(const json::object& node, Plan& plan) {
  const auto type = text_of(node, "Node Type");
  const auto table = text_of(node, "Schema") + "." + text_of(node, "Relation Name");
  const auto rows = static_cast<std::int64_t>(number_of(node, "Actual Rows") * number_of(node, "Actual Loops"));
  const bool runs = number_of(node, "Actual Loops") > 0;
  if (runs && type == "Seq Scan") {
    plan.ways.push_back(text_of(node, "Relation Name") + " (all of it)");
    plan.scanned.insert(table);
  }
  if (const auto index = text_of(node, "Index Name"); runs && !index.empty()) plan.ways.push_back(index);
  if (type == "Function Scan" || type == "ModifyTable") plan.items = std::max(plan.items, rows);
  if (const auto* parts = node.if_contains("Plans")) {
    for (const auto& part : parts->as_array()) read_node(part.as_object(), plan);
  }
}

// Of the message "duration: 0.021 ms  plan:\n{…}".
Plan read_plan(std::string_view message, std::string service) {
  const auto explained = json::parse(message.substr(message.find('{'))).as_object();
  const auto& top = explained.at("Plan").as_object();
  Plan plan;
  plan.statement = text_of(explained, "Query Text");
  plan.service = std::move(service);
  plan.ms = std::stod(std::string(message.substr(message.find(' '))));
  plan.buffers = static_cast<std::int64_t>(number_of(top, "Shared Hit Blocks") + number_of(top, "Shared Read Blocks"));
  plan.rows = static_cast<std::int64_t>(number_of(top, "Actual Rows"));
  plan.items = plan.rows;
  read_node(top, plan);
  return plan;
}

// Of the detail "parameters: $1 = '{7,8}', $2 = '5'": the longest list that has no text in it.
std::int64_t items_in(std::string_view parameters) {
  std::int64_t most = 1;
  for (auto at = parameters.find("'{"); at != std::string_view::npos; at = parameters.find("'{", at + 1)) {
    const auto list = parameters.substr(at, parameters.find('}', at) - at);
    if (list.find_first_of("\"\\") == std::string_view::npos) most = std::max(most, std::ranges::count(list, ',') + 1);
  }
  return most;
}

}  // namespace

std::set<std::string> growing_tables(postgres_testing::Session& session) {
  std::set<std::string> tables;
  session.run([&](pqxx::work& work) {
    for (const auto& row : work.exec_params("select relnamespace::regnamespace || '.' || relname from pg_class where "
                                            "relkind = 'r' and relnamespace in "
                                            "('fiscalizer'::regnamespace, 'status'::regnamespace) and reltuples > $1",
                                            kMostOfAFleet)) {
      tables.insert(row[0].as<std::string>());
    }
    return true;
  });
  return tables;
}

std::int64_t budget_for(std::int64_t items) { return kPagesOfAStatement + kPagesOfAnItem * items; }

std::map<std::string, Summary> summarize(const std::vector<Plan>& plans) {
  std::map<std::string, Summary> summaries;
  for (const auto& plan : plans) {
    auto& summary = summaries[plan.statement];
    const auto over = [](const Plan& one) { return one.buffers - budget_for(one.items); };
    if (summary.runs == 0 || over(plan) > over(summary.dearest)) summary.dearest = plan;
    summary.service = plan.service;
    summary.longest_ms = std::max(summary.longest_ms, plan.ms);
    summary.scanned.insert(plan.scanned.begin(), plan.scanned.end());
    ++summary.runs;
  }
  return summaries;
}

ServerLog::ServerLog(postgres_testing::TemporaryPostgres& server) : server_(server) {
  {
    pqxx::connection connection(server.uri());
    pqxx::nontransaction setup(connection);
    setup.exec("load 'auto_explain'");  // else its settings are not known
    // Autovacuum: the tables' statistics stay as write_history leaves them.
    for (const char* setting :
         {"logging_collector = on", "log_destination = 'jsonlog'", "log_filename = 'log'", "log_rotation_size = 0",
          "log_rotation_age = 0", "autovacuum = off", "shared_buffers = '512MB'", "max_wal_size = '8GB'",
          "session_preload_libraries = 'auto_explain'", "auto_explain.log_analyze = on",
          "auto_explain.log_buffers = on", "auto_explain.log_verbose = on", "auto_explain.log_format = 'json'",
          "auto_explain.log_nested_statements = on"}) {
      setup.exec(std::string("alter system set ") + setting);
    }
    file_ = setup.exec1("select current_setting('data_directory')")[0].as<std::string>();
    file_ /= "log/log.json";
  }
  server.stop();
  server.start();
}

void ServerLog::begin() {
  pqxx::connection connection(server_.uri());
  pqxx::nontransaction setup(connection);
  setup.exec("alter system set auto_explain.log_min_duration = 0");
  setup.exec("alter system set log_min_duration_statement = 0");
  setup.exec("select pg_reload_conf()");
  while (setup.exec1("select current_setting('auto_explain.log_min_duration', true)")[0].as<std::string>() != "0") {
  }
  (void)take();
}

std::vector<Plan> ServerLog::take() {
  // The server writes its log by and by: up to a statement of our own.
  const auto mark = "end of part " + std::to_string(++marks_);
  pqxx::connection connection(server_.uri());
  pqxx::nontransaction session(connection);
  session.exec("select '" + mark + "'");
  std::vector<Plan> plans;
  std::string line;
  for (std::ifstream log(file_);; log.clear()) {
    log.seekg(read_);
    while (std::getline(log, line) && !log.eof()) {
      read_ = log.tellg();
      const auto entry = json::parse(line).as_object();
      const auto message = text_of(entry, "message");
      const auto service = text_of(entry, "application_name");
      const bool ours = service == "fiscalizer" || service == "status";
      const bool explains = message.find("plan:\n") != std::string::npos;
      if (explains && ours) plans.push_back(read_plan(message, service));
      if (explains && message.find(mark) != std::string::npos) return plans;
      // The same statement, after its plan, with what it was asked for.
      if (ours && !plans.empty() && message.ends_with(plans.back().statement)) {
        plans.back().items = std::max(plans.back().items, items_in(text_of(entry, "detail")));
      }
    }
    session.exec("select 1");  // the time of a round trip
  }
}

}  // namespace kassaflow::statements
