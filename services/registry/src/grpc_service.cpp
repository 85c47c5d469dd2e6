#include "grpc_service.hpp"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

#include "kassaflow/base/report.hpp"
#include "kassaflow/documents/documents.hpp"
#include "kassaflow/documents/marks.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "kassaflow/rpc/audit.hpp"
#include "kassaflow/rpc/page.hpp"
#include "kassaflow/text/visible.hpp"
#include "scope.hpp"

namespace kassaflow::registry {
namespace {

constexpr int kDocumentsPerEvent = 500;
constexpr std::chrono::milliseconds kReplicaPoll{50};
constexpr std::chrono::milliseconds kUnderWayPoll{200};
constexpr std::chrono::seconds kUnderWayLimit{30};  // kassactl waits for 60 s

// The one place where errors become gRPC statuses.
grpc::Status to_status(const Error& error) {
  using grpc::StatusCode;
  if (error.code == kNotFound) return {StatusCode::NOT_FOUND, visible(explained(error))};
  if (error.code == kInUse) return {StatusCode::FAILED_PRECONDITION, visible(explained(error))};
  report(log::Level::error, "registry.failed", error);
  if (error.code == postgres::kUnavailable)
    return {StatusCode::UNAVAILABLE, explained({error.code, "PostgreSQL is not reachable"})};
  if (error.code == postgres::kInDoubt) {
    return {StatusCode::UNAVAILABLE, "PostgreSQL was lost while committing; apply again to be sure"};
  }
  return {StatusCode::INTERNAL, "internal error " + std::string(error.code.name()) + ", see the registry's log"};
}

// A script of the operator's must not let anybody in, or it could let in an operator.
Rights rights_of(const rpc::Caller& caller) {
  return {.only_tenant = caller.only_tenant(), .tokens = caller.token && caller.token->scope != v1::SCOPE_SERVICE};
}

grpc::Status unknown_kind(const std::string& kind) {
  return {grpc::StatusCode::INVALID_ARGUMENT, "there is no kind " + visible(kind)};
}

}  // namespace

GrpcService::GrpcService(Store& store, Watchers& watchers, GrpcOptions options)
    : store_(store), watchers_(watchers), options_(std::move(options)) {}

std::vector<std::string> GrpcService::put_in_force(std::uint64_t revision) {
  const auto deadline = std::chrono::steady_clock::now() + options_.in_force_limit;
  watchers_.announce(revision);
  std::vector<std::string> lagging = watchers_.wait_in_force(revision, options_.in_force_limit);
  std::ranges::move(wait_for_other_replicas(revision, deadline), std::back_inserter(lagging));
  return lagging;
}

std::vector<std::string> GrpcService::wait_for_other_replicas(std::uint64_t revision,
                                                              std::chrono::steady_clock::time_point deadline) {
  while (true) {
    auto behind = store_.behind_elsewhere(options_.replica, revision);
    if (!behind) return {"services of other registry replicas (PostgreSQL did not answer)"};
    if (behind->empty() || std::chrono::steady_clock::now() >= deadline) return std::move(*behind);
    std::this_thread::sleep_for(kReplicaPoll);
  }
}

grpc::Status GrpcService::Apply(grpc::ServerContext* context, const v1::ApplyRequest* request,
                                v1::ApplyResponse* response) {
  if (request->documents_size() > kDocumentsLimit) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            "at most " + std::to_string(kDocumentsLimit) + " documents at once; split the file"};
  }
  if (const grpc::Status status = rpc::check_said(request->actor(), request->reason()); !status.ok()) return status;
  return options_.access.with_caller(*context, [&](const rpc::Caller& caller) {
    auto applied = store_.apply({request->documents().begin(), request->documents().end()}, rpc::who(caller, *request),
                                rights_of(caller));
    if (!applied) return to_status(applied.error());
    response->mutable_errors()->Assign(applied->errors.begin(), applied->errors.end());
    if (!applied->errors.empty()) return grpc::Status::OK;
    response->mutable_results()->Assign(applied->results.begin(), applied->results.end());
    const auto lagging = put_in_force(applied->revision);
    response->mutable_lagging()->Assign(lagging.begin(), lagging.end());
    return grpc::Status::OK;
  });
}

grpc::Status GrpcService::Get(grpc::ServerContext* context, const v1::GetRequest* request, v1::GetResponse* response) {
  const std::string kind(documents::normalise_kind(request->kind()));
  if (kind.empty()) return unknown_kind(request->kind());
  return options_.access.with_caller(*context, [&](const rpc::Caller& caller) {
    const auto document = store_.get({kind, request->id()}, caller.only_tenant());
    if (!document) return to_status(document.error());
    *response->mutable_document() = documents::without_credentials(*document);
    const v1::Register& entry = document->register_();
    const registers::Protocol* protocol = registers::find_protocol(entry);
    const registers::Callbacks* callbacks = protocol == nullptr ? nullptr : protocol->callbacks();
    if (const std::string key = callbacks == nullptr ? "" : callbacks->key(entry); !key.empty()) {
      response->set_callback_url(options_.public_url + "/callbacks/" + std::string(protocol->name()) + "/" +
                                 store_.id_master().callback_token(TenantId(entry.tenant()), key));
    }
    return grpc::Status::OK;
  });
}

grpc::Status GrpcService::List(grpc::ServerContext* context, const v1::ListRequest* request,
                               v1::ListResponse* response) {
  const std::string kind(documents::normalise_kind(request->kind()));
  if (kind.empty()) return unknown_kind(request->kind());
  return options_.access.with_caller(*context, [&](const rpc::Caller& caller) {
    const auto documents = store_.list(kind, caller.only_tenant());
    if (!documents) return to_status(documents.error());
    response->mutable_documents()->Assign(documents->begin(), documents->end());
    return grpc::Status::OK;
  });
}

