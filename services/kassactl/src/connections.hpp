#pragma once
// Where the services are, and how they are called.

#include <grpcpp/grpcpp.h>

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/base/secret.hpp"

namespace kassaflow::kassactl {

using Environment = std::map<std::string, std::string>;

// The comma-separated addresses of KASSAFLOW_<SERVICE>_GRPC; throws Failure when there is none.
[[nodiscard]] std::vector<std::string> addresses(const Environment& environment, const std::string& service);

// The same, with all that stands behind each name in its place: a name may be that of many workers, who are asked one
// by one. `resolve` tells the addresses of a host; of both families those of IPv4 are taken, else each worker would be
// asked twice. A name that leads nowhere stays: calling it says why.
using Resolve = std::function<std::vector<boost::asio::ip::address>(const std::string& host)>;
[[nodiscard]] std::vector<std::string> every_address(const std::vector<std::string>& addresses, const Resolve& resolve);
// Asks the system; empty when it knows none.
[[nodiscard]] std::vector<boost::asio::ip::address> resolve(const std::string& host);

// A command that cannot go on; the text is for the operator, the exit code is 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// To `service` at `address`, whose certificate the authority of KASSAFLOW_TLS_AUTHORITY_FILE must have signed; each
// call says the token. Throws Failure when the authority is not known.
[[nodiscard]] std::shared_ptr<grpc::Channel> open_channel(const Environment& environment, const std::string& service,
                                                          const std::string& address, const Secret& token);

// Where `login` keeps the token: in the user's own configuration. Empty: he has none.
[[nodiscard]] std::string token_file(const Environment& environment);
// Of KASSAFLOW_TOKEN_FILE, else of `login`. Throws Failure when there is none.
[[nodiscard]] Secret token(const Environment& environment);
// The text of a file without its line ends; throws Failure when it cannot be read or holds none. `what`: for that text.
[[nodiscard]] Secret read_token(std::istream& in, const std::string& what);

inline constexpr std::chrono::seconds kCallLimit{10};
inline constexpr std::chrono::seconds kApplyLimit{60};  // of which 10 s may be spent waiting for the services

// Fills the deadline in; gRPC contexts cannot be moved.
void limit(grpc::ClientContext& context, std::chrono::seconds limit = kCallLimit);

// "registry at 127.0.0.1:5000: …"
[[nodiscard]] std::string describe(const grpc::Status& status, const std::string& service, const std::string& address);

}  // namespace kassaflow::kassactl
