#include "connections.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace kassaflow::kassactl {

namespace {
constexpr int kMessageLimit = 64 * 1024 * 1024;
}

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

std::shared_ptr<grpc::Channel> open_channel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageLimit);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

void limit(grpc::ClientContext& context, std::chrono::seconds limit) {
  context.set_deadline(std::chrono::system_clock::now() + limit);
}

std::string describe(const grpc::Status& status, const std::string& service, const std::string& address) {
  return service + " at " + address + ": " + status.error_message();
}

}  // namespace kassaflow::kassactl
