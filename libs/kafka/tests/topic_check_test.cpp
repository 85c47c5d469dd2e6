// What is wanted of a topic's settings.

#include "kassaflow/kafka/topic_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/handle.hpp"

namespace kassaflow::kafka {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const TopicNeeds kKept{"receipts", 30 * 24h};

// As deploy/kafka/topics.py makes one, on three brokers.
TopicState good() {
  return {3,
          {{"message.timestamp.type", "LogAppendTime"},
           {"retention.ms", "2592000000"},
           {"retention.bytes", "-1"},
           {"cleanup.policy", "delete"},
           {"unclean.leader.election.enable", "false"},
           {"min.insync.replicas", "2"}}};
}

TEST(TopicSettings, Rule18_AsTheyShouldBe) {
  EXPECT_EQ(compare(kKept, good()), TopicFindings{});
  auto for_ever = good();
  for_ever.settings["retention.ms"] = "-1";
  EXPECT_EQ(compare(kKept, for_ever), TopicFindings{});
  EXPECT_EQ(compare(kKept, TopicState{}), TopicFindings{}) << "what is not told is not compared";
}

TEST(TopicSettings, Rule18_WhatMayLoseOrHideRecordsIsAFaultWithItsWayOut) {
  struct Case {
    const char *setting, *is, *way_out;
  };
  const Case cases[] = {
      {"message.timestamp.type", "CreateTime", "--add-config message.timestamp.type=LogAppendTime"},
      {"retention.ms", "604800000", "--add-config retention.ms=2592000000"},
      {"retention.bytes", "1073741824", "--add-config retention.bytes=-1"},
      {"cleanup.policy", "compact", "--add-config cleanup.policy=delete"},
      {"cleanup.policy", "compact,delete", "--add-config cleanup.policy=delete"},
      {"unclean.leader.election.enable", "true", "--add-config unclean.leader.election.enable=false"},
  };
  for (const auto& [setting, is, way_out] : cases) {
    auto state = good();
    state.settings[setting] = is;
    const auto found = compare(kKept, state);
    EXPECT_THAT(found.faults,
                ElementsAre(AllOf(HasSubstr("topic receipts"), HasSubstr(std::string(setting) + " is " + is),
                                  HasSubstr("wanted: "), HasSubstr(way_out))));
    EXPECT_THAT(found.warnings, IsEmpty());
  }
}

TEST(TopicSettings, WhatIsReadAtOnceNeedNotBeKept) {
  auto state = good();
  state.settings["retention.ms"] = "3600000";
  EXPECT_EQ(compare({.topic = "callbacks"}, state), TopicFindings{});
}

TEST(TopicSettings, ReplicasAreTheInstallationsMatter) {
  struct Case {
    int replicas;
    const char *in_sync, *warning;
  };
  const Case cases[] = {
      {1, "1", "replication factor is 1"}, {3, "1", "min.insync.replicas is 1"}, {3, "3", "min.insync.replicas is 3"}};
  for (const auto& [replicas, in_sync, warning] : cases) {
    auto state = good();
    state.replicas = replicas;
    state.settings["min.insync.replicas"] = in_sync;
    const auto found = compare(kKept, state);
    EXPECT_THAT(found.faults, IsEmpty());
    EXPECT_THAT(found.warnings, ElementsAre(HasSubstr(warning)));
  }
}

TEST(TopicReplicas, AReplicaThatIsNotInSyncCountsItsPartition) {
  rd_kafka_metadata_partition partitions[3] = {};
  for (auto& partition : partitions) partition.replica_cnt = partition.isr_cnt = 3;
  rd_kafka_metadata_topic topic{};
  topic.partition_cnt = 3;
  topic.partitions = partitions;
  EXPECT_EQ(under_replicated(topic), 0);
  partitions[0].isr_cnt = 2;
  partitions[2].isr_cnt = 0;
  EXPECT_EQ(under_replicated(topic), 2);
}

}  // namespace
}  // namespace kassaflow::kafka
