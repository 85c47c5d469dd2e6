#pragma once
// A PostgreSQL of its own for a test program: a cluster in a temporary folder, run by an ordinary user, gone at the
// end, also when the program is killed.

#include <sys/types.h>

#include <string>

namespace kassaflow::postgres_testing {

class TemporaryPostgres {
 public:
  TemporaryPostgres();  // throws when initdb or the server fails
  ~TemporaryPostgres();
  TemporaryPostgres(const TemporaryPostgres&) = delete;
  TemporaryPostgres& operator=(const TemporaryPostgres&) = delete;

  [[nodiscard]] const std::string& uri() const { return uri_; }
  void stop();   // as if the machine lost it (immediate shutdown)
  void start();  // again, on the same port

 private:
  bool launch();  // false when it did not come up

  std::string folder_;
  std::string uri_;
  int port_ = 0;
  pid_t server_ = 0;
};

}  // namespace kassaflow::postgres_testing
