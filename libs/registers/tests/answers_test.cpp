// Answers of registers from life (tests/fixtures/answers), each with its right value, and every form in which an
// attribute is told.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "receipts.hpp"
#include "src/bit/answer.hpp"
#include "src/itkassa/answer.hpp"
#include "src/itkassa/render.hpp"

namespace kassaflow::registers {
namespace {

namespace json = boost::json;
using namespace tests;

const std::string kDocument = "aaaaaaaa-0000-4000-8000-000000000001";
constexpr std::int64_t kNow_s = 1'795'881'710;  // 2026-11-28 19:01:50 in Moscow

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

// KEY, DOCUMENT and REGISTER are the files' placeholders.
std::string answer_of(const std::string& name, const std::string& key) {
  std::ifstream file(std::string(KASSAFLOW_ANSWERS) + "/" + name + ".json", std::ios::binary);
  EXPECT_TRUE(file) << name;
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return replaced(replaced(replaced(text, "DOCUMENT\"", kDocument + "\""), "REGISTER", kCreItem), "KEY", key);
}

bit::Requested asked_of_bit(std::int64_t total_kopecks = 45000) {
  bit::Requested requested;
  requested.name = "receipt-700123";
  requested.content = {
      .receipt = true, .total_kopecks = total_kopecks, .settlement_type = fiscal::SettlementType::income};
  requested.timezone = "Europe/Moscow";
  requested.now_s = kNow_s;
  return requested;
}

Finding from_bit(const std::string& body) { return bit::read_answer(200, body, asked_of_bit()); }

itkassa::Requested asked_of_itkassa() {
  AttemptRef attempt;
  attempt.key = kKey;
  attempt.remote_id = kDocument;
  attempt.body = *itkassa::render(mugs(), till(), kKey, kCreItem);
  attempt.total_kopecks = 100000;
  return itkassa::requested_of(attempt, kCreItem, "Europe/Moscow");
}

TEST(AnswersFromLife, ThatLeaveTheOutcomeOpen) {
  for (const char* name : {"bit-error-fn-expires-soon", "bit-error-mail-address", "bit-error-not-sent-to-ofd",
                           "bit-error-shift-expires-soon", "bit-error-zero-total"}) {
    const Finding found = from_bit(answer_of(name, "700123"));
    EXPECT_EQ(found.fact, Fact::unknown) << name;
    EXPECT_EQ(found.cause, Cause::ambiguous) << name;
    EXPECT_FALSE(found.text.empty()) << name;
  }
  for (const char* name : {"itkassa-critical-error-113", "itkassa-critical-error-119"}) {
    const Finding found = itkassa::read_queried(200, answer_of(name, kKey), asked_of_itkassa(), itkassa::QueryBy::id);
    EXPECT_EQ(found.fact, Fact::unknown) << name << found.text;
    EXPECT_EQ(found.cause, Cause::ambiguous) << name;
    EXPECT_EQ(found.remote_id, kDocument) << name << found.text;
  }
}

TEST(AnswersFromLife, ASignedFiscalSignIsTenDigits) {
  const Finding found = from_bit(answer_of("bit-answer-signed-fiscal-sign", "700123"));
  ASSERT_EQ(found.fact, Fact::printed) << found.text;
  EXPECT_EQ(found.document->fn, "9999670149417884");
  EXPECT_EQ(found.document->fd, 4U);
  EXPECT_EQ(found.document->fp, "3403185910");
  EXPECT_EQ(found.document->shift, 1U);
  EXPECT_TRUE(found.document->test);  // 9999…: an emulator's storage
}

TEST(AnswersFromLife, ADumpOfTagsTellsEverything) {
  const Finding found = from_bit(answer_of("bit-answer-tlv-dump", "700123"));
  ASSERT_EQ(found.fact, Fact::printed) << found.text;
  fiscal::FiscalDocument expected;
  expected.fn = "9999471759859774";
  expected.fd = 2;
  expected.fp = "4200412900";
  expected.registration_number = "0000000002140071";
  expected.shift = 1;
  expected.receipt_number = 1;
  expected.printed_at_s = 1'795'881'705;  // 2026-11-28 19:01:45 of the register's zone
  expected.test = true;
  EXPECT_EQ(*found.document, expected);
}

struct Form {
  const char* written;  // as JSON
  const char* fp;
};

constexpr Form kSigns[] = {{"-891781386", "3403185910"},
                           {"\"-891781386\"", "3403185910"},
                           {"-8.91781386E8", "3403185910"},
                           {"3403185910", "3403185910"},
                           {"3403185910.0", "3403185910"},
                           {"3.40318591E9", "3403185910"},
                           {"\"3403185910\"", "3403185910"},
                           {"\" 3 403 185 910 \"", "3403185910"},
                           {"\"3\\u00a0403\\u00a0185\\u00a0910\"", "3403185910"},
                           {"15223344", "0015223344"},
                           {"\"0015223344\"", "0015223344"},
                           {"\"0000000000015223344\"", "0015223344"},
                           {"4.0E0", "0000000004"},
                           {"-1", "4294967295"},
                           {"4294967295", "4294967295"},
                           {"-2147483648", "2147483648"}};
constexpr Form kImpossibleSigns[] = {
    {"4294967296", ""}, {"-2147483649", ""}, {"\"abc\"", ""}, {"4.5", ""}, {"1e40", ""}};

TEST(Attributes, TheSignIsToldAsTenDigitsInEveryForm) {
  const auto by_bit = [](const std::string& written) {
    return from_bit(R"([{"name":"receipt-700123","success":"ok","fn_1041":"7380440800000001","fd_1040":4,"fp_1077":)" +
                    written + "}]");
  };
  const auto by_itkassa = [](const std::string& written) {
    const std::string object = R"({"id":")" + kDocument + R"(","type":"sale","idempKey":")" + kKey +
                               R"(","fsNumber":"7380440800000001","checkNumber":4,"checkSign":)" + written +
                               R"(,"resultItem":{"result":"success","creErrorId":"0"}})";
    return itkassa::read_posted(200, R"({"code":0,"object":)" + object + "}", asked_of_itkassa());
  };
  for (const Form& form : kSigns) {
    for (const Finding& found : {by_bit(form.written), by_itkassa(form.written)}) {
      ASSERT_EQ(found.fact, Fact::printed) << form.written << found.text;
      EXPECT_EQ(found.document->fp, form.fp) << form.written;
      EXPECT_FALSE(found.warning) << form.written;
    }
  }
  for (const Form& form : kImpossibleSigns) {
    for (const Finding& found : {by_bit(form.written), by_itkassa(form.written)}) {
      ASSERT_EQ(found.fact, Fact::printed) << form.written;
      EXPECT_EQ(found.document->fp, "") << form.written;
      EXPECT_TRUE(found.warning) << form.written;
    }
  }
}

