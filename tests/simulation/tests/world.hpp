#pragma once
// A shop's BIT driver and the itkassa cloud, a register at each, and the real drivers that speak with them, all on
// virtual time.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "kassaflow/v1/registry.pb.h"
#include "manual_time.hpp"
#include "registers/bit_node.hpp"
#include "registers/itkassa_cloud.hpp"
#include "registers/judge.hpp"
#include "registers/tests/receipts.hpp"

namespace kassaflow::simulation {

using namespace std::chrono_literals;
using registers::AttemptRef;
using registers::Cause;
using registers::Driver;
using registers::Fact;
using registers::Finding;

inline const std::string kApiKey = "shop-api-key";
inline const std::string kCallbackKey = "0123456789abcdef0123456789abcdef";

inline std::string numbered_guid(int number) {
  const std::string digits = std::to_string(number);
  return "11111111-2222-3333-4444-" + std::string(12 - digits.size(), '0') + digits;
}

inline v1::Register bit_document(const std::string& token, const std::string& registration_number) {
  v1::Register document;
  document.set_id(token);
  document.set_endpoint("http://kkt.example:44735");
  document.set_registration_number(registration_number);
  document.mutable_bit()->set_kkt_token(token);
  return document;
}

inline v1::Register itkassa_document(const std::string& cre_item_id) {
  v1::Register document;
  document.set_id(cre_item_id);
  document.set_endpoint(std::string("https://qapi.example") + ItkassaCloud::kBase);
  document.set_exclusive(true);
  document.mutable_itkassa()->set_cre_item_id(cre_item_id);
  document.mutable_itkassa()->set_api_key(kApiKey);
  document.mutable_itkassa()->set_callback_key(kCallbackKey);
  return document;
}

class CountingGuard final : public http::WriteGuard {
 public:
  explicit CountingGuard(std::optional<Clock::time_point> until = Clock::time_point::max()) : until_(until) {}
  std::optional<Clock::time_point> arm() override {
    ++armed;
    return until_;
  }
  void disarm() override { ++disarmed; }
  int armed = 0;
  int disarmed = 0;

 private:
  std::optional<Clock::time_point> until_;
};

// A receipt of one line over this sum.
inline fiscal::Receipt receipt_over(std::int64_t kopecks) {
  fiscal::Receipt receipt = registers::tests::mugs();
  receipt.lines.front().price = receipt.lines.front().sum = fiscal::Kopecks(kopecks);
  receipt.lines.front().quantity = fiscal::Quantity(1000);
  receipt.payments.cashless = receipt.total = fiscal::Kopecks(kopecks);
  return receipt;
}

inline AttemptRef attempt_of(const Driver& driver, const fiscal::Receipt& receipt, const std::string& key) {
  AttemptRef attempt;
  attempt.key = key;
  attempt.body = driver.render(receipt, registers::tests::till(), key).value().body;
  attempt.total_kopecks = receipt.total.value();
  attempt.settlement_type = receipt.settlement_type;
  return attempt;
}

class World {
 public:
  World() {
    transport.add("kkt.example:44735", node);
    transport.add("qapi.example", cloud);
  }
  std::unique_ptr<Driver> driver_of(const v1::Register& document) {
    registers::RegisterSettings settings = registers::read_settings(document).value();
    settings.timezone = "Europe/Moscow";
    return settings.protocol->make_driver(settings, registers::standard_durations(), transport, time.clock());
  }

  async::ManualTime time;
  Agenda agenda{time.executor(), time.clock()};
  SimulatedTransport transport{agenda};
  BitNode node{agenda};
  ItkassaCloud cloud{agenda};
};

}  // namespace kassaflow::simulation
