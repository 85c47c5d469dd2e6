#pragma once
// One pass over a topic, outside of any group: what the log holds, or its last records, up to the end of each
// partition.
//
// Blocks; from any thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kassaflow/kafka/connection.hpp"

namespace kassaflow::kafka {

struct LogReadOptions {
  Connection connection;
  std::string client_id;
  std::string topic;
  std::int64_t last = 0;                       // so many records of each partition; 0: all
  std::size_t batch_limit = 500;               // values handed over at once
  std::chrono::milliseconds patience{10'000};  // without news from the brokers
};

// Hands the values over in batches, each partition's in order; all that was there when it was called is among them.
// False: the brokers did not answer in time, or `take` said so.
[[nodiscard]] bool read_log(const LogReadOptions& options,
                            const std::function<bool(std::vector<std::string> values)>& take);

}  // namespace kassaflow::kafka
