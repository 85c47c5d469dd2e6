#include "kassaflow/fiscal/qr.hpp"

#include <gtest/gtest.h>

#include <string>

#include "kassaflow/fiscal/timezone.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr std::int64_t kMarch_s = 1'772'366'441;  // 2026-03-01T12:00:41
const std::string kExample = "t=20260301T120041&s=1000.00&fn=7380440800000001&i=1204&fp=3115223344&n=1";

Qr example() { return {kMarch_s, Kopecks(100'000), "7380440800000001", 1204, "3115223344", SettlementType::income}; }

TEST(Qr, IsReadAndWritten) {
  const auto qr = parse_qr(kExample);
  ASSERT_TRUE(qr) << qr.error().message;
  EXPECT_EQ(*qr, example());
  EXPECT_TRUE(qr->names_document());
  EXPECT_EQ(build_qr(*qr), kExample);
}

TEST(Qr, OrderCaseAndUnknownKeysDoNotMatter) {
  for (const char* text : {"n=1&fp=3115223344&i=1204&fn=7380440800000001&s=1000.00&t=20260301T120041",
                           "T=20260301t120041&S=1000&Fn=7380440800000001&I=1204&FP=3115223344&N=1",
                           " t=20260301T120041&s=1000.0&x=&y=1&fn=7380440800000001&i=1204&fp=3115223344&n=1& "}) {
    const auto qr = parse_qr(text);
    ASSERT_TRUE(qr) << text << qr.error().message;
    EXPECT_EQ(*qr, example()) << text;
  }
}

TEST(Qr, SecondsMayBeMissing) { EXPECT_EQ(parse_qr("t=20260301T1200")->local_s, kMarch_s - 41); }

TEST(Qr, SignsOfTheLawAreKnown) {
  for (int n = 1; n <= 4; ++n)
    EXPECT_EQ(parse_qr("n=" + std::to_string(n))->settlement_type, static_cast<SettlementType>(n));
}

TEST(Qr, EmptyAndTestValuesNameNoDocument) {
  for (const char* text :
       {"", "t=19700101T000000&s=0.00&fn=&i=0&fp=0000000000&n=0", "t=19700101T0000&s=0.00&fn=&i=17&fp=0000000000&n=0",
        "t=20260301T120041&s=1000.00&fn=&i=1204&fp=3115223344&n=1",
        "t=20260301T120041&s=1000.00&fn=7380440800000001&fp=3115223344&n=1",
        "t=20260301T120041&s=1000.00&fn=7380440800000001&i=1204&fp=0000000000&n=1",
        "t=20260301T120041&s=1000.00&fn=7380440800000001&i=1204&n=1", "fn=7380440800000001&i=1204&fp=3115223344&n=0",
        "fn=738044080000001&i=1204&fp=3115223344&n=1"}) {
    const auto qr = parse_qr(text);
    ASSERT_TRUE(qr) << text;
    EXPECT_FALSE(qr->names_document()) << text;
  }
  EXPECT_EQ(parse_qr("t=19700101T000000&s=0.00&fn=&i=0&fp=0000000000&n=0")->local_s, std::nullopt);
  EXPECT_EQ(build_qr(Qr{}), "t=19700101T000000&s=0.00&fn=&i=0&fp=0000000000&n=0");
}

TEST(Qr, UnreadableValuesAreRefused) {
  for (const char* text : {"t",
                           "t=2026",
                           "t=20260230T120041",
                           "t=20260301T240000",
                           "t=20260301T126000",
                           "t=20260301T120060",
                           "t=20260301 120041",
                           "t=2026030aT120041",
                           "t=20260301T12004",
                           "s=10,00",
                           "s=1.234",
                           "s=-1.00",
                           "s=1.",
                           "s=.5",
                           "s=42949672.96",
                           "s=99999999999",
                           "fn=12a",
                           "fn=12345678901234567",
                           "i=-1",
                           "i=4294967296",
                           "i=1.0",
                           "fp=12345678901",
                           "fp=a",
                           "n=5",
                           "n=11",
                           "n=x",
                           "i=1&I=1"}) {
    const auto qr = parse_qr(text);
    ASSERT_FALSE(qr) << text;
    EXPECT_EQ(qr.error().code, kQrMalformed);
  }
  EXPECT_FALSE(parse_qr("x=" + std::string(512, '1')));
}

TEST(Timezone, LocalTimeBecomesUnixTime) {
  struct Case {
    const char* zone;
    std::int64_t local_s, expected_s;
  };
  constexpr std::int64_t kHour_s = 3600;
  for (const auto& [zone, local_s, expected_s] : {
           Case{"Europe/Moscow", kMarch_s, kMarch_s - 3 * kHour_s},
           Case{"Asia/Kamchatka", kMarch_s, kMarch_s - 12 * kHour_s},
           Case{"UTC", kMarch_s, kMarch_s},
           // Moscow, 2014-10-26: clocks went back from 02:00 (UTC+4) to 01:00 (UTC+3); 01:30 came twice.
           Case{"Europe/Moscow", 1'414'287'000, 1'414'287'000 - 4 * kHour_s},
           // Moscow, 2011-03-27: clocks went from 02:00 to 03:00; 02:30 is read as the moment of the change.
           Case{"Europe/Moscow", 1'301'193'000, 1'301'180'400},
       }) {
    const auto unix_s = local_to_unix(local_s, zone);
    ASSERT_TRUE(unix_s) << unix_s.error().message;
    EXPECT_EQ(*unix_s, expected_s) << zone << ' ' << local_s;
  }
}

TEST(Timezone, UnknownZonesAndAbsurdTimesAreErrors) {
  for (const char* zone : {"", "Moscow", "Europe/Москва", "../../etc/passwd", "leapseconds"}) {
    EXPECT_FALSE(is_timezone(zone)) << zone;
    const auto unix_s = local_to_unix(kMarch_s, zone);
    ASSERT_FALSE(unix_s) << zone;
    EXPECT_EQ(unix_s.error().code, kTimezoneUnknown);
    EXPECT_EQ(timezone_code(zone, kMarch_s), std::nullopt);
  }
  EXPECT_TRUE(is_timezone("Europe/Moscow"));
  for (const std::int64_t local_s : {std::int64_t{-1}, std::int64_t{1} << 62}) {
    const auto unix_s = local_to_unix(local_s, "Europe/Moscow");
    ASSERT_FALSE(unix_s) << local_s;
    EXPECT_EQ(unix_s.error().code, kTimezoneRange);
  }
}

TEST(Timezone, HasTheCodeOfTheLaw) {
  struct Case {
    const char* zone;
    int expected;
  };
  for (const auto& [zone, expected] :
       {Case{"Europe/Kaliningrad", 1}, Case{"Europe/Moscow", 2}, Case{"Europe/Samara", 3},
        Case{"Asia/Yekaterinburg", 4}, Case{"Asia/Omsk", 5}, Case{"Asia/Krasnoyarsk", 6}, Case{"Asia/Irkutsk", 7},
        Case{"Asia/Yakutsk", 8}, Case{"Asia/Vladivostok", 9}, Case{"Asia/Magadan", 10}, Case{"Asia/Kamchatka", 11}}) {
    EXPECT_EQ(timezone_code(zone, kMarch_s), expected) << zone;
  }
  for (const char* zone : {"UTC", "Asia/Kolkata", "America/New_York", "Pacific/Tongatapu"})
    EXPECT_EQ(timezone_code(zone, kMarch_s), std::nullopt) << zone;
  EXPECT_EQ(timezone_code("Europe/Moscow", 1'400'000'000), 3) << "UTC+4 in the summer of 2014";
}

}  // namespace
}  // namespace kassaflow::fiscal
