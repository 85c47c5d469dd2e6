#pragma once
// Where the services are, and how they are called.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kassaflow::kassactl {

using Environment = std::map<std::string, std::string>;

// The comma-separated addresses of KASSAFLOW_<SERVICE>_GRPC; throws Failure when there is none.
[[nodiscard]] std::vector<std::string> addresses(const Environment& environment, const std::string& service);

// A command that cannot go on; the text is for the operator, the exit code is 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Plain text over loopback or a private mesh. The one place where TLS would be set up.
[[nodiscard]] std::shared_ptr<grpc::Channel> open_channel(const std::string& address);

inline constexpr std::chrono::seconds kCallLimit{10};
inline constexpr std::chrono::seconds kApplyLimit{60};  // of which 10 s may be spent waiting for the services

// Fills the deadline in; gRPC contexts cannot be moved.
void limit(grpc::ClientContext& context, std::chrono::seconds limit = kCallLimit);

// "registry at 127.0.0.1:5000: …"
[[nodiscard]] std::string describe(const grpc::Status& status, const std::string& service, const std::string& address);

}  // namespace kassaflow::kassactl
