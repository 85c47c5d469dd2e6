#include "src/itkassa/registers.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "receipts.hpp"

namespace kassaflow::registers::itkassa {
namespace {

namespace json = boost::json;
using namespace tests;

constexpr std::int64_t kNow_s = kQrTime_s;  // 2026-03-01 09:00:41 UTC
constexpr const char* kZone = "Europe/Moscow";

json::object item() {
  return {{"id", kCreItem},
          {"fiscalizationNumber", "0000000001047487"},
          {"fsNumber", kFn},
          {"nodeStatus", "ready"},
          {"status", "active"},
          {"isFiscalized", true},
          {"licenseExpireAtDate", "2027-01-01T00:00:00+00:00"},
          {"fsExpireAt", "2027-01-01"},
          {"state",
           {{"isOnline", 1},
            {"lastErrorId", "0"},
            {"lastErrorText", "Ошибок нет"},
            {"sessionState", "opened"},
            {"ofdUnsentNumber", 0},
            {"ofdFirstUnsentDate", "1970-01-01T00:00:00.000"},
            {"lastExchangeAt", "2026-03-01T09:00:00+00:00"}}}};
}

Health health(const json::object& ours) {
  json::object other = item();
  other["id"] = "other";
  other["fsNumber"] = "7380440800000009";
  return read_registers(
      200, json::serialize(json::object{{"code", 0}, {"list", {other, ours}}, {"related", json::object{}}}), kCreItem,
      kZone, kNow_s);
}

TEST(ItkassaRegisters, ReadsOurRegister) {
  const Health found = health(item());
  EXPECT_TRUE(found.up);
  EXPECT_EQ(found.detail, "");
  EXPECT_EQ(found.fn, kFn);
  EXPECT_EQ(found.registration_number, "0000000001047487");
  EXPECT_EQ(found.shift, Health::Shift::open);
}

TEST(ItkassaRegisters, ReadsEveryShiftState) {
  const std::pair<const char*, Health::Shift> rows[] = {{"opened", Health::Shift::open},
                                                        {"closed", Health::Shift::closed},
                                                        {"expired", Health::Shift::expired},
                                                        {"odd", Health::Shift::unknown}};
  for (const auto& [word, shift] : rows) {
    json::object given = item();
    given["state"].as_object()["sessionState"] = word;
    EXPECT_EQ(health(given).shift, shift) << word;
  }
}

struct Row {
  const char* name;
  json::value value;
  bool in_state;
  bool up;
  const char* said;
};

TEST(ItkassaRegisters, SaysWhatIsWrong) {
  const Row rows[] = {
      {"isOnline", 0, true, false, "Нет связи с кассой"},
      {"isOnline", "0", true, false, "Нет связи с кассой"},
      {"isOnline", nullptr, true, false, "Нет связи с кассой"},
      {"status", "blocked", false, false, "blocked"},
      {"nodeStatus", "offline", false, false, "offline"},
      {"fsExpireAt", "2026-02-28", false, false, "Срок ФН до 2026-02-28"},
      {"fsExpireAt", "2026-03-20", false, true, "Срок ФН до 2026-03-20"},
      {"fsExpireAt", "1970-01-01", false, true, ""},
      {"licenseExpireAtDate", "2026-02-01T00:00:00+00:00", false, false, "Лицензия до 2026-02-01"},
      {"licenseExpireAtDate", "2026-03-10T00:00:00+00:00", false, true, "Лицензия до 2026-03-10"},
      {"lastExchangeAt", "2026-03-01T08:30:00+00:00", true, true, "Узел на связи последний раз"},
      {"fiscalizationNumber", nullptr, false, true, "без юридической силы"},
  };
  for (const Row& row : rows) {
    json::object given = item();
    (row.in_state ? given["state"].as_object() : given)[row.name] = row.value;
    const Health found = health(given);
    EXPECT_EQ(found.up, row.up) << row.name << " " << row.value;
    EXPECT_NE(found.detail.find(row.said), std::string::npos) << found.detail;
    EXPECT_EQ(found.detail.empty(), *row.said == '\0') << found.detail;
  }
}

TEST(ItkassaRegisters, SaysWhyItIsDown) {
  const std::tuple<const char*, json::value, bool, Health::Why> rows[] = {
      {"isOnline", 0, true, Health::Why::unreachable},
      {"nodeStatus", "offline", false, Health::Why::unreachable},
      {"status", "blocked", false, Health::Why::disabled},
      {"fsExpireAt", "2026-02-28", false, Health::Why::storage},
      {"licenseExpireAtDate", "2026-02-01T00:00:00+00:00", false, Health::Why::licence}};
  for (const auto& [name, value, in_state, why] : rows) {
    json::object given = item();
    (in_state ? given["state"].as_object() : given)[name] = value;
    EXPECT_EQ(health(given).why, why) << name;
  }
  EXPECT_EQ(read_registers(403, "", kCreItem, kZone, kNow_s).why, Health::Why::credentials);
  EXPECT_EQ(read_registers(500, "<html>", kCreItem, kZone, kNow_s).why, Health::Why::answer);
  EXPECT_EQ(read_registers(200, R"({"code":0,"list":[]})", kCreItem, kZone, kNow_s).why, Health::Why::missing);
}

TEST(ItkassaRegisters, TellsOfItsStorage) {
  json::object given = item();
  auto& state = given["state"].as_object();
  EXPECT_EQ(health(given).storage.ends_at_s, 1'798'761'600);  // 2027-01-01
  EXPECT_EQ(health(given).storage.unsent, 0);
  EXPECT_EQ(health(given).storage.unsent_since_s, std::nullopt);
  state["ofdUnsentNumber"] = "12";
  state["ofdFirstUnsentDate"] = "2026-03-01T10:00:41.123";  // 07:00:41 UTC
  EXPECT_EQ(health(given).storage.unsent, 12);
  EXPECT_EQ(health(given).storage.unsent_since_s, kNow_s - 2 * 3600);
}

TEST(ItkassaRegisters, WhatIsNotToldOfTheStorageIsNotKnown) {
  json::object given = item();
  given["fsExpireAt"] = "1970-01-01";
  auto& state = given["state"].as_object();
  state["ofdUnsentNumber"] = 3;
  for (const char* date : {"", "1970-01-01T00:00:00.000", "soon"}) {
    state["ofdFirstUnsentDate"] = date;
    EXPECT_EQ(health(given).storage.unsent, 3);
    EXPECT_EQ(health(given).storage.unsent_since_s, std::nullopt) << date;
  }
  EXPECT_EQ(health(given).storage.ends_at_s, std::nullopt);
  for (const json::value& number : {json::value(nullptr), json::value(""), json::value(-1), json::value("many"),
                                    json::value("99999999999999999999")}) {
    state["ofdUnsentNumber"] = number;
    EXPECT_EQ(health(given).storage.unsent, std::nullopt) << number;
  }
}

TEST(ItkassaRegisters, TellsATestRegister) {
  EXPECT_EQ(health(item()).test, false);
  const std::tuple<const char*, json::value> marks[] = {{"fiscalizationNumber", nullptr},
                                                        {"fiscalizationNumber", ""},
                                                        {"fiscalizationNumber", "0000000000000000"},
                                                        {"fsNumber", "9999078900001234"},
                                                        {"isFiscalized", false}};
  for (const auto& [name, value] : marks) {
    json::object given = item();
    given[name] = value;
    EXPECT_EQ(health(given).test, true) << name << value;
    EXPECT_TRUE(health(given).up) << name;
  }
  json::object silent = item();
  silent.erase("fiscalizationNumber");
  EXPECT_EQ(health(silent).test, std::nullopt);
}

TEST(ItkassaRegisters, WarnsOfDocumentsTheOperatorDidNotGet) {
  json::object given = item();
  given["state"].as_object()["ofdUnsentNumber"] = 3;
  given["state"].as_object()["ofdFirstUnsentDate"] = "2026-02-20T10:00:00.000";
  EXPECT_NE(health(given).detail.find("Не передано в ОФД документов: 3"), std::string::npos);
  EXPECT_TRUE(health(given).up);
}

TEST(ItkassaRegisters, IsDownWhenTheListDoesNotAnswerOrLacksIt) {
  EXPECT_NE(read_registers(200, R"({"code":0,"list":[]})", kCreItem, kZone, kNow_s).detail.find(kCreItem),
            std::string::npos);
  EXPECT_NE(read_registers(401, "", kCreItem, kZone, kNow_s).detail.find("ключ API"), std::string::npos);
  for (const int status : {200, 500}) EXPECT_FALSE(read_registers(status, "<html>", kCreItem, kZone, kNow_s).up);
  EXPECT_FALSE(read_registers(503, R"({"code":0,"list":[]})", kCreItem, kZone, kNow_s).up);
}

}  // namespace
}  // namespace kassaflow::registers::itkassa
