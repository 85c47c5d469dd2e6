#include "kassaflow/records/convert.hpp"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "kassaflow/v1/options.pb.h"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::records {
namespace {

using fiscal::Kopecks;
using fiscal::Quantity;
using google::protobuf::util::MessageDifferencer;

// No two values alike, so that a field mixed up with another is seen.
fiscal::Receipt full_receipt() {
  fiscal::Line marked;
  marked.name = "Кроссовки, р. 42";
  marked.price = Kopecks(499'001);
  marked.quantity = Quantity(1'000);
  marked.sum = Kopecks(499'002);
  marked.vat = fiscal::Vat::vat_22_122;
  marked.method = fiscal::PaymentMethod::prepayment;
  marked.subject = fiscal::PaymentSubject::marked;
  marked.measure = 0;
  marked.marking_code =
      "010460043993125621JgXJ5\x1D"
      "93dGVz";
  marked.product_code = std::string("DM\x04/\x1F\x96\x81x\0end", 12);
  marked.supplier = fiscal::Supplier{"ООО \"Агент\"", "7707083893", {"+79005550000", "+74951234567"}};
  fiscal::Line plain;
  plain.name = "Доставка";
  plain.quantity = Quantity(400);
  return {fiscal::SettlementType::income_return,
          {marked, plain},
          {Kopecks(1), Kopecks(2), Kopecks(3), Kopecks(4), Kopecks(5)},
          Kopecks(std::numeric_limits<std::int64_t>::max()),
          "+79001234567",
          {{"contact_unusable", 2, "нет связи"}}};
}

fiscal::FiscalDocument full_document() {
  return {"7380440800000001", 1204, "0115223344", "0000000001047487", 12, 10, 1'780'300'865, true, true};
}

template <class Message>
Message over_the_wire(const Message& message) {
  Message copy;
  EXPECT_TRUE(copy.ParseFromString(message.SerializeAsString()));
  return copy;
}

// A field that is added must be set by full_receipt() or full_document() and put into the record.
void expect_all_set(const google::protobuf::Message& message, const std::set<std::string>& set_elsewhere) {
  const auto& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const auto* field = type.field(i);
    if (set_elsewhere.contains(field->full_name())) continue;
    const bool set =
        field->is_repeated() ? reflection.FieldSize(message, field) > 0 : reflection.HasField(message, field);
    EXPECT_TRUE(set) << field->full_name();
    if (!set || field->message_type() == nullptr) continue;
    expect_all_set(
        field->is_repeated() ? reflection.GetRepeatedMessage(message, field, 0) : reflection.GetMessage(message, field),
        set_elsewhere);
  }
}

TEST(Receipts, SurviveTheWire) {
  for (const auto& receipt : {full_receipt(), fiscal::Receipt{}}) {
    const auto back = from_record(over_the_wire(to_record(receipt)));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, receipt);
  }
}

TEST(Receipts, FillEveryField) {
  const auto record = to_record(full_receipt());
  expect_all_set(record, {"kassaflow.v1.Receipt.check_type"});  // by ingress
  EXPECT_EQ(record.sign(), 2);
  ASSERT_EQ(record.lines_size(), 2);
  const auto& line = record.lines(0);
  EXPECT_EQ(line.price_kopecks(), 499'001);
  EXPECT_EQ(line.quantity_thousandths(), 1'000);
  EXPECT_EQ(line.sum_kopecks(), 499'002);
  EXPECT_EQ(line.vat(), 12);
  EXPECT_EQ(line.method(), 2);
  EXPECT_EQ(line.subject(), 33);
  EXPECT_TRUE(line.has_measure());
  EXPECT_FALSE(record.lines(1).has_measure());
  EXPECT_FALSE(record.lines(1).has_supplier());
  EXPECT_EQ(record.payments().cash_kopecks(), 1);
  EXPECT_EQ(record.payments().cashless_kopecks(), 2);
  EXPECT_EQ(record.payments().advance_kopecks(), 3);
  EXPECT_EQ(record.payments().credit_kopecks(), 4);
  EXPECT_EQ(record.payments().counter_provision_kopecks(), 5);
}

TEST(Receipts, WithUnknownCodesAreRefused) {
  struct Case {
    ErrorCode code;
    std::function<void(v1::Receipt&)> change;
  };
  for (const auto& [code, change] : std::vector<Case>{
           {kUnknownSign, [](v1::Receipt& r) { r.set_sign(0); }},
           {kUnknownSign, [](v1::Receipt& r) { r.set_sign(257); }},
           {kUnknownVat, [](v1::Receipt& r) { r.mutable_lines(1)->set_vat(0); }},
           {kUnknownVat, [](v1::Receipt& r) { r.mutable_lines(1)->set_vat(13); }},
           {kUnknownVat, [](v1::Receipt& r) { r.mutable_lines(1)->set_vat(262); }},
           {kUnknownMethod, [](v1::Receipt& r) { r.mutable_lines(0)->set_method(8); }},
           {kUnknownMethod, [](v1::Receipt& r) { r.mutable_lines(0)->set_method(-1); }},
           {kUnknownSubject, [](v1::Receipt& r) { r.mutable_lines(0)->set_subject(28); }},
           {kUnknownSubject, [](v1::Receipt& r) { r.mutable_lines(0)->set_subject(289); }},
           {kUnknownMeasure, [](v1::Receipt& r) { r.mutable_lines(0)->set_measure(256); }},
           {kUnknownMeasure, [](v1::Receipt& r) { r.mutable_lines(0)->set_measure(-1); }},
       }) {
    auto record = to_record(full_receipt());
    change(record);
    const auto receipt = from_record(record);
    ASSERT_FALSE(receipt) << code.name();
    EXPECT_EQ(receipt.error().code, code);
  }
}

TEST(Receipts, OfNewerProgramsKeepTheirUnknownFieldsInTheMessage) {
  auto record = to_record(full_receipt());
  v1::Receipt::GetReflection()->MutableUnknownFields(&record)->AddLengthDelimited(1000, "from the future");
  const auto received = over_the_wire(record);
  EXPECT_TRUE(from_record(received)) << "unknown fields do not make a receipt unreadable";
  EXPECT_TRUE(MessageDifferencer::Equals(over_the_wire(received), record));
}

TEST(FiscalDocuments, SurviveTheWire) {
  for (const auto& document : {full_document(), fiscal::FiscalDocument{}}) {
    EXPECT_EQ(from_record(over_the_wire(to_record(document))), document);
  }
}

TEST(FiscalDocuments, FillEveryField) {
  expect_all_set(to_record(full_document()), {"kassaflow.v1.FiscalDocument.told_by_person"});  // by the journal
}

TEST(FiscalDocuments, LeaveOutWhatTheRegisterDidNotTell) {
  const auto record = to_record(fiscal::FiscalDocument{});
  EXPECT_FALSE(record.has_shift());
  EXPECT_FALSE(record.has_receipt_number());
  EXPECT_TRUE(record.SerializeAsString().empty());
  auto document = full_document();
  document.shift = 0;
  EXPECT_TRUE(to_record(document).has_shift()) << "a told zero is told";
}

// What states and outcomes are called is said at the record and in the domain: the journal's columns and kassactl
// agree.
template <class Enum>
std::vector<std::string> words() {
  const auto& type = *google::protobuf::GetEnumDescriptor<Enum>();
  std::vector<std::string> words;
  for (int i = 1; i < type.value_count(); ++i) words.push_back(type.value(i)->options().GetExtension(v1::word));
  return words;
}

TEST(States, AreTheSameInTheDomainAndInTheRecord) {
  std::vector<std::string> in_domain;
  for (const auto state : receipts::kStates) {
    in_domain.emplace_back(receipts::to_string(state));
    EXPECT_EQ(from_record(to_record(state)), state) << in_domain.back();
  }
  EXPECT_EQ(in_domain, words<v1::ReceiptState>());
}

TEST(States, OfANewerProgramAreNotGuessed) {
  EXPECT_EQ(from_record(v1::RECEIPT_STATE_UNSPECIFIED), std::nullopt);
  EXPECT_EQ(from_record(static_cast<v1::ReceiptState>(99)), std::nullopt);
}

TEST(AttemptOutcomes, AreTheSameInTheDomainAndInTheRecord) {
  for (const std::string& word : words<v1::AttemptOutcome>()) {
    const auto outcome = receipts::attempt_outcome_from(word);
    ASSERT_TRUE(outcome) << word;
    const auto* value = v1::AttemptOutcome_descriptor()->FindValueByNumber(to_record(*outcome));
    EXPECT_EQ(value->options().GetExtension(v1::word), word);
  }
}

}  // namespace
}  // namespace kassaflow::records