TEST(Attributes, NumbersAreReadInEveryForm) {
  for (const char* written : {"57", "57.0", "5.7E1", "\"57\"", "\"0057\"", "\" 57 \"", "\"57.0\"", "5.70e+01"}) {
    const Finding by_bit = from_bit(R"([{"name":"receipt-700123","success":"ok","a_1038":)" + std::string(written) +
                                    R"(,"b_1040":)" + written + R"(,"c_1042":)" + written + "}]");
    ASSERT_EQ(by_bit.fact, Fact::printed) << written;
    EXPECT_EQ(by_bit.document->shift, 57U) << written;
    EXPECT_EQ(by_bit.document->fd, 57U) << written;
    EXPECT_EQ(by_bit.document->receipt_number, 57U) << written;
    const Finding by_itkassa = itkassa::read_posted(
        200,
        R"({"code":0,"object":{"id":")" + kDocument + R"(","checkNumber":)" + written + R"(,"sessionNumber":)" +
            written + R"(,"resultItem":{"result":"success","creErrorId":"0"}}})",
        asked_of_itkassa());
    ASSERT_EQ(by_itkassa.fact, Fact::printed) << written;
    EXPECT_EQ(by_itkassa.document->fd, 57U) << written;
    EXPECT_EQ(by_itkassa.document->shift, 57U) << written;
  }
  for (const char* written : {"-4", "4294967296", "4.5", "\"четыре\""}) {
    const Finding found =
        from_bit(R"([{"name":"receipt-700123","success":"ok","b_1040":)" + std::string(written) + "}]");
    ASSERT_EQ(found.fact, Fact::printed) << written;
    EXPECT_EQ(found.document->fd, 0U) << written;
    EXPECT_TRUE(found.warning) << written;
  }
}

TEST(Attributes, TheQrWithoutZerosIsTenDigitsToo) {
  const std::string qr = "t=20261128T190145&s=450.00&fn=7380440800000001&i=4&fp=15223344&n=1";
  const Finding found = from_bit(R"([{"name":"receipt-700123","success":")" + qr + R"(","fp_1077":"0015223344"}])");
  ASSERT_EQ(found.fact, Fact::printed) << found.text;
  EXPECT_EQ(found.document->fp, "0015223344");
  const Finding impossible =
      from_bit(replaced(R"([{"name":"receipt-700123","success":")" + qr + "\"}]", "15223344", "9999999999"));
  ASSERT_EQ(impossible.fact, Fact::printed);
  EXPECT_EQ(impossible.document->fp, "");
  EXPECT_EQ(impossible.document->fd, 4U);
  EXPECT_TRUE(impossible.warning);
}

