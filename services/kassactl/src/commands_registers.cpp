// registers list: every register the registry knows, with what the worker that runs it says.

#include <boost/json.hpp>
#include <map>

#include "commands.hpp"
#include "kassaflow/documents/documents.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/text/visible.hpp"
#include "kassaflow/v1/fiscalizer.grpc.pb.h"
#include "registry.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;
using ById = std::map<std::string, v1::RegisterStatus>;

// A register that no worker runs is what an operator must see first.
ById configured(const Session& session) {
  ById registers;
  for (const v1::Document& document : Registry(session.environment).list("register")) {
    v1::RegisterStatus& entry = registers[document.register_().id()];
    entry.set_register_(document.register_().id());
    entry.set_pool(document.register_().pool());
    entry.set_protocol(std::string(documents::protocol_of(document.register_())));
    entry.set_detail("no worker runs it");
  }
  return registers;
}

// False when the worker did not answer.
bool ask_worker(const Session& session, const std::string& address, ById& registers) {
  grpc::ClientContext context;
  limit(context);
  v1::ListRegistersResponse response;
  const grpc::Status status =
      v1::Fiscalizer::NewStub(open_channel(session.environment, "fiscalizer", address, token(session.environment)))
          ->ListRegisters(&context, {}, &response);
  if (!status.ok()) {
    session.err << visible(describe(status, "fiscalizer", address)) << "\n";
    return false;
  }
  for (const v1::RegisterStatus& entry : response.registers()) {
    v1::RegisterStatus& known = registers[entry.register_()];
    if (known.worker().empty() || entry.up()) known = entry;
  }
  return true;
}

json::object to_object(const v1::RegisterStatus& entry) {
  return {{"register", entry.register_()}, {"pool", entry.pool()},
          {"protocol", entry.protocol()},  {"up", entry.up()},
          {"detail", entry.detail()},      {"shift", documents::word_of(entry.shift())},
          {"queue", entry.queue()},        {"printing", entry.printing()},
          {"worker", entry.worker()}};
}

}  // namespace

int list_registers(const Session& session) {
  ById registers = configured(session);
  bool all_answered = true;
  for (const std::string& address : every_address(addresses(session.environment, "fiscalizer"), resolve)) {
    all_answered = ask_worker(session, address, registers) && all_answered;
  }
  json::array objects;
  Table table = {{"REGISTER", "POOL", "PROTOCOL", "UP", "SHIFT", "QUEUE", "PRINTING", "WORKER", "DETAIL"}};
  for (const auto& [id, entry] : registers) {
    objects.push_back(to_object(entry));
    table.push_back({id, entry.pool(), entry.protocol(), entry.up() ? "yes" : "no",
                     std::string(documents::word_of(entry.shift())), std::to_string(entry.queue()),
                     entry.printing().empty() ? "-" : entry.printing(), entry.worker().empty() ? "-" : entry.worker(),
                     entry.detail()});
  }
  show(session, objects, to_text(table));
  return all_answered ? 0 : 1;
}

}  // namespace kassaflow::kassactl
