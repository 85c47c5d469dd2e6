#include "kassaflow/kafka/dead_letters.hpp"

#include <boost/asio/co_spawn.hpp>

#include "kassaflow/base/report.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::kafka {

namespace {

constexpr std::string_view alarm_of(Why why) {
  switch (why) {
    case Why::unreadable:
      return "alarm.unreadable_record";
    case Why::out_of_limits:
      return "alarm.record_out_of_limits";
    case Why::foreign:
      return "alarm.foreign_record";
    case Why::refused:
      return "alarm.refused_record";
  }
  never();
}

}  // namespace

DeadLetters::DeadLetters(Producer& producer, metrics::Metrics& metrics, std::string topic,
                         const std::vector<std::string>& origins)
    : producer_(producer), topic_(std::move(topic)) {
  for (const auto& origin : origins) {
    for (const auto why : kWhys) {
      counters_[{origin, why}] = &metrics.counter("kassaflow_records_set_aside_total",
                                                  {{"topic", origin}, {"why", std::string(to_string(why))}});
    }
  }
}

void DeadLetters::tell(const std::vector<SetAside>& records) {
  for (const auto& [record, why, detail] : records) {
    log::error(
        alarm_of(why),
        {{"topic", record.topic}, {"partition", record.partition}, {"offset", record.offset}, {"detail", detail}});
    counters_.at({record.topic, why})->add();
    Headers headers(record.headers.begin(), record.headers.end());
    headers.emplace_back("origin", record.topic);
    headers.emplace_back("why", to_string(why));
    boost::asio::co_spawn(producer_.executor(), producer_.send(topic_, record.key, record.value, std::move(headers)),
                          [](const std::exception_ptr& bug, const Result<Position>& sent) {
                            kRethrow(bug);
                            if (!sent) report(log::Level::error, "dead_letter.not_sent", sent.error());
                          });
  }
}

}  // namespace kassaflow::kafka
