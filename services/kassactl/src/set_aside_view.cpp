#include "set_aside_view.hpp"

#include <boost/json.hpp>

#include "kassaflow/records/topics.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

constexpr std::int64_t kUsPerMs = 1000;

json::value time_of(const v1::SetAsideRecord& record) { return to_time(record.place().at_us() / kUsPerMs); }

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace

std::string to_do(const std::string& service, const v1::SetAsideRecord& record) {
  if (record.place().topic() == records::kOutcomesTopic)
    return "once status can take it: fiscalizer republish --config FILE";
  if (service == "status") return "nothing: the journal says what becomes of its receipt";
  if (!record.receipt_id().empty()) {
    return "once the cause is gone: receipts retry " + record.receipt_id() + "; else receipts fail " +
           record.receipt_id();
  }
  return "find out who wrote it; should it be ours: write the dead letter back into its topic";
}

json::value set_aside_objects(const std::vector<SetAside>& all) {
  json::array objects;
  for (const auto& [service, records] : all) {
    for (const auto& record : records) {
      objects.push_back({{"service", service},
                         {"at", time_of(record)},
                         {"topic", record.place().topic()},
                         {"partition", record.place().partition()},
                         {"log", record.place().log()},
                         {"offset", record.place().offset()},
                         {"why", record.why()},
                         {"detail", record.detail()},
                         {"key", record.key()},
                         {"bytes", record.bytes()},
                         {"receipt", record.receipt_id()},
                         {"toDo", to_do(service, record)}});
    }
  }
  return objects;
}

Table set_aside_table(const std::vector<SetAside>& all) {
  Table table = {
      {"SERVICE", "WHEN", "TOPIC", "PARTITION", "OFFSET", "WHY", "KEY", "BYTES", "RECEIPT", "DETAIL", "TO DO"}};
  for (const auto& [service, records] : all) {
    for (const auto& record : records) {
      const json::value at = time_of(record);
      table.push_back({service, at.is_null() ? "-" : std::string(at.as_string()), record.place().topic(),
                       std::to_string(record.place().partition()), std::to_string(record.place().offset()),
                       record.why(), or_dash(record.key()), std::to_string(record.bytes()),
                       or_dash(record.receipt_id()), or_dash(record.detail()), to_do(service, record)});
    }
  }
  return table;
}

}  // namespace kassaflow::kassactl
