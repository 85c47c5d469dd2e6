#include "connections.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cctype>
#include <fstream>
#include <set>
#include <sstream>

#include "kassaflow/rpc/channel.hpp"
#include "kassaflow/rpc/token.hpp"

namespace kassaflow::kassactl {

namespace {
constexpr int kMessageLimit = 64 * 1024 * 1024;

std::string value_of(const Environment& environment, const std::string& variable) {
  const auto found = environment.find(variable);
  return found == environment.end() ? std::string() : found->second;
}
}  // namespace

std::vector<std::string> addresses(const Environment& environment, const std::string& service) {
  std::string variable = "KASSAFLOW_" + service + "_GRPC";
  std::ranges::transform(variable, variable.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto value = environment.find(variable);
  std::vector<std::string> found;
  if (value != environment.end()) {
    std::istringstream list(value->second);
    for (std::string address; std::getline(list, address, ',');) {
      if (!address.empty()) found.push_back(address);
    }
  }
  if (found.empty()) throw Failure(variable + " is not set: where does " + service + " listen (host:port)?");
  // What is none may be another variable's value, with its password: it is not quoted.
  const auto is_address = [](const std::string& address) {
    return address.find(':') != std::string::npos && std::ranges::all_of(address, [](unsigned char c) {
             return std::isalnum(c) != 0 ||
                    std::string_view(".:-_[]").find(static_cast<char>(c)) != std::string_view::npos;
           });
  };
  if (!std::ranges::all_of(found, is_address)) throw Failure(variable + " is not host:port[,host:port…]");
  return found;
}

std::vector<std::string> every_address(const std::vector<std::string>& addresses, const Resolve& resolve) {
  std::vector<std::string> every;
  for (const std::string& address : addresses) {
    const auto colon = address.rfind(':');
    auto found = resolve(address.substr(0, colon));
    if (std::ranges::any_of(found, [](const auto& ip) { return ip.is_v4(); })) {
      std::erase_if(found, [](const auto& ip) { return ip.is_v6(); });
    }
    std::set<std::string> hosts;
    for (const auto& ip : found) hosts.insert(ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string());
    if (hosts.empty()) every.push_back(address);
    for (const std::string& host : hosts) every.push_back(host + address.substr(colon));
  }
  return every;
}

std::vector<boost::asio::ip::address> resolve(const std::string& host) {
  boost::asio::io_context context;
  boost::system::error_code unknown;
  std::vector<boost::asio::ip::address> found;
  for (const auto& entry : boost::asio::ip::tcp::resolver(context).resolve(host, "", unknown)) {
    found.push_back(entry.endpoint().address());
  }
  return found;
}

std::string token_file(const Environment& environment) {
  const std::string configuration = value_of(environment, "XDG_CONFIG_HOME");
  if (!configuration.empty()) return configuration + "/kassaflow/token";
  const std::string home = value_of(environment, "HOME");
  return home.empty() ? std::string() : home + "/.config/kassaflow/token";
}

Secret read_token(std::istream& in, const std::string& what) {
  std::string text;
  std::getline(in, text);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  if (text.empty()) throw Failure(what + " holds no token");
  // What is none may be another secret: it is not sent to anybody.
  if (!text.starts_with(rpc::kTokenPrefix))
    throw Failure(what + " holds no token: one begins with " + std::string(rpc::kTokenPrefix));
  return Secret(text);
}

Secret token(const Environment& environment) {
  std::string path = value_of(environment, "KASSAFLOW_TOKEN_FILE");
  const bool named = !path.empty();
  if (!named) path = token_file(environment);
  std::ifstream file(path);
  if (!file.is_open()) {
    throw Failure(named ? "KASSAFLOW_TOKEN_FILE cannot be read"
                        : "no token: say yours once with `kassactl login`, or name its file in KASSAFLOW_TOKEN_FILE");
  }
  return read_token(file, named ? "KASSAFLOW_TOKEN_FILE" : path);
}

std::shared_ptr<grpc::Channel> open_channel(const Environment& environment, const std::string& service,
                                            const std::string& address, const Secret& token) {
  const std::string authority = value_of(environment, "KASSAFLOW_TLS_AUTHORITY_FILE");
  if (authority.empty()) {
    throw Failure(
        "KASSAFLOW_TLS_AUTHORITY_FILE is not set: which certificates are the services known by (a PEM file)?");
  }
  if (!std::ifstream(authority).is_open()) throw Failure("KASSAFLOW_TLS_AUTHORITY_FILE cannot be read");
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageLimit);
  return rpc::open_channel({.authority = authority, .certificate = {}, .key = {}}, service, address, arguments, token);
}

void limit(grpc::ClientContext& context, std::chrono::seconds limit) {
  context.set_deadline(std::chrono::system_clock::now() + limit);
}

std::string describe(const grpc::Status& status, const std::string& service, const std::string& address) {
  return service + " at " + address + ": " + status.error_message();
}

}  // namespace kassaflow::kassactl
