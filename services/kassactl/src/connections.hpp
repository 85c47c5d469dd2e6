#pragma once
// Where the services are, and how they are called.

#include <grpcpp/grpcpp.h>

#include <chrono>
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
