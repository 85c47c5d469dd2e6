#pragma once
// What is told of records that were set aside: an alarm each, a count, and the record as it was in a topic of its own,
// with two more headers: `origin`, the topic it came from, and `why`. After the commit that keeps it: a process that
// dies in between has told nothing, and the table has the record.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kassaflow/kafka/producer.hpp"
#include "kassaflow/kafka/set_aside.hpp"
#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::kafka {

class DeadLetters {
 public:
  // `origins`: the topics that are read; their counters are there from the start.
  DeadLetters(Producer& producer, metrics::Metrics& metrics, std::string topic,
              const std::vector<std::string>& origins);

  // From any thread; the producer's executor sends.
  void tell(const std::vector<SetAside>& records);

 private:
  Producer& producer_;
  std::string topic_;
  std::map<std::pair<std::string, Why>, metrics::Counter*> counters_;
};

}  // namespace kassaflow::kafka
