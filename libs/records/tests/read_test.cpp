// Rule 18: every field of every record has a limit, and a reader refuses what is beyond it.

#include "kassaflow/records/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kassaflow/fiscal/contact.hpp"
#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/records/limits.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::records {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::HasSubstr;

constexpr const char* kUuid = "11111111-2222-8333-8444-000000000001";

// Every field set.

v1::Receipt receipt() {
  v1::Receipt record;
  record.set_sign(1);
  auto& line = *record.add_lines();
  line.set_name("Чай");
  line.set_price_kopecks(100);
  line.set_quantity_thousandths(1000);
  line.set_sum_kopecks(100);
  line.set_vat(1);
  line.set_method(4);
  line.set_subject(1);
  line.set_measure(0);
  line.set_marking_code("code");
  line.set_product_code("code");
  line.mutable_supplier()->set_name("ООО");
  line.mutable_supplier()->set_inn("7707083893");
  line.mutable_supplier()->add_phones("+79005550000");
  record.mutable_payments()->set_cash_kopecks(1);
  record.mutable_payments()->set_cashless_kopecks(1);
  record.mutable_payments()->set_advance_kopecks(1);
  record.mutable_payments()->set_credit_kopecks(1);
  record.mutable_payments()->set_counter_provision_kopecks(1);
  record.set_total_kopecks(100);
  record.set_buyer_contact("buyer@example.ru");
  record.set_check_type("sell");
  auto& warning = *record.add_warnings();
  warning.set_kind("contact_unusable");
  warning.set_line(1);
  warning.set_text("нет связи");
  return record;
}

v1::ReceiptAccepted accepted() {
  v1::ReceiptAccepted record;
  record.set_receipt_id(kUuid);
  record.set_post_id(kUuid);
  record.set_tenant("acme");
  record.set_installation("acme-main");
  record.set_cashbox("acme-box");
  record.set_pool("acme-shop");
  record.set_unique_id("85");
  record.set_date_create_s(1);
  record.set_accepted_at_ms(1);
  record.set_content_digest("digest");
  record.set_digest_version(1);
  *record.mutable_receipt() = receipt();
  record.set_portal_uuid("portal's");
  return record;
}

v1::ReceiptOwner owner() {
  v1::ReceiptOwner record;
  record.set_receipt_id(kUuid);
  record.set_post_id(kUuid);
  record.set_tenant("acme");
  record.set_installation("acme-main");
  record.set_cashbox("acme-box");
  record.set_unique_id("85");
  return record;
}

v1::RegisterCallback callback() {
  v1::RegisterCallback record;
  record.set_tenant("acme");
  record.set_register_("acme-kkt");
  record.set_protocol("itkassa");
  record.set_body("{}");
  record.set_received_at_ms(1);
  record.set_pool("acme-shop");
  record.set_identity("itkassa:1");
  record.set_attempt_key("key");
  record.set_remote_id("7");
  return record;
}

