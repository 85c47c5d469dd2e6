#pragma once
// Records that nobody can read are set aside: an alarm each, and the record as it was in `topic`, with one more header,
// `origin`: the topic it came from. From any thread; the producer's executor sends.

#include <string>
#include <vector>

#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/producer.hpp"

namespace kassaflow::kafka {

void send_dead_letters(Producer& producer, const std::string& topic, const std::vector<Record>& unreadable);

}  // namespace kassaflow::kafka
