// How brokers are reached: which keys fit together, what librdkafka is told, and that TLS really begins.

#include "kassaflow/kafka/connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cctype>
#include <map>

#include "kassaflow/kafka/producer.hpp"
#include "on_a_loop.hpp"
#include "src/handle.hpp"

namespace kassaflow::kafka {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using Keys = std::map<std::string, std::string>;

// KASSAFLOW_… of the keys, as the environment gives them.
std::vector<std::string> load(Connection& connection, const Keys& keys) {
  Keys environment{{"KASSAFLOW_KAFKA", "broker:9092"}};
  for (const auto& [key, value] : keys) {
    std::string name = "KASSAFLOW_KAFKA_" + key;
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    environment.emplace(name, value);
  }
  settings::Settings declared;
  connection.add_to(declared);
  return declared.load("", environment);
}

Keys told_to_librdkafka(const Keys& keys) {
  Connection connection;
  EXPECT_TRUE(load(connection, keys).empty());
  EXPECT_EQ(connection.check(), "");
  EXPECT_NO_THROW(make_conf(connection, {})) << "librdkafka knows every option";
  const auto options = connection.options();
  return {options.begin(), options.end()};
}

TEST(KafkaConnection, IsPlainUnlessToldOtherwise) {
  EXPECT_EQ(told_to_librdkafka({}), (Keys{{"bootstrap.servers", "broker:9092"}, {"security.protocol", "plaintext"}}));
}

TEST(KafkaConnection, TellsLibrdkafkaWhatTheKeysSay) {
  EXPECT_EQ(told_to_librdkafka({{"security_protocol", "sasl_ssl"},
                                {"sasl_mechanism", "SCRAM-SHA-512"},
                                {"sasl_username", "kassaflow"},
                                {"sasl_password", "s3cr3t"},
                                {"ssl_ca_location", "/dev/null"},
                                {"ssl_certificate_location", "/dev/zero"},
                                {"ssl_key_location", "/dev/full"},
                                {"ssl_key_password", "k3y"}}),
            (Keys{{"bootstrap.servers", "broker:9092"},
                  {"security.protocol", "sasl_ssl"},
                  {"sasl.mechanism", "SCRAM-SHA-512"},
                  {"sasl.username", "kassaflow"},
                  {"sasl.password", "s3cr3t"},
                  {"ssl.ca.location", "/dev/null"},
                  {"ssl.certificate.location", "/dev/zero"},
                  {"ssl.key.location", "/dev/full"},
                  {"ssl.key.password", "k3y"}}));
}

TEST(KafkaConnection, KnowsAClosedListOfWords) {
  for (const Keys& wrong : {Keys{{"security_protocol", "tls"}}, Keys{{"sasl_mechanism", "GSSAPI"}}}) {
    Connection connection;
    const auto problems = load(connection, wrong);
    ASSERT_EQ(problems.size(), 1U) << wrong.begin()->first;
    EXPECT_THAT(problems[0], HasSubstr("kafka_" + wrong.begin()->first));
  }
}

TEST(KafkaConnection, NamesTheKeyThatDoesNotFit) {
  struct Case {
    Keys keys;
    const char* names;
  };
  const Case cases[] = {
      {{{"security_protocol", "sasl_ssl"}}, "kafka_sasl_mechanism is missing"},
      {{{"security_protocol", "sasl_plaintext"}, {"sasl_mechanism", "PLAIN"}, {"sasl_password", "s3cr3t"}},
       "kafka_sasl_username is missing"},
      {{{"security_protocol", "sasl_ssl"}, {"sasl_mechanism", "PLAIN"}, {"sasl_username", "me"}},
       "kafka_sasl_password is missing"},
      {{{"sasl_mechanism", "PLAIN"}}, "kafka_sasl_mechanism is given"},
      {{{"security_protocol", "ssl"}, {"sasl_password", "s3cr3t"}}, "kafka_sasl_password is given"},
      {{{"ssl_ca_location", "/ca.pem"}}, "a kafka_ssl_* key is given"},
      {{{"ssl_key_password", "s3cr3t"}}, "a kafka_ssl_* key is given"},
      {{{"security_protocol", "ssl"}, {"ssl_certificate_location", "/me.pem"}}, "go together"},
      {{{"security_protocol", "ssl"}, {"ssl_key_password", "s3cr3t"}}, "without kafka_ssl_key_location"},
  };
  for (const auto& [keys, names] : cases) {
    Connection connection;
    ASSERT_TRUE(load(connection, keys).empty());
    EXPECT_THAT(connection.check(), HasSubstr(names));
    EXPECT_THAT(connection.check(), Not(HasSubstr("s3cr3t")));
  }
  EXPECT_THAT(Connection{}.check(), HasSubstr("at least one broker"));
}

// What stands in the wrong place may be an address with a password: it is not quoted, neither by us nor by librdkafka.
TEST(KafkaConnection, QuotesNothingThatItRefuses) {
  constexpr const char* kWrong = "kafka://user:CANARY@broker:9092";
  for (const char* brokers :
       {"user:CANARY@broker:9092", kWrong, "broker:CANARY", "broker:9092,CANARY", "CANARY/broker:1"}) {
    Connection connection;
    settings::Settings declared;
    connection.add_to(declared);
    const auto problems = declared.load("", {{"KASSAFLOW_KAFKA", brokers}});
    ASSERT_EQ(problems.size(), 1U) << brokers;
    EXPECT_THAT(problems[0], AllOf(HasSubstr("host:port"), Not(HasSubstr("CANARY"))));
  }
  for (const auto& [key, location] :
       {std::pair("kafka_ssl_ca_location", &Connection::ssl_ca_location),
        std::pair("kafka_ssl_certificate_location", &Connection::ssl_certificate_location),
        std::pair("kafka_ssl_key_location", &Connection::ssl_key_location)}) {
    Connection connection;
    connection.*location = kWrong;
    EXPECT_THAT([&] { make_conf(connection, {}); },
                testing::ThrowsMessage<std::runtime_error>(AllOf(HasSubstr(key), Not(HasSubstr("CANARY")))));
  }
}

// A broker that listens and says nothing: it only looks at the first bytes.
class AListener : public OnALoop {
 protected:
  asio::awaitable<std::array<unsigned char, 6>> first_bytes() {
    auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
    std::array<unsigned char, 6> bytes{};
    co_await asio::async_read(socket, asio::buffer(bytes), asio::use_awaitable);
    co_return bytes;
  }
  asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
};

TEST_F(AListener, IsGreetedByTls) {
  Connection connection;
  connection.brokers = "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  connection.security_protocol = SecurityProtocol::ssl;
  Producer producer(io_.get_executor(), {.connection = connection, .client_id = "test", .topics = {"receipts"}});
  const auto bytes = run(first_bytes());
  EXPECT_EQ(bytes[0], 0x16) << "a record of TLS's handshake";
  EXPECT_EQ(bytes[1], 0x03) << "of TLS";
  EXPECT_EQ(bytes[5], 0x01) << "its ClientHello";
}

}  // namespace
}  // namespace kassaflow::kafka
