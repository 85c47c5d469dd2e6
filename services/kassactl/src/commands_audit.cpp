// audit …: what people changed and decided, from the logs of registry and fiscalizer; verify does their sums again.

#include <boost/json.hpp>
#include <functional>

#include "commands.hpp"
#include "fiscalizers.hpp"
#include "kassaflow/rpc/audit.hpp"
#include "kassaflow/text/hex.hpp"
#include "kassaflow/text/visible.hpp"
#include "registry.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

using Ask = std::function<v1::ListAuditResponse(const v1::ListAuditRequest&)>;

struct Log {
  std::string name;
  Ask ask;
};

std::vector<Log> logs(const Session& session) {
  const auto ask_registry = [&session](const v1::ListAuditRequest& request) {
    const Registry registry(session.environment);
    v1::ListAuditResponse response;
    grpc::ClientContext context;
    limit(context);
    registry.check(registry.stub->ListAudit(&context, request, &response));
    return response;
  };
  const auto ask_journal = [&session](const v1::ListAuditRequest& request) {
    v1::ListAuditResponse response;
    operate(session.environment, [&](v1::Fiscalizer::Stub& stub, grpc::ClientContext& context) {
      return stub.ListAudit(&context, request, &response);
    });
    return response;
  };
  return {{"registry", ask_registry}, {"journal", ask_journal}};
}

// Hands over part after part of the log from its beginning; its end.
audit::Head read(const Log& log, const std::function<void(const std::vector<audit::Row>&)>& take) {
  v1::ListAuditRequest request;
  for (;;) {
    const audit::Part part = rpc::part_of(log.ask(request));
    if (part.rows.empty()) return part.head;
    take(part.rows);
    request.set_after(part.rows.back().number);
  }
}

std::string text_of(const audit::Head& head) { return std::to_string(head.number) + ":" + hex(head.hash); }

}  // namespace

int list_audit(const Session& session, const std::string& subject) {
  json::array objects;
  Table table = {{"LOG", "ROW", "WHEN", "WHO", "ACTION", "SUBJECT", "REASON", "FROM"}};
  for (const Log& log : logs(session)) {
    (void)read(log, [&](const std::vector<audit::Row>& rows) {
      for (const audit::Row& row : rows) {
        if (!subject.empty() && row.subject != subject) continue;
        const json::value time = to_time(row.at_us / 1000);
        objects.push_back({{"log", log.name},
                           {"row", row.number},
                           {"at", time},
                           {"who", row.who.name},
                           {"action", row.action},
                           {"subject", row.subject},
                           {"reason", row.who.reason},
                           {"from", row.who.came_from}});
        table.push_back({log.name, std::to_string(row.number), std::string(time.as_string()), row.who.name, row.action,
                         row.subject, row.who.reason.empty() ? "-" : row.who.reason, row.who.came_from});
      }
    });
  }
  show(session, objects, to_text(table));
  return 0;
}

int verify_audit(const Session& session, const std::vector<std::string>& noted) {
  json::array objects;
  std::string text;
  bool whole = true;
  std::size_t found = 0;  // of the ends that were noted
  for (const Log& log : logs(session)) {
    audit::Verifier verifier;
    std::vector<std::string> faults;
    const auto add = [&](std::vector<std::string> more) {
      for (std::string& fault : more) faults.push_back(std::move(fault));
    };
    const audit::Head head = read(log, [&](const std::vector<audit::Row>& rows) {
      add(verifier.take(rows));
      for (const audit::Row& row : rows) {
        const std::string end = log.name + ":" + text_of({row.number, row.hash});
        found += static_cast<std::size_t>(std::count(noted.begin(), noted.end(), end));
      }
    });
    add(verifier.finish(head));
    whole = whole && faults.empty();
    objects.push_back({{"log", log.name}, {"head", text_of(head)}, {"faults", json::value_from(faults)}});
    text += log.name + ": " +
            (faults.empty() ? std::to_string(head.number) + " rows, whole; its end is " : "NOT WHOLE; its end is ") +
            log.name + ":" + text_of(head) + "\n";
    for (const std::string& fault : faults) text += "  " + fault + "\n";
  }
  if (found < noted.size()) {
    whole = false;
    text += "an end that was noted down is in no log: it was written anew\n";
  }
  show(session, objects, text);
  return whole ? 0 : 1;
}

}  // namespace kassaflow::kassactl
