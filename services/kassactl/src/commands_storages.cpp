// storages …: whose a fiscal storage is, and its documents.

#include <boost/json.hpp>

#include "commands.hpp"
#include "fiscalizers.hpp"
#include "kassaflow/text/visible.hpp"

namespace kassaflow::kassactl {
namespace {

int report(const Session& session, const v1::StorageResponse& response) {
  show(session, boost::json::object{{"note", response.note()}}, visible(response.note()) + "\n");
  return 0;
}

}  // namespace

int bind_storage(const Session& session, const StorageWord& word) {
  v1::BindStorageRequest request;
  request.set_fn(word.fn);
  request.set_register_(word.register_id.str());
  request.set_actor(actor(session.environment));
  request.set_reason(session.reason);
  v1::StorageResponse response;
  operate(session.environment,
          [&](auto& stub, auto& context) { return stub.BindStorage(&context, request, &response); });
  return report(session, response);
}

int unbook_document(const Session& session, const StorageWord& word) {
  v1::UnbookRequest request;
  request.set_fn(word.fn);
  request.set_fd(word.fd);
  request.set_actor(actor(session.environment));
  request.set_reason(session.reason);
  v1::StorageResponse response;
  operate(session.environment, [&](auto& stub, auto& context) { return stub.Unbook(&context, request, &response); });
  return report(session, response);
}

}  // namespace kassaflow::kassactl
