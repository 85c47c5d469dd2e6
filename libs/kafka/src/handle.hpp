#pragma once
// Owners of librdkafka's handles, its configuration, and what it tells of a topic.

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "kassaflow/kafka/connection.hpp"

namespace kassaflow::kafka {

struct Free {
  void operator()(rd_kafka_t* p) const { rd_kafka_destroy(p); }
  void operator()(rd_kafka_queue_t* p) const { rd_kafka_queue_destroy(p); }
  void operator()(rd_kafka_event_t* p) const { rd_kafka_event_destroy(p); }
  void operator()(rd_kafka_topic_partition_list_t* p) const { rd_kafka_topic_partition_list_destroy(p); }
  void operator()(rd_kafka_message_t* p) const { rd_kafka_message_destroy(p); }
  void operator()(rd_kafka_topic_t* p) const { rd_kafka_topic_destroy(p); }
  void operator()(rd_kafka_headers_t* p) const { rd_kafka_headers_destroy(p); }
  void operator()(rd_kafka_conf_t* p) const { rd_kafka_conf_destroy(p); }
  void operator()(rd_kafka_AdminOptions_t* p) const { rd_kafka_AdminOptions_destroy(p); }
  void operator()(rd_kafka_ConfigResource_t* p) const { rd_kafka_ConfigResource_destroy(p); }
  void operator()(const rd_kafka_metadata_t* p) const { rd_kafka_metadata_destroy(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

using Options = std::initializer_list<std::pair<const char*, std::string>>;

template <class Pairs>
void set_all(rd_kafka_conf_t* conf, const Pairs& options) {
  char why[512];
  for (const auto& [name, value] : options) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(why);
  }
}

inline Owned<rd_kafka_conf_t> make_conf(const Connection& connection, const Options& options) {
  if (const std::string key = connection.unreadable(); !key.empty())
    throw std::runtime_error(key + " names no file that can be read");
  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  set_all(conf.get(), connection.options());
  set_all(conf.get(), options);
  return conf;
}

inline Owned<rd_kafka_t> make_handle(rd_kafka_type_t type, Owned<rd_kafka_conf_t> conf) {
  char why[512];
  rd_kafka_t* handle = rd_kafka_new(type, conf.get(), why, sizeof why);
  if (handle == nullptr) throw std::runtime_error(why);
  (void)conf.release();  // the handle owns it now
  return Owned<rd_kafka_t>(handle);
}

// The metadata of this topic alone, `topics[0]`. Null: there is none, or the brokers do not tell within the limit, for
// which it blocks.
inline Owned<const rd_kafka_metadata_t> describe(rd_kafka_t* kafka, const std::string& topic, int limit_ms) {
  const Owned<rd_kafka_topic_t> handle(rd_kafka_topic_new(kafka, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(kafka, 0, handle.get(), &raw, limit_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
  Owned<const rd_kafka_metadata_t> metadata(raw);
  if (metadata->topic_cnt != 1 || metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) return nullptr;
  return metadata;
}

// How many partitions have a replica that is not in sync: one failure nearer to a log that takes nothing, or loses
// records.
inline int under_replicated(const rd_kafka_metadata_topic& topic) {
  int count = 0;
  for (int p = 0; p < topic.partition_cnt; ++p) count += topic.partitions[p].isr_cnt < topic.partitions[p].replica_cnt;
  return count;
}

}  // namespace kassaflow::kafka
