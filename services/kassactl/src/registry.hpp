#pragma once
// The registry as commands speak to it.

#include <memory>
#include <string>

#include "commands.hpp"
#include "kassaflow/v1/registry.grpc.pb.h"

namespace kassaflow::kassactl {

struct Registry {
  explicit Registry(const Environment& environment) : Registry(environment, token(environment)) {}
  Registry(const Environment& environment, const Secret& token);

  // Turns what is not an answer into a Failure.
  void check(const grpc::Status& status) const;
  std::vector<v1::Document> list(const std::string& kind) const;

  std::string address;
  std::unique_ptr<v1::Registry::Stub> stub;
};

// Says who has not taken a change over; the exit code.
int report_lagging(const Session& session, const google::protobuf::RepeatedPtrField<std::string>& lagging);

}  // namespace kassaflow::kassactl
