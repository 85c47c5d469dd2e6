#include "kassaflow/kafka/dead_letters.hpp"

#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "kassaflow/base/report.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::kafka {

void send_dead_letters(Producer& producer, const std::string& topic, const std::vector<Record>& unreadable) {
  for (const Record& record : unreadable) {
    log::error("alarm.unreadable_record",
               {{"topic", record.topic}, {"partition", record.partition}, {"offset", record.offset}});
    Headers headers(record.headers.begin(), record.headers.end());
    headers.emplace_back("origin", record.topic);
    boost::asio::co_spawn(producer.executor(), producer.send(topic, record.key, record.value, std::move(headers)),
                          [](const std::exception_ptr& bug, const Result<Position>& sent) {
                            kRethrow(bug);
                            if (!sent) report(log::Level::error, "dead_letter.not_sent", sent.error());
                          });
  }
}

}  // namespace kassaflow::kafka
