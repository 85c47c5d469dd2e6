#include "temporary_postgres.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

namespace kassaflow::postgres_testing {
namespace {

constexpr const char* kBin = "/usr/lib/postgresql/15/bin/";
constexpr int kPortTries = 3;
constexpr std::chrono::milliseconds kLook{20};
constexpr std::chrono::seconds kStartLimit{60};

// PostgreSQL refuses to run as root. The server dies with the thread that started it, so a killed test leaves none
// behind.
std::vector<std::string> as_user(std::vector<std::string> command) {
  std::vector<std::string> whole{"setpriv", "--pdeathsig", "QUIT"};
  if (geteuid() == 0) whole.insert(whole.end(), {"--reuid=postgres", "--regid=postgres", "--clear-groups"});
  whole.emplace_back("--");
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

pid_t spawn(std::vector<std::string> command, const std::string& log) {
  std::vector<char*> arguments;
  for (auto& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child > 0) return child;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (out >= 0) {
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
  }
  execvp(arguments[0], arguments.data());
  _exit(127);
}

bool succeeds(std::vector<std::string> command, const std::string& log) {
  int status = 0;
  return waitpid(spawn(std::move(command), log), &status, 0) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int free_port() {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = bind(socket_fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(socket_fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(socket_fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace

TemporaryPostgres::TemporaryPostgres() {
  std::string name = (std::filesystem::temp_directory_path() / "kassaflow-pg-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = name;
  const bool owned = geteuid() != 0 || succeeds({"chown", "postgres:", folder_}, "/dev/null");
  if (!owned || !succeeds(as_user({std::string(kBin) + "initdb", "-D", folder_ + "/data", "-U", "kassaflow", "-A",
                                   "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"}),
                          "/dev/null")) {
    std::filesystem::remove_all(folder_);
    throw std::runtime_error("initdb failed in " + folder_);
  }
  bool up = false;
  for (int i = 0; i < kPortTries && !up; ++i) {  // another program may have been faster on a port
    port_ = free_port();
    up = launch();
  }
  if (!up) throw std::runtime_error("PostgreSQL did not start: " + folder_ + "/log");
  uri_ = "postgresql://kassaflow@127.0.0.1:" + std::to_string(port_) + "/postgres?connect_timeout=2";
}

TemporaryPostgres::~TemporaryPostgres() {
  stop();
  std::error_code ignored_leftovers;
  std::filesystem::remove_all(folder_, ignored_leftovers);
}

void TemporaryPostgres::stop() {
  if (server_ == 0) return;
  kill(server_, SIGQUIT);
  waitpid(server_, nullptr, 0);
  server_ = 0;
}

void TemporaryPostgres::start() {
  if (!launch()) throw std::runtime_error("PostgreSQL did not start: " + folder_ + "/log");
}

bool TemporaryPostgres::launch() {
  server_ = spawn(as_user({std::string(kBin) + "postgres", "-D", folder_ + "/data", "-p", std::to_string(port_), "-c",
                           "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"}),
                  folder_ + "/log");
  const auto until = std::chrono::steady_clock::now() + kStartLimit;
  while (std::chrono::steady_clock::now() < until) {
    if (waitpid(server_, nullptr, WNOHANG) != 0) {
      server_ = 0;  // it is gone, and its number may be another's
      return false;
    }
    if (succeeds({std::string(kBin) + "pg_isready", "-q", "-h", "127.0.0.1", "-p", std::to_string(port_)},
                 "/dev/null")) {
      return true;
    }
    std::this_thread::sleep_for(kLook);
  }
  stop();
  return false;
}

}  // namespace kassaflow::postgres_testing
