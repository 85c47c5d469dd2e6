// set-aside …: records that fiscalizer and status did not take in.

#include <algorithm>

#include "commands.hpp"
#include "fiscalizers.hpp"
#include "kassaflow/v1/status.grpc.pb.h"
#include "set_aside_view.hpp"

namespace kassaflow::kassactl {
namespace {

using Ask = std::function<v1::ListSetAsideResponse(const v1::ListSetAsideRequest&)>;

// The newest, part after part, at most so many.
std::vector<v1::SetAsideRecord> read(std::uint32_t limit, const Ask& ask) {
  std::vector<v1::SetAsideRecord> records;
  while (records.size() < limit) {
    v1::ListSetAsideRequest request;
    if (!records.empty()) *request.mutable_after() = records.back().place();
    request.set_limit(limit - static_cast<std::uint32_t>(records.size()));
    const auto response = ask(request);
    if (response.records().empty()) break;
    records.insert(records.end(), response.records().begin(), response.records().end());
  }
  return records;
}

}  // namespace

int list_set_aside(const Session& session, std::uint32_t limit_of_each) {
  const auto ask_fiscalizer = [&](const v1::ListSetAsideRequest& request) {
    v1::ListSetAsideResponse response;
    operate(session.environment,
            [&](auto& stub, auto& context) { return stub.ListSetAside(&context, request, &response); });
    return response;
  };
  const std::string address = addresses(session.environment, "status").front();
  const auto status =
      v1::Status::NewStub(open_channel(session.environment, "status", address, token(session.environment)));
  const auto ask_status = [&](const v1::ListSetAsideRequest& request) {
    v1::ListSetAsideResponse response;
    grpc::ClientContext context;
    limit(context);
    const grpc::Status done = status->ListSetAside(&context, request, &response);
    if (!done.ok()) throw Failure(describe(done, "status", address));
    return response;
  };
  const std::vector<SetAside> all = {{"fiscalizer", read(limit_of_each, ask_fiscalizer)},
                                     {"status", read(limit_of_each, ask_status)}};
  show(session, set_aside_objects(all), to_text(set_aside_table(all)));
  return 0;
}

}  // namespace kassaflow::kassactl