TEST(Attributes, TimesAreReadInEveryForm) {
  for (const char* written :
       {"\"28.11.26 19:01:45\"", "\"28.11.2026 19:01:45\"", "\"2026-11-28T19:01:45\"", "\"2026-11-28 19:01:45\"",
        "\"20261128T190145\"", "\"2026-11-28T19:01:45+03:00\"", "\"2026-11-28T16:01:45Z\"", "1795881705", "1795892505",
        "\"1795881705\""}) {  // Unix time, and seconds of the local clock
    const Finding found =
        from_bit(R"([{"name":"receipt-700123","success":"ok","t_1012":)" + std::string(written) + "}]");
    ASSERT_EQ(found.fact, Fact::printed) << written;
    EXPECT_EQ(found.document->printed_at_s, 1'795'881'705) << written;
    EXPECT_FALSE(found.document->printed_at_is_gateway_clock) << written;
  }
  EXPECT_EQ(from_bit(R"([{"name":"receipt-700123","success":"ok","t_1012":"28.11.26 19:01"}])").document->printed_at_s,
            1'795'881'660);
  for (const char* implausible : {"1400000000", "\"31.02.26 19:01\"", "57"}) {
    const Finding found =
        from_bit(R"([{"name":"receipt-700123","success":"ok","t_1012":)" + std::string(implausible) + "}]");
    EXPECT_TRUE(found.document->printed_at_is_gateway_clock) << implausible;
  }
}

TEST(Attributes, PrintedSlipsAreReadInEveryForm) {
  const char* const slips[] = {
      "ФН: 7380440800000001\\nФД: 1204\\nФПД: 0015223344\\nСМЕНА: 57\\nЧЕК: 12\\nРН ККТ: 0000000001047487",
      "ФН №7380440800000001 ФД №1204 ФП 15223344 СМЕНА №57 ЧЕК №12 РН ККТ 0000000001047487",
      "КАССОВЫЙ ЧЕК 3\\nСмена № 57 Чек № 12\\nФН № 7380 4408 0000 0001\\nФД № 1 204\\nФП: 15 223 344\\nРНМ: "
      "0000000001047487",
      "1041,НОМЕР ФН:7380440800000001\\r\\n1040,НОМЕР ФД:1204\\r\\n1077,ФП ДОКУМЕНТА:15223344\\r\\n1038,НОМЕР "
      "СМЕНЫ:57\\r\\n"
      "1042,НОМЕР ЧЕКА ЗА СМЕНУ:12\\r\\n1037,РЕГ. НОМЕР ККТ:0000000001047487    ",
      "[1041] ФН: 7380440800000001\\n[1040] ФД: 1204\\n[1077] ФП: 15223344\\n[1038] Смена: 57\\n[1042] Чек: 12\\n"
      "[1037] РН: 0000000001047487",
      "НОМЕР ФН: 7380440800000001\\nНОМЕР ФД: 1204\\nФП ДОКУМЕНТА: 15223344\\nНОМЕР СМЕНЫ: 57\\nНОМЕР ЧЕКА: 12\\n"
      "РЕГ. НОМЕР ККТ: 0000000001047487"};
  for (const char* slip : slips) {
    const Finding found =
        from_bit(R"([{"name":"receipt-700123","success":"ok","printedText":")" + std::string(slip) + "\"}]");
    ASSERT_EQ(found.fact, Fact::printed) << slip << found.text;
    EXPECT_EQ(found.document->fn, kFn) << slip;
    EXPECT_EQ(found.document->fd, 1204U) << slip;
    EXPECT_EQ(found.document->fp, "0015223344") << slip;
    EXPECT_EQ(found.document->shift, 57U) << slip;
    EXPECT_EQ(found.document->receipt_number, 12U) << slip;
    EXPECT_EQ(found.document->registration_number, "0000000001047487") << slip;
  }
}

TEST(Attributes, ADumpThatContradictsTheReceiptIsUnknown) {
  for (const char* line : {"1020,СУММА:451.00 rub.", "1054,ПРИЗН. РАСЧЕТА:Возврат прихода"}) {
    const Finding found = from_bit(R"([{"name":"receipt-700123","success":"ok","printedText":"1040,НОМЕР ФД:2\n)" +
                                   std::string(line) + "\"}]");
    EXPECT_EQ(found.fact, Fact::unknown) << line;
    EXPECT_TRUE(found.alarm) << line;
  }
}

// 240 KB of what looks like the beginning of a QR code; the time limit of the test run is the assertion.
// A refusal is read to its end, however late the word for a document comes.
TEST(Attributes, AWordForADocumentCountsAtTheEndOfALongText) {
  std::string refusal;
  while (refusal.size() < 2000) refusal += "Смена превысила 24 часа. ";
  const auto answered = [](const std::string& text) {
    return from_bit(R"([{"name":"receipt-700123","error":")" + text + "\"}]").fact;
  };
  EXPECT_EQ(answered(refusal), Fact::not_printed);
  EXPECT_EQ(answered(refusal + "Чек пробит"), Fact::unknown);
}

}  // namespace
}  // namespace kassaflow::registers
