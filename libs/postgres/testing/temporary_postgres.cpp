#include "temporary_postgres.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace kassaflow::postgres_testing {
namespace {

constexpr const char* kBin = "/usr/lib/postgresql/15/bin/";

// PostgreSQL refuses to run as root.
std::string as_user(const std::string& command) {
  return geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups -- " + command : command;
}

void must(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error("failed: " + command);
}

int free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(socket_fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    close(socket_fd);
    throw std::runtime_error("no free port");
  }
  close(socket_fd);
  return ntohs(address.sin_port);
}

}  // namespace

TemporaryPostgres::TemporaryPostgres() : port_(free_port()) {
  std::string name = (std::filesystem::temp_directory_path() / "kassaflow-pg-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = name;
  if (geteuid() == 0) must("chown postgres: " + folder_);
  must(as_user(std::string(kBin) + "initdb -D " + folder_ +
               "/data -U kassaflow -A trust -E UTF8 --locale=C.UTF-8 --no-sync"));
  uri_ = "postgresql://kassaflow@127.0.0.1:" + std::to_string(port_) + "/postgres?connect_timeout=2";
  start();
}

TemporaryPostgres::~TemporaryPostgres() {
  if (std::system((as_user(std::string(kBin) + "pg_ctl -D " + folder_ + "/data -m immediate stop") + " >/dev/null 2>&1")
                      .c_str()) != 0) {
    // It may have been stopped by the test already.
  }
  std::error_code ignored_leftovers;
  std::filesystem::remove_all(folder_, ignored_leftovers);
}

void TemporaryPostgres::stop() {
  must(as_user(std::string(kBin) + "pg_ctl -D " + folder_ + "/data -m immediate -w stop"));
}

void TemporaryPostgres::start() {
  must(as_user(std::string(kBin) + "pg_ctl -D " + folder_ + "/data -l " + folder_ + "/log -w -o \"-p " +
               std::to_string(port_) + " -c listen_addresses=127.0.0.1 -c unix_socket_directories=''\" start"));
}

}  // namespace kassaflow::postgres_testing
