#pragma once
// A test's own connection, which looks into one schema.

#include <pqxx/pqxx>
#include <string>

namespace kassaflow::postgres_testing {

class Session {
 public:
  Session(const std::string& uri, const std::string& schema) : connection_(uri) {
    pqxx::nontransaction setup(connection_);
    setup.exec("set client_min_messages = warning");
    setup.exec("set search_path = " + schema);
  }

  // In one transaction, committed when `body` returns.
  template <class F>
  auto run(F body) {
    pqxx::work work(connection_);
    auto result = body(work);
    work.commit();
    return result;
  }
  void exec(const std::string& statement) {
    run([&](pqxx::work& work) { return work.exec(statement); });
  }
  // The one field of the one row.
  std::string one(const std::string& query) {
    return run([&](pqxx::work& work) { return std::string(work.exec1(query)[0].c_str()); });
  }

 protected:
  pqxx::connection connection_;
};

}  // namespace kassaflow::postgres_testing
