#pragma once
// The registry's gRPC: translates between messages and Store, Watchers; decides nothing.

#include <chrono>
#include <functional>
#include <string>

#include "kassaflow/base/id.hpp"
#include "kassaflow/rpc/access.hpp"
#include "kassaflow/v1/registry.grpc.pb.h"
#include "store.hpp"
#include "watchers.hpp"

namespace kassaflow::registry {

inline constexpr std::chrono::milliseconds kInForceLimit{10000};  // design.md 3.4
inline constexpr int kDocumentsLimit = 10000;                     // of one Apply

// What attempts on a register left open or uncertain.
struct Unsettled {
  std::vector<std::string> blockers;
  bool under_way = false;  // they end by themselves within moments
};
// Nothing is started any more on the register under a document older than `revision`. What is left then; an error when
// nobody can say. Repeatable.
using RetireAtFiscalizers = std::function<Result<Unsettled>(const RegisterId& id, std::uint64_t revision)>;

struct GrpcOptions {
  std::string replica;         // this process among several registries
  std::string public_url;      // where clouds reach the edge: "https://kassa.example.ru"
  RetireAtFiscalizers retire;  // asks the fiscalizers
  const rpc::Access& access;
  std::chrono::milliseconds in_force_limit = kInForceLimit;
};

class GrpcService final : public v1::Registry::Service {
 public:
  GrpcService(Store& store, Watchers& watchers, GrpcOptions options);

  grpc::Status Apply(grpc::ServerContext* context, const v1::ApplyRequest* request,
                     v1::ApplyResponse* response) override;
  grpc::Status Get(grpc::ServerContext* context, const v1::GetRequest* request, v1::GetResponse* response) override;
  grpc::Status List(grpc::ServerContext* context, const v1::ListRequest* request, v1::ListResponse* response) override;
  grpc::Status Delete(grpc::ServerContext* context, const v1::DeleteRequest* request,
                      v1::DeleteResponse* response) override;

  grpc::Status ListAudit(grpc::ServerContext* context, const v1::ListAuditRequest* request,
                         v1::ListAuditResponse* response) override;

  using WatchStream = grpc::ServerReaderWriter<v1::WatchEvent, v1::WatchRequest>;
  grpc::Status Watch(grpc::ServerContext* context, WatchStream* stream) override;

 private:
  grpc::Status remove(grpc::ServerContext* context, const rpc::Caller& caller, const v1::DeleteRequest& request,
                      v1::DeleteResponse* response);
  // Brings the watcher from `from` (0: nothing) to the newest revision. False when the stream is broken.
  bool send_changes(WatchStream& stream, v1::Service service, std::uint64_t& from);
  // Rule 9 of exactly-once.md: OK when nothing is under way on the register and nothing can begin any more. Waits for
  // what is under way.
  grpc::Status retire(grpc::ServerContext* context, const Name& name);
  // Announces the revision and waits until it is in force everywhere; returns who is behind at the limit.
  std::vector<std::string> put_in_force(std::uint64_t revision);
  std::vector<std::string> wait_for_other_replicas(std::uint64_t revision,
                                                   std::chrono::steady_clock::time_point deadline);

  Store& store_;
  Watchers& watchers_;
  const GrpcOptions options_;
};

}  // namespace kassaflow::registry