grpc::Status GrpcService::retire(grpc::ServerContext* context, const Name& name) {
  const auto revision = store_.retire(name, true);
  if (!revision) return to_status(revision.error());
  put_in_force(*revision);  // who does not know it yet is stopped by the journal
  auto unsettled = options_.retire(RegisterId(name.id), *revision);
  const auto until = std::chrono::steady_clock::now() + kUnderWayLimit;
  while (unsettled && !unsettled->blockers.empty() && unsettled->under_way &&
         std::chrono::steady_clock::now() < until && !context->IsCancelled()) {
    std::this_thread::sleep_for(kUnderWayPoll);
    unsettled = options_.retire(RegisterId(name.id), *revision);
  }
  std::string why;
  if (!unsettled) {
    why = "whether a receipt on it is unsettled is unknown: " + explained(unsettled.error());
  } else if (!unsettled->blockers.empty()) {
    why = "attempts on it have no answer; settle them first";
    for (const std::string& blocker : unsettled->blockers) why += "; " + blocker;
  }
  if (why.empty()) return grpc::Status::OK;
  if (const auto back = store_.retire(name, false)) {
    put_in_force(*back);
  } else {
    why += "; it stays out of service until it is deleted or the registry is restarted";
  }
  return {grpc::StatusCode::FAILED_PRECONDITION, visible(name.text() + " was not deleted: " + why)};
}

grpc::Status GrpcService::Delete(grpc::ServerContext* context, const v1::DeleteRequest* request,
                                 v1::DeleteResponse* response) {
  if (const grpc::Status status = rpc::check_said(request->actor(), request->reason()); !status.ok()) return status;
  return options_.access.with_caller(
      *context, [&](const rpc::Caller& caller) { return remove(context, caller, *request, response); });
}

grpc::Status GrpcService::remove(grpc::ServerContext* context, const rpc::Caller& caller,
                                 const v1::DeleteRequest& request, v1::DeleteResponse* response) {
  const Name name{std::string(documents::normalise_kind(request.kind())), request.id()};
  if (name.kind.empty()) return unknown_kind(request.kind());
  if (const auto known = store_.get(name, caller.only_tenant()); !known) return to_status(known.error());
  if (name.kind == "tenant" && !caller.only_tenant().empty())
    return {grpc::StatusCode::PERMISSION_DENIED, "tenants are deleted by the operator"};
  if (name.kind == "token" && !rights_of(caller).tokens)
    return {grpc::StatusCode::PERMISSION_DENIED, "tokens are revoked by people"};
  if (name.kind == "register") {
    if (const grpc::Status status = retire(context, name); !status.ok()) return status;
  }
  const auto revision = store_.remove(name, rpc::who(caller, request));
  if (!revision) return to_status(revision.error());
  const auto lagging = put_in_force(*revision);
  response->mutable_lagging()->Assign(lagging.begin(), lagging.end());
  return grpc::Status::OK;
}

grpc::Status GrpcService::ListAudit(grpc::ServerContext*, const v1::ListAuditRequest* request,
                                    v1::ListAuditResponse* response) {
  const auto part = store_.audit_after(request->after(), rpc::page_limit(*request));
  if (!part) return to_status(part.error());
  rpc::fill(*response, *part);
  return grpc::Status::OK;
}

grpc::Status GrpcService::Watch(grpc::ServerContext* context, WatchStream* stream) {
  v1::WatchRequest hello;
  if (!stream->Read(&hello)) return grpc::Status::OK;
  if (hello.instance().empty()) return {grpc::StatusCode::INVALID_ARGUMENT, "say which instance is watching"};
  const v1::Service service = hello.service();
  const grpc::Status named = options_.access.with_caller(*context, [&](const rpc::Caller& caller) {
    if (caller.service == service) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, caller.name() + " is not sent what is another service's");
  });
  if (!named.ok()) return named;
  const std::string name(documents::word_of(service));
  const Watchers::Id id = watchers_.join(name, hello.instance());
  log::info("watch.opened", {{"service_watching", name}, {"instance", hello.instance()}});
  std::jthread reports([&] {
    v1::WatchRequest report;
    while (stream->Read(&report)) watchers_.report(id, report.in_force_revision());
    watchers_.leave(id);
  });
  std::uint64_t sent = 0;
  while (send_changes(*stream, service, sent) && watchers_.wait_for_news(id, sent)) {
  }
  context->TryCancel();  // ends the reader's Read
  reports.join();
  log::info("watch.closed", {{"service_watching", name}, {"instance", hello.instance()}});
  return {grpc::StatusCode::UNAVAILABLE, "the stream ended"};
}

bool GrpcService::send_changes(WatchStream& stream, v1::Service service, std::uint64_t& from) {
  const auto changes = store_.changes_since(from);
  // The watcher comes back with its own back-off and keeps its last snapshot until then.
  if (!changes) {
    report(log::Level::warn, "watch.broken", changes.error());
    return false;
  }
  v1::WatchEvent event;
  event.set_revision(changes->revision);
  event.set_snapshot_begin(from == 0);
  event.mutable_deletes()->Assign(changes->deleted.begin(), changes->deleted.end());
  for (const v1::Document& document : changes->documents) {
    auto shown = scoped(document, service, store_.id_master());
    if (!shown) continue;
    if (event.upserts_size() == kDocumentsPerEvent) {
      if (!stream.Write(event)) return false;
      event.Clear();
      event.set_revision(changes->revision);
    }
    *event.add_upserts() = std::move(*shown);
  }
  event.set_snapshot_end(true);
  from = changes->revision;
  return stream.Write(event);
}

}  // namespace kassaflow::registry