v1::ReceiptOutcome outcome() {
  v1::ReceiptOutcome record;
  record.set_receipt_id(kUuid);
  record.set_revision(1);
  record.set_state(v1::RECEIPT_STATE_DONE);
  record.set_generation(1);
  record.add_covered_post_ids(kUuid);
  record.set_tenant("acme");
  record.set_installation("acme-main");
  record.set_pool("acme-shop");
  record.set_unique_id("85");
  record.set_total_kopecks(100);
  auto& fiscal = *record.mutable_fiscal();
  fiscal.set_fn("7380440800000001");
  fiscal.set_fd(1204);
  fiscal.set_fp("0115223344");
  fiscal.set_registration_number("0000000001047487");
  fiscal.set_shift(12);
  fiscal.set_receipt_number(10);
  fiscal.set_printed_at_s(1'780'300'865);
  fiscal.set_printed_at_is_gateway_clock(true);
  fiscal.set_test(true);
  fiscal.set_told_by_person(true);
  record.set_error("Нет бумаги");
  auto& attempt = *record.add_attempts();
  attempt.set_number(1);
  attempt.set_register_("acme-kkt");
  attempt.set_started_at_ms(1);
  attempt.set_finished_at_ms(2);
  attempt.set_outcome(v1::ATTEMPT_OUTCOME_PRINTED);
  attempt.set_detail("success");
  record.set_changed_at_ms(1);
  record.set_journal_sequence(1);
  record.set_journal_id("7412/1");
  record.set_journal_head(1);
  record.set_content_digest("digest");
  record.set_accepted_at_ms(1);
  record.set_cashbox("acme-box");
  record.set_conflicts(1);
  record.set_digest_version(1);
  record.set_finished_at_ms(1);
  *record.mutable_warnings() = receipt().warnings();
  record.set_hold_reason("why");
  return record;
}

// What fields hold that have no number of their own, and why nothing in them can hurt.
const std::set<std::string> kAnything = {
    // judged by from_record
    "receipt.sign", "receipt.lines.vat", "receipt.lines.method", "receipt.lines.subject", "receipt.lines.measure",
    // words and flags
    "state", "attempts.outcome", "fiscal.printed_at_is_gateway_clock", "fiscal.test", "fiscal.told_by_person",
    // numbers of 32 bits that nothing reckons with
    "fiscal.shift", "fiscal.receipt_number"};

enum class Holds : std::uint8_t { text, bytes, number };

struct Limit {
  Holds holds;
  std::vector<std::string> fits;     // the most that does, and other ends of the range
  std::vector<std::string> refused;  // what does not by one
};

std::string times(const std::string& one, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += one;
  return text;
}
Limit text(std::size_t most) {
  return {Holds::text, {"", times("Я", most)}, {times("Я", most + 1), times("x", most + 1)}};
}
Limit bytes(std::size_t most) { return {Holds::bytes, {"", std::string(most, '\0')}, {std::string(most + 1, 'x')}}; }
Limit digits(std::size_t most) {
  return {Holds::text, {"", std::string(most, '9')}, {std::string(most + 1, '9'), "1x", "-1", "1 "}};
}
Limit number(std::int64_t least, std::int64_t most) {
  Limit limit{Holds::number, {std::to_string(least), std::to_string(most)}, {}};
  if (least > std::numeric_limits<std::int64_t>::min()) limit.refused.push_back(std::to_string(least - 1));
  if (most < std::numeric_limits<std::int64_t>::max()) limit.refused.push_back(std::to_string(most + 1));
  return limit;
}
const Limit kIsUuid{Holds::text, {kUuid}, {"", "1", "11111111-2222-8333-8444-00000000000A", times(kUuid, 2)}};
const Limit kIsId{Holds::text, {"a", std::string(63, 'a')}, {"", std::string(64, 'a'), "-a", "A", "a b", "a/b", "а"}};
const Limit kIsIdIfAny{Holds::text, {"", std::string(63, 'a')}, {std::string(64, 'a'), "-a", "A", "a\x1b[2K"}};
const Limit kAmount = number(0, fiscal::kMaxAmount.value());
const Limit kTime_ms = number(0, kLatest_ms);
const Limit kInt = number(0, INT32_MAX);
const Limit kBigint{Holds::number, {"0", "9223372036854775807"}, {"9223372036854775808", "18446744073709551615"}};

using Table = std::map<std::string, Limit>;

Table with_warnings(Table table, const std::string& at) {
  table[at + "warnings.kind"] = text(kWordLimit);
  table[at + "warnings.line"] = number(0, 100);
  table[at + "warnings.text"] = text(kWarningLimit);
  return table;
}

const Table kOfAccepted = with_warnings(
    {
        {"receipt_id", kIsUuid},
        {"post_id", kIsUuid},
        {"tenant", kIsId},
        {"installation", kIsId},
        {"cashbox", kIsIdIfAny},
        {"pool", kIsId},
        {"unique_id", digits(20)},
        {"date_create_s", number(0, 999'999'999'999)},
        {"accepted_at_ms", kTime_ms},
        {"content_digest", bytes(32)},
        {"digest_version", kInt},
        {"portal_uuid", text(100)},
        {"receipt.lines.name", text(fiscal::kMaxName)},
        {"receipt.lines.price_kopecks", kAmount},
        {"receipt.lines.quantity_thousandths", number(0, fiscal::kMaxQuantity.thousandths())},
        {"receipt.lines.sum_kopecks", kAmount},
        {"receipt.lines.marking_code", bytes(fiscal::kMaxMarkingCode)},
        {"receipt.lines.product_code", bytes(fiscal::kMaxMarkingCode)},
        {"receipt.lines.supplier.name", text(fiscal::kMaxSupplierName)},
        {"receipt.lines.supplier.inn", digits(12)},
        {"receipt.lines.supplier.phones", text(fiscal::kMaxPhone)},
        {"receipt.payments.cash_kopecks", kAmount},
        {"receipt.payments.cashless_kopecks", kAmount},
        {"receipt.payments.advance_kopecks", kAmount},
        {"receipt.payments.credit_kopecks", kAmount},
        {"receipt.payments.counter_provision_kopecks", kAmount},
        {"receipt.total_kopecks", kAmount},
        {"receipt.buyer_contact", text(fiscal::kMaxContact)},
        {"receipt.check_type", text(kWordLimit)},
    },
    "receipt.");
const Table kOfOwner = {
    {"receipt_id", kIsUuid}, {"post_id", kIsUuid},    {"tenant", kIsId},
    {"installation", kIsId}, {"cashbox", kIsIdIfAny}, {"unique_id", digits(20)},
};
const Table kOfCallback = {
    {"tenant", kIsId},
    {"register", kIsId},
    {"protocol", text(kWordLimit)},
    {"body", bytes(kCallbackLimit)},
    {"received_at_ms", kTime_ms},
    {"pool", kIsId},
    {"identity", {Holds::text, {"1", times("Я", kNameLimit)}, {"", times("Я", kNameLimit + 1)}}},
    {"attempt_key", text(kNameLimit)},
    {"remote_id", text(kNameLimit)},
};
const Table kOfOutcome = with_warnings(
    {
        {"receipt_id", kIsUuid},
        {"revision", {Holds::number, {"1", "9223372036854775807"}, {"0", "9223372036854775808"}}},
        {"generation", kInt},
        {"covered_post_ids", kIsUuid},
        {"tenant", kIsId},
        {"installation", kIsId},
        {"pool", kIsId},
        {"unique_id", digits(20)},
        {"total_kopecks", kAmount},
        {"fiscal.fn", digits(16)},
        {"fiscal.fd", number(0, UINT32_MAX)},
        {"fiscal.fp", digits(10)},
        {"fiscal.registration_number", digits(16)},
        {"fiscal.printed_at_s", number(-62'135'596'800, kLatest_ms / 1000)},
        {"error", text(kErrorLimit)},
        {"attempts.number", kInt},
        {"attempts.register", kIsId},
        {"attempts.started_at_ms", kTime_ms},
        {"attempts.finished_at_ms", kTime_ms},
        {"attempts.detail", text(kErrorLimit)},
        {"changed_at_ms", kTime_ms},
        {"journal_sequence", kBigint},
        {"journal_id", text(kWordLimit)},
        {"journal_head", kBigint},
        {"content_digest", bytes(32)},
        {"accepted_at_ms", kTime_ms},
        {"cashbox", kIsIdIfAny},
        {"conflicts", kInt},
        {"digest_version", kInt},
        {"finished_at_ms", kTime_ms},
        {"hold_reason", text(kErrorLimit)},
    },
    "");

// A field of the record or of a message in it, by names with dots between; of repeated ones the first.
struct Field {
  Message* in;
  const FieldDescriptor* is;
};
Field field_at(Message& record, std::string path) {
  auto* in = &record;
  for (auto dot = path.find('.'); dot != std::string::npos; dot = path.find('.')) {
    const auto* is = in->GetDescriptor()->FindFieldByName(path.substr(0, dot));
    const auto& reflection = *in->GetReflection();
    in = is->is_repeated() ? reflection.MutableRepeatedMessage(in, is, 0) : reflection.MutableMessage(in, is);
    path.erase(0, dot + 1);
  }
  return {in, in->GetDescriptor()->FindFieldByName(path)};
}

void set(const Field& field, const std::string& value) {
  const auto& reflection = *field.in->GetReflection();
  switch (field.is->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field.is->is_repeated() ? reflection.SetRepeatedString(field.in, field.is, 0, value)
                                     : reflection.SetString(field.in, field.is, value);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(field.in, field.is, std::stoll(value));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(field.in, field.is, std::stoull(value));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(field.in, field.is, static_cast<std::uint32_t>(std::stoull(value)));
    default:
      FAIL() << field.is->full_name();
  }
}

bool can_hold(const FieldDescriptor& field, const std::string& value) {
  const bool is_unsigned =
      field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32 || field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
  return !is_unsigned || !value.starts_with('-');
}

void collect_fields(const Descriptor& type, const std::string& at, std::set<std::string>& paths) {
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    if (field.message_type() == nullptr) {
      paths.insert(at + field.name());
    } else {
      collect_fields(*field.message_type(), at + field.name() + ".", paths);
    }
  }
}

std::string last_name(const std::string& path) { return path.substr(path.rfind('.') + 1); }

template <class Record>
void expect_limits(const Record& whole, const Table& table) {
  ASSERT_TRUE(check(whole)) << check(whole).error().message;
  std::set<std::string> paths;
  collect_fields(*whole.GetDescriptor(), "", paths);
  for (const auto& path : paths) {
    SCOPED_TRACE(path);
    const auto found = table.find(path);
    if (found == table.end()) {
      EXPECT_TRUE(kAnything.contains(path)) << "a new field needs a limit";
      continue;
    }
    const auto& limit = found->second;
    for (const auto& value : limit.fits) {
      Record record = whole;
      set(field_at(record, path), value);
      const auto read_back = check(record);
      EXPECT_TRUE(read_back) << read_back.error().message;
    }
    auto refused = limit.refused;
    if (limit.holds == Holds::text) {
      refused.push_back(std::string("a\0b", 3));
      refused.push_back("a\xff");
      refused.push_back(std::string(1 << 20, 'x'));
    } else if (limit.holds == Holds::bytes) {
      refused.push_back(std::string(1 << 20, '\0'));
    }
    for (const auto& value : refused) {
      Record record = whole;
      const auto field = field_at(record, path);
      if (!can_hold(*field.is, value)) continue;
      set(field, value);
      const auto fault = check(record);
      ASSERT_FALSE(fault) << value.substr(0, 80);
      EXPECT_EQ(fault.error().code, ErrorCode(kOutOfLimits));
      EXPECT_THAT(fault.error().message, HasSubstr(last_name(path))) << "the field is named";
      Record again;
      EXPECT_FALSE(read(record.SerializeAsString(), again)) << "who reads it refuses it, too";
    }
  }
}

TEST(Limits, Rule18_OfEachFieldOfAnAcceptedPost) { expect_limits(accepted(), kOfAccepted); }
TEST(Limits, Rule18_OfEachFieldOfAnOwner) { expect_limits(owner(), kOfOwner); }
TEST(Limits, Rule18_OfEachFieldOfACallback) { expect_limits(callback(), kOfCallback); }
TEST(Limits, Rule18_OfEachFieldOfAnOutcome) { expect_limits(outcome(), kOfOutcome); }

TEST(Limits, Rule18_OfHowManyThereAre) {
  auto post = accepted();
  while (post.receipt().lines_size() < 100) *post.mutable_receipt()->add_lines() = post.receipt().lines(0);
  EXPECT_TRUE(check(post));
  *post.mutable_receipt()->add_lines() = post.receipt().lines(0);
  EXPECT_THAT(check(post).error().message, HasSubstr("receipt.lines"));
  post.mutable_receipt()->clear_lines();
  EXPECT_FALSE(check(post)) << "a receipt of nothing";

  post = accepted();
  auto& phones = *post.mutable_receipt()->mutable_lines(0)->mutable_supplier();
  while (phones.phones_size() < 10) phones.add_phones("+79005550000");
  EXPECT_TRUE(check(post));
  phones.add_phones("+79005550000");
  EXPECT_EQ(check(post).error().message, "receipt.lines[0].supplier.phones are more");

  auto told = outcome();
  while (told.attempts_size() < kAttemptsLimit) *told.add_attempts() = told.attempts(0);
  EXPECT_TRUE(check(told));
  *told.add_attempts() = told.attempts(0);
  EXPECT_FALSE(check(told));

  told = outcome();
  const int most = 4 * (100 + 1);  // of each kind, one a line and one of the whole receipt
  while (told.warnings_size() < most) *told.add_warnings() = told.warnings(0);
  EXPECT_TRUE(check(told));
  *told.add_warnings() = told.warnings(0);
  EXPECT_FALSE(check(told));
}

TEST(Limits, Rule18_AlsoOfTheLastOfMany) {
  auto post = accepted();
  while (post.receipt().lines_size() < 100) *post.mutable_receipt()->add_lines() = post.receipt().lines(0);
  post.mutable_receipt()->mutable_lines(99)->set_name(std::string(129, 'x'));
  EXPECT_THAT(check(post).error().message, HasSubstr("receipt.lines[99].name"));
}

TEST(Reading, Rule18_WhatIsNoSuchMessageIsUnreadable) {
  v1::ReceiptAccepted post;
  for (const std::string& bytes : {std::string("\xff\xff"), std::string("\x0a\x7f")}) {
    const auto refused = read(bytes, post);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode(kUnreadable));
  }
  EXPECT_EQ(read("", post).error().code, ErrorCode(kOutOfLimits)) << "nothing is said";
}

TEST(Reading, AStateOfANewerProgramIsUnreadable) {
  for (const int state : {0, 99}) {
    auto told = outcome();
    told.set_state(static_cast<v1::ReceiptState>(state));
    v1::ReceiptOutcome again;
    EXPECT_EQ(read(told.SerializeAsString(), again).error().code, ErrorCode(kUnreadable)) << state;
  }
}

TEST(Reading, WhatIsWithinTheLimitsComesBackAsItWas) {
  v1::ReceiptOutcome again;
  ASSERT_TRUE(read(outcome().SerializeAsString(), again));
  EXPECT_EQ(again.SerializeAsString(), outcome().SerializeAsString());
}

}  // namespace
}  // namespace kassaflow::records
